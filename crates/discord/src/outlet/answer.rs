//! Answers to interactions, by their tokens, while these live.
//!
//! A command has a message of its own from the moment it was deferred (`@original`), in a guild an ephemeral one: the first
//! piece of its answer is put there, the others follow it. A press has the message that was pressed as its `@original`.
//! What all may hear goes into the channel: there it has a nonce, and an ephemeral message cannot become another one.
//!
//! Invariant: a private answer in a guild is put into an ephemeral message, or made as one.

use bot::{Delivered, Parcel};
use serde_json::Value;

use super::body::Piece;
use super::post::PostError;
use super::recent::key;
use super::verdict::{
    became_once, became_repeatable, is_about_content, is_forbidden, is_message_missing,
    is_token_dead, is_too_large,
};
use super::wire::Wire;
use super::{Case, Delivery, is_id};
use crate::api::{CallError, Method};
use crate::render;
use crate::ticket::{EPHEMERAL, Interaction, created_at};

/// The flag of a message that only shows that something is worked on.
const LOADING: u64 = 1 << 7;
/// How far Discord's clock and ours may be apart, in milliseconds.
const SKEW: i64 = 30_000;
/// What is left of a command whose answer all can see.
const BELOW: &str = "Answered below.";

/// How far an answer came.
pub(super) enum Answered {
    /// It is done with.
    Settled(Delivered),
    /// It is not possible by the token; nothing of it was shown.
    Impossible,
}

/// An interaction's own message.
struct Own {
    /// Whether it says something already.
    is_filled: bool,
    /// The message, if it was looked up.
    message: Option<Value>,
}

/// What came of a piece by the token.
enum Put {
    Done,
    /// The token is dead: nothing was shown.
    Dead,
    /// The message that it was to be put into is not there.
    Missing,
    Failed(Delivered),
}

impl<W: Wire> Delivery<W> {
    /// Answers an interaction.
    pub(super) async fn answer(
        &self,
        parcel: &Parcel,
        case: &Case<'_>,
        interaction: &Interaction,
    ) -> Answered {
        if !is_id(&interaction.application) || !is_path_safe(&interaction.token) {
            return Answered::Impossible;
        }
        let is_private = parcel.private && !case.to.direct;
        if is_replacing(parcel, interaction, is_private) {
            let page = Piece::all_of(parcel.clone());
            let put = match page.first() {
                Some(page) => self.put(case, interaction, page).await,
                None => Put::Missing,
            };
            match put {
                Put::Done => return Answered::Settled(Delivered::Sent),
                Put::Dead => return Answered::Impossible,
                Put::Failed(became @ Delivered::Later { .. }) => return Answered::Settled(became),
                // It cannot be changed: then it is said anew.
                Put::Missing | Put::Failed(_) => {}
            }
        }
        if is_private {
            // A command that was not deferred for one person alone cannot be answered to one alone.
            if !interaction.is_press && !interaction.is_ephemeral {
                return Answered::Impossible;
            }
            return self.tell(parcel, case, interaction, EPHEMERAL).await;
        }
        if case.to.direct && !interaction.is_press {
            return self.tell(parcel, case, interaction, 0).await;
        }
        self.say(parcel, case, interaction).await
    }

    /// By the token: into the command's own message, and after that one by one.
    async fn tell(
        &self,
        parcel: &Parcel,
        case: &Case<'_>,
        interaction: &Interaction,
        flags: u64,
    ) -> Answered {
        let own = match self.own_message(case, interaction).await {
            Ok(own) => own,
            Err(answered) => return answered,
        };
        let mut is_filled = own.is_filled;
        for (number, piece) in Piece::all_of(parcel.clone()).iter().enumerate() {
            if number == 0 && own.message.as_ref().is_some_and(|message| piece.is_shown_by(message))
            {
                // An earlier process put it there, and did not come to know of it.
                self.filled.put(key(&interaction.id), ());
                continue;
            }
            let mut put = if is_filled {
                self.follow_up(case, interaction, piece, flags).await
            } else {
                self.put(case, interaction, piece).await
            };
            if let Put::Missing = put {
                put = self.follow_up(case, interaction, piece, flags).await;
            }
            match put {
                Put::Done => {
                    self.filled.put(key(&interaction.id), ());
                    is_filled = true;
                }
                _ if number > 0 => {
                    tracing::warn!("an answer arrived in part");
                    return Answered::Settled(Delivered::Ambiguous);
                }
                Put::Dead | Put::Missing => return Answered::Impossible,
                Put::Failed(became) => return Answered::Settled(became),
            }
        }
        Answered::Settled(Delivered::Sent)
    }

    /// For all to hear: in the channel; by the token where the bot may not write there.
    async fn say(&self, parcel: &Parcel, case: &Case<'_>, interaction: &Interaction) -> Answered {
        match self.post(case, case.spot(), Piece::all_of(parcel.clone())).await {
            Ok(()) => {
                self.leave_word(case, interaction).await;
                Answered::Settled(Delivered::Sent)
            }
            Err(PostError::Call(error)) if is_forbidden(&error) => {
                tracing::debug!(%error, "what all may hear is told by the token");
                self.tell(parcel, case, interaction, 0).await
            }
            Err(error) => Answered::Settled(error.became(case.to)),
        }
    }

    /// Says in a command's own message that the answer is elsewhere. Never matters.
    async fn leave_word(&self, case: &Case<'_>, interaction: &Interaction) {
        let own = key(&interaction.id);
        if interaction.is_press || self.filled.has(own) {
            return;
        }
        match self.put(case, interaction, &Piece::of_markdown(BELOW.to_owned())).await {
            Put::Done => self.filled.put(own, ()),
            Put::Dead | Put::Missing | Put::Failed(_) => {}
        }
    }

    /// What stands in the interaction's own message. Of one that an earlier process may have answered Discord knows.
    async fn own_message(
        &self,
        case: &Case<'_>,
        interaction: &Interaction,
    ) -> Result<Own, Answered> {
        let own = key(&interaction.id);
        let filled = Own { is_filled: true, message: None };
        if interaction.is_press || self.filled.has(own) {
            return Ok(filled);
        }
        if created_at(&interaction.id).is_some_and(|at| at > self.since.saturating_add(SKEW)) {
            return Ok(Own { is_filled: false, message: None });
        }
        match self.wire.get(&original(interaction)).await {
            Ok(message) => {
                let flags = message.get("flags").and_then(Value::as_u64).unwrap_or_default();
                Ok(Own { is_filled: flags & LOADING == 0, message: Some(message) })
            }
            Err(error) if is_token_dead(&error) => Err(Answered::Impossible),
            Err(error) if is_message_missing(&error) => Ok(filled),
            Err(error) => Err(Answered::Settled(became_repeatable(&error, case.to))),
        }
    }

    /// Puts a piece into the interaction's own message: the same however often it is done.
    async fn put(&self, case: &Case<'_>, interaction: &Interaction, piece: &Piece) -> Put {
        let path = original(interaction);
        let put = self.send_piece(Method::PATCH, &path, piece, 0).await;
        put_became(put, |error| became_repeatable(error, case.to))
    }

    /// Makes one message more: twice, if it is done twice.
    async fn follow_up(
        &self,
        case: &Case<'_>,
        interaction: &Interaction,
        piece: &Piece,
        flags: u64,
    ) -> Put {
        let path = format!("/webhooks/{}/{}", interaction.application, interaction.token);
        let made = self.send_piece(Method::POST, &path, piece, flags).await;
        put_became(made, |error| became_once(error, case.to))
    }

    async fn send_piece(
        &self,
        method: Method,
        path: &str,
        piece: &Piece,
        flags: u64,
    ) -> Result<Value, CallError> {
        let sent = self.wire.send(method.clone(), path, &piece.body(flags), piece.upload()).await;
        let bare = match &sent {
            Err(error) if piece.has_file() && is_too_large(error) => piece.without_file(),
            Err(error) if piece.has_card() && is_about_content(error) => piece.without_card(),
            Ok(_) | Err(_) => return sent,
        };
        self.wire.send(method, path, &bare.body(flags), None).await
    }
}

fn original(interaction: &Interaction) -> String {
    format!("/webhooks/{}/{}/messages/@original", interaction.application, interaction.token)
}

fn put_became(put: Result<Value, CallError>, became: impl Fn(&CallError) -> Delivered) -> Put {
    match put {
        Ok(_) => Put::Done,
        Err(error) if is_token_dead(&error) => {
            tracing::debug!(%error, "an interaction cannot be answered by its token any more");
            Put::Dead
        }
        Err(error) if is_message_missing(&error) => Put::Missing,
        Err(error) => Put::Failed(became(&error)),
    }
}

/// Whether a parcel takes the place of the message that was pressed. A private one never takes that of a public one.
fn is_replacing(parcel: &Parcel, interaction: &Interaction, is_private: bool) -> bool {
    parcel.in_place
        && interaction.is_press
        && (!is_private || interaction.is_ephemeral)
        && parcel.file.is_none()
        && render::fits(&parcel.text, render::MESSAGE)
}

/// Whether a token is a part of a path and nothing else.
fn is_path_safe(token: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '=');
    let is_safe = |c: char| is_plain(c) || c == '.';
    token.chars().any(is_plain) && token.chars().all(is_safe)
}
