//! What is delivered, how, and what is said of it: what was typed here, interactions and private answers beside it.

mod admin;
mod interaction;
mod private;
mod server;

use std::time::Duration;

use bot::{Address, Button, Delivered, FileRef, Pace, Parcel, RenderedFile, Reply, Shape};
use serde_json::json;
use sessions::export::ExportFormat;
use sessions::id::SessionId;

use super::{Delivery, chunks, needs_press, pace};
use crate::ticket::{Interaction, Ticket};
use server::{
    ANN, CHANNEL, DIRECT, Server, THREAD, TOKEN, refused, server, too_many, unsent, unsure,
};

/// When the interaction of these tests happened.
const NOW: i64 = 1_462_015_105_796;
const RETRY: Delivered = Delivered::Later { after: Duration::from_secs(1), whole_account: false };
const ANSWERED: &str = "<@77>: I answered you in our direct chat.";
const HOW_TO_ALLOW: &str = "<@77>: I cannot write to you directly. Allow direct messages in this server's privacy settings and ask again, or type `/` and pick the command: its answer is seen by you alone.";

/// A delivery since long before to a server that lives as long as the test.
fn delivery(server: Server) -> (Delivery<&'static Server>, &'static Server) {
    let server: &'static Server = Box::leak(Box::new(server));
    (Delivery::new(server, NOW - 86_400_000), server)
}

fn waits(seconds: u64, whole_account: bool) -> Delivered {
    Delivered::Later { after: Duration::from_secs(seconds), whole_account }
}

fn address(chat: &str, ticket: &Ticket) -> Address {
    Address {
        channel: "discord".to_owned(),
        account: "500".to_owned(),
        chat: chat.to_owned(),
        thread: None,
        direct: chat == DIRECT,
        peer: ANN.to_owned(),
        ticket: ticket.to_wire(),
    }
}

fn parcel(to: Address, text: &str) -> Parcel {
    Parcel {
        to,
        chunk: 0,
        text: text.to_owned(),
        shape: Shape::Words,
        buttons: Vec::new(),
        file: None,
        private: false,
        in_place: false,
        is_kept: false,
    }
}

fn button() -> Button {
    Button { label: "Undo".to_owned(), data: "abc".to_owned() }
}

fn file() -> RenderedFile {
    RenderedFile { name: "session.md".to_owned(), content: "SECRET".to_owned() }
}

/// The ticket of what was typed.
fn typed() -> Ticket {
    Ticket { message: Some("11".to_owned()), guild: Some("9".to_owned()), interaction: None }
}

/// The ticket of a command that was filled in.
fn command(is_ephemeral: bool) -> Ticket {
    let [id, token, application] = ["175928847299117063", TOKEN, "501"].map(ToOwned::to_owned);
    let interaction = Interaction { id, token, application, is_press: false, is_ephemeral };
    Ticket { message: None, guild: None, interaction: Some(interaction) }
}

/// The ticket of a press.
fn press(is_ephemeral: bool) -> Ticket {
    let command = command(is_ephemeral).interaction.unwrap();
    let interaction = Some(Interaction { is_press: true, ..command });
    Ticket { message: Some("40".to_owned()), guild: None, interaction }
}

#[tokio::test]
async fn what_was_typed_is_answered_in_the_channel() {
    let (delivery, server) = delivery(Server::guild());
    let parcel = Parcel {
        buttons: vec![button()],
        ..parcel(address(CHANNEL, &typed()), "use `/new` *now*")
    };
    assert_eq!(delivery.deliver(parcel.clone(), NOW).await, Delivered::Sent);
    assert_eq!(server.path(0), "/channels/100/messages");
    let nonce = server.body(0)["nonce"].clone();
    assert_eq!(
        server.body(0),
        json!({
            "content": "use `/new` \\*now\\*",
            "embeds": [],
            "allowed_mentions": {"parse": []},
            "components": [{"type": 1, "components":
                [{"type": 2, "style": 2, "label": "Undo", "custom_id": "abc"}]}],
            "flags": 4,
            "nonce": nonce,
            "enforce_nonce": true,
            "message_reference": {"message_id": "11", "fail_if_not_exists": false},
        })
    );
    // Another piece of it refers to nothing and is another message.
    let more = Parcel { text: "more".to_owned(), ..parcel };
    assert_eq!(delivery.deliver(more, NOW).await, Delivered::Sent);
    assert_eq!(server.body(1).get("message_reference"), None);
    assert_ne!(server.body(1)["nonce"], nonce);
    assert_eq!(server.seen_in(CHANNEL).len(), 2);
}

#[tokio::test]
async fn threads_and_direct_chats_are_channels_of_their_own() {
    let (delivery, server) = delivery(Server::guild());
    let to = Address { thread: Some(THREAD.to_owned()), ..address(CHANNEL, &typed()) };
    assert_eq!(delivery.deliver(parcel(to, "x"), NOW).await, Delivered::Sent);
    let direct = Parcel { private: true, ..parcel(address(DIRECT, &typed()), "y") };
    assert_eq!(delivery.deliver(direct, NOW).await, Delivered::Sent);
    assert_eq!(
        (server.seen_in(THREAD), server.seen_in(DIRECT)),
        (vec!["x".to_owned()], vec!["y".to_owned()])
    );
    assert!(server.seen_in(CHANNEL).is_empty());
    assert_eq!(server.body(1).get("message_reference"), None);
}

#[tokio::test]
async fn every_failure_has_its_meaning() {
    for (error, expected) in [
        (unsent(), RETRY),
        (unsure(), RETRY),
        (server(), RETRY),
        (too_many(7, false), waits(7, false)),
        (too_many(9, true), waits(9, true)),
        (refused(401, 0), waits(60, true)),
        (crate::api::CallError::Foreign { status: 302 }, waits(5, true)),
        (refused(404, 10_003), Delivered::Gone),
        (refused(403, 50_001), Delivered::Dead),
        (refused(403, 50_013), Delivered::Dead),
        (refused(403, 50_007), Delivered::Dead),
    ] {
        let (delivery, _) = delivery(Server::guild().failing("create", error.clone()));
        let became = delivery.deliver(parcel(address(CHANNEL, &typed()), "x"), NOW).await;
        assert_eq!(became, expected, "{error}");
    }
    // Of a thread that is gone the channel is still there, and is not told what was for the thread.
    let (gone, server) = delivery(Server::guild().failing("create", refused(404, 10_003)));
    let to = Address { thread: Some(THREAD.to_owned()), ..address(CHANNEL, &typed()) };
    assert_eq!(gone.deliver(parcel(to, "x"), NOW).await, Delivered::Dead);
    assert!(server.seen_in(CHANNEL).is_empty());
    let (delivery, server) = delivery(Server::guild());
    for nowhere in ["here", "1/../2", ""] {
        let to = address(nowhere, &typed());
        assert_eq!(delivery.deliver(parcel(to, "x"), NOW).await, Delivered::Dead);
    }
    assert!(server.kinds().is_empty());
}

#[tokio::test]
async fn what_may_have_arrived_is_there_once_and_is_not_sent_again_after_a_while() {
    for error in [unsure(), server()] {
        let (delivery, server) = delivery(Server::guild());
        let parcel = || parcel(address(CHANNEL, &typed()), "x");
        server.lose_answer("create", error.clone());
        assert_eq!(delivery.deliver(parcel(), NOW).await, RETRY);
        assert_eq!(delivery.deliver(parcel(), NOW + 1_000).await, Delivered::Sent);
        assert_eq!(server.seen_in(CHANNEL), ["x"]);

        let other = || Parcel { text: "y".to_owned(), ..parcel() };
        server.lose_answer("create", error);
        assert_eq!(delivery.deliver(other(), NOW).await, RETRY);
        assert_eq!(delivery.deliver(other(), NOW + 120_001).await, Delivered::Ambiguous);
        assert_eq!(server.seen_in(CHANNEL), ["x", "y"]);
        assert_eq!(server.kinds().len(), 3);
    }
    // A failure that had no effect is no doubt.
    let (delivery, server) = delivery(Server::guild().failing("create", unsent()));
    let parcel = || parcel(address(CHANNEL, &typed()), "x");
    assert_eq!(delivery.deliver(parcel(), NOW).await, RETRY);
    assert_eq!(delivery.deliver(parcel(), NOW + 600_000).await, Delivered::Sent);
    assert_eq!(server.seen_in(CHANNEL), ["x"]);
}

#[tokio::test]
async fn a_message_that_cannot_be_referred_to_is_not() {
    for error in [refused(400, 50_035), refused(403, 160_002)] {
        let (delivery, server) = delivery(Server::guild().failing("create", error));
        let parcel = parcel(address(CHANNEL, &typed()), "x");
        assert_eq!(delivery.deliver(parcel, NOW).await, Delivered::Sent);
        assert_eq!(server.body(1).get("message_reference"), None);
        assert_eq!(server.body(1)["nonce"], server.body(0)["nonce"]);
    }
    // Once is enough.
    let twice = Server::guild().failing("create", refused(400, 50_035));
    let (delivery, _) = delivery(twice.failing("create", refused(400, 50_035)));
    let parcel = parcel(address(CHANNEL, &typed()), "x");
    assert_eq!(delivery.deliver(parcel, NOW).await, Delivered::Dead);
}

#[tokio::test]
async fn a_text_that_is_too_long_is_cut_and_half_of_it_is_ambiguous() {
    let long = "word ".repeat(700);
    let parcel = || Parcel { buttons: vec![button()], ..parcel(address(DIRECT, &typed()), &long) };
    let (whole, server) = delivery(Server::direct());
    assert_eq!(whole.deliver(parcel(), NOW).await, Delivered::Sent);
    assert_eq!(server.seen_in(DIRECT).len(), 2);
    let buttons = |call: usize| server.body(call)["components"].as_array().unwrap().len();
    assert_eq!((buttons(0), buttons(1)), (0, 1));

    let (half, server) = delivery(Server::direct());
    let with_file = Parcel { file: Some(file()), ..parcel() };
    server.fail_next("create", unsent());
    assert_eq!(half.deliver(with_file, NOW).await, RETRY);
}

#[tokio::test]
async fn nothing_to_say_is_said() {
    let (delivery, server) = delivery(Server::direct());
    let parcel = parcel(address(DIRECT, &typed()), " \n");
    assert_eq!(delivery.deliver(parcel, NOW).await, Delivered::Sent);
    assert_eq!(server.seen_in(DIRECT), ["…"]);
}

#[tokio::test]
async fn a_file_has_its_name_and_what_is_said_of_it() {
    let (delivery, server) = delivery(Server::direct());
    let parcel = Parcel { file: Some(file()), ..parcel(address(DIRECT, &typed()), "Exported.") };
    assert_eq!(delivery.deliver(parcel.clone(), NOW).await, Delivered::Sent);
    assert_eq!(server.files(), [("session.md".to_owned(), "SECRET".to_owned())]);
    assert_eq!(server.seen_in(DIRECT), ["Exported."]);
    let bare = Parcel { text: String::new(), ..parcel.clone() };
    assert_eq!(delivery.deliver(bare, NOW).await, Delivered::Sent);
    assert_eq!(server.body(1)["content"], "");
    for error in [refused(413, 40_005), crate::api::CallError::Foreign { status: 413 }] {
        server.fail_next("create", error);
        let large =
            Parcel { text: format!("Exported {}.", server.kinds().len()), ..parcel.clone() };
        assert_eq!(delivery.deliver(large, NOW).await, Delivered::Sent);
        assert!(server.seen_in(DIRECT).last().unwrap().contains("larger than Discord takes"));
    }
    assert_eq!(server.files().len(), 2);
}

#[test]
fn interactions_have_limits_of_their_own() {
    let at = |ticket: &Ticket, now| pace(&address(CHANNEL, ticket), now);
    assert_eq!(at(&command(true), NOW), Pace::default());
    assert_ne!(at(&command(true), NOW + 900_000), Pace::default());
    let typed = at(&typed(), NOW);
    assert_eq!((typed.chat.burst, typed.chat.every), (5, Duration::from_secs(1)));
    let in_a_second = u128::from(typed.account.burst) + 1_000 / typed.account.every.as_millis();
    assert!(in_a_second <= 50);
}

#[test]
fn an_answer_is_cut_and_its_last_piece_has_the_buttons_and_the_file() {
    let long = "word ".repeat(500);
    let exported = FileRef {
        name: "session.md".to_owned(),
        session: SessionId::new([1; 16]),
        head: None,
        format: ExportFormat::Json,
    };
    for (text, file, expected) in [
        ("short", None, vec![5]),
        ("", None, vec![0]),
        (long.as_str(), None, vec![1_989, 509]),
        ("short", Some(&exported), vec![5]),
        ("", Some(&exported), vec![0]),
        (long.as_str(), Some(&exported), vec![1_989, 509]),
    ] {
        let reply = Reply {
            text: text.to_owned(),
            shape: Shape::Words,
            buttons: vec![button()],
            file: file.cloned(),
            private: true,
            in_place: true,
        };
        let replies = chunks(reply);
        let lengths: Vec<usize> = replies.iter().map(|reply| reply.text.len()).collect();
        assert_eq!(lengths, expected);
        let (last, others) = replies.split_last().unwrap();
        assert_eq!((last.buttons.len(), last.file.is_some()), (1, file.is_some()));
        assert!(others.iter().all(|reply| reply.buttons.is_empty() && reply.file.is_none()));
        assert!(replies.iter().all(|reply| reply.private));
        let in_place: Vec<bool> = replies.iter().map(|reply| reply.in_place).collect();
        assert!(in_place[0] && in_place[1..].iter().all(|in_place| !in_place));
    }
}

#[tokio::test]
async fn pieces_that_say_the_same_all_arrive() {
    let replies = chunks(Reply { text: "x".repeat(6_000), ..Reply::default() });
    assert!(replies.len() >= 3);
    let (delivery, server) = delivery(Server::direct());
    for (chunk, reply) in (0..).zip(&replies) {
        let parcel = Parcel { chunk, ..parcel(address(DIRECT, &typed()), &reply.text) };
        assert_eq!(delivery.deliver(parcel, NOW).await, Delivered::Sent);
    }
    assert_eq!(server.seen_in(DIRECT).concat(), "x".repeat(6_000));
}

#[tokio::test]
async fn a_card_is_one_and_plain_text_where_it_is_refused() {
    let text = "Session s-1\nScope: channel";
    for is_refused in [false, true] {
        let wire = Server::direct();
        let wire = if is_refused { wire.failing("create", refused(400, 50_006)) } else { wire };
        let (delivery, server) = delivery(wire);
        let shape = Shape::Card;
        let parcel = Parcel { shape, ..parcel(address(DIRECT, &typed()), text) };
        assert_eq!(delivery.deliver(parcel, NOW).await, Delivered::Sent);
        let card = server.body(0);
        assert_eq!((&card["content"], &card["flags"]), (&json!(""), &json!(0)));
        assert_eq!(card["embeds"][0]["title"], "Session s-1");
        if is_refused {
            let plain = server.body(1);
            assert_eq!((&plain["content"], &plain["flags"]), (&json!(text), &json!(4)));
            assert_eq!((&plain["embeds"], &plain["nonce"]), (&json!([]), &card["nonce"]));
        }
    }
}
