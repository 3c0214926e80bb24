//! The shapes that a store keeps: clear columns for look-ups, one sealed record beside them.
//!
//! Invariant: whatever a clear column says is in the sealed record too, or bound to it; the record is the authority,
//! and `seal` compares the two whenever a row is opened.

use std::fmt;

use vault::{KdfParams, KeyVersion, Mode, WrappedKey};

use crate::id::{CheckpointId, IdBytes, LaneId, SessionId, TimelineId};
use crate::model::{Point, Role, SessionState, Tag, TokenCount};
use crate::time::Timestamp;

/// What a store says of itself.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Header {
    /// Whether its rows are sealed.
    pub mode: Mode,
    /// The version of the master key that wraps new keys.
    pub key_version: KeyVersion,
    /// Fits the master key and the mode, and no other.
    pub check: Vec<u8>,
    /// How a passphrase becomes the master key; `None` for a raw key.
    pub kdf: Option<KdfParams>,
    /// The key of bindings and names.
    pub names_key: WrappedKey,
    /// Seals that the names key may have made: raised in blocks, ahead of use.
    pub names_seals: u64,
    /// The master key before, while keys may still be wrapped under it: a rotation is under way.
    pub previous: Option<PreviousMaster>,
}

/// A master key that is on its way out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PreviousMaster {
    /// Its version.
    pub version: KeyVersion,
    /// Fits it, and no other.
    pub check: Vec<u8>,
    /// How a passphrase becomes it; `None` for a raw key.
    pub kdf: Option<KdfParams>,
}

impl Header {
    /// Whether keys may be wrapped under the master key of this version.
    #[must_use]
    pub fn names(&self, version: KeyVersion) -> bool {
        let previous = self.previous.as_ref().map(|previous| previous.version);
        self.key_version == version || previous == Some(version)
    }
}

/// A lane.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LaneRow {
    /// Its id.
    pub id: LaneId,
    /// Its version; ignored when written.
    pub version: u64,
    /// Its current session.
    pub current: SessionId,
    /// Its owner's tag; `None` for a shared lane.
    pub owner: Option<Tag>,
    /// Scope, current session, owner, settings, journal.
    pub sealed: Vec<u8>,
}

/// A lane as loaded for deciding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadedLane {
    /// The lane.
    pub lane: LaneRow,
    /// Its current session.
    pub session: SessionRow,
    /// Whether a turn is queued or running.
    pub busy: bool,
}

/// A session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRow {
    /// Its id.
    pub id: SessionId,
    /// Its lane.
    pub lane: LaneId,
    /// Its state.
    pub state: SessionState,
    /// Its last activity.
    pub last_activity_at: Timestamp,
    /// Seals that its key has made.
    pub seals: u64,
    /// All that changes: state, end, title, times, usage.
    pub sealed: Vec<u8>,
}

/// A timeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimelineRow {
    /// Its id.
    pub id: TimelineId,
    /// The session whose key seals it.
    pub session: SessionId,
    /// Parent and tip; the tip holds while no session's end is on it.
    pub sealed: Vec<u8>,
}

/// A message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageRow {
    /// Where it stands; the key of the table.
    pub point: Point,
    /// Who speaks; bound.
    pub role: Role,
    /// When it was said; bound.
    pub created_at: Timestamp,
    /// 0 is ordinary, 255 is pinned; may change.
    pub importance: u8,
    /// Filled when first needed.
    pub tokens: Option<TokenCount>,
    /// Author, content, usage, answers_to.
    pub sealed: Vec<u8>,
}

/// A checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckpointRow {
    /// Its id.
    pub id: CheckpointId,
    /// Its lane.
    pub lane: LaneId,
    /// The session that it came from, whose key seals it.
    pub session: SessionId,
    /// When it was saved.
    pub created_at: Timestamp,
    /// Made by a restore.
    pub automatic: bool,
    /// When it was deleted.
    pub deleted_at: Option<Timestamp>,
    /// The tag of its folded name.
    pub name: Tag,
    /// Name, description, head, and the columns above.
    pub sealed: Vec<u8>,
}

/// A row of a lane's journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalRow {
    /// Its lane.
    pub lane: LaneId,
    /// Its number, from 1.
    pub seq: u64,
    /// When the operation happened.
    pub at: Timestamp,
    /// Operation, before, after.
    pub sealed: Vec<u8>,
}

/// What a wrapped key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KeyPurpose {
    /// A session's rows; the owner is the session.
    Session,
    /// Inbox and outbox payloads; the owner is the key's generation.
    Queue,
}

/// A wrapped key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRow {
    /// What it is for.
    pub purpose: KeyPurpose,
    /// Whose it is.
    pub owner: IdBytes,
    /// The key.
    pub wrapped: WrappedKey,
    /// When it was made.
    pub created_at: Timestamp,
}

/// What a sealed record is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RecordKind {
    /// A place.
    Place,
    /// A person.
    Person,
    /// A search that can be gone on with.
    Search,
}

/// A summary of the line that ends at a point.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SummaryRow {
    /// The last message that it covers.
    pub upto: Point,
    /// When it was written.
    pub created_at: Timestamp,
    /// Its text.
    pub sealed: Vec<u8>,
}

/// A kind of row, for counting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RowKind {
    /// Bound tags.
    Binding,
    /// Places, persons and remembered searches.
    Record,
    /// Lanes.
    Lane,
    /// Sessions.
    Session,
    /// Timelines.
    Timeline,
    /// Messages.
    Message,
    /// Summaries.
    Summary,
    /// Checkpoints, deleted and automatic ones too.
    Checkpoint,
    /// Journal entries.
    Journal,
    /// Wrapped keys.
    Key,
    /// Events that are not done, parked ones too.
    Inbox,
    /// Chunks that are neither sent nor dead.
    Outbox,
}

impl RowKind {
    /// All kinds.
    pub const ALL: [Self; 12] = [
        Self::Binding,
        Self::Record,
        Self::Lane,
        Self::Session,
        Self::Timeline,
        Self::Message,
        Self::Summary,
        Self::Checkpoint,
        Self::Journal,
        Self::Key,
        Self::Inbox,
        Self::Outbox,
    ];
}

impl fmt::Display for RowKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Binding => "bindings",
            Self::Record => "records",
            Self::Lane => "lanes",
            Self::Session => "sessions",
            Self::Timeline => "timelines",
            Self::Message => "messages",
            Self::Summary => "summaries",
            Self::Checkpoint => "checkpoints",
            Self::Journal => "journal entries",
            Self::Key => "keys",
            Self::Inbox => "events",
            Self::Outbox => "answers",
        })
    }
}

/// A row whose sealed part never changes while the store is live.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SealedRow {
    /// A message.
    Message(Point),
    /// An event of the inbox, parked or not, by its number.
    Event(i64),
    /// A chunk of the outbox, by its number.
    Answer(i64),
}

/// One change of a store. `Put` inserts or replaces by the row's key.
#[derive(Debug, Clone)]
pub enum Write {
    /// The header. Its count of seals never falls: a smaller one than is stored is raised to that.
    PutHeader(Box<Header>),
    /// Raises the seals that the names key may have made, and touches nothing else of the header.
    ReserveNames(u64),
    /// Binds a tag to an id; replaces what it was bound to.
    Bind(Tag, IdBytes),
    /// A place or person.
    PutRecord(RecordKind, IdBytes, Vec<u8>),
    /// A lane. Its version is raised by `expect`, not by this.
    PutLane(LaneRow),
    /// A session.
    PutSession(SessionRow),
    /// A timeline.
    PutTimeline(TimelineRow),
    /// A message; fails if there is one at its point.
    AddMessage(MessageRow),
    /// The importance of a message.
    SetImportance(Point, u8),
    /// The token count of a message.
    SetTokens(Point, TokenCount),
    /// A checkpoint.
    PutCheckpoint(CheckpointRow),
    /// A journal row.
    PutJournal(JournalRow),
    /// Removes a lane's journal rows from the first to the last number.
    CutJournal(LaneId, u64, u64),
    /// A key.
    PutKey(KeyRow),
    /// A key wrapped under a later master key, in place of the same key under an earlier one. Where there is none, or it
    /// is wrapped as late already, nothing changes: a key that was destroyed stays so.
    RewrapKey(KeyRow),
    /// Removes a key: whatever it sealed is lost for good.
    DestroyKey(KeyPurpose, IdBytes),
    /// Another sealed part for a row whose sealed part never changes otherwise: the same, sealed anew.
    Reseal(SealedRow, Vec<u8>),
    /// A summary.
    PutSummary(SummaryRow),
    /// Removes messages and summaries above a position, at most so many messages, the highest first.
    CutTimeline(TimelineId, u64, usize),
    /// Removes an empty timeline.
    DropTimeline(TimelineId),
    /// Removes a checkpoint.
    DropCheckpoint(CheckpointId),
    /// Removes a session without timelines.
    DropSession(SessionId),
}
