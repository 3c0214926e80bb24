//! The command menu: by scope and language.

use serde_json::{Value, json};

use crate::telegram::refusal::Refusal;
use crate::telegram::request::Params;
use crate::telegram::world::World;

const SCOPES: &[&str] = &[
    "default",
    "all_private_chats",
    "all_group_chats",
    "all_chat_administrators",
    "chat",
    "chat_administrators",
    "chat_member",
];
const AT_MOST: usize = 100;

pub(super) fn set(world: &mut World, params: &Params) -> Result<Value, Refusal> {
    let key = key(params)?;
    let commands = params.json("commands");
    let commands = commands.as_ref().and_then(Value::as_array);
    let commands = commands.ok_or_else(|| Refusal::bad("can't parse commands JSON object"))?;
    if commands.len() > AT_MOST {
        return Err(Refusal::bad("BOT_COMMANDS_TOO_MUCH"));
    }
    let commands = commands.iter().map(|wire| command(wire, world.is_modern));
    let commands = commands.collect::<Result<_, _>>()?;
    world.menus.insert(key, commands);
    Ok(json!(true))
}

pub(super) fn get(world: &World, params: &Params) -> Result<Value, Refusal> {
    Ok(world.menus.get(&key(params)?).cloned().unwrap_or_default().into())
}

pub(super) fn delete(world: &mut World, params: &Params) -> Result<Value, Refusal> {
    world.menus.remove(&key(params)?);
    Ok(json!(true))
}

fn key(params: &Params) -> Result<(String, String), Refusal> {
    let scope = params.json("scope").unwrap_or_else(|| json!({"type": "default"}));
    let kind = scope.get("type").and_then(Value::as_str).unwrap_or_default();
    if !SCOPES.contains(&kind) {
        return Err(Refusal::bad("can't parse BotCommandScope: unsupported type specified"));
    }
    let of = ["chat_id", "user_id"].iter().filter_map(|field| scope.get(field));
    let key = of.fold(kind.to_owned(), |key, id| format!("{key} {id}"));
    Ok((key, params.text("language_code").unwrap_or_default()))
}

/// A command of the menu, as the server of that age keeps it.
fn command(wire: &Value, is_modern: bool) -> Result<Value, Refusal> {
    let text = |field| wire.get(field).and_then(Value::as_str).unwrap_or_default();
    let (name, description) = (text("command"), text("description"));
    let name = name.strip_prefix('/').unwrap_or(name);
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if !(1..=32).contains(&name.len()) || !name.chars().all(fits) {
        return Err(Refusal::bad("BOT_COMMAND_INVALID"));
    }
    if !(1..=256).contains(&description.chars().count()) {
        return Err(Refusal::bad("BOT_COMMAND_DESCRIPTION_INVALID"));
    }
    let is_ephemeral = wire.get("is_ephemeral").filter(|_| is_modern);
    Ok(match is_ephemeral.and_then(Value::as_bool) {
        Some(true) => json!({"command": name, "description": description, "is_ephemeral": true}),
        Some(false) | None => json!({"command": name, "description": description}),
    })
}
