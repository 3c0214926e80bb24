//! What the failure of a call means for the parcel.

use std::time::Duration;

use bot::Delivered;

use crate::api::CallError;

/// Worth another try soon; the bot waits longer each time.
pub(super) const RETRY: Delivered =
    Delivered::Later { after: Duration::from_secs(1), whole_account: false };
/// How long everything waits where it is not the Bot API that answers.
const FOREIGN: Duration = Duration::from_secs(5);
/// How long everything waits when the token is not taken.
const UNAUTHORIZED: Duration = Duration::from_secs(60);

/// What became of a parcel whose call failed so.
pub(super) fn became(error: &CallError) -> Delivered {
    match error {
        CallError::Unsent(_) | CallError::Server { .. } => {
            tracing::debug!(%error, "an answer waits");
            RETRY
        }
        CallError::Unsure(_) => {
            tracing::warn!(%error, "an answer may not have arrived");
            Delivered::Ambiguous
        }
        CallError::TooMany { retry_after } => {
            tracing::info!(seconds = retry_after.as_secs(), "a chat is written to too fast");
            Delivered::Later { after: *retry_after, whole_account: false }
        }
        CallError::Foreign { .. } => {
            tracing::warn!(%error, "answers wait");
            Delivered::Later { after: FOREIGN, whole_account: true }
        }
        CallError::Refused { code: 401, .. } => {
            tracing::error!(%error, "the token is not taken any more: answers wait");
            Delivered::Later { after: UNAUTHORIZED, whole_account: true }
        }
        CallError::Refused { code: 403, .. } => {
            tracing::info!(%error, "the bot cannot write to a chat any more");
            Delivered::Gone
        }
        CallError::Refused { .. } => {
            tracing::warn!(%error, "an answer is given up");
            Delivered::Dead
        }
    }
}

/// Whether the request had no effect for now, and may have one later.
pub(super) fn is_passing(error: &CallError) -> bool {
    match error {
        CallError::Unsent(_)
        | CallError::Server { .. }
        | CallError::TooMany { .. }
        | CallError::Foreign { .. }
        | CallError::Refused { code: 401, .. } => true,
        CallError::Unsure(_) | CallError::Refused { .. } => false,
    }
}

/// Whether a topic is gone; the chat itself may still be there.
pub(super) fn is_thread_missing(error: &CallError) -> bool {
    is_refused_with(error, "message thread not found")
}

/// Whether a direct chat was never opened.
pub(super) fn is_unopened(error: &CallError) -> bool {
    error.is_blocked() || is_refused_with(error, "chat not found")
}

fn is_refused_with(error: &CallError, words: &str) -> bool {
    matches!(error, CallError::Refused { code: 400, description, .. }
        if description.to_ascii_lowercase().contains(words))
}
