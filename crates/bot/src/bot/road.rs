//! Roads: what is owed to a chat leaves on one road, in order, as fast as the channel allows.
//!
//! A piece that can leave at once is stored as `attempting` in the commit that decides it. Any other is `pending` until
//! its turn comes, and `attempting` is committed before it is tried. What a crash leaves `attempting` may have arrived:
//! it is not tried again by itself.
//!
//! Invariant: a road is in the map exactly while somebody drives it, and nobody else sends to its chat meanwhile.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use sessions::Environment;
use sessions::delivery::{Delivery, OutboxRow, OutboxState};
use sessions::id::PlaceId;
use sessions::store::{Commit, Store};
use sessions::time::Timestamp;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Instant;

use crate::catch::{Panicked, catch};
use crate::causes::Causes;
use crate::outbox::{self, Delivered, Outlet, Owed, Parcel};
use crate::pace::{Bucket, Pace};
use crate::reply::Address;
use crate::words;

use super::{Bot, Inner, lock};

/// The first pause before another try; it doubles with each.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// An answer that could not be sent for so long is given up, so that what comes after it gets through.
const PATIENCE: Duration = Duration::from_secs(86_400);
/// Paces remembered before those that no longer matter are dropped.
const PACES: usize = 4_096;

/// A chat, as far as sending to it goes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct RoadKey {
    channel: String,
    account: String,
    /// `None` for the account as a whole.
    chat: Option<String>,
}

impl RoadKey {
    pub(super) fn of(to: &Address) -> Self {
        let (channel, account) = (to.channel.clone(), to.account.clone());
        Self { channel, account, chat: Some(to.chat.clone()) }
    }

    fn account(&self) -> Self {
        Self { chat: None, ..self.clone() }
    }
}

/// A piece of an answer on its way.
pub(super) struct Owing {
    /// Its number in the outbox; `None` for what no store could take.
    pub(super) seq: Option<i64>,
    pub(super) place: Option<PlaceId>,
    chunk: u32,
    private: bool,
    pub(super) owed: Owed,
    state: OutboxState,
    since: Timestamp,
    tries: u32,
    _room: Option<Arc<OwnedSemaphorePermit>>,
}

impl Owing {
    /// A piece that is in the outbox.
    pub(super) fn recorded(
        row: &OutboxRow,
        owed: Owed,
        room: Option<Arc<OwnedSemaphorePermit>>,
    ) -> Self {
        let OutboxRow { seq, place, chunk, private, state, created_at: since, .. } = *row;
        let (seq, place) = (Some(seq), Some(place));
        Self { seq, place, chunk, private, owed, state, since, tries: 0, _room: room }
    }

    /// A piece that is not in the outbox: nothing is noted of it.
    pub(super) fn unrecorded(chunk: u32, owed: Owed, private: bool, since: Timestamp) -> Self {
        let (state, tries, _room) = (OutboxState::Attempting, 0, None);
        Self { seq: None, place: None, chunk, private, owed, state, since, tries, _room }
    }

    /// What the channel is to deliver, but for its file.
    pub(super) fn parcel(&self) -> Parcel {
        let Owed { to, text, shape, buttons, in_place, .. } = self.owed.clone();
        let (chunk, private, is_kept) = (self.chunk, self.private, self.seq.is_some());
        Parcel { to, chunk, text, shape, buttons, file: None, private, in_place, is_kept }
    }

    /// Takes back that it was about to leave; answers its number if the store says that.
    fn take_back(&mut self) -> Option<i64> {
        let seq = self.seq.filter(|_| self.state == OutboxState::Attempting)?;
        self.state = OutboxState::Pending;
        Some(seq)
    }
}

/// What waits for one chat.
#[derive(Default)]
struct Road {
    waiting: VecDeque<Owing>,
    /// Whether the chat is gone, and with it the piece that somebody is trying to send.
    is_closed: bool,
}

/// The roads that are driven, and what is left of the limits.
#[derive(Default)]
pub(super) struct Roads {
    driven: Mutex<HashMap<RoadKey, Road>>,
    paces: Mutex<HashMap<RoadKey, Bucket>>,
}

impl Roads {
    /// Whether a piece for this chat could leave at once.
    pub(super) fn is_free(&self, to: &Address, pace: Pace) -> bool {
        let key = RoadKey::of(to);
        if lock(&self.driven).contains_key(&key) {
            return false;
        }
        let now = Instant::now();
        next_at(&lock(&self.paces), &key, pace, now) <= now
    }

    /// Takes one out of the limits if it may leave now; else answers when to ask again.
    fn take(&self, key: &RoadKey, pace: Pace) -> Result<(), Instant> {
        let now = Instant::now();
        let mut paces = lock(&self.paces);
        if pace == Pace::default() && paces.is_empty() {
            return Ok(());
        }
        let at = next_at(&paces, key, pace, now);
        if at > now {
            return Err(at);
        }
        if paces.len() > PACES {
            paces.retain(|_, bucket| !bucket.is_full(now));
        }
        paces.entry(key.clone()).or_default().take(pace.chat, now);
        paces.entry(key.account()).or_default().take(pace.account, now);
        Ok(())
    }

    fn hold(&self, key: RoadKey, until: Instant) {
        lock(&self.paces).entry(key).or_default().hold(until);
    }

    /// Adds a piece; answers whether whoever adds it is to drive the road.
    fn add(&self, key: &RoadKey, owing: Owing) -> bool {
        let mut driven = lock(&self.driven);
        if let Some(road) = driven.get_mut(key) {
            road.waiting.push_back(owing);
            return false;
        }
        let waiting = VecDeque::from([owing]);
        driven.insert(key.clone(), Road { waiting, is_closed: false });
        true
    }

    /// The next piece; with none left nobody drives the road any more, in the same instant.
    fn next(&self, key: &RoadKey) -> Option<Owing> {
        let mut driven = lock(&self.driven);
        let road = driven.get_mut(key)?;
        road.is_closed = false;
        let next = road.waiting.pop_front();
        if next.is_none() {
            driven.remove(key);
        }
        next
    }

    /// Takes back that what waits on a road was about to leave; answers the numbers of what the store says that of.
    fn take_back(&self, key: &RoadKey) -> Vec<i64> {
        let mut driven = lock(&self.driven);
        let waiting = driven.get_mut(key).into_iter().flat_map(|road| &mut road.waiting);
        waiting.filter_map(Owing::take_back).collect()
    }

    /// Empties a road; answers the numbers of what was on it.
    fn clear(&self, key: &RoadKey) -> Vec<i64> {
        let mut driven = lock(&self.driven);
        let waiting = driven.get_mut(key).map(|road| std::mem::take(&mut road.waiting));
        waiting.unwrap_or_default().iter().filter_map(|owing| owing.seq).collect()
    }

    /// Closes the road to a chat that is gone; answers the numbers of what waited on it.
    pub(super) fn close(&self, key: &RoadKey) -> Vec<i64> {
        if let Some(road) = lock(&self.driven).get_mut(key) {
            road.is_closed = true;
        }
        self.clear(key)
    }

    /// How many roads are driven, and how many pieces wait on them.
    pub(super) fn count(&self) -> (usize, usize) {
        let driven = lock(&self.driven);
        (driven.len(), driven.values().map(|road| road.waiting.len()).sum())
    }

    fn is_closed(&self, key: &RoadKey) -> bool {
        lock(&self.driven).get(key).is_some_and(|road| road.is_closed)
    }
}

/// When the next piece for a chat may leave.
fn next_at(paces: &HashMap<RoadKey, Bucket>, key: &RoadKey, pace: Pace, now: Instant) -> Instant {
    let at = |key: &RoadKey, limit| paces.get(key).map_or(now, |bucket| bucket.next_at(limit, now));
    at(key, pace.chat).max(at(&key.account(), pace.account))
}

/// What became of a piece, in the end.
enum Gone {
    /// It has left, or never will.
    For(OutboxState),
    /// The chat is closed.
    ForAll,
    /// It waits in the store for the next start.
    Kept,
}

impl<S: Store, E: Environment, O: Outlet> Bot<S, E, O> {
    /// Puts a piece on its road, and sees to it that somebody drives that.
    pub(super) fn depart(&self, owing: Owing) {
        if let Some(key) = self.inner.set_out(vec![owing]) {
            self.spawn_drive(key);
        }
    }

    pub(super) fn spawn_drive(&self, key: RoadKey) {
        let (bot, at_work) = (self.clone(), self.inner.at_work.enter());
        tokio::spawn(async move {
            let _at_work = at_work;
            bot.inner.drive(key).await;
        });
    }
}

impl<S: Store, E: Environment, O: Outlet> Inner<S, E, O> {
    /// Puts pieces for one chat on its road; answers the road if the caller is to drive it.
    pub(super) fn set_out(&self, pieces: Vec<Owing>) -> Option<RoadKey> {
        let key = RoadKey::of(&pieces.first()?.owed.to);
        let mut is_mine = false;
        for owing in pieces {
            is_mine |= self.roads.add(&key, owing);
        }
        is_mine.then_some(key)
    }

    /// Sends what is on a road until nothing is.
    pub(super) async fn drive(&self, key: RoadKey) {
        while let Some(owing) = self.roads.next(&key) {
            let (seq, place, since) = (owing.seq, owing.place, owing.since);
            match self.see_off(&key, owing).await {
                Gone::For(state) => {
                    let took = self.manager.environment().now().since(since);
                    self.meter.count_gone(&key.channel, state, took);
                    self.note_gone(seq, place, state);
                }
                Gone::ForAll => {
                    let rest = self.roads.clear(&key);
                    for seq in seq.into_iter().chain(rest) {
                        self.note_gone(Some(seq), place, OutboxState::Dead);
                    }
                }
                Gone::Kept => {
                    self.put_back(self.roads.take_back(&key)).await;
                    drop(self.roads.clear(&key));
                }
            }
        }
    }

    fn note_gone(&self, seq: Option<i64>, place: Option<PlaceId>, state: OutboxState) {
        let Some(seq) = seq else { return };
        self.meter.count_moved(state, 1);
        if let (OutboxState::Ambiguous, Some(place)) = (state, place) {
            lock(&self.missing).entry(place).or_default().push(seq);
        }
        lock(&self.notes).push((seq, state));
        self.noted.notify_one();
    }

    /// Tries to send a piece until it is clear what becomes of it.
    async fn see_off(&self, key: &RoadKey, mut owing: Owing) -> Gone {
        let mut tried_without = false;
        loop {
            let pace = self.outlet.pace(&owing.owed.to);
            while let Err(at) = self.roads.take(key, pace) {
                // While it waits nothing on this road is under way: a crash then is no doubt whether it arrived.
                let begun = owing.take_back().into_iter();
                self.put_back(begun.chain(self.roads.take_back(key)).collect()).await;
                if !self.wait_until(at).await {
                    return Gone::Kept;
                }
                if self.roads.is_closed(key) {
                    return Gone::For(OutboxState::Dead);
                }
            }
            if owing.state == OutboxState::Pending && !self.begin(&mut owing).await {
                if !self.wait_until(Instant::now() + FIRST_PAUSE).await {
                    return Gone::Kept;
                }
                continue;
            }
            let mut arrived = OutboxState::Sent;
            let mut became = self.try_once(self.deliver(&owing, &mut tried_without)).await;
            if became == Delivered::NeedsPress {
                arrived = OutboxState::Covered;
                became = self.try_once(self.cover(&owing)).await;
            }
            let (after, whole_account) = match became {
                Delivered::Sent => return Gone::For(arrived),
                Delivered::Ambiguous => return Gone::For(OutboxState::Ambiguous),
                Delivered::Dead | Delivered::NeedsPress => return Gone::For(OutboxState::Dead),
                Delivered::Gone => return Gone::ForAll,
                Delivered::Later { after, whole_account } => (after, whole_account),
            };
            let waits = self.manager.environment().now().as_millis() - owing.since.as_millis();
            if i128::from(waits) > i128::try_from(PATIENCE.as_millis()).unwrap_or(i128::MAX) {
                tracing::error!(tries = owing.tries, "an answer is given up: it could not be sent");
                return Gone::For(OutboxState::Ambiguous);
            }
            let pause = FIRST_PAUSE.saturating_mul(1 << owing.tries.min(10)).min(LONGEST_PAUSE);
            owing.tries += 1;
            self.meter.count_retry(&key.channel);
            let until = Instant::now() + pause.max(after);
            self.roads.hold(if whole_account { key.account() } else { key.clone() }, until);
        }
    }

    /// Waits for an instant; answers whether to go on, which is not so once the bot closes.
    pub(super) async fn wait_until(&self, at: Instant) -> bool {
        let mut closing = self.closing.subscribe();
        tokio::select! {
            () = tokio::time::sleep_until(at) => true,
            _ = closing.wait_for(|closing| *closing) => false,
        }
    }

    async fn mark(&self, seqs: Vec<i64>, state: OutboxState) -> bool {
        let many = seqs.len();
        let delivery = seqs.into_iter().map(|seq| Delivery::Mark(seq, state)).collect();
        let marked = self.manager.commit_free(Commit { delivery, ..Commit::default() }).await;
        match &marked {
            Ok(_) => self.meter.count_moved(state, many),
            Err(error) => {
                tracing::warn!(error = %Causes(&error), "what becomes of an answer could not be noted");
            }
        }
        marked.is_ok()
    }

    /// Notes that a piece is about to be tried.
    async fn begin(&self, owing: &mut Owing) -> bool {
        if let Some(seq) = owing.seq {
            if !self.mark(vec![seq], OutboxState::Attempting).await {
                return false;
            }
            owing.state = OutboxState::Attempting;
        }
        true
    }

    /// Notes that pieces have not left, for certain. If that fails, a crash makes them doubtful, and nothing worse.
    async fn put_back(&self, seqs: Vec<i64>) {
        if !seqs.is_empty() {
            self.mark(seqs, OutboxState::Pending).await;
        }
    }

    /// One try. The event is done by now: a panic on the way out must not begin it again.
    async fn try_once(&self, delivery: impl Future<Output = Delivered>) -> Delivered {
        catch(delivery).await.unwrap_or_else(|Panicked| {
            tracing::error!("panic while an answer was delivered: it may or may not have arrived");
            Delivered::Ambiguous
        })
    }

    async fn deliver(&self, owing: &Owing, told: &mut bool) -> Delivered {
        let parcel = owing.parcel();
        let parcel = match outbox::file(&self.manager, &owing.owed).await {
            Ok(file) => Parcel { file, ..parcel },
            Err(failure) => {
                if !*told {
                    tracing::error!(error = %Causes(&failure), "a file could not be made");
                    *told = true;
                }
                Parcel { text: words::no_file(), buttons: Vec::new(), ..parcel }
            }
        };
        self.outlet.deliver(parcel).await
    }
}
