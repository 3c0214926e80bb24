//! Sends, edits, files, buttons, menus, and what is refused.

use serde_json::json;

use super::super::*;
use super::start;

#[test]
fn a_bot_says_who_it_is_with_the_right_token_only() {
    let (telegram, mut bot) = start();
    telegram.off_the_record();
    assert_eq!(bot.gets("GetMe", &json!({}))["username"], "sessions_test_bot");
    assert_eq!(bot.refused("getNothing", &json!({})), "Not Found: method not found");
    bot.token.push('x');
    assert_eq!(bot.refused("getMe", &json!({})), "Unauthorized");
}

#[test]
fn people_hear_what_the_bot_sends_and_edits_and_do_not_see_what_it_deletes() {
    let (telegram, bot) = start();
    let ann = telegram.person("Ann");
    ann.says("/start");
    let sent = bot.gets(
        "sendMessage",
        &json!({"chat_id": 101, "text": "<b>Hi</b> &lt;Ann&gt;", "parse_mode": "HTML",
                "link_preview_options": {"is_disabled": true},
                "reply_parameters": {"message_id": 1}}),
    );
    assert_eq!(sent["entities"], json!([{"type": "bold", "offset": 0, "length": 2}]));
    assert_eq!(sent["reply_to_message"]["text"], "/start");
    let heard = ann.hears();
    assert_eq!((heard.text.as_str(), heard.html.as_str()), ("Hi <Ann>", "<b>Hi</b> &lt;Ann&gt;"));
    let edit = json!({"chat_id": 101, "message_id": 2, "text": "Bye"});
    assert_eq!(bot.gets("editMessageText", &edit)["text"], "Bye");
    assert!(
        bot.refused("editMessageText", &edit).starts_with("Bad Request: message is not modified")
    );
    assert!(ann.sees_when(heard.id, |seen| seen.text == "Bye").is_edited);
    bot.gets("deleteMessage", &json!({"chat_id": 101, "message_id": 2}));
    assert_eq!(ann.sees().len(), 1);
    bot.gets("sendChatAction", &json!({"chat_id": 101, "action": "typing"}));
    bot.gets("sendMessageDraft", &json!({"chat_id": 101, "draft_id": 7, "text": "Th"}));
    telegram.look(|world| {
        assert_eq!(world.actions(ann.place()).collect::<Vec<_>>(), ["typing"]);
        assert_eq!(world.draft_text(ann.place(), 7), Some("Th"));
    });
}

#[test]
fn buttons_are_pressed_by_anybody_and_answered_once() {
    let (telegram, bot) = start();
    let (ann, ben) = (telegram.person("Ann"), telegram.person("Ben"));
    let team = telegram.supergroup("Team", &[&ann, &ben]);
    let keyboard = json!({"inline_keyboard": [[{"text": "Undo", "callback_data": "u1"}]]});
    bot.gets(
        "sendMessage",
        &json!({"chat_id": team.id(), "text": "Done", "reply_markup": keyboard}),
    );
    let heard = ben.at(&team).hears();
    assert_eq!(heard.labels(), ["Undo"]);
    let press = ben.at(&team).presses(heard.id, "Undo");
    let update = bot.updates().remove(0);
    let query = &update["callback_query"];
    assert_eq!((&query["data"], &query["from"]["id"]), (&json!("u1"), &json!(102)));
    assert_eq!(query["message"]["reply_markup"], keyboard);
    let answer = json!({"callback_query_id": query["id"], "text": "Not yours", "show_alert": true});
    bot.gets("answerCallbackQuery", &answer);
    assert_eq!(press.answered(), Notice { text: Some("Not yours".to_owned()), is_alert: true });
    assert!(bot.refused("answerCallbackQuery", &answer).contains("query is too old"));
    let params = json!({"chat_id": team.id(), "message_id": 1});
    bot.gets("editMessageReplyMarkup", &params);
    assert!(ann.at(&team).hears().buttons.is_empty());
}

#[test]
fn a_document_comes_as_multipart() {
    let (telegram, bot) = start();
    let ann = telegram.person("Ann");
    ann.says("/start");
    let body = "--b\r\nContent-Disposition: form-data; name=\"chat_id\"\r\n\r\n101\r\n\
        --b\r\nContent-Disposition: form-data; name=\"caption\"\r\n\r\nAll\r\n\
        --b\r\nContent-Disposition: form-data; name=\"document\"\r\n\r\nattach://f\r\n\
        --b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"x.md\"\r\n\
        Content-Type: text/markdown\r\n\r\n# é\r\n--b--\r\n";
    let sent = bot.posts("SendDocument", "multipart/form-data; boundary=b", body.as_bytes());
    assert!(sent.expect("it holds").contains("\"file_name\":\"x.md\""));
    let heard = ann.hears();
    let document = heard.document.as_ref().expect("there is one");
    assert_eq!((document.name.as_str(), document.text()), ("x.md", "# é"));
    assert_eq!(heard.text, "All");
    telegram.look(|world| {
        assert_eq!(world.requests_of("sendDocument").next().expect("it came").files, ["f"]);
    });
}

#[test]
fn forms_and_queries_mean_the_same_as_json() {
    let (telegram, bot) = start();
    let ann = telegram.person("Ann");
    ann.says("/start");
    let kind = "application/x-www-form-urlencoded";
    bot.posts("sendMessage?chat_id=101", kind, b"text=a%20b").expect("it holds");
    assert_eq!(ann.hears().text, "a b");
}

#[test]
fn menus_are_kept_by_scope_and_language() {
    let (telegram, bot) = start();
    let commands = json!([{"command": "new", "description": "New", "is_ephemeral": true}]);
    let scope = json!({"type": "all_group_chats"});
    bot.gets("setMyCommands", &json!({"commands": commands, "scope": scope}));
    assert_eq!(bot.gets("getMyCommands", &json!({"scope": scope})), commands);
    assert_eq!(bot.gets("getMyCommands", &json!({})), json!([]));
    telegram.look(|world| assert_eq!(world.menu("all_group_chats", "").map(<[_]>::len), Some(1)));
    bot.gets("deleteMyCommands", &json!({"scope": scope}));
    assert_eq!(bot.gets("getMyCommands", &json!({"scope": scope})), json!([]));
    bot.gets("setMyDescription", &json!({"description": "Sessions"}));
    bot.gets("setMyShortDescription", &json!({"short_description": "S"}));
    telegram.look(|world| assert_eq!(world.description(""), Some("Sessions")));
}

#[test]
fn what_the_real_server_refuses_is_refused_in_its_words() {
    let (telegram, bot) = start();
    telegram.off_the_record();
    let (ann, _cold) = (telegram.person("Ann"), telegram.person("Cold"));
    ann.says("/start");
    let cases = [
        (json!({"chat_id": 101, "text": " "}), "Bad Request: message text is empty"),
        (json!({"chat_id": 101, "text": "🦀".repeat(2049)}), "Bad Request: message is too long"),
        (
            json!({"chat_id": 101, "text": "<x>", "parse_mode": "HTML"}),
            "Bad Request: can't parse entities: Unsupported start tag \"x\" at byte offset 0",
        ),
        (
            json!({"chat_id": 101, "text": "x", "reply_markup": {"inline_keyboard":
                [[{"text": "x", "callback_data": "x".repeat(65)}]]}}),
            "Bad Request: BUTTON_DATA_INVALID",
        ),
        (
            json!({"chat_id": 101, "text": "x", "message_thread_id": 9}),
            "Bad Request: message thread not found",
        ),
        (
            json!({"chat_id": 101, "text": "x", "reply_parameters": {"message_id": 9}}),
            "Bad Request: message to be replied not found",
        ),
        (json!({"chat_id": 9, "text": "x"}), "Bad Request: chat not found"),
        (
            json!({"chat_id": 102, "text": "x"}),
            "Forbidden: bot can't initiate conversation with a user",
        ),
    ];
    for (params, description) in cases {
        assert_eq!(bot.refused("sendMessage", &params), description, "{params}");
    }
    bot.gets("sendMessage", &json!({"chat_id": 101, "text": "🦀".repeat(2048), "novelty": 1}));
    ann.blocks();
    let blocked = bot.refused("sendMessage", &json!({"chat_id": 101, "text": "x"}));
    assert_eq!(blocked, "Forbidden: bot was blocked by the user");
}

#[test]
fn topics_of_forums_and_of_private_chats_are_places() {
    let (telegram, bot) = start();
    let ann = telegram.person("Ann");
    let forum = telegram.forum("Forum", &[&ann]);
    let rust = forum.topic("Rust");
    let own = ann.topic("Diary");
    let asked = ann.at(&rust).says("/help");
    own.says("/help");
    let updates = bot.updates();
    assert_eq!(updates[0]["message"]["forum_topic_created"]["name"], "Rust");
    for update in &updates[2..] {
        let message = &update["message"];
        assert_eq!(message["is_topic_message"], true);
        let (chat, thread) = (&message["chat"]["id"], &message["message_thread_id"]);
        bot.gets(
            "sendMessage",
            &json!({"chat_id": chat, "text": "ok", "message_thread_id": thread}),
        );
    }
    assert_eq!(ann.at(&rust).hears().thread, rust.thread());
    assert_eq!(own.hears().thread, own.place().thread());
    // A reply goes into the topic of what it answers.
    let reply = json!({"message_id": asked.public()});
    let params = json!({"chat_id": forum.id(), "text": "yes", "reply_parameters": reply});
    assert_eq!(bot.gets("sendMessage", &params)["message_thread_id"], json!(rust.thread()));
    rust.deletes_topic();
    let late = json!({"chat_id": forum.id(), "text": "x", "message_thread_id": rust.thread()});
    assert_eq!(bot.refused("sendMessage", &late), "Bad Request: message thread not found");
}

#[test]
fn an_upgraded_group_lives_on_elsewhere() {
    let (telegram, bot) = start();
    let (ann, ben) = (telegram.person("Ann"), telegram.person("Ben"));
    let team = telegram.group("Team", &[&ann, &ben]);
    let upgraded = team.upgrades();
    let updates = bot.updates();
    assert_eq!(updates[0]["message"]["migrate_to_chat_id"], upgraded.id());
    assert_eq!(updates[1]["message"]["migrate_from_chat_id"], team.id());
    let answer = bot.asks("sendMessage", &json!({"chat_id": team.id(), "text": "x"}));
    assert_eq!(answer["parameters"]["migrate_to_chat_id"], upgraded.id());
    let full = bot.gets("getChat", &json!({"chat_id": upgraded.id()}));
    assert_eq!(full["type"], "supergroup");
    let member = json!({"chat_id": upgraded.id(), "user_id": 102});
    assert_eq!(bot.gets("getChatMember", &member)["status"], "member");
    upgraded.promotes(&ben);
    let admins = bot.gets("getChatAdministrators", &json!({"chat_id": upgraded.id()}));
    assert_eq!(admins.as_array().map(Vec::len), Some(2));
    upgraded.bot_removed(&ann);
    let kicked = bot.refused("sendMessage", &json!({"chat_id": upgraded.id(), "text": "x"}));
    assert_eq!(kicked, "Forbidden: bot was kicked from the supergroup chat");
}

#[test]
fn more_than_the_limits_allow_is_put_off() {
    let (telegram, bot) = start();
    telegram.person("Ann").says("/start");
    telegram.limits(Limits::default());
    bot.gets("sendMessage", &json!({"chat_id": 101, "text": "1"}));
    let answer = bot.asks("sendMessage", &json!({"chat_id": 101, "text": "2"}));
    assert_eq!(
        (&answer["error_code"], &answer["parameters"]["retry_after"]),
        (&json!(429), &json!(1))
    );
}
