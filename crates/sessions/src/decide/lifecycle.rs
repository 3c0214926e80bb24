//! Sessions begin, end, come back: `/new`, `/reset`, automatic resets, clear, resume, delete, import.

use crate::id::{LaneId, SessionId};
use crate::importance;
use crate::model::{
    Checkpoint, JournalEnds, Lane, LaneSettings, MarkedEnd, Operation, Origin, Point, Scope,
    Session, SessionMark, SessionState, Tag, Words,
};
use crate::refusal::Refusal;
use crate::reset::{ResetReason, reset_due};

use super::draft::fresh_session;
use super::say::append_to_current;
use super::{Change, Draft, Imported, LaneView, Moment, Outcome};

/// A lane that is about to be.
#[derive(Debug, Clone)]
pub struct NewLane {
    /// A fresh id.
    pub id: LaneId,
    /// The rule it is made under.
    pub scope: Scope,
    /// Its owner's tag; `None` for a shared lane.
    pub owner: Option<Tag>,
    /// Where its first session comes from.
    pub origin: Origin,
}

/// Opens a lane with an empty session. The caller expects version 0 and goes on deciding with the view.
#[must_use]
pub fn open_lane(new: NewLane, session: SessionId, moment: &Moment<'_>) -> (LaneView, Vec<Change>) {
    let lane = Lane {
        id: new.id,
        version: 0,
        scope: new.scope,
        current: session,
        owner: new.owner,
        settings: LaneSettings::default(),
        journal: JournalEnds::default(),
    };
    let current = fresh_session(session, &lane, new.origin, moment.now);
    let changes = vec![Change::SaveLane(lane.clone()), Change::OpenSession(current.clone())];
    (LaneView { lane, current, busy: false }, changes)
}

/// Begins a new session if the policy says so, the present one has messages and no turn is live.
pub(super) fn reset_if_due(draft: &mut Draft<'_>) -> Option<ResetReason> {
    let (rules, now) = (draft.moment.rules, draft.now());
    let policy = draft.policy();
    let current = draft.current();
    current.end?;
    let reason = reset_due(&policy, rules.anchor(current), now)?;
    if draft.busy {
        return None;
    }
    begin(draft, Operation::AutomaticReset, SessionState::Past);
    Some(reason)
}

pub(super) fn new(draft: &mut Draft<'_>, first: Option<Words>) -> Outcome {
    let closed = begin_unless_empty(draft, Operation::New, SessionState::Past);
    let said = first.is_some();
    if let Some(words) = first {
        append_to_current(draft, words);
    }
    Outcome::Began { closed, said }
}

pub(super) fn reset(draft: &mut Draft<'_>) -> Outcome {
    let closed = begin_unless_empty(draft, Operation::Reset, SessionState::Binned);
    Outcome::Began { closed, said: false }
}

/// An empty session is used again: there would be nothing to close, and nothing to bring back.
fn begin_unless_empty(
    draft: &mut Draft<'_>,
    operation: Operation,
    old: SessionState,
) -> Option<Box<Session>> {
    draft.current().end?;
    let closed = begin(draft, operation, old);
    draft.find(closed).cloned().map(Box::new)
}

/// Closes the current session as `old` and begins another; answers which one was closed.
fn begin(draft: &mut Draft<'_>, operation: Operation, old: SessionState) -> SessionId {
    let closed = draft.lane.current;
    let opened = draft.open_session();
    // What the new session would be, had it been there before: undoing a person's command keeps it as a past session;
    // undoing an automatic reset carries its messages over, so that the session itself is no longer wanted.
    let unborn = match operation {
        Operation::AutomaticReset => SessionState::Binned,
        Operation::New
        | Operation::Reset
        | Operation::Clear
        | Operation::Restore
        | Operation::DeleteCheckpoint
        | Operation::Resume
        | Operation::DeleteSession => SessionState::Past,
    };
    let unborn = SessionMark { id: opened, state: unborn, end: MarkedEnd::AsItIs };
    let before = draft.snapshot(vec![draft.mark(closed, false), unborn]);
    draft.make_current(opened, old);
    let after = draft.snapshot(vec![draft.mark(closed, false), draft.mark(opened, false)]);
    draft.record(operation, before, after);
    closed
}

pub(super) fn clear(draft: &mut Draft<'_>) -> Result<Outcome, Refusal> {
    let id = draft.lane.current;
    let count = draft.current().message_count();
    if count == 0 {
        return Err(Refusal::NothingToClear);
    }
    let before = draft.snapshot(vec![draft.mark(id, true)]);
    draft.move_end(id, None);
    let after = draft.snapshot(vec![draft.mark(id, true)]);
    draft.record(Operation::Clear, before, after);
    touch(draft);
    Ok(Outcome::Cleared(count))
}

pub(super) fn resume(draft: &mut Draft<'_>, session: Session) -> Result<Outcome, Refusal> {
    match session.state {
        SessionState::Current => return Err(Refusal::AlreadyCurrent),
        SessionState::Held => return Err(Refusal::Emptied),
        SessionState::Past | SessionState::Binned => {}
    }
    let (id, was) = (session.id, draft.lane.current);
    // A session that goes back to the bin by undo goes as it came: what was said in it meanwhile would not be listed.
    let from_bin = session.state == SessionState::Binned;
    draft.take_in(session);
    let before = draft.snapshot(vec![draft.mark(was, false), draft.mark(id, from_bin)]);
    draft.make_current(id, SessionState::Past);
    let after = draft.snapshot(vec![draft.mark(was, false), draft.mark(id, from_bin)]);
    draft.record(Operation::Resume, before, after);
    touch(draft);
    let was = draft.session(was).clone();
    Ok(Outcome::Resumed(Box::new(was)))
}

pub(super) fn delete(draft: &mut Draft<'_>, session: Session) -> Result<Outcome, Refusal> {
    match session.state {
        SessionState::Current => return Ok(reset(draft)),
        SessionState::Held => return Err(Refusal::Emptied),
        SessionState::Binned => return Err(Refusal::NoSuchSession(session.id.short())),
        SessionState::Past => {}
    }
    let id = session.id;
    draft.take_in(session);
    let before = draft.snapshot(vec![draft.mark(id, false)]);
    draft.set_state(id, SessionState::Binned);
    let after = draft.snapshot(vec![draft.mark(id, false)]);
    draft.record(Operation::DeleteSession, before, after);
    let deleted = draft.session(id).clone();
    Ok(Outcome::SessionDeleted(Box::new(deleted)))
}

/// Brings a conversation in as a past session; the current one is not touched.
pub(super) fn import(draft: &mut Draft<'_>, imported: Imported) -> Result<Outcome, Refusal> {
    let id = draft.open_session();
    let count = u64::try_from(imported.messages.len()).unwrap_or(u64::MAX);
    for message in imported.messages {
        let point = draft.append(id, message.words, message.created_at);
        if message.pinned {
            draft.push(Change::SetImportance(point, importance::PINNED));
        }
    }
    let end = draft.session(id).end;
    for found in imported.checkpoints {
        if found.position > count {
            return Err(Refusal::BadImport(format!(
                "its checkpoint “{}” is at message {}, and there are only {count}",
                found.name, found.position
            )));
        }
        let head = end
            .filter(|_| found.position > 0)
            .map(|spot| Point { timeline: spot.timeline.id, position: found.position });
        draft.push(Change::SaveCheckpoint(Checkpoint {
            id: found.id,
            lane: draft.lane.id,
            session: id,
            head,
            name: found.name,
            description: found.description,
            created_at: found.created_at,
            automatic: false,
            deleted_at: None,
        }));
    }
    let now = draft.now();
    draft.set_state(id, SessionState::Past);
    let session = draft.session(id);
    session.created_at = imported.created_at;
    session.title = imported.title;
    session.usage = imported.usage;
    session.last_activity_at = now;
    Ok(Outcome::Imported(Box::new(session.clone())))
}

/// The current session was active just now, without anything having been said.
pub(super) fn touch(draft: &mut Draft<'_>) {
    let now = draft.now();
    draft.current().last_activity_at = now;
}
