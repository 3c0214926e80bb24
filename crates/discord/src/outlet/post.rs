//! Messages put into a channel.
//!
//! Each has a nonce that is made of what it answers and says: for some minutes Discord gives back the message that is
//! there in place of making it again. After that nothing is tried again that may have arrived.

use bot::{Address, Delivered};
use serde_json::json;

use super::body::{Piece, set};
use super::recent::key;
use super::verdict::{
    became_repeatable, is_about_content, is_about_reference, is_doubtful, is_too_large,
};
use super::wire::Wire;
use super::{Case, Delivery};
use crate::api::{CallError, Method};

/// How long Discord is trusted to know a nonce, in milliseconds; it says “the past few minutes”.
const WINDOW: i64 = 120_000;

/// Why what was to be put is not all there.
pub(super) enum PostError {
    /// Nothing of it is, or it makes no difference if it is.
    Call(CallError),
    /// A part of it is, or all of it may be: it cannot be put again.
    Doubtful,
}

impl PostError {
    pub(super) fn became(&self, to: &Address) -> Delivered {
        match self {
            Self::Call(error) => became_repeatable(error, to),
            Self::Doubtful => Delivered::Ambiguous,
        }
    }
}

impl<W: Wire> Delivery<W> {
    /// Puts messages into a channel, one after the other. Where the event is, the first refers to it.
    pub(super) async fn post(
        &self,
        case: &Case<'_>,
        channel: &str,
        pieces: Vec<Piece>,
    ) -> Result<(), PostError> {
        for (number, piece) in pieces.iter().enumerate() {
            match self.post_piece(case, channel, piece).await {
                Ok(()) => {}
                Err(error) if number == 0 => return Err(error),
                Err(_) => {
                    tracing::warn!("an answer arrived in part");
                    return Err(PostError::Doubtful);
                }
            }
        }
        Ok(())
    }

    /// Puts one message into a channel: without what it refers to, without its file, or as plain text, where that is
    /// refused.
    async fn post_piece(
        &self,
        case: &Case<'_>,
        channel: &str,
        piece: &Piece,
    ) -> Result<(), PostError> {
        let referring = key((channel, &case.to.ticket));
        let is_first = channel == case.spot() && !self.referred.has(referring);
        let mut reference = reference(case).filter(|_| is_first);
        let mut bare = None;
        loop {
            let piece = bare.as_ref().unwrap_or(piece);
            let error = match self.create(case, channel, piece, reference).await {
                Ok(()) => {
                    self.referred.put(referring, ());
                    return Ok(());
                }
                Err(PostError::Doubtful) => return Err(PostError::Doubtful),
                Err(PostError::Call(error)) => error,
            };
            if piece.has_file() && is_too_large(&error) {
                bare = Some(piece.without_file());
            } else if piece.has_card() && is_about_content(&error) {
                bare = Some(piece.without_card());
            } else if reference.is_some() && is_about_reference(&error) {
                reference = None;
            } else {
                return Err(PostError::Call(error));
            }
        }
    }

    async fn create(
        &self,
        case: &Case<'_>,
        channel: &str,
        piece: &Piece,
        reference: Option<&str>,
    ) -> Result<(), PostError> {
        let nonce = piece.nonce(case, channel);
        let known = key(&nonce);
        let doubtful_since = self.doubts.get(known);
        if doubtful_since.is_some_and(|since| case.now.saturating_sub(since) > WINDOW) {
            tracing::warn!("an answer may not have arrived, and it is too late to send it again");
            return Err(PostError::Doubtful);
        }
        let mut body = piece.body(0);
        set(&mut body, "nonce", json!(nonce));
        set(&mut body, "enforce_nonce", json!(true));
        if let Some(message) = reference {
            let reference = json!({ "message_id": message, "fail_if_not_exists": false });
            set(&mut body, "message_reference", reference);
        }
        let path = format!("/channels/{channel}/messages");
        let made = self.wire.send(Method::POST, &path, &body, piece.upload()).await;
        made.map(drop).map_err(|error| {
            if is_doubtful(&error) && doubtful_since.is_none() {
                self.doubts.put(known, case.now);
            }
            PostError::Call(error)
        })
    }
}

/// The message that an answer refers to: in a direct chat it is plain which, and one that only one person sees cannot be.
fn reference<'a>(case: &Case<'a>) -> Option<&'a str> {
    let is_seen =
        !case.to.direct && !case.ticket.interaction.as_ref().is_some_and(|it| it.is_ephemeral);
    let message = case.ticket.message.as_deref();
    message.filter(|id| is_seen && super::is_id(id))
}
