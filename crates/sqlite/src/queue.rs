//! The queue before the writer: bounded, first come first served.
//!
//! A commit that is in no hurry does not wake the writer; it rides with the next one, or alone after 20 ms.
//!
//! A `Mutex` and a `Condvar` and not a channel: the writer takes all that waits in one step, and waits with a deadline.
//! Spinning for 50 µs before waiting lost: an append with nothing to sync took 26 µs with it and without (2026-11).
//! The bound is a semaphore of tokio, since those who wait for room are tasks and must not block a thread.
//!
//! Invariant: a job that was taken in is answered, or its sender is dropped when the writer ends.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use sessions::store::{Commit, Committed, StoreError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

/// How many jobs wait at most.
const ROOM: usize = 1024;

/// How many jobs are taken at once.
pub(crate) const BATCH: usize = 256;

/// How long a patient commit waits for another.
const PATIENCE: Duration = Duration::from_millis(20);

/// What the writer can be asked to do.
pub(crate) enum Job {
    Commit(Pending),
    Scrub(oneshot::Sender<Result<bool, StoreError>>),
}

/// A commit whose caller waits.
pub(crate) struct Pending {
    pub(crate) commit: Commit,
    pub(crate) answer: oneshot::Sender<Result<Committed, StoreError>>,
    /// Its place in the queue, until it is answered.
    pub(crate) _room: OwnedSemaphorePermit,
}

pub(crate) struct Queue {
    state: Mutex<State>,
    changed: Condvar,
    room: Arc<Semaphore>,
}

#[derive(Default)]
struct State {
    jobs: VecDeque<Job>,
    /// Jobs among them that are in a hurry.
    urgent: usize,
    waiting: Waiting,
    closed: bool,
}

/// What the writer waits for.
#[derive(Default, PartialEq, Eq)]
enum Waiting {
    /// Nothing: it is at work.
    #[default]
    No,
    /// Any job.
    ForAny,
    /// A job in a hurry, or the end of a patient one's patience.
    ForUrgent,
}

impl Job {
    fn is_urgent(&self) -> bool {
        match self {
            Self::Commit(pending) => !pending.commit.patient,
            Self::Scrub(_) => true,
        }
    }
}

impl Queue {
    pub(crate) fn new() -> Self {
        Self {
            state: Mutex::default(),
            changed: Condvar::new(),
            room: Arc::new(Semaphore::new(ROOM)),
        }
    }

    /// Waits for room.
    pub(crate) async fn room(&self) -> Result<OwnedSemaphorePermit, StoreError> {
        self.room.clone().acquire_owned().await.map_err(|_| StoreError::Closed)
    }

    pub(crate) fn push(&self, job: Job) -> Result<(), StoreError> {
        let mut state = self.state();
        if state.closed {
            return Err(StoreError::Closed);
        }
        let is_urgent = job.is_urgent();
        state.urgent += usize::from(is_urgent);
        state.jobs.push_back(job);
        let wakes = match state.waiting {
            Waiting::No => false,
            Waiting::ForAny => true,
            Waiting::ForUrgent => is_urgent,
        };
        if wakes {
            state.waiting = Waiting::No;
            drop(state);
            self.changed.notify_one();
        }
        Ok(())
    }

    /// Takes what waits, in order; waits for it. `None` when the queue is closed and empty.
    pub(crate) fn take(&self) -> Option<Vec<Job>> {
        let mut state = self.state();
        let mut deadline = None;
        while state.urgent == 0 && !state.closed && state.jobs.len() < BATCH {
            if state.jobs.is_empty() {
                state.waiting = Waiting::ForAny;
                state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            } else {
                let end = *deadline.get_or_insert_with(|| Instant::now() + PATIENCE);
                let left = end.saturating_duration_since(Instant::now());
                if left.is_zero() {
                    break;
                }
                state.waiting = Waiting::ForUrgent;
                let woken = self.changed.wait_timeout(state, left);
                state = woken.unwrap_or_else(PoisonError::into_inner).0;
            }
        }
        state.waiting = Waiting::No;
        let many = state.jobs.len().min(BATCH);
        let jobs: Vec<Job> = state.jobs.drain(..many).collect();
        state.urgent -= jobs.iter().filter(|job| job.is_urgent()).count();
        (!jobs.is_empty()).then_some(jobs)
    }

    /// Takes nothing more in. What is in the queue is still done.
    pub(crate) fn close(&self) {
        self.room.close();
        self.state().closed = true;
        self.changed.notify_all();
    }

    /// Closes and throws away what nobody will do.
    pub(crate) fn abandon(&self) {
        self.close();
        self.state().jobs.clear();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
