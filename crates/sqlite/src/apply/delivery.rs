//! Changes of inbox, outbox and turns as SQL.
//!
//! Invariant: what is done, sent or dead has left its table with its payload; of an event its tags stay in `seen`.

use rusqlite::{Connection, OptionalExtension};
use sessions::delivery::{Delivery, InboxRow, OutboxRow, OutboxState, TurnRow};
use sessions::model::Tag;
use sessions::time::Timestamp;

use super::{Effects, WriteError};
use crate::column::{Coded, signed};
use crate::evidence::{self, Evidence, Table};

const RECEIVE: &str = "INSERT INTO inbox (place, events, received_at, attempts, key, sealed) \
    VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
// An event may name one tag twice.
const SEE: &str = "INSERT OR IGNORE INTO seen (tag, inbox, received_at) VALUES (?1, ?2, ?3)";
const ATTEMPT: &str = "UPDATE inbox SET attempts = attempts + 1 WHERE seq = ?1 AND parked = 0 \
    RETURNING attempts";
const FINISH: &str = "DELETE FROM inbox WHERE seq = ?1";
const PARK: &str = "UPDATE inbox SET parked = 1 WHERE seq = ?1";
const UNPARK: &str = "UPDATE inbox SET parked = 0, attempts = 0 WHERE seq = ?1 AND parked = 1";
const OWE: &str = "INSERT INTO outbox (place, chunk, private, state, created_at, key, sealed) \
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
const MARK: &str = "UPDATE outbox SET state = ?2 WHERE seq = ?1";
const DELIVERED: &str = "DELETE FROM outbox WHERE seq = ?1";
const PUT_TURN: &str = "INSERT INTO turn (lane, id, upto, state, created_at) \
    VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (lane) DO UPDATE SET \
    id = excluded.id, upto = excluded.upto, state = excluded.state, created_at = excluded.created_at";
const END_TURN: &str = "DELETE FROM turn WHERE lane = ?1";
// Visits every tag: a few milliseconds for a week of events, once in a while.
const FORGET_EVENTS: &str =
    "DELETE FROM seen WHERE received_at < ?1 AND inbox NOT IN (SELECT seq FROM inbox)";
const FORGET_COVERED: &str = "DELETE FROM outbox WHERE state = ?1 AND created_at < ?2";
const FORGET_TOKENS: &str = "DELETE FROM spent WHERE at < ?1";

#[cfg(test)]
pub(super) const QUERIES: &[&str] = &[
    evidence::EVENT,
    RECEIVE,
    SEE,
    ATTEMPT,
    FINISH,
    PARK,
    UNPARK,
    OWE,
    MARK,
    DELIVERED,
    PUT_TURN,
    END_TURN,
];

pub(super) fn apply(
    conn: &Connection,
    delivery: &Delivery,
    effects: &mut Effects<'_>,
) -> Result<(), WriteError> {
    match delivery {
        Delivery::Receive(row) => receive(conn, row, effects)?,
        Delivery::Attempt(seq) => attempt(conn, *seq, effects)?,
        Delivery::Finish(seq) => run(conn, FINISH, [seq])?,
        Delivery::Park(seq) => run(conn, PARK, [seq])?,
        Delivery::Unpark(seq) => run(conn, UNPARK, [seq])?,
        Delivery::Owe(row) => owe(conn, row, effects)?,
        Delivery::Mark(seq, state) => mark(conn, *seq, *state)?,
        Delivery::PutTurn(row) => put_turn(conn, row)?,
        Delivery::EndTurn(lane) => run(conn, END_TURN, [lane.as_bytes()])?,
        Delivery::Forget(before) => forget(conn, *before)?,
    }
    Ok(())
}

fn run(conn: &Connection, sql: &str, params: impl rusqlite::Params) -> rusqlite::Result<()> {
    conn.prepare_cached(sql)?.execute(params).map(|_| ())
}

/// Whether one of an event's tags is known.
pub(super) fn is_known(conn: &Connection, tags: &[Tag]) -> rusqlite::Result<bool> {
    let mut is_seen = conn.prepare_cached(evidence::EVENT)?;
    for tag in tags {
        if is_seen.exists([tag])? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Makes an event's tags known.
pub(super) fn see(
    conn: &Connection,
    tags: &[Tag],
    number: i64,
    received_at: Timestamp,
) -> rusqlite::Result<()> {
    for tag in tags {
        run(conn, SEE, (tag, number, received_at.as_millis()))?;
    }
    Ok(())
}

/// Takes an event in, unless one of its tags is known.
fn receive(conn: &Connection, row: &InboxRow, effects: &mut Effects<'_>) -> rusqlite::Result<()> {
    if is_known(conn, &row.events)? {
        effects.receipt.received.push(None);
        return Ok(());
    }
    let received_at = row.received_at.as_millis();
    let number = conn.prepare_cached(RECEIVE)?.insert((
        row.place.as_bytes(),
        row.events.concat(),
        received_at,
        row.attempts,
        row.key.as_bytes(),
        &row.sealed,
    ))?;
    see(conn, &row.events, number, row.received_at)?;
    effects.receipt.received.push(Some(number));
    effects.evidence.offer(Evidence::Number(Table::Inbox, number));
    Ok(())
}

fn attempt(conn: &Connection, seq: i64, effects: &mut Effects<'_>) -> rusqlite::Result<()> {
    let mut attempt = conn.prepare_cached(ATTEMPT)?;
    let attempts: Option<u32> = attempt.query_row([seq], |row| row.get(0)).optional()?;
    if let Some(attempts) = attempts {
        effects.evidence.offer(Evidence::Attempts(seq, attempts));
    }
    Ok(())
}

fn owe(conn: &Connection, row: &OutboxRow, effects: &mut Effects<'_>) -> rusqlite::Result<()> {
    let number = conn.prepare_cached(OWE)?.insert((
        row.place.as_bytes(),
        row.chunk,
        row.private,
        row.state.code(),
        row.created_at.as_millis(),
        row.key.as_bytes(),
        &row.sealed,
    ))?;
    effects.receipt.owed.push(number);
    effects.evidence.offer(Evidence::Number(Table::Outbox, number));
    Ok(())
}

fn mark(conn: &Connection, seq: i64, state: OutboxState) -> rusqlite::Result<()> {
    match state {
        OutboxState::Pending
        | OutboxState::Attempting
        | OutboxState::Ambiguous
        | OutboxState::Covered => run(conn, MARK, (seq, state.code())),
        OutboxState::Sent | OutboxState::Dead => run(conn, DELIVERED, [seq]),
    }
}

fn put_turn(conn: &Connection, row: &TurnRow) -> rusqlite::Result<()> {
    let (lane, id) = (row.lane.as_bytes(), row.id.as_bytes());
    let created_at = row.created_at.as_millis();
    run(conn, PUT_TURN, (lane, id, signed(row.upto), row.state.code(), created_at))
}

fn forget(conn: &Connection, before: Timestamp) -> rusqlite::Result<()> {
    run(conn, FORGET_EVENTS, [before.as_millis()])?;
    run(conn, FORGET_COVERED, (OutboxState::Covered.code(), before.as_millis()))?;
    run(conn, FORGET_TOKENS, [before.as_millis()])
}
