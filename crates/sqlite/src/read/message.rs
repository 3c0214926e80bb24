//! Messages and summaries of a stretch. The timeline's number is looked up first: it never changes.

use rusqlite::{Connection, Row};
use sessions::id::TimelineId;
use sessions::model::{Point, TokenCount};
use sessions::store::rows::{MessageRow, SummaryRow};
use sessions::store::{Order, Stretch};
use sessions::time::Timestamp;

use super::{many, one};
use crate::column::{coded, limit};
use crate::message_key::{keys, number, position};

const OLDEST_FIRST: &str = "SELECT key, role, created_at, importance, tokenizer, tokens, sealed \
    FROM message WHERE key BETWEEN ?1 AND ?2 ORDER BY key LIMIT ?3";
const NEWEST_FIRST: &str = "SELECT key, role, created_at, importance, tokenizer, tokens, sealed \
    FROM message WHERE key BETWEEN ?1 AND ?2 ORDER BY key DESC LIMIT ?3";
const IMPORTANT: &str = "SELECT key, role, created_at, importance, tokenizer, tokens, sealed \
    FROM message INDEXED BY message_by_importance \
    WHERE key >> 32 = ?1 AND importance > 0 AND key BETWEEN ?2 AND ?3 \
    ORDER BY importance DESC, key DESC LIMIT ?4";
const SUMMARY: &str = "SELECT key, created_at, sealed FROM summary \
    WHERE key BETWEEN ?1 AND ?2 ORDER BY key DESC LIMIT 1";

/// Rows that room is made for ahead.
const AT_ONCE: usize = 16_384;

#[cfg(test)]
pub(super) const QUERIES: &[&str] =
    &[OLDEST_FIRST, NEWEST_FIRST, IMPORTANT, SUMMARY, crate::message_key::NUMBER];

pub(crate) fn list(
    conn: &Connection,
    stretch: Stretch,
    order: Order,
    most: usize,
) -> rusqlite::Result<Vec<MessageRow>> {
    let Some(number) = number(conn, stretch.timeline)? else { return Ok(Vec::new()) };
    let keys = keys(number, stretch);
    let sql = match order {
        Order::OldestFirst => OLDEST_FIRST,
        Order::NewestFirst => NEWEST_FIRST,
    };
    let mut select = conn.prepare_cached(sql)?;
    let mut rows = select.query((keys.start(), keys.end(), limit(most)))?;
    let there = usize::try_from(keys.end().saturating_sub(*keys.start())).unwrap_or(0);
    let mut found = Vec::with_capacity(most.min(there.saturating_add(1)).min(AT_ONCE));
    while let Some(row) = rows.next()? {
        found.push(load(row, stretch.timeline)?);
    }
    Ok(found)
}

pub(crate) fn important(
    conn: &Connection,
    stretch: Stretch,
    most: usize,
) -> rusqlite::Result<Vec<MessageRow>> {
    let Some(number) = number(conn, stretch.timeline)? else { return Ok(Vec::new()) };
    let keys = keys(number, stretch);
    let params = (number, keys.start(), keys.end(), limit(most));
    many(conn, IMPORTANT, params, |row| load(row, stretch.timeline))
}

pub(crate) fn summary(conn: &Connection, stretch: Stretch) -> rusqlite::Result<Option<SummaryRow>> {
    let Some(number) = number(conn, stretch.timeline)? else { return Ok(None) };
    let keys = keys(number, stretch);
    one(conn, SUMMARY, (keys.start(), keys.end()), |row| {
        Ok(SummaryRow {
            upto: point(row, stretch.timeline)?,
            created_at: Timestamp::from_millis(row.get(1)?),
            sealed: row.get(2)?,
        })
    })
}

fn point(row: &Row<'_>, timeline: TimelineId) -> rusqlite::Result<Point> {
    Ok(Point { timeline, position: position(row.get(0)?) })
}

fn load(row: &Row<'_>, timeline: TimelineId) -> rusqlite::Result<MessageRow> {
    let (tokenizer, tokens): (Option<u8>, Option<u32>) = (row.get(4)?, row.get(5)?);
    Ok(MessageRow {
        point: point(row, timeline)?,
        role: coded(row, 1)?,
        created_at: Timestamp::from_millis(row.get(2)?),
        importance: row.get(3)?,
        tokens: tokenizer.zip(tokens).map(|(tokenizer, tokens)| TokenCount { tokenizer, tokens }),
        sealed: row.get(6)?,
    })
}
