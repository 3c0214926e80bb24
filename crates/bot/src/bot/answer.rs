//! Answers: owed in the commit that decides them, sent, and noted as sent with a later commit.

use std::mem;
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use sessions::delivery::Delivery;
use sessions::store::rows::Write;
use sessions::store::{Commit, Store};
use sessions::{Environment, Failure, Fault, Refusal};

use crate::catch::{Panicked, catch};
use crate::handle;
use crate::outbox::{self, Delivered, Outlet, Owed, Parcel, parcel};
use crate::reply::{Address, Reply};
use crate::whereabouts::Here;
use crate::words;

use super::{Inner, Job, lock};

/// How long the note that an answer was sent may wait for a commit to ride with.
const NOTE_DELAY: Duration = Duration::from_millis(50);
/// How long an event that is done stays known.
const TAG_TIME: Duration = Duration::from_secs(7 * 86_400);

/// Notes deliveries that no other commit has taken along. Keeps nothing alive while it waits.
pub(super) async fn take_notes<S: Store, E: Environment, O: Outlet>(inner: Weak<Inner<S, E, O>>) {
    let Some(noted) = inner.upgrade().map(|strong| Arc::clone(&strong.noted)) else { return };
    if let Some(strong) = inner.upgrade()
        && let Err(error) = strong.forget_old_tags().await
    {
        tracing::warn!(error = %error, "old tags could not be forgotten");
    }
    loop {
        noted.notified().await;
        if inner.upgrade().is_some_and(|strong| !strong.room.is_closed()) {
            tokio::time::sleep(NOTE_DELAY).await;
        }
        let Some(strong) = inner.upgrade() else { return };
        if let Err(error) = strong.write_notes().await {
            tracing::warn!(error = %error, "deliveries could not be noted; tried again with the next");
        }
        if strong.room.is_closed() {
            return;
        }
    }
}

fn mark((seq, became): &(i64, Delivered)) -> Delivery {
    Delivery::Mark(*seq, outbox::state(*became))
}

impl<S: Store, E: Environment, O: Outlet> Inner<S, E, O> {
    /// Changes a lane and owes the answer in one commit; answers why not, if it is refused.
    pub(super) async fn change(
        &self,
        job: &Job,
        here: &Here,
        change: handle::Change,
        dress: &(impl Fn(Reply) -> Reply + Sync),
    ) -> Result<Option<Refusal>, Fault> {
        let generation = self.queue.present(&self.manager).await?;
        let missing = self.missing_at(job);
        let said_at = job.incoming.said_at.map(sessions::time::Timestamp::from_millis);
        let notes = Notes::take(&self.notes);
        let mut owed = None;
        let done = self
            .manager
            .perform(&here.at, &change.ask, said_at, |decision, rules, at| {
                let offer = handle::Offer::new(self, here, job, at);
                let reply = words::decided(&change.ask, decision, rules, at, &offer);
                let reply = with_missing(dress(reply), missing.as_deref());
                let private = reply.private;
                let answer = Owed::new(Address::of(&job.incoming), reply);
                let row = outbox::row(&generation, job.place, private, &answer, at)?;
                owed = Some((answer, private));
                let mut delivery = notes.marks();
                delivery.extend([Delivery::Finish(job.seq), Delivery::Owe(row)]);
                delivery.extend(missing.iter().flatten().map(|seq| mark(&(*seq, Delivered::Dead))));
                Ok(sessions::manager::Rider { delivery, once: change.once })
            })
            .await;
        match done {
            Ok(done) => {
                notes.are_written();
                lock(&self.missing).remove(&job.place);
                let (answer, private) = owed.expect("a decision that was committed was dressed");
                self.send(job, answer, private, done.receipt.owed.first().copied()).await;
                Ok(None)
            }
            Err(Failure::Refused(refusal)) => Ok(Some(refusal)),
            Err(Failure::Fault(fault)) => Err(fault),
        }
    }

    pub(super) async fn finish(
        &self,
        job: &Job,
        reply: Reply,
        writes: Vec<Write>,
    ) -> Result<(), Fault> {
        self.answer(job, reply, vec![Delivery::Finish(job.seq)], writes).await
    }

    /// Ends an event and owes its answer in one commit, then sends it.
    pub(super) async fn answer(
        &self,
        job: &Job,
        reply: Reply,
        mut delivery: Vec<Delivery>,
        writes: Vec<Write>,
    ) -> Result<(), Fault> {
        let generation = self.queue.present(&self.manager).await?;
        let missing = self.missing_at(job);
        let reply = with_missing(reply, missing.as_deref());
        let private = reply.private;
        let answer = Owed::new(Address::of(&job.incoming), reply);
        let now = self.manager.environment().now();
        let row = outbox::row(&generation, job.place, private, &answer, now)?;
        let notes = Notes::take(&self.notes);
        delivery.extend(notes.marks());
        delivery.push(Delivery::Owe(row));
        delivery.extend(missing.iter().flatten().map(|seq| mark(&(*seq, Delivered::Dead))));
        let commit = Commit { delivery, writes, ..Commit::default() };
        let receipt = self.manager.commit_free(commit).await?;
        notes.are_written();
        lock(&self.missing).remove(&job.place);
        self.send(job, answer, private, receipt.owed.first().copied()).await;
        Ok(())
    }

    /// The answers that a place has yet to be told of. They stay until the answer that tells of them is committed.
    fn missing_at(&self, job: &Job) -> Option<Vec<i64>> {
        lock(&self.missing).get(&job.place).cloned()
    }

    /// Delivers an answer that is owed in the store, and remembers what became of it.
    ///
    /// The event is done by now: a panic on the way out must not begin it again.
    async fn send(&self, job: &Job, owed: Owed, private: bool, seq: Option<i64>) {
        let became = match catch(self.deliver(owed, private)).await {
            Ok(became) => became,
            Err(Panicked) => {
                tracing::error!(
                    "panic while an answer was delivered: it may or may not have arrived"
                );
                Delivered::Ambiguous
            }
        };
        if let Some(seq) = seq {
            if became == Delivered::Ambiguous {
                lock(&self.missing).entry(job.place).or_default().push(seq);
            }
            lock(&self.notes).push((seq, became));
            self.noted.notify_one();
        }
    }

    async fn deliver(&self, owed: Owed, private: bool) -> Delivered {
        let to = owed.to.clone();
        let parcel = match parcel(&self.manager, owed, private).await {
            Ok(parcel) => parcel,
            Err(failure) => {
                tracing::error!(
                    error = &failure as &dyn std::error::Error,
                    "a file could not be made"
                );
                Parcel { to, text: words::no_file(), buttons: Vec::new(), file: None, private }
            }
        };
        self.outlet.deliver(parcel).await
    }

    /// Delivers what no store could take: nothing is noted of it.
    pub(super) async fn tell(&self, job: &Job, reply: Reply) {
        let private = reply.private;
        let owed = Owed::new(Address::of(&job.incoming), reply);
        self.send(job, owed, private, None).await;
    }

    /// Forgets the tags of events so old that no channel sends them again.
    async fn forget_old_tags(&self) -> Result<(), Fault> {
        let before = self.manager.environment().now().minus(TAG_TIME);
        let delivery = vec![Delivery::Forget(before)];
        self.manager.commit_free(Commit { delivery, ..Commit::default() }).await.map(drop)
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
    from: &'a Mutex<Vec<(i64, Delivered)>>,
    taken: Vec<(i64, Delivered)>,
}

impl<'a> Notes<'a> {
    fn take(from: &'a Mutex<Vec<(i64, Delivered)>>) -> Self {
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

fn with_missing(reply: Reply, missing: Option<&[i64]>) -> Reply {
    match missing {
        None => reply,
        Some(_) => Reply { text: format!("{}\n\n{}", words::missing(), reply.text), ..reply },
    }
}
