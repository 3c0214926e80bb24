//! [`SqliteStore`]: opening, closing, and each method of the trait in one line.

use std::collections::BTreeSet;
use std::fmt;
use std::fs::File;
use std::ops::RangeInclusive;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

use sessions::delivery::{InboxRow, OutboxRow, TurnRow};
use sessions::id::{CheckpointId, IdBytes, LaneId, QueueKeyId, SessionId, TimelineId};
use sessions::model::{SessionState, Tag};
use sessions::step_aside;
use sessions::store::rows::{
    CheckpointRow, Header, JournalRow, KeyPurpose, KeyRow, LaneRow, LoadedLane, MessageRow,
    RecordKind, RowKind, SessionRow, SummaryRow, TimelineRow,
};
use sessions::store::{After, Commit, Committed, IdKind, Order, Store, StoreError, Stretch};
use sessions::time::Timestamp;
use sessions::vault::KeyVersion;
use tokio::sync::oneshot;

use crate::error::{OpenStoreError, store_error};
use crate::file::DbFile;
use crate::lock::Lock;
use crate::meter::{self, Meter, Sizes};
use crate::open;
use crate::pool::Pool;
use crate::queue::{Job, Pending, Pushed, Queue};
use crate::read;
use crate::tail::Tails;
use crate::writer::{self, Writer};
use crate::{check, copy};

/// A store in one SQLite file.
///
/// Dropping it is closing it: what is in the queue is done, the log is carried into the database, the file is closed.
/// That waits for the disk; in a runtime, do it where blocking is allowed.
pub struct SqliteStore {
    pub(crate) pool: Pool,
    pub(crate) queue: Arc<Queue>,
    writer: Arc<Mutex<Writer>>,
    meter: Arc<Meter>,
    thread: Option<JoinHandle<()>>,
    /// The database as a file, for those who copy it. Closing a descriptor of it drops SQLite's locks, so it is kept
    /// until SQLite has closed its own.
    pub(crate) original: Arc<File>,
    /// Given up last; perhaps somebody who claimed the file has it still.
    _lock: Arc<Lock>,
}

impl SqliteStore {
    /// Opens the store at `path`; creates it if there is none, readable for this user only.
    ///
    /// # Errors
    ///
    /// See [`OpenStoreError`]. A file that is refused stays as it was, byte for byte.
    pub fn open(path: &Path) -> Result<Self, OpenStoreError> {
        let file = DbFile::at(path)?;
        let lock = Arc::new(Lock::take(&file)?);
        Self::open_locked(file, lock)
    }

    /// The same with the lock taken.
    pub(crate) fn open_locked(file: DbFile, lock: Arc<Lock>) -> Result<Self, OpenStoreError> {
        let conn = open::open(&file)?;
        let path = file.path().to_owned();
        let failed = |error| OpenStoreError::from_io(&path, error);
        let original = Arc::new(File::open(&path).map_err(failed)?);
        let queue = Arc::new(Queue::new());
        let meter = Arc::<Meter>::default();
        let pool = Pool::new(path.clone(), Arc::clone(&meter));
        let (conn, tails, counts) = (Some(conn), Tails::default(), Arc::clone(&meter));
        let writer =
            Writer { file, conn, tails, holds: 0, wants_it: Arc::default(), meter: counts };
        let writer = Arc::new(Mutex::new(writer));
        let (its_writer, its_queue) = (Arc::clone(&writer), Arc::clone(&queue));
        let thread = thread::Builder::new()
            .name("sqlite-writer".into())
            .spawn(move || writer::run(&its_writer, &its_queue))
            .map_err(failed)?;
        Ok(Self { pool, queue, writer, meter, thread: Some(thread), original, _lock: lock })
    }

    /// Checks the file as SQLite knows it: pages, the order of rows, indexes, constraints, references. Answers what is
    /// wrong, at most a few hundred lines; nothing if all is well. Reads the whole file.
    ///
    /// # Errors
    ///
    /// When the file cannot be read at all.
    pub fn check(&self) -> Result<Vec<String>, StoreError> {
        self.pool.read_whole(|conn| check::check(conn).map_err(store_error))
    }

    /// Writes the store as it stands now to a new file, compact and on the disk when this returns; readable for this user
    /// only. Commits go on meanwhile. Takes as long as reading and writing the file.
    ///
    /// # Errors
    ///
    /// When there is something under that name, or the copy cannot be written: then nothing of it is left.
    pub fn copy_to(&self, path: &Path) -> Result<(), StoreError> {
        self.pool.read_whole(|conn| copy::copy(conn, path))
    }

    /// What happened since it was opened.
    #[must_use]
    pub fn meter(&self) -> &Meter {
        &self.meter
    }

    /// How large it is now.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn sizes(&self) -> Result<Sizes, StoreError> {
        let free_pages = self.pool.read(meter::free_pages)?;
        let (database, log) = (self.pool.path(), meter::log_of(self.pool.path()));
        Ok(Sizes { database: meter::bytes(database), log: meter::bytes(&log), free_pages })
    }

    /// Closes the store; the same as dropping it.
    pub fn close(self) {
        drop(self);
    }

    /// Whether no commit will be taken in any more: whoever wrote has broken down. Reading still works; opening the file
    /// anew is what helps.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.queue.is_closed()
    }

    /// Hands a commit in. What is answered inside is counted where it was done.
    async fn hand_in(&self, commit: Commit) -> Result<Result<Committed, StoreError>, StoreError> {
        let room = self.queue.room().await?;
        let (answer, answered) = oneshot::channel();
        let pushed = self.queue.push(Job::Commit(Pending { commit, answer, _room: room }))?;
        if let Pushed::MayLead(may_lead) = pushed {
            // What others who are ready commit is taken along.
            step_aside().await;
            if let Some(lead) = may_lead.lead() {
                writer::lock(&self.writer).settle(lead.take());
            }
        }
        answered.await.map_err(|gone| StoreError::Unresolved(gone.into()))
    }

    /// Has the writer's thread do something that takes long.
    pub(crate) async fn long<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Writer) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (answer, answered) = oneshot::channel();
        let long = move |writer: &mut Writer| {
            // Whoever asked may have gone.
            let _ = answer.send(work(writer));
        };
        self.queue.push(Job::Long(Box::new(long)))?;
        answered.await.map_err(|gone| StoreError::Unresolved(gone.into()))?
    }
}

impl Drop for SqliteStore {
    fn drop(&mut self) {
        // The writer must be the last to close the file, or the log stays beside it: readers first.
        self.pool.clear();
        self.queue.close();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the thread that writes the database had panicked");
        }
    }
}

impl fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteStore").finish_non_exhaustive()
    }
}

impl Store for SqliteStore {
    async fn header(&self) -> Result<Option<Header>, StoreError> {
        self.pool.read(read::key::header)
    }

    async fn binding(&self, tag: Tag) -> Result<Option<IdBytes>, StoreError> {
        self.pool.read(|conn| read::lane::binding(conn, tag))
    }

    async fn bindings(
        &self,
        after: Option<Tag>,
        limit: usize,
    ) -> Result<Vec<(Tag, IdBytes)>, StoreError> {
        self.pool.read(|conn| read::lane::bindings(conn, after, limit))
    }

    async fn records(
        &self,
        kind: RecordKind,
        after: Option<IdBytes>,
        limit: usize,
    ) -> Result<Vec<(IdBytes, Vec<u8>)>, StoreError> {
        self.pool.read(|conn| read::lane::records(conn, kind, after, limit))
    }

    async fn record(&self, kind: RecordKind, id: IdBytes) -> Result<Option<Vec<u8>>, StoreError> {
        self.pool.read(|conn| read::lane::record(conn, kind, id))
    }

    async fn lane(&self, id: LaneId) -> Result<Option<LoadedLane>, StoreError> {
        self.pool.read(|conn| read::lane::loaded(conn, id))
    }

    async fn lanes(
        &self,
        owner: Option<Tag>,
        after: Option<LaneId>,
        limit: usize,
    ) -> Result<Vec<LaneRow>, StoreError> {
        self.pool.read(|conn| read::lane::list(conn, owner, after, limit))
    }

    async fn session(&self, id: SessionId) -> Result<Option<SessionRow>, StoreError> {
        self.pool.read(|conn| read::session::session(conn, id))
    }

    async fn all_sessions(
        &self,
        after: Option<SessionId>,
        limit: usize,
    ) -> Result<Vec<SessionRow>, StoreError> {
        self.pool.read(|conn| read::session::all(conn, after, limit))
    }

    async fn sessions(
        &self,
        lane: LaneId,
        state: SessionState,
        after: After,
        limit: usize,
    ) -> Result<Vec<SessionRow>, StoreError> {
        self.pool.read(|conn| read::session::list(conn, lane, state, after, limit))
    }

    async fn stale_sessions(
        &self,
        state: SessionState,
        before: Timestamp,
        after: After,
        limit: usize,
    ) -> Result<Vec<SessionRow>, StoreError> {
        self.pool.read(|conn| read::session::stale(conn, state, before, after, limit))
    }

    async fn ids(
        &self,
        kind: IdKind,
        lane: LaneId,
        range: RangeInclusive<IdBytes>,
        limit: usize,
    ) -> Result<Vec<IdBytes>, StoreError> {
        self.pool.read(|conn| match kind {
            IdKind::Session => read::session::ids(conn, lane, &range, limit),
            IdKind::Checkpoint => read::checkpoint::ids(conn, lane, false, &range, limit),
            IdKind::AnyCheckpoint => read::checkpoint::ids(conn, lane, true, &range, limit),
        })
    }

    async fn timeline(&self, id: TimelineId) -> Result<Option<TimelineRow>, StoreError> {
        self.pool.read(|conn| read::session::timeline(conn, id))
    }

    async fn timelines(&self, session: SessionId) -> Result<Vec<TimelineRow>, StoreError> {
        self.pool.read(|conn| read::session::timelines(conn, session))
    }

    async fn messages(
        &self,
        stretch: Stretch,
        order: Order,
        limit: usize,
    ) -> Result<Vec<MessageRow>, StoreError> {
        self.pool.read(|conn| read::message::list(conn, stretch, order, limit))
    }

    async fn important_messages(
        &self,
        stretch: Stretch,
        limit: usize,
    ) -> Result<Vec<MessageRow>, StoreError> {
        self.pool.read(|conn| read::message::important(conn, stretch, limit))
    }

    async fn checkpoint(&self, id: CheckpointId) -> Result<Option<CheckpointRow>, StoreError> {
        self.pool.read(|conn| read::checkpoint::checkpoint(conn, id))
    }

    async fn checkpoints(
        &self,
        lane: LaneId,
        automatic: bool,
        after: After,
        limit: usize,
    ) -> Result<Vec<CheckpointRow>, StoreError> {
        self.pool.read(|conn| read::checkpoint::list(conn, lane, automatic, after, limit))
    }

    async fn checkpoints_named(
        &self,
        lane: LaneId,
        name: Tag,
        limit: usize,
    ) -> Result<Vec<CheckpointRow>, StoreError> {
        self.pool.read(|conn| read::checkpoint::named(conn, lane, name, limit))
    }

    async fn checkpoints_of(
        &self,
        session: SessionId,
        after: Option<CheckpointId>,
        limit: usize,
    ) -> Result<Vec<CheckpointRow>, StoreError> {
        self.pool.read(|conn| read::checkpoint::of_session(conn, session, after, limit))
    }

    async fn count_checkpoints(&self, lane: LaneId) -> Result<u64, StoreError> {
        self.pool.read(|conn| read::checkpoint::count(conn, lane))
    }

    async fn journal(
        &self,
        lane: LaneId,
        from: u64,
        limit: usize,
    ) -> Result<Vec<JournalRow>, StoreError> {
        self.pool.read(|conn| read::lane::journal(conn, lane, from, limit))
    }

    async fn key(&self, purpose: KeyPurpose, owner: IdBytes) -> Result<Option<KeyRow>, StoreError> {
        self.pool.read(|conn| read::key::key(conn, purpose, owner))
    }

    async fn keys(
        &self,
        purpose: KeyPurpose,
        after: Option<IdBytes>,
        limit: usize,
    ) -> Result<Vec<KeyRow>, StoreError> {
        self.pool.read(|conn| read::key::keys(conn, purpose, after, limit))
    }

    async fn count_keys_before(&self, version: KeyVersion) -> Result<u64, StoreError> {
        self.pool.read(|conn| read::key::count_before(conn, version))
    }

    async fn summary(&self, stretch: Stretch) -> Result<Option<SummaryRow>, StoreError> {
        self.pool.read(|conn| read::message::summary(conn, stretch))
    }

    async fn inbox(&self, after: i64, limit: usize) -> Result<Vec<InboxRow>, StoreError> {
        self.pool.read(|conn| read::delivery::inbox(conn, after, limit))
    }

    async fn parked(&self, after: i64, limit: usize) -> Result<Vec<InboxRow>, StoreError> {
        self.pool.read(|conn| read::delivery::parked(conn, after, limit))
    }

    async fn outbox(&self, after: i64, limit: usize) -> Result<Vec<OutboxRow>, StoreError> {
        self.pool.read(|conn| read::delivery::outbox(conn, after, limit))
    }

    async fn queue_keys_in_use(&self) -> Result<BTreeSet<QueueKeyId>, StoreError> {
        self.pool.read(read::delivery::queue_keys_in_use)
    }

    async fn turn(&self, lane: LaneId) -> Result<Option<TurnRow>, StoreError> {
        self.pool.read(|conn| read::delivery::turn(conn, lane))
    }

    async fn count(&self, kind: RowKind) -> Result<u64, StoreError> {
        self.pool.read(|conn| read::count::count(conn, kind))
    }

    async fn commit(&self, commit: Commit) -> Result<Committed, StoreError> {
        let answered = self.hand_in(commit).await;
        answered.inspect_err(|error| self.meter.count_error(error))?
    }

    async fn scrub(&self) -> Result<bool, StoreError> {
        self.long(Writer::scrub).await
    }
}
