//! What Discord tells of as [`Incoming`]: what happened, where, who did it, and what it says.
//!
//! Messages come from the gateway or over REST, interactions from the gateway, all as JSON. The types are our own and hold
//! what is needed. With a message goes a `channel` as an interaction has one by itself (`id`, `type`, `parent_id`), and
//! the `guild_id`: REST does not give them.
//!
//! Not here: whether somebody is let in, and what a command means.
//!
//! Invariant: a message has the same event id however it came.
//! Invariant: text that somebody else wrote (forwarded, quoted) and text in code never begins as a command.

mod command;
mod interaction;
mod media;
mod message;
#[cfg(test)]
mod tests;
mod wire;
mod words;

use bot::{Body, Incoming, Peer};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::ticket::{Ticket, created_at};
use wire::Channel;

pub(crate) use interaction::{Asked, RUNS_A_CHANNEL, asked};

/// What something that came is to us.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Translated {
    /// Something that happened.
    Event(Box<Incoming>),
    /// Nothing that concerns a session, and why.
    Ignored(&'static str),
}

/// Translates a message for the bot with this id and, once it is known, this username.
pub(crate) fn message(message: &Value, account: &str, me: Option<&str>) -> Translated {
    let by = Reader { account, me };
    match read(message) {
        Some(said) => message::translate(&by, &said),
        None => raw(&by, message),
    }
}

/// Translates an interaction: a command or a press. One that is asked for suggestions is read by [`asked`].
pub(crate) fn interaction(interaction: &Value, account: &str, me: Option<&str>) -> Translated {
    match read(interaction) {
        Some(happened) => interaction::translate(&Reader { account, me }, &happened),
        // It holds a token: it is not kept.
        None => Translated::Ignored("unreadable interaction"),
    }
}

/// Whose eyes it is read with.
#[derive(Clone, Copy)]
struct Reader<'a> {
    account: &'a str,
    me: Option<&'a str>,
}

/// Where something happened.
struct Spot<'a> {
    channel: &'a Channel,
    guild: Option<&'a str>,
}

impl Spot<'_> {
    /// Discord tells direct chats apart by their type; what is in a guild never is one.
    fn is_direct(&self) -> bool {
        self.guild.is_none()
    }

    fn chat(&self) -> &str {
        self.channel.thread_of().unwrap_or(&self.channel.id)
    }

    fn thread(&self) -> Option<String> {
        self.channel.thread_of().map(|_| self.channel.id.clone())
    }
}

impl Reader<'_> {
    /// An event with this name and this id.
    fn event(&self, (kind, id): (&str, &str), at: &Spot<'_>, peer: Peer, body: Body) -> Incoming {
        Incoming {
            channel: "discord".to_owned(),
            account: self.account.to_owned(),
            event: format!("{kind}:{id}"),
            also: Vec::new(),
            chat: at.chat().to_owned(),
            thread: at.thread(),
            guild: at.guild.map(ToOwned::to_owned),
            direct: at.is_direct(),
            peer,
            me: self.me.map(ToOwned::to_owned),
            admin: if at.is_direct() { Some(false) } else { None },
            faceless: false,
            said_at: created_at(id),
            ticket: None,
            body,
        }
    }
}

fn read<T: DeserializeOwned>(body: &Value) -> Option<T> {
    T::deserialize(body).ok()
}

fn event(incoming: Incoming) -> Translated {
    Translated::Event(Box::new(incoming))
}

/// A message that we cannot read, as it came; where it happened and who did it as far as that can be seen.
fn raw(by: &Reader<'_>, message: &Value) -> Translated {
    let text = |path: &str| message.pointer(path).and_then(Value::as_str);
    let Some(id) = text("/id") else {
        return Translated::Ignored("no message");
    };
    let channel = message.get("channel").and_then(read::<Channel>);
    let channel = channel.or_else(|| text("/channel_id").map(Channel::unknown));
    let Some(channel) = channel else {
        return Translated::Ignored("in no channel");
    };
    let author = text("/author/id");
    let peer = Peer { id: author.unwrap_or(&channel.id).to_owned(), name: String::new() };
    let at = Spot { channel: &channel, guild: text("/guild_id") };
    let body = Body::Raw { kind: "message".to_owned(), json: message.to_string() };
    let ticket = Ticket {
        message: Some(id.to_owned()),
        guild: at.guild.map(ToOwned::to_owned),
        interaction: None,
    };
    event(Incoming {
        faceless: author.is_none(),
        ticket: ticket.to_wire(),
        ..by.event(("message", id), &at, peer, body)
    })
}
