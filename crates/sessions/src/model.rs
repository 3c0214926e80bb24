//! The domain's plain data: lanes, sessions, timelines, messages, checkpoints, the journal.
//!
//! Everything here is opened (plaintext) and owned; its sealed form is in `store::rows`, the way between in `seal`.
//!
//! Invariant: a position is absolute depth. The first message of a session is 1; the first row of a branch is the
//! branch position + 1. So the position of a head is also the number of messages it reaches.

mod acquaintance;
mod journal;

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::id::{CheckpointId, LaneId, SessionId, TimelineId};
use crate::reset::{Setting, TimeOfDay};
use crate::time::Timestamp;

pub use acquaintance::{Person, Place, ZoneSetting};
pub use journal::{JournalEntry, MarkedEnd, Operation, SessionMark, Snapshot};

/// Who speaks in a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// A person.
    User,
    /// The assistant.
    Assistant,
    /// The operator's instructions; never what people, files or summaries say.
    System,
}

impl Role {
    /// The word used in exports and on the wire.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Assistant => "assistant",
            Self::System => "system",
        }
    }
}

/// The rule that turns an origin into a lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    /// One global session.
    Main,
    /// One per person over all channels.
    PerPeer,
    /// One per person in each place. The default.
    PerChannelPeer,
    /// One shared by all in a place.
    PerChannel,
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Main => "main",
            Self::PerPeer => "per-peer",
            Self::PerChannelPeer => "per-channel-peer",
            Self::PerChannel => "per-channel",
        })
    }
}

/// How a context is chosen from a session's messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Strategy {
    /// The newest messages that fit.
    Recent,
    /// System messages, the first question, what is important, then the newest.
    Smart,
    /// Older messages replaced by a summary.
    Summarize,
}

impl fmt::Display for Strategy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Recent => "recent",
            Self::Smart => "smart",
            Self::Summarize => "summarize",
        })
    }
}

/// Tokens that a model call took, as the model's server counted them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Usage {
    /// Tokens read.
    pub input_tokens: u64,
    /// Tokens written.
    pub output_tokens: u64,
}

impl Usage {
    /// The sum of both, saturating.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self {
            input_tokens: self.input_tokens.saturating_add(other.input_tokens),
            output_tokens: self.output_tokens.saturating_add(other.output_tokens),
        }
    }
}

/// Who said a message, for groups and for `/forget`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Author {
    /// The peer, as `channel:id`.
    pub peer: String,
    /// What the channel calls them.
    pub name: String,
}

/// One message of a timeline: the head that ends with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Point {
    /// The timeline that holds the message.
    pub timeline: TimelineId,
    /// Its position, from 1.
    pub position: u64,
}

/// A session's present end: empty, or a message.
pub type Head = Option<Point>;

/// How many messages a head reaches.
#[must_use]
pub fn message_count(head: Head) -> u64 {
    head.map_or(0, |point| point.position)
}

/// An append-only run of messages, perhaps branched off another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timeline {
    /// Its id.
    pub id: TimelineId,
    /// Where it branches off; `None` for one that begins at position 1.
    pub parent: Option<Point>,
    /// The position of its last message.
    pub tip: u64,
}

impl Timeline {
    /// The position of its first message.
    #[must_use]
    pub fn first(&self) -> u64 {
        message_count(self.parent).saturating_add(1)
    }
}

/// A head together with the timeline it is on, which is what moving a head takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spot {
    /// The timeline.
    pub timeline: Timeline,
    /// A position on it: from its first to its tip.
    pub position: u64,
}

impl Spot {
    /// The head at this spot.
    #[must_use]
    pub const fn point(&self) -> Point {
        Point { timeline: self.timeline.id, position: self.position }
    }
}

/// What is said, before it has a place on a timeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    /// Who speaks.
    pub role: Role,
    /// The text.
    pub content: String,
    /// Who said it, where several may.
    pub author: Option<Author>,
    /// What a model call took.
    pub usage: Option<Usage>,
    /// The question that an assistant's message answers, by position.
    pub answers_to: Option<u64>,
}

impl Words {
    /// A person's words, without more.
    #[must_use]
    pub fn user(content: impl Into<String>) -> Self {
        Self {
            role: Role::User,
            content: content.into(),
            author: None,
            usage: None,
            answers_to: None,
        }
    }
}

/// A token count and the tokenizer that made it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenCount {
    /// Which tokenizer counted (`context::tokens` lists them).
    pub tokenizer: u8,
    /// How many tokens.
    pub tokens: u32,
}

/// One message on a timeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Where it stands.
    pub point: Point,
    /// What is said, and by whom.
    pub words: Words,
    /// When it was said.
    pub created_at: Timestamp,
    /// See `importance`: 0 is ordinary, 255 is pinned.
    pub importance: u8,
    /// Filled when a context first needs it.
    pub tokens: Option<TokenCount>,
}

/// What becomes of a session in its lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SessionState {
    /// The lane's present conversation.
    Current,
    /// Closed, kept, listed, resumable.
    Past,
    /// In the bin: not listed, brought back by `/undo` or `/session resume` until its time is over.
    Binned,
    /// Purged down to what checkpoints hold: neither listed nor resumable, brought back by a restore.
    Held,
}

/// Where a session's first message came from.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Origin {
    /// The channel or, through the library, the caller's channel id.
    pub channel: String,
    /// The caller's id of the user.
    pub user: Option<String>,
    /// The caller's id of the peer, kept as it was given.
    pub peer: Option<String>,
}

/// One stretch of conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Its id.
    pub id: SessionId,
    /// Its lane, for life.
    pub lane: LaneId,
    /// When it began.
    pub created_at: Timestamp,
    /// What has become of it.
    pub state: SessionState,
    /// When that became so.
    pub state_since: Timestamp,
    /// Its end, with the timeline that the end is on; `None` while it is empty.
    pub end: Option<Spot>,
    /// The title that a person gave.
    pub title: Option<String>,
    /// Where it came from.
    pub origin: Origin,
    /// When anything last happened in it.
    pub last_activity_at: Timestamp,
    /// When a person last spoke or an answer was last delivered, and nothing else.
    pub last_interaction_at: Timestamp,
    /// Set to now by open, resume, undo, redo, restore and a change of policy or zone.
    pub reset_baseline_at: Timestamp,
    /// Tokens of all its model calls, whatever became of their messages.
    pub usage: Usage,
}

impl Session {
    /// Its head.
    #[must_use]
    pub fn head(&self) -> Head {
        self.end.map(|spot| spot.point())
    }

    /// How many messages it holds.
    #[must_use]
    pub fn message_count(&self) -> u64 {
        message_count(self.head())
    }

    /// The instant from which resets count (`reset::reset_due`).
    #[must_use]
    pub fn reset_anchor(&self) -> Timestamp {
        self.last_interaction_at.max(self.reset_baseline_at)
    }
}

/// The lane's own settings; what is unset is decided by configuration.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct LaneSettings {
    /// Daily reset.
    pub daily: Setting<TimeOfDay>,
    /// Idle reset, in minutes.
    pub idle_minutes: Setting<u32>,
    /// Context strategy.
    pub strategy: Option<Strategy>,
}

/// Where the journal of a lane stands.
///
/// Rows 1 to `done` can be undone, from the top; rows `done` + 1 to `end` can be done again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct JournalEnds {
    /// The last row that is in effect; 0 when there is none.
    pub done: u64,
    /// The last row there is.
    pub end: u64,
}

/// Where one conversation runs: the unit of locking and of privacy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lane {
    /// Its id.
    pub id: LaneId,
    /// Raised by one by every commit that touches the lane.
    pub version: u64,
    /// The rule it was made under.
    pub scope: Scope,
    /// Its present session.
    pub current: SessionId,
    /// The owner's tag; `None` for a shared lane.
    pub owner: Option<Tag>,
    /// Its own settings.
    pub settings: LaneSettings,
    /// Where its journal stands.
    pub journal: JournalEnds,
}

/// A keyed hash that stands for an identifier in clear columns.
pub type Tag = [u8; 16];

/// A named, immutable reference to a head.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Its id.
    pub id: CheckpointId,
    /// The lane it belongs to.
    pub lane: LaneId,
    /// The session it came from.
    pub session: SessionId,
    /// What it names.
    pub head: Head,
    /// Its name.
    pub name: String,
    /// A longer text.
    pub description: Option<String>,
    /// When it was saved.
    pub created_at: Timestamp,
    /// Made by a restore, not by a person: lives for the undo window only.
    pub automatic: bool,
    /// When it was deleted, while the deletion can be undone.
    pub deleted_at: Option<Timestamp>,
}

impl Checkpoint {
    /// How many messages it reaches.
    #[must_use]
    pub fn message_count(&self) -> u64 {
        message_count(self.head)
    }
}

/// A summary that stands for the messages of a line up to and with a point.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// The last message that it covers.
    pub upto: Point,
    /// When it was written.
    pub created_at: Timestamp,
    /// Its text.
    pub text: String,
}
