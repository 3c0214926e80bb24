//! Choosing and ordering rows of the tables in memory.
//!
//! Not here: anything that changes them.

use std::collections::BTreeMap;

use super::State;
use crate::id::{IdBytes, LaneId};
use crate::model::Point;
use crate::store::rows::{CheckpointRow, RowKind, SessionRow};
use crate::store::{After, Stretch};
use crate::time::Timestamp;

impl State {
    /// How many rows of a kind there are.
    pub(super) fn count(&self, kind: RowKind) -> usize {
        match kind {
            RowKind::Binding => self.bindings.len(),
            RowKind::Record => self.records.len(),
            RowKind::Lane => self.lanes.len(),
            RowKind::Session => self.sessions.len(),
            RowKind::Timeline => self.timelines.len(),
            RowKind::Message => self.messages.len(),
            RowKind::Summary => self.summaries.len(),
            RowKind::Checkpoint => self.checkpoints.len(),
            RowKind::Journal => self.journal.len(),
            RowKind::Key => self.keys.len(),
            RowKind::Inbox => self.inbox.len() + self.parked.len(),
            RowKind::Outbox => self.outbox.len(),
        }
    }

    /// A lane's checkpoints that are not deleted.
    pub(super) fn standing(&self, lane: LaneId) -> impl Iterator<Item = &CheckpointRow> {
        self.checkpoints.values().filter(move |row| row.lane == lane && row.deleted_at.is_none())
    }
}

pub(super) fn session_key(row: &SessionRow) -> (Timestamp, IdBytes) {
    (row.last_activity_at, *row.id.as_bytes())
}

pub(super) fn checkpoint_key(row: &CheckpointRow) -> (Timestamp, IdBytes) {
    (row.created_at, *row.id.as_bytes())
}

/// The rows behind `after`, the greatest (time, id) first.
pub(super) fn newest_first<'a, Row: Clone + 'a>(
    rows: impl Iterator<Item = &'a Row>,
    key: fn(&Row) -> (Timestamp, IdBytes),
    after: After,
    limit: usize,
) -> Vec<Row> {
    let mut rows: Vec<&Row> =
        rows.filter(|row| after.is_none_or(|after| key(row) < after)).collect();
    rows.sort_by_key(|row| std::cmp::Reverse(key(row)));
    rows.into_iter().take(limit).cloned().collect()
}

/// The rows of a stretch in the order of their positions; none when it ends before it begins.
pub(super) fn in_stretch<Row>(
    table: &BTreeMap<Point, Row>,
    stretch: Stretch,
) -> impl DoubleEndedIterator<Item = &Row> {
    let point = |position| Point { timeline: stretch.timeline, position };
    let range = (stretch.from <= stretch.to).then(|| point(stretch.from)..=point(stretch.to));
    range.into_iter().flat_map(|range| table.range(range)).map(|(_, row)| row)
}
