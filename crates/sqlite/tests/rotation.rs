//! Rotation of the master key in a file: beside people who talk, over kills, and what is left of the old key.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a panic here is a failing test")]

use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use sessions::id::SessionId;
use sessions::manager::{AddMessage, GetOrCreate, HistoryOptions};
use sessions::model::Role;
use sessions::store::Store;
use sessions::store::conformance::block_on;
use sessions::store::rows::KeyPurpose;
use sessions::vault::{KeyText, KeyVersion};
use sessions::{Config, KeySource, OpenManagerError, SessionManager};
use sqlite::{SqliteStore, SystemEnvironment};
use tempfile::TempDir;

type Manager = SessionManager<SqliteStore, SystemEnvironment>;

const OLD: &str = "hex:a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1";
const NEW: &str = "hex:b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2";

fn text(key: &str) -> KeyText {
    KeyText::parse(key).unwrap()
}

fn open(db: &Path, key: KeySource) -> Result<Manager, OpenManagerError> {
    let store = SqliteStore::open(db).unwrap();
    block_on(SessionManager::open(store, SystemEnvironment, Config::default(), key))
}

fn say(manager: &Manager, person: &str) -> SessionId {
    let of =
        GetOrCreate { user_id: person.to_owned(), channel_id: "here".to_owned(), peer_id: None };
    let session_id = block_on(manager.get_or_create_session(&of)).unwrap().id;
    let content = format!("words of {person}");
    let add = AddMessage { session_id, role: Role::User, content, usage: None };
    block_on(manager.add_message(add)).unwrap();
    session_id
}

fn is_heard(manager: &Manager, person: &str, id: SessionId) {
    let history = block_on(manager.get_history(id, HistoryOptions::default())).unwrap();
    assert!(format!("{history:?}").contains(&format!("words of {person}")), "{history:?}");
}

/// Every wrapped key, with the version of its master key.
fn wrapped(manager: &Manager) -> Vec<(KeyVersion, Vec<u8>)> {
    let rows = block_on(manager.store().keys(KeyPurpose::Session, None, usize::MAX)).unwrap();
    rows.into_iter().map(|row| (row.wrapped.version, row.wrapped.bytes)).collect()
}

#[test]
fn people_talk_and_come_while_the_key_is_rotated() {
    let folder = TempDir::new().unwrap();
    let db = folder.path().join("sessions.db");
    let manager = open(&db, KeySource::Sealed(text(OLD))).unwrap();
    let known: Mutex<Vec<(String, SessionId)>> = Mutex::default();
    for n in 0..1_000 {
        let person = format!("early {n}");
        let id = say(&manager, &person);
        known.lock().unwrap().push((person, id));
    }
    let is_over = AtomicBool::new(false);
    thread::scope(|threads| {
        for thread in 0..2 {
            let (manager, known, is_over) = (&manager, &known, &is_over);
            threads.spawn(move || {
                let mut n = 0;
                // A few more once it is over.
                let mut more = 20;
                while more > 0 {
                    more -= usize::from(is_over.load(Ordering::Relaxed));
                    let person = format!("{thread} comes as number {n}");
                    let id = say(manager, &person);
                    let early = known.lock().unwrap()[n % 1_000].clone();
                    say(manager, &early.0);
                    known.lock().unwrap().push((person, id));
                    n += 1;
                }
            });
        }
        let report = block_on(manager.rotate(text(NEW), |_| ())).unwrap();
        is_over.store(true, Ordering::Relaxed);
        assert!(report.keys >= 1_000, "{report:?}");
    });
    drop(manager);

    let old = open(&db, KeySource::Sealed(text(OLD))).err().unwrap();
    assert!(matches!(old, OpenManagerError::WrongKey), "{old:?}");
    let manager = open(&db, KeySource::Sealed(text(NEW))).unwrap();
    let known = known.into_inner().unwrap();
    assert!(known.len() > 1_040);
    for (person, id) in &known {
        is_heard(&manager, person, *id);
    }
    let keys = wrapped(&manager);
    assert_eq!(keys.len(), known.len());
    assert!(keys.iter().all(|(version, _)| *version == KeyVersion(2)));
}

#[test]
fn a_rotation_goes_on_in_the_next_process_and_the_next() {
    let folder = TempDir::new().unwrap();
    let db = folder.path().join("sessions.db");
    let manager = open(&db, KeySource::Sealed(text(OLD))).unwrap();
    let people: Vec<(String, SessionId)> = (0..600)
        .map(|n| {
            let person = format!("person {n}");
            let id = say(&manager, &person);
            (person, id)
        })
        .collect();
    drop(manager);
    let both = || KeySource::Rotating { current: text(NEW), previous: text(OLD) };
    // Each process is killed after one batch.
    for left in [344, 88, 0] {
        let manager = open(&db, both()).unwrap();
        assert!(manager.rotation().is_some());
        let mut batches = 0;
        let killed = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            block_on(manager.resume_rotation(|come| {
                batches += usize::from(come.done > 0);
                assert!(batches < 1, "killed");
            }))
        }));
        assert!(killed.is_err());
        let old = wrapped(&manager).iter().filter(|(version, _)| version.0 == 1).count();
        assert_eq!(old, left);
        is_heard(&manager, &people[599].0, people[599].1);
        drop(manager);
        let alone = open(&db, KeySource::Sealed(text(NEW))).err().unwrap();
        assert!(matches!(alone, OpenManagerError::PreviousKeyMissing(KeyVersion(1))), "{alone:?}");
    }
    let manager = open(&db, both()).unwrap();
    assert_eq!(block_on(manager.resume_rotation(|_| ())).unwrap().unwrap().keys, 0);
    drop(manager);
    let manager = open(&db, KeySource::Sealed(text(NEW))).unwrap();
    for (person, id) in &people {
        is_heard(&manager, person, *id);
    }
}

#[test]
fn what_was_wrapped_under_the_old_key_is_in_no_file_any_more() {
    let folder = TempDir::new().unwrap();
    let db = folder.path().join("sessions.db");
    let manager = open(&db, KeySource::Sealed(text(OLD))).unwrap();
    for n in 0..300 {
        say(&manager, &format!("person {n}"));
    }
    let old = wrapped(&manager);
    let header = block_on(manager.store().header()).unwrap().unwrap();
    let report = block_on(manager.rotate(text(NEW), |_| ())).unwrap();
    assert!(report.scrubbed);
    let needles = old.iter().map(|(_, bytes)| bytes).chain([&header.names_key.bytes]);
    let needles: Vec<&Vec<u8>> = needles.collect();
    for file in std::fs::read_dir(folder.path()).unwrap() {
        let path = file.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        for needle in &needles {
            let found = memchr::memmem::find(&bytes, needle);
            assert_eq!(found, None, "{} holds an old key", path.display());
        }
    }
    // The search can find something.
    let bytes = std::fs::read(&db).unwrap();
    assert!(memchr::memmem::find(&bytes, &wrapped(&manager)[0].1).is_some());
}

#[test]
fn the_builder_takes_the_key_before() {
    use sqlite::SessionManagerBuilder;
    let folder = TempDir::new().unwrap();
    let db = folder.path().join("sessions.db");
    let builder = || SessionManagerBuilder::new(&db);
    let id = {
        let manager = block_on(builder().encryption_key(OLD).open()).unwrap();
        say(&manager, "ann")
    };
    let manager =
        block_on(builder().encryption_key(NEW).previous_encryption_key(OLD).open()).unwrap();
    assert!(block_on(manager.resume_rotation(|_| ())).unwrap().is_some());
    drop(manager);
    assert!(block_on(builder().encryption_key(OLD).open()).is_err());
    is_heard(&block_on(builder().encryption_key(NEW).open()).unwrap(), "ann", id);
}
