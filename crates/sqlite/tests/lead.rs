//! Commits that are run on the thread of their caller, and what becomes of them when that does not come back.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a panic here is a failing test")]

mod support;

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::thread;

use sessions::store::conformance::block_on;
use sessions::store::{Commit, Committed, Store};
use sqlite::SqliteStore;
use support::{append, done, join_all, opening, positions};
use tempfile::TempDir;

fn store() -> (TempDir, SqliteStore) {
    let folder = TempDir::new().unwrap();
    let store = SqliteStore::open(&folder.path().join("sessions.db")).unwrap();
    // The writer sleeps once it has answered this.
    assert!(block_on(store.scrub()).unwrap());
    (folder, store)
}

fn poll_once<F: Future>(future: std::pin::Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

#[test]
fn a_commit_that_is_not_polled_holds_up_no_other() {
    let (_folder, store) = store();
    let mut idle = pin!(store.commit(opening(1)));
    assert!(poll_once(idle.as_mut()).is_pending());
    done(&store, opening(2));
    done(&store, Commit { patient: true, ..opening(3) });
    assert!(block_on(store.scrub()).unwrap());
    assert!(matches!(block_on(idle).unwrap(), Committed::Done(_)));
}

#[test]
fn a_commit_whose_caller_has_gone_happens_all_the_same() {
    let (_folder, store) = store();
    {
        let mut gone = pin!(store.commit(opening(1)));
        assert!(poll_once(gone.as_mut()).is_pending());
    }
    done(&store, append(1, 1));
    assert_eq!(positions(&store, 1), [1]);
}

#[test]
fn a_patient_commit_rides_with_the_one_that_comes_while_it_waits() {
    let (_folder, store) = store();
    let patient = Commit { patient: true, ..opening(1) };
    let both = join_all([store.commit(patient), store.commit(opening(2))]);
    assert!(both.into_iter().all(|done| matches!(done, Ok(Committed::Done(_)))));
    done(&store, Commit { patient: true, ..opening(3) });
}

#[test]
fn callers_on_many_threads_and_in_turn_are_all_answered() {
    const THREADS: u32 = 8;
    const MESSAGES: u64 = 60;
    let (_folder, store) = store();
    let store = Arc::new(store);
    let threads = (1..=THREADS).map(|n| {
        let store = store.clone();
        thread::spawn(move || {
            done(&store, opening(n));
            for position in 1..=MESSAGES {
                let patient = position % 7 == 0;
                done(&store, Commit { patient, ..append(n, position) });
                if position % 20 == 0 {
                    block_on(store.scrub()).unwrap();
                }
            }
        })
    });
    for thread in threads.collect::<Vec<_>>() {
        thread.join().unwrap();
    }
    // And alone again.
    for n in 1..=THREADS {
        assert_eq!(positions(&store, n), (1..=MESSAGES).collect::<Vec<_>>());
        done(&store, append(n, MESSAGES + 1));
    }
}
