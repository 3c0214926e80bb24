//! How connections are set up.
//!
//! Invariant: `synchronous` is FULL on the connection that writes: a COMMIT that returns is on the disk.
//! Invariant: nothing of the database goes to a temporary file (`temp_store`).
//!
//! Caches are small, so that the program stays small beside a large database: 8 MiB for the writer, 2 MiB for each
//! reader, no memory map (a mapped file counts as resident, and an I/O error on it is a signal, not an error).
//! What they miss the system's page cache has.

use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, ffi};

/// Nobody else writes, so only a tool of the operator can make one of these wait.
const PATIENCE: Duration = Duration::from_secs(5);

/// Statements that a connection keeps compiled: more than there are.
const STATEMENTS: usize = 96;

/// What each connection needs.
const COMMON: &str = "
    PRAGMA temp_store = MEMORY;
    PRAGMA trusted_schema = OFF;
    PRAGMA cell_size_check = ON;
";

/// What the writer needs besides. The log is carried into the database when it holds 4,000 pages (16 MiB): the default
/// of 1,000 does so four times as often and carries pages that are written again and again each time.
/// `secure_delete` overwrites what is deleted.
const WRITER: &str = "
    PRAGMA synchronous = FULL;
    PRAGMA foreign_keys = ON;
    PRAGMA secure_delete = ON;
    PRAGMA cache_size = -8000;
    PRAGMA journal_size_limit = 20000000;
";

const READER: &str = "
    PRAGMA query_only = ON;
    PRAGMA cache_size = -2000;
";

/// Opens the connection that writes. The file must exist.
pub(crate) fn open_writer(path: &Path) -> rusqlite::Result<Connection> {
    let conn = open(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    if conn.is_readonly("main")? {
        // Without the right to write, SQLite opens for reading and says nothing.
        return Err(rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_READONLY), None));
    }
    conn.execute_batch(WRITER)?;
    set_carrying(&conn, true)?;
    Ok(conn)
}

/// Opens a connection that reads.
pub(crate) fn open_reader(path: &Path) -> rusqlite::Result<Connection> {
    let conn = open(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    conn.execute_batch(READER)?;
    Ok(conn)
}

/// Opens a connection that checks or copies the whole file. It could write, and does not: of a file that cannot be
/// written, SQLite does not even read the constraints.
pub(crate) fn open_whole_reader(path: &Path) -> rusqlite::Result<Connection> {
    let conn = open(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    conn.execute_batch(READER)?;
    Ok(conn)
}

fn open(path: &Path, access: OpenFlags) -> rusqlite::Result<Connection> {
    let conn = Connection::open_with_flags(path, access | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    conn.busy_timeout(PATIENCE)?;
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    // Without this SQLite looks at bound values for the sake of partial indexes, and compiles a statement again each
    // time they change: 36 µs instead of 6 µs for the hot read (2026-11).
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    conn.set_prepared_statement_cache_capacity(STATEMENTS);
    conn.execute_batch(COMMON)?;
    Ok(conn)
}

/// Carries the whole log into the database and empties it. Answers `false` while a reader holds it up.
pub(crate) fn empty_log(conn: &Connection, patience: Duration) -> rusqlite::Result<bool> {
    checkpoint(conn, "TRUNCATE", patience)
}

/// The same, and the log keeps its room: growing again would make each commit slower for a while.
pub(crate) fn carry_log(conn: &Connection, patience: Duration) -> rusqlite::Result<bool> {
    checkpoint(conn, "RESTART", patience)
}

/// How many pages the log holds when a commit carries it into the database.
const LOG_PAGES: u32 = 4_000;

/// Whether commits carry the log into the database by themselves.
pub(crate) fn set_carrying(conn: &Connection, carries: bool) -> rusqlite::Result<()> {
    conn.pragma_update(None, "wal_autocheckpoint", if carries { LOG_PAGES } else { 0 })
}

/// Carries what there is of the log into the database while commits go on, on a connection of its own.
pub(crate) fn carry_aside(path: &Path) -> rusqlite::Result<()> {
    let conn = open_writer(path)?;
    set_carrying(&conn, false)?;
    conn.query_row("PRAGMA wal_checkpoint(PASSIVE)", (), |_| Ok(()))
}

fn checkpoint(conn: &Connection, mode: &str, patience: Duration) -> rusqlite::Result<bool> {
    conn.busy_timeout(patience)?;
    let asked = format!("PRAGMA wal_checkpoint({mode})");
    let busy = conn.query_row(&asked, (), |row| row.get::<_, i64>(0));
    conn.busy_timeout(PATIENCE)?;
    Ok(busy? == 0)
}
