//! Reading a line: the messages that a head reaches, over all the branches they lie on.
//!
//! Invariant: positions on a line have no gaps. A row that should be there and is not is a fault, never a shorter history.

use crate::error::Fault;
use crate::id::{SessionId, TimelineId};
use crate::model::{Head, Message, Point, Spot, Timeline};
use crate::seal::{RowFault, message_name, open_message, open_timeline};
use crate::store::rows::MessageRow;
use crate::store::{Order, Store, Stretch};

use vault::DataKey;

/// One session's rows: its id and its key.
#[derive(Clone, Copy)]
pub(crate) struct SessionKey<'a> {
    pub(crate) id: SessionId,
    pub(crate) key: &'a DataKey,
}

/// The timeline of a session by its id.
pub(crate) async fn load_timeline<S: Store>(
    store: &S,
    of: SessionKey<'_>,
    id: TimelineId,
) -> Result<Timeline, Fault> {
    let missing = |fault: RowFault| fault.of(format_args!("timeline {id}"));
    let row = store.timeline(id).await?.ok_or_else(|| missing(RowFault::Missing))?;
    if row.session != of.id {
        return Err(missing(RowFault::Disagrees).into());
    }
    Ok(open_timeline(of.key, &row)?)
}

/// A head with its timeline. `end` is the present end of the session, which knows the tip of its own timeline best.
pub(crate) async fn load_spot<S: Store>(
    store: &S,
    of: SessionKey<'_>,
    end: Option<Spot>,
    head: Head,
) -> Result<Option<Spot>, Fault> {
    let Some(point) = head else { return Ok(None) };
    let timeline = match end {
        Some(spot) if spot.timeline.id == point.timeline => spot.timeline,
        _ => load_timeline(store, of, point.timeline).await?,
    };
    if point.position < timeline.first() || point.position > timeline.tip {
        return Err(RowFault::Disagrees
            .of(format_args!("head on timeline {}", point.timeline))
            .into());
    }
    Ok(Some(Spot { timeline, position: point.position }))
}

/// The stretches of a line, the newest first.
pub(crate) struct Line<'a, S> {
    store: &'a S,
    of: SessionKey<'a>,
    at: Option<Spot>,
}

impl<'a, S: Store> Line<'a, S> {
    /// The line that ends at `end`.
    pub(crate) fn new(store: &'a S, of: SessionKey<'a>, end: Option<Spot>) -> Self {
        Self { store, of, at: end }
    }

    /// The next older stretch, whole.
    pub(crate) async fn stretch(&mut self) -> Result<Option<Stretch>, Fault> {
        let Some(spot) = self.at else { return Ok(None) };
        let Spot { timeline, position } = spot;
        self.at = match timeline.parent {
            None => None,
            Some(parent) => {
                let above = load_timeline(self.store, self.of, parent.timeline).await?;
                Some(Spot { timeline: above, position: parent.position })
            }
        };
        Ok(Some(Stretch { timeline: timeline.id, from: timeline.first(), to: position }))
    }

    /// Goes back to the stretch that holds `position`, so that reading starts there.
    pub(crate) async fn seek(&mut self, position: u64) -> Result<(), Fault> {
        while let Some(spot) = self.at {
            if position >= spot.timeline.first() {
                self.at = Some(Spot { position: position.min(spot.position), ..spot });
                return Ok(());
            }
            self.stretch().await?;
        }
        Ok(())
    }

    /// Up to `limit` rows before those that were read already, the newest first; empty at the beginning of the line.
    pub(crate) async fn older_rows(&mut self, limit: usize) -> Result<Vec<MessageRow>, Fault> {
        let mut rows: Vec<MessageRow> = Vec::new();
        while let Some(spot) = self.at {
            let room = limit.saturating_sub(rows.len());
            if room == 0 {
                break;
            }
            let first = spot.timeline.first();
            let stretch = Stretch { timeline: spot.timeline.id, from: first, to: spot.position };
            let found = self.store.messages(stretch, Order::NewestFirst, room).await?;
            let mut expected = spot.position;
            let wanted = room.min(usize::try_from(spot.position + 1 - first).unwrap_or(usize::MAX));
            for row in &found {
                if row.point.position != expected {
                    break;
                }
                expected = expected.saturating_sub(1);
            }
            if spot.position - expected != u64::try_from(wanted).unwrap_or(u64::MAX) {
                let gap = Point { timeline: spot.timeline.id, position: expected };
                return Err(RowFault::Missing.of(message_name(gap)).into());
            }
            if rows.is_empty() {
                rows = found;
            } else {
                rows.extend(found);
            }
            if expected >= first {
                self.at = Some(Spot { position: expected, ..spot });
            } else {
                self.stretch().await?;
            }
        }
        Ok(rows)
    }

    /// Up to `limit` messages before those that were read already, the newest first.
    pub(crate) async fn older(&mut self, limit: usize) -> Result<Vec<Message>, Fault> {
        let mut buffer = Vec::new();
        let rows = self.older_rows(limit).await?;
        rows.iter()
            .map(|row| {
                open_message(self.of.key, &self.of.id, row, &mut buffer).map_err(Fault::from)
            })
            .collect()
    }
}

/// Where on a line a position lies; `None` when the line does not reach so far.
pub(crate) async fn point_at<S: Store>(
    store: &S,
    of: SessionKey<'_>,
    end: Option<Spot>,
    position: u64,
) -> Result<Head, Fault> {
    if position == 0 || end.is_none_or(|spot| position > spot.position) {
        return Ok(None);
    }
    let mut line = Line::new(store, of, end);
    line.seek(position).await?;
    Ok(line.at.map(|spot| spot.point()))
}
