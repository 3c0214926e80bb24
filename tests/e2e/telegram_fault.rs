//! What goes wrong between the bot and Telegram: limits, servers that fail, lines that are cut, answers that cannot be
//! read, servers that lack this and that. Nothing is lost, nothing is said twice.

use std::time::{SystemTime, UNIX_EPOCH};

use e2e::{Daemon, FakeTelegram, Fault, Gate, Limits, Person, Request, Signal, World};

/// Ann, Ben and the bot, which knows both.
fn start() -> (FakeTelegram, Person, Person, Daemon) {
    let telegram = FakeTelegram::start();
    let (ann, ben) = (telegram.person("Ann"), telegram.person("Ben"));
    let bot = Daemon::beside(&telegram).start();
    for person in [&ann, &ben] {
        bot.talk(person, "/start");
    }
    (telegram, ann, ben, bot)
}

/// All that the bot said to a person, in order.
fn said(telegram: &FakeTelegram, person: &Person) -> Vec<String> {
    let said = telegram.look(|world| world.said_by_bot(person.place()));
    said.into_iter().skip(1).map(|seen| seen.text).collect()
}

fn kept(number: usize) -> String {
    format!("Kept as message {number}. No assistant is configured, so nobody answers.")
}

/// Waits until a method was answered with a status, or cut.
fn failed(telegram: &FakeTelegram, method: &str, is: impl Fn(&Request) -> bool) {
    telegram
        .wait_for(|world: &World| world.requests_of(method).find(|request| is(request)).map(drop));
}

#[test]
fn a_chat_that_is_written_to_too_fast_waits_alone() {
    let (telegram, ann, ben, bot) = start();
    telegram.breaks(Fault::too_many(1).of("sendMessage").at(ann.place()));
    ann.says("one");
    failed(&telegram, "sendMessage", |sent| sent.status == Some(429));
    bot.talk(&ben, "served meanwhile");
    assert_eq!(bot.hears(&ann), kept(1));
    bot.talk(&ann, "two");
    assert_eq!(said(&telegram, &ann), [kept(1), kept(2)]);
}

#[test]
fn a_clock_that_is_more_than_a_week_ahead_is_told_in_the_log_as_everything_is_left_out() {
    const DAY: u64 = 86_400;
    let (telegram, ann, _ben, bot) = start();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is after 1970").as_secs();
    telegram.set_time(now - 8 * DAY);
    ann.says("as if it were old");
    let line = bot.logs("this machine's clock is ahead");
    assert!(line.contains("WARN"), "{line}");
    telegram.set_time(now);
    bot.talk(&ann, "hello");
    assert_eq!(said(&telegram, &ann), [kept(1)]);
}

#[test]
fn a_flood_is_answered_in_order_however_strict_the_limits() {
    let telegram = FakeTelegram::start();
    telegram.limits(Limits::default());
    let ann = telegram.person("Ann");
    let _bot = Daemon::beside(&telegram).set("telegram.pacing", true).start();
    for number in 1..=4 {
        ann.says(&format!("message {number}"));
    }
    let answers = [(); 4].map(|()| ann.hears().text);
    assert_eq!(answers.to_vec(), (1..=4).map(kept).collect::<Vec<_>>());
    assert_eq!(ann.unheard(), []);
}

#[test]
fn a_server_that_fails_is_tried_again_until_it_does_not() {
    for fault in [
        Fault::page(500),
        Fault::page(502),
        Fault::refused(500, "Internal Server Error"),
        Fault::refused(503, "Service Unavailable"),
    ] {
        let (telegram, ann, _ben, bot) = start();
        telegram.breaks(fault.of("sendMessage"));
        assert_eq!(bot.answer(&ann, "one"), kept(1));
        assert_eq!(bot.answer(&ann, "two"), kept(2));
        assert_eq!(said(&telegram, &ann), [kept(1), kept(2)]);
    }
}

#[test]
fn an_answer_whose_fate_is_unknown_is_not_sent_again_but_told_of() {
    let missing = "(An earlier answer may not have reached you. /history shows what was said; /session shows where you are.)\n\n";
    for (fault, arrived) in [
        (Fault::cut_before(), 0),
        (Fault::cut_after(), 1),
        (Fault::malformed(), 0),
        (Fault::malformed().after_effect(), 1),
    ] {
        let (telegram, ann, ben, bot) = start();
        telegram.breaks(fault.of("sendMessage").at(ann.place()));
        ann.says("one");
        bot.logs("an answer may not have arrived");
        bot.talk(&ben, "others are not told of it");
        ann.says("two");
        let told = format!("{missing}{}", kept(2));
        telegram.wait_for(|world| {
            world.said_by_bot(ann.place()).iter().find(|seen| seen.text == told).map(drop)
        });
        ann.says("three");
        telegram.wait_for(|world| {
            world.said_by_bot(ann.place()).iter().find(|seen| seen.text == kept(3)).map(drop)
        });
        let first: Vec<_> = std::iter::repeat_n(kept(1), arrived).collect();
        assert_eq!(said(&telegram, &ann), [first, vec![told, kept(3)]].concat());
    }
}

#[test]
fn a_chat_that_is_slow_holds_nobody_else_and_keeps_its_order() {
    let (telegram, ann, ben, bot) = start();
    let gate = Gate::new();
    telegram.breaks(Fault::request_held(&gate).of("sendMessage").at(ann.place()));
    for line in ["one", "two", "three"] {
        ann.says(line);
    }
    telegram.wait_for(|world| (world.held() == 1).then_some(()));
    bot.talk(&ben, "one\n/history\n/new");
    assert_eq!(said(&telegram, &ann), Vec::<String>::new());
    gate.open();
    for number in 1..=3 {
        assert_eq!(bot.hears(&ann), kept(number));
    }
}

#[test]
fn formatting_that_is_refused_is_left_out() {
    let (telegram, ann, _ben, bot) = start();
    bot.talk(&ann, "a < b && `c`");
    telegram.breaks(
        Fault::refused(400, "Bad Request: can't parse entities: Unsupported start tag")
            .of("sendMessage"),
    );
    let heard = bot.asks(&ann, "/history");
    assert_eq!(heard.text, heard.html);
    assert!(heard.html.ends_with("a < b && `c`"), "{heard:?}");
    telegram.breaks(Fault::refused(400, "Bad Request: can't parse entities").of("sendDocument"));
    assert!(bot.asks(&ann, "/history export").document.is_some());
}

#[test]
fn an_answer_that_cannot_be_taken_is_given_up_and_the_next_one_comes() {
    let (telegram, ann, _ben, bot) = start();
    telegram.breaks(Fault::refused(400, "Bad Request: message is too long").of("sendMessage"));
    ann.says("one");
    bot.logs("an answer is given up");
    ann.says("two");
    assert!(bot.hears(&ann).ends_with(&kept(2)));
}

#[test]
fn updates_that_do_not_come_are_asked_for_again() {
    for fault in [
        Fault::malformed(),
        Fault::page(502),
        Fault::cut_after(),
        Fault::refused(500, "Internal Server Error"),
        Fault::too_many(1),
    ] {
        let (telegram, ann, ben, bot) = start();
        telegram.breaks(fault.of("getUpdates"));
        // Its answer wakes the poll that waits; the next one fails.
        for person in [&ann, &ben, &ann, &ben] {
            drop(bot.answer(person, "one"));
        }
        assert_eq!(said(&telegram, &ann), [kept(1), kept(2)]);
        assert_eq!(said(&telegram, &ben), [kept(1), kept(2)]);
        telegram.drained();
    }
}

#[test]
fn another_program_with_the_same_token_is_told_of_plainly_and_given_way() {
    let telegram = FakeTelegram::start();
    let ann = telegram.person("Ann");
    let mut bot =
        Daemon::beside(&telegram).expects("another program polls with this Telegram token").start();
    bot.talk(&ann, "one");
    telegram.other_poller();
    let line = bot.logs("another program polls");
    assert!(
        line.ends_with("Stop it, or give one of them a token of its own. Trying again in 300 s"),
        "{line}"
    );
    let polls = telegram.look(World::polls);
    bot.stops();
    assert_eq!(telegram.look(World::polls), polls);
}

#[test]
fn a_server_that_holds_no_polls_is_asked_with_pauses() {
    let telegram = FakeTelegram::start();
    telegram.holds_no_polls();
    let ann = telegram.person("Ann");
    let bot = Daemon::beside(&telegram).start();
    bot.logs("the server holds no long poll");
    bot.talk(&ann, "one\n/history");
    assert!(telegram.look(World::polls) < 30);
}

#[test]
fn a_server_may_lack_what_is_not_essential() {
    let telegram = FakeTelegram::start();
    let lacking = [
        "setMyCommands",
        "setMyDescription",
        "setMyShortDescription",
        "sendChatAction",
        "answerCallbackQuery",
        "getChatAdministrators",
    ];
    for method in lacking {
        telegram.breaks(Fault::unknown_method().of(method).always());
    }
    let (ann, ben) = (telegram.person("Ann"), telegram.person("Ben"));
    let group = telegram.supergroup("Team", &[&ann, &ben]);
    let bot = Daemon::beside(&telegram).start();
    bot.talk(&ann, "one\n/checkpoint save first");
    for _ in 0..2 {
        assert!(bot.asks(&ann, "/history export").document.is_some());
    }
    let began = bot.asks(&ann, "/new");
    ann.presses(began.id, "Undo");
    assert!(bot.hears(&ann).starts_with("Took back"));
    ann.at(&group).says("/session scope group");
    assert_eq!(bot.hears(&ann), "Only those who run this chat may set its scope.");
    telegram.look(|world| {
        assert_eq!(world.requests_of("sendChatAction").count(), 1);
        assert_eq!(world.requests_of("setMyCommands").count(), 3);
    });
}

#[test]
fn a_server_may_leave_out_what_is_optional() {
    let telegram = FakeTelegram::start();
    telegram.off_the_record();
    for field in [
        "username",
        "language_code",
        "entities",
        "title",
        "first_name",
        "is_forum",
        "can_join_groups",
        "has_topics_enabled",
        "message_thread_id",
    ] {
        telegram.leaves_out(field);
    }
    let (ann, ben) = (telegram.person("Ann"), telegram.person("Ben"));
    let group = telegram.supergroup("Team", &[&ann, &ben]);
    let bot = Daemon::beside(&telegram).start();
    bot.talk(&ann, "one\n/checkpoint save first\n/new\n/session list\n/history");
    ann.at(&group).says("/session scope group");
    assert!(bot.hears(&ann).starts_with("Scope is now group"));
}

#[test]
fn what_is_shown_on_the_way_to_a_document_is_shown_in_its_chat() {
    let (telegram, ann, _ben, bot) = start();
    bot.talk(&ann, "one\n/history export");
    assert_eq!(
        telegram.look(|world| world.actions(ann.place()).map(str::to_owned).collect::<Vec<_>>()),
        ["typing"]
    );
}

#[test]
fn pieces_of_a_long_answer_keep_their_order_when_one_is_refused() {
    let (telegram, ann, _ben, bot) = start();
    for letter in ["a", "b", "c"] {
        bot.talk(&ann, &letter.repeat(3500));
    }
    // The first one passes.
    telegram.breaks(Fault::slow(std::time::Duration::ZERO).of("sendMessage"));
    telegram.breaks(Fault::too_many(1).of("sendMessage"));
    ann.says("/history");
    ann.says("four");
    for letter in ["a", "b", "c"] {
        assert!(ann.hears().text.ends_with(&letter.repeat(3500)));
    }
    assert_eq!(bot.hears(&ann), kept(4));
    assert_eq!(
        telegram.look(|world| world
            .requests_of("sendMessage")
            .filter(|sent| sent.status == Some(429))
            .count()),
        1
    );
}

#[test]
fn who_stops_it_waits_for_the_answer_under_way_and_not_for_polls() {
    let (telegram, ann, _ben, mut bot) = start();
    let gate = Gate::new();
    telegram.breaks(Fault::answer_held(&gate).of("sendMessage"));
    ann.says("one");
    telegram.wait_for(|world| (world.held() == 1).then_some(()));
    bot.signal(Signal::TERM);
    bot.logs("stopping");
    gate.open();
    assert_eq!(bot.ends().code, Some(0));
    bot.starts();
    ann.says("two");
    assert_eq!([ann.hears().text, ann.hears().text], [kept(1), kept(2)]);
}

#[test]
fn a_token_that_is_revoked_ends_it() {
    let (telegram, ann, _ben, mut bot) = start();
    telegram.breaks(Fault::refused(401, "Unauthorized").of("getUpdates").always());
    ann.says("one");
    let ended = bot.ends();
    assert_eq!(ended.code, Some(78));
    assert!(
        ended.stderr.contains("sessionsd: Telegram does not know this token"),
        "{}",
        ended.stderr
    );
}
