//! Guesses that are right, out of date, or not allowed.

use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, Waker};

use crate::delivery::{Delivery, TurnRow, TurnState};
use crate::environment::{EntropyError, Environment};
use crate::id::{IdBytes, LaneId, SessionId, TurnId};
use crate::manager::{AddMessage, Ask, At, Config, GetOrCreate, KeySource, Rider};
use crate::model::{Role, Words};
use crate::store::memory::MemoryStore;
use crate::store::{Commit, Committed, Store};
use crate::time::Timestamp;
use crate::{Failure, Refusal, SessionManager};

#[derive(Default)]
struct Counting(AtomicU64);

impl Environment for Counting {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(1_000_000)
    }

    fn random(&self) -> Result<IdBytes, EntropyError> {
        let drawn = self.0.fetch_add(1, Ordering::Relaxed) + 1;
        Ok(u128::from(drawn).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835).to_be_bytes())
    }
}

type Manager = SessionManager<MemoryStore, Counting>;

/// What it waits for is ready at once.
fn now<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("the store in memory does not wait"),
    }
}

fn open() -> (Manager, LaneId, SessionId) {
    let (store, clock) = (MemoryStore::new(), Counting::default());
    let manager = now(Manager::open(store, clock, Config::default(), KeySource::Plain)).unwrap();
    let who = GetOrCreate { user_id: "ann".into(), channel_id: "c".into(), peer_id: None };
    let session = now(manager.get_or_create_session(&who)).unwrap().id;
    let lane = now(manager.lane_of_session(session)).unwrap().unwrap();
    (manager, lane, session)
}

fn ask(manager: &Manager, lane: LaneId, ask: &Ask, rider: Vec<Delivery>) -> Result<u64, Failure> {
    let ride = |_: &_, _: &_, _| Ok(Rider { delivery: rider.clone(), ..Rider::default() });
    let done = now(manager.perform(&At::Lane(lane), ask, None, ride))?;
    Ok(done.decision.current.message_count())
}

fn say(manager: &Manager, lane: LaneId) -> u64 {
    ask(manager, lane, &Ask::Say(Words::user("hello")), Vec::new()).unwrap()
}

fn has_guess(manager: &Manager, lane: LaneId) -> bool {
    let guess = manager.inner.guesses.take(lane);
    let found = guess.is_some();
    if let Some(view) = guess {
        manager.inner.guesses.lanes.insert(lane, view);
    }
    found
}

#[test]
fn a_guess_is_the_lane_as_the_store_has_it() {
    let (manager, lane, _) = open();
    for _ in 0..3 {
        say(&manager, lane);
        let guess = manager.inner.guesses.take(lane).unwrap();
        assert_eq!(Some(&guess), now(manager.load_view(lane)).unwrap().as_ref());
        manager.inner.guesses.lanes.insert(lane, guess);
    }
}

#[test]
fn what_is_decided_on_a_guess_that_is_out_of_date_is_decided_again() {
    let (manager, lane, _) = open();
    assert_eq!(say(&manager, lane), 1);
    // Another process says something; this one guesses on.
    let stale = manager.inner.guesses.take(lane).unwrap();
    assert_eq!(say(&manager, lane), 2);
    manager.inner.guesses.lanes.insert(lane, stale);
    assert_eq!(say(&manager, lane), 3);
    assert_eq!(say(&manager, lane), 4);
}

#[test]
fn what_is_refused_on_a_guess_is_asked_again_of_the_lane_itself() {
    let (manager, lane, session) = open();
    assert_eq!(say(&manager, lane), 1);
    ask(&manager, lane, &Ask::New(None), Vec::new()).unwrap();
    // As if another process had resumed the first session: the guess says that the second one is current.
    let stale = manager.inner.guesses.take(lane).unwrap();
    let back = crate::manager::SessionRef::Id(session);
    ask(&manager, lane, &Ask::Resume(back), Vec::new()).unwrap();
    manager.inner.guesses.lanes.insert(lane, stale);
    let content = "still here".to_owned();
    let add = AddMessage { session_id: session, role: Role::User, content, usage: None };
    assert_eq!(now(manager.add_message(add)).unwrap().point.position, 2);
}

#[test]
fn a_refusal_of_the_lane_itself_stands() {
    let (manager, lane, session) = open();
    say(&manager, lane);
    ask(&manager, lane, &Ask::New(None), Vec::new()).unwrap();
    let content = "too late".to_owned();
    let add = AddMessage { session_id: session, role: Role::User, content, usage: None };
    assert!(matches!(now(manager.add_message(add)), Err(Failure::Refused(Refusal::SessionClosed))));
}

#[test]
fn nothing_is_guessed_of_a_lane_with_a_live_turn() {
    let (manager, lane, _) = open();
    let row = TurnRow {
        id: TurnId::new([7; 16]),
        lane,
        upto: 1,
        state: TurnState::Queued,
        created_at: Timestamp::from_millis(0),
    };
    let words = Ask::Say(Words::user("hello"));
    ask(&manager, lane, &words, vec![Delivery::PutTurn(row)]).unwrap();
    assert!(!has_guess(&manager, lane));
    say(&manager, lane);
    assert!(!has_guess(&manager, lane));
    ask(&manager, lane, &words, vec![Delivery::EndTurn(lane)]).unwrap();
    assert!(!has_guess(&manager, lane));
    say(&manager, lane);
    assert!(has_guess(&manager, lane));
}

#[test]
fn whoever_looks_sees_the_store_and_takes_no_guess() {
    let (manager, lane, _) = open();
    say(&manager, lane);
    let view = now(manager.view(&At::Lane(lane))).unwrap();
    let expect = vec![(lane, view.lane.version)];
    let raised = now(manager.store().commit(Commit { expect, ..Commit::default() })).unwrap();
    assert!(matches!(raised, Committed::Done(_)));
    let seen = now(manager.view(&At::Lane(lane))).unwrap();
    assert_eq!(seen.lane.version, view.lane.version + 1);
    assert_eq!(say(&manager, lane), 2);
}
