//! Answers: owed in the commit that decides them, sent, and noted as sent with a later commit.

use std::mem;
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use sessions::delivery::{Delivery, OutboxRow, OutboxState};
use sessions::store::rows::Write;
use sessions::store::{Commit, Store};
use sessions::time::Timestamp;
use sessions::{Environment, Failure, Fault, Refusal};

use crate::causes::Causes;
use crate::handle;
use crate::outbox::{Outlet, Owed};
use crate::queue::Generation;
use crate::reply::{Address, Reply, Shape};
use crate::whereabouts::Here;
use crate::words;

use super::intake::event_tags;
use super::road::{Owing, RoadKey};
use super::{Inner, Job, lock};

/// How long the note that an answer was sent may wait for a commit to ride with.
const NOTE_DELAY: Duration = Duration::from_millis(50);
/// How long, at least, an event that is done stays known, and an answer waits behind its button.
pub(super) const TAG_TIME: Duration = Duration::from_secs(7 * 86_400);

/// Notes deliveries that no other commit has taken along. Keeps nothing alive while it waits.
pub(super) async fn take_notes<S: Store, E: Environment, O: Outlet>(inner: Weak<Inner<S, E, O>>) {
    let Some(noted) = inner.upgrade().map(|strong| Arc::clone(&strong.noted)) else { return };
    loop {
        noted.notified().await;
        if inner.upgrade().is_some_and(|strong| !strong.room.is_closed()) {
            tokio::time::sleep(NOTE_DELAY).await;
        }
        let Some(strong) = inner.upgrade() else { return };
        if let Err(error) = strong.write_notes().await {
            tracing::warn!(error = %Causes(&error), "deliveries could not be noted; tried again with the next");
        }
        if strong.room.is_closed() {
            return;
        }
    }
}

fn mark((seq, state): &(i64, OutboxState)) -> Delivery {
    Delivery::Mark(*seq, *state)
}

/// An answer in pieces, as it is owed in the commit that decides it.
struct Pieces {
    owed: Vec<Owed>,
    rows: Vec<OutboxRow>,
}

impl<S: Store, E: Environment, O: Outlet> Inner<S, E, O> {
    /// Changes a lane and owes the answer in one commit; answers the road it leaves on, or why not if it is refused.
    pub(super) async fn change(
        &self,
        job: &Job,
        here: &Here,
        change: handle::Change,
        dress: &(impl Fn(Reply) -> Reply + Sync),
    ) -> Result<Result<Option<RoadKey>, Refusal>, Fault> {
        let generation = self.queue.present(&self.manager).await?;
        let missing = self.missing_at(job);
        let said_at = job.incoming.said_at.map(Timestamp::from_millis);
        let notes = Notes::take(&self.notes);
        let mut pieces = None;
        let done = self
            .manager
            .perform(&here.at, &change.ask, said_at, |decision, rules, at| {
                let offer = handle::Offer::new(self, here, job, at);
                let reply = dress(words::decided(&change.ask, decision, rules, at, &offer));
                let owing = self.pieces(job, reply, missing.as_deref(), &generation)?;
                let mut delivery = notes.marks();
                let event = if job.seq == 0 {
                    Some(event_tags(&self.manager, &job.incoming))
                } else {
                    delivery.push(Delivery::Finish(job.seq));
                    None
                };
                delivery.extend(owing.rows.iter().cloned().map(Delivery::Owe));
                delivery.extend(told(missing.as_deref()));
                pieces = Some(owing);
                Ok(sessions::manager::Rider { delivery, once: change.once, event })
            })
            .await;
        match done {
            Ok(done) => {
                notes.are_written();
                self.meter.count_reset(&done.decision.outcome);
                let pieces = pieces.expect("a decision that was committed was dressed");
                self.were_told(job, missing.as_deref());
                Ok(Ok(self.send_off(job, pieces, &done.receipt.owed)))
            }
            Err(Failure::Refused(refusal)) => Ok(Err(refusal)),
            Err(Failure::Fault(fault)) => Err(fault),
        }
    }

    pub(super) async fn finish(
        &self,
        job: &Job,
        reply: Reply,
        writes: Vec<Write>,
    ) -> Result<Option<RoadKey>, Fault> {
        self.answer(job, reply, vec![Delivery::Finish(job.seq)], writes).await
    }

    /// Ends an event and owes its answer in one commit; answers the road that it leaves on.
    pub(super) async fn answer(
        &self,
        job: &Job,
        reply: Reply,
        mut delivery: Vec<Delivery>,
        writes: Vec<Write>,
    ) -> Result<Option<RoadKey>, Fault> {
        let generation = self.queue.present(&self.manager).await?;
        let missing = self.missing_at(job);
        let pieces = self.pieces(job, reply, missing.as_deref(), &generation)?;
        let notes = Notes::take(&self.notes);
        delivery.extend(notes.marks());
        delivery.extend(pieces.rows.iter().cloned().map(Delivery::Owe));
        delivery.extend(told(missing.as_deref()));
        let commit = Commit { delivery, writes, ..Commit::default() };
        let receipt = self.manager.commit_free(commit).await?;
        notes.are_written();
        self.were_told(job, missing.as_deref());
        Ok(self.send_off(job, pieces, &receipt.owed))
    }

    /// Cuts an answer into pieces and seals the rows that owe them. The first is stored as under way if it can leave
    /// at once.
    fn pieces(
        &self,
        job: &Job,
        reply: Reply,
        missing: Option<&[i64]>,
        generation: &Generation,
    ) -> Result<Pieces, Fault> {
        let to = Address::of(&job.incoming);
        let reply = with_missing(reply, missing);
        let private = reply.private;
        let is_free = self.roads.is_free(&to, self.outlet.pace(&to));
        let created_at = self.manager.environment().now();
        let mut pieces = Pieces { owed: Vec::new(), rows: Vec::new() };
        for (chunk, piece) in (0..).zip(self.outlet.chunks(&to, reply)) {
            let leaves = is_free && chunk == 0;
            let state = if leaves { OutboxState::Attempting } else { OutboxState::Pending };
            let (place, key, sealed) = (job.place, generation.id, Vec::new());
            let row = OutboxRow { seq: 0, place, chunk, private, state, created_at, key, sealed };
            let owed = Owed::new(to.clone(), piece);
            pieces.rows.push(generation.seal_answer(row, &owed)?);
            pieces.owed.push(owed);
        }
        Ok(pieces)
    }

    /// Puts the pieces of an answer, which are owed in the store by now, on their road.
    fn send_off(&self, job: &Job, pieces: Pieces, seqs: &[i64]) -> Option<RoadKey> {
        pieces.rows.iter().for_each(|row| self.meter.count_moved(row.state, 1));
        let pieces = pieces.owed.into_iter().zip(pieces.rows).zip(seqs);
        let pieces = pieces.map(|((owed, row), seq)| {
            Owing::recorded(&OutboxRow { seq: *seq, ..row }, owed, job.permit.clone())
        });
        self.set_out(pieces.collect())
    }

    /// Sends what no store could take: nothing is noted of it.
    pub(super) fn tell(&self, job: &Job, reply: Reply) -> Option<RoadKey> {
        let to = Address::of(&job.incoming);
        let private = reply.private;
        let pieces = (0..).zip(self.outlet.chunks(&to, reply));
        let now = self.manager.environment().now();
        let pieces = pieces.map(|(chunk, piece)| {
            Owing::unrecorded(chunk, Owed::new(to.clone(), piece), private, now)
        });
        self.set_out(pieces.collect())
    }

    /// The answers that a place has yet to be told of. They stay until the answer that tells of them is committed.
    fn missing_at(&self, job: &Job) -> Option<Vec<i64>> {
        lock(&self.missing).get(&job.place).cloned()
    }

    /// The place has been told of these. What went missing while it was is told with the answer after that.
    fn were_told(&self, job: &Job, told: Option<&[i64]>) {
        let Some(told) = told else { return };
        let mut missing = lock(&self.missing);
        if let Some(here) = missing.get_mut(&job.place) {
            here.retain(|seq| !told.contains(seq));
            if here.is_empty() {
                missing.remove(&job.place);
            }
        }
    }

    pub(super) async fn write_notes(&self) -> Result<(), Fault> {
        let notes = Notes::take(&self.notes);
        let delivery = notes.marks();
        if !delivery.is_empty() {
            self.manager.commit_free(Commit { delivery, ..Commit::default() }).await?;
        }
        notes.are_written();
        Ok(())
    }
}

/// Notes that are on their way into the store. Unless they get there they go back, whatever ends the way.
struct Notes<'a> {
    from: &'a Mutex<Vec<(i64, OutboxState)>>,
    taken: Vec<(i64, OutboxState)>,
}

impl<'a> Notes<'a> {
    fn take(from: &'a Mutex<Vec<(i64, OutboxState)>>) -> Self {
        Self { from, taken: mem::take(&mut *lock(from)) }
    }

    fn marks(&self) -> Vec<Delivery> {
        self.taken.iter().map(mark).collect()
    }

    fn are_written(mut self) {
        self.taken.clear();
    }
}

impl Drop for Notes<'_> {
    fn drop(&mut self) {
        lock(self.from).append(&mut self.taken);
    }
}

/// The marks of answers that the place is told of: they are no longer waited for.
fn told(missing: Option<&[i64]>) -> impl Iterator<Item = Delivery> {
    missing.into_iter().flatten().map(|seq| Delivery::Mark(*seq, OutboxState::Dead))
}

fn with_missing(reply: Reply, missing: Option<&[i64]>) -> Reply {
    match missing {
        None => reply,
        Some(_) => {
            let text = format!("{}\n\n{}", words::missing(), reply.text);
            Reply { text, shape: Shape::Words, ..reply }
        }
    }
}
