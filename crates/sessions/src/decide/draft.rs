//! The draft of a decision: the lane and the sessions being changed, and the changes so far.
//!
//! Sessions are changed in place and come out once, at the end, however many steps touched them.

use std::mem;

use crate::id::SessionId;
use crate::importance;
use crate::model::{
    Checkpoint, JournalEntry, Lane, MarkedEnd, Message, Operation, Point, Role, Session,
    SessionMark, SessionState, Snapshot, Spot, Timeline, Usage, Words,
};
use crate::reset::ResetPolicy;
use crate::time::Timestamp;

use super::{Change, Decision, LaneView, Moment, Outcome};

pub(super) struct Draft<'a> {
    pub(super) moment: Moment<'a>,
    pub(super) lane: Lane,
    pub(super) busy: bool,
    loaded: Lane,
    sessions: Vec<Touched>,
    changes: Vec<Change>,
}

struct Touched {
    session: Session,
    loaded: Option<Session>,
}

impl<'a> Draft<'a> {
    pub(super) fn new(view: &LaneView, moment: &Moment<'a>) -> Self {
        let mut draft = Self {
            moment: *moment,
            lane: view.lane.clone(),
            busy: view.busy,
            loaded: view.lane.clone(),
            sessions: Vec::with_capacity(2),
            changes: Vec::with_capacity(4),
        };
        draft.take_in(view.current.clone());
        draft
    }

    pub(super) fn now(&self) -> Timestamp {
        self.moment.now
    }

    pub(super) fn policy(&self) -> ResetPolicy {
        self.moment.rules.policy(&self.lane.settings)
    }

    /// Makes a loaded session known to the draft.
    pub(super) fn take_in(&mut self, session: Session) {
        if self.find(session.id).is_none() {
            self.sessions.push(Touched { loaded: Some(session.clone()), session });
        }
    }

    pub(super) fn find(&self, id: SessionId) -> Option<&Session> {
        self.sessions.iter().map(|touched| &touched.session).find(|session| session.id == id)
    }

    pub(super) fn session(&mut self, id: SessionId) -> &mut Session {
        self.sessions
            .iter_mut()
            .map(|touched| &mut touched.session)
            .find(|session| session.id == id)
            .expect("a session is taken in before it is changed")
    }

    pub(super) fn current(&mut self) -> &mut Session {
        let id = self.lane.current;
        self.session(id)
    }

    pub(super) fn push(&mut self, change: Change) {
        self.changes.push(change);
    }

    /// Opens an empty session of this lane, not yet current.
    pub(super) fn open_session(&mut self) -> SessionId {
        let id = self.moment.fresh.session;
        let origin = self.current().origin.clone();
        let session = fresh_session(id, &self.lane, origin, self.now());
        self.sessions.push(Touched { session, loaded: None });
        id
    }

    /// Makes `id` the lane's current session and the one that was current `old`.
    pub(super) fn make_current(&mut self, id: SessionId, old: SessionState) {
        let was = self.lane.current;
        if was != id {
            self.set_state(was, old);
            self.lane.current = id;
        }
        self.set_state(id, SessionState::Current);
        self.set_baseline();
    }

    pub(super) fn set_state(&mut self, id: SessionId, state: SessionState) {
        let now = self.now();
        let session = self.session(id);
        if session.state != state {
            session.state = state;
            session.state_since = now;
        }
    }

    /// Resets count from now at the earliest.
    pub(super) fn set_baseline(&mut self) {
        let now = self.now();
        self.current().reset_baseline_at = now;
    }

    /// Moves the end of a session. Nothing is copied, nothing is removed.
    pub(super) fn move_end(&mut self, id: SessionId, to: Option<Spot>) {
        let session = self.session(id);
        let left = session.end;
        let to = match (left, to) {
            // The session knows the tip of the timeline that it is on better than any row.
            (Some(left), Some(to)) if left.timeline.id == to.timeline.id => {
                Some(Spot { timeline: left.timeline, position: to.position })
            }
            (_, to) => to,
        };
        session.end = to;
        if let Some(left) = left
            && to.is_none_or(|to| to.timeline.id != left.timeline.id)
        {
            self.push(Change::SaveTimeline(id, left.timeline));
        }
    }

    /// Puts words at the end of a session. An end that is its timeline's tip extends it, any other opens a branch.
    pub(super) fn append(&mut self, id: SessionId, words: Words, at: Timestamp) -> Point {
        let fresh = self.moment.fresh.timeline;
        let end = self.session(id).end;
        let timeline = match end {
            Some(spot) if spot.position == spot.timeline.tip => spot.timeline,
            _ => self
                .branch(id, Timeline { id: fresh, parent: end.map(|spot| spot.point()), tip: 0 }),
        };
        let position = end.map_or(0, |spot| spot.position).saturating_add(1);
        let timeline = Timeline { tip: position, ..timeline };
        let point = Point { timeline: timeline.id, position };
        let session = self.session(id);
        session.end = Some(Spot { timeline, position });
        session.last_activity_at = session.last_activity_at.max(at);
        if words.role != Role::System {
            session.last_interaction_at = session.last_interaction_at.max(at);
        }
        session.usage = session.usage.plus(words.usage.unwrap_or_default());
        let importance = importance::of(words.role, &words.content, position);
        let message = Message { point, words, created_at: at, importance, tokens: None };
        self.push(Change::Append(id, message));
        point
    }

    fn branch(&mut self, id: SessionId, branch: Timeline) -> Timeline {
        if let Some(left) = self.session(id).end {
            self.push(Change::SaveTimeline(id, left.timeline));
        }
        self.push(Change::SaveTimeline(id, branch));
        branch
    }

    /// Saves the current head as an automatic checkpoint; `None` while the conversation is empty.
    pub(super) fn keep_present(&mut self, name: String) -> Option<Checkpoint> {
        let session = self.current().clone();
        session.head()?;
        let kept = Checkpoint {
            id: self.moment.fresh.checkpoint,
            lane: self.lane.id,
            session: session.id,
            head: session.head(),
            name,
            description: None,
            created_at: self.now(),
            automatic: true,
            deleted_at: None,
        };
        self.push(Change::SaveCheckpoint(kept.clone()));
        Some(kept)
    }

    /// How a session stands: its state, and its end if the operation at hand moves that.
    pub(super) fn mark(&self, id: SessionId, moves_end: bool) -> SessionMark {
        let session = self.find(id).expect("a session is taken in before it is marked");
        let end = if moves_end { MarkedEnd::At(session.head()) } else { MarkedEnd::AsItIs };
        SessionMark { id, state: session.state, end }
    }

    pub(super) fn snapshot(&self, sessions: Vec<SessionMark>) -> Snapshot {
        Snapshot { current: self.lane.current, sessions, checkpoint: None }
    }

    /// Writes a journal entry on top and ends redo and the live turn.
    pub(super) fn record(&mut self, operation: Operation, before: Snapshot, after: Snapshot) {
        let seq = self.lane.journal.done.saturating_add(1);
        if self.lane.journal.end >= seq {
            let cut = Change::CutJournal(self.lane.id, seq, self.lane.journal.end);
            self.push(cut);
        }
        self.lane.journal.done = seq;
        self.lane.journal.end = seq;
        let entry = JournalEntry {
            lane: self.lane.id,
            seq,
            at: self.now(),
            mark: self.moment.fresh.mark,
            operation,
            before,
            after,
            carried: 0,
        };
        self.push(Change::WriteJournal(entry));
        self.end_turn();
    }

    pub(super) fn end_turn(&mut self) {
        if mem::take(&mut self.busy) {
            self.push(Change::EndTurn(self.lane.id));
        }
    }

    /// The decision: what has changed, opened sessions first, since other rows refer to them.
    pub(super) fn finish(mut self, outcome: Outcome) -> Decision {
        let current = self.current().clone();
        let mut changes = Vec::with_capacity(self.changes.len() + self.sessions.len() + 1);
        if self.lane != self.loaded {
            changes.push(Change::SaveLane(self.lane.clone()));
        }
        for touched in self.sessions {
            match touched.loaded {
                None => changes.push(Change::OpenSession(touched.session)),
                Some(loaded) if loaded != touched.session => {
                    changes.push(Change::SaveSession(touched.session));
                }
                Some(_) => {}
            }
        }
        changes.append(&mut self.changes);
        Decision { changes, lane: self.lane, current, outcome }
    }
}

/// An empty current session.
pub(super) fn fresh_session(
    id: SessionId,
    lane: &Lane,
    origin: crate::model::Origin,
    now: Timestamp,
) -> Session {
    Session {
        id,
        lane: lane.id,
        created_at: now,
        state: SessionState::Current,
        state_since: now,
        end: None,
        title: None,
        origin,
        last_activity_at: now,
        last_interaction_at: now,
        reset_baseline_at: now,
        usage: Usage::default(),
    }
}
