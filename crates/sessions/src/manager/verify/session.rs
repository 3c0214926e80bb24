//! What a session holds: its record, its timelines and how they branch, messages, summaries, checkpoints.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use vault::DataKey;

use crate::environment::Environment;
use crate::error::Fault;
use crate::id::{LaneId, SessionId, TimelineId};
use crate::model::{Point, Session, SessionState};
use crate::seal::{self, message_name, with_body};
use crate::step_aside;
use crate::store::rows::{KeyPurpose, MessageRow, RowKind, SessionRow, TimelineRow};
use crate::store::{Order, Store, StoreError, Stretch};

use super::super::{Progress, SessionManager};
use super::row_check::{Branch, Extent, RowCheck};
use super::{PAGE, Walk, unreadable};

/// What a lane knows of one of its sessions.
pub(super) struct Place {
    pub(super) lane: LaneId,
    pub(super) is_current: bool,
    /// The heads that journal entries mark, each with the number of the entry.
    pub(super) marked: Vec<(u64, Option<Point>)>,
}

/// One session's rows: its id, and its key if that unwraps. Without the key rows are counted and not opened.
struct Of<'a> {
    id: SessionId,
    key: Option<&'a DataKey>,
}

type Tree = BTreeMap<TimelineId, Branch>;

impl<S: Store, E: Environment> SessionManager<S, E> {
    pub(super) async fn verify_session<P: FnMut(Progress)>(
        &self,
        row: &SessionRow,
        place: Option<Place>,
        walk: &mut Walk<P>,
    ) -> Result<(), Fault> {
        walk.report.saw(RowKind::Session, 1);
        let name = format!("session {}", row.id);
        let key = self.stored_key(KeyPurpose::Session, *row.id.as_bytes(), row.seals).await;
        let key = match key {
            Ok((key, _)) => Some(key),
            Err(fault) => {
                walk.report.note_fault(fault)?;
                None
            }
        };
        let of = Of { id: row.id, key: key.as_ref() };
        let session = of.key.and_then(|key| walk.opened(seal::open_session(key, row)));
        if let (Some(session), Some(place)) = (&session, &place)
            && (session.state == SessionState::Current) != place.is_current
        {
            let what = format!("does not agree with lane {}", place.lane);
            walk.report.note(&name, what);
        }
        let mut tree = self.timelines_of(&of, session.as_ref(), walk).await?;
        if let Some(head) = session.and_then(|session| session.head()) {
            reach(&mut tree, &name, head, walk);
        }
        self.verify_checkpoints(&of, row.lane, &mut tree, walk).await?;
        for (seq, head) in place.into_iter().flat_map(|place| place.marked) {
            let by = format!("journal entry {seq} of lane {}", row.lane);
            head.into_iter().for_each(|point| reach(&mut tree, &by, point, walk));
        }
        spread(&mut tree, walk);
        for (id, branch) in tree {
            let last = self.verify_messages(&of, id, &branch, walk).await?;
            self.verify_summaries(&of, id, last, walk).await?;
        }
        Ok(())
    }

    async fn timelines_of<P: FnMut(Progress)>(
        &self,
        of: &Of<'_>,
        session: Option<&Session>,
        walk: &mut Walk<P>,
    ) -> Result<Tree, Fault> {
        let rows = self.inner.store.timelines(of.id).await;
        let name = || format!("a timeline of session {}", of.id);
        let rows = walk.listed(rows, RowKind::Timeline, name)?.unwrap_or_default();
        walk.report.saw(RowKind::Timeline, rows.len());
        let mut tree = Tree::new();
        for row in rows {
            let extent = of.key.and_then(|key| extent(key, &row, session, walk));
            tree.insert(row.id, Branch { extent, reach: 0 });
        }
        Ok(tree)
    }

    async fn verify_checkpoints<P: FnMut(Progress)>(
        &self,
        of: &Of<'_>,
        lane: LaneId,
        tree: &mut Tree,
        walk: &mut Walk<P>,
    ) -> Result<(), Fault> {
        let mut after = None;
        loop {
            let rows = self.inner.store.checkpoints_of(of.id, after, PAGE).await;
            let name = || format!("a checkpoint of session {}", of.id);
            let rows = walk.listed(rows, RowKind::Checkpoint, name)?.unwrap_or_default();
            walk.report.saw(RowKind::Checkpoint, rows.len());
            for row in &rows {
                let name = format!("checkpoint {}", row.id);
                if row.lane != lane {
                    walk.report.note(&name, format_args!("does not agree with session {}", of.id));
                }
                let Some(key) = of.key else { continue };
                let opened = walk.opened(seal::open_checkpoint(key, &self.inner.names, row));
                if let Some(point) = opened.and_then(|checkpoint| checkpoint.head) {
                    reach(tree, &name, point, walk);
                }
            }
            after = rows.last().map(|last| last.id);
            if rows.len() < PAGE {
                return Ok(());
            }
        }
    }

    /// Walks the messages of a timeline; answers the position of the last.
    async fn verify_messages<P: FnMut(Progress)>(
        &self,
        of: &Of<'_>,
        id: TimelineId,
        branch: &Branch,
        walk: &mut Walk<P>,
    ) -> Result<u64, Fault> {
        let mut row_check = RowCheck::new(id, branch);
        let mut from = 0;
        loop {
            let stretch = Stretch { timeline: id, from, to: u64::MAX };
            let page = self.inner.store.messages(stretch, Order::OldestFirst, PAGE).await;
            let (rows, next) = match page {
                Ok(rows) => {
                    let last = rows.last().filter(|_| rows.len() == PAGE);
                    let next = last.map(|last| last.point.position.saturating_add(1));
                    (rows, next)
                }
                Err(StoreError::Damaged(cause)) => {
                    self.read_singly(stretch, &cause, &mut row_check, walk).await?
                }
                Err(error) => return Err(error.into()),
            };
            let last = rows.last().map(|row| row.point.position);
            if let (Some(extent), Some(last)) = (&mut row_check.extent, last)
                && extent.tip.is_some_and(|tip| tip < last)
            {
                extent.tip = self.tip_by_now(of, id).await?.max(extent.tip);
            }
            for row in &rows {
                row_check.take(row.point.position, walk);
                if let Some(key) = of.key {
                    let opened = with_body(key, &of.id, row, &mut walk.buffer, |_| ());
                    walk.opened(opened);
                }
            }
            walk.report.saw(RowKind::Message, rows.len());
            walk.pass(rows.len());
            step_aside().await;
            match next {
                Some(next) => from = next,
                None => return Ok(row_check.end(walk)),
            }
        }
    }

    /// How far a timeline goes at this moment: it may have grown since its session was read. `None` if it cannot be told,
    /// or is gone.
    async fn tip_by_now(&self, of: &Of<'_>, id: TimelineId) -> Result<Option<u64>, Fault> {
        let Some(key) = of.key else { return Ok(None) };
        // The session last: what it says of its end is at least as new as the messages that were read.
        let timelines = readable(self.inner.store.timelines(of.id).await)?;
        let row = readable(self.inner.store.session(of.id).await)?.flatten();
        let session = row.and_then(|row| seal::open_session(key, &row).ok());
        let end = session.and_then(|session| session.end).map(|end| end.timeline);
        let timeline = timelines.into_iter().flatten().find(|row| row.id == id);
        let timeline = timeline.and_then(|row| seal::open_timeline(key, &row).ok());
        let known = [end.filter(|end| end.id == id), timeline];
        Ok(known.into_iter().flatten().map(|timeline| timeline.tip).max())
    }

    /// The rows of a page that cannot be read as a whole, and where the next page begins.
    async fn read_singly<P: FnMut(Progress)>(
        &self,
        page: Stretch,
        cause: &crate::store::Cause,
        row_check: &mut RowCheck,
        walk: &mut Walk<P>,
    ) -> Result<(Vec<MessageRow>, Option<u64>), Fault> {
        let known = row_check.extent.and_then(|extent| extent.tip.zip(Some(extent.first)));
        let Some((tip, first)) = known else {
            let name = format_args!("a message of timeline {}", page.timeline);
            walk.report.note(name, unreadable(cause));
            walk.unlisted.insert(RowKind::Message);
            return Ok((Vec::new(), None));
        };
        let first = page.from.max(first);
        let behind = first.saturating_add(u64::try_from(PAGE).unwrap_or(u64::MAX));
        let mut rows = Vec::new();
        for position in first..behind.min(tip.saturating_add(1)) {
            let point = Point { timeline: page.timeline, position };
            let only = Stretch { from: position, to: position, ..page };
            match self.inner.store.messages(only, Order::OldestFirst, 1).await {
                Ok(found) => rows.extend(found),
                Err(StoreError::Damaged(cause)) => {
                    walk.report.note(message_name(point), unreadable(&cause));
                    walk.unlisted.insert(RowKind::Message);
                    row_check.unreadable.insert(position);
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok((rows, Some(behind).filter(|behind| *behind <= tip)))
    }

    async fn verify_summaries<P: FnMut(Progress)>(
        &self,
        of: &Of<'_>,
        timeline: TimelineId,
        last: u64,
        walk: &mut Walk<P>,
    ) -> Result<(), Fault> {
        let mut to = Some(u64::MAX);
        while let Some(upto) = to {
            let row = self.inner.store.summary(Stretch { timeline, from: 0, to: upto }).await;
            let name = || format!("a summary up to {upto} of timeline {timeline}");
            let Some(Some(row)) = walk.listed(row, RowKind::Summary, name)? else { return Ok(()) };
            walk.report.saw(RowKind::Summary, 1);
            let position = row.upto.position;
            if let Some(key) = of.key {
                walk.opened(seal::open_summary(key, &of.id, &row));
            }
            if position > last {
                let name = format!("summary up to {position} of timeline {timeline}");
                walk.report.note(name, "covers messages that are missing");
            }
            to = position.checked_sub(1);
        }
        Ok(())
    }
}

/// What was read, if it can be.
fn readable<T>(read: Result<T, StoreError>) -> Result<Option<T>, StoreError> {
    match read {
        Err(StoreError::Damaged(_)) => Ok(None),
        read => read.map(Some),
    }
}

/// How far a timeline goes. While the session's end is on it, the session knows best.
fn extent<P: FnMut(Progress)>(
    key: &DataKey,
    row: &TimelineRow,
    session: Option<&Session>,
    walk: &mut Walk<P>,
) -> Option<Extent> {
    let timeline = walk.opened(seal::open_timeline(key, row))?;
    let (parent, first) = (timeline.parent, timeline.first());
    let end = session.and_then(|session| session.end).map(|end| end.timeline);
    let end = end.filter(|end| end.id == row.id);
    if end.is_some_and(|end| end.parent != parent || end.tip < timeline.tip) {
        walk.report.note(format_args!("timeline {}", row.id), "does not agree with its session");
    }
    let tip = session.map(|_| end.map_or(timeline.tip, |end| end.tip));
    Some(Extent { parent, first, tip })
}

/// Something reaches a message: it must be there, and all before it.
fn reach<P: FnMut(Progress)>(tree: &mut Tree, by: &str, point: Point, walk: &mut Walk<P>) {
    let Some(branch) = tree.get_mut(&point.timeline) else {
        let name = format_args!("timeline {}", point.timeline);
        walk.report.note(name, format_args!("is missing, but {by} leads to it"));
        return;
    };
    let Some(extent) = branch.extent else { return };
    if extent.holds(point.position) {
        branch.reach = branch.reach.max(point.position);
    } else {
        let what = format!("leads to {}, which its timeline does not hold", message_name(point));
        walk.report.note(by, what);
    }
}

/// What is reached on a branch is reached through what it branches off.
fn spread<P: FnMut(Progress)>(tree: &mut Tree, walk: &mut Walk<P>) {
    let mut branches: Vec<(u64, TimelineId, Point)> = tree
        .iter()
        .filter_map(|(id, branch)| {
            let extent = branch.extent?;
            Some((extent.first, *id, extent.parent?))
        })
        .collect();
    // A branch begins behind what it branches off, so those that begin last come first.
    branches.sort_by_key(|(first, id, _)| (Reverse(*first), *id));
    for (_, id, parent) in branches {
        let by = format!("timeline {id}");
        if tree.get(&id).is_some_and(|branch| branch.reach > 0) {
            reach(tree, &by, parent, walk);
        } else if !tree.contains_key(&parent.timeline) {
            let name = format_args!("timeline {}", parent.timeline);
            walk.report.note(name, format_args!("is missing, but {by} leads to it"));
        }
    }
}
