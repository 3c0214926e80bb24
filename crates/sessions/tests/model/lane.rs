//! One person's lane in a store of its own, with a clock that the test moves.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use sessions::decide::Outcome;
use sessions::id::{CheckpointId, IdBytes, SessionId};
use sessions::manager::{
    Ask, At, CheckpointRef, Cleanup, CleanupReport, Ground, LaneKey, Rider, SessionRef,
};
use sessions::model::{Origin, Words, ZoneSetting};
use sessions::store::conformance::block_on;
use sessions::store::memory::MemoryStore;
use sessions::time::Timestamp;
use sessions::vault::KeyText;
use sessions::{Config, EntropyError, Environment, Failure, KeySource, Refusal, SessionManager};

pub(super) const DAY: Duration = Duration::from_hours(24);

/// Everything that a lane holds for one person to look at.
const ALL: usize = 10_000;

#[derive(Clone, Default)]
pub(super) struct World {
    now: Arc<AtomicI64>,
    drawn: Arc<AtomicU64>,
    /// What happens at a look at the clock, after so many others.
    at_look: Arc<Mutex<Option<(u32, Happening)>>>,
}

type Happening = Box<dyn FnOnce() + Send>;

impl Environment for World {
    fn now(&self) -> Timestamp {
        let mut at_look = self.at_look.lock().unwrap();
        let due = at_look.take_if(|(looks, _)| *looks == 0);
        if let Some((looks, _)) = at_look.as_mut() {
            *looks -= 1;
        }
        drop(at_look);
        due.into_iter().for_each(|(_, happens)| happens());
        Timestamp::from_millis(1_772_366_400_000 + self.now.load(Ordering::Relaxed))
    }

    fn random(&self) -> Result<IdBytes, EntropyError> {
        let drawn = self.drawn.fetch_add(1, Ordering::Relaxed) + 1;
        Ok(u128::from(drawn).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835).to_be_bytes())
    }
}

pub(super) struct Lane {
    pub(super) manager: SessionManager<MemoryStore, World>,
    world: World,
    at: At,
}

impl Lane {
    pub(super) fn new() -> Self {
        let (store, world) = (MemoryStore::new(), World::default());
        let key = KeySource::Sealed(KeyText::parse(&"5e".repeat(32)).unwrap());
        let opening = SessionManager::open(store, world.clone(), Config::default(), key);
        let at = At::Ground(Ground {
            key: LaneKey::PerPeer { user: "ann".to_owned() },
            owner: Some("ann".to_owned()),
            origin: Origin::default(),
            zone: ZoneSetting::default(),
        });
        Self { manager: block_on(opening).unwrap(), world, at }
    }

    /// The same lane, through another manager on the same store.
    pub(super) fn once_more(&self) -> Self {
        let (store, world) = (self.manager.store().clone(), self.world.clone());
        let key = KeySource::Sealed(KeyText::parse(&"5e".repeat(32)).unwrap());
        let opening = SessionManager::open(store, world.clone(), Config::default(), key);
        Self { manager: block_on(opening).unwrap(), world, at: self.at.clone() }
    }

    /// Has something happen when somebody looks at the clock, after so many other looks.
    pub(super) fn happens_at_look(&self, looks: u32, happens: impl FnOnce() + Send + 'static) {
        *self.world.at_look.lock().unwrap() = Some((looks, Box::new(happens)));
    }

    pub(super) fn wait(&self, duration: Duration) {
        let millis = i64::try_from(duration.as_millis()).unwrap();
        self.world.now.fetch_add(millis, Ordering::Relaxed);
    }

    pub(super) fn ask(&self, ask: Ask) -> Result<Outcome, Refusal> {
        self.ask_while(ask, self.now(), || ())
    }

    /// A request of that instant, with something that happens between its decision and its commit.
    pub(super) fn ask_while(
        &self,
        ask: Ask,
        said_at: Timestamp,
        meanwhile: impl FnOnce(),
    ) -> Result<Outcome, Refusal> {
        let mut meanwhile = Some(meanwhile);
        let asked = self.manager.perform(&self.at, &ask, Some(said_at), |_, _, _| {
            meanwhile.take().into_iter().for_each(|happens| happens());
            Ok(Rider::default())
        });
        match block_on(asked) {
            Ok(done) => Ok(done.decision.outcome),
            Err(Failure::Refused(refusal)) => Err(refusal),
            Err(Failure::Fault(fault)) => panic!("{ask:?}: {fault:?}"),
        }
    }

    pub(super) fn now(&self) -> Timestamp {
        self.world.now()
    }

    pub(super) fn does(&self, ask: Ask) -> Outcome {
        self.ask(ask).unwrap()
    }

    pub(super) fn says(&self, texts: &[&str]) {
        texts.iter().for_each(|text| drop(self.does(Ask::Say(Words::user(*text)))));
    }

    pub(super) fn saves(&self, name: &str) -> CheckpointId {
        let name = Some(name.to_owned());
        let saved = self.does(Ask::Save { name, description: None });
        let Outcome::Saved(checkpoint) = saved else { panic!("not saved") };
        checkpoint.id
    }

    pub(super) fn restores(&self, id: CheckpointId) {
        self.does(Ask::Restore(CheckpointRef::Id(id)));
    }

    pub(super) fn restore_typed(&self, typed: &str) -> Result<CheckpointId, Refusal> {
        let restored = self.ask(Ask::Restore(CheckpointRef::Typed(typed.to_owned())))?;
        let Outcome::Restored { checkpoint, .. } = restored else { panic!("not restored") };
        Ok(checkpoint.id)
    }

    pub(super) fn deletes(&self, id: CheckpointId) {
        self.does(Ask::DeleteCheckpoint(CheckpointRef::Id(id)));
    }

    pub(super) fn resume(&self, id: SessionId) -> Result<Outcome, Refusal> {
        self.ask(Ask::Resume(SessionRef::Id(id)))
    }

    pub(super) fn current(&self) -> SessionId {
        block_on(self.manager.view(&self.at)).unwrap().current.id
    }

    pub(super) fn history(&self) -> Vec<String> {
        let page = block_on(self.manager.history_page(&self.at, None, None, ALL)).unwrap();
        page.messages.into_iter().map(|message| message.words.content).collect()
    }

    pub(super) fn past(&self) -> Vec<SessionId> {
        let page = block_on(self.manager.list_sessions(&self.at, None, ALL)).unwrap();
        page.past.iter().map(|listed| listed.session.id).collect()
    }

    /// The names of the checkpoints, newest first.
    pub(super) fn checkpoints(&self) -> Vec<String> {
        let page = block_on(self.manager.list_checkpoints_of(&self.at, None, ALL)).unwrap();
        page.checkpoints.into_iter().map(|checkpoint| checkpoint.name).collect()
    }

    /// Cleans up twice, first dry; both must count the same.
    pub(super) fn cleans_up(&self, older_than: Duration, keep_checkpoints: bool) -> CleanupReport {
        let asked = Cleanup { older_than, keep_checkpoints, dry_run: true };
        let dry = block_on(self.manager.cleanup(asked)).unwrap();
        let wet = block_on(self.manager.cleanup(Cleanup { dry_run: false, ..asked })).unwrap();
        assert_eq!(CleanupReport { scrubbed: wet.scrubbed, ..dry }, wet);
        wet
    }
}
