//! Events that a channel holds: they keep their turn, and take effect when they are let go or never.

#![allow(clippy::unwrap_used, reason = "a panic is a failing test")]

mod support;

use std::sync::Arc;

use bot::Taken;
use sessions::store::Store;
use support::faulty::FaultyStore;
use support::{World, said, start};

async fn a_while() {
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_held_event_takes_effect_when_it_is_released_and_what_follows_waits_for_it() {
    let stage = start(FaultyStore::default(), &Arc::default()).await;
    let (taken, held) = stage.bot.receive_held(said("ann", "e1", "first")).await.unwrap();
    assert_eq!(taken, Taken::New);
    stage.bot.receive(said("ann", "e2", "second")).await.unwrap();
    a_while().await;
    assert!(stage.ear.heard().is_empty());
    stage.bot.release(held.unwrap());
    stage.bot.settle().await.unwrap();
    let heard = stage.ear.texts();
    assert!(heard[0].starts_with("Kept as message 1") && heard[1].starts_with("Kept as message 2"));
    let (taken, held) = stage.bot.receive_held(said("ann", "e1", "first")).await.unwrap();
    assert!(taken == Taken::Known && held.is_none());
}

#[tokio::test]
async fn a_withdrawn_event_has_no_effect_and_does_not_come_back() {
    let (store, world) = (FaultyStore::default(), Arc::new(World::default()));
    let stage = start(store.clone(), &world).await;
    let (_, held) = stage.bot.receive_held(said("ann", "e1", "never")).await.unwrap();
    stage.bot.withdraw(held.unwrap()).await.unwrap();
    stage.bot.settle().await.unwrap();
    assert!(stage.ear.heard().is_empty() && store.inbox(0, 9).await.unwrap().is_empty());
    assert_eq!(stage.bot.receive(said("ann", "e1", "never")).await.unwrap(), Taken::Known);
    stage.bot.stop().await.unwrap();
    let stage = start(store, &world).await;
    assert!(stage.bot.take_held("test", "bot").is_empty());
    assert!(!stage.history("ann", "e2").await.contains("never"));
}

#[tokio::test]
async fn what_was_held_over_a_crash_is_asked_about_once() {
    let (store, world) = (FaultyStore::default(), Arc::new(World::default()));
    let stage = start(store.clone(), &world).await;
    for (peer, event) in [("ann", "e1"), ("bob", "e2")] {
        let (_, held) = stage.bot.receive_held(said(peer, event, "held")).await.unwrap();
        drop(held);
    }
    drop(stage);

    let stage = start(store.clone(), &world).await;
    assert!(stage.bot.take_held("test", "another").is_empty());
    let mut left = stage.bot.take_held("test", "bot");
    assert_eq!(
        left.iter().map(|(_, event)| event.event.as_str()).collect::<Vec<_>>(),
        ["e1", "e2"]
    );
    assert!(stage.bot.take_held("test", "bot").is_empty());
    let (second, _) = left.pop().unwrap();
    let (first, _) = left.pop().unwrap();
    stage.bot.withdraw(second).await.unwrap();
    stage.bot.release(first);
    stage.bot.settle().await.unwrap();
    assert_eq!(stage.ear.texts().len(), 1);
    assert!(stage.history("ann", "e3").await.contains("held"));
    assert!(!stage.history("bob", "e4").await.contains("held"));
}

#[tokio::test]
async fn stopping_does_not_wait_for_what_is_held() {
    let (store, world) = (FaultyStore::default(), Arc::new(World::default()));
    let stage = start(store.clone(), &world).await;
    let (_, held) = stage.bot.receive_held(said("ann", "e1", "held")).await.unwrap();
    stage.bot.stop().await.unwrap();
    drop(held);
    assert_eq!(store.inbox(0, 9).await.unwrap().len(), 1);
}
