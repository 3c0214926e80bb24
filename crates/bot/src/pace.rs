//! Pacing: how fast may be written to a chat, and by an account as a whole.
//!
//! A limit is a bucket that holds `burst` and is refilled one by one, every so often. What it held is told by one
//! instant, the one at which it will be full again.

use std::time::Duration;

use tokio::time::Instant;

/// So many at once, and then one every so often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// How many may leave at once.
    pub burst: u32,
    /// How long it takes until one more may.
    pub every: Duration,
}

impl Limit {
    /// As fast as it goes.
    pub const NONE: Self = Self { burst: u32::MAX, every: Duration::ZERO };
}

/// How fast may be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// To this chat.
    pub chat: Limit,
    /// By the account, to all chats together.
    pub account: Limit,
}

impl Default for Pace {
    /// As fast as it goes.
    fn default() -> Self {
        Self { chat: Limit::NONE, account: Limit::NONE }
    }
}

/// What is left of a limit.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Bucket {
    /// When it is full again; nothing is missing without it.
    full_at: Option<Instant>,
    /// Nothing leaves before this, whatever is left.
    held_until: Option<Instant>,
}

impl Bucket {
    /// When the next may leave.
    pub(crate) fn next_at(&self, limit: Limit, now: Instant) -> Instant {
        let whole = limit.every.saturating_mul(limit.burst.saturating_sub(1));
        let by_fill = self.full_at.and_then(|full| full.checked_sub(whole));
        [by_fill, self.held_until].into_iter().flatten().fold(now, Instant::max)
    }

    /// Takes one out, for the instant at which it leaves.
    pub(crate) fn take(&mut self, limit: Limit, at: Instant) {
        if !limit.every.is_zero() {
            self.full_at = Some(self.full_at.map_or(at, |full| full.max(at)) + limit.every);
        }
    }

    /// Lets nothing leave before an instant.
    pub(crate) fn hold(&mut self, until: Instant) {
        self.held_until = Some(self.held_until.map_or(until, |held| held.max(until)));
    }

    /// Whether nothing need be remembered of it.
    pub(crate) fn is_full(&self, now: Instant) -> bool {
        [self.full_at, self.held_until].into_iter().flatten().all(|at| at <= now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lets so many leave as fast as they may; tells after how many milliseconds each left.
    fn leave(bucket: &mut Bucket, limit: Limit, count: usize) -> Vec<u128> {
        let start = Instant::now();
        let mut now = start;
        let mut left = Vec::new();
        for _ in 0..count {
            now = bucket.next_at(limit, now);
            bucket.take(limit, now);
            left.push((now - start).as_millis());
        }
        left
    }

    #[test]
    fn a_burst_leaves_at_once_and_then_one_by_one() {
        let limit = Limit { burst: 3, every: Duration::from_secs(1) };
        assert_eq!(leave(&mut Bucket::default(), limit, 6), [0, 0, 0, 1000, 2000, 3000]);
        assert_eq!(leave(&mut Bucket::default(), Limit::NONE, 3), [0, 0, 0]);
    }

    #[test]
    fn what_is_held_leaves_afterwards() {
        let mut bucket = Bucket::default();
        bucket.hold(Instant::now() + Duration::from_secs(5));
        let limit = Limit { burst: 2, every: Duration::from_secs(1) };
        let left = leave(&mut bucket, limit, 3);
        assert!(left[0] >= 4_990 && left[1] == left[0] && left[2] == left[0] + 1000, "{left:?}");
        assert!(!bucket.is_full(Instant::now()));
    }
}
