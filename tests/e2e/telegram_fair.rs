//! One busy chat never delays another: whoever is quiet is answered while a flood still waits.
//!
//! How many milliseconds that takes is measured by `cargo bench -p e2e`; here is the order.

use e2e::{Daemon, FakeTelegram, Fault, Gate, Person, World};

/// Updates of the flood.
const FLOOD: usize = 10_000;
/// How many of them may be answered between a quiet line and its answer.
const BETWEEN: usize = 300;

fn answers(world: &World, person: &Person) -> usize {
    world.said_by_bot(person.place()).len()
}

/// Somebody says a line while a flood waits at the bot; answers how much of the flood was answered before, and then.
fn says_in_a_flood(
    telegram: &FakeTelegram,
    flood: &Person,
    quiet: &Person,
    line: &str,
) -> [usize; 2] {
    // All of it has been taken in, and most of it waits there.
    telegram.drained();
    let before = telegram.look(|world| answers(world, flood));
    quiet.says(line);
    let after =
        telegram.wait_for(|world| (answers(world, quiet) > 0).then(|| answers(world, flood)));
    [before, after]
}

#[test]
fn a_quiet_chat_is_answered_while_another_has_ten_thousand_updates_waiting() {
    let telegram = FakeTelegram::start();
    let (bob, ann) = (telegram.person("Bob"), telegram.person("Ann"));
    for number in 0..FLOOD {
        bob.says(if number % 2 == 0 { "/session" } else { "words" });
    }
    let mut bot = Daemon::beside(&telegram).start();
    let [before, after] = says_in_a_flood(&telegram, &bob, &ann, "/whoami");
    assert!(after < FLOOD, "the flood was over: {before}, {after}");
    assert!(after - before <= BETWEEN, "{before} of the flood were answered before, {after} then");
    bot.dies();
}

#[test]
fn answers_that_wait_for_one_chat_hold_up_no_other() {
    let telegram = FakeTelegram::start();
    let (bob, ann) = (telegram.person("Bob"), telegram.person("Ann"));
    let gate = Gate::new();
    telegram.breaks(Fault::request_held(&gate).of("sendMessage").at(bob.place()).always());
    let bot = Daemon::beside(&telegram).start();
    for _ in 0..500 {
        bob.says("/whoami");
    }
    telegram.wait_for(|world| (world.held() > 0).then_some(()));
    telegram.drained();
    ann.says("/whoami");
    let _answer = ann.hears();
    assert_eq!(telegram.look(|world| answers(world, &bob)), 0);
    gate.open();
    telegram.heals();
    telegram.wait_for(|world| (answers(world, &bob) == 500).then_some(()));
    drop(bot);
}

#[test]
fn a_chat_that_telegram_slows_down_waits_alone() {
    let telegram = FakeTelegram::start();
    let (bob, ann) = (telegram.person("Bob"), telegram.person("Ann"));
    // An hour: it is never asked again.
    telegram.breaks(Fault::too_many(3_600).of("sendMessage").at(bob.place()));
    let mut bot = Daemon::beside(&telegram).start();
    for _ in 0..20 {
        bob.says("/whoami");
    }
    telegram.wait_for(|world| world.requests_of("sendMessage").next().map(drop));
    telegram.drained();
    for _ in 0..20 {
        ann.says("/whoami");
        let _answer = ann.hears();
    }
    assert_eq!(telegram.look(|world| answers(world, &bob)), 0);
    // What waits is owed still; the next start tries it.
    bot.stops();
    bot.starts();
    telegram.wait_for(|world| (answers(world, &bob) == 20).then_some(()));
}
