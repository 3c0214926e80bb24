//! How it is told whether a transaction happened when COMMIT did not say.
//!
//! A fold is one transaction, so what one of its commits leaves behind decides for all of them. No row is written for
//! this: a row of commit ids would cost a page in every transaction.
//!
//! Invariant: nobody else writes to the file, so whatever is there that the fold would have made, the fold has made.
//! Invariant: what leaves no evidence may be done again without harm: puts, removals, marks.

use rusqlite::{Connection, OptionalExtension};
use sessions::id::LaneId;
use sessions::model::{Point, Tag};

use crate::column::signed;
use crate::message_key;

pub(crate) const LANE: &str = "SELECT version FROM lane WHERE id = ?1";
pub(crate) const TOKEN: &str = "SELECT 1 FROM spent WHERE tag = ?1";
pub(crate) const BOUND: &str = "SELECT 1 FROM binding WHERE tag = ?1";
pub(crate) const EVENT: &str = "SELECT 1 FROM seen WHERE tag = ?1";
pub(crate) const ATTEMPTS: &str = "SELECT attempts FROM inbox WHERE seq = ?1";
const LAST_NUMBER: &str = "SELECT seq FROM sqlite_sequence WHERE name = ?1";
const MESSAGE: &str = "SELECT 1 FROM message WHERE key = ?1";

/// What a transaction leaves behind if it happens, the best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Evidence {
    /// The version of this lane is above this one. Versions only grow.
    Lane(LaneId, u64),
    /// A number of this table was given. Numbers only grow.
    Number(Table, i64),
    /// This token is spent.
    Token(Tag),
    /// This tag is bound, which was not.
    Bound(Tag),
    /// The event with this tag is known, which was not.
    Event(Tag),
    /// This event was begun so many times, or is done.
    Attempts(i64, u32),
    /// There is a message at this point.
    Message(Point),
    /// There is no message with this key any more.
    Cut(i64),
}

/// A table that numbers its rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Table {
    Inbox,
    Outbox,
}

/// The best piece of evidence of a fold.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Best(Option<Evidence>);

impl Best {
    pub(crate) fn offer(&mut self, evidence: Evidence) {
        if self.0.is_none_or(|best| evidence < best) {
            self.0 = Some(evidence);
        }
    }

    /// Whether the fold happened; `None` when nothing can tell.
    pub(crate) fn happened(self, conn: &Connection) -> rusqlite::Result<Option<bool>> {
        self.0.map(|evidence| evidence.is_there(conn)).transpose()
    }
}

impl Evidence {
    fn is_there(self, conn: &Connection) -> rusqlite::Result<bool> {
        match self {
            Self::Lane(lane, version) => {
                let found: Option<i64> =
                    conn.query_row(LANE, [lane.as_bytes()], |row| row.get(0)).optional()?;
                Ok(found.is_some_and(|found| found > signed(version)))
            }
            Self::Number(table, number) => {
                let found: Option<i64> =
                    conn.query_row(LAST_NUMBER, [table.name()], |row| row.get(0)).optional()?;
                Ok(found.is_some_and(|found| found >= number))
            }
            Self::Token(tag) => conn.prepare(TOKEN)?.exists([tag]),
            Self::Bound(tag) => conn.prepare(BOUND)?.exists([tag]),
            Self::Event(tag) => conn.prepare(EVENT)?.exists([tag]),
            Self::Attempts(seq, attempts) => {
                let found: Option<u32> =
                    conn.query_row(ATTEMPTS, [seq], |row| row.get(0)).optional()?;
                Ok(found.is_none_or(|found| found >= attempts))
            }
            Self::Message(point) => {
                let Some(number) = message_key::number(conn, point.timeline)? else {
                    return Ok(false);
                };
                conn.prepare(MESSAGE)?.exists([message_key::key(number, point.position)])
            }
            Self::Cut(key) => Ok(!conn.prepare(MESSAGE)?.exists([key])?),
        }
    }
}

impl Table {
    const fn name(self) -> &'static str {
        match self {
            Self::Inbox => "inbox",
            Self::Outbox => "outbox",
        }
    }
}

#[cfg(test)]
mod tests;
