//! Every command on Discord, in a direct channel: typed raw, and filled in as the client offers it. Both are answered by
//! the same message, as it was sent: markdown, cards, files, buttons and menus.

#![allow(clippy::too_many_lines, reason = "a story is as long as what is said in it")]

use e2e::discord::{Person, Seen};
use e2e::{Daemon, FakeDiscord};

/// Tells a story to Ann and her bot. She owns it.
fn story(tell: impl FnOnce(&Daemon, &Person)) {
    let discord = FakeDiscord::start();
    let ann = discord.person("Ann");
    let bot = Daemon::beside(&discord).owned_by(&[&ann]).start();
    discord.connected();
    tell(&bot, &ann);
}

/// A talk told twice, each time to a bot of its own: once every line is typed, once every command is filled in. What
/// stands behind `=>` is how a command is filled in; without it, it is a message, which is typed both times. The answers
/// must be the same.
fn both(lines: &str) -> String {
    let mut told = String::new();
    story(|typed, ann| {
        story(|filled, anna| {
            for line in lines.lines().map(str::trim) {
                let (type_it, fill_it) = match line.split_once(" => ") {
                    Some((type_it, fill_it)) => (type_it, Some(fill_it)),
                    None => (line, None),
                };
                let answer = typed.types(ann, type_it);
                let same = match fill_it {
                    Some(fill_it) => filled.runs(anna, fill_it),
                    None => filled.types(anna, type_it),
                };
                assert_eq!(answer, same, "{line}");
                told.push_str(&format!("> {type_it}\n{answer}\n"));
            }
        });
    });
    told
}

#[test]
fn every_command_of_the_first_page_does_what_it_says() {
    insta::assert_snapshot!(both(
        r#"What is my portfolio value?
           /session => /session show
           /new => /new
           What about tomorrow?
           /session list => /session list
           /checkpoint save "before refactor" => /checkpoint save name:before refactor
           A word too many
           /checkpoint list => /checkpoint list
           /history => /history show
           /history export => /history export
           /history clear => /history clear
           /history => /history show
           /checkpoint restore c-1 => /checkpoint restore checkpoint:c-1
           /history => /history show
           /checkpoint delete c-1 => /checkpoint delete checkpoint:c-1
           /checkpoint list => /checkpoint list
           /session scope main => /session scope scope:main
           /session scope channel => /session scope scope:channel
           /session scope peer => /session scope scope:peer
           /session scope channel => /session scope scope:channel
           /session reset-time 00:00 => /session reset-time time:00:00
           /session reset-time off => /session reset-time time:off
           /session idle-reset 30 => /session idle-reset after:30
           /reset => /reset"#
    ), @r#"
    > What is my portfolio value?
    Kept as message 1. No assistant is configured, so nobody answers.
    > /session
    | **Session s-1**
    | Scope = channel (one session per person in this chat)
    | Started = DATE TIME UTC
    | Last activity = just now
    | Messages = 1
    | Tokens = 0 in, 0 out
    | Checkpoints = 0
    | Daily reset = off
    | Idle reset = off
    | Encryption = on (AES-256-GCM)
    | Context = smart (instructions, the first question, what is important, then the newest)
    > /new
    New session s-2. The one before, s-1 (1 message), is kept: /undo or /session resume s-1 goes back to it.
    [Undo]
    > What about tomorrow?
    Kept as message 1. No assistant is configured, so nobody answers.
    > /session list
    | **Active:**
    | s-2 “What about tomorrow?” · discord · 1 message · just now ← here
    | **Past, in this conversation:**
    | s-1 “What is my portfolio value?” · discord · 1 message · just now
    [Resume s-1]
    > /checkpoint save "before refactor"
    Saved checkpoint c-1 “before refactor” (1 message).
    > A word too many
    Kept as message 2. No assistant is configured, so nobody answers.
    > /checkpoint list
    | **1 checkpoint in this conversation, newest first:**
    | c-1 “before refactor” · 1 message · just now · session s-2
    [Restore c-1] [Delete c-1]
    > /history
    Session s-2, messages 1 to 2 of 2

    \#1 user · DATE TIME UTC
    What about tomorrow?

    \#2 user · DATE TIME UTC
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

    \#1 user · DATE TIME UTC
    What about tomorrow?
    > /checkpoint delete c-1
    Deleted checkpoint c-1 “before refactor” (1 message). /undo brings it back.
    [Undo]
    > /checkpoint list
    | No checkpoints here. /checkpoint save names this point.
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
}

#[test]
fn the_other_commands_do_what_they_say() {
    insta::assert_snapshot!(both(
        r#"/start => /start
           /new Let's talk => /new text:Let's talk
           two
           /undo => /undo
           /redo => /redo
           /pin => /pin
           /unpin => /unpin
           /context => /context show
           /context strategy recent => /context strategy strategy:recent
           /session rename "The *first* & _last_" => /session rename title:The *first* & _last_
           /session list => /session list
           /session list all => /session list of:all
           /new => /new
           /session resume s-1 => /session resume id:s-1
           /session delete s-1 => /session delete id:s-1
           /undo => /undo
           /redo => /redo
           /session timezone Asia/Tokyo => /session timezone zone:Asia/Tokyo
           /session timezone => /session timezone
           /session reset_time => /session reset-time
           /session idle-reset => /session idle-reset
           /history search two => /history search words:two
           /history 1 => /history show count:1
           /help checkpoint save => /help command:checkpoint save
           /checkpoint save before refactor -- all tests pass => /checkpoint save name:before refactor description:all tests pass
           /checkpoint list => /checkpoint list
           /session scope => /session scope
           /session hear => /session hear
           /help => /help"#
    ), @r#"
    > /start
    Welcome. Write, and it is kept. What you say here is kept as your own session; nobody else sees it.
    /session shows where you are, /checkpoint save names this point, /undo takes back, /help lists every command.
    > /new Let's talk
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
    > /session rename "The *first* & _last_"
    Session s-1 is now called “The \*first\* & \_last\_”.
    > /session list
    | **Active:**
    | s-1 “The \*first\* & \_last\_” · discord · 2 messages · just now ← here
    | No past sessions here.
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
    > /undo
    Took back: /reset. Current session: s-1 (2 messages). /redo does it again.
    > /redo
    Did again: /reset. Current session: s-3 (0 messages). /undo takes it back.
    > /session timezone Asia/Tokyo
    Asia/Tokyo is now your time zone. It is DATE TIME Asia/Tokyo (UTC+09:00) there.
    > /session timezone
    Time zone: Asia/Tokyo. It is DATE TIME Asia/Tokyo (UTC+09:00) there.
    > /session reset_time
    Daily reset: off
    Idle reset: off
    > /session idle-reset
    Daily reset: off
    Idle reset: off
    > /history search two
    Nothing found for “two” in 0 messages.
    > /history 1
    Session s-3 is empty.
    > /help checkpoint save
    /checkpoint save \["name" \["description"\]\]
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
    | **1 checkpoint in this conversation, newest first:**
    | c-1 “before refactor” · 0 messages · just now · session s-3
    |     all tests pass
    [Restore c-1] [Delete c-1]
    > /session scope
    Scope: channel (one session per person in this chat). /session scope sets it: main, channel, peer.
    > /session hear
    I hear everything that is said here.
    > /help
    Conversation
    /new \[text\] – Start a new session; the present one is kept.
    /reset – Put the session in the bin and start a new one; /undo brings it back.
    /undo – Take back the last change, such as /new, /reset or /history clear.
    /redo – Do again what /undo took back.
    /retry – Throw the last answer away and ask again; /undo brings it back. (not available in this build yet)
    /stop – Stop the answer being written; what came so far is kept. (not available in this build yet)
    /context \[show\] – Show what the assistant would see now, and what is left out.
    /context strategy recent \| smart \| summarize – Show or choose how messages are picked when not all fit.
    /model \[name\] – Show or choose the model that answers. (not available in this build yet)
    /pin – Keep a message in the assistant's view: the one replied to, else the last.
    /unpin – Let go of a pinned message: the one replied to, else the last.
    /help \[command\] – List every command, or explain one.
    /start – Say hello and tell how this works.
    /whoami – Show the ids that an operator needs for the allow list.
    /link \[code\] – Show a code to type on your other channel, or type the one shown there. (not available in this build yet)
    /unlink – Part your channels again. (not available in this build yet)
    /forget \[yes CODE\] – Delete everything of yours for good. Asks once more; cannot be undone. (not available in this build yet)
    "#);
}

#[test]
fn who_asks_who_they_are_is_told_the_ids_of_the_allow_list() {
    story(|bot, ann| {
        let told =
            format!("You: discord:{}\nChat: discord:{}\nOwner: yes", ann.id(), ann.place().id());
        assert_eq!((bot.types(ann, "/whoami"), bot.runs(ann, "/whoami")), (told.clone(), told));
    });
}

#[test]
fn what_is_not_in_this_build_is_told_and_not_offered() {
    story(|bot, ann| {
        insta::assert_snapshot!(bot.types_each(ann, "/retry\n/stop\n/model\n/link\n/unlink\n/forget"), @"
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
        ");
        for name in ["retry", "stop", "model", "link", "unlink", "forget"] {
            assert!(!ann.commands().contains(&name.to_owned()), "{name}");
        }
    });
}

#[test]
fn what_cannot_be_read_is_told_with_its_usage() {
    insta::assert_snapshot!(both(
        "/session reset-time 25:99 => /session reset-time time:25:99
         /session idle-reset soon => /session idle-reset after:soon
         /session timezone Europe/Pariss => /session timezone zone:Europe/Pariss
         /session resume s-nowhere => /session resume id:s-nowhere
         /session delete s-nowhere => /session delete id:s-nowhere
         /checkpoint restore nothing => /checkpoint restore checkpoint:nothing
         /checkpoint delete \"a *b* `c`\" => /checkpoint delete checkpoint:a *b* `c`
         /help checkpont => /help command:checkpont"
    ), @r#"
    > /session reset-time 25:99
    I can't read “25:99” as a time. Usage: /session reset-time HH:MM \| off
    > /session idle-reset soon
    I can't read “soon” as a length of time. Usage: /session idle-reset 30 \| 30m \| 2h \| off
    > /session timezone Europe/Pariss
    I don't know the time zone “Europe/Pariss”. Did you mean Europe/Paris?
    > /session resume s-nowhere
    There is no session “s-nowhere” here. /session list shows them.
    > /session delete s-nowhere
    There is no session “s-nowhere” here. /session list shows them.
    > /checkpoint restore nothing
    There is no checkpoint “nothing” here. /checkpoint list shows them.
    > /checkpoint delete "a *b* `c`"
    There is no checkpoint “a \*b\* `c`” here. /checkpoint list shows them.
    > /help checkpont
    There is no help on “checkpont”. Did you mean /checkpoint? /help lists every command.
    "#);
}

#[test]
fn what_only_a_typed_line_can_get_wrong_is_told_with_its_usage() {
    story(|bot, ann| {
        insta::assert_snapshot!(bot.types_each(ann,
            "/teleport
             /checkpont save x
             /checkpoint
             /checkpoint save \"open
             /history -1
             /session list everything
             /context strategy best
             /session reset-time"
        ), @r#"
        > /teleport
        I don't know /teleport. /help lists every command.
        > /checkpont save x
        I don't know /checkpont. Did you mean /checkpoint? /help lists every command.
        > /checkpoint
        /checkpoint needs to know what to do. Usage: /checkpoint save \| list \| restore \| delete
        > /checkpoint save "open
        The quote " is never closed. Usage: /checkpoint save \["name" \["description"\]\]
        > /history -1
        “-1” is out of range: 1 to 1000 messages. Usage: /history \[n\] \| export \| clear \| search
        > /session list everything
        I don't expect “everything” there. Usage: /session list \[all\]
        > /context strategy best
        “best” is not recent, smart or summarize. Usage: /context strategy recent \| smart \| summarize
        > /session reset-time
        Daily reset: off
        Idle reset: off
        "#);
    });
}

#[test]
fn what_is_filled_in_means_what_it_says_whatever_it_holds() {
    insta::assert_snapshot!(both(
        r#"/new //undo => /new text://undo
           /checkpoint save "say \"hi\" -- \\ now" => /checkpoint save name:say "hi" -- \ now
           /checkpoint save "/undo" "-- all" => /checkpoint save name:/undo description:-- all
           /checkpoint save "“quoted”" => /checkpoint save name:“quoted”
           /session rename "**bold** <@1> https://example.org" => /session rename title:**bold** <@1> https://example.org
           /checkpoint list => /checkpoint list
           /checkpoint restore "/undo" => /checkpoint restore checkpoint:/undo
           /history search "two words" => /history search words:"two words"
           /history => /history show"#
    ), @r#"
    > /new //undo
    Session s-1 was empty already, so it is used again. Your message is its first. No assistant is configured, so nobody answers.
    > /checkpoint save "say \"hi\" -- \\ now"
    Saved checkpoint c-1 “say "hi" -- \\ now” (1 message).
    > /checkpoint save "/undo" "-- all"
    Saved checkpoint c-2 “/undo” (1 message).
    > /checkpoint save "“quoted”"
    Saved checkpoint c-3 ““quoted”” (1 message).
    > /session rename "**bold** <@1> https://example.org"
    Session s-1 is now called “\*\*bold\*\* \<@1> https://example.org”.
    > /checkpoint list
    | **3 checkpoints in this conversation, newest first:**
    | c-3 ““quoted”” · 1 message · just now · session s-1
    | c-2 “/undo” · 1 message · just now · session s-1
    |     \-- all
    | c-1 “say "hi" -- \\ now” · 1 message · just now · session s-1
    (Restore… Restore c-3 / Restore c-2 / Restore c-1)
    (Delete… Delete c-3 / Delete c-2 / Delete c-1)
    > /checkpoint restore "/undo"
    Restored checkpoint c-2 “/undo” (1 message) in session s-1. What was there is kept as c-4 (1 message). /undo goes back.
    [Undo]
    > /history search "two words"
    Nothing found for “"two words"” in 1 message.
    > /history
    Session s-1, messages 1 to 1 of 1

    \#1 user · DATE TIME UTC
    //undo
    "#);
}

#[test]
fn exports_are_attachments_with_the_name_and_the_content() {
    story(|bot, ann| {
        bot.types_each(ann, "What is **my** portfolio & value?\n/checkpoint save \"before refactor\"\n<b>And</b> tomorrow?");
        let shows = |seen: &Seen| {
            let [document] = seen.documents.as_slice() else { panic!("one file comes: {seen:?}") };
            format!("{}\n{}", bot.pictures(seen), bot.shown(document.text()))
        };
        insta::assert_snapshot!(shows(&bot.ran(ann, "/history export")), @"
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

        > What is **my** portfolio & value?

        ### User · DATE TIME UTC

        > &lt;b>And&lt;/b> tomorrow?
        ");
        insta::assert_snapshot!(shows(&bot.typed(ann, "/history export text")), @"
        Exported 2 messages of session s-1 as session-s-1-DATE.txt.
        File: session-s-1-DATE.txt
        [DATE TIME] user: What is **my** portfolio & value?
        [DATE TIME] user: <b>And</b> tomorrow?
        ");
        let json = bot.ran(ann, "/history export format:json");
        assert!(json.documents[0].name.ends_with(".json"), "{}", json.documents[0].name);
        assert!(shows(&json).contains("What is **my** portfolio & value?"));
    });
}

#[test]
fn what_people_write_is_shown_as_they_wrote_it() {
    story(|bot, ann| {
        for said in [
            "**bold** __under__ ~~gone~~ ||hidden||",
            "# no heading\n> no quote\n- no list\n1. no number",
            "`x` and *y* and _z_",
            "[link](https://example.org) <https://example.org>",
            "<@101> <#5> <:smile:5> @everyone @here",
            "a \\* b \\\\ c",
            "🦀 -# small",
        ] {
            bot.typed(ann, "/new");
            bot.typed(ann, said);
            let shown = bot.ran(ann, "/history show").text;
            let shown = shown.split_once(" UTC\n").expect("a message is shown with its time").1;
            assert_eq!(as_read(shown), said, "{shown}");
        }
    });
}

/// Markdown as it is read where all of it is escaped.
fn as_read(text: &str) -> String {
    let mut left = text.trim().chars();
    let mut read = String::new();
    while let Some(next) = left.next() {
        let escaped = (next == '\\').then(|| left.next()).flatten();
        read.push(escaped.unwrap_or(next));
    }
    read.replace('\u{200b}', "")
}

#[test]
fn a_long_answer_comes_in_pieces_in_their_order_with_code_whole_in_each() {
    for is_filled_in in [false, true] {
        story(|bot, ann| {
            let lines: Vec<_> =
                (1..=240).map(|number| format!("line {number} of the code <&>")).collect();
            for lines in lines.chunks(60) {
                bot.typed(ann, &format!("```rust\n{}\n```", lines.join("\n")));
            }
            let mut pieces = Vec::new();
            if is_filled_in {
                pieces.push(bot.ran(ann, "/history show"));
            } else {
                pieces.push(bot.typed(ann, "/history"));
            }
            let mut seen = Vec::new();
            loop {
                let piece = pieces.last().expect("there is one");
                assert!(piece.text.chars().count() <= 2_000, "{}", piece.text);
                assert_eq!(piece.text.matches("```").count() % 2, 0, "{}", piece.text);
                let code = piece.text.split("```").skip(1).step_by(2).flat_map(str::lines);
                seen.extend(code.filter(|line| line.starts_with("line ")).map(str::to_owned));
                if seen.last() == lines.last() {
                    break;
                }
                pieces.push(ann.hears());
            }
            assert_eq!(seen, lines);
            assert!(pieces.len() > 2, "{}", pieces.len());
            assert_eq!(ann.unheard(), []);
        });
    }
}

#[test]
fn what_is_filled_in_at_once_is_done_in_its_order() {
    let discord = FakeDiscord::start();
    let ann = discord.person("Ann");
    let _bot = Daemon::beside(&discord).start();
    discord.connected();
    let names: Vec<_> = (10..50).map(|number| format!("name {number}")).collect();
    let asked: Vec<_> =
        names.iter().map(|name| ann.runs(&format!("/session rename title:{name}"))).collect();
    for (asked, name) in asked.iter().zip(&names) {
        let answer = asked.answered().text;
        assert!(answer.contains(name), "{answer}");
    }
    // Answers go out in the order in which things were done.
    let done: Vec<_> = discord.look(|world| {
        let answers = world.requests_of("PATCH /webhooks/*/*/messages/@original");
        answers.map(|answer| answer.body["content"].to_string()).collect()
    });
    assert_eq!(done.len(), names.len());
    for (answer, name) in done.iter().zip(&names) {
        assert!(answer.contains(name), "{name}: {done:#?}");
    }
}

#[test]
fn nobody_is_called_and_every_message_can_be_told_from_its_twin() {
    let discord = FakeDiscord::start();
    let ann = discord.person("Ann");
    let bot = Daemon::beside(&discord).start();
    discord.connected();
    bot.types_each(&ann, &format!("{} @everyone\n/history", ann.mention()));
    bot.runs_each(&ann, "/history show\n/new text:@everyone");
    discord.look(|world| {
        let sent = world.requests_of("POST /channels/*/messages");
        let mut nonces: Vec<_> = sent
            .map(|sent| {
                assert_eq!(sent.body["allowed_mentions"]["parse"], serde_json::json!([]));
                assert_eq!(sent.body["enforce_nonce"], true);
                sent.body["nonce"].as_str().expect("there is a nonce").to_owned()
            })
            .collect();
        let all = nonces.len();
        nonces.sort();
        nonces.dedup();
        assert_eq!((all, nonces.len()), (2, 2));
        assert!(world.said_by_bot(ann.place()).iter().all(|seen| seen.calls.is_empty()));
    });
}
