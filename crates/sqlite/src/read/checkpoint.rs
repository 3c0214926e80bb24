//! Checkpoints.

use std::ops::RangeInclusive;

use rusqlite::{Connection, Row};
use sessions::id::{CheckpointId, IdBytes, LaneId, SessionId};
use sessions::model::Tag;
use sessions::store::After;
use sessions::store::rows::CheckpointRow;
use sessions::time::Timestamp;

use super::{id_after, many, newest_after, one};
use crate::column::{limit, unsigned};

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, lane, session, created_at, automatic, deleted_at, name, sealed \
             FROM checkpoint ",
            $rest
        )
    };
}

const CHECKPOINT: &str = select!("WHERE id = ?1");
const LIST: &str = select!(
    "WHERE lane = ?1 AND automatic = ?2 AND deleted_at IS NULL AND (created_at, id) < (?3, ?4) \
     ORDER BY created_at DESC, id DESC LIMIT ?5"
);
const NAMED: &str = select!(
    "WHERE lane = ?1 AND name = ?2 AND deleted_at IS NULL AND automatic = 0 \
     ORDER BY created_at DESC, id DESC LIMIT ?3"
);
const OF_SESSION: &str = select!("WHERE session = ?1 AND id > ?2 ORDER BY id LIMIT ?3");
const COUNT: &str = "SELECT count(*) FROM checkpoint \
    WHERE lane = ?1 AND automatic = 0 AND deleted_at IS NULL";
const IDS: &str = "SELECT id FROM checkpoint WHERE lane = ?1 AND id BETWEEN ?2 AND ?3 \
    AND automatic <= ?4 ORDER BY id LIMIT ?5";

#[cfg(test)]
pub(super) const QUERIES: &[&str] = &[CHECKPOINT, LIST, NAMED, OF_SESSION, COUNT, IDS];

pub(crate) fn checkpoint(
    conn: &Connection,
    id: CheckpointId,
) -> rusqlite::Result<Option<CheckpointRow>> {
    one(conn, CHECKPOINT, [id.as_bytes()], load)
}

pub(crate) fn list(
    conn: &Connection,
    lane: LaneId,
    automatic: bool,
    after: After,
    most: usize,
) -> rusqlite::Result<Vec<CheckpointRow>> {
    let (at, id) = newest_after(&after);
    many(conn, LIST, (lane.as_bytes(), automatic, at, id, limit(most)), load)
}

pub(crate) fn named(
    conn: &Connection,
    lane: LaneId,
    name: Tag,
    most: usize,
) -> rusqlite::Result<Vec<CheckpointRow>> {
    many(conn, NAMED, (lane.as_bytes(), name, limit(most)), load)
}

pub(crate) fn of_session(
    conn: &Connection,
    session: SessionId,
    after: Option<CheckpointId>,
    most: usize,
) -> rusqlite::Result<Vec<CheckpointRow>> {
    let after = id_after(after.as_ref().map(CheckpointId::as_bytes));
    many(conn, OF_SESSION, (session.as_bytes(), after, limit(most)), load)
}

pub(crate) fn count(conn: &Connection, lane: LaneId) -> rusqlite::Result<u64> {
    conn.prepare_cached(COUNT)?.query_row([lane.as_bytes()], |row| unsigned(row, 0))
}

/// The ids in a range; automatic ones too, if they are asked for.
pub(crate) fn ids(
    conn: &Connection,
    lane: LaneId,
    with_automatic: bool,
    range: &RangeInclusive<IdBytes>,
    most: usize,
) -> rusqlite::Result<Vec<IdBytes>> {
    let params = (lane.as_bytes(), range.start(), range.end(), with_automatic, limit(most));
    many(conn, IDS, params, |row| row.get(0))
}

fn load(row: &Row<'_>) -> rusqlite::Result<CheckpointRow> {
    let deleted_at: Option<i64> = row.get(5)?;
    Ok(CheckpointRow {
        id: CheckpointId::new(row.get(0)?),
        lane: LaneId::new(row.get(1)?),
        session: SessionId::new(row.get(2)?),
        created_at: Timestamp::from_millis(row.get(3)?),
        automatic: row.get(4)?,
        deleted_at: deleted_at.map(Timestamp::from_millis),
        name: row.get(6)?,
        sealed: row.get(7)?,
    })
}
