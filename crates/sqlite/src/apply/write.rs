//! Changes of sessions as SQL.
//!
//! Invariant: a put that changes a sealed record alone touches no index. SQLite writes an index again when any column
//! of it is named in SET, changed or not; so what rarely changes is compared first and named only when it does.

use rusqlite::{Connection, OptionalExtension};
use sessions::id::{CheckpointId, IdBytes, LaneId, SessionId, TimelineId};
use sessions::model::{Point, TokenCount};
use sessions::store::Stretch;
use sessions::store::rows::{
    CheckpointRow, Header, JournalRow, KeyPurpose, KeyRow, LaneRow, MessageRow, SealedRow,
    SessionRow, SummaryRow, TimelineRow, Write,
};

use super::{Effects, Refused, WriteError};
use crate::column::{Coded, limit, signed};
use crate::evidence::Evidence;
use crate::message_key::{key, keys, keys_above, number};

const PUT_HEADER: &str = "INSERT INTO header \
    (one, mode, key_version, check_value, kdf, names_key_version, names_key, names_seals, \
    previous_version, previous_check, previous_kdf) \
    VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) ON CONFLICT (one) DO UPDATE SET \
    mode = excluded.mode, key_version = excluded.key_version, \
    check_value = excluded.check_value, kdf = excluded.kdf, \
    names_key_version = excluded.names_key_version, names_key = excluded.names_key, \
    names_seals = max(names_seals, excluded.names_seals), \
    previous_version = excluded.previous_version, previous_check = excluded.previous_check, \
    previous_kdf = excluded.previous_kdf";
const RESERVE_NAMES: &str = "UPDATE header SET names_seals = max(names_seals, ?1) WHERE one = 1";
const BIND: &str = "INSERT OR REPLACE INTO binding (tag, id) VALUES (?1, ?2)";
const PUT_RECORD: &str = "INSERT OR REPLACE INTO record (kind, id, sealed) VALUES (?1, ?2, ?3)";
const CHANGE_LANE: &str = "UPDATE lane SET current = ?2, sealed = ?4 WHERE id = ?1 AND owner IS ?3";
// A new lane starts at 1: 0 means that there is none.
const PUT_LANE: &str = "INSERT INTO lane (id, version, current, owner, sealed) \
    VALUES (?1, 1, ?2, ?3, ?4) ON CONFLICT (id) DO UPDATE \
    SET current = excluded.current, owner = excluded.owner, sealed = excluded.sealed";
const CHANGE_SESSION: &str = "UPDATE session SET last_activity_at = ?4, seals = ?5, sealed = ?6 \
    WHERE id = ?1 AND lane = ?2 AND state = ?3";
const PUT_SESSION: &str = "INSERT INTO session (id, lane, state, last_activity_at, seals, sealed) \
    VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (id) DO UPDATE SET lane = excluded.lane, \
    state = excluded.state, last_activity_at = excluded.last_activity_at, \
    seals = excluded.seals, sealed = excluded.sealed";
const CHANGE_TIMELINE: &str = "UPDATE timeline SET sealed = ?3 WHERE id = ?1 AND session = ?2";
const PUT_TIMELINE: &str = "INSERT INTO timeline (id, session, sealed) VALUES (?1, ?2, ?3) \
    ON CONFLICT (id) DO UPDATE SET session = excluded.session, sealed = excluded.sealed";
const ADD_MESSAGE: &str = "INSERT INTO message \
    (key, role, created_at, importance, tokenizer, tokens, sealed) \
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
const SET_IMPORTANCE: &str = "UPDATE message SET importance = ?2 WHERE key = ?1";
const SET_TOKENS: &str = "UPDATE message SET tokenizer = ?2, tokens = ?3 WHERE key = ?1";
const PUT_CHECKPOINT: &str = "INSERT INTO checkpoint \
    (id, lane, session, created_at, automatic, deleted_at, name, sealed) \
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (id) DO UPDATE SET \
    lane = excluded.lane, session = excluded.session, created_at = excluded.created_at, \
    automatic = excluded.automatic, deleted_at = excluded.deleted_at, name = excluded.name, \
    sealed = excluded.sealed";
const PUT_JOURNAL: &str = "INSERT INTO journal (lane, seq, at, sealed) VALUES (?1, ?2, ?3, ?4) \
    ON CONFLICT (lane, seq) DO UPDATE SET at = excluded.at, sealed = excluded.sealed";
const CUT_JOURNAL: &str = "DELETE FROM journal WHERE lane = ?1 AND seq BETWEEN ?2 AND ?3";
const PUT_KEY: &str = "INSERT OR REPLACE INTO key (purpose, owner, version, wrapped, created_at) \
    VALUES (?1, ?2, ?3, ?4, ?5)";
const REWRAP_KEY: &str = "UPDATE key SET version = ?3, wrapped = ?4 \
    WHERE purpose = ?1 AND owner = ?2 AND version < ?3";
const DESTROY_KEY: &str = "DELETE FROM key WHERE purpose = ?1 AND owner = ?2";
const RESEAL_MESSAGE: &str = "UPDATE message SET sealed = ?2 WHERE key = ?1";
const RESEAL_EVENT: &str = "UPDATE inbox SET sealed = ?2 WHERE seq = ?1";
const RESEAL_ANSWER: &str = "UPDATE outbox SET sealed = ?2 WHERE seq = ?1";
const PUT_SUMMARY: &str =
    "INSERT OR REPLACE INTO summary (key, created_at, sealed) VALUES (?1, ?2, ?3)";
const CUT_MESSAGES: &str = "DELETE FROM message WHERE key IN \
    (SELECT key FROM message WHERE key BETWEEN ?1 AND ?2 ORDER BY key DESC LIMIT ?3)";
const LAST_MESSAGE: &str =
    "SELECT key FROM message WHERE key BETWEEN ?1 AND ?2 ORDER BY key DESC LIMIT 1";
const CUT_SUMMARIES: &str = "DELETE FROM summary WHERE key BETWEEN ?1 AND ?2";
const HOLDS_MESSAGES: &str = "SELECT 1 FROM message WHERE key BETWEEN ?1 AND ?2 LIMIT 1";
const HOLDS_SUMMARIES: &str = "SELECT 1 FROM summary WHERE key BETWEEN ?1 AND ?2 LIMIT 1";
const DROP_TIMELINE: &str = "DELETE FROM timeline WHERE number = ?1";
const DROP_CHECKPOINT: &str = "DELETE FROM checkpoint WHERE id = ?1";
const IS_CURRENT: &str = "SELECT 1 FROM session JOIN lane ON lane.id = session.lane \
    WHERE session.id = ?1 AND lane.current = ?1";
const DROP_SESSION: &str = "DELETE FROM session WHERE id = ?1";

#[cfg(test)]
pub(super) const QUERIES: &[&str] = &[
    PUT_HEADER,
    RESERVE_NAMES,
    BIND,
    PUT_RECORD,
    CHANGE_LANE,
    PUT_LANE,
    CHANGE_SESSION,
    PUT_SESSION,
    CHANGE_TIMELINE,
    PUT_TIMELINE,
    ADD_MESSAGE,
    SET_IMPORTANCE,
    SET_TOKENS,
    PUT_CHECKPOINT,
    PUT_JOURNAL,
    CUT_JOURNAL,
    PUT_KEY,
    REWRAP_KEY,
    DESTROY_KEY,
    RESEAL_MESSAGE,
    RESEAL_EVENT,
    RESEAL_ANSWER,
    PUT_SUMMARY,
    CUT_MESSAGES,
    LAST_MESSAGE,
    CUT_SUMMARIES,
    HOLDS_MESSAGES,
    HOLDS_SUMMARIES,
    DROP_TIMELINE,
    DROP_CHECKPOINT,
    IS_CURRENT,
    DROP_SESSION,
];

pub(super) fn apply(
    conn: &Connection,
    write: &Write,
    effects: &mut Effects<'_>,
) -> Result<(), WriteError> {
    match write {
        Write::PutHeader(header) => put_header(conn, header)?,
        Write::ReserveNames(seals) => run(conn, RESERVE_NAMES, [signed(*seals)])?,
        Write::Bind(tag, id) => run(conn, BIND, (tag, id))?,
        Write::PutRecord(kind, id, sealed) => run(conn, PUT_RECORD, (kind.code(), id, sealed))?,
        Write::PutLane(row) => put_lane(conn, row, effects)?,
        Write::PutSession(row) => put_session(conn, row, effects)?,
        Write::PutTimeline(row) => put_timeline(conn, row)?,
        Write::AddMessage(row) => add_message(conn, row, effects)?,
        Write::SetImportance(point, importance) => set_importance(conn, *point, *importance)?,
        Write::SetTokens(point, count) => set_tokens(conn, *point, *count)?,
        Write::PutCheckpoint(row) => put_checkpoint(conn, row)?,
        Write::PutJournal(row) => put_journal(conn, row)?,
        Write::CutJournal(lane, first, last) => cut_journal(conn, *lane, *first, *last)?,
        Write::PutKey(row) => put_key(conn, row)?,
        Write::RewrapKey(row) => rewrap_key(conn, row)?,
        Write::DestroyKey(purpose, owner) => destroy_key(conn, *purpose, owner)?,
        Write::Reseal(row, sealed) => reseal(conn, *row, sealed)?,
        Write::PutSummary(row) => put_summary(conn, row)?,
        Write::CutTimeline(id, above, most) => cut_timeline(conn, *id, *above, *most, effects)?,
        Write::DropTimeline(id) => drop_timeline(conn, *id, effects)?,
        Write::DropCheckpoint(id) => drop_checkpoint(conn, *id)?,
        Write::DropSession(id) => drop_session(conn, *id)?,
    }
    Ok(())
}

fn changed(conn: &Connection, sql: &str, params: impl rusqlite::Params) -> rusqlite::Result<usize> {
    conn.prepare_cached(sql)?.execute(params)
}

fn run(conn: &Connection, sql: &str, params: impl rusqlite::Params) -> rusqlite::Result<()> {
    changed(conn, sql, params).map(|_| ())
}

fn put_header(conn: &Connection, header: &Header) -> rusqlite::Result<()> {
    let previous = header.previous.as_ref();
    let params = (
        header.mode.to_byte(),
        header.key_version.0,
        &header.check,
        header.kdf.as_ref().map(|kdf| kdf.to_bytes()),
        header.names_key.version.0,
        &header.names_key.bytes,
        signed(header.names_seals),
        previous.map(|previous| previous.version.0),
        previous.map(|previous| &previous.check),
        previous.and_then(|previous| previous.kdf.as_ref()).map(|kdf| kdf.to_bytes()),
    );
    run(conn, PUT_HEADER, params)
}

fn put_lane(conn: &Connection, row: &LaneRow, effects: &mut Effects<'_>) -> rusqlite::Result<()> {
    effects.lanes.push(row.id);
    let params = || (row.id.as_bytes(), row.current.as_bytes(), row.owner, &row.sealed);
    if changed(conn, CHANGE_LANE, params())? == 0 {
        run(conn, PUT_LANE, params())?;
    }
    Ok(())
}

fn put_session(
    conn: &Connection,
    row: &SessionRow,
    effects: &mut Effects<'_>,
) -> rusqlite::Result<()> {
    let params = || {
        (
            row.id.as_bytes(),
            row.lane.as_bytes(),
            row.state.code(),
            row.last_activity_at.as_millis(),
            signed(row.seals),
            &row.sealed,
        )
    };
    if changed(conn, CHANGE_SESSION, params())? == 0 {
        run(conn, PUT_SESSION, params())?;
        effects.sessions.push(row.id);
    }
    Ok(())
}

fn put_timeline(conn: &Connection, row: &TimelineRow) -> rusqlite::Result<()> {
    let params = || (row.id.as_bytes(), row.session.as_bytes(), &row.sealed);
    if changed(conn, CHANGE_TIMELINE, params())? == 0 {
        run(conn, PUT_TIMELINE, params())?;
    }
    Ok(())
}

fn add_message(
    conn: &Connection,
    row: &MessageRow,
    effects: &mut Effects<'_>,
) -> Result<(), WriteError> {
    let number = effects.tails.make_room(conn, row.point.timeline, row.sealed.len())?;
    let number = number.ok_or(Refused::NoTimeline)?;
    let key = key(number, row.point.position).ok_or(Refused::TimelineFull)?;
    let params = (
        key,
        row.role.code(),
        row.created_at.as_millis(),
        row.importance,
        row.tokens.map(|count| count.tokenizer),
        row.tokens.map(|count| count.tokens),
        &row.sealed,
    );
    run(conn, ADD_MESSAGE, params)?;
    effects.evidence.offer(Evidence::Message(row.point));
    Ok(())
}

/// The key of a message that may be there.
fn key_of(conn: &Connection, point: Point) -> rusqlite::Result<Option<i64>> {
    Ok(number(conn, point.timeline)?.and_then(|number| key(number, point.position)))
}

fn set_importance(conn: &Connection, point: Point, importance: u8) -> rusqlite::Result<()> {
    run(conn, SET_IMPORTANCE, (key_of(conn, point)?, importance))
}

fn set_tokens(conn: &Connection, point: Point, count: TokenCount) -> rusqlite::Result<()> {
    run(conn, SET_TOKENS, (key_of(conn, point)?, count.tokenizer, count.tokens))
}

fn put_checkpoint(conn: &Connection, row: &CheckpointRow) -> rusqlite::Result<()> {
    let params = (
        row.id.as_bytes(),
        row.lane.as_bytes(),
        row.session.as_bytes(),
        row.created_at.as_millis(),
        row.automatic,
        row.deleted_at.map(|time| time.as_millis()),
        row.name,
        &row.sealed,
    );
    run(conn, PUT_CHECKPOINT, params)
}

fn put_journal(conn: &Connection, row: &JournalRow) -> rusqlite::Result<()> {
    let params = (row.lane.as_bytes(), signed(row.seq), row.at.as_millis(), &row.sealed);
    run(conn, PUT_JOURNAL, params)
}

fn cut_journal(conn: &Connection, lane: LaneId, first: u64, last: u64) -> rusqlite::Result<()> {
    run(conn, CUT_JOURNAL, (lane.as_bytes(), signed(first), signed(last)))
}

fn put_key(conn: &Connection, row: &KeyRow) -> rusqlite::Result<()> {
    let wrapped = &row.wrapped;
    let made = row.created_at.as_millis();
    run(conn, PUT_KEY, (row.purpose.code(), row.owner, wrapped.version.0, &wrapped.bytes, made))
}

fn rewrap_key(conn: &Connection, row: &KeyRow) -> rusqlite::Result<()> {
    let wrapped = &row.wrapped;
    run(conn, REWRAP_KEY, (row.purpose.code(), row.owner, wrapped.version.0, &wrapped.bytes))
}

fn destroy_key(conn: &Connection, purpose: KeyPurpose, owner: &IdBytes) -> rusqlite::Result<()> {
    run(conn, DESTROY_KEY, (purpose.code(), owner))
}

fn reseal(conn: &Connection, row: SealedRow, sealed: &[u8]) -> rusqlite::Result<()> {
    match row {
        SealedRow::Message(point) => run(conn, RESEAL_MESSAGE, (key_of(conn, point)?, sealed)),
        SealedRow::Event(seq) => run(conn, RESEAL_EVENT, (seq, sealed)),
        SealedRow::Answer(seq) => run(conn, RESEAL_ANSWER, (seq, sealed)),
    }
}

fn put_summary(conn: &Connection, row: &SummaryRow) -> Result<(), WriteError> {
    let number = number(conn, row.upto.timeline)?.ok_or(Refused::NoTimeline)?;
    let key = key(number, row.upto.position).ok_or(Refused::TimelineFull)?;
    run(conn, PUT_SUMMARY, (key, row.created_at.as_millis(), &row.sealed))?;
    Ok(())
}

fn cut_timeline(
    conn: &Connection,
    id: TimelineId,
    above: u64,
    most: usize,
    effects: &mut Effects<'_>,
) -> rusqlite::Result<()> {
    let Some(number) = number(conn, id)? else { return Ok(()) };
    let keys = keys_above(number, id, above);
    let (first, last) = (keys.start(), keys.end());
    run(conn, CUT_SUMMARIES, (first, last))?;
    let mut last_message = conn.prepare_cached(LAST_MESSAGE)?;
    let highest: Option<i64> =
        last_message.query_row((first, last), |row| row.get(0)).optional()?;
    let cut = changed(conn, CUT_MESSAGES, (first, last, limit(most)))?;
    if let Some(highest) = highest.filter(|_| cut > 0) {
        effects.evidence.offer(Evidence::Cut(highest));
    }
    effects.receipt.cut += u64::try_from(cut).unwrap_or(u64::MAX);
    Ok(())
}

fn drop_timeline(
    conn: &Connection,
    id: TimelineId,
    effects: &mut Effects<'_>,
) -> Result<(), WriteError> {
    let Some(number) = number(conn, id)? else { return Ok(()) };
    let all = keys(number, Stretch { timeline: id, from: 0, to: u64::MAX });
    for holds in [HOLDS_MESSAGES, HOLDS_SUMMARIES] {
        if conn.prepare_cached(holds)?.exists((all.start(), all.end()))? {
            return Err(Refused::TimelineHeld.into());
        }
    }
    effects.tails.drop(conn, (id, number))?;
    run(conn, DROP_TIMELINE, [number])?;
    Ok(())
}

fn drop_checkpoint(conn: &Connection, id: CheckpointId) -> rusqlite::Result<()> {
    run(conn, DROP_CHECKPOINT, [id.as_bytes()])
}

fn drop_session(conn: &Connection, id: SessionId) -> Result<(), WriteError> {
    if conn.prepare_cached(IS_CURRENT)?.exists([id.as_bytes()])? {
        return Err(Refused::SessionCurrent.into());
    }
    // References of timelines and checkpoints are SQLite's to check.
    run(conn, DROP_SESSION, [id.as_bytes()])?;
    Ok(())
}
