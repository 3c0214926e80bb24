//! Private answers to somebody in a group: an ephemeral message where that is proven to be one, else the direct chat.
//!
//! The Bot API ignores parameters that it does not know: an ephemeral message sent to an older server is a public one. So
//! a placeholder without content is sent first, and filled only when what comes back says that one person alone sees it.
//!
//! Invariant: content leaves for the group's chat id only by `editEphemeralMessageText`, which a server without ephemeral
//! messages does not have.

use bot::{Address, Button, Delivered, Parcel};
use serde_json::{Value, json};

use super::Delivery;
use super::note::Note;
use super::post::{
    Edited, PATIENCE, Piece, PostError, Spot, Words, edit_became, no_preview, set, within,
};
use super::recent::{Recent, key};
use super::verdict::{RETRY, became, is_passing, is_unopened};
use super::wire::Wire;
use crate::api::CallError;
use crate::render;
use crate::ticket::Ticket;

/// An ephemeral answer is possible this long after the message, in seconds.
const WINDOW: i64 = 15;
/// What a placeholder says.
const PLACEHOLDER: &str = "…";

/// Placeholders that are there and not yet filled.
#[derive(Default)]
pub(super) struct Whispers {
    unfilled: Recent<i64>,
}

/// One message that one person in a group sees.
#[derive(Clone, Copy)]
struct Ear {
    spot: Spot,
    /// The person.
    peer: i64,
}

/// How far an ephemeral answer came.
enum Whispered {
    /// It is done with.
    Settled(Delivered),
    /// It is not possible here; nothing of it was shown.
    Impossible,
}

/// What came of asking for a placeholder.
enum Placeholder {
    /// One person alone sees it.
    Proven(i64),
    Impossible,
    Failed(CallError),
}

impl<W: Wire> Delivery<W> {
    /// Delivers a private answer to somebody in a group.
    pub(super) async fn whisper(
        &self,
        parcel: Parcel,
        spot: Spot,
        ticket: &Ticket,
        now: i64,
    ) -> Delivered {
        let peer = parcel.to.peer.parse::<i64>().ok().filter(|id| *id > 0);
        let Some(peer) = peer else {
            return self.only_note(&parcel.to, spot, ticket, Note::Faceless).await;
        };
        let ear = Ear { spot, peer };
        if parcel.file.is_none() && render::fits(&parcel.text, render::MESSAGE) {
            match self.whisper_here(&parcel, ear, ticket, now).await {
                Whispered::Settled(delivered) => return delivered,
                Whispered::Impossible => {}
            }
        }
        self.whisper_directly(parcel, ear, ticket).await
    }

    /// In the group, for the eyes of the person alone.
    async fn whisper_here(
        &self,
        parcel: &Parcel,
        ear: Ear,
        ticket: &Ticket,
        now: i64,
    ) -> Whispered {
        let words = Words::of(&parcel.text);
        let shown = ticket.ephemeral.filter(|_| parcel.in_place && ticket.press.is_some());
        if let Some(shown) = shown.filter(|_| self.knows.ephemeral()) {
            match self.fill(ear, shown, &words, &parcel.buttons).await {
                Edited::Done => return Whispered::Settled(Delivered::Sent),
                Edited::Unsure => return Whispered::Settled(RETRY),
                Edited::Failed(error) if is_passing(&error) => {
                    return Whispered::Settled(became(&error));
                }
                Edited::Failed(_) | Edited::Impossible => {}
            }
        }
        let known = key((&parcel.to.chat, &parcel.to.peer, &parcel.to.ticket, &parcel.text));
        let id = match self.whispers.unfilled.take(known) {
            Some(id) => id,
            None if !self.knows.ephemeral() || !is_fresh(ticket, now) => {
                return Whispered::Impossible;
            }
            None => match self.placeholder(ear, ticket).await {
                Placeholder::Proven(id) => id,
                Placeholder::Impossible => return Whispered::Impossible,
                Placeholder::Failed(error) => return Whispered::Settled(became(&error)),
            },
        };
        match self.fill(ear, id, &words, &parcel.buttons).await {
            Edited::Done => Whispered::Settled(Delivered::Sent),
            Edited::Unsure => Whispered::Settled(Delivered::Ambiguous),
            Edited::Failed(error) if is_passing(&error) => {
                self.whispers.unfilled.put(known, id);
                Whispered::Settled(became(&error))
            }
            Edited::Failed(_) | Edited::Impossible => {
                self.forget_placeholder(ear, id).await;
                Whispered::Impossible
            }
        }
    }

    /// Sends a placeholder and looks whether it is what it should be.
    async fn placeholder(&self, ear: Ear, ticket: &Ticket) -> Placeholder {
        let sent = self.wire.call("sendMessage", &placeholder(ear, ticket), PATIENCE).await;
        let sent = match sent {
            Ok(sent) => sent,
            Err(error) if is_passing(&error) => return Placeholder::Failed(error),
            Err(error) => {
                // What may be there says nothing.
                tracing::debug!(%error, "no ephemeral answer here");
                return Placeholder::Impossible;
            }
        };
        if let Some(id) = proven(&sent, ear.peer) {
            return Placeholder::Proven(id);
        }
        self.knows.no_ephemeral();
        if let Some(message) = sent.get("message_id").and_then(Value::as_i64).filter(|id| *id != 0)
        {
            let public = json!({ "chat_id": ear.spot.chat, "message_id": message });
            if let Err(error) = self.wire.call("deleteMessage", &public, PATIENCE).await {
                tracing::warn!(%error, "an empty placeholder stays in a group");
            }
        }
        Placeholder::Impossible
    }

    /// Puts content into an ephemeral message.
    async fn fill(&self, ear: Ear, id: i64, words: &Words, buttons: &[Button]) -> Edited {
        let mut formatted = true;
        loop {
            let mut params = ear.message(id);
            set(&mut params, "text", json!(words.text(formatted)));
            set(&mut params, "link_preview_options", json!(no_preview()));
            if formatted {
                set(&mut params, "parse_mode", json!("HTML"));
            }
            if let Some(keyboard) = render::keyboard(buttons) {
                set(&mut params, "reply_markup", json!(keyboard));
            }
            let filled = self.wire.call("editEphemeralMessageText", &params, PATIENCE).await;
            if formatted && filled.as_ref().is_err_and(CallError::is_formatting) {
                formatted = false;
                continue;
            }
            if filled.as_ref().is_err_and(CallError::is_unknown_method) {
                self.knows.no_ephemeral();
            }
            return edit_became(filled);
        }
    }

    async fn forget_placeholder(&self, ear: Ear, id: i64) {
        let removal = ear.message(id);
        if let Err(error) = self.wire.call("deleteEphemeralMessage", &removal, PATIENCE).await {
            tracing::debug!(%error, "an empty placeholder stays with its reader");
        }
    }

    /// In the direct chat, with a note in the group.
    async fn whisper_directly(&self, parcel: Parcel, ear: Ear, ticket: &Ticket) -> Delivered {
        let to = parcel.to.clone();
        if self.notes.written_for(&to) == Some(Note::HowToStart) {
            // A piece of an answer whose beginning could not be told.
            return Delivered::Dead;
        }
        // Buttons hold in the place that they were made for alone: pressed in the direct chat they would be refused.
        let pieces = Piece::all_of(Parcel { buttons: Vec::new(), ..parcel });
        let direct = Spot { chat: ear.peer, thread: None };
        match self.post(direct, pieces).await {
            Ok(()) => {
                // Who asked unseen is answered unseen.
                if ticket.ephemeral.is_none()
                    && let Err(error) = self.note(&to, ear.spot, ticket, Note::Answered).await
                {
                    tracing::debug!(became = ?error.became(), "a group has no note of an answer");
                }
                Delivered::Sent
            }
            Err(PostError::Call(error)) if is_unopened(&error) => {
                self.only_note(&to, ear.spot, ticket, Note::HowToStart).await
            }
            Err(error) => error.became(),
        }
    }

    /// A note in the place of an answer that cannot be told.
    async fn only_note(&self, to: &Address, spot: Spot, ticket: &Ticket, note: Note) -> Delivered {
        match self.note(to, spot, ticket, note).await {
            Ok(()) => Delivered::Dead,
            Err(error) => error.became(),
        }
    }
}

impl Ear {
    /// What names an ephemeral message.
    fn message(self, id: i64) -> Value {
        json!({
            "chat_id": self.spot.chat,
            "receiver_user_id": self.peer,
            "ephemeral_message_id": id,
        })
    }
}

/// Whether the time for an ephemeral answer is not over. Presses carry no time: the server knows.
fn is_fresh(ticket: &Ticket, now: i64) -> bool {
    match ticket.sent_at {
        Some(sent_at) => now.saturating_sub(sent_at) < WINDOW,
        None => ticket.press.is_some(),
    }
}

/// As Bot API 10.3 has it, and as 10.2 had it.
fn placeholder(ear: Ear, ticket: &Ticket) -> Value {
    let mut params = within(
        &ear.spot,
        json!({ "chat_id": ear.spot.chat, "text": PLACEHOLDER, "receiver_user_id": ear.peer }),
    );
    let mut ephemeral = json!({ "receiver_user_id": ear.peer });
    if let Some(press) = &ticket.press {
        set(&mut ephemeral, "callback_query_id", json!(press));
        set(&mut params, "callback_query_id", json!(press));
    } else if let Some(command) = ticket.ephemeral {
        set(&mut params, "reply_parameters", json!({ "ephemeral_message_id": command }));
    }
    set(&mut params, "ephemeral_message_parameters", ephemeral);
    params
}

/// The id of a message that says of itself that this person alone sees it.
pub(super) fn proven(sent: &Value, peer: i64) -> Option<i64> {
    let receiver = sent.pointer("/receiver_user/id").and_then(Value::as_i64);
    sent.get("ephemeral_message_id").and_then(Value::as_i64).filter(|_| receiver == Some(peer))
}
