//! The platform's clock, the machine's own or one that a story sets, and the ids that are made from it: snowflakes, which
//! order what happened. The 3 seconds and the 15 minutes of an interaction go by it.
//!
//! Not here: how long a request may wait. Limits and heartbeats go by the machine's clock, like the program under test.
//!
//! Invariant: an id is greater than all before it, whatever is done to the clock.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use chrono::DateTime;

/// The first second of 2015, in milliseconds since 1970: where snowflakes begin.
const EPOCH: u64 = 1_420_070_400_000;

/// What time it is at the platform.
#[derive(Debug, Default)]
pub(super) struct Clock {
    set: Option<Duration>,
    ahead: Duration,
    last: u64,
}

impl Clock {
    /// Time since 1970.
    pub(super) fn now(&self) -> Duration {
        let machine = || SystemTime::now().duration_since(UNIX_EPOCH);
        let base = self.set.unwrap_or_else(|| machine().expect("it is after 1970"));
        base + self.ahead
    }

    /// Stands still at that Unix time from now on.
    pub(super) fn set(&mut self, seconds: u64) {
        self.set = Some(Duration::from_secs(seconds));
        self.ahead = Duration::ZERO;
    }

    /// Jumps ahead.
    pub(super) fn advance(&mut self, by: Duration) {
        self.ahead += by;
    }

    /// A new id.
    pub(super) fn next_id(&mut self) -> u64 {
        let now = u64::try_from(self.now().as_millis()).unwrap_or(u64::MAX);
        let first = now.saturating_sub(EPOCH) << 22;
        self.last = first.max(self.last + 1);
        self.last
    }
}

/// A time as it is on the wire.
pub(super) fn render(time: Duration) -> String {
    let milliseconds = i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
    let time = DateTime::from_timestamp_millis(milliseconds).unwrap_or_default();
    time.format("%Y-%m-%dT%H:%M:%S%.6f+00:00").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_grow_and_tell_the_time() {
        let mut clock = Clock::default();
        clock.set(1_700_000_000);
        let first = clock.next_id();
        assert_eq!((first >> 22) + EPOCH, 1_700_000_000_000);
        assert_eq!(clock.next_id(), first + 1);
        clock.set(1_600_000_000);
        assert_eq!(clock.next_id(), first + 2);
        assert_eq!(render(clock.now()), "2020-09-13T12:26:40.000000+00:00");
    }
}
