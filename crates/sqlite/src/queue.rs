//! The queue before the writer: bounded, first come first served.
//!
//! Who comes alone and finds the writer asleep leads: they run their commit on their own thread, and the writer sleeps
//! on. On an idle machine an append with nothing to sync took 90 µs when it woke the writer and was woken by it, and 23 µs
//! since; not reading the lane first (the manager's guess) is in that too (2026-11). Who finds somebody at work waits;
//! what has gathered by the end of that is the writer's.
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
use std::thread;
use std::time::{Duration, Instant};

use sessions::store::{Commit, Committed, StoreError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use crate::writer::Writer;

/// How many jobs wait at most.
const ROOM: usize = 1024;

/// How many jobs are taken at once.
pub(crate) const BATCH: usize = 256;

/// How long a patient commit waits for another.
const PATIENCE: Duration = Duration::from_millis(20);

/// How many folds of one commit each tell that callers come alone again.
const CROWD: u8 = 4;

/// What the writer can be asked to do.
pub(crate) enum Job {
    Commit(Pending),
    /// Something that takes long, with the connection to itself. It answers by itself.
    Long(Long),
}

/// What takes long.
pub(crate) type Long = Box<dyn FnOnce(&mut Writer) + Send>;

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
    /// Somebody runs jobs on their own thread: nobody else does meanwhile.
    led: bool,
    /// Folds until somebody may lead again: while callers come side by side, their threads are better used for
    /// preparing the next fold than for running this one.
    crowd: u8,
    closed: bool,
}

/// What became of a job that was taken in.
pub(crate) enum Pushed<'a> {
    /// It will be done.
    Queued,
    /// It will be done by whoever leads next; nobody was woken for it.
    MayLead(MayLead<'a>),
}

/// The duty to lead, or else to wake the writer. It keeps nobody else from leading, so it may be held across an await:
/// a task that is not polled for a while holds up nothing but itself.
pub(crate) struct MayLead<'a> {
    queue: &'a Queue,
}

impl<'a> MayLead<'a> {
    /// Leads, unless others are at work or have seen to what waited.
    pub(crate) fn lead(self) -> Option<Lead<'a>> {
        let mut state = self.queue.state();
        if state.led || state.waiting == Waiting::No || state.jobs.is_empty() {
            return None;
        }
        state.led = true;
        Some(Lead { queue: self.queue })
    }
}

impl Drop for MayLead<'_> {
    fn drop(&mut self) {
        let state = self.queue.state();
        let wakes = !state.led && !state.jobs.is_empty();
        drop(state);
        if wakes {
            self.queue.changed.notify_one();
        }
    }
}

/// The right to run jobs in the writer's place. Nothing else is run meanwhile: it is not to be held across an await.
pub(crate) struct Lead<'a> {
    queue: &'a Queue,
}

impl Lead<'_> {
    /// Takes the commits that wait, in order.
    pub(crate) fn take(&self) -> Vec<Pending> {
        let mut state = self.queue.state();
        let mut fold = Vec::new();
        while fold.len() < BATCH {
            match state.jobs.pop_front() {
                Some(Job::Commit(pending)) => fold.push(pending),
                // That is for the writer's own thread.
                Some(long @ Job::Long(_)) => {
                    state.jobs.push_front(long);
                    break;
                }
                None => break,
            }
        }
        state.urgent -= fold.iter().filter(|pending| !pending.commit.patient).count();
        state.note_fold(fold.len());
        fold
    }
}

impl Drop for Lead<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.queue.abandon();
        }
        let mut state = self.queue.state();
        state.led = false;
        let wakes = state.closed || !state.jobs.is_empty();
        drop(state);
        if wakes {
            self.queue.changed.notify_one();
        }
    }
}

impl State {
    fn note_fold(&mut self, commits: usize) {
        self.crowd = if commits > 1 { CROWD } else { self.crowd.saturating_sub(1) };
    }
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
            Self::Long(_) => true,
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

    pub(crate) fn push(&self, job: Job) -> Result<Pushed<'_>, StoreError> {
        let mut state = self.state();
        if state.closed {
            return Err(StoreError::Closed);
        }
        let (is_urgent, is_commit) = (job.is_urgent(), matches!(job, Job::Commit(_)));
        state.urgent += usize::from(is_urgent);
        state.jobs.push_back(job);
        let wakes = match state.waiting {
            Waiting::No => false,
            Waiting::ForAny => true,
            Waiting::ForUrgent => is_urgent,
        };
        if state.led || !wakes {
            return Ok(Pushed::Queued);
        }
        if is_urgent && is_commit && state.crowd == 0 {
            return Ok(Pushed::MayLead(MayLead { queue: self }));
        }
        state.waiting = Waiting::No;
        drop(state);
        self.changed.notify_one();
        Ok(Pushed::Queued)
    }

    /// Takes what waits, in order; waits for it. `None` when the queue is closed and empty.
    pub(crate) fn take(&self) -> Option<Vec<Job>> {
        let mut state = self.state();
        let mut deadline = None;
        while state.led || state.urgent == 0 && !state.closed && state.jobs.len() < BATCH {
            if state.led || state.jobs.is_empty() {
                deadline = None;
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
        state.note_fold(jobs.len());
        (!jobs.is_empty()).then_some(jobs)
    }

    /// Takes nothing more in. What is in the queue is still done.
    pub(crate) fn close(&self) {
        self.room.close();
        self.state().closed = true;
        self.changed.notify_all();
    }

    /// Whether nothing more is taken in.
    pub(crate) fn is_closed(&self) -> bool {
        self.state().closed
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
