//! What the failure of a call means for the parcel.

use std::time::Duration;

use bot::{Address, Delivered};

use crate::api::CallError;

/// Worth another try soon; the bot waits longer each time.
pub(super) const RETRY: Delivered =
    Delivered::Later { after: Duration::from_secs(1), whole_account: false };
/// How long everything waits where it is not Discord that answers.
const FOREIGN: Duration = Duration::from_secs(5);
/// How long everything waits when the token is not taken.
const UNAUTHORIZED: Duration = Duration::from_secs(60);

/// Discord's codes of what is not there.
const UNKNOWN_CHANNEL: u32 = 10_003;
const UNKNOWN_MESSAGE: u32 = 10_008;
const UNKNOWN_WEBHOOK: u32 = 10_015;
const UNKNOWN_INTERACTION: u32 = 10_062;
const INVALID_WEBHOOK_TOKEN: u32 = 50_027;
/// A direct chat that the person does not allow, or that nothing in common allows.
const CLOSED: [u32; 2] = [50_007, 50_278];
/// A message that may not be referred to.
const CANNOT_REPLY: u32 = 160_002;
const TOO_LARGE: u32 = 40_005;

/// What became of a message that Discord takes once, however often it is sent: a try more does no harm.
pub(super) fn became_repeatable(error: &CallError, to: &Address) -> Delivered {
    match error {
        CallError::Unsent(_) | CallError::Server { .. } | CallError::Unsure(_) => {
            tracing::debug!(%error, "an answer waits");
            RETRY
        }
        CallError::TooMany { .. } | CallError::Foreign { .. } | CallError::Refused { .. } => {
            became(error, to)
        }
    }
}

/// What became of a message that would be there twice.
pub(super) fn became_once(error: &CallError, to: &Address) -> Delivered {
    match error {
        CallError::Unsent(_) => {
            tracing::debug!(%error, "an answer waits");
            RETRY
        }
        CallError::Server { .. } | CallError::Unsure(_) => {
            tracing::warn!(%error, "an answer may not have arrived");
            Delivered::Ambiguous
        }
        CallError::TooMany { .. } | CallError::Foreign { .. } | CallError::Refused { .. } => {
            became(error, to)
        }
    }
}

/// What had no effect.
fn became(error: &CallError, to: &Address) -> Delivered {
    match error {
        CallError::TooMany { retry_after, global } => {
            tracing::info!(
                seconds = retry_after.as_secs(),
                global,
                "Discord is written to too fast"
            );
            Delivered::Later { after: *retry_after, whole_account: *global }
        }
        CallError::Foreign { .. } => {
            tracing::warn!(%error, "answers wait");
            Delivered::Later { after: FOREIGN, whole_account: true }
        }
        CallError::Refused { status: 401, .. } => {
            tracing::error!(%error, "the token is not taken any more: answers wait");
            Delivered::Later { after: UNAUTHORIZED, whole_account: true }
        }
        // Of a thread that is gone the channel is still there. A channel that the bot may not write to is, too: whoever
        // uses a command there is answered all the same.
        CallError::Refused { code: UNKNOWN_CHANNEL, .. } if to.thread.is_none() => {
            tracing::info!(%error, "a channel is gone");
            Delivered::Gone
        }
        CallError::Refused { .. } => {
            tracing::warn!(%error, "an answer is given up");
            Delivered::Dead
        }
        CallError::Unsent(_) | CallError::Server { .. } | CallError::Unsure(_) => RETRY,
    }
}

/// Whether it may have had its effect.
pub(super) fn is_doubtful(error: &CallError) -> bool {
    matches!(error, CallError::Unsure(_) | CallError::Server { .. })
}

/// Whether an interaction cannot be answered by its token any more. The bot's own token does not go with such calls.
pub(super) fn is_token_dead(error: &CallError) -> bool {
    match error {
        CallError::Refused { status: 401, .. } => true,
        CallError::Refused { code, .. } => {
            matches!(*code, UNKNOWN_WEBHOOK | UNKNOWN_INTERACTION | INVALID_WEBHOOK_TOKEN)
        }
        CallError::Foreign { status } => matches!(status, 401 | 404),
        CallError::Unsent(_)
        | CallError::Unsure(_)
        | CallError::Server { .. }
        | CallError::TooMany { .. } => false,
    }
}

/// Whether the message that was to be changed is not there.
pub(super) fn is_message_missing(error: &CallError) -> bool {
    matches!(error, CallError::Refused { code: UNKNOWN_MESSAGE, .. })
}

/// Whether nothing can be said to a person directly.
pub(super) fn is_closed(error: &CallError) -> bool {
    matches!(error, CallError::Refused { code, .. } if CLOSED.contains(code))
}

/// Whether the bot may not write there.
pub(super) fn is_forbidden(error: &CallError) -> bool {
    matches!(error, CallError::Refused { status: 403, .. })
}

/// Whether it may be the message referred to that is refused.
pub(super) fn is_about_reference(error: &CallError) -> bool {
    matches!(
        error,
        CallError::Refused { code: CANNOT_REPLY, .. } | CallError::Refused { status: 400, .. }
    )
}

/// Whether what it shows may be what is refused: a card where the bot may show none leaves an empty message.
pub(super) fn is_about_content(error: &CallError) -> bool {
    matches!(error, CallError::Refused { status: 400 | 403, .. })
}

pub(super) fn is_too_large(error: &CallError) -> bool {
    matches!(
        error,
        CallError::Refused { code: TOO_LARGE, .. }
            | CallError::Refused { status: 413, .. }
            | CallError::Foreign { status: 413 }
    )
}
