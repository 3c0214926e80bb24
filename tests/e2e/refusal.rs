//! What is refused, in the words that a person sees. Nothing is changed by any of it.

use e2e::Home;

fn talk(lines: &str) -> String {
    let home = Home::new();
    home.talk(|ann| {
        let told = ann.talk(lines);
        let rest = ann.talk("/undo\n/session reset-time");
        assert!(rest.contains("nothing to undo") && rest.contains("Daily reset: off"), "{rest}");
        told
    })
}

#[test]
fn what_is_no_command() {
    insta::assert_snapshot!(talk(
        "/nwe
         /sesion list
         /teleport
         /save
         /reset-time
         /h
         /un
         /session lsit
         /session re
         /checkpoint
         /checkpoint frobnicate
         /history 2 3
         /history backwards
         /context strategy clever"
    ), @r"
    > /nwe
    I don't know /nwe. Did you mean /new? /help lists every command.
    > /sesion list
    I don't know /sesion. Did you mean /session? /help lists every command.
    > /teleport
    I don't know /teleport. /help lists every command.
    > /save
    I don't know /save. Did you mean /checkpoint save? /help lists every command.
    > /reset-time
    I don't know /reset-time. Did you mean /session reset-time? /help lists every command.
    > /h
    /h could be /help or /history. Write more of it.
    > /un
    /un could be /undo, /unpin or /unlink. Write more of it.
    > /session lsit
    I don't know “lsit” after /session. Did you mean list? Usage: /session [show | list | resume | rename | delete | scope | hear | reset-time | idle-reset | timezone]
    > /session re
    “re” could be resume, rename or reset-time. Usage: /session [show | list | resume | rename | delete | scope | hear | reset-time | idle-reset | timezone]
    > /checkpoint
    /checkpoint needs to know what to do. Usage: /checkpoint save | list | restore | delete
    > /checkpoint frobnicate
    I don't know “frobnicate” after /checkpoint. Usage: /checkpoint save | list | restore | delete
    > /history 2 3
    I don't expect “3” there. Usage: /history [n] | export | clear | search
    > /history backwards
    I don't know “backwards” after /history. Usage: /history [n] | export | clear | search
    > /context strategy clever
    “clever” is not recent, smart or summarize. Usage: /context strategy recent | smart | summarize
    ");
}

#[test]
fn what_takes_something_away_must_be_written_whole() {
    insta::assert_snapshot!(talk(
        "/res
         /history cl
         /hist clear
         /session del s-zzzz
         /checkpoint del x
         /forg
         /unl"
    ), @r"
    > /res
    /reset takes something away, so its name must be written whole. Usage: /reset
    > /history cl
    /history clear takes something away, so its name must be written whole. Usage: /history clear
    > /hist clear
    /history clear takes something away, so its name must be written whole. Usage: /history clear
    > /session del s-zzzz
    /session delete takes something away, so its name must be written whole. Usage: /session delete <id>
    > /checkpoint del x
    /checkpoint delete takes something away, so its name must be written whole. Usage: /checkpoint delete <id|name>
    > /forg
    /forget takes something away, so its name must be written whole. Usage: /forget [yes CODE]
    > /unl
    /unlink takes something away, so its name must be written whole. Usage: /unlink
    ");
}

#[test]
fn words_missing_and_words_too_many() {
    insta::assert_snapshot!(talk(
        "/session resume
         /session rename
         /session delete
         /checkpoint restore
         /checkpoint delete
         /checkpoint save x --
         /history search
         /undo twice
         /reset all
         /session list everything
         /session scope
         /session scope everyone
         /start now
         /checkpoint list all"
    ), @r#"
    > /session resume
    /session resume needs the id of a session. Usage: /session resume <id>
    > /session rename
    /session rename needs a title. Usage: /session rename "title"
    > /session delete
    /session delete needs the id of a session. Usage: /session delete <id>
    > /checkpoint restore
    /checkpoint restore needs the id or the name of a checkpoint. Usage: /checkpoint restore <id|name>
    > /checkpoint delete
    /checkpoint delete needs the id or the name of a checkpoint. Usage: /checkpoint delete <id|name>
    > /checkpoint save x --
    /checkpoint save needs a description after “--”. Usage: /checkpoint save ["name" ["description"]]
    > /history search
    /history search needs words to look for. Usage: /history search <words>
    > /undo twice
    I don't expect “twice” there. Usage: /undo
    > /reset all
    I don't expect “all” there. Usage: /reset
    > /session list everything
    I don't expect “everything” there. Usage: /session list [all]
    > /session scope
    Scope: channel (one session per person in this chat). /session scope sets it: main, channel, peer.
    > /session scope everyone
    “everyone” is not main, channel, peer or group. Usage: /session scope main | channel | peer | group
    > /start now
    Welcome. Write, and it is kept. What you say here is kept as your own session; nobody else sees it.
    /session shows where you are, /checkpoint save names this point, /undo takes back, /help lists every command.
    > /checkpoint list all
    I don't expect “all” there. Usage: /checkpoint list
    "#);
}

#[test]
fn times_and_lengths_that_cannot_be() {
    insta::assert_snapshot!(talk(
        "/session reset-time 25:99
         /session reset-time noon
         /session reset-time 24:00
         /session reset-time 1:2:3
         /session idle-reset 0
         /session idle-reset 43201
         /session idle-reset 31d
         /session idle-reset -5
         /session idle-reset soon
         /session idle-reset 99999999999999999999h
         /history 0
         /history -1
         /history 99999999999999999999"
    ), @r"
    > /session reset-time 25:99
    I can't read “25:99” as a time. Usage: /session reset-time HH:MM | off
    > /session reset-time noon
    I can't read “noon” as a time. Usage: /session reset-time HH:MM | off
    > /session reset-time 24:00
    I can't read “24:00” as a time. Usage: /session reset-time HH:MM | off
    > /session reset-time 1:2:3
    I can't read “1:2:3” as a time. Usage: /session reset-time HH:MM | off
    > /session idle-reset 0
    “0” is out of range: 1 minute to 30 days. Usage: /session idle-reset 30 | 30m | 2h | off
    > /session idle-reset 43201
    “43201” is out of range: 1 minute to 30 days. Usage: /session idle-reset 30 | 30m | 2h | off
    > /session idle-reset 31d
    “31d” is out of range: 1 minute to 30 days. Usage: /session idle-reset 30 | 30m | 2h | off
    > /session idle-reset -5
    I can't read “-5” as a length of time. Usage: /session idle-reset 30 | 30m | 2h | off
    > /session idle-reset soon
    I can't read “soon” as a length of time. Usage: /session idle-reset 30 | 30m | 2h | off
    > /session idle-reset 99999999999999999999h
    “99999999999999999999h” is out of range: 1 minute to 30 days. Usage: /session idle-reset 30 | 30m | 2h | off
    > /history 0
    “0” is out of range: 1 to 1000 messages. Usage: /history [n] | export | clear | search
    > /history -1
    “-1” is out of range: 1 to 1000 messages. Usage: /history [n] | export | clear | search
    > /history 99999999999999999999
    “99999999999999999999” is out of range: 1 to 1000 messages. Usage: /history [n] | export | clear | search
    ");
}

#[test]
fn bounds_themselves_are_allowed() {
    insta::assert_snapshot!(Home::new().talk(|ann| ann.talk(
        "/session idle-reset 1
         /session idle-reset 30d
         /session reset-time 23:59"
    )), @r"
    > /session idle-reset 1
    Daily reset: off
    Idle reset: after 1 minute without a message
    Next reset: 2026-01-05 12:01 UTC (idle for 1 minute)
    > /session idle-reset 30d
    Daily reset: off
    Idle reset: after 30 days without a message
    Next reset: 2026-02-04 12:00 UTC (idle for 30 days)
    > /session reset-time 23:59
    Daily reset: daily at 23:59 UTC
    Idle reset: after 30 days without a message
    Next reset: 2026-01-05 23:59 UTC (daily reset 23:59 UTC)
    ");
}

#[test]
fn zones_that_are_not_there() {
    insta::assert_snapshot!(talk(
        "/session timezone Europe/Pariss
         /session timezone Mars/Olympus
         /session timezone +02:00
         /session timezone"
    ), @r"
    > /session timezone Europe/Pariss
    I don't know the time zone “Europe/Pariss”. Did you mean Europe/Paris?
    > /session timezone Mars/Olympus
    I don't know the time zone “Mars/Olympus”. Zones are named by area and city, such as Europe/Paris.
    > /session timezone +02:00
    I don't know the time zone “+02:00”. Zones are named by area and city, such as Europe/Paris.
    > /session timezone
    Time zone: UTC. It is 2026-01-05 12:00 UTC there.
    ");
}

#[test]
fn quotes_and_names_that_cannot_be() {
    let long = "n".repeat(101);
    let described = "d".repeat(501);
    insta::assert_snapshot!(talk(&format!(
        "/checkpoint save \"before
         /checkpoint save “before
         /checkpoint save \"a\"b
         /checkpoint save \"\"
         /session rename \"\"
         /checkpoint save a\u{7}b
         /checkpoint save a\u{202e}b
         /session rename \"a\u{2066}b\"
         /checkpoint save {long}
         /session rename {long}
         /checkpoint save x -- {described}"
    )), @r#"
    > /checkpoint save "before
    The quote " is never closed. Usage: /checkpoint save ["name" ["description"]]
    > /checkpoint save “before
    The quote “ is never closed. Usage: /checkpoint save ["name" ["description"]]
    > /checkpoint save "a"b
    A space must follow the closing quote ". Usage: /checkpoint save ["name" ["description"]]
    > /checkpoint save ""
    The name is empty. Usage: /checkpoint save ["name" ["description"]]
    > /session rename ""
    The title is empty. Usage: /session rename "title"
    > /checkpoint save a\u{7}b
    The name holds a character that may not be in it: U+0007. Usage: /checkpoint save ["name" ["description"]]
    > /checkpoint save a\u{202e}b
    The name holds a character that may not be in it: U+202E. Usage: /checkpoint save ["name" ["description"]]
    > /session rename "a\u{2066}b"
    The title holds a character that may not be in it: U+2066. Usage: /session rename "title"
    > /checkpoint save nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn… (118 characters)
    The name is too long: 100 characters is the most. Nothing was cut off or kept. Usage: /checkpoint save ["name" ["description"]]
    > /session rename nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn… (117 characters)
    The title is too long: 100 characters is the most. Nothing was cut off or kept. Usage: /session rename "title"
    > /checkpoint save x -- dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd… (523 characters)
    The description is too long: 500 characters is the most. Nothing was cut off or kept. Usage: /checkpoint save ["name" ["description"]]
    "#);
}

#[test]
fn a_name_of_exactly_the_length_that_is_allowed() {
    let longest = "ñ".repeat(100);
    let saved = Home::new().talk(|ann| ann.answer(&format!("/checkpoint save {longest}")));
    assert!(saved.contains(&longest), "{saved}");
}

#[test]
fn lines_that_are_too_long() {
    let (long, words) = ("x".repeat(4_100), "w ".repeat(40));
    insta::assert_snapshot!(Home::new().talk(|ann| [
        ann.answer(&format!("/session rename {long}")),
        ann.answer(&format!("/checkpoint save {words}")),
        ann.answer(&format!("/undo {words}")),
        ann.answer(&"x".repeat(64 * 1024 + 1)),
        ann.answer(&format!("/new {}", "x".repeat(64 * 1024 + 1))),
        ann.answer("/history"),
    ].join("\n")), @r#"
    The line is too long: 4,096 characters is the most. Nothing was cut off or kept. Usage: /session rename "title"
    These are too many words: 32 is the most. What is in quotes counts as one. Usage: /checkpoint save ["name" ["description"]]
    These are too many words: 32 is the most. What is in quotes counts as one. Usage: /undo
    The message is too long: 64 KiB is the most. Nothing was cut off or kept.
    The text is too long: 64 KiB is the most. Nothing was cut off or kept. Usage: /new [text]
    Session s-1 is empty.
    "#);
}

#[test]
fn ids_and_names_that_are_not_here() {
    insta::assert_snapshot!(talk(
        "/session resume s-zzzz
         /session resume nonsense
         /session delete s-zzzz
         /session resume c-zzzz
         /checkpoint restore c-zzzz
         /checkpoint restore before refactor
         /checkpoint delete c-zzzz"
    ), @r"
    > /session resume s-zzzz
    There is no session “s-zzzz” here. /session list shows them.
    > /session resume nonsense
    There is no session “nonsense” here. /session list shows them.
    > /session delete s-zzzz
    There is no session “s-zzzz” here. /session list shows them.
    > /session resume c-zzzz
    There is no session “c-zzzz” here. /session list shows them.
    > /checkpoint restore c-zzzz
    There is no checkpoint “c-zzzz” here. /checkpoint list shows them.
    > /checkpoint restore before refactor
    There is no checkpoint “before refactor” here. /checkpoint list shows them.
    > /checkpoint delete c-zzzz
    There is no checkpoint “c-zzzz” here. /checkpoint list shows them.
    ");
}

#[test]
fn a_name_that_fits_several_lists_them() {
    insta::assert_snapshot!(talk(
        "one
         two
         /checkpoint save twice
         three
         /checkpoint save twice
         /checkpoint restore twice
         /checkpoint delete twice
         /history"
    ), @r"
    > one
    Kept as message 1. No assistant is configured, so nobody answers.
    > two
    Kept as message 2. No assistant is configured, so nobody answers.
    > /checkpoint save twice
    Saved checkpoint c-1 “twice” (2 messages).
    > three
    Kept as message 3. No assistant is configured, so nobody answers.
    > /checkpoint save twice
    Saved checkpoint c-2 “twice” (3 messages).
    > /checkpoint restore twice
    “twice” fits several:
    c-2  “twice”, 3 messages, 2026-01-05 12:00 UTC
    c-1  “twice”, 2 messages, 2026-01-05 12:00 UTC
    Name one by its id.
    > /checkpoint delete twice
    “twice” fits several:
    c-2  “twice”, 3 messages, 2026-01-05 12:00 UTC
    c-1  “twice”, 2 messages, 2026-01-05 12:00 UTC
    Name one by its id.
    > /history
    Session s-1, messages 1 to 3 of 3

    #1 user · 2026-01-05 12:00 UTC
    one

    #2 user · 2026-01-05 12:00 UTC
    two

    #3 user · 2026-01-05 12:00 UTC
    three
    ");
}

#[test]
fn a_beginning_that_fits_several_lists_them() {
    let home = Home::new();
    home.talk(|ann| {
        // Of 33 ids two begin with the same of 32 letters.
        let mut firsts = Vec::new();
        let shared = loop {
            ann.says("/checkpoint save");
            let saved = ann.hears().text;
            let first = saved.split("c-").nth(1).and_then(|id| id.chars().next()).unwrap();
            if firsts.contains(&first) {
                break first;
            }
            firsts.push(first);
        };
        let refused = ann.asks(&format!("/checkpoint restore c-{shared}")).text;
        let mut lines = refused.lines();
        assert_eq!(lines.next(), Some(format!("“c-{shared}” fits several:").as_str()));
        assert_eq!(
            lines.clone().filter(|line| line.starts_with(&format!("c-{shared}"))).count(),
            2
        );
        assert_eq!(lines.next_back(), Some("Name one by its id."));
    });
}

#[test]
fn nothing_to_take_back_do_again_clear_or_export() {
    insta::assert_snapshot!(talk(
        "/undo
         /redo
         /history clear
         /history export
         /unpin"
    ), @r"
    > /undo
    There is nothing to undo here (undo goes back 7 days).
    > /redo
    There is nothing to redo here.
    > /history clear
    This conversation is empty already.
    > /history export
    There is nothing to export: this conversation is empty.
    > /unpin
    That message is not pinned.
    ");
}

#[test]
fn the_session_that_is_current_cannot_be_resumed() {
    insta::assert_snapshot!(Home::new().talk(|ann| ann.talk(
        "/session
         /session resume s-1"
    )), @r"
    > /session
    Session s-1
    Scope: channel (one session per person in this chat)
    Started: 2026-01-05 12:00 UTC
    Last activity: just now
    Messages: 0
    Tokens: 0 in, 0 out
    Checkpoints: 0
    Daily reset: off
    Idle reset: off
    Encryption: on (AES-256-GCM)
    Context: smart (instructions, the first question, what is important, then the newest)
    > /session resume s-1
    That session is the current one already.
    ");
}
