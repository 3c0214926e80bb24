//! The same rows through rusqlite alone: what the disk and SQLite allow, in plain text.

use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::{Connection, OpenFlags};

use crate::Bench;
use crate::round::each;
use crate::text::message;

/// The store's own settings, as far as they cost anything.
const SETTINGS: &str = "
    PRAGMA page_size = 4096;
    PRAGMA auto_vacuum = INCREMENTAL;
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA secure_delete = ON;
    PRAGMA cache_size = -8000;
    PRAGMA wal_autocheckpoint = 4000;
    CREATE TABLE message (session INTEGER NOT NULL, position INTEGER NOT NULL, content BLOB NOT NULL,
        PRIMARY KEY (session, position)) WITHOUT ROWID;
";

const INSERT: &str = "INSERT INTO message VALUES (1, ?1, ?2)";
const NEWEST: &str = "SELECT position, content FROM message WHERE session = 1 \
    ORDER BY position DESC LIMIT ?1";

const NEWEST_SEALED: &str = "SELECT key, role, created_at, importance, tokenizer, tokens, sealed \
    FROM message WHERE key > ?1 ORDER BY key DESC LIMIT ?2";

/// A log that is carried into the database when it holds 4,000 pages.
const LOG_BYTES: u64 = 4_000 * 4_096;

pub(crate) struct Bare {
    conn: Connection,
    next: usize,
}

impl Bare {
    /// A new database with so many messages.
    pub(crate) fn new(path: &Path, messages: usize) -> anyhow::Result<Self> {
        let conn = Connection::open(path)?;
        conn.execute_batch(SETTINGS)?;
        let mut bare = Self { conn, next: 1 };
        bare.conn.execute_batch("BEGIN")?;
        for _ in 0..messages {
            bare.append()?;
        }
        bare.conn.execute_batch("COMMIT")?;
        Ok(bare)
    }

    fn append(&mut self) -> anyhow::Result<()> {
        let mut insert = self.conn.prepare_cached(INSERT)?;
        insert.execute((i64::try_from(self.next)?, message(self.next).as_bytes()))?;
        self.next += 1;
        Ok(())
    }

    /// Appends messages, one transaction each.
    pub(crate) fn append_each(&mut self, count: usize) -> anyhow::Result<Duration> {
        let since = Instant::now();
        for _ in 0..count {
            self.append()?;
        }
        Ok(each(since, count))
    }

    /// Reads the newest messages, oldest first, so often.
    pub(crate) fn read_newest(&self, limit: usize, times: usize) -> anyhow::Result<Duration> {
        let most = i64::try_from(limit)?;
        let since = Instant::now();
        for _ in 0..times {
            let mut select = self.conn.prepare_cached(NEWEST)?;
            let rows = select.query_map([most], |row| Ok((row.get(0)?, row.get(1)?)))?;
            let mut rows: Vec<(i64, Vec<u8>)> = rows.collect::<Result<_, _>>()?;
            rows.reverse();
            anyhow::ensure!(rows.len() == limit, "{} of {limit} rows", rows.len());
            std::hint::black_box(rows);
        }
        Ok(each(since, times))
    }
}

/// The rows of a store itself, read without being opened.
pub(crate) struct BareRows {
    conn: Connection,
    least: i64,
}

type SealedRow = (i64, i64, i64, i64, Option<i64>, Option<i64>, Vec<u8>);

impl BareRows {
    /// Beside a store that is open, whose newest timeline is read.
    pub(crate) fn of(database: &Path) -> anyhow::Result<Self> {
        let conn = Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        conn.execute_batch("PRAGMA cache_size = -2000")?;
        let least =
            conn.query_row("SELECT max(key) >> 32 << 32 FROM message", (), |row| row.get(0))?;
        Ok(Self { conn, least })
    }

    /// Reads the newest rows, oldest first, so often.
    pub(crate) fn read_newest(&self, limit: usize, times: usize) -> anyhow::Result<Duration> {
        let most = i64::try_from(limit)?;
        let since = Instant::now();
        for _ in 0..times {
            let mut select = self.conn.prepare_cached(NEWEST_SEALED)?;
            let rows = select.query_map([self.least, most], |row| row.try_into())?;
            let mut rows: Vec<SealedRow> = rows.collect::<Result<_, _>>()?;
            rows.reverse();
            anyhow::ensure!(rows.len() == limit, "{} of {limit} rows", rows.len());
            std::hint::black_box(rows);
        }
        Ok(each(since, times))
    }
}

/// Writes until the log of a database has its full length: in the daily life of a database it is written over and over,
/// and a sync after growing it takes twice the time of one after writing over it.
pub(crate) fn fill_log(
    bench: &Bench,
    database: &Path,
    mut write: impl FnMut() -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let mut log = database.as_os_str().to_owned();
    log.push("-wal");
    while bench.size.fills_logs && std::fs::metadata(&log)?.len() < LOG_BYTES {
        write()?;
    }
    Ok(())
}

/// How many bytes a database has, free pages and what is still in its log included.
pub(crate) fn size_of(database: &Path) -> anyhow::Result<i64> {
    let conn = Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let pages: i64 = conn.query_row("PRAGMA page_count", (), |row| row.get(0))?;
    Ok(pages * 4096)
}
