//! The database at one instant, copied byte for byte while commits go on.
//!
//! The log is carried into the database, and a reader begins in the same moment. As long as that reads, it
//! reads the database file alone, and SQLite carries nothing into that file; what is committed meanwhile gathers in the
//! log. So the file can be read like any other, as fast as the disk is, and a slow destination delays no commit.
//!
//! What has gathered is carried into the database afterwards on a connection of its own: left to the next commit, it would
//! wait for all of it (half a second after 80 MiB, 2026-11).
//!
//! Lost: the backup API in steps, which begins anew at each commit and never ends beside a busy writer; in one step, and
//! `VACUUM INTO`, which both need a path that the daemon may write, and more CPU (2026-11).
//!
//! Invariant: while a snapshot is there the log is not cut, so whoever holds one lets it go soon.

use std::fmt;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::sync::Arc;

use rusqlite::Connection;
use sessions::store::StoreError;

use crate::connection::carry_aside;
use crate::queue::{Job, Queue};
use crate::store::SqliteStore;
use crate::writer::Writer;

/// How much is copied at once.
const PIECE: usize = 256 << 10;

/// How often it waits for those who read an older state.
const ATTEMPTS: u32 = 50;

impl SqliteStore {
    /// The database as it is now, to be copied while commits go on.
    ///
    /// # Errors
    /// When the log cannot be carried into the database, or somebody reads an older state for long.
    pub async fn snapshot(&self) -> Result<Snapshot, StoreError> {
        for _ in 0..ATTEMPTS {
            if let Some(reader) = self.long(Writer::hold).await? {
                let (original, path) = (Arc::clone(&self.original), self.pool.path().to_owned());
                return Snapshot::new(original, reader, path, Arc::clone(&self.queue));
            }
        }
        let why = "somebody has been reading the database for long";
        Err(StoreError::Io(why.into()))
    }
}

/// The database at one instant.
pub struct Snapshot {
    original: Arc<File>,
    bytes: u64,
    /// Keeps the file as it is.
    reader: Option<Connection>,
    path: PathBuf,
    queue: Arc<Queue>,
}

impl Snapshot {
    pub(crate) fn new(
        original: Arc<File>,
        reader: Connection,
        path: PathBuf,
        queue: Arc<Queue>,
    ) -> Result<Self, StoreError> {
        // From here on, whatever happens, the writer is let go.
        let mut snapshot = Self { original, bytes: 0, reader: Some(reader), path, queue };
        let found = snapshot.original.metadata();
        snapshot.bytes = found.map_err(|error| StoreError::Io(error.into()))?.len();
        Ok(snapshot)
    }

    /// How long it is, in bytes.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Writes it all, piece by piece; `copied` hears after each how many bytes there are by then, and can end it. This
    /// blocks its thread.
    ///
    /// # Errors
    /// When reading or writing fails, or `copied` does: what was written until then is no database.
    pub fn copy_to(
        &self,
        to: &mut impl io::Write,
        mut copied: impl FnMut(u64) -> io::Result<()>,
    ) -> io::Result<()> {
        let mut piece = vec![0; PIECE];
        let mut done = 0;
        while done < self.bytes {
            let most = usize::try_from(self.bytes - done).unwrap_or(PIECE).min(PIECE);
            let piece = piece.get_mut(..most).unwrap_or_default();
            self.original.read_exact_at(piece, done)?;
            to.write_all(piece)?;
            done += piece.len() as u64;
            copied(done)?;
        }
        Ok(())
    }
}

impl fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Snapshot").field("bytes", &self.bytes).finish_non_exhaustive()
    }
}

impl Drop for Snapshot {
    fn drop(&mut self) {
        self.reader = None;
        if let Err(error) = carry_aside(&self.path) {
            // The writer will do it.
            tracing::debug!(%error, "the log could not be carried into the database aside");
        }
        // Nobody waits for it; where the store is closed, it was carried with that.
        let _ = self.queue.push(Job::Long(Box::new(Writer::let_go)));
    }
}
