//! Inbox, outbox and turns.

use std::collections::BTreeSet;

use rusqlite::{Connection, Row};
use sessions::delivery::{InboxRow, OutboxRow, TurnRow};
use sessions::id::{LaneId, PlaceId, QueueKeyId, TurnId};
use sessions::time::Timestamp;

use super::{many, one};
use crate::column::{coded, limit, unreadable, unsigned};

const INBOX: &str = "SELECT seq, place, events, received_at, attempts, key, sealed FROM inbox \
    WHERE seq > ?1 AND parked = 0 ORDER BY seq LIMIT ?2";
const PARKED: &str = "SELECT seq, place, events, received_at, attempts, key, sealed FROM inbox \
    WHERE seq > ?1 AND parked = 1 ORDER BY seq LIMIT ?2";
const OUTBOX: &str = "SELECT seq, place, chunk, private, state, created_at, key, sealed \
    FROM outbox WHERE seq > ?1 ORDER BY seq LIMIT ?2";
// Visits both tables whole: they hold only what is not yet done.
const QUEUE_KEYS: &str = "SELECT key FROM inbox UNION SELECT key FROM outbox";
const TURN: &str = "SELECT id, upto, state, created_at FROM turn WHERE lane = ?1";

#[cfg(test)]
pub(super) const QUERIES: &[&str] = &[INBOX, PARKED, OUTBOX, TURN];

pub(crate) fn inbox(conn: &Connection, after: i64, most: usize) -> rusqlite::Result<Vec<InboxRow>> {
    many(conn, INBOX, (after, limit(most)), load_event)
}

pub(crate) fn parked(
    conn: &Connection,
    after: i64,
    most: usize,
) -> rusqlite::Result<Vec<InboxRow>> {
    many(conn, PARKED, (after, limit(most)), load_event)
}

fn load_event(row: &Row<'_>) -> rusqlite::Result<InboxRow> {
    let events: Vec<u8> = row.get(2)?;
    let (tags, []) = events.as_chunks() else { return Err(unreadable(2)) };
    Ok(InboxRow {
        seq: row.get(0)?,
        place: PlaceId::new(row.get(1)?),
        events: tags.to_vec(),
        received_at: Timestamp::from_millis(row.get(3)?),
        attempts: row.get(4)?,
        key: QueueKeyId::new(row.get(5)?),
        sealed: row.get(6)?,
    })
}

pub(crate) fn outbox(
    conn: &Connection,
    after: i64,
    most: usize,
) -> rusqlite::Result<Vec<OutboxRow>> {
    many(conn, OUTBOX, (after, limit(most)), |row| {
        Ok(OutboxRow {
            seq: row.get(0)?,
            place: PlaceId::new(row.get(1)?),
            chunk: row.get(2)?,
            private: row.get(3)?,
            state: coded(row, 4)?,
            created_at: Timestamp::from_millis(row.get(5)?),
            key: QueueKeyId::new(row.get(6)?),
            sealed: row.get(7)?,
        })
    })
}

pub(crate) fn queue_keys_in_use(conn: &Connection) -> rusqlite::Result<BTreeSet<QueueKeyId>> {
    Ok(many(conn, QUEUE_KEYS, [], |row| row.get(0).map(QueueKeyId::new))?.into_iter().collect())
}

pub(crate) fn turn(conn: &Connection, lane: LaneId) -> rusqlite::Result<Option<TurnRow>> {
    one(conn, TURN, [lane.as_bytes()], |row| {
        Ok(TurnRow {
            id: TurnId::new(row.get(0)?),
            lane,
            upto: unsigned(row, 1)?,
            state: coded(row, 2)?,
            created_at: Timestamp::from_millis(row.get(3)?),
        })
    })
}
