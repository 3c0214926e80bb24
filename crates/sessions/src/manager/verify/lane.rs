//! Lanes, their journals, and which sessions are whose.

use std::collections::BTreeMap;

use crate::environment::Environment;
use crate::error::Fault;
use crate::id::{IdBytes, LaneId, SessionId};
use crate::model::{JournalEntry, Lane, MarkedEnd, Point};
use crate::seal;
use crate::store::rows::{LaneRow, RowKind};
use crate::store::{IdKind, Store};

use super::super::{ATTEMPTS, Progress, SessionManager};
use super::session::Place;
use super::{PAGE, Walk};

/// Lanes and sessions of a page.
const FEW: usize = 256;

/// The heads that a lane's journal marks in its sessions, each with the number of the entry.
type Marks = BTreeMap<SessionId, Vec<(u64, Option<Point>)>>;

impl<S: Store, E: Environment> SessionManager<S, E> {
    pub(super) async fn verify_lanes<P: FnMut(Progress)>(
        &self,
        walk: &mut Walk<P>,
    ) -> Result<(), Fault> {
        let mut after = None;
        loop {
            let rows = self.inner.store.lanes(None, after, FEW).await;
            let Some(rows) = walk.listed(rows, RowKind::Lane, || "a lane".to_owned())? else {
                return Ok(());
            };
            let Some(last) = rows.last() else { return Ok(()) };
            after = Some(last.id);
            for row in rows {
                walk.lanes.insert(row.id);
                self.verify_settled_lane(row, walk).await?;
            }
        }
    }

    /// Looks at a lane; again, if something seems wrong and the lane has moved on meanwhile.
    async fn verify_settled_lane<P: FnMut(Progress)>(
        &self,
        mut row: LaneRow,
        walk: &mut Walk<P>,
    ) -> Result<(), Fault> {
        let (rows, found) = (walk.report.rows.clone(), walk.report.found);
        let (listed, done) = (walk.report.findings.len(), walk.come.done);
        for _ in 0..ATTEMPTS {
            self.verify_lane(&row, walk).await?;
            if walk.report.found == found {
                return Ok(());
            }
            let Ok(Some(now)) = self.inner.store.lane(row.id).await else { return Ok(()) };
            if now.lane.version == row.version {
                return Ok(());
            }
            row = now.lane;
            walk.report.findings.truncate(listed);
            walk.report.found = found;
            walk.report.rows.clone_from(&rows);
            walk.come.done = done;
        }
        self.verify_lane(&row, walk).await
    }

    async fn verify_lane<P: FnMut(Progress)>(
        &self,
        row: &LaneRow,
        walk: &mut Walk<P>,
    ) -> Result<(), Fault> {
        walk.report.saw(RowKind::Lane, 1);
        let lane = walk.opened(seal::open_lane(&self.inner.names, row));
        let mut marks = self.verify_journal(row.id, lane.as_ref(), walk).await?;
        let mut has_current = false;
        let mut from = IdBytes::default();
        loop {
            let range = from..=[0xff; 16];
            let ids = self.inner.store.ids(IdKind::Session, row.id, range, FEW).await;
            let name = || format!("a session of lane {}", row.id);
            let Some(ids) = walk.listed(ids, RowKind::Session, name)? else { break };
            for id in ids.iter().copied().map(SessionId::new) {
                let marked = marks.remove(&id).unwrap_or_default();
                let is_current = id == row.current;
                has_current |= is_current;
                let place = Place { lane: row.id, is_current, marked };
                self.verify_session_of(id, place, walk).await?;
            }
            let Some(next) = ids.last().and_then(successor).filter(|_| ids.len() == FEW) else {
                break;
            };
            from = next;
        }
        if !has_current {
            let what = format!("is missing, but current in lane {}", row.id);
            walk.report.note(format_args!("session {}", row.current), what);
        }
        for (id, entries) in marks {
            let entry = entries.first().map_or(0, |(seq, _)| *seq);
            let what = format!("is missing, but journal entry {entry} of lane {} names it", row.id);
            walk.report.note(format_args!("session {id}"), what);
        }
        Ok(())
    }

    async fn verify_session_of<P: FnMut(Progress)>(
        &self,
        id: SessionId,
        place: Place,
        walk: &mut Walk<P>,
    ) -> Result<(), Fault> {
        let row = self.inner.store.session(id).await;
        let name = || format!("session {id}");
        match walk.listed(row, RowKind::Session, name)? {
            Some(Some(row)) => self.verify_session(&row, Some(place), walk).await,
            // What it holds cannot be reached without it.
            None => {
                let held =
                    [RowKind::Timeline, RowKind::Message, RowKind::Summary, RowKind::Checkpoint];
                walk.unlisted.extend(held);
                Ok(())
            }
            // A clean-up has removed it meanwhile.
            Some(None) => Ok(()),
        }
    }

    /// Entries open, their numbers have no gap, and the last is the one that the lane knows.
    async fn verify_journal<P: FnMut(Progress)>(
        &self,
        id: LaneId,
        lane: Option<&Lane>,
        walk: &mut Walk<P>,
    ) -> Result<Marks, Fault> {
        let (mut marks, mut from) = (Marks::new(), 0);
        let mut last: Option<u64> = None;
        let name = |seq: u64| format!("journal entry {seq} of lane {id}");
        loop {
            let rows = self.inner.store.journal(id, from, PAGE).await;
            let kind = RowKind::Journal;
            let name_of_next = || format!("a journal entry from {from} of lane {id}");
            let Some(rows) = walk.listed(rows, kind, name_of_next)? else { break };
            walk.report.saw(kind, rows.len());
            for row in &rows {
                if let Some(gap) = last.map(|last| last + 1).filter(|next| *next != row.seq) {
                    walk.report.note(name(gap), "is missing");
                }
                last = Some(row.seq);
                let entry = walk.opened(seal::open_journal(&self.inner.names, row));
                entry.into_iter().for_each(|entry| mark(entry, &mut marks));
            }
            from = last.map_or(0, |last| last.saturating_add(1));
            if rows.len() < PAGE {
                break;
            }
        }
        if let (Some(lane), Some(last)) = (lane, last)
            && last != lane.journal.end
        {
            let is_short = last < lane.journal.end;
            let what = if is_short { "is missing" } else { "is behind the last of its lane" };
            walk.report.note(name(last.max(lane.journal.end)), what);
        }
        Ok(marks)
    }

    /// Sessions whose lane is not there; they were not come by in the walk of lanes.
    pub(super) async fn verify_strays<P: FnMut(Progress)>(
        &self,
        stored: &BTreeMap<RowKind, u64>,
        walk: &mut Walk<P>,
    ) -> Result<(), Fault> {
        let seen = walk.report.rows.get(&RowKind::Session).copied();
        if seen.unwrap_or(0) == stored.get(&RowKind::Session).copied().unwrap_or(0) {
            return Ok(());
        }
        let mut after = None;
        loop {
            let rows = self.inner.store.all_sessions(after, FEW).await;
            let kind = RowKind::Session;
            let Some(rows) = walk.listed(rows, kind, || "a session".to_owned())? else {
                return Ok(());
            };
            let Some(last) = rows.last() else { return Ok(()) };
            after = Some(last.id);
            for row in &rows {
                if walk.lanes.contains(&row.lane) {
                    continue;
                }
                let what = format!("belongs to lane {}, which is missing", row.lane);
                walk.report.note(format_args!("session {}", row.id), what);
                self.verify_session(row, None, walk).await?;
            }
        }
    }
}

/// The id behind this one, if it is not the last.
fn successor(id: &IdBytes) -> Option<IdBytes> {
    u128::from_be_bytes(*id).checked_add(1).map(u128::to_be_bytes)
}

fn mark(entry: JournalEntry, marks: &mut Marks) {
    for session in entry.before.sessions.into_iter().chain(entry.after.sessions) {
        let head = match session.end {
            MarkedEnd::At(head) => head,
            MarkedEnd::AsItIs => None,
        };
        marks.entry(session.id).or_default().push((entry.seq, head));
    }
}
