//! What is to become of one session in a clean-up, and why.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::time::Duration;

use crate::environment::Environment;
use crate::error::Fault;
use crate::id::{CheckpointId, SessionId, TimelineId};
use crate::model::{Checkpoint, Head, Lane, MarkedEnd, Point, Session, SessionState};
use crate::seal::{self, RowFault};
use crate::store::{Store, Stretch};
use crate::time::Timestamp;

use super::super::SessionManager;
use super::{Cleanup, CleanupReport, PAGE, count};

/// What is to become of one session.
pub(super) struct Plan {
    pub(super) session: Session,
    /// The version of its lane on which this was planned.
    pub(super) version: u64,
    /// Checkpoints that go.
    pub(super) doomed: Vec<CheckpointId>,
    /// The last of the lane's journal entries that are older than the undo window, with all before it.
    pub(super) stale_entries: Option<u64>,
    /// Whether its own head still counts.
    keeps_head: bool,
    keeps_checkpoints: bool,
    reach: BTreeMap<TimelineId, Reach>,
}

/// A timeline, and its last position that is reached; below the first means none.
struct Reach {
    first: u64,
    upto: u64,
    tip: u64,
}

impl Plan {
    /// Whether nothing of the session stays.
    pub(super) fn goes_whole(&self) -> bool {
        !self.keeps_head && !self.keeps_checkpoints
    }

    /// Whether the session loses its own head now.
    pub(super) fn takes_head(&self) -> bool {
        !self.keeps_head && self.session.state != SessionState::Held
    }

    pub(super) fn count_into(&self, report: &mut CleanupReport) {
        report.checkpoints += count(self.doomed.len());
        report.sessions += u64::from(self.goes_whole());
        report.held += u64::from(self.takes_head() && !self.goes_whole());
    }

    /// The stretches that nothing reaches. Their messages may have been removed before.
    pub(super) fn unreached(&self) -> Vec<Stretch> {
        let stretch = |(id, reach): (&TimelineId, &Reach)| {
            let from = reach.upto + 1;
            (from <= reach.tip).then_some(Stretch { timeline: *id, from, to: reach.tip })
        };
        self.reach.iter().filter_map(stretch).collect()
    }

    /// Timelines that nothing reaches. Children refer to their parents, so they come first: those that begin later.
    pub(super) fn empty_timelines(&self) -> Vec<TimelineId> {
        let mut empty: Vec<_> =
            self.reach.iter().filter(|(_, reach)| reach.upto < reach.first).collect();
        empty.sort_by_key(|(_, reach)| Reverse(reach.first));
        empty.into_iter().map(|(id, _)| *id).collect()
    }
}

impl<S: Store, E: Environment> SessionManager<S, E> {
    /// Plans for one session; `None` when it is gone.
    pub(super) async fn plan(&self, id: SessionId, asked: &Cleanup) -> Result<Option<Plan>, Fault> {
        let Some(row) = self.inner.store.session(id).await? else { return Ok(None) };
        // The lane comes first: if it moves on after this, nothing of the plan happens.
        let Some(view) = self.load_view(row.lane).await? else { return Ok(None) };
        let Some(row) = self.inner.store.session(id).await? else { return Ok(None) };
        let session = self.open_row(&row).await?;
        let age = self.age();
        let journal = self.journal_roots(&view.lane, id, &age).await?;
        let old = age.is_over(&session, asked);
        let keeps_head = !old || journal.stands;
        let mut roots = journal.heads;
        if keeps_head {
            roots.push(session.head());
        }
        let spares = keeps_head || asked.keep_checkpoints || !age.is_idle(&session, asked);
        let (mut doomed, mut keeps_checkpoints) = (Vec::new(), false);
        for checkpoint in self.checkpoints_of_session(id).await? {
            let named = spares || journal.checkpoints.contains(&checkpoint.id);
            if age.keeps(&checkpoint, named) {
                roots.push(checkpoint.head);
                keeps_checkpoints = true;
            } else {
                doomed.push(checkpoint.id);
            }
        }
        let reach = self.reach(&session, roots).await?;
        let (version, stale_entries) = (view.lane.version, journal.stale);
        let plan =
            Plan { session, version, doomed, stale_entries, keeps_head, keeps_checkpoints, reach };
        Ok(Some(plan))
    }

    fn age(&self) -> Age {
        let window = self.config().undo_window();
        Age { now: self.inner.environment.now(), window }
    }

    async fn checkpoints_of_session(&self, session: SessionId) -> Result<Vec<Checkpoint>, Fault> {
        let (mut found, mut after) = (Vec::new(), None);
        loop {
            let rows = self.inner.store.checkpoints_of(session, after, PAGE).await?;
            let Some(last) = rows.last() else { return Ok(found) };
            after = Some(last.id);
            found.extend(self.open_checkpoints(rows.iter()).await?);
        }
    }

    /// What the lane's journal holds of a session, less the entries that are too old to be taken back.
    async fn journal_roots(
        &self,
        lane: &Lane,
        session: SessionId,
        age: &Age,
    ) -> Result<JournalRoots, Fault> {
        let mut roots = JournalRoots::default();
        let stale = self.last_stale_entry(lane, age).await?;
        roots.stale = Some(stale).filter(|last| *last > 0);
        let mut from = stale + 1;
        loop {
            let rows = self.inner.store.journal(lane.id, from, PAGE).await?;
            let Some(last) = rows.last() else { return Ok(roots) };
            from = last.seq + 1;
            for row in &rows {
                let entry = seal::open_journal(&self.inner.names, row)?;
                for mark in entry.before.sessions.iter().chain(&entry.after.sessions) {
                    if mark.id == session {
                        roots.stands = true;
                        if let MarkedEnd::At(head) = mark.end {
                            roots.heads.push(head);
                        }
                    }
                }
                roots.checkpoints.extend(entry.before.checkpoint.map(|(id, _)| id));
            }
        }
    }

    /// The last of the entries, counted from the bottom, that are older than the undo window; 0 when there is none.
    async fn last_stale_entry(&self, lane: &Lane, age: &Age) -> Result<u64, Fault> {
        let mut stale = 0;
        loop {
            let rows = self.inner.store.journal(lane.id, stale + 1, PAGE).await?;
            let old = rows.iter().take_while(|row| age.is_past(row.at)).last();
            let Some(last) = old else { return Ok(stale) };
            // If what redo would do next is gone, so is all that comes after it.
            stale = if last.seq > lane.journal.done { lane.journal.end } else { last.seq };
        }
    }

    /// How far each timeline of a session is reached from the given heads.
    async fn reach(
        &self,
        session: &Session,
        roots: Vec<Head>,
    ) -> Result<BTreeMap<TimelineId, Reach>, Fault> {
        let key = self.needed_key(session.id).await?;
        let (mut reach, mut parents) = (BTreeMap::new(), BTreeMap::new());
        for row in self.inner.store.timelines(session.id).await? {
            let mut timeline = seal::open_timeline(&key, &row)?;
            if let Some(end) = session.end.filter(|end| end.timeline.id == row.id) {
                timeline = end.timeline;
            }
            let first = timeline.first();
            reach.insert(row.id, Reach { first, upto: first - 1, tip: timeline.tip });
            parents.insert(row.id, timeline.parent);
        }
        let missing = |id: TimelineId| RowFault::Missing.of(format_args!("timeline {id}"));
        if let Some(end) = session.end.filter(|end| !reach.contains_key(&end.timeline.id)) {
            return Err(missing(end.timeline.id).into());
        }
        for root in roots {
            let mut at: Option<Point> = root;
            while let Some(point) = at {
                let found = reach.get_mut(&point.timeline);
                let found = found.ok_or_else(|| missing(point.timeline))?;
                found.upto = found.upto.max(point.position);
                at = parents.get(&point.timeline).copied().flatten();
            }
        }
        Ok(reach)
    }
}

/// What the lane's journal holds of a session.
#[derive(Default)]
struct JournalRoots {
    /// Whether undo or redo may bring the session back.
    stands: bool,
    /// Heads that undo or redo may take it to.
    heads: Vec<Head>,
    /// Checkpoints of the lane that undo or redo may bring back or delete.
    checkpoints: Vec<CheckpointId>,
    /// The last entry that is too old, with all before it.
    stale: Option<u64>,
}

/// The present, and what is too long ago for it.
struct Age {
    now: Timestamp,
    window: Duration,
}

impl Age {
    /// Whether an instant lies before the undo window.
    fn is_past(&self, at: Timestamp) -> bool {
        self.now.since(at) > self.window
    }

    fn is_idle(&self, session: &Session, asked: &Cleanup) -> bool {
        self.now.since(session.last_activity_at) > asked.older_than
    }

    /// Whether the state of a session keeps it no longer.
    fn is_over(&self, session: &Session, asked: &Cleanup) -> bool {
        match session.state {
            SessionState::Current => false,
            // An empty one is not listed: it is what remains of a `/new` that was undone, and nobody misses it.
            SessionState::Past => session.end.is_none() || self.is_idle(session, asked),
            SessionState::Binned => self.is_past(session.state_since),
            SessionState::Held => true,
        }
    }

    /// Whether a checkpoint stays. One that a person named and did not delete stays if it is wanted.
    fn keeps(&self, checkpoint: &Checkpoint, wanted: bool) -> bool {
        match checkpoint.deleted_at {
            Some(at) => !self.is_past(at),
            None if checkpoint.automatic => !self.is_past(checkpoint.created_at),
            None => wanted,
        }
    }
}
