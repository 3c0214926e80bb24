//! What is delivered, how, and what is said of it: public answers here, private ones to somebody in a group beside it.

mod private;
mod server;

use std::time::Duration;

use bot::{Address, Button, Delivered, FileRef, Parcel, RenderedFile, Reply, Shape};
use serde_json::json;
use sessions::export::ExportFormat;
use sessions::id::SessionId;

use super::{Delivery, chunks};
use crate::ticket::Ticket;
use server::{
    ANN, GROUP, Server, cannot_start, formatting, migrated, refused, server, too_many, unsent,
    unsure,
};

const NOW: i64 = 1_800_000_000;
const RETRY: Delivered = Delivered::Later { after: Duration::from_secs(1), whole_account: false };

/// A delivery to a server that lives as long as the test.
fn delivery(server: Server) -> (Delivery<&'static Server>, &'static Server) {
    let server: &'static Server = Box::leak(Box::new(server));
    (Delivery::new(server), server)
}

fn address(chat: i64, ticket: Option<&Ticket>) -> Address {
    Address {
        channel: "telegram".to_owned(),
        account: "500".to_owned(),
        chat: chat.to_string(),
        thread: None,
        direct: chat > 0,
        peer: ANN.to_string(),
        ticket: ticket.and_then(Ticket::to_wire),
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
        is_kept: true,
    }
}

fn button() -> Button {
    Button { label: "Undo".to_owned(), data: "abc".to_owned() }
}

fn file() -> RenderedFile {
    RenderedFile { name: "session.md".to_owned(), content: "SECRET".to_owned() }
}

/// The ticket of a press on a message.
fn press() -> Ticket {
    Ticket {
        message: Some(40),
        press: Some("cb".to_owned()),
        name: Some("@ann".to_owned()),
        ..Ticket::default()
    }
}

async fn deliver(delivery: &Delivery<&'static Server>, parcel: Parcel) -> Delivered {
    delivery.deliver(parcel, NOW).await
}

#[tokio::test]
async fn a_message_has_html_buttons_its_topic_and_no_preview() {
    let (delivery, server) = delivery(Server::modern());
    let to = Address { thread: Some("5".to_owned()), ..address(GROUP, None) };
    let parcel = Parcel { buttons: vec![button()], ..parcel(to, "use `/new` & <go>") };
    assert_eq!(deliver(&delivery, parcel).await, Delivered::Sent);
    assert_eq!(server.methods(), ["sendMessage"]);
    assert_eq!(
        server.params(0),
        json!({
            "chat_id": GROUP,
            "message_thread_id": 5,
            "text": "use <code>/new</code> &amp; &lt;go&gt;",
            "parse_mode": "HTML",
            "link_preview_options": {"is_disabled": true},
            "reply_markup": {"inline_keyboard": [[{"text": "Undo", "callback_data": "abc"}]]},
        })
    );
}

#[tokio::test]
async fn every_failure_has_its_meaning() {
    let waits = |seconds, whole_account| Delivered::Later {
        after: Duration::from_secs(seconds),
        whole_account,
    };
    for (error, expected) in [
        (unsent(), RETRY),
        (unsure(), Delivered::Ambiguous),
        (server(), RETRY),
        (too_many(7), waits(7, false)),
        (refused(401, "Unauthorized"), waits(60, true)),
        (refused(404, "Not Found"), Delivered::Dead),
        (crate::api::CallError::Foreign { status: 302 }, waits(5, true)),
        (refused(403, "Forbidden: bot was blocked by the user"), Delivered::Gone),
        (refused(400, "Bad Request: not enough rights to send text messages"), Delivered::Dead),
    ] {
        let (delivery, _) = delivery(Server::modern().failing("sendMessage", error.clone()));
        assert_eq!(deliver(&delivery, parcel(address(ANN, None), "x")).await, expected, "{error}");
    }
    let (delivery, server) = delivery(Server::modern());
    let nowhere = Address { chat: "here".to_owned(), ..address(ANN, None) };
    assert_eq!(deliver(&delivery, parcel(nowhere, "x")).await, Delivered::Dead);
    assert!(server.methods().is_empty());
}

#[tokio::test]
async fn what_may_be_sent_otherwise_is() {
    let (plain, server) = delivery(Server::modern().failing("sendMessage", formatting()));
    assert_eq!(deliver(&plain, parcel(address(ANN, None), "`a` < b")).await, Delivered::Sent);
    assert_eq!(
        (server.params(1)["text"].as_str(), server.params(1).get("parse_mode")),
        (Some("`a` < b"), None)
    );

    let missing = refused(400, "Bad Request: message thread not found");
    let (general, server) = delivery(Server::modern().failing("sendMessage", missing.clone()));
    let to = Address { thread: Some("5".to_owned()), ..address(GROUP, None) };
    assert_eq!(deliver(&general, parcel(to, "x")).await, Delivered::Sent);
    assert_eq!(server.params(1).get("message_thread_id"), None);

    let (moved, server) = delivery(Server::modern().failing("sendMessage", migrated(-1002)));
    assert_eq!(deliver(&moved, parcel(address(GROUP, None), "x")).await, Delivered::Sent);
    assert_eq!(server.params(1)["chat_id"], -1002);

    // Nothing goes round in circles.
    let circle = Server::modern()
        .failing("sendMessage", migrated(-1002))
        .failing("sendMessage", migrated(GROUP));
    let (circle, server) = delivery(circle);
    assert_eq!(deliver(&circle, parcel(address(GROUP, None), "x")).await, Delivered::Dead);
    assert_eq!(server.methods().len(), 2);
    let (twice, _) = delivery(Server::modern().failing("sendMessage", missing));
    assert_eq!(deliver(&twice, parcel(address(GROUP, None), "x")).await, Delivered::Dead);
}

#[tokio::test]
async fn a_text_that_is_too_long_is_cut_and_half_of_it_is_ambiguous() {
    let long = "word ".repeat(1_500);
    let (whole, server) = delivery(Server::modern());
    let with_button = Parcel { buttons: vec![button()], ..parcel(address(ANN, None), &long) };
    assert_eq!(deliver(&whole, with_button).await, Delivered::Sent);
    assert_eq!(server.methods().len(), 2);
    assert!(
        server.params(0).get("reply_markup").is_none()
            && server.params(1).get("reply_markup").is_some()
    );

    let (half, server) = delivery(Server::modern());
    server.fail_next("sendMessage", too_many(3));
    assert!(matches!(
        deliver(&half, parcel(address(ANN, None), &long)).await,
        Delivered::Later { .. }
    ));
    let (half, server) = delivery(Server::modern());
    let first = parcel(address(ANN, None), &long);
    server.fail_next("sendDocument", unsent());
    assert_eq!(deliver(&half, Parcel { file: Some(file()), ..first }).await, Delivered::Ambiguous);
}

#[tokio::test]
async fn nothing_to_say_is_said() {
    let (delivery, server) = delivery(Server::modern());
    assert_eq!(deliver(&delivery, parcel(address(ANN, None), " \n")).await, Delivered::Sent);
    assert_eq!(server.seen_in(ANN), ["…"]);
}

#[tokio::test]
async fn a_file_has_its_name_its_caption_and_shows_that_it_is_coming() {
    let (delivery, server) = delivery(Server::modern());
    let parcel = Parcel {
        file: Some(file()),
        buttons: vec![button()],
        ..parcel(address(ANN, None), "Exported <1>.")
    };
    assert_eq!(deliver(&delivery, parcel.clone()).await, Delivered::Sent);
    assert_eq!(server.methods(), ["sendChatAction", "sendDocument"]);
    assert_eq!(server.files(), [("session.md".to_owned(), "SECRET".to_owned())]);
    let params = server.params(1);
    assert_eq!(
        (params["caption"].as_str(), params["parse_mode"].as_str()),
        (Some("Exported &lt;1&gt;."), Some("HTML"))
    );
    assert_eq!(params["reply_markup"]["inline_keyboard"][0][0]["text"], "Undo");

    // That it is coming matters to nobody, and is not tried where it is not known.
    server.fail_next("sendChatAction", unsure());
    assert_eq!(deliver(&delivery, parcel.clone()).await, Delivered::Sent);
    server.fail_next("sendChatAction", refused(404, "Not Found"));
    assert_eq!(deliver(&delivery, parcel.clone()).await, Delivered::Sent);
    let before = server.methods().len();
    server.fail_next("sendDocument", formatting());
    assert_eq!(deliver(&delivery, parcel).await, Delivered::Sent);
    assert_eq!(server.methods()[before..], ["sendDocument", "sendDocument"]);
    assert_eq!(server.params(before + 1).get("parse_mode"), None);
}

#[tokio::test]
async fn a_page_takes_the_place_of_the_one_before() {
    let page = |ticket: &Ticket| Parcel {
        in_place: true,
        buttons: vec![button()],
        ..parcel(address(ANN, Some(ticket)), "page `2`")
    };
    let modified = refused(
        400,
        "Bad Request: message is not modified: specified new message content is the same",
    );
    let missing = refused(400, "Bad Request: message to edit not found");
    for (error, expected, methods) in [
        (None, Delivered::Sent, vec!["editMessageText"]),
        (Some(modified), Delivered::Sent, vec!["editMessageText"]),
        (Some(formatting()), Delivered::Sent, vec!["editMessageText", "editMessageText"]),
        (Some(missing), Delivered::Sent, vec!["editMessageText", "sendMessage"]),
        (Some(refused(404, "Not Found")), Delivered::Sent, vec!["editMessageText", "sendMessage"]),
        (Some(migrated(-1002)), Delivered::Sent, vec!["editMessageText", "sendMessage"]),
        (Some(unsure()), RETRY, vec!["editMessageText"]),
        (Some(unsent()), RETRY, vec!["editMessageText"]),
        (Some(cannot_start()), Delivered::Gone, vec!["editMessageText"]),
    ] {
        let (delivery, server) = delivery(Server::modern());
        error.into_iter().for_each(|error| server.fail_next("editMessageText", error));
        assert_eq!(deliver(&delivery, page(&press())).await, expected);
        assert_eq!(server.methods(), methods);
        assert_eq!(server.params(0)["message_id"], 40);
        assert_eq!(server.params(0)["text"], "page <code>2</code>");
    }
    // The person's own message is not the bot's to change.
    let (delivery, server) = delivery(Server::modern());
    let said = Ticket { message: Some(40), sent_at: Some(NOW), ..Ticket::default() };
    assert_eq!(deliver(&delivery, page(&said)).await, Delivered::Sent);
    assert_eq!(server.methods(), ["sendMessage"]);
}

/// The texts of the pieces of an answer, and which of them has the file.
fn pieces(text: &str, file: Option<FileRef>) -> (Vec<Reply>, Vec<usize>) {
    let buttons = vec![button()];
    let replies = chunks(Reply {
        text: text.to_owned(),
        buttons,
        file,
        private: true,
        in_place: true,
        ..Reply::default()
    });
    let lengths = replies.iter().map(|reply| reply.text.len()).collect();
    (replies, lengths)
}

#[test]
fn an_answer_is_cut_and_its_last_piece_has_the_buttons_and_the_file() {
    let long = "word ".repeat(1_000);
    let exported = FileRef {
        name: "session.md".to_owned(),
        session: SessionId::new([1; 16]),
        head: None,
        format: ExportFormat::Json,
    };
    for (text, file, expected) in [
        ("short", None, vec![5]),
        ("", None, vec![0]),
        (long.as_str(), None, vec![4_089, 909]),
        ("short", Some(&exported), vec![5]),
        ("", Some(&exported), vec![0]),
        (&"x".repeat(1_024), Some(&exported), vec![1_024]),
        (&"x".repeat(1_025), Some(&exported), vec![1_025, 0]),
        (long.as_str(), Some(&exported), vec![4_089, 909, 0]),
    ] {
        let (replies, lengths) = pieces(text, file.cloned());
        assert_eq!(lengths, expected);
        let (last, others) = replies.split_last().unwrap();
        assert_eq!((last.buttons.len(), last.file.is_some()), (1, file.is_some()));
        assert!(others.iter().all(|reply| reply.buttons.is_empty() && reply.file.is_none()));
        assert!(replies.iter().all(|reply| reply.private));
        let in_place: Vec<bool> = replies.iter().map(|reply| reply.in_place).collect();
        assert!(in_place[0] && in_place[1..].iter().all(|in_place| !in_place));
    }
}
