//! `decide`: what a request does to a lane. Pure: (lane as loaded, request, now, fresh ids) → changes and outcome.
//!
//! Every change of a session is decided here and nowhere else; the library's manager and the chat commands run the same
//! code. Looking at things never comes here.
//!
//! Invariant: the same arguments give the same decision, so a commit that lost a race is simply decided again.
//! Invariant: nothing that was said becomes unreachable. A head that moves away from words leaves an automatic
//! checkpoint or a journal entry that reaches them.

mod checkpoint;
mod draft;
mod journal;
mod lifecycle;
mod say;
mod setting;
#[cfg(test)]
mod tests;

use std::time::Duration;

use crate::id::{CheckpointId, LaneId, SessionId, TimelineId};
use crate::model::{
    Checkpoint, JournalEntry, Lane, LaneSettings, Message, Operation, Point, Session, Spot,
    Strategy, Timeline, Words,
};
use crate::refusal::Refusal;
use crate::reset::{ResetPolicy, ResetReason, Setting, TimeOfDay, Tz};
use crate::time::Timestamp;

use draft::Draft;
pub use lifecycle::{NewLane, open_lane};

/// A lane as loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LaneView {
    /// The lane.
    pub lane: Lane,
    /// Its current session.
    pub current: Session,
    /// Whether a turn is queued or running: it puts automatic resets off.
    pub busy: bool,
}

/// What configuration, place and person say, put together for one lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// Daily reset where the lane has no setting of its own.
    pub daily: Option<TimeOfDay>,
    /// Idle reset, in minutes, where the lane has no setting of its own.
    pub idle_minutes: Option<u32>,
    /// A daily reset happens only after so long without interaction.
    pub daily_min_idle: Duration,
    /// The zone of wall-clock times.
    pub zone: Tz,
    /// When that zone was chosen; resets count from then at the earliest.
    pub zone_since: Timestamp,
    /// Context strategy where the lane has no setting of its own.
    pub strategy: Strategy,
    /// How long things can be undone and stay in the bin.
    pub undo_window: Duration,
}

impl Rules {
    /// The reset policy of a lane with these settings.
    #[must_use]
    pub fn policy(&self, settings: &LaneSettings) -> ResetPolicy {
        ResetPolicy {
            daily: settings.daily.or(self.daily),
            idle: settings
                .idle_minutes
                .or(self.idle_minutes)
                .map(|minutes| Duration::from_secs(u64::from(minutes) * 60)),
            daily_min_idle: self.daily_min_idle,
            zone: self.zone,
        }
    }

    /// The instant from which the resets of a session count.
    #[must_use]
    pub fn anchor(&self, session: &Session) -> Timestamp {
        session.reset_anchor().max(self.zone_since)
    }
}

/// Ids that a decision may use, drawn by the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fresh {
    /// For a session that is opened.
    pub session: SessionId,
    /// For a timeline that is opened.
    pub timeline: TimelineId,
    /// For a checkpoint that is saved.
    pub checkpoint: CheckpointId,
    /// For a journal entry that is written.
    pub mark: u32,
}

/// Time, rules and ids of one decision.
#[derive(Debug, Clone, Copy)]
pub struct Moment<'a> {
    /// The present, for this lane: never before its last activity.
    pub now: Timestamp,
    /// The lane's rules.
    pub rules: &'a Rules,
    /// Fresh ids.
    pub fresh: &'a Fresh,
}

/// What is asked of a lane.
#[derive(Debug, Clone)]
pub enum Request {
    /// A message of the conversation; may bring an automatic reset about.
    Say(Words),
    /// A message for exactly this session, which must be current.
    Append(SessionId, Words),
    /// Nothing but an automatic reset, if one is due.
    Visit,
    /// Nothing: the lane is only made, if need be.
    Ready,
    /// `/new`.
    New(Option<Words>),
    /// `/reset`.
    Reset,
    /// `/undo`.
    Undo(Box<JournalTarget>),
    /// `/redo`.
    Redo(Box<JournalTarget>),
    /// `/history clear`.
    Clear,
    /// `/checkpoint save`.
    Save {
        /// The name; the default is the local date and time.
        name: Option<String>,
        /// A longer text.
        description: Option<String>,
    },
    /// `/checkpoint restore`.
    Restore(Box<RestoreTarget>),
    /// `/checkpoint delete`.
    DeleteCheckpoint(Box<Checkpoint>),
    /// `/session resume` of a session that is not current.
    Resume(Box<Session>),
    /// `/session delete` of a session that is not current.
    DeleteSession(Box<Session>),
    /// `/session rename`.
    Rename(String),
    /// `/session reset-time`.
    SetDaily(Setting<TimeOfDay>),
    /// `/session idle-reset`, in minutes.
    SetIdle(Setting<u32>),
    /// `/context strategy`.
    SetStrategy(Strategy),
    /// `/pin`.
    Pin(Box<Message>),
    /// `/unpin`.
    Unpin(Box<Message>),
    /// A conversation brought in from an export, kept as a past session.
    Import(Box<Imported>),
}

/// A journal entry with what it touches.
#[derive(Debug, Clone)]
pub struct JournalTarget {
    /// The entry.
    pub entry: JournalEntry,
    /// The sessions that it touches, without the current one.
    pub sessions: Vec<Session>,
    /// The ends that it may move sessions to.
    pub spots: Vec<Spot>,
    /// The checkpoint that it touches.
    pub checkpoint: Option<Checkpoint>,
    /// Of an automatic reset: the messages of the new session that have not been carried back yet, oldest first.
    pub said_since: Vec<Message>,
}

/// A checkpoint with what it reaches.
#[derive(Debug, Clone)]
pub struct RestoreTarget {
    /// The checkpoint.
    pub checkpoint: Checkpoint,
    /// Its session, unless that is the current one.
    pub session: Option<Session>,
    /// Its head; `None` for a checkpoint of an empty conversation.
    pub spot: Option<Spot>,
}

/// What an import brings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// When the session began.
    pub created_at: Timestamp,
    /// Its title.
    pub title: Option<String>,
    /// Its messages, oldest first.
    pub messages: Vec<ImportedMessage>,
    /// Checkpoints on its line, each with a fresh id.
    pub checkpoints: Vec<ImportedCheckpoint>,
    /// The totals of its model calls.
    pub usage: crate::model::Usage,
}

/// One message of an import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportedMessage {
    /// What is said.
    pub words: Words,
    /// When it was said.
    pub created_at: Timestamp,
    /// Whether it is pinned.
    pub pinned: bool,
}

/// One checkpoint of an import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportedCheckpoint {
    /// A fresh id.
    pub id: CheckpointId,
    /// The position that it names; 0 for the empty conversation.
    pub position: u64,
    /// Its name.
    pub name: String,
    /// A longer text.
    pub description: Option<String>,
    /// When it was saved.
    pub created_at: Timestamp,
}

/// One change that a decision makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// The lane, new or changed.
    SaveLane(Lane),
    /// A session that begins: it gets a key.
    OpenSession(Session),
    /// A session, changed.
    SaveSession(Session),
    /// A timeline that begins, or that no session's end is on any more.
    SaveTimeline(SessionId, Timeline),
    /// A message at the end of its timeline.
    Append(SessionId, Message),
    /// The importance of a message.
    SetImportance(Point, u8),
    /// A checkpoint, new, deleted or brought back.
    SaveCheckpoint(Checkpoint),
    /// A journal entry, new or rewritten.
    WriteJournal(JournalEntry),
    /// Journal entries from one number to another can no longer be done again.
    CutJournal(LaneId, u64, u64),
    /// The live turn ends without a result.
    EndTurn(LaneId),
}

/// A decision: what changes, and what the requester is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// The changes, in order.
    pub changes: Vec<Change>,
    /// The lane as it is after them, its version not yet raised.
    pub lane: Lane,
    /// The current session as it is after them.
    pub current: Session,
    /// What came of it.
    pub outcome: Outcome,
}

/// What came of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// A message was stored there; first, perhaps, the lane was reset.
    Said {
        /// Where it stands.
        point: Point,
        /// Why a new session was begun for it.
        reset: Option<ResetReason>,
    },
    /// The lane is ready; first, perhaps, it was reset.
    Visited {
        /// Why a new session was begun.
        reset: Option<ResetReason>,
    },
    /// A new session was begun; the old one is kept, or is in the bin.
    Began {
        /// The session that was closed, with what it holds; `None` if the current one was empty and is used again.
        closed: Option<Box<Session>>,
        /// Whether a first message was stored.
        said: bool,
    },
    /// Something was taken back or done again.
    Moved {
        /// The operation.
        operation: Operation,
        /// Words said since that are kept apart, under an automatic checkpoint.
        kept: Option<Box<Checkpoint>>,
        /// Words said since that were carried over.
        carried: u64,
    },
    /// The conversation was emptied of so many messages.
    Cleared(u64),
    /// A checkpoint was saved.
    Saved(Box<Checkpoint>),
    /// A checkpoint was restored.
    Restored {
        /// The checkpoint.
        checkpoint: Box<Checkpoint>,
        /// The automatic checkpoint of what was there before, unless that was empty.
        kept: Option<Box<Checkpoint>>,
    },
    /// A checkpoint was deleted.
    CheckpointDeleted(Box<Checkpoint>),
    /// A past session is current again; this one was, and is kept.
    Resumed(Box<Session>),
    /// A session is in the bin.
    SessionDeleted(Box<Session>),
    /// The current session has this title.
    Renamed(String),
    /// A setting was changed.
    SettingChanged,
    /// A message is pinned, or no longer.
    PinChanged {
        /// The message.
        position: u64,
        /// Whether it is pinned.
        pinned: bool,
    },
    /// A session was brought in.
    Imported(Box<Session>),
}

/// Decides a request.
///
/// # Errors
/// A [`Refusal`], worded for the person who asked, when the request cannot be done; nothing changes then.
pub fn decide(view: &LaneView, request: Request, moment: &Moment<'_>) -> Result<Decision, Refusal> {
    let mut draft = Draft::new(view, moment);
    let outcome = match request {
        Request::Say(words) => Ok(say::say(&mut draft, words)),
        Request::Append(session, words) => say::append(&mut draft, session, words),
        Request::Visit => Ok(Outcome::Visited { reset: lifecycle::reset_if_due(&mut draft) }),
        Request::Ready => Ok(Outcome::Visited { reset: None }),
        Request::New(first) => Ok(lifecycle::new(&mut draft, first)),
        Request::Reset => Ok(lifecycle::reset(&mut draft)),
        Request::Undo(target) => journal::undo(&mut draft, *target),
        Request::Redo(target) => journal::redo(&mut draft, *target),
        Request::Clear => lifecycle::clear(&mut draft),
        Request::Save { name, description } => checkpoint::save(&mut draft, name, description),
        Request::Restore(target) => checkpoint::restore(&mut draft, *target),
        Request::DeleteCheckpoint(found) => checkpoint::delete(&mut draft, *found),
        Request::Resume(session) => lifecycle::resume(&mut draft, *session),
        Request::DeleteSession(session) => lifecycle::delete(&mut draft, *session),
        Request::Rename(title) => setting::rename(&mut draft, title),
        Request::SetDaily(daily) => Ok(setting::set_daily(&mut draft, daily)),
        Request::SetIdle(idle) => Ok(setting::set_idle(&mut draft, idle)),
        Request::SetStrategy(strategy) => Ok(setting::set_strategy(&mut draft, strategy)),
        Request::Pin(message) => Ok(setting::pin(&mut draft, &message)),
        Request::Unpin(message) => setting::unpin(&mut draft, &message),
        Request::Import(imported) => lifecycle::import(&mut draft, *imported),
    }?;
    Ok(draft.finish(outcome))
}
