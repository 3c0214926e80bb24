//! What cannot be brought in, and in which words that is said.

use serde_json::{Value, json};

use super::*;

fn sound() -> Value {
    json!({
        "format": "sessionsd-session",
        "version": 1,
        "session": {
            "title": "Moving house",
            "createdAt": "2026-11-22T18:03:11.000Z",
            "usage": { "inputTokens": 500, "outputTokens": 200 },
        },
        "checkpoints": [
            { "position": 2, "name": "before it", "createdAt": "2026-11-22T18:03:13.000Z" },
        ],
        "messages": [
            { "position": 1, "role": "user", "content": "a", "createdAt": "2026-11-22T18:03:11Z" },
            {
                "position": 2, "role": "assistant", "content": "b", "answersTo": 1,
                "createdAt": "2026-11-22T19:03:12.5+01:00",
            },
        ],
    })
}

#[track_caller]
fn check(json: &str, words: &str) {
    let refusal = read(json).expect_err("a refusal");
    assert_eq!(refusal.to_string(), format!("This cannot be imported: {words}."));
}

/// Checks what is said of the sound file with one value changed; `null` takes it out.
#[track_caller]
fn check_changed(pointer: &str, value: Value, words: &str) {
    let mut file = sound();
    *file.pointer_mut(pointer).expect("a field of the sound file") = value;
    check(&file.to_string(), words);
}

#[test]
fn a_sound_file_is_read() {
    let mut file = sound();
    file["later"] = json!({ "unknown": [1, 2] });
    file["messages"][0]["later"] = json!(true);
    let read = read(&format!("\u{feff}{file:#}")).expect("it is sound");
    assert_eq!(read.title.as_deref(), Some("Moving house"));
    assert_eq!(read.usage, Usage { input_tokens: 500, output_tokens: 200 });
    assert_eq!(read.messages[1].created_at, Timestamp::from_millis(1_795_370_592_500));
    assert_eq!(read.messages[1].words.answers_to, Some(1));
    assert_eq!(read.checkpoints[0].position, 2);
}

#[test]
fn what_is_no_export_is_refused() {
    let other = "it is no session export; give the file that an export as JSON made";
    for json in ["{}", "[]", "7", "{\"format\": \"csv\"}", "{\"format\": 1, \"version\": 1}"] {
        check(json, other);
    }
    for json in ["", "{\"format\": \"sessionsd-session\", \"ver"] {
        let words =
            "it ends too early, so a part is missing; give the whole file that the export made";
        check(json, words);
    }
    let words = "at line 2, column 1 it is no JSON; give the file that the export made";
    check("{\nformat", words);
    let huge = " ".repeat((64 << 20) + 1);
    let words = "it has more than 64 MiB, the most that can be brought in; take messages off its end, and give what is left";
    check(&huge, words);
}

#[test]
fn other_versions_are_refused() {
    let words =
        "it is of version 2, and only version 1 is known here; update this program, then try again";
    check_changed("/version", json!(2), words);
    let words = "it does not say which version it is; \"version\" should be 1";
    for version in [json!(0), json!(null)] {
        check_changed("/version", version, words);
    }
}

#[test]
fn fields_of_the_wrong_kind_are_refused_without_quoting_them() {
    for (pointer, value) in [
        ("/messages/0/position", json!("my secret")),
        ("/messages/0/position", json!(-1)),
        ("/messages/1/content", json!(null)),
        ("/session/usage", json!({ "inputTokens": "my secret" })),
        ("/checkpoints", json!(null)),
        ("/session", json!("my secret")),
    ] {
        let mut file = sound();
        *file.pointer_mut(pointer).unwrap() = value;
        let words = read(&file.to_string()).expect_err("a refusal").to_string();
        assert!(words.contains(" a field is missing or is not of the right kind; give"), "{words}");
        assert!(!words.contains("secret"), "{words}");
    }
}

#[test]
fn messages_are_checked() {
    for (pointer, value, words) in [
        (
            "/messages/1/position",
            json!(3),
            "message 2 says that it is at position 3; messages should be numbered 1, 2, 3 and so on",
        ),
        (
            "/messages/0/role",
            json!("tool"),
            "the role of message 1 is not known; it should be user, assistant or system",
        ),
        (
            "/messages/0/createdAt",
            json!("yesterday"),
            "createdAt of message 1 is no time; it should be like 2026-11-22T18:03:11.000Z",
        ),
        (
            "/messages/1/answersTo",
            json!(2),
            "message 2 should answer one before it; correct its answersTo",
        ),
    ] {
        check_changed(pointer, value, words);
    }
}

#[test]
fn sessions_and_checkpoints_are_checked() {
    for (pointer, value, words) in [
        (
            "/session/createdAt",
            json!("2026-11-22"),
            "createdAt of the session is no time; it should be like 2026-11-22T18:03:11.000Z",
        ),
        ("/session/title", json!(" "), "the title of the session is empty; give it one"),
        (
            "/session/title",
            json!("x".repeat(101)),
            "the title of the session is too long; shorten it to 100 characters",
        ),
        (
            "/checkpoints/0/name",
            json!("a\u{202e}b"),
            "the name of checkpoint 1 has a control or direction-override character; take it out",
        ),
        (
            "/checkpoints/0/position",
            json!(3),
            "checkpoint 1 is after message 3, and there are only 2; correct its position or take it out",
        ),
        (
            "/checkpoints/0/createdAt",
            json!(""),
            "createdAt of checkpoint 1 is no time; it should be like 2026-11-22T18:03:11.000Z",
        ),
    ] {
        check_changed(pointer, value, words);
    }
    let many = vec![sound()["checkpoints"][0].clone(); 10_001];
    let words = "it has 10001 checkpoints, and at most 10000 can be brought in; take some out";
    check_changed("/checkpoints", json!(many), words);
}
