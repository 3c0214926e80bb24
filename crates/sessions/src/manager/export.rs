//! Exports of stored sessions, and bringing them in again.
//!
//! An export reads the line of a head from its beginning, a page of rows at a time.
//!
//! Invariant: an export holds every message that its head reaches. A row that should be there and is not is a fault.

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use crate::decide::{Imported, Outcome};
use crate::environment::Environment;
use crate::error::{Failure, Fault};
use crate::export::{Cover, Document, ExportFormat, json};
use crate::id::{CheckpointId, IdPrefix, LaneId};
use crate::line::{Line, SessionKey, load_spot};
use crate::model::{Checkpoint, Head, Point, Scope, Session, Spot, message_count};
use crate::seal::{self, RowFault, message_name};
use crate::store::{IdKind, Order, Store, Stretch};
use crate::time::Timestamp;

use super::{Ask, At, Rider, SessionInfo, SessionManager};

/// Rows that are read at a time.
const PAGE: usize = 512;

impl<S: Store, E: Environment> SessionManager<S, E> {
    /// A whole session as text.
    ///
    /// # Errors
    /// When the store fails or a row is missing or does not open.
    pub async fn export_session(
        &self,
        session: &Session,
        format: ExportFormat,
    ) -> Result<String, Failure> {
        self.export_at(session, session.head(), format).await
    }

    /// A session as text, with the messages and checkpoints that `head` reaches. Title, times and token totals are
    /// those of `session`.
    ///
    /// # Errors
    /// When the store fails, a row is missing or does not open, or the head is not of this session.
    pub async fn export_at(
        &self,
        session: &Session,
        head: Head,
        format: ExportFormat,
    ) -> Result<String, Failure> {
        let key = self.needed_key(session.id).await?;
        let of = SessionKey { id: session.id, key: &key };
        let end = load_spot(&self.inner.store, of, session.end, head).await?;
        let line = self.stretches(of, end).await?;
        let cover = if format.has_cover() {
            let scope = self.scope_of(session.lane).await?;
            let checkpoints = self.checkpoints_on(of, &line).await?;
            Some(Cover { session, messages: message_count(head), scope, checkpoints })
        } else {
            None
        };
        let mut document = Document::begin(format, cover.as_ref());
        for stretch in line {
            self.add_stretch(of, stretch, &mut document).await?;
        }
        Ok(document.finish())
    }

    /// The stretches of a line, the oldest first.
    async fn stretches(
        &self,
        of: SessionKey<'_>,
        end: Option<Spot>,
    ) -> Result<Vec<Stretch>, Fault> {
        let mut line = Line::new(&self.inner.store, of, end);
        let mut stretches = Vec::new();
        while let Some(stretch) = line.stretch().await? {
            stretches.push(stretch);
        }
        stretches.reverse();
        Ok(stretches)
    }

    async fn add_stretch(
        &self,
        of: SessionKey<'_>,
        stretch: Stretch,
        document: &mut Document,
    ) -> Result<(), Fault> {
        let Stretch { timeline, from: mut position, to } = stretch;
        let mut buffer = Vec::new();
        while position <= to {
            let rest = Stretch { timeline, from: position, to };
            let rows = self.inner.store.messages(rest, Order::OldestFirst, PAGE).await?;
            let missing =
                |position| RowFault::Missing.of(message_name(Point { timeline, position }));
            if rows.is_empty() {
                return Err(missing(position).into());
            }
            for row in &rows {
                if row.point != (Point { timeline, position }) {
                    return Err(missing(position).into());
                }
                document.add(&seal::open_message(of.key, &of.id, row, &mut buffer)?);
                position += 1;
            }
        }
        Ok(())
    }

    /// The checkpoints that people saved on a line, by position.
    async fn checkpoints_on(
        &self,
        of: SessionKey<'_>,
        line: &[Stretch],
    ) -> Result<Vec<Checkpoint>, Fault> {
        let (mut found, mut after) = (Vec::new(), None);
        loop {
            let rows = self.inner.store.checkpoints_of(of.id, after, PAGE).await?;
            let Some(last) = rows.last() else { break };
            after = Some(last.id);
            for row in rows.iter().filter(|row| !row.automatic && row.deleted_at.is_none()) {
                let checkpoint = seal::open_checkpoint(of.key, &self.inner.names, row)?;
                if reaches(line, checkpoint.head) {
                    found.push(checkpoint);
                }
            }
        }
        found.sort_by(|one, other| order(one).cmp(&order(other)));
        Ok(found)
    }

    async fn scope_of(&self, lane: LaneId) -> Result<Scope, Fault> {
        let missing = || RowFault::Missing.of(format_args!("lane {lane}"));
        Ok(self.load_view(lane).await?.ok_or_else(missing)?.lane.scope)
    }

    /// Brings a JSON export in as a past session of a lane.
    ///
    /// # Errors
    /// A refusal when the text is no such export; a fault of the store.
    pub async fn import_into(&self, at: &At, json: &str) -> Result<SessionInfo, Failure> {
        let ask = Ask::Import(Box::new(json::read(json)?));
        let nothing = |_: &_, _: &_, _| Ok(Rider::default());
        let done = self.perform(at, &ask, None, nothing).await?;
        let Outcome::Imported(session) = done.decision.outcome else {
            unreachable!("an import that was not refused imports")
        };
        Ok(SessionInfo::from(&*session))
    }

    /// An import whose checkpoints have ids that differ from all others of the lane in what people see of them.
    pub(super) async fn with_free_ids(
        &self,
        lane: LaneId,
        imported: &Imported,
    ) -> Result<Imported, Fault> {
        let mut imported = imported.clone();
        let mut drawn = BTreeSet::new();
        for checkpoint in &mut imported.checkpoints {
            loop {
                let id = self.inner.environment.random()?;
                let range = IdPrefix::shown(&id).range();
                let kind = IdKind::AnyCheckpoint;
                let taken = self.inner.store.ids(kind, lane, range.clone(), 1).await?;
                if taken.is_empty() && drawn.insert(*range.start()) {
                    checkpoint.id = CheckpointId::new(id);
                    break;
                }
            }
        }
        Ok(imported)
    }
}

/// Whether a head lies on a line. The empty one lies on every line.
fn reaches(line: &[Stretch], head: Head) -> bool {
    head.is_none_or(|point| {
        line.iter().any(|stretch| {
            stretch.timeline == point.timeline
                && (stretch.from..=stretch.to).contains(&point.position)
        })
    })
}

/// The order of checkpoints in an export: that of ids comes last, since ids are drawn afresh on import.
fn order(checkpoint: &Checkpoint) -> (u64, Timestamp, &str, Option<&str>, CheckpointId) {
    let Checkpoint { name, description, created_at, id, .. } = checkpoint;
    (checkpoint.message_count(), *created_at, name, description.as_deref(), *id)
}
