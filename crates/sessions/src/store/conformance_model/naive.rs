//! The naive lane: the rules written again, over histories that are copied whole.
//!
//! It has no timelines, heads or rows: a checkpoint is a copy of a conversation, an undo puts copies back. It is told the
//! ids that the store's side has drawn, and nothing else of what that side decided.

mod journal;
mod sweep;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::id::{CheckpointId, SessionId};
use crate::model::{Operation, Role, SessionState};
use crate::time::Timestamp;
use journal::{Entry, Stand, Stood};

/// Undo window and bin time.
const WINDOW: Duration = Duration::from_hours(7 * 24);
const DAY_MILLIS: i64 = 24 * 60 * 60 * 1_000;

/// A message that was stored once: a copy in another session is another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Said {
    pub(super) row: u64,
    pub(super) role: Role,
    pub(super) text: String,
}

pub(super) type History = Vec<Said>;

#[derive(Debug, Clone)]
pub(super) struct Session {
    pub(super) state: SessionState,
    pub(super) history: History,
    pub(super) title: Option<String>,
    pub(super) active: Timestamp,
    since: Timestamp,
    spoken: Timestamp,
    counted_from: Timestamp,
}

#[derive(Debug, Clone)]
pub(super) struct Saved {
    pub(super) session: SessionId,
    pub(super) history: History,
    pub(super) name: String,
    pub(super) automatic: bool,
    pub(super) at: Timestamp,
    pub(super) deleted: Option<Timestamp>,
}

/// Ids that the store's side drew for this step.
#[derive(Debug, Clone, Copy)]
pub(super) struct Drawn {
    pub(super) session: Option<SessionId>,
    pub(super) checkpoint: Option<CheckpointId>,
}

/// What a clean-up counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Swept {
    pub(super) sessions: u64,
    pub(super) held: u64,
    pub(super) checkpoints: u64,
    pub(super) messages: u64,
}

/// The answer to a request, in a few words.
pub(super) type Told = String;

#[derive(Debug, Clone)]
pub(super) struct Naive {
    pub(super) current: SessionId,
    pub(super) sessions: BTreeMap<SessionId, Session>,
    pub(super) checkpoints: BTreeMap<CheckpointId, Saved>,
    pub(super) daily: Option<u16>,
    pub(super) idle: Option<u32>,
    pub(super) pinned: BTreeSet<u64>,
    entries: Vec<Entry>,
    /// How many of the entries are in effect.
    done: usize,
    /// All messages that are stored, reached or not.
    stored: BTreeSet<u64>,
    rows: u64,
}

impl Naive {
    pub(super) fn new(first: SessionId, now: Timestamp) -> Self {
        let mut lane = Self {
            current: first,
            sessions: BTreeMap::new(),
            checkpoints: BTreeMap::new(),
            daily: None,
            idle: None,
            pinned: BTreeSet::new(),
            entries: Vec::new(),
            done: 0,
            stored: BTreeSet::new(),
            rows: 0,
        };
        lane.open(first, now);
        lane
    }

    /// A lane's clock never goes back behind its last activity.
    pub(super) fn lane_time(&self, wall: Timestamp) -> Timestamp {
        wall.max(self.now_current().active)
    }

    pub(super) fn say(&mut self, text: &str, now: Timestamp, drawn: Drawn) -> Told {
        let reset = self.reset_if_due(now, drawn);
        self.append(Role::User, text, now);
        format!("said {} after {reset:?}", self.now_current().history.len())
    }

    pub(super) fn visit(&mut self, now: Timestamp, drawn: Drawn) -> Told {
        let reset = self.reset_if_due(now, drawn);
        format!("visited after {reset:?}")
    }

    pub(super) fn append_to(&mut self, id: SessionId, text: &str, now: Timestamp) -> Told {
        if id != self.current {
            return "refused: closed".to_owned();
        }
        self.append(Role::Assistant, text, now);
        format!("said {} after None", self.now_current().history.len())
    }

    pub(super) fn begin(
        &mut self,
        operation: Operation,
        first: Option<&str>,
        now: Timestamp,
        drawn: Drawn,
    ) -> Told {
        let closed = (!self.now_current().history.is_empty()).then_some(self.current);
        if closed.is_some() {
            self.close_and_open(operation, now, drawn);
        }
        if let Some(text) = first {
            self.append(Role::User, text, now);
        }
        format!("began, closed {closed:?}, said {}", first.is_some())
    }

    pub(super) fn clear(&mut self, now: Timestamp) -> Told {
        let id = self.current;
        let count = self.now_current().history.len();
        if count == 0 {
            return "refused: nothing to clear".to_owned();
        }
        let before = self.stand(&[(id, true)]);
        self.session(id).history.clear();
        let after = self.stand(&[(id, true)]);
        self.record(Operation::Clear, before, after, now);
        self.session(id).active = now;
        format!("cleared {count}")
    }

    pub(super) fn save(&mut self, name: Option<&str>, now: Timestamp, drawn: Drawn) -> Told {
        let date = now.to_utc().format("%Y-%m-%d %H:%M").to_string();
        let name = name.map_or(date, str::to_owned);
        self.save_as(&name, false, now, drawn);
        self.session(self.current).active = now;
        format!("saved “{name}” at {}", self.now_current().history.len())
    }

    pub(super) fn restore(&mut self, id: CheckpointId, now: Timestamp, drawn: Drawn) -> Told {
        let saved = self.checkpoints[&id].clone();
        let was = self.current;
        let kept = !self.now_current().history.is_empty();
        if kept {
            self.save_as(&format!("before restoring {}", id.short()), true, now, drawn);
        }
        let touched: Vec<_> = if was == saved.session {
            vec![(was, true)]
        } else {
            vec![(saved.session, true), (was, false)]
        };
        let before = self.stand(&touched);
        self.session(saved.session).history = saved.history;
        self.switch(saved.session, SessionState::Past, now);
        let after = self.stand(&touched);
        self.record(Operation::Restore, before, after, now);
        self.session(saved.session).active = now;
        format!("restored “{}”, kept {kept}", saved.name)
    }

    pub(super) fn delete_checkpoint(&mut self, id: CheckpointId, now: Timestamp) -> Told {
        let stand = self.stand(&[]);
        let before = Stand { checkpoint: Some((id, false)), ..stand.clone() };
        let after = Stand { checkpoint: Some((id, true)), ..stand };
        self.record(Operation::DeleteCheckpoint, before, after, now);
        let saved = self.checkpoints.get_mut(&id).unwrap();
        saved.deleted = Some(now);
        format!("deleted “{}”", saved.name)
    }

    pub(super) fn resume(&mut self, id: SessionId, now: Timestamp) -> Told {
        let was = self.current;
        let from_bin = match self.sessions[&id].state {
            SessionState::Current => return "refused: current".to_owned(),
            SessionState::Held => return "refused: emptied".to_owned(),
            SessionState::Past => false,
            SessionState::Binned => true,
        };
        let before = self.stand(&[(was, false), (id, from_bin)]);
        self.switch(id, SessionState::Past, now);
        let after = self.stand(&[(was, false), (id, from_bin)]);
        self.record(Operation::Resume, before, after, now);
        self.session(id).active = now;
        format!("resumed, was {was:?}")
    }

    pub(super) fn delete_session(&mut self, id: SessionId, now: Timestamp, drawn: Drawn) -> Told {
        match self.sessions[&id].state {
            SessionState::Current => return self.begin(Operation::Reset, None, now, drawn),
            SessionState::Held => return "refused: emptied".to_owned(),
            SessionState::Binned => return "refused: no such session".to_owned(),
            SessionState::Past => {}
        }
        let before = self.stand(&[(id, false)]);
        self.set_state(id, SessionState::Binned, now);
        let after = self.stand(&[(id, false)]);
        self.record(Operation::DeleteSession, before, after, now);
        format!("deleted {id:?}")
    }

    pub(super) fn rename(&mut self, title: &str, now: Timestamp) -> Told {
        let session = self.session(self.current);
        session.title = Some(title.to_owned());
        session.active = now;
        format!("renamed {title}")
    }

    pub(super) fn policy_changed(&mut self, now: Timestamp) -> Told {
        let session = self.session(self.current);
        session.counted_from = now;
        session.active = now;
        "set".to_owned()
    }

    pub(super) fn pin(&mut self, position: Option<u64>) -> Told {
        let history = &self.now_current().history;
        let position = position.unwrap_or(count(history.len()));
        if position == 0 {
            return "refused: nothing to pin".to_owned();
        }
        match history.get(index(position)) {
            None => "refused: no such message".to_owned(),
            Some(said) => {
                let row = said.row;
                self.pinned.insert(row);
                format!("{position} pinned true")
            }
        }
    }

    pub(super) fn unpin(&mut self, position: Option<u64>) -> Told {
        let history = &self.now_current().history;
        let pinned = |said: &&Said| self.pinned.contains(&said.row);
        let position = match position {
            Some(0) => return "refused: no such message".to_owned(),
            Some(position) => position,
            None => match history.iter().rev().find(pinned) {
                None => return "refused: not pinned".to_owned(),
                Some(said) => count(history.iter().position(|one| one == said).unwrap()) + 1,
            },
        };
        let Some(said) = history.get(index(position)) else {
            return "refused: no such message".to_owned();
        };
        let row = said.row;
        if self.pinned.remove(&row) {
            format!("{position} pinned false")
        } else {
            "refused: not pinned".to_owned()
        }
    }

    pub(super) fn import(
        &mut self,
        texts: &[String],
        pinned: usize,
        checkpoint: Option<(usize, Timestamp)>,
        now: Timestamp,
        drawn: Drawn,
    ) -> Told {
        if checkpoint.is_some_and(|(position, _)| position > texts.len()) {
            return "refused: bad import".to_owned();
        }
        let id = drawn.session.expect("an import opens a session");
        self.open(id, now);
        self.set_state(id, SessionState::Past, now);
        for text in texts {
            let said = self.stored(Role::User, text);
            self.session(id).history.push(said);
        }
        let history = self.sessions[&id].history.clone();
        self.pinned.extend(history.get(pinned).map(|said| said.row));
        if let Some((position, at)) = checkpoint {
            let saved = drawn.checkpoint.expect("a checkpoint comes in");
            let history = history.into_iter().take(position).collect();
            self.bring_in(saved, id, history, "under way", at);
        }
        format!("imported {}", texts.len())
    }

    /// The current session once more, as a past one, with the checkpoints that lie on its line.
    pub(super) fn copy(&mut self, id: SessionId, drawn: &[CheckpointId], now: Timestamp) {
        let original = self.now_current().clone();
        let on_line = |saved: &&Saved| {
            let named =
                saved.session == self.current && !saved.automatic && saved.deleted.is_none();
            named && original.history.starts_with(&saved.history)
        };
        let mut saved: Vec<Saved> = self.checkpoints.values().filter(on_line).cloned().collect();
        saved.sort_by_key(|one| (one.history.len(), one.at, one.name.clone()));
        assert_eq!(drawn.len(), saved.len(), "the checkpoints of a copy");

        self.open(id, now);
        self.set_state(id, SessionState::Past, now);
        self.session(id).title = original.title;
        for said in &original.history {
            let copy = self.stored_copy(said);
            self.session(id).history.push(copy);
        }
        let history = self.sessions[&id].history.clone();
        for (drawn, saved) in drawn.iter().zip(saved) {
            let reached = history.iter().take(saved.history.len()).cloned().collect();
            self.bring_in(*drawn, id, reached, &saved.name, saved.at);
        }
    }

    pub(super) fn now_current(&self) -> &Session {
        &self.sessions[&self.current]
    }

    fn session(&mut self, id: SessionId) -> &mut Session {
        self.sessions.get_mut(&id).unwrap()
    }

    fn open(&mut self, id: SessionId, now: Timestamp) {
        let session = Session {
            state: SessionState::Current,
            history: History::new(),
            title: None,
            active: now,
            since: now,
            spoken: now,
            counted_from: now,
        };
        assert!(self.sessions.insert(id, session).is_none(), "an id was drawn twice");
    }

    fn stored(&mut self, role: Role, text: &str) -> Said {
        self.rows += 1;
        self.stored.insert(self.rows);
        Said { row: self.rows, role, text: text.to_owned() }
    }

    /// A message stored once more, pinned if it was.
    fn stored_copy(&mut self, said: &Said) -> Said {
        let copy = self.stored(said.role, &said.text);
        if self.pinned.contains(&said.row) {
            self.pinned.insert(copy.row);
        }
        copy
    }

    fn append(&mut self, role: Role, text: &str, now: Timestamp) {
        let said = self.stored(role, text);
        let session = self.session(self.current);
        session.history.push(said);
        session.active = now;
        session.spoken = now;
    }

    fn reset_if_due(&mut self, now: Timestamp, drawn: Drawn) -> Option<&'static str> {
        let session = self.now_current();
        if session.history.is_empty() {
            return None;
        }
        let anchor = session.spoken.max(session.counted_from);
        let daily = self.daily.map(|minutes| {
            let at = i64::from(minutes) * 60_000;
            let midnight = anchor.as_millis().div_euclid(DAY_MILLIS) * DAY_MILLIS;
            let today = midnight + at;
            let next = if today > anchor.as_millis() { today } else { today + DAY_MILLIS };
            (next, "daily")
        });
        let idle =
            self.idle.map(|minutes| (anchor.as_millis() + i64::from(minutes) * 60_000, "idle"));
        let (at, reason) = daily.into_iter().chain(idle).min_by_key(|(at, _)| *at)?;
        if now.as_millis() < at {
            return None;
        }
        self.close_and_open(Operation::AutomaticReset, now, drawn);
        Some(reason)
    }

    fn close_and_open(&mut self, operation: Operation, now: Timestamp, drawn: Drawn) {
        let closed = self.current;
        let opened = drawn.session.expect("a session is opened");
        let (old, unborn) = match operation {
            Operation::Reset => (SessionState::Binned, SessionState::Past),
            Operation::AutomaticReset => (SessionState::Past, SessionState::Binned),
            _ => (SessionState::Past, SessionState::Past),
        };
        let mut before = self.stand(&[(closed, false)]);
        before.sessions.push(Stood { id: opened, state: unborn, history: None });
        self.open(opened, now);
        self.switch(opened, old, now);
        let after = self.stand(&[(closed, false), (opened, false)]);
        self.record(operation, before, after, now);
    }

    fn switch(&mut self, to: SessionId, old: SessionState, now: Timestamp) {
        if to != self.current {
            self.set_state(self.current, old, now);
        }
        self.current = to;
        self.set_state(to, SessionState::Current, now);
        self.session(to).counted_from = now;
    }

    fn set_state(&mut self, id: SessionId, state: SessionState, now: Timestamp) {
        let session = self.session(id);
        if session.state != state {
            session.state = state;
            session.since = now;
        }
    }

    fn save_as(&mut self, name: &str, automatic: bool, now: Timestamp, drawn: Drawn) {
        let id = drawn.checkpoint.expect("a checkpoint is saved");
        let saved = Saved {
            session: self.current,
            history: self.now_current().history.clone(),
            name: name.to_owned(),
            automatic,
            at: now,
            deleted: None,
        };
        assert!(self.checkpoints.insert(id, saved).is_none(), "an id was drawn twice");
    }

    fn bring_in(
        &mut self,
        id: CheckpointId,
        session: SessionId,
        history: History,
        name: &str,
        at: Timestamp,
    ) {
        let name = name.to_owned();
        let saved = Saved { session, history, name, automatic: false, at, deleted: None };
        assert!(self.checkpoints.insert(id, saved).is_none(), "an id was drawn twice");
    }
}

pub(super) fn count(len: usize) -> u64 {
    u64::try_from(len).unwrap()
}

/// Of a position, from 1, in a history.
fn index(position: u64) -> usize {
    usize::try_from(position - 1).unwrap()
}
