//! Answers that wait behind a button, where a channel can show nothing to one person alone without their doing.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a panic here is a failing test")]

mod support;

use std::sync::Arc;

use bot::{Button, Delivered, Incoming, Parcel, Taken};
use sessions::delivery::OutboxState::{self, Attempting, Covered};
use sessions::store::Store;
use support::courier::{Courier, Fate, later};
use support::faulty::FaultyStore;
use support::{Stage, in_group, open_to_all, press, said, start_on};

const NOTE: &str = "The answer is for you alone.";
const STALE: &str = "This button is not yours, or it is too old.";

type Office = Stage<FaultyStore, Courier>;

async fn office(store: &FaultyStore, world: &Arc<support::World>) -> Office {
    start_on(store.clone(), world, open_to_all(), &Arc::default()).await
}

async fn take_in(office: &Office, event: Incoming) -> Vec<Parcel> {
    office.ear.take();
    assert_eq!(office.bot.receive(event).await.unwrap(), Taken::New);
    office.bot.settle().await.unwrap();
    office.ear.take()
}

async fn states(store: &FaultyStore) -> Vec<OutboxState> {
    store.outbox(0, 99).await.unwrap().iter().map(|row| row.state).collect()
}

/// Ann asks something in the group that only a press can show her; answers the note's button.
async fn covered(office: &Office, event: &str) -> Button {
    office.ear.next("team", [Fate::Becomes(Delivered::NeedsPress)]);
    let parcels = take_in(office, in_group(said("ann", event, "/session"))).await;
    let [note] = parcels.as_slice() else { panic!("one note: {parcels:?}") };
    assert_eq!((note.text.as_str(), note.private, note.is_kept), (NOTE, false, false));
    let [show] = note.buttons.as_slice() else { panic!("one button: {note:?}") };
    assert_eq!(show.label, "Show me");
    show.clone()
}

fn pressed(who: &str, event: &str, button: &Button) -> Incoming {
    in_group(press(who, event, &button.data))
}

#[tokio::test]
async fn a_press_shows_what_waits_as_often_as_it_comes_and_after_a_restart() {
    let (store, world) = (FaultyStore::default(), Arc::default());
    let first = office(&store, &world).await;
    let show = covered(&first, "e1").await;
    assert_eq!(states(&store).await, [Covered]);
    first.bot.stop().await.unwrap();
    let second = office(&store, &world).await;
    for event in ["p1", "p2"] {
        let shown = take_in(&second, pressed("ann", event, &show)).await;
        assert_eq!(shown.len(), 1);
        assert!(shown[0].text.starts_with("Session s-") && shown[0].private, "{shown:?}");
    }
    assert_eq!(states(&store).await, [Covered]);
}

#[tokio::test]
async fn nobody_else_is_shown_it_and_nowhere_else() {
    let store = FaultyStore::default();
    let office = office(&store, &Arc::default()).await;
    let show = covered(&office, "e1").await;
    let elsewhere = Incoming { chat: "other".to_owned(), ..pressed("ann", "p2", &show) };
    // An owner is somebody else, too.
    for event in [pressed("bob", "p1", &show), elsewhere, pressed("dan", "p3", &show)] {
        let told = take_in(&office, event).await;
        assert!(told[0].text.starts_with(STALE), "{told:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_waits_is_gone_after_a_week() {
    let (store, world) = (FaultyStore::default(), Arc::default());
    let first = office(&store, &world).await;
    let show = covered(&first, "e1").await;
    first.bot.stop().await.unwrap();
    world.pass_minutes(7 * 24 * 60 + 1);
    let second = office(&store, &world).await;
    second.bot.forget_what_is_old().await.unwrap();
    assert_eq!(states(&store).await, []);
    let told = take_in(&second, pressed("ann", "p1", &show)).await;
    assert!(told[0].text.starts_with(STALE), "{told:?}");
}

#[tokio::test(start_paused = true)]
async fn a_note_that_does_not_arrive_is_tried_again() {
    let store = FaultyStore::default();
    let office = office(&store, &Arc::default()).await;
    let needs = Fate::Becomes(Delivered::NeedsPress);
    office.ear.next("team", [needs, later(1), needs]);
    let parcels = take_in(&office, in_group(said("ann", "e1", "/session"))).await;
    assert_eq!(parcels.iter().map(|it| it.text.as_str()).collect::<Vec<_>>(), [NOTE]);
    assert_eq!(states(&store).await, [Covered]);
}

#[tokio::test]
async fn a_note_that_may_have_arrived_is_told_of_and_shows_its_answer_all_the_same() {
    let store = FaultyStore::default();
    let office = office(&store, &Arc::default()).await;
    let lost = [Delivered::NeedsPress, Delivered::Ambiguous].map(Fate::Becomes);
    office.ear.next("team", lost);
    office.bot.receive(in_group(said("ann", "e1", "/session"))).await.unwrap();
    office.bot.settle().await.unwrap();
    let note = office.ear.tries().pop().unwrap().parcel;
    assert_eq!(states(&store).await, [OutboxState::Ambiguous]);
    let shown = take_in(&office, pressed("ann", "p1", &note.buttons[0])).await;
    assert!(shown[0].text.contains("An earlier answer may not have reached you"), "{shown:?}");
    assert!(shown[0].text.contains("Session s-"), "{shown:?}");
}

#[tokio::test]
async fn a_press_that_comes_before_the_note_is_noted_is_answered() {
    let store = FaultyStore::default();
    let courier = Arc::new(Courier::default().looking_at(&store));
    let office = start_on(store.clone(), &Arc::default(), open_to_all(), &courier).await;
    courier.next("team", [Fate::Becomes(Delivered::NeedsPress), Fate::Hangs]);
    office.bot.receive(in_group(said("ann", "e1", "/session"))).await.unwrap();
    while courier.tries().len() < 2 {
        tokio::task::yield_now().await;
    }
    assert_eq!(states(&store).await, [Attempting]);
    let show = courier.tries()[1].parcel.buttons[0].clone();
    office.bot.receive(pressed("ann", "p1", &show)).await.unwrap();
    courier.relent();
    office.bot.settle().await.unwrap();
    let last = courier.tries().pop().unwrap().parcel;
    assert!(last.text.starts_with("Session s-") && last.private, "{last:?}");
}
