//! Buttons on Telegram: what they do, who may press them, how often and for how long; and that every press is answered.

#![allow(clippy::too_many_lines, reason = "a story is as long as what is said in it")]

use e2e::{Daemon, FakeTelegram, Fault, Notice, Seen};

/// A press that is over and says nothing: what it did is told by a message.
const QUIET: Notice = Notice { text: None, is_alert: false };

#[test]
fn what_is_listed_is_resumed_restored_deleted_and_taken_back_by_buttons() {
    for telegram in [FakeTelegram::start(), FakeTelegram::older()] {
        let ann = telegram.person("Ann");
        let bot = Daemon::beside(&telegram).start();
        bot.talk(&ann, "one\n/checkpoint save first\ntwo\n/new\nthree");
        let sessions = bot.asks(&ann, "/session list");
        let checkpoints = bot.asks(&ann, "/checkpoint list");
        insta::allow_duplicates! {
            insta::assert_snapshot!(bot.shows(&sessions), @r"
            Active:
            s-1 “three” · telegram · 1 message · just now ← here
            Past, in this conversation:
            s-2 “one” · telegram · 2 messages · just now
            [Resume s-2]
            ");
            insta::assert_snapshot!(bot.presses(&ann, &sessions, "Resume s-2"), @r"
            Session s-2 (2 messages) is current again. s-1 (1 message) is kept. /undo goes back to it.
            [Undo]
            ");
            insta::assert_snapshot!(bot.shows(&checkpoints), @r"
            1 checkpoint in this conversation, newest first:
            c-1 “first” · 1 message · just now · session s-2
            [Restore c-1] [Delete c-1]
            ");
            insta::assert_snapshot!(bot.presses(&ann, &checkpoints, "Restore c-1"), @r"
            Restored checkpoint c-1 “first” (1 message) in session s-2. What was there is kept as c-2 (2 messages). /undo goes back.
            [Undo]
            ");
            insta::assert_snapshot!(bot.presses(&ann, &checkpoints, "Delete c-1"), @r"
            Deleted checkpoint c-1 “first” (1 message). /undo brings it back.
            [Undo]
            ");
            let cleared = bot.asks(&ann, "/history clear");
            insta::assert_snapshot!(bot.presses(&ann, &cleared, "Undo"), @"Took back: /history clear. Current session: s-2 (1 message). /redo does it again.");
        }
    }
}

#[test]
fn every_press_is_answered_and_a_change_counts_once() {
    let telegram = FakeTelegram::start();
    let ann = telegram.person("Ann");
    let bot = Daemon::beside(&telegram).start();
    bot.talk(&ann, "one");
    let began = bot.asks(&ann, "/new");
    let presses = [0; 3].map(|_| ann.presses(began.id, "Undo"));
    assert_eq!(presses.map(|press| press.answered()), [QUIET; 3]);
    insta::assert_snapshot!(bot.hears(&ann), @"Took back: /new. Current session: s-1 (1 message). /redo does it again.");
    insta::assert_snapshot!(bot.hears(&ann), @"There is nothing to undo here (undo goes back 7 days).");
    insta::assert_snapshot!(bot.hears(&ann), @"There is nothing to undo here (undo goes back 7 days).");
}

#[test]
fn pages_are_turned_in_place() {
    for telegram in [FakeTelegram::start(), FakeTelegram::older()] {
        let ann = telegram.person("Ann");
        let bot = Daemon::beside(&telegram).start();
        for number in 1..=45 {
            ann.says(&format!("message {number}"));
            drop(ann.hears());
        }
        let head = |page: &Seen| {
            format!(
                "{} {:?}",
                page.text
                    .lines()
                    .next()
                    .unwrap_or_default()
                    .split_once(", ")
                    .map_or("", |(_, rest)| rest),
                page.labels()
            )
        };
        let page = bot.asks(&ann, "/history");
        let turns = |label: &str, shows: &str| {
            assert_eq!(ann.presses(page.id, label).answered(), QUIET);
            head(&ann.sees_when(page.id, |seen| seen.text.contains(shows)))
        };
        assert_eq!(head(&page), r#"messages 26 to 45 of 45 ["Older"]"#);
        assert_eq!(
            turns("Older", "messages 6 to 25"),
            r#"messages 6 to 25 of 45 ["Older", "Newer"]"#
        );
        assert_eq!(turns("Older", "messages 1 to 5"), r#"messages 1 to 5 of 45 ["Newer"]"#);
        assert_eq!(
            turns("Newer", "messages 6 to 25"),
            r#"messages 6 to 25 of 45 ["Older", "Newer"]"#
        );
        assert_eq!(ann.unheard(), []);
        // Pressed twice in a hurry, the same page is shown again.
        let older = page.button("Older").expect("it was there").data.clone();
        assert_eq!(ann.presses_data(page.id, &older).answered(), QUIET);
        bot.answer(&ann, "/session");
    }
}

#[test]
fn lists_and_searches_are_turned_in_place_to_their_end() {
    let telegram = FakeTelegram::start();
    let ann = telegram.person("Ann");
    let bot = Daemon::beside(&telegram).start();
    for number in 1..=12 {
        bot.talk(&ann, &format!("talk {number}\n/checkpoint save \"point {number}\"\n/new"));
    }
    for line in ["/session list", "/checkpoint list", "/history search talk"] {
        let mut page = bot.asks(&ann, line);
        let mut pages = 1;
        while page.button("Older").is_some() {
            let before = page.clone();
            assert_eq!(ann.presses(page.id, "Older").answered(), QUIET);
            page = ann.sees_when(page.id, |seen| seen.text != before.text);
            pages += 1;
        }
        assert_eq!((pages, ann.unheard()), (2, vec![]), "{line}");
    }
}

#[test]
fn old_forged_and_foreign_buttons_change_nothing() {
    let telegram = FakeTelegram::start();
    let (ann, ben) = (telegram.person("Ann"), telegram.person("Ben"));
    let bot = Daemon::beside(&telegram).start();
    bot.talk(&ann, "one");
    bot.talk(&ben, "his own");
    let began = bot.asks(&ann, "/new");
    let his = bot.asks(&ben, "/new");
    let data = began.button("Undo").expect("it is offered").data.clone();
    let flipped: String = data.chars().rev().collect();
    for forged in ["AAAA", "🦀", &flipped, &his.button("Undo").expect("it is offered").data] {
        assert_eq!(ann.presses_data(began.id, forged).answered(), QUIET);
        insta::allow_duplicates! {
            insta::assert_snapshot!(bot.hears(&ann), @"This button is not yours, or it is too old. Nothing was changed; the command itself still works.");
        }
    }
    assert_eq!(ben.presses_data(his.id, &data).answered(), QUIET);
    insta::assert_snapshot!(bot.hears(&ben), @"This button is not yours, or it is too old. Nothing was changed; the command itself still works.");
    insta::assert_snapshot!(bot.presses(&ann, &began, "Undo"), @"Took back: /new. Current session: s-1 (1 message). /redo does it again.");
}

#[test]
fn buttons_work_after_a_restart_and_after_a_kill() {
    let telegram = FakeTelegram::start();
    let ann = telegram.person("Ann");
    let mut bot = Daemon::beside(&telegram).start();
    bot.talk(&ann, "one");
    let began = bot.asks(&ann, "/new");
    bot.stops();
    bot.starts();
    insta::assert_snapshot!(bot.presses(&ann, &began, "Undo"), @"Took back: /new. Current session: s-1 (1 message). /redo does it again.");
    telegram.drained();
    bot.stops();
    bot.starts();
    insta::assert_snapshot!(bot.presses(&ann, &began, "Undo"), @"There is nothing to undo here (undo goes back 7 days).");
    let began = bot.asks(&ann, "/new");
    bot.dies();
    let press = ann.presses(began.id, "Undo");
    bot.starts();
    assert_eq!(press.answered(), QUIET);
    let heard = bot.hears(&ann);
    assert!(
        heard.ends_with("Took back: /new. Current session: s-1 (1 message). /redo does it again."),
        "{heard}"
    );
}

#[test]
fn in_a_group_a_private_button_is_for_its_owner_and_an_answer_for_who_pressed() {
    let telegram = FakeTelegram::start();
    let (ann, ben) = (telegram.person("Ann"), telegram.person("Ben"));
    let group = telegram.supergroup("Team", &[&ann, &ben]);
    let bot = Daemon::beside(&telegram).start();
    let (in_group, his) = (ann.at(&group), ben.at(&group));
    in_group.says(&format!("@{} one", telegram.bot_name()));
    drop(in_group.hears());
    drop(his.hears());
    in_group.says_ephemerally("/new");
    let began = bot.heard(&in_group);
    let data = began.button("Undo").expect("it is offered").data.clone();
    // Ben does not see it; what he forges is answered to him alone.
    his.presses_data(his.sees()[1].id, &data);
    insta::assert_snapshot!(bot.hears(&his), @"[ephemeral] This button is not yours, or it is too old. Nothing was changed; the command itself still works.");
    insta::assert_snapshot!(bot.presses(&in_group, &began, "Undo"), @"[ephemeral] Took back: /new. Current session: s-1 (1 message). /redo does it again.");
    in_group.says_ephemerally("/checkpoint save secret");
    drop(bot.heard(&in_group));
    in_group.says_ephemerally("/checkpoint list");
    let listed = bot.heard(&in_group);
    assert!(bot.shows(&listed).ends_with("[Restore c-1] [Delete c-1]"));
    insta::assert_snapshot!(bot.presses(&in_group, &listed, "Restore c-1"), @r"
    [ephemeral] Restored checkpoint c-1 “secret” (1 message) in session s-1. What was there is kept as c-2 (1 message). /undo goes back.
    [Undo]
    ");
    let public = his.ever_saw().join("\n");
    assert!(!public.contains("Took back") && !public.contains("secret"), "{public}");
}

#[test]
fn what_all_share_is_paged_by_all_and_changed_by_those_who_run_the_chat() {
    for telegram in [FakeTelegram::start(), FakeTelegram::older()] {
        let (ann, ben) = (telegram.person("Ann"), telegram.person("Ben"));
        let group = telegram.supergroup("Team", &[&ann, &ben]);
        let bot = Daemon::beside(&telegram).set("sessions.scope", "per-channel").start();
        let (hers, his) = (ann.at(&group), ben.at(&group));
        for word in ["one", "two"] {
            bot.asks(&hers, &format!("@{} {word}", telegram.bot_name()));
        }
        let page = bot.asks(&hers, "/history 1");
        assert_eq!(his.presses(page.id, "Older").answered(), QUIET);
        hers.sees_when(page.id, |seen| seen.text.contains("one"));
        let began = bot.asks(&hers, "/new");
        his.lets_pass();
        insta::allow_duplicates! {
            insta::assert_snapshot!(bot.presses(&his, &began, "Undo"), @"Everybody here shares this conversation; only those who run the chat may change it so.");
            hers.lets_pass();
            insta::assert_snapshot!(bot.presses(&hers, &began, "Undo"), @"Took back: /new. Current session: s-1 (2 messages). /redo does it again.");
        }
    }
}

#[test]
fn where_presses_cannot_be_answered_they_work_all_the_same() {
    let telegram = FakeTelegram::start();
    let ann = telegram.person("Ann");
    let bot = Daemon::beside(&telegram).start();
    telegram.breaks(Fault::unknown_method().of("answerCallbackQuery").always());
    bot.talk(&ann, "one");
    let began = bot.asks(&ann, "/new");
    ann.presses(began.id, "Undo");
    insta::assert_snapshot!(bot.hears(&ann), @"Took back: /new. Current session: s-1 (1 message). /redo does it again.");
}

#[test]
fn a_stranger_presses_in_vain() {
    let telegram = FakeTelegram::start();
    let (ann, ben) = (telegram.person("Ann"), telegram.person("Ben"));
    let bot = Daemon::beside(&telegram).only_for(&[&ann]).start();
    bot.talk(&ann, "one");
    let began = bot.asks(&ann, "/new");
    let data = began.button("Undo").expect("it is offered").data.clone();
    ben.says("Let me in");
    let line = ben.hears();
    assert_eq!(ben.presses_data(line.id, &data).answered(), QUIET);
    assert!(bot.presses(&ann, &began, "Undo").starts_with("Took back"));
    assert_eq!(ben.unheard(), []);
}
