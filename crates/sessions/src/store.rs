//! The `Store` trait: what a database must be able to do for the core, and nothing more.
//!
//! A store knows sealed bytes, ids, numbers and times. It has no key and no rules; it decides nothing.
//! `rows` holds the shapes it keeps, `delivery` those of the inbox, outbox and turns, `memory` a store for tests,
//! `conformance` the suite that every store must pass.
//!
//! # Concurrency
//!
//! Reads see what has been committed. A commit whose event is known is [`Committed::Known`], whatever else is true of
//! it. Otherwise it first checks the version of every lane that it expects; if one has
//! moved on, or the tag that should be unbound is bound, nothing of the commit happens and the answer is [`Committed::Conflict`]. Otherwise those versions are
//! raised by one and all of its writes happen, in their order, in one transaction. The answer comes after that
//! transaction is durable. A commit whose future is dropped may still happen.
//!
//! A commit is a conflict, too, if it puts a key that is wrapped under a master key which the header does not name, or a
//! header that does not name the master key of some wrapped key. (A store without a header names all of them.)
//! So a key that was wrapped just before a rotation cannot land behind it.
//!
//! Invariant: the header names the master key of every wrapped key.

#[cfg(feature = "conformance")]
pub mod conformance;
#[cfg(feature = "conformance")]
pub mod conformance_model;
pub mod memory;
pub mod rows;

use std::collections::BTreeSet;
use std::future::Future;
use std::ops::RangeInclusive;

use vault::KeyVersion;

use crate::delivery::{Delivery, InboxRow, OutboxRow, TurnRow};
use crate::id::{CheckpointId, IdBytes, LaneId, QueueKeyId, SessionId, TimelineId};
use crate::model::{SessionState, Tag};
use crate::time::Timestamp;
use rows::{
    CheckpointRow, Header, JournalRow, KeyPurpose, KeyRow, LaneRow, LoadedLane, MessageRow,
    RecordKind, RowKind, SessionRow, SummaryRow, TimelineRow, Write,
};

/// Everything that one transaction changes.
#[derive(Debug, Clone, Default)]
pub struct Commit {
    /// The lanes that it was decided on, each with the version that was loaded; 0 means that there was none.
    pub expect: Vec<(LaneId, u64)>,
    /// A tag that must not be bound yet; if it is, the answer is a conflict.
    pub unbound: Option<Tag>,
    /// A token that counts once, and when it is used: if it was used before, nothing of the commit happens.
    pub once: Option<(Tag, Timestamp)>,
    /// An event that takes effect in this very commit without having waited in the inbox: if one of its tags is known,
    /// nothing of the commit happens; else they become known, as those of an event received and done.
    pub event: Option<(Vec<Tag>, Timestamp)>,
    /// Changes of sessions.
    pub writes: Vec<Write>,
    /// Changes of inbox, outbox and turns.
    pub delivery: Vec<Delivery>,
    /// Whether it may wait a moment for another commit to ride with. For notes that cost nothing if a crash loses them.
    pub patient: bool,
}

/// What became of a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Committed {
    /// It happened and is durable.
    Done(Receipt),
    /// A lane has moved on: nothing happened.
    Conflict,
    /// The token had been used: nothing happened.
    Spent,
    /// The event had been taken in before: nothing happened.
    Known,
}

/// What a store says of a commit that happened.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Receipt {
    /// For each received event in order: its number in the inbox, or `None` if it had been received before.
    pub received: Vec<Option<i64>>,
    /// For each owed row in order: its number in the outbox.
    pub owed: Vec<i64>,
    /// How many messages were cut off timelines.
    pub cut: u64,
}

/// A stretch of one timeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stretch {
    /// The timeline.
    pub timeline: TimelineId,
    /// The first position.
    pub from: u64,
    /// The last position.
    pub to: u64,
}

/// In which direction a list is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// From the first position on.
    OldestFirst,
    /// From the last position back.
    NewestFirst,
}

/// Which kind of id is looked up by its beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdKind {
    /// Sessions.
    Session,
    /// Checkpoints that are not automatic, deleted ones among them.
    Checkpoint,
    /// Automatic checkpoints and all others.
    AnyCheckpoint,
}

/// Where a newest-first list goes on: behind this row.
pub type After = Option<(Timestamp, IdBytes)>;

/// Reading or committing failed: the world's doing, not the caller's.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// There is no room left on the disk.
    #[error("the disk is full: nothing was stored; make room and try again")]
    Full(#[source] Cause),
    /// The file or its folder cannot be written.
    #[error(
        "the database cannot be written: check the rights of the file and its folder, and the file system it is on"
    )]
    ReadOnly(#[source] Cause),
    /// The file is not what it should be.
    #[error("the database is damaged: keep the file, restore a backup")]
    Damaged(#[source] Cause),
    /// Reading or writing failed.
    #[error("the database could not be read or written")]
    Io(#[source] Cause),
    /// It cannot be told whether the commit happened.
    #[error("the database could not be opened again after a failed write")]
    Unresolved(#[source] Cause),
    /// The store has been closed.
    #[error("the store is closed")]
    Closed,
}

/// What a store error came from.
pub type Cause = Box<dyn std::error::Error + Send + Sync>;

/// What a store must do. Each read is one short transaction.
pub trait Store: Send + Sync + 'static {
    /// The header: mode, key version, check value; `None` in a store that was never used.
    fn header(&self) -> impl Future<Output = Result<Option<Header>, StoreError>> + Send;

    /// The id bound to a tag.
    fn binding(&self, tag: Tag)
    -> impl Future<Output = Result<Option<IdBytes>, StoreError>> + Send;

    /// Bound tags in their order after `after`, each with the id that is stored of it.
    fn bindings(
        &self,
        after: Option<Tag>,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<(Tag, IdBytes)>, StoreError>> + Send;

    /// Sealed records of one kind in the order of their ids after `after`.
    fn records(
        &self,
        kind: RecordKind,
        after: Option<IdBytes>,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<(IdBytes, Vec<u8>)>, StoreError>> + Send;

    /// The sealed record of a place or person.
    fn record(
        &self,
        kind: RecordKind,
        id: IdBytes,
    ) -> impl Future<Output = Result<Option<Vec<u8>>, StoreError>> + Send;

    /// A lane with its current session and whether a turn of it is live.
    fn lane(
        &self,
        id: LaneId,
    ) -> impl Future<Output = Result<Option<LoadedLane>, StoreError>> + Send;

    /// Lanes in the order of their ids after `after`: those of an owner, or all.
    fn lanes(
        &self,
        owner: Option<Tag>,
        after: Option<LaneId>,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<LaneRow>, StoreError>> + Send;

    /// A session.
    fn session(
        &self,
        id: SessionId,
    ) -> impl Future<Output = Result<Option<SessionRow>, StoreError>> + Send;

    /// Sessions of any lane in any state, in the order of their ids after `after`.
    fn all_sessions(
        &self,
        after: Option<SessionId>,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<SessionRow>, StoreError>> + Send;

    /// Sessions of a lane in one state, the latest activity first.
    fn sessions(
        &self,
        lane: LaneId,
        state: SessionState,
        after: After,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<SessionRow>, StoreError>> + Send;

    /// Sessions of any lane in one state whose last activity was before `before`, the earliest first, after `after`.
    fn stale_sessions(
        &self,
        state: SessionState,
        before: Timestamp,
        after: After,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<SessionRow>, StoreError>> + Send;

    /// The ids of one kind in a lane that lie in a range, in order.
    fn ids(
        &self,
        kind: IdKind,
        lane: LaneId,
        range: RangeInclusive<IdBytes>,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<IdBytes>, StoreError>> + Send;

    /// A timeline.
    fn timeline(
        &self,
        id: TimelineId,
    ) -> impl Future<Output = Result<Option<TimelineRow>, StoreError>> + Send;

    /// The timelines of a session, in the order of their ids.
    fn timelines(
        &self,
        session: SessionId,
    ) -> impl Future<Output = Result<Vec<TimelineRow>, StoreError>> + Send;

    /// Messages of a stretch.
    fn messages(
        &self,
        stretch: Stretch,
        order: Order,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<MessageRow>, StoreError>> + Send;

    /// The most important messages of a stretch (importance above 0): the highest first, among equals the newest.
    fn important_messages(
        &self,
        stretch: Stretch,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<MessageRow>, StoreError>> + Send;

    /// A checkpoint, deleted or not.
    fn checkpoint(
        &self,
        id: CheckpointId,
    ) -> impl Future<Output = Result<Option<CheckpointRow>, StoreError>> + Send;

    /// A lane's checkpoints that are not deleted, newest first: the automatic ones, or the others.
    fn checkpoints(
        &self,
        lane: LaneId,
        automatic: bool,
        after: After,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<CheckpointRow>, StoreError>> + Send;

    /// A lane's checkpoints with this name's tag that are neither deleted nor automatic, newest first.
    fn checkpoints_named(
        &self,
        lane: LaneId,
        name: Tag,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<CheckpointRow>, StoreError>> + Send;

    /// All checkpoints of a session, deleted and automatic ones too, in the order of their ids after `after`.
    fn checkpoints_of(
        &self,
        session: SessionId,
        after: Option<CheckpointId>,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<CheckpointRow>, StoreError>> + Send;

    /// How many checkpoints of a lane are neither deleted nor automatic.
    fn count_checkpoints(
        &self,
        lane: LaneId,
    ) -> impl Future<Output = Result<u64, StoreError>> + Send;

    /// A lane's journal rows from `from` on, in order.
    fn journal(
        &self,
        lane: LaneId,
        from: u64,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<JournalRow>, StoreError>> + Send;

    /// The wrapped key of an owner.
    fn key(
        &self,
        purpose: KeyPurpose,
        owner: IdBytes,
    ) -> impl Future<Output = Result<Option<KeyRow>, StoreError>> + Send;

    /// Wrapped keys of one purpose in the order of their owners, after `after`.
    fn keys(
        &self,
        purpose: KeyPurpose,
        after: Option<IdBytes>,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<KeyRow>, StoreError>> + Send;

    /// How many keys are wrapped under master keys before this version. Visits all keys.
    fn count_keys_before(
        &self,
        version: KeyVersion,
    ) -> impl Future<Output = Result<u64, StoreError>> + Send;

    /// The summary of a stretch that ends latest.
    fn summary(
        &self,
        stretch: Stretch,
    ) -> impl Future<Output = Result<Option<SummaryRow>, StoreError>> + Send;

    /// Inbox rows that are neither done nor parked, in order of arrival, after `after`.
    fn inbox(
        &self,
        after: i64,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<InboxRow>, StoreError>> + Send;

    /// Inbox rows that are parked, in order of arrival, after `after`.
    fn parked(
        &self,
        after: i64,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<InboxRow>, StoreError>> + Send;

    /// Outbox rows that are neither sent nor dead, in order, after `after`.
    fn outbox(
        &self,
        after: i64,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<OutboxRow>, StoreError>> + Send;

    /// The generations of the queue key that rows of inbox and outbox name, parked ones too.
    fn queue_keys_in_use(
        &self,
    ) -> impl Future<Output = Result<BTreeSet<QueueKeyId>, StoreError>> + Send;

    /// The live turn of a lane.
    fn turn(
        &self,
        lane: LaneId,
    ) -> impl Future<Output = Result<Option<TurnRow>, StoreError>> + Send;

    /// How many rows of a kind there are. Visits them all.
    fn count(&self, kind: RowKind) -> impl Future<Output = Result<u64, StoreError>> + Send;

    /// Commits; see the module's words on concurrency.
    fn commit(&self, commit: Commit) -> impl Future<Output = Result<Committed, StoreError>> + Send;

    /// Gives the space of deleted rows back and removes what they held from every file of the store.
    /// Answers whether all of it was removed; `false` while somebody still reads an older state.
    fn scrub(&self) -> impl Future<Output = Result<bool, StoreError>> + Send;
}
