//! Buttons: a press is the typed command, proved, counted once where it takes something away, and good after a restart.

use e2e::Home;

#[test]
fn a_past_session_is_resumed_by_a_button_once() {
    Home::new().talk(|ann| {
        ann.talk("one\n/new\ntwo");
        let listed = ann.asks("/session list");
        let resume = listed.buttons[0].clone();
        insta::assert_snapshot!(ann.presses(&listed, &resume), @r"
        Session s-2 (1 message) is current again. s-1 (1 message) is kept. /undo goes back to it.
        [1] Undo
        ");
        insta::assert_snapshot!(ann.presses(&listed, &resume), @"That session is the current one already.");
        insta::assert_snapshot!(ann.answer("/history"), @r"
        Session s-2, messages 1 to 1 of 1

        #1 user · 2026-01-05 12:00 UTC
        one
        ");
    });
}

#[test]
fn a_checkpoint_is_restored_and_deleted_by_buttons_once() {
    Home::new().talk(|ann| {
        ann.talk("one\n/checkpoint save first\ntwo\n/checkpoint save second\nthree");
        let listed = ann.asks("/checkpoint list");
        insta::assert_snapshot!(ann.presses(&listed, "Restore c-1"), @r"
        Restored checkpoint c-1 “first” (1 message) in session s-1. What was there is kept as c-3 (3 messages). /undo goes back.
        [1] Undo
        ");
        insta::assert_snapshot!(ann.presses(&listed, "Restore c-1"), @"That button has been used already.");
        insta::assert_snapshot!(ann.presses(&listed, "Delete c-2"), @r"
        Deleted checkpoint c-2 “second” (2 messages). /undo brings it back.
        [1] Undo
        ");
        insta::assert_snapshot!(ann.presses(&listed, "Delete c-2"), @"There is no checkpoint “c-2” here. /checkpoint list shows them.");
        insta::assert_snapshot!(ann.presses(&listed, "Restore c-2"), @"There is no checkpoint “c-2” here. /checkpoint list shows them.");
        insta::assert_snapshot!(ann.talk("/history\n/checkpoint list"), @r"
        > /history
        Session s-1, messages 1 to 1 of 1

        #1 user · 2026-01-05 12:00 UTC
        one
        > /checkpoint list
        1 checkpoint in this conversation, newest first:
        c-1 “first” · 1 message · just now · session s-1
        Kept automatically, while undo goes back:
        c-3 “before restoring c-1” · 3 messages · just now · session s-1
        [1] Restore c-1  [2] Delete c-1
        ");
    });
}

#[test]
fn undo_by_a_button_takes_back_what_it_stands_under_and_nothing_else() {
    Home::new().talk(|ann| {
        ann.talk("one");
        let cleared = ann.asks("/history clear");
        ann.talk("two");
        let began = ann.asks("/new");
        insta::assert_snapshot!(ann.presses(&cleared, "Undo"), @"Other things were done since. /undo takes them back one by one.");
        insta::assert_snapshot!(ann.presses(&began, "Undo"), @"Took back: /new. Current session: s-1 (1 message). /redo does it again.");
        insta::assert_snapshot!(ann.presses(&began, "Undo"), @"Other things were done since. /undo takes them back one by one.");
        insta::assert_snapshot!(ann.presses(&cleared, "Undo"), @"Took back: /history clear. Current session: s-1 (1 message). What was said since is kept as checkpoint c-1 (1 message). /redo does it again.");
        insta::assert_snapshot!(ann.talk("/history\n/redo\n/redo\n/redo"), @r"
        > /history
        Session s-1, messages 1 to 1 of 1

        #1 user · 2026-01-05 12:00 UTC
        one
        > /redo
        Did again: /history clear. Current session: s-1 (1 message). /undo takes it back.
        > /redo
        Did again: /new. Current session: s-2 (0 messages). /undo takes it back.
        > /redo
        There is nothing to redo here.
        ");
    });
}

#[test]
fn an_undo_button_is_stale_once_the_change_was_taken_back_otherwise() {
    Home::new().talk(|ann| {
        ann.talk("one");
        let began = ann.asks("/new");
        ann.talk("/undo");
        insta::assert_snapshot!(ann.presses(&began, "Undo"), @"There is nothing to undo here (undo goes back 7 days).");
        insta::assert_snapshot!(ann.talk("/history"), @r"
        > /history
        Session s-1, messages 1 to 1 of 1

        #1 user · 2026-01-05 12:00 UTC
        one
        ");
    });
}

#[test]
fn an_automatic_reset_is_undone_by_its_button() {
    Home::new().talk(|ann| {
        ann.talk("/session idle-reset 30\none\n:clock +31m");
        let reset = ann.asks("two");
        insta::assert_snapshot!(ann.presses(&reset, "Undo"), @"Took back: the automatic reset. Current session: s-1 (2 messages). 1 message said since came along. /redo does it again.");
        insta::assert_snapshot!(ann.talk("/history"), @r"
        > /history
        Session s-1, messages 1 to 2 of 2

        #1 user · 2026-01-05 12:00 UTC
        one

        #2 user · 2026-01-05 12:31 UTC
        two
        ");
    });
}

#[test]
fn history_is_paged_older_and_newer_without_a_gap() {
    Home::new().talk(|ann| {
        for number in 1..=45 {
            ann.asks(&format!("message {number}"));
        }
        let heads = |page: &e2e::Reply| {
            let lines: Vec<_> = page.text.lines().collect();
            let shown: Vec<_> = lines.iter().filter(|line| line.starts_with("message ")).collect();
            let head = lines[0].split_once(", ").map_or("", |(_, rest)| rest);
            format!("{head}: {} .. {} {:?}", shown[0], shown[shown.len() - 1], page.buttons)
        };
        let last = ann.asks("/history");
        insta::assert_snapshot!(heads(&last), @r#"messages 26 to 45 of 45: message 26 .. message 45 ["Older"]"#);
        let middle = ann.asks(&format!(":press ={}", last.presses[0]));
        insta::assert_snapshot!(heads(&middle), @r#"messages 6 to 25 of 45: message 6 .. message 25 ["Older", "Newer"]"#);
        let first = ann.asks(&format!(":press ={}", middle.presses[0]));
        insta::assert_snapshot!(heads(&first), @r#"messages 1 to 5 of 45: message 1 .. message 5 ["Newer"]"#);
        let newer = ann.asks(&format!(":press ={}", first.presses[0]));
        insta::assert_snapshot!(heads(&newer), @r#"messages 6 to 25 of 45: message 6 .. message 25 ["Older", "Newer"]"#);
        // Looking takes nothing away: the same button again gives the same page.
        let again = ann.asks(&format!(":press ={}", last.presses[0]));
        assert_eq!(again.text, middle.text);
        // A page names its session: after a new one it still shows the old.
        ann.talk("/new\nsomething else");
        let still = ann.asks(&format!(":press ={}", last.presses[0]));
        assert_eq!(still.text, middle.text);
    });
}

#[test]
fn lists_are_paged_to_their_end() {
    let home = Home::new();
    home.talk(|ann| {
        for number in 1..=23 {
            ann.talk(&format!("talk {number}\n/checkpoint save \"point {number}\"\n/new"));
        }
        for (command, per_line) in [("/session list", "“talk "), ("/checkpoint list", "“point ")]
        {
            let mut page = ann.asks(command);
            let mut seen = Vec::new();
            let mut pages = 1;
            loop {
                let lines = page.text.lines().filter_map(|line| line.split_once(per_line));
                seen.extend(
                    lines.filter_map(|(_, rest)| rest.split_once('”')?.0.parse::<u32>().ok()),
                );
                let Some(older) = page.buttons.iter().position(|label| label == "Older") else {
                    break;
                };
                page = ann.asks(&format!(":press ={}", page.presses[older]));
                pages += 1;
            }
            assert_eq!(seen, (1..=23).rev().collect::<Vec<_>>(), "{command}");
            assert_eq!(pages, 3, "{command}");
        }
    });
}

#[test]
fn a_search_goes_on_where_it_stopped() {
    Home::new().talk(|ann| {
        for number in 1..=25 {
            ann.asks(&format!("needle {number}"));
        }
        let mut page = ann.asks("/history search needle");
        let mut seen = Vec::new();
        loop {
            let lines = page.text.lines().filter_map(|line| line.trim().strip_prefix("needle "));
            seen.extend(lines.filter_map(|number| number.parse::<u32>().ok()));
            let Some(older) = page.buttons.iter().position(|label| label == "Older") else { break };
            page = ann.asks(&format!(":press ={}", page.presses[older]));
        }
        assert_eq!(seen, (1..=25).rev().collect::<Vec<_>>());
    });
}

#[test]
fn buttons_work_after_a_restart_and_after_a_kill_and_still_count_once() {
    let home = Home::in_real_time();
    let mut ann = home.start();
    ann.talk("one\n/checkpoint save first\ntwo");
    let listed = ann.asks("/checkpoint list");
    let began = ann.asks("/new");
    ann.end();

    let mut ann = home.start();
    insta::assert_snapshot!(ann.presses(&began, "Undo"), @"Took back: /new. Current session: s-1 (2 messages). /redo does it again.");
    assert_eq!(ann.kill(), []);

    home.talk(|ann| {
        // The first answer after a kill may say that one before it is missing.
        ann.asks("/session");
        insta::assert_snapshot!(ann.presses(&listed, "Restore c-1"), @r"
        Restored checkpoint c-1 “first” (1 message) in session s-1. What was there is kept as c-2 (2 messages). /undo goes back.
        [1] Undo
        ");
        insta::assert_snapshot!(ann.presses(&began, "Undo"), @"Other things were done since. /undo takes them back one by one.");
        insta::assert_snapshot!(ann.presses(&listed, "Restore c-1"), @"That button has been used already.");
    });
}

#[test]
fn an_old_button_and_a_forged_one_do_nothing() {
    Home::new().talk(|ann| {
        ann.talk("one");
        let began = ann.asks("/new");
        let data = began.presses[0].clone();
        let refused = ann.answer(":press =AAAA");
        insta::assert_snapshot!(refused, @"This button is not yours, or it is too old. Nothing was changed; the command itself still works.");
        let flipped: String = data.chars().rev().collect();
        assert_eq!(ann.answer(&format!(":press ={flipped}")), refused);
        assert_eq!(ann.answer(":press =🦀"), refused);
        ann.talk(":clock +8d");
        assert_eq!(ann.answer(&format!(":press ={data}")), refused);
    });
}

#[test]
fn a_button_that_was_never_offered_is_not_pressed() {
    insta::assert_snapshot!(Home::new().talk(|ann| ann.talk(
        ":press 1
         one
         :press 1
         /new
         :press 0
         :press 2
         :press two
         :press
         :press 1"
    )), @r"
    > :press 1
    (The last reply has no buttons.)
    > one
    Kept as message 1. No assistant is configured, so nobody answers.
    > :press 1
    (The last reply has no buttons.)
    > /new
    New session s-1. The one before, s-2 (1 message), is kept: /undo or /session resume s-2 goes back to it.
    [1] Undo
    > :press 0
    (The last reply has buttons 1 to 1.)
    > :press 2
    (The last reply has buttons 1 to 1.)
    > :press two
    (“two” is no button's number. Usage: :press N)
    > :press
    (“” is no button's number. Usage: :press N)
    > :press 1
    Took back: /new. Current session: s-2 (1 message). /redo does it again.
    ");
}

#[test]
fn an_undo_button_names_its_entry_even_when_the_clock_steps_back() {
    Home::new().talk(|ann| {
        ann.talk("one");
        let began = ann.asks("/new");
        ann.talk(":clock -1h\ntwo\n/history clear");
        insta::assert_snapshot!(ann.presses(&began, "Undo"), @"Other things were done since. /undo takes them back one by one.");
    });
}

#[test]
fn a_button_offered_again_is_another_button() {
    Home::new().talk(|ann| {
        ann.talk("one\n/new\ntwo");
        let listed = ann.asks("/session list");
        let resume = listed.buttons[0].clone();
        ann.presses(&listed, &resume);
        ann.talk("/undo");
        let again = ann.asks("/session list");
        insta::assert_snapshot!(ann.presses(&again, &resume), @r"
        Session s-2 (1 message) is current again. s-1 (1 message) is kept. /undo goes back to it.
        [1] Undo
        ");
    });
}
