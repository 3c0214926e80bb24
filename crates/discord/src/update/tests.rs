//! Messages and interactions as Discord sends them, and what becomes of them.

use bot::{Body, Incoming};
use serde_json::{Value, json};

use super::{Asked, Translated, asked, interaction, message};
use crate::ticket::Ticket;

const ACCOUNT: &str = "500";
const ME: Option<&str> = Some("our-bot");
/// Made at 2016-04-30 11:18:25.796.
const ID: &str = "175928847299117063";
const AT: i64 = 1_462_015_105_796;

fn with(mut base: Value, fields: Value) -> Value {
    for (name, value) in fields.as_object().unwrap() {
        base[name] = value.clone();
    }
    base
}

/// A message in a guild from Ann, with these fields more or others.
fn in_guild(fields: Value) -> Value {
    let base = json!({
        "id": ID, "channel_id": "100", "guild_id": "9", "type": 0, "content": "", "mentions": [],
        "channel": {"id": "100", "type": 0, "parent_id": "50"},
        "author": {"id": "77", "username": "annlee", "global_name": "Ann Lee"},
        "member": {"nick": "Annie", "roles": []},
    });
    with(base, fields)
}

/// A message of Ann in her direct chat.
fn direct(fields: Value) -> Value {
    let base = json!({
        "id": ID, "channel_id": "200", "type": 0, "content": "", "mentions": [],
        "channel": {"id": "200", "type": 1},
        "author": {"id": "77", "username": "annlee", "global_name": "Ann Lee"},
    });
    with(base, fields)
}

fn event_of(translated: Translated) -> Incoming {
    match translated {
        Translated::Event(incoming) => *incoming,
        Translated::Ignored(why) => panic!("ignored: {why}"),
    }
}

fn event(body: Value) -> Incoming {
    event_of(message(&body, ACCOUNT, ME))
}

fn ignored(translated: Translated) -> &'static str {
    match translated {
        Translated::Ignored(why) => why,
        Translated::Event(incoming) => panic!("an event: {:?}", incoming.body),
    }
}

/// What a message says, and whether it is meant for the bot.
fn said(message: Value) -> (String, bool) {
    match event(message).body {
        Body::Text { text, addressed } => (text, addressed),
        other @ (Body::Press { .. } | Body::Moved { .. } | Body::Gone | Body::Raw { .. }) => {
            panic!("not said: {other:?}")
        }
    }
}

fn is_addressed(fields: Value) -> bool {
    said(in_guild(fields)).1
}

#[test]
fn a_direct_message_is_an_event_of_its_person() {
    let said = event(direct(json!({"content": "hello"})));
    assert_eq!((said.channel.as_str(), said.account.as_str()), ("discord", ACCOUNT));
    assert_eq!((said.event.as_str(), said.also.len()), (&*format!("message:{ID}"), 0));
    assert_eq!((said.chat.as_str(), said.thread.as_deref(), said.direct), ("200", None, true));
    assert_eq!((said.peer.id.as_str(), said.peer.name.as_str()), ("77", "Ann Lee"));
    assert_eq!((said.me.as_deref(), said.said_at), (ME, Some(AT)));
    assert_eq!((said.admin, said.faceless), (Some(false), false));
    assert_eq!(said.body, Body::Text { text: "hello".to_owned(), addressed: true });
    let ticket = Ticket::from_wire(said.ticket.as_deref());
    assert!(ticket.message.as_deref() == Some(ID) && ticket.guild.is_none());
    assert!(ticket.interaction.is_none());
}

#[test]
fn a_thread_is_one_of_its_channel() {
    let place = |channel: Value| {
        let said = event(in_guild(
            json!({"content": "x", "channel_id": channel["id"], "channel": channel}),
        ));
        (said.chat, said.thread, said.direct)
    };
    let owned =
        |chat: &str, thread: Option<&str>| (chat.to_owned(), thread.map(str::to_owned), false);
    // A text channel has a parent, too: its category.
    assert_eq!(place(json!({"id": "100", "type": 0, "parent_id": "50"})), owned("100", None));
    for kind in [10, 11, 12] {
        let thread = json!({"id": "101", "type": kind, "parent_id": "100"});
        assert_eq!(place(thread), owned("100", Some("101")));
    }
    let said = event(in_guild(json!({"content": "x", "channel": null})));
    assert_eq!((said.chat.as_str(), said.thread), ("100", None));
    let ticket = Ticket::from_wire(said.ticket.as_deref());
    assert_eq!(ticket.guild.as_deref(), Some("9"));
    assert_eq!(said.admin, None);
}

#[test]
fn somebody_is_called_what_they_are_called_there() {
    let name = |fields: Value| event(in_guild(with(json!({"content": "x"}), fields))).peer.name;
    assert_eq!(name(json!({})), "Annie");
    assert_eq!(name(json!({"member": {"nick": null}})), "Ann Lee");
    assert_eq!(
        name(json!({"member": null, "author": {"id": "77", "username": "annlee"}})),
        "annlee"
    );
}

#[test]
fn in_a_guild_the_bot_is_meant_by_mention_reply_and_command() {
    let by = |id: &str| json!({"id": "3", "author": {"id": id, "username": "b"}});
    for (fields, expected) in [
        (json!({"content": "hello"}), false),
        (json!({"content": "hi <@500>"}), true),
        (json!({"content": "hi <@!500>"}), true),
        (json!({"content": "hi <@501>"}), false),
        (json!({"content": "", "mentions": [{"id": "500"}], "attachments": [{}]}), true),
        (json!({"content": "yes", "type": 19, "referenced_message": by("500")}), true),
        (json!({"content": "yes", "type": 19, "referenced_message": by("501")}), false),
        (json!({"content": "yes", "type": 19, "referenced_message": null}), false),
        (json!({"content": "/session"}), true),
        (json!({"content": " /session reset-time 99"}), true),
        (json!({"content": "/weather Paris"}), false),
        (json!({"content": "/etc/hosts is wrong"}), false),
        (json!({"content": "/new@our-bot x"}), true),
        (json!({"content": "/new@other x"}), false),
        (json!({"content": "`/session`"}), false),
    ] {
        assert_eq!(is_addressed(fields.clone()), expected, "{fields}");
    }
}

#[test]
fn the_mention_at_the_front_is_not_part_of_the_message_and_others_stay() {
    let text = |content: &str| said(in_guild(json!({"content": content}))).0;
    assert_eq!(text("<@500> hello"), "hello");
    assert_eq!(text("  <@!500>, hello\n  x"), "hello\n  x");
    assert_eq!(text("<@500>: /new"), "/new");
    assert_eq!(text("<@500> `/new`"), "`/new`");
    assert_eq!(text("<@500>"), "<@500>");
    assert_eq!(text("hi <@500>, see <#9> and <@77>"), "hi <@500>, see <#9> and <@77>");
    assert_eq!(text("<@501> hello"), "<@501> hello");
}

#[test]
fn what_is_passed_on_never_runs_as_a_command() {
    let passed = |content: &str, more: Value| {
        let snapshot = with(json!({"content": content}), more);
        said(direct(
            json!({"message_reference": {"type": 1}, "message_snapshots": [{"message": snapshot}]}),
        ))
        .0
    };
    assert_eq!(passed(" /reset", json!({})), "//reset");
    assert_eq!(passed("//reset", json!({})), "///reset");
    assert_eq!(passed("hello", json!({})), "hello");
    assert_eq!(
        passed("/reset", json!({"attachments": [{"filename": "a.txt"}]})),
        "[document a.txt] //reset"
    );
    // What is passed on mentions nobody here.
    let mention = json!({"message_snapshots": [{"message": {"content": "<@500> x"}}]});
    assert_eq!(said(in_guild(mention)), ("<@500> x".to_owned(), false));
}

#[test]
fn what_is_not_text_is_named_with_its_caption() {
    let file = |kind: &str, name: &str| json!([{"id": "1", "filename": name, "content_type": kind, "size": 1}]);
    for (fields, expected) in [
        (json!({"attachments": file("image/png", "cat.png")}), "[image cat.png]"),
        (
            json!({"attachments": file("image/png", "cat.png"), "content": "a cat"}),
            "[image cat.png] a cat",
        ),
        (json!({"attachments": file("image/png", "c"), "content": "/reset"}), "[image c] /reset"),
        (json!({"attachments": file("video/mp4", "v.mp4")}), "[video v.mp4]"),
        (json!({"attachments": file("audio/mp3", "a.mp3")}), "[audio a.mp3]"),
        (
            json!({"attachments": [{"filename": "voice-message.ogg", "content_type": "audio/ogg",
            "duration_secs": 12.4, "waveform": "AA"}]}),
            "[voice 12 s]",
        ),
        (json!({"attachments": file("application/pdf", "a]\n[b.pdf")}), "[document a b.pdf]"),
        (json!({"attachments": [{}]}), "[document]"),
        (
            json!({"attachments": [{"filename": "a"}, {"filename": "b"}]}),
            "[document a] [document b]",
        ),
        (json!({"sticker_items": [{"name": "Wave"}]}), "[sticker Wave]"),
        (json!({"poll": {"question": {"text": "When?"}}}), "[poll When?]"),
    ] {
        assert_eq!(said(direct(fields)).0, expected);
    }
    let caption = json!({"attachments": file("image/png", "c"), "content": "<@500> look"});
    assert_eq!(said(in_guild(caption)), ("[image c] look".to_owned(), true));
}

#[test]
fn machines_and_what_holds_nothing_are_not_heard() {
    for (fields, why) in [
        (
            json!({"content": "x", "author": {"id": "8", "username": "b", "bot": true}}),
            "another bot",
        ),
        (json!({"content": "x", "webhook_id": "8"}), "webhook"),
        (
            json!({"content": "x", "author": {"id": "643945264868098049", "username": "Discord", "system": true}}),
            "of Discord itself",
        ),
        (json!({"content": "x", "type": 7}), "service message"),
        (json!({"content": "x", "type": 20}), "service message"),
        (json!({"content": "x", "type": 21}), "service message"),
        (json!({"content": " "}), "no content"),
        (json!({"content": "", "embeds": [{}]}), "no content"),
    ] {
        assert_eq!(ignored(message(&in_guild(fields), ACCOUNT, ME)), why);
    }
}

#[test]
fn a_message_that_cannot_be_read_is_kept_as_it_came() {
    let odd = in_guild(json!({"content": 7}));
    let kept = event(odd.clone());
    assert_eq!(kept.body, Body::Raw { kind: "message".to_owned(), json: odd.to_string() });
    assert_eq!((kept.event.as_str(), kept.peer.id.as_str()), (&*format!("message:{ID}"), "77"));
    assert_eq!((kept.chat.as_str(), kept.faceless), ("100", false));
    let nobody = event(in_guild(json!({"author": null})));
    assert!(nobody.faceless);
    assert_eq!(ignored(message(&json!({"content": "x"}), ACCOUNT, ME)), "no message");
    assert_eq!(ignored(message(&json!({"id": "1"}), ACCOUNT, ME)), "in no channel");
}

/// A command of Ann in a guild, with these fields more or others.
fn command(data: Value, fields: Value) -> Value {
    let base = json!({
        "id": ID, "application_id": "501", "type": 2, "token": "aW50ZXJhY3Rpb24", "version": 1,
        "guild_id": "9", "channel_id": "100", "context": 0, "data": data,
        "channel": {"id": "100", "type": 0, "parent_id": "50"},
        "member": {"nick": null, "permissions": "2048",
            "user": {"id": "77", "username": "annlee", "global_name": "Ann Lee"}},
    });
    with(base, fields)
}

fn directly() -> Value {
    json!({"guild_id": null, "member": null, "channel": {"id": "200", "type": 1}, "context": 1,
        "user": {"id": "77", "username": "annlee"}})
}

fn happened(data: Value, fields: Value) -> Incoming {
    event_of(interaction(&command(data, fields), ACCOUNT, ME))
}

fn list() -> Value {
    json!({"id": "5", "type": 1, "name": "session", "options": [{"type": 1, "name": "list"}]})
}

#[test]
fn a_command_that_is_filled_in_is_a_line_meant_for_the_bot() {
    let listed = happened(list(), json!({}));
    assert_eq!(listed.body, Body::Text { text: "/session list".to_owned(), addressed: true });
    assert_eq!((listed.event.as_str(), listed.said_at), (&*format!("interaction:{ID}"), Some(AT)));
    assert_eq!(
        (listed.chat.as_str(), listed.thread.as_deref(), listed.direct),
        ("100", None, false)
    );
    assert_eq!((listed.peer.id.as_str(), listed.peer.name.as_str()), ("77", "Ann Lee"));
    let interaction = Ticket::from_wire(listed.ticket.as_deref()).interaction.unwrap();
    assert_eq!((interaction.id.as_str(), interaction.application.as_str()), (ID, "501"));
    assert_eq!(interaction.token, "aW50ZXJhY3Rpb24");
    assert!(interaction.is_ephemeral && !interaction.is_press);

    let direct = happened(list(), directly());
    assert_eq!((direct.chat.as_str(), direct.direct, direct.admin), ("200", true, Some(false)));
    assert!(!Ticket::from_wire(direct.ticket.as_deref()).interaction.unwrap().is_ephemeral);
    let thread = json!({"channel": {"id": "101", "type": 12, "parent_id": "100"}});
    let thread = happened(list(), thread);
    assert_eq!((thread.chat.as_str(), thread.thread.as_deref()), ("100", Some("101")));
}

#[test]
fn options_are_values_of_the_line() {
    let line = |data: Value| match happened(data, json!({})).body {
        Body::Text { text, .. } => text,
        other @ (Body::Press { .. } | Body::Moved { .. } | Body::Gone | Body::Raw { .. }) => {
            panic!("{other:?}")
        }
    };
    let sub = |command: &str, word: &str, options: Value| json!({"name": command, "type": 1, "options": [{"type": 1, "name": word, "options": options}]});
    let text = |name: &str, value: &str| json!({"type": 3, "name": name, "value": value});
    assert_eq!(
        line(sub("checkpoint", "save", json!([text("description", "b"), text("name", "a \"x\"")]))),
        r#"/checkpoint save "a \"x\"" -- "b""#
    );
    assert_eq!(
        line(sub("history", "show", json!([{"type": 4, "name": "count", "value": 30}]))),
        "/history show 30"
    );
    assert_eq!(
        line(json!({"name": "new", "options": [text("text", "hello\n/reset")]})),
        "/new hello\n/reset"
    );
    assert_eq!(line(json!({"name": "undo"})), "/undo");
    assert_eq!(
        line(json!({"name": "help", "options": [text("command", "show")]})),
        "/help show \"show\""
    );
    assert_eq!(
        line(sub("session", "reset-time", json!([text("time", "25:99")]))),
        "/session reset-time \"25:99\""
    );
    assert_eq!(line(json!({"name": "gone"})), "/gone");
}

#[test]
fn rights_are_those_that_discord_tells() {
    let admin = |permissions: Value| {
        let member = json!({"user": {"id": "77", "username": "a"}, "permissions": permissions});
        happened(list(), json!({"member": member})).admin
    };
    assert_eq!(admin(json!("2048")), Some(false));
    for bit in [3, 4, 13] {
        assert_eq!(admin(json!((1_u64 << bit | 2048).to_string())), Some(true));
    }
    assert_eq!(admin(json!("1152921504606846975")), Some(true));
    assert_eq!((admin(json!(null)), admin(json!("x"))), (None, None));
}

/// A press on a component.
fn press(data: Value, flags: u64) -> Incoming {
    let fields = json!({"type": 3, "message": {"id": "40", "flags": flags}});
    happened(data, fields)
}

#[test]
fn a_press_carries_what_its_button_does_or_what_was_chosen() {
    // As serenity writes it.
    let button = press(json!({"component_type": 2, "custom_id": "abc", "values": null}), 0);
    assert_eq!(button.body, Body::Press { data: "abc".to_owned() });
    let ticket = Ticket::from_wire(button.ticket.as_deref());
    let interaction = ticket.interaction.unwrap();
    assert_eq!(ticket.message.as_deref(), Some("40"));
    assert!(interaction.is_press && !interaction.is_ephemeral);
    let menu = json!({"component_type": 3, "custom_id": "menu:Resume", "values": ["def"]});
    let menu = press(menu, 64);
    assert_eq!(menu.body, Body::Press { data: "def".to_owned() });
    assert!(Ticket::from_wire(menu.ticket.as_deref()).interaction.unwrap().is_ephemeral);
}

#[test]
fn interactions_of_other_kinds_are_none_of_ours() {
    let why = |value: Value| ignored(interaction(&value, ACCOUNT, ME));
    assert_eq!(why(json!({"id": "1", "type": 1})), "interaction without data");
    assert_eq!(why(command(json!({}), json!({"type": 5}))), "another kind of interaction");
    assert_eq!(why(command(list(), json!({"type": 4}))), "another kind of interaction");
    assert_eq!(
        why(command(json!({"name": "x", "type": 2}), json!({}))),
        "another kind of interaction"
    );
    assert_eq!(why(command(list(), json!({"context": 2}))), "in a chat of others");
    assert_eq!(why(command(list(), json!({"member": null}))), "nobody did it");
    assert_eq!(why(command(list(), json!({"channel": null, "channel_id": null}))), "in no channel");
    assert_eq!(why(command(json!({}), json!({"type": 3}))), "press without data");
    assert_eq!(why(json!({"id": 1})), "unreadable interaction");
}

#[test]
fn what_is_being_typed_is_known() {
    let focused = json!({"type": 3, "name": "id", "value": "s-7", "focused": true});
    let data = json!({"name": "session", "options": [{"type": 1, "name": "resume", "options": [focused]}]});
    let typing = command(data, json!({"type": 4}));
    let Some(Asked { command: name, option, typed, at }) = asked(&typing, ACCOUNT, ME) else {
        panic!("nothing asked")
    };
    assert_eq!((name.as_str(), option.as_str(), typed.as_str()), ("session resume", "id", "s-7"));
    assert_eq!((at.chat.as_str(), at.peer.id.as_str(), at.ticket), ("100", "77", None));
    let topic = json!({"type": 3, "name": "command", "value": "", "focused": true});
    let help = command(json!({"name": "help", "options": [topic]}), json!({"type": 4}));
    assert_eq!(asked(&help, ACCOUNT, ME).unwrap().command, "help show");
    assert!(asked(&command(list(), json!({"type": 4})), ACCOUNT, ME).is_none());
    assert!(asked(&command(list(), json!({})), ACCOUNT, ME).is_none());
}
