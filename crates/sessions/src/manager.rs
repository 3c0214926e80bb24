//! `SessionManager`: the thin caller around `decide`. It loads, decides, seals, commits; it has no rules of its own.
//!
//! The library's calls (`api`), the looking commands (`look`, `search`, `export`, `context`) and the chat's changing
//! commands (`perform`) all go through here, so there is no second way to change a session.
//!
//! Invariant: what a call answers was computed from what was committed.

mod api;
mod cleanup;
mod context;
mod export;
mod guess;
mod keys;
mod load;
mod look;
mod master;
mod open;
mod recent;
mod reseal;
mod resolve;
mod rotate;
mod search;
mod verify;
mod write;

use std::mem;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use vault::{DataKey, Keyring};

use crate::decide::{Change, Decision, Rules, decide};
use crate::delivery::Delivery;
use crate::environment::{Environment, fresh};
use crate::error::{Failure, Fault};
use crate::id::{CheckpointId, LaneId, SessionId};
use crate::model::{Origin, Scope, Strategy, Tag, Words, ZoneSetting};
use crate::refusal::Refusal;
use crate::reset::{Setting, TimeOfDay, Tz};
use crate::store::{Commit, Committed, Receipt, Store};
use crate::time::Timestamp;

pub use api::{
    AddMessage, ContextOptions, ExportOptions, GetOrCreate, HistoryFormat, HistoryOptions,
    HistoryView, ResetTarget, SaveCheckpoint, SessionInfo,
};
pub use cleanup::{Cleanup, CleanupReport};
pub use look::{Card, CheckpointPage, HistoryPage, Listed, SessionPage};
pub use open::{KeySource, OpenManagerError, fits};
pub use reseal::{QueueBounds, ResealReport};
pub use rotate::{KeyCheck, Progress, RotateError, Rotation, RotationReport, check_key};
pub use search::{Hit, SearchCursor, SearchNote, SearchPage};
pub use verify::{Finding, VerifyReport};

/// How often a commit that lost a race is decided again.
const ATTEMPTS: u32 = 8;

/// What configuration says where lanes, places and persons do not.
#[derive(Debug, Clone)]
pub struct Config {
    /// Scope of the library's sessions.
    pub scope: Scope,
    /// Daily reset; off by default.
    pub daily_reset: Option<TimeOfDay>,
    /// Idle reset in minutes; off by default.
    pub idle_reset_minutes: Option<u32>,
    /// A daily reset happens only after so long without interaction.
    pub daily_min_idle: Duration,
    /// The zone of wall-clock times.
    pub zone: Tz,
    /// Context strategy.
    pub strategy: Strategy,
    /// How many days things can be undone and stay in the bin.
    pub undo_days: u32,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            scope: Scope::PerChannelPeer,
            daily_reset: None,
            idle_reset_minutes: None,
            daily_min_idle: Duration::ZERO,
            zone: Tz::UTC,
            strategy: Strategy::Smart,
            undo_days: 7,
        }
    }
}

/// Sessions in a store. Cheap to clone; all clones are one.
pub struct SessionManager<S, E> {
    inner: Arc<Inner<S, E>>,
}

impl<S, E> Clone for SessionManager<S, E> {
    fn clone(&self) -> Self {
        Self { inner: Arc::clone(&self.inner) }
    }
}

struct Inner<S, E> {
    store: S,
    environment: E,
    config: RwLock<Arc<Config>>,
    ring: rotate::Ring,
    names: DataKey,
    /// Seals of the names key that the store's header allows for.
    names_reserved: AtomicU64,
    keys: keys::KeyCache,
    guesses: guess::Guesses,
}

/// Which lane a request is for.
#[derive(Debug, Clone)]
pub enum At {
    /// One that is known.
    Lane(LaneId),
    /// The lane of an origin, made on first use.
    Ground(Ground),
}

/// Where a request comes from, as far as lanes are concerned.
#[derive(Debug, Clone)]
pub struct Ground {
    /// What the lane is keyed by.
    pub key: LaneKey,
    /// Whose lane it is; `None` for a shared one.
    pub owner: Option<String>,
    /// Where its sessions come from.
    pub origin: Origin,
    /// The zone of the person or, of a shared lane, of the place.
    pub zone: ZoneSetting,
}

/// What a lane is keyed by, under each scope.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum LaneKey {
    /// One for the whole store.
    Main,
    /// By person.
    PerPeer {
        /// The person.
        user: String,
    },
    /// By place and person.
    PerChannelPeer {
        /// The place.
        channel: String,
        /// The person.
        user: String,
    },
    /// By place.
    PerChannel {
        /// The place.
        channel: String,
    },
}

impl LaneKey {
    /// The scope that keys lanes so.
    #[must_use]
    pub const fn scope(&self) -> Scope {
        match self {
            Self::Main => Scope::Main,
            Self::PerPeer { .. } => Scope::PerPeer,
            Self::PerChannelPeer { .. } => Scope::PerChannelPeer,
            Self::PerChannel { .. } => Scope::PerChannel,
        }
    }
}

/// A changing request as it is asked, its targets not yet looked up.
#[derive(Debug, Clone)]
pub enum Ask {
    /// A message of the conversation.
    Say(Words),
    /// A message for exactly this session.
    Append(SessionId, Words),
    /// Nothing but an automatic reset, if one is due.
    Visit,
    /// Makes the lane, if need be, and changes nothing else.
    Ready,
    /// `/new`.
    New(Option<Words>),
    /// `/reset`.
    Reset,
    /// `/undo`.
    Undo,
    /// `/undo` by a button: of the entry with this mark, and of no other.
    UndoOf(u32),
    /// `/redo`.
    Redo,
    /// `/history clear`.
    Clear,
    /// `/checkpoint save`.
    Save {
        /// Its name; the default is the local date and time.
        name: Option<String>,
        /// A longer text.
        description: Option<String>,
    },
    /// `/checkpoint restore`.
    Restore(CheckpointRef),
    /// `/checkpoint delete`.
    DeleteCheckpoint(CheckpointRef),
    /// `/session resume`.
    Resume(SessionRef),
    /// `/session delete`.
    DeleteSession(SessionRef),
    /// `/session rename`.
    Rename(String),
    /// `/session reset-time`.
    SetDaily(Setting<TimeOfDay>),
    /// `/session idle-reset`, in minutes.
    SetIdle(Setting<u32>),
    /// `/context strategy`.
    SetStrategy(Strategy),
    /// `/pin` of a position, or of the last message.
    Pin(Option<u64>),
    /// `/unpin` of a position, or of the newest pinned message.
    Unpin(Option<u64>),
    /// A conversation brought in.
    Import(Box<crate::decide::Imported>),
}

/// A checkpoint as it is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CheckpointRef {
    /// By its id.
    Id(CheckpointId),
    /// As somebody typed it: a name, or the beginning of a short id.
    Typed(String),
}

/// A session as it is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SessionRef {
    /// By its id.
    Id(SessionId),
    /// As somebody typed it: the beginning of a short id.
    Typed(String),
}

/// What rides in the commit of a decision.
#[derive(Debug, Default)]
pub struct Rider {
    /// Changes of inbox, outbox and turns.
    pub delivery: Vec<Delivery>,
    /// A token that counts once: if it was used, the request is refused.
    pub once: Option<Tag>,
    /// The tags of an event that is taken in and done in this very commit: if one is known, the request is refused.
    pub event: Option<Vec<Tag>>,
}

impl Rider {
    fn is_empty(&self) -> bool {
        self.delivery.is_empty() && self.once.is_none() && self.event.is_none()
    }
}

/// A request that was done.
#[derive(Debug, Clone)]
pub struct Done {
    /// What was decided and committed.
    pub decision: Decision,
    /// The rules under which.
    pub rules: Rules,
    /// What the store says of it.
    pub receipt: Receipt,
    /// The instant that counted as now.
    pub at: Timestamp,
}

impl<S: Store, E: Environment> SessionManager<S, E> {
    /// The store.
    #[must_use]
    pub fn store(&self) -> &S {
        &self.inner.store
    }

    /// The configuration that holds now.
    #[must_use]
    pub fn config(&self) -> Arc<Config> {
        Arc::clone(&self.inner.config.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// From now on this configuration holds. What is being decided is decided under the one before.
    pub fn configure(&self, config: Config) {
        *self.inner.config.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(config);
    }

    /// The clock and entropy.
    #[must_use]
    pub fn environment(&self) -> &E {
        &self.inner.environment
    }

    /// A keyed hash over length-prefixed fields, for bindings and event tags.
    #[must_use]
    pub fn tag(&self, label: &str, fields: &[&[u8]]) -> Tag {
        self.inner.names.tag(label, fields)
    }

    /// A message authentication code over length-prefixed fields, for buttons.
    #[must_use]
    pub fn mac(&self, label: &str, fields: &[&[u8]]) -> [u8; 32] {
        self.inner.names.mac(label, fields)
    }

    /// The keys of this store as they are now: a rotation replaces them.
    #[must_use]
    pub fn keyring(&self) -> Arc<Keyring> {
        self.inner.ring.get()
    }

    /// Does what is asked: load, decide, commit; again from the load if the lane has moved on meanwhile.
    ///
    /// `said_at` is when it was asked, if the channel says so. `rider` is called with each decision for what else goes
    /// into the same transaction.
    ///
    /// # Errors
    /// A refusal or a fault; nothing was changed.
    pub async fn perform(
        &self,
        at: &At,
        ask: &Ask,
        said_at: Option<Timestamp>,
        mut rider: impl FnMut(&Decision, &Rules, Timestamp) -> Result<Rider, Fault>,
    ) -> Result<Done, Failure> {
        let mut guess = guess::may_guess(ask);
        for _ in 0..ATTEMPTS {
            let loaded = self.load(at, said_at, mem::take(&mut guess)).await?;
            let decision = match self.decide_freshly(&loaded, ask).await {
                // What is asked is refused only of the lane as it is.
                Err(_) if loaded.guessed => continue,
                decided => decided?,
            };
            let mut ride = rider(&decision, &loaded.rules, loaded.now)?;
            ride.delivery.extend(decision.changes.iter().filter_map(ended_turn));
            let mut changes = loaded.opening;
            changes.extend(decision.changes.iter().cloned());
            if changes.is_empty() && ride.is_empty() {
                return Ok(Done {
                    decision,
                    rules: loaded.rules,
                    receipt: Receipt::default(),
                    at: loaded.now,
                });
            }
            let commit = Commit {
                expect: vec![(loaded.view.lane.id, loaded.view.lane.version)],
                unbound: loaded.bind,
                once: ride.once.map(|token| (token, loaded.now)),
                event: ride.event.map(|tags| (tags, loaded.now)),
                writes: self.seal_changes(&decision, &changes, loaded.bind).await?,
                delivery: ride.delivery,
                patient: false,
            };
            let keeps = guess::may_keep(&commit, loaded.view.busy);
            match self.inner.store.commit(commit).await? {
                Committed::Done(receipt) => {
                    if keeps {
                        self.inner.guesses.leave(&decision);
                    }
                    return Ok(Done { decision, rules: loaded.rules, receipt, at: loaded.now });
                }
                Committed::Spent => return Err(Refusal::AlreadyPressed.into()),
                Committed::Known => return Err(Refusal::AlreadyKnown.into()),
                Committed::Conflict => {}
            }
        }
        Err(Fault::Contended(ATTEMPTS).into())
    }

    /// Decides with ids whose short forms are not taken in the lane.
    async fn decide_freshly(&self, loaded: &load::Loaded, ask: &Ask) -> Result<Decision, Failure> {
        loop {
            let fresh = fresh(&self.inner.environment)?;
            let request = self.resolve(loaded, ask).await?;
            let moment = loaded.moment(&fresh);
            let decision = decide(&loaded.view, request, &moment)?;
            if self.shown_ids_are_free(&decision).await? {
                return Ok(decision);
            }
        }
    }
}

fn ended_turn(change: &Change) -> Option<Delivery> {
    if let Change::EndTurn(lane) = change { Some(Delivery::EndTurn(*lane)) } else { None }
}
