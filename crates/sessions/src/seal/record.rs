//! The sealed records: what of the domain's data goes into an envelope, and back.

use serde::{Deserialize, Serialize};

use crate::id::{CheckpointId, LaneId, SessionId};
use crate::model::{
    Checkpoint, Head, JournalEnds, JournalEntry, Lane, LaneSettings, Operation, Origin, Point,
    Scope, Session, SessionState, Snapshot, Spot, Tag, Usage,
};
use crate::time::Timestamp;

#[derive(Serialize, Deserialize)]
pub(super) struct LaneRecord {
    scope: Scope,
    current: SessionId,
    owner: Option<Tag>,
    settings: LaneSettings,
    journal: JournalEnds,
}

impl LaneRecord {
    pub(super) fn of(lane: &Lane) -> Self {
        Self {
            scope: lane.scope,
            current: lane.current,
            owner: lane.owner,
            settings: lane.settings.clone(),
            journal: lane.journal,
        }
    }

    pub(super) fn into_lane(self, id: LaneId, version: u64) -> Lane {
        Lane {
            id,
            version,
            scope: self.scope,
            current: self.current,
            owner: self.owner,
            settings: self.settings,
            journal: self.journal,
        }
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct SessionRecord {
    created_at: Timestamp,
    state: SessionState,
    state_since: Timestamp,
    end: Option<Spot>,
    title: Option<String>,
    origin: Origin,
    last_activity_at: Timestamp,
    last_interaction_at: Timestamp,
    reset_baseline_at: Timestamp,
    usage: Usage,
}

impl SessionRecord {
    pub(super) fn of(session: &Session) -> Self {
        Self {
            created_at: session.created_at,
            state: session.state,
            state_since: session.state_since,
            end: session.end,
            title: session.title.clone(),
            origin: session.origin.clone(),
            last_activity_at: session.last_activity_at,
            last_interaction_at: session.last_interaction_at,
            reset_baseline_at: session.reset_baseline_at,
            usage: session.usage,
        }
    }

    pub(super) fn into_session(self, id: SessionId, lane: LaneId) -> Session {
        Session {
            id,
            lane,
            created_at: self.created_at,
            state: self.state,
            state_since: self.state_since,
            end: self.end,
            title: self.title,
            origin: self.origin,
            last_activity_at: self.last_activity_at,
            last_interaction_at: self.last_interaction_at,
            reset_baseline_at: self.reset_baseline_at,
            usage: self.usage,
        }
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct TimelineRecord {
    pub(super) parent: Option<Point>,
    pub(super) tip: u64,
}

#[derive(Serialize, Deserialize)]
pub(super) struct CheckpointRecord {
    head: Head,
    name: String,
    description: Option<String>,
    created_at: Timestamp,
    automatic: bool,
    deleted_at: Option<Timestamp>,
}

impl CheckpointRecord {
    pub(super) fn of(checkpoint: &Checkpoint) -> Self {
        Self {
            head: checkpoint.head,
            name: checkpoint.name.clone(),
            description: checkpoint.description.clone(),
            created_at: checkpoint.created_at,
            automatic: checkpoint.automatic,
            deleted_at: checkpoint.deleted_at,
        }
    }

    pub(super) fn into_checkpoint(
        self,
        id: CheckpointId,
        lane: LaneId,
        session: SessionId,
    ) -> Checkpoint {
        Checkpoint {
            id,
            lane,
            session,
            head: self.head,
            name: self.name,
            description: self.description,
            created_at: self.created_at,
            automatic: self.automatic,
            deleted_at: self.deleted_at,
        }
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct JournalRecord {
    mark: u32,
    operation: Operation,
    before: Snapshot,
    after: Snapshot,
    carried: u64,
}

impl JournalRecord {
    pub(super) fn of(entry: &JournalEntry) -> Self {
        Self {
            mark: entry.mark,
            operation: entry.operation,
            before: entry.before.clone(),
            after: entry.after.clone(),
            carried: entry.carried,
        }
    }

    pub(super) fn into_entry(self, lane: LaneId, seq: u64, at: Timestamp) -> JournalEntry {
        JournalEntry {
            lane,
            seq,
            at,
            mark: self.mark,
            operation: self.operation,
            before: self.before,
            after: self.after,
            carried: self.carried,
        }
    }
}
