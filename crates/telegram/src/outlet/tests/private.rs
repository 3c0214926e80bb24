//! Private answers to somebody in a group: whatever the server does and however late it is, the group sees none of them.

use bot::{Delivered, Parcel};
use serde_json::json;

use super::server::{
    ANN, GROUP, Server, cannot_start, formatting, migrated, refused, server, too_many, unsent,
    unsure,
};
use super::{NOW, RETRY, address, button, delivery, file, parcel, press};
use crate::api::CallError;
use crate::ticket::Ticket;

const SECRET: &str = "SECRET of `Ann`";
const SHOWN: &str = "SECRET of <code>Ann</code>";
const ANSWERED: &str = "@ann: I answered you in our direct chat.";
const HOW_TO_START: &str =
    "@ann: I cannot write to you yet. Open https://t.me/OurBot and press Start, then ask again.";

/// The ticket of a command that everybody in the group saw.
fn open_command() -> Ticket {
    Ticket {
        message: Some(11),
        sent_at: Some(NOW),
        name: Some("@ann".to_owned()),
        ..Ticket::default()
    }
}

/// The ticket of a command that the bot alone saw.
fn ephemeral_command() -> Ticket {
    Ticket { message: None, ephemeral: Some(4), ..open_command() }
}

fn whisper(ticket: &Ticket) -> Parcel {
    Parcel {
        private: true,
        buttons: vec![button()],
        ..parcel(address(GROUP, Some(ticket)), SECRET)
    }
}

/// What the group saw of it.
fn assert_unseen(server: &Server) {
    for text in server.seen_in(GROUP) {
        assert!(!text.contains("SECRET"), "the group saw: {text}");
    }
}

#[tokio::test]
async fn an_ephemeral_command_is_answered_by_a_placeholder_that_is_filled_once_it_is_proven() {
    let (delivery, server) = delivery(Server::modern());
    assert_eq!(delivery.deliver(whisper(&ephemeral_command()), NOW + 14).await, Delivered::Sent);
    assert_eq!(server.methods(), ["sendMessage", "editEphemeralMessageText"]);
    assert_eq!(
        server.params(0),
        json!({
            "chat_id": GROUP,
            "text": "…",
            "receiver_user_id": ANN,
            "ephemeral_message_parameters": {"receiver_user_id": ANN},
            "reply_parameters": {"ephemeral_message_id": 4},
        })
    );
    let filled = server.params(1);
    assert_eq!(
        (&filled["receiver_user_id"], &filled["ephemeral_message_id"]),
        (&json!(ANN), &json!(9))
    );
    assert_eq!(filled["reply_markup"]["inline_keyboard"][0][0]["text"], "Undo");
    assert_eq!(server.seen_by(ANN), ["…", SHOWN]);
    assert!(server.seen_in(GROUP).is_empty() && server.seen_in(ANN).is_empty());
}

#[tokio::test]
async fn a_press_is_answered_by_its_id() {
    let (delivery, server) = delivery(Server::modern());
    assert_eq!(delivery.deliver(whisper(&press()), NOW).await, Delivered::Sent);
    let placeholder = server.params(0);
    assert_eq!(
        placeholder["ephemeral_message_parameters"],
        json!({"receiver_user_id": ANN, "callback_query_id": "cb"})
    );
    assert_eq!(placeholder["callback_query_id"], "cb");
    assert_eq!(placeholder.get("reply_parameters"), None);
    assert_unseen(server);
}

#[tokio::test]
async fn a_private_page_never_takes_the_place_of_a_public_message() {
    let (delivery, server) = delivery(Server::modern());
    let page = Parcel { in_place: true, ..whisper(&press()) };
    assert_eq!(delivery.deliver(page, NOW).await, Delivered::Sent);
    assert!(!server.methods().contains(&"editMessageText".to_owned()));
    assert_unseen(server);
}

#[tokio::test]
async fn a_private_page_takes_the_place_of_an_ephemeral_one() {
    let ticket = Ticket { message: None, ephemeral: Some(8), ..press() };
    let page = || Parcel { in_place: true, ..whisper(&ticket) };
    let (edited, server) = delivery(Server::modern());
    assert_eq!(edited.deliver(page(), NOW).await, Delivered::Sent);
    assert_eq!(server.methods(), ["editEphemeralMessageText"]);
    assert_eq!(server.params(0)["ephemeral_message_id"], 8);

    for gone in [refused(400, "Bad Request: message not found"), cannot_start(), migrated(-1002)] {
        let (gone, server) = delivery(Server::modern().failing("editEphemeralMessageText", gone));
        assert_eq!(gone.deliver(page(), NOW).await, Delivered::Sent);
        let methods = ["editEphemeralMessageText", "sendMessage", "editEphemeralMessageText"];
        assert_eq!(server.methods(), methods);
        assert_unseen(server);
    }
    let (waits, server) = delivery(Server::modern().failing("editEphemeralMessageText", unsent()));
    assert_eq!(waits.deliver(page(), NOW).await, RETRY);
    assert_eq!(waits.deliver(page(), NOW + 60).await, Delivered::Sent);
    assert_eq!(server.seen_by(ANN), [SHOWN]);
}

#[tokio::test]
async fn a_server_that_ignores_what_it_does_not_know_shows_an_empty_message_once_and_that_is_all() {
    let (delivery, server) = delivery(Server::ignorant());
    assert_eq!(delivery.deliver(whisper(&open_command()), NOW).await, Delivered::Sent);
    assert_eq!(server.methods(), ["sendMessage", "deleteMessage", "sendMessage", "sendMessage"]);
    assert_eq!(server.params(1), json!({"chat_id": GROUP, "message_id": 50}));
    assert_eq!(server.seen_in(GROUP), ["…", ANSWERED]);
    assert_eq!(server.seen_in(ANN), [SHOWN]);
    // The direct chat is another place: its buttons would be refused there.
    assert_eq!(server.params(2).get("reply_markup"), None);

    // It is not asked again.
    let another = Ticket { message: Some(12), ..open_command() };
    assert_eq!(delivery.deliver(whisper(&another), NOW).await, Delivered::Sent);
    assert_eq!(server.seen_in(GROUP), ["…", ANSWERED, ANSWERED]);
    assert_eq!(server.methods().len(), 6);
}

#[tokio::test]
async fn an_ephemeral_message_for_somebody_else_is_no_proof() {
    let (delivery, server) = delivery(Server::modern());
    let bob = bot::Address { peer: "78".to_owned(), ..address(GROUP, Some(&open_command())) };
    let forged = super::super::whisper::proven(
        &json!({"ephemeral_message_id": 9, "receiver_user": {"id": ANN}}),
        78,
    );
    assert_eq!(forged, None);
    let nobody = super::super::whisper::proven(&json!({"ephemeral_message_id": 9}), ANN);
    assert_eq!(nobody, None);
    let parcel = Parcel { to: bob, ..whisper(&open_command()) };
    assert_eq!(delivery.deliver(parcel, NOW).await, Delivered::Sent);
    assert_eq!((server.seen_by(78).len(), server.seen_by(ANN).len()), (2, 0));
}

#[tokio::test]
async fn late_answers_go_to_the_direct_chat() {
    for age in [15, 20, 20 * 60, 86_400] {
        for make in [Server::modern, Server::ignorant] {
            let (delivery, server) = delivery(make());
            let said = Ticket { sent_at: Some(NOW - age), ..open_command() };
            assert_eq!(delivery.deliver(whisper(&said), NOW).await, Delivered::Sent);
            assert_eq!(server.seen_in(ANN), [SHOWN]);
            assert_eq!(server.seen_in(GROUP), [ANSWERED]);
        }
    }
    // Where nobody saw the question, nobody sees that it is answered; and an answer without a ticket is a late one.
    let (delivery, server) = delivery(Server::modern());
    let said = Ticket { sent_at: Some(NOW - 20), ..ephemeral_command() };
    assert_eq!(delivery.deliver(whisper(&said), NOW).await, Delivered::Sent);
    assert!(server.seen_in(GROUP).is_empty());
    let without = Parcel { private: true, ..parcel(address(GROUP, None), SECRET) };
    assert_eq!(delivery.deliver(without, NOW).await, Delivered::Sent);
    assert_eq!(server.seen_in(ANN), [SHOWN, SHOWN]);
    assert_unseen(server);
}

#[tokio::test]
async fn who_never_opened_a_direct_chat_is_told_how_and_nothing_else() {
    for error in [cannot_start(), refused(400, "Bad Request: chat not found")] {
        let (delivery, server) = delivery(Server::modern());
        let late = Ticket { sent_at: Some(NOW - 20), ..open_command() };
        server.fail_next("sendMessage", error);
        assert_eq!(delivery.deliver(whisper(&late), NOW).await, Delivered::Dead);
        assert_eq!(server.seen_in(GROUP), [HOW_TO_START]);
        // The other pieces of the same answer.
        assert_eq!(delivery.deliver(whisper(&late), NOW).await, Delivered::Dead);
        assert_eq!(server.methods().len(), 2);
        assert!(server.seen_in(ANN).is_empty());
    }
    // The note itself waits where it must.
    let (delivery, server) = delivery(Server::modern());
    let late = Ticket { sent_at: Some(NOW - 20), ..open_command() };
    server.fail_next("sendMessage", cannot_start());
    server.fail_next("sendMessage", too_many(4));
    assert!(matches!(delivery.deliver(whisper(&late), NOW).await, Delivered::Later { .. }));
    server.fail_next("sendMessage", cannot_start());
    assert_eq!(delivery.deliver(whisper(&late), NOW).await, Delivered::Dead);
    assert_eq!(server.seen_in(GROUP), [HOW_TO_START]);
}

#[tokio::test]
async fn one_answer_in_several_pieces_has_one_note() {
    let (delivery, server) = delivery(Server::modern());
    let late = Ticket { sent_at: Some(NOW - 20), ..open_command() };
    for _ in 0..3 {
        assert_eq!(delivery.deliver(whisper(&late), NOW).await, Delivered::Sent);
    }
    assert_eq!(server.seen_in(GROUP), [ANSWERED]);
    assert_eq!(server.seen_in(ANN).len(), 3);
}

#[tokio::test]
async fn a_chat_that_asks_gets_a_note_and_no_more() {
    let (delivery, server) = delivery(Server::modern());
    let to = bot::Address { peer: GROUP.to_string(), ..address(GROUP, Some(&open_command())) };
    let parcel = Parcel { to, ..whisper(&open_command()) };
    assert_eq!(delivery.deliver(parcel, NOW).await, Delivered::Dead);
    assert_eq!(server.methods(), ["sendMessage"]);
    assert_unseen(server);
}

#[tokio::test]
async fn a_file_goes_to_the_direct_chat() {
    let (delivery, server) = delivery(Server::modern());
    let parcel = Parcel { file: Some(file()), ..whisper(&ephemeral_command()) };
    assert_eq!(delivery.deliver(parcel, NOW).await, Delivered::Sent);
    assert_eq!(server.methods(), ["sendChatAction", "sendDocument"]);
    assert_eq!(server.params(1)["chat_id"], ANN);
    assert!(server.seen_in(GROUP).is_empty());
}

#[tokio::test]
async fn a_note_names_who_has_no_username_by_a_link() {
    let (delivery, server) = delivery(Server::modern());
    let late = Ticket { sent_at: Some(NOW - 20), name: Some("<Ann>".to_owned()), ..open_command() };
    assert_eq!(delivery.deliver(whisper(&late), NOW).await, Delivered::Sent);
    let expected =
        "<a href=\"tg://user?id=77\">&lt;Ann&gt;</a>: I answered you in our direct chat.";
    assert_eq!(server.seen_in(GROUP), [expected]);
}

/// What a fault of the placeholder leads to: what became of the parcel, and whether the direct chat has it.
#[tokio::test]
async fn whatever_happens_to_the_placeholder_the_group_sees_nothing() {
    for (error, expected, direct) in [
        (unsent(), RETRY, false),
        (server(), RETRY, false),
        (too_many(1), RETRY, false),
        (unsure(), Delivered::Sent, true),
        (refused(400, "Bad Request: query is too old"), Delivered::Sent, true),
        (refused(400, "Bad Request: not enough rights"), Delivered::Sent, true),
        (cannot_start(), Delivered::Sent, true),
    ] {
        let (delivery, server) = delivery(Server::modern().failing("sendMessage", error.clone()));
        assert_eq!(delivery.deliver(whisper(&open_command()), NOW).await, expected, "{error}");
        assert_eq!(server.seen_in(ANN).len(), usize::from(direct), "{error}");
        assert_unseen(server);
    }
}

#[tokio::test]
async fn whatever_happens_to_the_filling_the_group_sees_nothing() {
    let fill = "editEphemeralMessageText";
    let table: [(CallError, Delivered, &[&str]); 6] = [
        (formatting(), Delivered::Sent, &["sendMessage", fill, fill]),
        (
            refused(400, "Bad Request: message is not modified"),
            Delivered::Sent,
            &["sendMessage", fill],
        ),
        (unsure(), Delivered::Ambiguous, &["sendMessage", fill]),
        (
            refused(400, "Bad Request: too late"),
            Delivered::Sent,
            &["sendMessage", fill, "deleteEphemeralMessage", "sendMessage", "sendMessage"],
        ),
        (
            refused(404, "Not Found"),
            Delivered::Sent,
            &["sendMessage", fill, "deleteEphemeralMessage", "sendMessage", "sendMessage"],
        ),
        (
            cannot_start(),
            Delivered::Sent,
            &["sendMessage", fill, "deleteEphemeralMessage", "sendMessage", "sendMessage"],
        ),
    ];
    for (error, expected, methods) in table {
        let (delivery, server) = delivery(Server::modern().failing(fill, error.clone()));
        assert_eq!(delivery.deliver(whisper(&open_command()), NOW).await, expected, "{error}");
        assert_eq!(server.methods(), methods, "{error}");
        assert_unseen(server);
    }
}

#[tokio::test]
async fn a_placeholder_that_could_not_be_filled_is_filled_later() {
    let fill = "editEphemeralMessageText";
    for error in [unsent(), server(), too_many(1)] {
        let (delivery, server) = delivery(Server::modern().failing(fill, error));
        assert_eq!(delivery.deliver(whisper(&open_command()), NOW).await, RETRY);
        assert_eq!(delivery.deliver(whisper(&open_command()), NOW + 20).await, Delivered::Sent);
        assert_eq!(server.methods(), ["sendMessage", fill, fill]);
        assert_eq!(server.seen_by(ANN), ["…", SHOWN]);
    }
}

#[tokio::test]
async fn the_direct_chat_fails_like_any_other() {
    for (error, expected) in [
        (unsent(), RETRY),
        (unsure(), Delivered::Ambiguous),
        (server(), RETRY),
        (too_many(1), RETRY),
    ] {
        let (delivery, server) = delivery(Server::modern().failing("sendMessage", error));
        let late = Ticket { sent_at: Some(NOW - 20), ..open_command() };
        assert_eq!(delivery.deliver(whisper(&late), NOW).await, expected);
        assert!(server.seen_in(GROUP).is_empty());
    }
    // A note that fails changes nothing about an answer that has arrived.
    let (delivery, server) = delivery(Server::modern());
    let late = Ticket { sent_at: Some(NOW - 20), ..open_command() };
    let elsewhere = bot::Address { thread: Some("5".to_owned()), ..address(GROUP, Some(&late)) };
    server.fail_next("sendMessage", formatting());
    assert_eq!(
        delivery.deliver(Parcel { to: elsewhere, ..whisper(&late) }, NOW).await,
        Delivered::Sent
    );
    assert_eq!(server.params(2)["message_thread_id"], 5);
}

#[tokio::test]
async fn in_a_direct_chat_private_is_nothing_special() {
    let (delivery, server) = delivery(Server::modern());
    let parcel = Parcel { private: true, ..parcel(address(ANN, Some(&open_command())), SECRET) };
    assert_eq!(delivery.deliver(parcel, NOW).await, Delivered::Sent);
    assert_eq!(server.methods(), ["sendMessage"]);
    assert_eq!(server.seen_in(ANN), [SHOWN]);
}
