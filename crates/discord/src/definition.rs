//! The bot's commands as Discord's application commands: what a person sees and fills in who types `/`.
//!
//! Made from the table of `commands`; what is filled in becomes a line of the same grammar (`update::command`).
//!
//! Invariant: only what this build can carry out is offered.
//! Invariant: Discord's own permissions are not used: they are per top-level command and would hide all of `/session`.

#[cfg(test)]
mod tests;

use commands::{Availability, COMMANDS, OptionKind, OptionSpec, Spec};
use serde_json::{Map, Value, json};

/// The longest text that Discord lets anybody put into an option.
const LONGEST_TEXT: usize = 6_000;
/// Times and lengths of time: `04:00`, `30m`, `off`.
const LONGEST_WORD: usize = 32;

/// The options for which the bot has something to suggest, by command and option.
const SUGGESTED: &[(&str, &str)] = &[
    ("session resume", "id"),
    ("session delete", "id"),
    ("session timezone", "zone"),
    ("checkpoint restore", "checkpoint"),
    ("checkpoint delete", "checkpoint"),
    ("help show", "command"),
];

/// All commands, as the bulk registration takes them.
pub(crate) fn all() -> Value {
    Value::Array(COMMANDS.iter().filter_map(command).collect())
}

/// The row of the table behind what Discord calls a command and, where it has them, a subcommand.
pub(crate) fn row(command: &str, subcommand: Option<&str>) -> Option<&'static Spec> {
    let spec = COMMANDS.iter().find(|spec| spec.name == command)?;
    match subcommand {
        Some(word) => spec.subcommands.iter().find(|sub| sub.word() == word),
        None => Some(only_show(spec).unwrap_or(spec)),
    }
}

/// What a command is that can do nothing but show: it is offered without a subcommand.
fn only_show(spec: &'static Spec) -> Option<&'static Spec> {
    match spec.subcommands {
        [only] if only.word() == "show" => Some(only),
        _ => None,
    }
}

fn is_now(spec: &Spec) -> bool {
    spec.availability == Availability::Now
}

fn command(spec: &'static Spec) -> Option<Value> {
    let options: Vec<Value> = match only_show(spec) {
        Some(show) => show.options.iter().map(|given| option(show, given)).collect(),
        None if spec.subcommands.is_empty() => {
            spec.options.iter().map(|given| option(spec, given)).collect()
        }
        None => spec.subcommands.iter().filter(|sub| is_now(sub)).map(subcommand).collect(),
    };
    let is_empty = !spec.subcommands.is_empty() && options.is_empty();
    (is_now(spec) && !is_empty).then(|| {
        json!({
            "type": 1,
            "name": spec.name,
            "description": spec.summary,
            "options": options,
            // In guilds where it is installed, and in the direct chat with it.
            "contexts": [0, 1],
            "integration_types": [0],
        })
    })
}

fn subcommand(spec: &'static Spec) -> Value {
    let options: Vec<Value> = spec.options.iter().map(|given| option(spec, given)).collect();
    json!({ "type": 1, "name": spec.word(), "description": spec.summary, "options": options })
}

fn option(spec: &Spec, option: &OptionSpec) -> Value {
    let mut fields = Map::new();
    let mut set = |name: &str, value: Value| fields.insert(name.to_owned(), value);
    set("name", json!(option.name));
    set("description", json!(option.summary));
    set("required", json!(option.required));
    let longest = match option.kind {
        OptionKind::Integer { min, max } => {
            set("type", json!(4));
            set("min_value", json!(min));
            set("max_value", json!(max));
            return Value::Object(fields);
        }
        OptionKind::Choice(words) => {
            let choices: Vec<Value> =
                words.iter().map(|word| json!({ "name": word, "value": word })).collect();
            set("type", json!(3));
            set("choices", json!(choices));
            return Value::Object(fields);
        }
        OptionKind::Text { max } => max.min(LONGEST_TEXT),
        OptionKind::Lines => LONGEST_TEXT,
        OptionKind::Time | OptionKind::Duration => LONGEST_WORD,
    };
    set("type", json!(3));
    set("min_length", json!(1));
    set("max_length", json!(longest));
    if SUGGESTED.contains(&(spec.name, option.name)) {
        set("autocomplete", json!(true));
    }
    Value::Object(fields)
}
