//! A fold: the commits that waited at one moment, in one transaction.
//!
//! Invariant: nobody is answered here. A result is the truth only when COMMIT has returned.
//!
//! No savepoint per commit: SQLite may roll the whole transaction back on a full disk or an I/O error, and what follows
//! would then run, and become durable, on its own.

use rusqlite::Connection;
use sessions::store::{Commit, Committed};

use crate::apply::{self, WriteError};
use crate::evidence::Best;
use crate::tail::Tails;

const BEGIN: &str = "BEGIN IMMEDIATE";
const COMMIT: &str = "COMMIT";

/// Where a fold failed.
#[derive(Debug)]
pub(crate) enum Fault {
    /// Before COMMIT: nothing of it happened, though the transaction may still stand.
    Inside(WriteError),
    /// In COMMIT: what is in the file must tell whether it happened.
    AtCommit { error: rusqlite::Error, committed: Vec<Committed>, evidence: Best },
}

impl From<WriteError> for Fault {
    fn from(error: WriteError) -> Self {
        Self::Inside(error)
    }
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        Self::Inside(error.into())
    }
}

/// Runs commits in their order in one transaction.
pub(crate) fn run<'a>(
    conn: &Connection,
    tails: &mut Tails,
    commits: impl ExactSizeIterator<Item = &'a Commit>,
) -> Result<Vec<Committed>, Fault> {
    let mut evidence = Best::default();
    let mut committed = Vec::with_capacity(commits.len());
    execute(conn, BEGIN)?;
    for commit in commits {
        committed.push(apply::commit(conn, tails, commit, &mut evidence)?);
    }
    match execute(conn, COMMIT) {
        Ok(()) => Ok(committed),
        // A transaction that stands was not committed.
        Err(error) if !conn.is_autocommit() => Err(error.into()),
        Err(error) => Err(Fault::AtCommit { error, committed, evidence }),
    }
}

fn execute(conn: &Connection, sql: &str) -> rusqlite::Result<()> {
    conn.prepare_cached(sql)?.execute(()).map(|_| ())
}
