//! What is private is in no log, however much is asked for, and in no file in clear: tokens, texts, names, titles, what is
//! searched for, what is on buttons; when all goes well and when it does not.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

use e2e::{Daemon, FakeTelegram, Fault, Person, Post};
use serde_json::json;

/// Of a message, a name of a checkpoint, its description, a title, words searched for, of an update that cannot be read.
const WORDS: [&str; 8] = [
    "zebra-7731",
    "yak-4410",
    "okapi-5502",
    "ibex-9921",
    "gnu-6604",
    "lynx-1207",
    "moth-3318",
    "newt-8843",
];
/// Of people, of a group, of a topic.
const NAMES: [&str; 5] = ["Quagga", "quagga", "Bongo", "Kudu", "Dugong"];
const HOOK_SECRET: &str = "serval-2205_hook";

/// A daemon that logs all it can.
fn loud(daemon: Daemon) -> Daemon {
    daemon.variable("SESSIONSD_LOG", "trace").variable("RUST_BACKTRACE", "1")
}

/// Asserts that none of these is there, in whatever case.
#[track_caller]
fn assert_none<'p>(private: impl IntoIterator<Item = &'p str>, place: &str, content: &[u8]) {
    let content = String::from_utf8_lossy(content).to_ascii_lowercase();
    for private in private {
        assert!(private.len() > 3, "{private:?} is a word");
        assert!(!content.contains(&private.to_ascii_lowercase()), "{private:?} is in {place}");
    }
}

/// Asserts that the log and the files of a daemon hold nothing private.
#[track_caller]
fn assert_silent(telegram: &FakeTelegram, bot: &Daemon) {
    let token = telegram.token();
    let secret = token.split_once(':').expect("a token has two parts").1;
    let buttons = telegram.look(|world| {
        let sent = world.requests().iter().filter_map(|sent| sent.params.get("reply_markup"));
        let sent = sent.map(ToString::to_string).collect::<Vec<_>>().join("\n");
        let data = sent.split("callback_data").skip(1);
        let data = data.map(|data| data.trim_start_matches(['\\', '"', ':']));
        data.filter_map(|data| data.split(['"', '\\']).next().map(str::to_owned))
            .collect::<Vec<_>>()
    });
    let log = bot.log();
    let private = WORDS.into_iter().chain(NAMES).chain([secret, HOOK_SECRET]);
    let private: Vec<_> = private.chain(buttons.iter().map(String::as_str)).collect();
    assert_none(private.iter().copied(), "the log", log.as_bytes());
    for (path, content) in bot.home().contents() {
        assert_none(private.iter().copied(), &path.display().to_string(), &content);
    }
}

/// Ann says and asks all that is private, alone and in a group.
fn talks(telegram: &FakeTelegram, bot: &Daemon, ann: &Person) {
    bot.talk(
        ann,
        "/start
         words of the zebra-7731
         /checkpoint save \"yak-4410\" \"okapi-5502\"
         /session rename \"ibex-9921\"
         /history search gnu-6604
         /history search zebra-7731
         /checkpoint list
         /checkpoint restore yak-4411
         /checkpoint restore \"yak-4410
         /teleport lynx-1207
         /session reset-time lynx-1207
         /session list
         /session list all
         /context
         /whoami
         /new lynx-1207
         /undo
         /history clear",
    );
    let cleared = ann.sees().pop().expect("it was answered");
    bot.presses(ann, &cleared, "Undo");
    let _file = bot.asks(ann, "/history export");
    ann.sends(&Post::text("zebra-7731").with_document("moth-3318.pdf"));
    let _kept = bot.heard(ann);
    let ben = telegram.person("Ben");
    let team = telegram.forum("Bongo", &[ann, &ben]);
    let topic = team.topic("Kudu");
    let there = ann.at(&topic);
    there.says(&format!("@{} zebra-7731", telegram.bot_name()));
    let _kept = bot.heard(&there);
    there.says_ephemerally("/history");
    there.says("/session");
    there.says(&format!("@{} moth-3318", telegram.bot_name()));
    while !there.hears().text.contains("Kept as message 2") {}
    ann.lets_pass();
    ann.edits(cleared_id(ann), "newt-8843");
}

/// A message of hers.
fn cleared_id(ann: &Person) -> e2e::MessageId {
    ann.sees().iter().find(|seen| !seen.is_from_bot).expect("she said something").id
}

/// Updates that nobody can read, with what is private in them.
fn says_oddly(telegram: &FakeTelegram) {
    // What comes with them is no answer of the real server's.
    telegram.off_the_record();
    let chat = json!({"id": 101, "type": "private", "first_name": "Dugong"});
    let bodies = [
        ("message", json!({"message_id": "zebra-7731", "chat": chat, "text": "moth-3318"})),
        (
            "message",
            json!({"message_id": 7, "date": "moth-3318", "chat": chat, "text": {"newt-8843": 1}}),
        ),
        ("message", json!("newt-8843")),
        ("callback_query", json!({"id": 17, "data": "moth-3318", "from": "Dugong"})),
        (
            "guest_message",
            json!({"text": "newt-8843", "from": {"id": 101, "first_name": "Dugong"}}),
        ),
        ("my_chat_member", json!({"chat": chat, "from": "Dugong", "new_chat_member": "newt-8843"})),
    ];
    for (kind, body) in bodies {
        telegram.odd_update(kind, body);
    }
}

/// What goes wrong with an answer, the server quoting it.
fn quotes(method: &str) -> [Fault; 8] {
    let garbled = "{\"ok\":true,\"result\":{\"text\":\"zebra-7731\",\"message_id\":\"zebra-7731\"";
    [
        Fault::refused(500, "Internal Server Error: zebra-7731"),
        Fault::refused(400, "Bad Request: can't parse entities: zebra-7731"),
        Fault::refused(400, "Bad Request: wrong text \"zebra-7731\" of Quagga"),
        Fault::refused(400, "Bad Request: wrong text zebra-7731"),
        Fault::refused(403, "Forbidden: zebra-7731"),
        Fault::garbled(garbled),
        Fault::garbled(&format!("{garbled}}}}}")),
        Fault::garbled("zebra-7731"),
    ]
    .map(|fault| fault.of(method))
}

#[test]
fn at_trace_a_talk_leaves_no_word_of_it() {
    for telegram in [FakeTelegram::start(), FakeTelegram::older()] {
        let ann = telegram.person("Quagga");
        let mut bot = loud(Daemon::beside(&telegram).owned_by(&[&ann])).start();
        talks(&telegram, &bot, &ann);
        says_oddly(&telegram);
        telegram.drained();
        let _still = bot.asks(&ann, "/session");
        assert_silent(&telegram, &bot);
        bot.stops();
        assert_silent(&telegram, &bot);
    }
}

#[test]
fn a_server_that_quotes_what_it_refuses_brings_no_word_into_the_log() {
    let telegram = FakeTelegram::start();
    let ann = telegram.person("Quagga");
    let mut bot = loud(Daemon::beside(&telegram).owned_by(&[&ann])).start();
    let sent = |method: &str| telegram.look(|world| world.requests_of(method).count());
    for (method, line) in
        [("sendMessage", "words of the zebra-7731"), ("sendDocument", "/history export")]
    {
        for fault in quotes(method) {
            let before = sent(method);
            telegram.breaks(fault);
            ann.says(line);
            telegram.wait_for(|world| (world.requests_of(method).count() > before).then_some(()));
            // What comes next arrives: the fault was for one alone.
            ann.says("/session");
            while !ann.hears().text.contains("Session s-") {}
        }
    }
    for method in ["answerCallbackQuery", "sendChatAction"] {
        quotes(method).into_iter().for_each(|fault| telegram.breaks(fault));
    }
    telegram.breaks(Fault::garbled("{\"ok\":true,\"result\":[{\"update_id\":\"zebra-7731\",\"message\":{\"text\":\"moth-3318\"}}]}").of("getUpdates"));
    telegram.breaks(
        Fault::garbled("{\"ok\":true,\"result\":{\"zebra-7731\":\"moth-3318\"}}").of("getUpdates"),
    );
    ann.says("/history clear");
    telegram.wait_for(|world| {
        world.said_by_bot(ann.place()).iter().find(|seen| seen.button("Undo").is_some()).map(drop)
    });
    let cleared =
        ann.sees().into_iter().rfind(|seen| seen.button("Undo").is_some()).expect("it is there");
    drop(ann.presses(cleared.id, "Undo"));
    telegram.heals();
    telegram.wait_for(|world| {
        world.said_by_bot(ann.place()).iter().find(|seen| seen.text.contains("Took back")).map(drop)
    });
    assert_silent(&telegram, &bot);
    bot.dies();
    assert_silent(&telegram, &bot);
}

#[test]
fn a_token_that_is_not_known_is_in_no_line() {
    let telegram = FakeTelegram::start();
    let token = "5000000001:AAcaracal-9917_not-the-right-one-0000000";
    for (url, token) in [
        (telegram.url().to_owned(), token),
        (format!("{}/bot{}", telegram.url(), telegram.token()), token),
        (telegram.url().to_owned(), "AAcaracal-9917_no_token"),
        (format!("{}/?token=caracal-9917", telegram.url()), token),
        ("https://caracal-9917:secret@127.0.0.1".to_owned(), token),
    ] {
        let mut bot = loud(Daemon::at("telegram", &url, token)).expects("");
        let ended = bot.runs_to_its_end();
        assert_ne!(ended.code, Some(0));
        assert_none(["caracal-9917"], "the log", bot.log().as_bytes());
        assert_silent(&telegram, &bot);
    }
}

#[test]
fn a_webhook_leaves_no_word_of_what_it_is_brought() {
    let telegram = FakeTelegram::start();
    let address = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    let address = address.expect("a port is free").to_string();
    telegram.ends_tls_at(&address);
    let ann = telegram.person("Quagga");
    let mut bot = loud(Daemon::beside(&telegram).owned_by(&[&ann]))
        .set("telegram.mode", "webhook")
        .set("telegram.webhook.listen", address.as_str())
        .set("telegram.webhook.url", "https://bot.example.org/hook")
        .set("telegram.webhook.secret", HOOK_SECRET)
        .start();
    telegram.wait_for(|world| {
        world.requests_of("setWebhook").find(|set| set.status == Some(200)).map(drop)
    });
    talks(&telegram, &bot, &ann);
    says_oddly(&telegram);
    telegram.drained();
    for secret in [HOOK_SECRET, "newt-8843"] {
        for body in [
            "{\"update_id\":1,\"message\":{\"text\":\"zebra-7731",
            "zebra-7731",
            "[\"zebra-7731\"]",
        ] {
            let head = format!(
                "POST /hook?zebra-7731 HTTP/1.1\r\nHost: moth-3318\r\nX-Telegram-Bot-Api-Secret-Token: {secret}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
                body.len()
            );
            let mut stream = TcpStream::connect(&address).expect("it listens");
            // It may be refused before all is read.
            let _ = stream.write_all(format!("{head}{body}").as_bytes());
            let mut answer = Vec::new();
            let _ = stream.read_to_end(&mut answer);
        }
    }
    let _still = bot.asks(&ann, "/session");
    assert_silent(&telegram, &bot);
    bot.stops();
    assert_silent(&telegram, &bot);
}
