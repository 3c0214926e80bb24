//! Looking: the card, the lists, the history. Queries, which change nothing.

use std::cmp::Reverse;

use crate::decide::{LaneView, Rules};
use crate::environment::Environment;
use crate::error::{Failure, Fault};
use crate::id::{CheckpointId, LaneId, SessionId};
use crate::line::{Line, SessionKey, load_spot, point_at};
use crate::model::{Checkpoint, Lane, Message, Session, SessionState};
use crate::reset::{NextReset, ResetPolicy, next_reset};
use crate::seal::{self, RowFault};
use crate::store::rows::CheckpointRow;
use crate::store::{After, Order, Store, Stretch};

use super::{At, SessionManager, SessionRef};

/// Lanes of one person that a list goes through.
const LANES: usize = 64;

/// Everything that the card of a session shows.
#[derive(Debug, Clone)]
pub struct Card {
    /// The lane.
    pub lane: Lane,
    /// Its current session.
    pub session: Session,
    /// Checkpoints that people saved in the lane.
    pub checkpoints: u64,
    /// The reset policy in force.
    pub policy: ResetPolicy,
    /// The next reset, if nothing more is said.
    pub next_reset: Option<NextReset>,
    /// The rules in force.
    pub rules: Rules,
    /// Whether rows are sealed.
    pub sealed: bool,
}

/// A session in a list.
#[derive(Debug, Clone)]
pub struct Listed {
    /// The session.
    pub session: Session,
    /// Whether it is the current one of the lane that asks.
    pub here: bool,
    /// Its first words, where it has no title.
    pub first_words: Option<String>,
}

/// A page of sessions.
#[derive(Debug, Clone)]
pub struct SessionPage {
    /// The current session of the lane that asks, then those of the person's other lanes, latest activity first.
    pub active: Vec<Listed>,
    /// Past sessions of the lane that asks.
    pub past: Vec<Listed>,
    /// Where the past ones go on.
    pub next: After,
}

/// A page of checkpoints, newest first.
#[derive(Debug, Clone)]
pub struct CheckpointPage {
    /// The checkpoints, each with its session's state.
    pub checkpoints: Vec<Checkpoint>,
    /// Automatic ones, on the first page only.
    pub automatic: Vec<Checkpoint>,
    /// How many people saved in all.
    pub total: u64,
    /// Where the list goes on.
    pub next: After,
}

/// A page of history, oldest first.
#[derive(Debug, Clone)]
pub struct HistoryPage {
    /// The session.
    pub session: Session,
    /// The messages.
    pub messages: Vec<Message>,
}

impl<S: Store, E: Environment> SessionManager<S, E> {
    /// The lane and its current session, made if need be.
    ///
    /// # Errors
    /// When the store fails or a row does not open.
    pub async fn view(&self, at: &At) -> Result<LaneView, Failure> {
        let id = match at {
            At::Lane(id) => *id,
            At::Ground(ground) => match self.lane_of(ground).await? {
                Some(id) => id,
                None => {
                    let nothing = |_: &_, _: &_, _| Ok(super::Rider::default());
                    self.perform(at, &super::Ask::Ready, None, nothing).await?.decision.lane.id
                }
            },
        };
        let missing = || Fault::from(seal::RowFault::Missing.of(format_args!("lane {id}")));
        Ok(self.load_view(id).await?.ok_or_else(missing)?)
    }

    /// The card of the current session.
    ///
    /// # Errors
    /// When the store fails or a row does not open.
    pub async fn card(&self, at: &At) -> Result<Card, Failure> {
        let LaneView { lane, current, .. } = self.view(at).await?;
        let rules = self.rules(at);
        let policy = rules.policy(&lane.settings);
        let next_reset = if current.end.is_some() {
            next_reset(&policy, rules.anchor(&current), self.inner.environment.now())
        } else {
            None
        };
        let checkpoints = self.inner.store.count_checkpoints(lane.id).await?;
        let sealed = self.keyring().mode() == vault::Mode::Sealed;
        Ok(Card { lane, session: current, checkpoints, policy, next_reset, rules, sealed })
    }

    /// The caller's sessions: active ones over their lanes, then past ones of this lane.
    ///
    /// # Errors
    /// When the store fails or a row does not open.
    pub async fn list_sessions(
        &self,
        at: &At,
        after: After,
        limit: usize,
    ) -> Result<SessionPage, Failure> {
        let view = self.view(at).await?;
        let mut active = Vec::new();
        if after.is_none() {
            active.push(self.listed(view.current, true).await?);
            let mut others = Vec::new();
            if let Some(owner) = view.lane.owner {
                for row in self.inner.store.lanes(Some(owner), None, LANES).await? {
                    if row.id == view.lane.id {
                        continue;
                    }
                    let other = self.known_view(row.id).await?;
                    if other.current.end.is_some() {
                        others.push(self.listed(other.current, false).await?);
                    }
                }
            }
            others.sort_by_key(|listed| Reverse(listed.session.last_activity_at));
            active.append(&mut others);
        }
        let (past, next) = self.past_sessions(view.lane.id, after, limit).await?;
        Ok(SessionPage { active, past, next })
    }

    /// Past sessions that hold anything.
    async fn past_sessions(
        &self,
        lane: LaneId,
        mut after: After,
        limit: usize,
    ) -> Result<(Vec<Listed>, After), Fault> {
        let mut past = Vec::new();
        loop {
            let rows =
                self.inner.store.sessions(lane, SessionState::Past, after, limit + 1).await?;
            let last_page = rows.len() <= limit;
            for row in rows {
                let session = self.open_row(&row).await?;
                if session.end.is_some() {
                    if past.len() == limit {
                        return Ok((past, after));
                    }
                    past.push(self.listed(session, false).await?);
                }
                after = Some((row.last_activity_at, *row.id.as_bytes()));
            }
            if last_page {
                return Ok((past, None));
            }
        }
    }

    async fn listed(&self, session: Session, here: bool) -> Result<Listed, Fault> {
        let first_words =
            if session.title.is_some() { None } else { self.first_words(&session).await? };
        Ok(Listed { session, here, first_words })
    }

    async fn first_words(&self, session: &Session) -> Result<Option<String>, Fault> {
        let key = self.needed_key(session.id).await?;
        let of = SessionKey { id: session.id, key: &key };
        let Some(point) = point_at(&self.inner.store, of, session.end, 1).await? else {
            return Ok(None);
        };
        let stretch = Stretch { timeline: point.timeline, from: 1, to: 1 };
        let rows = self.inner.store.messages(stretch, Order::OldestFirst, 1).await?;
        let missing = || RowFault::Missing.of(seal::message_name(point));
        let row = rows.first().ok_or_else(missing)?;
        let words = seal::with_body(&key, &session.id, row, &mut Vec::new(), |body| {
            let mut words: String = body.content.chars().take(48).collect();
            if body.content.chars().nth(48).is_some() {
                words.push('…');
            }
            words.split_whitespace().collect::<Vec<_>>().join(" ")
        })?;
        Ok(Some(words))
    }

    /// How many lanes, sessions in use and messages there are in all, for owners: no text.
    ///
    /// # Errors
    /// When the store fails or a row does not open.
    pub async fn count_lanes(&self) -> Result<(u64, u64), Fault> {
        let (mut lanes, mut messages, mut after) = (0, 0, None);
        loop {
            let rows = self.inner.store.lanes(None, after, 256).await?;
            let Some(last) = rows.last() else { return Ok((lanes, messages)) };
            after = Some(last.id);
            for row in rows {
                lanes += 1;
                messages += self.known_view(row.id).await?.current.message_count();
            }
        }
    }

    /// The lane's checkpoints, newest first.
    ///
    /// # Errors
    /// When the store fails or a row does not open.
    pub async fn list_checkpoints_of(
        &self,
        at: &At,
        after: After,
        limit: usize,
    ) -> Result<CheckpointPage, Failure> {
        let lane = self.view(at).await?.lane.id;
        let store = &self.inner.store;
        let mut rows = store.checkpoints(lane, false, after, limit + 1).await?;
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next = rows.last().filter(|_| more).map(|row| (row.created_at, *row.id.as_bytes()));
        let mut automatic = Vec::new();
        if after.is_none() {
            let window = self.rules(at).undo_window;
            let since = self.inner.environment.now().minus(window);
            let rows = store.checkpoints(lane, true, None, limit).await?;
            let recent = rows.iter().filter(|row| row.created_at >= since);
            automatic = self.open_checkpoints(recent).await?;
        }
        Ok(CheckpointPage {
            checkpoints: self.open_checkpoints(rows.iter()).await?,
            automatic,
            total: store.count_checkpoints(lane).await?,
            next,
        })
    }

    pub(super) async fn open_checkpoints(
        &self,
        rows: impl Iterator<Item = &CheckpointRow>,
    ) -> Result<Vec<Checkpoint>, Fault> {
        let mut checkpoints = Vec::new();
        for row in rows {
            checkpoints.push(self.open_checkpoint(row).await?);
        }
        Ok(checkpoints)
    }

    /// A checkpoint row, opened.
    pub(super) async fn open_checkpoint(&self, row: &CheckpointRow) -> Result<Checkpoint, Fault> {
        let key = self.needed_key(row.session).await?;
        Ok(seal::open_checkpoint(&key, &self.inner.names, row)?)
    }

    /// Messages of a session, up to and with position `upto` (default: its end), at most `limit`, oldest first.
    ///
    /// # Errors
    /// When the session is not of this lane, the store fails or a row does not open.
    pub async fn history_page(
        &self,
        at: &At,
        session: Option<SessionId>,
        upto: Option<u64>,
        limit: usize,
    ) -> Result<HistoryPage, Failure> {
        let view = self.view(at).await?;
        let session = match session {
            Some(id) if id != view.current.id => {
                self.find_session(view.lane.id, &SessionRef::Id(id)).await?
            }
            _ => view.current,
        };
        let messages = self.messages_upto(&session, upto, limit).await?;
        Ok(HistoryPage { session, messages })
    }

    pub(super) async fn messages_upto(
        &self,
        session: &Session,
        upto: Option<u64>,
        limit: usize,
    ) -> Result<Vec<Message>, Fault> {
        let key = self.needed_key(session.id).await?;
        let of = SessionKey { id: session.id, key: &key };
        let mut line = Line::new(&self.inner.store, of, session.end);
        if let Some(upto) = upto {
            line.seek(upto).await?;
        }
        let rows = line.older_rows(limit).await?;
        let mut buffer = Vec::new();
        let opened =
            rows.iter().rev().map(|row| seal::open_message(&key, &session.id, row, &mut buffer));
        Ok(opened.collect::<Result<_, _>>()?)
    }

    /// The messages that a checkpoint reaches, at most the newest `limit`, oldest first.
    ///
    /// # Errors
    /// When the store fails or a row does not open.
    pub async fn messages_of(
        &self,
        checkpoint: &Checkpoint,
        limit: usize,
    ) -> Result<Vec<Message>, Failure> {
        let of = SessionRef::Id(checkpoint.session);
        let session = self.find_session(checkpoint.lane, &of).await?;
        let key = self.needed_key(session.id).await?;
        let of = SessionKey { id: session.id, key: &key };
        let end = load_spot(&self.inner.store, of, session.end, checkpoint.head).await?;
        Ok(self.messages_upto(&Session { end, ..session }, None, limit).await?)
    }

    /// A checkpoint of this lane as it was typed.
    ///
    /// # Errors
    /// When there is none, or several fit.
    pub async fn checkpoint_typed(&self, at: &At, typed: &str) -> Result<Checkpoint, Failure> {
        let lane = self.view(at).await?.lane.id;
        self.find_checkpoint(lane, &super::CheckpointRef::Typed(typed.to_owned())).await
    }

    /// Where a list of checkpoints goes on behind this one.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn after_checkpoint(&self, id: CheckpointId) -> Result<After, Fault> {
        let row = self.inner.store.checkpoint(id).await?;
        Ok(row.map(|row| (row.created_at, *row.id.as_bytes())))
    }

    /// Where a list of sessions goes on behind this one.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn after_session(&self, id: SessionId) -> Result<After, Fault> {
        let row = self.inner.store.session(id).await?;
        Ok(row.map(|row| (row.last_activity_at, *row.id.as_bytes())))
    }
}
