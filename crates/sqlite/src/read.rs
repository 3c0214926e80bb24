//! The trait's reads as SQL, by what they are about.
//!
//! Invariant: each is found by an index and bounded by a key or a limit (a test asks SQLite for its plans).
//! The exceptions: `lanes` without an owner walks the table from `after` on, which is what is asked for;
//! counting rows or keys visits them all, which is what is asked for;
//! `stale_sessions` of current sessions visits all current ones, as those are in no index by activity.

pub(crate) mod checkpoint;
pub(crate) mod count;
pub(crate) mod delivery;
pub(crate) mod key;
pub(crate) mod lane;
pub(crate) mod message;
pub(crate) mod session;

use rusqlite::{Connection, OptionalExtension, Params, Row};
use sessions::id::IdBytes;
use sessions::store::After;

/// Greater than every id: one byte longer than the greatest.
const ABOVE_ALL: &[u8] = &[0xff; 17];

/// Smaller than every id.
const BELOW_ALL: &[u8] = &[];

fn one<T>(
    conn: &Connection,
    sql: &str,
    params: impl Params,
    load: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
) -> rusqlite::Result<Option<T>> {
    conn.prepare_cached(sql)?.query_row(params, load).optional()
}

fn many<T>(
    conn: &Connection,
    sql: &str,
    params: impl Params,
    load: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> rusqlite::Result<Vec<T>> {
    conn.prepare_cached(sql)?.query_map(params, load)?.collect()
}

/// Where a list that is read from the newest on goes on: what is below this.
fn newest_after(after: &After) -> (i64, &[u8]) {
    after.as_ref().map_or((i64::MAX, ABOVE_ALL), |(at, id)| (at.as_millis(), id))
}

/// Where a list that is read from the oldest on goes on: what is above this.
fn oldest_after(after: &After) -> (i64, &[u8]) {
    after.as_ref().map_or((i64::MIN, BELOW_ALL), |(at, id)| (at.as_millis(), id))
}

/// Where a list in the order of ids goes on: what is above this.
fn id_after(after: Option<&IdBytes>) -> &[u8] {
    after.map_or(BELOW_ALL, |id| id)
}

#[cfg(test)]
mod tests;
