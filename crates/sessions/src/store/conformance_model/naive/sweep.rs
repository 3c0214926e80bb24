//! The naive clean-up: what nothing holds a copy of goes.

use std::collections::BTreeSet;
use std::time::Duration;

use super::journal::Stand;
use super::{CheckpointId, Naive, SessionId, SessionState, Swept, WINDOW, count};
use crate::time::Timestamp;

impl Naive {
    /// Removes what is old and cannot be brought back by anything.
    pub(in super::super) fn clean_up(
        &mut self,
        older_than: Duration,
        keep: bool,
        now: Timestamp,
    ) -> Swept {
        let old = |at: Timestamp| now.since(at) > WINDOW;
        let stale = self.entries.iter().take_while(|entry| old(entry.at)).count();
        // If what redo would do next is gone, so is what comes after it.
        let stale = if stale > self.done { self.entries.len() } else { stale };
        self.entries.drain(..stale);
        self.done = self.done.saturating_sub(stale);

        let mut swept = Swept::default();
        let ids: Vec<SessionId> = self.sessions.keys().copied().collect();
        for id in ids {
            self.clean_up_session(id, older_than, keep, now, &mut swept);
        }
        let kept = self.reached();
        swept.messages = count(self.stored.difference(&kept).count());
        self.stored = kept;
        swept
    }

    fn clean_up_session(
        &mut self,
        id: SessionId,
        older_than: Duration,
        keep: bool,
        now: Timestamp,
        swept: &mut Swept,
    ) {
        let old = |at: Timestamp| now.since(at) > WINDOW;
        let session = &self.sessions[&id];
        let (state, idle) = (session.state, now.since(session.active));
        let stands = || self.entries.iter().flat_map(|entry| [&entry.before, &entry.after]);
        let wanted = stands().any(|stand| stand.sessions.iter().any(|stood| stood.id == id));
        let over = match state {
            SessionState::Current => false,
            SessionState::Past => idle > older_than || session.history.is_empty(),
            SessionState::Binned => old(session.since),
            SessionState::Held => true,
        };
        let stays = wanted || !over;
        let doomed: Vec<CheckpointId> = self
            .checkpoints
            .iter()
            .filter(|(_, saved)| saved.session == id)
            .filter(|(found, saved)| {
                let names = |stand: &Stand| stand.checkpoint.is_some_and(|(id, _)| id == **found);
                let touched = stands().any(names);
                match saved.deleted {
                    Some(at) => old(at),
                    None if saved.automatic => old(saved.at),
                    None => !keep && !stays && idle > older_than && !touched,
                }
            })
            .map(|(found, _)| *found)
            .collect();
        swept.checkpoints += count(doomed.len());
        self.checkpoints.retain(|found, _| !doomed.contains(found));
        if stays {
            return;
        }
        if self.checkpoints.values().all(|saved| saved.session != id) {
            self.sessions.remove(&id);
            swept.sessions += 1;
        } else if state != SessionState::Held {
            let session = self.session(id);
            session.state = SessionState::Held;
            session.history.clear();
            swept.held += 1;
        }
    }

    /// Messages that a session, a checkpoint or the journal holds.
    fn reached(&self) -> BTreeSet<u64> {
        let stands = self.entries.iter().flat_map(|entry| [&entry.before, &entry.after]);
        let stood = stands.flat_map(|stand| &stand.sessions);
        let stood = stood
            .filter(|stood| self.sessions.contains_key(&stood.id))
            .filter_map(|stood| stood.history.as_ref());
        let sessions = self.sessions.values().map(|session| &session.history);
        let checkpoints = self.checkpoints.values().map(|saved| &saved.history);
        let all = sessions.chain(checkpoints).chain(stood);
        all.flatten().map(|said| said.row).collect()
    }
}
