//! Who is called by a message: `<@1>`, `<@&2>`, `@everyone`, the author of what it answers; and what a bot lets its text
//! call (`allowed_mentions`).

use serde_json::Value;

use super::message::Message;
use super::permission::Permission;
use super::refusal::Refusal;
use super::request;
use super::world::World;

/// Whom a text may call.
#[derive(Debug, Clone)]
pub(super) struct Allowed {
    users: Some,
    roles: Some,
    everyone: bool,
    replied: bool,
}

/// All, or these.
#[derive(Debug, Clone)]
enum Some {
    All,
    These(Vec<u64>),
}

impl Some {
    fn has(&self, id: u64) -> bool {
        match self {
            Self::All => true,
            Self::These(these) => these.contains(&id),
        }
    }
}

impl Allowed {
    /// All, and the author of what is answered if that is so.
    pub(super) fn all(replied: bool) -> Self {
        Self { users: Some::All, roles: Some::All, everyone: true, replied }
    }

    /// As `allowed_mentions` says; without it, all.
    pub(super) fn of(wire: Option<&Value>) -> Self {
        let Some(wire) = wire.filter(|wire| wire.is_object()) else { return Self::all(true) };
        let parses = |name: &str| request::list(wire, "parse").iter().any(|it| it == name);
        let these = |name: &str| {
            let list = request::list(wire, name).iter().filter_map(Value::as_str);
            Some::These(list.filter_map(|id| id.parse().ok()).collect())
        };
        Self {
            users: if parses("users") { Some::All } else { these("users") },
            roles: if parses("roles") { Some::All } else { these("roles") },
            everyone: parses("everyone"),
            replied: request::flag(wire, "replied_user"),
        }
    }
}

/// Whether the platform takes what a bot says about whom it may call.
pub(super) fn check(body: &Value) -> Result<(), Refusal> {
    let Option::Some(wire) = body.get("allowed_mentions") else { return Ok(()) };
    for name in ["users", "roles"] {
        let is_parsed = request::list(wire, "parse").iter().any(|it| it == name);
        if is_parsed && !request::list(wire, name).is_empty() {
            let words = format!("parse:[\"{name}\"] and {name}: [ids...] are mutually exclusive.");
            return Err(Refusal::form(
                "allowed_mentions",
                "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE",
                words,
            ));
        }
    }
    Ok(())
}

/// Finds out whom a message calls.
pub(super) fn write(message: &mut Message, world: &World, allowed: &Allowed) {
    let text = &message.content;
    let users = ids(text, "<@").into_iter().chain(ids(text, "<@!"));
    let is_called = |id: &u64| world.users.contains_key(id) && allowed.users.has(*id);
    let mut called: Vec<_> = users.filter(is_called).collect();
    let place = world.channels.get(&message.channel);
    let answered = message.reply_to.and_then(|id| place?.message(id));
    // An answer to an interaction calls nobody by being one.
    if allowed.replied && message.interaction.is_none() {
        called.extend(answered.map(|answered| answered.author));
    }
    called.sort_unstable();
    called.dedup();
    let roles = ids(text, "<@&").into_iter().filter(|id| allowed.roles.has(*id)).collect();
    let says_everyone = text.contains("@everyone") || text.contains("@here");
    let may = world.permissions(message.author, message.channel);
    message.mentions = called;
    message.role_mentions = roles;
    message.mentions_everyone =
        allowed.everyone && says_everyone && may.has(Permission::MENTION_EVERYONE);
}

fn ids(text: &str, before: &str) -> Vec<u64> {
    let parts = text.split(before).skip(1);
    parts.filter_map(|part| part.split_once('>')?.0.parse().ok()).collect()
}
