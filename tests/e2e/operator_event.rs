//! Events that were set aside: an operator sees them, has them tried again, gives them up.

use std::fs;

use e2e::{Daemon, FakeTelegram, Fault, Gate, Person};

/// Ann in her group, and a daemon that is not started, over a backup that was made while a command of hers was under way;
/// and what was said when that was restored.
fn restored() -> (FakeTelegram, Person, Daemon, String) {
    let telegram = FakeTelegram::start();
    let ann = telegram.person("Ann");
    let in_team = ann.at(&telegram.supergroup("Team", &[&ann]));
    let mut bot = Daemon::beside(&telegram).start();
    bot.talk(&ann, "/start");
    let gate = Gate::new();
    telegram.breaks(Fault::request_held(&gate).of("getChatAdministrators").always());
    in_team.says("/session scope group");
    telegram.wait_for(|world| (world.held() > 0).then_some(()));
    let backup = bot.home().path().join("backup.db").display().to_string();
    bot.operates(&["backup", &backup]);
    telegram.drained();
    bot.dies();
    telegram.heals();
    drop(gate);
    for file in fs::read_dir(bot.home().path().join("data")).expect("it is there") {
        let path = file.expect("a file").path();
        if path.to_string_lossy().contains("/sessions.db") {
            fs::remove_file(path).expect("it can be removed");
        }
    }
    let told = bot.operates(&["restore", &backup]);
    (telegram, ann, bot, told)
}

/// Starts it, and waits until it answers operators.
fn starts(telegram: &FakeTelegram, bot: &mut Daemon) {
    let before = telegram.look(|world| world.polls());
    bot.starts();
    telegram.wait_for(|world| (world.polls() > before).then_some(()));
}

#[test]
fn what_was_under_way_in_a_backup_is_tried_again_by_the_running_daemon() {
    let (telegram, ann, mut bot, told) = restored();
    assert!(told.contains("Events that were not done are set aside: 1."), "{told}");
    assert!(told.contains("`sessionsd events list` shows them."), "{told}");
    starts(&telegram, &mut bot);
    let listed = bot.operates(&["events", "list"]);
    assert!(listed.contains("Z  telegram:101  session scope\n"), "{listed}");
    insta::assert_snapshot!(bot.refuses(&["events", "retry", "e-99"]), @"sessionsd: no event e-99 is set aside: `sessionsd events list` shows those that are");
    let told = bot.refuses(&["events", "retry", "Ann"]);
    assert!(told.contains("the number of an event is expected, as e-12"), "{told}");
    let listed = bot.operates_json(&["events", "list"]);
    let event = format!("e-{}", listed["events"][0]["event"]);
    let told = bot.operates(&["events", "retry", &event]);
    insta::assert_snapshot!(told.replace(&event, "e-1"), @"Tried again now: e-1. Answers go where they were asked for; what fails again is set aside again.");
    insta::assert_snapshot!(bot.hears(&ann), @"Scope is now group (one session shared by all in this chat). Current session: s-1 (0 messages). Nothing was merged; the other sessions stay where they were.");
    insta::assert_snapshot!(bot.operates(&["events", "list"]), @"No event is set aside.");
    let again = bot.refuses(&["events", "retry", &event]);
    assert!(again.contains("is set aside"), "{again}");
}

#[test]
fn without_a_daemon_it_is_tried_again_at_the_next_start() {
    let (telegram, ann, mut bot, _) = restored();
    let told = bot.operates(&["events", "retry", "--all"]);
    assert!(told.starts_with("Tried again when the daemon starts next: e-"), "{told}");
    starts(&telegram, &mut bot);
    assert!(bot.hears(&ann).contains("group"));
}

#[test]
fn what_cannot_be_read_is_given_up_and_never_comes_again() {
    let telegram = FakeTelegram::start();
    telegram.off_the_record();
    let ann = telegram.person("Ann");
    let bot = Daemon::beside(&telegram).start();
    telegram.odd_update("telepathy", serde_json::json!({"text": "the secret"}));
    bot.talk(&ann, "one");
    let status = bot.operates(&["status"]);
    assert!(status.contains("`sessionsd events list` shows what was set aside."), "{status}");
    let listed = bot.operates(&["events", "list"]);
    assert!(listed.contains("of a kind that this version cannot read (telepathy)"), "{listed}");
    assert!(!listed.contains("secret"), "{listed}");
    insta::assert_snapshot!(bot.operates(&["events", "retry", "--all"]), @"Nothing is tried again. Left, as they cannot be read: 1.");
    let event = bot.operates_json(&["events", "list"])["events"][0]["event"].to_string();
    let told = bot.refuses(&["events", "retry", &event]);
    assert!(told.contains("is of a kind that this version cannot read"), "{told}");
    let told = bot.operates(&["events", "delete", &event]);
    assert!(told.ends_with("They never take effect.\n"), "{told}");
    assert!(bot.operates(&["status"]).contains("Set aside: 0 events"));
    insta::assert_snapshot!(bot.operates(&["events", "delete", "--all"]), @"Nothing was given up.");
}
