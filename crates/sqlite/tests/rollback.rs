//! What the writer remembers of timelines does not outlive a transaction that did not happen.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a panic here is a failing test")]

mod support;

use sessions::store::conformance::block_on;
use sessions::store::rows::Write;
use sessions::store::{Commit, Store};
use sqlite::SqliteStore;
use support::{done, message_row, opening, positions};
use tempfile::TempDir;

/// Opens lane n with its first message.
fn opening_with_message(n: u32) -> Commit {
    let mut commit = opening(n);
    commit.writes.push(Write::AddMessage(message_row(n, 1, vec![0x3e; 320])));
    commit
}

#[test]
fn a_number_given_in_a_transaction_that_failed_is_forgotten() {
    let folder = TempDir::new().unwrap();
    let store = SqliteStore::open(&folder.path().join("sessions.db")).unwrap();
    let mut fails = opening_with_message(1);
    fails.writes.push(Write::AddMessage(message_row(9, 1, vec![1])));
    assert!(block_on(store.commit(fails)).is_err(), "timeline 9 does not exist");
    // The next timeline gets the number that the failed one had.
    done(&store, opening_with_message(2));
    done(&store, opening_with_message(1));
    let second = Write::AddMessage(message_row(1, 2, vec![0x3e; 320]));
    done(&store, Commit { writes: vec![second], ..Commit::default() });
    assert_eq!((positions(&store, 1), positions(&store, 2)), (vec![1, 2], vec![1]));
}

#[test]
fn a_dropped_timeline_is_forgotten() {
    let folder = TempDir::new().unwrap();
    let store = SqliteStore::open(&folder.path().join("sessions.db")).unwrap();
    done(&store, opening_with_message(1));
    let timeline = message_row(1, 1, vec![]).point.timeline;
    let gone = vec![Write::CutTimeline(timeline, 0, 10), Write::DropTimeline(timeline)];
    done(&store, Commit { writes: gone, ..Commit::default() });
    let message = Write::AddMessage(message_row(1, 1, vec![1]));
    let late = Commit { writes: vec![message], ..Commit::default() };
    assert!(block_on(store.commit(late)).is_err(), "its timeline is gone");
}
