//! Events that are stored and held until their channel lets them go: what a platform wants to hear of in time, or not
//! at all.
//!
//! A held event keeps its turn: what comes after it at its place waits behind it. Released, it takes effect; withdrawn,
//! it never does. One that a process neither released nor withdrew is asked about again at the next start.
//!
//! Invariant: a held event that is withdrawn has no effect, whatever happens to the process afterwards.

use sessions::Environment;
use sessions::delivery::Delivery;
use sessions::store::{Commit, Store, StoreError};
use tokio::sync::oneshot;

use crate::incoming::Incoming;
use crate::outbox::Outlet;

use super::{Bot, BotError, Taken, lock};

/// A held event. Dropped, it stays held until the next start.
#[must_use = "an event that is neither released nor withdrawn holds up its place"]
pub struct Held {
    seq: i64,
    gate: oneshot::Sender<Verdict>,
}

/// What the channel says of an event that it held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Released,
    Withdrawn,
}

/// The end of a held event that its place's worker waits at.
pub(super) type Gate = oneshot::Receiver<Verdict>;

impl Held {
    pub(super) fn new(seq: i64) -> (Self, Gate) {
        let (gate, wait) = oneshot::channel();
        (Self { seq, gate }, wait)
    }
}

impl<S: Store, E: Environment, O: Outlet> Bot<S, E, O> {
    /// Takes an event in and holds it, if it is new.
    ///
    /// # Errors
    /// When storing failed: the event takes no effect.
    pub async fn receive_held(&self, event: Incoming) -> Result<(Taken, Option<Held>), BotError> {
        let channel = event.channel.clone();
        // On a task of its own: a caller who gives up waiting leaves the event stored, and held until the next start.
        let (bot, at_work) = (self.clone(), self.inner.at_work.enter());
        let taken = tokio::spawn(async move {
            let _at_work = at_work;
            let mut held = Vec::new();
            let taken = bot.take_in(vec![event], Some(&mut held)).await?;
            let taken = taken.first().copied().unwrap_or(Taken::Ignored);
            bot.inner.meter.count_taken(&channel, taken);
            Ok((taken, held.pop()))
        });
        taken.await.unwrap_or(Err(StoreError::Closed.into()))
    }

    /// Lets a held event take effect.
    pub fn release(&self, held: Held) {
        // Its worker may have gone with the bot: then it is held until the next start.
        let _ = held.gate.send(Verdict::Released);
    }

    /// Ends a held event without any effect.
    ///
    /// # Errors
    /// When storing that failed: the event is held until the next start.
    pub async fn withdraw(&self, held: Held) -> Result<(), BotError> {
        let delivery = vec![Delivery::Finish(held.seq)];
        self.manager().commit_free(Commit { delivery, ..Commit::default() }).await?;
        let _ = held.gate.send(Verdict::Withdrawn);
        Ok(())
    }

    /// The held events of an account that an earlier process neither released nor withdrew, in the order in which they
    /// came. Each is given out once.
    #[must_use]
    pub fn take_held(&self, channel: &str, account: &str) -> Vec<(Held, Incoming)> {
        let mut all = lock(&self.inner.left_held);
        let is_its = |(_, event): &mut (Held, Incoming)| {
            event.channel == channel && event.account == account
        };
        all.extract_if(.., is_its).collect()
    }
}
