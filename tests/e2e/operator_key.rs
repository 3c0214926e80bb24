//! The master key as an operator sees it: made, looked at, rotated beside a running daemon and after a crash.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a panic is a failing story, and so is what is not there"
)]

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::PathBuf;
use std::process::Stdio;
use std::thread;

use e2e::{Daemon, FakeTelegram, Person, Signal};
use rustix::fs::{FlockOperation, flock};

fn with_talk() -> (FakeTelegram, Person, Daemon) {
    let telegram = FakeTelegram::start();
    let ann = telegram.person("Ann");
    let bot = Daemon::beside(&telegram).start();
    bot.talk(&ann, "one\ntwo\n/new\nthree");
    (telegram, ann, bot)
}

fn beside(bot: &Daemon, suffix: &str) -> PathBuf {
    PathBuf::from(format!("{}{suffix}", bot.home().key().display()))
}

fn assert_sound(bot: &Daemon) {
    let verified = bot.operates_json(&["verify"]);
    assert_eq!(verified["found"], 0, "{verified}");
}

#[test]
fn a_key_is_rotated_while_people_talk() {
    let (_telegram, ann, mut bot) = with_talk();
    let old = fs::read_to_string(bot.home().key()).unwrap();
    let told = bot.operates(&["key", "rotate"]);
    assert!(told.starts_with("The master key now has version 2: "), "{told}");
    let new = fs::read_to_string(bot.home().key()).unwrap();
    assert_ne!(new, old);
    assert_eq!(fs::read_to_string(beside(&bot, ".previous")).unwrap(), old);
    assert_eq!(fs::metadata(bot.home().key()).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(!beside(&bot, ".new").exists());
    bot.talk(&ann, "four\n/new\nfive");
    assert_sound(&bot);
    let told = bot.operates(&["key", "check"]);
    assert_eq!(told, "HOME/data/master.key holds version 2 of the master key, the current one.\n");
    let told = bot.refuses(&["key", "check", &beside(&bot, ".previous").display().to_string()]);
    assert!(told.contains("holds no key that this database needs"), "{told}");

    let told = bot.refuses(&["key", "rotate"]);
    assert!(told.contains("is left of the last rotation: move it"), "{told}");
    bot.stops();
    fs::remove_file(beside(&bot, ".previous")).unwrap();
    bot.starts();
    assert!(bot.answer(&ann, "/history").contains("five"));
    bot.stops();

    // Without a daemon it is the same.
    let told = bot.operates(&["key", "rotate"]);
    assert!(told.starts_with("The master key now has version 3: "), "{told}");
    assert_sound(&bot);
}

#[test]
fn a_rotation_that_a_crash_left_between_files_and_database_goes_on_by_itself() {
    let (_telegram, ann, mut bot) = with_talk();
    bot.dies();
    fs::rename(bot.home().key(), beside(&bot, ".previous")).unwrap();
    bot.operates(&["key", "generate", &bot.home().key().display().to_string()]);
    bot.starts();
    bot.logs("the master key was rotated");
    bot.talk(&ann, "four");
    assert!(bot.operates(&["key", "check"]).contains("version 2 of the master key"));
    bot.stops();
    // The key before is needed no more.
    fs::remove_file(beside(&bot, ".previous")).unwrap();
    bot.starts();
    assert!(bot.answer(&ann, "/history").contains("four"));
    assert_sound(&bot);
}

#[test]
fn an_exchange_of_keys_that_was_broken_off_half_way_is_begun_again() {
    let (_telegram, ann, mut bot) = with_talk();
    let old = fs::read_to_string(bot.home().key()).unwrap();
    // The old key has its second name, and the new one not its place.
    fs::hard_link(bot.home().key(), beside(&bot, ".previous")).unwrap();
    bot.operates(&["key", "generate", &beside(&bot, ".new").display().to_string()]);
    let told = bot.operates(&["key", "rotate"]);
    assert!(told.starts_with("The master key now has version 2: "), "{told}");
    assert_eq!(fs::read_to_string(beside(&bot, ".previous")).unwrap(), old);
    assert!(!beside(&bot, ".new").exists());
    bot.talk(&ann, "four");
    bot.stops();
}

#[test]
fn two_commands_do_not_change_the_key_at_once() {
    let (_telegram, ann, mut bot) = with_talk();
    let old = fs::read_to_string(bot.home().key()).unwrap();
    // A daemon that does not answer: the first command waits for it.
    bot.signal(Signal::STOP);
    let mut first = bot.operator_command(&["key", "rotate"]);
    let first = first.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let folder = format!(":{} ", fs::metadata(bot.home().data()).unwrap().ino());
    while !fs::read_to_string("/proc/locks").unwrap().contains(&folder) {
        thread::yield_now();
    }
    let told = bot.refuses(&["key", "rotate"]);
    assert!(told.contains("another command is changing the master key in HOME/data"), "{told}");
    bot.signal(Signal::CONT);
    let first = first.wait_with_output().unwrap();
    assert!(first.status.success(), "{}", String::from_utf8_lossy(&first.stderr));
    assert_ne!(fs::read_to_string(bot.home().key()).unwrap(), old);
    assert_eq!(fs::read_to_string(beside(&bot, ".previous")).unwrap(), old);
    bot.talk(&ann, "four");
    bot.stops();

    // The same holds for what is made anew while no daemon runs.
    fs::remove_file(beside(&bot, ".previous")).unwrap();
    let held = fs::File::open(bot.home().data()).unwrap();
    flock(&held, FlockOperation::LockExclusive).unwrap();
    for command in [&["key", "rotate"][..], &["key", "rotate", "--compromised"]] {
        let told = bot.refuses(command);
        assert!(told.contains("another command is changing the master key in HOME/data"), "{told}");
    }
    assert!(!beside(&bot, ".previous").exists() && !beside(&bot, ".new").exists());
    drop(held);
    bot.operates(&["key", "rotate", "--compromised"]);
    assert_sound(&bot);
}

#[test]
fn a_key_that_would_be_lost_keeps_a_rotation_from_beginning() {
    let (_telegram, ann, bot) = with_talk();
    bot.operates(&["key", "rotate"]);
    // The database's key has only this name; what is left beside it is the one before.
    let kept = bot.home().path().join("kept.key");
    fs::rename(bot.home().key(), &kept).unwrap();
    bot.operates(&["key", "generate", &bot.home().key().display().to_string()]);
    let told = bot.refuses(&["key", "rotate"]);
    assert!(
        told.contains("holds the master key of this database: put it back, version 2"),
        "{told}"
    );
    fs::rename(&kept, bot.home().key()).unwrap();
    let told = bot.operates(&["key", "check"]);
    assert_eq!(told, "HOME/data/master.key holds version 2 of the master key, the current one.\n");
    bot.talk(&ann, "four");
}

/// All that is in the folder of the database and its key, but for what a running daemon changes.
fn keys(bot: &Daemon) -> Vec<(String, String)> {
    let of = |suffix| Some((beside(bot, suffix), fs::read_to_string(beside(bot, suffix)).ok()?));
    let there = ["", ".previous", ".new"].into_iter().filter_map(of);
    there.map(|(path, text)| (path.display().to_string(), text)).collect()
}

#[test]
fn with_a_key_of_another_database_nothing_is_rotated_and_the_right_one_is_known() {
    let (_telegram, ann, mut bot) = with_talk();
    let kept = bot.home().path().join("kept.key").display().to_string();
    fs::rename(bot.home().key(), &kept).unwrap();
    bot.operates(&["key", "generate", &bot.home().key().display().to_string()]);
    let before = keys(&bot);
    for with_daemon in [true, false] {
        let told = bot.refuses(&["key", "rotate"]);
        assert!(told.contains("nothing was changed: HOME/data/master.key does not hold"), "{told}");
        assert!(told.contains("put it back, version 1"), "{told}");
        let told = bot.refuses(&["key", "check"]);
        assert!(told.contains("holds no key that this database needs"), "{told}");
        let told = bot.operates(&["key", "check", &kept]);
        assert!(told.contains("holds version 1 of the master key, the current one"), "{told}");
        assert_eq!(keys(&bot), before);
        if with_daemon {
            bot.stops();
        }
    }
    // The key is its own successor; and there is no database.
    fs::rename(&kept, bot.home().key()).unwrap();
    let before = keys(&bot);
    let same = bot.home().key().display().to_string();
    let told = bot.refuses(&["key", "rotate", "--to", &same]);
    assert!(told.contains("nothing was changed: HOME/data/master.key holds the present"), "{told}");
    let moved = bot.home().path().join("moved.db");
    fs::rename(bot.home().database(), &moved).unwrap();
    let told = bot.refuses(&["key", "rotate"]);
    assert!(told.contains("there is no database HOME/data/sessions.db"), "{told}");
    assert_eq!(keys(&bot), before);
    fs::rename(&moved, bot.home().database()).unwrap();
    bot.starts();
    bot.talk(&ann, "four");
}

#[test]
fn a_backup_from_before_a_rotation_comes_back_under_both_keys() {
    let (_telegram, _ann, mut bot) = with_talk();
    let backup = bot.home().path().join("backup.db").display().to_string();
    let elsewhere = bot.home().path().join("elsewhere").display().to_string();
    bot.operates(&["backup", &backup]);
    bot.operates(&["key", "rotate"]);
    bot.stops();
    let previous = beside(&bot, ".previous");
    let kept = bot.home().path().join("kept.key");
    fs::rename(&previous, &kept).unwrap();
    let told = bot.refuses(&["restore", &backup, "--into", &elsewhere]);
    assert!(told.contains("the master key does not fit this database"), "{told}");
    fs::rename(&kept, &previous).unwrap();
    bot.operates(&["restore", &backup, "--into", &elsewhere]);
}

#[test]
fn what_is_no_key_or_no_new_one_changes_nothing() {
    let (_telegram, _ann, bot) = with_talk();
    let key = fs::read_to_string(bot.home().key()).unwrap();
    let file = bot.home().path().join("letter").display().to_string();
    fs::write(&file, "a letter").unwrap();
    let told = bot.refuses(&["key", "rotate", "--to", &file]);
    assert!(told.contains("holds no key"), "{told}");
    let told = bot.refuses(&["key", "generate", &file]);
    assert!(told.contains("is there already"), "{told}");
    let link = bot.home().path().join("link").display().to_string();
    symlink("/nowhere/key", &link).unwrap();
    let told = bot.refuses(&["key", "generate", &link]);
    assert!(told.contains("is there already"), "{told}");
    let open = bot.home().path().join("open.key").display().to_string();
    bot.operates(&["key", "generate", &open]);
    fs::set_permissions(&open, fs::Permissions::from_mode(0o644)).unwrap();
    let told = bot.refuses(&["key", "rotate", "--to", &open]);
    assert!(told.contains("can be read by others: chmod 600 it first"), "{told}");
    assert_eq!(fs::read_to_string(bot.home().key()).unwrap(), key);
    assert!(!beside(&bot, ".previous").exists());
    assert_eq!(fs::read_to_string(&file).unwrap(), "a letter");
}
