//! Commits that are run on the thread of their caller, and what becomes of them when that does not come back.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a panic here is a failing test")]

mod support;

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread;

use prometheus_client::encoding::prometheus_text;
use prometheus_client::registry::Registry;
use sessions::store::conformance::block_on;
use sessions::store::{Commit, Committed, Store, StoreError};
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

/// A caller who breaks down when they are answered, and whoever answers them with that.
struct Breaks;

impl Wake for Breaks {
    fn wake(self: Arc<Self>) {
        panic!("it was meant to break down");
    }
}

#[test]
fn a_writer_that_has_broken_down_is_seen_and_counted() {
    let (_folder, store) = store();
    done(&store, opening(1));
    assert!(!store.is_closed());
    {
        // Nobody leads for a patient one: the writer's own thread answers it.
        let mut breaking = pin!(store.commit(Commit { patient: true, ..opening(2) }));
        let waker = Waker::from(Arc::new(Breaks));
        assert!(breaking.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
        // The next one rides with it, or comes too late.
        let _ = block_on(store.commit(Commit { patient: true, ..opening(3) }));
    }
    // The queue is thrown away before anybody who waited in it hears of it.
    let refused = block_on(store.commit(opening(4)));
    assert!(matches!(refused, Err(StoreError::Closed | StoreError::Unresolved(_))), "{refused:?}");
    assert!(store.is_closed());
    assert_eq!(positions(&store, 1), [0; 0], "reading goes on");
    let refused = block_on(store.commit(opening(5)));
    assert!(matches!(refused, Err(StoreError::Closed)), "{refused:?}");
    let (mut registry, mut told) = (Registry::default(), String::new());
    store.meter().register(&mut registry);
    prometheus_text::encode(&mut told, &registry).unwrap();
    let closed = told.lines().find(|line| line.contains("kind=\"closed\"")).unwrap();
    assert!(!closed.ends_with(" 0"), "{closed}");
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
