//! What goes wrong on purpose: which requests it befalls, when, how often, and how.

use std::time::Duration;

use tokio::sync::watch;

use super::Place;
use super::refusal::Refusal;

/// Something that goes wrong with requests. Once, unless it says otherwise.
#[derive(Debug, Clone)]
pub struct Fault {
    breakage: Breakage,
    is_after_effect: bool,
    methods: Vec<String>,
    chat: Option<i64>,
    left: Option<u32>,
}

/// How it goes wrong.
#[derive(Debug, Clone)]
pub(super) enum Breakage {
    Refused(Refusal),
    /// A status with a page of HTML, as of a proxy.
    Page(u16),
    Cut,
    Malformed(String),
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
        Self { breakage, is_after_effect: false, methods: Vec::new(), chat: None, left: Some(1) }
    }

    /// 429 Too Many Requests, for so many seconds.
    #[must_use]
    pub fn too_many(retry_after: u64) -> Self {
        Self::new(Breakage::Refused(Refusal::too_many(retry_after)))
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
        Self::garbled("{\"ok\":true,\"resu")
    }

    /// 200 OK, and this, which is not what it should be.
    #[must_use]
    pub fn garbled(body: &str) -> Self {
        Self::new(Breakage::Malformed(body.to_owned()))
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

    /// 409 Conflict, as when somebody else polls.
    #[must_use]
    pub fn conflict() -> Self {
        let words = "terminated by other getUpdates request; make sure that only one bot instance is running";
        Self::new(Breakage::Refused(Refusal::conflict(words)))
    }

    /// 404, as of a server that does not know the method.
    #[must_use]
    pub fn unknown_method() -> Self {
        Self::new(Breakage::Refused(Refusal::unknown_method()))
    }

    /// Any other refusal, with the whole description.
    #[must_use]
    pub fn refused(code: u16, description: &str) -> Self {
        Self::new(Breakage::Refused(Refusal::new(code, description)))
    }

    /// It befalls that method; called again, that one too. Without: all.
    #[must_use]
    pub fn of(mut self, method: &str) -> Self {
        self.methods.push(method.to_owned());
        self
    }

    /// It befalls requests about that chat.
    #[must_use]
    pub fn at(mut self, place: &Place) -> Self {
        self.chat = Some(place.id());
        self
    }

    /// It befalls so many requests.
    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.left = Some(times);
        self
    }

    /// It lasts until [`FakeTelegram::heals`](super::FakeTelegram::heals).
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

    fn befalls(&self, method: &str, chat: Option<i64>) -> bool {
        let is_method = |asked: &String| asked.eq_ignore_ascii_case(method);
        (self.methods.is_empty() || self.methods.iter().any(is_method))
            && (self.chat.is_none() || self.chat == chat)
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
    pub(super) fn befall(&mut self, method: &str, chat: Option<i64>) -> Option<Befallen> {
        let fault = self.0.iter_mut().find(|fault| fault.befalls(method, chat))?;
        fault.left = fault.left.map(|left| left - 1);
        let befallen =
            Befallen { breakage: fault.breakage.clone(), is_after_effect: fault.is_after_effect };
        self.0.retain(|fault| fault.left != Some(0));
        Some(befallen)
    }
}
