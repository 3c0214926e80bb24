//! Events that were set aside are listed, tried again and given up.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a panic here is a failing test")]

mod support;

use std::sync::Arc;
use std::sync::atomic::Ordering;

use bot::{Body, Content, Incoming, SetAside, Taken};
use sessions::store::rows::{KeyPurpose, Write};
use sessions::store::{Commit, Store};
use support::faulty::FaultyStore;
use support::{Stage, World, said, start};

/// Ann's third command ends in panics, and is set aside.
async fn with_poison(store: &FaultyStore, world: &Arc<World>) -> (Stage<FaultyStore>, SetAside) {
    let stage = start(store.clone(), world).await;
    stage.hear(said("ann", "e1", "hello")).await;
    store.panics.store(3, Ordering::Relaxed);
    let heard = stage.hear(said("ann", "e2", "/new albatross")).await;
    let all = bot::set_aside(stage.bot.manager()).await.unwrap();
    let [poison] = all.try_into().unwrap();
    let told = format!("has been set aside. Nothing was changed. (reference e-{})", poison.event);
    assert!(heard[0].contains(&told), "{heard:?}");
    (stage, poison)
}

fn unreadable(event: &str) -> Incoming {
    let body = Body::Raw { kind: "novelty".to_owned(), json: "{}".to_owned() };
    Incoming { body, ..said("ann", event, "") }
}

#[tokio::test(start_paused = true)]
async fn what_is_set_aside_is_listed_without_a_word_of_it() {
    let (store, world) = (FaultyStore::default(), Arc::default());
    let (stage, poison) = with_poison(&store, &world).await;
    stage.hear(unreadable("r1")).await;
    let all = bot::set_aside(stage.bot.manager()).await.unwrap();
    let content = |name, unreadable| Content {
        channel: "test".to_owned(),
        from: "test:ann".to_owned(),
        name,
        unreadable,
    };
    assert_eq!(all[0], poison);
    assert_eq!(all[0].content, Some(content("new", None)));
    assert_eq!(all[1].content, Some(content("unreadable", Some("novelty".to_owned()))));
    assert_eq!([all[0].can_be_tried(), all[1].can_be_tried()], [true, false]);
    assert!(!format!("{all:?}").contains("albatross"));
}

#[tokio::test(start_paused = true)]
async fn what_is_tried_again_takes_effect_once_however_often_it_is_asked_for() {
    let (store, world) = (FaultyStore::default(), Arc::default());
    let (stage, poison) = with_poison(&store, &world).await;
    let asked = [poison.event, 999];
    let again = || stage.bot.try_again(&asked);
    let (first, second) = tokio::join!(again(), again());
    first.unwrap();
    second.unwrap();
    stage.bot.settle().await.unwrap();
    let heard = stage.ear.texts();
    assert!(heard.len() == 1 && heard[0].starts_with("New session s-"), "{heard:?}");
    assert_eq!(bot::set_aside(stage.bot.manager()).await.unwrap(), []);
    again().await.unwrap();
    let known = stage.bot.receive(said("ann", "e2", "/new albatross")).await.unwrap();
    stage.bot.settle().await.unwrap();
    assert_eq!((stage.ear.texts(), known), (Vec::new(), Taken::Known));
}

#[tokio::test(start_paused = true)]
async fn what_fails_again_is_set_aside_again_after_as_many_attempts() {
    let (store, world) = (FaultyStore::default(), Arc::default());
    let (stage, poison) = with_poison(&store, &world).await;
    store.panics.store(9, Ordering::Relaxed);
    stage.bot.try_again(&[poison.event]).await.unwrap();
    stage.bot.settle().await.unwrap();
    let heard = stage.ear.texts();
    assert!(heard[0].starts_with("That could not be done and has been set aside."), "{heard:?}");
    assert_eq!(bot::set_aside(stage.bot.manager()).await.unwrap(), [poison]);
}

#[tokio::test(start_paused = true)]
async fn without_a_bot_it_is_tried_at_the_next_start() {
    let (store, world) = (FaultyStore::default(), Arc::default());
    let (stage, poison) = with_poison(&store, &world).await;
    bot::try_at_next_start(stage.bot.manager(), &[poison.event]).await.unwrap();
    stage.bot.stop().await.unwrap();
    let stage = start(store, &world).await;
    stage.bot.settle().await.unwrap();
    let heard = stage.ear.texts();
    assert!(heard.len() == 1 && heard[0].starts_with("New session s-"), "{heard:?}");
}

#[tokio::test(start_paused = true)]
async fn what_is_given_up_goes_and_never_comes_again() {
    let (store, world) = (FaultyStore::default(), Arc::default());
    let (stage, poison) = with_poison(&store, &world).await;
    bot::give_up(stage.bot.manager(), &[poison.event]).await.unwrap();
    stage.bot.try_again(&[poison.event]).await.unwrap();
    assert_eq!(stage.bot.receive(said("ann", "e2", "/new albatross")).await.unwrap(), Taken::Known);
    stage.bot.settle().await.unwrap();
    assert_eq!(stage.ear.texts(), [""; 0]);
    assert_eq!(store.parked(0, 9).await.unwrap(), []);
}

#[tokio::test(start_paused = true)]
async fn what_does_not_open_is_listed_and_stays() {
    let (store, world) = (FaultyStore::default(), Arc::default());
    let (stage, poison) = with_poison(&store, &world).await;
    stage.bot.stop().await.unwrap();
    let used = store.queue_keys_in_use().await.unwrap();
    let gone = used.iter().map(|id| Write::DestroyKey(KeyPurpose::Queue, *id.as_bytes()));
    let writes = gone.collect();
    store.commit(Commit { writes, ..Commit::default() }).await.unwrap();
    let stage = start(store, &world).await;
    let [closed] = bot::set_aside(stage.bot.manager()).await.unwrap().try_into().unwrap();
    assert_eq!((closed.event, closed.content.clone()), (poison.event, None));
    assert!(!closed.can_be_tried());
    stage.bot.try_again(&[poison.event]).await.unwrap_err();
    assert_eq!(bot::set_aside(stage.bot.manager()).await.unwrap(), [closed]);
}
