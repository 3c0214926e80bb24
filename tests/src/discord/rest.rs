//! The routes of the REST API, version 10: what each does to the world, and what it answers.

use std::time::Duration;

use serde_json::{Value, json};

use super::body::Body;
use super::channel::Kind;
use super::command;
use super::message::{Message, PLAIN, REPLY};
use super::permission::Permission;
use super::refusal::Refusal;
use super::request::{self, Call};
use super::world::World;

/// How long a nonce is remembered: “the past few minutes”, says the real one.
const NONCES: Duration = Duration::from_secs(180);

/// An answer that is a yes: its status, and its body, which is `Null` where there is none.
pub(super) type Done = (u16, Value);

/// What an id in a path names is not there, if it is no id.
fn number(part: &str) -> Result<u64, Refusal> {
    let wrong = || {
        let words = format!("Value \"{part}\" is not snowflake.");
        Refusal::form("id", "NUMBER_TYPE_COERCE", words)
    };
    part.parse().map_err(|_| wrong())
}

/// Does what a request asks for.
pub(super) fn call(world: &mut World, call: &Call) -> Result<Done, Refusal> {
    let parts = call.parts_of_path();
    match parts.as_slice() {
        ["interactions", id, token, "callback"] if call.method == "POST" => {
            let wire = world.acknowledge(number(id)?, token, call)?;
            return Ok(if call.asks("with_response") { (200, wire) } else { (204, Value::Null) });
        }
        ["gateway"] if call.method == "GET" => {
            return Ok((200, json!({"url": world.gateway.url})));
        }
        ["webhooks", application, token, rest @ ..] => {
            return webhook(world, call, number(application)?, token, rest);
        }
        _ => {}
    }
    if call.authorization != format!("Bot {}", world.token) {
        return Err(Refusal::unauthorized());
    }
    match parts.as_slice() {
        ["channels", id, rest @ ..] => channel(world, call, number(id)?, rest),
        ["guilds", id, rest @ ..] => guild(world, call, number(id)?, rest),
        ["applications", id, "commands"] if *id != "@me" => {
            commands(world, call, number(id)?, None)
        }
        ["applications", id, "guilds", guild, "commands"] => {
            commands(world, call, number(id)?, Some(number(guild)?))
        }
        _ => own(world, call, &parts),
    }
}

/// What a bot asks about itself.
fn own(world: &mut World, call: &Call, parts: &[&str]) -> Result<Done, Refusal> {
    match (call.method.as_str(), parts) {
        ("GET", ["gateway", "bot"]) => {
            let left = 1000_u64.saturating_sub(world.gateway.identifies);
            let limit = json!({
                "max_concurrency": 1, "remaining": left, "reset_after": 86_400_000, "total": 1000,
            });
            let url = &world.gateway.url;
            Ok((200, json!({"url": url, "shards": 1, "session_start_limit": limit})))
        }
        ("GET", ["users", "@me"]) => Ok((200, world.bot.own_to_wire())),
        ("GET", ["users", "@me", "guilds"]) => Ok((200, own_guilds(world))),
        ("GET", ["applications", "@me"] | ["oauth2", "applications", "@me"]) => {
            Ok((200, application(world)))
        }
        ("POST", ["users", "@me", "channels"]) => {
            let person = request::id(&call.body, "recipient_id");
            let direct = person.and_then(|person| world.direct(person));
            let direct = direct.and_then(|id| world.channels.get(&id));
            let direct = direct.ok_or_else(|| Refusal::new(400, 50_033, "Invalid Recipient(s)"))?;
            Ok((200, direct.to_wire(world)))
        }
        ("GET", ["users", id]) => {
            let user = world.users.get(&number(id)?);
            let user = user.ok_or_else(|| Refusal::unknown(10_013, "User"))?;
            Ok((200, user.to_wire()))
        }
        _ => Err(Refusal::no_route()),
    }
}

fn own_guilds(world: &World) -> Value {
    let guilds = world.own_guilds();
    let guilds = guilds.iter().filter_map(|id| world.guilds.get(id));
    let wire = guilds.map(|guild| {
        json!({
            "id": guild.id.to_string(), "name": guild.name, "icon": null, "banner": null,
            "owner": false, "permissions": Permission::USUAL.0.to_string(), "features": [],
        })
    });
    wire.collect()
}

fn application(world: &World) -> Value {
    json!({
        "id": world.application.to_string(), "name": world.bot.name, "icon": null,
        "description": "", "type": null, "bot": world.bot.to_wire(), "bot_public": false,
        "bot_require_code_grant": false, "verify_key": "0".repeat(64),
        "flags": world.application_flags(), "flags_new": world.application_flags().to_string(),
        "redirect_uris": [], "interactions_endpoint_url": null,
        "role_connections_verification_url": null, "owner": world.bot.to_wire(),
        "approximate_guild_count": world.own_guilds().len(),
        "approximate_user_install_count": 0, "approximate_user_authorization_count": 0,
        "explicit_content_filter": 0, "team": null, "eligible_oauth2_scopes": [],
    })
}

fn guild(world: &World, call: &Call, id: u64, rest: &[&str]) -> Result<Done, Refusal> {
    let guild = world.guilds.get(&id).filter(|it| it.members.contains_key(&world.bot.id));
    let guild = guild.ok_or_else(|| Refusal::unknown(10_004, "Guild"))?;
    let here = || world.channels.values().filter(|it| it.guild == Some(id) && !it.is_deleted);
    let seen = |is_thread: bool| {
        let here = here().filter(move |it| it.kind.is_thread() == is_thread);
        here.filter(|it| world.may_view(world.bot.id, it.id)).map(|it| it.to_wire(world))
    };
    match (call.method.as_str(), rest) {
        ("GET", []) => Ok((200, guild.to_wire())),
        ("GET", ["roles"]) => Ok((200, guild.roles_to_wire())),
        ("GET", ["channels"]) => Ok((200, seen(false).collect())),
        ("GET", ["threads", "active"]) => {
            let threads: Vec<_> = seen(true).collect();
            Ok((200, json!({"threads": threads, "members": [], "has_more": false})))
        }
        ("GET", ["members", user]) => {
            let user = if *user == "@me" { world.bot.id } else { number(user)? };
            let member = world.whole_member_to_wire(id, user);
            Ok((200, member.ok_or_else(|| Refusal::unknown(10_007, "Member"))?))
        }
        _ => Err(Refusal::no_route()),
    }
}

fn commands(world: &mut World, call: &Call, id: u64, guild: Option<u64>) -> Result<Done, Refusal> {
    if id != world.application {
        return Err(Refusal::new(
            403,
            20_012,
            "You are not authorized to perform this action on this application",
        ));
    }
    if guild.is_some_and(|guild| !world.own_guilds().contains(&guild)) {
        return Err(Refusal::missing_access());
    }
    match call.method.as_str() {
        "PUT" => command::register(world, guild, &call.body)?,
        "GET" => {}
        _ => return Err(Refusal::wrong_method()),
    }
    let registered = world.commands.get(&guild).cloned().unwrap_or_default();
    Ok((200, Value::Array(registered)))
}

fn channel(world: &mut World, call: &Call, id: u64, rest: &[&str]) -> Result<Done, Refusal> {
    match (call.method.as_str(), rest) {
        ("GET", []) => Ok((200, world.readable(id)?.to_wire(world))),
        ("POST", ["typing"]) => {
            world.writable(id)?;
            world.typing.push(id);
            Ok((204, Value::Null))
        }
        ("GET", ["messages"]) => page(world, call, id),
        ("POST", ["messages"]) => create(world, call, id),
        ("GET", ["messages", message]) => {
            let message = find(world, id, number(message)?)?;
            Ok((200, message.to_wire(world, world.shows_all())))
        }
        ("PATCH", ["messages", message]) => {
            let message = find(world, id, number(message)?)?;
            if message.author != world.bot.id {
                let words = "Cannot edit a message authored by another user";
                return Err(Refusal::new(403, 50_005, words));
            }
            let message = message.id;
            world.writable(id)?;
            world.rewrite(id, message, &Body::of(call))?;
            Ok((200, find(world, id, message)?.to_wire(world, true)))
        }
        ("DELETE", ["messages", message]) => {
            let message = find(world, id, number(message)?)?;
            let may = world.permissions(world.bot.id, id).has(Permission::MANAGE_MESSAGES);
            if message.author != world.bot.id && !may {
                return Err(Refusal::missing_permissions());
            }
            let message = message.id;
            world.delete(id, message);
            Ok((204, Value::Null))
        }
        ("PUT" | "DELETE", ["thread-members", "@me"]) => {
            world.readable(id)?;
            let bot = world.bot.id;
            let members = &mut world.known(id).members;
            if call.method == "PUT" {
                members.insert(bot)
            } else {
                members.remove(&bot)
            };
            Ok((204, Value::Null))
        }
        _ => Err(Refusal::no_route()),
    }
}

/// A message that all may see, in a channel that the bot may read back.
fn find(world: &World, channel: u64, id: u64) -> Result<&Message, Refusal> {
    let message = world.readable(channel)?.message(id);
    let message = message.filter(|message| !message.is_deleted && message.receiver.is_none());
    message.ok_or_else(|| Refusal::unknown(10_008, "Message"))
}

/// `GET /channels/{id}/messages`: newest first, at most 100, before, after or around an id.
fn page(world: &World, call: &Call, id: u64) -> Result<Done, Refusal> {
    let channel = world.readable(id)?;
    if channel.kind == Kind::Forum {
        return Err(Refusal::new(400, 50_024, "Cannot execute action on this channel type"));
    }
    let asked = |name: &str| call.query.get(name).map(|value| number(value)).transpose();
    let (before, after, limit) = (asked("before")?, asked("after")?, asked("limit")?.unwrap_or(50));
    if !(1..=100).contains(&limit) {
        let words = "int value should be between 1 and 100.";
        return Err(Refusal::form("limit", "NUMBER_TYPE_MAX", words));
    }
    if !world.permissions(world.bot.id, id).has(Permission::READ_MESSAGE_HISTORY) {
        return Ok((200, json!([])));
    }
    let seen = channel.messages.iter().filter(|it| !it.is_deleted && it.receiver.is_none());
    let seen = seen.filter(|it| before.is_none_or(|id| it.id < id));
    let seen: Vec<_> = seen.filter(|it| after.is_none_or(|id| it.id > id)).collect();
    let limit = usize::try_from(limit).unwrap_or_default();
    // After an id the oldest come, else the newest; but always newest first.
    let skipped = if after.is_some() { 0 } else { seen.len().saturating_sub(limit) };
    let page: Vec<_> = seen.into_iter().skip(skipped).take(limit).collect();
    let shows_all = world.shows_all();
    Ok((200, page.iter().rev().map(|message| message.to_wire(world, shows_all)).collect()))
}

/// `POST /channels/{id}/messages`.
fn create(world: &mut World, call: &Call, id: u64) -> Result<Done, Refusal> {
    world.writable(id)?;
    let body = Body::of(call);
    body.check()?;
    let nonce = call.body.get("nonce").filter(|nonce| !nonce.is_null()).cloned();
    if nonce.as_ref().and_then(Value::as_str).is_some_and(|nonce| nonce.chars().count() > 25) {
        return Err(Refusal::too_long("nonce", 25));
    }
    let enforces_nonce = request::flag(&call.body, "enforce_nonce") && nonce.is_some();
    let bot = world.bot.id;
    if enforces_nonce {
        let now = world.clock.now();
        let said = world.known(id).messages.iter().rev();
        let mut lately = said.take_while(|it| now.saturating_sub(it.at) < NONCES);
        let twin = lately.find(|it| it.author == bot && it.nonce == nonce).map(|it| it.id);
        if let Some(twin) = twin {
            return Ok((200, find(world, id, twin)?.to_wire(world, true)));
        }
    }
    let mut message = Message::new(world.clock.next_id(), id, bot, world.clock.now());
    message.reply_to = reply_to(world, id, &call.body)?;
    message.kind = if message.reply_to.is_some() { REPLY } else { PLAIN };
    (message.nonce, message.enforces_nonce) = (nonce, enforces_nonce);
    if body.is_ephemeral() {
        return Err(Refusal::form("flags", "INVALID_FLAGS", "These flags are not allowed."));
    }
    body.write(&mut message, world)?;
    let made = message.id;
    world.post(message);
    Ok((200, find(world, id, made)?.to_wire(world, true)))
}

/// What a message is to answer, if that is there.
fn reply_to(world: &World, channel: u64, body: &Value) -> Result<Option<u64>, Refusal> {
    let Some(reference) = body.get("message_reference").filter(|it| it.is_object()) else {
        return Ok(None);
    };
    let named = request::id(reference, "message_id");
    let named = named.ok_or_else(|| Refusal::required("message_reference.message_id"))?;
    let is_strict = reference.get("fail_if_not_exists").and_then(Value::as_bool).unwrap_or(true);
    match find(world, channel, named) {
        Ok(found) => Ok(Some(found.id)),
        Err(_) if !is_strict => Ok(None),
        Err(_) => {
            let code = "REPLIES_UNKNOWN_MESSAGE";
            Err(Refusal::form("message_reference", code, "Unknown message"))
        }
    }
}

/// `/webhooks/{application}/{token}…`: the answer to an interaction, and what follows it.
fn webhook(
    world: &mut World,
    call: &Call,
    application: u64,
    token: &str,
    rest: &[&str],
) -> Result<Done, Refusal> {
    let state = world.alive(application, token)?;
    let (id, channel) = (state.id, state.channel);
    let message = match rest {
        [] if call.method == "POST" => {
            let made = world.follow_up(id, call)?;
            return Ok((200, told(world, channel, made)?));
        }
        [] => return Err(Refusal::wrong_method()),
        ["messages", "@original"] => state.original,
        ["messages", message] => Some(number(message)?).filter(|message| {
            state.original == Some(*message) || state.followups.contains(message)
        }),
        _ => return Err(Refusal::no_route()),
    };
    let message = message.ok_or_else(|| Refusal::unknown(10_008, "Message"))?;
    told(world, channel, message)?;
    match call.method.as_str() {
        "GET" => {}
        "PATCH" => {
            world.rewrite(channel, message, &Body::of(call))?;
            world.answered(id);
        }
        "DELETE" => {
            world.delete(channel, message);
            return Ok((204, Value::Null));
        }
        _ => return Err(Refusal::wrong_method()),
    }
    Ok((200, told(world, channel, message)?))
}

/// A message of an interaction, whoever sees it.
fn told(world: &World, channel: u64, id: u64) -> Result<Value, Refusal> {
    let message = world.channels.get(&channel).and_then(|place| place.message(id));
    let message = message.filter(|message| !message.is_deleted);
    let message = message.ok_or_else(|| Refusal::unknown(10_008, "Message"))?;
    Ok(message.to_wire(world, true))
}
