//! Updates that Telegram brings: the webhook, its secret, its bounds, and the way there and back.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

use e2e::{Daemon, FakeTelegram};
use serde_json::json;

const SECRET: &str = "not-to-be-guessed_1";

/// A bot that is reached at that address.
struct Hooked {
    telegram: FakeTelegram,
    address: String,
    bot: Daemon,
}

/// A bot with a webhook behind a proxy that ends TLS.
fn hooked() -> Hooked {
    let telegram = FakeTelegram::start();
    let address = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    let address = address.expect("a port is free").to_string();
    telegram.ends_tls_at(&address);
    let bot = Daemon::beside(&telegram)
        .set("telegram.mode", "webhook")
        .set("telegram.webhook.listen", address.as_str())
        .set("telegram.webhook.url", "https://bot.example.org/hook/telegram")
        .set("telegram.webhook.secret", SECRET);
    Hooked { telegram, address, bot }
}

impl Hooked {
    /// Waits until Telegram has been told so often where to bring updates.
    fn is_set(&self, times: usize) {
        let is_done = |set: &&e2e::Request| set.status == Some(200);
        self.telegram.wait_for(|world| {
            let set = world.requests_of("setWebhook").filter(is_done).count();
            (set == times).then_some(())
        });
    }

    /// Sends a request as anybody could; answers the status.
    fn request(&self, head: &str, body: &[u8]) -> String {
        let mut stream = TcpStream::connect(&self.address).expect("it listens");
        let head = format!(
            "{head}\r\nHost: bot.example.org\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        // It may have been refused before all was read.
        let _ = stream.write_all(&[head.as_bytes(), body].concat());
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        String::from_utf8_lossy(&answer).split(' ').nth(1).unwrap_or_default().to_owned()
    }

    /// Brings an update as Telegram does.
    fn brings(&self, body: &[u8]) -> String {
        self.request(&format!("POST /hook/telegram HTTP/1.1\r\nX-Telegram-Bot-Api-Secret-Token: {SECRET}\r\nContent-Type: application/json"), body)
    }
}

/// An update with a line that somebody says in private.
fn update(id: i64, who: i64, text: &str) -> Vec<u8> {
    let date = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .expect("it is after 1970")
        .as_secs();
    let person = json!({"id": who, "is_bot": false, "first_name": "Ann"});
    let message = json!({"message_id": 1000 + id, "date": date, "chat": {"id": who, "type": "private", "first_name": "Ann"}, "from": person, "text": text});
    json!({"update_id": id, "message": message}).to_string().into_bytes()
}

#[test]
fn updates_are_brought_and_answered() {
    let mut hooked = hooked();
    let ann = hooked.telegram.person("Ann");
    ann.says("said before it ran");
    hooked.bot.starts();
    let bot = &hooked.bot;
    assert!(bot.hears(&ann).starts_with("Kept as message 1."));
    bot.talk(&ann, "two\n/checkpoint save second\n/checkpoint list");
    let began = bot.asks(&ann, "/new");
    assert!(bot.presses(&ann, &began, "Undo").starts_with("Took back"));
    hooked.telegram.drained();
    hooked.telegram.look(|world| {
        let set = world.requests_of("setWebhook").next().expect("it is set").params.clone();
        assert_eq!(
            (set["url"].as_str(), set["secret_token"].as_str()),
            (Some("https://bot.example.org/hook/telegram"), Some(SECRET))
        );
        assert_eq!(
            set["allowed_updates"],
            json!(["message", "edited_message", "callback_query", "my_chat_member"])
        );
        assert_eq!(set.get("drop_pending_updates"), None);
        assert_eq!(world.requests_of("getUpdates").count(), 0);
    });
    assert!(!bot.log().contains(SECRET));
}

#[test]
fn who_does_not_know_the_secret_is_turned_away() {
    let mut hooked = hooked();
    let ann = hooked.telegram.person("Ann");
    hooked.bot.starts();
    hooked.is_set(1);
    let forged = update(1, ann.id(), "/reset");
    let post = "POST /hook/telegram HTTP/1.1";
    assert_eq!(hooked.request(post, &forged), "401");
    for secret in ["", "not-to-be-guessed_", "not-to-be-guessed_1x", "NOT-TO-BE-GUESSED_1"] {
        assert_eq!(
            hooked
                .request(&format!("{post}\r\nX-Telegram-Bot-Api-Secret-Token: {secret}"), &forged),
            "401"
        );
    }
    assert_eq!(hooked.request("GET /hook/telegram HTTP/1.1", b""), "405");
    assert_eq!(hooked.request("POST /hook HTTP/1.1", &forged), "404");
    hooked.bot.talk(&ann, "one");
    assert_eq!(ann.unheard(), []);
}

#[test]
fn what_is_no_update_or_too_much_is_refused_and_what_is_none_of_ours_is_not() {
    let mut hooked = hooked();
    let ann = hooked.telegram.person("Ann");
    hooked.bot.starts();
    hooked.is_set(1);
    assert_eq!(hooked.brings(b"{\"update_id\":1,"), "400");
    assert_eq!(hooked.brings(&vec![b' '; 2 << 20]), "413");
    assert_eq!(hooked.brings(b"{\"update_id\":7,\"telepathy\":{}}"), "200");
    assert_eq!(hooked.brings(b"[]"), "200");
    hooked.bot.talk(&ann, "one");
}

#[test]
fn what_was_taken_is_stored_and_what_comes_twice_counts_once() {
    let mut hooked = hooked();
    let ann = hooked.telegram.person("Ann");
    hooked.bot.starts();
    hooked.is_set(1);
    hooked.bot.talk(&ann, "one");
    for number in 1..=20 {
        assert_eq!(hooked.brings(&update(number, ann.id(), &format!("line {number}"))), "200");
    }
    hooked.bot.dies();
    hooked.bot.starts();
    hooked.is_set(2);
    for number in [20, 3] {
        assert_eq!(hooked.brings(&update(number, ann.id(), &format!("line {number}"))), "200");
    }
    ann.says("/session");
    let card = loop {
        let heard = ann.hears().text;
        if heard.contains("Scope: ") {
            break heard;
        }
    };
    assert!(card.contains("Messages: 21\n"), "{card}");
}

#[test]
fn a_bot_goes_from_the_webhook_to_polling_and_back_and_loses_nothing() {
    let mut hooked = hooked();
    let ann = hooked.telegram.person("Ann");
    hooked.bot.starts();
    hooked.bot.talk(&ann, "one");
    hooked.bot.stops();
    ann.says("two");
    hooked.bot.sets("telegram.mode", "polling");
    hooked.bot.starts();
    assert!(hooked.bot.hears(&ann).starts_with("Kept as message 2."));
    hooked
        .bot
        .logs("a webhook was set for this Telegram token, but the mode is polling: it is removed");
    let removed = hooked.telegram.look(|world| {
        world.requests_of("deleteWebhook").next().map(|removed| removed.params.clone())
    });
    assert_eq!(removed.expect("it is removed")["drop_pending_updates"], false);
    hooked.bot.stops();
    ann.says("three");
    hooked.bot.sets("telegram.mode", "webhook");
    hooked.bot.starts();
    assert!(hooked.bot.hears(&ann).starts_with("Kept as message 3."));
    hooked.bot.talk(&ann, "four");
}

#[test]
fn a_webhook_that_is_not_configured_whole_is_told_so() {
    let telegram = FakeTelegram::start();
    let complains = |bot: Daemon| {
        let mut bot = bot.set("telegram.mode", "webhook");
        let ended = bot.runs_to_its_end();
        assert_eq!(ended.code, Some(78));
        bot.shown(&ended.stderr)
    };
    insta::assert_snapshot!(complains(Daemon::beside(&telegram).set("telegram.webhook.listen", "8443")), @r#"
    sessionsd: the configuration HOME/sessionsd.toml cannot be used:
      telegram.webhook.listen: an address and a port are expected, as 127.0.0.1:8443
      telegram.webhook.url: needed for mode = "webhook": the https:// URL that Telegram is to call
      telegram.webhook.secret_file: needed for mode = "webhook": a file with a secret of your own, such as `openssl rand -hex 32` makes
    "#);
    let wrong = Daemon::beside(&telegram)
        .set("telegram.webhook.url", "https://bot.example.org/hook")
        .set("telegram.webhook.secret", "with spaces");
    insta::assert_snapshot!(complains(wrong), @"sessionsd: the Telegram webhook cannot be used: the secret has 1 to 256 letters, digits, “_” and “-”");
}

#[test]
fn an_address_that_is_taken_ends_it() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = taken.local_addr().expect("it is bound").to_string();
    let hooked = hooked();
    let mut bot = hooked.bot.set("telegram.webhook.listen", address.as_str());
    let ended = bot.runs_to_its_end();
    assert_eq!(ended.code, Some(1));
    assert!(
        ended
            .stderr
            .contains(&format!("sessionsd: the Telegram webhook cannot listen at {address}: ")),
        "{}",
        ended.stderr
    );
}

#[test]
fn a_webhook_that_telegram_does_not_take_ends_it() {
    let mut hooked = hooked();
    let words = "Bad Request: bad webhook: HTTPS url must be provided for webhook";
    hooked.telegram.breaks(e2e::Fault::refused(400, words).of("setWebhook"));
    let ended = hooked.bot.runs_to_its_end();
    assert_eq!(ended.code, Some(1));
    assert!(
        ended.stderr.contains("Telegram does not take the webhook, check telegram.webhook.url: "),
        "{}",
        ended.stderr
    );
    assert!(ended.stderr.contains("400: Bad Request: bad webhook"), "{}", ended.stderr);
}
