//! What the bot makes of crashes, faults and rows that are not what they were: nothing half done, nothing done twice.

mod support;

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;

use bot::{Incoming, Taken};
use sessions::store::Store;
use sessions::store::memory::MemoryStore;
use sessions::store::rows::KeyPurpose;
use support::faulty::FaultyStore;
use support::{Stage, World, in_group, press, said, seconds_pass, start};

const KEPT: &str = "No assistant is configured, so nobody answers.";
const MISSING: &str = "(An earlier answer may not have reached you.";
/// Events of the size below that may wait at a time.
const ROOM: usize = 512;
/// What 1/512 of the room is for.
const SIZE: usize = 63 * 1_024;

/// Polls a future a few times, which is not enough for it, and drops it.
async fn given_up<F: Future>(future: F) {
    let mut future = pin!(future);
    for _ in 0..3 {
        let polled = poll_fn(|ctx| Poll::Ready(future.as_mut().poll(ctx).is_pending())).await;
        assert!(polled, "it was done already");
        tokio::task::yield_now().await;
    }
}

/// Ends a process whose store is stuck, once each of its workers has got as far as it can.
async fn crash<S>(stage: Stage<S>) {
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    drop(stage);
}

/// The same, once it has lived for long enough to begin an event for the last time.
async fn crash_in_time<S>(stage: Stage<S>) {
    seconds_pass(3).await;
    drop(stage);
}

#[tokio::test(start_paused = true)]
async fn an_event_that_ends_every_process_is_set_aside_and_its_sender_is_told_once() {
    let (store, world) = (FaultyStore::default(), Arc::new(World::default()));
    let stage = start(store.clone(), &world).await;
    stage.hear(said("ann", "e1", "hello")).await;
    store.stuck.store(true, Ordering::Relaxed);
    stage.bot.receive(said("ann", "e2", "/new poison")).await.unwrap();
    crash(stage).await;
    for attempts in 1..=3 {
        crash_in_time(start(store.clone(), &world).await).await;
        let rows = store.inbox(0, 9).await.unwrap();
        assert_eq!(rows.iter().map(|row| row.attempts).collect::<Vec<_>>(), [attempts]);
    }

    store.stuck.store(false, Ordering::Relaxed);
    let stage = start(store.clone(), &world).await;
    stage.bot.settle().await.unwrap();
    let heard = stage.ear.texts();
    assert_eq!(heard.len(), 1, "{heard:?}");
    let aside = "That could not be done and has been set aside. Nothing was changed. (reference e-";
    assert!(heard.iter().all(|text| text.starts_with(aside)), "{heard:?}");
    assert!(store.inbox(0, 9).await.unwrap().is_empty());
    assert_eq!(stage.bot.receive(said("ann", "e2", "/new poison")).await.unwrap(), Taken::Known);
    stage.bot.stop().await.unwrap();

    let stage = start(store, &world).await;
    stage.bot.settle().await.unwrap();
    assert_eq!(stage.ear.texts(), [""; 0]);
    let history = stage.history("ann", "e3").await;
    assert!(history.contains("hello") && !history.contains("poison"), "{history}");
}

#[tokio::test(start_paused = true)]
async fn an_event_that_ends_every_process_takes_no_other_with_it() {
    let (store, world) = (FaultyStore::default(), Arc::new(World::default()));
    store.stuck.store(true, Ordering::Relaxed);
    let stage = start(store.clone(), &world).await;
    stage.bot.receive(said("ann", "e1", "/new poison")).await.unwrap();
    stage.bot.receive(said("ben", "e2", "/new")).await.unwrap();
    crash(stage).await;
    // Begun together once, then one by one: nobody knows which of them it was.
    for attempts in [[1, 1], [2, 1], [2, 2], [3, 2]] {
        crash_in_time(start(store.clone(), &world).await).await;
        let rows = store.inbox(0, 9).await.unwrap();
        assert_eq!(rows.iter().map(|row| row.attempts).collect::<Vec<_>>(), attempts);
    }

    store.stuck.store(false, Ordering::Relaxed);
    let stage = start(store.clone(), &world).await;
    stage.bot.settle().await.unwrap();
    let mut heard = stage.ear.texts();
    heard.sort();
    assert!(
        heard[0].starts_with("Session s-") && heard[0].contains("was empty already"),
        "{heard:?}"
    );
    assert!(heard[1].starts_with("That could not be done and has been set aside."), "{heard:?}");
    assert_eq!(heard.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn an_event_is_not_set_aside_by_whoever_kills_processes_soon_after_their_start() {
    let (store, world) = (FaultyStore::default(), Arc::new(World::default()));
    store.stuck.store(true, Ordering::Relaxed);
    let stage = start(store.clone(), &world).await;
    stage.bot.receive(said("ann", "e1", "/new")).await.unwrap();
    crash(stage).await;
    for life in 1..=9 {
        crash(start(store.clone(), &world).await).await;
        let rows = store.inbox(0, 9).await.unwrap();
        assert_eq!(rows.iter().map(|row| row.attempts).collect::<Vec<_>>(), [life.min(2)]);
    }
    store.stuck.store(false, Ordering::Relaxed);
    let stage = start(store, &world).await;
    stage.bot.settle().await.unwrap();
    let heard = stage.ear.texts();
    assert!(heard.len() == 1 && heard[0].contains("was empty already"), "{heard:?}");
}

#[tokio::test]
async fn what_waits_behind_an_event_keeps_its_place_over_a_crash() {
    let (store, world) = (FaultyStore::default(), Arc::new(World::default()));
    store.stuck.store(true, Ordering::Relaxed);
    let stage = start(store.clone(), &world).await;
    for number in 1..=5 {
        stage
            .bot
            .receive(said("ann", &format!("e{number}"), &format!("no. {number}")))
            .await
            .unwrap();
    }
    crash(stage).await;
    store.stuck.store(false, Ordering::Relaxed);
    let stage = start(store, &world).await;
    stage.bot.settle().await.unwrap();
    let expected: Vec<_> = (1..=5).map(|n| format!("Kept as message {n}. {KEPT}")).collect();
    assert_eq!(stage.ear.texts(), expected);
    let history = stage.history("ann", "e6").await;
    let found: Vec<_> = (1..=5).map(|n| history.find(&format!("no. {n}")).unwrap()).collect();
    assert!(found.is_sorted(), "{history}");
}

#[tokio::test]
async fn a_fault_is_told_in_one_sentence_and_nothing_is_half_done() {
    let store = FaultyStore::default();
    let stage = start(store.clone(), &Arc::default()).await;
    stage.hear(said("ann", "e1", "hello")).await;
    store.fails.store(1, Ordering::Relaxed);
    let heard = stage.hear(said("ann", "e2", "/history clear")).await;
    assert_eq!(heard.len(), 1, "{heard:?}");
    let sentence = "That was not done: something went wrong on this side. Nothing was changed; \
        try again later. (reference e-";
    assert!(heard.iter().all(|text| text.starts_with(sentence)), "{heard:?}");
    assert!(store.inbox(0, 9).await.unwrap().is_empty());
    assert!(stage.history("ann", "e3").await.contains("hello"));
    let heard = stage.hear(said("ann", "e4", "/history clear")).await;
    assert!(heard.iter().all(|text| text.starts_with("Cleared 1 message")), "{heard:?}");
}

#[tokio::test]
async fn an_event_whose_fault_cannot_even_be_noted_is_kept_and_done_once_later() {
    let (store, world) = (FaultyStore::default(), Arc::new(World::default()));
    let stage = start(store.clone(), &world).await;
    store.fails.store(2, Ordering::Relaxed);
    let heard = stage.hear(said("ann", "e1", "hello")).await;
    assert_eq!(heard.len(), 1, "{heard:?}");
    let kept = "It is kept and will be tried again when the program starts next.";
    assert!(heard.iter().all(|text| text.ends_with(kept)), "{heard:?}");
    assert_eq!(store.inbox(0, 9).await.unwrap().len(), 1);
    // The place works on, even if the way out broke over it.
    store.fails.store(2, Ordering::Relaxed);
    stage.ear.panic_times(1);
    assert_eq!(stage.hear(said("ann", "e2", "unheard")).await, [""; 0]);
    assert_eq!(
        stage.hear(said("ann", "e3", "third")).await,
        [format!("Kept as message 1. {KEPT}")]
    );
    stage.bot.stop().await.unwrap();

    let stage = start(store.clone(), &world).await;
    stage.bot.settle().await.unwrap();
    let expected: Vec<_> = (2..=3).map(|n| format!("Kept as message {n}. {KEPT}")).collect();
    assert_eq!(stage.ear.texts(), expected);
    stage.bot.stop().await.unwrap();
    let stage = start(store, &world).await;
    let history = stage.history("ann", "e4").await;
    for words in ["hello", "unheard", "third"] {
        assert_eq!(history.matches(words).count(), 1, "{history}");
    }
}

#[tokio::test]
async fn a_receive_that_is_given_up_midway_is_done_all_the_same() {
    let store = FaultyStore::default();
    let stage = start(store.clone(), &Arc::default()).await;
    stage.hear(said("ann", "e1", "hello")).await;
    store.slow.store(true, Ordering::Relaxed);
    given_up(stage.bot.receive(said("ann", "e2", "/new given up"))).await;
    store.slow.store(false, Ordering::Relaxed);
    // The channel brings it again, as it was not told that it had arrived.
    assert_eq!(stage.bot.receive(said("ann", "e2", "/new given up")).await.unwrap(), Taken::Known);
    let ear = Arc::clone(&stage.ear);
    stage.bot.stop().await.unwrap();
    let heard = ear.texts();
    assert!(heard.len() == 1 && heard.concat().starts_with("New session"), "{heard:?}");
    assert!(store.inbox(0, 9).await.unwrap().is_empty());
    assert!(store.outbox(0, 9).await.unwrap().is_empty());
}

#[tokio::test]
async fn stopping_lets_what_was_decided_arrive_and_leaves_the_rest_for_the_next_start() {
    let (store, world) = (FaultyStore::default(), Arc::new(World::default()));
    let stage = start(store.clone(), &world).await;
    stage.ear.hold("dm:peer0");
    for number in 0..200 {
        let peer = format!("peer{}", number % 5);
        stage.bot.receive(said(&peer, &format!("e{number}"), "hello")).await.unwrap();
    }
    for _ in 0..1_000 {
        tokio::task::yield_now().await;
    }
    store.slow.store(true, Ordering::Relaxed);
    given_up(stage.bot.receive(said("ann", "last", "/new given up"))).await;
    let (bot, ear) = (stage.bot.clone(), Arc::clone(&stage.ear));
    let stopping = tokio::spawn(stage.bot.stop());
    for _ in 0..1_000 {
        tokio::task::yield_now().await;
    }
    assert!(!stopping.is_finished(), "an answer on its way and one who gave up are waited for");
    store.slow.store(false, Ordering::Relaxed);
    ear.let_go();
    stopping.await.unwrap().unwrap();
    assert_eq!(ear.texts().len(), 200);
    assert!(bot.receive(said("ann", "later", "too late")).await.is_err());
    assert_eq!(store.inbox(0, 9).await.unwrap().len(), 1, "it was taken in, and waits");
    assert!(store.outbox(0, 9).await.unwrap().is_empty(), "every delivery is noted");
    let stage = start(store, &world).await;
    stage.bot.settle().await.unwrap();
    let heard = stage.ear.texts().concat();
    assert!(heard.contains("is its first") && !heard.contains(MISSING), "{heard}");
}

#[tokio::test]
async fn a_full_room_makes_wait_and_drops_nothing() {
    let stage = start(MemoryStore::new(), &Arc::default()).await;
    stage.ear.hold("dm:ann");
    let taken = Arc::new(AtomicUsize::new(0));
    let (bot, count) = (stage.bot.clone(), Arc::clone(&taken));
    let pushing = tokio::spawn(async move {
        let words = "w".repeat(SIZE);
        for number in 0..ROOM + 100 {
            let taken = bot.receive(said("ann", &format!("e{number}"), &words)).await;
            assert_eq!(taken.unwrap(), Taken::New);
            count.fetch_add(1, Ordering::Relaxed);
        }
    });
    while taken.load(Ordering::Relaxed) < ROOM {
        tokio::task::yield_now().await;
    }
    for _ in 0..1_000 {
        tokio::task::yield_now().await;
    }
    assert_eq!(taken.load(Ordering::Relaxed), ROOM, "there is room for no more");
    stage.ear.let_go();
    pushing.await.unwrap();
    stage.bot.settle().await.unwrap();
    let heard = stage.ear.texts();
    let expected = (1..=ROOM + 100).map(|n| format!("Kept as message {n}. {KEPT}"));
    assert!(heard.into_iter().eq(expected), "all of them, in order");
}

#[tokio::test]
async fn one_id_on_two_logins_is_two_events() {
    let stage = start(MemoryStore::new(), &Arc::default()).await;
    let here = said("ann", "7", "hello");
    let elsewhere = Incoming { account: "other-bot".to_owned(), ..here.clone() };
    let on_another = Incoming { channel: "another".to_owned(), ..here.clone() };
    for incoming in [here, elsewhere, on_another] {
        assert_eq!(stage.bot.receive(incoming.clone()).await.unwrap(), Taken::New);
        assert_eq!(stage.bot.receive(incoming).await.unwrap(), Taken::Known);
    }
}

#[tokio::test]
async fn a_button_pressed_twice_at_once_counts_once() {
    let stage = start(MemoryStore::new(), &Arc::default()).await;
    for (event, text) in [("e1", "hello"), ("e2", "/checkpoint save here"), ("e3", "more")] {
        stage.hear(said("ann", event, text)).await;
    }
    stage.bot.receive(said("ann", "e4", "/checkpoint list")).await.unwrap();
    stage.bot.settle().await.unwrap();
    let buttons = stage.ear.heard().remove(0).buttons;
    let restore = buttons.iter().find(|it| it.label.starts_with("Restore")).unwrap();
    let (one, other) = (
        stage.bot.receive(press("ann", "p1", &restore.data)),
        stage.bot.receive(press("ann", "p2", &restore.data)),
    );
    let (one, other) = tokio::join!(one, other);
    assert_eq!((one.unwrap(), other.unwrap()), (Taken::New, Taken::New));
    stage.bot.settle().await.unwrap();
    let heard = stage.ear.texts();
    let restored = heard.iter().filter(|text| text.starts_with("Restored checkpoint")).count();
    assert_eq!((heard.len(), restored), (2, 1), "{heard:?}");
}

#[tokio::test]
async fn the_queues_hold_nothing_that_can_be_read() {
    let (store, world) = (FaultyStore::default(), Arc::new(World::default()));
    let stage = start(store.clone(), &world).await;
    stage.hear(said("ann", "e1", "an albatross")).await;
    store.deaf.store(true, Ordering::Relaxed);
    stage.hear(said("ann", "e2", "/history")).await;
    store.stuck.store(true, Ordering::Relaxed);
    stage.bot.receive(said("ann", "e3", "/new an albatross")).await.unwrap();
    let waiting = store.inbox(0, 9).await.unwrap();
    let owed = store.outbox(0, 9).await.unwrap();
    assert!(!waiting.is_empty() && !owed.is_empty());
    let sealed = waiting.iter().map(|row| &row.sealed).chain(owed.iter().map(|row| &row.sealed));
    for bytes in sealed {
        let text = String::from_utf8_lossy(bytes);
        assert!(!text.contains("albatross") && !text.contains("ann"), "{text}");
    }
}

#[tokio::test]
async fn events_that_traded_places_do_not_open_and_are_not_done() {
    let (store, world) = (FaultyStore::default(), Arc::new(World::default()));
    store.stuck.store(true, Ordering::Relaxed);
    let stage = start(store.clone(), &world).await;
    for (event, text) in [("e1", "/new"), ("e2", "first words")] {
        stage.bot.receive(said("ann", event, text)).await.unwrap();
    }
    crash(stage).await;
    store.stuck.store(false, Ordering::Relaxed);
    store.swapped.store(true, Ordering::Relaxed);
    let stage = start(store.clone(), &world).await;
    stage.bot.settle().await.unwrap();
    assert_eq!(stage.ear.texts(), [""; 0]);
    assert!(store.inbox(0, 9).await.unwrap().is_empty(), "they are set aside");
    assert!(!stage.history("ann", "e3").await.contains("first words"));
}

#[tokio::test]
async fn a_place_that_was_taken_away_is_a_fault_and_not_a_new_place() {
    let store = FaultyStore::default();
    let stage = start(store.clone(), &Arc::default()).await;
    stage.hear(in_group(said("ann", "e1", "/session scope group"))).await;
    store.forgetful.store(true, Ordering::Relaxed);
    let heard = stage.hear(in_group(said("ann", "e2", "hello"))).await;
    let damaged = |text: &String| text.starts_with("That was not done: stored data is damaged.");
    assert!(heard.len() == 1 && heard.iter().all(damaged), "{heard:?}");
    store.forgetful.store(false, Ordering::Relaxed);
    assert_eq!(
        stage.hear(in_group(said("ann", "e3", "hello"))).await,
        [format!("Kept as message 1. {KEPT}")]
    );
}

#[tokio::test]
async fn what_is_said_past_the_bot_makes_no_session() {
    let stage = start(MemoryStore::new(), &Arc::default()).await;
    let mut aside = in_group(said("bob", "e1", "between us"));
    aside.body = bot::Body::Text { text: "between us".to_owned(), addressed: false };
    assert_eq!(stage.hear(aside).await, [""; 0]);
    assert_eq!(stage.bot.manager().count_lanes().await.unwrap(), (0, 0));
}

#[tokio::test]
async fn a_queue_key_lives_a_day_and_as_long_as_something_needs_it() {
    let (store, world) = (FaultyStore::default(), Arc::new(World::default()));
    let stage = start(store.clone(), &world).await;
    stage.hear(said("ann", "e1", "hello")).await;
    let count = async || store.keys(KeyPurpose::Queue, None, 99).await.unwrap().len();
    assert_eq!(count().await, 1);
    world.pass_minutes(1_441);
    store.stuck.store(true, Ordering::Relaxed);
    stage.bot.receive(said("ann", "e2", "/new next day")).await.unwrap();
    assert_eq!(count().await, 2, "a new day, a new key");
    crash(stage).await;

    let stage = start(store.clone(), &world).await;
    assert_eq!(count().await, 2, "that of the event which waits, and the new process's own");
    crash(stage).await;
    store.stuck.store(false, Ordering::Relaxed);
    let stage = start(store.clone(), &world).await;
    stage.bot.settle().await.unwrap();
    assert!(stage.ear.texts().concat().starts_with("New session"));
    stage.bot.stop().await.unwrap();
    let stage = start(store.clone(), &world).await;
    assert_eq!(count().await, 1);
    assert_eq!(stage.hear(said("ann", "e3", "on")).await.len(), 1);
}
