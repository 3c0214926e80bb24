//! What was said while nobody listened: fetched over REST when a session of the gateway begins, channel by channel.
//!
//! serenity cannot take a session up again after a restart, and Discord tells nothing of what was before a session. So for
//! each channel where the bot is active (`gap::mark`) the messages after its mark are asked for. Until they are taken in,
//! what comes live from that channel waits behind them; only then the mark moves.
//!
//! Bounds: nothing older than a day, and of a channel about the first 500 messages of people after its mark. What bots
//! say, this one too, does not count among them; up to a bound of its own.
//!
//! Not here: a direct chat that somebody opens while the bot is away; the bot does not know of it. And interactions: they
//! cannot be fetched, and nobody waits for them by then.
//!
//! Invariant: what is fetched is handed on in the order in which it was said.

mod late;
mod mark;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use bot::Backoff;
use serde_json::Value;
use tokio::sync::{Semaphore, mpsc};
use tokio_util::sync::CancellationToken;

use crate::api::{Api, CallError};
use crate::directory::{Directory, id_at};
use crate::stopping::is_stopped_within;

pub(crate) use late::{destroys_late, say_not_run};
pub(crate) use mark::Marks;

/// Nothing older is fetched, in milliseconds.
const OLDEST: i64 = 24 * 3_600 * 1_000;
/// Once so many messages of people are fetched of one channel, no more are.
const MOST: usize = 500;
/// Messages of one channel that are fetched at most, whoever they are of.
const MOST_OF_ALL: usize = 4_000;
/// Messages in one answer: the most that there can be.
const PAGE: usize = 100;
/// Channels that are fetched at the same time.
const AT_ONCE: usize = 4;
/// How long one call may take.
const PATIENCE: Duration = Duration::from_secs(20);
/// When Discord's ids begin to count, in milliseconds since the Unix epoch.
const EPOCH: i64 = 1_420_070_400_000;

/// A channel whose gap is known.
pub(crate) struct Filled {
    /// The channel.
    pub(crate) channel: u64,
    /// What was said meanwhile, in order, each with where it was said.
    pub(crate) messages: Vec<Value>,
    /// Whether the channel is there, and may be read.
    pub(crate) is_there: bool,
}

/// Fetches what was missed.
#[derive(Clone)]
pub(crate) struct Filler {
    api: Api,
    directory: Arc<Directory>,
    at_once: Arc<Semaphore>,
    filled: mpsc::Sender<Filled>,
    stop: CancellationToken,
}

impl Filler {
    pub(crate) fn new(
        api: Api,
        directory: Arc<Directory>,
        stop: CancellationToken,
    ) -> (Self, mpsc::Receiver<Filled>) {
        let (filled, taken) = mpsc::channel(AT_ONCE);
        let at_once = Arc::new(Semaphore::new(AT_ONCE));
        (Self { api, directory, at_once, filled, stop }, taken)
    }

    /// Begins to fetch what was said in a channel after its mark; without a mark only what the channel is. `now` in
    /// milliseconds since the epoch.
    pub(crate) fn begin(&self, channel: u64, mark: Option<u64>, now: i64) {
        let this = self.clone();
        tokio::spawn(async move {
            let Ok(_turn) = Arc::clone(&this.at_once).acquire_owned().await else { return };
            if let Some(filled) = this.fill(channel, mark, now).await {
                // Nobody takes it when it is time to stop.
                let _ = this.filled.send(filled).await;
            }
        });
    }

    /// Fetches, however often it takes; `None` if it is time to stop.
    async fn fill(&self, channel: u64, mark: Option<u64>, now: i64) -> Option<Filled> {
        let mut backoff = Backoff::default();
        let mut messages = Vec::new();
        loop {
            let answer = tokio::select! {
                biased;
                () = self.stop.cancelled() => return None,
                answer = self.fetch(channel, mark, now, &mut messages) => answer,
            };
            let pause = match answer {
                Ok(()) => return Some(Filled { channel, messages, is_there: true }),
                Err(CallError::TooMany { retry_after, .. }) => retry_after,
                Err(error) if error.is_passing() || error.is_unauthorized() => {
                    if !backoff.is_failing() {
                        tracing::warn!(%error, "what was missed in a channel cannot be fetched: trying again until it can");
                    }
                    backoff.wait()
                }
                Err(error) => {
                    tracing::info!(%error, "a channel is no longer there for the bot");
                    return Some(Filled { channel, messages: Vec::new(), is_there: false });
                }
            };
            if is_stopped_within(pause, &self.stop).await {
                return None;
            }
        }
    }

    /// Fetches what there is after the last of these messages.
    async fn fetch(
        &self,
        channel: u64,
        mark: Option<u64>,
        now: i64,
        messages: &mut Vec<Value>,
    ) -> Result<(), CallError> {
        let place = self.directory.ask(&self.api, channel).await?;
        let Some(mark) = mark else { return Ok(()) };
        let mut after = mark.max(first_id_at(now.saturating_sub(OLDEST)));
        while messages.len() < MOST_OF_ALL && of_people(messages) < MOST {
            after = messages.last().and_then(|last| id_at(last, "id")).unwrap_or(after);
            let path = format!("/channels/{channel}/messages?after={after}&limit={PAGE}");
            let mut page: Vec<Value> = self.api.get(&path, PATIENCE).await?;
            page.retain(|message| id_at(message, "id").is_some_and(|id| id > after));
            page.sort_by_key(|message| id_at(message, "id"));
            page.iter_mut().for_each(|message| place.put_into(message));
            let is_last = page.len() < PAGE;
            messages.append(&mut page);
            if is_last {
                return Ok(());
            }
        }
        tracing::warn!(
            fetched = messages.len(),
            "more was said in a channel while the bot was away than is fetched"
        );
        Ok(())
    }
}

/// How many of these are of no bot.
fn of_people(messages: &[Value]) -> usize {
    let is_of_bot = |it: &&Value| it.pointer("/author/bot").and_then(Value::as_bool) == Some(true);
    messages.len() - messages.iter().filter(is_of_bot).count()
}

/// The first id that a moment can have, in milliseconds since the epoch.
pub(crate) fn first_id_at(millis: i64) -> u64 {
    u64::try_from(millis.saturating_sub(EPOCH)).unwrap_or_default() << 22
}
