//! What is for one person alone, at a server that can do that and at one that cannot.

use std::time::Duration;

use serde_json::{Value, json};

use super::super::*;
use super::{Client, start};

fn team(telegram: &FakeTelegram) -> (Person, Person, Place) {
    let (ann, ben) = (telegram.person("Ann"), telegram.person("Ben"));
    let team = telegram.supergroup("Team", &[&ann, &ben]);
    (ann, ben, team)
}

/// An answer to the one ephemeral message of an update.
fn answer(bot: &Client, text: &str) -> Value {
    let updates = bot.updates();
    let message = &updates.last().expect("there is one")["message"];
    json!({
        "chat_id": message["chat"]["id"], "text": text,
        "ephemeral_message_parameters": {"receiver_user_id": message["from"]["id"]},
        "reply_parameters": {"ephemeral_message_id": message["ephemeral_message_id"]},
    })
}

#[test]
fn an_ephemeral_answer_is_seen_by_one_alone_edited_and_deleted() {
    let (telegram, bot) = start();
    let (ann, ben, team) = team(&telegram);
    ann.at(&team).says_ephemerally("/history");
    let sent = bot.gets("sendMessage", &answer(&bot, "…"));
    assert_eq!((&sent["message_id"], &sent["receiver_user"]["id"]), (&json!(0), &json!(101)));
    let heard = ann.at(&team).hears();
    assert!(heard.id.is_ephemeral());
    let named = |more: Value| {
        let mut params = json!({
            "chat_id": team.id(), "receiver_user_id": 101,
            "ephemeral_message_id": sent["ephemeral_message_id"],
        });
        let more = more.as_object().expect("an object").clone();
        params.as_object_mut().expect("an object").extend(more);
        params
    };
    assert_eq!(bot.gets("editEphemeralMessageText", &named(json!({"text": "secret"}))), true);
    ann.at(&team).sees_when(heard.id, |seen| seen.text == "secret");
    assert_eq!(ben.at(&team).sees(), []);
    bot.gets("deleteEphemeralMessage", &named(json!({})));
    assert_eq!(ann.at(&team).sees().len(), 1);
    assert_eq!(ann.at(&team).ever_saw(), ["/history", "…", "secret"]);
    assert_eq!(ben.at(&team).ever_saw(), Vec::<String>::new());
}

#[test]
fn it_must_be_soon_unless_the_bot_is_administrator() {
    let (telegram, bot) = start();
    let (ann, _ben, team) = team(&telegram);
    telegram.set_time(1_800_000_000);
    ann.at(&team).says_ephemerally("/history");
    let params = answer(&bot, "late");
    telegram.advance(Duration::from_secs(15));
    bot.refused("sendMessage", &params);
    team.bot_promoted(&ann);
    bot.gets("sendMessage", &params);
}

#[test]
fn a_press_may_be_answered_ephemerally_in_place_of_the_message() {
    let (telegram, bot) = start();
    let (ann, ben, team) = team(&telegram);
    let keyboard = json!({"inline_keyboard": [[{"text": "Show me", "callback_data": "s"}]]});
    bot.gets(
        "sendMessage",
        &json!({"chat_id": team.id(), "text": "Note", "reply_markup": keyboard}),
    );
    ann.at(&team).presses(MessageId::Public(1), "Show me");
    let query = bot.updates()[0]["callback_query"]["id"].clone();
    let parameters = json!({
        "receiver_user_id": 101, "callback_query_id": query,
        "replace_callback_query_message": true,
    });
    let params =
        json!({"chat_id": team.id(), "text": "secret", "ephemeral_message_parameters": parameters});
    bot.gets("sendMessage", &params);
    let texts = |person: &Person| {
        person.at(&team).sees().into_iter().map(|seen| seen.text).collect::<Vec<_>>()
    };
    assert_eq!((texts(&ann), texts(&ben)), (vec!["secret".to_owned()], vec!["Note".to_owned()]));
}

#[test]
fn an_older_server_shows_it_to_all_and_knows_no_newer_method() {
    let telegram = FakeTelegram::older();
    let bot = Client::of(&telegram);
    let (ann, ben, team) = team(&telegram);
    ann.at(&team).says_ephemerally("/history");
    assert_eq!(bot.updates()[0]["message"]["message_id"], 1);
    let params = json!({
        "chat_id": team.id(), "text": "secret", "receiver_user_id": 101,
        "reply_parameters": {"ephemeral_message_id": 1},
    });
    let sent = bot.gets("sendMessage", &params);
    assert_eq!((&sent["message_id"], sent.get("ephemeral_message_id")), (&json!(2), None));
    assert_eq!(ben.at(&team).hears().text, "secret");
    let draft = json!({"chat_id": 101, "draft_id": 1, "text": "x"});
    assert_eq!(bot.refused("sendMessageDraft", &draft), "Not Found: method not found");
}
