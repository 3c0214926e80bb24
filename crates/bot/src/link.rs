//! How a channel stands with its platform: not connected yet, connected, or trying again.
//!
//! An adapter tells it, whoever shows it reads it. Not here: why it is so, which the adapter's log tells.
//!
//! Invariant: `since` moves only when the standing changes, however often it is told.

use std::fmt::{self, Display};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering::Relaxed};
use std::time::{SystemTime, UNIX_EPOCH};

use sessions::time::Timestamp;
use tokio::sync::watch;

/// How a channel stands with its platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It has neither been reached nor failed.
    NotYet,
    /// What happens there comes in.
    Up,
    /// It cannot be reached, and is tried again.
    Retrying,
}

/// A standing, and since when. Shown as `retrying since 2026-11-29T10:00:00.000Z`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LinkState {
    /// The standing.
    pub standing: Standing,
    /// When it became that.
    pub since: Timestamp,
}

impl LinkState {
    /// Whether what happens there comes in.
    #[must_use]
    pub fn is_up(self) -> bool {
        self.standing == Standing::Up
    }
}

impl Display for LinkState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let since = self.since.to_rfc3339();
        match self.standing {
            Standing::NotYet => f.write_str("not connected yet"),
            Standing::Up => write!(f, "connected since {since}"),
            Standing::Retrying => write!(f, "retrying since {since}"),
        }
    }
}

/// A channel's connection, shared by whoever keeps it and whoever looks at it. All clones are one.
#[derive(Debug, Clone)]
pub struct Link {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    state: watch::Sender<LinkState>,
    /// When the platform last gave a sign of life, in UTC milliseconds; 0 for never.
    contact: AtomicI64,
}

impl Default for Link {
    /// One that is not connected yet.
    fn default() -> Self {
        let state = LinkState { standing: Standing::NotYet, since: now() };
        let (state, contact) = (watch::Sender::new(state), AtomicI64::new(0));
        Self { inner: Arc::new(Inner { state, contact }) }
    }
}

impl Link {
    /// How it stands.
    #[must_use]
    pub fn state(&self) -> LinkState {
        *self.inner.state.borrow()
    }

    /// Whether what happens there comes in.
    #[must_use]
    pub fn is_up(&self) -> bool {
        self.state().is_up()
    }

    /// Since when it stands as it does.
    #[must_use]
    pub fn since(&self) -> Timestamp {
        self.state().since
    }

    /// When the platform last gave a sign of life, if it has.
    #[must_use]
    pub fn contact(&self) -> Option<Timestamp> {
        let at = self.inner.contact.load(Relaxed);
        (at != 0).then_some(Timestamp::from_millis(at))
    }

    /// Each change of how it stands: `watch().changed().await`.
    #[must_use]
    pub fn watch(&self) -> watch::Receiver<LinkState> {
        self.inner.state.subscribe()
    }

    /// Waits until it is connected.
    pub async fn until_up(&self) {
        // The sender lives in here, so there is always somebody to wait for.
        let _ = self.watch().wait_for(|state| state.is_up()).await;
    }

    /// The platform gave a sign of life: what happens there comes in.
    pub fn up(&self) {
        let now = now();
        self.inner.contact.store(now.as_millis(), Relaxed);
        self.stand(Standing::Up, now);
    }

    /// The platform cannot be reached, and is tried again.
    pub fn down(&self) {
        self.stand(Standing::Retrying, now());
    }

    fn stand(&self, standing: Standing, since: Timestamp) {
        self.inner.state.send_if_modified(|state| {
            let is_new = state.standing != standing;
            if is_new {
                *state = LinkState { standing, since };
            }
            is_new
        });
    }
}

/// The machine's clock: what is shown to people who look at the machine.
fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_standing_lasts_from_its_first_word_on() {
        let link = Link::default();
        assert_eq!((link.state().to_string(), link.contact()), ("not connected yet".into(), None));
        link.inner.state.send_replace(LinkState {
            standing: Standing::Retrying,
            since: Timestamp::from_millis(1_780_000_000_000),
        });
        link.down();
        assert_eq!(link.state().to_string(), "retrying since 2026-05-28T20:26:40.000Z");
        link.up();
        assert!(link.is_up() && link.since() > Timestamp::from_millis(1_780_000_000_000));
        assert!(link.contact() >= Some(link.since()));
    }

    #[tokio::test]
    async fn a_change_is_told_and_a_repetition_is_not() {
        let link = Link::default();
        let mut seen = link.watch();
        let waiting = tokio::spawn({
            let link = link.clone();
            async move { link.until_up().await }
        });
        link.up();
        waiting.await.unwrap();
        assert!(seen.changed().await.is_ok() && seen.borrow_and_update().is_up());
        link.up();
        assert!(!seen.has_changed().unwrap());
        link.down();
        assert!(seen.has_changed().unwrap());
    }
}
