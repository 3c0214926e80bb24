//! What can go wrong, in the words of those who must act on it.
//!
//! `OpenStoreError` is for the terminal: each variant names the file and says what to do.
//! What goes wrong later is the trait's `StoreError`; `store_error` tells which.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use rusqlite::{ErrorCode, ffi};
use sessions::store::{Cause, StoreError};

/// Why a store was not opened. A file that is refused stays as it was.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenStoreError {
    /// The path is a folder or a device.
    #[error("{path} is not a file: give the path of the database file itself")]
    NotAFile {
        /// The path.
        path: PathBuf,
    },
    /// The folder of the file does not exist.
    #[error(
        "the folder {path} does not exist: create it, readable and writable for this user only"
    )]
    NoFolder {
        /// The folder.
        path: PathBuf,
    },
    /// Another process has it.
    #[error("another sessionsd is using {path}: stop it, or give this one a database of its own")]
    Locked {
        /// The database.
        path: PathBuf,
    },
    /// A program that knows nothing of the lock has it open.
    #[error("another program has {path} open: end it first")]
    Open {
        /// The database.
        path: PathBuf,
    },
    /// It is to be read as it is, and a part of it is in its log.
    #[error(
        "{path} was not closed: what was committed last is in {path}-wal. Put all files whose names begin like it back \
         in the place of a database and run `sessionsd verify` there, which carries the log into it; then run this again"
    )]
    NotClosed {
        /// The database.
        path: PathBuf,
    },
    /// A newer program wrote it.
    #[error(
        "{path} was written by a newer sessionsd (its version is {found}, this program knows up to {known}): \
         update this program, or restore a backup from before the update"
    )]
    FromTheFuture {
        /// The database.
        path: PathBuf,
        /// The version of the file.
        found: u32,
        /// The last version that this program knows.
        known: u32,
    },
    /// It holds something else.
    #[error("{path} is not a sessionsd database: it is left as it is; give another path")]
    NotADatabase {
        /// The file.
        path: PathBuf,
    },
    /// It is one of ours, but broken.
    #[error(
        "{path} is damaged ({what}): keep a copy of it and of the files beside it, then restore a backup"
    )]
    Damaged {
        /// The database.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// There are rights for reading only, or none.
    #[error("{path} cannot be written: check the rights of the file and its folder")]
    ReadOnly {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// There is no room left.
    #[error("the disk of {path} is full: make room and start again")]
    Full {
        /// The file.
        path: PathBuf,
    },
    /// A step to the newest version failed; the file is at the step before.
    #[error("{path} could not be brought to version {number}: it is kept at the version before")]
    Migration {
        /// The database.
        path: PathBuf,
        /// The step.
        number: u32,
        /// What SQLite said.
        #[source]
        source: rusqlite::Error,
    },
    /// Anything else of the system.
    #[error("{path} could not be opened")]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
}

impl OpenStoreError {
    /// What the system said of a file.
    pub(crate) fn from_io(path: impl Into<PathBuf>, source: io::Error) -> Self {
        let path = path.into();
        // `ErrorKind` is open-ended: what is not named here is `Io`.
        #[allow(clippy::wildcard_enum_match_arm, reason = "the kinds are not ours to list")]
        match source.kind() {
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                Self::ReadOnly { path, source }
            }
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::Full { path },
            io::ErrorKind::IsADirectory => Self::NotAFile { path },
            _ => Self::Io { path, source },
        }
    }

    /// What SQLite said of a file that is one of ours.
    pub(crate) fn from_sqlite(path: impl Into<PathBuf>, source: rusqlite::Error) -> Self {
        let path = path.into();
        match Kind::of(&source) {
            Kind::Full => Self::Full { path },
            Kind::ReadOnly => Self::ReadOnly { path, source: io::Error::other(source) },
            Kind::Damaged => Self::Damaged { path, what: source.to_string() },
            Kind::Other => Self::Io { path, source: io::Error::other(source) },
        }
    }
}

/// What SQLite answers when the system refused to write.
const FAILED_WRITES: [i32; 6] = [
    ffi::SQLITE_IOERR_WRITE,
    ffi::SQLITE_IOERR_FSYNC,
    ffi::SQLITE_IOERR_DIR_FSYNC,
    ffi::SQLITE_IOERR_TRUNCATE,
    ffi::SQLITE_IOERR_DELETE,
    ffi::SQLITE_IOERR_SHMOPEN,
];

/// What to do about an error of SQLite.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Full,
    ReadOnly,
    Damaged,
    Other,
}

impl Kind {
    pub(crate) fn of(error: &rusqlite::Error) -> Self {
        #[allow(clippy::wildcard_enum_match_arm, reason = "both enums are open-ended and not ours")]
        match error {
            // The index of the log could not be made larger.
            rusqlite::Error::SqliteFailure(failure, _)
                if failure.extended_code == ffi::SQLITE_IOERR_SHMSIZE =>
            {
                Self::Full
            }
            // A file that was open when its file system became read-only, or whose disk fails.
            rusqlite::Error::SqliteFailure(failure, _)
                if FAILED_WRITES.contains(&failure.extended_code) =>
            {
                Self::ReadOnly
            }
            rusqlite::Error::SqliteFailure(failure, _) => match failure.code {
                ErrorCode::DiskFull => Self::Full,
                ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::CannotOpen => {
                    Self::ReadOnly
                }
                ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => Self::Damaged,
                _ => Self::Other,
            },
            // A column holds what nothing here has written.
            rusqlite::Error::FromSqlConversionFailure(..)
            | rusqlite::Error::IntegralValueOutOfRange(..)
            | rusqlite::Error::InvalidColumnType(..) => Self::Damaged,
            _ => Self::Other,
        }
    }
}

/// The trait's error for an error of SQLite.
pub(crate) fn store_error(error: rusqlite::Error) -> StoreError {
    of_kind(Kind::of(&error), error.into())
}

/// The same, for one error that several callers hear.
pub(crate) fn shared_store_error(error: &Arc<rusqlite::Error>) -> StoreError {
    of_kind(Kind::of(error), error.clone().into())
}

fn of_kind(kind: Kind, cause: Cause) -> StoreError {
    match kind {
        Kind::Full => StoreError::Full(cause),
        Kind::ReadOnly => StoreError::ReadOnly(cause),
        Kind::Damaged => StoreError::Damaged(cause),
        Kind::Other => StoreError::Io(cause),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_error_of_sqlite_is_told_by_what_to_do_about_it() {
        let kind = |code| Kind::of(&rusqlite::Error::SqliteFailure(ffi::Error::new(code), None));
        assert_eq!(kind(ffi::SQLITE_FULL), Kind::Full);
        assert_eq!(kind(ffi::SQLITE_IOERR_SHMSIZE), Kind::Full);
        assert_eq!(kind(ffi::SQLITE_READONLY_DBMOVED), Kind::ReadOnly);
        assert_eq!(kind(ffi::SQLITE_PERM), Kind::ReadOnly);
        assert_eq!(kind(ffi::SQLITE_IOERR_WRITE), Kind::ReadOnly);
        assert_eq!(kind(ffi::SQLITE_CANTOPEN), Kind::ReadOnly);
        assert_eq!(kind(ffi::SQLITE_CORRUPT), Kind::Damaged);
        assert_eq!(kind(ffi::SQLITE_NOTADB), Kind::Damaged);
        assert_eq!(kind(ffi::SQLITE_IOERR_READ), Kind::Other);
        assert_eq!(kind(ffi::SQLITE_CONSTRAINT_PRIMARYKEY), Kind::Other);
    }

    #[test]
    fn each_error_of_the_system_is_told_by_what_to_do_about_it() {
        let error = |kind: io::ErrorKind| OpenStoreError::from_io("x.db", kind.into());
        assert!(matches!(error(io::ErrorKind::PermissionDenied), OpenStoreError::ReadOnly { .. }));
        assert!(matches!(
            error(io::ErrorKind::ReadOnlyFilesystem),
            OpenStoreError::ReadOnly { .. }
        ));
        assert!(matches!(error(io::ErrorKind::StorageFull), OpenStoreError::Full { .. }));
        assert!(matches!(error(io::ErrorKind::IsADirectory), OpenStoreError::NotAFile { .. }));
        assert!(matches!(error(io::ErrorKind::TimedOut), OpenStoreError::Io { .. }));
    }
}
