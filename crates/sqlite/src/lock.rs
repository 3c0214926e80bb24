//! One process owns a store: an advisory lock on `<database>.lock`.
//!
//! Never on the database itself: SQLite's own locks there are POSIX locks of the process, and closing any descriptor of
//! that file drops them all.
//! `flock` and not `fcntl`: it belongs to the open file, so a second store in the same process is kept out too.
//!
//! Invariant: the lock file is never removed. Whoever removed it could take a lock on a name that is gone while another
//! takes one on the new file.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

use crate::error::OpenStoreError;
use crate::file::DbFile;

/// Holds the lock until it is dropped, or the process ends in any way.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
}

impl Lock {
    pub(crate) fn take(db: &DbFile) -> Result<Self, OpenStoreError> {
        let path = db.beside(".lock");
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(&path)
            .map_err(|error| OpenStoreError::from_io(&path, error))?;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Self { _file: file }),
            Err(Errno::WOULDBLOCK) => Err(OpenStoreError::Locked { path: db.path().into() }),
            Err(error) => Err(OpenStoreError::from_io(path, error.into())),
        }
    }
}
