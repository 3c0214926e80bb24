//! The worker of a place: one event after another, each to its end.

use std::collections::{HashMap, VecDeque};
use std::sync::Mutex;
use std::time::Instant;

use sessions::delivery::Delivery;
use sessions::id::PlaceId;
use sessions::store::{Commit, Store};
use sessions::{Environment, Fault};
use tracing::Instrument;

use crate::catch::{Panicked, catch};
use crate::handle::{self, Step};
use crate::outbox::Outlet;
use crate::reply::Reply;
use crate::words;

use super::{ATTEMPTS, Bot, Inner, Job, lock};

/// Works through a place until nothing waits there.
pub(super) async fn work<S: Store, E: Environment, O: Outlet>(bot: Bot<S, E, O>, place: PlaceId) {
    while let Some(job) = next(&bot.inner.busy, place) {
        let span = tracing::info_span!("event", channel = job.incoming.channel, seq = job.seq);
        bot.inner.run(job).instrument(span).await;
    }
    bot.inner.idle.notify_waiters();
}

/// What is next at a place; when that is nothing, the place is no longer busy, in the same instant.
fn next(busy: &Mutex<HashMap<PlaceId, VecDeque<Job>>>, place: PlaceId) -> Option<Job> {
    let mut busy = lock(busy);
    let job = busy.get_mut(&place).and_then(VecDeque::pop_front);
    if job.is_none() {
        busy.remove(&place);
    }
    job
}

/// How an event ended, for the log.
enum Ended {
    Answered(&'static str),
    Refused(&'static str),
    Ignored,
}

impl<S: Store, E: Environment, O: Outlet> Inner<S, E, O> {
    async fn run(&self, mut job: Job) {
        let began = Instant::now();
        if job.attempts >= ATTEMPTS {
            self.set_aside(&job).await;
            return;
        }
        loop {
            let ms = || u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
            match catch(self.handle(&job)).await {
                Ok(Ok(ended)) => {
                    let (command, outcome) = match ended {
                        Ended::Answered(command) => (command, "answered"),
                        Ended::Refused(command) => (command, "refused"),
                        Ended::Ignored => ("", "ignored"),
                    };
                    tracing::info!(command, outcome, ms = ms(), "done");
                    return;
                }
                Ok(Err(fault)) => {
                    tracing::error!(ms = ms(), error = &fault as &dyn std::error::Error, "fault");
                    self.give_up(&job, Delivery::Finish(job.seq), words::fault(job.seq, &fault))
                        .await;
                    return;
                }
                Err(Panicked) => {
                    job.attempts += 1;
                    tracing::error!(attempts = job.attempts, "panic in a handler");
                    if job.attempts >= ATTEMPTS {
                        self.set_aside(&job).await;
                        return;
                    }
                    self.count_attempt(job.seq).await;
                }
            }
        }
    }

    async fn count_attempt(&self, seq: i64) {
        let delivery = vec![Delivery::Attempt(seq)];
        let counted = self.manager.commit_free(Commit { delivery, ..Commit::default() }).await;
        if let Err(error) = counted {
            tracing::warn!(error = %error, "an attempt could not be counted");
        }
    }

    async fn set_aside(&self, job: &Job) {
        self.give_up(job, Delivery::Park(job.seq), words::parked(job.seq)).await;
    }

    /// Ends an event that failed, with an answer; if even that cannot be stored, the event stays in the inbox.
    async fn give_up(&self, job: &Job, end: Delivery, mut reply: Reply) {
        reply.private = !job.incoming.direct;
        // A panic here would leave the place without its worker.
        let answered = catch(self.answer(job, reply.clone(), vec![end], Vec::new())).await;
        if !matches!(answered, Ok(Ok(()))) {
            reply.text = words::still_waiting(&reply.text);
            self.tell(job, reply).await;
        }
    }

    async fn handle(&self, job: &Job) -> Result<Ended, Fault> {
        let access = &self.settings.access;
        let here = self.bindings.locate(&self.manager, access, &job.incoming).await?;
        let plan = handle::plan(self, &here, job).await?;
        let command = plan.command;
        let private = plan.is_command && !here.direct && here.lane_is_private();
        let dress = |reply: Reply| Reply { private: reply.private || private, ..reply };
        match plan.step {
            Step::Silent => {
                let delivery = vec![Delivery::Finish(job.seq)];
                self.manager.commit_free(Commit { delivery, ..Commit::default() }).await?;
                Ok(Ended::Ignored)
            }
            Step::Refuse(words) => {
                self.finish(job, dress(Reply::text(words)), Vec::new()).await?;
                Ok(Ended::Refused(command))
            }
            Step::Tell { reply, writes } => {
                self.finish(job, dress(reply), writes).await?;
                Ok(Ended::Answered(command))
            }
            Step::Change(change) => {
                let refusal = self.change(job, &here, change, &dress).await?;
                let Some(refusal) = refusal else { return Ok(Ended::Answered(command)) };
                self.finish(job, dress(Reply::text(refusal.to_string())), Vec::new()).await?;
                Ok(Ended::Refused(command))
            }
        }
    }
}
