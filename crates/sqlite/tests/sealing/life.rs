//! A varied life of a store, always the same one: two people, three lanes, everything that leaves rows.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use sessions::decide::Outcome;
use sessions::id::{CheckpointId, IdBytes, PersonId, PlaceId, SessionId};
use sessions::manager::{
    Ask, At, CheckpointRef, Done, Ground, LaneKey, Rider, SearchCursor, SearchNote, SessionRef,
};
use sessions::model::{Author, Origin, Person, Place, Role, Scope, Strategy, Words, ZoneSetting};
use sessions::store::Commit;
use sessions::store::conformance::block_on;
use sessions::time::Timestamp;
use sessions::vault::KeyText;
use sessions::{
    Config, EntropyError, Environment, Failure, KeySource, OpenManagerError, SessionManager,
};
use sqlite::SqliteStore;
use tempfile::TempDir;

pub(crate) const KEY: &str = "hex:000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
pub(crate) const DAY: Duration = Duration::from_secs(86_400);

/// What people call themselves, say, and are called by channels: none of it may be found in a sealed store.
pub(crate) const WORDS: &[&str] = &[
    "albatross-content",
    "albatross-answer",
    "Bartholomew Quillfeather",
    "telegram:2718281828",
    "Zanzibar timetable",
    "before-the-refactoring",
    "kingfisher-description",
    "gamma-name",
    "pelican-search-words",
    "marmalade-channel",
    "Antarctica/Troll",
];
/// Numbers of people and chats, as channels give them.
pub(crate) const NUMBERS: &[i64] = &[ANN, PEER, CHAT];
pub(crate) const ANN: i64 = 48_151_623_421_337;
const PEER: i64 = 2_718_281_828;
const CHAT: i64 = -1_001_414_213_562;

pub(crate) const PLACE: PlaceId = PlaceId::new([0xa1; 16]);
pub(crate) const PERSON: PersonId = PersonId::new([0xb2; 16]);
pub(crate) const OTHER_PERSON: PersonId = PersonId::new([0xb3; 16]);
pub(crate) const SEARCH: IdBytes = [0xc3; 16];
pub(crate) const OTHER_SEARCH: IdBytes = [0xc4; 16];

/// A clock that stands until it is moved, and ids that come in a fixed order.
pub(crate) struct World {
    pub(crate) now: AtomicI64,
    drawn: AtomicU64,
}

impl World {
    /// `seed` sets apart the ids of one opening from those of another.
    pub(crate) fn new(seed: u64, now: i64) -> Arc<Self> {
        Arc::new(Self { now: AtomicI64::new(now), drawn: AtomicU64::new(seed << 32) })
    }

    pub(crate) fn pass(&self, time: Duration) {
        self.now.fetch_add(i64::try_from(time.as_millis()).unwrap(), Ordering::Relaxed);
    }
}

impl Environment for World {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.now.load(Ordering::Relaxed))
    }

    fn random(&self) -> Result<IdBytes, EntropyError> {
        let drawn = self.drawn.fetch_add(1, Ordering::Relaxed);
        let half = |salt: u64| {
            let mixed = (drawn ^ salt).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            let mixed = (mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            (mixed ^ (mixed >> 32)).to_be_bytes()
        };
        let mut id = IdBytes::default();
        id[..8].copy_from_slice(&half(0));
        id[8..].copy_from_slice(&half(0x5bd1_e995));
        Ok(id)
    }
}

pub(crate) const BEGIN: i64 = 1_700_000_000_000;

pub(crate) type Manager = SessionManager<SqliteStore, Arc<World>>;

/// Opens the sessions of a file.
pub(crate) fn open(
    db: &Path,
    key: Option<&str>,
    world: &Arc<World>,
) -> Result<Manager, OpenManagerError> {
    let key = key.map_or(KeySource::Plain, |key| KeySource::Sealed(KeyText::parse(key).unwrap()));
    let store = SqliteStore::open(db).unwrap();
    block_on(SessionManager::open(store, Arc::clone(world), Config::default(), key))
}

/// The lane of a person in a chat.
pub(crate) fn ground(user: &str, channel: &str) -> At {
    let origin = Origin {
        channel: channel.to_owned(),
        user: Some(user.to_owned()),
        peer: Some(PEER.to_string()),
    };
    At::Ground(Ground {
        key: LaneKey::PerChannelPeer { channel: channel.to_owned(), user: user.to_owned() },
        owner: Some(user.to_owned()),
        origin,
        zone: ZoneSetting::default(),
    })
}

pub(crate) fn ann_here() -> At {
    ground(&ANN.to_string(), &CHAT.to_string())
}

pub(crate) fn ann_there() -> At {
    ground(&ANN.to_string(), "marmalade-channel")
}

pub(crate) fn bob() -> At {
    ground("telegram:2718281828", &CHAT.to_string())
}

/// All three lanes.
pub(crate) fn lanes() -> [At; 3] {
    [ann_here(), ann_there(), bob()]
}

pub(crate) fn does(manager: &Manager, at: &At, ask: &Ask) -> Result<Done, Failure> {
    manager.environment().pass(Duration::from_secs(60));
    block_on(manager.perform(at, ask, None, |_, _, _| Ok(Rider::default())))
}

fn done(manager: &Manager, at: &At, ask: Ask) -> Done {
    does(manager, at, &ask).unwrap()
}

pub(crate) fn says(manager: &Manager, at: &At, content: &str) {
    let author = Author {
        peer: "telegram:2718281828".to_owned(),
        name: "Bartholomew Quillfeather".to_owned(),
    };
    done(manager, at, Ask::Say(Words { author: Some(author), ..Words::user(content) }));
    let answer =
        Words { role: Role::Assistant, ..Words::user(format!("albatross-answer to {content}")) };
    done(manager, at, Ask::Say(answer));
}

fn saves(manager: &Manager, at: &At, name: &str) -> CheckpointId {
    let (name, description) = (Some(name.to_owned()), Some("kingfisher-description".to_owned()));
    let outcome = done(manager, at, Ask::Save { name, description }).decision.outcome;
    let Outcome::Saved(saved) = outcome else { panic!("{outcome:?}") };
    saved.id
}

/// A store that has been lived in, closed.
pub(crate) struct Lived {
    pub(crate) folder: TempDir,
    /// Every session there is, in the order in which they began.
    pub(crate) sessions: Vec<SessionId>,
    /// Every checkpoint that was saved.
    pub(crate) checkpoints: Vec<CheckpointId>,
    /// When it was closed.
    pub(crate) now: i64,
}

impl Lived {
    pub(crate) fn db(&self) -> PathBuf {
        self.folder.path().join("sessions.db")
    }
}

/// A folder for a store, in memory where there is such a place: nothing here is about the disk.
pub(crate) fn folder() -> TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.unwrap()
}

/// Lives in a new store; `look` sees it before it is closed.
pub(crate) fn live(key: Option<&str>, look: impl FnOnce(&Manager, &Path)) -> Lived {
    let folder = folder();
    let world = World::new(1, BEGIN);
    let manager = open(&folder.path().join("sessions.db"), key, &world).unwrap();
    let mut checkpoints = Vec::new();
    busy_lane(&manager, &mut checkpoints);
    quiet_lanes(&manager, &mut checkpoints);
    remembered(&manager);
    look(&manager, folder.path());
    let now = world.now().as_millis();
    let mut sessions: Vec<SessionId> = Vec::new();
    for at in lanes() {
        let lane = block_on(manager.view(&at)).unwrap().lane.id;
        sessions.extend(all_sessions(&manager, lane));
    }
    drop(manager);
    Lived { folder, sessions, checkpoints, now }
}

fn all_sessions(manager: &Manager, lane: sessions::id::LaneId) -> Vec<SessionId> {
    use sessions::store::{IdKind, Store};
    let all = [0; 16]..=[0xff; 16];
    let ids = block_on(manager.store().ids(IdKind::Session, lane, all, 100)).unwrap();
    ids.into_iter().map(SessionId::new).collect()
}

/// Ann's lane with branches, a clear, restores, an undo, and a session in each state.
fn busy_lane(manager: &Manager, checkpoints: &mut Vec<CheckpointId>) {
    let at = ann_here();
    says(manager, &at, "albatross-content 1");
    says(manager, &at, "albatross-content 2");
    done(manager, &at, Ask::Rename("Zanzibar timetable".to_owned()));
    checkpoints.push(saves(manager, &at, "before-the-refactoring"));
    says(manager, &at, "albatross-content 3");
    done(manager, &at, Ask::Pin(Some(3)));
    checkpoints.push(saves(manager, &at, "beta"));
    done(manager, &at, Ask::Clear);
    says(manager, &at, "albatross-content after a clear");
    done(manager, &at, Ask::Undo);
    done(manager, &at, Ask::Restore(CheckpointRef::Id(checkpoints[0])));
    says(manager, &at, "albatross-content on a branch");
    checkpoints.push(saves(manager, &at, "gamma-name"));
    let first = done(manager, &at, Ask::New(Some(Words::user("albatross-content anew"))));
    says(manager, &at, "albatross-content of the second session");
    let deleted = done(manager, &at, Ask::New(None)).decision.current.id;
    says(manager, &at, "albatross-content of the deleted session");
    done(manager, &at, Ask::New(Some(Words::user("albatross-content at the end"))));
    done(manager, &at, Ask::DeleteSession(SessionRef::Id(deleted)));
    done(manager, &at, Ask::DeleteCheckpoint(CheckpointRef::Id(checkpoints[2])));
    done(manager, &at, Ask::SetStrategy(Strategy::Summarize));
    let second = SessionRef::Id(first.decision.current.id);
    done(manager, &at, Ask::Resume(second));
    block_on(manager.search(&at, "pelican-search-words", None, 5)).unwrap();
    summarized(manager, &at);
}

/// A session that is long enough for a summary.
fn summarized(manager: &Manager, at: &At) {
    use sessions::context::ContextRequest;
    for turn in 0..7 {
        says(manager, at, &format!("albatross-content {turn}: {}", "more and more ".repeat(20)));
    }
    let view = block_on(manager.view(at)).unwrap();
    let request =
        ContextRequest { max_tokens: 700, strategy: Strategy::Summarize, system_prompt_tokens: 0 };
    let context = block_on(manager.context_of(&view.current, &request)).unwrap();
    assert!(context.summary.is_some(), "{context:?}");
}

fn quiet_lanes(manager: &Manager, checkpoints: &mut Vec<CheckpointId>) {
    for at in [ann_there(), bob()] {
        says(manager, &at, "albatross-content elsewhere");
        checkpoints.push(saves(manager, &at, "before-the-refactoring"));
        done(manager, &at, Ask::New(Some(Words::user("albatross-content, next"))));
        says(manager, &at, "albatross-content, last");
    }
    let old = Duration::from_secs(3_600);
    let asked =
        sessions::manager::Cleanup { older_than: old, keep_checkpoints: true, dry_run: false };
    block_on(manager.cleanup(asked)).unwrap();
}

/// Places, persons, searches.
fn remembered(manager: &Manager) {
    let zone = ZoneSetting {
        name: Some("Antarctica/Troll".to_owned()),
        since: Timestamp::from_millis(BEGIN),
    };
    let place =
        Place { id: PLACE, scope: Some(Scope::PerChannel), zone: zone.clone(), hears_all: None };
    let tag = manager.tag("place", &[CHAT.to_string().as_bytes()]);
    let record = manager.remember_place(&place).unwrap();
    block_on(manager.make_known(tag, *PLACE.as_bytes(), record)).unwrap();
    for (id, zone) in [(PERSON, zone), (OTHER_PERSON, ZoneSetting::default())] {
        let tag = manager.tag("peer", &[id.as_bytes(), ANN.to_string().as_bytes()]);
        let record = manager.remember_person(&Person { id, zone }).unwrap();
        block_on(manager.make_known(tag, *id.as_bytes(), record)).unwrap();
    }
    let session = block_on(manager.view(&ann_here())).unwrap().current.id;
    let notes = [(SEARCH, "pelican-search-words"), (OTHER_SEARCH, "other pelican-search-words")];
    for (id, words) in notes {
        let from = SearchCursor { session, position: 2 };
        let note = SearchNote { words: words.to_owned(), from };
        let writes = vec![manager.remember_search(id, &note).unwrap()];
        block_on(manager.commit_free(Commit { writes, ..Commit::default() })).unwrap();
    }
}
