//! Verification of what waits in inbox and outbox.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a panic here is a failing test")]

mod support;

use std::sync::Arc;
use std::sync::atomic::Ordering;

use sessions::delivery::Delivery;
use sessions::manager::VerifyReport;
use sessions::store::rows::{KeyPurpose, RowKind, Write};
use sessions::store::{Commit, Store};
use sessions::vault::KeyText;
use sessions::{Config, KeySource, SessionManager};
use support::faulty::FaultyStore;
use support::{World, in_no_time, said, start};

/// A store that a process was killed with: three answers to Ann are owed, three events wait and one is parked.
async fn killed() -> (FaultyStore, Arc<World>) {
    let (store, world) = (FaultyStore::default(), Arc::new(World::default()));
    let stage = start(store.clone(), &world).await;
    stage.ear.hold("dm:ann");
    for event in ["e1", "e2", "e3"] {
        stage.bot.receive(said("ann", event, "hello")).await.unwrap();
        in_no_time().await;
        world.pass_minutes(1);
    }
    for (peer, event) in [("bob", "e4"), ("dan", "e5"), ("eve", "e6"), ("fay", "e7")] {
        stage.bot.receive_held(said(peer, event, "held")).await.unwrap();
    }
    let parked = store.inbox(0, 9).await.unwrap()[3].seq;
    let delivery = vec![Delivery::Park(parked)];
    store.commit(Commit { delivery, ..Commit::default() }).await.unwrap();
    assert_eq!(store.outbox(0, 9).await.unwrap().len(), 3);
    (store.kill(), world)
}

async fn verified(store: &FaultyStore, world: &Arc<World>) -> VerifyReport {
    let key = KeySource::Sealed(KeyText::parse(&format!("hex:{}", "5a".repeat(32))).unwrap());
    let opening = SessionManager::open(store.clone(), Arc::clone(world), Config::default(), key);
    let manager = opening.await.unwrap();
    let mut report = manager.verify(|_| ()).await.unwrap();
    bot::verify_queues(&manager, &mut report).await.unwrap();
    report
}

fn rows(report: &VerifyReport) -> Vec<&str> {
    report.findings.iter().map(|finding| finding.row.as_str()).collect()
}

#[tokio::test]
async fn what_waits_is_counted_and_opens() {
    let (store, world) = killed().await;
    let report = verified(&store, &world).await;
    assert!(report.is_sound(), "{:#?}", report.findings);
    assert_eq!((report.rows[&RowKind::Inbox], report.rows[&RowKind::Outbox]), (4, 3));
    assert_eq!(store.inbox(0, 9).await.unwrap().len(), 3, "nothing was handled");
}

#[tokio::test]
async fn payloads_that_trade_places_are_named() {
    let (store, world) = killed().await;
    store.swapped.store(true, Ordering::Relaxed);
    let events = store.inbox(0, 9).await.unwrap();
    let traded: Vec<String> =
        events[..2].iter().map(|row| format!("inbox row {}", row.seq)).collect();
    assert_eq!(rows(&verified(&store, &world).await), traded);
    store.swapped.store(false, Ordering::Relaxed);
    store.mixed_up.store(true, Ordering::Relaxed);
    let report = verified(&store, &world).await;
    assert_eq!(report.found, 2, "{:#?}", report.findings);
    assert!(rows(&report).iter().all(|row| row.starts_with("outbox row ")), "{report:#?}");
}

#[tokio::test]
async fn a_generation_whose_key_is_gone_is_named_once() {
    let (store, world) = killed().await;
    let used = store.queue_keys_in_use().await.unwrap();
    let id = *used.first().unwrap();
    let writes = vec![Write::DestroyKey(KeyPurpose::Queue, *id.as_bytes())];
    store.commit(Commit { writes, ..Commit::default() }).await.unwrap();
    let report = verified(&store, &world).await;
    assert_eq!(rows(&report), [format!("key of queue generation {id}")]);
}

#[tokio::test]
async fn what_waits_is_sealed_anew_with_the_store_and_goes_on_from_there() {
    let (store, world) = killed().await;
    let key = || KeySource::Sealed(KeyText::parse(&format!("hex:{}", "5a".repeat(32))).unwrap());
    let open = async |key| {
        let config = Config::default();
        SessionManager::open(store.clone(), Arc::clone(&world), config, key).await.unwrap()
    };
    let before = store.inbox(0, 9).await.unwrap();
    open(key()).await.reseal(KeySource::Plain, bot::QUEUE_BOUNDS, |_| ()).await.unwrap();
    let manager = open(KeySource::Plain).await;
    let mut report = manager.verify(|_| ()).await.unwrap();
    bot::verify_queues(&manager, &mut report).await.unwrap();
    assert!(report.is_sound(), "{:#?}", report.findings);
    manager.reseal(key(), bot::QUEUE_BOUNDS, |_| ()).await.unwrap();
    drop(manager);

    let after = store.inbox(0, 9).await.unwrap();
    let fixed = |row: &sessions::delivery::InboxRow| (row.seq, row.place, row.key, row.attempts);
    assert_eq!(
        before.iter().map(fixed).collect::<Vec<_>>(),
        after.iter().map(fixed).collect::<Vec<_>>()
    );
    assert!(before.iter().zip(&after).all(|(old, new)| old.sealed != new.sealed));
    assert!(verified(&store, &world).await.is_sound());
    let stage = start(store.clone(), &world).await;
    for (held, _) in stage.bot.take_held("test", "bot") {
        stage.bot.release(held);
    }
    stage.bot.settle().await.unwrap();
    // One to Ann may have arrived, two are sent, and three events are done; the fourth is set aside.
    let heard = stage.ear.texts();
    assert_eq!(heard.len(), 5, "{heard:?}");
    assert_eq!(store.parked(0, 9).await.unwrap().len(), 1);
}
