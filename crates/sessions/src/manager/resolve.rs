//! From what was asked to what is decided: ids and names looked up, journal entries and heads loaded.
//!
//! Invariant: a session or checkpoint of another lane is as absent as one that never was.

use crate::decide::{Change, Decision, JournalTarget, Request, RestoreTarget};
use crate::environment::Environment;
use crate::error::{Failure, Fault};
use crate::id::{CheckpointId, IdPrefix, LaneId, SHORT_LEN, SessionId};
use crate::importance;
use crate::line::{Line, SessionKey, load_spot, point_at};
use crate::model::{Checkpoint, JournalEntry, MarkedEnd, Message, Operation, Session, Spot};
use crate::refusal::Refusal;
use crate::seal::{self, RowFault};
use crate::store::rows::CheckpointRow;
use crate::store::{IdKind, Order, Store, Stretch};

use super::load::Loaded;
use super::{Ask, CheckpointRef, SessionManager, SessionRef};

/// How many matches of a beginning are listed.
const SEVERAL: usize = 8;

impl<S: Store, E: Environment> SessionManager<S, E> {
    pub(super) async fn resolve(&self, loaded: &Loaded, ask: &Ask) -> Result<Request, Failure> {
        let lane = loaded.view.lane.id;
        Ok(match ask {
            Ask::Say(words) => Request::Say(words.clone()),
            Ask::Append(session, words) => Request::Append(*session, words.clone()),
            Ask::Visit => Request::Visit,
            Ask::Ready => Request::Ready,
            Ask::New(first) => Request::New(first.clone()),
            Ask::Reset => Request::Reset,
            Ask::Undo => Request::Undo(Box::new(self.undo_target(loaded).await?)),
            Ask::UndoOf(mark) => {
                let target = self.undo_target(loaded).await?;
                if target.entry.mark != *mark {
                    return Err(Refusal::Overtaken.into());
                }
                Request::Undo(Box::new(target))
            }
            Ask::Redo => Request::Redo(Box::new(self.redo_target(loaded).await?)),
            Ask::Clear => Request::Clear,
            Ask::Save { name, description } => {
                Request::Save { name: name.clone(), description: description.clone() }
            }
            Ask::Restore(asked) => {
                let checkpoint = self.find_checkpoint(lane, asked).await?;
                Request::Restore(Box::new(self.restore_target(loaded, checkpoint).await?))
            }
            Ask::DeleteCheckpoint(asked) => {
                Request::DeleteCheckpoint(Box::new(self.find_checkpoint(lane, asked).await?))
            }
            Ask::Resume(asked) => match self.find_session(lane, asked).await? {
                session if session.id == loaded.view.lane.current => {
                    return Err(Refusal::AlreadyCurrent.into());
                }
                session => Request::Resume(Box::new(session)),
            },
            Ask::DeleteSession(asked) => match self.find_session(lane, asked).await? {
                session if session.id == loaded.view.lane.current => Request::Reset,
                session => Request::DeleteSession(Box::new(session)),
            },
            Ask::Rename(title) => Request::Rename(title.clone()),
            Ask::SetDaily(daily) => Request::SetDaily(*daily),
            Ask::SetIdle(minutes) => Request::SetIdle(*minutes),
            Ask::SetStrategy(strategy) => Request::SetStrategy(*strategy),
            Ask::Pin(position) => {
                Request::Pin(Box::new(self.message_to_pin(loaded, *position).await?))
            }
            Ask::Unpin(position) => {
                Request::Unpin(Box::new(self.message_to_unpin(loaded, *position).await?))
            }
            Ask::Import(imported) => {
                Request::Import(Box::new(self.with_free_ids(lane, imported).await?))
            }
        })
    }

    /// A session of this lane.
    pub(super) async fn find_session(
        &self,
        lane: LaneId,
        asked: &SessionRef,
    ) -> Result<Session, Failure> {
        let (typed, id) = match asked {
            SessionRef::Id(id) => (id.short(), Some(*id)),
            SessionRef::Typed(typed) => (typed.clone(), self.typed_session(lane, typed).await?),
        };
        let row = match id {
            Some(id) => self.inner.store.session(id).await?,
            None => None,
        };
        // Opened first: a row that says it is elsewhere may have been made to say so.
        if let Some(row) = row {
            let session = self.open_row(&row).await?;
            if session.lane == lane {
                return Ok(session);
            }
        }
        Err(Refusal::NoSuchSession(typed).into())
    }

    async fn typed_session(&self, lane: LaneId, typed: &str) -> Result<Option<SessionId>, Failure> {
        let Some(prefix) = IdPrefix::parse(typed, 's') else { return Ok(None) };
        let found = self.inner.store.ids(IdKind::Session, lane, prefix.range(), SEVERAL).await?;
        match found.as_slice() {
            [] => Ok(None),
            [one] => Ok(Some(SessionId::new(*one))),
            several => Err(Refusal::Several {
                typed: typed.to_owned(),
                fits: several.iter().map(|id| SessionId::new(*id).short()).collect(),
            }
            .into()),
        }
    }

    /// A checkpoint of this lane.
    pub(super) async fn find_checkpoint(
        &self,
        lane: LaneId,
        asked: &CheckpointRef,
    ) -> Result<Checkpoint, Failure> {
        let (typed, id) = match asked {
            CheckpointRef::Id(id) => (id.short(), Some(*id)),
            CheckpointRef::Typed(typed) => {
                (typed.clone(), self.typed_checkpoint(lane, typed).await?)
            }
        };
        let row = match id {
            Some(id) => self.inner.store.checkpoint(id).await?,
            None => None,
        };
        // Opened first: a row that says it is deleted or elsewhere may have been made to say so.
        if let Some(row) = row {
            let found = self.open_checkpoint(&row).await?;
            if found.lane == lane && found.deleted_at.is_none() {
                return Ok(found);
            }
        }
        Err(Refusal::NoSuchCheckpoint(typed).into())
    }

    /// A name first, since a person chose that, then the beginning of an id. What looks like an id as it is shown is
    /// looked up as one first: whatever others are named, each checkpoint stays within reach.
    async fn typed_checkpoint(
        &self,
        lane: LaneId,
        typed: &str,
    ) -> Result<Option<CheckpointId>, Failure> {
        let rows = if is_shown_id(typed) {
            match self.checkpoints_beginning(lane, typed).await? {
                none if none.is_empty() => self.checkpoints_called(lane, typed).await?,
                found => found,
            }
        } else {
            match self.checkpoints_called(lane, typed).await? {
                none if none.is_empty() => self.checkpoints_beginning(lane, typed).await?,
                found => found,
            }
        };
        match rows.as_slice() {
            [] => Ok(None),
            [one] => Ok(Some(one.id)),
            several => {
                let mut fits = Vec::with_capacity(several.len());
                for row in several {
                    let found = self.open_checkpoint(row).await?;
                    fits.push(format!(
                        "{}  “{}”, {}, {}",
                        found.id.short(),
                        found.name,
                        counted_messages(found.message_count()),
                        found.created_at.to_utc().format("%Y-%m-%d %H:%M UTC")
                    ));
                }
                Err(Refusal::Several { typed: typed.to_owned(), fits }.into())
            }
        }
    }

    async fn checkpoints_called(
        &self,
        lane: LaneId,
        name: &str,
    ) -> Result<Vec<CheckpointRow>, Fault> {
        let tag = seal::name_tag(&self.inner.names, name.trim());
        Ok(self.inner.store.checkpoints_named(lane, tag, SEVERAL).await?)
    }

    /// Checkpoints whose ids begin so, the deleted ones left out.
    async fn checkpoints_beginning(
        &self,
        lane: LaneId,
        typed: &str,
    ) -> Result<Vec<CheckpointRow>, Fault> {
        let Some(prefix) = IdPrefix::parse(typed, 'c') else { return Ok(Vec::new()) };
        let (mut low, high) = prefix.range().into_inner();
        let mut rows = Vec::new();
        loop {
            let store = &self.inner.store;
            let ids = store.ids(IdKind::AnyCheckpoint, lane, low..=high, SEVERAL).await?;
            for id in &ids {
                let found = store.checkpoint(CheckpointId::new(*id)).await?;
                rows.extend(found.filter(|row| row.deleted_at.is_none()));
            }
            match ids.last() {
                Some(last) if ids.len() == SEVERAL && rows.len() < SEVERAL && *last < high => {
                    low = u128::from_be_bytes(*last).saturating_add(1).to_be_bytes();
                }
                _ => return Ok(rows),
            }
        }
    }

    async fn restore_target(
        &self,
        loaded: &Loaded,
        checkpoint: Checkpoint,
    ) -> Result<RestoreTarget, Failure> {
        let current = &loaded.view.current;
        let key = self.needed_key(checkpoint.session).await?;
        let session = if checkpoint.session == current.id {
            None
        } else {
            Some(self.find_session(loaded.view.lane.id, &SessionRef::Id(checkpoint.session)).await?)
        };
        let end = session.as_ref().unwrap_or(current).end;
        let of = SessionKey { id: checkpoint.session, key: &key };
        let spot = load_spot(&self.inner.store, of, end, checkpoint.head).await?;
        Ok(RestoreTarget { checkpoint, session, spot })
    }

    async fn undo_target(&self, loaded: &Loaded) -> Result<JournalTarget, Failure> {
        let days = loaded.rules.undo_window.as_secs() / 86_400;
        let nothing = Refusal::NothingToUndo { days };
        let Some(entry) = self.entry(loaded, loaded.view.lane.journal.done).await? else {
            return Err(nothing.into());
        };
        let mut target = self.journal_target(loaded, entry).await?.ok_or(nothing)?;
        if target.entry.operation == Operation::AutomaticReset {
            let unseen = loaded.view.current.message_count().saturating_sub(target.entry.carried);
            let current = &loaded.view.current;
            let key = self.needed_key(current.id).await?;
            let of = SessionKey { id: current.id, key: &key };
            let mut line = Line::new(&self.inner.store, of, current.end);
            target.said_since = line.older(usize::try_from(unseen).unwrap_or(usize::MAX)).await?;
            target.said_since.reverse();
        }
        Ok(target)
    }

    async fn redo_target(&self, loaded: &Loaded) -> Result<JournalTarget, Failure> {
        let journal = loaded.view.lane.journal;
        let seq = if journal.end > journal.done { journal.done + 1 } else { 0 };
        let entry = self.entry(loaded, seq).await?.ok_or(Refusal::NothingToRedo)?;
        Ok(self.journal_target(loaded, entry).await?.ok_or(Refusal::NothingToRedo)?)
    }

    async fn entry(&self, loaded: &Loaded, seq: u64) -> Result<Option<JournalEntry>, Fault> {
        if seq == 0 {
            return Ok(None);
        }
        let rows = self.inner.store.journal(loaded.view.lane.id, seq, 1).await?;
        // Entries older than the undo window are cleaned up. One that stands under another number is opened all the same:
        // if the number was changed, it does not open.
        let Some(row) = rows.first() else { return Ok(None) };
        let entry = seal::open_journal(&self.inner.names, row)?;
        Ok((entry.seq == seq).then_some(entry))
    }

    /// An entry with what it touches; `None` when some of that has been cleaned up.
    async fn journal_target(
        &self,
        loaded: &Loaded,
        entry: JournalEntry,
    ) -> Result<Option<JournalTarget>, Fault> {
        let store = &self.inner.store;
        let current = &loaded.view.current;
        let mut target = JournalTarget {
            entry,
            sessions: Vec::new(),
            spots: Vec::new(),
            checkpoint: None,
            said_since: Vec::new(),
        };
        let marks = target.entry.before.sessions.iter().chain(&target.entry.after.sessions);
        for mark in marks {
            let known = target.sessions.iter().find(|session| session.id == mark.id);
            let (session, found) = match known {
                Some(session) => (session.clone(), None),
                None if mark.id == current.id => (current.clone(), None),
                None => match store.session(mark.id).await? {
                    None => return Ok(None),
                    Some(row) => {
                        let session = self.open_row(&row).await?;
                        (session.clone(), Some(session))
                    }
                },
            };
            target.sessions.extend(found);
            if let MarkedEnd::At(head) = mark.end {
                let key = self.needed_key(mark.id).await?;
                let of = SessionKey { id: mark.id, key: &key };
                let spot: Option<Spot> = load_spot(store, of, session.end, head).await?;
                target.spots.extend(spot);
            }
        }
        if let Some((id, _)) = target.entry.before.checkpoint {
            let Some(row) = store.checkpoint(id).await? else { return Ok(None) };
            target.checkpoint = Some(self.open_checkpoint(&row).await?);
        }
        Ok(Some(target))
    }

    async fn message_to_pin(&self, loaded: &Loaded, at: Option<u64>) -> Result<Message, Failure> {
        let last = loaded.view.current.message_count();
        match at.unwrap_or(last) {
            0 => Err(Refusal::NothingToPin.into()),
            position => self.message_at(&loaded.view.current, position).await,
        }
    }

    async fn message_to_unpin(&self, loaded: &Loaded, at: Option<u64>) -> Result<Message, Failure> {
        let current = &loaded.view.current;
        if let Some(position) = at {
            return self.message_at(current, position).await;
        }
        let key = self.needed_key(current.id).await?;
        let of = SessionKey { id: current.id, key: &key };
        let mut line = Line::new(&self.inner.store, of, current.end);
        while let Some(stretch) = line.stretch().await? {
            let rows = self.inner.store.important_messages(stretch, 1).await?;
            if let Some(row) = rows.first().filter(|row| row.importance == importance::PINNED) {
                let message = seal::open_message(&key, &current.id, row, &mut Vec::new());
                return Ok(message.map_err(Fault::from)?);
            }
        }
        Err(Refusal::NotPinned.into())
    }

    /// The message of a session at a position.
    pub(super) async fn message_at(
        &self,
        session: &Session,
        position: u64,
    ) -> Result<Message, Failure> {
        let key = self.needed_key(session.id).await?;
        let of = SessionKey { id: session.id, key: &key };
        let point = point_at(&self.inner.store, of, session.end, position).await?;
        let point = point.ok_or(Refusal::NoSuchMessage)?;
        let stretch = Stretch { timeline: point.timeline, from: position, to: position };
        let rows = self.inner.store.messages(stretch, Order::OldestFirst, 1).await?;
        let missing = || Fault::from(RowFault::Missing.of(seal::message_name(point)));
        let row = rows.first().ok_or_else(missing)?;
        let message = seal::open_message(&key, &session.id, row, &mut Vec::new());
        Ok(message.map_err(Fault::from)?)
    }

    /// Whether the ids that a decision brings in differ from all others of the lane in what people see of them.
    pub(super) async fn shown_ids_are_free(&self, decision: &Decision) -> Result<bool, Fault> {
        let lane = decision.lane.id;
        for change in &decision.changes {
            let (kind, id) = match change {
                Change::OpenSession(session) => (IdKind::Session, *session.id.as_bytes()),
                Change::SaveCheckpoint(saved) => (IdKind::AnyCheckpoint, *saved.id.as_bytes()),
                Change::SaveLane(_)
                | Change::SaveSession(_)
                | Change::SaveTimeline(..)
                | Change::Append(..)
                | Change::SetImportance(..)
                | Change::WriteJournal(_)
                | Change::CutJournal(..)
                | Change::EndTurn(_) => continue,
            };
            let range = IdPrefix::shown(&id).range();
            let taken = self.inner.store.ids(kind, lane, range, 2).await?;
            if taken.iter().any(|other| *other != id) {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// Whether this is a checkpoint's id as it is shown, or more of it.
fn is_shown_id(typed: &str) -> bool {
    let typed = typed.trim().to_ascii_lowercase();
    typed.strip_prefix("c-").is_some_and(|letters| letters.len() >= SHORT_LEN)
}

fn counted_messages(count: u64) -> String {
    if count == 1 { "1 message".to_owned() } else { format!("{count} messages") }
}
