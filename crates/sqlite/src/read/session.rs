//! Sessions and their timelines.

use std::ops::RangeInclusive;

use rusqlite::{Connection, Row};
use sessions::id::{IdBytes, LaneId, SessionId, TimelineId};
use sessions::model::SessionState;
use sessions::store::After;
use sessions::store::rows::{SessionRow, TimelineRow};
use sessions::time::Timestamp;

use super::{id_after, many, newest_after, oldest_after, one};
use crate::column::{Coded, coded, limit, unsigned};

const SESSION: &str = "SELECT id, lane, state, last_activity_at, seals, sealed FROM session \
    WHERE id = ?1";
const ALL: &str = "SELECT id, lane, state, last_activity_at, seals, sealed FROM session \
    WHERE id > ?1 ORDER BY id LIMIT ?2";
const CURRENT: &str = "SELECT id, lane, state, last_activity_at, seals, sealed FROM session \
    WHERE lane = ?1 AND state = 0 AND state = ?2 AND (last_activity_at, id) < (?3, ?4) \
    ORDER BY last_activity_at DESC, id DESC LIMIT ?5";
const OTHER: &str = "SELECT id, lane, state, last_activity_at, seals, sealed FROM session \
    WHERE lane = ?1 AND state <> 0 AND state = ?2 AND (last_activity_at, id) < (?3, ?4) \
    ORDER BY last_activity_at DESC, id DESC LIMIT ?5";
const STALE_CURRENT: &str = "SELECT id, lane, state, last_activity_at, seals, sealed \
    FROM session INDEXED BY session_current \
    WHERE state = 0 AND state = ?1 AND last_activity_at < ?2 AND (last_activity_at, id) > (?3, ?4) \
    ORDER BY last_activity_at, id LIMIT ?5";
const STALE_OTHER: &str = "SELECT id, lane, state, last_activity_at, seals, sealed FROM session \
    WHERE state <> 0 AND state = ?1 AND last_activity_at < ?2 AND (last_activity_at, id) > (?3, ?4) \
    ORDER BY last_activity_at, id LIMIT ?5";
const IDS: &str = "SELECT id FROM session WHERE lane = ?1 AND id BETWEEN ?2 AND ?3 \
    ORDER BY id LIMIT ?4";
const TIMELINE: &str = "SELECT id, session, sealed FROM timeline WHERE id = ?1";
const TIMELINES: &str = "SELECT id, session, sealed FROM timeline WHERE session = ?1 ORDER BY id";

#[cfg(test)]
pub(super) const QUERIES: &[&str] =
    &[SESSION, ALL, CURRENT, OTHER, STALE_OTHER, IDS, TIMELINE, TIMELINES];

pub(crate) fn session(conn: &Connection, id: SessionId) -> rusqlite::Result<Option<SessionRow>> {
    one(conn, SESSION, [id.as_bytes()], load)
}

pub(crate) fn all(
    conn: &Connection,
    after: Option<SessionId>,
    most: usize,
) -> rusqlite::Result<Vec<SessionRow>> {
    let after = id_after(after.as_ref().map(SessionId::as_bytes));
    many(conn, ALL, (after, limit(most)), load)
}

pub(crate) fn list(
    conn: &Connection,
    lane: LaneId,
    state: SessionState,
    after: After,
    most: usize,
) -> rusqlite::Result<Vec<SessionRow>> {
    let (at, id) = newest_after(&after);
    let sql = if state == SessionState::Current { CURRENT } else { OTHER };
    many(conn, sql, (lane.as_bytes(), state.code(), at, id, limit(most)), load)
}

pub(crate) fn stale(
    conn: &Connection,
    state: SessionState,
    before: Timestamp,
    after: After,
    most: usize,
) -> rusqlite::Result<Vec<SessionRow>> {
    let (at, id) = oldest_after(&after);
    let sql = if state == SessionState::Current { STALE_CURRENT } else { STALE_OTHER };
    many(conn, sql, (state.code(), before.as_millis(), at, id, limit(most)), load)
}

pub(crate) fn ids(
    conn: &Connection,
    lane: LaneId,
    range: &RangeInclusive<IdBytes>,
    most: usize,
) -> rusqlite::Result<Vec<IdBytes>> {
    let params = (lane.as_bytes(), range.start(), range.end(), limit(most));
    many(conn, IDS, params, |row| row.get(0))
}

pub(crate) fn timeline(conn: &Connection, id: TimelineId) -> rusqlite::Result<Option<TimelineRow>> {
    one(conn, TIMELINE, [id.as_bytes()], load_timeline)
}

pub(crate) fn timelines(conn: &Connection, of: SessionId) -> rusqlite::Result<Vec<TimelineRow>> {
    many(conn, TIMELINES, [of.as_bytes()], load_timeline)
}

fn load(row: &Row<'_>) -> rusqlite::Result<SessionRow> {
    Ok(SessionRow {
        id: SessionId::new(row.get(0)?),
        lane: LaneId::new(row.get(1)?),
        state: coded(row, 2)?,
        last_activity_at: Timestamp::from_millis(row.get(3)?),
        seals: unsigned(row, 4)?,
        sealed: row.get(5)?,
    })
}

fn load_timeline(row: &Row<'_>) -> rusqlite::Result<TimelineRow> {
    Ok(TimelineRow {
        id: TimelineId::new(row.get(0)?),
        session: SessionId::new(row.get(1)?),
        sealed: row.get(2)?,
    })
}
