//! The journal: rows by number, cut between two numbers.

use super::row::{ALL, at, journal_row, lane, open_lane};
use super::{done, read};
use crate::store::Store;
use crate::store::rows::{JournalRow, Write};

/// Opens lanes 1 and 2, each with journal rows 1 to 5.
fn open_journals<S: Store>(store: &S) {
    for n in [1, 2] {
        open_lane(store, n);
        for seq in [3, 1, 2, 5, 4] {
            done(store, [Write::PutJournal(journal_row(n, seq))]);
        }
    }
}

fn numbers<S: Store>(store: &S, n: u8, from: u64, limit: usize) -> Vec<u64> {
    read(store.journal(lane(n), from, limit)).iter().map(|row| row.seq).collect()
}

pub fn journal_rows_come_in_the_order_of_their_numbers<S: Store>(store: &S) {
    open_journals(store);
    assert_eq!(numbers(store, 1, 0, ALL), [1, 2, 3, 4, 5]);
    assert_eq!(numbers(store, 1, 3, ALL), [3, 4, 5]);
    assert_eq!(numbers(store, 1, 3, 2), [3, 4]);
    assert_eq!(numbers(store, 1, 6, ALL), [] as [u64; 0]);
    assert_eq!(numbers(store, 1, u64::MAX, ALL), [] as [u64; 0]);
    assert_eq!(numbers(store, 1, 1, 0), [] as [u64; 0]);
    assert_eq!(numbers(store, 3, 1, ALL), [] as [u64; 0]);
}

pub fn a_journal_row_is_replaced_by_its_number<S: Store>(store: &S) {
    open_journals(store);
    let rewritten = JournalRow { at: at(7000), sealed: vec![0xee; 40], ..journal_row(1, 2) };
    done(store, [Write::PutJournal(rewritten.clone())]);
    assert_eq!(read(store.journal(lane(1), 2, 2)), [rewritten, journal_row(1, 3)]);
    assert_eq!(read(store.journal(lane(2), 2, 1)), [journal_row(2, 2)]);
}

pub fn a_cut_of_the_journal_takes_both_ends_and_one_lane<S: Store>(store: &S) {
    open_journals(store);
    done(store, [Write::CutJournal(lane(1), 2, 4)]);
    assert_eq!(numbers(store, 1, 0, ALL), [1, 5]);
    assert_eq!(numbers(store, 2, 0, ALL), [1, 2, 3, 4, 5]);
    done(store, [Write::CutJournal(lane(2), 4, u64::MAX)]);
    assert_eq!(numbers(store, 2, 0, ALL), [1, 2, 3]);
    done(store, [Write::CutJournal(lane(2), 0, 1)]);
    assert_eq!(numbers(store, 2, 0, ALL), [2, 3]);
}

pub fn a_cut_of_nothing_in_the_journal_changes_nothing<S: Store>(store: &S) {
    open_journals(store);
    done(store, [Write::CutJournal(lane(1), 6, 9), Write::CutJournal(lane(1), 4, 2)]);
    done(store, [Write::CutJournal(lane(3), 0, u64::MAX)]);
    assert_eq!(numbers(store, 1, 0, ALL), [1, 2, 3, 4, 5]);
}

pub fn a_cut_number_can_be_put_again<S: Store>(store: &S) {
    open_journals(store);
    let fresh = JournalRow { at: at(7000), ..journal_row(1, 4) };
    done(store, [Write::CutJournal(lane(1), 4, u64::MAX), Write::PutJournal(fresh.clone())]);
    assert_eq!(read(store.journal(lane(1), 3, ALL)), [journal_row(1, 3), fresh]);
}
