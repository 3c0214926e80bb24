//! Private answers to somebody in a guild that cannot be ephemeral, because they come too late, or because the question was
//! typed and its answer is not kept: the direct chat.
//!
//! Invariant: the channel of the question is sent notes from here and nothing else.

use bot::{Delivered, Parcel};
use serde_json::{Value, json};

use super::body::Piece;
use super::note::Note;
use super::post::PostError;
use super::recent::key;
use super::verdict::{became_repeatable, is_closed};
use super::wire::Wire;
use super::{Case, Delivery, is_id};
use crate::api::{CallError, Method, Mishap};

impl<W: Wire> Delivery<W> {
    /// Delivers a private answer in the direct chat, with a note where the question was typed.
    pub(super) async fn whisper(&self, parcel: Parcel, case: &Case<'_>) -> Delivered {
        if self.note_for(case) == Some(Note::HowToAllow) {
            // A piece of an answer whose beginning could not be told.
            return Delivered::Dead;
        }
        let is_kept = parcel.is_kept;
        let channel = match self.direct_chat(&case.to.peer).await {
            Ok(channel) => channel.to_string(),
            Err(error) if is_closed(&error) => return self.give_up(case, is_kept).await,
            Err(error) => return became_repeatable(&error, case.to),
        };
        if channel == case.spot() {
            return Delivered::Dead;
        }
        // Buttons hold in the place that they were made for alone: pressed in the direct chat they would be refused.
        let pieces = Piece::all_of(Parcel { buttons: Vec::new(), ..parcel });
        match self.post(case, &channel, pieces).await {
            Ok(()) => {
                // Who asked unseen is answered unseen.
                if case.ticket.interaction.is_none()
                    && let Err(error) = self.note(case, Note::Answered).await
                {
                    tracing::debug!(became = ?error.became(case.to), "a channel has no note of an answer");
                }
                Delivered::Sent
            }
            Err(PostError::Call(error)) if is_closed(&error) => self.give_up(case, is_kept).await,
            Err(PostError::Call(error)) => match became_repeatable(&error, case.to) {
                // It is the direct chat that is gone, not the channel of the question.
                Delivered::Gone => Delivered::Dead,
                other @ (Delivered::Sent
                | Delivered::Ambiguous
                | Delivered::Dead
                | Delivered::NeedsPress
                | Delivered::Later { .. }) => other,
            },
            Err(PostError::Doubtful) => Delivered::Ambiguous,
        }
    }

    /// What cannot be told directly waits behind a button if it is kept; else there is a note in its place, where the
    /// question was typed.
    async fn give_up(&self, case: &Case<'_>, is_kept: bool) -> Delivered {
        if is_kept {
            return Delivered::NeedsPress;
        }
        if case.ticket.interaction.is_some() {
            tracing::info!(
                "a late private answer is given up: its person takes no direct messages"
            );
            return Delivered::Dead;
        }
        match self.note(case, Note::HowToAllow).await {
            Ok(()) => Delivered::Dead,
            Err(error) => error.became(case.to),
        }
    }

    /// The channel that is the direct chat with a person. Asked for twice it is the same.
    async fn direct_chat(&self, peer: &str) -> Result<u64, CallError> {
        let known = key(peer);
        if let Some(channel) = self.direct.get(known) {
            return Ok(channel);
        }
        let who = json!({ "recipient_id": peer });
        let opened = self.wire.send(Method::POST, "/users/@me/channels", &who, None).await?;
        let id = opened.get("id").and_then(Value::as_str).filter(|id| is_id(id));
        let channel =
            id.and_then(|id| id.parse().ok()).ok_or(CallError::Unsure(Mishap::NotJson))?;
        self.direct.put(known, channel);
        Ok(channel)
    }
}
