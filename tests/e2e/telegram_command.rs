//! Every command on Telegram, in a private chat: what is typed, and the message that comes back as it was sent, formatting,
//! files and buttons with it. Each story is told to a server of today and to one of Bot API 9.1.

#![allow(clippy::too_many_lines, reason = "a story is as long as what is said in it")]

use e2e::{Daemon, FakeTelegram, Person};

/// Tells a story to Ann and her bot, at both servers. She owns it.
fn story(tell: impl Fn(&Daemon, &Person)) {
    insta::allow_duplicates! {
        for telegram in [FakeTelegram::start(), FakeTelegram::older()] {
            let ann = telegram.person("Ann");
            let bot = Daemon::beside(&telegram).owned_by(&[&ann]).start();
            tell(&bot, &ann);
        }
    }
}

#[test]
fn every_command_of_the_first_page_does_what_it_says() {
    story(|bot, ann| {
        insta::assert_snapshot!(bot.talk(ann,
            r#"What is my portfolio value?
               /session
               /new
               What about tomorrow?
               /session list
               /checkpoint save "before refactor"
               A word too many
               /checkpoint list
               /history
               /history export
               /history clear
               /history
               /checkpoint restore c-1
               /history
               /checkpoint delete c-1
               /checkpoint list
               /session scope main
               /session scope channel
               /session scope peer
               /session scope channel
               /session reset-time 00:00
               /session reset-time off
               /session idle-reset 30
               /reset"#
        ), @r#"
        > What is my portfolio value?
        Kept as message 1. No assistant is configured, so nobody answers.
        > /session
        Session s-1
        Scope: channel (one session per person in this chat)
        Started: DATE TIME UTC
        Last activity: just now
        Messages: 1
        Tokens: 0 in, 0 out
        Checkpoints: 0
        Daily reset: off
        Idle reset: off
        Encryption: on (AES-256-GCM)
        Context: smart (instructions, the first question, what is important, then the newest)
        > /new
        New session s-2. The one before, s-1 (1 message), is kept: /undo or /session resume s-1 goes back to it.
        [Undo]
        > What about tomorrow?
        Kept as message 1. No assistant is configured, so nobody answers.
        > /session list
        Active:
        s-2 “What about tomorrow?” · telegram · 1 message · just now ← here
        Past, in this conversation:
        s-1 “What is my portfolio value?” · telegram · 1 message · just now
        [Resume s-1]
        > /checkpoint save "before refactor"
        Saved checkpoint c-1 “before refactor” (1 message).
        > A word too many
        Kept as message 2. No assistant is configured, so nobody answers.
        > /checkpoint list
        1 checkpoint in this conversation, newest first:
        c-1 “before refactor” · 1 message · just now · session s-2
        [Restore c-1] [Delete c-1]
        > /history
        Session s-2, messages 1 to 2 of 2

        #1 user · DATE TIME UTC
        What about tomorrow?

        #2 user · DATE TIME UTC
        A word too many
        > /history export
        Exported 2 messages of session s-2 as session-s-2-DATE.md.
        File: session-s-2-DATE.md
        > /history clear
        Cleared 2 messages from session s-2; its settings and checkpoints stay. /undo brings them back.
        [Undo]
        > /history
        Session s-2 is empty.
        > /checkpoint restore c-1
        Restored checkpoint c-1 “before refactor” (1 message) in session s-2. /undo goes back.
        [Undo]
        > /history
        Session s-2, messages 1 to 1 of 1

        #1 user · DATE TIME UTC
        What about tomorrow?
        > /checkpoint delete c-1
        Deleted checkpoint c-1 “before refactor” (1 message). /undo brings it back.
        [Undo]
        > /checkpoint list
        No checkpoints here. /checkpoint save names this point.
        > /session scope main
        Scope is now main (one session for the whole store). Current session: s-3 (0 messages). Nothing was merged; the other sessions stay where they were. Beware: every owner shares this session, from every direct chat with this scope.
        > /session scope channel
        Scope is now channel (one session per person in this chat). Current session: s-2 (1 message). Nothing was merged; the other sessions stay where they were.
        > /session scope peer
        Scope is now peer (one session per person, over all channels). Current session: s-4 (0 messages). Nothing was merged; the other sessions stay where they were.
        > /session scope channel
        Scope is now channel (one session per person in this chat). Current session: s-2 (1 message). Nothing was merged; the other sessions stay where they were.
        > /session reset-time 00:00
        Daily reset: daily at 00:00 UTC
        Idle reset: off
        Next reset: DATE TIME UTC (daily reset 00:00 UTC)
        > /session reset-time off
        Daily reset: off
        Idle reset: off
        > /session idle-reset 30
        Daily reset: off
        Idle reset: after 30 minutes without a message
        Next reset: DATE TIME UTC (idle for 30 minutes)
        > /reset
        New session s-5. The one before, s-2 (1 message), is in the bin for 7 days: /undo brings it back.
        [Undo]
        "#);
    });
}

#[test]
fn the_other_commands_do_what_they_say() {
    story(|bot, ann| {
        insta::assert_snapshot!(bot.talk(ann,
            "/start
             /whoami
             /new  Let's talk
             two
             /undo
             /redo
             /pin
             /unpin
             /context
             /context strategy recent
             /session rename \"The <first> & last\"
             /session list
             /session list all
             /new
             /session resume s-1
             /session delete s-1
             /session timezone Asia/Tokyo
             /session reset_time off
             /history search two
             /history 1
             /help checkpoint save
             /checkpoint save before refactor -- all tests pass
             /checkpoint list
             /session scope
             /retry
             /stop
             /model
             /link
             /unlink
             /forget"
        ), @r#"
        > /start
        Welcome. Write, and it is kept. What you say here is kept as your own session; nobody else sees it.
        /session shows where you are, /checkpoint save names this point, /undo takes back, /help lists every command.
        > /whoami
        You: telegram:101
        Chat: telegram:101
        Owner: yes
        > /new  Let's talk
        Session s-1 was empty already, so it is used again. Your message is its first. No assistant is configured, so nobody answers.
        > two
        Kept as message 2. No assistant is configured, so nobody answers.
        > /undo
        There is nothing to undo here (undo goes back 7 days).
        > /redo
        There is nothing to redo here.
        > /pin
        Pinned message 2: “smart” contexts keep it. /unpin lets it go.
        > /unpin
        Message 2 is no longer pinned.
        > /context
        Context: smart (instructions, the first question, what is important, then the newest)
        Seen: 2 messages, 11 of 100000 tokens
          newest: 11 tokens
        Left out: 0 messages
        > /context strategy recent
        Context strategy: recent (the newest messages that fit).
        > /session rename "The <first> & last"
        Session s-1 is now called “The &lt;first&gt; &amp; last”.
        > /session list
        Active:
        s-1 “The &lt;first&gt; &amp; last” · telegram · 2 messages · just now ← here
        No past sessions here.
        > /session list all
        1 conversation, 2 messages in their current sessions. No text is shown here.
        > /new
        New session s-2. The one before, s-1 (2 messages), is kept: /undo or /session resume s-1 goes back to it.
        [Undo]
        > /session resume s-1
        Session s-1 (2 messages) is current again. s-2 (0 messages) is kept. /undo goes back to it.
        [Undo]
        > /session delete s-1
        New session s-3. The one before, s-1 (2 messages), is in the bin for 7 days: /undo brings it back.
        [Undo]
        > /session timezone Asia/Tokyo
        Asia/Tokyo is now your time zone. It is DATE TIME Asia/Tokyo (UTC+09:00) there.
        > /session reset_time off
        Daily reset: off
        Idle reset: off
        > /history search two
        Nothing found for “two” in 0 messages.
        > /history 1
        Session s-3 is empty.
        > /help checkpoint save
        /checkpoint save ["name" ["description"]]
        Save the conversation as it is now; without a name, date and time name it.

        name: What to call it (may be left out)
        description: What it is for (may be left out)

        For example:
        /checkpoint save
        /checkpoint save "before refactor"
        /checkpoint save before refactor -- all tests pass
        > /checkpoint save before refactor -- all tests pass
        Saved checkpoint c-1 “before refactor” (0 messages).
        > /checkpoint list
        1 checkpoint in this conversation, newest first:
        c-1 “before refactor” · 0 messages · just now · session s-3
            all tests pass
        [Restore c-1] [Delete c-1]
        > /session scope
        Scope: channel (one session per person in this chat). /session scope sets it: main, channel, peer.
        > /retry
        /retry is not available in this build yet. Nothing was changed.
        > /stop
        /stop is not available in this build yet. Nothing was changed.
        > /model
        /model is not available in this build yet. Nothing was changed.
        > /link
        /link is not available in this build yet. Nothing was changed.
        > /unlink
        /unlink is not available in this build yet. Nothing was changed.
        > /forget
        /forget is not available in this build yet. Nothing was changed.
        "#);
    });
}

#[test]
fn what_cannot_be_read_is_told_with_its_usage() {
    story(|bot, ann| {
        insta::assert_snapshot!(bot.talk(ann,
            "/session reset-time 25:99
             /teleport
             /checkpont save x
             /checkpoint
             /checkpoint save \"open
             /history -1
             /session timezone Europe/Pariss
             /session resume s-nowhere"
        ), @r#"
        > /session reset-time 25:99
        I can't read “25:99” as a time. Usage: /session reset-time HH:MM | off
        > /teleport
        I don't know /teleport. /help lists every command.
        > /checkpont save x
        I don't know /checkpont. Did you mean /checkpoint? /help lists every command.
        > /checkpoint
        /checkpoint needs to know what to do. Usage: /checkpoint save | list | restore | delete
        > /checkpoint save "open
        The quote " is never closed. Usage: /checkpoint save ["name" ["description"]]
        > /history -1
        “-1” is out of range: 1 to 1000 messages. Usage: /history [n] | export | clear | search
        > /session timezone Europe/Pariss
        I don't know the time zone “Europe/Pariss”. Did you mean Europe/Paris?
        > /session resume s-nowhere
        There is no session “s-nowhere” here. /session list shows them.
        "#);
    });
}

#[test]
fn exports_are_documents_with_the_name_and_the_content() {
    story(|bot, ann| {
        bot.talk(ann, "What is <b>my</b> portfolio & value?\n/checkpoint save \"before refactor\"\n**And** tomorrow?");
        let export = |line: &str| {
            let seen = bot.asks(ann, line);
            let document = seen.document.as_ref().expect("a document comes");
            format!("{}\n{}", bot.shows(&seen), bot.shown(document.text()))
        };
        insta::assert_snapshot!(export("/history export"), @r"
        Exported 2 messages of session s-1 as session-s-1-DATE.md.
        File: session-s-1-DATE.md
        # s-1

        - Session: s-1 (whole-id-of-s-1)
        - Started: DATE TIME UTC
        - Last activity: DATE TIME UTC
        - Scope: per-channel-peer
        - Messages: 2
        - Tokens: 0 in, 0 out
        - Checkpoints: 1
          - c-1 “before refactor”, after message 1, DATE TIME UTC

        ### User · DATE TIME UTC

        > What is &lt;b>my&lt;/b> portfolio & value?

        ### User · DATE TIME UTC

        > **And** tomorrow?
        ");
        insta::assert_snapshot!(export("/history export text"), @r"
        Exported 2 messages of session s-1 as session-s-1-DATE.txt.
        File: session-s-1-DATE.txt
        [DATE TIME] user: What is <b>my</b> portfolio & value?
        [DATE TIME] user: **And** tomorrow?
        ");
        let json = bot.asks(ann, "/history export json").document.expect("a document comes");
        assert!(json.name.ends_with(".json"), "{}", json.name);
        assert!(json.text().contains("What is <b>my</b> portfolio & value?"), "{}", json.text());
    });
}

#[test]
fn what_people_write_is_shown_as_they_wrote_it() {
    story(|bot, ann| {
        for said in [
            "<b>bold</b> & </pre> <tg-spoiler>",
            "a < b && b > c",
            "&lt;",
            "`x` ```y",
            "🦀 _*[](",
            "1\u{202e}2",
        ] {
            ann.says("/new");
            let _new = ann.hears();
            ann.says(said);
            let _kept = ann.hears();
            let shown = bot.asks(ann, "/history").text;
            let shown = shown.split_once(" UTC\n").expect("a message is shown with its time").1;
            let bare = |text: &str| text.replace(['`', '\u{202e}'], "");
            assert_eq!(bare(shown.trim()), bare(said), "{shown}");
        }
    });
}

#[test]
fn a_long_answer_comes_in_pieces_in_their_order_with_code_whole_in_each() {
    story(|bot, ann| {
        let lines: Vec<_> =
            (1..=400).map(|number| format!("line {number} of the code <&>")).collect();
        let text = lines.chunks(120).map(|lines| format!("```rust\n{}\n```", lines.join("\n")));
        for text in text {
            ann.says(&text);
            let _kept = ann.hears();
        }
        ann.says("/history");
        let mut seen = Vec::new();
        while !seen.contains(&"line 400 of the code <&>".to_owned()) {
            let piece = ann.hears();
            assert!(piece.text.encode_utf16().count() <= 4096);
            assert_eq!(piece.html.matches("<pre>").count(), piece.html.matches("</pre>").count());
            assert!(!piece.text.contains("```"), "{}", piece.text);
            let code = piece.text.lines().filter(|line| line.starts_with("line "));
            seen.extend(code.map(str::to_owned));
        }
        assert_eq!(seen, lines);
        assert_eq!(ann.unheard(), []);
        drop(bot.answer(ann, "/session"));
    });
}

#[test]
fn nothing_is_previewed_and_answers_are_html() {
    let telegram = FakeTelegram::start();
    let ann = telegram.person("Ann");
    let bot = Daemon::beside(&telegram).start();
    bot.talk(&ann, "https://example.org\n/history");
    telegram.look(|world| {
        for sent in world.requests_of("sendMessage") {
            assert_eq!(sent.params["parse_mode"], "HTML");
            assert_eq!(sent.params["link_preview_options"]["is_disabled"], true);
        }
    });
}

#[test]
fn menus_are_set_by_scope_and_only_when_they_changed() {
    let telegram = FakeTelegram::start();
    let mut bot = Daemon::beside(&telegram).start();
    bot.logs("the menu was seen to");
    let shown = |scope: &str| {
        telegram.look(|world| {
            let menu = world.menu(scope, "").expect("it is set").iter();
            let line = |item: &serde_json::Value| {
                let ephemeral = if item["is_ephemeral"] == true { " (ephemeral)" } else { "" };
                let text = |field: &str| item[field].as_str().unwrap_or_default().to_owned();
                format!("{}{ephemeral}: {}", text("command"), text("description"))
            };
            menu.map(line).collect::<Vec<_>>().join("\n")
        })
    };
    insta::assert_snapshot!(shown("all_private_chats"), @r"
    new: Start a new session; the present one is kept.
    reset: Put the session in the bin and start a new one; /undo brings it back.
    undo: Take back the last change, such as /new, /reset or /history clear.
    redo: Do again what /undo took back.
    context: Show what the assistant would see now, or choose how that is picked.
    pin: Keep a message in the assistant's view: the one replied to, else the last.
    unpin: Let go of a pinned message: the one replied to, else the last.
    help: List every command, or explain one.
    start: Say hello and tell how this works.
    whoami: Show the ids that an operator needs for the allow list.
    session: Show the session, list the others, and set when a new one starts.
    checkpoint: Save the conversation under a name, and come back to it.
    history: Show, export, clear or search what was said.
    ");
    let private = shown("all_private_chats");
    for scope in ["all_group_chats", "all_chat_administrators"] {
        assert_eq!(shown(scope).replace(" (ephemeral)", ""), private);
        assert_ne!(shown(scope), private);
    }
    insta::assert_snapshot!(telegram.look(|world| world.description("").map(str::to_owned)).expect("it is set"), @r"
    I keep what we talk about as sessions: with history, named checkpoints to come back to, and an undo for nearly everything.

    Write something to begin. /help lists the commands.
    ");
    let set = || {
        telegram.look(|world| {
            world.requests().iter().filter(|it| it.method.starts_with("setMy")).count()
        })
    };
    let once = set();
    bot.stops();
    bot.starts();
    let ann = telegram.person("Ann");
    bot.answer(&ann, "/start");
    bot.stops();
    assert_eq!(set(), once);
}
