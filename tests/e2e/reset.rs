//! Resets that happen by themselves: with a message, never with a command; announced, and taken back by undo.

#![allow(clippy::too_many_lines, reason = "a story is as long as what is said in it")]

use e2e::Home;

fn talk(lines: &str) -> String {
    Home::new().talk(|ann| ann.talk(lines))
}

#[test]
fn after_idling_the_next_message_begins_a_new_session_and_undo_carries_it_over() {
    insta::assert_snapshot!(talk(
        "/session idle-reset 30
         one
         :clock +29m
         two
         :clock +31m
         /session
         /history
         three
         /history
         four
         /undo
         /history
         /redo
         /history"
    ), @r"
    > /session idle-reset 30
    Daily reset: off
    Idle reset: after 30 minutes without a message
    Next reset: 2026-01-05 12:30 UTC (idle for 30 minutes)
    > one
    Kept as message 1. No assistant is configured, so nobody answers.
    > :clock +29m
    > two
    Kept as message 2. No assistant is configured, so nobody answers.
    > :clock +31m
    > /session
    Session s-1
    Scope: channel (one session per person in this chat)
    Started: 2026-01-05 12:00 UTC
    Last activity: 31 minutes ago
    Messages: 2
    Tokens: 0 in, 0 out
    Checkpoints: 0
    Daily reset: off
    Idle reset: after 30 minutes without a message
    Next reset: at your next message (idle for 30 minutes)
    Encryption: on (AES-256-GCM)
    Context: smart (instructions, the first question, what is important, then the newest)
    > /history
    Session s-1, messages 1 to 2 of 2

    #1 user · 2026-01-05 12:00 UTC
    one

    #2 user · 2026-01-05 12:29 UTC
    two
    > three
    New session (idle for 30 minutes). /undo brings the previous one back.
    Kept as message 1. No assistant is configured, so nobody answers.
    [1] Undo
    > /history
    Session s-2, messages 1 to 1 of 1

    #1 user · 2026-01-05 13:00 UTC
    three
    > four
    Kept as message 2. No assistant is configured, so nobody answers.
    > /undo
    Took back: the automatic reset. Current session: s-1 (4 messages). 2 messages said since came along. /redo does it again.
    > /history
    Session s-1, messages 1 to 4 of 4

    #1 user · 2026-01-05 12:00 UTC
    one

    #2 user · 2026-01-05 12:29 UTC
    two

    #3 user · 2026-01-05 13:00 UTC
    three

    #4 user · 2026-01-05 13:00 UTC
    four
    > /redo
    Did again: the automatic reset. Current session: s-2 (2 messages). /undo takes it back.
    > /history
    Session s-2, messages 1 to 2 of 2

    #1 user · 2026-01-05 13:00 UTC
    three

    #2 user · 2026-01-05 13:00 UTC
    four
    ");
}

#[test]
fn the_daily_reset_is_at_that_time_on_the_persons_wall() {
    insta::assert_snapshot!(talk(
        "/session timezone Europe/Paris
         /session reset-time 04:00
         one
         :clock 2026-01-06T02:59:00Z
         two
         :clock 2026-01-06T03:00:00Z
         /session reset-time
         three
         four
         :clock 2026-01-09T12:00:00Z
         five
         /session list"
    ), @r"
    > /session timezone Europe/Paris
    Europe/Paris is now your time zone. It is 2026-01-05 13:00 Europe/Paris (UTC+01:00) there.
    > /session reset-time 04:00
    Daily reset: daily at 04:00 Europe/Paris
    Idle reset: off
    Next reset: 2026-01-06 04:00 Europe/Paris (UTC+01:00) (daily reset 04:00 Europe/Paris)
    > one
    Kept as message 1. No assistant is configured, so nobody answers.
    > :clock 2026-01-06T02:59:00Z
    > two
    Kept as message 2. No assistant is configured, so nobody answers.
    > :clock 2026-01-06T03:00:00Z
    > /session reset-time
    Daily reset: daily at 04:00 Europe/Paris
    Idle reset: off
    Next reset: at your next message (daily reset 04:00 Europe/Paris)
    > three
    New session (daily reset 04:00 Europe/Paris). /undo brings the previous one back.
    Kept as message 1. No assistant is configured, so nobody answers.
    [1] Undo
    > four
    Kept as message 2. No assistant is configured, so nobody answers.
    > :clock 2026-01-09T12:00:00Z
    > five
    New session (daily reset 04:00 Europe/Paris). /undo brings the previous one back.
    Kept as message 1. No assistant is configured, so nobody answers.
    [1] Undo
    > /session list
    Active:
    s-1 “five” · console · 1 message · just now ← here
    Past, in this conversation:
    s-2 “three” · console · 2 messages · 3 days ago
    s-3 “one” · console · 2 messages · 3 days ago
    [1] Resume s-2  [2] Resume s-3
    ");
}

#[test]
fn a_time_that_a_spring_night_does_not_have_is_the_first_instant_after_the_gap() {
    insta::assert_snapshot!(talk(
        "/session timezone Europe/Paris
         /session reset-time 02:30
         :clock 2026-03-28T20:00:00Z
         one
         :clock 2026-03-29T00:59:00Z
         /session reset-time
         two
         :clock 2026-03-29T01:00:00Z
         three
         :clock 2026-03-29T01:31:00Z
         four
         /session reset-time
         :clock 2026-03-30T00:30:00Z
         five"
    ), @r"
    > /session timezone Europe/Paris
    Europe/Paris is now your time zone. It is 2026-01-05 13:00 Europe/Paris (UTC+01:00) there.
    > /session reset-time 02:30
    Daily reset: daily at 02:30 Europe/Paris
    Idle reset: off
    Next reset: 2026-01-06 02:30 Europe/Paris (UTC+01:00) (daily reset 02:30 Europe/Paris)
    > :clock 2026-03-28T20:00:00Z
    > one
    Kept as message 1. No assistant is configured, so nobody answers.
    > :clock 2026-03-29T00:59:00Z
    > /session reset-time
    Daily reset: daily at 02:30 Europe/Paris
    Idle reset: off
    Next reset: 2026-03-29 03:00 Europe/Paris (UTC+02:00) (daily reset 02:30 Europe/Paris)
    > two
    Kept as message 2. No assistant is configured, so nobody answers.
    > :clock 2026-03-29T01:00:00Z
    > three
    New session (daily reset 02:30 Europe/Paris). /undo brings the previous one back.
    Kept as message 1. No assistant is configured, so nobody answers.
    [1] Undo
    > :clock 2026-03-29T01:31:00Z
    > four
    Kept as message 2. No assistant is configured, so nobody answers.
    > /session reset-time
    Daily reset: daily at 02:30 Europe/Paris
    Idle reset: off
    Next reset: 2026-03-30 02:30 Europe/Paris (UTC+02:00) (daily reset 02:30 Europe/Paris)
    > :clock 2026-03-30T00:30:00Z
    > five
    New session (daily reset 02:30 Europe/Paris). /undo brings the previous one back.
    Kept as message 1. No assistant is configured, so nobody answers.
    [1] Undo
    ");
}

#[test]
fn a_time_that_an_autumn_night_has_twice_resets_once() {
    insta::assert_snapshot!(talk(
        "/session timezone Europe/Paris
         /session reset-time 02:30
         :clock 2026-10-24T20:00:00Z
         one
         :clock 2026-10-25T00:29:00Z
         two
         :clock 2026-10-25T00:30:00Z
         three
         :clock 2026-10-25T01:31:00Z
         four"
    ), @r"
    > /session timezone Europe/Paris
    Europe/Paris is now your time zone. It is 2026-01-05 13:00 Europe/Paris (UTC+01:00) there.
    > /session reset-time 02:30
    Daily reset: daily at 02:30 Europe/Paris
    Idle reset: off
    Next reset: 2026-01-06 02:30 Europe/Paris (UTC+01:00) (daily reset 02:30 Europe/Paris)
    > :clock 2026-10-24T20:00:00Z
    > one
    Kept as message 1. No assistant is configured, so nobody answers.
    > :clock 2026-10-25T00:29:00Z
    > two
    Kept as message 2. No assistant is configured, so nobody answers.
    > :clock 2026-10-25T00:30:00Z
    > three
    New session (daily reset 02:30 Europe/Paris). /undo brings the previous one back.
    Kept as message 1. No assistant is configured, so nobody answers.
    [1] Undo
    > :clock 2026-10-25T01:31:00Z
    > four
    Kept as message 2. No assistant is configured, so nobody answers.
    ");
}

#[test]
fn with_both_whichever_is_due_first_is_the_reason() {
    insta::assert_snapshot!(talk(
        "/session reset-time 13:00
         /session idle-reset 2h
         one
         :clock 2026-01-05T13:30:00Z
         two
         :clock 2026-01-05T15:31:00Z
         three"
    ), @r"
    > /session reset-time 13:00
    Daily reset: daily at 13:00 UTC
    Idle reset: off
    Next reset: 2026-01-05 13:00 UTC (daily reset 13:00 UTC)
    > /session idle-reset 2h
    Daily reset: daily at 13:00 UTC
    Idle reset: after 2 hours without a message
    Next reset: 2026-01-05 13:00 UTC (daily reset 13:00 UTC)
    > one
    Kept as message 1. No assistant is configured, so nobody answers.
    > :clock 2026-01-05T13:30:00Z
    > two
    New session (daily reset 13:00 UTC). /undo brings the previous one back.
    Kept as message 1. No assistant is configured, so nobody answers.
    [1] Undo
    > :clock 2026-01-05T15:31:00Z
    > three
    New session (idle for 2 hours). /undo brings the previous one back.
    Kept as message 1. No assistant is configured, so nobody answers.
    [1] Undo
    ");
}

#[test]
fn nothing_resets_unless_somebody_said_so() {
    insta::assert_snapshot!(talk(
        "one
         :clock +400d
         two
         /session reset-time"
    ), @r"
    > one
    Kept as message 1. No assistant is configured, so nobody answers.
    > :clock +400d
    > two
    Kept as message 2. No assistant is configured, so nobody answers.
    > /session reset-time
    Daily reset: off
    Idle reset: off
    ");
}

#[test]
fn commands_do_not_reset_and_do_not_keep_a_session_awake() {
    insta::assert_snapshot!(talk(
        "/session idle-reset 30
         one
         :clock +20m
         /history
         /checkpoint save
         /session rename still here
         :clock +20m
         /session idle-reset
         /checkpoint save
         two"
    ), @r"
    > /session idle-reset 30
    Daily reset: off
    Idle reset: after 30 minutes without a message
    Next reset: 2026-01-05 12:30 UTC (idle for 30 minutes)
    > one
    Kept as message 1. No assistant is configured, so nobody answers.
    > :clock +20m
    > /history
    Session s-1, messages 1 to 1 of 1

    #1 user · 2026-01-05 12:00 UTC
    one
    > /checkpoint save
    Saved checkpoint c-1 “2026-01-05 12:20” (1 message).
    > /session rename still here
    Session s-1 is now called “still here”.
    > :clock +20m
    > /session idle-reset
    Daily reset: off
    Idle reset: after 30 minutes without a message
    Next reset: at your next message (idle for 30 minutes)
    > /checkpoint save
    Saved checkpoint c-2 “2026-01-05 12:40” (1 message).
    > two
    New session (idle for 30 minutes). /undo brings the previous one back.
    Kept as message 1. No assistant is configured, so nobody answers.
    [1] Undo
    ");
}

#[test]
fn an_empty_session_is_never_due() {
    insta::assert_snapshot!(talk(
        "/session idle-reset 30
         :clock +3d
         one"
    ), @r"
    > /session idle-reset 30
    Daily reset: off
    Idle reset: after 30 minutes without a message
    Next reset: 2026-01-05 12:30 UTC (idle for 30 minutes)
    > :clock +3d
    > one
    Kept as message 1. No assistant is configured, so nobody answers.
    ");
}

#[test]
fn a_change_of_the_policy_counts_from_then_on() {
    insta::assert_snapshot!(talk(
        "one
         :clock +3d
         /session idle-reset 30
         two
         :clock +31m
         /session idle-reset off
         three"
    ), @r"
    > one
    Kept as message 1. No assistant is configured, so nobody answers.
    > :clock +3d
    > /session idle-reset 30
    Daily reset: off
    Idle reset: after 30 minutes without a message
    Next reset: 2026-01-08 12:30 UTC (idle for 30 minutes)
    > two
    Kept as message 2. No assistant is configured, so nobody answers.
    > :clock +31m
    > /session idle-reset off
    Daily reset: off
    Idle reset: off
    > three
    Kept as message 3. No assistant is configured, so nobody answers.
    ");
}

#[test]
fn a_clock_that_steps_back_resets_nothing() {
    insta::assert_snapshot!(talk(
        "/session reset-time 04:00
         /session idle-reset 30
         one
         :clock -3d
         two
         /history
         /undo
         :clock 2026-01-05T12:10:00Z
         three
         /session"
    ), @r"
    > /session reset-time 04:00
    Daily reset: daily at 04:00 UTC
    Idle reset: off
    Next reset: 2026-01-06 04:00 UTC (daily reset 04:00 UTC)
    > /session idle-reset 30
    Daily reset: daily at 04:00 UTC
    Idle reset: after 30 minutes without a message
    Next reset: 2026-01-05 12:30 UTC (idle for 30 minutes)
    > one
    Kept as message 1. No assistant is configured, so nobody answers.
    > :clock -3d
    > two
    Kept as message 2. No assistant is configured, so nobody answers.
    > /history
    Session s-1, messages 1 to 2 of 2

    #1 user · 2026-01-05 12:00 UTC
    one

    #2 user · 2026-01-05 12:00 UTC
    two
    > /undo
    There is nothing to undo here (undo goes back 7 days).
    > :clock 2026-01-05T12:10:00Z
    > three
    Kept as message 3. No assistant is configured, so nobody answers.
    > /session
    Session s-1
    Scope: channel (one session per person in this chat)
    Started: 2026-01-05 12:00 UTC
    Last activity: just now
    Messages: 3
    Tokens: 0 in, 0 out
    Checkpoints: 0
    Daily reset: daily at 04:00 UTC
    Idle reset: after 30 minutes without a message
    Next reset: 2026-01-05 12:40 UTC (idle for 30 minutes)
    Encryption: on (AES-256-GCM)
    Context: smart (instructions, the first question, what is important, then the newest)
    ");
}

#[test]
fn the_configuration_decides_where_nobody_has() {
    let home = Home::new();
    home.configure(
        "[sessions]\ntimezone = \"Europe/Paris\"\ndaily_reset = \"04:00\"\nidle_reset_minutes = 600\ndaily_min_idle_minutes = 45\n",
    );
    insta::assert_snapshot!(home.talk(|ann| ann.talk(
        "/session reset-time
         one
         :clock 2026-01-05T22:00:00Z
         two
         :clock 2026-01-06T02:50:00Z
         three
         :clock 2026-01-06T03:10:00Z
         talking across the boundary
         :clock 2026-01-06T04:10:00Z
         and after it
         /session reset-time off
         /session idle-reset off
         :clock +9d
         six"
    )), @r"
    > /session reset-time
    Daily reset: daily at 04:00 Europe/Paris
    Idle reset: after 10 hours without a message
    The daily one only after 45 minutes without a message
    > one
    Kept as message 1. No assistant is configured, so nobody answers.
    > :clock 2026-01-05T22:00:00Z
    > two
    Kept as message 2. No assistant is configured, so nobody answers.
    > :clock 2026-01-06T02:50:00Z
    > three
    Kept as message 3. No assistant is configured, so nobody answers.
    > :clock 2026-01-06T03:10:00Z
    > talking across the boundary
    Kept as message 4. No assistant is configured, so nobody answers.
    > :clock 2026-01-06T04:10:00Z
    > and after it
    Kept as message 5. No assistant is configured, so nobody answers.
    > /session reset-time off
    Daily reset: off
    Idle reset: after 10 hours without a message
    Next reset: 2026-01-06 15:10 Europe/Paris (UTC+01:00) (idle for 10 hours)
    > /session idle-reset off
    Daily reset: off
    Idle reset: off
    > :clock +9d
    > six
    Kept as message 6. No assistant is configured, so nobody answers.
    ");
}

#[test]
fn a_group_that_shares_a_lane_shares_its_reset() {
    insta::assert_snapshot!(talk(
        ":in team
         /session scope group
         /session idle-reset 30
         one
         :clock +31m
         :as bob
         two
         /undo
         /history"
    ), @r"
    > :in team
    > /session scope group
    [private] Scope is now group (one session shared by all in this chat). Current session: s-1 (0 messages). Nothing was merged; the other sessions stay where they were.
    > /session idle-reset 30
    Daily reset: off
    Idle reset: after 30 minutes without a message
    Next reset: 2026-01-05 12:30 UTC (idle for 30 minutes)
    > one
    Kept as message 1. No assistant is configured, so nobody answers.
    > :clock +31m
    > :as bob
    > two
    New session (idle for 30 minutes). /undo brings the previous one back.
    Kept as message 1. No assistant is configured, so nobody answers.
    [1] Undo
    > /undo
    Everybody here shares this conversation; only those who run the chat may change it so.
    > /history
    Session s-2, messages 1 to 1 of 1

    #1 bob · 2026-01-05 12:31 UTC
    two
    ");
}
