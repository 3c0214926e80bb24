//! The commands beyond the first page, one story each, in their exact words.

#![allow(clippy::too_many_lines, reason = "a story is as long as what is said in it")]

use e2e::Home;

fn talk(lines: &str) -> String {
    Home::new().talk(|ann| ann.talk(lines))
}

#[test]
fn undo_and_redo_walk_back_and_forth_and_lose_nothing() {
    insta::assert_snapshot!(talk(
        "one
         /new
         two
         /undo
         /history
         /redo
         /history
         /reset
         /undo
         /undo
         /undo
         /redo
         /redo
         /redo"
    ), @r"
    > one
    Kept as message 1. No assistant is configured, so nobody answers.
    > /new
    New session s-1. The one before, s-2 (1 message), is kept: /undo or /session resume s-2 goes back to it.
    [1] Undo
    > two
    Kept as message 1. No assistant is configured, so nobody answers.
    > /undo
    Took back: /new. Current session: s-2 (1 message). /redo does it again.
    > /history
    Session s-2, messages 1 to 1 of 1

    #1 user · 2026-01-05 12:00 UTC
    one
    > /redo
    Did again: /new. Current session: s-1 (1 message). /undo takes it back.
    > /history
    Session s-1, messages 1 to 1 of 1

    #1 user · 2026-01-05 12:00 UTC
    two
    > /reset
    New session s-3. The one before, s-1 (1 message), is in the bin for 7 days: /undo brings it back.
    [1] Undo
    > /undo
    Took back: /reset. Current session: s-1 (1 message). /redo does it again.
    > /undo
    Took back: /new. Current session: s-2 (1 message). /redo does it again.
    > /undo
    There is nothing to undo here (undo goes back 7 days).
    > /redo
    Did again: /new. Current session: s-1 (1 message). /undo takes it back.
    > /redo
    Did again: /reset. Current session: s-3 (0 messages). /undo takes it back.
    > /redo
    There is nothing to redo here.
    ");
}

#[test]
fn what_was_said_between_a_change_and_its_undo_comes_back_with_redo() {
    insta::assert_snapshot!(talk(
        "one
         /history clear
         two
         /undo
         three
         /history
         /redo
         /history"
    ), @r"
    > one
    Kept as message 1. No assistant is configured, so nobody answers.
    > /history clear
    Cleared 1 message from session s-1; its settings and checkpoints stay. /undo brings them back.
    [1] Undo
    > two
    Kept as message 1. No assistant is configured, so nobody answers.
    > /undo
    Took back: /history clear. Current session: s-1 (1 message). What was said since is kept as checkpoint c-1 (1 message). /redo does it again.
    > three
    Kept as message 2. No assistant is configured, so nobody answers.
    > /history
    Session s-1, messages 1 to 2 of 2

    #1 user · 2026-01-05 12:00 UTC
    one

    #2 user · 2026-01-05 12:00 UTC
    three
    > /redo
    Did again: /history clear. Current session: s-1 (1 message). What was said since is kept as checkpoint c-2 (2 messages). /undo takes it back.
    > /history
    Session s-1, messages 1 to 1 of 1

    #1 user · 2026-01-05 12:00 UTC
    two
    ");
}

#[test]
fn new_with_text_begins_with_it_and_an_empty_session_is_used_again() {
    insta::assert_snapshot!(talk(
        "/new
         /new   Let's talk about  something else
         /new
         /new
         /reset
         /history"
    ), @r"
    > /new
    Session s-1 was empty already, so it is used again.
    > /new   Let's talk about  something else
    Session s-1 was empty already, so it is used again. Your message is its first. No assistant is configured, so nobody answers.
    > /new
    New session s-2. The one before, s-1 (1 message), is kept: /undo or /session resume s-1 goes back to it.
    [1] Undo
    > /new
    Session s-2 was empty already, so it is used again.
    > /reset
    Session s-2 was empty already, so it is used again.
    > /history
    Session s-2 is empty.
    ");
}

#[test]
fn pins_are_for_the_last_message() {
    insta::assert_snapshot!(talk(
        "/pin
         one
         /pin
         /pin
         two
         /history
         /unpin
         /undo"
    ), @r"
    > /pin
    There is no message to pin yet.
    > one
    Kept as message 1. No assistant is configured, so nobody answers.
    > /pin
    Pinned message 1: “smart” contexts keep it. /unpin lets it go.
    > /pin
    Pinned message 1: “smart” contexts keep it. /unpin lets it go.
    > two
    Kept as message 2. No assistant is configured, so nobody answers.
    > /history
    Session s-1, messages 1 to 2 of 2

    #1 user · 2026-01-05 12:00 UTC · pinned
    one

    #2 user · 2026-01-05 12:00 UTC
    two
    > /unpin
    Message 1 is no longer pinned.
    > /undo
    There is nothing to undo here (undo goes back 7 days).
    ");
}

#[test]
fn the_context_tells_what_an_assistant_would_see() {
    insta::assert_snapshot!(talk(
        "/context
         one
         two
         /context
         /context strategy
         /context strategy recent
         /context show
         /context strategy summarize
         /context"
    ), @r"
    > /context
    Context: smart (instructions, the first question, what is important, then the newest)
    Seen: 0 messages, 0 of 100000 tokens
    Left out: 0 messages
    > one
    Kept as message 1. No assistant is configured, so nobody answers.
    > two
    Kept as message 2. No assistant is configured, so nobody answers.
    > /context
    Context: smart (instructions, the first question, what is important, then the newest)
    Seen: 2 messages, 10 of 100000 tokens
      newest: 10 tokens
    Left out: 0 messages
    > /context strategy
    Context strategy: smart (instructions, the first question, what is important, then the newest). /context strategy sets it: recent, smart, summarize.
    > /context strategy recent
    Context strategy: recent (the newest messages that fit).
    > /context show
    Context: recent (the newest messages that fit)
    Seen: 2 messages, 10 of 100000 tokens
      newest: 10 tokens
    Left out: 0 messages
    > /context strategy summarize
    Context strategy: summarize (a summary of what is older, then the newest).
    > /context
    Context: summarize (a summary of what is older, then the newest)
    Seen: 2 messages, 10 of 100000 tokens
      newest: 10 tokens
    Left out: 0 messages
    ");
}

#[test]
fn help_explains_one_command_or_lists_them_all() {
    insta::assert_snapshot!(talk(
        "/help checkpoint save
         /help /session reset_time
         /help history
         /help forget
         /help teleport
         /help show"
    ), @r#"
    > /help checkpoint save
    /checkpoint save ["name" ["description"]]
    Save the conversation as it is now; without a name, date and time name it.

    name: What to call it (may be left out)
    description: What it is for (may be left out)

    For example:
    /checkpoint save
    /checkpoint save "before refactor"
    /checkpoint save before refactor -- all tests pass
    > /help /session reset_time
    /session reset-time HH:MM | off
    Show or set the time of day at which a new session starts.

    time: HH:MM in your time zone, or off (may be left out)

    For example:
    /session reset-time
    /session reset-time 04:00
    /session reset-time off
    > /help history
    /history [n] | export | clear | search
    Show, export, clear or search what was said.

    /history [show] [n] – Show the last messages: 20, or as many as you say.
    /history export [markdown | json | text] – Send the whole session as a file.
    /history clear – Empty the conversation and keep the session; /undo brings it back.
    /history search <words> – Find the messages that hold all these words.
    > /help forget
    /forget [yes CODE]
    Delete everything of yours for good. Asks once more; cannot be undone. (not available in this build yet)

    confirm: That you mean it (may be left out)
    code: The code that /forget answered with (may be left out)

    For example:
    /forget
    /forget yes 7K3F9Q

    Its name must be written whole.
    > /help teleport
    There is no help on “teleport”. /help lists every command.
    > /help show
    Conversation
    /new [text] – Start a new session; the present one is kept.
    /reset – Put the session in the bin and start a new one; /undo brings it back.
    /undo – Take back the last change, such as /new, /reset or /history clear.
    /redo – Do again what /undo took back.
    /retry – Throw the last answer away and ask again; /undo brings it back. (not available in this build yet)
    /stop – Stop the answer being written; what came so far is kept. (not available in this build yet)
    /context [show] – Show what the assistant would see now, and what is left out.
    /context strategy recent | smart | summarize – Show or choose how messages are picked when not all fit.
    /model [name] – Show or choose the model that answers. (not available in this build yet)
    /pin – Keep a message in the assistant's view: the one replied to, else the last.
    /unpin – Let go of a pinned message: the one replied to, else the last.
    /help [command] – List every command, or explain one.
    /start – Say hello and tell how this works.
    /whoami – Show the ids that an operator needs for the allow list.
    /link [code] – Show a code to type on your other channel, or type the one shown there. (not available in this build yet)
    /unlink – Part your channels again. (not available in this build yet)
    /forget [yes CODE] – Delete everything of yours for good. Asks once more; cannot be undone. (not available in this build yet)

    Session
    /session [show] – Show the session: title, scope, messages, tokens, next reset.
    /session list [all] – List your sessions; owners may count those of all.
    /session resume <id> – Go on with a past session; the present one is kept.
    /session rename "title" – Give the session a title.
    /session delete <id> – Put a session in the bin; /undo brings it back.
    /session scope main | channel | peer | group – Show or set whose conversation this chat is.
    /session hear all | mentions – Show or set what I listen to in this group.
    /session reset-time HH:MM | off – Show or set the time of day at which a new session starts.
    /session idle-reset 30 | 30m | 2h | off – Show or set after how long without interaction a new session starts.
    /session timezone Area/City – Show or set your time zone.

    Checkpoints
    /checkpoint save ["name" ["description"]] – Save the conversation as it is now; without a name, date and time name it.
    /checkpoint list – List the checkpoints, newest first.
    /checkpoint restore <id|name> – Go back to a checkpoint; where you are now is saved first.
    /checkpoint delete <id|name> – Remove a checkpoint; /undo brings it back.

    History
    /history [show] [n] – Show the last messages: 20, or as many as you say.
    /history export [markdown | json | text] – Send the whole session as a file.
    /history clear – Empty the conversation and keep the session; /undo brings it back.
    /history search <words> – Find the messages that hold all these words.

    /help and a command's name explains it. What does not begin with / is said in the conversation.
    "#);
}

#[test]
fn start_welcomes_and_whoami_tells_the_ids() {
    insta::assert_snapshot!(talk(
        "/start
         /whoami
         :as bob
         :channel telegram
         /whoami
         :in team
         /whoami
         /start"
    ), @r"
    > /start
    Welcome. Write, and it is kept. What you say here is kept as your own session; nobody else sees it.
    /session shows where you are, /checkpoint save names this point, /undo takes back, /help lists every command.
    > /whoami
    You: console:ann
    Chat: console:dm:ann
    Owner: yes
    > :as bob
    > :channel telegram
    > /whoami
    You: telegram:bob
    Chat: telegram:dm:bob
    Owner: no
    > :in team
    > /whoami
    [private] You: telegram:bob
    Chat: telegram:team
    Owner: no
    > /start
    [private] Welcome. Write, and it is kept. What you say here is kept as your own session; nobody else sees it.
    /session shows where you are, /checkpoint save names this point, /undo takes back, /help lists every command.
    ");
}

#[test]
fn a_past_session_is_resumed_by_any_beginning_of_its_id() {
    let home = Home::new();
    home.talk(|ann| {
        insta::assert_snapshot!(ann.talk(
            "Lisbon in May
             /new
             Porto in June
             /session resume s-1
             /session list
             /session resume s-1
             /undo"
        ), @r"
        > Lisbon in May
        Kept as message 1. No assistant is configured, so nobody answers.
        > /new
        New session s-1. The one before, s-2 (1 message), is kept: /undo or /session resume s-2 goes back to it.
        [1] Undo
        > Porto in June
        Kept as message 1. No assistant is configured, so nobody answers.
        > /session resume s-1
        That session is the current one already.
        > /session list
        Active:
        s-1 “Porto in June” · console · 1 message · just now ← here
        Past, in this conversation:
        s-2 “Lisbon in May” · console · 1 message · just now
        [1] Resume s-2
        > /session resume s-1
        That session is the current one already.
        > /undo
        Took back: /new. Current session: s-2 (1 message). /redo does it again.
        ");
        let id = home.meant("s-1");
        let beginning: String = id.chars().skip(2).take(5).collect();
        insta::assert_snapshot!(ann.answer(&format!("/session resume {}", beginning.to_uppercase())), @r"
        Session s-1 (1 message) is current again. s-2 (1 message) is kept. /undo goes back to it.
        [1] Undo
        ");
    });
}

#[test]
fn a_session_is_renamed_deleted_and_brought_back() {
    insta::assert_snapshot!(talk(
        "/session rename \"Trip to Lisbon\"
         Lisbon in May
         /session rename Trip to Lisbon, at last
         /session
         /new
         /session list
         /session delete s-1
         /session list
         /session resume s-1
         /session delete s-1
         /undo
         /session list"
    ), @r#"
    > /session rename "Trip to Lisbon"
    Session s-1 is now called “Trip to Lisbon”.
    > Lisbon in May
    Kept as message 1. No assistant is configured, so nobody answers.
    > /session rename Trip to Lisbon, at last
    Session s-1 is now called “Trip to Lisbon, at last”.
    > /session
    Session s-1 “Trip to Lisbon, at last”
    Scope: channel (one session per person in this chat)
    Started: 2026-01-05 12:00 UTC
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
    [1] Undo
    > /session list
    Active:
    s-2 · console · 0 messages · just now ← here
    Past, in this conversation:
    s-1 “Trip to Lisbon, at last” · console · 1 message · just now
    [1] Resume s-1
    > /session delete s-1
    Session s-1 (1 message) is in the bin for 7 days. /undo or /session resume s-1 brings it back.
    [1] Undo
    > /session list
    Active:
    s-2 · console · 0 messages · just now ← here
    No past sessions here.
    > /session resume s-1
    Session s-1 (1 message) is current again. s-2 (0 messages) is kept. /undo goes back to it.
    [1] Undo
    > /session delete s-1
    New session s-3. The one before, s-1 (1 message), is in the bin for 7 days: /undo brings it back.
    [1] Undo
    > /undo
    Took back: /reset. Current session: s-1 (1 message). /redo does it again.
    > /session list
    Active:
    s-1 “Trip to Lisbon, at last” · console · 1 message · just now ← here
    No past sessions here.
    "#);
}

#[test]
fn the_zone_is_that_of_the_person_and_shows_in_every_time() {
    insta::assert_snapshot!(talk(
        "/session timezone
         one
         /session timezone europe/paris
         /session timezone
         /history
         /session reset-time 4:00
         /session idle-reset 2h
         /session idle-reset
         /session idle-reset 90m
         /session reset-time off
         /session idle-reset off
         /checkpoint save"
    ), @r"
    > /session timezone
    Time zone: UTC. It is 2026-01-05 12:00 UTC there.
    > one
    Kept as message 1. No assistant is configured, so nobody answers.
    > /session timezone europe/paris
    Europe/Paris is now your time zone. It is 2026-01-05 13:00 Europe/Paris (UTC+01:00) there.
    > /session timezone
    Time zone: Europe/Paris. It is 2026-01-05 13:00 Europe/Paris (UTC+01:00) there.
    > /history
    Session s-1, messages 1 to 1 of 1

    #1 user · 2026-01-05 13:00 Europe/Paris (UTC+01:00)
    one
    > /session reset-time 4:00
    Daily reset: daily at 04:00 Europe/Paris
    Idle reset: off
    Next reset: 2026-01-06 04:00 Europe/Paris (UTC+01:00) (daily reset 04:00 Europe/Paris)
    > /session idle-reset 2h
    Daily reset: daily at 04:00 Europe/Paris
    Idle reset: after 2 hours without a message
    Next reset: 2026-01-05 15:00 Europe/Paris (UTC+01:00) (idle for 2 hours)
    > /session idle-reset
    Daily reset: daily at 04:00 Europe/Paris
    Idle reset: after 2 hours without a message
    Next reset: 2026-01-05 15:00 Europe/Paris (UTC+01:00) (idle for 2 hours)
    > /session idle-reset 90m
    Daily reset: daily at 04:00 Europe/Paris
    Idle reset: after 90 minutes without a message
    Next reset: 2026-01-05 14:30 Europe/Paris (UTC+01:00) (idle for 1 hour 30 minutes)
    > /session reset-time off
    Daily reset: off
    Idle reset: after 90 minutes without a message
    Next reset: 2026-01-05 14:30 Europe/Paris (UTC+01:00) (idle for 1 hour 30 minutes)
    > /session idle-reset off
    Daily reset: off
    Idle reset: off
    > /checkpoint save
    Saved checkpoint c-1 “2026-01-05 13:00” (1 message).
    ");
}

#[test]
fn history_shows_as_many_as_are_asked_for() {
    insta::assert_snapshot!(talk(
        "one
         two
         three
         /history 2
         /history show 1
         /history 1000"
    ), @r"
    > one
    Kept as message 1. No assistant is configured, so nobody answers.
    > two
    Kept as message 2. No assistant is configured, so nobody answers.
    > three
    Kept as message 3. No assistant is configured, so nobody answers.
    > /history 2
    Session s-1, messages 2 to 3 of 3

    #2 user · 2026-01-05 12:00 UTC
    two

    #3 user · 2026-01-05 12:00 UTC
    three
    [1] Older
    > /history show 1
    Session s-1, messages 3 to 3 of 3

    #3 user · 2026-01-05 12:00 UTC
    three
    [1] Older
    > /history 1000
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
fn a_search_folds_case_and_accents_and_leaves_the_bin_out() {
    insta::assert_snapshot!(talk(
        "Der Kaffee im Café Größenwahn war gut
         /new
         nothing of the kind
         the cafe, again
         /history search CAFÉ
         /history search cafe größenwahn
         /history search café  gut
         /history search teapot
         /session delete s-1
         /history search cafe"
    ), @r"
    > Der Kaffee im Café Größenwahn war gut
    Kept as message 1. No assistant is configured, so nobody answers.
    > /new
    New session s-1. The one before, s-2 (1 message), is kept: /undo or /session resume s-2 goes back to it.
    [1] Undo
    > nothing of the kind
    Kept as message 1. No assistant is configured, so nobody answers.
    > the cafe, again
    Kept as message 2. No assistant is configured, so nobody answers.
    > /history search CAFÉ
    Found for “CAFÉ”, newest first:
    s-1 #2 user · 2026-01-05 12:00 UTC
        the cafe, again
    s-2 #1 user · 2026-01-05 12:00 UTC
        Der Kaffee im Café Größenwahn war gut
    > /history search cafe größenwahn
    Found for “cafe größenwahn”, newest first:
    s-2 #1 user · 2026-01-05 12:00 UTC
        Der Kaffee im Café Größenwahn war gut
    > /history search café  gut
    Found for “café  gut”, newest first:
    s-2 #1 user · 2026-01-05 12:00 UTC
        Der Kaffee im Café Größenwahn war gut
    > /history search teapot
    Nothing found for “teapot” in 3 messages.
    > /session delete s-1
    New session s-3. The one before, s-1 (2 messages), is in the bin for 7 days: /undo brings it back.
    [1] Undo
    > /history search cafe
    Found for “cafe”, newest first:
    s-2 #1 user · 2026-01-05 12:00 UTC
        Der Kaffee im Café Größenwahn war gut
    ");
}

#[test]
fn text_and_json_are_exported_too() {
    let home = Home::new();
    home.talk(|ann| {
        insta::assert_snapshot!(ann.talk("one\n/new two\nthree\n/pin"), @r"
        > one
        Kept as message 1. No assistant is configured, so nobody answers.
        > /new two
        New session s-1. The one before, s-2 (1 message), is kept: /undo or /session resume s-2 goes back to it. Your message is its first. No assistant is configured, so nobody answers.
        [1] Undo
        > three
        Kept as message 2. No assistant is configured, so nobody answers.
        > /pin
        Pinned message 2: “smart” contexts keep it. /unpin lets it go.
        ");
        let text = ann.fetches("/history export text");
        insta::assert_snapshot!(text, @r"
        [2026-01-05 12:00:00] user: two
        [2026-01-05 12:00:00] user: three
        ");
        let json = ann.fetches("/history export json");
        let json: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(json.pointer("/messages/0/content"), Some(&"two".into()));
        assert_eq!(json.pointer("/messages/1/content"), Some(&"three".into()));
        let keys: Vec<_> = json.as_object().unwrap().keys().map(String::as_str).collect();
        insta::assert_snapshot!(keys.join(" "), @"checkpoints format messages session version");
    });
}

#[test]
fn checkpoints_go_by_name_by_id_and_by_quotes_of_every_kind() {
    insta::assert_snapshot!(talk(
        "one
         /checkpoint save before refactor -- all tests green
         /checkpoint save “with curly quotes”
         /checkpoint save „unten und oben“
         /checkpoint save «avec guillemets» \"and a description\"
         /checkpoint save 'it is \\'so\\''
         two
         /checkpoint list
         /checkpoint restore before refactor
         /history
         /checkpoint restore “with curly quotes”
         /checkpoint restore c-3
         /checkpoint list
         /checkpoint delete unten und oben
         /undo
         /checkpoint delete c-2"
    ), @r#"
    > one
    Kept as message 1. No assistant is configured, so nobody answers.
    > /checkpoint save before refactor -- all tests green
    Saved checkpoint c-1 “before refactor” (1 message).
    > /checkpoint save “with curly quotes”
    Saved checkpoint c-2 “with curly quotes” (1 message).
    > /checkpoint save „unten und oben“
    Saved checkpoint c-3 “unten und oben” (1 message).
    > /checkpoint save «avec guillemets» "and a description"
    Saved checkpoint c-4 “avec guillemets” (1 message).
    > /checkpoint save 'it is \'so\''
    Saved checkpoint c-5 “it is 'so'” (1 message).
    > two
    Kept as message 2. No assistant is configured, so nobody answers.
    > /checkpoint list
    5 checkpoints in this conversation, newest first:
    c-5 “it is 'so'” · 1 message · just now · session s-1
    c-4 “avec guillemets” · 1 message · just now · session s-1
        and a description
    c-3 “unten und oben” · 1 message · just now · session s-1
    c-2 “with curly quotes” · 1 message · just now · session s-1
    c-1 “before refactor” · 1 message · just now · session s-1
        all tests green
    [1] Restore c-5  [2] Delete c-5  [3] Restore c-4  [4] Delete c-4  [5] Restore c-3  [6] Delete c-3  [7] Restore c-2  [8] Delete c-2  [9] Restore c-1  [10] Delete c-1
    > /checkpoint restore before refactor
    Restored checkpoint c-1 “before refactor” (1 message) in session s-1. What was there is kept as c-6 (2 messages). /undo goes back.
    [1] Undo
    > /history
    Session s-1, messages 1 to 1 of 1

    #1 user · 2026-01-05 12:00 UTC
    one
    > /checkpoint restore “with curly quotes”
    Restored checkpoint c-2 “with curly quotes” (1 message) in session s-1. What was there is kept as c-7 (1 message). /undo goes back.
    [1] Undo
    > /checkpoint restore c-3
    Restored checkpoint c-3 “unten und oben” (1 message) in session s-1. What was there is kept as c-8 (1 message). /undo goes back.
    [1] Undo
    > /checkpoint list
    5 checkpoints in this conversation, newest first:
    c-5 “it is 'so'” · 1 message · just now · session s-1
    c-4 “avec guillemets” · 1 message · just now · session s-1
        and a description
    c-3 “unten und oben” · 1 message · just now · session s-1
    c-2 “with curly quotes” · 1 message · just now · session s-1
    c-1 “before refactor” · 1 message · just now · session s-1
        all tests green
    Kept automatically, while undo goes back:
    c-8 “before restoring c-3” · 1 message · just now · session s-1
    c-7 “before restoring c-2” · 1 message · just now · session s-1
    c-6 “before restoring c-1” · 2 messages · just now · session s-1
    [1] Restore c-5  [2] Delete c-5  [3] Restore c-4  [4] Delete c-4  [5] Restore c-3  [6] Delete c-3  [7] Restore c-2  [8] Delete c-2  [9] Restore c-1  [10] Delete c-1
    > /checkpoint delete unten und oben
    Deleted checkpoint c-3 “unten und oben” (1 message). /undo brings it back.
    [1] Undo
    > /undo
    Took back: /checkpoint delete. Current session: s-1 (1 message). /redo does it again.
    > /checkpoint delete c-2
    Deleted checkpoint c-2 “with curly quotes” (1 message). /undo brings it back.
    [1] Undo
    "#);
}

#[test]
fn names_are_shortened_where_only_one_fits() {
    insta::assert_snapshot!(talk(
        "one
         /CHECKPOINT Save x
         /check s \"y\"
         /hist exp text
         /sess idle_reset 45
         /session_list
         /w"
    ), @r#"
    > one
    Kept as message 1. No assistant is configured, so nobody answers.
    > /CHECKPOINT Save x
    Saved checkpoint c-1 “x” (1 message).
    > /check s "y"
    Saved checkpoint c-2 “y” (1 message).
    > /hist exp text
    Exported 1 message of session s-1 as session-s-1-2026-01-05.txt.
    File: HOME/data/exports/session-s-1-2026-01-05.txt
    > /sess idle_reset 45
    Daily reset: off
    Idle reset: after 45 minutes without a message
    Next reset: 2026-01-05 12:45 UTC (idle for 45 minutes)
    > /session_list
    I don't know /session_list. Did you mean /session list? /help lists every command.
    > /w
    You: console:ann
    Chat: console:dm:ann
    Owner: yes
    "#);
}

#[test]
fn two_slashes_are_a_message_and_so_is_a_path() {
    let home = Home::new();
    home.talk(|ann| {
        for line in ["//new", "/etc/hosts is wrong", "`/reset` is a command", "  spaces around  "] {
            ann.asks(line);
        }
        let lossless = ann.said();
        assert_eq!(
            lossless,
            ["/new", "/etc/hosts is wrong", "`/reset` is a command", "  spaces around  "]
        );
    });
}

#[test]
fn a_command_for_another_bot_is_not_answered() {
    Home::new().talk(|ann| {
        ann.says_to_nobody("/new@otherbot");
        ann.says_to_nobody("/reset@otherbot now");
        insta::assert_snapshot!(ann.answer("/history"), @"Session s-1 is empty.");
    });
}

#[test]
fn what_this_build_cannot_do_it_says() {
    insta::assert_snapshot!(talk(
        "one
         /retry
         /stop
         /model
         /model gpt
         /link
         /link 7K3F9Q
         /unlink
         /forget
         /forget yes 7K3F9Q
         /history"
    ), @r"
> one
Kept as message 1. No assistant is configured, so nobody answers.
> /retry
/retry is not available in this build yet. Nothing was changed.
> /stop
/stop is not available in this build yet. Nothing was changed.
> /model
/model is not available in this build yet. Nothing was changed.
> /model gpt
/model is not available in this build yet. Nothing was changed.
> /link
/link is not available in this build yet. Nothing was changed.
> /link 7K3F9Q
/link is not available in this build yet. Nothing was changed.
> /unlink
/unlink is not available in this build yet. Nothing was changed.
> /forget
/forget is not available in this build yet. Nothing was changed.
> /forget yes 7K3F9Q
/forget is not available in this build yet. Nothing was changed.
> /history
Session s-1, messages 1 to 1 of 1

#1 user · 2026-01-05 12:00 UTC
one
");
}
