//! A message as an event: said, moved, or nothing of ours.

use bot::{Body, Incoming};

use super::speaker::speaker;
use super::wire::{Chat, Message};
use super::{Envelope, Translated, event, media, words};
use crate::ticket::Ticket;

/// Translates a message; `None` when it holds nothing that we know.
pub(super) fn translate(envelope: &Envelope<'_>, message: Message) -> Option<Translated> {
    if message.chat.is_channel() || message.chat.is_direct_messages {
        return Some(Translated::Ignored("in a channel"));
    }
    if let Some((from, to)) = moved(&message) {
        return Some(translate_move(envelope, &message, from, to));
    }
    let speaker = match speaker(&message) {
        Ok(speaker) => speaker,
        Err(why) => return Some(Translated::Ignored(why)),
    };
    let said = match (&message.text, media::placeholder(&message.rest)) {
        (Some(text), _) => words::said(text, &message.entities, &message, envelope),
        (None, Some(placeholder)) => {
            let caption = message.caption.as_deref().unwrap_or_default();
            words::said(caption, &message.caption_entities, &message, envelope).under(&placeholder)
        }
        (None, None) if media::is_service(&message.rest) => {
            return Some(Translated::Ignored("service message"));
        }
        (None, None) => return None,
    };
    let ticket = Ticket {
        message: message.plain_id(),
        ephemeral: message.ephemeral_message_id,
        press: None,
        sent_at: Some(message.date),
        name: Some(speaker.mention),
    };
    let also = vec![own_id(&message, &speaker.peer.id)];
    let body = Body::Text { text: said.text, addressed: said.addressed };
    Some(event(Incoming {
        also,
        thread: message.topic(),
        guild: None,
        admin: speaker.admin,
        faceless: speaker.faceless,
        said_at: message.date.checked_mul(1_000),
        ticket: ticket.to_wire(),
        ..envelope.event(&message.chat, speaker.peer, body)
    }))
}

/// What names the message whatever update brings it. Ids of ephemeral messages are used again once these are gone, so the
/// person and the time belong to it.
fn own_id(message: &Message, peer: &str) -> String {
    let chat = message.chat.id;
    match message.ephemeral_message_id {
        Some(id) => format!("ephemeral:{chat}:{peer}:{id}:{}", message.date),
        None => format!("message:{chat}:{}", message.message_id),
    }
}

/// Old and new id of a chat that has become a supergroup.
fn moved(message: &Message) -> Option<(i64, i64)> {
    let here = message.chat.id;
    match (message.migrate_to_chat_id, message.migrate_from_chat_id) {
        (Some(to), _) => Some((here, to)),
        (None, Some(from)) => Some((from, here)),
        (None, None) => None,
    }
}

/// Both chats tell of it, each in a message of its own: it counts once.
fn translate_move(envelope: &Envelope<'_>, message: &Message, from: i64, to: i64) -> Translated {
    let peer = match &message.from {
        Some(user) => user.peer(),
        None => message.chat.peer(),
    };
    let body = Body::Moved { to: to.to_string() };
    event(Incoming {
        also: vec![format!("moved:{from}:{to}")],
        faceless: true,
        said_at: message.date.checked_mul(1_000),
        ..envelope.event(&Chat::group(from), peer, body)
    })
}
