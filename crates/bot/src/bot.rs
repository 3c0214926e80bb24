//! The bot: events in, one worker per busy place, answers out.

mod answer;
mod cover;
mod gauge;
pub(crate) mod held;
mod intake;
pub(crate) mod load;
mod recovery;
mod road;
mod work;

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::atomic::AtomicU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sessions::delivery::{Delivery, OutboxState};
use sessions::id::{IdBytes, PlaceId};
use sessions::manager::At;
use sessions::store::{Commit, Store, StoreError};
use sessions::{Environment, Fault, SessionManager};
use tokio::sync::{Notify, OwnedSemaphorePermit, RwLock, Semaphore, oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::access::Access;
use crate::incoming::Incoming;
use crate::meter::Meter;
use crate::outbox::Outlet;
use crate::queue::QueueKeys;
use crate::whereabouts::Bindings;
use crate::words;
use gauge::Gauge;
use held::{Gate, Held};
use intake::ToldNow;
use road::Roads;

/// What may be held of events taken in and not yet answered, in KiB: past this, `receive` waits.
const ROOM: usize = 32 * 1_024;
/// How many attempts at an event may fail, or not end, before it is set aside.
const ATTEMPTS: u32 = 3;
/// How long a process lives before it begins an event for the last time.
const CALM: Duration = Duration::from_secs(2);
/// How long stopping waits for answers that are on their way.
const LAST_WORDS: Duration = Duration::from_secs(5);

/// What a bot is set up with.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// Who may do what.
    pub access: Access,
    /// Channels that tell of groups only what is meant for the bot, each with the setting that makes them tell all.
    pub untold: BTreeMap<String, String>,
}

/// What became of an event that was handed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// It is stored and takes effect exactly once.
    New,
    /// It had been taken in before.
    Known,
    /// Whoever it is from may not talk to the bot: nothing was stored.
    TurnedAway,
    /// It was not for the bot: nothing was stored.
    Ignored,
}

/// Events were not taken in: they take no effect.
#[derive(Debug, thiserror::Error)]
pub enum BotError {
    /// Storing them failed.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl BotError {
    /// Why nothing can be kept, in words for people, if that is the error: `the disk is full`.
    #[must_use]
    pub fn excuse(&self) -> Option<&'static str> {
        let Self::Fault(fault) = self;
        words::why_nothing_is_kept(fault)
    }
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
    access: std::sync::RwLock<Arc<Access>>,
    /// As in [`Settings`].
    pub(crate) untold: BTreeMap<String, String>,
    outlet: O,
    queue: QueueKeys,
    bindings: Bindings,
    room: Arc<Semaphore>,
    /// What waits at each busy place, in order of arrival. A place that is here has a worker.
    busy: Mutex<HashMap<PlaceId, VecDeque<Job>>>,
    /// Places where this process has brought an event to its end.
    proven: Mutex<std::collections::HashSet<PlaceId>>,
    /// Held by whoever handles an event: by all together, or by one alone.
    handling: RwLock<()>,
    roads: Roads,
    strangers: ToldNow,
    /// Chats that know that nothing can be kept.
    excused: ToldNow,
    /// Channels of which the log knows that something came too late.
    late: ToldNow,
    /// Rows of the outbox that have moved on, and the store does not know it yet.
    notes: Mutex<Vec<(i64, OutboxState)>>,
    noted: Arc<Notify>,
    /// Events that an earlier process left held, until their channel asks for them.
    left_held: Mutex<Vec<(Held, Incoming)>>,
    /// Held by whoever has events tried again that were set aside.
    pub(crate) trying_again: tokio::sync::Mutex<()>,
    /// Answers that may not have arrived, by place, until that place is told.
    missing: Mutex<HashMap<PlaceId, Vec<i64>>>,
    /// The number of the next button, from a random one on.
    pub(crate) offers: AtomicU32,
    note_taker: Mutex<Option<JoinHandle<()>>>,
    at_work: Gauge,
    meter: Meter,
    began: Instant,
    closing: watch::Sender<bool>,
}

/// An event at work.
pub(crate) struct Job {
    /// Its number in the inbox; 0 while it is not there.
    pub(crate) seq: i64,
    pub(crate) place: PlaceId,
    pub(crate) incoming: Incoming,
    attempts: u32,
    /// Whether an earlier process may have begun it.
    is_suspect: bool,
    /// Its part of the room; what an earlier process took in is there without.
    permit: Option<Arc<OwnedSemaphorePermit>>,
    /// Who waits to hear that an event which is not in the inbox was taken in.
    accepted: Option<oneshot::Sender<Result<Taken, BotError>>>,
    /// Where it waits for its channel, if that holds it.
    gate: Option<Gate>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<S, E, O> Inner<S, E, O> {
    /// Who may do what, now.
    pub(crate) fn access(&self) -> Arc<Access> {
        Arc::clone(&self.access.read().unwrap_or_else(PoisonError::into_inner))
    }
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
        let [a, b, c, d, ..] = manager.environment().random().map_err(Fault::from)?;
        let bot = Self {
            inner: Arc::new(Inner {
                manager,
                access: std::sync::RwLock::new(Arc::new(settings.access)),
                untold: settings.untold,
                outlet,
                queue,
                bindings: Bindings::default(),
                room: Arc::new(Semaphore::new(ROOM)),
                busy: Mutex::default(),
                proven: Mutex::default(),
                handling: RwLock::default(),
                roads: Roads::default(),
                strangers: ToldNow::default(),
                excused: ToldNow::default(),
                late: ToldNow::default(),
                notes: Mutex::default(),
                noted: Arc::default(),
                left_held: Mutex::default(),
                trying_again: tokio::sync::Mutex::default(),
                missing: Mutex::default(),
                offers: AtomicU32::new(u32::from_be_bytes([a, b, c, d])),
                note_taker: Mutex::default(),
                at_work: Gauge::default(),
                meter: Meter::default(),
                began: Instant::now(),
                closing: watch::Sender::new(false),
            }),
        };
        bot.take_up_outbox().await?;
        bot.take_up_inbox().await?;
        let taker = tokio::spawn(answer::take_notes(Arc::downgrade(&bot.inner)));
        *lock(&bot.inner.note_taker) = Some(taker);
        Ok(bot)
    }

    /// The sessions behind the bot.
    #[must_use]
    pub fn manager(&self) -> &SessionManager<S, E> {
        &self.inner.manager
    }

    /// The way out.
    #[must_use]
    pub fn outlet(&self) -> &O {
        &self.inner.outlet
    }

    /// Waits until nothing is at work and every delivery is noted.
    ///
    /// # Errors
    /// When noting fails.
    pub async fn settle(&self) -> Result<(), BotError> {
        self.quiet().await;
        Ok(self.inner.write_notes().await?)
    }

    /// Waits until nothing is at work: all events done, all answers on their way or arrived.
    pub async fn quiet(&self) {
        self.inner.at_work.idle().await;
    }

    /// Stops: what is being handled is finished, what waits stays in the store for the next start.
    ///
    /// # Errors
    /// When noting what was delivered fails.
    pub async fn stop(self) -> Result<(), BotError> {
        let inner = &self.inner;
        inner.room.close();
        inner.closing.send_replace(true);
        if tokio::time::timeout(LAST_WORDS, self.quiet()).await.is_err() {
            tracing::warn!(
                "answers were still on their way; the next start labels them as perhaps missing"
            );
        }
        // The note taker ends by itself, so that what it is writing is not lost.
        let taker = lock(&inner.note_taker).take();
        if let Some(taker) = taker {
            inner.noted.notify_one();
            if taker.await.is_err() {
                tracing::error!("the note taker had panicked");
            }
        }
        Ok(inner.write_notes().await?)
    }

    /// From now on this says who may do what. What is at work ends under what was said before.
    pub fn admit(&self, access: Access) {
        let mut present = self.inner.access.write().unwrap_or_else(PoisonError::into_inner);
        *present = Arc::new(access);
    }

    /// Forgets the tags of events so old that no channel sends them again, and answers that nobody pressed for so long.
    /// Whoever runs the bot says when: it is by the clock, and they know whether that can be trusted.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn forget_what_is_old(&self) -> Result<(), BotError> {
        let manager = self.manager();
        let before = manager.environment().now().minus(answer::TAG_TIME);
        let delivery = vec![Delivery::Forget(before)];
        manager.commit_free(Commit { delivery, ..Commit::default() }).await?;
        Ok(())
    }

    /// A short note that the store keeps under a name.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn noted(&self, name: &str) -> Result<Option<IdBytes>, BotError> {
        let manager = self.manager();
        Ok(manager.bound(manager.tag("note", &[name.as_bytes()])).await?)
    }

    /// Keeps a short note under a name, in place of an earlier one.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn note(&self, name: &str, value: IdBytes) -> Result<(), BotError> {
        let manager = self.manager();
        let writes = vec![manager.bind(manager.tag("note", &[name.as_bytes()]), &value)];
        manager.commit_free(Commit { writes, ..Commit::default() }).await?;
        Ok(())
    }

    /// The lane behind an origin, if it has been made, and whoever is there may talk.
    pub(crate) async fn lane_known(&self, incoming: &Incoming) -> Result<Option<At>, BotError> {
        if !self.inner.is_let_in(incoming).await? {
            return Ok(None);
        }
        let Inner { manager, bindings, .. } = &*self.inner;
        let here = bindings.locate(manager, &self.inner.access(), incoming).await?;
        let At::Ground(ground) = &here.at else { return Ok(Some(here.at)) };
        Ok(manager.lane_of(ground).await?.map(|_| here.at))
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
        tokio::spawn(work::work(self.clone(), place, self.inner.at_work.enter()));
    }
}
