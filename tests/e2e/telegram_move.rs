//! Chats that change on Telegram: a group becomes a supergroup, a person blocks the bot and lets it back, the bot is
//! removed and put back.

use e2e::{Daemon, FakeTelegram, Fault, Person, Place};

/// A plain group of Ann, who owns it, and Ben.
fn group(telegram: &FakeTelegram) -> (Person, Person, Place) {
    let (ann, ben) = (telegram.person("Ann"), telegram.person("Ben"));
    let group = telegram.group("Team", &[&ann, &ben]);
    (ann, ben, group)
}

#[test]
fn a_group_that_becomes_a_supergroup_keeps_its_sessions_its_settings_and_its_place_on_the_list() {
    for telegram in [FakeTelegram::start(), FakeTelegram::older()] {
        let (ann, ben, group) = group(&telegram);
        let mut bot = Daemon::beside(&telegram).only_for(&[&ann]).only_in(&[&group]).start();
        let me = telegram.bot_name();
        bot.talk(&ann, "/start");
        ann.at(&group).says("/session scope group");
        assert!(bot.hears(&ann).starts_with("Scope is now group"));
        assert_eq!(bot.hears(&ann.at(&group)), "@ann: I answered you in our direct chat.");
        for line in ["Shall we meet?", "At noon"] {
            bot.asks(&ben.at(&group), &format!("@{me} {line}"));
        }
        bot.talk(&ann.at(&group), "/checkpoint save \"the date\"\n/session idle-reset 2h");
        let moved = group.upgrades();
        let hers = ann.at(&moved);
        insta::allow_duplicates! {
            insta::assert_snapshot!(bot.talk(&hers, "/history\n/session\n/checkpoint list"), @r"
            > /history
            Session s-1, messages 1 to 2 of 2

            #1 Ben · DATE TIME UTC
            Shall we meet?

            #2 Ben · DATE TIME UTC
            At noon
            > /session
            Session s-1
            Scope: group (one session shared by all in this chat)
            Started: DATE TIME UTC
            Last activity: just now
            Messages: 2
            Tokens: 0 in, 0 out
            Checkpoints: 1
            Daily reset: off
            Idle reset: after 2 hours without a message
            Next reset: DATE TIME UTC (idle for 2 hours)
            Encryption: on (AES-256-GCM)
            Context: smart (instructions, the first question, what is important, then the newest)
            > /checkpoint list
            1 checkpoint in this conversation, newest first:
            c-1 “the date” · 2 messages · just now · session s-1
            [Restore c-1] [Delete c-1]
            ");
        }
        bot.stops();
        bot.starts();
        let bens = ben.at(&moved);
        insta::allow_duplicates! {
            insta::assert_snapshot!(bot.answer(&bens, &format!("@{me} Still there?")), @"Kept as message 3. No assistant is configured, so nobody answers.");
        }
    }
}

#[test]
fn what_is_said_in_the_same_breath_as_the_upgrade_belongs_to_the_same_session() {
    let telegram = FakeTelegram::start();
    let (ann, ben, group) = group(&telegram);
    let me = telegram.bot_name();
    let mut bot = Daemon::beside(&telegram)
        .set("sessions.scope", "per-channel")
        .only_for(&[&ann])
        .only_in(&[&group])
        .start();
    bot.asks(&ben.at(&group), &format!("@{me} Shall we meet?"));
    bot.stops();
    // All of it comes in one batch.
    let moved = group.upgrades();
    ben.at(&moved).says(&format!("@{me} At noon"));
    bot.starts();
    assert!(bot.hears(&ben.at(&moved)).starts_with("Kept as message 2."));
}

#[test]
fn an_answer_that_waited_for_the_old_group_comes_in_the_new_one() {
    let telegram = FakeTelegram::start();
    let (ann, _ben, group) = group(&telegram);
    let bot = Daemon::beside(&telegram).start();
    telegram.breaks(Fault::too_many(3).of("sendMessage").at(&group));
    ann.at(&group).says(&format!("@{} one", telegram.bot_name()));
    telegram.wait_for(|world| {
        world.requests_of("sendMessage").find(|sent| sent.status == Some(429)).map(drop)
    });
    let moved = group.upgrades();
    assert_eq!(
        bot.hears(&ann.at(&moved)),
        "Kept as message 1. No assistant is configured, so nobody answers."
    );
    assert_eq!(telegram.look(|world| world.said_by_bot(&group)), []);
}

#[test]
fn who_blocks_the_bot_is_not_written_to_and_who_lets_it_back_finds_everything() {
    let telegram = FakeTelegram::start();
    let (ann, ben) = (telegram.person("Ann"), telegram.person("Ben"));
    let bot = Daemon::beside(&telegram).start();
    bot.talk(&ann, "one\ntwo");
    telegram.breaks(
        Fault::refused(403, "Forbidden: bot was blocked by the user")
            .of("sendMessage")
            .at(ann.place()),
    );
    ann.says("three");
    telegram.wait_for(|world| {
        world.requests_of("sendMessage").find(|sent| sent.status == Some(403)).map(drop)
    });
    ann.blocks();
    telegram.drained();
    bot.talk(&ben, "others are served");
    ann.unblocks();
    insta::assert_snapshot!(bot.talk(&ann, "/history"), @r"
    > /history
    Session s-1, messages 1 to 3 of 3

    #1 user · DATE TIME UTC
    one

    #2 user · DATE TIME UTC
    two

    #3 user · DATE TIME UTC
    three
    ");
    let refused = telegram.look(|world| {
        world.requests_of("sendMessage").filter(|sent| sent.status == Some(403)).count()
    });
    assert_eq!(refused, 1);
}

#[test]
fn a_blocked_chat_ends_what_waits_for_it() {
    let telegram = FakeTelegram::start();
    let ann = telegram.person("Ann");
    let bot = Daemon::beside(&telegram).start();
    bot.talk(&ann, "one");
    telegram.breaks(Fault::too_many(3).of("sendMessage").at(ann.place()));
    for line in ["two", "three", "four"] {
        ann.says(line);
    }
    telegram.wait_for(|world| {
        world.requests_of("sendMessage").find(|sent| sent.status == Some(429)).map(drop)
    });
    ann.blocks();
    telegram.drained();
    ann.unblocks();
    insta::assert_snapshot!(bot.talk(&ann, "/session scope\n/history"), @r"
    > /session scope
    Scope: channel (one session per person in this chat). /session scope sets it: main, channel, peer.
    > /history
    Session s-1, messages 1 to 4 of 4

    #1 user · DATE TIME UTC
    one

    #2 user · DATE TIME UTC
    two

    #3 user · DATE TIME UTC
    three

    #4 user · DATE TIME UTC
    four
    ");
}

#[test]
fn a_bot_that_is_removed_is_silent_and_one_that_is_put_back_goes_on() {
    let telegram = FakeTelegram::start();
    let (ann, ben, group) = group(&telegram);
    let bot = Daemon::beside(&telegram).set("sessions.scope", "per-channel").start();
    let (hers, me) = (ann.at(&group), telegram.bot_name());
    bot.answer(&hers, &format!("@{me} one"));
    group.bot_removed(&ann);
    ben.at(&group).says(&format!("@{me} nobody hears this"));
    telegram.drained();
    group.bot_added(&ann);
    insta::assert_snapshot!(bot.talk(&hers, &format!("@{me} two\n/history")), @r"
    > @sessions_test_bot two
    Kept as message 2. No assistant is configured, so nobody answers.
    > /history
    Session s-1, messages 1 to 2 of 2

    #1 Ann · DATE TIME UTC
    one

    #2 Ann · DATE TIME UTC
    two
    ");
}
