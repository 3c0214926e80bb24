//! A message as an event: something said, or nothing of ours.

use bot::{Body, Incoming};

use super::wire::{Channel, Message};
use super::{Reader, Spot, Translated, event, media, words};
use crate::ticket::Ticket;

/// The types of messages in which somebody says something: a plain one and a reply.
const SAID: [u8; 2] = [0, 19];

pub(super) fn translate(by: &Reader<'_>, message: &Message) -> Translated {
    if let Some(why) = unheard(message) {
        return Translated::Ignored(why);
    }
    let unknown = Channel::unknown(&message.channel_id);
    let channel = message.channel.as_ref().unwrap_or(&unknown);
    let at = Spot { channel, guild: message.guild_id.as_deref() };
    let is_passed_on = !message.message_snapshots.is_empty();
    let held = message.message_snapshots.first().map_or(&message.said, |passed| &passed.message);
    let placeholder = media::placeholder(held);
    if held.content.trim().is_empty() && placeholder.is_none() {
        // As it is without MESSAGE_CONTENT where the bot is not meant.
        return Translated::Ignored("no content");
    }
    let said = if is_passed_on {
        words::passed_on(&held.content)
    } else {
        words::said(&held.content, by.account)
    };
    let text = match placeholder {
        Some(placeholder) => words::under(&placeholder, &said),
        None => said,
    };
    let addressed = at.is_direct() || is_meant(message, by) || words::is_command(&text, by.me);
    let ticket = Ticket {
        message: Some(message.id.clone()),
        guild: message.guild_id.clone(),
        interaction: None,
    };
    let peer = message.author.peer(message.member.as_ref());
    let body = Body::Text { text, addressed };
    event(Incoming {
        ticket: ticket.to_wire(),
        ..by.event(("message", &message.id), &at, peer, body)
    })
}

/// Why a message is none of ours.
fn unheard(message: &Message) -> Option<&'static str> {
    if message.webhook_id.is_some() {
        return Some("webhook");
    }
    if message.author.bot {
        return Some("another bot");
    }
    if message.author.system {
        return Some("of Discord itself");
    }
    (!SAID.contains(&message.kind)).then_some("service message")
}

/// Whether it mentions the bot or replies to it.
fn is_meant(message: &Message, by: &Reader<'_>) -> bool {
    let is_reply = || {
        let author = message.referenced_message.as_ref().map(|replied| &replied.author);
        author.is_some_and(|author| author.id == by.account)
    };
    message.mentions.iter().any(|mentioned| mentioned.id == by.account)
        || words::mentions(&message.said.content, by.account)
        || is_reply()
}
