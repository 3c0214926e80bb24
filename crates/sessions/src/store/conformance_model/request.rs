//! From an action to a request: what the manager is asked, and what the model does with it.

use proptest::sample::Index;

use super::action::{Action, Pick};
use super::naive::{Drawn, Naive, Told};
use super::{OnModel, Run, Store};
use crate::decide::{Imported, ImportedCheckpoint, ImportedMessage};
use crate::environment::Environment;
use crate::id::{CheckpointId, SessionId};
use crate::manager::{Ask, CheckpointRef, SessionRef};
use crate::model::{Operation, Role, Usage, Words};
use crate::reset::{Setting, TimeOfDay};
use crate::time::Timestamp;

/// A request to both sides.
type Request<'a> = (Ask, OnModel<'a>);

impl<O: Fn() -> S, S: Store> Run<O, S> {
    /// The request of an action; `None` when there is nothing to name, or it is none.
    pub(super) fn request<'a>(&mut self, who: usize, action: &Action) -> Option<Request<'a>> {
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
            Action::Visit => (Ask::Visit, Box::new(|naive, now, drawn| naive.visit(now, drawn))),
            Action::New { with_text } => begin_with(with_text.then_some(text)),
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
            Action::Rename => {
                let ask = Ask::Rename(text.clone());
                (ask, Box::new(move |naive, now, _| naive.rename(&text, now)))
            }
            Action::Import { messages, pinned, checkpoint } => {
                self.import(*messages, *pinned, *checkpoint)
            }
            action => return set(action).or_else(|| self.on_named(who, action)),
        })
    }

    /// What is done to a session or checkpoint that the action names.
    fn on_named<'a>(&self, who: usize, action: &Action) -> Option<Request<'a>> {
        Some(match action {
            Action::Restore(pick) => {
                let (asked, found) = self.checkpoint(who, pick)?;
                (Ask::Restore(asked), on_found(found, Naive::restore))
            }
            Action::DeleteCheckpoint(pick) => {
                let (asked, found) = self.checkpoint(who, pick)?;
                let delete = |naive: &mut Naive, id, now, _| naive.delete_checkpoint(id, now);
                (Ask::DeleteCheckpoint(asked), on_found(found, delete))
            }
            Action::Resume(pick) => {
                let (asked, found) = self.session(who, pick);
                let resume = |naive: &mut Naive, id, now, _| naive.resume(id, now);
                (Ask::Resume(asked), on_found(found, resume))
            }
            Action::DeleteSession(pick) => {
                let (asked, found) = self.session(who, pick);
                (Ask::DeleteSession(asked), on_found(found, Naive::delete_session))
            }
            _ => return None,
        })
    }

    fn import<'a>(&self, messages: u64, pinned: u64, checkpoint: Option<u64>) -> Request<'a> {
        let texts: Vec<String> = (0..messages).map(|n| format!("i{}-{n}", self.said)).collect();
        let now = self.world.now();
        let message = |(n, text): (u64, &String)| ImportedMessage {
            words: Words::user(text.clone()),
            created_at: now,
            pinned: n == pinned,
        };
        let checkpoint = checkpoint.map(|position| ImportedCheckpoint {
            // The manager draws another.
            id: CheckpointId::new([0; 16]),
            position,
            name: "under way".to_owned(),
            description: None,
            created_at: now,
        });
        let saved = checkpoint.as_ref().map(|found| size(found.position));
        let imported = Imported {
            created_at: now,
            title: None,
            messages: (0..messages).zip(&texts).map(message).collect(),
            checkpoints: checkpoint.into_iter().collect(),
            usage: Usage::default(),
        };
        let import = move |naive: &mut Naive, lane_now, drawn| {
            naive.import(
                &texts,
                size(pinned),
                saved.map(|position| (position, now)),
                lane_now,
                drawn,
            )
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
}

fn append_to<'a>(session: SessionId, text: String) -> Request<'a> {
    let words = Words { role: Role::Assistant, ..Words::user(text.clone()) };
    let append = move |naive: &mut Naive, now, _| naive.append_to(session, &text, now);
    (Ask::Append(session, words), Box::new(append))
}

fn begin_with<'a>(first: Option<String>) -> Request<'a> {
    let ask = Ask::New(first.clone().map(Words::user));
    let begin = move |naive: &mut Naive, now, drawn| {
        naive.begin(Operation::New, first.as_deref(), now, drawn)
    };
    (ask, Box::new(begin))
}

/// Settings and pins.
fn set<'a>(action: &Action) -> Option<Request<'a>> {
    Some(match *action {
        Action::SetDaily(minutes) => {
            let part = |minutes: u16| u8::try_from(minutes).unwrap();
            let time = minutes.map(|at| TimeOfDay::new(part(at / 60), part(at % 60)).unwrap());
            let set = move |naive: &mut Naive, now, _| {
                naive.daily = minutes;
                naive.policy_changed(now)
            };
            (Ask::SetDaily(time.map_or(Setting::Off, Setting::Value)), Box::new(set))
        }
        Action::SetIdle(minutes) => {
            let set = move |naive: &mut Naive, now, _| {
                naive.idle = minutes;
                naive.policy_changed(now)
            };
            (Ask::SetIdle(minutes.map_or(Setting::Off, Setting::Value)), Box::new(set))
        }
        Action::Pin(position) => {
            (Ask::Pin(position), Box::new(move |naive, _, _| naive.pin(position)))
        }
        Action::Unpin(position) => {
            (Ask::Unpin(position), Box::new(move |naive, _, _| naive.unpin(position)))
        }
        _ => return None,
    })
}

/// What the model does with what was found, or says when nothing was.
fn on_found<'a, Id: 'a>(
    found: Result<Id, Told>,
    then: impl FnOnce(&mut Naive, Id, Timestamp, Drawn) -> Told + 'a,
) -> OnModel<'a> {
    Box::new(move |naive, now, drawn| match found {
        Ok(id) => then(naive, id, now, drawn),
        Err(refused) => refused,
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
