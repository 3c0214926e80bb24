//! Opening: who has the file, what is it, is it new enough, and only then SQLite.
//!
//! A new database is made beside its place (`<database>.new`), complete with all migrations, and moved there: whoever
//! finds a file finds a whole one, and a crash on the way leaves only a file that the next start removes.
//!
//! Invariant: the file is private before SQLite first opens it, as its log gets the same rights.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::time::Duration;

use rusqlite::Connection;

use crate::connection::{empty_log, open_writer};
use crate::error::{Kind, OpenStoreError};
use crate::file::{DbFile, Look};
use crate::schema::{self, APPLICATION_ID};

/// Settings that must come before the first table.
const BIRTH: &str = "
    PRAGMA page_size = 4096;
    PRAGMA auto_vacuum = INCREMENTAL;
    PRAGMA journal_mode = WAL;
";

/// Opens the database for writing; creates it if there is none. The lock is taken already.
pub(crate) fn open(file: &DbFile) -> Result<Connection, OpenStoreError> {
    match file.look()? {
        Look::Absent => create(file)?,
        Look::Ours => file.keep_private()?,
    }
    let sqlite = |error| OpenStoreError::from_sqlite(file.path(), error);
    let conn = open_writer(file.path()).map_err(sqlite)?;
    let mode: String =
        conn.pragma_query_value(None, "journal_mode", |row| row.get(0)).map_err(sqlite)?;
    if mode != "wal" {
        // Some tools switch the log off and leave it so.
        conn.pragma_update(None, "journal_mode", "WAL").map_err(sqlite)?;
    }
    migrate(&conn, file)?;
    Ok(conn)
}

fn migrate(conn: &Connection, file: &DbFile) -> Result<(), OpenStoreError> {
    schema::migrate(conn, schema::newest()).map_err(|failed| {
        let path = file.path().into();
        match Kind::of(&failed.source) {
            Kind::Full => OpenStoreError::Full { path },
            Kind::ReadOnly | Kind::Damaged | Kind::Other => {
                OpenStoreError::Migration { path, number: failed.number, source: failed.source }
            }
        }
    })
}

fn create(file: &DbFile) -> Result<(), OpenStoreError> {
    let path = file.beside(".new");
    let system = |error| OpenStoreError::from_io(file.path(), error);
    let sqlite = |error| OpenStoreError::from_sqlite(file.path(), error);
    for left_over in [".new", ".new-wal", ".new-shm", ".new-journal"] {
        remove(file, left_over).map_err(system)?;
    }
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path).map_err(system)?;
    let conn = open_writer(&path).map_err(sqlite)?;
    conn.execute_batch(BIRTH).map_err(sqlite)?;
    conn.pragma_update(None, "application_id", APPLICATION_ID).map_err(sqlite)?;
    migrate(&conn, file)?;
    // Closing would do this too, but would not tell of a failure.
    if !empty_log(&conn, Duration::ZERO).map_err(sqlite)? {
        return Err(OpenStoreError::Locked { path });
    }
    conn.close().map_err(|(_, error)| sqlite(error))?;
    fs::rename(&path, file.path()).map_err(system)?;
    File::open(file.folder()).and_then(|folder| folder.sync_all()).map_err(system)
}

fn remove(file: &DbFile, suffix: &str) -> io::Result<()> {
    match fs::remove_file(file.beside(suffix)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}
