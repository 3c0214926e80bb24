//! Roads: what is owed to a chat leaves in order, at its pace, and again if it has to; no chat waits for another.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a panic here is a failing test")]

mod support;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bot::{Access, Bot, Delivered, Incoming, Limit, Outlet, Pace};
use sessions::delivery::OutboxState::{Ambiguous, Attempting, Pending};
use sessions::store::Store;
use support::courier::{Courier, Fate, later};
use support::faulty::FaultyStore;
use support::{Stage, World, in_group, in_no_time, open_to_all, said, seconds_pass, start_on};

const MISSING: &str = "(An earlier answer may not have reached you.";
const ALL_LATER: Fate =
    Fate::Becomes(Delivered::Later { after: Duration::from_secs(30), whole_account: true });

type Office = Stage<FaultyStore, Courier>;

async fn open(courier: Courier) -> Office {
    open_over(&FaultyStore::default(), courier).await
}

async fn open_over(store: &FaultyStore, courier: Courier) -> Office {
    start_on(store.clone(), &Arc::default(), open_to_all(), &Arc::new(courier)).await
}

/// Has every one of these say something, in their order.
async fn say<S: Store, O: Outlet>(bot: &Bot<S, Arc<World>, O>, events: &[(&str, &str)]) {
    for (peer, event) in events {
        bot.receive(said(peer, event, "hello")).await.unwrap();
    }
}

fn kept(number: usize) -> String {
    format!("Kept as message {number}. No assistant is configured, so nobody answers.")
}

fn a_second_each(burst: u32) -> Limit {
    Limit { burst, every: Duration::from_secs(1) }
}

#[tokio::test(start_paused = true)]
async fn pieces_arrive_in_order_with_the_buttons_on_the_last() {
    let office = open(Courier::cutting_at(10)).await;
    say(&office.bot, &[("ann", "e1")]).await;
    office.bot.settle().await.unwrap();
    office.ear.take();
    office.bot.receive(said("ann", "e2", "/history clear")).await.unwrap();
    office.bot.settle().await.unwrap();
    let pieces = office.ear.arrived();
    let (last, before) = pieces.split_last().unwrap();
    assert!(before.len() > 2 && before.iter().all(|piece| piece.buttons.is_empty()));
    assert_eq!(last.buttons.len(), 1);
    let whole: String = pieces.iter().map(|piece| piece.text.as_str()).collect();
    assert!(whole.starts_with("Cleared 1 message"), "{whole}");
}

#[tokio::test(start_paused = true)]
async fn a_piece_is_noted_as_tried_before_it_is_and_what_follows_waits() {
    let store = FaultyStore::default();
    let office = open_over(&store, Courier::cutting_at(30).looking_at(&store)).await;
    say(&office.bot, &[("ann", "e1")]).await;
    office.bot.settle().await.unwrap();
    let tries = office.ear.tries();
    assert_eq!(tries.len(), 3);
    assert_eq!(tries[0].owed, [Attempting, Pending, Pending], "in the very commit that decided");
    for (at, one) in tries.iter().enumerate() {
        let waiting = tries.len() - at - 1;
        assert!(one.owed.ends_with(&vec![Pending; waiting]), "{:?}", one.owed);
        assert_eq!(one.owed[one.owed.len() - waiting - 1], Attempting, "{:?}", one.owed);
    }
    assert_eq!(store.owed().await, []);
}

#[tokio::test(start_paused = true)]
async fn an_answer_behind_another_is_owed_and_not_yet_tried() {
    let store = FaultyStore::default();
    let office = open_over(&store, Courier::default()).await;
    office.ear.next("dm:ann", [Fate::Hangs]);
    say(&office.bot, &[("ann", "e1"), ("ann", "e2"), ("ann", "e3")]).await;
    in_no_time().await;
    assert_eq!(store.owed().await, [Attempting, Pending, Pending]);
    office.ear.relent();
    office.bot.settle().await.unwrap();
    assert_eq!(office.ear.texts(), [kept(1), kept(2), kept(3)]);
}

#[tokio::test(start_paused = true)]
async fn a_slow_chat_delays_no_other() {
    let office = open(Courier::default()).await;
    office.ear.always("dm:ann", Fate::Hangs);
    say(&office.bot, &[("ann", "a1"), ("ann", "a2"), ("bob", "b1"), ("cy", "c1")]).await;
    in_no_time().await;
    assert_eq!(office.ear.texts(), [kept(1), kept(1)]);
    assert_eq!(office.ear.times("dm:ann").len(), 1, "nothing overtakes what is on its way");
}

#[tokio::test(start_paused = true)]
async fn two_threads_of_a_chat_share_a_road_and_take_turns() {
    let office = open(Courier::default()).await;
    office.ear.next("team", [Fate::Hangs]);
    let in_thread = |event: &str, thread: &str| Incoming {
        thread: Some(thread.to_owned()),
        ..in_group(said("ann", event, "hello"))
    };
    for (event, thread) in [("e1", "7"), ("e2", "8"), ("e3", "7"), ("e4", "8")] {
        office.bot.receive(in_thread(event, thread)).await.unwrap();
        in_no_time().await;
    }
    assert_eq!(office.ear.times("team").len(), 1);
    office.ear.relent();
    office.bot.settle().await.unwrap();
    let threads: Vec<_> = office.ear.arrived().into_iter().map(|it| it.to.thread).collect();
    assert_eq!(threads.iter().flatten().collect::<Vec<_>>(), ["7", "8", "7", "8"]);
}

#[tokio::test(start_paused = true)]
async fn a_chat_hears_a_burst_at_once_and_then_one_by_one() {
    let pace = Pace { chat: a_second_each(3), ..Pace::default() };
    let office = open(Courier::at_pace(pace)).await;
    for number in 0..6 {
        say(&office.bot, &[("ann", &format!("e{number}"))]).await;
    }
    office.bot.settle().await.unwrap();
    assert_eq!(office.ear.times("dm:ann"), [0, 0, 0, 1_000, 2_000, 3_000]);
    tokio::time::advance(Duration::from_secs(60)).await;
    say(&office.bot, &[("ann", "e7"), ("ann", "e8")]).await;
    office.bot.settle().await.unwrap();
    assert_eq!(office.ear.times("dm:ann")[6..], [63_000, 63_000], "it is full again");
}

#[tokio::test(start_paused = true)]
async fn an_account_keeps_its_limit_over_all_its_chats() {
    let account = Limit { burst: 5, every: Duration::from_millis(100) };
    let office = open(Courier::at_pace(Pace { account, ..Pace::default() })).await;
    for number in 0..40 {
        let peer = format!("peer{number}");
        office.bot.receive(said(&peer, &format!("e{number}"), "hello")).await.unwrap();
    }
    office.bot.settle().await.unwrap();
    let tries = office.ear.tries();
    assert_eq!(office.ear.arrived().len(), 40);
    for (number, one) in tries.iter().enumerate() {
        let due = number.saturating_sub(4) as u128 * 100;
        assert!((due..due + 20).contains(&one.at), "no. {number} at {}", one.at);
    }
}

#[tokio::test(start_paused = true)]
async fn one_account_does_not_pay_for_another() {
    let account = a_second_each(1);
    let office = open(Courier::at_pace(Pace { account, ..Pace::default() })).await;
    for (event, account) in [("e1", "one"), ("e2", "other")] {
        let incoming = Incoming { account: account.to_owned(), ..said("ann", event, "hello") };
        office.bot.receive(incoming).await.unwrap();
    }
    in_no_time().await;
    assert_eq!(office.ear.times("dm:ann"), [0, 0]);
}

#[tokio::test(start_paused = true)]
async fn what_is_told_to_come_later_holds_its_chat_alone() {
    let office = open(Courier::default()).await;
    office.ear.next("dm:ann", [later(30)]);
    say(&office.bot, &[("ann", "a1"), ("ann", "a2"), ("bob", "b1")]).await;
    in_no_time().await;
    assert_eq!(office.ear.texts(), [kept(1)], "bob's");
    office.bot.settle().await.unwrap();
    assert_eq!(office.ear.times("dm:ann"), [0, 30_000, 30_000]);
    assert_eq!(office.ear.times("dm:bob"), [0]);
    assert_eq!(office.ear.texts(), [kept(1), kept(1), kept(2)]);
}

#[tokio::test(start_paused = true)]
async fn what_holds_the_account_holds_every_chat_of_it() {
    let office = open(Courier::default()).await;
    office.ear.next("dm:ann", [ALL_LATER]);
    say(&office.bot, &[("ann", "a1")]).await;
    in_no_time().await;
    say(&office.bot, &[("bob", "b1")]).await;
    let elsewhere = Incoming { account: "other".to_owned(), ..said("cy", "c1", "hello") };
    office.bot.receive(elsewhere).await.unwrap();
    office.bot.settle().await.unwrap();
    assert_eq!(office.ear.times("dm:ann"), [0, 30_000]);
    assert_eq!(office.ear.times("dm:bob"), [30_000]);
    assert_eq!(office.ear.times("dm:cy"), [0]);
}

#[tokio::test(start_paused = true)]
async fn pauses_grow_up_to_a_minute() {
    let office = open(Courier::default()).await;
    office.ear.next("dm:ann", [later(0); 9]);
    say(&office.bot, &[("ann", "e1")]).await;
    office.bot.settle().await.unwrap();
    let times = office.ear.times("dm:ann");
    let pauses: Vec<_> = times.windows(2).map(|two| (two[1] - two[0]) / 1_000).collect();
    assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
    assert_eq!(office.ear.texts(), [kept(1)]);
}

#[tokio::test(start_paused = true)]
async fn what_waits_for_another_try_is_noted_as_not_sent() {
    let store = FaultyStore::default();
    let office = open_over(&store, Courier::default().looking_at(&store)).await;
    office.ear.next("dm:ann", [later(10)]);
    say(&office.bot, &[("ann", "e1")]).await;
    in_no_time().await;
    assert_eq!(store.owed().await, [Pending]);
    office.bot.settle().await.unwrap();
    let owed: Vec<_> = office.ear.tries().into_iter().map(|one| one.owed).collect();
    assert_eq!(owed, [[Attempting], [Attempting]]);
}

#[tokio::test(start_paused = true)]
async fn two_answers_that_were_both_about_to_leave_are_both_kept_when_the_first_has_to_wait() {
    let store = FaultyStore::default();
    let office = open_over(&store, Courier::default()).await;
    office.ear.next("team", [later(10)]);
    // Two threads of one chat are decided at the same time, when nothing is on its way there.
    store.waits.store(true, Ordering::Relaxed);
    for (event, thread) in [("e1", "7"), ("e2", "8")] {
        let thread = Some(thread.to_owned());
        let incoming = Incoming { thread, ..in_group(said("ann", event, "hello")) };
        office.bot.receive(incoming).await.unwrap();
    }
    in_no_time().await;
    store.waits.store(false, Ordering::Relaxed);
    in_no_time().await;
    assert_eq!(office.ear.tries().len(), 1);
    office.bot.stop().await.unwrap();
    assert_eq!(office.ear.tries().len(), 1);
    assert_eq!(store.owed().await, [Pending, Pending], "neither has left");
}

#[tokio::test(start_paused = true)]
async fn what_waits_for_the_account_is_not_under_way() {
    let store = FaultyStore::default();
    let pace = Pace { account: a_second_each(1), ..Pace::default() };
    let office = open_over(&store, Courier::at_pace(pace)).await;
    store.waits.store(true, Ordering::Relaxed);
    say(&office.bot, &[("ann", "a1"), ("bob", "b1"), ("cy", "c1")]).await;
    in_no_time().await;
    store.waits.store(false, Ordering::Relaxed);
    in_no_time().await;
    assert_eq!(office.ear.tries().len(), 1);
    let mut owed = store.owed().await;
    owed.sort();
    assert_eq!(owed[..2], [Pending, Pending]);
    office.bot.settle().await.unwrap();
    assert_eq!(office.ear.texts().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn what_may_have_arrived_is_told_once_in_its_place_and_not_sent_again() {
    let store = FaultyStore::default();
    let office = open_over(&store, Courier::default()).await;
    office.ear.next("dm:ann", [Fate::Becomes(Delivered::Ambiguous)]);
    say(&office.bot, &[("ann", "e1")]).await;
    office.bot.settle().await.unwrap();
    assert_eq!(store.owed().await, [Ambiguous]);
    say(&office.bot, &[("bob", "b1"), ("ann", "e2"), ("ann", "e3")]).await;
    office.bot.settle().await.unwrap();
    let texts = office.ear.texts();
    let told: Vec<_> = texts.iter().map(|text| text.starts_with(MISSING)).collect();
    assert_eq!(told, [false, true, false], "{texts:?}");
    assert_eq!(store.owed().await, []);
}

#[tokio::test(start_paused = true)]
async fn what_goes_missing_while_the_next_answer_is_stored_is_told_with_the_one_after() {
    let store = FaultyStore::default();
    let office = open_over(&store, Courier::default()).await;
    office.ear.next("dm:ann", [later(5), Fate::Becomes(Delivered::Ambiguous)]);
    say(&office.bot, &[("ann", "e1")]).await;
    in_no_time().await;
    // The second answer is decided, and its commit takes longer than the first answer's second try.
    store.waits.store(true, Ordering::Relaxed);
    let bot = office.bot.clone();
    let second = tokio::spawn(async move { bot.receive(said("ann", "e2", "hello")).await });
    in_no_time().await;
    tokio::time::advance(Duration::from_secs(6)).await;
    in_no_time().await;
    assert_eq!(office.ear.times("dm:ann").len(), 2);
    store.waits.store(false, Ordering::Relaxed);
    second.await.unwrap().unwrap();
    office.bot.settle().await.unwrap();
    say(&office.bot, &[("ann", "e3")]).await;
    office.bot.settle().await.unwrap();
    let texts = office.ear.texts();
    assert_eq!(texts[0], kept(2));
    assert!(texts[1].starts_with(MISSING), "{texts:?}");
    assert_eq!(store.owed().await, []);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_arrive_says_nothing() {
    let store = FaultyStore::default();
    let office = open_over(&store, Courier::default()).await;
    office.ear.next("dm:ann", [Fate::Becomes(Delivered::Dead)]);
    say(&office.bot, &[("ann", "e1"), ("ann", "e2")]).await;
    office.bot.settle().await.unwrap();
    assert_eq!(office.ear.texts(), [kept(2)]);
    assert_eq!(store.owed().await, []);
}

#[tokio::test(start_paused = true)]
async fn a_chat_that_is_gone_gives_up_all_that_is_owed_there_and_may_come_back() {
    let store = FaultyStore::default();
    let office = open_over(&store, Courier::cutting_at(30)).await;
    office.ear.next("dm:ann", [later(10), Fate::Becomes(Delivered::Gone)]);
    say(&office.bot, &[("ann", "e1"), ("ann", "e2"), ("bob", "b1")]).await;
    office.bot.settle().await.unwrap();
    assert_eq!(office.ear.times("dm:ann").len(), 2);
    assert_eq!(store.owed().await, []);
    office.ear.take();
    say(&office.bot, &[("ann", "e3")]).await;
    office.bot.settle().await.unwrap();
    assert_eq!(office.ear.texts().concat(), kept(3));
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_fails_for_a_day_is_given_up_and_the_next_gets_through() {
    let store = FaultyStore::default();
    let office = open_over(&store, Courier::default()).await;
    office.ear.next("dm:ann", [later(5), later(5), later(5)]);
    say(&office.bot, &[("ann", "e1")]).await;
    in_no_time().await;
    office.world.pass_minutes(23 * 60);
    seconds_pass(6).await;
    assert_eq!(store.owed().await, [Pending], "there is time yet");
    say(&office.bot, &[("ann", "e2")]).await;
    office.world.pass_minutes(2 * 60);
    office.bot.settle().await.unwrap();
    assert_eq!(office.ear.texts(), [kept(2)]);
    say(&office.bot, &[("ann", "e3")]).await;
    office.bot.settle().await.unwrap();
    assert!(office.ear.texts()[1].starts_with(MISSING));
}

#[tokio::test(start_paused = true)]
async fn even_what_no_store_holds_is_given_up_after_a_day() {
    let office = start_on(
        FaultyStore::default(),
        &Arc::default(),
        Access { allow: ["test:ann".to_owned()].into(), ..Access::default() },
        &Arc::new(Courier::default()),
    )
    .await;
    // A stranger's line cannot be sent to a group in which ann is answered as well.
    office.ear.next("team", [later(5), later(5), later(5)]);
    office.bot.receive(in_group(said("eve", "e1", "hello"))).await.unwrap();
    office.bot.receive(in_group(said("ann", "e2", "hello"))).await.unwrap();
    in_no_time().await;
    office.world.pass_minutes(25 * 60);
    office.bot.settle().await.unwrap();
    assert_eq!(office.ear.times("team").len(), 3, "two of eve's, and ann's");
}

#[tokio::test(start_paused = true)]
async fn a_panic_on_the_way_out_may_have_sent_and_stops_nothing() {
    let store = FaultyStore::default();
    let office = open_over(&store, Courier::cutting_at(30)).await;
    office.ear.next("dm:ann", [Fate::Panics]);
    say(&office.bot, &[("ann", "e1")]).await;
    office.bot.settle().await.unwrap();
    assert_eq!(office.ear.texts().len(), 2, "the pieces behind it arrived");
    assert_eq!(store.owed().await, [Ambiguous]);
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_cannot_be_cut_costs_its_place_nothing() {
    let office = open(Courier::default()).await;
    for failures in [1, 3, 4, 9] {
        office.ear.be_unruly(failures);
        say(&office.bot, &[("ann", &format!("e{failures}"))]).await;
        office.bot.settle().await.unwrap();
        office.ear.be_unruly(0);
        office.ear.take();
        say(&office.bot, &[("ann", &format!("f{failures}"))]).await;
        tokio::time::timeout(Duration::from_secs(9), office.bot.settle()).await.unwrap().unwrap();
        assert!(office.ear.texts().concat().starts_with("Kept as message"), "{failures}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_store_that_cannot_note_a_try_holds_it_back_for_a_while() {
    let store = FaultyStore::default();
    let office = open_over(&store, Courier::cutting_at(30)).await;
    office.ear.next("dm:ann", [Fate::Hangs]);
    say(&office.bot, &[("ann", "e1")]).await;
    in_no_time().await;
    store.full.store(true, Ordering::Relaxed);
    office.ear.relent();
    seconds_pass(3).await;
    assert_eq!(office.ear.tries().len(), 1, "nothing is tried that is not noted");
    store.full.store(false, Ordering::Relaxed);
    office.bot.settle().await.unwrap();
    assert_eq!(office.ear.texts().concat(), kept(1));
    assert_eq!(store.owed().await, []);
}
