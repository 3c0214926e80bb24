//! What goes wrong on purpose with requests: which it befalls, when, how often, and how. What goes wrong with the gateway
//! is told to [`FakeDiscord`](super::FakeDiscord) itself.

use std::time::Duration;

use tokio::sync::watch;

use super::place::Place;
use super::refusal::Refusal;
use super::request;

/// Something that goes wrong with requests. Once, unless it says otherwise.
#[derive(Debug, Clone)]
pub struct Fault {
    breakage: Breakage,
    is_after_effect: bool,
    likes: Vec<String>,
    channel: Option<u64>,
    left: Option<u32>,
}

/// How it goes wrong.
#[derive(Debug, Clone)]
pub(super) enum Breakage {
    Refused(Refusal),
    /// A status with a page of HTML, as of a proxy.
    Page(u16),
    Cut,
    Malformed,
    /// The answer is right, and its rate-limit headers cannot be read.
    OddHeaders,
    Slow(Duration),
    Held(watch::Receiver<bool>),
}

/// A fault that befalls a request.
#[derive(Debug, Clone)]
pub(super) struct Befallen {
    pub(super) breakage: Breakage,
    pub(super) is_after_effect: bool,
}

/// Holds answers, or requests, until it is opened or dropped.
#[derive(Debug)]
pub struct Gate(watch::Sender<bool>);

/// The faults that are to come, oldest first.
#[derive(Debug, Default)]
pub(super) struct Faults(Vec<Fault>);

impl Fault {
    fn new(breakage: Breakage) -> Self {
        Self { breakage, is_after_effect: false, likes: Vec::new(), channel: None, left: Some(1) }
    }

    /// 429 for that bucket, for so many seconds.
    #[must_use]
    pub fn too_many(retry_after: f64) -> Self {
        Self::new(Breakage::Refused(Refusal::too_many(retry_after, false)))
    }

    /// 429 for everything, for so many seconds.
    #[must_use]
    pub fn too_many_globally(retry_after: f64) -> Self {
        Self::new(Breakage::Refused(Refusal::too_many(retry_after, true)))
    }

    /// 500, 502, …: a page of HTML.
    #[must_use]
    pub fn page(status: u16) -> Self {
        Self::new(Breakage::Page(status))
    }

    /// The connection is cut, and nothing happened.
    #[must_use]
    pub fn cut_before() -> Self {
        Self::new(Breakage::Cut)
    }

    /// The connection is cut, and it happened: only the answer is lost.
    #[must_use]
    pub fn cut_after() -> Self {
        Self::new(Breakage::Cut).after_effect()
    }

    /// 200 OK, and half of an object.
    #[must_use]
    pub fn malformed() -> Self {
        Self::new(Breakage::Malformed)
    }

    /// It happened, and the rate-limit headers of the answer are no numbers.
    #[must_use]
    pub fn odd_headers() -> Self {
        Self::new(Breakage::OddHeaders).after_effect()
    }

    /// The answer comes late.
    #[must_use]
    pub fn slow(by: Duration) -> Self {
        Self::new(Breakage::Slow(by)).after_effect()
    }

    /// It happened at once, and the answer waits behind the gate.
    #[must_use]
    pub fn answer_held(gate: &Gate) -> Self {
        Self::new(Breakage::Held(gate.0.subscribe())).after_effect()
    }

    /// It does not happen before the gate is opened.
    #[must_use]
    pub fn request_held(gate: &Gate) -> Self {
        Self::new(Breakage::Held(gate.0.subscribe()))
    }

    /// Any other refusal, with the platform's code and words.
    #[must_use]
    pub fn refused(status: u16, code: u32, message: &str) -> Self {
        Self::new(Breakage::Refused(Refusal::new(status, code, message)))
    }

    /// It befalls requests like `POST /channels/*/messages`, where a star stands for one part; called again, such ones
    /// too. Without: all.
    #[must_use]
    pub fn of(mut self, like: &str) -> Self {
        self.likes.push(like.to_owned());
        self
    }

    /// It befalls requests about that channel or thread.
    #[must_use]
    pub fn at(mut self, place: &Place) -> Self {
        self.channel = Some(place.id());
        self
    }

    /// It befalls so many requests.
    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.left = Some(times);
        self
    }

    /// It lasts until [`FakeDiscord::heals`](super::FakeDiscord::heals).
    #[must_use]
    pub fn always(mut self) -> Self {
        self.left = None;
        self
    }

    /// What was asked for happens, and then it goes wrong.
    #[must_use]
    pub fn after_effect(mut self) -> Self {
        self.is_after_effect = true;
        self
    }

    fn befalls(&self, method: &str, path: &str, channel: Option<u64>) -> bool {
        let is_like = |like: &String| request::fits(like, method, path);
        (self.likes.is_empty() || self.likes.iter().any(is_like))
            && (self.channel.is_none() || self.channel == channel)
            && self.left != Some(0)
    }
}

impl Gate {
    /// A closed one.
    #[must_use]
    pub fn new() -> Self {
        Self(watch::Sender::new(false))
    }

    /// Opens it for good.
    pub fn open(&self) {
        self.0.send_replace(true);
    }
}

impl Default for Gate {
    fn default() -> Self {
        Self::new()
    }
}

impl Faults {
    pub(super) fn add(&mut self, fault: Fault) {
        self.0.push(fault);
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// The fault that befalls a request, used up by it.
    pub(super) fn befall(
        &mut self,
        method: &str,
        path: &str,
        channel: Option<u64>,
    ) -> Option<Befallen> {
        let fault = self.0.iter_mut().find(|fault| fault.befalls(method, path, channel))?;
        fault.left = fault.left.map(|left| left - 1);
        let befallen =
            Befallen { breakage: fault.breakage.clone(), is_after_effect: fault.is_after_effect };
        self.0.retain(|fault| fault.left != Some(0));
        Some(befallen)
    }
}
