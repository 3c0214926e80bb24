//! The worker of a place: one event after another, each to its end; then, with the place free again, the way out.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, OnceLock};
use std::time::Instant;

use sessions::delivery::{Delivery, OutboxState};
use sessions::id::PlaceId;
use sessions::store::{Commit, Store};
use sessions::{Environment, Fault, Refusal};
use tokio::sync::{RwLockReadGuard, RwLockWriteGuard};
use tracing::Instrument;

use crate::catch::{Panicked, catch};
use crate::causes::Causes;
use crate::handle::{self, Step};
use crate::incoming::Body;
use crate::outbox::Outlet;
use crate::reply::{Address, Reply};
use crate::whereabouts::Here;
use crate::words;

use super::gauge::AtWork;
use super::held::Verdict;
use super::road::RoadKey;
use super::{ATTEMPTS, Bot, CALM, Inner, Job, Taken, lock};

/// Places remembered at most where events came to their end.
const PROVEN: usize = 10_000;

/// Works through a place until nothing waits there.
pub(super) async fn work<S: Store, E: Environment, O: Outlet>(
    bot: Bot<S, E, O>,
    place: PlaceId,
    _at_work: AtWork,
) {
    let mut mine: Option<RoadKey> = None;
    let closing = || *bot.inner.closing.borrow();
    while let Some(job) = next(&bot.inner.busy, place, closing()) {
        if let Some(road) = mine.take() {
            bot.spawn_drive(road);
        }
        let channel = &job.incoming.channel;
        let span = tracing::info_span!("event", channel, seq = job.seq);
        mine = bot.inner.run(job).instrument(span).await;
    }
    if let Some(road) = mine {
        bot.inner.drive(road).await;
    }
}

/// What is next at a place; when that is nothing, the place is no longer busy, in the same instant.
fn next(
    busy: &Mutex<HashMap<PlaceId, VecDeque<Job>>>,
    place: PlaceId,
    closing: bool,
) -> Option<Job> {
    let mut busy = lock(busy);
    // What waits when the bot closes is in the inbox, and waits there for the next start.
    let job = busy.get_mut(&place).filter(|_| !closing).and_then(VecDeque::pop_front);
    if job.is_none() {
        busy.remove(&place);
    }
    job
}

/// The right to handle an event, until it is dropped.
enum Turn<'h> {
    Together(#[expect(dead_code, reason = "it is held")] RwLockReadGuard<'h, ()>),
    Alone(#[expect(dead_code, reason = "it is held")] RwLockWriteGuard<'h, ()>),
}

/// How an event ended, for the log.
enum Ended {
    Answered(Option<RoadKey>),
    Refused(Option<RoadKey>),
    Ignored,
    /// It had been taken in before.
    Known,
    /// Not at once: it has to be in the inbox first.
    NotAtOnce,
}

impl<S: Store, E: Environment, O: Outlet> Inner<S, E, O> {
    /// Brings an event to its end; answers the way that its answer is to be sent on, if nobody is on it yet.
    async fn run(&self, mut job: Job) -> Option<RoadKey> {
        let began = Instant::now();
        if !self.is_let_go(&mut job).await {
            return None;
        }
        let _turn = self.turn(&job).await?;
        if job.is_suspect {
            if job.attempts >= ATTEMPTS {
                return self.set_aside(&job).await;
            }
            job.attempts += 1;
            self.count_attempt(job.seq).await;
        }
        loop {
            let named = OnceLock::new();
            let handled = catch(self.handle(&job, &named)).await;
            let command = named.get().copied().unwrap_or_default();
            let ended = |outcome| self.ended(command, outcome, began);
            if let Ok(Ok(Ended::NotAtOnce | Ended::Known)) | Ok(Err(_)) | Err(Panicked) = &handled
                && job.seq == 0
            {
                job.attempts = u32::from(matches!(handled, Err(Panicked)));
                let is_known = matches!(handled, Ok(Ok(Ended::Known)));
                match self.take_the_long_way(&mut job, is_known).await {
                    Ok(()) => continue,
                    Err(road) => return road,
                }
            }
            match handled {
                Ok(Ok(became)) => {
                    job.accept(Taken::New);
                    self.prove(job.place);
                    let (outcome, road) = match became {
                        Ended::Answered(road) => ("answered", road),
                        Ended::Refused(road) => ("refused", road),
                        Ended::Ignored | Ended::Known | Ended::NotAtOnce => ("ignored", None),
                    };
                    tracing::info!(command, outcome, ms = ended(outcome), "done");
                    return road;
                }
                Ok(Err(fault)) => {
                    let ms = ended("fault");
                    tracing::error!(command, outcome = "fault", ms, error = %Causes(&fault), "fault");
                    let words = words::fault(job.seq, &fault);
                    return self.give_up(&job, Delivery::Finish(job.seq), words).await;
                }
                Err(Panicked) => {
                    job.attempts += 1;
                    let (ms, attempts) = (ended("panic"), job.attempts);
                    tracing::error!(command, outcome = "panic", ms, attempts, "panic in a handler");
                    if job.attempts >= ATTEMPTS {
                        return self.set_aside(&job).await;
                    }
                    self.count_attempt(job.seq).await;
                }
            }
        }
    }

    /// Counts how a try at an event ended; answers the milliseconds that it took.
    fn ended(&self, command: &'static str, outcome: &'static str, began: Instant) -> u64 {
        let took = began.elapsed();
        self.meter.count_handled(command, outcome, took);
        u64::try_from(took.as_millis()).unwrap_or(u64::MAX)
    }

    /// Waits until the channel lets an event go that it holds; answers whether it is to be handled.
    async fn is_let_go(&self, job: &mut Job) -> bool {
        let Some(gate) = job.gate.take() else { return true };
        let mut closing = self.closing.subscribe();
        tokio::select! {
            verdict = gate => verdict == Ok(Verdict::Released),
            _ = closing.wait_for(|closing| *closing) => false,
        }
    }

    /// Waits until the event may be handled; `None` once the bot closes. One that two processes have not ended goes
    /// alone, and the last time not before this process has lived for a while: should it end this one too, no other event
    /// is blamed for that, and whoever killed those from outside has to hit the same moment again.
    async fn turn(&self, job: &Job) -> Option<Turn<'_>> {
        if !job.is_suspect || job.attempts == 0 {
            return Some(Turn::Together(self.handling.read().await));
        }
        let is_last = job.attempts + 1 == ATTEMPTS;
        if is_last && !self.wait_until(self.began + CALM).await {
            return None;
        }
        Some(Turn::Alone(self.handling.write().await))
    }

    /// Puts an event that could not be decided at once into the inbox. If it is not there, or not new, answers the way of
    /// what its chat is told.
    async fn take_the_long_way(
        &self,
        job: &mut Job,
        is_known: bool,
    ) -> Result<(), Option<RoadKey>> {
        if is_known {
            job.accept(Taken::Known);
            return Err(None);
        }
        match self.put_aside(job).await {
            Ok(Some(seq)) => {
                job.seq = seq;
                job.accept(Taken::New);
                Ok(())
            }
            Ok(None) => {
                job.accept(Taken::Known);
                Err(None)
            }
            Err(fault) => {
                let reply = self.excuse(&job.incoming, &fault);
                let road = reply.and_then(|reply| self.tell(job, reply));
                if let Some(accepted) = job.accepted.take() {
                    drop(accepted.send(Err(fault.into())));
                }
                Err(road)
            }
        }
    }

    /// Remembers that a place's events come to their end.
    fn prove(&self, place: PlaceId) {
        let mut proven = lock(&self.proven);
        if proven.len() >= PROVEN {
            proven.clear();
        }
        proven.insert(place);
    }

    async fn count_attempt(&self, seq: i64) {
        let delivery = vec![Delivery::Attempt(seq)];
        let counted = self.manager.commit_free(Commit { delivery, ..Commit::default() }).await;
        if let Err(error) = counted {
            tracing::warn!(error = %Causes(&error), "an attempt could not be counted");
        }
    }

    async fn set_aside(&self, job: &Job) -> Option<RoadKey> {
        tracing::error!(attempts = job.attempts, "an event is set aside");
        self.meter.count_set_aside();
        self.give_up(job, Delivery::Park(job.seq), words::parked(job.seq)).await
    }

    /// Ends an event that failed, with an answer; if even that cannot be stored, the event stays in the inbox.
    async fn give_up(&self, job: &Job, end: Delivery, mut reply: Reply) -> Option<RoadKey> {
        reply.private = has_eyes_of_its_own(job);
        // A panic here would leave the place without its worker.
        let answered = catch(self.answer(job, reply.clone(), vec![end], Vec::new())).await;
        if let Ok(Ok(road)) = answered {
            return road;
        }
        reply.text = words::still_waiting(&reply.text);
        let told = catch(async { self.tell(job, reply) }).await;
        told.unwrap_or_else(|Panicked| {
            tracing::error!("panic while an answer was cut: nothing is said");
            None
        })
    }

    /// Handles an event; which command it is stands in `named` as soon as that is known, however it ends.
    async fn handle(&self, job: &Job, named: &OnceLock<&'static str>) -> Result<Ended, Fault> {
        match &job.incoming.body {
            Body::Text { .. } | Body::Press { .. } => {}
            // It was followed when it was taken in.
            Body::Moved { .. } => {
                self.end(vec![Delivery::Finish(job.seq)]).await?;
                return Ok(Ended::Ignored);
            }
            Body::Gone => return self.leave_chat(job).await,
            Body::Raw { kind, .. } => {
                tracing::warn!(kind, event = job.seq, "an event that cannot be read is set aside");
                self.meter.count_set_aside();
                self.end(vec![Delivery::Park(job.seq)]).await?;
                return Ok(Ended::Ignored);
            }
        }
        let here = self.here(job).await?;
        let plan = handle::plan(self, &here, job, named).await?;
        let private = plan.is_command && here.lane_is_private() && has_eyes_of_its_own(job);
        let dress = |reply: Reply| Reply { private: reply.private || private, ..reply };
        if job.seq == 0 && !matches!(plan.step, Step::Change(_)) {
            return Ok(Ended::NotAtOnce);
        }
        match plan.step {
            Step::Silent => {
                self.end(vec![Delivery::Finish(job.seq)]).await?;
                Ok(Ended::Ignored)
            }
            Step::Refuse(words) => {
                let road = self.finish(job, dress(Reply::text(words)), Vec::new()).await?;
                Ok(Ended::Refused(road))
            }
            Step::Tell { reply, writes } => {
                let road = self.finish(job, dress(reply), writes).await?;
                Ok(Ended::Answered(road))
            }
            Step::Change(change) => match self.change(job, &here, change, &dress).await? {
                Ok(road) => Ok(Ended::Answered(road)),
                Err(Refusal::AlreadyKnown) => Ok(Ended::Known),
                Err(_) if job.seq == 0 => Ok(Ended::NotAtOnce),
                Err(refusal) => {
                    let reply = dress(Reply::text(refusal.to_string()));
                    let road = self.finish(job, reply, Vec::new()).await?;
                    Ok(Ended::Refused(road))
                }
            },
        }
    }

    /// Where an event happened. Whether somebody runs the chat is asked of the channel where it can matter: for commands
    /// and presses in a group.
    async fn here(&self, job: &Job) -> Result<Here, Fault> {
        let incoming = &job.incoming;
        let here = self.bindings.locate(&self.manager, &self.access(), incoming).await?;
        if here.admin || here.direct || incoming.admin.is_some() || is_talk(&incoming.body) {
            return Ok(here);
        }
        let admin = self.outlet.is_admin(&Address::of(incoming)).await;
        Ok(Here { admin: admin.unwrap_or(false), ..here })
    }

    async fn end(&self, delivery: Vec<Delivery>) -> Result<(), Fault> {
        self.manager.commit_free(Commit { delivery, ..Commit::default() }).await.map(drop)
    }

    /// Nothing can arrive in the chat any more: what is owed there is given up.
    async fn leave_chat(&self, job: &Job) -> Result<Ended, Fault> {
        let owed = self.roads.close(&RoadKey::of(&Address::of(&job.incoming)));
        let missing = lock(&self.missing).remove(&job.place).unwrap_or_default();
        let dead = owed.into_iter().chain(missing);
        let dead = dead.map(|seq| Delivery::Mark(seq, OutboxState::Dead));
        self.end(dead.chain([Delivery::Finish(job.seq)]).collect()).await?;
        Ok(Ended::Ignored)
    }
}

/// Whether somebody in a group can be answered alone: a chat that speaks in its own name has no other eyes, and no lane
/// of its own to hide.
fn has_eyes_of_its_own(job: &Job) -> bool {
    !job.incoming.direct && !job.incoming.faceless
}

fn is_talk(body: &Body) -> bool {
    matches!(body, Body::Text { text, .. } if !text.trim_start().starts_with('/'))
}

impl Job {
    /// Tells whoever waits for it that the event was taken in.
    fn accept(&mut self, taken: Taken) {
        if let Some(accepted) = self.accepted.take() {
            drop(accepted.send(Ok(taken)));
        }
    }
}
