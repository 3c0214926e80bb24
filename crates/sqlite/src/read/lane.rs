//! Lanes, their journal, and what their names are bound to.

use rusqlite::{Connection, Row};
use sessions::id::{IdBytes, LaneId, SessionId};
use sessions::model::Tag;
use sessions::store::rows::{JournalRow, LaneRow, LoadedLane, RecordKind, SessionRow};
use sessions::time::Timestamp;

use super::{id_after, many, one};
use crate::column::{Coded, coded, limit, signed, unsigned};

const LANE: &str = "SELECT lane.id, version, current, owner, lane.sealed, \
    session.lane, state, last_activity_at, seals, session.sealed, \
    EXISTS (SELECT 1 FROM turn WHERE turn.lane = lane.id) \
    FROM lane JOIN session ON session.id = lane.current WHERE lane.id = ?1";
const OWNED: &str = "SELECT id, version, current, owner, sealed FROM lane \
    WHERE owner = ?1 AND id > ?2 ORDER BY id LIMIT ?3";
const ALL: &str = "SELECT id, version, current, owner, sealed FROM lane \
    WHERE id > ?1 ORDER BY id LIMIT ?2";
const JOURNAL: &str = "SELECT seq, at, sealed FROM journal \
    WHERE lane = ?1 AND seq >= ?2 ORDER BY seq LIMIT ?3";
const BINDING: &str = "SELECT id FROM binding WHERE tag = ?1";
const BINDINGS: &str = "SELECT tag, id FROM binding WHERE tag > ?1 ORDER BY tag LIMIT ?2";
const RECORDS: &str = "SELECT id, sealed FROM record \
    WHERE kind = ?1 AND id > ?2 ORDER BY id LIMIT ?3";
const RECORD: &str = "SELECT sealed FROM record WHERE kind = ?1 AND id = ?2";

#[cfg(test)]
pub(super) const QUERIES: &[&str] =
    &[LANE, OWNED, ALL, JOURNAL, BINDING, BINDINGS, RECORD, RECORDS];

/// The hot read: one statement.
pub(crate) fn loaded(conn: &Connection, id: LaneId) -> rusqlite::Result<Option<LoadedLane>> {
    one(conn, LANE, [id.as_bytes()], |row| {
        let lane = load(row)?;
        let session = SessionRow {
            id: lane.current,
            lane: LaneId::new(row.get(5)?),
            state: coded(row, 6)?,
            last_activity_at: Timestamp::from_millis(row.get(7)?),
            seals: unsigned(row, 8)?,
            sealed: row.get(9)?,
        };
        Ok(LoadedLane { lane, session, busy: row.get(10)? })
    })
}

pub(crate) fn list(
    conn: &Connection,
    owner: Option<Tag>,
    after: Option<LaneId>,
    most: usize,
) -> rusqlite::Result<Vec<LaneRow>> {
    let after = id_after(after.as_ref().map(LaneId::as_bytes));
    match owner {
        Some(owner) => many(conn, OWNED, (owner, after, limit(most)), load),
        None => many(conn, ALL, (after, limit(most)), load),
    }
}

pub(crate) fn journal(
    conn: &Connection,
    lane: LaneId,
    from: u64,
    most: usize,
) -> rusqlite::Result<Vec<JournalRow>> {
    many(conn, JOURNAL, (lane.as_bytes(), signed(from), limit(most)), |row| {
        Ok(JournalRow {
            lane,
            seq: unsigned(row, 0)?,
            at: Timestamp::from_millis(row.get(1)?),
            sealed: row.get(2)?,
        })
    })
}

pub(crate) fn binding(conn: &Connection, tag: Tag) -> rusqlite::Result<Option<IdBytes>> {
    one(conn, BINDING, [tag], |row| row.get(0))
}

pub(crate) fn record(
    conn: &Connection,
    kind: RecordKind,
    id: IdBytes,
) -> rusqlite::Result<Option<Vec<u8>>> {
    one(conn, RECORD, (kind.code(), id), |row| row.get(0))
}

pub(crate) fn bindings(
    conn: &Connection,
    after: Option<Tag>,
    most: usize,
) -> rusqlite::Result<Vec<(Tag, IdBytes)>> {
    many(conn, BINDINGS, (id_after(after.as_ref()), limit(most)), |row| {
        Ok((row.get(0)?, row.get(1)?))
    })
}

pub(crate) fn records(
    conn: &Connection,
    kind: RecordKind,
    after: Option<IdBytes>,
    most: usize,
) -> rusqlite::Result<Vec<(IdBytes, Vec<u8>)>> {
    let params = (kind.code(), id_after(after.as_ref()), limit(most));
    many(conn, RECORDS, params, |row| Ok((row.get(0)?, row.get(1)?)))
}

fn load(row: &Row<'_>) -> rusqlite::Result<LaneRow> {
    Ok(LaneRow {
        id: LaneId::new(row.get(0)?),
        version: unsigned(row, 1)?,
        current: SessionId::new(row.get(2)?),
        owner: row.get(3)?,
        sealed: row.get(4)?,
    })
}
