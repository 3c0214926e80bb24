//! What people write on Telegram and where: captions and placeholders, edits, forwards, code, names of bots, topics.

#![allow(clippy::too_many_lines, reason = "a story is as long as what is said in it")]

use e2e::{Daemon, FakeTelegram, Post, Seat};

/// What is said somewhere that nobody is to answer.
fn says_to_nobody(bot: &Daemon, seat: &Seat, post: &Post) {
    seat.sends(post);
    let next = bot.asks(seat, "/session scope");
    assert!(next.text.starts_with("Scope: "), "an answer was not expected: {next:?}");
}

/// What is kept of what was said, from the history.
fn kept(bot: &Daemon, seat: &Seat) -> String {
    let history = bot.asks(seat, "/history").text;
    let lines = history.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.skip(1).collect::<Vec<_>>().join("\n")
}

#[test]
fn what_is_not_text_is_kept_as_a_placeholder_with_its_caption() {
    let telegram = FakeTelegram::start();
    let ann = telegram.person("Ann");
    let bot = Daemon::beside(&telegram).start();
    for post in [
        Post::text("Look at this").with_photo(),
        Post::text("").with_photo(),
        Post::text("").with_voice(),
        Post::text("/new is not run").with_document("report [1].pdf"),
        Post::sticker("🦀"),
    ] {
        ann.sends(&post);
        let _kept = ann.hears();
    }
    insta::assert_snapshot!(kept(&bot, &ann), @r"
    [photo] Look at this
    [photo]
    [voice 7 s]
    [document report 1.pdf] /new is not run
    [sticker 🦀]
    ");
}

#[test]
fn an_edit_is_no_turn() {
    let telegram = FakeTelegram::start();
    let ann = telegram.person("Ann");
    let bot = Daemon::beside(&telegram).start();
    let first = ann.says("one");
    let _kept = ann.hears();
    ann.edits(first, "/new two");
    ann.edits(first, "three");
    insta::assert_snapshot!(kept(&bot, &ann), @"one");
    assert_eq!(ann.unheard(), []);
}

#[test]
fn what_others_wrote_and_what_stands_in_code_never_runs() {
    let telegram = FakeTelegram::start();
    let (ann, ben) = (telegram.person("Ann"), telegram.person("Ben"));
    let news = telegram.channel("News");
    let bot = Daemon::beside(&telegram).start();
    for post in [
        Post::text("/reset").forwarded_from(&ben),
        Post::text("/new").forwarded_from_channel(&news),
        Post::text("/new").forwarded_from_somebody(),
        Post::html("<pre>/reset</pre>"),
        Post::html("<code>/new</code> starts anew"),
        Post::html("<blockquote>/reset</blockquote>"),
        Post::text("//reset"),
        Post::text("/etc/hosts is wrong"),
        Post::text("then say /new"),
    ] {
        ann.sends(&post);
        let _kept = ann.hears();
    }
    insta::assert_snapshot!(kept(&bot, &ann), @r"
    /reset
    /new
    /new
    /reset
    /new starts anew
    /reset
    /reset
    /etc/hosts is wrong
    then say /new
    ");
}

#[test]
fn a_command_may_name_the_bot_and_one_for_another_bot_is_not_ours() {
    let telegram = FakeTelegram::start();
    let ann = telegram.person("Ann");
    let bot = Daemon::beside(&telegram).start();
    let name = telegram.bot_name();
    bot.talk(&ann, "one");
    assert!(bot.answer(&ann, &format!("/new@{name} two")).starts_with("New session"));
    assert!(bot.answer(&ann, &format!("/HISTORY@{}", name.to_uppercase())).contains("two"));
    says_to_nobody(&bot, &ann, &Post::text("/new@other_bot"));
    insta::assert_snapshot!(bot.talk(&ann,
        "/checkpoint save “before refactor” „all tests pass“
         /checkpoint list
         /CHECKPOINT restore «before refactor»
           /session scope"
    ), @r"
    > /checkpoint save “before refactor” „all tests pass“
    Saved checkpoint c-1 “before refactor” (1 message).
    > /checkpoint list
    1 checkpoint in this conversation, newest first:
    c-1 “before refactor” · 1 message · just now · session s-1
        all tests pass
    [Restore c-1] [Delete c-1]
    > /CHECKPOINT restore «before refactor»
    Restored checkpoint c-1 “before refactor” (1 message) in session s-1. What was there is kept as c-2 (1 message). /undo goes back.
    [Undo]
    > /session scope
    Scope: channel (one session per person in this chat). /session scope sets it: main, channel, peer.
    ");
}

#[test]
fn a_reply_is_a_message_like_any_other() {
    let telegram = FakeTelegram::start();
    let ann = telegram.person("Ann");
    let bot = Daemon::beside(&telegram).start();
    let first = bot.asks(&ann, "one");
    ann.replies(first.id, "two");
    assert_eq!(
        bot.hears(&ann),
        "Kept as message 2. No assistant is configured, so nobody answers."
    );
    assert_eq!(kept(&bot, &ann), "one\ntwo");
}

#[test]
fn topics_of_a_private_chat_are_places_of_their_own() {
    let telegram = FakeTelegram::start();
    let ann = telegram.person("Ann");
    let bot = Daemon::beside(&telegram).start();
    bot.talk(&ann, "outside");
    let (work, play) = (ann.topic("Work"), ann.topic("Play"));
    insta::assert_snapshot!(bot.talk(&work, "report\n/checkpoint save report\n/session list\n/history"), @r"
    > report
    Kept as message 1. No assistant is configured, so nobody answers.
    > /checkpoint save report
    Saved checkpoint c-1 “report” (1 message).
    > /session list
    Active:
    s-1 “report” · telegram · 1 message · just now ← here
    s-2 “outside” · telegram · 1 message · just now
    No past sessions here.
    > /history
    Session s-1, messages 1 to 1 of 1

    #1 user · DATE TIME UTC
    report
    ");
    insta::assert_snapshot!(bot.talk(&play, "games\n/checkpoint list\n/history"), @r"
    > games
    Kept as message 1. No assistant is configured, so nobody answers.
    > /checkpoint list
    No checkpoints here. /checkpoint save names this point.
    > /history
    Session s-3, messages 1 to 1 of 1

    #1 user · DATE TIME UTC
    games
    ");
    // The chat shows its topics too: what is outside of them is what was said there.
    let outside = telegram.look(|world| {
        let said = world.said_by_bot(ann.place()).into_iter();
        said.filter(|seen| seen.thread.is_none()).count()
    });
    assert_eq!(outside, 1);
    for topic in [&work, &play] {
        assert!(topic.sees().iter().all(|seen| seen.thread == topic.place().thread()));
    }
}

#[test]
fn in_a_topic_that_is_gone_the_answer_comes_in_the_chat() {
    let telegram = FakeTelegram::start();
    let ann = telegram.person("Ann");
    let work = ann.topic("Work");
    work.says("one");
    work.place().deletes_topic();
    let _bot = Daemon::beside(&telegram).start();
    let heard = ann.hears();
    assert_eq!(
        (heard.thread, heard.text.as_str()),
        (None, "Kept as message 1. No assistant is configured, so nobody answers.")
    );
}

#[test]
fn topics_of_a_forum_are_places_with_the_scope_of_the_forum() {
    let telegram = FakeTelegram::start();
    let (ann, ben) = (telegram.person("Ann"), telegram.person("Ben"));
    let forum = telegram.forum("Forum", &[&ann, &ben]);
    let bot = Daemon::beside(&telegram).start();
    let name = telegram.bot_name();
    let (red, blue) = (forum.topic("Red"), forum.topic("Blue"));
    bot.talk(&ann, "/start");
    ann.at(&forum).says("/session scope group");
    let _set = ann.hears();
    for (topic, word) in [(&red, "red"), (&blue, "blue")] {
        insta::allow_duplicates! {
            insta::assert_snapshot!(bot.answer(&ben.at(topic), &format!("@{name} {word}")), @"Kept as message 1. No assistant is configured, so nobody answers.");
        }
    }
    insta::assert_snapshot!(bot.answer(&ann.at(&red), "/history"), @r"
    Session s-1, messages 1 to 1 of 1

    #1 Ben · DATE TIME UTC
    red
    ");
    insta::assert_snapshot!(bot.answer(&ben.at(&blue), "/history"), @r"
    Session s-2, messages 1 to 1 of 1

    #1 Ben · DATE TIME UTC
    blue
    ");
    for topic in [&red, &blue] {
        let said = telegram.look(|world| world.said_by_bot(topic));
        assert_eq!(said.len(), 2, "{said:?}");
    }
}

#[test]
fn what_cannot_be_read_is_confirmed_and_never_logged() {
    let telegram = FakeTelegram::start();
    telegram.off_the_record();
    let ann = telegram.person("Ann");
    let bot = Daemon::beside(&telegram).start();
    telegram
        .odd_update("telepathy", serde_json::json!({"text": "the secret", "from": {"id": 101}}));
    telegram.odd_update("message", serde_json::json!("no message"));
    bot.talk(&ann, "one");
    telegram.drained();
    assert!(bot.logs("telepathy").contains("an event that cannot be read is set aside"));
    assert!(!bot.log().contains("secret"));
}

#[test]
fn in_a_topic_files_pages_and_presses_are_answered_there() {
    let telegram = FakeTelegram::start();
    let ann = telegram.person("Ann");
    let bot = Daemon::beside(&telegram).start();
    let work = ann.topic("Work");
    bot.talk(&work, "one\ntwo");
    assert!(bot.asks(&work, "/history export").document.is_some());
    let page = bot.asks(&work, "/history 1");
    let _quiet = work.presses(page.id, "Older").answered();
    work.sees_when(page.id, |seen| seen.text.contains("one"));
    let began = bot.asks(&work, "/new");
    assert!(bot.presses(&work, &began, "Undo").starts_with("Took back"));
}

#[test]
fn a_link_that_starts_the_bot_with_a_word_starts_it() {
    let telegram = FakeTelegram::start();
    let ann = telegram.person("Ann");
    let bot = Daemon::beside(&telegram).start();
    insta::assert_snapshot!(bot.talk(&ann, "/start aW52aXRl"), @r"
    > /start aW52aXRl
    Welcome. Write, and it is kept. What you say here is kept as your own session; nobody else sees it.
    /session shows where you are, /checkpoint save names this point, /undo takes back, /help lists every command.
    ");
}
