//! The lines in which things wait to be stored: one for all, and one for each channel that has a gap.

use std::collections::{HashMap, HashSet};

use bot::{Backoff, Body, Causes, Incoming, Taken};
use serde_json::Value;
use tokio::sync::{OwnedSemaphorePermit, oneshot};
use tokio_util::sync::CancellationToken;

use crate::api::Me;
use crate::directory::id_at;
use crate::gap::{Filled, Filler, Marks, destroys_late, say_not_run};
use crate::inbox::Inbox;
use crate::interact::{Turn, now};
use crate::stopping::is_stopped_within;
use crate::update::{self, Translated};

use super::{Intake, Item};

/// What comes from a channel that has a gap.
#[derive(Default)]
struct Waiting {
    items: Vec<Item>,
    /// Whether there may be another gap by now.
    again: bool,
}

/// A message on its way into the store.
struct Said {
    channel: u64,
    id: u64,
    event: Option<Box<Incoming>>,
    _room: Option<OwnedSemaphorePermit>,
}

/// Stores things in order.
pub(super) struct Lines<I> {
    intake: Intake<I>,
    me: Me,
    marks: Marks,
    filler: Filler,
    waiting: HashMap<u64, Waiting>,
    stop: CancellationToken,
}

impl<I: Inbox> Lines<I> {
    pub(super) fn new(
        intake: Intake<I>,
        me: Me,
        marks: Marks,
        filler: Filler,
        stop: CancellationToken,
    ) -> Self {
        Self { intake, me, marks, filler, waiting: HashMap::new(), stop }
    }

    /// Every channel where the bot is active may have a gap.
    pub(super) fn begin(&mut self) {
        for (channel, mark) in self.marks.all() {
            if let Some(waiting) = self.waiting.get_mut(&channel) {
                waiting.again = true;
                continue;
            }
            self.waiting.insert(channel, Waiting::default());
            self.filler.begin(channel, Some(mark), now());
        }
    }

    /// Stores what came, in order.
    pub(super) async fn take(&mut self, batch: &mut Vec<Item>) {
        let mut said = Vec::new();
        let mut turns = Vec::new();
        for item in batch.drain(..) {
            match item {
                Item::Begun => {
                    self.store(&mut said, &mut turns).await;
                    self.begin();
                }
                Item::Message(channel, message, room) => {
                    if !turns.is_empty() {
                        self.store(&mut said, &mut turns).await;
                    }
                    let Some(place) = self.place_of(channel) else {
                        self.wait(channel, Item::Message(channel, message, room));
                        continue;
                    };
                    let mut message = message;
                    place.put_into(&mut message);
                    said.extend(self.read(channel, &message, Some(room)));
                }
                Item::Interaction(channel, id, call) => {
                    if self.waiting.contains_key(&channel) {
                        self.wait(channel, Item::Interaction(channel, id, call));
                    } else {
                        turns.push((channel, id, call));
                    }
                }
            }
        }
        self.store(&mut said, &mut turns).await;
    }

    /// Stores what was missed in a channel, and then what waited behind it.
    pub(super) async fn fill(&mut self, filled: Filled) {
        let Filled { channel, messages, is_there } = filled;
        let last = messages.iter().filter_map(|message| id_at(message, "id")).max();
        let mut late = Vec::new();
        let mut said = Vec::new();
        for message in &messages {
            let Some(missed) = self.read(channel, message, None) else { continue };
            let command = missed.event.as_ref().and_then(|event| destroys_late(event, now()));
            match (command, missed.event) {
                (Some(command), Some(event)) => {
                    self.store(&mut said, &mut Vec::new()).await;
                    if self.is_set_aside(*event).await {
                        late.push(command);
                    }
                }
                (_, event) => said.push(Said { event, ..missed }),
            }
        }
        self.store(&mut said, &mut Vec::new()).await;
        if self.stop.is_cancelled() {
            return;
        }
        if let Some(last) = last {
            self.marks.advance(channel, last);
        }
        if !is_there {
            self.marks.end(channel);
        }
        // Whoever starts next begins after it: else crash upon crash would have it fetched again, and no more than it.
        self.save().await;
        if !late.is_empty() {
            let api = self.intake.api.clone();
            let (channel, last) = (channel.to_string(), last.unwrap_or_default().to_string());
            tokio::spawn(async move { say_not_run(&api, &channel, &late, &last).await });
        }
        self.go_on(channel, last, is_there).await;
    }

    /// Lets what waited in a channel go on, unless there may be another gap.
    async fn go_on(&mut self, channel: u64, last: Option<u64>, is_there: bool) {
        let Some(waiting) = self.waiting.get_mut(&channel) else { return };
        if waiting.again
            && is_there
            && let Some(mark) = self.marks.get(channel)
        {
            waiting.again = false;
            self.filler.begin(channel, Some(mark), now());
            return;
        }
        let Some(waiting) = self.waiting.remove(&channel) else { return };
        if !is_there && self.intake.directory.get(channel).is_none() {
            // Nobody says what it is: it counts as a channel of its own guild.
            for item in &waiting.items {
                if let Item::Message(_, message, _) = item {
                    let guild = id_at(message, "guild_id");
                    let channel =
                        crate::directory::Channel { id: channel, kind: 0, parent: None, guild };
                    self.intake.directory.learn(channel);
                }
            }
        }
        let is_new = |item: &Item| match item {
            Item::Message(_, message, _) => id_at(message, "id") > last,
            Item::Interaction(..) | Item::Begun => true,
        };
        let mut items: Vec<Item> = waiting.items.into_iter().filter(is_new).collect();
        Box::pin(self.take(&mut items)).await;
    }

    /// Writes the marks that have moved.
    pub(super) async fn save(&mut self) {
        if let Err(error) = self.marks.save(&self.intake.inbox).await {
            self.intake.tally.count_error();
            tracing::warn!(%error, "up to where channels are taken in cannot be noted now");
        }
    }

    /// What a channel is, unless something has to be waited for there.
    fn place_of(&mut self, channel: u64) -> Option<crate::directory::Channel> {
        if self.waiting.contains_key(&channel) {
            return None;
        }
        let known = self.intake.directory.get(channel);
        if known.is_none() {
            self.waiting.insert(channel, Waiting::default());
            self.filler.begin(channel, None, now());
        }
        known
    }

    fn wait(&mut self, channel: u64, item: Item) {
        self.waiting.entry(channel).or_default().items.push(item);
    }

    fn read(
        &self,
        channel: u64,
        message: &Value,
        room: Option<OwnedSemaphorePermit>,
    ) -> Option<Said> {
        let id = id_at(message, "id")?;
        let event = match update::message(message, &self.me.id, Some(&self.me.name)) {
            Translated::Event(event) => Some(event),
            Translated::Ignored(why) => {
                self.intake.tally.count_ignored(why);
                None
            }
        };
        Some(Said { channel, id, event, _room: room })
    }

    /// Stores messages; then lets the interactions that came after them be stored, and waits until they are.
    async fn store(
        &mut self,
        said: &mut Vec<Said>,
        turns: &mut Vec<(u64, u64, oneshot::Sender<Turn>)>,
    ) {
        if !said.is_empty() {
            self.store_messages(std::mem::take(said)).await;
        }
        let mut is_any_new = false;
        for (channel, id, _) in turns.iter() {
            is_any_new |= self.marks.begin(*channel, *id);
        }
        if is_any_new {
            self.save().await;
        }
        // Those of different channels are stored together. Each ends by its deadline, one way or the other.
        while !turns.is_empty() {
            let mut channels = HashSet::new();
            let is_first = |(channel, ..): &(u64, _, _)| channels.insert(*channel);
            let (first, later): (Vec<_>, Vec<_>) = turns.drain(..).partition(is_first);
            *turns = later;
            let mut stored = Vec::with_capacity(first.len());
            for (_, _, call) in first {
                let (turn, end) = oneshot::channel();
                if call.send(turn).is_ok() {
                    stored.push(end);
                }
            }
            for end in stored {
                let _ = end.await;
            }
        }
    }

    async fn store_messages(&mut self, said: Vec<Said>) {
        let begun: Vec<u64> = said.iter().filter_map(|said| self.begin_mark(said)).collect();
        if !begun.is_empty() {
            self.save().await;
        }
        let events: Vec<Incoming> =
            said.iter().filter_map(|said| said.event.as_deref().cloned()).collect();
        let Some(taken) = self.store_events(events).await else { return };
        self.intake.tally.count_events(taken.len());
        let mut taken = taken.into_iter();
        for said in &said {
            let became = said.event.as_ref().and_then(|_| taken.next());
            let is_of_nobody = matches!(became, Some(Taken::TurnedAway | Taken::Ignored));
            if is_of_nobody && begun.contains(&said.channel) {
                self.marks.end(said.channel);
            } else {
                self.marks.advance(said.channel, said.id);
            }
        }
    }

    /// Begins to remember the channel of a message that is for the bot, if it is a new one.
    fn begin_mark(&mut self, said: &Said) -> Option<u64> {
        let event = said.event.as_ref()?;
        let is_for_us = match &event.body {
            Body::Text { text, addressed } => *addressed || event.direct || text.starts_with('/'),
            Body::Press { .. } | Body::Moved { .. } | Body::Gone | Body::Raw { .. } => false,
        };
        let is_new = is_for_us && self.marks.begin(said.channel, said.id.saturating_sub(1));
        is_new.then_some(said.channel)
    }

    /// Stores events, however often it takes; `None` if it is time to stop.
    async fn store_events(&self, events: Vec<Incoming>) -> Option<Vec<Taken>> {
        if events.is_empty() {
            return Some(Vec::new());
        }
        let mut backoff = Backoff::new(self.intake.retry);
        loop {
            match self.intake.inbox.receive_all(events.clone()).await {
                Ok(taken) => {
                    if backoff.reset() {
                        tracing::info!("events of Discord are stored again");
                    }
                    return Some(taken);
                }
                Err(error) => {
                    self.intake.tally.count_error();
                    if !backoff.is_failing() {
                        tracing::error!(
                            error = %Causes(&error),
                            events = events.len(),
                            "events of Discord cannot be stored: they are tried again until they are"
                        );
                    }
                }
            }
            if is_stopped_within(backoff.wait(), &self.stop).await {
                return None;
            }
        }
    }

    /// Sees to it that an event takes no effect, now or later; answers whether that is new.
    async fn is_set_aside(&self, event: Incoming) -> bool {
        let mut backoff = Backoff::new(self.intake.retry);
        loop {
            let inbox = &self.intake.inbox;
            let error = match inbox.receive_held(event.clone()).await {
                Ok((_, Some(held))) => match inbox.withdraw(held).await {
                    Ok(()) => return true,
                    Err(error) => error,
                },
                Ok((_, None)) => return false,
                Err(error) => error,
            };
            self.intake.tally.count_error();
            tracing::error!(error = %Causes(&error), "a late command cannot be set aside: trying again");
            if is_stopped_within(backoff.wait(), &self.stop).await {
                return false;
            }
        }
    }
}
