//! The database as a file: where it is, and what can be told of it before SQLite touches it.
//!
//! A look reads the first 100 bytes. Only when a write-ahead log with something in it lies beside the file is SQLite
//! asked, on a read-only connection that leaves the log where it is: the newest version may be in there.
//!
//! Invariant: nothing here is called once SQLite has the file open for good; closing a descriptor of it would drop
//! SQLite's locks.
//! Invariant: a look writes nothing to the database or its log.

use std::ffi::OsString;
use std::fs::{self, File, Permissions};
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use crate::error::OpenStoreError;
use crate::schema::{self, APPLICATION_ID};

const MAGIC: &[u8; 16] = b"SQLite format 3\0";

/// Where a database is: an absolute path without symbolic links, so that all names of one file lead to one lock.
#[derive(Debug, Clone)]
pub(crate) struct DbFile {
    path: PathBuf,
}

/// What a look found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Look {
    /// There is no file, or an empty one.
    Absent,
    /// A database of ours of a version that is known.
    Ours,
}

/// What the first 100 bytes of a database say.
struct Start {
    bytes: [u8; 100],
}

impl DbFile {
    /// Refuses what can be no file. Nothing is created.
    pub(crate) fn at(path: &Path) -> Result<Self, OpenStoreError> {
        let is_file = match fs::metadata(path) {
            Ok(found) => found.is_file(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Self::absent(path),
            Err(error) => return Err(OpenStoreError::from_io(path, error)),
        };
        if !is_file {
            return Err(OpenStoreError::NotAFile { path: path.into() });
        }
        let path = fs::canonicalize(path).map_err(|error| OpenStoreError::from_io(path, error))?;
        Ok(Self { path })
    }

    fn absent(path: &Path) -> Result<Self, OpenStoreError> {
        let Some(name) = path.file_name() else {
            return Err(OpenStoreError::NotAFile { path: path.into() });
        };
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            Some(_) | None => Path::new("."),
        };
        match fs::canonicalize(folder) {
            Ok(folder) if folder.is_dir() => Ok(Self { path: folder.join(name) }),
            Ok(folder) => Err(OpenStoreError::NoFolder { path: folder }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Err(OpenStoreError::NoFolder { path: folder.into() })
            }
            Err(error) => Err(OpenStoreError::from_io(folder, error)),
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new("/"))
    }

    /// The path of a file that belongs to this one: its name and `suffix`.
    pub(crate) fn beside(&self, suffix: &str) -> PathBuf {
        let mut name = OsString::from(&self.path);
        name.push(suffix);
        PathBuf::from(name)
    }

    /// Whether a write-ahead log with something in it lies beside it.
    pub(crate) fn has_log(&self) -> bool {
        fs::metadata(self.beside("-wal")).is_ok_and(|log| log.len() > 0)
    }

    /// Tells what is there, without changing it.
    pub(crate) fn look(&self) -> Result<Look, OpenStoreError> {
        let has_log = self.has_log();
        let length = match fs::metadata(&self.path) {
            Ok(found) => found.len(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => 0,
            Err(error) => return Err(self.failed(error)),
        };
        match (length, has_log) {
            (0, false) => Ok(Look::Absent),
            // A new file would take the old log for its own.
            (0, true) => {
                Err(self.damaged("its write-ahead log is there, but the file is gone or empty"))
            }
            (_, false) => self.check(&self.start()?, Some(length)),
            (_, true) => {
                self.check(&self.start()?, None)?;
                self.check_version(self.version_in_log()?)
            }
        }
    }

    fn check(&self, start: &Start, length: Option<u64>) -> Result<Look, OpenStoreError> {
        if !start.is_sqlite() || start.number(68) != APPLICATION_ID.cast_unsigned() {
            return Err(OpenStoreError::NotADatabase { path: self.path.clone() });
        }
        // Without a log the file must be as long as it says it is.
        if length.is_some_and(|length| length < start.length()) {
            return Err(self.damaged("its end is missing"));
        }
        self.check_version(start.number(60))
    }

    fn check_version(&self, found: u32) -> Result<Look, OpenStoreError> {
        let known = schema::newest();
        if found > known {
            return Err(OpenStoreError::FromTheFuture { path: self.path.clone(), found, known });
        }
        if found == 0 {
            // A database of ours comes into being with its first version.
            return Err(self.damaged("it has no version"));
        }
        Ok(Look::Ours)
    }

    fn start(&self) -> Result<Start, OpenStoreError> {
        let mut bytes = [0; 100];
        let mut file = File::open(&self.path).map_err(|error| self.failed(error))?;
        match file.read_exact(&mut bytes) {
            Ok(()) => Ok(Start { bytes }),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                Err(OpenStoreError::NotADatabase { path: self.path.clone() })
            }
            Err(error) => Err(self.failed(error)),
        }
    }

    fn version_in_log(&self) -> Result<u32, OpenStoreError> {
        let version = self.open_with_log().and_then(|conn| schema::version(&conn));
        version.map_err(|error| OpenStoreError::from_sqlite(&self.path, error))
    }

    /// Opens it for reading, with its log, which stays as it is.
    pub(crate) fn open_with_log(&self) -> rusqlite::Result<Connection> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let conn = Connection::open_with_flags(&self.path, flags)?;
        conn.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
        Ok(conn)
    }

    /// Takes the rights of everybody else away. SQLite gives the log the rights of the file.
    pub(crate) fn keep_private(&self) -> Result<(), OpenStoreError> {
        let mode =
            fs::metadata(&self.path).map_err(|error| self.failed(error))?.permissions().mode();
        if mode & 0o077 == 0 {
            return Ok(());
        }
        tracing::warn!(
            mode = format!("{:o}", mode & 0o777),
            "others could read the database: not any more"
        );
        fs::set_permissions(&self.path, Permissions::from_mode(mode & 0o700))
            .map_err(|error| self.failed(error))
    }

    fn failed(&self, error: io::Error) -> OpenStoreError {
        OpenStoreError::from_io(&self.path, error)
    }

    fn damaged(&self, what: &str) -> OpenStoreError {
        OpenStoreError::Damaged { path: self.path.clone(), what: what.into() }
    }
}

impl Start {
    fn is_sqlite(&self) -> bool {
        self.bytes.starts_with(MAGIC)
    }

    /// A number of four bytes; the fields are those of the SQLite file format, section 1.3.
    fn number(&self, offset: usize) -> u32 {
        let field = self.bytes.get(offset..).and_then(<[u8]>::first_chunk);
        field.copied().map_or(0, u32::from_be_bytes)
    }

    /// How long the file says it is.
    fn length(&self) -> u64 {
        let field = self.bytes.get(16..).and_then(<[u8]>::first_chunk);
        let page_size = match field.copied().map_or(0, u16::from_be_bytes) {
            1 => 65_536,
            size => u64::from(size),
        };
        u64::from(self.number(28)) * page_size
    }
}
