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
//! Invariant: while a snapshot is there the log is not cut, so whoever holds one lets it go soon; at once where the file
//! has to be opened again after a failure (`writer`), or no commit would happen until then.

use std::fmt;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use sessions::store::StoreError;

use crate::connection::carry_aside;
use crate::queue::{Job, Queue};
use crate::store::SqliteStore;
use crate::writer::{Hold, Writer};

/// How much is copied at once.
const PIECE: usize = 256 << 10;

/// Why a copy was broken off.
const WANTED: &str = "a write to the disk failed meanwhile, and nothing can be stored until this copy has ended: look at \
the disk, then begin again";

/// How often it waits for those who read an older state.
const ATTEMPTS: u32 = 50;

impl SqliteStore {
    /// The database as it is now, to be copied while commits go on.
    ///
    /// # Errors
    /// When the log cannot be carried into the database, or somebody reads an older state for long.
    pub async fn snapshot(&self) -> Result<Snapshot, StoreError> {
        for _ in 0..ATTEMPTS {
            if let Some(hold) = self.long(Writer::hold).await? {
                let (original, path) = (Arc::clone(&self.original), self.pool.path().to_owned());
                return Snapshot::new(original, hold, path, Arc::clone(&self.queue));
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
    hold: Option<Hold>,
    path: PathBuf,
    queue: Arc<Queue>,
}

impl Snapshot {
    pub(crate) fn new(
        original: Arc<File>,
        hold: Hold,
        path: PathBuf,
        queue: Arc<Queue>,
    ) -> Result<Self, StoreError> {
        // From here on, whatever happens, the writer is let go.
        let mut snapshot = Self { original, bytes: 0, hold: Some(hold), path, queue };
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
    /// When reading or writing fails, or `copied` does, or the store needs the file for itself: what was written until then is no database.
    pub fn copy_to(
        &self,
        to: &mut impl io::Write,
        mut copied: impl FnMut(u64) -> io::Result<()>,
    ) -> io::Result<()> {
        let mut piece = vec![0; PIECE];
        let mut done = 0;
        while done < self.bytes {
            if self.is_wanted() {
                return Err(io::Error::other(WANTED));
            }
            let most = usize::try_from(self.bytes - done).unwrap_or(PIECE).min(PIECE);
            let piece = piece.get_mut(..most).unwrap_or_default();
            self.original.read_exact_at(piece, done)?;
            to.write_all(piece)?;
            done += piece.len() as u64;
            copied(done)?;
        }
        Ok(())
    }

    fn is_wanted(&self) -> bool {
        self.hold.as_ref().is_some_and(|hold| hold.is_wanted.load(Relaxed))
    }
}

impl fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Snapshot").field("bytes", &self.bytes).finish_non_exhaustive()
    }
}

impl Drop for Snapshot {
    fn drop(&mut self) {
        let is_wanted = self.is_wanted();
        self.hold = None;
        if !is_wanted && let Err(error) = carry_aside(&self.path) {
            // The writer will do it.
            tracing::debug!(%error, "the log could not be carried into the database aside");
        }
        // Nobody waits for it; where the store is closed, it was carried with that.
        let _ = self.queue.push(Job::Long(Box::new(Writer::let_go)));
    }
}

#[cfg(test)]
mod tests {
    use sessions::store::rows::Write;
    use sessions::store::{Commit, Store};

    use super::*;

    async fn bind(store: &SqliteStore, n: u8) -> Result<(), StoreError> {
        let writes = vec![Write::Bind([n; 16], [n; 16])];
        store.commit(Commit { writes, ..Commit::default() }).await.map(drop)
    }

    #[tokio::test]
    async fn a_copy_ends_where_the_file_has_to_be_opened_again_and_commits_go_on() {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(&folder.path().join("a.db")).unwrap();
        bind(&store, 1).await.unwrap();
        let snapshot = store.snapshot().await.unwrap();
        bind(&store, 2).await.unwrap();
        // As a COMMIT whose sync failed leaves it.
        let lose = |writer: &mut Writer| {
            writer.conn = None;
            Ok(())
        };
        store.long(lose).await.unwrap();
        assert!(bind(&store, 3).await.is_err(), "the log cannot be emptied beside the snapshot");
        let told = snapshot.copy_to(&mut Vec::new(), |_| Ok(())).unwrap_err();
        assert!(told.to_string().contains("look at the disk"), "{told}");
        drop(snapshot);
        bind(&store, 4).await.unwrap();
        for (n, is_there) in [(2, true), (3, false), (4, true)] {
            assert_eq!(store.binding([n; 16]).await.unwrap().is_some(), is_there, "{n}");
        }
        store.snapshot().await.unwrap().copy_to(&mut Vec::new(), |_| Ok(())).unwrap();
    }
}
