//! What people see of a lane, held against the model of it.

use std::cmp::Reverse;
use std::time::Duration;

use super::Run;
use super::naive::{History, Naive, Saved, Session, count};
use crate::environment::Environment;
use crate::id::{CheckpointId, SessionId};
use crate::importance;
use crate::manager::Listed;
use crate::model::{Checkpoint, Message, Role, SessionState};
use crate::reset::{Setting, TimeOfDay};
use crate::store::Store;
use crate::store::conformance::block_on;
use crate::store::rows::KeyPurpose;

/// More than any lane of a run holds.
const ALL: usize = 10_000;
const WINDOW: Duration = Duration::from_hours(7 * 24);

/// A message as it is compared: its role, its text, whether it is pinned.
type Seen = (Role, String, bool);

impl<O: Fn() -> S, S: Store> Run<O, S> {
    pub(super) fn compare(&self, who: usize) {
        self.compare_card(who);
        self.compare_sessions(who);
        self.compare_checkpoints(who);
        self.compare_keys(who);
    }

    fn compare_card(&self, who: usize) {
        let (at, naive) = &self.lanes[who];
        let card = block_on(self.manager().card(at)).unwrap();
        assert_eq!(card.session.id, naive.current, "the current session");
        assert_eq!(card.session.title, naive.now_current().title, "its title");
        let minutes = |time: TimeOfDay| u16::from(time.hour()) * 60 + u16::from(time.minute());
        let daily = card.lane.settings.daily;
        assert_eq!(value(daily).map(minutes), naive.daily, "the daily reset");
        assert_eq!(value(card.lane.settings.idle_minutes), naive.idle, "the idle reset");
        let due = card.next_reset.is_some();
        let may = !naive.now_current().history.is_empty()
            && (naive.daily.is_some() || naive.idle.is_some());
        assert_eq!(due, may, "whether the card names a next reset");
    }

    fn compare_sessions(&self, who: usize) {
        let (at, naive) = &self.lanes[who];
        let page = block_on(self.manager().list_sessions(at, None, ALL)).unwrap();
        let active: Vec<SessionId> = page.active.iter().map(|listed| listed.session.id).collect();
        assert_eq!(active, [naive.current], "the active sessions");
        let listed = |listed: &Listed| (listed.session.id, listed.session.message_count());
        let past: Vec<_> = page.past.iter().map(listed).collect();
        assert_eq!(past, past_sessions(naive), "the past sessions");
        for (id, session) in &naive.sessions {
            let page = block_on(self.manager().history_page(at, Some(*id), None, ALL)).unwrap();
            assert_eq!(page.session.state, session.state, "the state of {id:?}");
            let positions = page.messages.iter().map(|message| message.point.position);
            assert!(positions.eq(1..=count(session.history.len())), "positions without gaps");
            assert_eq!(
                seen(&page.messages),
                expected(naive, &session.history),
                "history of {id:?}"
            );
        }
    }

    fn compare_checkpoints(&self, who: usize) {
        let (at, naive) = &self.lanes[who];
        let page = block_on(self.manager().list_checkpoints_of(at, None, ALL)).unwrap();
        let since = self.world.now().minus(WINDOW);
        let listed = |checkpoint: &Checkpoint| (checkpoint.id, checkpoint.name.clone());
        let saved: Vec<_> = page.checkpoints.iter().map(listed).collect();
        assert_eq!(saved, checkpoints(naive, |saved| !saved.automatic), "the checkpoints");
        assert_eq!(page.total, count(saved.len()), "their number");
        let automatic: Vec<_> = page.automatic.iter().map(listed).collect();
        let wanted = checkpoints(naive, |saved| saved.automatic && saved.at >= since);
        assert_eq!(automatic, wanted, "the automatic checkpoints");
        for checkpoint in page.checkpoints.iter().chain(&page.automatic) {
            let saved = &naive.checkpoints[&checkpoint.id];
            assert_eq!(checkpoint.session, saved.session, "where {checkpoint:?} came from");
            let messages = block_on(self.manager().messages_of(checkpoint, ALL)).unwrap();
            let reached = expected(naive, &saved.history);
            assert_eq!(seen(&messages), reached, "what {checkpoint:?} reaches");
            assert_eq!(checkpoint.message_count(), count(saved.history.len()), "{checkpoint:?}");
        }
    }

    fn compare_keys(&self, who: usize) {
        let store = self.manager().store();
        let key =
            |id: &SessionId| block_on(store.key(KeyPurpose::Session, *id.as_bytes())).unwrap();
        for id in self.lanes[who].1.sessions.keys() {
            assert!(key(id).is_some(), "the key of {id:?} is needed");
        }
        for id in &self.destroyed {
            assert!(key(id).is_none(), "the key of {id:?} is destroyed");
            assert!(block_on(store.timelines(*id)).unwrap().is_empty(), "timelines of {id:?}");
        }
    }
}

fn value<T>(setting: Setting<T>) -> Option<T> {
    match setting {
        Setting::Value(value) => Some(value),
        Setting::Unset | Setting::Off => None,
    }
}

fn past_sessions(naive: &Naive) -> Vec<(SessionId, u64)> {
    let listed = |(_, session): &(&SessionId, &Session)| {
        session.state == SessionState::Past && !session.history.is_empty()
    };
    let mut past: Vec<_> = naive.sessions.iter().filter(listed).collect();
    past.sort_by_key(|(id, session)| Reverse((session.active, **id)));
    past.into_iter().map(|(id, session)| (*id, count(session.history.len()))).collect()
}

fn checkpoints(naive: &Naive, wanted: impl Fn(&Saved) -> bool) -> Vec<(CheckpointId, String)> {
    let standing = |(_, saved): &(&CheckpointId, &Saved)| saved.deleted.is_none() && wanted(saved);
    let mut found: Vec<_> = naive.checkpoints.iter().filter(standing).collect();
    found.sort_by_key(|(id, saved)| Reverse((saved.at, **id)));
    found.into_iter().map(|(id, saved)| (*id, saved.name.clone())).collect()
}

fn seen(messages: &[Message]) -> Vec<Seen> {
    let one = |message: &Message| {
        let pinned = message.importance == importance::PINNED;
        (message.words.role, message.words.content.clone(), pinned)
    };
    messages.iter().map(one).collect()
}

fn expected(naive: &Naive, history: &History) -> Vec<Seen> {
    let one = |said: &super::naive::Said| {
        (said.role, said.text.clone(), naive.pinned.contains(&said.row))
    };
    history.iter().map(one).collect()
}
