//! What the bot promises of events and answers: once, in order, side by side, whatever fails.

mod support;

use std::sync::Arc;
use std::sync::atomic::Ordering;

use bot::{Bot, BotError, Incoming, Settings, Taken};
use sessions::delivery::OutboxState;
use sessions::store::Store;
use sessions::store::memory::MemoryStore;
use sessions::store::rows::KeyPurpose;
use sessions::{Config, KeySource, SessionManager};
use support::faulty::FaultyStore;
use support::{Ear, World, in_group, press, said, start};

const KEPT: &str = "No assistant is configured, so nobody answers.";
const MISSING: &str = "(An earlier answer may not have reached you.";

#[tokio::test]
async fn an_event_takes_effect_once_under_any_of_its_ids() {
    let stage = start(MemoryStore::new(), &Arc::default()).await;
    let first = Incoming { also: vec!["m1".to_owned()], ..said("ann", "e1", "hello") };
    assert_eq!(stage.bot.receive(first.clone()).await.unwrap(), Taken::New);
    assert_eq!(stage.bot.receive(first).await.unwrap(), Taken::Known);
    assert_eq!(stage.bot.receive(said("ann", "m1", "hello")).await.unwrap(), Taken::Known);
    stage.bot.settle().await.unwrap();
    assert_eq!(stage.ear.texts(), [format!("Kept as message 1. {KEPT}")]);
}

#[tokio::test]
async fn an_event_that_is_done_stays_done_over_a_restart() {
    let (store, world) = (FaultyStore::default(), Arc::default());
    let stage = start(store.clone(), &world).await;
    stage.hear(said("ann", "e1", "hello")).await;
    stage.bot.stop().await.unwrap();
    let stage = start(store, &world).await;
    assert_eq!(stage.bot.receive(said("ann", "e1", "hello")).await.unwrap(), Taken::Known);
    assert_eq!(stage.hear(said("ann", "e2", "more")).await, [format!("Kept as message 2. {KEPT}")]);
}

#[tokio::test]
async fn one_place_is_in_order_and_a_slow_one_delays_no_other() {
    let stage = start(MemoryStore::new(), &Arc::default()).await;
    stage.ear.hold("dm:ann");
    for number in 1..=3 {
        stage.bot.receive(said("ann", &format!("a{number}"), "slow")).await.unwrap();
    }
    stage.bot.receive(said("bob", "b1", "quick")).await.unwrap();
    // Ann's place waits for its first delivery; bob hears without her.
    while stage.ear.heard().is_empty() {
        tokio::task::yield_now().await;
    }
    stage.ear.let_go();
    stage.bot.settle().await.unwrap();
    let expected: Vec<_> = (1..=3).map(|n| format!("Kept as message {n}. {KEPT}")).collect();
    assert_eq!(stage.ear.texts(), expected);
}

#[tokio::test]
async fn ten_thousand_events_are_all_done() {
    let stage = start(MemoryStore::new(), &Arc::default()).await;
    for number in 0..10_000 {
        let peer = format!("peer{}", number % 7);
        stage.bot.receive(said(&peer, &format!("e{number}"), "hello")).await.unwrap();
    }
    stage.bot.settle().await.unwrap();
    assert_eq!(stage.ear.heard().len(), 10_000);
    assert!(stage.bot.manager().store().inbox(0, 1).await.unwrap().is_empty());
    assert!(stage.bot.manager().store().outbox(0, 1).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_panic_is_tried_again_and_the_third_sets_the_event_aside() {
    let store = FaultyStore::default();
    let stage = start(store.clone(), &Arc::default()).await;
    stage.hear(said("ann", "e0", "hello")).await;

    store.panics.store(2, Ordering::Relaxed);
    assert_eq!(
        stage.hear(said("ann", "e1", "again")).await,
        [format!("Kept as message 2. {KEPT}")]
    );

    store.panics.store(3, Ordering::Relaxed);
    let heard = stage.hear(said("ann", "e2", "never")).await;
    assert_eq!(heard.len(), 1);
    assert!(
        heard[0].starts_with(
            "That could not be done and has been set aside. Nothing was changed. (reference e-"
        ),
        "{heard:?}"
    );
    assert_eq!(stage.hear(said("ann", "e3", "on")).await, [format!("Kept as message 3. {KEPT}")]);
    assert!(store.inbox(0, 1).await.unwrap().is_empty(), "it is parked, not waiting");
}

#[tokio::test]
async fn a_panic_of_the_way_out_does_not_do_the_event_again() {
    let store = FaultyStore::default();
    let stage = start(store.clone(), &Arc::default()).await;
    stage.ear.panic_times(1);
    assert_eq!(stage.hear(said("ann", "e1", "hello")).await, [""; 0]);
    let rows = store.outbox(0, 9).await.unwrap();
    assert_eq!(rows.iter().map(|row| row.state).collect::<Vec<_>>(), [OutboxState::Ambiguous]);
    let heard = stage.hear(said("ann", "e2", "more")).await;
    assert!(heard[0].starts_with(MISSING) && heard[0].contains("Kept as message 2."), "{heard:?}");
}

#[tokio::test]
async fn a_full_disk_is_told_and_nothing_is_half_done() {
    let store = FaultyStore::default();
    let stage = start(store.clone(), &Arc::default()).await;
    stage.hear(said("ann", "e1", "hello")).await;

    store.full.store(true, Ordering::Relaxed);
    let refused = stage.bot.receive(said("ann", "e2", "lost?")).await;
    assert!(matches!(refused, Err(BotError::Fault(_))), "it was not taken in");

    store.full.store(false, Ordering::Relaxed);
    assert_eq!(stage.bot.receive(said("ann", "e2", "not lost")).await.unwrap(), Taken::New);
    stage.bot.settle().await.unwrap();
    let told = "Nothing can be done just now: the disk is full. What you said here waits, and is taken up in order as soon as that is mended.";
    assert_eq!(stage.ear.texts(), [told.to_owned(), format!("Kept as message 2. {KEPT}")]);
}

#[tokio::test]
async fn nobody_is_told_that_what_they_said_waits_where_it_does_not_come_again() {
    let store = FaultyStore::default();
    let stage = start(store.clone(), &Arc::default()).await;
    stage.ear.hears_once.store(true, Ordering::Relaxed);
    store.full.store(true, Ordering::Relaxed);
    // The first at a place goes through the inbox; what is said later is decided at once.
    for event in ["e1", "e2"] {
        let refused = stage.bot.receive(said("ann", event, "lost")).await;
        assert!(matches!(refused, Err(BotError::Fault(_))), "it was not taken in");
        assert_eq!(stage.ear.texts(), [""; 0]);
        store.full.store(false, Ordering::Relaxed);
        assert_eq!(stage.hear(said("ann", "e0", "hello")).await.len(), usize::from(event == "e1"));
        store.full.store(true, Ordering::Relaxed);
    }
}

#[tokio::test]
async fn an_event_whose_process_died_is_done_by_the_next_one_once() {
    let (store, world) = (FaultyStore::default(), Arc::new(World::default()));
    let stage = start(store.clone(), &world).await;
    stage.hear(said("ann", "e1", "hello")).await;
    store.stuck.store(true, Ordering::Relaxed);
    stage.bot.receive(said("ann", "e2", "/new survives")).await.unwrap();
    drop(stage);

    store.stuck.store(false, Ordering::Relaxed);
    let stage = start(store.clone(), &world).await;
    stage.bot.settle().await.unwrap();
    assert!(stage.ear.texts().concat().starts_with("New session"));
    stage.bot.stop().await.unwrap();
    let stage = start(store, &world).await;
    let history = stage.history("ann", "e3").await;
    assert_eq!(history.matches("survives").count(), 1, "{history}");
}

#[tokio::test]
async fn what_is_said_is_taken_in_and_done_in_one_commit() {
    let (store, world) = (FaultyStore::default(), Arc::new(World::default()));
    let stage = start(store.clone(), &world).await;
    stage.hear(said("ann", "e1", "hello")).await;
    store.stuck.store(true, Ordering::Relaxed);
    let taken = tokio::spawn({
        let bot = stage.bot.clone();
        async move { bot.receive(said("ann", "e2", "at once")).await }
    });
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert!(!taken.is_finished(), "it is not taken in before it is done");
    assert!(store.inbox(0, 9).await.unwrap().is_empty());
    taken.abort();
    drop(stage);

    // The channel was not told that it had arrived, and brings it again.
    store.stuck.store(false, Ordering::Relaxed);
    let stage = start(store, &world).await;
    for expected in [Taken::New, Taken::Known] {
        assert_eq!(stage.bot.receive(said("ann", "e2", "at once")).await.unwrap(), expected);
    }
    stage.bot.settle().await.unwrap();
    assert_eq!(stage.history("ann", "e3").await.matches("at once").count(), 1);
}

#[tokio::test]
async fn an_answer_that_may_be_missing_is_said_once_and_not_sent_again() {
    let (store, world) = (FaultyStore::default(), Arc::new(World::default()));
    let stage = start(store.clone(), &world).await;
    store.deaf.store(true, Ordering::Relaxed);
    stage.hear(said("ann", "e1", "hello")).await;
    drop(stage);

    store.deaf.store(false, Ordering::Relaxed);
    let stage = start(store.clone(), &world).await;
    let rows = store.outbox(0, 9).await.unwrap();
    assert_eq!(rows.iter().map(|row| row.state).collect::<Vec<_>>(), [OutboxState::Ambiguous]);
    stage.bot.settle().await.unwrap();
    assert!(stage.ear.heard().is_empty(), "nothing is sent by itself");
    assert!(!stage.hear(said("bob", "b1", "hi")).await[0].starts_with(MISSING));
    assert!(stage.hear(said("ann", "e2", "hi")).await[0].starts_with(MISSING));
    assert!(!stage.hear(said("ann", "e3", "hi")).await[0].starts_with(MISSING));
    assert!(store.outbox(0, 9).await.unwrap().is_empty());
}

#[tokio::test]
async fn who_may_not_talk_is_turned_away_before_anything_is_stored() {
    let world = Arc::new(World::default());
    let store = FaultyStore::default();
    let manager = SessionManager::open(
        store.clone(),
        Arc::clone(&world),
        Config::default(),
        KeySource::Plain,
    );
    let settings = Settings::default();
    let bot = Bot::start(manager.await.unwrap(), settings, Arc::new(Ear::default())).await.unwrap();
    store.full.store(true, Ordering::Relaxed);
    assert_eq!(bot.receive(said("ann", "e1", "hello")).await.unwrap(), Taken::TurnedAway);
}

#[tokio::test]
async fn queue_keys_go_when_nothing_needs_them() {
    let (store, world) = (FaultyStore::default(), Arc::new(World::default()));
    for round in 0..4 {
        let stage = start(store.clone(), &world).await;
        stage.hear(said("ann", &format!("e{round}"), "hello")).await;
        stage.bot.stop().await.unwrap();
        world.pass_minutes(1_500);
    }
    let keys = store.keys(KeyPurpose::Queue, None, 99).await.unwrap();
    assert_eq!(keys.len(), 1, "only the last process's key is left");
}

#[tokio::test]
async fn a_destructive_button_counts_once() {
    let stage = start(MemoryStore::new(), &Arc::default()).await;
    stage.hear(said("ann", "e1", "hello")).await;
    stage.bot.receive(said("ann", "e2", "/history clear")).await.unwrap();
    stage.bot.settle().await.unwrap();
    let button = stage.ear.heard().remove(0).buttons.remove(0);
    let heard = stage.hear(press("ann", "p1", &button.data)).await;
    assert!(heard[0].starts_with("Took back: /history clear."), "{heard:?}");
    assert!(stage.history("ann", "e3").await.contains("hello"));
    let again = stage.hear(press("ann", "p2", &button.data)).await;
    assert!(again[0].contains("nothing to undo") || again[0].contains("used already"), "{again:?}");
}

#[tokio::test]
async fn a_button_is_for_whom_it_was_offered_and_where() {
    let stage = start(MemoryStore::new(), &Arc::default()).await;
    stage.hear(said("ann", "e1", "hello")).await;
    stage.bot.receive(said("ann", "e2", "/history clear")).await.unwrap();
    stage.bot.settle().await.unwrap();
    let button = stage.ear.heard().remove(0).buttons.remove(0);
    let stale = "This button is not yours, or it is too old.";
    let stolen = Incoming { chat: "dm:ann".to_owned(), ..press("bob", "p1", &button.data) };
    for pressed in [stolen, in_group(press("ann", "p2", &button.data)), press("ann", "p3", "AAAA")]
    {
        assert!(stage.hear(pressed).await[0].starts_with(stale));
    }
    stage.world.pass_minutes(8 * 1_440);
    assert!(stage.hear(press("ann", "p4", &button.data)).await[0].starts_with(stale));
}

#[tokio::test]
async fn what_is_private_stays_private_in_a_group() {
    let stage = start(MemoryStore::new(), &Arc::default()).await;
    for (event, text, private) in
        [("e1", "hello", false), ("e2", "/session", true), ("e3", "/chekpoint@ourbot", true)]
    {
        stage.bot.receive(in_group(said("bob", event, text))).await.unwrap();
        stage.bot.settle().await.unwrap();
        assert_eq!(stage.ear.heard().remove(0).private, private, "{text}");
    }
}

#[tokio::test]
async fn what_is_not_meant_for_the_bot_is_neither_answered_nor_kept() {
    let stage = start(MemoryStore::new(), &Arc::default()).await;
    let aside = |text: &str| {
        let mut incoming = in_group(said("bob", text, text));
        if let bot::Body::Text { addressed, .. } = &mut incoming.body {
            *addressed = false;
        }
        incoming
    };
    for text in ["just talking", "/nosuchcommand", "/new@otherbot"] {
        assert_eq!(stage.hear(aside(text)).await, [""; 0], "{text}");
    }
    let heard = stage.hear(in_group(said("bob", "e9", "hello"))).await;
    assert_eq!(heard, [format!("Kept as message 1. {KEPT}")]);
}

#[tokio::test]
async fn a_group_is_heard_as_far_as_those_who_run_it_say() {
    let stage = start(MemoryStore::new(), &Arc::default()).await;
    let talk = |event: &str| {
        let mut talk = in_group(said("bob", event, "between us"));
        talk.body = bot::Body::Text { text: "between us".to_owned(), addressed: false };
        talk
    };
    let by_bob = |event, text| in_group(said("bob", event, text));
    assert!(
        stage.hear(by_bob("e1", "/session hear all")).await[0].starts_with("Only those who run")
    );
    assert_eq!(stage.bot.receive(talk("t1")).await.unwrap(), Taken::Ignored);
    let by_ann = |event, text| in_group(said("ann", event, text));
    let everything = ["I hear everything that is said here.".to_owned()];
    assert_eq!(stage.hear(by_ann("e2", "/session hear all")).await, everything);
    assert_eq!(stage.hear(talk("t2")).await, [format!("Kept as message 1. {KEPT}")]);
    let in_thread = Incoming { thread: Some("topic".to_owned()), ..talk("t3") };
    assert_eq!(stage.hear(in_thread).await.len(), 1, "a thread inherits it");
    assert!(
        stage.hear(by_ann("e3", "/session hear mentions")).await[0].starts_with("I hear commands")
    );
    assert_eq!(stage.bot.receive(talk("t4")).await.unwrap(), Taken::Ignored);
    let direct = stage.hear(said("ann", "e4", "/session hear all")).await;
    assert_eq!(direct, ["In a direct chat I hear everything."]);
}

#[tokio::test]
async fn what_all_share_is_changed_by_those_who_run_the_chat() {
    let stage = start(MemoryStore::new(), &Arc::default()).await;
    let only =
        "Everybody here shares this conversation; only those who run the chat may change it so.";
    stage.hear(in_group(said("ann", "e1", "/session scope group"))).await;
    assert_eq!(
        stage.hear(in_group(said("bob", "e2", "hello"))).await,
        [format!("Kept as message 1. {KEPT}")]
    );
    assert_eq!(stage.hear(in_group(said("bob", "e3", "/history clear"))).await, [only]);
    assert!(
        stage.hear(in_group(said("bob", "e4", "/checkpoint save x"))).await[0].starts_with("Saved")
    );
    let admin = Incoming { admin: Some(true), ..in_group(said("bob", "e5", "/history clear")) };
    assert!(stage.hear(admin).await[0].starts_with("Cleared 1 message"));
}

#[tokio::test]
async fn a_receive_that_is_given_up_leaves_nothing_half_done() {
    let stage = start(MemoryStore::new(), &Arc::default()).await;
    stage.hear(said("ann", "e1", "hello")).await;
    drop(stage.bot.receive(said("ann", "e2", "never polled")));
    assert_eq!(stage.hear(said("ann", "e3", "on")).await, [format!("Kept as message 2. {KEPT}")]);
}
