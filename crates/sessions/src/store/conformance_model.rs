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
mod compare;
mod naive;
mod world;

use std::collections::BTreeSet;
use std::time::Duration;

use proptest::sample::Index;
use proptest::test_runner::{Config as Cases, TestRunner};
use vault::KeyText;

use self::action::{Action, Pick, Step};
use self::naive::{Drawn, Naive, Swept, Told};
use self::world::World;
use super::Store;
use super::conformance::block_on;
use crate::decide::{Decision, Imported, ImportedCheckpoint, ImportedMessage, Outcome};
use crate::environment::Environment;
use crate::error::Failure;
use crate::id::{CheckpointId, SessionId};
use crate::manager::{
    Ask, At, CheckpointRef, Cleanup, Config, Ground, KeySource, LaneKey, Rider, SessionManager,
    SessionRef,
};
use crate::model::{Operation, Origin, Role, SessionState, Usage, Words, ZoneSetting};
use crate::refusal::Refusal;
use crate::reset::{ResetReason, Setting, TimeOfDay};
use crate::time::Timestamp;

/// Runs so many random sequences. `place` makes a place where a store is kept; what it gives opens the store that is
/// there, again and again: each time after the one opened before was dropped.
pub fn run<O, S>(place: impl Fn() -> O, cases: u32)
where
    O: Fn() -> S,
    S: Store,
{
    let mut runner = TestRunner::new(Cases { failure_persistence: None, ..Cases::with_cases(cases) });
    let outcome = runner.run(&action::steps(), |steps| {
        let mut run = Run::new(place());
        for step in &steps {
            run.step(step);
        }
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
    /// Checkpoints that were brought in, with the ids that they were given.
    destroyed: BTreeSet<SessionId>,
}

/// A request to both sides: as it is asked of the manager, and what the model does with it.
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
            Action::CleanUp { days, keep_checkpoints } => {
                self.clean_up(*days, *keep_checkpoints);
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

    /// The request of an action; `None` when there is nothing to name.
    fn request<'a>(&mut self, who: usize, action: &Action) -> Option<(Ask, OnModel<'a>)> {
        self.said += 1;
        let text = format!("m{}", self.said);
        let naive = &self.lanes[who].1;
        Some(match action {
            Action::Say => {
                let ask = Ask::Say(Words::user(text.clone()));
                (ask, Box::new(move |naive, now, drawn| naive.say(&text, now, drawn)))
            }
            Action::Answer => append_to(naive.current, text),
            Action::AppendTo(which) => {
                append_to(*which.get(&Vec::from_iter(naive.sessions.keys().copied())), text)
            }
            Action::Visit => {
                (Ask::Visit, Box::new(|naive, now, drawn| naive.visit(now, drawn)))
            }
            Action::New { with_text } => {
                let first = with_text.then_some(text);
                let ask = Ask::New(first.clone().map(Words::user));
                let begin = move |naive: &mut Naive, now, drawn| {
                    naive.begin(Operation::New, first.as_deref(), now, drawn)
                };
                (ask, Box::new(begin))
            }
            Action::Reset => (
                Ask::Reset,
                Box::new(|naive, now, drawn| naive.begin(Operation::Reset, None, now, drawn)),
            ),
            Action::Clear => (Ask::Clear, Box::new(|naive, now, _| naive.clear(now))),
            Action::Undo => (Ask::Undo, Box::new(Naive::undo)),
            Action::Redo => (Ask::Redo, Box::new(Naive::redo)),
            Action::Save(name) => {
                let (name, ask) = (*name, name.map(str::to_owned));
                let ask = Ask::Save { name: ask, description: None };
                (ask, Box::new(move |naive, now, drawn| naive.save(name, now, drawn)))
            }
            Action::Restore(pick) => {
                let (asked, found) = self.checkpoint(who, pick)?;
                let restore = move |naive: &mut Naive, now, drawn| match found {
                    Ok(id) => naive.restore(id, now, drawn),
                    Err(refused) => refused,
                };
                (Ask::Restore(asked), Box::new(restore))
            }
            Action::DeleteCheckpoint(pick) => {
                let (asked, found) = self.checkpoint(who, pick)?;
                let delete = move |naive: &mut Naive, now, _| match found {
                    Ok(id) => naive.delete_checkpoint(id, now),
                    Err(refused) => refused,
                };
                (Ask::DeleteCheckpoint(asked), Box::new(delete))
            }
            Action::Resume(pick) => {
                let (asked, found) = self.session(who, pick);
                let resume = move |naive: &mut Naive, now, _| match found {
                    Ok(id) => naive.resume(id, now),
                    Err(refused) => refused,
                };
                (Ask::Resume(asked), Box::new(resume))
            }
            Action::DeleteSession(pick) => {
                let (asked, found) = self.session(who, pick);
                let delete = move |naive: &mut Naive, now, drawn| match found {
                    Ok(id) => naive.delete_session(id, now, drawn),
                    Err(refused) => refused,
                };
                (Ask::DeleteSession(asked), Box::new(delete))
            }
            Action::Rename => {
                let ask = Ask::Rename(text.clone());
                (ask, Box::new(move |naive, now, _| naive.rename(&text, now)))
            }
            Action::SetDaily(minutes) => set_daily(*minutes),
            Action::SetIdle(minutes) => {
                let minutes = *minutes;
                let set = move |naive: &mut Naive, now, _| {
                    naive.idle = minutes;
                    naive.policy_changed(now)
                };
                (Ask::SetIdle(minutes.map_or(Setting::Off, Setting::Value)), Box::new(set))
            }
            Action::Pin(position) => {
                let position = *position;
                (Ask::Pin(position), Box::new(move |naive, _, _| naive.pin(position)))
            }
            Action::Unpin(position) => {
                let position = *position;
                (Ask::Unpin(position), Box::new(move |naive, _, _| naive.unpin(position)))
            }
            Action::Import { messages, pinned, checkpoint } => {
                self.import(*messages, *pinned, *checkpoint)
            }
            Action::Wait(_) | Action::CleanUp { .. } | Action::Reopen => return None,
        })
    }

    fn import<'a>(
        &self,
        messages: u64,
        pinned: u64,
        checkpoint: Option<u64>,
    ) -> (Ask, OnModel<'a>) {
        let texts: Vec<String> = (0..messages).map(|n| format!("i{}-{n}", self.said)).collect();
        let now = self.world.now();
        let message = |(n, text): (u64, &String)| ImportedMessage {
            words: Words::user(text.clone()),
            created_at: now,
            pinned: n == pinned,
        };
        let checkpoint = checkpoint.map(|position| ImportedCheckpoint {
            id: CheckpointId::new(self.world.bytes()),
            position,
            name: "under way".to_owned(),
            description: None,
            created_at: now,
        });
        let saved = checkpoint.as_ref().map(|found| (found.id, size(found.position)));
        let imported = Imported {
            created_at: now,
            title: None,
            messages: (0..messages).zip(&texts).map(message).collect(),
            checkpoints: checkpoint.into_iter().collect(),
            usage: Usage::default(),
        };
        let import = move |naive: &mut Naive, lane_now, drawn| {
            let told = naive.import(&texts, size(pinned), saved, lane_now, drawn);
            if let Some(saved) = saved.and_then(|(id, _)| naive.checkpoints.get_mut(&id)) {
                saved.at = now;
            }
            told
        };
        (Ask::Import(Box::new(imported)), Box::new(import))
    }

    /// A session as it is asked for, and which one that is.
    fn session(&self, who: usize, pick: &Pick) -> (SessionRef, Result<SessionId, Told>) {
        let none = || "refused: no such session".to_owned();
        let ids = |who: usize| Vec::from_iter(self.lanes[who].1.sessions.keys().copied());
        match pick {
            Pick::Id(which) => {
                let id = *which.get(&ids(who));
                (SessionRef::Id(id), Ok(id))
            }
            Pick::Letters(which, letters, kind) => {
                let text = letters_of(*which, &ids(who), *letters);
                let fits = ids(who).into_iter().filter(|id| id.to_string().starts_with(&text));
                let found = only(fits).map_err(|several| several.unwrap_or_else(none));
                (SessionRef::Typed(with_kind("s-", &text, *kind)), found)
            }
            Pick::Name(name) => (SessionRef::Typed((*name).to_owned()), Err(none())),
            Pick::Foreign(which) => (SessionRef::Id(*which.get(&ids(1 - who))), Err(none())),
        }
    }

    /// A checkpoint as it is asked for, and which one that is.
    fn checkpoint(
        &self,
        who: usize,
        pick: &Pick,
    ) -> Option<(CheckpointRef, Result<CheckpointId, Told>)> {
        let none = || "refused: no such checkpoint".to_owned();
        let known = |who: usize| Vec::from_iter(self.lanes[who].1.checkpoints.keys().copied());
        let naive = &self.lanes[who].1;
        let stands = |id: &CheckpointId| naive.checkpoints[id].deleted.is_none();
        Some(match pick {
            Pick::Id(which) => {
                let id = pick_from(*which, &known(who))?;
                (CheckpointRef::Id(id), if stands(&id) { Ok(id) } else { Err(none()) })
            }
            Pick::Letters(which, letters, kind) => {
                pick_from(*which, &known(who))?;
                let text = letters_of(*which, &known(who), *letters);
                let fits = known(who)
                    .into_iter()
                    .filter(|id| stands(id) && id.to_string().starts_with(&text));
                let found = only(fits).map_err(|several| several.unwrap_or_else(none));
                (CheckpointRef::Typed(with_kind("c-", &text, *kind)), found)
            }
            Pick::Name(name) => {
                let fits = known(who).into_iter().filter(|id| {
                    let saved = &naive.checkpoints[id];
                    stands(id) && !saved.automatic && plain(&saved.name) == plain(name)
                });
                let found = only(fits).map_err(|several| several.unwrap_or_else(none));
                (CheckpointRef::Typed((*name).to_owned()), found)
            }
            Pick::Foreign(which) => {
                let id = pick_from(*which, &known(1 - who))?;
                (CheckpointRef::Id(id), Err(none()))
            }
        })
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

fn append_to<'a>(session: SessionId, text: String) -> (Ask, OnModel<'a>) {
    let words = Words { role: Role::Assistant, ..Words::user(text.clone()) };
    let append = move |naive: &mut Naive, now, _| naive.append_to(session, &text, now);
    (Ask::Append(session, words), Box::new(append))
}

fn set_daily<'a>(minutes: Option<u16>) -> (Ask, OnModel<'a>) {
    let part = |minutes: u16| u8::try_from(minutes).unwrap();
    let time = minutes.map(|at| TimeOfDay::new(part(at / 60), part(at % 60)).unwrap());
    let set = move |naive: &mut Naive, now, _: Drawn| {
        naive.daily = minutes;
        naive.policy_changed(now)
    };
    (Ask::SetDaily(time.map_or(Setting::Off, Setting::Value)), Box::new(set))
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

/// The one thing that fits; else what is to be said if several do.
fn only<T>(mut fits: impl Iterator<Item = T>) -> Result<T, Option<Told>> {
    match (fits.next(), fits.next()) {
        (Some(one), None) => Ok(one),
        (None, _) => Err(None),
        (Some(_), Some(_)) => Err(Some("refused: several".to_owned())),
    }
}

fn pick_from<T: Copy>(which: Index, all: &[T]) -> Option<T> {
    if all.is_empty() { None } else { Some(*which.get(all)) }
}

fn letters_of(which: Index, ids: &[impl ToString], letters: usize) -> String {
    which.get(ids).to_string().chars().take(letters).collect()
}

fn with_kind(kind: &str, letters: &str, wanted: bool) -> String {
    if wanted { format!("{kind}{letters}") } else { letters.to_uppercase() }
}

/// Without case and the accents that occur here.
fn plain(name: &str) -> String {
    name.to_lowercase().replace('ü', "u")
}

fn size(number: u64) -> usize {
    usize::try_from(number).unwrap()
}

/// The ids that a decision brings in.
fn drawn(decision: &Decision) -> Drawn {
    let checkpoint = match &decision.outcome {
        Outcome::Saved(saved) => Some(saved.id),
        Outcome::Restored { kept, .. } | Outcome::Moved { kept, .. } => {
            kept.as_ref().map(|kept| kept.id)
        }
        _ => None,
    };
    let session = match &decision.outcome {
        Outcome::Imported(session) => session.id,
        _ => decision.current.id,
    };
    Drawn { session: Some(session), checkpoint }
}

fn told(decision: &Decision) -> Told {
    let reason = |reset: &Option<ResetReason>| {
        reset.map(|reason| match reason {
            ResetReason::Daily { .. } => "daily",
            ResetReason::Idle { .. } => "idle",
        })
    };
    match &decision.outcome {
        Outcome::Said { point, reset } => {
            format!("said {} after {:?}", point.position, reason(reset))
        }
        Outcome::Visited { reset } => format!("visited after {:?}", reason(reset)),
        Outcome::Began { closed, said } => {
            format!("began, closed {:?}, said {said}", closed.as_ref().map(|closed| closed.id))
        }
        Outcome::Moved { operation, kept, carried } => {
            let kept = kept.as_ref().map(|kept| kept.message_count());
            format!("{operation} undone, kept {kept:?}, carried {carried}")
        }
        Outcome::Cleared(count) => format!("cleared {count}"),
        Outcome::Saved(saved) => format!("saved “{}” at {}", saved.name, saved.message_count()),
        Outcome::Restored { checkpoint, kept } => {
            format!("restored “{}”, kept {}", checkpoint.name, kept.is_some())
        }
        Outcome::CheckpointDeleted(deleted) => format!("deleted “{}”", deleted.name),
        Outcome::Resumed(was) => format!("resumed, was {:?}", was.id),
        Outcome::SessionDeleted(session) => format!("deleted {:?}", session.id),
        Outcome::Renamed(title) => format!("renamed {title}"),
        Outcome::SettingChanged => "set".to_owned(),
        Outcome::PinChanged { position, pinned } => format!("{position} pinned {pinned}"),
        Outcome::Imported(session) => format!("imported {}", session.message_count()),
    }
}

fn refused(refusal: &Refusal) -> Told {
    let why = match refusal {
        Refusal::NoSuchSession(_) => "no such session",
        Refusal::NoSuchCheckpoint(_) => "no such checkpoint",
        Refusal::Several { .. } => "several",
        Refusal::AlreadyCurrent => "current",
        Refusal::Emptied => "emptied",
        Refusal::NothingToUndo { .. } => "nothing to undo",
        Refusal::NothingToRedo => "nothing to redo",
        Refusal::NothingToClear => "nothing to clear",
        Refusal::SessionClosed => "closed",
        Refusal::NothingToPin => "nothing to pin",
        Refusal::NotPinned => "not pinned",
        Refusal::NoSuchMessage => "no such message",
        Refusal::BadImport(_) => "bad import",
        other => panic!("nothing here leads to {other:?}"),
    };
    format!("refused: {why}")
}
