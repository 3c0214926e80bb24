//! The suite that every store must pass, on a file.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "all of this is test code: a panic is a failing test"
)]

use sessions::store::conformance::Guarded;
use sqlite::SqliteStore;
use tempfile::TempDir;

/// Fields are dropped in their order: the store closes before its folder goes.
struct InFolder {
    store: SqliteStore,
    _folder: TempDir,
}

impl Guarded for InFolder {
    type Store = SqliteStore;

    fn store(&self) -> &SqliteStore {
        &self.store
    }
}

fn open() -> InFolder {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&folder.path().join("sessions.db")).unwrap();
    InFolder { store, _folder: folder }
}

sessions::store_conformance!(open);
