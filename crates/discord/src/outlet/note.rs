//! What a channel is told about an answer that is not for it: that there is one, or how to get it.
//!
//! Invariant: a note holds nothing of the answer, and one answer has one note, in however many pieces it comes.

use super::body::Piece;
use super::post::PostError;
use super::recent::key;
use super::wire::Wire;
use super::{Case, Delivery};

/// What a note says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Note {
    /// The answer is in the direct chat.
    Answered,
    /// The person takes no direct messages.
    HowToAllow,
}

/// What is answered: one event in one place.
fn answered(case: &Case<'_>) -> Option<u64> {
    let to = case.to;
    to.ticket.as_ref().map(|ticket| key((&to.chat, &to.thread, &to.peer, ticket)))
}

impl<W: Wire> Delivery<W> {
    /// The note that was written for what is answered here.
    pub(super) fn note_for(&self, case: &Case<'_>) -> Option<Note> {
        self.notes.get(answered(case)?)
    }

    /// Writes a note to the channel, unless this answer has one.
    pub(super) async fn note(&self, case: &Case<'_>, note: Note) -> Result<(), PostError> {
        if self.note_for(case).is_some() {
            return Ok(());
        }
        let piece = Piece::of_markdown(words(note, &case.to.peer));
        self.post(case, case.spot(), vec![piece]).await?;
        if let Some(answered) = answered(case) {
            self.notes.put(answered, note);
        }
        Ok(())
    }
}

/// The mention shows the name and calls nobody.
fn words(note: Note, peer: &str) -> String {
    match note {
        Note::Answered => format!("<@{peer}>: I answered you in our direct chat."),
        Note::HowToAllow => format!(
            "<@{peer}>: I cannot write to you directly. Allow direct messages in this server's privacy settings and ask again, or type `/` and pick the command: its answer is seen by you alone."
        ),
    }
}
