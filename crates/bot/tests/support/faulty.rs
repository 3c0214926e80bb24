//! A store that does what another does, until it is told to fail.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};

use sessions::delivery::{Delivery, InboxRow, OutboxRow, OutboxState, TurnRow};
use sessions::id::{CheckpointId, IdBytes, LaneId, QueueKeyId, SessionId, TimelineId};
use sessions::model::{SessionState, Tag};
use sessions::store::memory::MemoryStore;
use sessions::store::rows::{
    CheckpointRow, Header, JournalRow, KeyPurpose, KeyRow, LaneRow, LoadedLane, MessageRow,
    RecordKind, RowKind, SessionRow, SummaryRow, TimelineRow,
};
use sessions::store::{After, Commit, Committed, IdKind, Order, Store, StoreError, Stretch};
use sessions::time::Timestamp;
use sessions::vault::KeyVersion;

/// Clones share one store in memory, as processes share a file.
#[derive(Clone)]
pub struct FaultyStore {
    inner: Arc<MemoryStore>,
    /// Commits that add or owe anything fail: there is no room.
    pub full: Arc<AtomicBool>,
    /// A commit that finishes an event never returns: the process is about to be killed.
    pub stuck: Arc<AtomicBool>,
    /// An event that an earlier process may have begun is not begun again: the process is killed before.
    pub frail: Arc<AtomicBool>,
    /// Notes of what was sent are lost: the process was killed before.
    pub deaf: Arc<AtomicBool>,
    /// Looking a person up panics so many times.
    pub panics: Arc<AtomicUsize>,
    /// The next so many commits that owe an answer fail.
    pub fails: Arc<AtomicUsize>,
    /// Taking events in takes its time.
    pub slow: Arc<AtomicBool>,
    /// Two events of the inbox have traded what they hold.
    pub swapped: Arc<AtomicBool>,
    /// What was remembered of places is gone.
    pub forgetful: Arc<AtomicBool>,
    /// Two answers of the outbox have traded what they hold.
    pub mixed_up: Arc<AtomicBool>,
    /// A commit that owes an answer waits.
    pub waits: Arc<AtomicBool>,
    /// The next so many commits that owe an answer happen, and the store says that they did not.
    pub lies: Arc<AtomicUsize>,
    /// So many commits happen yet; then the process is killed.
    pub life: Arc<AtomicI64>,
    /// Commits so far.
    pub commits: Arc<AtomicUsize>,
}

impl Default for FaultyStore {
    fn default() -> Self {
        Self::of_the_next_process(&MemoryStore::new())
    }
}

impl FaultyStore {
    fn of_the_next_process(kept: &MemoryStore) -> Self {
        Self {
            inner: Arc::new(kept.clone()),
            full: Arc::default(),
            stuck: Arc::default(),
            frail: Arc::default(),
            deaf: Arc::default(),
            panics: Arc::default(),
            fails: Arc::default(),
            slow: Arc::default(),
            swapped: Arc::default(),
            forgetful: Arc::default(),
            mixed_up: Arc::default(),
            waits: Arc::default(),
            lies: Arc::default(),
            life: Arc::new(AtomicI64::new(i64::MAX)),
            commits: Arc::default(),
        }
    }

    /// Kills the process that uses this; answers what the next one finds.
    pub fn kill(&self) -> Self {
        self.life.store(0, Ordering::Relaxed);
        Self::of_the_next_process(&self.inner)
    }

    /// Whether the process was killed.
    pub fn is_dead(&self) -> bool {
        self.life.load(Ordering::Relaxed) <= 0
    }

    /// The states of what is owed, in order.
    pub async fn owed(&self) -> Vec<OutboxState> {
        self.outbox(0, 999).await.unwrap().iter().map(|row| row.state).collect()
    }

    /// How often each event that waits was begun.
    pub async fn attempts(&self) -> Vec<u32> {
        self.inbox(0, 999).await.unwrap().iter().map(|row| row.attempts).collect()
    }
}

type Read<T> = Result<T, StoreError>;

impl Store for FaultyStore {
    async fn header(&self) -> Read<Option<Header>> {
        self.inner.header().await
    }

    async fn binding(&self, tag: Tag) -> Read<Option<IdBytes>> {
        self.inner.binding(tag).await
    }

    async fn bindings(&self, after: Option<Tag>, limit: usize) -> Read<Vec<(Tag, IdBytes)>> {
        self.inner.bindings(after, limit).await
    }

    async fn records(
        &self,
        kind: RecordKind,
        after: Option<IdBytes>,
        limit: usize,
    ) -> Read<Vec<(IdBytes, Vec<u8>)>> {
        self.inner.records(kind, after, limit).await
    }

    async fn record(&self, kind: RecordKind, id: IdBytes) -> Read<Option<Vec<u8>>> {
        let left = self.panics.load(Ordering::Relaxed);
        if left > 0 && kind == RecordKind::Person {
            self.panics.store(left - 1, Ordering::Relaxed);
            panic!("a rule is broken");
        }
        if kind == RecordKind::Place && self.forgetful.load(Ordering::Relaxed) {
            return Ok(None);
        }
        self.inner.record(kind, id).await
    }

    async fn lane(&self, id: LaneId) -> Read<Option<LoadedLane>> {
        self.inner.lane(id).await
    }

    async fn lanes(
        &self,
        owner: Option<Tag>,
        after: Option<LaneId>,
        limit: usize,
    ) -> Read<Vec<LaneRow>> {
        self.inner.lanes(owner, after, limit).await
    }

    async fn session(&self, id: SessionId) -> Read<Option<SessionRow>> {
        self.inner.session(id).await
    }

    async fn all_sessions(&self, after: Option<SessionId>, limit: usize) -> Read<Vec<SessionRow>> {
        self.inner.all_sessions(after, limit).await
    }

    async fn sessions(
        &self,
        lane: LaneId,
        state: SessionState,
        after: After,
        limit: usize,
    ) -> Read<Vec<SessionRow>> {
        self.inner.sessions(lane, state, after, limit).await
    }

    async fn stale_sessions(
        &self,
        state: SessionState,
        before: Timestamp,
        after: After,
        limit: usize,
    ) -> Read<Vec<SessionRow>> {
        self.inner.stale_sessions(state, before, after, limit).await
    }

    async fn ids(
        &self,
        kind: IdKind,
        lane: LaneId,
        range: RangeInclusive<IdBytes>,
        limit: usize,
    ) -> Read<Vec<IdBytes>> {
        self.inner.ids(kind, lane, range, limit).await
    }

    async fn timeline(&self, id: TimelineId) -> Read<Option<TimelineRow>> {
        self.inner.timeline(id).await
    }

    async fn timelines(&self, session: SessionId) -> Read<Vec<TimelineRow>> {
        self.inner.timelines(session).await
    }

    async fn messages(
        &self,
        stretch: Stretch,
        order: Order,
        limit: usize,
    ) -> Read<Vec<MessageRow>> {
        self.inner.messages(stretch, order, limit).await
    }

    async fn important_messages(&self, stretch: Stretch, limit: usize) -> Read<Vec<MessageRow>> {
        self.inner.important_messages(stretch, limit).await
    }

    async fn checkpoint(&self, id: CheckpointId) -> Read<Option<CheckpointRow>> {
        self.inner.checkpoint(id).await
    }

    async fn checkpoints(
        &self,
        lane: LaneId,
        automatic: bool,
        after: After,
        limit: usize,
    ) -> Read<Vec<CheckpointRow>> {
        self.inner.checkpoints(lane, automatic, after, limit).await
    }

    async fn checkpoints_named(
        &self,
        lane: LaneId,
        name: Tag,
        limit: usize,
    ) -> Read<Vec<CheckpointRow>> {
        self.inner.checkpoints_named(lane, name, limit).await
    }

    async fn checkpoints_of(
        &self,
        session: SessionId,
        after: Option<CheckpointId>,
        limit: usize,
    ) -> Read<Vec<CheckpointRow>> {
        self.inner.checkpoints_of(session, after, limit).await
    }

    async fn count_checkpoints(&self, lane: LaneId) -> Read<u64> {
        self.inner.count_checkpoints(lane).await
    }

    async fn journal(&self, lane: LaneId, from: u64, limit: usize) -> Read<Vec<JournalRow>> {
        self.inner.journal(lane, from, limit).await
    }

    async fn key(&self, purpose: KeyPurpose, owner: IdBytes) -> Read<Option<KeyRow>> {
        self.inner.key(purpose, owner).await
    }

    async fn keys(
        &self,
        purpose: KeyPurpose,
        after: Option<IdBytes>,
        limit: usize,
    ) -> Read<Vec<KeyRow>> {
        self.inner.keys(purpose, after, limit).await
    }

    async fn count_keys_before(&self, version: KeyVersion) -> Read<u64> {
        self.inner.count_keys_before(version).await
    }

    async fn summary(&self, stretch: Stretch) -> Read<Option<SummaryRow>> {
        self.inner.summary(stretch).await
    }

    async fn inbox(&self, after: i64, limit: usize) -> Read<Vec<InboxRow>> {
        let mut rows = self.inner.inbox(after, limit).await?;
        if let ([one, other, ..], true) =
            (rows.as_mut_slice(), self.swapped.load(Ordering::Relaxed))
        {
            std::mem::swap(&mut one.sealed, &mut other.sealed);
        }
        Ok(rows)
    }

    async fn parked(&self, after: i64, limit: usize) -> Read<Vec<InboxRow>> {
        self.inner.parked(after, limit).await
    }

    async fn outbox(&self, after: i64, limit: usize) -> Read<Vec<OutboxRow>> {
        let mut rows = self.inner.outbox(after, limit).await?;
        if let ([one, other, ..], true) =
            (rows.as_mut_slice(), self.mixed_up.load(Ordering::Relaxed))
        {
            std::mem::swap(&mut one.sealed, &mut other.sealed);
        }
        Ok(rows)
    }

    async fn queue_keys_in_use(&self) -> Read<BTreeSet<QueueKeyId>> {
        self.inner.queue_keys_in_use().await
    }

    async fn turn(&self, lane: LaneId) -> Read<Option<TurnRow>> {
        self.inner.turn(lane).await
    }

    async fn count(&self, kind: RowKind) -> Read<u64> {
        self.inner.count(kind).await
    }

    async fn commit(&self, mut commit: Commit) -> Result<Committed, StoreError> {
        let finishes = commit.event.is_some()
            || commit.delivery.iter().any(|one| matches!(one, Delivery::Finish(_)));
        let begins = commit.delivery.iter().any(|one| matches!(one, Delivery::Attempt(_)));
        if begins && self.frail.load(Ordering::Relaxed) {
            std::future::pending::<()>().await;
        }
        if finishes && self.stuck.load(Ordering::Relaxed) {
            std::future::pending::<()>().await;
        }
        let owes = commit.delivery.iter().any(|one| matches!(one, Delivery::Owe(_)));
        let fails = self.fails.load(Ordering::Relaxed);
        if owes && fails > 0 {
            self.fails.store(fails - 1, Ordering::Relaxed);
            return Err(StoreError::Io("a cable is loose".into()));
        }
        let receives = commit.delivery.iter().any(|one| matches!(one, Delivery::Receive(_)));
        while receives && self.slow.load(Ordering::Relaxed) {
            tokio::task::yield_now().await;
        }
        while owes && self.waits.load(Ordering::Relaxed) {
            tokio::task::yield_now().await;
        }
        if self.life.fetch_sub(1, Ordering::Relaxed) <= 0 {
            self.life.store(0, Ordering::Relaxed);
            std::future::pending::<()>().await;
        }
        self.commits.fetch_add(1, Ordering::Relaxed);
        if self.full.load(Ordering::Relaxed) {
            return Err(StoreError::Full("no room".into()));
        }
        if self.deaf.load(Ordering::Relaxed) {
            commit.delivery.retain(|one| !matches!(one, Delivery::Mark(..)));
        }
        let done = self.inner.commit(commit).await;
        let lies = self.lies.load(Ordering::Relaxed);
        if owes && lies > 0 {
            self.lies.store(lies - 1, Ordering::Relaxed);
            return Err(StoreError::Unresolved("the power flickered".into()));
        }
        done
    }

    async fn scrub(&self) -> Read<bool> {
        self.inner.scrub().await
    }
}
