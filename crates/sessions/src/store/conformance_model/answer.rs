//! Answers in a few words, so that both sides' can be compared.

use super::naive::{Drawn, Told};
use crate::decide::{Change, Decision, Outcome};
use crate::refusal::Refusal;
use crate::reset::ResetReason;

/// The ids that a decision brings in.
pub(super) fn drawn(decision: &Decision) -> Drawn {
    let checkpoint = decision.changes.iter().find_map(|change| match change {
        Change::SaveCheckpoint(saved) => Some(saved.id),
        _ => None,
    });
    let session = match &decision.outcome {
        Outcome::Imported(session) => session.id,
        _ => decision.current.id,
    };
    Drawn { session: Some(session), checkpoint }
}

pub(super) fn told(decision: &Decision) -> Told {
    let reason = |reset: &Option<ResetReason>| {
        reset.map(|reason| match reason {
            ResetReason::Daily { .. } => "daily",
            ResetReason::Idle { .. } => "idle",
        })
    };
    match &decision.outcome {
        Outcome::Said { point, reset } => {
            format!("said {} after {:?}", point.position, reason(reset))
        }
        Outcome::Visited { reset } => format!("visited after {:?}", reason(reset)),
        Outcome::Began { closed, said } => {
            format!("began, closed {:?}, said {said}", closed.as_ref().map(|closed| closed.id))
        }
        Outcome::Moved { operation, kept, carried } => {
            let kept = kept.as_ref().map(|kept| kept.message_count());
            format!("{operation} undone, kept {kept:?}, carried {carried}")
        }
        Outcome::Cleared(count) => format!("cleared {count}"),
        Outcome::Saved(saved) => format!("saved “{}” at {}", saved.name, saved.message_count()),
        Outcome::Restored { checkpoint, kept } => {
            format!("restored “{}”, kept {}", checkpoint.name, kept.is_some())
        }
        Outcome::CheckpointDeleted(deleted) => format!("deleted “{}”", deleted.name),
        Outcome::Resumed(was) => format!("resumed, was {:?}", was.id),
        Outcome::SessionDeleted(session) => format!("deleted {:?}", session.id),
        Outcome::Renamed(title) => format!("renamed {title}"),
        Outcome::SettingChanged => "set".to_owned(),
        Outcome::PinChanged { position, pinned } => format!("{position} pinned {pinned}"),
        Outcome::Imported(session) => format!("imported {}", session.message_count()),
    }
}

pub(super) fn refused(refusal: &Refusal) -> Told {
    let why = match refusal {
        Refusal::NoSuchSession(_) => "no such session",
        Refusal::NoSuchCheckpoint(_) => "no such checkpoint",
        Refusal::Several { .. } => "several",
        Refusal::AlreadyCurrent => "current",
        Refusal::Emptied => "emptied",
        Refusal::NothingToUndo { .. } => "nothing to undo",
        Refusal::NothingToRedo => "nothing to redo",
        Refusal::NothingToClear => "nothing to clear",
        Refusal::SessionClosed => "closed",
        Refusal::NothingToPin => "nothing to pin",
        Refusal::NotPinned => "not pinned",
        Refusal::NoSuchMessage => "no such message",
        Refusal::BadImport(_) => "bad import",
        other => panic!("nothing here leads to {other:?}"),
    };
    format!("refused: {why}")
}
