//! What people ask by the client, and how a bot may answer: once, in time, and to whom.

use serde_json::{Value, json};

use super::super::*;
use super::client::Client;
use super::{PLAIN, Wire, start};

/// A server with a command, a person in a channel, and a bot at both wires.
fn with_command() -> (FakeDiscord, Client, Wire, Seat) {
    let (discord, bot) = start();
    let ann = discord.person("Ann");
    let general = discord.guild("Crew", &[&ann]).channel("general");
    let path = format!("/applications/{}/commands", bot.application);
    let name = json!({
        "type": 3, "name": "name", "description": "Its name", "required": true, "autocomplete": true,
    });
    let save = json!({"type": 1, "name": "save", "description": "Saves", "options": [name]});
    bot.gets(
        "PUT",
        &path,
        &json!([
            {"name": "checkpoint", "description": "Checkpoints", "options": [save]},
            {"name": "new", "description": "Starts anew", "contexts": [0, 1]},
        ]),
    );
    let (mut wire, _) = Wire::ready(&discord, PLAIN);
    wire.event("GUILD_CREATE");
    (discord, bot, wire, ann.at(&general))
}

fn callback(bot: &Client, asked: &Interaction, body: &Value) -> u16 {
    let path = format!("/interactions/{}/{}/callback", asked.id(), asked.token());
    bot.asks("POST", &path, body).status
}

fn webhook(bot: &Client, asked: &Interaction, below: &str) -> String {
    format!("/webhooks/{}/{}{below}", bot.application, asked.token())
}

#[test]
fn a_deferred_answer_comes_once_and_to_one() {
    let (discord, bot, mut wire, here) = with_command();
    let asked = here.runs("/checkpoint save name:before refactor");
    let told = wire.event("INTERACTION_CREATE");
    let option = json!({"name": "name", "type": 3, "value": "before refactor"});
    assert_eq!(told["data"]["options"], json!([{"name": "save", "type": 1, "options": [option]}]));
    assert_eq!((&told["type"], &told["context"]), (&json!(2), &json!(0)));
    assert!(told["member"]["permissions"].is_string());
    let original = webhook(&bot, &asked, "/messages/@original");
    assert_eq!(bot.refused("GET", &original, &Value::Null), (404, 10_015));
    assert_eq!(callback(&bot, &asked, &json!({"type": 5, "data": {"flags": 64}})), 204);
    assert_eq!(callback(&bot, &asked, &json!({"type": 5})), 400);
    assert_eq!(asked.acknowledged(), Acknowledged::Deferred);
    assert_eq!(here.unheard(), []);
    assert!(here.sees()[0].is_thinking);
    bot.gets("GET", &original, &Value::Null);
    bot.gets("PATCH", &original, &json!({"content": "saved"}));
    let answer = asked.answered();
    assert_eq!((answer.text.as_str(), answer.is_ephemeral), ("saved", true));
    bot.gets("POST", &webhook(&bot, &asked, ""), &json!({"content": "more", "flags": 64}));
    assert_eq!(asked.followed_up(1)[0].text, "more");
    let ben = discord.person("Ben");
    assert!(ben.at(here.place()).ever_saw().is_empty());
    let path = format!("/channels/{}/messages", here.place().id());
    assert_eq!(bot.gets("GET", &path, &Value::Null), json!([]));
    discord.advance(Duration::from_secs(16 * 60));
    assert_eq!(bot.refused("PATCH", &original, &json!({"content": "late"})), (401, 50_027));
    assert!(asked.took().acknowledged <= asked.took().answered);
}

#[test]
fn after_three_seconds_it_is_too_late() {
    let (discord, bot, mut wire, here) = with_command();
    let asked = here.runs("/new");
    wire.event("INTERACTION_CREATE");
    discord.advance(Duration::from_secs(4));
    assert!(asked.has_failed());
    let path = format!("/interactions/{}/{}/callback", asked.id(), asked.token());
    assert_eq!(bot.refused("POST", &path, &json!({"type": 5})), (404, 10_062));
}

#[test]
fn the_first_followup_takes_the_place_of_a_deferred_answer() {
    let (_discord, bot, _wire, here) = with_command();
    let asked = here.runs("/new");
    assert_eq!(callback(&bot, &asked, &json!({"type": 5, "data": {"flags": 64}})), 204);
    bot.gets("POST", &webhook(&bot, &asked, ""), &json!({"content": "done"}));
    let answer = asked.answered();
    assert_eq!((answer.text.as_str(), answer.is_ephemeral), ("done", true));
    assert_eq!((asked.followups(), here.unheard()), (vec![], vec![]));
    bot.gets("DELETE", &webhook(&bot, &asked, "/messages/@original"), &Value::Null);
    assert_eq!(here.sees(), []);
}

#[test]
fn completions_presses_and_choices_come_and_are_answered() {
    let (_discord, bot, mut wire, here) = with_command();
    let asked = here.completes("/checkpoint save name:be");
    let told = wire.event("INTERACTION_CREATE");
    assert_eq!(told["data"]["options"][0]["options"][0]["focused"], true);
    assert_eq!(callback(&bot, &asked, &json!({"type": 5})), 400);
    let choices = json!([{"name": "before", "value": "c-1"}]);
    assert_eq!(callback(&bot, &asked, &json!({"type": 8, "data": {"choices": choices}})), 204);
    assert_eq!(asked.offered()[0].value, "c-1");
    let button = json!({"type": 2, "style": 1, "label": "Undo", "custom_id": "u"});
    let menu = json!({"type": 3, "custom_id": "m", "options": [{"label": "One", "value": "1"}]});
    let rows = json!([{"type": 1, "components": [button]}, {"type": 1, "components": [menu]}]);
    let path = format!("/channels/{}/messages", here.place().id());
    bot.gets("POST", &path, &json!({"content": "pick", "components": rows}));
    wire.event("MESSAGE_CREATE");
    let seen = here.hears();
    let press = here.presses(seen.id, "Undo");
    let told = wire.event("INTERACTION_CREATE");
    assert_eq!(told["data"], json!({"custom_id": "u", "component_type": 2}));
    assert_eq!(told["message"]["content"], "pick");
    let update = json!({"type": 7, "data": {"content": "undone", "components": rows}});
    assert_eq!(callback(&bot, &press, &update), 204);
    assert_eq!(press.answered().text, "undone");
    let choice = here.selects(seen.id, &["One"]);
    assert_eq!(callback(&bot, &choice, &json!({"type": 6})), 204);
    bot.gets("POST", &webhook(&bot, &choice, ""), &json!({"content": "chosen", "flags": 64}));
    let followed = &choice.followed_up(1)[0];
    assert_eq!((followed.text.as_str(), followed.is_ephemeral), ("chosen", true));
    let press = here.presses_data(followed.id, "forged");
    let path =
        format!("/interactions/{}/{}/callback?with_response=true", press.id(), press.token());
    let answer =
        bot.gets("POST", &path, &json!({"type": 4, "data": {"content": "no", "flags": 64}}));
    assert_eq!(answer["resource"]["message"]["content"], "no");
}

#[test]
fn the_client_takes_only_what_fits_a_command() {
    let (discord, _bot, _wire, here) = with_command();
    let ann = discord.person("Other");
    assert_eq!(here.commands(), ["checkpoint", "new"]);
    assert_eq!(ann.commands(), ["checkpoint", "new"]);
    let place = (here.user(), here.place().id());
    let parse = |line: &str| {
        discord.look(|world| slash::parse(world, place, line, slash::Aim::Run).map(|it| it.name))
    };
    assert_eq!(parse("/checkpoint save name:x").as_deref(), Ok("checkpoint save"));
    for wrong in ["/reset", "/checkpoint", "/checkpoint save", "/checkpoint save x", "/new name:x"]
    {
        assert!(parse(wrong).is_err(), "{wrong}");
    }
    here.place().denies_everyone(Permission::USE_APPLICATION_COMMANDS);
    assert_eq!(ann.at(here.place()).commands(), Vec::<String>::new());
}
