//! A snapshot is the database at one instant, whatever is committed while it is copied.

#![allow(clippy::unwrap_used, reason = "a panic is a failing test")]

use std::fs;
use std::path::Path;

use sessions::SessionManager;
use sessions::manager::{AddMessage, GetOrCreate};
use sessions::model::Role;
use sessions::store::Store;
use sqlite::{
    OpenStoreError, SessionManagerBuilder, SqliteStore, SystemEnvironment, header, inspect,
};

const KEY: &str = "hex:0101010101010101010101010101010101010101010101010101010101010101";

type Manager = SessionManager<SqliteStore, SystemEnvironment>;

async fn open(path: &Path) -> Manager {
    SessionManagerBuilder::new(path).encryption_key(KEY).open().await.unwrap()
}

async fn say(manager: &Manager, user: &str, many: usize) {
    let of = GetOrCreate { user_id: user.into(), channel_id: "c".into(), peer_id: None };
    let session = manager.get_or_create_session(&of).await.unwrap();
    for number in 0..many {
        let said = AddMessage {
            session_id: session.id,
            role: Role::User,
            content: format!("{user} {number}"),
            usage: None,
        };
        manager.add_message(said).await.unwrap();
    }
}

#[tokio::test]
async fn a_copy_holds_what_was_there_when_it_began() {
    let folder = tempfile::tempdir().unwrap();
    let manager = open(&folder.path().join("sessions.db")).await;
    say(&manager, "ann", 300).await;
    let snapshot = manager.store().snapshot().await.unwrap();
    // More than the log holds before it would be carried into the database.
    say(&manager, "ben", 300).await;
    let mut copy = Vec::new();
    let mut heard = Vec::new();
    snapshot
        .copy_to(&mut copy, |done| {
            heard.push(done);
            Ok(())
        })
        .unwrap();
    assert_eq!(heard.last(), Some(&snapshot.bytes()));
    assert_eq!(copy.len() as u64, snapshot.bytes());
    drop(snapshot);
    say(&manager, "cleo", 3).await;

    // A name that a URI would take apart.
    let backup = folder.path().join("b ä?%41#.db");
    fs::write(&backup, &copy).unwrap();
    let found = inspect(&backup).unwrap();
    assert_eq!((found.sessions, found.messages, found.is_sealed), (1, 300, true));
    assert_eq!(found.key_version, 1);
    assert_eq!(fs::read(&backup).unwrap(), copy, "looking changes nothing");
    let files = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name());
    let beside = files.filter(|name| name.to_string_lossy().starts_with("b ä")).count();
    assert_eq!(beside, 1, "and makes nothing beside it");

    let restored = open(&backup).await;
    let of = GetOrCreate { user_id: "ann".into(), channel_id: "c".into(), peer_id: None };
    assert_eq!(restored.get_or_create_session(&of).await.unwrap().message_count, 300);
}

#[tokio::test]
async fn while_a_snapshot_is_held_nothing_is_carried_into_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sessions.db");
    let manager = open(&path).await;
    say(&manager, "ann", 3).await;
    let snapshot = manager.store().snapshot().await.unwrap();
    let before = fs::metadata(&path).unwrap().len();
    // What this writes is more than what the log is emptied at (16 MiB).
    let of = GetOrCreate { user_id: "ben".into(), channel_id: "c".into(), peer_id: None };
    let session_id = manager.get_or_create_session(&of).await.unwrap().id;
    for _ in 0..20 {
        let content = "x".repeat(1 << 20);
        let said = AddMessage { session_id, role: Role::User, content, usage: None };
        manager.add_message(said).await.unwrap();
    }
    let mut copy = Vec::new();
    snapshot.copy_to(&mut copy, |_| Ok(())).unwrap();
    assert_eq!(copy.len() as u64, before);
    fs::write(folder.path().join("copy.db"), &copy).unwrap();
    assert_eq!(inspect(&folder.path().join("copy.db")).unwrap().messages, 3);
    // What has gathered is carried as soon as nobody holds it, and not by the next commit.
    drop(snapshot);
    assert!(fs::metadata(&path).unwrap().len() > before + (20 << 20));
}

#[test]
fn what_is_no_whole_database_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.db");
    assert!(matches!(inspect(&path), Err(OpenStoreError::NotADatabase { .. })));
    fs::write(&path, "a letter").unwrap();
    assert!(matches!(inspect(&path), Err(OpenStoreError::NotADatabase { .. })));
}

#[tokio::test]
async fn a_torn_copy_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let manager = open(&folder.path().join("sessions.db")).await;
    say(&manager, "ann", 500).await;
    let mut copy = Vec::new();
    manager.store().snapshot().await.unwrap().copy_to(&mut copy, |_| Ok(())).unwrap();
    let torn = folder.path().join("torn.db");
    fs::write(&torn, &copy[..copy.len() - 4_096]).unwrap();
    assert!(matches!(inspect(&torn), Err(OpenStoreError::Damaged { .. })));
    let middle = copy.len() / 2 / 4_096 * 4_096;
    copy[middle..middle + 4_096].fill(0xff);
    fs::write(&torn, &copy).unwrap();
    assert!(matches!(inspect(&torn), Err(OpenStoreError::Damaged { .. })));
}

#[tokio::test]
async fn a_header_is_read_without_a_change_also_from_a_log_that_was_left() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sessions.db");
    assert_eq!(header(&path).unwrap(), None);
    let manager = open(&path).await;
    say(&manager, "ann", 3).await;
    let known = manager.store().header().await.unwrap();
    // As a process that is killed leaves it: what was committed is in the log.
    let left = folder.path().join("left.db");
    let log = folder.path().join("left.db-wal");
    fs::copy(&path, &left).unwrap();
    fs::copy(folder.path().join("sessions.db-wal"), &log).unwrap();
    let before = (fs::read(&left).unwrap(), fs::read(&log).unwrap());
    assert!(!before.1.is_empty());
    assert_eq!(header(&left).unwrap(), known);
    assert!(
        before == (fs::read(&left).unwrap(), fs::read(&log).unwrap()),
        "a look changes nothing"
    );

    drop(manager);
    assert_eq!(header(&path).unwrap(), known);
    assert!(!folder.path().join("sessions.db-wal").exists());
}

#[test]
fn a_header_of_an_earlier_version_waits_for_the_migration() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sessions.db");
    SqliteStore::open(&path).unwrap().close();
    assert_eq!(header(&path).unwrap(), None, "it was never used");
    let conn = rusqlite::Connection::open(&path).unwrap();
    let columns = ["previous_version", "previous_check", "previous_kdf"];
    let drops = columns.map(|column| format!("ALTER TABLE header DROP COLUMN {column};"));
    conn.execute_batch(&drops.concat()).unwrap();
    conn.pragma_update(None, "user_version", 1).unwrap();
    conn.close().unwrap();
    assert_eq!(header(&path).unwrap(), None);
    SqliteStore::open(&path).unwrap().close();
}
