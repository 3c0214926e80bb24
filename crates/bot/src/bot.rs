//! The bot: events in, one worker per busy place, answers out.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use sessions::delivery::{Delivery, InboxRow, OutboxState};
use sessions::id::PlaceId;
use sessions::manager::At;
use sessions::store::{Commit, Store, StoreError};
use sessions::{Environment, Fault, SessionManager};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinHandle;

use crate::access::Access;
use crate::catch::{Panicked, catch};
use crate::handle::{self, Step};
use crate::incoming::Incoming;
use crate::outbox::{self, Delivered, Outlet, Owed, parcel};
use crate::queue::QueueKeys;
use crate::reply::{Address, Reply};
use crate::whereabouts::{Bindings, Here};
use crate::words;

/// Events taken in and not yet done, at most: past this, `receive` waits.
const ROOM: usize = 4_096;
/// How often an event's handling is begun before it is set aside.
const ATTEMPTS: u32 = 3;
/// How long the note that an answer was sent may wait for a commit to ride with.
const NOTE_DELAY: Duration = Duration::from_millis(50);
/// Inbox and outbox rows read at a time.
const PAGE: usize = 256;

/// What a bot is set up with.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// Who may do what.
    pub access: Access,
    /// The bot's name on its channel, without `@`, for `/command@name`.
    pub name: Option<String>,
}

/// An event was not taken in: it takes no effect.
#[derive(Debug, thiserror::Error)]
pub enum BotError {
    /// This peer may not talk to the bot; nothing was stored.
    #[error("{0} may not talk to this bot")]
    TurnedAway(String),
    /// Storing it failed.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl From<StoreError> for BotError {
    fn from(error: StoreError) -> Self {
        Self::Fault(error.into())
    }
}

/// A bot over a store. Cheap to clone; all clones are one.
pub struct Bot<S, E, O> {
    pub(crate) inner: Arc<Inner<S, E, O>>,
}

impl<S, E, O> Clone for Bot<S, E, O> {
    fn clone(&self) -> Self {
        Self { inner: Arc::clone(&self.inner) }
    }
}

pub(crate) struct Inner<S, E, O> {
    pub(crate) manager: SessionManager<S, E>,
    pub(crate) settings: Settings,
    outlet: O,
    queue: QueueKeys,
    bindings: Bindings,
    room: Arc<Semaphore>,
    /// What waits at each busy place, in order of arrival. A place that is here has a worker.
    busy: Mutex<HashMap<PlaceId, VecDeque<Job>>>,
    idle: Notify,
    /// Deliveries whose outcome is not yet noted in the store.
    notes: Mutex<Vec<(i64, Delivered)>>,
    noted: Arc<Notify>,
    /// Answers that may not have arrived, by place, until that place is told.
    missing: Mutex<HashMap<PlaceId, Vec<i64>>>,
    note_taker: Mutex<Option<JoinHandle<()>>>,
}

/// An event at work.
pub(crate) struct Job {
    pub(crate) seq: i64,
    pub(crate) place: PlaceId,
    pub(crate) incoming: Incoming,
    attempts: u32,
    _permit: OwnedSemaphorePermit,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<S: Store, E: Environment, O: Outlet> Bot<S, E, O> {
    /// Starts a bot: what an earlier process left undone is taken up first.
    ///
    /// # Errors
    /// When the store fails or a row does not open.
    pub async fn start(
        manager: SessionManager<S, E>,
        settings: Settings,
        outlet: O,
    ) -> Result<Self, BotError> {
        let queue = QueueKeys::start(&manager).await?;
        let bot = Self {
            inner: Arc::new(Inner {
                manager,
                settings,
                outlet,
                queue,
                bindings: Bindings::default(),
                room: Arc::new(Semaphore::new(ROOM)),
                busy: Mutex::default(),
                idle: Notify::new(),
                notes: Mutex::default(),
                noted: Arc::default(),
                missing: Mutex::default(),
                note_taker: Mutex::default(),
            }),
        };
        bot.take_up_outbox().await?;
        bot.take_up_inbox().await?;
        let taker = tokio::spawn(take_notes(Arc::downgrade(&bot.inner)));
        *lock(&bot.inner.note_taker) = Some(taker);
        Ok(bot)
    }

    /// The sessions behind the bot.
    #[must_use]
    pub fn manager(&self) -> &SessionManager<S, E> {
        &self.inner.manager
    }

    /// Takes an event in. When this returns, the event is stored and will take effect exactly once; answers
    /// `false` when it had been taken in before.
    ///
    /// # Errors
    /// When the peer may not talk, or storing failed: the event takes no effect.
    pub async fn receive(&self, incoming: Incoming) -> Result<bool, BotError> {
        let inner = &self.inner;
        let peer = incoming.peer_name();
        if !inner.settings.access.may_talk(&peer) {
            return Err(BotError::TurnedAway(peer));
        }
        let permit = Arc::clone(&inner.room).acquire_owned().await;
        let permit = permit.map_err(|_| StoreError::Closed)?;
        let manager = &inner.manager;
        let place =
            inner.bindings.place_id(manager, &incoming, incoming.thread.as_deref()).await?;
        let generation = inner.queue.present(manager).await?;
        let row = InboxRow {
            seq: 0,
            place,
            events: event_tags(manager, &incoming),
            received_at: manager.environment().now(),
            attempts: 0,
            key: generation.id,
            sealed: generation.seal("inbox", place, &incoming)?,
        };
        let notes: Vec<_> = lock(&inner.notes).drain(..).collect();
        let mut delivery: Vec<_> = notes.iter().map(mark).collect();
        delivery.push(Delivery::Receive(row));
        let committed = manager.commit_free(Commit { delivery, ..Commit::default() }).await;
        let receipt = committed.inspect_err(|_| lock(&inner.notes).extend(notes))?;
        let Some(seq) = receipt.received.first().copied().flatten() else { return Ok(false) };
        self.enqueue(Job { seq, place, incoming, attempts: 0, _permit: permit });
        Ok(true)
    }

    /// Waits until nothing is at work and every delivery is noted.
    ///
    /// # Errors
    /// When noting fails.
    pub async fn settle(&self) -> Result<(), BotError> {
        self.quiet().await;
        Ok(self.inner.write_notes().await?)
    }

    /// Waits until nothing is at work.
    pub async fn quiet(&self) {
        loop {
            let idle = self.inner.idle.notified();
            if lock(&self.inner.busy).is_empty() {
                return;
            }
            idle.await;
        }
    }

    /// Finishes what is at work and stops.
    ///
    /// # Errors
    /// When noting what was delivered fails.
    pub async fn stop(self) -> Result<(), BotError> {
        self.inner.room.close();
        self.settle().await?;
        let taker = lock(&self.inner.note_taker).take();
        if let Some(taker) = taker {
            taker.abort();
            // An aborted task answers that it was cancelled: that is what is waited for.
            drop(taker.await);
        }
        Ok(())
    }

    /// The lane behind an origin, if it has been made.
    pub(crate) async fn lane_known(&self, incoming: &Incoming) -> Result<Option<At>, BotError> {
        let Inner { manager, bindings, settings, .. } = &*self.inner;
        let here = bindings.locate(manager, &settings.access, incoming).await?;
        let At::Ground(ground) = &here.at else { return Ok(Some(here.at)) };
        Ok(manager.lane_of(ground).await?.map(|_| here.at))
    }

    async fn take_up_outbox(&self) -> Result<(), BotError> {
        let inner = &self.inner;
        let mut after = 0;
        loop {
            let rows = inner.manager.store().outbox(after, PAGE).await?;
            let Some(last) = rows.last() else { return Ok(()) };
            after = last.seq;
            let unsure = rows.iter().filter(|row| row.state == OutboxState::Attempting);
            let delivery: Vec<_> =
                unsure.map(|row| Delivery::Mark(row.seq, OutboxState::Ambiguous)).collect();
            if !delivery.is_empty() {
                inner.manager.commit_free(Commit { delivery, ..Commit::default() }).await?;
            }
            let mut missing = lock(&inner.missing);
            for row in rows {
                missing.entry(row.place).or_default().push(row.seq);
            }
        }
    }

    async fn take_up_inbox(&self) -> Result<(), BotError> {
        let inner = &self.inner;
        let mut after = 0;
        loop {
            let rows = inner.manager.store().inbox(after, PAGE).await?;
            let Some(last) = rows.last() else { return Ok(()) };
            after = last.seq;
            for row in rows {
                let attempts = row.attempts + 1;
                let again = if attempts >= ATTEMPTS {
                    tracing::error!(event = row.seq, attempts, "an event is set aside: handling it never ended");
                    Delivery::Park(row.seq)
                } else {
                    Delivery::Attempt(row.seq)
                };
                let delivery = vec![again];
                inner.manager.commit_free(Commit { delivery, ..Commit::default() }).await?;
                if attempts < ATTEMPTS {
                    self.take_up(row, attempts).await?;
                }
            }
        }
    }

    async fn take_up(&self, row: InboxRow, attempts: u32) -> Result<(), BotError> {
        let inner = &self.inner;
        let generation = inner.queue.of_row(&inner.manager, row.key).await?;
        let incoming = match generation.open("inbox", row.place, &row.sealed) {
            Ok(incoming) => incoming,
            Err(fault) => {
                tracing::error!(event = row.seq, error = %fault, "an event is set aside: it does not open");
                let delivery = vec![Delivery::Park(row.seq)];
                inner.manager.commit_free(Commit { delivery, ..Commit::default() }).await?;
                return Ok(());
            }
        };
        let permit = Arc::clone(&inner.room).acquire_owned().await;
        let permit = permit.map_err(|_| StoreError::Closed)?;
        let place = row.place;
        self.enqueue(Job { seq: row.seq, place, incoming, attempts, _permit: permit });
        Ok(())
    }

    fn enqueue(&self, job: Job) {
        let place = job.place;
        let mut busy = lock(&self.inner.busy);
        if let Some(waiting) = busy.get_mut(&place) {
            let at = waiting.iter().rposition(|before| before.seq < job.seq).map_or(0, |at| at + 1);
            waiting.insert(at, job);
            return;
        }
        busy.insert(place, VecDeque::from([job]));
        drop(busy);
        tokio::spawn(work(self.clone(), place));
    }
}

/// Works through a place until nothing waits there.
async fn work<S: Store, E: Environment, O: Outlet>(bot: Bot<S, E, O>, place: PlaceId) {
    while let Some(job) = next(&bot.inner.busy, place) {
        bot.inner.run(job).await;
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

/// Notes deliveries that no other commit has taken along. Keeps nothing alive while it waits.
async fn take_notes<S: Store, E: Environment, O: Outlet>(inner: Weak<Inner<S, E, O>>) {
    let Some(noted) = inner.upgrade().map(|strong| Arc::clone(&strong.noted)) else { return };
    loop {
        noted.notified().await;
        tokio::time::sleep(NOTE_DELAY).await;
        let Some(strong) = inner.upgrade() else { return };
        if let Err(error) = strong.write_notes().await {
            tracing::warn!(error = %error, "deliveries could not be noted; tried again with the next");
        }
    }
}

fn mark((seq, became): &(i64, Delivered)) -> Delivery {
    Delivery::Mark(*seq, outbox::state(*became))
}

fn event_tags<S: Store, E: Environment>(
    manager: &SessionManager<S, E>,
    incoming: &Incoming,
) -> Vec<sessions::model::Tag> {
    let (channel, account) = (incoming.channel.as_bytes(), incoming.account.as_bytes());
    std::iter::once(&incoming.event)
        .chain(&incoming.also)
        .map(|event| manager.tag("event", &[channel, account, event.as_bytes()]))
        .collect()
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
        loop {
            let ms = || u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
            let channel = job.incoming.channel.as_str();
            match catch(self.handle(&job)).await {
                Ok(Ok(ended)) => {
                    let (command, outcome) = match ended {
                        Ended::Answered(command) => (command, "answered"),
                        Ended::Refused(command) => (command, "refused"),
                        Ended::Ignored => ("", "ignored"),
                    };
                    tracing::info!(channel, event = job.seq, command, outcome, ms = ms());
                    return;
                }
                Ok(Err(fault)) => {
                    tracing::error!(channel, event = job.seq, ms = ms(), error = &fault as &dyn std::error::Error, "fault");
                    self.give_up(&job, Delivery::Finish(job.seq), words::fault(job.seq, &fault)).await;
                    return;
                }
                Err(Panicked) => {
                    job.attempts += 1;
                    tracing::error!(channel, event = job.seq, attempts = job.attempts, "panic in a handler");
                    if job.attempts >= ATTEMPTS {
                        self.give_up(&job, Delivery::Park(job.seq), words::parked(job.seq)).await;
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
            tracing::warn!(event = seq, error = %error, "an attempt could not be counted");
        }
    }

    /// Ends an event that failed, with an answer; if even that cannot be stored, the event stays in the inbox.
    async fn give_up(&self, job: &Job, end: Delivery, mut reply: Reply) {
        reply.private = !job.incoming.direct;
        if self.answer(job, reply.clone(), vec![end], Vec::new()).await.is_ok() {
            return;
        }
        reply.text = words::still_waiting(&reply.text);
        let owed = Owed::new(Address::of(&job.incoming), reply);
        if let Ok(parcel) = parcel(&self.manager, owed, !job.incoming.direct).await {
            self.outlet.deliver(parcel).await;
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

    /// Changes a lane and owes the answer in one commit; answers why not, if it is refused.
    async fn change(
        &self,
        job: &Job,
        here: &Here,
        change: handle::Change,
        dress: &(impl Fn(Reply) -> Reply + Sync),
    ) -> Result<Option<sessions::Refusal>, Fault> {
        let generation = self.queue.present(&self.manager).await?;
        let missing = lock(&self.missing).remove(&job.place);
        let said_at = job.incoming.said_at.map(sessions::time::Timestamp::from_millis);
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
                let mut delivery = vec![Delivery::Finish(job.seq), Delivery::Owe(row)];
                delivery.extend(missing.iter().flatten().map(|seq| mark(&(*seq, Delivered::Dead))));
                Ok(sessions::manager::Rider { delivery, once: change.once })
            })
            .await;
        match done {
            Ok(done) => {
                let (answer, private) = owed.expect("a decision that was committed was dressed");
                self.send(answer, private, done.receipt.owed.first().copied()).await;
                Ok(None)
            }
            Err(failure) => {
                if let Some(missing) = missing {
                    lock(&self.missing).insert(job.place, missing);
                }
                match failure {
                    sessions::Failure::Refused(refusal) => Ok(Some(refusal)),
                    sessions::Failure::Fault(fault) => Err(fault),
                }
            }
        }
    }

    async fn finish(
        &self,
        job: &Job,
        reply: Reply,
        writes: Vec<sessions::store::rows::Write>,
    ) -> Result<(), Fault> {
        self.answer(job, reply, vec![Delivery::Finish(job.seq)], writes).await
    }

    /// Ends an event and owes its answer in one commit, then sends it.
    async fn answer(
        &self,
        job: &Job,
        reply: Reply,
        mut delivery: Vec<Delivery>,
        writes: Vec<sessions::store::rows::Write>,
    ) -> Result<(), Fault> {
        let generation = self.queue.present(&self.manager).await?;
        let missing = lock(&self.missing).remove(&job.place);
        let reply = with_missing(reply, missing.as_deref());
        let private = reply.private;
        let answer = Owed::new(Address::of(&job.incoming), reply);
        let now = self.manager.environment().now();
        let row = outbox::row(&generation, job.place, private, &answer, now)?;
        delivery.push(Delivery::Owe(row));
        delivery.extend(missing.iter().flatten().map(|seq| mark(&(*seq, Delivered::Dead))));
        let commit = Commit { delivery, writes, ..Commit::default() };
        match self.manager.commit_free(commit).await {
            Ok(receipt) => {
                self.send(answer, private, receipt.owed.first().copied()).await;
                Ok(())
            }
            Err(fault) => {
                if let Some(missing) = missing {
                    lock(&self.missing).insert(job.place, missing);
                }
                Err(fault)
            }
        }
    }

    /// Delivers an answer that is owed in the store, and remembers what became of it.
    async fn send(&self, owed: Owed, private: bool, seq: Option<i64>) {
        let to = owed.to.clone();
        let parcel = match parcel(&self.manager, owed, private).await {
            Ok(parcel) => parcel,
            Err(failure) => {
                tracing::error!(error = &failure as &dyn std::error::Error, "a file could not be made");
                outbox::Parcel {
                    to,
                    text: words::no_file(),
                    buttons: Vec::new(),
                    file: None,
                    private,
                }
            }
        };
        let became = self.outlet.deliver(parcel).await;
        if let Some(seq) = seq {
            lock(&self.notes).push((seq, became));
            self.noted.notify_one();
        }
    }

    async fn write_notes(&self) -> Result<(), Fault> {
        let notes: Vec<_> = lock(&self.notes).drain(..).collect();
        if notes.is_empty() {
            return Ok(());
        }
        let delivery = notes.iter().map(mark).collect();
        let written = self.manager.commit_free(Commit { delivery, ..Commit::default() }).await;
        written.inspect_err(|_| lock(&self.notes).extend(notes)).map(drop)
    }
}

fn with_missing(reply: Reply, missing: Option<&[i64]>) -> Reply {
    match missing {
        None => reply,
        Some(_) => Reply { text: format!("{}\n\n{}", words::missing(), reply.text), ..reply },
    }
}
