//! A naive model beside the real thing: random requests through `SessionManager` on a store, and after each one a
//! comparison of everything that people can see.
//!
//! The model (`naive`) copies whole histories and was written from the rules' description, not from `decide`. The two
//! must answer alike and hold the same: the conversation, past and binned sessions, checkpoints with their messages, pins,
//! settings, what a clean-up counts. A run works two lanes in one store, so that what leaks from one to the other shows.
//!
//! Not here: turns, delivery, other zones than UTC, commits that race.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    clippy::wildcard_enum_match_arm,
    reason = "all of it is one test: a panic is a failing test"
)]

mod action;
mod answer;
mod compare;
mod naive;
mod request;
mod world;

use std::collections::BTreeSet;
use std::time::Duration;

use proptest::test_runner::{Config as Cases, TestRunner};
use vault::KeyText;

use self::action::{Action, Step};
use self::answer::{drawn, refused, told};
use self::naive::{Drawn, Naive, Swept, Told};
use self::world::World;
use super::Store;
use super::conformance::block_on;
use crate::environment::Environment;
use crate::error::Failure;
use crate::export::ExportFormat;
use crate::id::{CheckpointId, SessionId};
use crate::manager::{Ask, At, Cleanup, Config, Ground, KeySource, LaneKey, Rider, SessionManager};
use crate::model::{Checkpoint, Origin, ZoneSetting};
use crate::time::Timestamp;

/// Runs so many random sequences. `place` makes a place where a store is kept; what it gives opens the store that is
/// there, again and again: each time after the one opened before was dropped.
pub fn run<O, S>(place: impl Fn() -> O, cases: u32)
where
    O: Fn() -> S,
    S: Store,
{
    let mut runner =
        TestRunner::new(Cases { failure_persistence: None, ..Cases::with_cases(cases) });
    let outcome = runner.run(&action::steps(), |steps| {
        let mut run = Run::new(place());
        for step in &steps {
            run.step(step);
        }
        run.verify();
        Ok(())
    });
    if let Err(failed) = outcome {
        panic!("{failed}");
    }
}

/// One sequence: the sessions, their store and the model of both lanes.
struct Run<O, S> {
    open: O,
    world: World,
    manager: Option<SessionManager<S, World>>,
    lanes: [(At, Naive); 2],
    said: u64,
    /// Sessions that a clean-up removed.
    destroyed: BTreeSet<SessionId>,
}

/// What the model does with a request.
type OnModel<'a> = Box<dyn FnOnce(&mut Naive, Timestamp, Drawn) -> Told + 'a>;

impl<O: Fn() -> S, S: Store> Run<O, S> {
    fn new(open: O) -> Self {
        let world = World::new();
        let manager = open_manager(&open, &world);
        let lanes = ["ann", "bob"].map(|user| {
            let at = ground(user);
            let view = block_on(async {
                manager.perform(&at, &Ask::Ready, None, |_, _, _| Ok(Rider::default())).await
            });
            let first = view.unwrap().decision.current.id;
            (at, Naive::new(first, world.now()))
        });
        let destroyed = BTreeSet::new();
        Self { open, world, manager: Some(manager), lanes, said: 0, destroyed }
    }

    fn manager(&self) -> &SessionManager<S, World> {
        self.manager.as_ref().unwrap()
    }

    fn step(&mut self, step: &Step) {
        let who = usize::from(step.second_person);
        match &step.action {
            Action::Wait(minutes) => self.world.move_clock(*minutes),
            Action::Reopen => {
                self.manager = None;
                self.manager = Some(open_manager(&self.open, &self.world));
                (0..2).for_each(|lane| self.compare(lane));
            }
            Action::Copy => {
                self.copy(who);
                self.compare(who);
            }
            Action::CleanUp { days, keep_checkpoints } => {
                self.clean_up(*days, *keep_checkpoints);
                self.verify();
                (0..2).for_each(|lane| self.compare(lane));
            }
            action => {
                if let Some((ask, on_model)) = self.request(who, action) {
                    self.perform(who, &ask, on_model);
                    self.compare(who);
                }
            }
        }
    }

    /// Whatever was done, what is stored fits together.
    fn verify(&self) {
        let report = block_on(self.manager().verify(|_| ())).unwrap();
        assert!(report.is_sound(), "{:#?}", report.findings);
    }

    fn perform(&mut self, who: usize, ask: &Ask, on_model: OnModel<'_>) {
        let manager = self.manager.as_ref().unwrap();
        let (at, naive) = &mut self.lanes[who];
        let done = block_on(manager.perform(at, ask, None, |_, _, _| Ok(Rider::default())));
        let now = naive.lane_time(self.world.now());
        let (told, drawn) = match done {
            Ok(done) => {
                assert_eq!(done.at, now, "the lane's clock");
                (told(&done.decision), drawn(&done.decision))
            }
            Err(Failure::Refused(refusal)) => {
                (refused(&refusal), Drawn { session: None, checkpoint: None })
            }
            Err(Failure::Fault(fault)) => panic!("{ask:?}: {fault:?}"),
        };
        let expected = on_model(naive, now, drawn);
        assert_eq!(told, expected, "the answer to {ask:?}");
    }

    /// Exports the current session and brings it in again: the copy has all but the ids.
    fn copy(&mut self, who: usize) {
        let (at, naive) = &mut self.lanes[who];
        let manager = self.manager.as_ref().unwrap();
        let current = block_on(manager.view(at)).unwrap().current;
        let json = block_on(manager.export_session(&current, ExportFormat::Json)).unwrap();
        let copy = block_on(manager.import_into(at, &json)).unwrap().id;

        let page = block_on(manager.list_checkpoints_of(at, None, 10_000)).unwrap();
        let mut copied: Vec<Checkpoint> =
            page.checkpoints.into_iter().filter(|one| one.session == copy).collect();
        copied.sort_by_key(|one| (one.message_count(), one.created_at, one.name.clone()));
        let drawn: Vec<CheckpointId> = copied.iter().map(|one| one.id).collect();
        naive.copy(copy, &drawn, naive.lane_time(self.world.now()));
    }

    /// Cleans up, on a clock that is behind nothing that happened; first dry.
    fn clean_up(&mut self, days: u64, keep_checkpoints: bool) {
        let sessions = self.lanes.iter().flat_map(|(_, naive)| naive.sessions.values());
        let last = sessions.map(|session| session.active).max().unwrap();
        self.world.set_clock(self.world.now().max(last).plus(Duration::from_millis(1)));
        let now = self.world.now();

        let older_than = Duration::from_hours(days * 24);
        let asked = Cleanup { older_than, keep_checkpoints, dry_run: true };
        let dry = block_on(self.manager().cleanup(asked)).unwrap();
        let wet = block_on(self.manager().cleanup(Cleanup { dry_run: false, ..asked })).unwrap();
        let mut expected = Swept::default();
        for (_, naive) in &mut self.lanes {
            let there: Vec<SessionId> = naive.sessions.keys().copied().collect();
            let swept = naive.clean_up(older_than, keep_checkpoints, now);
            self.destroyed.extend(there.iter().filter(|id| !naive.sessions.contains_key(id)));
            expected.sessions += swept.sessions;
            expected.held += swept.held;
            expected.checkpoints += swept.checkpoints;
            expected.messages += swept.messages;
        }
        for (what, report) in [("what a clean-up did", wet), ("what it would have done", dry)] {
            let swept = Swept {
                sessions: report.sessions,
                held: report.held,
                checkpoints: report.checkpoints,
                messages: report.messages,
            };
            assert_eq!(swept, expected, "{what}");
        }
    }
}

fn open_manager<S: Store>(open: &impl Fn() -> S, world: &World) -> SessionManager<S, World> {
    let key = KeyText::parse(&"5e".repeat(32)).unwrap();
    let opening =
        SessionManager::open(open(), world.clone(), Config::default(), KeySource::Sealed(key));
    block_on(opening).unwrap()
}

fn ground(user: &str) -> At {
    At::Ground(Ground {
        key: LaneKey::PerPeer { user: user.to_owned() },
        owner: Some(user.to_owned()),
        origin: Origin::default(),
        zone: ZoneSetting::default(),
    })
}
