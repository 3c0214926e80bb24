//! A store in memory, for tests: the same promises as a database, less the durability.
//!
//! It refuses what a database with foreign keys refuses, so that what works here works there: a message on an occupied
//! point or an unknown timeline, a timeline of an unknown session, dropping what others refer to.
//! Each table is a `BTreeMap` behind one lock; `transaction` applies a commit and takes a failed one back.
//!
//! Invariant: every future is ready at its first poll, and no lock outlives it.

mod list;
mod transaction;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use vault::KeyVersion;

use super::rows::{
    CheckpointRow, Header, JournalRow, KeyPurpose, KeyRow, LaneRow, LoadedLane, MessageRow,
    RecordKind, RowKind, SessionRow, SummaryRow, TimelineRow,
};
use super::{After, Commit, Committed, IdKind, Order, Store, StoreError, Stretch};
use crate::delivery::{InboxRow, OutboxRow, TurnRow};
use crate::id::{CheckpointId, IdBytes, LaneId, QueueKeyId, SessionId, TimelineId};
use crate::model::{Point, SessionState, Tag};
use crate::time::Timestamp;
use list::{checkpoint_key, in_stretch, newest_first, session_key};

/// A store that forgets everything when it and all its clones are dropped. All clones are one, so that what was kept can
/// be opened again.
#[derive(Debug, Default, Clone)]
pub struct MemoryStore {
    state: Arc<Mutex<State>>,
}

/// The tables.
#[derive(Debug, Default)]
struct State {
    header: BTreeMap<(), Header>,
    bindings: BTreeMap<Tag, IdBytes>,
    records: BTreeMap<(RecordKind, IdBytes), Vec<u8>>,
    lanes: BTreeMap<LaneId, LaneRow>,
    sessions: BTreeMap<SessionId, SessionRow>,
    timelines: BTreeMap<TimelineId, TimelineRow>,
    messages: BTreeMap<Point, MessageRow>,
    summaries: BTreeMap<Point, SummaryRow>,
    checkpoints: BTreeMap<CheckpointId, CheckpointRow>,
    journal: BTreeMap<(LaneId, u64), JournalRow>,
    keys: BTreeMap<(KeyPurpose, IdBytes), KeyRow>,
    /// Events that wait to be handled.
    inbox: BTreeMap<i64, InboxRow>,
    /// Events that are no longer tried.
    parked: BTreeMap<i64, InboxRow>,
    /// Tags of events that wait, are parked or are done.
    events: BTreeMap<Tag, i64>,
    /// What is left of events that are done.
    done: BTreeMap<i64, DoneEvent>,
    /// Chunks that are neither sent nor dead.
    outbox: BTreeMap<i64, OutboxRow>,
    turns: BTreeMap<LaneId, TurnRow>,
    /// Tokens that are spent, and when.
    tokens: BTreeMap<Tag, Timestamp>,
    last_received: i64,
    last_owed: i64,
}

/// What is left of an event that is done.
#[derive(Debug, Clone)]
struct DoneEvent {
    received_at: Timestamp,
    events: Vec<Tag>,
}

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The tables. A panic elsewhere while they were locked is that test's failure, not this one's.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store for MemoryStore {
    async fn header(&self) -> Result<Option<Header>, StoreError> {
        Ok(self.state().header.get(&()).cloned())
    }

    async fn binding(&self, tag: Tag) -> Result<Option<IdBytes>, StoreError> {
        Ok(self.state().bindings.get(&tag).copied())
    }

    async fn bindings(
        &self,
        after: Option<Tag>,
        limit: usize,
    ) -> Result<Vec<(Tag, IdBytes)>, StoreError> {
        let state = self.state();
        let wanted = state.bindings.iter().filter(|(tag, _)| after.is_none_or(|it| **tag > it));
        Ok(wanted.take(limit).map(|(tag, id)| (*tag, *id)).collect())
    }

    async fn records(
        &self,
        kind: RecordKind,
        after: Option<IdBytes>,
        limit: usize,
    ) -> Result<Vec<(IdBytes, Vec<u8>)>, StoreError> {
        let state = self.state();
        let wanted = state
            .records
            .iter()
            .filter(|((of, id), _)| *of == kind && after.is_none_or(|after| *id > after));
        Ok(wanted.take(limit).map(|((_, id), sealed)| (*id, sealed.clone())).collect())
    }

    async fn record(&self, kind: RecordKind, id: IdBytes) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.state().records.get(&(kind, id)).cloned())
    }

    async fn lane(&self, id: LaneId) -> Result<Option<LoadedLane>, StoreError> {
        let state = self.state();
        let Some(lane) = state.lanes.get(&id).cloned() else { return Ok(None) };
        // A commit that leaves a lane without its session is refused, so this finds both or neither.
        let Some(session) = state.sessions.get(&lane.current).cloned() else { return Ok(None) };
        Ok(Some(LoadedLane { lane, session, busy: state.turns.contains_key(&id) }))
    }

    async fn lanes(
        &self,
        owner: Option<Tag>,
        after: Option<LaneId>,
        limit: usize,
    ) -> Result<Vec<LaneRow>, StoreError> {
        let state = self.state();
        let wanted = state.lanes.values().filter(|row| {
            after.is_none_or(|after| row.id > after) && (owner.is_none() || row.owner == owner)
        });
        Ok(wanted.take(limit).cloned().collect())
    }

    async fn session(&self, id: SessionId) -> Result<Option<SessionRow>, StoreError> {
        Ok(self.state().sessions.get(&id).cloned())
    }

    async fn all_sessions(
        &self,
        after: Option<SessionId>,
        limit: usize,
    ) -> Result<Vec<SessionRow>, StoreError> {
        let state = self.state();
        let wanted = state.sessions.values().filter(|row| after.is_none_or(|it| row.id > it));
        Ok(wanted.take(limit).cloned().collect())
    }

    async fn sessions(
        &self,
        lane: LaneId,
        state: SessionState,
        after: After,
        limit: usize,
    ) -> Result<Vec<SessionRow>, StoreError> {
        let tables = self.state();
        let wanted = tables.sessions.values().filter(|row| row.lane == lane && row.state == state);
        Ok(newest_first(wanted, session_key, after, limit))
    }

    async fn stale_sessions(
        &self,
        state: SessionState,
        before: Timestamp,
        after: After,
        limit: usize,
    ) -> Result<Vec<SessionRow>, StoreError> {
        let tables = self.state();
        let mut wanted: Vec<&SessionRow> = tables
            .sessions
            .values()
            .filter(|row| row.state == state && row.last_activity_at < before)
            .filter(|row| after.is_none_or(|after| session_key(row) > after))
            .collect();
        wanted.sort_by_key(|row| session_key(row));
        Ok(wanted.into_iter().take(limit).cloned().collect())
    }

    async fn ids(
        &self,
        kind: IdKind,
        lane: LaneId,
        range: RangeInclusive<IdBytes>,
        limit: usize,
    ) -> Result<Vec<IdBytes>, StoreError> {
        let state = self.state();
        let ids: Vec<IdBytes> = match kind {
            IdKind::Session => {
                let rows = state.sessions.values().filter(|row| row.lane == lane);
                rows.map(|row| *row.id.as_bytes()).collect()
            }
            IdKind::Checkpoint | IdKind::AnyCheckpoint => {
                let all = kind == IdKind::AnyCheckpoint;
                let rows = state.checkpoints.values();
                rows.filter(|row| row.lane == lane && (all || !row.automatic))
                    .map(|row| *row.id.as_bytes())
                    .collect()
            }
        };
        Ok(ids.into_iter().filter(|id| range.contains(id)).take(limit).collect())
    }

    async fn timeline(&self, id: TimelineId) -> Result<Option<TimelineRow>, StoreError> {
        Ok(self.state().timelines.get(&id).cloned())
    }

    async fn timelines(&self, session: SessionId) -> Result<Vec<TimelineRow>, StoreError> {
        let state = self.state();
        Ok(state.timelines.values().filter(|row| row.session == session).cloned().collect())
    }

    async fn messages(
        &self,
        stretch: Stretch,
        order: Order,
        limit: usize,
    ) -> Result<Vec<MessageRow>, StoreError> {
        let state = self.state();
        let rows = in_stretch(&state.messages, stretch);
        Ok(match order {
            Order::OldestFirst => rows.take(limit).cloned().collect(),
            Order::NewestFirst => rows.rev().take(limit).cloned().collect(),
        })
    }

    async fn important_messages(
        &self,
        stretch: Stretch,
        limit: usize,
    ) -> Result<Vec<MessageRow>, StoreError> {
        let state = self.state();
        let mut rows: Vec<&MessageRow> =
            in_stretch(&state.messages, stretch).filter(|row| row.importance > 0).collect();
        rows.sort_by_key(|row| std::cmp::Reverse((row.importance, row.point.position)));
        Ok(rows.into_iter().take(limit).cloned().collect())
    }

    async fn checkpoint(&self, id: CheckpointId) -> Result<Option<CheckpointRow>, StoreError> {
        Ok(self.state().checkpoints.get(&id).cloned())
    }

    async fn checkpoints(
        &self,
        lane: LaneId,
        automatic: bool,
        after: After,
        limit: usize,
    ) -> Result<Vec<CheckpointRow>, StoreError> {
        let state = self.state();
        let wanted = state.standing(lane).filter(|row| row.automatic == automatic);
        Ok(newest_first(wanted, checkpoint_key, after, limit))
    }

    async fn checkpoints_named(
        &self,
        lane: LaneId,
        name: Tag,
        limit: usize,
    ) -> Result<Vec<CheckpointRow>, StoreError> {
        let state = self.state();
        let wanted = state.standing(lane).filter(|row| !row.automatic && row.name == name);
        Ok(newest_first(wanted, checkpoint_key, None, limit))
    }

    async fn checkpoints_of(
        &self,
        session: SessionId,
        after: Option<CheckpointId>,
        limit: usize,
    ) -> Result<Vec<CheckpointRow>, StoreError> {
        let state = self.state();
        let wanted = state
            .checkpoints
            .values()
            .filter(|row| row.session == session && after.is_none_or(|after| row.id > after));
        Ok(wanted.take(limit).cloned().collect())
    }

    async fn count_checkpoints(&self, lane: LaneId) -> Result<u64, StoreError> {
        let state = self.state();
        let count = state.standing(lane).filter(|row| !row.automatic).count();
        Ok(u64::try_from(count).unwrap_or(u64::MAX))
    }

    async fn journal(
        &self,
        lane: LaneId,
        from: u64,
        limit: usize,
    ) -> Result<Vec<JournalRow>, StoreError> {
        let state = self.state();
        let rows = state.journal.range((lane, from)..=(lane, u64::MAX));
        Ok(rows.map(|(_, row)| row).take(limit).cloned().collect())
    }

    async fn key(&self, purpose: KeyPurpose, owner: IdBytes) -> Result<Option<KeyRow>, StoreError> {
        Ok(self.state().keys.get(&(purpose, owner)).cloned())
    }

    async fn keys(
        &self,
        purpose: KeyPurpose,
        after: Option<IdBytes>,
        limit: usize,
    ) -> Result<Vec<KeyRow>, StoreError> {
        let state = self.state();
        let wanted = state
            .keys
            .values()
            .filter(|row| row.purpose == purpose && after.is_none_or(|after| row.owner > after));
        Ok(wanted.take(limit).cloned().collect())
    }

    async fn count_keys_before(&self, version: KeyVersion) -> Result<u64, StoreError> {
        let count = self.state().keys.values().filter(|row| row.wrapped.version < version).count();
        Ok(u64::try_from(count).unwrap_or(u64::MAX))
    }

    async fn summary(&self, stretch: Stretch) -> Result<Option<SummaryRow>, StoreError> {
        Ok(in_stretch(&self.state().summaries, stretch).next_back().cloned())
    }

    async fn inbox(&self, after: i64, limit: usize) -> Result<Vec<InboxRow>, StoreError> {
        let state = self.state();
        let rows = state.inbox.values().filter(|row| row.seq > after);
        Ok(rows.take(limit).cloned().collect())
    }

    async fn parked(&self, after: i64, limit: usize) -> Result<Vec<InboxRow>, StoreError> {
        let state = self.state();
        let rows = state.parked.values().filter(|row| row.seq > after);
        Ok(rows.take(limit).cloned().collect())
    }

    async fn outbox(&self, after: i64, limit: usize) -> Result<Vec<OutboxRow>, StoreError> {
        let state = self.state();
        let rows = state.outbox.values().filter(|row| row.seq > after);
        Ok(rows.take(limit).cloned().collect())
    }

    async fn queue_keys_in_use(&self) -> Result<BTreeSet<QueueKeyId>, StoreError> {
        let state = self.state();
        let inbox = state.inbox.values().chain(state.parked.values()).map(|row| row.key);
        Ok(inbox.chain(state.outbox.values().map(|row| row.key)).collect())
    }

    async fn turn(&self, lane: LaneId) -> Result<Option<TurnRow>, StoreError> {
        Ok(self.state().turns.get(&lane).cloned())
    }

    async fn count(&self, kind: RowKind) -> Result<u64, StoreError> {
        Ok(u64::try_from(self.state().count(kind)).unwrap_or(u64::MAX))
    }

    async fn commit(&self, commit: Commit) -> Result<Committed, StoreError> {
        transaction::commit(&mut self.state(), commit)
    }

    async fn scrub(&self) -> Result<bool, StoreError> {
        Ok(true)
    }
}

#[cfg(all(test, feature = "conformance"))]
mod tests {
    use super::MemoryStore;

    crate::store_conformance!(MemoryStore::new);
}
