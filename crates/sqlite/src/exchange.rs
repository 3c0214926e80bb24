//! One file put in the place of another: the database is somebody's from before the first look until after the rename.
//!
//! ```text
//! claim ─▶ open, read, close ─▶ … another file is made … ─▶ replace_by
//! ```
//!
//! The lock lies beside the database and not on it (`lock`), so it holds over a rename, and where there is no database yet.
//!
//! Not here: what the other file is, and whether it is any good.
//!
//! Invariant: the name leads to one whole database at each instant, and no log of the old one is left for the new.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;

use crate::error::OpenStoreError;
use crate::file::{DbFile, Look};
use crate::lock::Lock;
use crate::store::SqliteStore;

/// What SQLite has beside a database that is open, or was not closed.
const LOG: [&str; 2] = ["-wal", "-shm"];

/// A database that is kept from everybody else, until this is dropped or the process ends in any way.
#[derive(Debug)]
pub struct Claim {
    file: DbFile,
    lock: Arc<Lock>,
}

impl Claim {
    /// Takes a database that is there.
    ///
    /// # Errors
    /// When somebody has it, or it is none.
    pub fn take(path: &Path) -> Result<Self, OpenStoreError> {
        let file = DbFile::at(path)?;
        if file.look()? == Look::Absent {
            return Err(OpenStoreError::NotADatabase { path: path.into() });
        }
        let lock = Arc::new(Lock::take(&file)?);
        // Whoever had it may have put another file there.
        if file.look()? == Look::Absent {
            return Err(OpenStoreError::NotADatabase { path: path.into() });
        }
        Ok(Self { file, lock })
    }

    /// Takes the place of a database, whether there is one or not. The folder must be there.
    ///
    /// # Errors
    /// When somebody has it, or it can be no file.
    pub fn take_place(path: &Path) -> Result<Self, OpenStoreError> {
        let file = DbFile::at(path)?;
        let lock = Arc::new(Lock::take(&file)?);
        Ok(Self { file, lock })
    }

    /// Where it is, without symbolic links.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.file.path()
    }

    /// A file that belongs to it: its name and `suffix`.
    #[must_use]
    pub fn beside(&self, suffix: &str) -> PathBuf {
        self.file.beside(suffix)
    }

    /// Opens it, for one at a time.
    ///
    /// # Errors
    /// See [`OpenStoreError`]; `Locked` while a store that was opened before is not dropped.
    pub fn open(&self) -> Result<SqliteStore, OpenStoreError> {
        self.refuse_if_open()?;
        SqliteStore::open_locked(self.file.clone(), Arc::clone(&self.lock))
    }

    /// Looks whether nobody has it open: neither this process, nor a program that knows nothing of the lock.
    ///
    /// # Errors
    /// `Locked`, or `Open` while its log is there although it was closed.
    pub fn look_closed(&self) -> Result<(), OpenStoreError> {
        self.refuse_if_open()?;
        match LOG.iter().find(|suffix| self.beside(suffix).exists()) {
            None => Ok(()),
            Some(_) => Err(OpenStoreError::Open { path: self.path().into() }),
        }
    }

    /// Puts another database in its place, a closed one in the same folder. This stays claimed.
    ///
    /// # Errors
    /// When somebody has either open, or the system fails: then the old one is in its place, or the new one.
    pub fn replace_by(&self, other: &Path) -> Result<(), OpenStoreError> {
        self.look_closed()?;
        self.put(other, |from, to| fs::rename(from, to))
    }

    /// Puts a database where there is none, a closed one in the same folder. This stays claimed.
    ///
    /// # Errors
    /// When something is there, somebody has the other one open, or the system fails.
    pub fn fill_by(&self, other: &Path) -> Result<(), OpenStoreError> {
        self.look_closed()?;
        self.put(other, rename_to_nothing)
    }

    fn put(
        &self,
        other: &Path,
        rename: impl FnOnce(&Path, &Path) -> io::Result<()>,
    ) -> Result<(), OpenStoreError> {
        let other_file = DbFile::at(other)?;
        // Comes first: a look at a database with a log leaves something there itself.
        if LOG.iter().any(|suffix| other_file.beside(suffix).exists()) {
            return Err(OpenStoreError::Open { path: other.into() });
        }
        if other_file.look()? == Look::Absent {
            return Err(OpenStoreError::NotADatabase { path: other.into() });
        }
        let put = || -> io::Result<()> {
            File::open(other_file.path())?.sync_all()?;
            rename(other_file.path(), self.path())?;
            File::open(self.file.folder())?.sync_all()
        };
        put().map_err(|error| OpenStoreError::from_io(self.path(), error))
    }

    fn refuse_if_open(&self) -> Result<(), OpenStoreError> {
        if Arc::strong_count(&self.lock) == 1 {
            return Ok(());
        }
        Err(OpenStoreError::Locked { path: self.path().into() })
    }
}

/// Renames a file, unless something has the name already.
fn rename_to_nothing(from: &Path, to: &Path) -> io::Result<()> {
    match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
        // Not every file system can. Whoever heeds the lock makes none meanwhile.
        Err(Errno::INVAL) if fs::symlink_metadata(to).is_err() => fs::rename(from, to),
        Err(Errno::INVAL) => Err(io::ErrorKind::AlreadyExists.into()),
        ended => Ok(ended?),
    }
}
