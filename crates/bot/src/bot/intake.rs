//! Taking events in: who is let in, and how an event gets to be stored.
//!
//! What is said where nothing waits is decided at once, and stored in the commit that decides it. Everything else is
//! stored in the inbox first. Both ways an event is stored, with its tags, before its platform may forget it.
//!
//! Invariant: of who is not let in, nothing is stored.
//! Invariant: a place's first event in a process goes through the inbox, so that one that ends the process is counted.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use sessions::delivery::{Delivery, InboxRow};
use sessions::id::PlaceId;
use sessions::model::Tag;
use sessions::store::{Commit, Store, StoreError};
use sessions::{Environment, Fault, SessionManager};
use tokio::sync::{OwnedSemaphorePermit, oneshot};
use tokio::time::Instant;

use crate::incoming::{Body, Incoming};
use crate::outbox::{Outlet, Owed};
use crate::reply::{Address, Reply};
use crate::words;

use super::answer::TAG_TIME;
use super::held::Held;
use super::road::Owing;
use super::{Bot, BotError, Inner, Job, Taken, lock, work};

/// How long a stranger who was told is not told again.
const TOLD_FOR: Duration = Duration::from_secs(3_600);
/// Who was told is remembered of so many at most.
const STRANGERS: usize = 10_000;

/// Tells whether an event that is decided at once was taken in.
type Accepted = oneshot::Receiver<Result<Taken, BotError>>;

/// When somebody was told what is told once an hour.
#[derive(Default)]
pub(super) struct ToldNow {
    told: Mutex<HashMap<String, Instant>>,
}

impl ToldNow {
    /// Whether to tell this one now.
    fn is_to_be_told(&self, name: String) -> bool {
        let now = Instant::now();
        let mut told = lock(&self.told);
        if told.get(&name).is_some_and(|at| now - *at < TOLD_FOR) {
            return false;
        }
        if told.len() >= STRANGERS {
            told.retain(|_, at| now - *at < TOLD_FOR);
        }
        let has_room = told.len() < STRANGERS;
        if has_room {
            told.insert(name, now);
        }
        has_room
    }
}

impl<S: Store, E: Environment, O: Outlet> Bot<S, E, O> {
    /// Takes an event in. Once this answers `New` it takes effect exactly once, whatever happens to the process.
    ///
    /// # Errors
    /// When storing failed: the event takes no effect.
    pub async fn receive(&self, incoming: Incoming) -> Result<Taken, BotError> {
        let taken = self.receive_all(vec![incoming]).await?;
        Ok(taken.first().copied().unwrap_or(Taken::Ignored))
    }

    /// Takes events in, in their order, all in one commit.
    ///
    /// # Errors
    /// When storing failed: none of the events takes effect.
    pub async fn receive_all(&self, events: Vec<Incoming>) -> Result<Vec<Taken>, BotError> {
        // All of them come from one channel, whoever hands them in.
        let channel = events.first().map(|first| first.channel.clone()).unwrap_or_default();
        let taken = self.receive_together(events).await?;
        taken.iter().for_each(|became| self.inner.meter.count_taken(&channel, *became));
        Ok(taken)
    }

    async fn receive_together(&self, mut events: Vec<Incoming>) -> Result<Vec<Taken>, BotError> {
        let is_alone = events.len() == 1;
        if let Some(only) = events.pop_if(|only| is_alone && may_be_said_at_once(only)) {
            match self.say_at_once(only).await? {
                Ok(answer) => {
                    let taken = answer.await.unwrap_or(Err(StoreError::Closed.into()))?;
                    return Ok(vec![taken]);
                }
                Err(only) => events.push(*only),
            }
        }
        // On a task of its own: a caller who gives up waiting leaves no event stored and not worked on.
        let (bot, at_work) = (self.clone(), self.inner.at_work.enter());
        let taken = tokio::spawn(async move {
            let _at_work = at_work;
            bot.take_in(events, None).await
        });
        taken.await.unwrap_or(Err(StoreError::Closed.into()))
    }

    /// Has something decided at once, if nothing is going on at its place; else gives it back.
    async fn say_at_once(
        &self,
        incoming: Incoming,
    ) -> Result<Result<Accepted, Box<Incoming>>, BotError> {
        let inner = &self.inner;
        if inner.is_stale(&incoming) || !inner.is_let_in(&incoming).await? {
            return Ok(Err(Box::new(incoming)));
        }
        let (seq, place) = (0, inner.place_of(&incoming).await?);
        let permit = Some(inner.make_room(&incoming, 1).await?);
        let (accepted, answer) = oneshot::channel();
        let (attempts, is_suspect, accepted, gate) = (0, false, Some(accepted), None);
        let job = Job { seq, place, incoming, attempts, is_suspect, permit, accepted, gate };
        Ok(self.begin_at_once(job).map_or(Ok(answer), |job| Err(Box::new(job.incoming))))
    }

    /// Gives a place its worker and an event to decide at once, if nothing is going on there; else gives it back.
    fn begin_at_once(&self, job: Job) -> Option<Job> {
        let place = job.place;
        if !lock(&self.inner.proven).contains(&place) {
            return Some(job);
        }
        let mut busy = lock(&self.inner.busy);
        if busy.contains_key(&place) {
            return Some(job);
        }
        busy.insert(place, VecDeque::from([job]));
        drop(busy);
        tokio::spawn(work::work(self.clone(), place, self.inner.at_work.enter()));
        None
    }

    /// Stores events, and sets workers to them; holds them if there is somebody to give them to.
    pub(super) async fn take_in(
        &self,
        events: Vec<Incoming>,
        mut held: Option<&mut Vec<Held>>,
    ) -> Result<Vec<Taken>, BotError> {
        let (inner, batch) = (&self.inner, events.len());
        let mut taken = Vec::with_capacity(batch);
        let mut kept = Vec::with_capacity(events.len());
        let mut rows = Vec::with_capacity(events.len());
        for incoming in events {
            let became = if inner.is_not_for_us(&incoming).await? || inner.is_left_out(&incoming) {
                Taken::Ignored
            } else if !inner.is_let_in(&incoming).await? {
                // Who is held is answered by who holds them.
                if held.is_none() {
                    self.turn_away(&incoming);
                }
                Taken::TurnedAway
            } else {
                let permit = Some(inner.make_room(&incoming, batch).await?);
                let place = inner.place_of(&incoming).await?;
                inner.follow_move(&incoming).await?;
                rows.push(inner.inbox_row(place, &incoming, 0, held.is_some()).await?);
                kept.push((taken.len(), place, incoming, permit));
                Taken::New
            };
            taken.push(became);
        }
        if rows.is_empty() {
            return Ok(taken);
        }
        let delivery = rows.into_iter().map(Delivery::Receive).collect();
        let commit = Commit { delivery, ..Commit::default() };
        let receipt = inner.manager.commit_free(commit).await;
        let receipt = receipt.inspect_err(|fault| {
            // Who is held is answered by who holds them.
            let waiting = kept.iter().filter(|_| held.is_none());
            waiting.for_each(|(_, _, incoming, _)| self.tell_to_wait(incoming, fault));
        })?;
        for ((at, place, incoming, permit), seq) in kept.into_iter().zip(receipt.received) {
            let Some(seq) = seq else {
                taken.get_mut(at).into_iter().for_each(|became| *became = Taken::Known);
                continue;
            };
            let gate = held.as_deref_mut().map(|all| {
                let (held, gate) = Held::new(seq);
                all.push(held);
                gate
            });
            let (attempts, is_suspect, accepted) = (0, false, None);
            self.enqueue(Job {
                seq,
                place,
                incoming,
                attempts,
                is_suspect,
                permit,
                accepted,
                gate,
            });
        }
        Ok(taken)
    }

    /// Tells a chat, now and then, that what is said there waits until it can be kept.
    fn tell_to_wait(&self, incoming: &Incoming, fault: &Fault) {
        if let Some(reply) = self.inner.excuse(incoming, fault) {
            let owed = Owed::new(Address::of(incoming), reply);
            let now = self.inner.manager.environment().now();
            self.depart(Owing::unrecorded(0, owed, false, now));
        }
    }

    /// Tells a stranger, now and then, whom to ask.
    fn turn_away(&self, incoming: &Incoming) {
        let Body::Text { text, .. } = &incoming.body else { return };
        if let Ok(commands::Line::Elsewhere) = commands::parse(text, incoming.me.as_deref()) {
            return;
        }
        let who = if incoming.direct { incoming.peer_name() } else { incoming.chat_name() };
        if !self.inner.strangers.is_to_be_told(who.clone()) {
            return;
        }
        let owed = Owed::new(Address::of(incoming), Reply::text(words::stranger(&who)));
        let now = self.inner.manager.environment().now();
        self.depart(Owing::unrecorded(0, owed, false, now));
    }
}

impl<S: Store, E: Environment, O: Outlet> Inner<S, E, O> {
    /// What a chat is told, now and then, when what is said there cannot be kept and comes again. Where it does not come
    /// again, whoever handed it in says so.
    pub(super) fn excuse(&self, incoming: &Incoming, fault: &Fault) -> Option<Reply> {
        let is_said = matches!(incoming.body, Body::Text { .. } | Body::Press { .. });
        let comes_again = is_said && self.outlet.brings_again(&Address::of(incoming));
        let reply = words::waits(fault).filter(|_| comes_again)?;
        self.excused.is_to_be_told(incoming.chat_name()).then_some(reply)
    }

    pub(super) async fn is_let_in(&self, incoming: &Incoming) -> Result<bool, Fault> {
        let access = self.access();
        let is_listed = access.groups.contains(&incoming.chat_name())
            || incoming.guild_name().is_some_and(|guild| access.groups.contains(&guild));
        if let Body::Moved { .. } | Body::Gone = incoming.body {
            // What the platform itself says: it matters of chats that are known or may become so.
            return Ok(
                is_listed || self.bindings.chat_known(&self.manager, incoming).await?.is_some()
            );
        }
        if !incoming.faceless && access.is_let_in(&incoming.peer_name()) {
            return Ok(true);
        }
        if incoming.faceless && incoming.direct && matches!(incoming.body, Body::Raw { .. }) {
            // Nobody can be seen who did it.
            return Ok(true);
        }
        if incoming.direct {
            return Ok(access.direct_open);
        }
        if access.groups_open || is_listed {
            return Ok(true);
        }
        // A group that has a new id is the place that it was.
        let Some(here) = self.bindings.chat_known(&self.manager, incoming).await? else {
            return Ok(false);
        };
        for group in &access.groups {
            let Some((channel, chat)) = group.split_once(':') else { continue };
            if channel != incoming.channel {
                continue;
            }
            let listed = Incoming { chat: chat.to_owned(), ..incoming.clone() };
            if self.bindings.chat_known(&self.manager, &listed).await? == Some(here) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether an event is talk of others in a group where the bot is not to hear that.
    async fn is_not_for_us(&self, incoming: &Incoming) -> Result<bool, Fault> {
        let is_talk = incoming.is_talk_of_others();
        Ok(is_talk && !self.bindings.hears_all(&self.manager, incoming).await?)
    }

    /// Whether an event is so old that its tags may have been forgotten: no platform hands such a one in.
    fn is_stale(&self, incoming: &Incoming) -> bool {
        let since = self.manager.environment().now().minus(TAG_TIME).as_millis();
        incoming.said_at.is_some_and(|said_at| said_at < since)
    }

    /// The same, and says so in the log, now and then: it is more likely the clock that is wrong.
    fn is_left_out(&self, incoming: &Incoming) -> bool {
        let is_stale = self.is_stale(incoming);
        if is_stale && self.late.is_to_be_told(incoming.channel.clone()) {
            tracing::warn!(
                channel = incoming.channel,
                "what was said more than a week ago is left out: unless the bot was away for so long, this machine's clock \
                 is ahead, and everything is left out"
            );
        }
        is_stale
    }

    /// Waits for room for an event out of a batch of so many, for as long as it is not answered. A batch waits for its
    /// events together, so none of them takes more than its share: else they would wait for each other.
    async fn make_room(
        &self,
        incoming: &Incoming,
        batch: usize,
    ) -> Result<Arc<OwnedSemaphorePermit>, StoreError> {
        let bytes = match &incoming.body {
            Body::Text { text, .. } => text.len(),
            Body::Raw { json, .. } => json.len(),
            Body::Press { .. } | Body::Moved { .. } | Body::Gone => 0,
        };
        let size = u32::try_from(bytes / 1_024 + 1).unwrap_or(u32::MAX);
        let share = (super::ROOM / 4 / batch.max(1)).max(1);
        let size = size.min(u32::try_from(share).unwrap_or(u32::MAX));
        let permit = Arc::clone(&self.room).acquire_many_owned(size).await;
        permit.map(Arc::new).map_err(|_| StoreError::Closed)
    }

    /// A chat has a new id: its place, and so whatever belongs to it, is found under that from now on. What was said there
    /// since may stand behind it in the same batch, so this comes before the next event is looked at.
    async fn follow_move(&self, incoming: &Incoming) -> Result<(), Fault> {
        let Body::Moved { to } = &incoming.body else { return Ok(()) };
        let Some(bind) = self.bindings.moved(&self.manager, incoming, to).await? else {
            return Ok(());
        };
        self.manager.commit_free(Commit { writes: vec![bind], ..Commit::default() }).await?;
        self.bindings.forget(&self.manager, incoming, to);
        Ok(())
    }

    async fn place_of(&self, incoming: &Incoming) -> Result<PlaceId, Fault> {
        self.bindings.place_id(&self.manager, incoming, incoming.thread.as_deref()).await
    }

    async fn inbox_row(
        &self,
        place: PlaceId,
        incoming: &Incoming,
        attempts: u32,
        is_held: bool,
    ) -> Result<InboxRow, Fault> {
        let generation = self.queue.present(&self.manager).await?;
        let row = InboxRow {
            seq: 0,
            place,
            events: event_tags(&self.manager, incoming),
            received_at: self.manager.environment().now(),
            attempts,
            key: generation.id,
            sealed: Vec::new(),
        };
        generation.seal_event(row, is_held, incoming)
    }

    /// Puts an event that was to be decided at once into the inbox after all; answers its number, if it is new.
    pub(super) async fn put_aside(&self, job: &Job) -> Result<Option<i64>, Fault> {
        let row = self.inbox_row(job.place, &job.incoming, job.attempts, false).await?;
        let delivery = vec![Delivery::Receive(row)];
        let receipt = self.manager.commit_free(Commit { delivery, ..Commit::default() }).await?;
        Ok(receipt.received.first().copied().flatten())
    }
}

/// Whether an event is something said, to the bot, that takes no look-up and no network to decide.
fn may_be_said_at_once(incoming: &Incoming) -> bool {
    match &incoming.body {
        Body::Text { text, addressed } => *addressed && !text.trim_start().starts_with('/'),
        Body::Press { .. } | Body::Moved { .. } | Body::Gone | Body::Raw { .. } => false,
    }
}

/// Under what an event is known.
pub(super) fn event_tags<S: Store, E: Environment>(
    manager: &SessionManager<S, E>,
    incoming: &Incoming,
) -> Vec<Tag> {
    let (channel, account) = (incoming.channel.as_bytes(), incoming.account.as_bytes());
    std::iter::once(&incoming.event)
        .chain(&incoming.also)
        .map(|event| manager.tag("event", &[channel, account, event.as_bytes()]))
        .collect()
}
