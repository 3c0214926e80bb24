//! How much the platform lets a bot ask: all in all in a second, and in each bucket. What is left of a bucket stands in the
//! headers of every answer.
//!
//! Not here: the platform's clock. Who waits for `retry_after` waits on the machine's.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

/// How much may be asked.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// In all, in one second; interactions are free.
    pub a_second: usize,
    /// In one bucket within [`Limits::within`]: one kind of request about one channel, guild or interaction.
    pub a_bucket: usize,
    /// How long a bucket counts.
    pub within: Duration,
}

impl Default for Limits {
    /// What Discord writes, and what it is seen to do for messages: 50 a second, 5 in 5 seconds.
    fn default() -> Self {
        Self { a_second: 50, a_bucket: 5, within: Duration::from_secs(5) }
    }
}

/// What the headers say of a bucket.
#[derive(Debug, Clone)]
pub(super) struct Bucket {
    pub(super) name: String,
    pub(super) limit: usize,
    pub(super) remaining: usize,
    pub(super) reset_after: Duration,
}

/// A request that is too much.
#[derive(Debug, Clone)]
pub(super) struct Excess {
    pub(super) retry_after: Duration,
    pub(super) is_global: bool,
}

/// What was asked lately.
#[derive(Debug)]
pub(super) struct Limiter {
    limits: Limits,
    all: VecDeque<Instant>,
    buckets: BTreeMap<String, (Instant, usize)>,
}

impl Limiter {
    pub(super) fn new(limits: Limits) -> Self {
        Self { limits, all: VecDeque::new(), buckets: BTreeMap::new() }
    }

    /// Counts a request; says what is left, and whether it is too much.
    pub(super) fn admit(
        &mut self,
        name: &str,
        is_free: bool,
        now: Instant,
    ) -> (Bucket, Option<Excess>) {
        let Limits { a_second, a_bucket, within } = self.limits;
        let (began, count) = self.buckets.entry(name.to_owned()).or_insert((now, 0));
        if now.duration_since(*began) >= within {
            (*began, *count) = (now, 0);
        }
        let reset_after = (*began + within).duration_since(now);
        let second = Duration::from_secs(1);
        while self.all.front().is_some_and(|at| now.duration_since(*at) >= second) {
            self.all.pop_front();
        }
        let is_global = !is_free && self.all.len() >= a_second;
        let is_full = *count >= a_bucket;
        if !is_global && !is_full {
            *count += 1;
            self.all.extend((!is_free).then_some(now));
        }
        let remaining = a_bucket - *count;
        let bucket = Bucket { name: name.to_owned(), limit: a_bucket, remaining, reset_after };
        let over = self.all.front().map(|at| second - now.duration_since(*at));
        let excess = match (is_global, is_full) {
            (true, _) => Some((over.unwrap_or(second), true)),
            (false, true) => Some((reset_after, false)),
            (false, false) => None,
        };
        (bucket, excess.map(|(retry_after, is_global)| Excess { retry_after, is_global }))
    }
}

/// The bucket of a request: what is asked of which channel, guild or interaction; other ids do not count.
pub(super) fn bucket(method: &str, parts: &[&str]) -> String {
    let is_id = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let named =
        parts.iter().enumerate().map(|(at, part)| match (at, *part) {
            (0 | 1, part) => part,
            (2, part) if parts.first().is_some_and(|first| *first != "interactions") => {
                if is_id(part) { "*" } else { part }
            }
            (_, part) if is_id(part) => "*",
            (_, part) => part,
        });
    format!("{method} {}", named.collect::<Vec<_>>().join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_and_all_have_their_own_limits() {
        let limits = Limits { a_second: 3, a_bucket: 2, within: Duration::from_secs(5) };
        let mut limiter = Limiter::new(limits);
        let start = Instant::now();
        let mut admit = |name, at| {
            let (bucket, excess) =
                limiter.admit(name, name == "free", start + Duration::from_millis(at));
            (bucket.remaining, excess.map(|it| (it.retry_after.as_millis(), it.is_global)))
        };
        assert_eq!([admit("a", 0), admit("a", 0)], [(1, None), (0, None)]);
        assert_eq!(admit("a", 900), (0, Some((4100, false))));
        assert_eq!([admit("b", 900), admit("b", 901)], [(1, None), (1, Some((99, true)))]);
        assert_eq!(admit("free", 902), (1, None));
        assert_eq!([admit("b", 1000), admit("a", 5000)], [(0, None), (1, None)]);
    }
}
