//! Opening and refusing: who has the file, what it is, who may read it. A refused file stays as it was.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "all of this is test code: a panic is a failing test"
)]

mod support;

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::{FileExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::{env, process};

use sessions::store::conformance::block_on;
use sessions::store::{Committed, Store, StoreError};
use sqlite::{OpenStoreError, SqliteStore};
use support::{ROLE_DB, again_as, append, done, opening, positions};
use tempfile::TempDir;

/// A folder with a database of one lane and 40 messages in it, closed.
fn populated() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let db = folder.path().join("sessions.db");
    let store = SqliteStore::open(&db).unwrap();
    done(&store, opening(1));
    for position in 1..=40 {
        done(&store, append(1, position));
    }
    store.close();
    (folder, db)
}

/// Every file of a folder but locks, which say nothing, and the index of the log, which is made anew each time.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let is_kept = |path: &PathBuf| {
        let name = path.to_string_lossy();
        path.is_file() && !name.ends_with(".lock") && !name.ends_with("-shm")
    };
    paths.filter(is_kept).map(|path| (path.clone(), fs::read(path).unwrap())).collect()
}

/// Opens what must be refused, and that without a trace.
fn refused(db: &Path) -> OpenStoreError {
    let folder = db.parent().unwrap();
    let before = files(folder);
    let error = SqliteStore::open(db).unwrap_err();
    assert!(files(folder) == before, "{error}: the folder is not as it was");
    error
}

fn overwrite(db: &Path, at: u64, bytes: &[u8]) {
    OpenOptions::new().write(true).open(db).unwrap().write_all_at(bytes, at).unwrap();
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn a_closed_store_is_one_file_that_holds_everything() {
    let (folder, db) = populated();
    assert_eq!(files(folder.path()).keys().collect::<Vec<_>>(), [&db]);
    let store = SqliteStore::open(&db).unwrap();
    assert_eq!(positions(&store, 1), (1..=40).collect::<Vec<_>>());
}

#[test]
fn only_this_user_can_read_any_of_the_files() {
    let folder = tempfile::tempdir().unwrap();
    let db = folder.path().join("sessions.db");
    let store = SqliteStore::open(&db).unwrap();
    done(&store, opening(1));
    let paths: Vec<PathBuf> =
        fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(paths.len(), 4, "database, log, index and lock: {paths:?}");
    for path in paths {
        assert_eq!(mode(&path), 0o600, "{path:?}");
    }
}

#[test]
fn a_file_that_others_could_read_is_made_private_and_so_is_its_log() {
    let (folder, db) = populated();
    fs::set_permissions(&db, fs::Permissions::from_mode(0o644)).unwrap();
    let store = SqliteStore::open(&db).unwrap();
    done(&store, opening(2));
    for name in ["sessions.db", "sessions.db-wal", "sessions.db-shm"] {
        assert_eq!(mode(&folder.path().join(name)), 0o600, "{name}");
    }
}

#[test]
fn an_empty_file_becomes_a_store() {
    let folder = tempfile::tempdir().unwrap();
    let db = folder.path().join("sessions.db");
    File::create(&db).unwrap();
    let store = SqliteStore::open(&db).unwrap();
    done(&store, opening(1));
    assert_eq!(mode(&db), 0o600);
}

#[test]
fn what_a_crash_left_of_a_store_in_the_making_is_made_anew() {
    let folder = tempfile::tempdir().unwrap();
    let db = folder.path().join("sessions.db");
    fs::write(folder.path().join("sessions.db.new"), b"half").unwrap();
    fs::write(folder.path().join("sessions.db.new-journal"), b"half").unwrap();
    SqliteStore::open(&db).unwrap().close();
    assert_eq!(files(folder.path()).keys().collect::<Vec<_>>(), [&db]);
}

#[test]
fn a_second_store_on_the_file_is_refused_under_any_name() {
    let folder = tempfile::tempdir().unwrap();
    let db = folder.path().join("sessions.db");
    let link = folder.path().join("link.db");
    symlink(&db, &link).unwrap();
    let store = SqliteStore::open(&db).unwrap();
    for name in [&db, &link] {
        let error = SqliteStore::open(name).unwrap_err();
        assert!(matches!(error, OpenStoreError::Locked { .. }), "{error:?}");
        assert!(error.to_string().contains("another sessionsd is using"), "{error}");
    }
    // The refusal did not cost the first one its own locks.
    done(&store, opening(1));
    store.close();
    SqliteStore::open(&link).unwrap();
}

#[test]
fn role_owner() {
    let Some(db) = env::var_os(ROLE_DB) else { return };
    let store = SqliteStore::open(Path::new(&db)).unwrap();
    done(&store, opening(1));
    println!("open");
    // Until the other side is gone or has killed this.
    let _ = std::io::stdin().read(&mut [0]);
    process::exit(0);
}

#[test]
fn a_store_of_another_process_is_refused_until_that_process_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let db = folder.path().join("sessions.db");
    let mut role = again_as("role_owner", &db);
    let mut owner = role.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut said = owner.stdout.take().unwrap();
    let mut heard = String::new();
    while !heard.contains("open") {
        let mut byte = [0];
        said.read_exact(&mut byte).unwrap();
        heard.push(char::from(byte[0]));
    }
    assert!(matches!(refused(&db), OpenStoreError::Locked { .. }));
    owner.kill().unwrap();
    owner.wait().unwrap();
    // The lock is gone with its owner, and what was committed is in the log.
    let store = SqliteStore::open(&db).unwrap();
    assert!(block_on(store.lane(support::lane(1))).unwrap().is_some());
}

#[test]
fn a_folder_is_not_a_file() {
    let outer = tempfile::tempdir().unwrap();
    let folder = outer.path().join("sessions.db");
    fs::create_dir(&folder).unwrap();
    let error = refused(&folder);
    assert!(matches!(error, OpenStoreError::NotAFile { .. }), "{error:?}");
    assert!(!outer.path().join("sessions.db.lock").exists());
}

#[test]
fn a_folder_that_is_missing_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("none");
    let error = SqliteStore::open(&missing.join("sessions.db")).unwrap_err();
    let OpenStoreError::NoFolder { path } = &error else { panic!("{error:?}") };
    assert_eq!(path, &missing);
    assert!(!missing.exists());
}

#[test]
fn a_file_of_something_else_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in [
        ("letter.txt", b"Dear Ann, ".repeat(50)),
        ("short.txt", b"hi".to_vec()),
        ("head.db", b"SQLite format 3\0".to_vec()),
    ] {
        let path = folder.path().join(name);
        fs::write(&path, content).unwrap();
        let error = refused(&path);
        assert!(matches!(error, OpenStoreError::NotADatabase { .. }), "{error:?}");
    }
}

#[test]
fn a_database_of_another_program_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let db = folder.path().join("other.db");
    let conn = rusqlite::Connection::open(&db).unwrap();
    conn.execute_batch("CREATE TABLE bookmark (url)").unwrap();
    drop(conn);
    let error = refused(&db);
    assert!(matches!(error, OpenStoreError::NotADatabase { .. }), "{error:?}");
}

#[test]
fn a_file_from_the_future_is_refused() {
    let (_folder, db) = populated();
    overwrite(&db, 60, &9_u32.to_be_bytes());
    let error = refused(&db);
    let OpenStoreError::FromTheFuture { found: 9, known: 2, .. } = &error else {
        panic!("{error:?}")
    };
    assert!(error.to_string().contains("update this program"), "{error}");
}

#[test]
fn a_file_whose_future_is_in_its_log_is_refused() {
    let (folder, db) = populated();
    let old = fs::read(&db).unwrap();
    let conn = rusqlite::Connection::open(&db).unwrap();
    conn.pragma_update(None, "user_version", 9).unwrap();
    // As a crash leaves it: the change is in the log alone.
    let log = fs::read(folder.path().join("sessions.db-wal")).unwrap();
    drop(conn);
    fs::write(&db, old).unwrap();
    fs::write(folder.path().join("sessions.db-wal"), log).unwrap();
    let error = refused(&db);
    assert!(matches!(error, OpenStoreError::FromTheFuture { found: 9, .. }), "{error:?}");
}

#[test]
fn a_file_without_its_end_is_refused() {
    let (_folder, db) = populated();
    let length = fs::metadata(&db).unwrap().len();
    OpenOptions::new().write(true).open(&db).unwrap().set_len(length - 4096).unwrap();
    let error = refused(&db);
    assert!(matches!(error, OpenStoreError::Damaged { .. }), "{error:?}");
    assert!(error.to_string().contains("restore a backup"), "{error}");
}

#[test]
fn a_log_without_its_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let db = folder.path().join("sessions.db");
    fs::write(folder.path().join("sessions.db-wal"), b"what was said").unwrap();
    assert!(matches!(refused(&db), OpenStoreError::Damaged { .. }));
}

#[test]
fn a_damaged_page_is_an_error_and_never_an_absence() {
    let (_folder, db) = populated();
    let pages = fs::metadata(&db).unwrap().len() / 4096;
    let mut damaged = 0;
    for page in 1..pages {
        let original = fs::read(&db).unwrap();
        overwrite(&db, page * 4096, &[0xd5; 4096]);
        match SqliteStore::open(&db) {
            Ok(store) => match block_on(store.lane(support::lane(1))) {
                Ok(found) => assert!(found.is_some(), "page {page}: the lane seems to be gone"),
                Err(StoreError::Damaged(_)) => damaged += 1,
                Err(other) => panic!("page {page}: {other:?}"),
            },
            Err(OpenStoreError::Damaged { .. }) => damaged += 1,
            Err(other) => panic!("page {page}: {other:?}"),
        }
        fs::write(&db, original).unwrap();
    }
    assert!(damaged >= 2, "the pages of lane and session at least: {damaged}");
}

#[test]
fn what_a_reader_holds_up_is_not_scrubbed_and_then_is() {
    let (folder, db) = populated();
    let store = SqliteStore::open(&db).unwrap();
    let reader = rusqlite::Connection::open(&db).unwrap();
    reader.execute_batch("BEGIN; SELECT count(*) FROM message").unwrap();
    done(&store, opening(2));
    assert!(!block_on(store.scrub()).unwrap());
    reader.execute_batch("COMMIT").unwrap();
    assert!(block_on(store.scrub()).unwrap());
    assert_eq!(fs::metadata(folder.path().join("sessions.db-wal")).unwrap().len(), 0);
}

#[test]
fn what_was_cut_and_scrubbed_is_in_no_file() {
    use sessions::id::TimelineId;
    use sessions::store::Commit;
    use sessions::store::rows::Write;
    let (folder, db) = populated();
    let canary = b"the word that must go ".repeat(100);
    let holds_canary = || {
        let found = files(folder.path());
        found.values().any(|file| file.windows(22).any(|bytes| bytes == &canary[..22]))
    };
    let store = SqliteStore::open(&db).unwrap();
    let messages =
        (41..=99).map(|at| Write::AddMessage(support::message_row(1, at, canary.clone())));
    done(&store, Commit { writes: messages.collect(), ..Commit::default() });
    assert!(holds_canary());
    let length = fs::metadata(&db).unwrap().len();
    let cut = Write::CutTimeline(TimelineId::new(support::bytes(1)), 40, usize::MAX);
    assert_eq!(done(&store, Commit { writes: vec![cut], ..Commit::default() }).cut, 59);
    assert!(block_on(store.scrub()).unwrap());
    assert!(!holds_canary());
    assert!(fs::metadata(&db).unwrap().len() <= length, "the space was not given back");
}

#[test]
fn a_patient_commit_does_not_wait_for_ever() {
    let (_folder, db) = populated();
    let store = SqliteStore::open(&db).unwrap();
    let commit = sessions::store::Commit { patient: true, ..opening(2) };
    assert!(matches!(block_on(store.commit(commit)).unwrap(), Committed::Done(_)));
}

#[test]
fn closing_does_what_is_in_the_queue() {
    let (_folder, db) = populated();
    let store = SqliteStore::open(&db).unwrap();
    {
        // Polled once and dropped: it is in the queue, nobody waits for it.
        let commit = sessions::store::Commit { patient: true, ..opening(2) };
        let mut future = std::pin::pin!(store.commit(commit));
        let mut ctx = std::task::Context::from_waker(std::task::Waker::noop());
        assert!(future.as_mut().poll(&mut ctx).is_pending());
    }
    store.close();
    let store = SqliteStore::open(&db).unwrap();
    assert!(block_on(store.lane(support::lane(2))).unwrap().is_some());
}

#[test]
fn the_log_of_a_crash_is_read() {
    let (folder, db) = populated();
    let store = SqliteStore::open(&db).unwrap();
    done(&store, append(1, 41));
    // The files as they stand while the store is open are what a crash leaves.
    let crashed = tempfile::tempdir().unwrap();
    for (path, content) in files(folder.path()) {
        let copy = crashed.path().join(path.file_name().unwrap());
        File::create(copy).unwrap().write_all(&content).unwrap();
    }
    let store = SqliteStore::open(&crashed.path().join("sessions.db")).unwrap();
    assert_eq!(positions(&store, 1).last(), Some(&41));
}
