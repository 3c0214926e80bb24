//! What a group is told about an answer that is not for it: that there is one, or how to get it.
//!
//! Invariant: a note holds nothing of the answer, and one answer has one note, in however many pieces it comes.

use bot::Address;

use super::Delivery;
use super::post::{Piece, PostError, Spot, Words};
use super::recent::{Recent, key};
use super::wire::Wire;
use crate::render::escape;
use crate::ticket::Ticket;

/// What a note says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Note {
    /// The answer is in the direct chat.
    Answered,
    /// The direct chat has to be opened first.
    HowToStart,
    /// Who asked is a chat, to which nothing can be said in private.
    Faceless,
}

/// The notes that were written last.
#[derive(Default)]
pub(super) struct Notes {
    written: Recent<Note>,
}

impl Notes {
    /// The note that was written for what is answered here.
    pub(super) fn written_for(&self, to: &Address) -> Option<Note> {
        self.written.get(answered(to)?)
    }
}

/// What is answered: one event in one place. Without a ticket it cannot be told from another one.
fn answered(to: &Address) -> Option<u64> {
    to.ticket.as_ref().map(|ticket| key((&to.chat, &to.thread, &to.peer, ticket)))
}

impl<W: Wire> Delivery<W> {
    /// Writes a note to the group, unless this answer has one.
    pub(super) async fn note(
        &self,
        to: &Address,
        spot: Spot,
        ticket: &Ticket,
        note: Note,
    ) -> Result<(), PostError> {
        if self.notes.written_for(to).is_some() {
            return Ok(());
        }
        let words = words(note, &to.peer, ticket.name.as_deref(), self.wire.name());
        self.post(spot, vec![Piece::of(words)]).await?;
        if let Some(answered) = answered(to) {
            self.notes.written.put(answered, note);
        }
        Ok(())
    }
}

fn words(note: Note, peer: &str, name: Option<&str>, me: Option<&str>) -> Words {
    let text = match (note, me) {
        (Note::Answered, _) => "I answered you in our direct chat.".to_owned(),
        (Note::HowToStart, Some(me)) => format!(
            "I cannot write to you yet. Open https://t.me/{me} and press Start, then ask again."
        ),
        (Note::HowToStart, None) => {
            "I cannot write to you yet. Open a chat with me and press Start, then ask again."
                .to_owned()
        }
        (Note::Faceless, _) => {
            "I tell this to people alone, not to a channel or an anonymous administrator. Ask again under your own name."
                .to_owned()
        }
    };
    let Some(name) = name.filter(|name| !name.trim().is_empty()) else {
        return Words { html: escape(&text), plain: text };
    };
    let mention = if name.starts_with('@') || note == Note::Faceless {
        escape(name)
    } else {
        format!("<a href=\"tg://user?id={}\">{}</a>", escape(peer), escape(name))
    };
    Words { html: format!("{mention}: {}", escape(&text)), plain: format!("{name}: {text}") }
}
