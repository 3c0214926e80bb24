//! Interactions: commands that were filled in and components that were pressed, each answered within three seconds.
//!
//! An interaction is stored and held, then put off at Discord, then released; in this order, so that what the bot has
//! acknowledged is not lost, and what it could not acknowledge takes no effect. If it is not stored by 2.5 seconds after
//! it was made, Discord is told that it was not accepted, and it is withdrawn as soon as storing it has come to an end.
//!
//! Its turn among the messages is kept by `intake`: it is stored when all is stored that came before it.
//!
//! Not here: the answer itself, which the outlet delivers.
//!
//! Invariant: nothing takes effect of which Discord was told that it was not accepted, whatever happens to the process.

mod left;
mod suggest;
#[cfg(test)]
pub(crate) mod tests;

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bot::{Causes, Incoming, Taken};
use serde::de::IgnoredAny;
use serde_json::{Value, json};
use tokio::sync::{Semaphore, oneshot};
use tokio::time::Instant;

use crate::api::{Api, CallError};
use crate::inbox::Inbox;
use crate::tally::Tally;
use crate::ticket::{EPHEMERAL, Interaction, Ticket};
use crate::update::{self, Translated};

pub(crate) use left::take_up_left;

/// What is said when an interaction takes no effect.
const NOT_ACCEPTED: &str =
    "I could not take this in in time, so nothing was done. Please try it once more.";
/// The same where nothing can be stored; why stands behind it.
const NOT_KEPT: &str = "Nothing was done, as nothing can be kept just now: ";
/// How long after an interaction was made it must be stored.
const DEADLINE: Duration = Duration::from_millis(2_500);
/// By then it can be stored even if it seems to be late, because the clocks of two machines differ.
const LEAST: Duration = Duration::from_millis(500);
/// How long a callback may take. Discord takes it for three seconds after the interaction.
const CALLBACK: Duration = Duration::from_millis(2_500);
/// Interactions that are at work at the same time.
const AT_WORK: usize = 1_024;
/// How long it may take to find out whether a callback arrived.
const LOOK: Duration = Duration::from_secs(10);

/// Answers interactions.
#[derive(Clone)]
pub(crate) struct Desk<I> {
    inbox: I,
    api: Api,
    tally: Arc<Tally>,
    room: Arc<Semaphore>,
}

/// An interaction's turn among what is stored: held until it is stored, or is given up.
pub(crate) type Turn = oneshot::Sender<()>;

/// Whether an answer says that the interaction took no effect.
fn is_refusal(answer: &str) -> bool {
    answer == NOT_ACCEPTED || answer.starts_with(NOT_KEPT)
}

impl<I: Inbox> Desk<I> {
    pub(crate) fn new(inbox: I, api: Api, tally: Arc<Tally>) -> Self {
        Self { inbox, api, tally, room: Arc::new(Semaphore::new(AT_WORK)) }
    }

    /// Takes an interaction on. Where it has to wait for its turn, answers the other end of that.
    pub(crate) fn take(&self, interaction: Value) -> Option<oneshot::Sender<Turn>> {
        let Ok(room) = Arc::clone(&self.room).try_acquire_owned() else {
            self.tally.count_refused();
            return None;
        };
        let me = self.api.me()?;
        if let Some(asked) = update::asked(&interaction, &me.id, Some(&me.name)) {
            let desk = self.clone();
            tokio::spawn(async move {
                let _room = room;
                desk.suggest(&interaction, &asked).await;
            });
            return None;
        }
        let incoming = match update::interaction(&interaction, &me.id, Some(&me.name)) {
            Translated::Event(incoming) => *incoming,
            Translated::Ignored(why) => {
                self.tally.count_ignored(why);
                return None;
            }
        };
        let ticket = Ticket::from_wire(incoming.ticket.as_deref());
        let Some(how) = ticket.interaction else {
            self.tally.count_ignored("interaction without token");
            return None;
        };
        let deadline = Instant::now() + time_left(&how, now());
        let (call, turn) = oneshot::channel();
        let desk = self.clone();
        tokio::spawn(async move {
            let _room = room;
            desk.handle(incoming, &how, turn, deadline).await;
        });
        Some(call)
    }

    async fn handle(
        &self,
        incoming: Incoming,
        how: &Interaction,
        turn: oneshot::Receiver<Turn>,
        deadline: Instant,
    ) {
        let Ok(Ok(turn)) = tokio::time::timeout_at(deadline, turn).await else {
            return self.refuse(how, NOT_ACCEPTED).await;
        };
        let (desk, who) = (self.clone(), incoming.peer_name());
        let mut storing = tokio::spawn(async move {
            let stored = desk.inbox.receive_held(incoming).await;
            drop(turn);
            stored
        });
        let Ok(stored) = tokio::time::timeout_at(deadline, &mut storing).await else {
            // It is withdrawn first or last, but it is: once it is stored, it is known to be refused by its answer.
            self.refuse(how, NOT_ACCEPTED).await;
            if let Ok(Ok((_, Some(held)))) = storing.await {
                self.withdraw(held).await;
            }
            return;
        };
        match stored {
            Ok(Ok((_, Some(held)))) => self.put_off(held, how).await,
            Ok(Ok((Taken::TurnedAway, None))) => self.say(how, &not_let_in(&who)).await,
            // It was answered when it came first.
            Ok(Ok((Taken::New | Taken::Known | Taken::Ignored, None))) => {}
            Ok(Err(error)) => {
                self.tally.count_error();
                tracing::error!(error = %Causes(&error), "an interaction cannot be stored: it is refused");
                let why = I::excuse(&error);
                let why = why.map(|why| format!("{NOT_KEPT}{why}. Please try it again later."));
                self.refuse(how, why.as_deref().unwrap_or(NOT_ACCEPTED)).await;
            }
            Err(_) => self.refuse(how, NOT_ACCEPTED).await,
        }
        self.tally.count_events(1);
    }

    /// Tells Discord that the answer comes later, and lets the event take effect; or withdraws it.
    async fn put_off(&self, held: I::Held, how: &Interaction) {
        let is_put_off = match self.call_back(how, &how.deferral(), CALLBACK).await {
            Ok(()) => true,
            Err(CallError::Unsure(_) | CallError::Server { .. }) => self.is_acknowledged(how).await,
            Err(error) => {
                tracing::info!(%error, "an interaction cannot be acknowledged: it takes no effect");
                false
            }
        };
        if is_put_off {
            self.inbox.release(held);
        } else {
            self.tally.count_refused();
            self.withdraw(held).await;
        }
    }

    /// Whether Discord has had an answer to an interaction that did not refuse it, when that was not to be seen.
    async fn is_acknowledged(&self, how: &Interaction) -> bool {
        for _ in 0..3 {
            match left::look(&self.api, how, LOOK).await {
                Ok(found) => return found,
                Err(error) => {
                    tracing::debug!(%error, "whether an interaction is acknowledged cannot be seen")
                }
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        // It may show that it is worked on: then it had better be.
        true
    }

    async fn withdraw(&self, held: I::Held) {
        if let Err(error) = self.inbox.withdraw(held).await {
            tracing::error!(%error, "an interaction cannot be withdrawn now: at the next start");
        }
    }

    /// Says that an interaction takes no effect, in words by which that is known later ([`is_refusal`]).
    async fn refuse(&self, how: &Interaction, words: &str) {
        self.tally.count_refused();
        self.say(how, words).await;
    }

    /// Says something to the person alone.
    async fn say(&self, how: &Interaction, text: &str) {
        let answer = json!({ "type": 4, "data": {
            "content": text, "flags": EPHEMERAL, "allowed_mentions": { "parse": [] },
        }});
        if let Err(error) = self.call_back(how, &answer, CALLBACK).await {
            tracing::info!(%error, "an interaction is left without an answer");
        }
    }

    async fn call_back(
        &self,
        how: &Interaction,
        answer: &Value,
        patience: Duration,
    ) -> Result<(), CallError> {
        let path = format!("/interactions/{}/{}/callback", how.id, how.token);
        self.api.post::<IgnoredAny>(&path, answer, patience).await.map(|_| ())
    }
}

/// What is said to whoever may not talk to the bot.
fn not_let_in(who: &str) -> String {
    format!("I may not talk with you here. Ask whoever runs this bot to let {who} in.")
}

/// How long an interaction may still take to be stored; `now` in milliseconds since the epoch.
fn time_left(how: &Interaction, now: i64) -> Duration {
    let age = crate::ticket::created_at(&how.id).map_or(0, |at| now.saturating_sub(at));
    let age = Duration::from_millis(u64::try_from(age).unwrap_or_default());
    DEADLINE.saturating_sub(age).max(LEAST)
}

/// The present, in milliseconds since the epoch.
pub(crate) fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
