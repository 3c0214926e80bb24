//! Checkpoints: which list shows which, by name, by session, counted.

use super::row::{
    ALL, at, bytes, checkpoint, checkpoint_row, lane, open_lane, session, session_row, tag,
};
use super::{done, read};
use crate::store::rows::{CheckpointRow, Write};
use crate::store::{After, Store};

fn saved(n: u8, created: i64) -> CheckpointRow {
    CheckpointRow { created_at: at(created), ..checkpoint_row(n) }
}

fn put<S: Store>(store: &S, rows: impl IntoIterator<Item = CheckpointRow>) {
    for row in rows {
        done(store, [Write::PutCheckpoint(row)]);
    }
}

fn numbers(rows: &[CheckpointRow]) -> Vec<u8> {
    rows.iter().map(|row| row.id.as_bytes()[0]).collect()
}

/// A standing, an automatic, a deleted, a deleted automatic one; one of another lane.
fn put_one_of_each<S: Store>(store: &S) {
    open_lane(store, 1);
    open_lane(store, 2);
    let (standing, name) = (checkpoint_row(1), tag(1));
    let of_each = [
        standing.clone(),
        CheckpointRow { id: checkpoint(2), automatic: true, ..standing.clone() },
        CheckpointRow { id: checkpoint(3), deleted_at: Some(at(2000)), ..standing },
        CheckpointRow { automatic: true, deleted_at: Some(at(1)), name, ..checkpoint_row(4) },
        CheckpointRow { lane: lane(2), session: session(2), name, ..checkpoint_row(5) },
    ];
    put(store, of_each);
}

pub fn a_checkpoint_is_found_by_its_id_deleted_or_not<S: Store>(store: &S) {
    open_lane(store, 1);
    let deleted = CheckpointRow { deleted_at: Some(at(-7)), ..checkpoint_row(2) };
    let automatic = CheckpointRow { automatic: true, sealed: vec![], ..checkpoint_row(3) };
    put(store, [checkpoint_row(1), deleted.clone(), automatic.clone()]);
    assert_eq!(read(store.checkpoint(checkpoint(1))), Some(checkpoint_row(1)));
    assert_eq!(read(store.checkpoint(checkpoint(2))), Some(deleted));
    assert_eq!(read(store.checkpoint(checkpoint(3))), Some(automatic));
    assert_eq!(read(store.checkpoint(checkpoint(4))), None);
}

pub fn checkpoints_list_the_automatic_or_the_others_never_the_deleted<S: Store>(store: &S) {
    put_one_of_each(store);
    let of = |n, automatic| numbers(&read(store.checkpoints(lane(n), automatic, None, ALL)));
    assert_eq!((of(1, false), of(1, true)), (vec![1], vec![2]));
    assert_eq!((of(2, false), of(2, true)), (vec![5], vec![]));
}

pub fn checkpoints_with_a_name_are_neither_deleted_nor_automatic<S: Store>(store: &S) {
    put_one_of_each(store);
    let of = |n, name| numbers(&read(store.checkpoints_named(lane(n), tag(name), ALL)));
    assert_eq!((of(1, 1), of(2, 1), of(1, 2)), (vec![1], vec![5], vec![]));
}

pub fn the_count_of_checkpoints_leaves_out_the_deleted_and_automatic<S: Store>(store: &S) {
    put_one_of_each(store);
    put(store, [checkpoint_row(6), checkpoint_row(7)]);
    let count = |n| read(store.count_checkpoints(lane(n)));
    assert_eq!((count(1), count(2), count(3)), (3, 1, 0));
}

pub fn all_checkpoints_of_a_session_are_its_checkpoints<S: Store>(store: &S) {
    put_one_of_each(store);
    let of = |n, after, limit| numbers(&read(store.checkpoints_of(session(n), after, limit)));
    assert_eq!(of(1, None, ALL), [1, 2, 3, 4]);
    assert_eq!(of(1, Some(checkpoint(2)), ALL), [3, 4]);
    assert_eq!(of(1, Some(checkpoint(1)), 2), [2, 3]);
    assert_eq!((of(2, None, ALL), of(3, None, ALL)), (vec![5], vec![]));
    assert_eq!(of(1, None, 0), [] as [u8; 0]);
}

pub fn a_checkpoint_stays_with_its_session_in_its_lane<S: Store>(store: &S) {
    open_lane(store, 1);
    done(store, [Write::PutSession(session_row(2, 1))]);
    put(store, [checkpoint_row(1), CheckpointRow { session: session(2), ..checkpoint_row(2) }]);
    assert_eq!(numbers(&read(store.checkpoints_of(session(2), None, ALL))), [2]);
    assert_eq!(numbers(&read(store.checkpoints(lane(1), false, None, ALL))), [2, 1]);
}

pub fn the_newest_checkpoint_comes_first<S: Store>(store: &S) {
    open_lane(store, 1);
    put(store, [saved(1, 2000), saved(2, 1000), saved(3, 3000), saved(4, -1)]);
    let rows = read(store.checkpoints(lane(1), false, None, ALL));
    assert_eq!(numbers(&rows), [3, 1, 2, 4]);
    assert_eq!(numbers(&read(store.checkpoints(lane(1), false, None, 2))), [3, 1]);
    assert_eq!(read(store.checkpoints(lane(1), false, None, 0)), []);
}

pub fn of_checkpoints_with_one_name_the_newest_comes_first<S: Store>(store: &S) {
    open_lane(store, 1);
    let named = |n, created| CheckpointRow { name: tag(9), ..saved(n, created) };
    put(store, [named(1, 1000), named(2, 3000), named(3, 2000), saved(4, 9000), named(5, 1000)]);
    let of = |limit| numbers(&read(store.checkpoints_named(lane(1), tag(9), limit)));
    assert_eq!((of(ALL), of(1), of(0)), (vec![2, 3, 5, 1], vec![2], vec![]));
}

pub fn pages_of_checkpoints_neither_skip_nor_repeat<S: Store>(store: &S) {
    open_lane(store, 1);
    put(store, (1..=16).map(|n| saved(n, 1000 * i64::from(n / 6))));
    let all: Vec<u8> = (1..=16).rev().collect();
    for limit in [1, 3, 4, 16] {
        let mut paged: Vec<CheckpointRow> = Vec::new();
        loop {
            let after: After = paged.last().map(|row| (row.created_at, *row.id.as_bytes()));
            let page = read(store.checkpoints(lane(1), false, after, limit));
            if page.is_empty() {
                break;
            }
            assert!(page.len() <= limit);
            paged.extend(page);
            assert!(paged.len() <= all.len(), "repeated: {:?}", numbers(&paged));
        }
        assert_eq!(numbers(&paged), all, "pages of {limit}");
    }
}

pub fn automatic_checkpoints_are_read_in_pages_too<S: Store>(store: &S) {
    open_lane(store, 1);
    put(store, (1..=4).map(|n| CheckpointRow { automatic: true, ..checkpoint_row(n) }));
    put(store, [checkpoint_row(9)]);
    let after = Some((at(1000), bytes(3)));
    assert_eq!(numbers(&read(store.checkpoints(lane(1), true, after, ALL))), [2, 1]);
}

pub fn a_deleted_checkpoint_comes_back_when_it_is_put_again<S: Store>(store: &S) {
    open_lane(store, 1);
    put(store, [checkpoint_row(1)]);
    let listed = || numbers(&read(store.checkpoints(lane(1), false, None, ALL)));
    put(store, [CheckpointRow { deleted_at: Some(at(5000)), ..checkpoint_row(1) }]);
    assert_eq!((listed(), read(store.count_checkpoints(lane(1)))), (vec![], 0));
    put(store, [checkpoint_row(1)]);
    assert_eq!((listed(), read(store.count_checkpoints(lane(1)))), (vec![1], 1));
}

pub fn a_dropped_checkpoint_is_gone<S: Store>(store: &S) {
    open_lane(store, 1);
    put(store, [checkpoint_row(1), checkpoint_row(2)]);
    done(store, [Write::DropCheckpoint(checkpoint(1)), Write::DropCheckpoint(checkpoint(9))]);
    assert_eq!(read(store.checkpoint(checkpoint(1))), None);
    assert_eq!(numbers(&read(store.checkpoints_of(session(1), None, ALL))), [2]);
}
