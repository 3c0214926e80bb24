//! How a commit changes the tables in memory: row by row, each step with the step that takes it back.
//!
//! Invariant: tables change through `Transaction::set` only, so that a failed commit leaves no trace.
//! Cloning the tables for every commit was the alternative; it makes a run of n commits cost n².
//!
//! References are checked as each write is made, but for those of lanes and sessions to each other: these two are made
//! together, so they are checked when all is written.

mod delivery;

use std::collections::BTreeMap;

use super::State;
use crate::id::{CheckpointId, LaneId, SessionId, TimelineId};
use crate::model::Point;
use crate::store::rows::{
    CheckpointRow, Header, KeyRow, LaneRow, MessageRow, SealedRow, SummaryRow, TimelineRow, Write,
};
use crate::store::{Commit, Committed, Receipt, StoreError};

/// What a database's constraints would refuse.
#[derive(Debug, thiserror::Error)]
enum Broken {
    #[error("there is a message at {0:?} already")]
    Occupied(Point),
    #[error("no such lane: {0}")]
    NoLane(LaneId),
    #[error("no such session: {0}")]
    NoSession(SessionId),
    #[error("no such timeline: {0}")]
    NoTimeline(TimelineId),
    #[error("timeline {0} still holds messages or summaries")]
    TimelineHeld(TimelineId),
    #[error("session {0} still holds timelines or checkpoints, or is current")]
    SessionHeld(SessionId),
}

impl From<Broken> for StoreError {
    fn from(broken: Broken) -> Self {
        Self::Damaged(Box::new(broken))
    }
}

/// Takes one step back.
type Undo = Box<dyn FnOnce(&mut State)>;

/// A commit under way.
struct Transaction<'a> {
    state: &'a mut State,
    undo: Vec<Undo>,
    receipt: Receipt,
    /// Lanes and sessions that were put: what they refer to is checked at the end.
    lanes: Vec<LaneId>,
    sessions: Vec<SessionId>,
}

/// Applies a commit as a whole or not at all.
pub(super) fn commit(state: &mut State, commit: Commit) -> Result<Committed, StoreError> {
    if let Some((tags, _)) = &commit.event
        && tags.iter().any(|tag| state.events.contains_key(tag))
    {
        return Ok(Committed::Known);
    }
    let version = |lane: &LaneId| state.lanes.get(lane).map_or(0, |row| row.version);
    if commit.expect.iter().any(|(lane, expected)| version(lane) != *expected) {
        return Ok(Committed::Conflict);
    }
    if commit.writes.iter().any(|write| has_no_master(state, write)) {
        return Ok(Committed::Conflict);
    }
    if commit.unbound.is_some_and(|tag| state.bindings.contains_key(&tag)) {
        return Ok(Committed::Conflict);
    }
    if commit.once.is_some_and(|(token, _)| state.tokens.contains_key(&token)) {
        return Ok(Committed::Spent);
    }
    let mut tx = Transaction {
        state,
        undo: Vec::new(),
        receipt: Receipt::default(),
        lanes: Vec::new(),
        sessions: Vec::new(),
    };
    match tx.apply(commit) {
        Ok(()) => Ok(Committed::Done(tx.receipt)),
        Err(broken) => {
            tx.roll_back();
            Err(broken.into())
        }
    }
}

/// Whether a key would be left, or a header, that does not name the other's master key.
fn has_no_master(state: &State, write: &Write) -> bool {
    if let Write::PutKey(row) | Write::RewrapKey(row) = write {
        state.header.get(&()).is_some_and(|header| !header.names(row.wrapped.version))
    } else if let Write::PutHeader(header) = write {
        state.keys.values().any(|row| !header.names(row.wrapped.version))
    } else {
        false
    }
}

impl Transaction<'_> {
    fn apply(&mut self, commit: Commit) -> Result<(), Broken> {
        for (lane, expected) in commit.expect {
            self.update(|state| &mut state.lanes, lane, |row| row.version = expected + 1);
        }
        if let Some((token, at)) = commit.once {
            self.set(|state| &mut state.tokens, token, Some(at));
        }
        if let Some((tags, at)) = commit.event {
            self.note_done(tags, at);
        }
        for write in commit.writes {
            self.write(write)?;
        }
        for delivery in commit.delivery {
            self.deliver(delivery)?;
        }
        self.check_lanes_and_sessions()
    }

    fn roll_back(self) {
        for step in self.undo.into_iter().rev() {
            step(self.state);
        }
    }

    /// Puts a row in its table, or removes it, and remembers what was there.
    fn set<K, V>(
        &mut self,
        table: fn(&mut State) -> &mut BTreeMap<K, V>,
        key: K,
        row: Option<V>,
    ) -> Option<V>
    where
        K: Ord + Copy + 'static,
        V: Clone + 'static,
    {
        let exchange = move |state: &mut State, row: Option<V>| match row {
            Some(row) => table(state).insert(key, row),
            None => table(state).remove(&key),
        };
        let before = exchange(self.state, row);
        let back = before.clone();
        self.undo.push(Box::new(move |state| {
            exchange(state, back);
        }));
        before
    }

    /// Changes a row, if it is there.
    fn update<K, V>(
        &mut self,
        table: fn(&mut State) -> &mut BTreeMap<K, V>,
        key: K,
        change: impl FnOnce(&mut V),
    ) where
        K: Ord + Copy + 'static,
        V: Clone + 'static,
    {
        if let Some(mut row) = table(self.state).get(&key).cloned() {
            change(&mut row);
            self.set(table, key, Some(row));
        }
    }

    fn write(&mut self, write: Write) -> Result<(), Broken> {
        match write {
            Write::PutHeader(row) => self.put_header(*row),
            Write::ReserveNames(seals) => self.update(
                |state| &mut state.header,
                (),
                |row| row.names_seals = row.names_seals.max(seals),
            ),
            Write::Bind(tag, id) => drop(self.set(|state| &mut state.bindings, tag, Some(id))),
            Write::PutRecord(kind, id, row) => {
                self.set(|state| &mut state.records, (kind, id), Some(row));
            }
            Write::PutLane(row) => self.put_lane(row),
            Write::PutSession(row) => {
                self.sessions.push(row.id);
                self.set(|state| &mut state.sessions, row.id, Some(row));
            }
            Write::PutTimeline(row) => self.put_timeline(row)?,
            Write::AddMessage(row) => self.add_message(row)?,
            Write::SetImportance(point, importance) => {
                self.update(|state| &mut state.messages, point, |row| row.importance = importance);
            }
            Write::SetTokens(point, count) => {
                self.update(|state| &mut state.messages, point, |row| row.tokens = Some(count));
            }
            Write::PutCheckpoint(row) => self.put_checkpoint(row)?,
            Write::PutJournal(row) => {
                self.need_lane(row.lane)?;
                self.set(|state| &mut state.journal, (row.lane, row.seq), Some(row));
            }
            Write::CutJournal(lane, first, last) => self.cut_journal(lane, first, last),
            Write::PutKey(row) => {
                self.set(|state| &mut state.keys, (row.purpose, row.owner), Some(row));
            }
            Write::RewrapKey(row) => self.rewrap_key(row),
            Write::DestroyKey(purpose, owner) => {
                self.set(|state| &mut state.keys, (purpose, owner), None);
            }
            Write::Reseal(row, sealed) => self.reseal(row, sealed),
            Write::PutSummary(row) => self.put_summary(row)?,
            Write::CutTimeline(timeline, above, limit) => self.cut_timeline(timeline, above, limit),
            Write::DropTimeline(id) => self.drop_timeline(id)?,
            Write::DropCheckpoint(id) => self.drop_checkpoint(id),
            Write::DropSession(id) => self.drop_session(id)?,
        }
        Ok(())
    }

    fn put_header(&mut self, row: Header) {
        let kept = self.state.header.get(&()).map_or(0, |row| row.names_seals);
        let names_seals = row.names_seals.max(kept);
        self.set(|state| &mut state.header, (), Some(Header { names_seals, ..row }));
    }

    fn reseal(&mut self, row: SealedRow, sealed: Vec<u8>) {
        match row {
            SealedRow::Message(point) => {
                self.update(|state| &mut state.messages, point, |row| row.sealed = sealed);
            }
            SealedRow::Event(seq) => {
                let again = sealed.clone();
                self.update(|state| &mut state.inbox, seq, |row| row.sealed = sealed);
                self.update(|state| &mut state.parked, seq, |row| row.sealed = again);
            }
            SealedRow::Answer(seq) => {
                self.update(|state| &mut state.outbox, seq, |row| row.sealed = sealed);
            }
        }
    }

    fn rewrap_key(&mut self, new: KeyRow) {
        self.update(
            |state| &mut state.keys,
            (new.purpose, new.owner),
            |row| {
                if row.wrapped.version < new.wrapped.version {
                    row.wrapped = new.wrapped;
                }
            },
        );
    }

    fn put_lane(&mut self, row: LaneRow) {
        self.lanes.push(row.id);
        // A new lane starts at 1: 0 means that there is none.
        let version = self.state.lanes.get(&row.id).map_or(1, |row| row.version);
        self.set(|state| &mut state.lanes, row.id, Some(LaneRow { version, ..row }));
    }

    fn put_timeline(&mut self, row: TimelineRow) -> Result<(), Broken> {
        self.need_session(row.session)?;
        self.set(|state| &mut state.timelines, row.id, Some(row));
        Ok(())
    }

    fn add_message(&mut self, row: MessageRow) -> Result<(), Broken> {
        self.need_timeline(row.point.timeline)?;
        if self.set(|state| &mut state.messages, row.point, Some(row.clone())).is_some() {
            return Err(Broken::Occupied(row.point));
        }
        Ok(())
    }

    fn put_checkpoint(&mut self, row: CheckpointRow) -> Result<(), Broken> {
        self.need_lane(row.lane)?;
        self.need_session(row.session)?;
        self.set(|state| &mut state.checkpoints, row.id, Some(row));
        Ok(())
    }

    fn put_summary(&mut self, row: SummaryRow) -> Result<(), Broken> {
        self.need_timeline(row.upto.timeline)?;
        self.set(|state| &mut state.summaries, row.upto, Some(row));
        Ok(())
    }

    fn cut_journal(&mut self, lane: LaneId, first: u64, last: u64) {
        if first > last {
            return;
        }
        let rows = self.state.journal.range((lane, first)..=(lane, last));
        let cut: Vec<(LaneId, u64)> = rows.map(|(key, _)| *key).collect();
        for key in cut {
            self.set(|state| &mut state.journal, key, None);
        }
    }

    fn cut_timeline(&mut self, timeline: TimelineId, above: u64, limit: usize) {
        let messages: Vec<Point> =
            points_above(&self.state.messages, timeline, above).rev().take(limit).collect();
        let summaries: Vec<Point> = points_above(&self.state.summaries, timeline, above).collect();
        for point in messages {
            self.set(|state| &mut state.messages, point, None);
            self.receipt.cut += 1;
        }
        for point in summaries {
            self.set(|state| &mut state.summaries, point, None);
        }
    }

    fn drop_timeline(&mut self, id: TimelineId) -> Result<(), Broken> {
        let (messages, summaries) = (&self.state.messages, &self.state.summaries);
        let first = points_from(messages, id, 0).chain(points_from(summaries, id, 0)).next();
        if first.is_some() {
            return Err(Broken::TimelineHeld(id));
        }
        self.set(|state| &mut state.timelines, id, None);
        Ok(())
    }

    fn drop_checkpoint(&mut self, id: CheckpointId) {
        self.set(|state| &mut state.checkpoints, id, None);
    }

    fn drop_session(&mut self, id: SessionId) -> Result<(), Broken> {
        let state = &self.state;
        if state.timelines.values().any(|row| row.session == id)
            || state.checkpoints.values().any(|row| row.session == id)
            || state.lanes.values().any(|row| row.current == id)
        {
            return Err(Broken::SessionHeld(id));
        }
        self.set(|state| &mut state.sessions, id, None);
        Ok(())
    }

    fn need_lane(&self, id: LaneId) -> Result<(), Broken> {
        if self.state.lanes.contains_key(&id) { Ok(()) } else { Err(Broken::NoLane(id)) }
    }

    fn need_session(&self, id: SessionId) -> Result<(), Broken> {
        if self.state.sessions.contains_key(&id) { Ok(()) } else { Err(Broken::NoSession(id)) }
    }

    fn need_timeline(&self, id: TimelineId) -> Result<(), Broken> {
        if self.state.timelines.contains_key(&id) { Ok(()) } else { Err(Broken::NoTimeline(id)) }
    }

    fn check_lanes_and_sessions(&self) -> Result<(), Broken> {
        let lanes = self.lanes.iter().filter_map(|id| self.state.lanes.get(id));
        let sessions = self.sessions.iter().filter_map(|id| self.state.sessions.get(id));
        for lane in lanes {
            self.need_session(lane.current)?;
        }
        for session in sessions {
            self.need_lane(session.lane)?;
        }
        Ok(())
    }
}

/// The points of a timeline at a position and above, in order.
fn points_from<Row>(
    table: &BTreeMap<Point, Row>,
    timeline: TimelineId,
    position: u64,
) -> impl DoubleEndedIterator<Item = Point> {
    let ends = Point { timeline, position }..=Point { timeline, position: u64::MAX };
    table.range(ends).map(|(point, _)| *point)
}

/// The points of a timeline above a position, in order.
fn points_above<Row>(
    table: &BTreeMap<Point, Row>,
    timeline: TimelineId,
    position: u64,
) -> impl DoubleEndedIterator<Item = Point> {
    points_from(table, timeline, position).filter(move |point| point.position > position)
}

fn keys_where<K: Copy, V>(table: &BTreeMap<K, V>, wanted: impl Fn(&V) -> bool) -> Vec<K> {
    table.iter().filter(|(_, row)| wanted(row)).map(|(key, _)| *key).collect()
}
