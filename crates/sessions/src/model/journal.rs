//! The journal's data: what happened, and how things stood before and after.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::id::{CheckpointId, LaneId, SessionId};
use crate::time::Timestamp;

use super::{Head, SessionState};

/// What the journal can take back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Operation {
    /// `/new`.
    New,
    /// `/reset`.
    Reset,
    /// A daily or idle reset.
    AutomaticReset,
    /// `/history clear`.
    Clear,
    /// `/checkpoint restore`.
    Restore,
    /// `/checkpoint delete`.
    DeleteCheckpoint,
    /// `/session resume`.
    Resume,
    /// `/session delete` of a session that is not current.
    DeleteSession,
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::New => "/new",
            Self::Reset => "/reset",
            Self::AutomaticReset => "the automatic reset",
            Self::Clear => "/history clear",
            Self::Restore => "/checkpoint restore",
            Self::DeleteCheckpoint => "/checkpoint delete",
            Self::Resume => "/session resume",
            Self::DeleteSession => "/session delete",
        })
    }
}

/// How one session stood.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionMark {
    /// The session.
    pub id: SessionId,
    /// Its state.
    pub state: SessionState,
    /// Its end.
    pub end: MarkedEnd,
}

/// The end of a session in a snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum MarkedEnd {
    /// It did not exist yet: whatever it holds when the snapshot is restored stays.
    AsItIs,
    /// It had this head.
    At(Head),
}

/// How a lane stood before or after an operation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// The current session.
    pub current: SessionId,
    /// Each session that the operation touches.
    pub sessions: Vec<SessionMark>,
    /// The checkpoint that the operation touches, and whether it stood as deleted.
    pub checkpoint: Option<(CheckpointId, bool)>,
}

/// One row of a lane's journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalEntry {
    /// Its lane.
    pub lane: LaneId,
    /// Its number in the lane, from 1.
    pub seq: u64,
    /// When the operation happened.
    pub at: Timestamp,
    /// A random number, by which a button names this entry and no other.
    pub mark: u32,
    /// The operation.
    pub operation: Operation,
    /// How things stood before.
    pub before: Snapshot,
    /// How things stood after; rewritten by undo.
    pub after: Snapshot,
    /// Of an automatic reset: how many messages of the new session have been carried back already.
    pub carried: u64,
}
