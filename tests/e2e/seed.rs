//! The chat commands that started it all, each as it was first written down, in two piped runs: the second one knows the
//! ids that the first has shown.

#![allow(clippy::too_many_lines, reason = "a story is as long as what is said in it")]

use e2e::Home;

#[test]
fn every_command_of_the_first_page_does_what_it_says() {
    let home = Home::new();
    insta::assert_snapshot!(home.pipes(
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
           /history"#
    ), @r"
    Kept as message 1. No assistant is configured, so nobody answers.
    Session s-1
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
    New session s-2. The one before, s-1 (1 message), is kept: /undo or /session resume s-1 goes back to it.
    [1] Undo
    Kept as message 1. No assistant is configured, so nobody answers.
    Active:
    s-2 “What about tomorrow?” · console · 1 message · just now ← here
    Past, in this conversation:
    s-1 “What is my portfolio value?” · console · 1 message · just now
    [1] Resume s-1
    Saved checkpoint c-1 “before refactor” (1 message).
    Kept as message 2. No assistant is configured, so nobody answers.
    1 checkpoint in this conversation, newest first:
    c-1 “before refactor” · 1 message · just now · session s-2
    [1] Restore c-1  [2] Delete c-1
    Session s-2, messages 1 to 2 of 2

    #1 user · 2026-01-05 12:00 UTC
    What about tomorrow?

    #2 user · 2026-01-05 12:00 UTC
    A word too many
    Exported 2 messages of session s-2 as session-s-2-2026-01-05.md.
    File: HOME/data/exports/session-s-2-2026-01-05.md
    Cleared 2 messages from session s-2; its settings and checkpoints stay. /undo brings them back.
    [1] Undo
    Session s-2 is empty.
    ");
    insta::assert_snapshot!(home.pipes(
        "/checkpoint restore c-1
         /history
         /checkpoint delete c-1
         /checkpoint list
         /session scope main
         /session scope channel
         /session scope peer
         /session scope channel
         /session reset-time 00:00
         /session idle-reset 30
         /session
         /reset"
    ), @r"
    Restored checkpoint c-1 “before refactor” (1 message) in session s-2. /undo goes back.
    [1] Undo
    Session s-2, messages 1 to 1 of 1

    #1 user · 2026-01-05 12:00 UTC
    What about tomorrow?
    Deleted checkpoint c-1 “before refactor” (1 message). /undo brings it back.
    [1] Undo
    No checkpoints here. /checkpoint save names this point.
    Scope is now main (one session for the whole store). Current session: s-3 (0 messages). Nothing was merged; the other sessions stay where they were. Beware: every owner shares this session, from every direct chat with this scope.
    Scope is now channel (one session per person in this chat). Current session: s-2 (1 message). Nothing was merged; the other sessions stay where they were.
    Scope is now peer (one session per person, over all channels). Current session: s-4 (0 messages). Nothing was merged; the other sessions stay where they were.
    Scope is now channel (one session per person in this chat). Current session: s-2 (1 message). Nothing was merged; the other sessions stay where they were.
    Daily reset: daily at 00:00 UTC
    Idle reset: off
    Next reset: 2026-01-06 00:00 UTC (daily reset 00:00 UTC)
    Daily reset: daily at 00:00 UTC
    Idle reset: after 30 minutes without a message
    Next reset: 2026-01-05 12:31 UTC (idle for 30 minutes)
    Session s-2
    Scope: channel (one session per person in this chat)
    Started: 2026-01-05 12:00 UTC
    Last activity: just now
    Messages: 1
    Tokens: 0 in, 0 out
    Checkpoints: 0
    Daily reset: daily at 00:00 UTC
    Idle reset: after 30 minutes without a message
    Next reset: 2026-01-05 12:31 UTC (idle for 30 minutes)
    Encryption: on (AES-256-GCM)
    Context: smart (instructions, the first question, what is important, then the newest)
    New session s-5. The one before, s-2 (1 message), is in the bin for 7 days: /undo brings it back.
    [1] Undo
    ");
}

#[test]
fn the_export_is_markdown_with_a_header() {
    let home = Home::new();
    let export = home.talk(|ann| {
        ann.talk(
            "What is my portfolio value?\n/checkpoint save \"before refactor\"\n**And** tomorrow?",
        );
        let export = ann.fetches("/history export");
        home.shown(&export)
    });
    insta::assert_snapshot!(export, @r"
    # s-1

    - Session: s-1 (whole-id-of-s-1)
    - Started: 2026-01-05 12:00:00 UTC
    - Last activity: 2026-01-05 12:00:00 UTC
    - Scope: per-channel-peer
    - Messages: 2
    - Tokens: 0 in, 0 out
    - Checkpoints: 1
      - c-1 “before refactor”, after message 1, 2026-01-05 12:00:00 UTC

    ### User · 2026-01-05 12:00:00 UTC

    > What is my portfolio value?

    ### User · 2026-01-05 12:00:00 UTC

    > **And** tomorrow?
    ");
}
