//! A way out that cuts, keeps a pace and fails as it is told to, and remembers every try.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bot::{Address, Delivered, Outlet, Pace, Parcel, Reply};
use sessions::delivery::OutboxState;
use tokio::sync::Notify;
use tokio::time::Instant;

use super::faulty::FaultyStore;

/// What becomes of a try.
#[derive(Debug, Clone, Copy)]
pub enum Fate {
    Becomes(Delivered),
    /// It does not come back until it is let go; then it has arrived.
    Hangs,
    Panics,
}

/// It did not arrive, and waits at least so many seconds.
pub fn later(seconds: u64) -> Fate {
    let after = Duration::from_secs(seconds);
    Fate::Becomes(Delivered::Later { after, whole_account: false })
}

/// One try.
#[derive(Debug, Clone)]
pub struct Try {
    /// Milliseconds since the courier was made.
    pub at: u128,
    pub parcel: Parcel,
    pub arrived: bool,
    /// What was owed in the store meanwhile, if the courier looks there.
    pub owed: Vec<OutboxState>,
}

/// The way out.
pub struct Courier {
    began: Instant,
    tries: Mutex<Vec<Try>>,
    /// What becomes of the next tries in a chat; of one that is not here, that it arrives.
    fates: Mutex<BTreeMap<String, VecDeque<Fate>>>,
    /// What becomes of all tries in a chat.
    doom: Mutex<BTreeMap<String, Fate>>,
    let_go: Notify,
    /// Characters of a piece.
    cut: usize,
    /// Answers that cannot be cut.
    unruly: AtomicUsize,
    pace: Pace,
    looks_at: Option<FaultyStore>,
    admin: Mutex<Option<bool>>,
    asked: AtomicUsize,
}

impl Default for Courier {
    fn default() -> Self {
        Self {
            began: Instant::now(),
            tries: Mutex::default(),
            fates: Mutex::default(),
            doom: Mutex::default(),
            let_go: Notify::new(),
            cut: usize::MAX,
            unruly: AtomicUsize::new(0),
            pace: Pace::default(),
            looks_at: None,
            admin: Mutex::new(Some(false)),
            asked: AtomicUsize::new(0),
        }
    }
}

impl Courier {
    pub fn cutting_at(cut: usize) -> Self {
        Self { cut, ..Self::default() }
    }

    pub fn at_pace(pace: Pace) -> Self {
        Self { pace, ..Self::default() }
    }

    /// Notes with each try what is owed in the store.
    pub fn looking_at(self, store: &FaultyStore) -> Self {
        Self { looks_at: Some(store.clone()), ..self }
    }

    /// What becomes of the next tries in a chat.
    pub fn next(&self, chat: &str, fates: impl IntoIterator<Item = Fate>) {
        self.fates.lock().unwrap().entry(chat.to_owned()).or_default().extend(fates);
    }

    /// What becomes of every try in a chat from now on.
    pub fn always(&self, chat: &str, fate: Fate) {
        self.doom.lock().unwrap().insert(chat.to_owned(), fate);
    }

    /// From now on everything arrives again, and so does what hangs.
    pub fn relent(&self) {
        self.doom.lock().unwrap().clear();
        self.let_go.notify_waiters();
    }

    /// The next so many answers panic when they are cut.
    pub fn be_unruly(&self, times: usize) {
        self.unruly.store(times, Ordering::Relaxed);
    }

    /// What is said of who runs a chat.
    pub fn admin_is(&self, admin: Option<bool>) {
        *self.admin.lock().unwrap() = admin;
    }

    /// How often it was asked who runs a chat.
    pub fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }

    pub fn tries(&self) -> Vec<Try> {
        self.tries.lock().unwrap().clone()
    }

    /// When there was a try in a chat, in milliseconds.
    pub fn times(&self, chat: &str) -> Vec<u128> {
        self.tries().iter().filter(|it| it.parcel.to.chat == chat).map(|it| it.at).collect()
    }

    /// What has arrived.
    pub fn arrived(&self) -> Vec<Parcel> {
        self.tries().into_iter().filter(|it| it.arrived).map(|it| it.parcel).collect()
    }

    pub fn texts(&self) -> Vec<String> {
        self.arrived().into_iter().map(|parcel| parcel.text).collect()
    }

    /// Forgets what was tried, and answers what of it arrived.
    pub fn take(&self) -> Vec<Parcel> {
        let arrived = self.arrived();
        self.tries.lock().unwrap().clear();
        arrived
    }

    fn fate(&self, chat: &str) -> Fate {
        let next = self.fates.lock().unwrap().get_mut(chat).and_then(VecDeque::pop_front);
        let doom = self.doom.lock().unwrap().get(chat).copied();
        next.or(doom).unwrap_or(Fate::Becomes(Delivered::Sent))
    }
}

impl Outlet for Courier {
    async fn deliver(&self, parcel: Parcel) -> Delivered {
        if self.looks_at.as_ref().is_some_and(FaultyStore::is_dead) {
            return std::future::pending().await;
        }
        let owed = match &self.looks_at {
            None => Vec::new(),
            Some(store) => store.owed().await,
        };
        let fate = self.fate(&parcel.to.chat);
        let at = self.began.elapsed().as_millis();
        let arrived = matches!(fate, Fate::Becomes(Delivered::Sent));
        let which = {
            let mut tries = self.tries.lock().unwrap();
            tries.push(Try { at, parcel, arrived, owed });
            tries.len() - 1
        };
        match fate {
            Fate::Becomes(became) => became,
            Fate::Panics => panic!("the outlet is broken"),
            Fate::Hangs => {
                self.let_go.notified().await;
                self.tries.lock().unwrap()[which].arrived = true;
                Delivered::Sent
            }
        }
    }

    fn chunks(&self, _: &Address, reply: Reply) -> Vec<Reply> {
        let left = self.unruly.load(Ordering::Relaxed);
        if left > 0 {
            self.unruly.store(left - 1, Ordering::Relaxed);
            panic!("the knife is broken");
        }
        let text: Vec<char> = reply.text.chars().collect();
        let mut pieces: Vec<Reply> = text
            .chunks(self.cut)
            .map(|piece| Reply {
                text: piece.iter().collect(),
                buttons: Vec::new(),
                file: None,
                ..reply.clone()
            })
            .collect();
        if let Some(last) = pieces.last_mut() {
            (last.buttons, last.file) = (reply.buttons, reply.file);
        }
        pieces
    }

    fn pace(&self, _: &Address) -> Pace {
        self.pace
    }

    async fn is_admin(&self, _: &Address) -> Option<bool> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        *self.admin.lock().unwrap()
    }
}
