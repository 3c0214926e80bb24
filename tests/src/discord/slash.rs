//! What a person types after `/`, as the client takes it: words down to a command that can be run, then `option:value`.
//! The client knows what is registered and offers nothing else, so what does not fit is a mistake of the story.
//!
//! ```text
//! line    = "/" name (" " name)* (" " option ":" value)*
//! value   = everything up to the next " " option ":"
//! ```

use serde_json::{Value, json};

use super::permission::Permission;
use super::request;
use super::world::World;

/// A line as the client understood it.
#[derive(Debug)]
pub(super) struct Typed {
    /// The words of the command.
    pub(super) name: String,
    /// `data` of the interaction.
    pub(super) data: Value,
}

/// Whether the command is to be run, or to be completed at its last option.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Aim {
    Run,
    Complete,
}

/// What a client makes of a line, or why it would not let it be sent.
pub(super) fn parse(
    world: &World,
    (person, channel): (u64, u64),
    line: &str,
    aim: Aim,
) -> Result<Typed, String> {
    let line = line.strip_prefix('/').ok_or("a command begins with /")?;
    let (word, mut rest) = split(line);
    let command = available(world, person, channel, word)?;
    let (mut leaf, mut words, mut above) = (command, vec![word], Vec::new());
    while let Some(below) = below(leaf) {
        let (word, after) = split(rest);
        let next = below.iter().find(|it| request::text(it, "name") == Some(word));
        leaf = next.ok_or_else(|| format!("/{} {word:?}: no such subcommand", words.join(" ")))?;
        above.push(leaf);
        words.push(word);
        rest = after;
    }
    let options = request::list(leaf, "options");
    let given = pairs(options, rest)?;
    let mut values = Vec::new();
    for (at, (option, text)) in given.iter().enumerate() {
        let is_last = at + 1 == given.len();
        let kind = request::id(option, "type").unwrap_or_default();
        let mut value = json!({"name": option.get("name"), "type": kind});
        let is_focused = aim == Aim::Complete && is_last;
        if is_focused && !request::flag(option, "autocomplete") {
            return Err(format!("{} is not completed", option));
        }
        let typed = if is_focused { json!(text) } else { typed(option, kind, text)? };
        if let Some(object) = value.as_object_mut() {
            object.insert("value".to_owned(), typed);
            object.extend(is_focused.then(|| ("focused".to_owned(), json!(true))));
        }
        values.push(value);
    }
    if aim == Aim::Complete && given.is_empty() {
        return Err("there is nothing to complete".to_owned());
    }
    let is_missing =
        |it: &&Value| request::flag(it, "required") && !given.iter().any(|(given, _)| given == it);
    if let Some(missing) = options.iter().find(is_missing).filter(|_| aim == Aim::Run) {
        return Err(format!("{} is required", missing.get("name").unwrap_or(missing)));
    }
    let mut inner = json!(values);
    for level in above.into_iter().rev() {
        let (name, kind) = (level.get("name"), level.get("type"));
        inner = json!([{"name": name, "type": kind, "options": inner}]);
    }
    let mut data = json!({"id": command.get("id"), "name": command.get("name"), "type": 1});
    if let Some(object) = data.as_object_mut() {
        let has_any = inner.as_array().is_some_and(|list| !list.is_empty());
        object.extend(has_any.then(|| ("options".to_owned(), inner)));
        let guild = command.get("guild_id").cloned();
        object.extend(guild.map(|guild| ("guild_id".to_owned(), guild)));
    }
    Ok(Typed { name: words.join(" "), data })
}

/// The commands that somebody is offered somewhere.
pub(super) fn offered(world: &World, person: u64, channel: u64) -> Vec<&Value> {
    let Some(place) = world.channels.get(&channel) else { return Vec::new() };
    let may = world.permissions(person, channel);
    if place.guild.is_some() && !may.has(Permission::USE_APPLICATION_COMMANDS) {
        return Vec::new();
    }
    let context = u64::from(place.guild.is_none());
    let of = |guild: Option<u64>| world.commands.get(&guild).into_iter().flatten();
    let everywhere = of(None).filter(|it| {
        let contexts = request::list(it, "contexts");
        contexts.is_empty() || contexts.iter().any(|it| it.as_u64() == Some(context))
    });
    let here = place.guild.into_iter().flat_map(|guild| of(Some(guild)));
    let allowed = |it: &&Value| {
        let needs = request::id(it, "default_member_permissions").unwrap_or_default();
        place.guild.is_none() || may.has(Permission(needs))
    };
    here.chain(everywhere).filter(allowed).collect()
}

fn available<'w>(
    world: &'w World,
    person: u64,
    channel: u64,
    name: &str,
) -> Result<&'w Value, String> {
    let offered = offered(world, person, channel);
    let named = |it: &&&Value| request::text(it, "name") == Some(name);
    let found = offered.iter().find(named).copied();
    found.ok_or_else(|| {
        let names: Vec<_> = offered.iter().filter_map(|it| request::text(it, "name")).collect();
        format!("/{name} is not offered here, only {names:?}")
    })
}

/// What stands below a command that cannot be run itself.
fn below(of: &Value) -> Option<&[Value]> {
    let options = request::list(of, "options");
    let is_nested = |it: &Value| matches!(request::id(it, "type"), Some(1 | 2));
    options.iter().any(is_nested).then_some(options)
}

fn split(text: &str) -> (&str, &str) {
    let (word, rest) = text.trim_start().split_once(' ').unwrap_or((text.trim(), ""));
    (word, rest.trim_start())
}

/// The options that are given, each with its text.
fn pairs<'o, 't>(
    options: &'o [Value],
    mut rest: &'t str,
) -> Result<Vec<(&'o Value, &'t str)>, String> {
    let starts = |text: &str| {
        let begins = |it: &&Value| {
            let name = request::text(it, "name").unwrap_or_default();
            text.strip_prefix(name).is_some_and(|rest| rest.starts_with(':'))
        };
        options.iter().find(begins)
    };
    let mut pairs: Vec<(&Value, &str)> = Vec::new();
    while !rest.trim().is_empty() {
        let option =
            starts(rest).ok_or_else(|| format!("{rest:?} is no option of this command"))?;
        let (_, text) = rest.split_once(':').unwrap_or_default();
        let mut spaces = text.char_indices().filter(|(_, at)| *at == ' ').map(|(at, _)| at);
        let next = spaces.find_map(|at| {
            let (before, after) = text.split_at_checked(at)?;
            starts(after.trim_start()).map(|_| (before, after.trim_start()))
        });
        let (value, after) = next.unwrap_or((text, ""));
        if pairs.iter().any(|(given, _)| *given == option) {
            return Err(format!("{option} is given twice"));
        }
        pairs.push((option, value.trim()));
        rest = after;
    }
    Ok(pairs)
}

/// A value as it is typed.
fn shown(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// What the client makes of a value.
fn typed(option: &Value, kind: u64, text: &str) -> Result<Value, String> {
    let choices = request::list(option, "choices");
    if !choices.is_empty() {
        let is_meant = |it: &&Value| {
            request::text(it, "name") == Some(text)
                || it.get("value").is_some_and(|it| shown(it) == text)
        };
        let choice = choices.iter().find(is_meant).and_then(|it| it.get("value").cloned());
        return choice.ok_or_else(|| format!("{text:?} is no choice of {option}"));
    }
    let number = |name: &str| option.get(name).and_then(Value::as_f64);
    let within = |value: f64| {
        number("min_value").is_none_or(|least| value >= least)
            && number("max_value").is_none_or(|most| value <= most)
    };
    let value = match kind {
        3 => {
            let length = text.chars().count() as u64;
            let least = request::id(option, "min_length").unwrap_or(1).max(1);
            let most = request::id(option, "max_length").unwrap_or(6000);
            (least..=most).contains(&length).then(|| json!(text))
        }
        4 => text.parse::<i64>().ok().filter(|it| within(*it as f64)).map(|it| json!(it)),
        5 => text.parse::<bool>().ok().map(|it| json!(it)),
        6..=9 => {
            let id = text.trim_matches(|at: char| !at.is_ascii_digit());
            id.parse::<u64>().ok().map(|id| json!(id.to_string()))
        }
        10 => text.parse::<f64>().ok().filter(|it| within(*it)).map(|it| json!(it)),
        _ => None,
    };
    value.ok_or_else(|| format!("{text:?} does not fit {option}"))
}
