//! Several people in a group on Telegram: what is one's own is never shown to the others, what is shared is, and who may
//! do what.

#![allow(clippy::too_many_lines, reason = "a story is as long as what is said in it")]

use e2e::{Daemon, FakeTelegram, Fault, Person, Place, Post};

/// Ann, who owns the group, Ben and Cy; with the bot.
struct Team {
    telegram: FakeTelegram,
    ann: Person,
    ben: Person,
    cy: Person,
    team: Place,
}

impl Team {
    fn at(telegram: FakeTelegram) -> Self {
        let [ann, ben, cy] = ["Ann", "Ben", "Cy"].map(|name| telegram.person(name));
        let team = telegram.supergroup("Team", &[&ann, &ben, &cy]);
        Self { telegram, ann, ben, cy, team }
    }

    fn people(&self) -> [&Person; 3] {
        [&self.ann, &self.ben, &self.cy]
    }

    /// What everybody in the group ever saw, as Cy did.
    fn public(&self) -> String {
        self.cy.at(&self.team).ever_saw().join("\n")
    }

    /// Says something to the bot in the group; it is answered openly.
    fn tells(&self, bot: &Daemon, person: &Person, words: &str) -> String {
        bot.answer(&person.at(&self.team), &format!("@{} {words}", self.telegram.bot_name()))
    }
}

/// Tells a story at a server of today, and at one of Bot API 9.1.
fn at_both(tell: impl Fn(&Team)) {
    insta::allow_duplicates! {
        for telegram in [FakeTelegram::start(), FakeTelegram::older()] {
            tell(&Team::at(telegram));
        }
    }
}

#[test]
fn what_is_ones_own_comes_in_the_direct_chat_with_a_note_that_says_nothing() {
    at_both(|team| {
        let bot = Daemon::beside(&team.telegram).start();
        for person in team.people() {
            bot.talk(person, "/start");
            team.tells(&bot, person, &format!("open words of {}", person.id()));
        }
        let ann = team.ann.at(&team.team);
        ann.lets_pass();
        for line in [
            "/history",
            "/session",
            "/session list",
            "/checkpoint save \"the secret plan\"",
            "/checkpoint list",
            "/history export",
            "/history search words",
            "/context",
            "/whoami",
            "/new",
            "/undo",
            "/teleport@sessions_test_bot",
        ] {
            ann.says(line);
            let private = team.ann.hears();
            assert_eq!(private.buttons, Vec::<Vec<_>>::new(), "{line}");
            insta::assert_snapshot!(bot.hears(&ann), @"@ann: I answered you in our direct chat.");
        }
        let public = team.public();
        // As she typed it, and not again.
        assert_eq!(public.matches("secret plan").count(), 1, "{public}");
        for word in [
            "Session s-",
            "Saved checkpoint",
            "Exported",
            "messages 1 to",
            "You: telegram",
            "Took back",
            "I don't know",
        ] {
            assert!(!public.contains(word), "{word} in {public}");
        }
        assert_eq!(team.ben.unheard(), []);
        assert_eq!(team.cy.unheard(), []);
    });
}

#[test]
fn an_ephemeral_command_is_answered_to_its_author_alone() {
    let team = Team::at(FakeTelegram::start());
    let bot = Daemon::beside(&team.telegram).start();
    team.tells(&bot, &team.ann, "open words");
    let ann = team.ann.at(&team.team);
    ann.says_ephemerally("/history");
    insta::assert_snapshot!(bot.hears(&ann), @r"
    [ephemeral] Session s-1, messages 1 to 1 of 1

    #1 Ann · DATE TIME UTC
    open words
    ");
    ann.says_ephemerally("/checkpoint save secret");
    insta::assert_snapshot!(bot.hears(&ann), @"[ephemeral] Saved checkpoint c-1 “secret” (1 message).");
    ann.says_ephemerally("/checkpoint list");
    insta::assert_snapshot!(bot.hears(&ann), @r"
    [ephemeral] 1 checkpoint in this conversation, newest first:
    c-1 “secret” · 1 message · just now · session s-1
    [Restore c-1] [Delete c-1]
    ");
    ann.says_ephemerally("/teleport");
    insta::assert_snapshot!(bot.hears(&ann), @"[ephemeral] I don't know /teleport. /help lists every command.");
    assert!(!team.public().contains("secret") && !team.public().contains("messages 1 to"));
    assert_eq!(team.ben.at(&team.team).unheard().len(), 1);
    // Each was proven to be for one alone before it had content: content goes out by no other method.
    team.telegram.look(|world| {
        let sent: Vec<_> = world
            .requests_of("sendMessage")
            .skip(1)
            .map(|sent| sent.params["text"].clone())
            .collect();
        assert_eq!(sent, ["…"; 4]);
        assert_eq!(world.requests_of("editEphemeralMessageText").count(), 4);
    });
}

#[test]
fn at_an_older_server_the_same_comes_in_the_direct_chat() {
    let team = Team::at(FakeTelegram::older());
    let bot = Daemon::beside(&team.telegram).start();
    bot.talk(&team.ann, "/start");
    team.tells(&bot, &team.ann, "open words");
    let ann = team.ann.at(&team.team);
    for line in ["/checkpoint save secret", "/checkpoint list", "/history"] {
        ann.says_ephemerally(line);
        drop(team.ann.hears());
        drop(ann.hears());
    }
    assert_eq!(team.public().matches("secret").count(), 1, "{}", team.public());
    assert!(!team.public().contains("messages 1 to"));
}

#[test]
fn who_never_started_the_bot_is_told_how() {
    at_both(|team| {
        let bot = Daemon::beside(&team.telegram).start();
        let ann = team.ann.at(&team.team);
        ann.says("/history");
        insta::assert_snapshot!(bot.hears(&ann), @"@ann: I cannot write to you yet. Open https://t.me/sessions_test_bot and press Start, then ask again.");
        bot.talk(&team.ann, "/start");
        ann.says("/history");
        insta::assert_snapshot!(bot.hears(&team.ann), @"Session s-1 is empty.");
        insta::assert_snapshot!(bot.hears(&ann), @"@ann: I answered you in our direct chat.");
    });
}

#[test]
fn a_mention_and_a_reply_are_for_the_bot_and_chatter_is_not_kept() {
    at_both(|team| {
        let bot = Daemon::beside(&team.telegram).start();
        bot.talk(&team.ann, "/start");
        let ann = team.ann.at(&team.team);
        ann.says("Good morning, all");
        insta::assert_snapshot!(team.tells(&bot, &team.ann, "one"), @"Kept as message 1. No assistant is configured, so nobody answers.");
        let answer = ann.sees().pop().expect("there is an answer");
        ann.replies(answer.id, "two");
        drop(ann.hears());
        let chatter = team.ben.at(&team.team).says("What is this?");
        ann.replies(chatter, "a bot");
        ann.says("/unheard_of");
        ann.says("/new@other_bot");
        insta::assert_snapshot!(team.tells(&bot, &team.ann, "three"), @"Kept as message 3. No assistant is configured, so nobody answers.");
        ann.says("/history");
        insta::assert_snapshot!(bot.hears(&team.ann), @r"
        Session s-1, messages 1 to 3 of 3

        #1 Ann · DATE TIME UTC
        one

        #2 Ann · DATE TIME UTC
        two

        #3 Ann · DATE TIME UTC
        three
        ");
    });
}

#[test]
fn a_group_shares_one_lane_when_an_administrator_says_so() {
    at_both(|team| {
        let bot = Daemon::beside(&team.telegram).start();
        for person in team.people() {
            bot.talk(person, "/start");
        }
        let aside = |person: &Person, line: &str| {
            let seat = person.at(&team.team);
            seat.lets_pass();
            seat.says(line);
            let answer = bot.hears(person);
            assert!(bot.hears(&seat).ends_with(": I answered you in our direct chat."));
            answer
        };
        insta::assert_snapshot!(aside(&team.ben, "/session scope group"), @"Only those who run this chat may set its scope.");
        insta::assert_snapshot!(aside(&team.ann, "/session scope group"), @"Scope is now group (one session shared by all in this chat). Current session: s-1 (0 messages). Nothing was merged; the other sessions stay where they were.");
        team.tells(&bot, &team.ann, "Shall we meet?");
        team.tells(&bot, &team.ben, "At noon");
        let answer = |person: &Person, line: &str| bot.answer(&person.at(&team.team), line);
        insta::assert_snapshot!(answer(&team.cy, "/history"), @r"
        Session s-1, messages 1 to 2 of 2

        #1 Ann · DATE TIME UTC
        Shall we meet?

        #2 Ben · DATE TIME UTC
        At noon
        ");
        insta::assert_snapshot!(answer(&team.cy, "/history clear"), @"Everybody here shares this conversation; only those who run the chat may change it so.");
        insta::assert_snapshot!(answer(&team.ben, "/session scope channel"), @"Only those who run this chat may set its scope.");
        insta::assert_snapshot!(answer(&team.cy, "/checkpoint save \"the date\""), @"Saved checkpoint c-1 “the date” (2 messages).");
        insta::assert_snapshot!(answer(&team.ann, "/history clear"), @r"
        Cleared 2 messages from session s-1; its settings and checkpoints stay. /undo brings them back.
        [Undo]
        ");
        insta::assert_snapshot!(answer(&team.ann, "/undo"), @"Took back: /history clear. Current session: s-1 (2 messages). /redo does it again.");
    });
}

#[test]
fn who_runs_a_group_is_asked_once() {
    let team = Team::at(FakeTelegram::start());
    let bot = Daemon::beside(&team.telegram).start();
    bot.talk(&team.ann, "/start");
    for _ in 0..3 {
        team.ann.at(&team.team).says("/session");
        drop(team.ann.hears());
    }
    let asked = team.telegram.look(|world| world.requests_of("getChatAdministrators").count());
    assert_eq!(asked, 1);
}

#[test]
fn an_anonymous_administrator_sets_the_scope_and_owns_no_lane() {
    at_both(|team| {
        let bot = Daemon::beside(&team.telegram).start();
        let (anonymous, cy) = (team.team.anonymous(), team.cy.at(&team.team));
        anonymous.says("/history");
        insta::assert_snapshot!(bot.hears(&cy), @"A chat that speaks in its own name has no conversation of its own here. Speak as yourself, or let an administrator set /session scope group, which all share.");
        anonymous.says(&format!("@{} hello", team.telegram.bot_name()));
        insta::assert_snapshot!(bot.hears(&cy), @"A chat that speaks in its own name has no conversation of its own here. Speak as yourself, or let an administrator set /session scope group, which all share.");
        anonymous.says("/session scope group");
        insta::assert_snapshot!(bot.hears(&cy), @"Scope is now group (one session shared by all in this chat). Current session: s-1 (0 messages). Nothing was merged; the other sessions stay where they were.");
        anonymous.says(&format!("@{} hello", team.telegram.bot_name()));
        insta::assert_snapshot!(bot.hears(&cy), @"Kept as message 1. No assistant is configured, so nobody answers.");
        anonymous.says("/history");
        insta::assert_snapshot!(bot.hears(&cy), @r"
        Session s-1, messages 1 to 1 of 1

        #1 Team · DATE TIME UTC
        hello
        ");
    });
}

#[test]
fn a_channel_that_speaks_is_nobody_and_bots_are_not_heard() {
    at_both(|team| {
        let bot = Daemon::beside(&team.telegram).start();
        let news = team.telegram.channel("News");
        let other = team.telegram.other_bot("Other");
        let me = team.telegram.bot_name();
        let cy = team.cy.at(&team.team);
        team.team.automatic_forward(&news).says("/new");
        team.team.automatic_forward(&news).says(&format!("@{me} hello"));
        other.at(&team.team).says(&format!("/new@{me}"));
        other.at(&team.team).says(&format!("@{me} hello"));
        team.ann.at(&team.team).sends(&Post::text(&format!("@{me} hello")).via(&other));
        news.anonymous().says("/new");
        team.team.channel(&news).says("/session scope group");
        insta::assert_snapshot!(bot.hears(&cy), @"Only those who run this chat may set its scope.");
        team.team.channel(&news).says(&format!("@{me} hello"));
        insta::assert_snapshot!(bot.hears(&cy), @"A chat that speaks in its own name has no conversation of its own here. Speak as yourself, or let an administrator set /session scope group, which all share.");
        insta::assert_snapshot!(team.tells(&bot, &team.ann, "hello"), @"Kept as message 1. No assistant is configured, so nobody answers.");
        assert_eq!(cy.unheard().len(), 1, "{:?}", cy.unheard());
    });
}

#[test]
fn strangers_get_one_polite_line_and_nothing_of_them_is_kept() {
    at_both(|team| {
        let bot = Daemon::beside(&team.telegram)
            .owned_by(&[&team.ann])
            .only_for(&[&team.ben])
            .only_in(&[])
            .start();
        team.cy.says("Let me in");
        insta::assert_snapshot!(bot.hears(&team.cy), @"I may not talk here. Ask whoever runs this bot to let telegram:103 in.");
        team.cy.says("Please");
        team.cy.says("/start");
        let group = team.cy.at(&team.team);
        group.says(&format!("@{} hello", team.telegram.bot_name()));
        insta::assert_snapshot!(bot.hears(&group), @"I may not talk here. Ask whoever runs this bot to let telegram:-1002000000001 in.");
        group.says("/history");
        team.cy.at(&team.team).says("chatter");
        // Who is listed may talk, here and there.
        insta::assert_snapshot!(bot.talk(&team.ben, "one\n/session list"), @r"
        > one
        Kept as message 1. No assistant is configured, so nobody answers.
        > /session list
        Active:
        s-1 “one” · telegram · 1 message · just now ← here
        No past sessions here.
        ");
        insta::assert_snapshot!(bot.talk(&team.ann, "/session list all"), @r"
        > /session list all
        1 conversation, 1 message in their current sessions. No text is shown here.
        ");
        insta::assert_snapshot!(team.tells(&bot, &team.ben, "two"), @"Kept as message 1. No assistant is configured, so nobody answers.");
        assert_eq!(team.cy.unheard(), []);
        assert_eq!(group.unheard().len(), 1, "{:?}", group.unheard());
    });
}

#[test]
fn everybody_may_talk_in_a_group_that_is_listed() {
    let team = Team::at(FakeTelegram::start());
    let other = team.telegram.supergroup("Other", &[&team.ann, &team.cy]);
    let bot = Daemon::beside(&team.telegram).only_for(&[]).only_in(&[&team.team]).start();
    insta::assert_snapshot!(team.tells(&bot, &team.cy, "hello"), @"Kept as message 1. No assistant is configured, so nobody answers.");
    let elsewhere = team.cy.at(&other);
    elsewhere.says("/start");
    insta::assert_snapshot!(bot.hears(&elsewhere), @"I may not talk here. Ask whoever runs this bot to let telegram:-1002000000002 in.");
    team.cy.says("hello");
    insta::assert_snapshot!(bot.hears(&team.cy), @"I may not talk here. Ask whoever runs this bot to let telegram:103 in.");
}

#[test]
fn a_long_answer_of_ones_own_comes_whole_in_the_direct_chat_with_one_note() {
    at_both(|team| {
        let bot = Daemon::beside(&team.telegram).start();
        bot.talk(&team.ann, "/start");
        let ann = team.ann.at(&team.team);
        for letter in ["a", "b", "c"] {
            team.tells(&bot, &team.ann, &letter.repeat(3500));
        }
        ann.says("/history");
        for letter in ["a", "b", "c"] {
            assert!(team.ann.hears().text.ends_with(&letter.repeat(3500)));
        }
        assert_eq!(bot.hears(&ann), "@ann: I answered you in our direct chat.");
        ann.says("/session scope");
        assert!(bot.hears(&team.ann).starts_with("Scope: "));
        assert_eq!(bot.hears(&ann), "@ann: I answered you in our direct chat.");
        assert_eq!(ann.unheard(), []);
    });
}

#[test]
fn an_ephemeral_page_is_turned_in_place_for_its_reader_alone() {
    let team = Team::at(FakeTelegram::start());
    let bot = Daemon::beside(&team.telegram).start();
    for word in ["one", "two"] {
        team.tells(&bot, &team.ann, word);
    }
    let ann = team.ann.at(&team.team);
    ann.says_ephemerally("/history 1");
    let page = bot.heard(&ann);
    let _quiet = ann.presses(page.id, "Older").answered();
    let turned = ann.sees_when(page.id, |seen| seen.text.contains("one"));
    assert_eq!((turned.labels(), ann.unheard()), (vec!["Newer"], vec![]));
    assert!(!team.public().contains("messages "), "{}", team.public());
}

#[test]
fn a_file_that_is_asked_for_unseen_comes_in_the_direct_chat_unseen() {
    let team = Team::at(FakeTelegram::start());
    let bot = Daemon::beside(&team.telegram).start();
    bot.talk(&team.ann, "/start");
    team.tells(&bot, &team.ann, "one");
    let before = team.public();
    team.ann.at(&team.team).says_ephemerally("/history export");
    assert!(team.ann.hears().document.is_some());
    team.tells(&bot, &team.ann, "two");
    assert!(
        team.public().starts_with(&before) && !team.public().contains("I answered"),
        "{}",
        team.public()
    );
}

#[test]
fn a_bot_that_is_administrator_answers_typed_commands_ephemerally_too() {
    let team = Team::at(FakeTelegram::start());
    let bot = Daemon::beside(&team.telegram).start();
    team.team.bot_promoted(&team.ann);
    team.tells(&bot, &team.ann, "one");
    insta::assert_snapshot!(bot.answer(&team.ann.at(&team.team), "/history"), @r"
    [ephemeral] Session s-1, messages 1 to 1 of 1

    #1 Ann · DATE TIME UTC
    one
    ");
    assert!(!team.public().contains("messages 1 to"));
}

#[test]
fn an_ephemeral_answer_that_fails_halfway_is_tried_again_or_given_in_the_direct_chat() {
    let team = Team::at(FakeTelegram::start());
    let bot = Daemon::beside(&team.telegram).start();
    bot.talk(&team.ann, "/start");
    team.tells(&bot, &team.ann, "one");
    let ann = team.ann.at(&team.team);
    for fault in [
        Fault::page(502),
        Fault::too_many(1),
        Fault::refused(400, "Bad Request: can't parse entities"),
    ] {
        team.telegram.breaks(fault.of("editEphemeralMessageText"));
        ann.says_ephemerally("/history");
        assert!(bot.hears(&ann).starts_with("[ephemeral] Session s-1"));
    }
    for (method, fault) in [
        (
            "editEphemeralMessageText",
            Fault::refused(400, "Bad Request: ephemeral message not found"),
        ),
        ("sendMessage", Fault::refused(400, "Bad Request: ephemeral messages can't be sent here")),
        ("sendMessage", Fault::cut_before()),
    ] {
        team.telegram.breaks(fault.of(method).at(&team.team));
        ann.says_ephemerally("/history");
        assert!(bot.hears(&team.ann).starts_with("Session s-1"));
    }
    assert!(!team.public().contains("messages 1 to"), "{}", team.public());
}

#[test]
fn a_command_may_stand_behind_a_mention_or_name_the_bot() {
    at_both(|team| {
        let bot = Daemon::beside(&team.telegram).set("sessions.scope", "per-channel").start();
        let (ann, me) = (team.ann.at(&team.team), team.telegram.bot_name());
        assert!(team.tells(&bot, &team.ann, "one").starts_with("Kept as message 1."));
        for line in [
            "/history",
            &format!("/history@{me}"),
            &format!("@{me} /history"),
            &format!("@{me}, /history 1"),
        ] {
            assert!(
                bot.answer(&ann, line).starts_with("Session s-1, messages 1 to 1 of 1"),
                "{line}"
            );
        }
        assert!(
            bot.answer(&ann, &format!("Hello @{me}, /new is no command here"))
                .starts_with("Kept as message 2.")
        );
        let photo = ann.sends(&Post::text(&format!("@{me} look")).with_photo());
        assert!(bot.hears(&ann).starts_with("Kept as message 3."));
        ann.replies(photo, "nobody is asked");
        assert!(
            bot.answer(&ann, &format!("/teleport@{me}")).starts_with("I don't know /teleport.")
        );
        assert!(bot.answer(&ann, "/history").ends_with(&format!(
            "Hello @{me}, /new is no command here\n\n#3 Ann · DATE TIME UTC\n[photo] look"
        )));
    });
}

#[test]
fn in_privacy_mode_the_bot_is_told_what_it_needs() {
    let team = Team::at(FakeTelegram::start());
    team.telegram.has_privacy_mode();
    let bot = Daemon::beside(&team.telegram).set("sessions.scope", "per-channel").start();
    let ann = team.ann.at(&team.team);
    ann.says("chatter");
    let heard = bot.asks(&ann, &format!("@{} one", team.telegram.bot_name()));
    ann.replies(heard.id, "two");
    assert!(bot.hears(&ann).starts_with("Kept as message 2."));
    assert!(bot.answer(&ann, "/history").contains("messages 1 to 2 of 2"));
}
