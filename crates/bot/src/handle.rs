//! What an event asks for: text parsed, presses proved, and each made into one step.
//!
//! A step changes a lane (through `decide`), or tells something that was looked up. Nothing is sent from here.

mod context;
mod conversation;
mod help;
mod list;
mod press;
mod setting;

use std::sync::OnceLock;
use std::sync::atomic::Ordering;

use commands::{
    Availability, CheckpointCommand, Command, HistoryCommand, Line, ParseError, SessionCommand,
};
use sessions::manager::{Ask, CheckpointRef, SessionRef};
use sessions::model::{Tag, Words};
use sessions::store::Store;
use sessions::store::rows::Write;
use sessions::time::Timestamp;
use sessions::{Environment, Failure, Fault};

use crate::bot::{Inner, Job};
use crate::button::{self, Press, Presser};
use crate::incoming::Body;
use crate::outbox::Outlet;
use crate::reply::{Button, Reply};
use crate::whereabouts::Here;
use crate::words;

/// What is to be done for an event.
pub(crate) struct Plan {
    /// Whether it is a command or a press: what is answered is then about a lane, not about what was said openly.
    pub(crate) is_command: bool,
    /// What is to be done.
    pub(crate) step: Step,
}

/// One step.
pub(crate) enum Step {
    /// Nothing, and no answer.
    Silent,
    /// Nothing, and these words why.
    Refuse(String),
    /// An answer that was looked up.
    Tell {
        /// The answer.
        reply: Reply,
        /// What is remembered with it.
        writes: Vec<Write>,
    },
    /// A change of the lane.
    Change(Change),
}

/// A change of the lane.
pub(crate) struct Change {
    /// What is asked.
    pub(crate) ask: Ask,
    /// A token that counts once.
    pub(crate) once: Option<Tag>,
}

impl Step {
    pub(crate) fn tell(reply: Reply) -> Self {
        Self::Tell { reply, writes: Vec::new() }
    }

    /// The same, where it may take the place of the message whose button was pressed.
    fn in_place(self) -> Self {
        match self {
            Self::Tell { reply, writes } => {
                Self::Tell { reply: Reply { in_place: true, ..reply }, writes }
            }
            Self::Silent | Self::Refuse(_) | Self::Change(_) => self,
        }
    }

    fn change(ask: Ask) -> Self {
        Self::Change(Change { ask, once: None })
    }
}

/// Makes buttons for whoever is answered.
pub(crate) struct Offer<'a> {
    seal: Box<dyn Fn(Press) -> String + Send + Sync + 'a>,
}

impl<'a> Offer<'a> {
    pub(crate) fn new<S: Store, E: Environment, O: Outlet>(
        inner: &'a Inner<S, E, O>,
        here: &'a Here,
        job: &'a Job,
        now: Timestamp,
    ) -> Self {
        let who = presser_name(here, job);
        let place = job.place;
        let seal = Box::new(move |press| {
            let by = Presser { who: &who, place };
            let offer = inner.offers.fetch_add(1, Ordering::Relaxed);
            button::seal(press, by, now, offer, |parts| inner.manager.mac("button", parts))
        });
        Self { seal }
    }

    pub(crate) fn button(&self, label: impl Into<String>, press: Press) -> Button {
        Button { label: label.into(), data: (self.seal)(press) }
    }
}

/// Who may press what is offered here: the person alone, or in a shared lane everybody.
fn presser_name(here: &Here, job: &Job) -> String {
    if here.lane_is_private() { job.incoming.peer_name() } else { String::new() }
}

/// Plans an event. Which command it is stands in `named` as soon as that is known, whatever comes of it.
pub(crate) async fn plan<S: Store, E: Environment, O: Outlet>(
    inner: &Inner<S, E, O>,
    here: &Here,
    job: &Job,
    named: &OnceLock<&'static str>,
) -> Result<Plan, Fault> {
    // Twice with the same name if it is tried again.
    let is = |name| {
        let _same = named.set(name);
    };
    let now = inner.manager.environment().now();
    let offer = Offer::new(inner, here, job, now);
    let (is_command, step) = match &job.incoming.body {
        Body::Text { text, addressed } => match commands::parse(text, job.incoming.me.as_deref()) {
            Ok(Line::Elsewhere) => (false, Ok(Step::Silent)),
            Ok(Line::Message(_)) if !*addressed && !here.hears_all => (false, Ok(Step::Silent)),
            Ok(Line::Message(_)) if job.incoming.faceless && here.lane_is_private() => {
                is("message");
                (false, Ok(Step::Refuse(words::faceless())))
            }
            Ok(Line::Message(text)) => {
                is("message");
                (false, Ok(Step::change(Ask::Say(spoken(here, job, text)))))
            }
            Ok(Line::Command { command, .. }) => {
                is(command.name());
                (true, run(inner, here, job, &offer, &command).await)
            }
            Err(error) => {
                error.command().into_iter().for_each(is);
                (true, Ok(unreadable(here, *addressed, &error)))
            }
        },
        Body::Press { data } => {
            is("press");
            (true, press::run(inner, here, job, &offer, data, now).await)
        }
        Body::Moved { .. } | Body::Gone | Body::Raw { .. } => (false, Ok(Step::Silent)),
    };
    let step = match step {
        Ok(step) => step,
        Err(Failure::Refused(refusal)) => Step::Refuse(refusal.to_string()),
        Err(Failure::Fault(fault)) => return Err(fault),
    };
    Ok(Plan { is_command, step: authorised(here, step) })
}

/// What everybody in a chat shares is changed by those who run the chat; saying something is for all.
fn authorised(here: &Here, step: Step) -> Step {
    let shared = !here.lane_is_private() && !here.admin;
    if let Step::Change(change) = &step
        && shared
        && is_for_admins(&change.ask)
    {
        return Step::Refuse(words::admins_only());
    }
    step
}

/// Whether a change takes something away from all who share a lane, or sets how it works for them.
fn is_for_admins(ask: &Ask) -> bool {
    match ask {
        Ask::Say(_)
        | Ask::Append(..)
        | Ask::Visit
        | Ask::Ready
        | Ask::Save { .. }
        | Ask::Pin(_)
        | Ask::Unpin(_) => false,
        Ask::New(_)
        | Ask::Reset
        | Ask::Undo
        | Ask::UndoOf(_)
        | Ask::Redo
        | Ask::Clear
        | Ask::Restore(_)
        | Ask::DeleteCheckpoint(_)
        | Ask::Resume(_)
        | Ask::DeleteSession(_)
        | Ask::Rename(_)
        | Ask::SetDaily(_)
        | Ask::SetIdle(_)
        | Ask::SetStrategy(_)
        | Ask::Import(_) => true,
    }
}

/// In a group, a word that is no command of ours may be another bot's.
fn unreadable(here: &Here, addressed: bool, error: &ParseError) -> Step {
    let meant_for_us = here.direct || addressed || error.addressed();
    if error.is_unknown_command() && !meant_for_us {
        Step::Silent
    } else {
        Step::Refuse(error.to_string())
    }
}

/// What somebody says, with who it was where several may.
fn spoken(here: &Here, job: &Job, text: String) -> Words {
    let incoming = &job.incoming;
    let author = (!here.direct).then(|| sessions::model::Author {
        peer: incoming.peer_name(),
        name: incoming.peer.name.clone(),
    });
    Words { author, ..Words::user(text) }
}

/// One command.
async fn run<S: Store, E: Environment, O: Outlet>(
    inner: &Inner<S, E, O>,
    here: &Here,
    job: &Job,
    offer: &Offer<'_>,
    command: &Command,
) -> Result<Step, Failure> {
    if command.availability() == Availability::Later {
        return Ok(Step::Refuse(words::later(command.name())));
    }
    if job.incoming.faceless && here.lane_is_private() && needs_lane(command) {
        return Ok(Step::Refuse(words::faceless()));
    }
    match command {
        Command::New { text } => {
            Ok(Step::change(Ask::New(text.clone().map(|text| spoken(here, job, text)))))
        }
        Command::Reset => Ok(Step::change(Ask::Reset)),
        Command::Undo => Ok(Step::change(Ask::Undo)),
        Command::Redo => Ok(Step::change(Ask::Redo)),
        Command::Pin => Ok(Step::change(Ask::Pin(None))),
        Command::Unpin => Ok(Step::change(Ask::Unpin(None))),
        Command::Context(command) => context::run(inner, here, command).await,
        Command::Help { topic } => Ok(Step::tell(help::help(topic.as_deref()))),
        Command::Start => Ok(Step::tell(help::welcome(here))),
        Command::Whoami => Ok(Step::tell(help::whoami(here, job))),
        Command::Session(command) => session(inner, here, job, offer, command).await,
        Command::Checkpoint(command) => checkpoint(inner, here, offer, command).await,
        Command::History(command) => history(inner, here, offer, command).await,
        Command::Retry
        | Command::Stop
        | Command::Model { .. }
        | Command::Link { .. }
        | Command::Unlink
        | Command::Forget { .. } => Ok(Step::Refuse(words::later(command.name()))),
    }
}

/// Whether a command is about a lane, which a chat that speaks in its own name has only where it is shared.
fn needs_lane(command: &Command) -> bool {
    !matches!(
        command,
        Command::Help { .. }
            | Command::Start
            | Command::Whoami
            | Command::Session(SessionCommand::Scope(_) | SessionCommand::Hear(_))
    )
}

async fn session<S: Store, E: Environment, O: Outlet>(
    inner: &Inner<S, E, O>,
    here: &Here,
    job: &Job,
    offer: &Offer<'_>,
    command: &SessionCommand,
) -> Result<Step, Failure> {
    match command {
        SessionCommand::Show => conversation::card(inner, here).await,
        SessionCommand::List { all: false } => list::sessions(inner, here, offer, None).await,
        SessionCommand::List { all: true } => list::all(inner, here).await,
        SessionCommand::Resume { id } => {
            Ok(Step::change(Ask::Resume(SessionRef::Typed(id.clone()))))
        }
        SessionCommand::Rename { title } => Ok(Step::change(Ask::Rename(title.clone()))),
        SessionCommand::Delete { id } => {
            Ok(Step::change(Ask::DeleteSession(SessionRef::Typed(id.clone()))))
        }
        SessionCommand::Scope(word) => setting::scope(inner, here, job, *word).await,
        SessionCommand::Hear(word) => setting::hear(inner, here, job, *word),
        SessionCommand::ResetTime(None) | SessionCommand::IdleReset(None) => {
            setting::policy(inner, here).await
        }
        SessionCommand::ResetTime(Some(daily)) => Ok(Step::change(setting::daily(*daily))),
        SessionCommand::IdleReset(Some(idle)) => Ok(Step::change(setting::idle(*idle))),
        SessionCommand::Timezone(zone) => setting::zone(inner, here, zone.as_deref()),
    }
}

async fn checkpoint<S: Store, E: Environment, O: Outlet>(
    inner: &Inner<S, E, O>,
    here: &Here,
    offer: &Offer<'_>,
    command: &CheckpointCommand,
) -> Result<Step, Failure> {
    let typed = |target: &String| CheckpointRef::Typed(target.clone());
    match command {
        CheckpointCommand::Save { name, description } => {
            Ok(Step::change(Ask::Save { name: name.clone(), description: description.clone() }))
        }
        CheckpointCommand::List => list::checkpoints(inner, here, offer, None).await,
        CheckpointCommand::Restore { target } => Ok(Step::change(Ask::Restore(typed(target)))),
        CheckpointCommand::Delete { target } => {
            Ok(Step::change(Ask::DeleteCheckpoint(typed(target))))
        }
    }
}

async fn history<S: Store, E: Environment, O: Outlet>(
    inner: &Inner<S, E, O>,
    here: &Here,
    offer: &Offer<'_>,
    command: &HistoryCommand,
) -> Result<Step, Failure> {
    match command {
        HistoryCommand::Show { count } => {
            let limit = count.map_or(conversation::PAGE, |count| {
                usize::try_from(count).unwrap_or(conversation::PAGE)
            });
            conversation::history(inner, here, offer, None, None, limit).await
        }
        HistoryCommand::Export { format } => conversation::export(inner, here, *format).await,
        HistoryCommand::Clear => Ok(Step::change(Ask::Clear)),
        HistoryCommand::Search { words } => {
            conversation::search(inner, here, offer, words, None).await
        }
    }
}
