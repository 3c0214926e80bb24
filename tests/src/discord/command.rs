//! Application commands as they are registered: held against the platform's limits, all or none.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::body::without_nulls;
use super::refusal::Refusal;
use super::request;
use super::world::World;

/// Commands of one kind, in one place.
const COMMANDS: usize = 100;
/// Names, descriptions and values of one command, in characters.
const ALL: usize = 8000;
/// Options that are commands below a command, and groups of those.
const SUBCOMMAND: u64 = 1;
const GROUP: u64 = 2;

/// Registers these instead of what there is.
pub(super) fn register(world: &mut World, guild: Option<u64>, body: &Value) -> Result<(), Refusal> {
    let wanted = body.as_array().ok_or_else(|| {
        Refusal::form("", "LIST_TYPE_CONVERT", "Only iterables may be used in a ListType")
    })?;
    if wanted.len() > COMMANDS {
        let words = format!("Maximum number of application commands reached ({COMMANDS}).");
        return Err(Refusal::new(400, 30_032, words));
    }
    let mut names = BTreeSet::new();
    for (at, command) in wanted.iter().enumerate() {
        check(command, &at.to_string())?;
        if !names.insert(request::text(command, "name")) {
            let words = "Application command names must be unique";
            return Err(Refusal::form(
                &at.to_string(),
                "APPLICATION_COMMANDS_DUPLICATE_NAME",
                words,
            ));
        }
    }
    let before = world.commands.remove(&guild).unwrap_or_default();
    let registered = wanted.iter().map(|command| registered(world, guild, command, &before));
    let registered = registered.collect();
    world.commands.insert(guild, registered);
    Ok(())
}

/// A command as it comes back; one of the same name keeps its id.
fn registered(world: &mut World, guild: Option<u64>, sent: &Value, before: &[Value]) -> Value {
    let name = request::text(sent, "name");
    let old = before.iter().find(|old| request::text(old, "name") == name);
    let id = old.and_then(|old| old.get("id").cloned());
    let mut wire: Map<String, Value> = json!({
        "type": 1, "description": "", "dm_permission": true, "contexts": null,
        "integration_types": [0], "nsfw": false,
    })
    .as_object()
    .cloned()
    .unwrap_or_default();
    wire.extend(without_nulls(sent).as_object().cloned().unwrap_or_default());
    let version = json!(world.clock.next_id().to_string());
    wire.insert("id".to_owned(), id.unwrap_or_else(|| version.clone()));
    wire.insert("version".to_owned(), version);
    wire.insert("application_id".to_owned(), json!(world.application.to_string()));
    let permissions = sent.get("default_member_permissions").filter(|it| !it.is_null());
    let permissions = permissions.map(|it| it.to_string().trim_matches('"').to_owned());
    wire.insert("default_member_permissions".to_owned(), json!(permissions));
    if let Some(guild) = guild {
        wire.insert("guild_id".to_owned(), json!(guild.to_string()));
    }
    Value::Object(wire)
}

fn check(command: &Value, path: &str) -> Result<(), Refusal> {
    check_words(command, path)?;
    let sum = length(command);
    if sum > ALL {
        let words = format!("Command exceeds maximum size ({ALL})");
        return Err(Refusal::form(path, "APPLICATION_COMMAND_TOO_LARGE", words));
    }
    let contexts = command.get("contexts").filter(|it| !it.is_null());
    let is_context = |it: &Value| it.as_u64().is_some_and(|it| it <= 2);
    if contexts.is_some_and(|_| {
        let contexts = request::list(command, "contexts");
        contexts.is_empty() || !contexts.iter().all(is_context)
    }) {
        return Err(Refusal::form(
            &format!("{path}.contexts"),
            "ENUM_TYPE_COERCE",
            "Not a context",
        ));
    }
    check_options(command, path, 0)
}

/// Name and description.
fn check_words(named: &Value, path: &str) -> Result<(), Refusal> {
    let name = request::text(named, "name").unwrap_or_default();
    let is_good =
        |at: char| (at.is_alphanumeric() && at.to_lowercase().eq([at])) || "-_'".contains(at);
    if !(1..=32).contains(&name.chars().count()) || !name.chars().all(is_good) {
        let words = "Command name is invalid";
        return Err(Refusal::form(
            &format!("{path}.name"),
            "APPLICATION_COMMAND_INVALID_NAME",
            words,
        ));
    }
    let description = request::text(named, "description").unwrap_or_default();
    if !(1..=100).contains(&description.chars().count()) {
        return Err(Refusal::bad_length(&format!("{path}.description"), 1, 100));
    }
    Ok(())
}

/// The options of a command (depth 0), of a group or a subcommand.
fn check_options(of: &Value, path: &str, depth: u8) -> Result<(), Refusal> {
    let options = request::list(of, "options");
    let path = format!("{path}.options");
    if options.len() > 25 {
        return Err(Refusal::too_long(&path, 25));
    }
    let is_nested =
        |option: &Value| matches!(request::id(option, "type"), Some(SUBCOMMAND | GROUP));
    let nested = options.iter().filter(|option| is_nested(option)).count();
    if nested > 0 && nested < options.len() {
        let words = "Sub-command and sub-command group option types are mutually exclusive to all other types";
        return Err(Refusal::form(&path, "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", words));
    }
    let (mut names, mut is_optional) = (BTreeSet::new(), false);
    for (at, option) in options.iter().enumerate() {
        let path = format!("{path}.{at}");
        check_words(option, &path)?;
        if !names.insert(request::text(option, "name")) {
            let code = "APPLICATION_COMMAND_OPTIONS_NAME_ALREADY_EXISTS";
            return Err(Refusal::form(&path, code, "Option name already exists"));
        }
        match request::id(option, "type") {
            Some(GROUP) if depth == 0 => {
                let inner = request::list(option, "options");
                let is_group = |it: &Value| request::id(it, "type") == Some(SUBCOMMAND);
                if inner.is_empty() || !inner.iter().all(is_group) {
                    return Err(Refusal::required(&format!("{path}.options")));
                }
                check_options(option, &path, 1)?;
            }
            Some(SUBCOMMAND) if depth < 2 => check_options(option, &path, 2)?,
            Some(3..=11) => {
                let is_required = request::flag(option, "required");
                if is_required && is_optional {
                    let code = "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID";
                    let words = "Required options must be placed before non-required options";
                    return Err(Refusal::form(&path, code, words));
                }
                is_optional |= !is_required;
                check_value(option, &path)?;
            }
            _ => {
                let words = "This type of option cannot stand here";
                return Err(Refusal::form(
                    &path,
                    "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID",
                    words,
                ));
            }
        }
    }
    Ok(())
}

/// Choices, completion and limits of an option that takes a value.
fn check_value(option: &Value, path: &str) -> Result<(), Refusal> {
    let kind = request::id(option, "type").unwrap_or_default();
    let choices = request::list(option, "choices");
    let completes = request::flag(option, "autocomplete");
    if choices.len() > 25 {
        return Err(Refusal::too_long(&format!("{path}.choices"), 25));
    }
    if (completes || !choices.is_empty()) && !matches!(kind, 3 | 4 | 10) {
        let words = "Only texts and numbers have choices";
        return Err(Refusal::form(path, "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", words));
    }
    if completes && !choices.is_empty() {
        let words = "Autocomplete option cannot have choices";
        return Err(Refusal::form(path, "APPLICATION_COMMAND_AUTOCOMPLETE_CHOICES", words));
    }
    let mut names = BTreeSet::new();
    for (at, choice) in choices.iter().enumerate() {
        let path = format!("{path}.choices.{at}");
        let name = request::text(choice, "name").unwrap_or_default();
        if !(1..=100).contains(&name.chars().count()) {
            return Err(Refusal::bad_length(&format!("{path}.name"), 1, 100));
        }
        let value = choice.get("value").cloned().unwrap_or_default();
        let is_good = match (kind, value.as_str()) {
            (3, Some(text)) => (1..=100).contains(&text.chars().count()),
            (4, _) => value.is_i64(),
            (10, _) => value.is_number(),
            _ => false,
        };
        if !is_good {
            return Err(Refusal::bad_length(&format!("{path}.value"), 1, 100));
        }
        if !names.insert(name) {
            let code = "APPLICATION_COMMAND_OPTIONS_CHOICE_NAME_ALREADY_EXISTS";
            return Err(Refusal::form(&path, code, "Choice name already exists"));
        }
    }
    let has = |name: &str| option.get(name).is_some_and(|it| !it.is_null());
    if (kind != 3 && (has("min_length") || has("max_length")))
        || (!matches!(kind, 4 | 10) && (has("min_value") || has("max_value")))
    {
        let words = "This limit is not for this type of option";
        return Err(Refusal::form(path, "APPLICATION_COMMAND_OPTIONS_LIMIT_INVALID", words));
    }
    Ok(())
}

/// Characters of names, descriptions and values, all the way down.
fn length(of: &Value) -> usize {
    let own = ["name", "description", "value"].into_iter();
    let own: usize =
        own.filter_map(|name| request::text(of, name)).map(|it| it.chars().count()).sum();
    let inner = request::list(of, "options").iter().chain(request::list(of, "choices"));
    own + inner.map(length).sum::<usize>()
}
