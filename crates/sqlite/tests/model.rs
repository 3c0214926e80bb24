//! Random sequences of all operations, over SQLite, against a naive model that copies whole histories.

use sessions::store::conformance_model;
use sqlite::SqliteStore;

/// Sequences run.
const CASES: u32 = 24;

#[test]
fn a_lane_in_a_file_does_what_the_naive_model_does() {
    conformance_model::run(
        || {
            let folder = tempfile::tempdir().unwrap();
            move || SqliteStore::open(&folder.path().join("sessions.db")).unwrap()
        },
        CASES,
    );
}
