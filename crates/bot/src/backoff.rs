//! How long an adapter stays away from its platform after a failure: twice as long each time, with jitter.

use std::time::Duration;

/// The longest wait.
const LONGEST: Duration = Duration::from_secs(60);

/// Failures in a row, and how long to wait after the last of them.
#[derive(Debug)]
pub struct Backoff {
    first: Duration,
    failures: u32,
}

impl Default for Backoff {
    fn default() -> Self {
        Self::new(Self::FIRST)
    }
}

impl Backoff {
    /// The first wait, about, where nothing else is said.
    pub const FIRST: Duration = Duration::from_secs(1);

    /// No failure yet; after the first one the wait is about this long, and never shorter.
    #[must_use]
    pub fn new(first: Duration) -> Self {
        Self { first, failures: 0 }
    }

    /// How long to stay away after one failure more.
    pub fn wait(&mut self) -> Duration {
        let doubled = self.first.saturating_mul(1 << self.failures.min(6)).min(LONGEST);
        self.failures = self.failures.saturating_add(1);
        with_jitter(doubled).max(self.first)
    }

    /// Whether the last try failed.
    #[must_use]
    pub fn is_failing(&self) -> bool {
        self.failures > 0
    }

    /// A try that worked; answers whether it ended a row of failures.
    pub fn reset(&mut self) -> bool {
        std::mem::take(&mut self.failures) > 0
    }
}

/// From half of it to all of it, so that bots that failed together do not come back together.
fn with_jitter(wait: Duration) -> Duration {
    let share = getrandom::u32().unwrap_or(u32::MAX);
    wait.mul_f64(0.5 + 0.5 * f64::from(share) / f64::from(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_a_minute_and_start_over() {
        let mut backoff = Backoff::default();
        let waits: Vec<_> = (0..40).map(|_| backoff.wait()).collect();
        assert!(waits.iter().all(|wait| (Backoff::FIRST..=LONGEST).contains(wait)), "{waits:?}");
        assert!(waits[4] >= Duration::from_secs(8) && waits[39] >= Duration::from_secs(30));
        assert!(backoff.is_failing());
        assert!(backoff.reset());
        assert!(!backoff.reset());
        assert!(backoff.wait() < Duration::from_secs(2));
    }
}
