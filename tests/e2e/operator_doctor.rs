//! `sessionsd doctor` of what stops a daemon: whatever a start refuses, it has named before.

#![allow(clippy::unwrap_used, reason = "a panic is a failing story")]

use std::fs::{self, File, Permissions};
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};

use e2e::{Daemon, FakeTelegram, Person};
use rustix::process::geteuid;

/// Whom files belong to in stories that root tells; nobody else is there on every machine.
const NOBODY: u32 = 65_534;

/// What is done to a database, and what is said of that.
type Case = (&'static str, fn(&Path), &'static str);

const CASES: &[Case] = &[
    (
        "the key of another database",
        |data| fs::write(data.join("master.key"), format!("hex:{}\n", "ab".repeat(32))).unwrap(),
        "!!  key: the master key does not fit this database: it was made with another one (key looked at: HOME/data/master.key, database: HOME/data/sessions.db)",
    ),
    (
        "an empty file",
        |data| drop(File::create(data.join("sessions.db")).unwrap()),
        "!!  database: the database HOME/data/sessions.db is empty: restore a backup, or remove the file to begin anew",
    ),
    (
        "a text",
        |data| fs::write(data.join("sessions.db"), "once upon a time\n".repeat(99)).unwrap(),
        "!!  database: HOME/data/sessions.db is not a sessionsd database: it is left as it is; give another path",
    ),
    (
        "another program's database",
        |data| {
            let path = data.join("sessions.db");
            fs::remove_file(&path).unwrap();
            let other = rusqlite::Connection::open(&path).unwrap();
            other.execute_batch("CREATE TABLE song (name TEXT)").unwrap();
            fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        },
        "!!  database: HOME/data/sessions.db is not a sessionsd database: it is left as it is; give another path",
    ),
    (
        "a database that was cut",
        |data| {
            let file = File::options().write(true).open(data.join("sessions.db")).unwrap();
            file.set_len(8_192).unwrap();
        },
        "!!  database: HOME/data/sessions.db is damaged (its end is missing): keep a copy of it and of the files beside it, then restore a backup",
    ),
    (
        "a database of a newer program",
        |data| {
            let database = rusqlite::Connection::open(data.join("sessions.db")).unwrap();
            database.pragma_update(None, "user_version", 99).unwrap();
        },
        "!!  database: HOME/data/sessions.db was written by a newer sessionsd (its version is 99, this program knows up to",
    ),
    (
        "a log whose database is gone",
        |data| {
            fs::rename(data.join("sessions.db"), data.join("sessions.db-wal")).unwrap();
        },
        "!!  database: HOME/data/sessions.db is damaged (its write-ahead log is there, but the file is gone or empty): keep a copy of it and of the files beside it, then restore a backup",
    ),
];

/// A daemon that has talked and stopped, and where its data lie as they were then.
fn stopped() -> (FakeTelegram, Person, Daemon, PathBuf) {
    let telegram = FakeTelegram::start();
    let ann = telegram.person("Ann");
    let mut bot = Daemon::beside(&telegram).owned_by(&[&ann]).start();
    bot.talk(&ann, "hello");
    bot.stops();
    let original = bot.home().path().join("original");
    copied(&bot.home().data(), &original);
    (telegram, ann, bot, original)
}

fn copied(from: &Path, to: &Path) {
    let _ = fs::remove_dir_all(to);
    fs::create_dir(to).unwrap();
    fs::set_permissions(to, Permissions::from_mode(0o700)).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, to.join(path.file_name().unwrap())).unwrap();
    }
}

/// What doctor says, and whether all is well but for the daemon, which does not run.
fn looked_at(bot: &Daemon) -> (String, bool) {
    let ended = bot.operator(&["doctor"]);
    assert_eq!(ended.code, Some(3), "{}", ended.stderr);
    let told = bot.shown(&String::from_utf8(ended.stdout).unwrap());
    let wrong = told.lines().filter(|line| line.starts_with("!!"));
    let is_well =
        wrong.eq(["!!  daemon: it does not run: start it with systemctl start sessionsd"]);
    (told, is_well)
}

#[test]
fn whatever_a_start_refuses_is_named() {
    let (_telegram, _ann, mut bot, original) = stopped();
    let data = bot.home().data();
    let (told, is_well) = looked_at(&bot);
    assert!(is_well, "{told}");
    for (what, damage, expected) in CASES {
        copied(&original, &data);
        damage(&data);
        let before = bot.home().contents();
        let (told, _) = looked_at(&bot);
        assert!(told.contains(expected), "{what}: {told}");
        assert_eq!(bot.home().contents(), before, "{what}: a look changes nothing");
        let code = bot.runs_to_its_end().code;
        assert!(matches!(code, Some(1 | 78)), "{what}: a start ended with {code:?}");
    }
}

#[test]
fn a_database_that_is_sealed_otherwise_than_it_is_configured_is_named() {
    let (_telegram, _ann, mut bot, original) = stopped();
    let said = [
        "is not sealed, but encryption.enabled is true",
        "is sealed, but encryption.enabled is false: set it to true",
    ];
    for (is_sealed, expected) in [(false, said[0]), (true, said[1])] {
        copied(&original, &bot.home().data());
        bot.sets("encryption.enabled", true);
        if !is_sealed {
            bot.operates(&["decrypt"]);
        }
        bot.sets("encryption.enabled", !is_sealed);
        for key in ["there", "gone"] {
            let (told, _) = looked_at(&bot);
            let line = told.lines().find(|line| line.contains("  key: ")).unwrap();
            assert!(line.starts_with("!!") && line.contains(expected), "{key}: {told}");
            assert_eq!(bot.runs_to_its_end().code, Some(78));
            let _ = fs::remove_file(bot.home().key());
        }
    }
}

#[test]
fn beside_a_daemon_it_is_asked_whether_the_key_is_its_own() {
    let (_telegram, ann, mut bot, _) = stopped();
    bot.starts();
    bot.talk(&ann, "again");
    assert!(bot.operates(&["doctor"]).contains("ok  key: HOME/data/master.key"));
    let key = fs::read(bot.home().key()).unwrap();
    fs::write(bot.home().key(), format!("hex:{}\n", "ab".repeat(32))).unwrap();
    let ended = bot.operator(&["doctor"]);
    assert_eq!(ended.code, Some(3));
    let told = bot.shown(&String::from_utf8(ended.stdout).unwrap());
    let expected = "!!  key: HOME/data/master.key holds no key that the database needs, and the daemon will not start with it: put its master key back, version 1";
    assert!(told.contains(expected), "{told}");
    fs::write(bot.home().key(), key).unwrap();
    bot.stops();
}

#[test]
fn a_log_that_a_killed_daemon_left_is_looked_into() {
    let (_telegram, ann, mut bot, _) = stopped();
    bot.starts();
    bot.talk(&ann, "again");
    bot.dies();
    let (told, is_well) = looked_at(&bot);
    assert!(is_well, "{told}");
    fs::write(bot.home().key(), format!("hex:{}\n", "ab".repeat(32))).unwrap();
    let (told, _) = looked_at(&bot);
    assert!(told.contains("!!  key: the master key does not fit this database"), "{told}");
}

/// Root's looks are those of who owns the folder, so that it belongs to somebody whom rights hold back.
fn held_back(bot: &Daemon) {
    if geteuid().is_root() {
        fs::set_permissions(bot.home().path(), Permissions::from_mode(0o755)).unwrap();
        given(&bot.home().data());
        for entry in fs::read_dir(bot.home().data()).unwrap() {
            given(&entry.unwrap().path());
        }
    }
}

fn given(path: &Path) {
    chown(path, Some(NOBODY), Some(NOBODY)).unwrap();
}

#[test]
fn what_its_owner_cannot_write_is_named() {
    let (_telegram, _ann, bot, original) = stopped();
    let data = bot.home().data();
    let mode = |path: &Path, mode| fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    let cases = [
        ("sessions.db", 0o400, "cannot write HOME/data/sessions.db (Permission denied"),
        ("sessions.db.lock", 0o400, "cannot write HOME/data/sessions.db.lock (Permission denied"),
        ("sessions.db-wal", 0o400, "cannot write HOME/data/sessions.db-wal (Permission denied"),
        ("", 0o500, "cannot write to the folder HOME/data (Permission denied"),
    ];
    for (name, rights, expected) in cases {
        copied(&original, &data);
        if name.ends_with("-wal") {
            fs::write(data.join(name), "").unwrap();
        }
        held_back(&bot);
        let (told, is_well) = looked_at(&bot);
        assert!(is_well, "{told}");
        mode(&data.join(name), rights);
        let (told, _) = looked_at(&bot);
        assert!(told.contains(expected), "{name}: {told}");
        mode(&data, 0o700);
    }
    if geteuid().is_root() {
        copied(&original, &data);
        held_back(&bot);
        chown(data.join("sessions.db.lock"), Some(0), Some(0)).unwrap();
        let (told, _) = looked_at(&bot);
        assert!(told.contains(cases[1].2), "{told}");
    }
}

#[test]
fn a_key_that_cannot_be_made_is_not_promised() {
    let telegram = FakeTelegram::start();
    let mut bot = Daemon::beside(&telegram).set("access.owners", vec!["telegram:77"]);
    let (told, is_well) = looked_at(&bot);
    assert!(is_well, "{told}");
    assert!(
        told.contains("ok  key: HOME/data/master.key will be made at the first start"),
        "{told}"
    );
    let elsewhere = bot.home().path().join("nowhere/master.key");
    bot.sets("encryption.key_file", elsewhere.display().to_string());
    let (told, _) = looked_at(&bot);
    let expected = "!!  key: the folder HOME/nowhere is not there: make it, or name another file";
    assert!(told.contains(expected), "{told}");

    // Nobody has made the folder of the database for somebody else.
    let secrets = bot.home().path().join("secrets");
    fs::create_dir(&secrets).unwrap();
    fs::create_dir(bot.home().data()).unwrap();
    held_back(&bot);
    fs::set_permissions(&secrets, Permissions::from_mode(0o500)).unwrap();
    bot.sets("encryption.key_file", secrets.join("master.key").display().to_string());
    let (told, _) = looked_at(&bot);
    assert!(told.contains("!!  key: there is no key HOME/secrets/master.key, and user "), "{told}");
}
