//! Taking in: at once or behind, one by one or in a batch, once and wholly; and what cannot be read.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a panic here is a failing test")]

mod support;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bot::{Access, Body, BotError, Incoming, Taken};
use sessions::delivery::Delivery;
use sessions::store::{Commit, Store};
use support::courier::Courier;
use support::faulty::FaultyStore;
use support::{Stage, World, in_group, open_to_all, press, said, start, start_on};

const NOON: i64 = 1_795_348_800_000;
const DAY: i64 = 86_400_000;

fn kept(number: usize) -> String {
    format!("Kept as message {number}. No assistant is configured, so nobody answers.")
}

/// A bot to which ann has talked before, so that what she says next is decided at once.
async fn with_ann(store: &FaultyStore) -> Stage<FaultyStore> {
    let stage = start(store.clone(), &Arc::default()).await;
    assert_eq!(stage.hear(said("ann", "e0", "hello")).await, [kept(1)]);
    stage
}

/// How often each of these words is in ann's history.
async fn times<const N: usize>(stage: &Stage<FaultyStore>, words: [&str; N]) -> [usize; N] {
    let history = stage.history("ann", "look").await;
    words.map(|word| history.matches(word).count())
}

#[tokio::test(start_paused = true)]
async fn the_first_event_of_a_place_waits_in_the_inbox_and_the_next_does_not() {
    let store = FaultyStore::default();
    let stage = start(store.clone(), &Arc::default()).await;
    store.stuck.store(true, Ordering::Relaxed);
    assert_eq!(stage.bot.receive(said("ann", "e1", "hello")).await.unwrap(), Taken::New);
    assert_eq!(store.inbox(0, 9).await.unwrap().len(), 1);
    let store = FaultyStore::default();
    let stage = with_ann(&store).await;
    let commits = store.commits.load(Ordering::Relaxed);
    stage.bot.receive(said("ann", "e1", "hello")).await.unwrap();
    assert_eq!(store.commits.load(Ordering::Relaxed), commits + 1);
}

#[tokio::test(start_paused = true)]
async fn what_is_old_stays_known_until_the_bot_is_told_to_forget_it() {
    let (store, world) = (FaultyStore::default(), Arc::new(World::default()));
    let stage = start(store.clone(), &world).await;
    assert_eq!(stage.hear(said("ann", "e0", "hello")).await, [kept(1)]);
    world.pass_minutes(8 * 24 * 60);
    tokio::time::advance(Duration::from_secs(2 * 86_400)).await;
    stage.bot.stop().await.unwrap();
    let stage = start(store, &world).await;
    stage.bot.settle().await.unwrap();
    // A clock may say anything at a start.
    assert_eq!(stage.bot.receive(said("ann", "e0", "hello")).await.unwrap(), Taken::Known);
    stage.bot.forget_what_is_old().await.unwrap();
    assert_eq!(stage.bot.receive(said("ann", "e0", "hello")).await.unwrap(), Taken::New);
}

#[tokio::test(start_paused = true)]
async fn a_panic_at_once_is_counted_and_the_third_sets_the_event_aside() {
    for (panics, heard_first) in [(1, "Kept as message 2."), (2, "Kept as message 2.")] {
        let store = FaultyStore::default();
        let stage = with_ann(&store).await;
        store.panics.store(panics, Ordering::Relaxed);
        let heard = stage.hear(said("ann", "e1", "albatross")).await;
        assert!(heard.len() == 1 && heard[0].starts_with(heard_first), "{heard:?}");
        assert_eq!(times(&stage, ["albatross"]).await, [1]);
    }
    let store = FaultyStore::default();
    let stage = with_ann(&store).await;
    store.panics.store(3, Ordering::Relaxed);
    let heard = stage.hear(said("ann", "e1", "albatross")).await;
    assert!(heard[0].starts_with("That could not be done and has been set aside."), "{heard:?}");
    assert_eq!(store.panics.load(Ordering::Relaxed), 0, "three times, and no more");
    assert!(store.inbox(0, 9).await.unwrap().is_empty());
    assert_eq!(stage.bot.receive(said("ann", "e1", "albatross")).await.unwrap(), Taken::Known);
    assert_eq!(times(&stage, ["albatross"]).await, [0]);
}

#[tokio::test(start_paused = true)]
async fn a_fault_at_once_is_tried_the_long_way_and_then_told() {
    let store = FaultyStore::default();
    let stage = with_ann(&store).await;
    store.fails.store(1, Ordering::Relaxed);
    assert_eq!(stage.hear(said("ann", "e1", "albatross")).await, [kept(2)]);
    store.fails.store(2, Ordering::Relaxed);
    let heard = stage.hear(said("ann", "e2", "penguin")).await;
    assert!(heard[0].starts_with("That was not done: something went wrong"), "{heard:?}");
    assert!(store.inbox(0, 9).await.unwrap().is_empty());
    for (event, text) in [("e1", "albatross"), ("e2", "penguin")] {
        assert_eq!(stage.bot.receive(said("ann", event, text)).await.unwrap(), Taken::Known);
    }
    assert_eq!(times(&stage, ["albatross", "penguin"]).await, [1, 0]);
}

#[tokio::test(start_paused = true)]
async fn a_commit_of_which_the_store_lied_counts_once() {
    let store = FaultyStore::default();
    let stage = with_ann(&store).await;
    store.lies.store(1, Ordering::Relaxed);
    let taken = stage.bot.receive(said("ann", "e1", "albatross")).await.unwrap();
    assert_eq!(taken, Taken::Known);
    stage.bot.settle().await.unwrap();
    assert_eq!(stage.bot.receive(said("ann", "e1", "albatross")).await.unwrap(), Taken::Known);
    assert_eq!(times(&stage, ["albatross"]).await, [1]);
}

#[tokio::test(start_paused = true)]
async fn what_may_have_been_done_is_not_called_undone() {
    let store = FaultyStore::default();
    let stage = start(store.clone(), &Arc::default()).await;
    store.lies.store(1, Ordering::Relaxed);
    // The first event of a place is in the inbox before anything is done.
    let heard = stage.hear(said("ann", "e1", "albatross")).await;
    let told = "It cannot be told whether that was done: the database cannot be written. Look before you try again. (reference e-1)";
    assert_eq!(heard, [told]);
    assert_eq!(times(&stage, ["albatross"]).await, [1]);
    assert!(store.inbox(0, 9).await.unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_full_disk_takes_nothing_in_on_either_way() {
    let store = FaultyStore::default();
    let stage = with_ann(&store).await;
    store.full.store(true, Ordering::Relaxed);
    for (event, text) in [("e1", "albatross"), ("e2", "/new albatross")] {
        let taken = stage.bot.receive(said("ann", event, text)).await;
        assert!(matches!(taken, Err(BotError::Fault(_))), "{text}");
    }
    store.full.store(false, Ordering::Relaxed);
    stage.bot.settle().await.unwrap();
    let told = stage.ear.texts();
    let waits = "Nothing can be done just now: the disk is full. What you said here waits";
    assert!(told.len() == 1 && told[0].starts_with(waits), "told once: {told:?}");
    assert_eq!(times(&stage, ["albatross"]).await, [0]);
    assert_eq!(stage.hear(said("ann", "e1", "albatross")).await.last(), Some(&kept(2)));
}

#[tokio::test(start_paused = true)]
async fn what_is_refused_at_once_is_refused_once() {
    let store = FaultyStore::default();
    let courier = Arc::new(Courier::default());
    let office = start_on(store.clone(), &Arc::default(), open_to_all(), &courier).await;
    let faceless = |event: &str| Incoming { faceless: true, ..in_group(said("team", event, "hi")) };
    for (event, taken) in [("e1", Taken::New), ("e2", Taken::New), ("e2", Taken::Known)] {
        assert_eq!(office.bot.receive(faceless(event)).await.unwrap(), taken);
        office.bot.settle().await.unwrap();
    }
    assert_eq!(office.ear.texts().len(), 2);
    assert!(store.inbox(0, 9).await.unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_comes_to_one_place_at_the_same_time_is_kept_in_order_and_once() {
    let store = FaultyStore::default();
    let stage = with_ann(&store).await;
    let (one, other, again) = tokio::join!(
        stage.bot.receive(said("ann", "e1", "albatross")),
        stage.bot.receive(said("ann", "e2", "penguin")),
        stage.bot.receive(said("ann", "e1", "albatross")),
    );
    let taken = [one.unwrap(), other.unwrap(), again.unwrap()];
    assert_eq!(taken, [Taken::New, Taken::New, Taken::Known]);
    stage.bot.settle().await.unwrap();
    assert_eq!(stage.ear.texts(), [kept(2), kept(3)]);
    assert_eq!(times(&stage, ["albatross", "penguin"]).await, [1, 1]);
}

#[tokio::test(start_paused = true)]
async fn an_event_decided_at_once_is_known_under_all_its_ids() {
    let store = FaultyStore::default();
    let stage = with_ann(&store).await;
    let also = vec!["m1".to_owned(), "m2".to_owned()];
    let event = Incoming { also, ..said("ann", "e1", "albatross") };
    assert_eq!(stage.bot.receive(event.clone()).await.unwrap(), Taken::New);
    for id in ["m1", "m2"] {
        let renumbered =
            Incoming { event: format!("new {id}"), also: vec![id.to_owned()], ..event.clone() };
        assert_eq!(stage.bot.receive(renumbered).await.unwrap(), Taken::Known);
        assert_eq!(stage.bot.receive(said("ann", id, "/new")).await.unwrap(), Taken::Known);
    }
    assert_eq!(times(&stage, ["albatross"]).await, [1]);
}

#[tokio::test(start_paused = true)]
async fn what_is_older_than_what_is_remembered_is_taken_in_on_neither_way() {
    let store = FaultyStore::default();
    let stage = with_ann(&store).await;
    for (event, text, age, taken) in [
        ("e1", "albatross", 6 * DAY, Taken::New),
        ("e2", "penguin", 8 * DAY, Taken::Ignored),
        ("e3", "/new penguin", 8 * DAY, Taken::Ignored),
    ] {
        let incoming = Incoming { said_at: Some(NOON - age), ..said("ann", event, text) };
        assert_eq!(stage.bot.receive(incoming).await.unwrap(), taken, "{text}");
    }
    stage.bot.settle().await.unwrap();
    assert_eq!(times(&stage, ["albatross", "penguin"]).await, [1, 0]);
}

/// A batch of all sorts, and what becomes of each of it.
fn batch() -> (Vec<Incoming>, Vec<Taken>) {
    let talk = Body::Text { text: "among us".to_owned(), addressed: false };
    let (events, taken): (Vec<_>, Vec<_>) = [
        (said("bob", "e1", "one"), Taken::New),
        (said("ann", "e0", "hello"), Taken::Known),
        (said("eve", "e2", "let me in"), Taken::TurnedAway),
        (Incoming { body: talk, ..in_group(said("bob", "e3", "")) }, Taken::Ignored),
        (said("bob", "e4", "two"), Taken::New),
        (said("bob", "e1", "one"), Taken::Known),
        (Incoming { said_at: Some(NOON - 8 * DAY), ..said("bob", "e5", "old") }, Taken::Ignored),
        (said("bob", "e6", "three"), Taken::New),
    ]
    .into_iter()
    .unzip();
    (events, taken)
}

async fn with_bob_allowed(store: &FaultyStore) -> Stage<FaultyStore> {
    let names = ["test:ann".to_owned(), "test:bob".to_owned()];
    let access = Access { allow: names.into(), ..Access::default() };
    let stage = start_on(store.clone(), &Arc::<World>::default(), access, &Arc::default()).await;
    stage.hear(said("ann", "e0", "hello")).await;
    stage
}

#[tokio::test(start_paused = true)]
async fn a_batch_is_answered_one_for_one_and_done_in_order() {
    let stage = with_bob_allowed(&FaultyStore::default()).await;
    let (events, expected) = batch();
    assert_eq!(stage.bot.receive_all(events).await.unwrap(), expected);
    stage.bot.settle().await.unwrap();
    let heard = stage.ear.heard();
    let bobs = heard.iter().filter(|it| it.to.chat == "dm:bob").map(|it| it.text.clone());
    assert_eq!(bobs.collect::<Vec<_>>(), [kept(1), kept(2), kept(3)]);
    assert_eq!(heard.len(), 4, "and one line for eve");
    assert_eq!(stage.bot.receive_all(Vec::new()).await.unwrap(), []);
}

#[tokio::test(start_paused = true)]
async fn a_batch_that_cannot_be_stored_is_taken_in_not_even_in_part() {
    let store = FaultyStore::default();
    let stage = with_bob_allowed(&store).await;
    stage.hear(said("bob", "b0", "hello")).await;
    store.full.store(true, Ordering::Relaxed);
    let (events, expected) = batch();
    assert!(stage.bot.receive_all(events.clone()).await.is_err());
    store.full.store(false, Ordering::Relaxed);
    assert!(store.inbox(0, 9).await.unwrap().is_empty());
    assert_eq!(stage.bot.receive_all(events).await.unwrap(), expected);
    stage.bot.settle().await.unwrap();
    let heard: Vec<_> = stage
        .ear
        .heard()
        .into_iter()
        .filter(|it| it.to.chat == "dm:bob")
        .map(|it| it.text)
        .collect();
    let (told, answers) = heard.split_first().unwrap();
    assert!(told.starts_with("Nothing can be done just now: the disk is full"), "once: {told}");
    assert_eq!(answers, [kept(2), kept(3), kept(4)]);
}

#[tokio::test(start_paused = true)]
async fn a_batch_of_one_is_no_different() {
    let store = FaultyStore::default();
    let stage = with_ann(&store).await;
    for (incoming, expected) in [
        (said("ann", "e1", "albatross"), Taken::New),
        (said("ann", "e1", "albatross"), Taken::Known),
        (said("ann", "e2", "/session"), Taken::New),
    ] {
        assert_eq!(stage.bot.receive_all(vec![incoming]).await.unwrap(), [expected]);
        stage.bot.settle().await.unwrap();
    }
    assert_eq!(times(&stage, ["albatross"]).await, [1]);
}

#[tokio::test(start_paused = true)]
async fn a_batch_larger_than_the_room_is_taken_in() {
    let stage = start(FaultyStore::default(), &Arc::default()).await;
    let json = "w".repeat(8 << 20);
    let event = |number| {
        let body = Body::Raw { kind: "novelty".to_owned(), json: json.clone() };
        Incoming { body, ..said("ann", &format!("e{number}"), "") }
    };
    let events = (0..5).map(event).collect();
    let taken = tokio::time::timeout(Duration::from_secs(60), stage.bot.receive_all(events));
    assert_eq!(taken.await.unwrap().unwrap(), [Taken::New; 5]);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_read_is_kept_sealed_and_nothing_is_said() {
    let store = FaultyStore::default();
    let stage = with_ann(&store).await;
    let json = r#"{"words":"albatross"}"#.to_owned();
    let body = Body::Raw { kind: "novelty".to_owned(), json };
    let event = Incoming { body, ..said("ann", "r1", "") };
    assert_eq!(stage.hear(event.clone()).await, [""; 0]);
    assert_eq!(stage.bot.receive(event).await.unwrap(), Taken::Known);
    assert!(store.inbox(0, 9).await.unwrap().is_empty(), "it is parked, not waiting");
    assert_eq!(stage.hear(said("ann", "e1", "hello")).await, [kept(2)]);
    stage.bot.stop().await.unwrap();

    // Whoever takes it out again finds all of it, and nobody can read it where it lies.
    let unpark = (1..=9).map(Delivery::Unpark).collect();
    store.commit(Commit { delivery: unpark, ..Commit::default() }).await.unwrap();
    let rows = store.inbox(0, 9).await.unwrap();
    assert_eq!(rows.len(), 1);
    assert!(!String::from_utf8_lossy(&rows[0].sealed).contains("albatross"));
    let stage = start(store.clone(), &Arc::default()).await;
    stage.bot.settle().await.unwrap();
    assert!(store.inbox(0, 9).await.unwrap().is_empty());
    assert_eq!(stage.ear.texts(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_page_takes_the_place_of_the_one_whose_button_was_pressed_and_nothing_else_does() {
    let stage = start(FaultyStore::default(), &Arc::default()).await;
    let mut events = 0;
    let mut hear = async |incoming: &dyn Fn(&str) -> Incoming| {
        events += 1;
        stage.bot.receive(incoming(&format!("e{events}"))).await.unwrap();
        stage.bot.settle().await.unwrap();
        stage.ear.heard().remove(0)
    };
    for number in 0..25 {
        hear(&|event| said("ann", event, &format!("word {number}"))).await;
        hear(&|event| said("ann", event, "/checkpoint save")).await;
        hear(&|event| said("ann", event, &format!("/new word {number}"))).await;
    }
    for number in 0..25 {
        hear(&|event| said("ann", event, &format!("word {number}"))).await;
    }
    for typed in ["/history", "/session list", "/checkpoint list", "/history search word"] {
        let page = hear(&|event| said("ann", event, typed)).await;
        assert!(!page.in_place, "{typed}");
        let older = page.buttons.iter().find(|it| it.label == "Older").expect(typed);
        let next = hear(&|event| press("ann", event, &older.data)).await;
        assert!(next.in_place, "{typed}: {}", next.text);
        for button in &page.buttons {
            if !["Older", "Newer"].contains(&button.label.as_str()) {
                let done = hear(&|event| press("ann", event, &button.data)).await;
                assert!(!done.in_place, "{}", button.label);
                break;
            }
        }
    }
    assert!(!hear(&|event| press("ann", event, "AAAA")).await.in_place);
    assert!(!hear(&|event| said("ann", event, "hello")).await.in_place);
}
