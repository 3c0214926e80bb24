//! How fast Discord may be asked: its buckets, its limit on everything, and the budget of requests that fail.
//!
//! What an answer's headers say is kept, and the next request of the same bucket waits for its turn before it is sent. A
//! wait that is longer than a moment is not slept through here: it is handed back as [`CallError::TooMany`], unsent.
//!
//! Not here: which answers belong to which chat, and trying again.
//!
//! Invariant: after a 429 nothing of the same bucket, or nothing at all if it was global, is sent before its time.
//! Invariant: in ten minutes no more than [`BUDGET`] requests end in 401, 403 or 429: past 10,000 Discord shuts the
//! address out.
//! Invariant: what is forbidden again and again is not asked for again at once: one channel that takes a right away does
//! not spend the budget of all.
//! Invariant: what is remembered is bounded, whatever a server sends.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::answer::{Answer, LimitHeaders};
use super::error::CallError;
use super::route::Route;

/// Requests in a second that bear the token; Discord allows 50.
const A_SECOND: usize = 45;
/// Requests that may fail so in a window; Discord shuts out at 10,000.
const BUDGET: u32 = 2_000;
/// The window of that budget.
const WINDOW: Duration = Duration::from_secs(600);
/// After so many 403 in a row to one kind of request about one channel or guild, that is taken for forbidden …
const FORBIDDEN: u32 = 5;
/// … for so long, before one is tried again. Whoever gives the right back waits so long for an answer.
const FORBIDDEN_FOR: Duration = Duration::from_secs(10);
/// The longest wait that is slept through before a request.
pub(super) const MOMENT: Duration = Duration::from_secs(2);
/// Routes and buckets that are remembered at most.
const REMEMBERED: usize = 4_096;
/// Added to what the server says, because its clock and ours tick at different moments.
const SLACK: Duration = Duration::from_millis(20);

/// What is known of the limits.
#[derive(Default)]
pub(super) struct Limits {
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    /// The name of the bucket that a kind of request counts in.
    names: HashMap<String, String>,
    buckets: HashMap<String, Bucket>,
    /// Nothing that bears the token is sent before this.
    all_wait: Option<Instant>,
    /// When requests that bear the token were sent within the last second.
    sent: VecDeque<Instant>,
    failed: Failed,
    /// What was forbidden last, by route.
    forbidden: HashMap<String, Forbidden>,
}

/// Requests that ended in 403, one after the other.
struct Forbidden {
    many: u32,
    until: Instant,
}

struct Bucket {
    remaining: u32,
    full_at: Instant,
}

/// Requests that ended in 401, 403 or 429 since the window began.
#[derive(Default)]
struct Failed {
    since: Option<Instant>,
    many: u32,
}

impl Limits {
    /// Waits for the turn of a request, and counts it as sent.
    pub(super) async fn pass(&self, route: &Route) -> Result<(), CallError> {
        let began = Instant::now();
        loop {
            let now = Instant::now();
            if self.lock().is_forbidden(route, now) {
                let message = "it was refused again and again a moment ago".to_owned();
                return Err(CallError::Refused { status: 403, code: 0, message });
            }
            let Some((until, global)) = self.lock().take(route, now) else { return Ok(()) };
            if until > began + MOMENT {
                let retry_after = until.saturating_duration_since(now);
                return Err(CallError::TooMany { retry_after, global });
            }
            tokio::time::sleep_until(until).await;
        }
    }

    /// Learns from an answer.
    pub(super) fn learn(&self, route: &Route, answer: &Answer) {
        self.lock().learn(route, answer.status, &answer.limit, Instant::now());
    }

    /// Learns from the body of a 429, which says more exactly how long to wait.
    pub(super) fn hold(&self, route: &Route, retry_after: Duration, global: bool) {
        self.lock().hold(route, Instant::now() + retry_after, global);
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    /// Takes a turn; or answers until when there is none, and whether that is so for everything.
    fn take(&mut self, route: &Route, now: Instant) -> Option<(Instant, bool)> {
        if let Some(until) = self.failed.is_spent_until(now) {
            return Some((until, true));
        }
        if route.bears_token {
            if let Some(until) = self.all_wait.filter(|until| *until > now) {
                return Some((until, true));
            }
            if let Some(until) = self.is_second_full_until(now) {
                return Some((until, true));
            }
        }
        let key = self.bucket_of(route);
        if let Some(bucket) = self.buckets.get_mut(&key) {
            if bucket.full_at <= now {
                self.buckets.remove(&key);
            } else if bucket.remaining == 0 {
                return Some((bucket.full_at, false));
            } else {
                bucket.remaining -= 1;
            }
        }
        if route.bears_token {
            self.sent.push_back(now);
        }
        None
    }

    fn is_second_full_until(&mut self, now: Instant) -> Option<Instant> {
        let second = Duration::from_secs(1);
        while self.sent.front().is_some_and(|first| *first + second <= now) {
            self.sent.pop_front();
        }
        let first = self.sent.front().filter(|_| self.sent.len() >= A_SECOND)?;
        Some(*first + second)
    }

    fn bucket_of(&self, route: &Route) -> String {
        let name = self.names.get(&route.kind).unwrap_or(&route.kind);
        format!("{name} {}", route.major)
    }

    fn learn(&mut self, route: &Route, status: u16, limit: &LimitHeaders, now: Instant) {
        if matches!(status, 401 | 403 | 429) && !limit.shared {
            self.failed.count(now);
        }
        self.learn_of_rights(route, status, now);
        if let Some(name) = &limit.bucket
            && self.names.get(&route.kind) != Some(name)
        {
            self.make_room(now);
            self.names.insert(route.kind.clone(), name.clone());
        }
        let (Some(remaining), Some(reset_after)) = (limit.remaining, limit.reset_after) else {
            return;
        };
        let (key, full_at) = (self.bucket_of(route), now + reset_after + SLACK);
        self.make_room(now);
        let bucket = self.buckets.entry(key).or_insert(Bucket { remaining, full_at });
        // Answers overtake each other: within one period the lower number is the newer.
        let is_same_period = bucket.full_at > now;
        bucket.remaining = if is_same_period { bucket.remaining.min(remaining) } else { remaining };
        bucket.full_at = full_at;
    }

    fn is_forbidden(&self, route: &Route, now: Instant) -> bool {
        let forbidden = self.forbidden.get(&named(route));
        forbidden.is_some_and(|it| it.many >= FORBIDDEN && it.until > now)
    }

    fn learn_of_rights(&mut self, route: &Route, status: u16, now: Instant) {
        if !route.bears_token || route.major.is_empty() {
            return;
        }
        if status != 403 {
            if (200..300).contains(&status) && !self.forbidden.is_empty() {
                self.forbidden.remove(&named(route));
            }
            return;
        }
        if self.forbidden.len() >= REMEMBERED {
            self.forbidden.clear();
        }
        let none = Forbidden { many: 0, until: now };
        let forbidden = self.forbidden.entry(named(route)).or_insert(none);
        forbidden.many = forbidden.many.saturating_add(1);
        forbidden.until = now + FORBIDDEN_FOR;
    }

    fn hold(&mut self, route: &Route, until: Instant, global: bool) {
        let until = until + SLACK;
        if global && route.bears_token {
            self.all_wait = self.all_wait.max(Some(until));
            return;
        }
        self.make_room(Instant::now());
        let key = self.bucket_of(route);
        self.buckets.insert(key, Bucket { remaining: 0, full_at: until });
    }

    fn make_room(&mut self, now: Instant) {
        if self.buckets.len() >= REMEMBERED {
            self.buckets.retain(|_, bucket| bucket.full_at > now);
        }
        if self.buckets.len() >= REMEMBERED {
            self.buckets.clear();
        }
        if self.names.len() >= REMEMBERED {
            self.names.clear();
        }
    }
}

/// A kind of request about one channel or guild.
fn named(route: &Route) -> String {
    format!("{} {}", route.kind, route.major)
}

impl Failed {
    fn count(&mut self, now: Instant) {
        if self.since.is_none_or(|since| since + WINDOW <= now) {
            *self = Self { since: Some(now), many: 0 };
        }
        self.many = self.many.saturating_add(1);
        if self.many == BUDGET {
            tracing::error!(
                requests = BUDGET,
                "too many requests to Discord were refused within ten minutes: none is sent until they are over"
            );
        }
    }

    fn is_spent_until(&self, now: Instant) -> Option<Instant> {
        let until = self.since? + WINDOW;
        (self.many >= BUDGET && until > now).then_some(until)
    }
}

#[cfg(test)]
mod tests {
    use reqwest::Method;

    use super::*;

    fn route(path: &str) -> Route {
        Route::of(&Method::POST, path)
    }

    fn headers(bucket: &str, remaining: u32, reset_after: u64) -> LimitHeaders {
        LimitHeaders {
            bucket: Some(bucket.to_owned()),
            remaining: Some(remaining),
            reset_after: Some(Duration::from_secs(reset_after)),
            ..LimitHeaders::default()
        }
    }

    fn answer(status: u16, limit: LimitHeaders) -> Answer {
        Answer { status, limit, body: Vec::new() }
    }

    #[tokio::test(start_paused = true)]
    async fn a_bucket_that_is_empty_holds_its_own_requests_alone() {
        let limits = Limits::default();
        let (one, other) = (route("/channels/1/messages"), route("/channels/2/messages"));
        limits.pass(&one).await.unwrap();
        limits.learn(&one, &answer(200, headers("b", 0, 1)));
        let began = Instant::now();
        limits.pass(&other).await.unwrap();
        assert_eq!(began.elapsed(), Duration::ZERO);
        limits.pass(&one).await.unwrap();
        assert_eq!(began.elapsed(), Duration::from_secs(1) + SLACK);
    }

    #[tokio::test(start_paused = true)]
    async fn what_shares_a_bucket_waits_together() {
        let limits = Limits::default();
        let (post, patch) =
            (route("/channels/1/messages"), Route::of(&Method::PATCH, "/channels/1/messages/7"));
        limits.learn(&patch, &answer(200, headers("same", 5, 60)));
        limits.learn(&post, &answer(200, headers("same", 0, 60)));
        let error = limits.pass(&patch).await.unwrap_err();
        assert!(matches!(error, CallError::TooMany { global: false, .. }), "{error}");
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_that_was_overtaken_fills_no_bucket() {
        let limits = Limits::default();
        let one = route("/channels/1/messages");
        limits.learn(&one, &answer(200, headers("b", 0, 60)));
        limits.learn(&one, &answer(200, headers("b", 3, 60)));
        assert!(limits.pass(&one).await.is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn a_global_limit_holds_everything_but_what_bears_no_token() {
        let limits = Limits::default();
        limits.hold(&route("/channels/1/messages"), Duration::from_secs(9), true);
        let error = limits.pass(&route("/channels/2/messages")).await.unwrap_err();
        assert!(matches!(error, CallError::TooMany { global: true, .. }), "{error}");
        limits.pass(&route("/interactions/5/secret/callback")).await.unwrap();
        limits.pass(&route("/webhooks/5/secret")).await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn no_more_leaves_in_a_second_than_discord_allows() {
        let limits = Limits::default();
        let began = Instant::now();
        for channel in 0..100 {
            limits.pass(&route(&format!("/channels/{channel}/messages"))).await.unwrap();
        }
        assert!(began.elapsed() >= Duration::from_secs(2), "{:?}", began.elapsed());
        assert!(began.elapsed() < Duration::from_secs(3));
    }

    #[tokio::test(start_paused = true)]
    async fn refusals_are_ended_long_before_discord_ends_them() {
        let limits = Limits::default();
        let one = route("/channels/1/messages");
        let shared = LimitHeaders { shared: true, ..LimitHeaders::default() };
        for _ in 0..BUDGET {
            limits.learn(&one, &answer(429, shared.clone()));
            limits.learn(&one, &answer(404, LimitHeaders::default()));
        }
        limits.pass(&one).await.unwrap();
        for _ in 0..BUDGET {
            limits.learn(&one, &answer(401, LimitHeaders::default()));
        }
        let error = limits.pass(&route("/interactions/5/secret/callback")).await.unwrap_err();
        assert!(matches!(error, CallError::TooMany { global: true, .. }), "{error}");
        tokio::time::advance(WINDOW).await;
        limits.pass(&one).await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_forbidden_again_and_again_is_tried_now_and_then() {
        let limits = Limits::default();
        let (one, other) = (route("/channels/1/messages"), route("/channels/2/messages"));
        let mut sent = 0;
        for _ in 0..1_000 {
            if limits.pass(&one).await.is_ok() {
                limits.learn(&one, &answer(403, LimitHeaders::default()));
                sent += 1;
            }
            limits.pass(&other).await.unwrap();
            tokio::time::advance(Duration::from_millis(100)).await;
        }
        assert!((10..=FORBIDDEN + 11).contains(&sent), "{sent}");
        tokio::time::advance(FORBIDDEN_FOR).await;
        limits.pass(&one).await.unwrap();
        limits.learn(&one, &answer(200, LimitHeaders::default()));
        limits.pass(&one).await.unwrap();
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut known = Known::default();
        let now = Instant::now();
        for channel in 0..10_000 {
            let one = route(&format!("/channels/{channel}/messages"));
            known.learn(&one, 200, &headers(&channel.to_string(), 0, 60), now);
            known.learn(&one, 403, &LimitHeaders::default(), now);
        }
        assert!(known.buckets.len() <= REMEMBERED && known.names.len() <= REMEMBERED);
        assert!(known.forbidden.len() <= REMEMBERED);
    }
}
