//! The outbox: chunks in the order in which they were owed, until each is sent or dead.

use super::row::{ALL, at, outbox_row};
use super::{done, read};
use crate::delivery::{Delivery, OutboxRow, OutboxState};
use crate::id::{PlaceId, QueueKeyId};
use crate::store::Store;

use OutboxState::{Ambiguous, Attempting, Covered, Dead, Pending, Sent};

fn owe<S: Store>(store: &S, n: u8) -> i64 {
    done(store, [Delivery::Owe(outbox_row(n))]).owed[0]
}

fn owed<S: Store>(store: &S) -> Vec<(u8, OutboxState)> {
    read(store.outbox(0, ALL)).iter().map(|row| (row.sealed[0], row.state)).collect()
}

pub fn an_owed_chunk_is_listed_as_it_was_owed<S: Store>(store: &S) {
    let row = OutboxRow {
        seq: 12_345,
        place: PlaceId::new([3; 16]),
        chunk: u32::MAX,
        private: true,
        created_at: at(-9),
        key: QueueKeyId::new([4; 16]),
        sealed: vec![0xee; 5000],
        ..outbox_row(1)
    };
    let seq = done(store, [Delivery::Owe(row.clone())]).owed[0];
    assert!(seq > 0, "0 means from the start");
    assert_eq!(read(store.outbox(0, ALL)), [OutboxRow { seq, ..row }]);
}

pub fn the_same_chunk_may_be_owed_twice<S: Store>(store: &S) {
    assert_ne!(owe(store, 1), owe(store, 1));
    assert_eq!(owed(store), [(1, Pending), (1, Pending)]);
}

pub fn chunks_are_listed_in_the_order_in_which_they_were_owed<S: Store>(store: &S) {
    done(store, [5, 2, 9].map(|n| Delivery::Owe(outbox_row(n))));
    owe(store, 1);
    assert_eq!(owed(store), [(5, Pending), (2, Pending), (9, Pending), (1, Pending)]);
}

pub fn the_outbox_is_read_in_pages<S: Store>(store: &S) {
    let numbers: Vec<i64> = (1..=5).map(|n| owe(store, n)).collect();
    let page = |after, limit| -> Vec<i64> {
        read(store.outbox(after, limit)).iter().map(|row| row.seq).collect()
    };
    assert_eq!(page(0, 2), numbers[..2]);
    assert_eq!(page(numbers[1], 2), numbers[2..4]);
    assert_eq!(page(numbers[4], 2), [] as [i64; 0]);
    assert_eq!(page(0, 0), [] as [i64; 0]);
}

pub fn a_chunk_may_be_owed_in_any_unfinished_state<S: Store>(store: &S) {
    for (n, state) in [(1, Pending), (2, Attempting), (3, Ambiguous)] {
        done(store, [Delivery::Owe(OutboxRow { state, ..outbox_row(n) })]);
    }
    assert_eq!(owed(store), [(1, Pending), (2, Attempting), (3, Ambiguous)]);
}

pub fn a_chunk_moves_on_and_keeps_its_payload_until_it_is_sent_or_dead<S: Store>(store: &S) {
    let seq = owe(store, 1);
    for state in [Attempting, Ambiguous, Pending, Attempting, Covered] {
        done(store, [Delivery::Mark(seq, state)]);
        assert_eq!(read(store.outbox(0, ALL)), [OutboxRow { seq, state, ..outbox_row(1) }]);
    }
}

pub fn what_is_sent_or_dead_is_not_listed<S: Store>(store: &S) {
    let numbers: Vec<i64> = (1..=4).map(|n| owe(store, n)).collect();
    done(store, [Delivery::Mark(numbers[0], Sent), Delivery::Mark(numbers[2], Dead)]);
    assert_eq!(owed(store), [(2, Pending), (4, Pending)]);
}

pub fn what_is_sent_or_dead_stays_so<S: Store>(store: &S) {
    let (sent, dead) = (owe(store, 1), owe(store, 2));
    done(store, [Delivery::Mark(sent, Sent), Delivery::Mark(dead, Dead)]);
    for state in [Pending, Attempting, Ambiguous] {
        done(store, [Delivery::Mark(sent, state), Delivery::Mark(dead, state)]);
        assert_eq!(owed(store), []);
    }
}

pub fn marking_an_unknown_chunk_changes_nothing<S: Store>(store: &S) {
    let seq = owe(store, 1);
    done(store, [Delivery::Mark(seq + 1, Sent), Delivery::Mark(-1, Attempting)]);
    assert_eq!(owed(store), [(1, Pending)]);
}

pub fn numbers_of_chunks_are_never_used_again<S: Store>(store: &S) {
    let mut last = owe(store, 1);
    for n in 2..=4 {
        done(store, [Delivery::Mark(last, Sent), Delivery::Forget(at(9000))]);
        let next = owe(store, n);
        assert!(next > last, "{next} after {last}");
        last = next;
    }
}

pub fn what_is_still_owed_is_never_forgotten<S: Store>(store: &S) {
    let sent = owe(store, 9);
    done(store, [Delivery::Mark(sent, Sent)]);
    for (n, state) in [(1, Pending), (2, Attempting), (3, Ambiguous)] {
        done(store, [Delivery::Owe(OutboxRow { state, ..outbox_row(n) })]);
    }
    done(store, [Delivery::Forget(at(i64::MAX))]);
    assert_eq!(owed(store), [(1, Pending), (2, Attempting), (3, Ambiguous)]);
}

pub fn what_is_covered_is_forgotten_in_time<S: Store>(store: &S) {
    for (n, state, created_at) in
        [(1, Covered, at(10)), (2, Covered, at(20)), (3, Pending, at(10)), (4, Ambiguous, at(10))]
    {
        done(store, [Delivery::Owe(OutboxRow { state, created_at, ..outbox_row(n) })]);
    }
    done(store, [Delivery::Forget(at(20))]);
    assert_eq!(owed(store), [(2, Covered), (3, Pending), (4, Ambiguous)]);
}
