//! Saying something: in the conversation, where a reset may come first, or to one session by its id.

use crate::id::SessionId;
use crate::model::Words;
use crate::refusal::Refusal;

use super::lifecycle::reset_if_due;
use super::{Draft, Outcome};

pub(super) fn say(draft: &mut Draft<'_>, words: Words) -> Outcome {
    let reset = reset_if_due(draft);
    let point = append_to_current(draft, words);
    Outcome::Said { point, reset }
}

pub(super) fn append(
    draft: &mut Draft<'_>,
    session: SessionId,
    words: Words,
) -> Result<Outcome, Refusal> {
    if draft.lane.current != session {
        return Err(Refusal::SessionClosed);
    }
    let point = append_to_current(draft, words);
    Ok(Outcome::Said { point, reset: None })
}

pub(super) fn append_to_current(draft: &mut Draft<'_>, words: Words) -> crate::model::Point {
    let (id, now) = (draft.lane.current, draft.now());
    draft.append(id, words, now)
}
