//! How a bot gets to know: polled or posted, until it is confirmed; and who spoke.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::thread;

use serde_json::{Value, json};

use super::super::*;
use super::start;

#[test]
fn updates_come_until_they_are_confirmed_and_ids_may_start_again() {
    let (telegram, bot) = start();
    let ann = telegram.person("Ann");
    ann.says("one");
    ann.says("two");
    let first = bot.gets("getUpdates", &json!({"limit": 1}))[0]["update_id"].as_i64();
    let first = first.expect("a number");
    let again = bot.gets("getUpdates", &json!({"offset": first}));
    assert_eq!(again.as_array().map(Vec::len), Some(2));
    let rest = bot.gets("getUpdates", &json!({"offset": first + 1}));
    assert_eq!(rest[0]["message"]["text"], "two");
    assert_eq!(telegram.look(World::unconfirmed_count), 1);
    for _ in 0..3 {
        telegram.renumbers_updates();
        // An offset of the old numbering confirms nothing of the new one.
        let rest = bot.gets("getUpdates", &json!({"offset": first + 2}));
        assert_eq!(rest[0]["message"]["text"], "two");
    }
    assert_eq!(bot.updates().len(), 1);
    telegram.drained();
}

#[test]
fn a_long_poll_ends_with_the_update_or_with_another_poller() {
    let (telegram, bot) = start();
    let (ann, ben) = (telegram.person("Ann"), telegram.person("Ben"));
    let poll = json!({"timeout": 50, "allowed_updates": ["message"]});
    for comes_other in [true, false] {
        thread::scope(|scope| {
            let waits = scope.spawn(|| bot.asks("getUpdates", &poll));
            let polls = if comes_other { 1 } else { 3 };
            telegram.wait_for(|world| (world.polls() >= polls).then_some(()));
            if comes_other {
                telegram.other_poller();
            } else {
                ben.blocks();
                ann.says("hi");
            }
            let answer = waits.join().expect("it is answered");
            if comes_other {
                assert_eq!(answer["error_code"], 409);
            } else {
                // Nobody asked for the other kind.
                assert_eq!(answer["result"][0]["message"]["text"], "hi");
            }
        });
    }
}

#[test]
fn an_emulator_holds_no_polls_and_leaves_fields_out() {
    let (telegram, bot) = start();
    telegram.holds_no_polls();
    telegram.leaves_out("entities");
    telegram.leaves_out("username");
    assert_eq!(bot.gets("getUpdates", &json!({"timeout": 50})), json!([]));
    telegram.person("Ann").says("/new");
    let message = &bot.updates()[0]["message"];
    assert_eq!((message.get("entities"), message["from"].get("username")), (None, None));
}

#[test]
fn a_webhook_gets_updates_with_its_secret_until_it_takes_them() {
    let (telegram, bot) = start();
    let ann = telegram.person("Ann");
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    telegram.ends_tls_at(&listener.local_addr().expect("it is bound").to_string());
    bot.gets("setWebhook", &json!({"url": "https://bot.example/hook", "secret_token": "s-1"}));
    assert!(bot.asks("getUpdates", &json!({}))["error_code"] == 409);
    ann.says("hi");
    for status in ["500 No", "200 OK"] {
        let (stream, _) = listener.accept().expect("it comes");
        let mut reader = BufReader::new(&stream);
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            reader.read_line(&mut head).expect("it is text");
        }
        let head = head.to_lowercase();
        assert!(head.starts_with("post /hook http/1.1"), "{head}");
        assert!(head.contains("x-telegram-bot-api-secret-token: s-1"), "{head}");
        let length = head.split("content-length: ").nth(1).and_then(|rest| rest.lines().next());
        let mut body = vec![0; length.expect("it says").parse().expect("a number")];
        reader.read_exact(&mut body).expect("it is all there");
        let update: Value = serde_json::from_slice(&body).expect("it is JSON");
        assert_eq!(update["message"]["text"], "hi");
        write!(&stream, "HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n").expect("it listens");
    }
    telegram.drained();
    let info = bot.gets("getWebhookInfo", &json!({}));
    assert_eq!(info["last_error_message"], "Wrong response from the webhook: 500");
    bot.gets("deleteWebhook", &json!({}));
    assert_eq!(bot.gets("getUpdates", &json!({})), json!([]));
}

#[test]
fn everybody_who_can_speak_speaks() {
    let (telegram, bot) = start();
    let (ann, ben) = (telegram.person("Ann"), telegram.person("Ben"));
    let (news, other) = (telegram.channel("News"), telegram.other_bot("Gif"));
    let team = telegram.supergroup("Team", &[&ann, &ben]);
    let first = ann.at(&team).says("hey @sessions_test_bot");
    ben.at(&team).replies(first, "what?");
    team.anonymous().says("/session scope group");
    team.channel(&news).says("news");
    team.automatic_forward(&news).says("post");
    other.at(&team).says("I am a bot");
    news.anonymous().says("in the channel");
    ann.sends(&Post::text("look").with_photo());
    ann.sends(&Post::text("").with_voice());
    ann.sends(&Post::sticker("🦀"));
    ann.sends(&Post::text("read").with_document("x.pdf"));
    ann.sends(&Post::text("/new").forwarded_from(&ben));
    ann.sends(&Post::text("/new").forwarded_from_channel(&news));
    ann.sends(&Post::text("/new").forwarded_from_somebody());
    ann.sends(&Post::text("gif").via(&other));
    let said = ann.sends(&Post::html("see <code>/new</code>"));
    ann.edits(said, "see");
    team.bot_removed(&ann);
    ann.blocks();
    team.bot_added(&ann);
    let updates = bot.updates();
    assert_eq!(updates.len(), 21);
    let message = |at: usize| &updates[at]["message"];
    assert_eq!(message(0)["entities"][0], json!({"type": "mention", "offset": 4, "length": 18}));
    assert_eq!(message(1)["reply_to_message"]["text"], "hey @sessions_test_bot");
    assert_eq!(message(1)["message_thread_id"], 1);
    assert_eq!(message(2)["sender_chat"]["id"], team.id());
    assert_eq!(message(3)["from"]["id"], 136_817_688);
    assert_eq!(message(4)["is_automatic_forward"], true);
    assert_eq!(message(5)["from"]["is_bot"], true);
    assert_eq!(updates[6]["channel_post"]["sender_chat"]["id"], news.id());
    assert_eq!(message(7)["caption"], "look");
    assert_eq!(message(11)["forward_origin"]["sender_user"]["id"], 102);
    assert_eq!(message(14)["via_bot"]["username"], "gif_bot");
    assert_eq!(message(15)["entities"], json!([{"type": "code", "offset": 4, "length": 4}]));
    assert_eq!(updates[16]["edited_message"]["text"], "see");
    assert_eq!(updates[17]["my_chat_member"]["new_chat_member"]["status"], "kicked");
    assert_eq!(updates[18]["my_chat_member"]["chat"]["id"], 101);
    assert_eq!(message(20)["new_chat_members"][0]["username"], "sessions_test_bot");
}

#[test]
fn with_privacy_mode_a_bot_gets_only_what_is_meant_for_it() {
    let (telegram, bot) = start();
    telegram.has_privacy_mode();
    let ann = telegram.person("Ann");
    let team = telegram.group("Team", &[&ann]);
    bot.gets("sendMessage", &json!({"chat_id": team.id(), "text": "hi"}));
    let ann = ann.at(&team);
    for line in ["hello", "/new", "/new@other_bot", "/new@sessions_test_bot", "@sessions_test_bot"]
    {
        ann.says(line);
    }
    ann.replies(MessageId::Public(1), "yes");
    telegram.odd_update("oracle", json!({"text": "?"}));
    let updates = bot.updates();
    let texts: Vec<_> =
        updates.iter().filter_map(|update| update["message"]["text"].as_str()).collect();
    assert_eq!(texts, ["/new", "/new@sessions_test_bot", "@sessions_test_bot", "yes"]);
    assert_eq!(updates[4]["oracle"]["text"], "?");
}

#[test]
fn a_load_is_measured() {
    let (telegram, bot) = start();
    let people = [telegram.person("Ann"), telegram.person("Ben")];
    telegram.load(&people, 3, "/help");
    while telegram.answered() < 6 {
        for update in bot.updates() {
            let chat = &update["message"]["chat"]["id"];
            bot.gets("sendMessage", &json!({"chat_id": chat, "text": "ok"}));
        }
    }
    let measured = telegram.measured(Duration::ZERO);
    assert_eq!(measured.commands, 6);
    assert!(measured.p50 <= measured.p99 && measured.p99 <= measured.longest);
}
