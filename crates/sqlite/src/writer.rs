//! The one connection that writes: folds what waits into a transaction, answers. It has a thread of its own; a commit
//! that finds that asleep is run by whoever made it (`queue`).
//!
//! Invariant: a caller hears `Ok` only after a COMMIT that covers the commit has returned, or after the file, opened
//! again, has shown that it happened and the log has been carried into the database.
//! Invariant: a caller hears an error other than `Unresolved` only when the commit did not happen and cannot come back.
//!
//! # When COMMIT fails
//!
//! If a write failed, the log lacks the frame that would make the transaction count: it did not happen.
//! After a failed sync (or anything else) the frame may be there. Within this process the transaction is rolled back,
//! but after a crash SQLite would find the frame in the log and the transaction with it; and what a failed sync did not
//! write, a later successful one does not write either. So the connection is closed and opened, the log emptied into
//! the database (with syncs of its own) and cut, and only then is the file asked (`evidence`) and the caller answered.
//! While that fails callers hear `Unresolved`, and the next commit tries to open the file again first. A snapshot that
//! somebody holds would be in the way for as long as it is copied, so it is asked to end.

use std::fs::File;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rusqlite::{Connection, ErrorCode, ffi};
use sessions::store::{Committed, StoreError};

use crate::apply::WriteError;
use crate::connection::{carry_log, empty_log, open_reader, open_writer, set_carrying};
use crate::error::{shared_store_error, store_error};
use crate::file::DbFile;
use crate::fold::{self, Fault};
use crate::meter::Meter;
use crate::queue::{Job, Pending, Queue};
use crate::schema;
use crate::tail::Tails;

/// How long emptying the log waits for readers after a failure: they are short.
const PATIENCE: Duration = Duration::from_secs(2);

/// How long a scrub waits for readers: its caller tries again.
const SCRUB_PATIENCE: Duration = Duration::from_millis(100);

pub(crate) struct Writer {
    pub(crate) file: DbFile,
    /// `None` after a failure that left the file in doubt.
    pub(crate) conn: Option<Connection>,
    pub(crate) tails: Tails,
    /// How many hold the database as it is.
    pub(crate) holds: u32,
    /// Whether those are to let go: the file cannot be opened again before.
    pub(crate) wants_it: Arc<AtomicBool>,
    pub(crate) meter: Arc<Meter>,
}

/// What keeps the database as it is.
pub(crate) struct Hold {
    pub(crate) _reader: Connection,
    /// Whether the writer needs it back.
    pub(crate) is_wanted: Arc<AtomicBool>,
}

type Answer = Result<Committed, StoreError>;

/// What is known after a failure.
enum Known {
    /// The whole fold happened.
    Happened(Vec<Committed>),
    /// Nothing of it happened.
    Nothing(WriteError),
    /// It may have happened, and doing it again does no harm.
    Repeatable(rusqlite::Error),
    /// The file does not answer.
    Unknown(rusqlite::Error),
}

/// Throws the queue away when the writer ends, in whatever way.
struct Ended(Arc<Queue>);

impl Drop for Ended {
    fn drop(&mut self) {
        self.0.abandon();
    }
}

/// Works until the queue is closed and empty, then closes the file.
pub(crate) fn run(writer: &Mutex<Writer>, queue: &Arc<Queue>) {
    let _ended = Ended(queue.clone());
    while let Some(jobs) = queue.take() {
        lock(writer).work(jobs);
    }
    lock(writer).close();
}

/// Nobody waits for this: the queue lets one work at a time.
pub(crate) fn lock(writer: &Mutex<Writer>) -> MutexGuard<'_, Writer> {
    writer.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Writer {
    fn work(&mut self, jobs: Vec<Job>) {
        let mut fold = Vec::with_capacity(jobs.len());
        for job in jobs {
            match job {
                Job::Commit(pending) => fold.push(pending),
                Job::Long(long) => {
                    self.settle(std::mem::take(&mut fold));
                    long(self);
                }
            }
        }
        self.settle(fold);
    }

    /// Runs a fold and answers each of its callers.
    pub(crate) fn settle(&mut self, fold: Vec<Pending>) {
        if fold.is_empty() {
            return;
        }
        let began = Instant::now();
        let answers = self.answers(&fold, true);
        self.meter.count_fold(&answers, began.elapsed());
        for (pending, answer) in fold.into_iter().zip(answers) {
            // Nobody may be waiting any more: the commit happened all the same.
            let _ = pending.answer.send(answer);
        }
    }

    fn answers(&mut self, fold: &[Pending], first: bool) -> Vec<Answer> {
        let fault = match self.run_fold(fold) {
            Ok(Ok(committed)) => return committed.into_iter().map(Ok).collect(),
            Ok(Err(fault)) => fault,
            // Nothing was begun: each caller hears why, and that nothing happened.
            Err(error) => return all(fold, &Arc::new(error), shared_store_error),
        };
        match self.know(fault) {
            Known::Happened(committed) => committed.into_iter().map(Ok).collect(),
            Known::Nothing(error) => match fold {
                [_] => vec![Err(error.into())],
                many => self.one_by_one(many, &error),
            },
            Known::Repeatable(error) if first => self.one_by_one(fold, &error.into()),
            Known::Repeatable(error) | Known::Unknown(error) => {
                tracing::error!(%error, commits = fold.len(), "the outcome of commits is unknown");
                all(fold, &Arc::new(error), |error| StoreError::Unresolved(error.clone().into()))
            }
        }
    }

    /// Gives each commit a transaction of its own, so that each caller is told what became of theirs.
    fn one_by_one(&mut self, fold: &[Pending], error: &WriteError) -> Vec<Answer> {
        tracing::warn!(%error, commits = fold.len(), "a transaction failed; its commits run one by one");
        fold.chunks(1).flat_map(|one| self.answers(one, false)).collect()
    }

    fn run_fold(&mut self, fold: &[Pending]) -> rusqlite::Result<Result<Vec<Committed>, Fault>> {
        let (conn, tails) = self.connection()?;
        Ok(fold::run(conn, tails, fold.iter().map(|pending| &pending.commit)))
    }

    /// What is known of a fold that failed. The connection is fit for use afterwards, or gone.
    fn know(&mut self, fault: Fault) -> Known {
        self.tails.clear();
        match fault {
            Fault::Inside(error) => {
                self.roll_back();
                Known::Nothing(error)
            }
            Fault::AtCommit { error, .. } if is_failed_write(&error) => {
                Known::Nothing(error.into())
            }
            Fault::AtCommit { error, committed, evidence } => {
                self.conn = None;
                let happened = self.reopen().and_then(|conn| evidence.happened(conn));
                match happened {
                    Ok(Some(true)) => Known::Happened(committed),
                    Ok(Some(false)) => Known::Nothing(error.into()),
                    Ok(None) => Known::Repeatable(error),
                    Err(error) => {
                        self.conn = None;
                        Known::Unknown(error)
                    }
                }
            }
        }
    }

    fn roll_back(&mut self) {
        let Some(conn) = &self.conn else { return };
        // SQLite may have rolled it back itself.
        if conn.is_autocommit() {
            return;
        }
        let rolled_back = conn.execute_batch("ROLLBACK");
        if rolled_back.is_err() || !conn.is_autocommit() {
            self.conn = None;
        }
    }

    pub(crate) fn connection(&mut self) -> rusqlite::Result<(&Connection, &mut Tails)> {
        if self.conn.is_none() {
            self.reopen()?;
        }
        let Self { conn, tails, .. } = self;
        Ok((conn.as_ref().ok_or_else(|| busy("the database is not open"))?, tails))
    }

    /// Opens the file again; nothing that may or may not count is left in its log.
    fn reopen(&mut self) -> rusqlite::Result<&Connection> {
        let conn = open_writer(self.file.path())?;
        let is_empty = empty_log(&conn, PATIENCE)?;
        self.wants_it.store(!is_empty && self.holds > 0, Relaxed);
        if !is_empty {
            return Err(busy("a reader of the database does not end"));
        }
        // The cut of the log counts once it is on the disk. The log is not the database: closing it drops no lock.
        let log = File::options().write(true).open(self.file.beside("-wal"));
        log.and_then(|log| log.sync_all()).map_err(|error| ioerr(&error.to_string()))?;
        Ok(self.conn.insert(conn))
    }

    /// Gives free pages back, then carries everything into the database and cuts the log; `false` while somebody reads.
    pub(crate) fn scrub(&mut self) -> Result<bool, StoreError> {
        self.connection().and_then(|(conn, _)| scrub(conn)).map_err(store_error)
    }

    /// Carries the log into the database, and has a reader keep the database as it is then. `None` while somebody reads
    /// an older state.
    pub(crate) fn hold(&mut self) -> Result<Option<Hold>, StoreError> {
        let path = self.file.path().to_owned();
        let held = self.connection().and_then(|(conn, _)| {
            if !carry_log(conn, SCRUB_PATIENCE)? {
                return Ok(None);
            }
            let reader = open_reader(&path)?;
            reader.execute_batch("BEGIN")?;
            schema::version(&reader)?;
            set_carrying(conn, false)?;
            Ok(Some(reader))
        });
        let held = held.map_err(store_error)?;
        self.holds += u32::from(held.is_some());
        Ok(held.map(|reader| Hold { _reader: reader, is_wanted: Arc::clone(&self.wants_it) }))
    }

    /// One who held it is gone: commits carry the log into the database again, if it was the last.
    pub(crate) fn let_go(&mut self) {
        self.holds = self.holds.saturating_sub(1);
        if self.holds > 0 {
            return;
        }
        let carries = self.connection().and_then(|(conn, _)| set_carrying(conn, true));
        if let Err(error) = carries {
            // A connection that is opened again carries by itself.
            tracing::warn!(%error, "the log could not be let go");
            self.conn = None;
        }
    }

    fn close(&mut self) {
        let Some(conn) = self.conn.take() else { return };
        if let Err(error) = empty_log(&conn, SCRUB_PATIENCE) {
            // Nothing is lost: the log is read at the next start.
            tracing::warn!(%error, "the log could not be carried into the database at the end");
        }
        if let Err((_, error)) = conn.close() {
            tracing::warn!(%error, "the database could not be closed");
        }
    }
}

fn scrub(conn: &Connection) -> rusqlite::Result<bool> {
    let mut vacuum = conn.prepare("PRAGMA incremental_vacuum")?;
    let mut pages = vacuum.query(())?;
    // Each step frees one page.
    while pages.next()?.is_some() {}
    drop(pages);
    empty_log(conn, SCRUB_PATIENCE)
}

fn all(
    fold: &[Pending],
    error: &Arc<rusqlite::Error>,
    told: impl Fn(&Arc<rusqlite::Error>) -> StoreError,
) -> Vec<Answer> {
    fold.iter().map(|_| Err(told(error))).collect()
}

/// Whether a write failed, and no sync: then the log lacks the frame that makes a transaction count, as that frame is
/// the last one written. (It would not be on a device that writes neighbouring sectors along; on Unix SQLite assumes
/// none.)
pub(crate) fn is_failed_write(error: &rusqlite::Error) -> bool {
    error.sqlite_error().is_some_and(|failure| {
        failure.code == ErrorCode::DiskFull || failure.extended_code == ffi::SQLITE_IOERR_WRITE
    })
}

fn busy(why: &str) -> rusqlite::Error {
    rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_BUSY), Some(why.into()))
}

fn ioerr(why: &str) -> rusqlite::Error {
    rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_IOERR_FSYNC), Some(why.into()))
}
