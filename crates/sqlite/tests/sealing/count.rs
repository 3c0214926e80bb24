//! Seals are counted: what the file says of a key is never less than what the key has sealed, and never goes down.

use std::collections::BTreeMap;

use sessions::manager::Ask;
use sessions::store::conformance::block_on;

use crate::life::{KEY, World, ann_here, bob, does, live, open, says};
use crate::row::File;

/// Seals of each session's key; those of the key of names are under an empty id.
fn counted(file: &File) -> BTreeMap<Vec<u8>, i64> {
    let mut counted = file.numbers("SELECT id, seals FROM session");
    counted.extend(file.numbers("SELECT x'', names_seals FROM header"));
    counted
}

/// Rows that each session's key has sealed and that are still there.
fn sealed(file: &File) -> BTreeMap<Vec<u8>, i64> {
    file.numbers(
        "SELECT session.id,
            1 + (SELECT count(*) FROM timeline WHERE session = session.id)
            + (SELECT count(*) FROM checkpoint WHERE session = session.id)
            + (SELECT count(*) FROM timeline JOIN message ON message.key >> 32 = timeline.number
                WHERE timeline.session = session.id)
            + (SELECT count(*) FROM timeline JOIN summary ON summary.key >> 32 = timeline.number
                WHERE timeline.session = session.id)
        FROM session",
    )
}

#[test]
fn counts_never_go_down_and_cover_all_that_is_there() {
    let lived = live(Some(KEY), |_, _| {});
    let mut before = counted(&File::open(&lived.db()));
    for round in 0..4 {
        let world = World::new(10 + round, lived.now);
        let manager = open(&lived.db(), Some(KEY), &world).unwrap();
        for at in [ann_here(), bob()] {
            says(&manager, &at, "albatross-content, counted");
            does(&manager, &at, &Ask::Save { name: None, description: None }).unwrap();
            does(&manager, &at, &Ask::Clear).unwrap();
            does(&manager, &at, &Ask::Undo).unwrap();
            // A refusal seals nothing that is kept; it counts or not, but takes nothing back.
            assert!(does(&manager, &at, &Ask::Unpin(Some(9_999))).is_err());
        }
        block_on(manager.count_lanes()).unwrap();
        drop(manager);
        let file = File::open(&lived.db());
        let now = counted(&file);
        for (owner, seals) in &before {
            assert!(now[owner] >= *seals, "round {round}: {} seals after {seals}", now[owner]);
        }
        for (session, rows) in sealed(&file) {
            assert!(now[&session] >= rows, "round {round}: {rows} rows, {} seals", now[&session]);
        }
        // The key of names is counted ahead, each time from where it was.
        assert!(now[&Vec::new()] > before[&Vec::new()], "round {round}");
        before = now;
    }
}
