//! Several people: what is one's own stays one's own, in groups and in direct chats, and what is shared is shared.

#![allow(clippy::too_many_lines, reason = "a story is as long as what is said in it")]

use e2e::{Console, Home};

fn talk(lines: &str) -> String {
    Home::new().talk(|ann| ann.talk(lines))
}

#[test]
fn in_a_group_each_has_a_lane_of_their_own_and_is_answered_alone() {
    insta::assert_snapshot!(talk(
        ":in team
         Good morning
         :as bob
         Good morning, Ann
         And to all
         /history
         :as ann
         /history
         /session
         /help undo
         /teleport
         /whoami
         :in dm
         /history"
    ), @r"
    > :in team
    > Good morning
    Kept as message 1. No assistant is configured, so nobody answers.
    > :as bob
    > Good morning, Ann
    Kept as message 1. No assistant is configured, so nobody answers.
    > And to all
    Kept as message 2. No assistant is configured, so nobody answers.
    > /history
    [private] Session s-1, messages 1 to 2 of 2

    #1 bob · 2026-01-05 12:00 UTC
    Good morning, Ann

    #2 bob · 2026-01-05 12:00 UTC
    And to all
    > :as ann
    > /history
    [private] Session s-2, messages 1 to 1 of 1

    #1 ann · 2026-01-05 12:00 UTC
    Good morning
    > /session
    [private] Session s-2
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
    > /help undo
    [private] /undo
    Take back the last change, such as /new, /reset or /history clear.

    For example:
    /undo
    > /teleport
    [private] I don't know /teleport. /help lists every command.
    > /whoami
    [private] You: console:ann
    Chat: console:team
    Owner: yes
    > :in dm
    > /history
    Session s-3 is empty.
    ");
}

#[test]
fn a_group_may_share_one_lane() {
    insta::assert_snapshot!(talk(
        ":in team
         mine alone
         /session scope group
         Shall we meet?
         :as bob
         At noon
         /history
         /start
         /session scope
         /checkpoint save \"the date\"
         :as ann
         /checkpoint list
         :in other
         /history
         :in dm
         /history
         :in team
         /session scope channel
         /history"
    ), @r#"
    > :in team
    > mine alone
    Kept as message 1. No assistant is configured, so nobody answers.
    > /session scope group
    [private] Scope is now group (one session shared by all in this chat). Current session: s-1 (0 messages). Nothing was merged; the other sessions stay where they were.
    > Shall we meet?
    Kept as message 1. No assistant is configured, so nobody answers.
    > :as bob
    > At noon
    Kept as message 2. No assistant is configured, so nobody answers.
    > /history
    Session s-1, messages 1 to 2 of 2

    #1 ann · 2026-01-05 12:00 UTC
    Shall we meet?

    #2 bob · 2026-01-05 12:00 UTC
    At noon
    > /start
    Welcome. Write, and it is kept. What is said here is kept as one session that everybody in this chat shares.
    /session shows where you are, /checkpoint save names this point, /undo takes back, /help lists every command.
    > /session scope
    Scope: group (one session shared by all in this chat). /session scope sets it: channel, peer, group.
    > /checkpoint save "the date"
    Saved checkpoint c-1 “the date” (2 messages).
    > :as ann
    > /checkpoint list
    1 checkpoint in this conversation, newest first:
    c-1 “the date” · 2 messages · just now · session s-1
    [1] Restore c-1  [2] Delete c-1
    > :in other
    > /history
    [private] Session s-2 is empty.
    > :in dm
    > /history
    Session s-3 is empty.
    > :in team
    > /session scope channel
    Scope is now channel (one session per person in this chat). Current session: s-4 (1 message). Nothing was merged; the other sessions stay where they were.
    > /history
    [private] Session s-4, messages 1 to 1 of 1

    #1 ann · 2026-01-05 12:00 UTC
    mine alone
    "#);
}

#[test]
fn in_a_group_only_those_who_run_it_set_what_all_share() {
    insta::assert_snapshot!(talk(
        ":as bob
         :in team
         /session scope group
         /session scope main
         /session scope peer
         :as ann
         /session scope peer
         /session scope main
         /session scope group
         :as bob
         /session timezone Europe/Paris
         /session scope channel
         /session reset-time 04:00
         :in dm
         /session scope group
         /session scope main"
    ), @r"
    > :as bob
    > :in team
    > /session scope group
    [private] Only those who run this chat may set its scope.
    > /session scope main
    [private] The scope “main” is for direct chats only.
    > /session scope peer
    [private] The scope “peer” is not allowed in groups here: what was said in private could colour public answers.
    > :as ann
    > /session scope peer
    [private] The scope “peer” is not allowed in groups here: what was said in private could colour public answers.
    > /session scope main
    [private] The scope “main” is for direct chats only.
    > /session scope group
    [private] Scope is now group (one session shared by all in this chat). Current session: s-1 (0 messages). Nothing was merged; the other sessions stay where they were.
    > :as bob
    > /session timezone Europe/Paris
    Everybody here shares this conversation; only those who run the chat may change it so.
    > /session scope channel
    Only those who run this chat may set its scope.
    > /session reset-time 04:00
    Everybody here shares this conversation; only those who run the chat may change it so.
    > :in dm
    > /session scope group
    The scope “group” is for groups only.
    > /session scope main
    The scope “main” is for owners only.
    ");
}

#[test]
fn what_is_somebody_elses_is_answered_like_what_is_not_there() {
    let home = Home::new();
    home.talk(|console| {
        console.talk("Ann's first\n/checkpoint save secret\n/new\nAnn's second");
        console.talk("/session list\n/checkpoint list");
        console.talk(":as bob");
        for (foreign, absent) in [
            ("/session resume s-1", "/session resume s-yyyyyy"),
            ("/session delete s-1", "/session delete s-yyyyyy"),
            ("/session resume s-2", "/session resume s-yyyyyy"),
            ("/checkpoint restore c-1", "/checkpoint restore c-yyyyyy"),
            ("/checkpoint delete c-1", "/checkpoint delete c-yyyyyy"),
            ("/checkpoint restore secret", "/checkpoint restore nothing"),
        ] {
            let of = |line: &str| line.split(' ').next_back().map(|id| home.meant(id)).unwrap();
            let foreign_answer = console.asks(foreign).text.replace(&of(foreign), "X");
            let absent_answer = console.asks(absent).text.replace(&of(absent), "X");
            assert_eq!(foreign_answer, absent_answer, "{foreign}");
        }
        insta::assert_snapshot!(console.talk(
            "/session list
             /checkpoint list
             /history search first
             /history
             :as ann
             /history"
        ), @r"
        > /session list
        Active:
        s-3 · console · 0 messages · just now ← here
        No past sessions here.
        > /checkpoint list
        No checkpoints here. /checkpoint save names this point.
        > /history search first
        Nothing found for “first” in 0 messages.
        > /history
        Session s-3 is empty.
        > :as ann
        > /history
        Session s-1, messages 1 to 1 of 1

        #1 user · 2026-01-05 12:00 UTC
        Ann's second
        ");
    });
}

#[test]
fn nobody_presses_the_buttons_of_somebody_else() {
    Home::new().talk(|console| {
        console.talk(":in team\nAnn's first");
        let began = console.asks("/new");
        console.talk("Ann's second");
        let listed = console.asks("/session list");
        let resume = listed.buttons[0].clone();
        console.talk(":as bob\nBob's own\n/new");
        let refused = console.presses(&began, "Undo");
        insta::assert_snapshot!(refused, @"[private] This button is not yours, or it is too old. Nothing was changed; the command itself still works.");
        assert_eq!(console.presses(&listed, &resume), refused);
        for elsewhere in [":in other", ":in dm", ":channel discord"] {
            console.talk(&format!(":as ann\n:in team\n{elsewhere}"));
            assert_eq!(console.presses(&began, "Undo").replace("[private] ", ""), refused.replace("[private] ", ""), "{elsewhere}");
        }
        console.talk(":channel console\n:in team");
        insta::assert_snapshot!(console.presses(&listed, &resume), @r"
        [private] Session s-3 (1 message) is current again. s-4 (1 message) is kept. /undo goes back to it.
        [1] Undo
        ");
        insta::assert_snapshot!(console.presses(&began, "Undo"), @"[private] Other things were done since. /undo takes them back one by one.");
    });
}

#[test]
fn what_is_shared_is_paged_by_all_and_changed_by_those_who_run_the_chat() {
    Home::new().talk(|console| {
        console.talk(":in team\n/session scope group\nAnn's");
        let began = console.asks("/new one");
        console.talk("two");
        let page = console.asks("/history 1");
        console.talk(":as bob");
        insta::assert_snapshot!(console.presses(&page, "Older"), @r"
        Session s-2, messages 1 to 1 of 2

        #1 ann · 2026-01-05 12:00 UTC
        one
        [1] Newer
        ");
        insta::assert_snapshot!(console.presses(&began, "Undo"), @"Everybody here shares this conversation; only those who run the chat may change it so.");
        console.talk(":as ann");
        insta::assert_snapshot!(console.presses(&began, "Undo"), @"Took back: /new. Current session: s-1 (1 message). /redo does it again.");
    });
}

#[test]
fn main_is_for_owners_in_direct_chats_and_one_for_all_their_channels() {
    insta::assert_snapshot!(talk(
        "/session scope main
         from the console
         :channel discord
         /history
         /session scope main
         /history
         :in team
         /history
         :as bob
         :in dm
         /session scope main
         /history
         /session list all
         :as ann
         /session list all
         /session list"
    ), @r"
    > /session scope main
    Scope is now main (one session for the whole store). Current session: s-1 (0 messages). Nothing was merged; the other sessions stay where they were. Beware: every owner shares this session, from every direct chat with this scope.
    > from the console
    Kept as message 1. No assistant is configured, so nobody answers.
    > :channel discord
    > /history
    Session s-2 is empty.
    > /session scope main
    Scope is now main (one session for the whole store). Current session: s-1 (1 message). Nothing was merged; the other sessions stay where they were. Beware: every owner shares this session, from every direct chat with this scope.
    > /history
    Session s-1, messages 1 to 1 of 1

    #1 user · 2026-01-05 12:00 UTC
    from the console
    > :in team
    > /history
    [private] Session s-3 is empty.
    > :as bob
    > :in dm
    > /session scope main
    The scope “main” is for owners only.
    > /history
    Session s-4 is empty.
    > /session list all
    /session list all is for owners only.
    > :as ann
    > /session list all
    4 conversations, 1 message in their current sessions. No text is shown here.
    > /session list
    Active:
    s-1 “from the console” · console · 1 message · just now ← here
    No past sessions here.
    ");
}

/// Everything that can be seen where the console stands.
fn all_that_is_seen(console: &mut Console<'_>) -> String {
    console.talk("/history\n/checkpoint list\n/history search Lisbon")
}

#[test]
fn a_list_in_a_shared_lane_shows_the_group_nothing_of_ones_own() {
    let home = Home::new();
    home.talk(|console| {
        console.talk(":in team\n/session scope group\nfor all\n/new\nfor all again");
        console.talk(
            ":as bob\n:in dm\nBob's secret\n:in other\nBob's other secret\n:in team\nI am here",
        );
        let list = console.asks("/session list");
        assert!(list.private || !list.text.contains("secret"), "{list}");
        insta::assert_snapshot!(home.shown(&list.to_string()), @r"
        Active:
        s-2 “for all again” · console · 2 messages · just now ← here
        Past, in this conversation:
        s-1 “for all” · console · 1 message · just now
        [1] Resume s-1
        ");
    });
}

#[test]
fn the_same_name_on_another_channel_is_somebody_else() {
    Home::new().talk(|console| {
        console.talk(
            ":as bob\n/session scope peer\nLisbon, said on the console\n/checkpoint save Lisbon",
        );
        for channel in ["discord", "telegram"] {
            console.talk(&format!(":channel {channel}\n/session scope peer"));
            let seen = all_that_is_seen(console);
            assert!(!seen.contains("said on the console"), "{seen}");
        }
        console.talk(":channel console");
        let seen = all_that_is_seen(console);
        assert!(seen.contains("said on the console"), "{seen}");
    });
}

#[test]
fn the_same_person_elsewhere_has_another_conversation() {
    Home::new().talk(|console| {
        console.talk(":as bob\nLisbon, said directly\n/checkpoint save Lisbon");
        for chat in ["team", "other"] {
            console.talk(&format!(":in {chat}"));
            let seen = all_that_is_seen(console);
            assert!(!seen.contains("said directly"), "{chat}: {seen}");
        }
    });
}
