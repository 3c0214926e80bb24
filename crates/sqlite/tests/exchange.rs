//! A database in the place of another: nobody else has it meanwhile, and neither loses anything.

#![allow(clippy::unwrap_used, reason = "all of this is test code: a panic is a failing test")]

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{PoisonError, RwLock};
use std::{env, io::Read, io::Write};

use sqlite::{Claim, OpenStoreError, SqliteStore};
use support::{ROLE_DB, again_as, append, done, opening, positions};
use tempfile::TempDir;

/// A child that is being started has for a moment every file of its parent, and with it every lock: none is started while
/// others look at theirs.
static STARTING: RwLock<()> = RwLock::new(());

/// A folder with a database of one lane and so many messages in it, closed.
fn populated(messages: u64) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let db = folder.path().join("sessions.db");
    let store = SqliteStore::open(&db).unwrap();
    done(&store, opening(1));
    for position in 1..=messages {
        done(&store, append(1, position));
    }
    store.close();
    (folder, db)
}

fn beside(db: &Path, suffix: &str) -> PathBuf {
    PathBuf::from(format!("{}{suffix}", db.display()))
}

#[test]
fn another_file_takes_the_name_while_nobody_else_can_have_it() {
    let _no_child = STARTING.read().unwrap_or_else(PoisonError::into_inner);
    let (_folder, db) = populated(3);
    let (_other_folder, longer) = populated(7);
    let claim = Claim::take(&db).unwrap();
    let other = claim.beside(".other");
    fs::copy(&longer, &other).unwrap();

    let refused = || assert!(matches!(SqliteStore::open(&db), Err(OpenStoreError::Locked { .. })));
    refused();
    assert!(matches!(Claim::take(&db), Err(OpenStoreError::Locked { .. })));
    let store = claim.open().unwrap();
    assert!(matches!(claim.open(), Err(OpenStoreError::Locked { .. })), "one at a time");
    assert!(matches!(claim.replace_by(&other), Err(OpenStoreError::Locked { .. })));
    done(&store, append(1, 4));
    store.close();
    refused();

    claim.replace_by(&other).unwrap();
    refused();
    assert!(!other.exists());
    let store = claim.open().unwrap();
    assert_eq!(positions(&store, 1), (1..=7).collect::<Vec<_>>());
    drop(claim);
    refused();
    store.close();
    assert_eq!(positions(&SqliteStore::open(&db).unwrap(), 1).len(), 7);
}

#[test]
fn a_place_without_a_database_is_kept_from_others_until_it_has_one() {
    let _no_child = STARTING.read().unwrap_or_else(PoisonError::into_inner);
    let (folder, longer) = populated(7);
    let db = folder.path().join("place.db");
    let claim = Claim::take_place(&db).unwrap();
    assert!(matches!(SqliteStore::open(&db), Err(OpenStoreError::Locked { .. })));
    assert!(matches!(Claim::take_place(&db), Err(OpenStoreError::Locked { .. })));
    assert!(!db.exists() && !beside(&db, ".new").exists());

    let other = claim.beside(".other");
    fs::copy(&longer, &other).unwrap();
    // What is in a log would be left behind.
    fs::write(beside(&other, "-wal"), "a log").unwrap();
    assert!(claim.fill_by(&other).is_err());
    fs::remove_file(beside(&other, "-wal")).unwrap();
    fs::write(&db, "somebody was quicker").unwrap();
    assert!(claim.fill_by(&other).is_err());
    assert_eq!(fs::read(&db).unwrap(), b"somebody was quicker");
    fs::remove_file(&db).unwrap();
    claim.fill_by(&other).unwrap();
    assert!(!other.exists());
    drop(claim);
    assert_eq!(positions(&SqliteStore::open(&db).unwrap(), 1).len(), 7);
}

#[test]
fn what_is_no_database_is_neither_claimed_nor_put_in_its_place() {
    let _no_child = STARTING.read().unwrap_or_else(PoisonError::into_inner);
    let (folder, db) = populated(3);
    let absent = folder.path().join("absent.db");
    assert!(matches!(Claim::take(&absent), Err(OpenStoreError::NotADatabase { .. })));
    assert!(!beside(&absent, ".lock").exists(), "and nothing is made");
    let letter = folder.path().join("letter");
    fs::write(&letter, "a letter").unwrap();
    assert!(matches!(Claim::take(&letter), Err(OpenStoreError::NotADatabase { .. })));
    let before = fs::read(&db).unwrap();
    let claim = Claim::take(&db).unwrap();
    assert!(matches!(claim.replace_by(&letter), Err(OpenStoreError::NotADatabase { .. })));
    assert!(matches!(claim.replace_by(&absent), Err(OpenStoreError::NotADatabase { .. })));
    assert!(fs::read(&db).unwrap() == before);
}

#[test]
fn a_program_that_knows_no_lock_keeps_its_database() {
    let _no_child = STARTING.read().unwrap_or_else(PoisonError::into_inner);
    let (_folder, db) = populated(3);
    let claim = Claim::take(&db).unwrap();
    let other = claim.beside(".other");
    fs::copy(&db, &other).unwrap();
    let tool = rusqlite::Connection::open(&db).unwrap();
    tool.query_row("SELECT count(*) FROM message", (), |row| row.get::<_, i64>(0)).unwrap();
    claim.open().unwrap().close();
    assert!(matches!(claim.look_closed(), Err(OpenStoreError::Open { .. })));
    assert!(matches!(claim.replace_by(&other), Err(OpenStoreError::Open { .. })));
    drop(tool);
    claim.open().unwrap().close();
    claim.replace_by(&other).unwrap();
}

#[test]
fn what_a_killed_program_left_in_the_log_is_in_the_database_before_it_goes() {
    let (_folder, db) = populated(3);
    let mut child = again_as("child_writes_and_waits", &db);
    let child = child.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = {
        let _alone = STARTING.write().unwrap_or_else(PoisonError::into_inner);
        child.spawn().unwrap()
    };
    // The harness has its say first.
    let mut said = Vec::new();
    let mut out = child.stdout.take().unwrap();
    while !said.ends_with(b"written\n") {
        let mut byte = [0];
        out.read_exact(&mut byte).unwrap();
        said.extend(byte);
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(beside(&db, "-wal").metadata().unwrap().len() > 0);
    let claim = Claim::take(&db).unwrap();
    assert!(matches!(claim.look_closed(), Err(OpenStoreError::Open { .. })));
    let store = claim.open().unwrap();
    assert_eq!(positions(&store, 1), (1..=4).collect::<Vec<_>>());
    store.close();
    claim.look_closed().unwrap();
}

/// Not a test by itself: the child of the one above.
#[test]
fn child_writes_and_waits() {
    let Some(db) = env::var_os(ROLE_DB) else { return };
    let store = SqliteStore::open(Path::new(&db)).unwrap();
    done(&store, append(1, 4));
    println!("written");
    std::io::stdout().flush().unwrap();
    let _ended = std::io::stdin().read(&mut [0]);
}
