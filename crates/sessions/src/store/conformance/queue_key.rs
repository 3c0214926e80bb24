//! Generations of the queue key: which of them rows of inbox and outbox still need.

use std::collections::BTreeSet;

use super::row::{ALL, inbox_row, outbox_row};
use super::{done, read};
use crate::delivery::{Delivery, InboxRow, OutboxRow, OutboxState};
use crate::id::QueueKeyId;
use crate::store::Store;

fn generation(n: u8) -> QueueKeyId {
    QueueKeyId::new([n; 16])
}

/// Takes in an event, known by the tag `n`, that this generation seals.
fn receive<S: Store>(store: &S, n: u8, key: u8) -> i64 {
    let row = InboxRow { key: generation(key), ..inbox_row(n) };
    done(store, [Delivery::Receive(row)]).received[0].unwrap()
}

fn owe<S: Store>(store: &S, key: u8) -> i64 {
    let row = OutboxRow { key: generation(key), ..outbox_row(key) };
    done(store, [Delivery::Owe(row)]).owed[0]
}

fn assert_in_use<S: Store>(store: &S, keys: &[u8]) {
    let expected: BTreeSet<QueueKeyId> = keys.iter().map(|key| generation(*key)).collect();
    assert_eq!(read(store.queue_keys_in_use()), expected);
}

pub fn empty_queues_use_no_key<S: Store>(store: &S) {
    assert_in_use(store, &[]);
}

pub fn each_generation_in_use_is_named_once<S: Store>(store: &S) {
    receive(store, 1, 7);
    receive(store, 2, 7);
    receive(store, 3, 2);
    owe(store, 7);
    owe(store, 200);
    assert_in_use(store, &[2, 7, 200]);
}

pub fn a_parked_event_uses_its_key_until_it_is_finished<S: Store>(store: &S) {
    let seq = receive(store, 1, 7);
    done(store, [Delivery::Park(seq)]);
    assert_in_use(store, &[7]);
    done(store, [Delivery::Finish(seq)]);
    assert_in_use(store, &[]);
}

pub fn what_is_done_sent_or_dead_uses_no_key<S: Store>(store: &S) {
    let event = receive(store, 1, 1);
    let (sent, dead, ambiguous) = (owe(store, 2), owe(store, 3), owe(store, 4));
    assert_in_use(store, &[1, 2, 3, 4]);
    done(
        store,
        [
            Delivery::Finish(event),
            Delivery::Mark(sent, OutboxState::Sent),
            Delivery::Mark(dead, OutboxState::Dead),
            Delivery::Mark(ambiguous, OutboxState::Ambiguous),
        ],
    );
    assert_in_use(store, &[4]);
    assert_eq!(read(store.outbox(0, ALL)).len(), 1);
}
