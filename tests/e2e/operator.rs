//! The operator's commands: beside a running daemon and without one; a backup and its way back.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a panic is a failing story, and so is what is not there"
)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use e2e::{Daemon, FakeTelegram, Home};
use rustix::fs::{FlockOperation, flock};
use serde_json::Value;

/// A daemon to which Ann and Ben have said something.
fn with_talk() -> (FakeTelegram, e2e::Person, e2e::Person, Daemon) {
    let telegram = FakeTelegram::start();
    let (ann, ben) = (telegram.person("Ann"), telegram.person("Ben"));
    let bot = Daemon::beside(&telegram).start();
    bot.talk(&ann, "one\ntwo\n/checkpoint save \"before\"\nthree");
    bot.talk(&ben, "hello\n/new");
    (telegram, ann, ben, bot)
}

fn sessions(bot: &Daemon) -> Vec<Value> {
    let listed = bot.operates_json(&["sessions", "list"]);
    listed["sessions"].as_array().unwrap().clone()
}

/// The id of the one session with so many messages.
fn session_of(bot: &Daemon, messages: u64) -> String {
    let of = |session: &&Value| session["messages"] == messages;
    let found = sessions(bot).iter().find(of).expect("there is one").clone();
    found["id"].as_str().unwrap().to_owned()
}

fn names(folder: &str) -> Vec<String> {
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
    let mut names: Vec<_> = names.map(|name| name.into_string().unwrap()).collect();
    names.sort();
    names
}

fn path(bot: &Daemon, name: &str) -> String {
    bot.home().path().join(name).display().to_string()
}

#[test]
fn sessions_are_looked_at_moved_and_deleted_while_the_daemon_runs() {
    let (_telegram, ann, ben, bot) = with_talk();
    let listed = sessions(&bot);
    let seen: Vec<_> = listed.iter().map(|s| (s["state"].clone(), s["messages"].clone())).collect();
    assert_eq!(listed.len(), 3, "{seen:?}");
    let anns = session_of(&bot, 3);

    let shown = bot.operates_json(&["sessions", "show", &anns]);
    assert_eq!((&shown["channel"], &shown["state"]), (&"telegram".into(), &"current".into()));
    let begin = anns.get(..8).unwrap();
    assert_eq!(bot.operates_json(&["sessions", "show", begin]), shown);

    let of_ann = format!("telegram:{}", ann.id());
    assert_eq!(shown["user"], of_ann.as_str());
    let hers = bot.operates_json(&["sessions", "list", "--of", &of_ann]);
    assert_eq!((&hers["of"], &hers["sessions"][0]["id"]), (&1.into(), &anns.as_str().into()));
    let told = bot.refuses(&["sessions", "list", "--of", "telegram:9"]);
    assert!(told.contains("nobody called telegram:9 has talked to the bot"), "{told}");
    let told = bot.refuses(&["sessions", "list", "--of", "Ann"]);
    assert!(told.contains("are expected, as telegram:77"), "{told}");

    let file = path(&bot, "ann.json");
    bot.operates(&["sessions", "export", &anns, &file]);
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let bens = session_of(&bot, 1);
    let told = bot.operates(&["sessions", "import", &file, "--beside", &bens]);
    assert!(told.starts_with("Imported 3 messages as session "), "{told}");
    assert!(bot.answer(&ben, "/session list").contains("3 messages"));

    bot.operates(&["sessions", "delete", &anns]);
    assert!(bot.answer(&ann, "/history").contains("empty"), "her session is in the bin");
    bot.answer(&ann, "/undo");
    assert!(bot.answer(&ann, "/history").contains("three"), "and comes back");
}

#[test]
fn what_cannot_be_done_is_told() {
    let (_telegram, _ann, _ben, bot) = with_talk();
    let anns = session_of(&bot, 3);
    let file = path(&bot, "there");
    fs::write(&file, "a letter").unwrap();
    let told = [
        bot.refuses(&["sessions", "show", "zzzzzz"]),
        bot.refuses(&["sessions", "show", "?"]),
        bot.refuses(&["sessions", "export", &anns, &file]),
        bot.refuses(&["sessions", "import", &file, "--beside", &anns]),
        bot.refuses(&["backup", &file]),
        bot.refuses(&["backup", "/nowhere/x.db"]),
        bot.refuses(&["restore", &file]),
        bot.refuses(&["restore", &file, "--into", &path(&bot, "elsewhere")]),
    ];
    insta::assert_snapshot!(told.concat(), @"
    sessionsd: there is no session “zzzzzz”: `sessionsd sessions list` shows their ids
    sessionsd: there is no session “?”: `sessionsd sessions list` shows their ids
    sessionsd: HOME/there is there already: it is left as it is; give another name
    sessionsd: This cannot be imported: at line 1, column 1 it is no JSON; give the file that the export made.
    sessionsd: HOME/there is there already: it is left as it is; give another name
    sessionsd: the folder /nowhere is not there: make it first
    sessionsd: a daemon is using HOME/data/sessions.db: stop it, move that database away, and restore then; or restore into another folder with --into DIR
    sessionsd: HOME/there is not a sessionsd database: it is left as it is; give another path
    ");
    assert_eq!(fs::read_to_string(&file).unwrap(), "a letter");
    assert!(!Path::new(&path(&bot, "elsewhere")).exists());
}

#[test]
fn a_backup_of_a_running_daemon_comes_back_elsewhere() {
    let (telegram, ann, _ben, mut bot) = with_talk();
    let backup = path(&bot, "backup.db");
    let told = bot.operates(&["backup", &backup]);
    assert!(told.contains("3 sessions, 4 messages, opened and compared."), "{told}");
    assert!(told.contains("sealed under version 1 of the master key"), "{told}");
    assert_eq!(fs::metadata(&backup).unwrap().permissions().mode() & 0o777, 0o600);
    bot.talk(&ann, "four");
    // What Telegram does not know to be stored it brings again, also to a database that is restored.
    telegram.drained();
    bot.stops();

    // Without a daemon it is the same.
    let again = path(&bot, "again.db");
    let told = bot.operates(&["backup", &again]);
    assert!(told.contains("3 sessions, 5 messages"), "{told}");

    let told = bot.refuses(&["restore", &backup]);
    assert!(told.contains("is there: it is left as it is"), "{told}");
    let moved = bot.home().path().join("moved.db");
    fs::rename(bot.home().database(), &moved).unwrap();
    let told = bot.operates(&["restore", &backup]);
    assert!(told.contains("3 sessions, 4 messages."), "{told}");
    bot.starts();
    let history = bot.answer(&ann, "/history");
    assert!(history.contains("three") && !history.contains("four"), "{history}");
    bot.talk(&ann, "five");
}

#[test]
fn a_place_that_somebody_has_is_not_restored_to() {
    let (telegram, _ann, _ben, mut bot) = with_talk();
    let backup = path(&bot, "backup.db");
    bot.operates(&["backup", &backup]);
    telegram.drained();
    bot.stops();
    fs::rename(bot.home().database(), path(&bot, "moved.db")).unwrap();
    // As a daemon has it that makes a new database there, or another restore.
    let lock = fs::File::open(format!("{}.lock", bot.home().database().display())).unwrap();
    flock(&lock, FlockOperation::LockExclusive).unwrap();
    let draft = format!("{}.restoring", bot.home().database().display());
    fs::write(&draft, "another's").unwrap();
    let told = bot.refuses(&["restore", &backup]);
    assert!(told.contains("another sessionsd is using HOME/data/sessions.db"), "{told}");
    assert_eq!(fs::read_to_string(&draft).unwrap(), "another's");
    assert!(!bot.home().database().exists());
    drop(lock);
    bot.operates(&["restore", &backup]);
    assert!(!Path::new(&draft).exists());
}

#[test]
fn a_database_that_was_not_closed_is_not_taken_for_a_whole_one() {
    let (telegram, _ann, ben, mut bot) = with_talk();
    bot.talk(&ben, "said last");
    telegram.drained();
    bot.dies();
    let before = bot.home().path().join("before");
    fs::create_dir(&before).unwrap();
    let move_to = |from: &Path, to: &Path| {
        for entry in fs::read_dir(from).unwrap().map(|entry| entry.unwrap()) {
            if entry.file_name().to_string_lossy().starts_with("sessions.db") {
                fs::rename(entry.path(), to.join(entry.file_name())).unwrap();
            }
        }
    };
    move_to(&bot.home().data(), &before);
    assert!(fs::metadata(before.join("sessions.db-wal")).unwrap().len() > 0);
    let moved = before.join("sessions.db").display().to_string();
    for command in [&["restore", &moved][..], &["verify", &moved]] {
        let told = bot.refuses(command);
        assert!(
            told.contains("what was committed last is in HOME/before/sessions.db-wal"),
            "{told}"
        );
    }
    // As it says.
    move_to(&before, &bot.home().data());
    bot.operates(&["verify"]);
    move_to(&bot.home().data(), &before);
    bot.operates(&["verify", &moved]);
    let told = bot.operates(&["restore", &moved]);
    assert!(told.contains("3 sessions, 5 messages."), "{told}");
}

#[test]
fn a_backup_needs_the_key_it_was_made_under() {
    let (_telegram, _ann, _ben, mut bot) = with_talk();
    let backup = path(&bot, "backup.db");
    bot.operates(&["backup", &backup]);
    bot.stops();
    let elsewhere = path(&bot, "elsewhere");
    fs::write(bot.home().key(), format!("hex:{}", "ab".repeat(32))).unwrap();
    let told = bot.refuses(&["restore", &backup, "--into", &elsewhere]);
    assert!(told.contains("the master key does not fit this database"), "{told}");
    fs::remove_file(bot.home().key()).unwrap();
    let told = bot.refuses(&["restore", &backup, "--into", &elsewhere]);
    assert!(told.contains("the master key is not there: HOME/data/master.key"), "{told}");
    let left = fs::read_dir(&elsewhere).into_iter().flatten();
    let left: Vec<_> = left.map(|entry| entry.unwrap().file_name()).collect();
    // Whoever removed it could take a lock that another does not see.
    assert!(left.iter().all(|name| name == "sessions.db.lock"), "{left:?}");
    assert!(!bot.home().key().exists(), "and makes no key");
}

#[test]
fn backups_in_a_folder_are_named_by_time_and_old_ones_go() {
    let (_telegram, _ann, _ben, bot) = with_talk();
    let folder = path(&bot, "backups");
    fs::create_dir(&folder).unwrap();
    fs::write(format!("{folder}/sessions-of-ann.db"), "not ours").unwrap();
    for _ in 0..3 {
        bot.operates(&["backup", &folder, "--keep", "2"]);
    }
    let names = names(&folder);
    assert_eq!(names.len(), 3, "{names:?}");
    assert_eq!(names[2], "sessions-of-ann.db", "what is named otherwise is somebody else's");
}

#[test]
fn a_backup_that_was_made_just_now_is_not_the_one_that_goes() {
    let (_telegram, _ann, _ben, bot) = with_talk();
    let folder = path(&bot, "backups");
    fs::create_dir(&folder).unwrap();
    // The clock is behind what it was when these were made.
    let later = ["sessions-29990101T000000000.db", "sessions-29990102T000000000.db"];
    later.iter().for_each(|name| fs::write(format!("{folder}/{name}"), "later").unwrap());
    let made = bot.operates(&["backup", &folder, "--keep", "2"]);
    let names = names(&folder);
    assert_eq!(names.len(), 2, "{names:?}");
    assert!(made.contains(&names[0]), "{made}: {names:?}");
    assert_eq!(names[1], later[1]);
}

#[test]
fn what_a_killed_backup_left_is_gone_after_the_next() {
    let (_telegram, _ann, _ben, bot) = with_talk();
    let folder = path(&bot, "backups");
    fs::create_dir(&folder).unwrap();
    let left = |name: &str, text: &str| {
        let file = format!("{folder}/{name}.partial");
        fs::write(&file, text).unwrap();
        file
    };
    let database = "SQLite format 3\0 and so on";
    left("sessions-20260101T000000000.db", database);
    left("sessions-20260102T000000000.db", "");
    let written = left("sessions-20260103T000000000.db", database);
    let written = fs::File::open(written).unwrap();
    flock(&written, FlockOperation::LockExclusive).unwrap();
    left("letter", "a letter");
    bot.operates(&["backup", &folder]);
    let partial: Vec<_> =
        names(&folder).into_iter().filter(|name| name.ends_with(".partial")).collect();
    assert_eq!(partial, ["letter.partial", "sessions-20260103T000000000.db.partial"]);

    // The same where it always has the same name.
    let file = path(&bot, "backup.db");
    fs::write(format!("{file}.partial"), database).unwrap();
    bot.operates(&["backup", &file]);
    assert!(!Path::new(&format!("{file}.partial")).exists());
}

#[test]
fn a_dry_run_counts_what_the_run_removes() {
    // The harness sets the console's clock to January: for the program itself that is long ago.
    let home = Home::new();
    home.talk(|ann| {
        for line in ["one", "two", "/checkpoint save kept", "three", "/new", "four", "/new", "five"]
        {
            ann.asks(line);
        }
    });
    let data = home.data().display().to_string();
    let operates = |arguments: &[&str]| -> Value {
        let mut command = Command::new(home.command().get_program());
        command.env_clear().env("HOME", home.path()).args(arguments);
        let ended = command.args(["--data", &data, "--json"]).output().unwrap();
        assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
        serde_json::from_slice(&ended.stdout).unwrap()
    };
    let cleanup = ["cleanup", "--older-than", "30d", "--keep-checkpoints"];
    let dry = operates(&[&cleanup[..], &["--dry-run"]].concat());
    assert_eq!(
        (&dry["sessions"], &dry["held"], &dry["messages"]),
        (&1.into(), &1.into(), &2.into())
    );
    let before = operates(&["verify"]);
    let done = operates(&cleanup);
    for what in ["sessions", "held", "checkpoints", "messages"] {
        assert_eq!(dry[what], done[what], "{what}");
    }
    assert_eq!(done["scrubbed"], true);
    let after = operates(&["verify"]);
    assert_eq!(after["found"], 0);
    let messages = |verified: &Value| verified["rows"]["messages"].as_u64().unwrap();
    assert_eq!(messages(&before) - messages(&after), 2);
    let nothing = operates(&cleanup);
    assert_eq!((&nothing["sessions"], &nothing["messages"]), (&0.into(), &0.into()));
}

#[test]
fn a_clean_up_that_had_to_pass_a_session_over_says_so() {
    let (_telegram, _ann, _ben, mut bot) = with_talk();
    let broken = session_of(&bot, 3);
    bot.stops();
    let keyless = rusqlite::Connection::open(bot.home().database()).unwrap();
    // Ann spoke first.
    let key =
        "DELETE FROM key WHERE owner = (SELECT session FROM timeline ORDER BY number LIMIT 1)";
    assert_eq!(keyless.execute(key, ()).unwrap(), 1);
    drop(keyless);
    let ended = bot.operator(&["cleanup", "--older-than", "30d"]);
    let told = String::from_utf8(ended.stdout).unwrap();
    assert_eq!(ended.code, Some(3), "{told}{}", ended.stderr);
    assert!(told.contains("1 sessions were passed over"), "{told}");
    assert!(told.contains(&format!("key of session {broken}")), "{told}");
}

#[test]
fn a_time_that_is_none_is_told() {
    let bot = Daemon::unconfigured();
    let told = bot.refuses(&["cleanup", "--older-than", "soon"]);
    assert!(told.contains("days are expected, as 30d, or weeks, as 8w"), "{told}");
}
