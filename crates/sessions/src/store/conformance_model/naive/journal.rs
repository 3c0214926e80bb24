//! The naive journal: undo and redo put copies back.

use super::{
    CheckpointId, Drawn, History, Naive, Operation, Said, SessionId, SessionState, Told, WINDOW,
};
use crate::time::Timestamp;

#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) at: Timestamp,
    pub(super) operation: Operation,
    pub(super) before: Stand,
    pub(super) after: Stand,
    pub(super) carried: usize,
}

/// How things stood.
#[derive(Debug, Clone)]
pub(super) struct Stand {
    pub(super) current: SessionId,
    pub(super) sessions: Vec<Stood>,
    pub(super) checkpoint: Option<(CheckpointId, bool)>,
}

/// How one session stood; its history only if the operation takes the session to another one.
#[derive(Debug, Clone)]
pub(super) struct Stood {
    pub(super) id: SessionId,
    pub(super) state: SessionState,
    pub(super) history: Option<History>,
}

impl Naive {
    pub(in super::super) fn undo(&mut self, now: Timestamp, drawn: Drawn) -> Told {
        let Some(mut entry) = self.done.checked_sub(1).map(|top| self.entries[top].clone()) else {
            return "refused: nothing to undo".to_owned();
        };
        if now.since(entry.at) > WINDOW || self.misses(&entry) {
            return "refused: nothing to undo".to_owned();
        }
        let since = self.now_current().history.iter().skip(entry.carried).cloned();
        let since: History = since.collect();
        let kept = self.keep_words(&entry.after, "before undo", now, drawn);
        entry.after = self.same_stand(&entry.after);
        self.put_back(&entry.before, now);
        self.done -= 1;
        let mut carried = 0;
        if entry.operation == Operation::AutomaticReset {
            carried = since.len();
            entry.carried += carried;
            for said in since {
                self.carry(&said, now);
            }
        }
        self.settle(now);
        self.entries[self.done] = entry.clone();
        format!("{} undone, kept {kept:?}, carried {carried}", entry.operation)
    }

    pub(in super::super) fn redo(&mut self, now: Timestamp, drawn: Drawn) -> Told {
        let Some(mut entry) = self.entries.get(self.done).cloned() else {
            return "refused: nothing to redo".to_owned();
        };
        if now.since(entry.at) > WINDOW || self.misses(&entry) {
            return "refused: nothing to redo".to_owned();
        }
        let kept = self.keep_words(&entry.before, "before redo", now, drawn);
        entry.before = self.same_stand(&entry.before);
        self.put_back(&entry.after, now);
        self.settle(now);
        self.entries[self.done] = entry.clone();
        self.done += 1;
        format!("{} undone, kept {kept:?}, carried 0", entry.operation)
    }

    pub(super) fn stand(&self, touched: &[(SessionId, bool)]) -> Stand {
        let stood = |(id, moves): &(SessionId, bool)| {
            let session = &self.sessions[id];
            let history = moves.then(|| session.history.clone());
            Stood { id: *id, state: session.state, history }
        };
        let sessions = touched.iter().map(stood).collect();
        Stand { current: self.current, sessions, checkpoint: None }
    }

    /// What another stand tells of, as it is now.
    fn same_stand(&self, like: &Stand) -> Stand {
        let touched: Vec<_> =
            like.sessions.iter().map(|stood| (stood.id, stood.history.is_some())).collect();
        Stand { checkpoint: like.checkpoint, ..self.stand(&touched) }
    }

    fn put_back(&mut self, stand: &Stand, now: Timestamp) {
        for stood in &stand.sessions {
            self.set_state(stood.id, stood.state, now);
            if let Some(history) = &stood.history {
                self.session(stood.id).history.clone_from(history);
            }
        }
        self.current = stand.current;
        if let Some((id, deleted)) = stand.checkpoint {
            self.checkpoints.get_mut(&id).unwrap().deleted = deleted.then_some(now);
        }
    }

    /// Whether the checkpoint that an entry deletes is gone for good. Takes a clock that went back.
    fn misses(&self, entry: &Entry) -> bool {
        entry.before.checkpoint.is_some_and(|(id, _)| !self.checkpoints.contains_key(&id))
    }

    fn settle(&mut self, now: Timestamp) {
        let session = self.session(self.current);
        session.counted_from = now;
        session.active = now;
    }

    pub(super) fn record(
        &mut self,
        operation: Operation,
        before: Stand,
        after: Stand,
        now: Timestamp,
    ) {
        self.entries.truncate(self.done);
        self.entries.push(Entry { at: now, operation, before, after, carried: 0 });
        self.done += 1;
    }

    /// Words that are about to be left behind get a checkpoint; answers how many messages that has.
    fn keep_words(
        &mut self,
        stood: &Stand,
        name: &str,
        now: Timestamp,
        drawn: Drawn,
    ) -> Option<usize> {
        let stood = stood.sessions.iter().find(|stood| stood.id == self.current)?;
        let then = stood.history.as_ref()?;
        let history = &self.now_current().history;
        if then == history || history.is_empty() {
            return None;
        }
        let kept = history.len();
        self.save_as(name, true, now, drawn);
        Some(kept)
    }

    /// A message that an automatic reset took away comes back.
    fn carry(&mut self, said: &Said, now: Timestamp) {
        let copy = self.stored_copy(said);
        let session = self.session(self.current);
        session.history.push(copy);
        session.spoken = session.spoken.max(now);
    }
}
