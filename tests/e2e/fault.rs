//! What a start is refused for: one plain line on standard error, exit code 1, and nothing touched.

#![allow(clippy::unwrap_used, reason = "a panic is a failing story")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;

use e2e::{Ended, Home};

/// A home where something has been said, its console ended.
fn lived_in() -> Home {
    let home = Home::new();
    home.talk(|ann| ann.talk("one\n/checkpoint save first\n/new\ntwo"));
    home
}

/// What is in the data folder, byte for byte. The lock file is there to be touched.
fn contents(home: &Home) -> BTreeMap<PathBuf, Vec<u8>> {
    let files = fs::read_dir(home.data()).unwrap().map(|entry| entry.unwrap().path());
    files
        .filter(|path| path.is_file() && path.extension().is_none_or(|end| end != "lock"))
        .map(|path| (path.clone(), fs::read(&path).unwrap()))
        .collect()
}

/// What a start that is refused says; whatever is in the folder stays as it is.
fn refused(home: &Home) -> String {
    let before = contents(home);
    let said = refusal(home, &home.run(b"hello\n"));
    let after = contents(home);
    let paths: BTreeSet<_> = before.keys().chain(after.keys()).collect();
    let changed: Vec<_> =
        paths.into_iter().filter(|path| before.get(*path) != after.get(*path)).collect();
    assert!(changed.is_empty(), "a refused start changed {changed:?}");
    said
}

fn refusal(home: &Home, ended: &Ended) -> String {
    assert!(matches!(ended.code, Some(1 | 78)), "{:?}: {}", ended.code, ended.stderr);
    assert_eq!(ended.text(), "");
    assert!(!ended.stderr.contains("panicked"), "{}", ended.stderr);
    home.shown(&ended.stderr)
}

/// Swaps the key for somebody else's and back again.
fn with_foreign_key(home: &Home, story: impl FnOnce()) {
    let own = fs::read(home.key()).unwrap();
    fs::copy(lived_in().key(), home.key()).unwrap();
    story();
    fs::write(home.key(), own).unwrap();
}

#[test]
fn one_process_owns_a_folder() {
    let home = lived_in();
    home.talk(|ann| {
        insta::assert_snapshot!(refusal(&home, &home.run(b"hello\n")), @"sessionsd: another sessionsd is using HOME/data/sessions.db: stop it, or give this one a database of its own");
        insta::assert_snapshot!(ann.answer("/history"), @r"
        Session s-1, messages 1 to 1 of 1

        #1 user · 2026-01-05 12:00 UTC
        two
        ");
    });
    home.talk(|ann| assert_eq!(ann.said(), ["two"]));
}

#[test]
fn a_killed_process_leaves_no_lock() {
    let home = lived_in();
    assert_eq!(home.start().kill(), []);
    home.talk(|ann| assert_eq!(ann.said(), ["two"]));
}

#[test]
fn a_wrong_key_is_named_and_never_replaced() {
    let home = lived_in();
    with_foreign_key(
        &home,
        || insta::assert_snapshot!(refused(&home), @"sessionsd: the master key does not fit this database: it was made with another one (key looked at: HOME/data/master.key, database: HOME/data/sessions.db)"),
    );
    home.talk(|ann| assert_eq!(ann.said(), ["two"]));
}

#[test]
fn a_missing_key_is_never_made_anew() {
    let home = lived_in();
    let away = home.path().join("away.key");
    fs::rename(home.key(), &away).unwrap();
    insta::assert_snapshot!(refused(&home), @"sessionsd: there is a database, HOME/data/sessions.db, but not its key, HOME/data/master.key: put the key back; a new one could not open it");
    assert!(!home.key().exists());
    fs::rename(away, home.key()).unwrap();
    home.talk(|ann| assert_eq!(ann.said(), ["two"]));
}

#[test]
fn a_key_that_others_can_read_is_refused() {
    let home = lived_in();
    for mode in [0o644, 0o640, 0o604, 0o660] {
        fs::set_permissions(home.key(), Permissions::from_mode(mode)).unwrap();
        assert!(refused(&home).contains("can be read by others: chmod 600 it first"));
    }
    insta::assert_snapshot!(refused(&home), @"sessionsd: the key file HOME/data/master.key can be read by others: chmod 600 it first");
    fs::set_permissions(home.key(), Permissions::from_mode(0o600)).unwrap();
    home.talk(|ann| assert_eq!(ann.said(), ["two"]));
}

#[test]
fn what_is_no_key_is_refused() {
    let home = lived_in();
    let mut told = String::new();
    for key in ["", "hunter2\n", "hex:abcd\n", "base64:!!!!\n", "passphrase:\n", "\u{fffd}\n"] {
        fs::write(home.key(), key).unwrap();
        told.push_str(&refused(&home));
    }
    fs::write(home.key(), b"\xff\xfe").unwrap();
    told.push_str(&refused(&home));
    insta::assert_snapshot!(told, @r"
    sessionsd: the master key in HOME/data/master.key cannot be used: the key is empty: write `hex:` and 64 hexadecimal digits, `base64:` and 44 characters, or `passphrase:` and words
    sessionsd: the master key in HOME/data/master.key cannot be used: the key is in no known form: write `hex:` and 64 hexadecimal digits, `base64:` and 44 characters, or `passphrase:` and words; text without a prefix must be exactly 32 bytes in hex or base64
    sessionsd: the master key in HOME/data/master.key cannot be used: `hex:` must be followed by exactly 64 hexadecimal digits (32 bytes), but 4 characters were found
    sessionsd: the master key in HOME/data/master.key cannot be used: `base64:` must be followed by exactly 32 bytes in base64 (44 characters, or 43 without `=`), but 4 characters were found
    sessionsd: the master key in HOME/data/master.key cannot be used: the passphrase has 0 characters, at least 12 are needed: take five or more random words
    sessionsd: the master key in HOME/data/master.key cannot be used: the key is in no known form: write `hex:` and 64 hexadecimal digits, `base64:` and 44 characters, or `passphrase:` and words; text without a prefix must be exactly 32 bytes in hex or base64
    sessionsd: the key file HOME/data/master.key cannot be used: stream did not contain valid UTF-8
    ");
}

#[test]
fn a_key_may_be_a_passphrase() {
    let home = Home::new();
    fs::create_dir(home.data()).unwrap();
    fs::write(home.key(), "passphrase:correct horse battery staple\n").unwrap();
    fs::set_permissions(home.key(), Permissions::from_mode(0o600)).unwrap();
    home.talk(|ann| ann.talk("one"));
    home.talk(|ann| assert_eq!(ann.said(), ["one"]));
    fs::write(home.key(), "passphrase:correct horse battery stapler\n").unwrap();
    insta::assert_snapshot!(refused(&home), @"sessionsd: the master key does not fit this database: it was made with another one (key looked at: HOME/data/master.key, database: HOME/data/sessions.db)");
}

#[test]
fn files_are_made_for_their_owner_alone() {
    let home = lived_in();
    home.talk(|ann| ann.asks("/history export"));
    let mut modes = Vec::new();
    let mut folders = vec![home.data()];
    while let Some(folder) = folders.pop() {
        modes.push((folder.clone(), fs::metadata(&folder).unwrap().permissions().mode() & 0o777));
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                modes.push((
                    path.clone(),
                    fs::metadata(&path).unwrap().permissions().mode() & 0o777,
                ));
            }
        }
    }
    assert!(modes.len() > 4, "{modes:?}");
    for (path, mode) in modes {
        assert_eq!(mode & 0o077, 0, "{} has mode {mode:o}", path.display());
    }
}

#[test]
fn a_folder_that_is_a_file() {
    let home = Home::new();
    fs::write(home.data(), "a letter").unwrap();
    insta::assert_snapshot!(refusal(&home, &home.run(b"hello\n")), @"sessionsd: HOME/data is a file; a folder is expected");
    assert_eq!(fs::read_to_string(home.data()).unwrap(), "a letter");
}

#[test]
fn a_folder_that_cannot_be_made_or_written() {
    let home = Home::new();
    let mut told = String::new();
    for folder in ["/dev/null/data", "/proc/data", "/proc/self/fdinfo"] {
        let mut command = Command::new(home.command().get_program());
        let ended = command.env_clear().args(["console", "--data", folder]).output().unwrap();
        assert_eq!(ended.status.code(), Some(1));
        let stderr = String::from_utf8(ended.stderr).unwrap();
        assert!(!stderr.contains("panicked"), "{stderr}");
        told.push_str(&stderr);
    }
    insta::assert_snapshot!(told, @r"
    sessionsd: the folder /dev/null/data cannot be made: Not a directory (os error 20)
    sessionsd: the folder /proc/data cannot be made: No such file or directory (os error 2)
    sessionsd: the key file /proc/self/fdinfo/master.key cannot be made: No such file or directory (os error 2)
    ");
}

#[test]
fn a_database_that_is_a_folder() {
    let home = Home::new();
    fs::create_dir_all(home.database()).unwrap();
    insta::assert_snapshot!(refused(&home), @"sessionsd: HOME/data/sessions.db is not a file: the database is expected there");
}

#[test]
fn a_file_that_is_no_database_is_left_as_it_is() {
    let home = lived_in();
    for other in
        [b"a letter".to_vec(), vec![0; 4096], b"SQLite format 3\0 but nothing else".to_vec()]
    {
        fs::write(home.database(), other).unwrap();
        assert!(!refused(&home).is_empty());
    }
    insta::assert_snapshot!(refused(&home), @"sessionsd: HOME/data/sessions.db is not a sessionsd database: it is left as it is; give another path");
}

#[test]
fn a_database_of_a_newer_program_is_left_as_it_is() {
    let home = lived_in();
    let mut bytes = fs::read(home.database()).unwrap();
    // The header's user version, big-endian.
    bytes[60..64].copy_from_slice(&4_711_u32.to_be_bytes());
    fs::write(home.database(), bytes).unwrap();
    insta::assert_snapshot!(refused(&home), @"sessionsd: HOME/data/sessions.db was written by a newer sessionsd (its version is 4711, this program knows up to 2): update this program, or restore a backup from before the update");
}

#[test]
fn an_empty_file_in_the_databases_place() {
    let home = lived_in();
    fs::write(home.database(), b"").unwrap();
    insta::assert_snapshot!(refused(&home), @"sessionsd: the database HOME/data/sessions.db is empty: restore a backup, or remove the file to begin anew");
}

#[test]
fn a_damaged_page_is_told_and_never_answered_with_less() {
    let home = Home::new();
    home.talk(|ann| {
        for number in 1..=60 {
            ann.asks(&format!("message {number} {}", "x".repeat(300)));
        }
    });
    let whole = fs::read(home.database()).unwrap();
    let pages = whole.len() / 4096;
    let mut told = BTreeSet::new();
    for page in 1..pages {
        let mut bytes = whole.clone();
        for byte in &mut bytes[page * 4096 + 64..page * 4096 + 4000] {
            *byte ^= 0x5a;
        }
        fs::write(home.database(), &bytes).unwrap();
        let ended = home.run(b"/history 1000\n");
        assert!(!ended.stderr.contains("panicked"), "page {page}: {}", ended.stderr);
        let is_whole =
            (1..=60).all(|number| ended.text().contains(&format!("message {number} xxx")));
        match ended.code {
            Some(0) if is_whole => {}
            Some(0) => {
                let sentence = ended.text().split(" (reference").next();
                told.insert(home.shown(sentence.unwrap_or_default()));
            }
            _ => {
                let refused = ended.stderr.lines().find(|line| line.starts_with("sessionsd: "));
                told.insert(home.shown(refused.unwrap_or(&ended.stderr)));
            }
        }
        for file in ["sessions.db-wal", "sessions.db-shm"] {
            let _ = fs::remove_file(home.data().join(file));
        }
    }
    assert!(!told.is_empty(), "no page was read");
    for sentence in told {
        let is_plain =
            ["is damaged", "lost its header"].iter().any(|words| sentence.contains(words));
        assert!(is_plain, "{sentence}");
    }
    fs::write(home.database(), &whole).unwrap();
    home.talk(|ann| assert_eq!(ann.said().len(), 60));
}

#[test]
fn a_configuration_that_cannot_be_used_names_every_problem() {
    let home = Home::new();
    let mut told = String::new();
    for text in [
        "[sessions]\ntimezone = \"Europe/Pariss\"\ndaily_reset = \"25:00\"\nundo_days = 0\nidle_reset_minutes = 99999\n",
        "[sessions]\nscop = \"main\"\n",
        "[sessions]\nscope = \"everybody\"\n",
        "[sessions]\nundo_days = \"a week\"\n",
        "[session]\n",
        "not toml",
    ] {
        home.configure(text);
        told.push_str(&refusal(&home, &home.run(b"hello\n")));
    }
    insta::assert_snapshot!(told, @r#"
    sessionsd: the configuration HOME/sessionsd.toml cannot be used:
      sessions.timezone: I don't know the time zone “Europe/Pariss”. Did you mean Europe/Paris?
      sessions.daily_reset: “25:00” is not a time from 00:00 to 23:59
      sessions.idle_reset_minutes: at most 43200 (30 days)
      sessions.undo_days: from 1 to 365
    sessionsd: the configuration HOME/sessionsd.toml cannot be used:
      sessions.scop: there is no such key; did you mean scope?
    sessionsd: the configuration HOME/sessionsd.toml cannot be used:
      sessions.scope: unknown variant `everybody`, expected one of `main`, `per-peer`, `per-channel-peer`, `per-channel`
    sessionsd: the configuration HOME/sessionsd.toml cannot be used:
      sessions.undo_days: invalid type: string "a week", expected an integer
    sessionsd: the configuration HOME/sessionsd.toml cannot be used:
      session: there is no such section; did you mean sessions?
    sessionsd: the configuration HOME/sessionsd.toml cannot be read: TOML parse error at line 1, column 5: key with no value, expected `=`
    "#);
    assert!(!home.data().exists(), "nothing is made before the configuration is understood");
}

#[test]
fn a_configuration_that_is_not_there() {
    let home = Home::new();
    home.configure("");
    let mut command = home.command();
    fs::remove_file(home.path().join("sessionsd.toml")).unwrap();
    let ended = command.output().unwrap();
    assert_eq!(ended.status.code(), Some(78));
    insta::assert_snapshot!(home.shown(&String::from_utf8(ended.stderr).unwrap()), @"sessionsd: the configuration HOME/sessionsd.toml cannot be read: No such file or directory (os error 2)");
}

#[test]
fn an_option_that_does_not_exist_is_a_wrong_call() {
    let mut command = Home::new().command();
    let ended = command.arg("--frobnicate").output().unwrap();
    assert_eq!(ended.status.code(), Some(2));
}
