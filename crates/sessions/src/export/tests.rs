//! What exports look like, what can not be made to look like one, and what cannot be brought in.

use proptest::prelude::*;

use super::*;
use crate::id::{CheckpointId, LaneId, SessionId, TimelineId};
use crate::model::{Author, Origin, Point, Role, SessionState, Spot, Timeline, Usage, Words};

const NOON: i64 = 1_795_341_791_000;

fn message(position: u64, role: Role, content: &str) -> Message {
    Message {
        point: Point { timeline: TimelineId::new([7; 16]), position },
        words: Words {
            role,
            content: content.to_owned(),
            author: None,
            usage: None,
            answers_to: None,
        },
        created_at: Timestamp::from_millis(NOON + i64::try_from(position).unwrap() * 1_000),
        importance: 0,
        tokens: None,
    }
}

fn by(name: &str, message: Message) -> Message {
    let author = Some(Author { peer: "telegram:7".to_owned(), name: name.to_owned() });
    Message { words: Words { author, ..message.words }, ..message }
}

fn session() -> Session {
    let at = Timestamp::from_millis(NOON);
    let timeline = Timeline { id: TimelineId::new([7; 16]), parent: None, tip: 2 };
    Session {
        id: SessionId::new([0x3a; 16]),
        lane: LaneId::new([1; 16]),
        created_at: at,
        state: SessionState::Current,
        state_since: at,
        end: Some(Spot { timeline, position: 2 }),
        title: Some("Moving *house*".to_owned()),
        origin: Origin {
            channel: "telegram-456".to_owned(),
            user: Some("user-123".to_owned()),
            peer: None,
        },
        last_activity_at: Timestamp::from_millis(NOON + 2_000),
        last_interaction_at: at,
        reset_baseline_at: at,
        usage: Usage { input_tokens: 500, output_tokens: 200 },
    }
}

fn exported(format: ExportFormat, session: &Session) -> String {
    let question = by("Ann_B", message(1, Role::User, "What now?\n\n```sh\nrm -rf <dir>"));
    let answer = message(2, Role::Assistant, "Close the `<dir>` fence, <b>please</b>.");
    let usage = Some(Usage { input_tokens: 500, output_tokens: 200 });
    let words = Words { usage, answers_to: Some(1), ..answer.words };
    let answer = Message { words, importance: crate::importance::PINNED, ..answer };
    let checkpoint = Checkpoint {
        id: CheckpointId::new([0x52; 16]),
        lane: session.lane,
        session: session.id,
        head: Some(question.point),
        name: "before [it]".to_owned(),
        description: Some("all was well".to_owned()),
        created_at: Timestamp::from_millis(NOON + 1_500),
        automatic: false,
        deleted_at: None,
    };
    let checkpoints = vec![checkpoint];
    let cover = Cover { session, messages: 2, scope: Scope::PerPeer, checkpoints };
    let mut document = Document::begin(format, Some(&cover));
    document.add(&question);
    document.add(&answer);
    document.finish()
}

#[test]
fn markdown_has_a_header_and_a_heading_for_each_message() {
    insta::assert_snapshot!(exported(ExportFormat::Markdown { metadata: true }, &session()), @r#"
    # Moving \*house\*

    - Session: s-78x3me (78x3meht78x3meht78x3meht78)
    - Started: 2026-11-22 10:03:11 UTC
    - Last activity: 2026-11-22 10:03:13 UTC
    - Scope: per-peer
    - Messages: 2
    - Tokens: 500 in, 200 out
    - Checkpoints: 1
      - c-a9954m “before \[it\]”, after message 1, 2026-11-22 10:03:12 UTC: all was well

    ### User · 2026-11-22 10:03:12 UTC · Ann\_B

    > What now?
    >
    > ```sh
    > rm -rf <dir>

    ### Assistant · 2026-11-22 10:03:13 UTC

    > Close the `<dir>` fence, &lt;b>please&lt;/b>.
    "#);
}

#[test]
fn markdown_without_metadata_is_the_messages() {
    let whole = exported(ExportFormat::Markdown { metadata: true }, &session());
    let bare = exported(ExportFormat::Markdown { metadata: false }, &session());
    assert!(bare.starts_with("### User · "));
    assert!(whole.ends_with(&bare));
}

#[test]
fn text_has_a_line_for_each_message() {
    insta::assert_snapshot!(exported(ExportFormat::Text, &session()), @r#"
    [2026-11-22 10:03:12] user (Ann_B): What now?

        ```sh
        rm -rf <dir>
    [2026-11-22 10:03:13] assistant: Close the `<dir>` fence, <b>please</b>.
    "#);
}

#[test]
fn json_has_a_line_for_each_message() {
    insta::assert_snapshot!(exported(ExportFormat::Json, &session()), @r#"
    {
    "format": "sessionsd-session",
    "version": 1,
    "session": {"id":"78x3meht78x3meht78x3meht78","title":"Moving *house*","createdAt":"2026-11-22T10:03:11.000Z","lastActivityAt":"2026-11-22T10:03:13.000Z","usage":{"inputTokens":500,"outputTokens":200},"origin":{"channel":"telegram-456","user":"user-123"}},
    "checkpoints": [
    {"id":"a9954mjja9954mjja9954mjja8","position":1,"name":"before [it]","description":"all was well","createdAt":"2026-11-22T10:03:12.500Z"}
    ],
    "messages": [
    {"position":1,"role":"user","content":"What now?\n\n```sh\nrm -rf <dir>","createdAt":"2026-11-22T10:03:12.000Z","author":{"peer":"telegram:7","name":"Ann_B"}},
    {"position":2,"role":"assistant","content":"Close the `<dir>` fence, <b>please</b>.","createdAt":"2026-11-22T10:03:13.000Z","usage":{"inputTokens":500,"outputTokens":200},"pinned":true,"answersTo":1}
    ]
    }
    "#);
}

#[test]
fn files_are_named_for_session_and_day() {
    let at = Timestamp::from_millis(NOON);
    for (format, name) in [
        (ExportFormat::Markdown { metadata: true }, "session-78x3me-2026-11-22.md"),
        (ExportFormat::Json, "session-78x3me-2026-11-22.json"),
        (ExportFormat::Text, "session-78x3me-2026-11-22.txt"),
    ] {
        assert_eq!(file_name(&session(), format, at), name);
    }
}

#[test]
fn an_untitled_session_is_headed_by_its_id() {
    let untitled = Session { title: None, ..session() };
    let text = exported(ExportFormat::Markdown { metadata: true }, &untitled);
    assert!(text.starts_with(&format!("# {}\n", untitled.id.short())), "{text}");
}

#[track_caller]
fn check_quote(content: &str, expected: &str) {
    let text = markdown_messages(&[message(1, Role::User, content)]);
    let (_, quote) = text.split_once("\n\n").unwrap();
    assert_eq!(quote.strip_suffix("\n\n"), Some(expected), "{content:?}");
}

#[test]
fn what_reaches_beyond_a_quote_is_escaped_unless_it_is_code() {
    for (content, expected) in [
        ("", ">"),
        ("### User · now\r\n---\rx", "> ### User · now\n> ---\n> x"),
        ("a < b <3 <b> </b> <!-- <?", "> a < b <3 &lt;b> &lt;/b> &lt;!-- &lt;?"),
        ("\\<b> \\\\<b>", "> &lt;b> \\\\&lt;b>"),
        ("[a](b) [x]: y", "> [a](b) [x\\]: y"),
        ("`Vec<T>` and ``a`<b>``", "> `Vec<T>` and ``a`<b>``"),
        ("`open <b>\n`<i>`\n\n`<u>`", "> `open &lt;b>\n> `&lt;i>`\n>\n> `<u>`"),
        ("| `a | <b>` |", "> | `a | &lt;b>` |"),
        ("http://a`<b>` \\`<b>`", "> http://a`&lt;b>` \\`&lt;b>`"),
        ("```\n<b>\n````\n<i>", "> ```\n> <b>\n> ````\n> &lt;i>"),
        ("```\n<b>\n``` x\n<i>", "> ```\n> <b>\n> ``` x\n> <i>"),
        ("~~~\n<b>\n\t~~~\n<i>", "> ~~~\n> <b>\n> \t~~~\n> &lt;i>"),
        ("- ```\n  <b>\n  ```\n\n```\n<i>", "> - ```\n>   &lt;b>\n>   ```\n>\n\n> ```\n> <i>"),
        (" ```\n<b>\n```\n<i>", ">  ```\n> &lt;b>\n> ```\n> &lt;i>"),
        ("a\0b\u{1b}[31m\u{2028}c", "> a\u{fffd}b\u{fffd}[31m\n> c"),
    ] {
        check_quote(content, expected);
    }
}

/// Text in which there is much that a document is made of.
fn trouble() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("\n".to_owned()),
        Just("\n\n".to_owned()),
        Just("### User · 2026-11-22 18:03:11 UTC".to_owned()),
        Just("[2026-11-22 18:03:11] user: ".to_owned()),
        "(\r\n|\r|\u{b}|\u{c}|\u{85}|\u{2028}|\0|\u{202e})",
        "[ \t]{0,5}(`{1,5}|~{3,4})( ?[a-z]{0,2})",
        "[-+*>#=|$\\\\1.)\\[\\]: ]{1,4}",
        "(</?(b|h3|script|details|pre)>|<!--|-->|<\\?)",
        "\\PC{0,6}",
    ];
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

fn count_lines(text: &str, begin: &str) -> usize {
    lines(text).filter(|line| line.starts_with(begin)).count()
}

proptest! {
    #[test]
    fn no_words_can_forge_a_message(said in prop::collection::vec((trouble(), trouble()), 0..6)) {
        let messages: Vec<Message> = (1..)
            .zip(&said)
            .map(|(position, (name, content))| by(name, message(position, Role::User, content)))
            .collect();

        let markdown = markdown_messages(&messages);
        prop_assert_eq!(count_lines(&markdown, "### User · 20"), messages.len(), "{}", &markdown);
        let ours = lines(&markdown).filter(|line| !line.is_empty() && !line.starts_with('>'));
        prop_assert_eq!(ours.count(), messages.len(), "{}", &markdown);

        let text = text_messages(&messages);
        let begun = lines(&text).filter(|line| !line.is_empty() && !line.starts_with("    "));
        prop_assert_eq!(begun.count(), messages.len(), "{}", &text);
        prop_assert_eq!(count_lines(&text, "["), messages.len(), "{}", &text);
    }

    #[test]
    fn nothing_in_a_document_commands_a_terminal(content in trouble(), name in trouble()) {
        let messages = [by(&name, message(1, Role::User, &content))];
        for text in [markdown_messages(&messages), text_messages(&messages)] {
            prop_assert!(text.chars().all(|c| matches!(c, '\n' | '\t') || !c.is_control()));
        }
    }
}
