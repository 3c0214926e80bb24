//! Checkpoints: saving, restoring, deleting. Each costs a row or two, however long the conversation.

use crate::model::{Checkpoint, Operation, SessionState, Snapshot};
use crate::name::{self, DESCRIPTION_CHARS, NAME_CHARS};
use crate::refusal::Refusal;

use super::lifecycle::touch;
use super::{Change, Draft, Outcome, RestoreTarget};

pub(super) fn save(
    draft: &mut Draft<'_>,
    name: Option<String>,
    description: Option<String>,
) -> Result<Outcome, Refusal> {
    let name = match name {
        Some(name) => name::check(&name, "name", NAME_CHARS)?,
        None => default_name(draft),
    };
    let description =
        description.map(|text| name::check(&text, "description", DESCRIPTION_CHARS)).transpose()?;
    let session = draft.current().clone();
    let checkpoint = Checkpoint {
        id: draft.moment.fresh.checkpoint,
        lane: draft.lane.id,
        session: session.id,
        head: session.head(),
        name,
        description,
        created_at: draft.now(),
        automatic: false,
        deleted_at: None,
    };
    draft.push(Change::SaveCheckpoint(checkpoint.clone()));
    touch(draft);
    Ok(Outcome::Saved(Box::new(checkpoint)))
}

/// The date and time on the lane's clock.
fn default_name(draft: &Draft<'_>) -> String {
    let local = draft.now().to_utc().with_timezone(&draft.moment.rules.zone);
    local.format("%Y-%m-%d %H:%M").to_string()
}

pub(super) fn restore(draft: &mut Draft<'_>, target: RestoreTarget) -> Result<Outcome, Refusal> {
    let checkpoint = target.checkpoint;
    if checkpoint.deleted_at.is_some() {
        return Err(Refusal::NoSuchCheckpoint(checkpoint.id.short()));
    }
    let (was, id) = (draft.lane.current, checkpoint.session);
    if let Some(session) = target.session {
        draft.take_in(session);
    }
    let kept = draft.keep_present(format!("before restoring {}", checkpoint.id.short()));
    let mut before = vec![draft.mark(id, true)];
    if was != id {
        before.push(draft.mark(was, false));
    }
    let before = draft.snapshot(before);
    draft.move_end(id, target.spot);
    draft.make_current(id, SessionState::Past);
    let mut after = vec![draft.mark(id, true)];
    if was != id {
        after.push(draft.mark(was, false));
    }
    let after = draft.snapshot(after);
    draft.record(Operation::Restore, before, after);
    touch(draft);
    Ok(Outcome::Restored { checkpoint: Box::new(checkpoint), kept: kept.map(Box::new) })
}

pub(super) fn delete(draft: &mut Draft<'_>, found: Checkpoint) -> Result<Outcome, Refusal> {
    if found.deleted_at.is_some() {
        return Err(Refusal::NoSuchCheckpoint(found.id.short()));
    }
    let deleted = Checkpoint { deleted_at: Some(draft.now()), ..found };
    let stood = |deleted_too: bool, draft: &Draft<'_>| Snapshot {
        checkpoint: Some((deleted.id, deleted_too)),
        ..draft.snapshot(Vec::new())
    };
    let (before, after) = (stood(false, draft), stood(true, draft));
    draft.push(Change::SaveCheckpoint(deleted.clone()));
    draft.record(Operation::DeleteCheckpoint, before, after);
    Ok(Outcome::CheckpointDeleted(Box::new(deleted)))
}
