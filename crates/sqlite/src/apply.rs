//! One commit as SQL: what it expects, then its writes (`apply::write`), then its deliveries (`apply::delivery`).
//!
//! The append of a message, which is what happens all day, is three changes of three pages: the lane's version, the
//! session, the message.
//!
//! Invariant: all that is expected is compared before anything is changed, so a commit that is skipped has done nothing.

mod delivery;
mod write;

use rusqlite::{Connection, OptionalExtension};
use sessions::id::{LaneId, SessionId};
use sessions::model::Tag;
use sessions::store::rows::Write;
use sessions::store::{Commit, Committed, Receipt, StoreError};

use crate::column::signed;
use crate::error::store_error;
use crate::evidence::{self, Best, Evidence};
use crate::tail::Tails;

const RAISE: &str = "UPDATE lane SET version = version + 1 WHERE id = ?1 AND version = ?2";
const SPEND: &str = "INSERT INTO spent (tag, at) VALUES (?1, ?2)";
const HAS_SESSION: &str =
    "SELECT 1 FROM lane JOIN session ON session.id = lane.current WHERE lane.id = ?1";
const MASTERS: &str = "SELECT key_version, previous_version FROM header WHERE one = 1";
// Visits all keys, when a rotation begins and when it ends.
const UNDER_ANOTHER: &str = "SELECT 1 FROM key WHERE version <> ?1 AND version IS NOT ?2 LIMIT 1";
// A session that the same commit dropped again refers to nothing.
const HAS_LANE: &str = "SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM session WHERE id = ?1) \
    OR EXISTS (SELECT 1 FROM session JOIN lane ON lane.id = session.lane WHERE session.id = ?1)";

/// In `seen`, the number of an event that never waited in the inbox.
const DONE_AT_ONCE: i64 = 0;

/// Why a commit failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WriteError {
    /// SQLite said so; a broken constraint among other things.
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
    /// It contradicts what is stored.
    #[error(transparent)]
    Refused(#[from] Refused),
}

/// What a commit takes for granted and is not so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refused {
    #[error("a lane that is referred to does not exist")]
    NoLane,
    #[error("a session that is referred to does not exist")]
    NoSession,
    #[error("a timeline that is referred to does not exist")]
    NoTimeline,
    #[error("a timeline that still holds messages or summaries cannot be dropped")]
    TimelineHeld,
    #[error("the current session of a lane cannot be dropped")]
    SessionCurrent,
    #[error("a timeline holds no more than 2^32 - 2 messages")]
    TimelineFull,
}

impl From<WriteError> for StoreError {
    fn from(error: WriteError) -> Self {
        match error {
            WriteError::Sqlite(error) => store_error(error),
            WriteError::Refused(refused) => Self::Io(refused.into()),
        }
    }
}

/// What a commit brings about, besides rows.
struct Effects<'a> {
    receipt: Receipt,
    evidence: &'a mut Best,
    tails: &'a mut Tails,
    /// Lanes and sessions refer to each other and come in any order: what is new is checked when all is written.
    lanes: Vec<LaneId>,
    sessions: Vec<SessionId>,
}

/// Runs a commit in the transaction that stands, and offers what it would leave behind.
pub(crate) fn commit(
    conn: &Connection,
    tails: &mut Tails,
    commit: &Commit,
    evidence: &mut Best,
) -> Result<Committed, WriteError> {
    if let Some(skipped) = begin(conn, commit, evidence)? {
        return Ok(skipped);
    }
    if let Some((tags, at)) = &commit.event {
        delivery::see(conn, tags, DONE_AT_ONCE, *at)?;
        if let Some(tag) = tags.first() {
            evidence.offer(Evidence::Event(*tag));
        }
    }
    let receipt = Receipt::default();
    let mut effects = Effects { receipt, evidence, tails, lanes: Vec::new(), sessions: Vec::new() };
    for write in &commit.writes {
        write::apply(conn, write, &mut effects)?;
    }
    for delivery in &commit.delivery {
        delivery::apply(conn, delivery, &mut effects)?;
    }
    check_references(conn, &effects)?;
    Ok(Committed::Done(effects.receipt))
}

/// Compares what is expected, then raises versions and spends the token. Answers why the commit is skipped, if it is.
fn begin(
    conn: &Connection,
    commit: &Commit,
    evidence: &mut Best,
) -> rusqlite::Result<Option<Committed>> {
    if let Some((tags, _)) = &commit.event
        && delivery::is_known(conn, tags)?
    {
        return Ok(Some(Committed::Known));
    }
    for write in &commit.writes {
        if has_no_master(conn, write)? {
            return Ok(Some(Committed::Conflict));
        }
    }
    if let ([only], None, None) = (commit.expect.as_slice(), commit.unbound, commit.once) {
        // With one thing to compare, raising compares it.
        let is_raised = raise(conn, commit, *only, evidence)? || is_at(conn, *only)?;
        return Ok((!is_raised).then_some(Committed::Conflict));
    }
    for expected in &commit.expect {
        if !is_at(conn, *expected)? {
            return Ok(Some(Committed::Conflict));
        }
    }
    if let Some(tag) = commit.unbound {
        if conn.prepare_cached(evidence::BOUND)?.exists([tag])? {
            return Ok(Some(Committed::Conflict));
        }
        if commit.writes.iter().any(|write| binds(write, tag)) {
            evidence.offer(Evidence::Bound(tag));
        }
    }
    if let Some((token, at)) = commit.once {
        if conn.prepare_cached(evidence::TOKEN)?.exists([token])? {
            return Ok(Some(Committed::Spent));
        }
        conn.prepare_cached(SPEND)?.execute((token, at.as_millis()))?;
        evidence.offer(Evidence::Token(token));
    }
    for expected in &commit.expect {
        raise(conn, commit, *expected, evidence)?;
    }
    Ok(None)
}

/// Whether a key would be left, or a header, that does not name the other's master key.
fn has_no_master(conn: &Connection, write: &Write) -> rusqlite::Result<bool> {
    if let Write::PutKey(row) | Write::RewrapKey(row) = write {
        let version = row.wrapped.version.0;
        let mut masters = conn.prepare_cached(MASTERS)?;
        let named: Option<(u32, Option<u32>)> =
            masters.query_row((), |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
        return Ok(named.is_some_and(|(now, before)| now != version && before != Some(version)));
    }
    if let Write::PutHeader(header) = write {
        let previous = header.previous.as_ref().map(|previous| previous.version.0);
        let mut other = conn.prepare_cached(UNDER_ANOTHER)?;
        return other.exists((header.key_version.0, previous));
    }
    Ok(false)
}

/// Whether a lane is at a version; 0 is that of none.
fn is_at(conn: &Connection, (lane, expected): (LaneId, u64)) -> rusqlite::Result<bool> {
    let mut select = conn.prepare_cached(evidence::LANE)?;
    let found: Option<i64> = select.query_row([lane.as_bytes()], |row| row.get(0)).optional()?;
    Ok(found.unwrap_or(0) == signed(expected))
}

/// Raises a lane that is at a version. Answers whether there was one.
fn raise(
    conn: &Connection,
    commit: &Commit,
    (lane, expected): (LaneId, u64),
    evidence: &mut Best,
) -> rusqlite::Result<bool> {
    let raised = conn.prepare_cached(RAISE)?.execute((lane.as_bytes(), signed(expected)))?;
    // A new lane is not raised but made, at version 1.
    let is_made = expected == 0 && commit.writes.iter().any(|write| makes(write, lane));
    if raised > 0 || is_made {
        evidence.offer(Evidence::Lane(lane, expected));
    }
    Ok(raised > 0)
}

fn makes(write: &Write, lane: LaneId) -> bool {
    matches!(write, Write::PutLane(row) if row.id == lane)
}

fn binds(write: &Write, tag: Tag) -> bool {
    matches!(write, Write::Bind(bound, _) if *bound == tag)
}

fn check_references(conn: &Connection, effects: &Effects<'_>) -> Result<(), WriteError> {
    for lane in &effects.lanes {
        if !conn.prepare_cached(HAS_SESSION)?.exists([lane.as_bytes()])? {
            return Err(Refused::NoSession.into());
        }
    }
    for session in &effects.sessions {
        if !conn.prepare_cached(HAS_LANE)?.exists([session.as_bytes()])? {
            return Err(Refused::NoLane.into());
        }
    }
    Ok(())
}

#[cfg(test)]
pub(crate) fn queries() -> Vec<&'static str> {
    [RAISE, MASTERS, evidence::BOUND, evidence::TOKEN, evidence::LANE, SPEND, HAS_SESSION, HAS_LANE]
        .into_iter()
        .chain(write::QUERIES.iter().copied())
        .chain(delivery::QUERIES.iter().copied())
        .chain(crate::tail::QUERIES.iter().copied())
        .collect()
}
