//! People who talk to a bot over a store in memory, and what they hear.

#![allow(dead_code, unreachable_pub, reason = "each test file uses its own part")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a panic here is a failing test")]

pub mod courier;
pub mod faulty;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use bot::{Access, Address, Body, Bot, Delivered, Incoming, Outlet, Parcel, Peer, Settings};
use sessions::id::IdBytes;
use sessions::store::Store;
use sessions::time::Timestamp;
use sessions::vault::KeyText;
use sessions::{Config, EntropyError, Environment, KeySource, SessionManager};
use tokio::sync::Semaphore;

/// 2026-11-22T12:00:00Z.
const NOON: i64 = 1_795_348_800_000;

/// A clock that moves when it is told to, and ids that count.
pub struct World {
    now: AtomicI64,
    drawn: AtomicU64,
}

impl Default for World {
    fn default() -> Self {
        Self { now: AtomicI64::new(NOON), drawn: AtomicU64::new(1) }
    }
}

impl World {
    pub fn pass_minutes(&self, minutes: i64) {
        self.now.fetch_add(minutes * 60_000, Ordering::Relaxed);
    }
}

impl Environment for World {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.now.load(Ordering::Relaxed))
    }

    fn random(&self) -> Result<IdBytes, EntropyError> {
        // Spread over the whole range, so that short ids differ as real ones do.
        let drawn = u128::from(self.drawn.fetch_add(1, Ordering::Relaxed));
        Ok(drawn.wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835).to_be_bytes())
    }
}

/// Remembers what it is given; may hold back what goes to one chat, or panic.
pub struct Ear {
    heard: Mutex<Vec<Parcel>>,
    held_chat: Mutex<Option<String>>,
    gate: Semaphore,
    panics: AtomicU64,
    /// Whether nothing is handed in twice here.
    pub hears_once: AtomicBool,
}

impl Default for Ear {
    fn default() -> Self {
        Self {
            heard: Mutex::default(),
            held_chat: Mutex::default(),
            gate: Semaphore::new(0),
            panics: AtomicU64::new(0),
            hears_once: AtomicBool::default(),
        }
    }
}

impl Ear {
    /// What was heard since this was last asked.
    pub fn heard(&self) -> Vec<Parcel> {
        std::mem::take(&mut *self.heard.lock().unwrap())
    }

    pub fn texts(&self) -> Vec<String> {
        self.heard().into_iter().map(|parcel| parcel.text).collect()
    }

    /// From now on nothing gets through to this chat.
    pub fn hold(&self, chat: &str) {
        *self.held_chat.lock().unwrap() = Some(chat.to_owned());
    }

    pub fn let_go(&self) {
        *self.held_chat.lock().unwrap() = None;
        self.gate.add_permits(1_000);
    }

    /// The next so many deliveries panic.
    pub fn panic_times(&self, times: u64) {
        self.panics.store(times, Ordering::Relaxed);
    }
}

impl Outlet for Ear {
    fn brings_again(&self, _: &Address) -> bool {
        !self.hears_once.load(Ordering::Relaxed)
    }

    async fn deliver(&self, parcel: Parcel) -> Delivered {
        let left = self.panics.load(Ordering::Relaxed);
        if left > 0 {
            self.panics.store(left - 1, Ordering::Relaxed);
            panic!("the outlet is broken");
        }
        let held = self.held_chat.lock().unwrap().as_deref() == Some(parcel.to.chat.as_str());
        if held {
            drop(self.gate.acquire().await);
        }
        self.heard.lock().unwrap().push(parcel);
        Delivered::Sent
    }
}

/// Lets everything go on that can without time passing.
pub async fn in_no_time() {
    for _ in 0..200 {
        tokio::task::yield_now().await;
    }
}

/// Lets a paused clock go on, in steps that nothing is lost between.
pub async fn seconds_pass(seconds: u32) {
    for _ in 0..seconds * 20 {
        in_no_time().await;
        tokio::time::advance(std::time::Duration::from_millis(50)).await;
    }
    in_no_time().await;
}

/// A bot over `store`, with what it tells and the world it lives in.
pub struct Stage<S, O = Ear> {
    pub bot: Bot<S, Arc<World>, Arc<O>>,
    pub ear: Arc<O>,
    pub world: Arc<World>,
}

/// Starts a bot, as a process does; ann is the owner.
pub async fn start<S: Store>(store: S, world: &Arc<World>) -> Stage<S> {
    start_on(store, world, open_to_all(), &Arc::default()).await
}

/// Everybody may talk; ann and dan own.
pub fn open_to_all() -> Access {
    Access::open(BTreeSet::from(["test:ann".to_owned(), "test:dan".to_owned()]))
}

/// The same, with this way out and for those who have access.
pub async fn start_on<S: Store, O: Outlet>(
    store: S,
    world: &Arc<World>,
    access: Access,
    ear: &Arc<O>,
) -> Stage<S, O> {
    let key = KeyText::parse(&format!("hex:{}", "5a".repeat(32))).unwrap();
    let manager =
        SessionManager::open(store, Arc::clone(world), Config::default(), KeySource::Sealed(key));
    let bot = Bot::start(
        manager.await.unwrap(),
        Settings { access, ..Settings::default() },
        Arc::clone(ear),
    )
    .await;
    Stage { bot: bot.unwrap(), ear: Arc::clone(ear), world: Arc::clone(world) }
}

/// What `peer` says in a direct chat.
pub fn said(peer: &str, event: &str, text: &str) -> Incoming {
    let body = Body::Text { text: text.to_owned(), addressed: true };
    let peer_data = Peer { id: peer.to_owned(), name: peer.to_uppercase() };
    Incoming {
        channel: "test".to_owned(),
        account: "bot".to_owned(),
        event: event.to_owned(),
        also: Vec::new(),
        chat: format!("dm:{peer}"),
        thread: None,
        guild: None,
        direct: true,
        peer: peer_data,
        me: Some("ourbot".to_owned()),
        admin: Some(false),
        faceless: false,
        said_at: None,
        ticket: None,
        body,
    }
}

/// The same, in a group.
pub fn in_group(incoming: Incoming) -> Incoming {
    Incoming { chat: "team".to_owned(), direct: false, ..incoming }
}

/// A press by `peer` in their direct chat.
pub fn press(peer: &str, event: &str, data: &str) -> Incoming {
    Incoming { body: Body::Press { data: data.to_owned() }, ..said(peer, event, "") }
}

impl<S: Store> Stage<S> {
    /// Says something and hears the answers, to the end.
    pub async fn hear(&self, incoming: Incoming) -> Vec<String> {
        self.bot.receive(incoming).await.unwrap();
        self.bot.settle().await.unwrap();
        self.ear.texts()
    }

    /// All the words of a person's current session, by its history.
    pub async fn history(&self, peer: &str, event: &str) -> String {
        self.hear(said(peer, event, "/history 1000")).await.join("\n")
    }
}
