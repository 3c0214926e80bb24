//! The tails of timelines: what the writer remembers of those that it appends to.
//!
//! A timeline's messages lie between those of its neighbours, so its tail ends within a page. When that page is full,
//! SQLite spreads its rows over the pages beside it, which are full as well, and does so again two or three messages
//! later: with 64 timelines appended to side by side, more than half of the appends changed four pages of messages.
//! So a tail that is appended to gets room: a row behind it, the end mark (`message_key`), is made as long as a page,
//! which sends it to a page of its own, and then as short as can be. What is appended comes before it into that page
//! until the page is full, and then the mark is made long again. An append to one of 64 timelines now writes 1.5 pages
//! of all tables instead of 2.3, and a message of 200 bytes takes up 5 % less in the file, since pages get full
//! (2026-11).
//!
//! Neither a mark nor a filler that is put there and taken away again: a page that holds nothing is given back at once.
//! A filler of 1,200 bytes among other rows, put and taken away every fifth message, saved 0.5 pages where the mark saves
//! 0.8. Making the message itself as long as a page for a moment saved 0.1: the message after it is the first of the page
//! behind.
//!
//! Invariant: what is remembered is what the connection sees: after a transaction that did not happen all is forgotten.
//! Invariant: how much room is left is a guess; nothing but the number of pages written depends on it.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use rusqlite::Connection;
use sessions::id::TimelineId;

use crate::message_key::{end_mark, number};

/// What a page has for messages, beside its header and the mark.
const PAGE: usize = 4_064;

/// What a message takes up beside its sealed record: at most that, but for great counts of tokens.
const BESIDE: usize = 32;

/// So many zeros fill a page, and do not spill over to another.
const LONG: i32 = 4_050;

/// How many tails are remembered, some 50 bytes each. If there are more, all are forgotten: it costs little.
const MOST: usize = 1_024;

// The last timeline needs no mark: behind the end of the table is all the room there is.
const STRETCH: &str = "INSERT INTO message (key, role, created_at, importance, sealed) \
    SELECT ?1, 0, 0, 0, zeroblob(?2) WHERE EXISTS (SELECT 1 FROM message WHERE key > ?1) \
    ON CONFLICT (key) DO UPDATE SET sealed = excluded.sealed";
const SHRINK: &str = "UPDATE message SET sealed = x'' WHERE key = ?1";
const DROP: &str = "DELETE FROM message WHERE key = ?1";

#[cfg(test)]
pub(crate) const QUERIES: &[&str] = &[STRETCH, SHRINK, DROP];

#[derive(Default)]
pub(crate) struct Tails(HashMap<TimelineId, Tail>);

struct Tail {
    number: i64,
    /// Bytes left in its page. One that is new here has a whole one: few are ever given a page of their own.
    room: usize,
}

impl Tails {
    /// The number of a timeline that a message is about to be added to, and room for that, given the length of its
    /// sealed record; `None` when there is no such timeline.
    pub(crate) fn make_room(
        &mut self,
        conn: &Connection,
        timeline: TimelineId,
        sealed: usize,
    ) -> rusqlite::Result<Option<i64>> {
        if self.0.len() >= MOST && !self.0.contains_key(&timeline) {
            self.0.clear();
        }
        let tail = match self.0.entry(timeline) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => {
                let Some(number) = number(conn, timeline)? else { return Ok(None) };
                place.insert(Tail { number, room: PAGE })
            }
        };
        let bytes = sealed + BESIDE;
        if bytes > PAGE {
            // Most of it goes to pages that it has for itself; how much stays is not known.
            tail.room = PAGE;
        } else {
            if bytes > tail.room {
                stretch(conn, tail.number)?;
                tail.room = PAGE;
            }
            tail.room -= bytes;
        }
        Ok(Some(tail.number))
    }

    /// Forgets a timeline that is dropped, and removes its mark.
    pub(crate) fn drop(
        &mut self,
        conn: &Connection,
        (timeline, number): (TimelineId, i64),
    ) -> rusqlite::Result<()> {
        self.0.remove(&timeline);
        conn.prepare_cached(DROP)?.execute([end_mark(number)]).map(|_| ())
    }

    /// Forgets all.
    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }
}

/// Gives the tail of the timeline with this number an empty page.
fn stretch(conn: &Connection, number: i64) -> rusqlite::Result<()> {
    let mark = end_mark(number);
    if conn.prepare_cached(STRETCH)?.execute((mark, LONG))? > 0 {
        conn.prepare_cached(SHRINK)?.execute([mark])?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
