//! Long polling: updates are asked for, taken in, and only then confirmed by the next request.
//!
//! teloxide's `Dispatcher` confirms before handlers run (half of the updates were lost in a kill), and its listener
//! names the kinds of updates only once.
//!
//! Not here: what an update means.
//!
//! Invariant: an update is confirmed only after the inbox has it. A batch that cannot be stored is tried again and again.
//! Invariant: the offset comes from the last batch alone: after a quiet week update ids begin anew, anywhere.
//! Invariant: whatever the server does, there is a pause between requests that bring nothing.
//! Invariant: stopping waits for a batch that is being stored, and for nothing else. What was stored last is not
//! confirmed then; it comes again at the next start and is known.

mod intake;
mod tally;
#[cfg(test)]
pub(crate) mod tests;

use std::time::Duration;

use bot::{Backoff, Causes, Standing};
use serde::Serialize;
use serde_json::Value;
use teloxide::payloads::DeleteWebhook;
use teloxide::requests::Payload;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::TelegramError;
use crate::api::{Api, CallError};

pub(crate) use intake::{ALLOWED_UPDATES, Inbox, Intake};
pub use tally::Tally;

/// How many updates are taken at once: the most that there can be.
const LIMIT: u8 = 100;
/// How much longer than the server holds the request its answer may take.
const LEEWAY: Duration = Duration::from_secs(15);
/// An empty answer that comes before this was not held.
const AT_ONCE: Duration = Duration::from_secs(1);
/// So many empty answers at once in a row, and the loop sets the pace itself.
const EMPTY_AT_ONCE: u32 = 3;
/// How long a call around polling may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// How long things last.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Timing {
    /// How long the server holds a request that has nothing to bring.
    pub(crate) hold: Duration,
    /// How long to stay away when another program polls with this token.
    pub(crate) conflict: Duration,
    /// The pause between requests to a server that holds none.
    pub(crate) pause: Duration,
    /// The first wait after a failure.
    pub(crate) retry: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            hold: Duration::from_secs(50),
            conflict: Duration::from_secs(300),
            pause: Duration::from_secs(1),
            retry: Backoff::FIRST,
        }
    }
}

/// `getUpdates`, answered with the updates as they came.
#[derive(Debug, Serialize)]
struct GetUpdates {
    #[serde(skip_serializing_if = "Option::is_none")]
    offset: Option<i64>,
    limit: u8,
    timeout: u64,
    allowed_updates: [&'static str; 4],
}

impl Payload for GetUpdates {
    type Output = Vec<Value>;
    const NAME: &'static str = "GetUpdates";
}

/// Takes updates in until it is told to stop.
pub(crate) async fn run<I: Inbox>(
    api: Api,
    intake: Intake<I>,
    timing: Timing,
    stop: &CancellationToken,
) -> Result<(), TelegramError> {
    let mut poller = Poller {
        api,
        intake,
        timing,
        offset: None,
        outage: Backoff::new(timing.retry),
        empty_at_once: 0,
    };
    loop {
        let asked_at = Instant::now();
        let answer = tokio::select! {
            biased;
            () = stop.cancelled() => return Ok(()),
            answer = poller.ask() => answer,
        };
        let pause = match answer {
            Ok(updates) => poller.take(&updates, asked_at.elapsed(), stop).await,
            Err(error) => poller.stumble(&error).await?,
        };
        if is_stopped_within(pause, stop).await {
            return Ok(());
        }
    }
}

/// Waits, unless it is time to stop.
pub(crate) async fn is_stopped_within(pause: Duration, stop: &CancellationToken) -> bool {
    !pause.is_zero() && tokio::time::timeout(pause, stop.cancelled()).await.is_ok()
}

struct Poller<I> {
    api: Api,
    intake: Intake<I>,
    timing: Timing,
    offset: Option<i64>,
    outage: Backoff,
    empty_at_once: u32,
}

impl<I: Inbox> Poller<I> {
    async fn ask(&self) -> Result<Vec<Value>, CallError> {
        // After a failure the answer is to come at once: that the server is back is not to be heard a hold later.
        let is_failing = self.intake.link().state().standing == Standing::Retrying;
        let hold = if is_failing { Duration::ZERO } else { self.timing.hold };
        let request = GetUpdates {
            offset: self.offset,
            limit: LIMIT,
            timeout: hold.as_secs(),
            allowed_updates: ALLOWED_UPDATES,
        };
        self.api.send(&request, hold + LEEWAY).await
    }

    /// Takes a batch in; answers how long to wait before the next request.
    async fn take(
        &mut self,
        updates: &[Value],
        waited: Duration,
        stop: &CancellationToken,
    ) -> Duration {
        self.intake.link().up();
        if self.outage.reset() {
            tracing::info!("Telegram answers again");
        }
        if updates.is_empty() {
            // What was stored is confirmed by now. Without an offset the next numbers may begin anywhere.
            self.offset = None;
            return self.pause_after_nothing(waited);
        }
        let last = updates.iter().rev().find_map(|update| update.get("update_id")?.as_i64());
        let next = last.map(|last| last.saturating_add(1));
        let is_new = next.is_some() && next != self.offset;
        if !self.is_stored(updates, stop).await {
            return Duration::ZERO;
        }
        if is_new {
            self.offset = next;
            self.empty_at_once = 0;
            return Duration::ZERO;
        }
        // What was confirmed comes again, or has no number to confirm it by.
        self.pause_after_nothing(Duration::ZERO)
    }

    /// Stores a batch, however often it takes; `false` if it is time to stop before it is stored.
    async fn is_stored(&self, updates: &[Value], stop: &CancellationToken) -> bool {
        let mut backoff = Backoff::new(self.timing.retry);
        loop {
            match self.intake.take(updates).await {
                Ok(()) => break,
                Err(error) => {
                    self.intake.tally().count_error();
                    if !backoff.is_failing() {
                        tracing::error!(
                            error = %Causes(&error),
                            updates = updates.len(),
                            "updates cannot be stored: nothing is confirmed, they are tried again until they are"
                        );
                    }
                }
            }
            if is_stopped_within(backoff.wait(), stop).await {
                return false;
            }
        }
        if backoff.reset() {
            tracing::info!("updates are stored again");
        }
        true
    }

    fn pause_after_nothing(&mut self, waited: Duration) -> Duration {
        if waited >= AT_ONCE {
            self.empty_at_once = 0;
            return Duration::ZERO;
        }
        self.empty_at_once = self.empty_at_once.saturating_add(1);
        if self.empty_at_once < EMPTY_AT_ONCE {
            return Duration::ZERO;
        }
        if self.empty_at_once == EMPTY_AT_ONCE {
            tracing::info!(
                "the server holds no long poll: it is asked again and again, with pauses"
            );
        }
        self.timing.pause
    }

    /// Answers how long to stay away after a request that failed.
    async fn stumble(&mut self, error: &CallError) -> Result<Duration, TelegramError> {
        self.intake.tally().count_error();
        self.intake.link().down();
        if error.is_unauthorized() {
            return Err(TelegramError::Token);
        }
        if error.is_conflict() {
            return Ok(self.give_way(error).await);
        }
        if let CallError::TooMany { retry_after } = error {
            tracing::warn!(%error, "Telegram wants fewer requests for updates");
            return Ok(*retry_after);
        }
        if self.outage.is_failing() {
            tracing::debug!(%error, "still no updates from Telegram");
        } else {
            tracing::warn!(%error, "no updates from Telegram: trying again until it answers");
        }
        Ok(self.outage.wait())
    }

    /// Somebody else gets the updates: a webhook, which is removed, or another program.
    async fn give_way(&mut self, error: &CallError) -> Duration {
        let CallError::Refused { description, .. } = error else {
            return self.timing.conflict;
        };
        if !description.to_ascii_lowercase().contains("webhook") {
            tracing::error!(
                "another program polls with this Telegram token; each takes updates from the other. Stop it, or give \
                 one of them a token of its own. Trying again in {} s",
                self.timing.conflict.as_secs()
            );
            return self.timing.conflict;
        }
        let removal = DeleteWebhook { drop_pending_updates: Some(false) };
        match self.api.send(&removal, PATIENCE).await {
            Ok(_) => {
                tracing::warn!(
                    "a webhook was set for this Telegram token, but the mode is polling: it is removed, what it had \
                     waiting is kept"
                );
                // Another program may set it again at once.
                self.timing.pause
            }
            Err(error) => {
                tracing::warn!(%error, "a webhook is set, but the mode is polling, and it cannot be removed");
                self.outage.wait()
            }
        }
    }
}
