//! SQLite alone: one row a transaction, on the disk that the daemon writes to, with its settings.

use std::time::Instant;

use rusqlite::Connection;
use tempfile::TempDir;

const SETTINGS: &str = "
    PRAGMA page_size = 4096;
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA secure_delete = ON;
    PRAGMA wal_autocheckpoint = 4000;
    CREATE TABLE message (position INTEGER PRIMARY KEY, content BLOB NOT NULL);
";

/// A database.
pub(crate) struct Bare {
    conn: Connection,
    _folder: TempDir,
}

impl Bare {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let conn = Connection::open(folder.path().join("bare.db")).expect("a database can be made");
        conn.execute_batch(SETTINGS).expect("the settings are right");
        Self { conn, _folder: folder }
    }

    /// Commits so often; answers how many were done a second.
    pub(crate) fn commits(&mut self, count: usize) -> f64 {
        let since = Instant::now();
        let mut insert = self.conn.prepare_cached("INSERT INTO message (content) VALUES (?1)");
        let insert = insert.as_mut().expect("the statement is right");
        for _ in 0..count {
            insert.execute([[7_u8; 200]]).expect("the disk takes it");
        }
        f64::from(u32::try_from(count).expect("there are few")) / since.elapsed().as_secs_f64()
    }
}
