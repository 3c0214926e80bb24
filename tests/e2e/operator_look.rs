//! How things stand, what is wrong, and what to do: `status`, `verify`, `doctor`.

#![allow(clippy::unwrap_used, reason = "a panic is a failing story")]

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use e2e::{Daemon, FakeTelegram, Fault, Signal};
use rustix::fs::{FlockOperation, flock};

#[test]
fn status_tells_of_channels_and_troubles_and_ends_with_3_when_something_is_wrong() {
    let telegram = FakeTelegram::start();
    let ann = telegram.person("Ann");
    let mut bot = Daemon::beside(&telegram).start();
    bot.talk(&ann, "hello");
    let told = bot.operates(&["status"]);
    assert!(told.contains("telegram: connected since "), "{told}");
    assert!(
        told.contains("No warnings or errors since the start") || told.contains("WARN"),
        "{told}"
    );
    assert!(told.contains("sealed under master key version 1"), "{told}");

    telegram.breaks(Fault::refused(502, "Bad Gateway").of("getUpdates").always());
    ann.says("more");
    bot.logs("no updates from Telegram");
    let ended = bot.operator(&["status", "--json"]);
    assert_eq!(ended.code, Some(3));
    let told: serde_json::Value = serde_json::from_slice(&ended.stdout).unwrap();
    let channel = &told["daemon"]["channels"][0];
    assert_eq!((&channel["name"], &channel["is_up"]), (&"telegram".into(), &false.into()));
    let troubles = told["daemon"]["troubles"].as_array().unwrap();
    assert!(troubles.iter().any(|it| it.as_str().unwrap().contains("no updates from Telegram")));
    telegram.heals();
    bot.stops();

    let ended = bot.operator(&["status"]);
    assert_eq!(ended.code, Some(3));
    let told = String::from_utf8(ended.stdout).unwrap();
    assert!(told.starts_with("No daemon runs. Database: "), "{told}");
}

#[test]
fn a_socket_that_a_killed_daemon_left_is_no_daemon() {
    let telegram = FakeTelegram::start();
    let ann = telegram.person("Ann");
    let mut bot = Daemon::beside(&telegram).start();
    bot.talk(&ann, "hello");
    bot.dies();
    assert!(bot.home().data().join("sessions.db.control").exists());
    assert!(bot.operates(&["sessions", "list"]).contains("1 of 1 sessions"));
    bot.starts();
    bot.talk(&ann, "again");
    assert!(bot.operates(&["sessions", "list"]).contains("1 of 1 sessions"));
}

#[test]
fn a_daemon_that_does_not_answer_is_not_waited_for() {
    let telegram = FakeTelegram::start();
    let bot = Daemon::beside(&telegram).start();
    bot.talk(&telegram.person("Ann"), "hello");
    bot.signal(Signal::STOP);
    let told = bot.refuses(&["status"]);
    assert!(told.contains("the daemon does not answer: it hangs, or was stopped"), "{told}");
    bot.signal(Signal::CONT);
    bot.operates(&["status"]);
}

#[test]
fn a_daemon_is_found_through_a_link_to_its_database() {
    let telegram = FakeTelegram::start();
    let ann = telegram.person("Ann");
    let mut bot = Daemon::beside(&telegram).start();
    bot.talk(&ann, "hello");
    let link = bot.home().path().join("link.db");
    symlink(bot.home().database(), &link).unwrap();
    bot.sets("store.path", link.display().to_string());
    bot.sets("encryption.key_file", bot.home().key().display().to_string());
    assert!(bot.operates(&["status"]).contains("telegram: connected since "));
    assert!(bot.operates(&["sessions", "list"]).contains("1 of 1 sessions"));
}

#[test]
fn a_backup_is_verified_by_one_command_at_a_time() {
    let telegram = FakeTelegram::start();
    let ann = telegram.person("Ann");
    let bot = Daemon::beside(&telegram).start();
    bot.talk(&ann, "one");
    let backup = bot.home().path().join("backup.db").display().to_string();
    bot.operates(&["backup", &backup]);
    let copy = format!("{backup}.verifying");
    // Another command is at it.
    fs::write(&copy, "another's").unwrap();
    let lock = fs::File::create(format!("{copy}.lock")).unwrap();
    flock(&lock, FlockOperation::LockExclusive).unwrap();
    let told = bot.refuses(&["verify", &backup]);
    assert!(told.contains("HOME/backup.db is being verified already"), "{told}");
    assert_eq!(fs::read_to_string(&copy).unwrap(), "another's");
    // It was killed.
    drop(lock);
    bot.operates(&["verify", &backup]);
    let names = fs::read_dir(bot.home().path()).unwrap().map(|entry| entry.unwrap().file_name());
    let left: Vec<_> = names.filter(|name| name.to_string_lossy().contains("verifying")).collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn verify_names_what_does_not_open() {
    let telegram = FakeTelegram::start();
    let ann = telegram.person("Ann");
    let mut bot = Daemon::beside(&telegram).start();
    bot.talk(&ann, "one\ntwo\n/checkpoint save before\nthree");
    let told = bot.operates(&["verify"]);
    assert!(told.contains("3 messages") && told.ends_with("Nothing is wrong.\n"), "{told}");
    let backup = bot.home().path().join("backup.db");
    bot.operates(&["backup", &backup.display().to_string()]);
    let before = fs::read(&backup).unwrap();
    let told = bot.operates(&["verify", &backup.display().to_string()]);
    assert!(told.ends_with("Nothing is wrong.\n"), "{told}");
    assert_eq!(fs::read(&backup).unwrap(), before, "a backup is not changed");
    bot.stops();

    let database = rusqlite::Connection::open(bot.home().database()).unwrap();
    let damage = "UPDATE message SET sealed = zeroblob(length(sealed)) WHERE key & 0xffffffff = 2";
    assert_eq!(database.execute(damage, ()).unwrap(), 1);
    database.close().unwrap();
    let ended = bot.operator(&["verify"]);
    assert_eq!(ended.code, Some(3), "{}", ended.stderr);
    let told = String::from_utf8(ended.stdout).unwrap();
    assert!(told.contains("1 things are wrong:\n  message 2 of "), "{told}");
}

#[test]
fn a_file_that_is_damaged_is_verified_as_far_as_it_goes() {
    let bot = Daemon::unconfigured();
    bot.reconfigures();
    let lines: Vec<_> = (0..2_000).map(|n| format!("message {n}\n")).collect();
    bot.home().run(lines.concat().as_bytes()).assert_success();
    let whole = fs::read(bot.home().database()).unwrap();
    let verified = || {
        let ended = bot.operator(&["verify"]);
        assert_eq!(ended.code, Some(3), "{}", ended.stderr);
        String::from_utf8(ended.stdout).unwrap()
    };
    // Noise in a page in the midst of it.
    let mut broken = whole.clone();
    let page = broken.len() / 4_096 / 2 * 4_096;
    let noise: Vec<u8> =
        (0..2_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    broken.splice(page + 100..page + 2_100, noise);
    fs::write(bot.home().database(), broken).unwrap();
    let told = verified();
    assert!(told.contains("things are wrong:") && told.contains("the database file"), "{told}");

    fs::write(bot.home().database(), whole).unwrap();
    rusqlite::Connection::open(bot.home().database())
        .unwrap()
        .execute_batch("DROP TABLE message")
        .unwrap();
    let told = verified();
    assert!(told.contains("the database file table message is missing"), "{told}");
}

#[test]
fn an_answer_that_nobody_reads_is_no_panic() {
    let bot = Daemon::unconfigured();
    bot.reconfigures();
    bot.home().run(b"hello\n").assert_success();
    for command in [&["sessions", "list"][..], &["status"], &["verify"], &["config", "show"]] {
        let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let ended = bot.operator_command(command).stdout(full).output().unwrap();
        let said = String::from_utf8(ended.stderr).unwrap();
        assert_eq!(ended.status.code(), Some(1), "{command:?}: {said}");
        assert!(said.contains("what was done cannot be told"), "{command:?}: {said}");
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let ended = bot.operator_command(command).stdout(writer).output().unwrap();
        let said = String::from_utf8(ended.stderr).unwrap();
        assert!(matches!(ended.status.code(), Some(0 | 3)), "{command:?}: {said}");
    }
}

#[test]
fn doctor_says_what_to_do() {
    let telegram = FakeTelegram::start();
    let ann = telegram.person("Ann");
    let mut bot = Daemon::beside(&telegram).owned_by(&[&ann]).start();
    bot.talk(&ann, "hello");
    let told = bot.operates(&["doctor"]);
    assert!(told.contains("ok  daemon: it runs, and all channels are connected"), "{told}");
    assert!(told.contains("ok  telegram: known as @"), "{told}");

    telegram.breaks(Fault::refused(401, "Unauthorized").of("getMe").always());
    bot.signal(Signal::KILL);
    let _ = bot.ends();
    let key = bot.home().key();
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
    let ended = bot.operator(&["doctor"]);
    assert_eq!(ended.code, Some(3));
    let told = bot.shown(&String::from_utf8(ended.stdout).unwrap());
    for line in [
        "!!  key: the key file HOME/data/master.key can be read by others: chmod 600 it first",
        "!!  daemon: it does not run: start it with systemctl start sessionsd",
        "!!  telegram: Telegram does not know this token",
    ] {
        assert!(told.contains(line), "{told}");
    }
}

#[test]
fn a_configuration_is_read_again_at_a_signal() {
    let telegram = FakeTelegram::start();
    let (ann, ben) = (telegram.person("Ann"), telegram.person("Ben"));
    let mut bot = Daemon::beside(&telegram).only_for(&[&ann]).start();
    bot.talk(&ann, "hello");
    assert!(bot.answer(&ben, "hello").contains("don't know you") || !bot.log().is_empty());
    bot.sets("access.direct", "open");
    bot.sets("sessions.idle_reset_minutes", 30);
    bot.sets("telegram.pacing", true);
    bot.reconfigures();
    bot.signal(Signal::HUP);
    let line = bot.logs("the configuration was read again");
    assert!(
        line.contains("access.direct") && line.contains("sessions.idle_reset_minutes"),
        "{line}"
    );
    assert!(bot.logs("need a restart").contains("telegram.pacing"));
    assert!(bot.answer(&ben, "hello").starts_with("Kept as message 1."));
    assert!(bot.answer(&ann, "/session").contains("Idle reset: after 30 minutes"));

    bot.sets("sessions.timezone", "Mars");
    bot.reconfigures();
    let mut bot = bot.expects("the configuration stays as it was");
    bot.signal(Signal::HUP);
    bot.logs("the configuration stays as it was");
    bot.talk(&ben, "still here");
    bot.stops();
}
