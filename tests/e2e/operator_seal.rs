//! A database sealed, made plain, and sealed under other keys, in place of itself: what stays as it was, what is refused,
//! what no file gives away any more, and a kill, or a word to stop, at any point.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a panic is a failing story, and so is what is not there"
)]

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::thread;

use e2e::{Daemon, FakeTelegram, Person, Signal};
use rustix::process::Pid;
use serde_json::Value;

/// Words that are said in these stories and nowhere else.
const CANARY: &str = "albatross";
/// What else people say of: a name of a checkpoint, of a session.
const NAMES: [&str; 2] = ["walrus", "narwhal"];
/// Lines of a database that takes a while.
const MANY: usize = 3_000;

/// A daemon to which Ann has said something, sealed or not.
fn with_talk(is_sealed: bool) -> (FakeTelegram, Person, Daemon) {
    let telegram = FakeTelegram::start();
    let ann = telegram.person("Ann");
    let bot = Daemon::beside(&telegram).set("encryption.enabled", is_sealed).start();
    bot.talk(
        &ann,
        "one albatross\ntwo\n/checkpoint save \"walrus\"\n/session rename narwhal\n/new\nthree albatross",
    );
    (telegram, ann, bot)
}

/// All that Ann can look at.
fn seen_by(bot: &Daemon, ann: &Person) -> String {
    let looks =
        ["/history", "/session list", "/checkpoint list", "/settings", "/history search two"];
    looks.map(|look| format!("> {look}\n{}\n", bot.answer(ann, look))).concat()
}

fn beside(file: &Path, suffix: &str) -> PathBuf {
    PathBuf::from(format!("{}{suffix}", file.display()))
}

/// Which of these words a file in a folder holds in clear.
fn readable(folder: &Path, words: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        // A socket of a daemon that was killed holds nothing.
        let Ok(bytes) = fs::read(&path) else { continue };
        let holds = |word: &&&str| bytes.windows(word.len()).any(|part| part == word.as_bytes());
        let name = path.file_name().unwrap().display();
        found.extend(words.iter().filter(holds).map(|word| format!("{word} in {name}")));
    }
    found
}

/// Whether a database is sealed.
fn is_sealed(database: &Path) -> bool {
    let conn = rusqlite::Connection::open(database).unwrap();
    conn.query_row("SELECT mode FROM header", (), |row| row.get::<_, bool>(0)).unwrap()
}

fn run_sql(database: &Path, sql: &str) {
    rusqlite::Connection::open(database).unwrap().execute_batch(sql).unwrap();
}

fn names(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
    let mut names: Vec<_> = names.map(|name| name.into_string().unwrap()).collect();
    names.sort();
    names
}

/// Nothing of an attempt is there any more.
fn assert_nothing_left(bot: &Daemon) {
    let is_left = |name: &String| ["work", "sealing", ".new"].iter().any(|of| name.contains(of));
    let left: Vec<_> = names(&bot.home().data()).into_iter().filter(is_left).collect();
    assert_eq!(left, Vec::<String>::new());
}

/// Every file of a folder, in another one.
fn copied(from: &Path, to: &Path) {
    let _ = fs::remove_dir_all(to);
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            fs::copy(&path, to.join(path.file_name().unwrap())).unwrap();
        }
    }
}

#[test]
fn a_plain_database_is_sealed_and_made_plain_again_and_nobody_notices() {
    let (_telegram, ann, mut bot) = with_talk(false);
    let before = seen_by(&bot, &ann);
    bot.stops();
    let data = bot.home().data();
    let all = [CANARY, NAMES[0], NAMES[1]];
    assert!(readable(&data, &all).len() >= 3, "the search finds what is in clear");
    assert!(!bot.home().key().exists());

    let told = bot.operates(&["encrypt"]);
    insta::assert_snapshot!(told, @"
    Sealed HOME/data/sessions.db: 2 sessions, each with a key of its own, 3 messages; opened and compared.
    The master key is HOME/data/master.key, made just now: keep a copy elsewhere, without it nothing can be read.
    The file in clear is removed. Backups and copies from before are still in clear: make new ones and destroy those. The disk may keep removed blocks until it writes over them, an SSD for long.
    Now set encryption.enabled = true: before that no daemon starts with it.
    ");
    assert_eq!(readable(&data, &all), Vec::<String>::new());
    assert_nothing_left(&bot);
    for private in [bot.home().key(), bot.home().database()] {
        assert_eq!(fs::metadata(private).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let told = bot.refuses(&["verify"]);
    assert!(told.contains("is sealed, but encryption.enabled is false: set it to true"), "{told}");

    bot.sets("encryption.enabled", true);
    bot.starts();
    assert_eq!(seen_by(&bot, &ann), before);
    bot.talk(&ann, "four albatross\n/undo");
    let before = seen_by(&bot, &ann);
    assert_eq!(bot.operates_json(&["verify"])["found"], 0);
    assert_eq!(readable(&data, &all), Vec::<String>::new());
    bot.stops();

    let told = bot.operates(&["decrypt"]);
    insta::assert_snapshot!(told, @"
    HOME/data/sessions.db is in clear: 2 sessions, 4 messages; opened and compared. Everybody who gets the file can read it.
    The sealed file is removed; `sessionsd encrypt` seals it again. Keep the master key, HOME/data/master.key: backups from before need it.
    Now set encryption.enabled = false: before that no daemon starts with it.
    ");
    assert!(readable(&data, &all).len() >= 3);
    assert_nothing_left(&bot);
    bot.sets("encryption.enabled", false);
    bot.starts();
    assert_eq!(seen_by(&bot, &ann), before);
    bot.stops();

    // What is as it should be stays so, and a key that is there is used.
    let told = bot.operates_json(&["decrypt"]);
    assert_eq!((&told["answer"], &told["changed"]), (&"decrypted".into(), &false.into()));
    let key = fs::read_to_string(bot.home().key()).unwrap();
    let told = bot.operates_json(&["encrypt"]);
    assert_eq!((&told["key_made"], &told["messages"]), (&false.into(), &4.into()));
    assert_eq!(fs::read_to_string(bot.home().key()).unwrap(), key);
    let told = bot.operates_json(&["encrypt"]);
    assert_eq!((&told["changed"], &told["key_version"]), (&false.into(), &1.into()));
}

#[test]
fn while_somebody_has_the_database_nothing_is_done() {
    let (_telegram, ann, mut bot) = with_talk(true);
    let commands: [&[&str]; 3] = [&["encrypt"], &["decrypt"], &["key", "rotate", "--compromised"]];
    for command in commands {
        let told = bot.refuses(command);
        let expected = "sessionsd: a daemon is using HOME/data/sessions.db: stop it first (systemctl stop sessionsd)\n";
        assert_eq!(told, expected);
    }
    bot.talk(&ann, "four");
    bot.stops();
    let console = bot.home().start();
    for command in commands {
        let told = bot.refuses(command);
        assert!(
            told.contains("another sessionsd is using HOME/data/sessions.db: stop it"),
            "{told}"
        );
    }
    console.end();
    let tool = rusqlite::Connection::open(bot.home().database()).unwrap();
    tool.query_row("SELECT mode FROM header", (), |row| row.get::<_, i64>(0)).unwrap();
    for command in [commands[1], commands[2]] {
        let told = bot.refuses(command);
        assert!(told.contains("another program has HOME/data/sessions.db open: end it"), "{told}");
    }
    drop(tool);
    assert_nothing_left(&bot);
    assert_eq!(names(&bot.home().data()), ["master.key", "sessions.db", "sessions.db.lock"]);
    let nowhere = bot.home().path().join("nowhere").display().to_string();
    let told = bot.refuses(&["encrypt", "--data", &nowhere]);
    assert!(told.contains("there is no database HOME/nowhere/sessions.db: name its"), "{told}");
    assert!(!Path::new(&nowhere).exists());
}

#[test]
fn a_damaged_database_stays_as_it_is() {
    let (_telegram, _ann, mut bot) = with_talk(true);
    bot.stops();
    let (database, key) = (bot.home().database(), bot.home().key());
    let (whole, old) = (fs::read(&database).unwrap(), fs::read(&key).unwrap());
    // A message that does not open, one that is gone, the key of a session that is gone: one of a queue would be no damage
    // while nothing waits.
    let damages = [
        "UPDATE message SET sealed = zeroblob(length(sealed)) WHERE rowid = (SELECT min(rowid) FROM message)",
        "DELETE FROM message WHERE rowid = (SELECT min(rowid) FROM message)",
        "DELETE FROM key WHERE owner = (SELECT min(id) FROM session)",
    ];
    for damage in damages {
        fs::write(&database, &whole).unwrap();
        run_sql(&database, damage);
        let damaged = fs::read(&database).unwrap();
        assert!(damaged != whole, "{damage}");
        for command in [["decrypt"].as_slice(), &["key", "rotate", "--compromised"]] {
            let told = bot.refuses(command);
            assert!(told.contains("nothing was changed"), "{damage}: {told}");
            assert!(fs::read(&database).unwrap() == damaged, "{damage}: it was touched");
            assert_eq!(fs::read(&key).unwrap(), old);
            assert_eq!(
                names(&bot.home().data()),
                ["master.key", "sessions.db", "sessions.db.lock"]
            );
        }
    }
    // Nor is it anybody's without its key.
    fs::write(&database, &whole).unwrap();
    fs::write(&key, format!("hex:{}", "ab".repeat(32))).unwrap();
    for command in [["encrypt"].as_slice(), &["decrypt"], &["key", "rotate", "--compromised"]] {
        assert_eq!(bot.operator(command).code, Some(78), "{command:?}");
        assert!(fs::read(&database).unwrap() == whole);
    }
    fs::remove_file(&key).unwrap();
    for command in [["encrypt"].as_slice(), &["decrypt"], &["key", "rotate", "--compromised"]] {
        assert_eq!(bot.operator(command).code, Some(78), "{command:?}");
        assert!(!key.exists() && fs::read(&database).unwrap() == whole);
    }
    assert_nothing_left(&bot);
}

#[test]
fn after_a_compromise_the_old_key_opens_only_what_is_old() {
    let (_telegram, ann, mut bot) = with_talk(true);
    let before = seen_by(&bot, &ann);
    bot.stops();
    let (data, key) = (bot.home().data(), bot.home().key());
    let folder = |name: &str| bot.home().path().join(name);
    let (then, now, mixed) = (folder("then"), folder("now"), folder("mixed"));
    copied(&data, &then);

    let told = bot.operates(&["key", "rotate", "--compromised"]);
    insta::assert_snapshot!(told, @"
    The master key now has version 2, and each of 2 sessions a new key: 3 messages were sealed anew, opened and compared.
    The new key is HOME/data/master.key: keep a copy elsewhere.
    The one before is HOME/data/master.key.previous: the database needs it no more. Destroy it together with the backups that were made under it, and make a new one.
    Whoever has the old key and a copy of the file from before reads that copy still. In this file they read no message, title or checkpoint; but the key of names is the one before, so they read places, people, settings and the words of searches with several pages, and can test names and numbers that they guess.
    ");
    assert_nothing_left(&bot);
    let previous = beside(&key, ".previous");
    assert_eq!(fs::read(&previous).unwrap(), fs::read(then.join("master.key")).unwrap());
    assert_ne!(fs::read(&previous).unwrap(), fs::read(&key).unwrap());
    let told = bot.refuses(&["key", "rotate", "--compromised"]);
    assert!(told.contains("is left of the last rotation: move it"), "{told}");
    fs::remove_file(&previous).unwrap();
    copied(&data, &now);

    bot.starts();
    assert_eq!(seen_by(&bot, &ann), before);
    bot.talk(&ann, "four");
    assert_eq!(bot.operates_json(&["verify"])["found"], 0);
    bot.stops();

    // The old file opens under the old key and no other, and the new one under the new.
    let shown = |folder: &Path| folder.display().to_string();
    let opens = |folder: &Path| bot.operator(&["verify", "--data", &shown(folder)]).code;
    assert_eq!((opens(&then), opens(&now)), (Some(0), Some(0)));
    for (database, key) in [(&then, &now), (&now, &then)] {
        copied(database, &mixed);
        fs::copy(key.join("master.key"), mixed.join("master.key")).unwrap();
        let told = bot.refuses(&["verify", "--data", &shown(&mixed)]);
        assert!(told.contains("the master key does not fit this database"), "{told}");
    }
    // No key of a session is wrapped as it was: the old master key unwraps none of them.
    let wrapped = |folder: &Path| -> Vec<Vec<u8>> {
        let conn = rusqlite::Connection::open(folder.join("sessions.db")).unwrap();
        let mut keys = conn.prepare("SELECT wrapped FROM key ORDER BY owner").unwrap();
        keys.query_map((), |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    };
    let (old, new) = (wrapped(&then), wrapped(&now));
    assert!(old.len() >= 2 && old.len() == new.len());
    assert!(old.iter().all(|key| !new.contains(key)));
}

#[test]
fn a_compromise_can_be_met_with_a_key_that_is_given_and_after_a_crash_between_keys_and_database() {
    let (_telegram, ann, mut bot) = with_talk(true);
    let before = seen_by(&bot, &ann);
    bot.stops();
    let (key, previous) = (bot.home().key(), beside(&bot.home().key(), ".previous"));
    let given = bot.home().path().join("given.key").display().to_string();
    let compromised = ["key", "rotate", "--compromised"];
    let with_given = ["key", "rotate", "--compromised", "--to", &given];

    // The same key again is none that is new.
    fs::copy(&key, &given).unwrap();
    let told = bot.refuses(&with_given);
    assert!(told.contains("the new master key is the present one"), "{told}");
    assert!(!previous.exists() && !beside(&key, ".new").exists());
    fs::remove_file(&given).unwrap();
    bot.operates(&["key", "generate", &given]);
    assert_eq!(bot.operates_json(&with_given)["version"], 2);
    assert_eq!(fs::read(&key).unwrap(), fs::read(&given).unwrap());
    fs::remove_file(&previous).unwrap();

    // The keys have changed places, and the database has not.
    fs::rename(&key, &previous).unwrap();
    bot.operates(&["key", "generate", &key.display().to_string()]);
    let told = bot.refuses(&with_given);
    assert!(told.contains("was begun: finish it first, without --to"), "{told}");
    let new = fs::read(&key).unwrap();
    let done = bot.operates_json(&compromised);
    assert_eq!(done["answer"], "rotated-anew");
    assert_eq!(done["key_file"], key.display().to_string());
    assert_eq!((&done["version"], &done["messages"]), (&3.into(), &3.into()));
    assert_eq!(fs::read(&key).unwrap(), new);
    fs::remove_file(&previous).unwrap();

    // Or a plain rotation has begun.
    fs::rename(&key, &previous).unwrap();
    bot.operates(&["key", "generate", &key.display().to_string()]);
    bot.operates(&["sessions", "list"]);
    let told = bot.refuses(&compromised);
    assert!(told.contains("finish it with `sessionsd key rotate` first"), "{told}");
    // What makes it plain needs no end of that.
    bot.operates(&["decrypt"]);
    let told = bot.refuses(&compromised);
    assert!(told.contains("is not sealed, so there is no master key"), "{told}");
    bot.sets("encryption.enabled", false);
    bot.starts();
    assert_eq!(seen_by(&bot, &ann), before);
}

#[test]
fn what_a_command_that_was_broken_off_left_in_clear_is_gone_when_the_daemon_has_started() {
    let (_telegram, _ann, mut bot) = with_talk(true);
    bot.stops();
    let database = bot.home().database();
    for suffix in [".work", ".work-wal", ".sealing", ".sealing.lock"] {
        fs::write(beside(&database, suffix), CANARY).unwrap();
    }
    let doctor = bot.operator(&["doctor"]);
    assert_eq!(doctor.code, Some(3));
    let told = bot.shown(&String::from_utf8_lossy(&doctor.stdout));
    assert!(
        told.contains("HOME/data/sessions.db.work is there: it may hold everything in clear"),
        "{told}"
    );
    assert!(beside(&database, ".work").exists(), "a look changes nothing");
    bot.starts();
    bot.logs("what a command that was broken off had left beside the database is removed");
    bot.stops();
    assert_nothing_left(&bot);
    assert_eq!(readable(&bot.home().data(), &[CANARY]), Vec::<String>::new());
}

/// A database of many messages, what they are, and where it is kept as it was.
struct Long {
    bot: Daemon,
    said: Vec<Value>,
    session: String,
    original: PathBuf,
}

impl Long {
    fn new(is_sealed: bool) -> Self {
        let bot = Daemon::unconfigured().set("encryption.enabled", is_sealed);
        bot.reconfigures();
        let lines: Vec<_> = (0..MANY).map(|n| format!("message {n} of an albatross\n")).collect();
        bot.home().run(lines.concat().as_bytes()).assert_success();
        let session = bot.operates_json(&["sessions", "list"])["sessions"][0]["id"].clone();
        let session = session.as_str().unwrap().to_owned();
        let original = bot.home().path().join("original");
        copied(&bot.home().data(), &original);
        let mut long = Self { bot, said: Vec::new(), session, original };
        long.said = long.said_in(&long.original);
        assert_eq!(long.said.len(), MANY);
        long
    }

    /// The messages in a folder.
    fn said_in(&self, folder: &Path) -> Vec<Value> {
        let (data, file) = (folder.display().to_string(), folder.join("export.json"));
        let shown = file.display().to_string();
        self.bot.operates(&["sessions", "export", &self.session, &shown, "--data", &data]);
        let export: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
        fs::remove_file(file).unwrap();
        export["messages"].as_array().unwrap().clone()
    }

    /// Whatever has happened: all is there, and opens with what the folder holds. Looked at in a copy, as a look may
    /// finish what was begun.
    fn assert_whole(&mut self, what: &str) {
        let look = self.bot.home().path().join("look");
        copied(&self.bot.home().data(), &look);
        self.bot.sets("encryption.enabled", is_sealed(&look.join("sessions.db")));
        let verified = self.bot.operates_json(&["verify", "--data", &look.display().to_string()]);
        assert_eq!(verified["found"], 0, "{what}: {verified}");
        assert!(self.said_in(&look) == self.said, "{what}: something is missing");
    }

    /// Begins a command, and sends it a signal when something is so; answers how it ended, and what it said.
    fn signals(
        &self,
        command: &[&str],
        signal: Signal,
        is_time: fn(&Path, u64) -> bool,
    ) -> (ExitStatus, String) {
        let mut command = self.bot.operator_command(command);
        let database = self.bot.home().database();
        let before = fs::metadata(&database).unwrap().ino();
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        while !is_time(&database, before) && child.try_wait().unwrap().is_none() {
            thread::yield_now();
        }
        if child.try_wait().unwrap().is_none() {
            rustix::process::kill_process(Pid::from_child(&child), signal).unwrap();
        }
        let ended = child.wait_with_output().unwrap();
        (ended.status, String::from_utf8(ended.stderr).unwrap())
    }

    /// Tells a command to stop at each of these points: it leaves nothing behind.
    fn is_stopped_at(&mut self, points: &[Point], command: &[&str]) {
        let mut hits = Vec::new();
        for (what, is_time) in points {
            copied(&self.original, &self.bot.home().data());
            let (status, said) = self.signals(command, Signal::INT, *is_time);
            if status.success() {
                hits.push(format!("{what}: too late"));
            } else {
                assert_eq!(status.code(), Some(1), "{what}: {said}");
                assert!(said.contains("nothing was changed: it was broken off"), "{what}: {said}");
                hits.push((*what).to_owned());
            }
            self.assert_whole(what);
            assert_nothing_left(&self.bot);
        }
        eprintln!("stopped when: {hits:?}");
        let late = hits.iter().filter(|hit| hit.ends_with("too late")).count();
        assert!(late * 2 < points.len(), "only {hits:?} were in time");
    }

    /// Kills a command at each of these points, and has it done afterwards.
    fn is_killed_at(&mut self, points: &[Point], command: &[&str]) {
        let mut hits = Vec::new();
        for (what, is_time) in points {
            copied(&self.original, &self.bot.home().data());
            let (status, _) = self.signals(command, Signal::KILL, *is_time);
            if status.code().is_none() {
                hits.push(*what);
            }
            self.assert_whole(what);
            let is_left = |name: &String| name.ends_with(".work") || name.ends_with(".sealing");
            let is_left = names(&self.bot.home().data()).iter().any(is_left);
            let doctor = self.bot.operator(&["doctor"]);
            let says = String::from_utf8_lossy(&doctor.stdout).contains("was broken off");
            assert_eq!(says, is_left, "{what}");
            let again = self.bot.operator(command);
            let was_done = again.stderr.contains("is left of the last rotation");
            assert!(again.code == Some(0) || was_done, "{what}: {}", again.stderr);
            self.assert_whole(what);
            assert_nothing_left(&self.bot);
        }
        eprintln!("killed when: {hits:?}");
        assert!(hits.len() * 2 > points.len(), "only {hits:?} were kills");
    }
}

fn size(database: &Path, suffix: &str) -> u64 {
    fs::metadata(beside(database, suffix)).map(|found| found.len()).unwrap_or_default()
}

fn there(database: &Path, suffix: &str) -> bool {
    beside(database, suffix).exists()
}

/// When something is so, by the database's path and its inode at the beginning.
type Point = (&'static str, fn(&Path, u64) -> bool);

/// Points on the way, from the first file to the rename.
const POINTS: [Point; 7] = [
    ("the first copy is made", |db, _| there(db, ".work")),
    ("the first copy is opened", |db, _| there(db, ".work-wal")),
    ("it is being sealed anew", |db, _| size(db, ".work-wal") > 100_000),
    ("more of it is", |db, _| size(db, ".work-wal") > 250_000),
    ("the second copy is made", |db, _| there(db, ".sealing")),
    ("the second copy is opened", |db, _| there(db, ".sealing-wal")),
    ("it has the name", |db, before| fs::metadata(db).unwrap().ino() != before),
];

#[test]
fn encrypt_killed_anywhere_leaves_the_old_database_or_the_new_one() {
    let mut long = Long::new(false);
    long.is_killed_at(&POINTS, &["encrypt"]);
    assert!(is_sealed(&long.bot.home().database()));
    assert_eq!(readable(&long.bot.home().data(), &[CANARY]), Vec::<String>::new());
}

#[test]
fn decrypt_killed_anywhere_leaves_the_old_database_or_the_new_one() {
    let mut long = Long::new(true);
    long.is_killed_at(&POINTS, &["decrypt"]);
    assert!(!is_sealed(&long.bot.home().database()));
}

#[test]
fn decrypt_told_to_stop_leaves_nothing_in_clear() {
    let mut long = Long::new(true);
    long.is_stopped_at(&POINTS[..6], &["decrypt"]);
}

#[test]
fn a_rotation_after_a_compromise_killed_anywhere_leaves_a_database_that_its_keys_open() {
    let mut long = Long::new(true);
    let keys: [Point; 2] = [
        ("the new key is made", |db, _| there(&db.with_file_name("master.key"), ".new")),
        ("the keys change places", |db, _| there(&db.with_file_name("master.key"), ".previous")),
    ];
    long.is_killed_at(&[POINTS.as_slice(), &keys].concat(), &["key", "rotate", "--compromised"]);
    // Under the new key alone.
    fs::remove_file(beside(&long.bot.home().key(), ".previous")).unwrap();
    long.assert_whole("without the key before");
    let told = long.bot.operates(&["key", "check"]);
    assert!(told.contains("version 2 of the master key, the current one"), "{told}");
}
