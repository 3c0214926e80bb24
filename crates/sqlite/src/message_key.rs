//! The key of a message: (number of its timeline << 32) + position.
//!
//! The order of keys is the order of (timeline, position), so the messages of a timeline lie side by side.
//! A key of (16 random bytes, position) in a WITHOUT ROWID table lost: at a million messages of 240 bytes on average
//! over 2,000 timelines, a single append took 33 µs against 25 µs, the last fifty 40 µs against 34 µs, and the file was
//! 8 % larger (2026-11). Its inner pages hold whole rows, so the tree is deep, and rows above 1,000 bytes spill.
//!
//! The last key of a timeline is that of its end mark, which is no message but holds room open (`tail`).
//!
//! Invariant: positions fill 32 bits and numbers of timelines 31. Both are checked when a message is added.
//! Invariant: no message has the key of an end mark, and no range of keys reaches one.
//! Invariant: a timeline's number never changes and is never given to another, so it may be looked up in a statement
//! of its own.

use std::ops::RangeInclusive;

use rusqlite::{Connection, OptionalExtension};
use sessions::id::TimelineId;
use sessions::store::Stretch;

const POSITION_BITS: u32 = 32;
const END: u32 = u32::MAX;
const LAST_POSITION: u64 = END as u64 - 1;

pub(crate) const NUMBER: &str = "SELECT number FROM timeline WHERE id = ?1";

/// The number of a timeline; `None` when there is no such timeline.
pub(crate) fn number(conn: &Connection, timeline: TimelineId) -> rusqlite::Result<Option<i64>> {
    conn.prepare_cached(NUMBER)?.query_row([timeline.as_bytes()], |row| row.get(0)).optional()
}

/// The key of a position; `None` above 2^32 - 2.
pub(crate) fn key(number: i64, position: u64) -> Option<i64> {
    let position = u32::try_from(position).ok().filter(|position| *position < END)?;
    Some((number << POSITION_BITS) | i64::from(position))
}

/// The key behind all messages of the timeline with this number.
pub(crate) fn end_mark(number: i64) -> i64 {
    (number << POSITION_BITS) | i64::from(END)
}

/// The keys of a stretch of the timeline with this number; an empty range when it ends before it begins.
pub(crate) fn keys(number: i64, stretch: Stretch) -> RangeInclusive<i64> {
    let clamped = |position: u64| key(number, position.min(LAST_POSITION)).unwrap_or(i64::MAX);
    if stretch.from > stretch.to || stretch.from > LAST_POSITION {
        return RangeInclusive::new(1, 0);
    }
    clamped(stretch.from)..=clamped(stretch.to)
}

/// The keys above a position of the timeline with this number.
pub(crate) fn keys_above(number: i64, timeline: TimelineId, above: u64) -> RangeInclusive<i64> {
    keys(number, Stretch { timeline, from: above.saturating_add(1), to: LAST_POSITION })
}

/// The position in a key.
pub(crate) fn position(key: i64) -> u64 {
    key.cast_unsigned() & u64::from(END)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIMELINE: TimelineId = TimelineId::new([1; 16]);

    fn stretch(from: u64, to: u64) -> Stretch {
        Stretch { timeline: TIMELINE, from, to }
    }

    #[test]
    fn keys_are_in_the_order_of_number_and_position() {
        let keys = [(1, 0), (1, 1), (1, LAST_POSITION), (2, 0), (0x7fff_ffff, LAST_POSITION)];
        let keys = keys.map(|(number, position)| key(number, position).unwrap());
        assert!(keys.is_sorted() && keys.iter().all(|key| *key > 0), "{keys:?}");
        assert_eq!(keys.map(position), [0, 1, LAST_POSITION, 0, LAST_POSITION]);
    }

    #[test]
    fn no_range_reaches_into_another_timeline() {
        let last = key(7, LAST_POSITION).unwrap();
        assert_eq!(keys(7, stretch(0, u64::MAX)), key(7, 0).unwrap()..=last);
        assert_eq!(keys_above(7, TIMELINE, 2), key(7, 3).unwrap()..=last);
        for empty in [stretch(2, 1), stretch(u64::MAX, u64::MAX), stretch(1 << 32, u64::MAX)] {
            assert!(keys(7, empty).is_empty(), "{empty:?}");
        }
        assert!(keys_above(7, TIMELINE, u64::MAX).is_empty());
        assert!(keys_above(7, TIMELINE, LAST_POSITION).is_empty());
        assert_eq!(key(7, 1 << 32), None);
    }

    #[test]
    fn an_end_mark_is_behind_all_messages_and_before_the_next_timeline() {
        assert_eq!(key(7, u64::from(END)), None);
        let (last, mark) = (key(7, LAST_POSITION).unwrap(), end_mark(7));
        assert!(last < mark && mark < key(8, 0).unwrap());
        assert!(!keys(7, stretch(0, u64::MAX)).contains(&mark));
        assert!(!keys_above(7, TIMELINE, 0).contains(&mark));
        assert!(keys(7, stretch(u64::from(END), u64::MAX)).is_empty());
    }
}
