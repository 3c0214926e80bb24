//! Lines of every kind, in and out: long, broken, foreign, none; and a reader who goes away.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;

use e2e::Home;

#[test]
fn no_input_is_no_failure() {
    let home = Home::new();
    let ended = home.run(b"");
    ended.assert_success();
    assert_eq!(ended.text(), "");
    insta::assert_snapshot!(home.shown(&ended.stderr), @r"
    Database: HOME/data/sessions.db (new, sealed)
    Key: HOME/data/master.key (new; keep a copy elsewhere: without it nothing can be read)
    ");
    let again = home.run(b"\n   \n\t\n");
    again.assert_success();
    assert_eq!(again.text(), "");
    insta::assert_snapshot!(home.shown(&again.stderr), @r"
    Database: HOME/data/sessions.db
    Key: HOME/data/master.key
    ");
}

#[test]
fn a_last_line_without_an_end_counts() {
    let home = Home::new();
    let ended = home.run(b"one\r\ntwo");
    ended.assert_success();
    assert_eq!(ended.text().lines().count(), 2);
    home.talk(|ann| assert_eq!(ann.said(), ["one", "two"]));
}

#[test]
fn a_line_of_a_megabyte_is_refused_and_the_next_one_heard() {
    let home = Home::new();
    let mut input = vec![b'x'; 1 << 20];
    input.extend(b"\nafter\n");
    input.extend(vec![b'y'; 5 << 20]);
    input.extend(b"\nand after that\n");
    let ended = home.run(&input);
    ended.assert_success();
    insta::assert_snapshot!(ended.text(), @r"
    The message is too long: 64 KiB is the most. Nothing was cut off or kept.
    Kept as message 1. No assistant is configured, so nobody answers.
    (That line has more than 4194304 bytes. It was not taken in.)
    Kept as message 2. No assistant is configured, so nobody answers.
    ");
    home.talk(|ann| assert_eq!(ann.said(), ["after", "and after that"]));
}

#[test]
fn a_message_as_long_as_allowed_comes_back_whole() {
    let home = Home::new();
    let longest = "ß🦀a\u{301}".repeat(64 * 1024 / 9);
    home.talk(|ann| {
        ann.says(&longest);
        insta::assert_snapshot!(ann.hears(), @"Kept as message 1. No assistant is configured, so nobody answers.");
        assert_eq!(ann.said(), std::slice::from_ref(&longest));
    });
}

#[test]
fn bytes_that_are_no_text_are_refused_and_the_next_line_heard() {
    let home = Home::new();
    let ended = home.run(b"a\xff\xfeb\n/new \xc3\nstill here\n");
    ended.assert_success();
    insta::assert_snapshot!(ended.text(), @r"
    (That line is not valid UTF-8. It was not taken in.)
    (That line is not valid UTF-8. It was not taken in.)
    Kept as message 1. No assistant is configured, so nobody answers.
    ");
    home.talk(|ann| assert_eq!(ann.said(), ["still here"]));
}

#[test]
fn whatever_is_text_is_kept_as_it_was_said() {
    let said = [
        "nul \0 nul",
        "family 👨\u{200d}👩\u{200d}👧\u{200d}👦 flag 🇫🇷",
        "שלום עולם",
        "مرحبا \u{202e}turned\u{202c}",
        "\u{1b}[2J\u{1b}]0;title\u{7}",
        "zero\u{200b}width, e\u{301}, ﬁ, Ǆ, \u{feff}",
        "{\"json\": [\"\\u0000\", '; DROP TABLE message; --\"]}",
        "```",
        "a\u{2028}b\u{85}c\u{b}d",
    ];
    let home = Home::new();
    home.talk(|ann| {
        for line in said {
            assert!(ann.asks(line).text.starts_with("Kept as message "), "{line:?}");
        }
        assert_eq!(ann.said(), said);
    });
    home.talk(|ann| assert_eq!(ann.said(), said));
}

#[test]
fn nothing_that_was_said_drives_the_terminal_or_breaks_a_reply() {
    let home = Home::new();
    let ended = home
        .run("\u{1b}[2Jgone\u{7}\n/history\n/history search \u{202e}x\n/\u{1b}[31m\n".as_bytes());
    ended.assert_success();
    let is_plain =
        |c: char| c == '\n' || !(c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c));
    assert!(ended.text().chars().all(is_plain), "{:?}", ended.text());
    assert!(ended.text().contains("\\u{1b}[2Jgone\\u{7}"), "{}", ended.text());
}

#[test]
fn a_reader_who_goes_away_ends_it_without_a_panic() {
    let home = Home::new();
    let mut command = home.command();
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    stdin.write_all(b"one\n").unwrap();
    let mut first = String::new();
    stdout.read_line(&mut first).unwrap();
    drop(stdout);
    // It reads on until it finds that nobody listens; then these find no reader either.
    while stdin.write_all(b"two\n").is_ok() {}
    let ended = child.wait_with_output().unwrap();
    let stderr = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(ended.status.code(), Some(0), "{stderr}");
    assert!(!stderr.contains("panicked") && !stderr.contains("ERROR"), "{stderr}");
    home.talk(|ann| {
        let said = ann.said();
        assert_eq!(said[0], "one");
        assert!(said[1..].iter().all(|said| said == "two"), "{said:?}");
    });
}

#[test]
fn the_console_says_how_its_own_lines_are_written() {
    insta::assert_snapshot!(Home::new().talk(|ann| ann.talk(
        ":
         :as
         :in
         :in dm:bob
         :channel icq
         :channel
         :clock +
         :clock +5w
         :clock +99999999999999999d
         :clock tomorrow
         :nonsense
         :as bob
         :help"
    )), @r"
    > :
    (The console does not know :. :help lists what it knows.)
    > :as
    (:as needs a name. :help lists what can be said.)
    > :in
    (:in needs a group, or dm. :help lists what can be said.)
    > :in dm:bob
    (No group's name begins with dm:. :in dm goes back to your direct chat.)
    > :channel icq
    (The channels are console, telegram, discord.)
    > :channel
    (The channels are console, telegram, discord.)
    > :clock +
    (“+” is no time. Usage: :clock +31m | -2h | 2026-03-29T00:59:00Z | real)
    > :clock +5w
    (“+5w” is no time. Usage: :clock +31m | -2h | 2026-03-29T00:59:00Z | real)
    > :clock +99999999999999999d
    (“+99999999999999999d” is no time. Usage: :clock +31m | -2h | 2026-03-29T00:59:00Z | real)
    > :clock tomorrow
    (“tomorrow” is no time. Usage: :clock +31m | -2h | 2026-03-29T00:59:00Z | real)
    > :nonsense
    (The console does not know :nonsense. :help lists what it knows.)
    > :as bob
    > :help
    (:as bob          speak as somebody else
    :in team         in a group chat; :in dm goes back
    :channel discord pretend to be on another channel
    :press N         press button N of the last reply
    :clock +31m      move this console's clock (s, m, h, d; - goes back)
    :clock 2026-03-29T00:59:00Z   set it; :clock real sets it right again
    :quit            leave
    Anything else goes to the bot; /help lists its commands.)
    ");
}

#[test]
fn quit_ends_it_and_what_follows_is_not_heard() {
    let home = Home::new();
    let ended = home.run(b"one\n:quit\ntwo\n");
    ended.assert_success();
    home.talk(|ann| assert_eq!(ann.said(), ["one"]));
}

#[test]
fn a_full_disk_of_the_reader_is_told_by_nobody_but_kept() {
    // Every write to this device fails as if its disk were full.
    let home = Home::new();
    let full = File::options().write(true).open("/dev/full").unwrap();
    let mut command = home.command();
    command.stdin(Stdio::piped()).stdout(full).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"one\n").unwrap();
    let ended = child.wait_with_output().unwrap();
    let stderr = String::from_utf8(ended.stderr).unwrap();
    assert!(!stderr.contains("panicked"), "{stderr}");
    home.talk(|ann| {
        let first = ann.asks("/history").text;
        assert!(first.contains("may not have reached you") && first.contains("one"), "{first}");
    });
}
