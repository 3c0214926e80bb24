//! The bot: events in, one worker per busy place, answers out.

mod answer;
mod recovery;
mod work;

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::AtomicU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sessions::delivery::{Delivery, InboxRow};
use sessions::id::PlaceId;
use sessions::manager::At;
use sessions::store::{Commit, Store, StoreError};
use sessions::{Environment, Fault, SessionManager};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinHandle;

use crate::access::Access;
use crate::incoming::Incoming;
use crate::outbox::{Delivered, Outlet};
use crate::queue::QueueKeys;
use crate::whereabouts::Bindings;

/// Events taken in and not yet done, at most: past this, `receive` waits.
const ROOM: usize = 4_096;
/// How often an event's handling is begun before it is set aside.
const ATTEMPTS: u32 = 3;

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
    /// The number of the next button, from a random one on.
    pub(crate) offers: AtomicU32,
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
        let [a, b, c, d, ..] = manager.environment().random().map_err(Fault::from)?;
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
                offers: AtomicU32::new(u32::from_be_bytes([a, b, c, d])),
                note_taker: Mutex::default(),
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
        // On a task of its own: a caller who gives up waiting leaves no event stored and not worked on.
        let bot = self.clone();
        let taken = tokio::spawn(async move { bot.take_in(incoming, permit).await });
        taken.await.unwrap_or(Err(StoreError::Closed.into()))
    }

    async fn take_in(
        &self,
        incoming: Incoming,
        permit: OwnedSemaphorePermit,
    ) -> Result<bool, BotError> {
        let inner = &self.inner;
        let manager = &inner.manager;
        let place = inner.bindings.place_id(manager, &incoming, incoming.thread.as_deref()).await?;
        let generation = inner.queue.present(manager).await?;
        let row = InboxRow {
            seq: 0,
            place,
            events: event_tags(manager, &incoming),
            received_at: manager.environment().now(),
            attempts: 0,
            key: generation.id,
            sealed: Vec::new(),
        };
        let row = generation.seal_event(row, &incoming)?;
        let delivery = vec![Delivery::Receive(row)];
        let receipt = manager.commit_free(Commit { delivery, ..Commit::default() }).await?;
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
        // All the room there is: nothing is being taken in or worked on.
        let all = u32::try_from(ROOM).unwrap_or(u32::MAX);
        let _all = self.inner.room.acquire_many(all).await.ok();
        self.inner.room.close();
        self.quiet().await;
        // The note taker ends by itself, so that what it is writing is not lost.
        let taker = lock(&self.inner.note_taker).take();
        if let Some(taker) = taker {
            self.inner.noted.notify_one();
            if taker.await.is_err() {
                tracing::error!("the note taker had panicked");
            }
        }
        Ok(self.inner.write_notes().await?)
    }

    /// The lane behind an origin, if it has been made.
    pub(crate) async fn lane_known(&self, incoming: &Incoming) -> Result<Option<At>, BotError> {
        let Inner { manager, bindings, settings, .. } = &*self.inner;
        let here = bindings.locate(manager, &settings.access, incoming).await?;
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
        tokio::spawn(work::work(self.clone(), place));
    }
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
