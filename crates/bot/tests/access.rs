//! Who is let in, what of the others is kept (nothing), and chats that move, go, or speak in their own name.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a panic here is a failing test")]

mod support;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bot::{Access, Body, Incoming, Taken};
use sessions::store::Store;
use support::courier::{Courier, later};
use support::faulty::FaultyStore;
use support::{Stage, World, in_group, open_to_all, press, said, seconds_pass, start_on};

type Office = Stage<FaultyStore, Courier>;

const SHARED: &str = "/session scope group";
const FACELESS: &str = "A chat that speaks in its own name has no conversation of its own here.";

/// ann owns, bob is allowed, everybody may talk in `team`.
fn closed() -> Access {
    let one = |name: &str| [name.to_owned()].into();
    Access {
        owners: one("test:ann"),
        allow: one("test:bob"),
        groups: one("test:team"),
        ..Access::default()
    }
}

async fn open(store: &FaultyStore, access: Access) -> Office {
    start_on(store.clone(), &Arc::default(), access, &Arc::default()).await
}

async fn taken(office: &Office, incoming: Incoming) -> Taken {
    let taken = office.bot.receive(incoming).await.unwrap();
    office.bot.settle().await.unwrap();
    taken
}

/// The answers to an event.
async fn hear(office: &Office, incoming: Incoming) -> Vec<String> {
    office.ear.take();
    office.bot.receive(incoming).await.unwrap();
    office.bot.settle().await.unwrap();
    office.ear.texts()
}

fn kept(number: usize) -> String {
    format!("Kept as message {number}. No assistant is configured, so nobody answers.")
}

fn in_chat(chat: &str, incoming: Incoming) -> Incoming {
    Incoming { chat: chat.to_owned(), direct: false, ..incoming }
}

fn moved(event: &str, from: &str, to: &str) -> Incoming {
    let body = Body::Moved { to: to.to_owned() };
    Incoming { body, faceless: true, ..in_chat(from, said(from, event, "")) }
}

/// What a group says in its own name.
fn faceless(event: &str, text: &str) -> Incoming {
    Incoming { faceless: true, ..in_group(said("team", event, text)) }
}

fn gone(peer: &str, event: &str) -> Incoming {
    Incoming { body: Body::Gone, ..said(peer, event, "") }
}

fn raw(peer: &str, event: &str) -> Incoming {
    let body =
        Body::Raw { kind: "novelty".to_owned(), json: r#"{"secret":"albatross"}"#.to_owned() };
    Incoming { body, ..said(peer, event, "") }
}

#[tokio::test(start_paused = true)]
async fn those_are_let_in_who_are_on_a_list_or_in_a_listed_group() {
    use Taken::{New, TurnedAway};
    let everywhere = || Access { direct_open: true, groups_open: true, ..Access::default() };
    for (access, peer, chat, expected) in [
        (closed(), "ann", None, New),
        (closed(), "bob", None, New),
        (closed(), "eve", None, TurnedAway),
        (closed(), "eve", Some("team"), New),
        (closed(), "eve", Some("other"), TurnedAway),
        (closed(), "bob", Some("other"), New),
        (Access::default(), "ann", None, TurnedAway),
        (everywhere(), "eve", None, New),
        (everywhere(), "eve", Some("other"), New),
        (Access { groups_open: false, ..everywhere() }, "eve", Some("other"), TurnedAway),
        (Access { direct_open: false, ..everywhere() }, "eve", None, TurnedAway),
    ] {
        let office = open(&FaultyStore::default(), access).await;
        let incoming = said(peer, "e1", "hello");
        let incoming = match chat {
            Some(chat) => in_chat(chat, incoming),
            None => incoming,
        };
        assert_eq!(taken(&office, incoming).await, expected, "{peer} {chat:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn of_strangers_nothing_is_stored_whatever_they_do() {
    let store = FaultyStore::default();
    let office = open(&store, closed()).await;
    // The process's own key and the tags it forgot.
    seconds_pass(1).await;
    let before = store.commits.load(Ordering::Relaxed);
    for incoming in [
        said("eve", "e1", "hello"),
        said("eve", "e2", "/new"),
        press("eve", "e3", "AAAA"),
        in_chat("other", said("eve", "e4", "/session")),
        in_chat("other", press("eve", "e5", "AAAA")),
        raw("eve", "e6"),
        gone("eve", "e7"),
        in_chat("other", gone("eve", "e8")),
        moved("e9", "other", "another"),
        Incoming { faceless: true, ..in_chat("other", said("other", "e10", "hello")) },
    ] {
        assert_eq!(taken(&office, incoming.clone()).await, Taken::TurnedAway, "{incoming:?}");
    }
    seconds_pass(1).await;
    assert_eq!(store.commits.load(Ordering::Relaxed), before);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_read_is_kept_if_it_is_from_somebody_let_in_or_from_nobody() {
    let office = open(&FaultyStore::default(), closed()).await;
    let nobody = Incoming { faceless: true, ..raw("0", "e2") };
    for incoming in [raw("bob", "e1"), nobody, in_chat("team", raw("eve", "e3"))] {
        assert_eq!(taken(&office, incoming.clone()).await, Taken::New, "{incoming:?}");
    }
    assert!(office.ear.tries().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_stranger_hears_whom_to_ask_once_an_hour() {
    let office = open(&FaultyStore::default(), closed()).await;
    let line =
        |who: &str| format!("I may not talk here. Ask whoever runs this bot to let {who} in.");
    assert_eq!(hear(&office, said("eve", "e1", "hello")).await, [line("test:eve")]);
    assert_eq!(hear(&office, said("eve", "e2", "hello?")).await, [""; 0]);
    assert_eq!(hear(&office, said("mallory", "e3", "hello")).await, [line("test:mallory")]);
    // A group hears it as one, whoever speaks there.
    let here = in_chat("other", said("eve", "e4", "hello"));
    assert_eq!(hear(&office, here).await, [line("test:other")]);
    let here = in_chat("other", said("mallory", "e5", "hello"));
    assert_eq!(hear(&office, here).await, [""; 0]);
    tokio::time::advance(Duration::from_secs(3_601)).await;
    assert_eq!(hear(&office, said("eve", "e6", "hello")).await, [line("test:eve")]);
}

#[tokio::test(start_paused = true)]
async fn strangers_hear_nothing_of_presses_talk_and_commands_for_others() {
    let office = open(&FaultyStore::default(), closed()).await;
    let talk = Body::Text { text: "among us".to_owned(), addressed: false };
    let other_bots = Body::Text { text: "/start@otherbot".to_owned(), addressed: false };
    for incoming in [
        press("eve", "e1", "AAAA"),
        in_chat("other", press("eve", "e2", "AAAA")),
        Incoming { body: talk, ..in_chat("other", said("eve", "e3", "")) },
        Incoming { body: other_bots, ..in_chat("other", said("eve", "e4", "")) },
    ] {
        assert_eq!(hear(&office, incoming.clone()).await, [""; 0], "{incoming:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_group_that_moved_is_let_in_and_keeps_what_it_had() {
    let (store, world) = (FaultyStore::default(), Arc::<World>::default());
    let courier = Arc::new(Courier::default());
    let office = start_on(store.clone(), &world, closed(), &courier).await;
    hear(&office, in_chat("team", said("ann", "e1", SHARED))).await;
    assert_eq!(hear(&office, in_chat("team", said("eve", "e2", "hello"))).await, [kept(1)]);
    // Both chats tell of it, and one of them under another id.
    assert_eq!(taken(&office, moved("m1", "team", "super")).await, Taken::New);
    assert_eq!(taken(&office, moved("m2", "team", "super")).await, Taken::New);
    assert_eq!(hear(&office, in_chat("super", said("eve", "e3", "hello"))).await, [kept(2)]);
    assert_eq!(taken(&office, moved("m3", "super", "hyper")).await, Taken::New);
    office.bot.stop().await.unwrap();

    let office = start_on(store, &world, closed(), &courier).await;
    assert_eq!(hear(&office, in_chat("hyper", said("eve", "e4", "hello"))).await, [kept(3)]);
    assert_eq!(hear(&office, in_chat("super", said("eve", "e5", "hello"))).await, [kept(4)]);
    let heard = hear(&office, in_chat("elsewhere", said("eve", "e6", "hello"))).await;
    assert!(heard[0].starts_with("I may not talk here."), "{heard:?}");
}

#[tokio::test(start_paused = true)]
async fn a_listed_group_that_moved_before_it_said_anything_is_let_in() {
    let office = open(&FaultyStore::default(), closed()).await;
    assert_eq!(taken(&office, moved("m1", "team", "super")).await, Taken::New);
    assert_eq!(hear(&office, in_chat("super", said("eve", "e1", "hello"))).await, [kept(1)]);
}

#[tokio::test(start_paused = true)]
async fn what_was_said_in_the_new_chat_before_the_move_does_not_hide_the_old_one() {
    let office = open(&FaultyStore::default(), open_to_all()).await;
    hear(&office, in_chat("team", said("ann", "e1", SHARED))).await;
    assert_eq!(hear(&office, in_chat("team", said("eve", "e2", "hello"))).await, [kept(1)]);
    hear(&office, in_chat("super", said("eve", "e3", "too early"))).await;
    taken(&office, moved("m1", "team", "super")).await;
    assert_eq!(hear(&office, in_chat("super", said("eve", "e4", "hello"))).await, [kept(2)]);
}

#[tokio::test(start_paused = true)]
async fn a_chat_that_is_gone_is_owed_nothing_and_may_be_talked_to_again() {
    let store = FaultyStore::default();
    let office = open(&store, closed()).await;
    office.ear.next("dm:bob", [later(60)]);
    for event in ["e1", "e2", "e3"] {
        office.bot.receive(said("bob", event, "hello")).await.unwrap();
    }
    assert_eq!(taken(&office, gone("bob", "g1")).await, Taken::New);
    assert_eq!(store.owed().await, []);
    assert_eq!(office.ear.texts(), [""; 0], "what waited to be tried again is given up too");
    assert_eq!(hear(&office, said("bob", "e4", "hello")).await, [kept(4)]);
}

#[tokio::test(start_paused = true)]
async fn a_chat_that_speaks_in_its_own_name_is_told_that_it_has_no_lane() {
    let store = FaultyStore::default();
    let office = open(&store, open_to_all()).await;
    for (event, text) in
        [("e1", "hello"), ("e2", "/new"), ("e3", "/history"), ("e4", "/checkpoint save x")]
    {
        let heard = hear(&office, faceless(event, text)).await;
        assert!(heard.len() == 1 && heard[0].starts_with(FACELESS), "{text}: {heard:?}");
    }
    let here = Incoming { admin: Some(true), ..faceless("e5", "/session scope channel") };
    assert!(hear(&office, here).await[0].starts_with("Scope is now channel"));
    assert_eq!(office.bot.manager().count_lanes().await.unwrap(), (0, 0), "it has none");
    assert!(store.inbox(0, 9).await.unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_refusal_to_a_chat_that_speaks_in_its_own_name_is_said_where_it_can_hear_it() {
    let office = open(&FaultyStore::default(), open_to_all()).await;
    for (event, text) in [("e1", "hello"), ("e2", "/history")] {
        hear(&office, faceless(event, text)).await;
        assert!(!office.ear.arrived()[0].private, "{text}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_chat_that_speaks_in_its_own_name_takes_part_in_what_is_shared() {
    let office = open(&FaultyStore::default(), open_to_all()).await;
    hear(&office, in_group(said("ann", "e1", SHARED))).await;
    assert_eq!(hear(&office, faceless("e2", "hello")).await, [kept(1)]);
    assert_eq!(hear(&office, in_group(said("eve", "e3", "hello"))).await, [kept(2)]);
    let clear = hear(&office, faceless("e4", "/history clear")).await;
    assert!(clear[0].contains("only those who run the chat may change it so"), "{clear:?}");
    let as_admin = Incoming { admin: Some(true), ..faceless("e5", "/history clear") };
    assert!(hear(&office, as_admin).await[0].starts_with("Cleared 2 messages"));
}

#[tokio::test(start_paused = true)]
async fn a_chat_that_speaks_in_its_own_name_never_owns_and_is_not_let_in_by_its_name() {
    let mut access = closed();
    access.owners.insert("test:team".to_owned());
    access.allow.insert("test:other".to_owned());
    let office = open(&FaultyStore::default(), access).await;
    let who = hear(&office, faceless("e1", "/whoami")).await;
    assert!(who[0].contains("Owner: no"), "{who:?}");
    let all = hear(&office, faceless("e2", "/session list all")).await;
    assert!(!all[0].contains("lanes"), "{all:?}");
    let elsewhere = Incoming { faceless: true, ..in_chat("other", said("other", "e3", "hello")) };
    assert_eq!(taken(&office, elsewhere).await, Taken::TurnedAway);
}

#[tokio::test(start_paused = true)]
async fn who_runs_a_group_is_asked_for_commands_and_presses_there_and_nothing_else() {
    let office = open(&FaultyStore::default(), open_to_all()).await;
    let unsaid = |incoming: Incoming| Incoming { admin: None, ..incoming };
    for (incoming, asked) in [
        (said("eve", "e1", "hello"), 0),
        (said("eve", "e2", "/session"), 0),
        (in_group(said("eve", "e3", "hello")), 0),
        (in_group(said("eve", "e4", "hello")), 0),
        (in_group(said("ann", "e5", "/session")), 0),
        (in_group(said("eve", "e6", "/session")), 1),
        (in_group(press("eve", "e7", "AAAA")), 2),
        (raw("eve", "e8"), 2),
    ] {
        hear(&office, unsaid(incoming.clone())).await;
        assert_eq!(office.ear.asked(), asked, "{incoming:?}");
    }
    hear(&office, in_group(said("eve", "e9", "/session"))).await;
    assert_eq!(office.ear.asked(), 2, "whoever knows is not asked");
}

#[tokio::test(start_paused = true)]
async fn who_cannot_be_found_to_run_a_group_does_not_run_it() {
    let office = open(&FaultyStore::default(), open_to_all()).await;
    hear(&office, in_group(said("ann", "e1", SHARED))).await;
    hear(&office, in_group(said("eve", "e2", "hello"))).await;
    for (event, admin, words) in [
        ("e3", None, "Everybody here shares this conversation"),
        ("e4", Some(false), "Everybody here shares this conversation"),
        ("e5", Some(true), "Cleared 1 message"),
    ] {
        office.ear.admin_is(admin);
        let clear = Incoming { admin: None, ..in_group(said("eve", event, "/history clear")) };
        let heard = hear(&office, clear).await;
        assert!(heard[0].starts_with(words), "{heard:?}");
    }
}
