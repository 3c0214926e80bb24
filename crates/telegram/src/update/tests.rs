//! Updates as the Bot API sends them, and what becomes of them.

use bot::{Body, Incoming};
use serde_json::{Value, json};

use super::{Translated, incoming};
use crate::ticket::Ticket;

const ACCOUNT: &str = "500";
const ME: Option<&str> = Some("OurBot");

/// A message in a group from Ann, with these fields more or others.
fn in_group(fields: Value) -> Value {
    let mut message = json!({
        "message_id": 11,
        "date": 1_800_000_000,
        "chat": {"id": -1001, "type": "supergroup", "title": "Team"},
        "from": {"id": 77, "is_bot": false, "first_name": "Ann", "last_name": "Lee", "username": "annlee"},
    });
    for (name, value) in fields.as_object().unwrap() {
        message[name] = value.clone();
    }
    message
}

/// A message of Ann in her direct chat.
fn direct(mut fields: Value) -> Value {
    fields["chat"] = json!({"id": 77, "type": "private", "first_name": "Ann"});
    in_group(fields)
}

fn translated(kind: &str, body: Value) -> Translated {
    incoming(&json!({"update_id": 9, kind: body}), ACCOUNT, ME)
}

fn event(kind: &str, body: Value) -> Incoming {
    match translated(kind, body) {
        Translated::Event(incoming) => *incoming,
        Translated::Ignored(why) => panic!("ignored: {why}"),
    }
}

/// What a message says, and whether it is meant for the bot.
fn said(message: Value) -> (String, bool) {
    match event("message", message).body {
        Body::Text { text, addressed } => (text, addressed),
        Body::Press { .. } | Body::Moved { .. } | Body::Gone | Body::Raw { .. } => {
            panic!("not said")
        }
    }
}

fn text_of(message: Value) -> String {
    said(message).0
}

fn is_addressed(message: Value) -> bool {
    said(message).1
}

fn ticket(incoming: &Incoming) -> Ticket {
    Ticket::from_wire(incoming.ticket.as_deref())
}

fn ignored(kind: &str, body: Value) -> &'static str {
    match translated(kind, body) {
        Translated::Ignored(why) => why,
        Translated::Event(incoming) => panic!("an event: {:?}", incoming.body),
    }
}

#[test]
fn a_direct_message_is_an_event_of_its_person() {
    let said = event("message", direct(json!({"text": "hello"})));
    assert_eq!((said.channel.as_str(), said.account.as_str()), ("telegram", "500"));
    assert_eq!(said.event, "update:9");
    assert_eq!(said.also, ["message:77:11"]);
    assert_eq!((said.chat.as_str(), said.thread.as_deref(), said.direct), ("77", None, true));
    assert_eq!((said.peer.id.as_str(), said.peer.name.as_str()), ("77", "Ann Lee"));
    assert_eq!((said.me.as_deref(), said.said_at), (ME, Some(1_800_000_000_000)));
    assert_eq!((said.admin, said.faceless), (Some(false), false));
    assert_eq!(said.body, Body::Text { text: "hello".to_owned(), addressed: true });
    let ticket = ticket(&said);
    assert_eq!((ticket.message, ticket.sent_at), (Some(11), Some(1_800_000_000)));
    assert_eq!(ticket.name.as_deref(), Some("@annlee"));
}

#[test]
fn a_topic_is_a_thread_and_a_reply_is_not() {
    let thread = |fields| event("message", in_group(fields)).thread;
    let topic = json!({"text": "x", "message_thread_id": 5, "is_topic_message": true});
    assert_eq!(thread(topic.clone()).as_deref(), Some("5"));
    assert_eq!(event("message", direct(topic)).thread.as_deref(), Some("5"));
    assert_eq!(thread(json!({"text": "x", "message_thread_id": 5})), None);
    assert_eq!(
        thread(json!({"text": "x", "message_thread_id": 1, "is_topic_message": true})),
        None
    );
}

#[test]
fn in_a_group_the_bot_is_meant_by_mention_reply_and_command() {
    let mention = json!([{"type": "mention", "offset": 3, "length": 7}]);
    let mentions = |text: &str| in_group(json!({"text": text, "entities": mention}));
    let by =
        |id: i64| json!({"message_id": 3, "from": {"id": id, "is_bot": true, "first_name": "B"}});
    assert!(!is_addressed(in_group(json!({"text": "hello"}))));
    assert!(is_addressed(mentions("hi @ourbot")));
    assert!(!is_addressed(mentions("hi @ourcat")));
    assert!(is_addressed(in_group(json!({"text": "yes", "reply_to_message": by(500)}))));
    assert!(!is_addressed(in_group(json!({"text": "yes", "reply_to_message": by(501)}))));
    assert!(is_addressed(in_group(json!({"text": "/new@OURBOT x"}))));
    assert!(!is_addressed(in_group(json!({"text": "/new@other x"}))));
    let named = json!({"text": "Our Bot do", "entities": [
        {"type": "text_mention", "offset": 0, "length": 7, "user": {"id": 500, "first_name": "Our"}}]});
    assert_eq!(said(in_group(named)), ("do".to_owned(), true));
    let unknown =
        incoming(&json!({"update_id": 1, "message": mentions("hi @ourbot")}), ACCOUNT, None);
    let Translated::Event(unknown) = unknown else { panic!("ignored") };
    assert!(matches!(unknown.body, Body::Text { addressed: false, .. }));
}

#[test]
fn a_message_in_a_topic_that_the_bot_opened_is_no_reply_to_it() {
    let opened = json!({"message_id": 5, "from": {"id": 500, "is_bot": true, "first_name": "B"},
        "forum_topic_created": {"name": "Plans"}});
    let fields = json!({"text": "x", "is_topic_message": true, "message_thread_id": 5, "reply_to_message": opened});
    assert!(!is_addressed(in_group(fields)));
}

#[test]
fn the_mention_at_the_front_is_not_part_of_the_message() {
    let front = |text: &str, offset: u32| {
        let entities = json!([{"type": "mention", "offset": offset, "length": 7}]);
        text_of(in_group(json!({"text": text, "entities": entities})))
    };
    assert_eq!(front("@ourbot hello", 0), "hello");
    assert_eq!(front("  @ourbot, hello\n  x", 2), "hello\n  x");
    assert_eq!(front("@ourbot: /new", 0), "/new");
    assert_eq!(front("@ourbot", 0), "@ourbot");
    assert_eq!(front("hi @ourbot", 3), "hi @ourbot");
    assert_eq!(front("@ourcat hello", 0), "@ourcat hello");
    // Offsets count UTF-16 units: the face is two of them.
    assert_eq!(front("😀 @ourbot x", 3), "😀 @ourbot x");
    assert!(is_addressed(in_group(json!({"text": "😀 @ourbot x",
        "entities": [{"type": "mention", "offset": 3, "length": 7}]}))));
}

#[test]
fn what_others_wrote_and_code_never_runs_as_a_command() {
    let entity = |kind: &str, offset: u32, length: u32| json!({"text": "/reset now", "entities": [{"type": kind, "offset": offset, "length": length}]});
    assert_eq!(text_of(direct(json!({"text": "/reset now"}))), "/reset now");
    for kind in ["code", "pre", "blockquote", "expandable_blockquote"] {
        assert_eq!(text_of(direct(entity(kind, 0, 10))), "//reset now", "{kind}");
    }
    // Only what begins in code is kept from running: an argument may be code.
    assert_eq!(text_of(direct(entity("code", 7, 3))), "/reset now");
    assert_eq!(text_of(direct(entity("bot_command", 0, 6))), "/reset now");
    let forwarded = json!({"text": " /reset", "forward_origin": {"type": "hidden_user"}});
    assert_eq!(text_of(direct(forwarded)), "//reset");
    let twice = json!({"text": "//reset", "forward_origin": {"type": "hidden_user"}});
    assert_eq!(text_of(direct(twice)), "///reset");
    let behind = json!({"text": "@ourbot /reset", "entities": [
        {"type": "mention", "offset": 0, "length": 7}, {"type": "code", "offset": 8, "length": 6}]});
    assert_eq!(text_of(in_group(behind)), "//reset");
    let mention = json!({"text": "@ourbot x", "forward_origin": {"type": "hidden_user"},
        "entities": [{"type": "mention", "offset": 0, "length": 7}]});
    assert_eq!(said(in_group(mention)), ("@ourbot x".to_owned(), false));
}

#[test]
fn entities_beyond_the_text_harm_nothing() {
    let entities = json!([{"type": "mention", "offset": 90, "length": 7}, {"type": "pre", "offset": 0, "length": 99},
        {"type": "mention", "offset": 1, "length": 1}]);
    assert_eq!(text_of(direct(json!({"text": "😀 x", "entities": entities}))), "😀 x");
    assert_eq!(text_of(direct(json!({"text": "/new", "entities": entities}))), "//new");
}

#[test]
fn what_is_not_text_is_named_with_its_caption() {
    let table = [
        (json!({"photo": [{}]}), "[photo]"),
        (json!({"photo": [{}], "caption": "a cat"}), "[photo] a cat"),
        (json!({"photo": [{}], "caption": "/reset"}), "[photo] /reset"),
        (json!({"voice": {"duration": 12}}), "[voice 12 s]"),
        (json!({"video_note": {"duration": 7}}), "[video note 7 s]"),
        (json!({"video": {"duration": 70}}), "[video 70 s]"),
        (
            json!({"audio": {"duration": 70, "title": "Blue", "performer": "J. M."}}),
            "[audio J. M. – Blue]",
        ),
        (
            json!({"document": {"file_name": "report.pdf"}, "caption": "read"}),
            "[document report.pdf] read",
        ),
        (json!({"document": {"file_name": "a]\n[b"}}), "[document a b]"),
        (json!({"document": {}}), "[document]"),
        (json!({"animation": {"duration": 3}, "document": {"file_name": "x.gif"}}), "[animation]"),
        (json!({"sticker": {"emoji": "😀"}}), "[sticker 😀]"),
        (
            json!({"location": {"latitude": 48.85, "longitude": 2.35}}),
            "[location 48.85000, 2.35000]",
        ),
        (json!({"venue": {"title": "Louvre"}, "location": {}}), "[place Louvre]"),
        (json!({"contact": {"first_name": "Bo", "phone_number": "+33 1"}}), "[contact Bo +33 1]"),
        (json!({"poll": {"question": "When?"}}), "[poll When?]"),
        (json!({"dice": {"emoji": "🎲", "value": 4}}), "[dice 🎲 4]"),
        (json!({"rich_message": {"blocks": []}}), "[rich message]"),
    ];
    for (fields, expected) in table {
        assert_eq!(text_of(direct(fields)), expected);
    }
    let caption = json!({"photo": [{}], "caption": "@ourbot look",
        "caption_entities": [{"type": "mention", "offset": 0, "length": 7}]});
    assert_eq!(said(in_group(caption)), ("[photo] look".to_owned(), true));
}

#[test]
fn a_chat_that_speaks_in_its_own_name_has_no_face() {
    let group = json!({"id": -1001, "type": "supergroup", "title": "Team"});
    let channel = json!({"id": -1009, "type": "channel", "title": "News"});
    let anonymous = json!({"id": 1_087_968_824, "is_bot": true, "first_name": "Group"});
    let speaks = |chat: Value, from: Value| {
        let said =
            event("message", in_group(json!({"text": "x", "sender_chat": chat, "from": from})));
        (said.peer.id, said.peer.name, said.faceless, said.admin)
    };
    let expected = ("-1001".to_owned(), "Team".to_owned(), true, Some(true));
    assert_eq!(speaks(group, anonymous), expected);
    let expected = ("-1009".to_owned(), "News".to_owned(), true, Some(false));
    let stand_in = json!({"id": 136_817_688, "is_bot": true, "first_name": "Channel"});
    assert_eq!(speaks(channel, stand_in), expected);
    assert_eq!(event("message", in_group(json!({"text": "x"}))).admin, None);
}

#[test]
fn machines_and_the_chat_itself_are_not_heard() {
    let bot = json!({"id": 8, "is_bot": true, "first_name": "B"});
    let channel = json!({"id": -1009, "type": "channel", "title": "News"});
    for (fields, why) in [
        (json!({"text": "x", "via_bot": bot}), "through another bot"),
        (json!({"text": "x", "from": bot}), "another bot"),
        (json!({"text": "x", "from": bot, "sender_chat": channel}), "another bot"),
        (
            json!({"text": "x", "is_automatic_forward": true, "sender_chat": channel}),
            "automatic forward",
        ),
        (json!({"text": "x", "chat": channel}), "in a channel"),
        (json!({"new_chat_members": [bot]}), "service message"),
        (json!({"pinned_message": {"message_id": 1}}), "service message"),
        (json!({"forum_topic_created": {"name": "t"}}), "service message"),
    ] {
        assert_eq!(ignored("message", in_group(fields)), why);
    }
    assert_eq!(ignored("edited_message", in_group(json!({"text": "x"}))), "edited");
    assert_eq!(ignored("channel_post", in_group(json!({"text": "x"}))), "channel post");
}

#[test]
fn an_ephemeral_command_is_known_as_one() {
    let fields = json!({"text": "/session", "message_id": 0, "ephemeral_message_id": 4,
        "receiver_user": {"id": 500, "is_bot": true, "first_name": "B"}});
    let said = event("message", in_group(fields));
    assert_eq!(said.also, ["ephemeral:-1001:77:4:1800000000"]);
    assert_eq!((ticket(&said).message, ticket(&said).ephemeral), (None, Some(4)));
    assert!(matches!(said.body, Body::Text { addressed: true, .. }));
}

#[test]
fn a_press_knows_its_message() {
    let press = |message: Value| {
        json!({"id": "cb1", "from": {"id": 77, "first_name": "Ann"}, "chat_instance": "1",
            "data": "abc", "message": message})
    };
    let pressed = event(
        "callback_query",
        press(in_group(json!({"text": "list", "message_thread_id": 5, "is_topic_message": true}))),
    );
    assert_eq!(pressed.body, Body::Press { data: "abc".to_owned() });
    assert_eq!(
        (pressed.event.as_str(), pressed.also.as_slice()),
        ("update:9", ["callback:cb1".to_owned()].as_slice())
    );
    assert_eq!((pressed.chat.as_str(), pressed.thread.as_deref()), ("-1001", Some("5")));
    assert_eq!((pressed.said_at, pressed.peer.id.as_str()), (None, "77"));
    let found = ticket(&pressed);
    assert_eq!(
        (found.message, found.ephemeral, found.press.as_deref()),
        (Some(11), None, Some("cb1"))
    );
    assert_eq!(found.name.as_deref(), Some("Ann"));

    let gone = json!({"chat": {"id": -1001, "type": "group"}, "message_id": 4, "date": 0});
    assert_eq!(ticket(&event("callback_query", press(gone))).message, Some(4));
    let ephemeral = in_group(json!({"message_id": 0, "ephemeral_message_id": 8}));
    assert_eq!(ticket(&event("callback_query", press(ephemeral))).ephemeral, Some(8));
    let inline = json!({"id": "cb", "from": {"id": 7}, "inline_message_id": "i", "data": "x"});
    assert_eq!(ignored("callback_query", inline), "press in an inline message");
}

#[test]
fn a_migration_counts_once() {
    let old =
        json!({"migrate_to_chat_id": -1002, "chat": {"id": -5, "type": "group", "title": "Team"}});
    let new = json!({"migrate_from_chat_id": -5, "from": null,
        "chat": {"id": -1002, "type": "supergroup", "title": "Team"}});
    for fields in [old, new] {
        let moved = event("message", in_group(fields));
        assert_eq!(moved.body, Body::Moved { to: "-1002".to_owned() });
        assert_eq!((moved.chat.as_str(), moved.direct), ("-5", false));
        assert_eq!(moved.also, ["moved:-5:-1002"]);
    }
}

#[test]
fn being_put_out_or_blocked_is_an_event() {
    let change = |status: &str, kind: &str| {
        json!({"chat": {"id": 77, "type": kind}, "from": {"id": 77, "first_name": "Ann"}, "date": 1_800_000_000,
            "old_chat_member": {"status": "member"}, "new_chat_member": {"status": status}})
    };
    let blocked = event("my_chat_member", change("kicked", "private"));
    assert_eq!((blocked.body, blocked.direct), (Body::Gone, true));
    assert_eq!(event("my_chat_member", change("left", "group")).body, Body::Gone);
    assert_eq!(ignored("my_chat_member", change("member", "private")), "joined");
    assert_eq!(ignored("my_chat_member", change("administrator", "group")), "joined");
    assert_eq!(ignored("my_chat_member", change("left", "channel")), "membership in a channel");
}

#[test]
fn what_cannot_be_read_is_kept_as_it_came() {
    let kept = event(
        "stopped_message_generation",
        json!({"chat": {"id": 77, "type": "private"}, "draft_id": 3}),
    );
    assert_eq!((kept.chat.as_str(), kept.direct, kept.event.as_str()), ("77", true, "update:9"));
    let Body::Raw { kind, json } = kept.body else { panic!("read") };
    assert_eq!(kind, "stopped_message_generation");
    assert_eq!(
        serde_json::from_str::<Value>(&json).unwrap()["stopped_message_generation"]["draft_id"],
        3
    );

    // A message that holds nothing known, and one whose fields are of other types.
    for body in [in_group(json!({"hologram": {}})), json!({"date": "today"}), json!("x")] {
        let kept = event("message", body);
        assert!(matches!(kept.body, Body::Raw { kind, .. } if kind == "message"));
    }
    assert_eq!(
        event("poll_answer", json!({"poll_id": "1", "user": {"id": 7, "first_name": "Bo"}}))
            .peer
            .id,
        "7"
    );
    assert!(
        matches!(event(&"k".repeat(900), json!(1)).body, Body::Raw { kind, .. } if kind.len() == 40)
    );
    assert_eq!(incoming(&json!({"update_id": 9}), ACCOUNT, ME), Translated::Ignored("empty"));
    assert_eq!(incoming(&json!([1]), ACCOUNT, ME), Translated::Ignored("no update"));
}
