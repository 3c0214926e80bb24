//! What is owed over the end of a process: sent by the next one if it never left, told of if it may have, never both.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a panic here is a failing test")]

mod support;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bot::{Body, Delivered, Incoming, Limit, Pace};
use sessions::delivery::OutboxState::{self, Ambiguous, Attempting, Pending};
use support::courier::{Courier, Fate, later};
use support::faulty::FaultyStore;
use support::{Stage, World, in_no_time, open_to_all, said, seconds_pass, start_on};
use tokio::time::Instant;

const MISSING: &str = "(An earlier answer may not have reached you.";
const SLOW: Pace =
    Pace { chat: Limit { burst: 1, every: Duration::from_secs(10) }, account: Limit::NONE };

type Office = Stage<FaultyStore, Courier>;

async fn open(store: &FaultyStore, world: &Arc<World>, courier: Courier) -> Office {
    start_on(store.clone(), world, open_to_all(), &Arc::new(courier)).await
}

/// Takes one event in and lets what follows go as far as it can without time passing.
async fn take_in(office: &Office, incoming: Incoming) {
    office.bot.receive(incoming).await.unwrap();
    in_no_time().await;
}

fn kept(number: usize) -> String {
    format!("Kept as message {number}. No assistant is configured, so nobody answers.")
}

async fn seconds_of<T>(future: impl Future<Output = T>) -> (u64, T) {
    let began = Instant::now();
    let done = future.await;
    (began.elapsed().as_secs(), done)
}

#[tokio::test(start_paused = true)]
async fn what_was_not_tried_is_sent_by_the_next_process_in_order_and_once() {
    let (store, world) = (FaultyStore::default(), Arc::default());
    let office = open(&store, &world, Courier::cutting_at(30).looking_at(&store)).await;
    office.ear.next("dm:ann", [later(60)]);
    take_in(&office, said("ann", "e1", "hello")).await;
    take_in(&office, said("ann", "e2", "hello")).await;
    assert_eq!(store.owed().await, [Pending; 6]);

    let store = store.kill();
    let office = open(&store, &world, Courier::default()).await;
    office.bot.settle().await.unwrap();
    assert_eq!(office.ear.texts().concat(), kept(1) + &kept(2));
    assert_eq!(store.owed().await, []);
    let office = open(&store.kill(), &world, Courier::default()).await;
    office.bot.settle().await.unwrap();
    assert!(office.ear.tries().is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_was_under_way_is_told_of_and_what_was_behind_it_is_sent() {
    let (store, world) = (FaultyStore::default(), Arc::default());
    let office = open(&store, &world, Courier::cutting_at(30).looking_at(&store)).await;
    office.ear.next("dm:ann", [Fate::Hangs]);
    take_in(&office, said("ann", "e1", "hello")).await;
    assert_eq!(store.owed().await, [Attempting, Pending, Pending]);

    let store = store.kill();
    let office = open(&store, &world, Courier::default()).await;
    office.bot.settle().await.unwrap();
    assert_eq!(office.ear.texts().len(), 2);
    assert_eq!(store.owed().await, [Ambiguous]);

    // Nobody has talked meanwhile: the one after next still tells of it.
    let store = store.kill();
    let office = open(&store, &world, Courier::default()).await;
    for event in ["e2", "e3"] {
        take_in(&office, said("ann", event, "hello")).await;
    }
    office.bot.settle().await.unwrap();
    let told: Vec<_> = office.ear.texts().iter().map(|it| it.starts_with(MISSING)).collect();
    assert_eq!(told, [true, false]);
}

#[tokio::test(start_paused = true)]
async fn answers_that_traded_places_are_not_sent_and_stop_no_start() {
    let (store, world) = (FaultyStore::default(), Arc::default());
    let office = open(&store, &world, Courier::default().looking_at(&store)).await;
    for peer in ["ann", "bob"] {
        office.ear.next(&format!("dm:{peer}"), [later(60)]);
        take_in(&office, said(peer, peer, "hello")).await;
    }
    assert_eq!(store.owed().await, [Pending, Pending]);

    let store = store.kill();
    store.mixed_up.store(true, Ordering::Relaxed);
    let office = open(&store, &world, Courier::default()).await;
    office.bot.settle().await.unwrap();
    assert!(office.ear.tries().is_empty());
    assert_eq!(store.owed().await, [Ambiguous, Ambiguous]);
    take_in(&office, said("ann", "e2", "hello")).await;
    assert!(office.ear.texts()[0].starts_with(MISSING));
}

#[tokio::test(start_paused = true)]
async fn stopping_does_not_wait_for_the_pace_of_a_chat() {
    let (store, world) = (FaultyStore::default(), Arc::default());
    let office = open(&store, &world, Courier::at_pace(SLOW)).await;
    for event in ["e1", "e2", "e3"] {
        take_in(&office, said("ann", event, "hello")).await;
    }
    let ear = Arc::clone(&office.ear);
    let (took, stopped) = seconds_of(office.bot.stop()).await;
    stopped.unwrap();
    assert_eq!((took, ear.texts()), (0, vec![kept(1)]));
    assert_eq!(store.owed().await, [Pending, Pending]);
    let office = open(&store, &world, Courier::default()).await;
    office.bot.settle().await.unwrap();
    assert_eq!(office.ear.texts(), [kept(2), kept(3)]);
}

#[tokio::test(start_paused = true)]
async fn stopping_does_not_wait_for_another_try() {
    let (store, world) = (FaultyStore::default(), Arc::default());
    let office = open(&store, &world, Courier::default()).await;
    office.ear.always("dm:ann", later(600));
    for event in ["e1", "e2"] {
        take_in(&office, said("ann", event, "hello")).await;
    }
    let (took, stopped) = seconds_of(office.bot.stop()).await;
    stopped.unwrap();
    assert_eq!((took, store.owed().await), (0, vec![Pending, Pending]));
    let office = open(&store, &world, Courier::default()).await;
    office.bot.settle().await.unwrap();
    assert_eq!(office.ear.texts(), [kept(1), kept(2)]);
}

#[tokio::test(start_paused = true)]
async fn stopping_waits_a_little_for_what_hangs_and_no_more() {
    let (store, world) = (FaultyStore::default(), Arc::default());
    let office = open(&store, &world, Courier::default().looking_at(&store)).await;
    office.ear.always("dm:ann", Fate::Hangs);
    for event in ["e1", "e2"] {
        take_in(&office, said("ann", event, "hello")).await;
    }
    take_in(&office, said("bob", "b1", "hello")).await;
    let (took, stopped) = seconds_of(office.bot.stop()).await;
    stopped.unwrap();
    assert_eq!(took, 5);
    assert_eq!(store.owed().await, [Attempting, Pending], "bob's is noted as sent");
    let office = open(&store.kill(), &world, Courier::default()).await;
    office.bot.settle().await.unwrap();
    assert_eq!(office.ear.texts(), [kept(2)]);
}

#[tokio::test(start_paused = true)]
async fn an_answer_keeps_its_age_over_a_restart() {
    let (store, world) = (FaultyStore::default(), Arc::<World>::default());
    let office = open(&store, &world, Courier::default().looking_at(&store)).await;
    office.ear.always("dm:ann", later(600));
    take_in(&office, said("ann", "e1", "hello")).await;
    world.pass_minutes(25 * 60);
    let store = store.kill();
    let office = open(&store, &world, Courier::default()).await;
    office.ear.next("dm:ann", [later(1)]);
    office.bot.settle().await.unwrap();
    assert_eq!(office.ear.tries().len(), 1, "it is tried once more, and then given up");
    assert_eq!(store.owed().await, [Ambiguous]);
}

/// Every commit of a little history is the last one of its process. Nothing is lost without a word, nothing comes twice.
#[tokio::test(start_paused = true)]
async fn wherever_a_process_dies_no_piece_comes_twice_and_none_is_lost_unsaid() {
    let mut died = 0;
    for life in 2..40 {
        let (store, world) = (FaultyStore::default(), Arc::default());
        let office = open(&store, &world, Courier::cutting_at(30).looking_at(&store)).await;
        store.life.store(life, Ordering::Relaxed);
        office.ear.next("dm:ann", [later(3)]);
        let bot = office.bot.clone();
        let talk = tokio::spawn(async move {
            for event in ["e1", "e2", "e3"] {
                bot.receive(said("ann", event, "hello")).await.unwrap();
            }
            bot.settle().await.unwrap();
        });
        let done = tokio::time::timeout(Duration::from_secs(60), talk).await.is_ok();
        died += usize::from(!done);

        // The channel brings again what it was not told had arrived, or all of it.
        let next = open(&store.kill(), &world, Courier::cutting_at(30)).await;
        for event in ["e1", "e2", "e3"] {
            next.bot.receive(said("ann", event, "hello")).await.unwrap();
        }
        next.bot.settle().await.unwrap();
        next.bot.receive(said("ann", "e4", "hello")).await.unwrap();
        next.bot.settle().await.unwrap();

        let texts = [office.ear.texts(), next.ear.texts()].concat();
        let first = "Kept as message 1. No assista";
        assert!(
            texts.iter().filter(|text| text.starts_with(first)).count() <= 1,
            "{life}: {texts:?}"
        );
        let whole = texts.concat();
        for number in 1..=4 {
            let times = whole.matches(&format!("Kept as message {number}.")).count();
            let is_told = whole.contains("may not have reached you");
            assert!(times == 1 || times == 0 && is_told, "{life}: {number} {times} {texts:?}");
        }
        assert!(!whole.contains("Kept as message 5."), "{life}: {texts:?}");
    }
    assert!(died > 10, "{died} processes died");
}

fn is_new(text: &str) -> bool {
    text.contains("was empty already, so it is used again")
}

/// Ten events that wait at one place, of which the first was begun when its process died.
async fn a_backlog() -> (FaultyStore, Arc<World>) {
    let (store, world) = (FaultyStore::default(), Arc::default());
    let office = open(&store, &world, Courier::default()).await;
    store.stuck.store(true, Ordering::Relaxed);
    for number in 1..=10 {
        take_in(&office, said("ann", &format!("e{number}"), "/new")).await;
    }
    (store.kill(), world)
}

#[tokio::test(start_paused = true)]
async fn of_ten_events_that_wait_only_the_first_may_have_been_begun() {
    let (mut store, world) = a_backlog().await;
    for begun in 1..=3 {
        store.stuck.store(true, Ordering::Relaxed);
        let _office = open(&store, &world, Courier::default()).await;
        seconds_pass(3).await;
        store = store.kill();
        let mut expected = [0; 10];
        expected[0] = begun;
        assert_eq!(store.attempts().await, expected);
    }
    let office = open(&store, &world, Courier::default()).await;
    office.bot.settle().await.unwrap();
    let texts = office.ear.texts();
    assert!(texts[0].starts_with("That could not be done and has been set aside."), "{texts:?}");
    assert!(texts.len() == 10 && texts[1..].iter().all(|text| is_new(text)), "{texts:?}");
    assert_eq!(store.attempts().await, [0; 0]);
}

#[tokio::test(start_paused = true)]
async fn thirty_starts_that_come_to_nothing_set_nothing_aside() {
    let (mut store, world) = a_backlog().await;
    for _ in 0..30 {
        store.frail.store(true, Ordering::Relaxed);
        let _office = open(&store, &world, Courier::default()).await;
        in_no_time().await;
        store = store.kill();
        assert_eq!(store.attempts().await, [0; 10]);
    }
    let office = open(&store, &world, Courier::default()).await;
    office.bot.settle().await.unwrap();
    let texts = office.ear.texts();
    assert!(texts.len() == 10 && texts[1..].iter().all(|text| is_new(text)), "{texts:?}");
}

#[tokio::test(start_paused = true)]
async fn a_chat_that_is_gone_is_owed_nothing_after_a_restart() {
    let (store, world) = (FaultyStore::default(), Arc::default());
    let office = open(&store, &world, Courier::default().looking_at(&store)).await;
    office.ear.always("dm:ann", later(600));
    for event in ["e1", "e2", "e3"] {
        take_in(&office, said("ann", event, "hello")).await;
    }
    take_in(&office, Incoming { body: Body::Gone, ..said("ann", "gone", "") }).await;
    let owed: Vec<OutboxState> = store.owed().await;
    assert!(owed.len() <= 1, "but for the one on its way: {owed:?}");
    let office = open(&store.kill(), &world, Courier::default()).await;
    office.ear.next("dm:ann", [Fate::Becomes(Delivered::Gone)]);
    take_in(&office, said("ann", "e4", "hello")).await;
    take_in(&office, said("ann", "e5", "hello")).await;
    office.bot.settle().await.unwrap();
    assert_eq!(office.ear.texts().last(), Some(&kept(5)));
}
