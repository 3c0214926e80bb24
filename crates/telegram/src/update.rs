//! Updates of the Bot API as [`Incoming`]: what happened, where, who did it, and what it says.
//!
//! The types are our own and hold what is needed: teloxide 0.17 (Bot API 9.1) drops what it does not know, such as
//! `ephemeral_message_id`, and cannot read a whole update for one new field.
//!
//! Not here: whether somebody is let in, and what a command means.
//!
//! Invariant: no update is lost by its form: what cannot be read is an event of its own with the JSON as it came.
//! Invariant: text that somebody else wrote (forwarded, quoted) and text in code never begins as a command.

mod media;
mod message;
mod speaker;
#[cfg(test)]
mod tests;
mod wire;
mod words;

use bot::{Body, Incoming, Peer};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::ticket::Ticket;

/// What an update is to us.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Translated {
    /// Something that happened.
    Event(Box<Incoming>),
    /// Nothing that concerns a session, and why.
    Ignored(&'static str),
}

/// Kinds are counted by name: an invented one is not longer than this.
const LONGEST_KIND: usize = 40;

/// Translates an update for the bot with this id and, once it is known, this username (without `@`).
pub(crate) fn incoming(update: &Value, account: &str, me: Option<&str>) -> Translated {
    let Some(id) = update.get("update_id").and_then(Value::as_i64) else {
        return Translated::Ignored("no update");
    };
    let kind =
        update.as_object().and_then(|fields| fields.iter().find(|(name, _)| *name != "update_id"));
    let Some((kind, body)) = kind else {
        return Translated::Ignored("empty");
    };
    let envelope = Envelope { id, account, me };
    let read = match kind.as_str() {
        "message" => read(body).and_then(|said| message::translate(&envelope, said)),
        "callback_query" => read(body).map(|press| translate_press(&envelope, press)),
        "my_chat_member" => read(body).map(|change| translate_membership(&envelope, &change)),
        "edited_message" => return Translated::Ignored("edited"),
        "channel_post" | "edited_channel_post" => return Translated::Ignored("channel post"),
        _ => None,
    };
    read.unwrap_or_else(|| raw(&envelope, kind, body, update))
}

/// What is the same for all that an update can be.
struct Envelope<'a> {
    id: i64,
    account: &'a str,
    me: Option<&'a str>,
}

impl Envelope<'_> {
    /// An event in a chat; what is not known of it yet is empty.
    fn event(&self, chat: &wire::Chat, peer: Peer, body: Body) -> Incoming {
        let direct = chat.is_private();
        Incoming {
            channel: "telegram".to_owned(),
            account: self.account.to_owned(),
            event: format!("update:{}", self.id),
            also: Vec::new(),
            chat: chat.id.to_string(),
            thread: None,
            guild: None,
            direct,
            peer,
            me: self.me.map(ToOwned::to_owned),
            admin: if direct { Some(false) } else { None },
            faceless: false,
            said_at: None,
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

fn translate_press(envelope: &Envelope<'_>, press: wire::CallbackQuery) -> Translated {
    let Some(message) = press.message else {
        return Translated::Ignored("press in an inline message");
    };
    let Some(data) = press.data else {
        return Translated::Ignored("press without data");
    };
    let ticket = Ticket {
        message: message.plain_id(),
        ephemeral: message.ephemeral_message_id,
        press: Some(press.id.clone()),
        sent_at: None,
        name: Some(press.from.mention()),
    };
    event(Incoming {
        thread: message.topic(),
        guild: None,
        also: vec![format!("callback:{}", press.id)],
        ticket: ticket.to_wire(),
        ..envelope.event(&message.chat, press.from.peer(), Body::Press { data })
    })
}

fn translate_membership(envelope: &Envelope<'_>, change: &wire::ChatMemberUpdated) -> Translated {
    let member = &change.new_chat_member;
    let is_out = match member.status.as_str() {
        "kicked" | "left" => true,
        "restricted" => member.is_member == Some(false),
        _ => false,
    };
    if change.chat.is_channel() {
        return Translated::Ignored("membership in a channel");
    }
    if !is_out {
        return Translated::Ignored("joined");
    }
    event(Incoming {
        also: vec![format!("member:{}:{}:{}", change.chat.id, change.date, member.status)],
        said_at: change.date.checked_mul(1_000),
        ..envelope.event(&change.chat, change.from.peer(), Body::Gone)
    })
}

/// What we cannot read, as it came; where it happened and who did it as far as that can be seen.
fn raw(envelope: &Envelope<'_>, kind: &str, body: &Value, update: &Value) -> Translated {
    let at = |paths: [&str; 2]| paths.into_iter().find_map(|path| body.pointer(path));
    let from = at(["/from", "/user"]).and_then(read::<wire::User>);
    let chat = at(["/chat", "/message/chat"])
        .and_then(read::<wire::Chat>)
        .unwrap_or_else(|| wire::Chat::private(from.as_ref().map_or(0, |user| user.id)));
    let faceless = from.is_none();
    let peer = from.map_or_else(|| chat.peer(), |user| user.peer());
    let kind = kind.chars().take(LONGEST_KIND).collect();
    let body = Body::Raw { kind, json: update.to_string() };
    event(Incoming { faceless, ..envelope.event(&chat, peer, body) })
}
