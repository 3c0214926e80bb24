//! The platform's clock: the machine's own, or one that a story sets; dates of messages and the 15 seconds of ephemeral
//! answers are read from it.
//!
//! Not here: how long a request may wait. Long polls and flood limits go by the machine's clock, like the program under
//! test.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// What time it is at the platform.
#[derive(Debug, Default)]
pub(super) struct Clock {
    set: Option<Duration>,
    ahead: Duration,
}

impl Clock {
    /// Time since 1970.
    pub(super) fn now(&self) -> Duration {
        let machine = || SystemTime::now().duration_since(UNIX_EPOCH);
        let base = self.set.unwrap_or_else(|| machine().expect("it is after 1970"));
        base + self.ahead
    }

    /// Unix time in seconds, as dates are on the wire.
    pub(super) fn date(&self) -> u64 {
        self.now().as_secs()
    }

    /// Stands still at that Unix time from now on.
    pub(super) fn set(&mut self, seconds: u64) {
        *self = Self { set: Some(Duration::from_secs(seconds)), ahead: Duration::ZERO };
    }

    /// Jumps ahead.
    pub(super) fn advance(&mut self, by: Duration) {
        self.ahead += by;
    }
}
