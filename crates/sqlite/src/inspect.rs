//! A database that nobody uses, such as a backup: looked at without a key, and without a change to it or beside it.

use std::path::Path;

use rusqlite::{Connection, OpenFlags};
use sessions::store::rows::Header;

use crate::error::OpenStoreError;
use crate::file::{DbFile, Look};
use crate::{read, schema};

/// What a database is, as far as it can be told without its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inspection {
    /// Whether it is sealed.
    pub is_sealed: bool,
    /// The version of the master key that it is sealed under; 0 if it is not sealed.
    pub key_version: u32,
    /// How many sessions it holds.
    pub sessions: u64,
    /// How many messages.
    pub messages: u64,
    /// When anything last happened in it, in milliseconds since 1970; `None` if it is empty.
    pub last_activity: Option<i64>,
}

/// Opens a database for reading and checks its structure: every page, every index.
///
/// # Errors
/// When it is none, is from a newer program, or is damaged; when its log is not carried into it, as this reads the file
/// alone.
pub fn inspect(path: &Path) -> Result<Inspection, OpenStoreError> {
    let file = DbFile::at(path)?;
    if file.has_log() {
        return Err(OpenStoreError::NotClosed { path: file.path().into() });
    }
    if file.look()? == Look::Absent {
        return Err(OpenStoreError::NotADatabase { path: path.into() });
    }
    let sqlite = |error| OpenStoreError::from_sqlite(path, error);
    let conn = open_unchanged(file.path()).map_err(sqlite)?;
    let found: String =
        conn.query_row("PRAGMA quick_check(1)", (), |row| row.get(0)).map_err(sqlite)?;
    if found != "ok" {
        return Err(OpenStoreError::Damaged { path: path.into(), what: found });
    }
    look_into(&conn).map_err(sqlite)
}

/// What a database says of its keys, after the same looks that opening begins with; its rows are not read. `None` if there
/// is no database, it was never used, or it is of an earlier version.
///
/// # Errors
/// Those that opening for reading would have: it is none, is from a newer program, or is damaged.
pub fn header(path: &Path) -> Result<Option<Header>, OpenStoreError> {
    let file = DbFile::at(path)?;
    if file.look()? == Look::Absent {
        return Ok(None);
    }
    let read = || {
        // What is newest may be in a log that was left.
        let conn =
            if file.has_log() { file.open_with_log()? } else { open_unchanged(file.path())? };
        if schema::version(&conn)? < schema::newest() {
            return Ok(None);
        }
        read::key::header(&conn)
    };
    read().map_err(|error| OpenStoreError::from_sqlite(path, error))
}

fn look_into(conn: &Connection) -> rusqlite::Result<Inspection> {
    let (mode, key_version): (u8, u32) =
        conn.query_row("SELECT mode, key_version FROM header", (), |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
    let count = |what: &str| conn.query_row(what, (), |row| row.get::<_, i64>(0));
    let sessions = count("SELECT count(*) FROM session")?;
    // Rows at the last position are no messages (`tail.rs`).
    let messages = count("SELECT count(*) FROM message WHERE key & 0xffffffff <> 0xffffffff")?;
    let last_activity =
        conn.query_row("SELECT max(last_activity_at) FROM session", (), |row| row.get(0))?;
    Ok(Inspection {
        is_sealed: mode == 1,
        key_version,
        sessions: sessions.unsigned_abs(),
        messages: messages.unsigned_abs(),
        last_activity,
    })
}

/// Opens it as a file that nobody changes: neither a log nor a lock comes to be.
fn open_unchanged(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_URI;
    Connection::open_with_flags(format!("file:{}?immutable=1", encoded(path)), flags)
}

/// A path as a URI wants it.
fn encoded(path: &Path) -> String {
    use std::os::unix::ffi::OsStrExt;
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-_.~".contains(&byte);
    let letter = |byte: &u8| match *byte {
        byte if is_plain(byte) => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    path.as_os_str().as_bytes().iter().map(letter).collect()
}
