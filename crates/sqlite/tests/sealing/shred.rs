//! Shredding: after a session is cleaned up, nothing in the live files is of it, and no key that can be had opens it.
//!
//! An older copy of the file still opens with the master key, its wrapped keys included: shredding covers the live files.
//! Such a copy opens until the master key that it was made under is destroyed; this shows both sides of that.

use std::fs;
use std::time::Duration;

use sessions::id::SessionId;
use sessions::manager::{Ask, Cleanup, HistoryOptions, HistoryView, SessionRef};
use sessions::store::conformance::block_on;
use sessions::vault::{KeyText, KeyVersion, Keyring, MasterKey, Purpose, WrappedKey};
use sessions::{Failure, Fault, RowFault};

use crate::life::{DAY, KEY, Lived, World, ann_here, does, folder, live, open};
use crate::row::File;

/// A store before a session was deleted, and after it was cleaned up.
struct Shredded {
    old: Lived,
    live: Lived,
    gone: SessionId,
}

fn shredded() -> Shredded {
    let live = live(Some(KEY), |_, _| {});
    let old_folder = folder();
    fs::copy(live.db(), old_folder.path().join("sessions.db")).unwrap();
    let old = Lived {
        folder: old_folder,
        sessions: live.sessions.clone(),
        checkpoints: live.checkpoints.clone(),
        now: live.now,
    };
    let world = World::new(4, live.now);
    let manager = open(&live.db(), Some(KEY), &world).unwrap();
    // The first session of the busy lane: branches, checkpoints, a title.
    let titled = |id: &&SessionId| block_on(manager.session_by_id(**id)).unwrap().title.is_some();
    let gone = *live.sessions.iter().find(titled).unwrap();
    does(&manager, &ann_here(), &Ask::DeleteSession(SessionRef::Id(gone))).unwrap();
    world.pass(DAY * 60);
    let asked = Cleanup { older_than: DAY * 365, keep_checkpoints: false, dry_run: false };
    let report = block_on(manager.cleanup(asked)).unwrap();
    // Its checkpoints go once they are as old as its last activity allows.
    assert!(report.scrubbed, "{report:?}");
    let asked = Cleanup { older_than: Duration::ZERO, keep_checkpoints: false, dry_run: false };
    let report = block_on(manager.cleanup(asked)).unwrap();
    assert!(report.scrubbed && report.sessions > 0, "{report:?}");
    assert!(block_on(manager.session_by_id(gone)).is_err());
    drop(manager);
    Shredded { old, live, gone }
}

fn hex(bytes: &[u8]) -> String {
    format!("x'{}'", data_encoding::HEXLOWER.encode(bytes))
}

/// Everything that is sealed of a session, and its wrapped key.
fn sealed_of(file: &File, session: SessionId) -> Vec<Vec<u8>> {
    let id = hex(session.as_bytes());
    let mut found = Vec::new();
    for sql in [
        format!("SELECT sealed FROM session WHERE id = {id}"),
        format!("SELECT wrapped FROM key WHERE owner = {id}"),
        format!("SELECT sealed FROM timeline WHERE session = {id}"),
        format!("SELECT sealed FROM checkpoint WHERE session = {id}"),
        format!(
            "SELECT message.sealed FROM message JOIN timeline ON message.key >> 32 = number
            WHERE session = {id}"
        ),
    ] {
        let blobs = file.blobs(&sql);
        assert!(!blobs.is_empty(), "{sql}");
        found.extend(blobs);
    }
    found
}

/// How many of these are in any file of a folder, by any of their stretches of 24 bytes.
fn left_over(lived: &Lived, blobs: &[Vec<u8>]) -> usize {
    let files: Vec<Vec<u8>> = fs::read_dir(lived.folder.path())
        .unwrap()
        .map(|entry| fs::read(entry.unwrap().path()).unwrap())
        .collect();
    let is_in = |part: &[u8]| files.iter().any(|file| memchr::memmem::find(file, part).is_some());
    blobs.iter().filter(|blob| blob.chunks_exact(24).any(is_in)).count()
}

#[test]
fn nothing_of_a_shredded_session_is_in_the_live_files() {
    let Shredded { old, live, gone } = shredded();
    let blobs = sealed_of(&File::open(&old.db()), gone);
    assert!(blobs.len() > 10, "{}", blobs.len());
    assert_eq!(left_over(&old, &blobs), blobs.len(), "the search finds what is there");
    assert_eq!(left_over(&live, &blobs), 0);
}

/// Every data key that the master key gets out of a file, wrapped anew for the session that is gone.
fn keys_for(file: &File, gone: SessionId) -> Vec<Vec<u8>> {
    let master = MasterKey::derive(&KeyText::parse(KEY).unwrap(), None).unwrap();
    let ring = Keyring::sealed(KeyVersion(1), master);
    let owners = file.blobs("SELECT owner FROM key ORDER BY owner");
    let wrapped = file.blobs("SELECT wrapped FROM key ORDER BY owner");
    let mut keys: Vec<_> = owners
        .iter()
        .zip(wrapped)
        .map(|(owner, bytes)| {
            let wrapped = WrappedKey { version: KeyVersion(1), bytes };
            let owner = owner.as_slice().try_into().unwrap();
            ring.unwrap(Purpose::Session, owner, &wrapped, 0).unwrap()
        })
        .collect();
    let names = file.blobs("SELECT names_key FROM header").remove(0);
    let names = WrappedKey { version: KeyVersion(1), bytes: names };
    keys.push(ring.unwrap(Purpose::Names, &[0; 16], &names, 0).unwrap());
    keys.iter()
        .map(|key| ring.wrap(Purpose::Session, gone.as_bytes(), key).unwrap().bytes)
        .collect()
}

/// What becomes of the old file when the key of the session that is gone is taken for this one.
fn opened_with(old: &Lived, gone: SessionId, wrapped: &[u8]) -> Result<HistoryView, Failure> {
    let folder = folder();
    let db = folder.path().join("sessions.db");
    fs::copy(old.db(), &db).unwrap();
    let sql = format!("UPDATE key SET wrapped = ?1 WHERE owner = {}", hex(gone.as_bytes()));
    File::open(&db).put(&sql, wrapped);
    let manager = open(&db, Some(KEY), &World::new(5, old.now)).unwrap();
    block_on(manager.get_history(gone, HistoryOptions::default()))
}

#[test]
fn no_key_of_the_live_file_opens_an_old_copy_of_a_shredded_session() {
    let Shredded { old, live, gone } = shredded();
    let keys = keys_for(&File::open(&live.db()), gone);
    assert!(keys.len() > 3, "{}", keys.len());
    for wrapped in &keys {
        let found = opened_with(&old, gone, wrapped);
        let Err(Failure::Fault(Fault::Row(error))) = &found else { panic!("{found:?}") };
        assert!(matches!(error.fault, RowFault::Sealed(_)), "{error:?}");
    }
}

#[test]
fn the_old_copy_opens_with_its_own_key_as_long_as_there_is_the_master_key() {
    let Shredded { old, gone, .. } = shredded();
    let opens = keys_for(&File::open(&old.db()), gone)
        .iter()
        .filter(|wrapped| opened_with(&old, gone, wrapped).is_ok())
        .count();
    assert_eq!(opens, 1);
}
