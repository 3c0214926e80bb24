//! Root's commands on files that a passing user owns, in a folder that root alone may enter, as systemd lays it out.

#![allow(clippy::unwrap_used, reason = "a panic is a failing story, and so is what is not there")]

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::Path;

use e2e::{Daemon, FakeTelegram};

/// Nobody's, as systemd would draw it.
const USER: u32 = 61_234;

fn is_root() -> bool {
    let me = fs::metadata("/proc/self").unwrap().uid();
    if me != 0 {
        println!("only root can be refused like that: skipped");
    }
    me == 0
}

fn give_away(folder: &Path) {
    for entry in fs::read_dir(folder).unwrap() {
        chown(entry.unwrap().path(), Some(USER), Some(USER)).unwrap();
    }
    chown(folder, Some(USER), Some(USER)).unwrap();
}

fn assert_given_away(folder: &Path) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let found = entry.metadata().unwrap();
        assert_eq!((found.uid(), found.gid()), (USER, USER), "{}", entry.path().display());
    }
}

/// A daemon that has stopped, and whose files are a passing user's, in a folder that is root's alone.
fn with_talk() -> (FakeTelegram, Daemon) {
    let telegram = FakeTelegram::start();
    let ann = telegram.person("Ann");
    let mut bot = Daemon::beside(&telegram).start();
    bot.talk(&ann, "one\ntwo\n/new\nthree");
    telegram.drained();
    bot.stops();
    give_away(&bot.home().data());
    fs::set_permissions(bot.home().path(), fs::Permissions::from_mode(0o700)).unwrap();
    (telegram, bot)
}

#[test]
fn root_works_on_what_its_owner_cannot_come_to() {
    if !is_root() {
        return;
    }
    let (_telegram, bot) = with_talk();
    let data = bot.home().data();
    let verified = bot.operates_json(&["verify"]);
    assert_eq!(verified["found"], 0, "{verified}");
    bot.operates(&["sessions", "list"]);
    let doctor = String::from_utf8(bot.operator(&["doctor"]).stdout).unwrap();
    assert!(doctor.contains("ok  database: "), "{doctor}");
    assert!(doctor.contains("ok  key: "), "{doctor}");
    bot.operates(&["cleanup", "--older-than", "30d"]);
    let backup = bot.home().path().join("backup.db");
    bot.operates(&["backup", &backup.display().to_string()]);
    assert_eq!(fs::metadata(&backup).unwrap().uid(), 0, "a backup is for whoever asked");
    assert_given_away(&data);

    bot.operates(&["key", "rotate"]);
    bot.operates(&["key", "check"]);
    fs::remove_file(data.join("master.key.previous")).unwrap();
    bot.operates(&["key", "rotate", "--compromised"]);
    bot.operates(&["decrypt"]);
    bot.operates(&["encrypt"]);
    assert_given_away(&data);
}

#[test]
fn root_restores_to_where_the_owner_cannot_come() {
    if !is_root() {
        return;
    }
    let (_telegram, bot) = with_talk();
    let data = bot.home().data();
    let backup = bot.home().path().join("backup.db").display().to_string();
    bot.operates(&["backup", &backup]);
    fs::rename(data.join("sessions.db"), bot.home().path().join("before.db")).unwrap();
    let told = bot.operates(&["restore", &backup]);
    assert!(told.contains("2 sessions, 3 messages."), "{told}");
    assert_given_away(&data);
    let verified = bot.operates_json(&["verify"]);
    assert_eq!(verified["found"], 0, "{verified}");
}

#[test]
fn root_verifies_a_backup_in_somebody_elses_folder() {
    if !is_root() {
        return;
    }
    let (_telegram, bot) = with_talk();
    let folder = bot.home().path().join("theirs");
    fs::create_dir(&folder).unwrap();
    give_away(&folder);
    let backup = folder.join("backup.db").display().to_string();
    bot.operates(&["backup", &backup]);
    let verified = bot.operates_json(&["verify", &backup]);
    assert_eq!(verified["found"], 0, "{verified}");
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 1, "nothing is left beside it");
}
