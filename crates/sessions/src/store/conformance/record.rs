//! What stands beside the lanes: header, bindings, records of places and persons, wrapped keys.

use vault::{KeyVersion, Mode, WrappedKey};

use super::row::{
    ALL, ToCommit, add_messages, at, bytes, checkpoint_row, expecting, header, inbox_row,
    journal_row, key_row, lane, open_lane, outbox_row, rotating_header, session_row, summary_row,
    tag, timeline_row, wrapped,
};
use super::{answer, done, read};
use crate::delivery::Delivery;
use crate::store::rows::{
    CheckpointRow, Header, KeyPurpose, KeyRow, PreviousMaster, RecordKind, RowKind, Write,
};
use crate::store::{Commit, Committed, Store};

pub fn a_store_that_was_never_used_has_no_header<S: Store>(store: &S) {
    assert_eq!(read(store.header()), None);
    assert_eq!(read(store.binding(tag(1))), None);
    assert_eq!(read(store.record(RecordKind::Place, bytes(1))), None);
    assert_eq!(read(store.key(KeyPurpose::Session, bytes(1))), None);
    assert_eq!(read(store.keys(KeyPurpose::Queue, None, ALL)), []);
}

pub fn there_is_one_header_the_last_that_was_put<S: Store>(store: &S) {
    done(store, [Write::PutHeader(Box::new(header()))]);
    assert_eq!(read(store.header()), Some(header()));
    let other = Header {
        mode: Mode::Plain,
        key_version: KeyVersion(u32::MAX),
        check: vec![1, 2, 3],
        kdf: None,
        names_key: wrapped(2),
        names_seals: 1 << 32,
        previous: None,
    };
    done(store, [Write::PutHeader(Box::new(other.clone()))]);
    assert_eq!(read(store.header()), Some(other));
}

pub fn a_header_tells_of_a_rotation_until_it_is_over<S: Store>(store: &S) {
    done(store, [Write::PutHeader(Box::new(header()))]);
    done(store, [Write::PutHeader(Box::new(rotating_header()))]);
    assert_eq!(read(store.header()), Some(rotating_header()));
    let raw = rotating_header().previous.map(|previous| PreviousMaster { kdf: None, ..previous });
    let raw = Header { previous: raw, ..rotating_header() };
    done(store, [Write::PutHeader(Box::new(raw.clone()))]);
    assert_eq!(read(store.header()), Some(raw));
    let over = Header { previous: None, ..rotating_header() };
    done(store, [Write::PutHeader(Box::new(over.clone()))]);
    assert_eq!(read(store.header()), Some(over));
}

pub fn the_seals_of_the_names_key_are_raised_and_never_fall<S: Store>(store: &S) {
    let seals = || read(store.header()).map(|header| header.names_seals);
    done(store, [Write::ReserveNames(5)]);
    assert_eq!(seals(), None);
    done(store, [Write::PutHeader(Box::new(header()))]);
    done(store, [Write::ReserveNames(2_000)]);
    assert_eq!(read(store.header()), Some(Header { names_seals: 2_000, ..header() }));
    done(store, [Write::ReserveNames(1_999)]);
    assert_eq!(seals(), Some(2_000));
    done(store, [Write::PutHeader(Box::new(Header { names_seals: 7, ..rotating_header() }))]);
    assert_eq!(read(store.header()), Some(Header { names_seals: 2_000, ..rotating_header() }));
}

pub fn a_tag_is_bound_to_the_last_id<S: Store>(store: &S) {
    done(store, [Write::Bind(tag(1), bytes(1)), Write::Bind(tag(2), bytes(1))]);
    assert_eq!(read(store.binding(tag(1))), Some(bytes(1)));
    assert_eq!(read(store.binding(tag(2))), Some(bytes(1)));
    done(store, [Write::Bind(tag(1), bytes(3))]);
    assert_eq!(read(store.binding(tag(1))), Some(bytes(3)));
    assert_eq!(read(store.binding(tag(2))), Some(bytes(1)));
}

pub fn places_and_persons_are_kept_apart<S: Store>(store: &S) {
    done(store, [Write::PutRecord(RecordKind::Place, bytes(1), vec![1])]);
    assert_eq!(read(store.record(RecordKind::Person, bytes(1))), None);
    done(store, [Write::PutRecord(RecordKind::Person, bytes(1), vec![])]);
    done(store, [Write::PutRecord(RecordKind::Place, bytes(2), vec![2; 3000])]);
    assert_eq!(read(store.record(RecordKind::Place, bytes(1))), Some(vec![1]));
    assert_eq!(read(store.record(RecordKind::Person, bytes(1))), Some(vec![]));
    assert_eq!(read(store.record(RecordKind::Place, bytes(2))), Some(vec![2; 3000]));
}

pub fn a_record_is_replaced<S: Store>(store: &S) {
    for text in [vec![1, 2, 3], vec![4]] {
        done(store, [Write::PutRecord(RecordKind::Person, bytes(1), text.clone())]);
        assert_eq!(read(store.record(RecordKind::Person, bytes(1))), Some(text));
    }
}

pub fn a_key_is_found_by_purpose_and_owner<S: Store>(store: &S) {
    let queue = KeyRow { wrapped: wrapped(9), ..key_row(KeyPurpose::Queue, 1) };
    done(store, [Write::PutKey(key_row(KeyPurpose::Session, 1)), Write::PutKey(queue.clone())]);
    let key = |purpose, owner| read(store.key(purpose, bytes(owner)));
    assert_eq!(key(KeyPurpose::Session, 1), Some(key_row(KeyPurpose::Session, 1)));
    assert_eq!(key(KeyPurpose::Queue, 1), Some(queue));
    assert_eq!(key(KeyPurpose::Session, 2), None);
}

pub fn a_key_is_replaced_when_it_is_wrapped_anew<S: Store>(store: &S) {
    let anew = KeyRow { wrapped: wrapped(9), ..key_row(KeyPurpose::Session, 1) };
    done(store, [Write::PutKey(key_row(KeyPurpose::Session, 1))]);
    done(store, [Write::PutKey(anew.clone())]);
    assert_eq!(read(store.keys(KeyPurpose::Session, None, ALL)), [anew]);
}

pub fn a_key_is_rewrapped_under_a_later_master_key_only<S: Store>(store: &S) {
    let under = |n| KeyRow { wrapped: wrapped(n), ..key_row(KeyPurpose::Session, 1) };
    let other = KeyRow { wrapped: wrapped(1), ..key_row(KeyPurpose::Queue, 1) };
    done(store, [Write::PutKey(under(1)), Write::PutKey(other.clone())]);
    let later = KeyRow { created_at: at(7), ..under(2) };
    done(store, [Write::RewrapKey(later)]);
    // When it was made stays as it was.
    assert_eq!(read(store.keys(KeyPurpose::Session, None, ALL)), [under(2)]);
    assert_eq!(read(store.keys(KeyPurpose::Queue, None, ALL)), [other]);
    let same = KeyRow { wrapped: WrappedKey { bytes: vec![0; 61], ..wrapped(2) }, ..under(2) };
    done(store, [Write::RewrapKey(same), Write::RewrapKey(under(1))]);
    assert_eq!(read(store.keys(KeyPurpose::Session, None, ALL)), [under(2)]);
}

pub fn a_destroyed_key_is_not_rewrapped<S: Store>(store: &S) {
    done(store, [Write::PutKey(key_row(KeyPurpose::Session, 1))]);
    done(store, [Write::DestroyKey(KeyPurpose::Session, bytes(1))]);
    let later = KeyRow { wrapped: wrapped(2), ..key_row(KeyPurpose::Session, 1) };
    done(store, [Write::RewrapKey(later)]);
    assert_eq!(read(store.keys(KeyPurpose::Session, None, ALL)), []);
}

pub fn keys_before_a_version_are_counted<S: Store>(store: &S) {
    for owner in 1..=3 {
        done(store, [Write::PutKey(key_row(KeyPurpose::Session, owner))]);
        done(store, [Write::PutKey(key_row(KeyPurpose::Queue, owner))]);
    }
    let before = |version| read(store.count_keys_before(KeyVersion(version)));
    assert_eq!([before(0), before(1), before(2), before(3), before(9)], [0, 0, 2, 4, 6]);
}

pub fn a_key_under_a_master_key_that_is_not_named_is_a_conflict<S: Store>(store: &S) {
    let under = |n| KeyRow { wrapped: wrapped(n), ..key_row(KeyPurpose::Session, n) };
    let owners = || -> Vec<u8> {
        read(store.keys(KeyPurpose::Session, None, ALL)).iter().map(|row| row.owner[0]).collect()
    };
    done(store, [Write::PutHeader(Box::new(header()))]);
    open_lane(store, 1);
    for version in [2, 3] {
        let commit = expecting([(lane(1), 1)], [Write::PutKey(under(version))]);
        assert_eq!(answer(store, commit), Committed::Conflict);
    }
    assert_eq!(owners(), [] as [u8; 0]);
    assert_eq!(read(store.lane(lane(1))).unwrap().lane.version, 1, "a conflict raises nothing");
    done(store, [Write::PutHeader(Box::new(rotating_header()))]);
    done(store, [Write::PutKey(under(1)), Write::PutKey(under(2))]);
    assert_eq!(answer(store, [Write::PutKey(under(3))].to_commit()), Committed::Conflict);
    let later = KeyRow { wrapped: wrapped(3), ..under(1) };
    assert_eq!(answer(store, [Write::RewrapKey(later)].to_commit()), Committed::Conflict);
    assert_eq!(owners(), [1, 2]);
}

pub fn a_header_that_does_not_name_the_master_key_of_a_key_is_a_conflict<S: Store>(store: &S) {
    let over = Header { previous: None, ..rotating_header() };
    let over = || [Write::PutHeader(Box::new(over.clone()))].to_commit();
    let old = KeyRow { wrapped: wrapped(1), ..key_row(KeyPurpose::Queue, 1) };
    done(store, [Write::PutHeader(Box::new(header()))]);
    done(store, [Write::PutKey(old.clone())]);
    assert_eq!(answer(store, over()), Committed::Conflict);
    assert_eq!(read(store.header()), Some(header()));
    done(store, [Write::PutHeader(Box::new(rotating_header()))]);
    assert_eq!(answer(store, over()), Committed::Conflict);
    done(store, [Write::RewrapKey(KeyRow { wrapped: wrapped(2), ..old.clone() })]);
    done(store, over());
    assert_eq!(answer(store, [Write::PutKey(old)].to_commit()), Committed::Conflict);
}

pub fn a_destroyed_key_is_gone_and_no_other<S: Store>(store: &S) {
    for owner in [1, 2] {
        done(store, [Write::PutKey(key_row(KeyPurpose::Session, owner))]);
        done(store, [Write::PutKey(key_row(KeyPurpose::Queue, owner))]);
    }
    done(
        store,
        [
            Write::DestroyKey(KeyPurpose::Session, bytes(1)),
            Write::DestroyKey(KeyPurpose::Session, bytes(9)),
        ],
    );
    assert_eq!(read(store.key(KeyPurpose::Session, bytes(1))), None);
    assert_eq!(read(store.keys(KeyPurpose::Session, None, ALL)), [key_row(KeyPurpose::Session, 2)]);
    assert_eq!(read(store.keys(KeyPurpose::Queue, None, ALL)).len(), 2);
}

pub fn keys_of_one_purpose_are_read_in_pages_by_owner<S: Store>(store: &S) {
    for owner in [3, 200, 1, 2] {
        done(store, [Write::PutKey(key_row(KeyPurpose::Queue, owner))]);
    }
    done(store, [Write::PutKey(key_row(KeyPurpose::Session, 4))]);
    let owners = |after, limit| -> Vec<u8> {
        let rows = read(store.keys(KeyPurpose::Queue, after, limit));
        rows.iter().map(|row| row.owner[0]).collect()
    };
    assert_eq!(owners(None, ALL), [1, 2, 3, 200]);
    assert_eq!(owners(None, 2), [1, 2]);
    assert_eq!(owners(Some(bytes(2)), 2), [3, 200]);
    assert_eq!(owners(Some(bytes(200)), 2), [] as [u8; 0]);
    assert_eq!(owners(None, 0), [] as [u8; 0]);
}

pub fn bound_tags_are_read_in_pages<S: Store>(store: &S) {
    for n in [3, 200, 1, 2] {
        done(store, [Write::Bind(tag(n), bytes(n + 1))]);
    }
    let page = |after, limit| -> Vec<(u8, u8)> {
        let rows = read(store.bindings(after, limit));
        rows.iter().map(|(tag, id)| (tag[0], id[0])).collect()
    };
    assert_eq!(page(None, ALL), [(1, 2), (2, 3), (3, 4), (200, 201)]);
    assert_eq!(page(None, 2), [(1, 2), (2, 3)]);
    assert_eq!(page(Some(tag(2)), 2), [(3, 4), (200, 201)]);
    assert_eq!(page(Some(tag(200)), 2), []);
}

pub fn records_of_one_kind_are_read_in_pages<S: Store>(store: &S) {
    for n in [3, 200, 1, 2] {
        done(store, [Write::PutRecord(RecordKind::Person, bytes(n), vec![n])]);
    }
    done(store, [Write::PutRecord(RecordKind::Place, bytes(2), vec![9])]);
    done(store, [Write::PutRecord(RecordKind::Search, bytes(2), vec![8])]);
    let page = |kind, after, limit| -> Vec<(u8, u8)> {
        let rows = read(store.records(kind, after, limit));
        rows.iter().map(|(id, sealed)| (id[0], sealed[0])).collect()
    };
    assert_eq!(page(RecordKind::Person, None, ALL), [(1, 1), (2, 2), (3, 3), (200, 200)]);
    assert_eq!(page(RecordKind::Person, Some(bytes(1)), 2), [(2, 2), (3, 3)]);
    assert_eq!(page(RecordKind::Person, Some(bytes(200)), 2), []);
    assert_eq!(page(RecordKind::Place, None, ALL), [(2, 9)]);
    assert_eq!(page(RecordKind::Search, None, ALL), [(2, 8)]);
}

/// Every kind is counted by itself: no two counts are alike.
pub fn rows_of_each_kind_are_counted<S: Store>(store: &S) {
    for kind in RowKind::ALL {
        assert_eq!(read(store.count(kind)), 0, "{kind:?}");
    }
    for n in 1..=3 {
        open_lane(store, n);
    }
    let sessions = [4, 5].map(|n| Write::PutSession(session_row(n, 1)));
    done(store, sessions);
    for n in 1..=7 {
        done(store, [Write::PutTimeline(timeline_row(n, 1)), Write::Bind(tag(n), bytes(n))]);
    }
    done(store, [Write::Bind(tag(8), bytes(8))]);
    add_messages(store, 1, 1..=7);
    add_messages(store, 2, 1..=4);
    for (kind, n) in [(RecordKind::Place, 1), (RecordKind::Person, 1), (RecordKind::Search, 1)] {
        done(store, [Write::PutRecord(kind, bytes(n), vec![n])]);
    }
    done(store, [Write::PutRecord(RecordKind::Search, bytes(2), vec![])]);
    done(store, [Write::PutSummary(summary_row(1, 2)), Write::PutSummary(summary_row(2, 2))]);
    let automatic = CheckpointRow { automatic: true, ..checkpoint_row(1) };
    let deleted = CheckpointRow { deleted_at: Some(at(1)), ..checkpoint_row(2) };
    done(store, [automatic, deleted].map(Write::PutCheckpoint));
    done(store, (3..=6).map(checkpoint_row).map(Write::PutCheckpoint).collect::<Vec<_>>());
    done(store, (1..=9).map(|n| Write::PutJournal(journal_row(1, n))).collect::<Vec<_>>());
    for n in 1..=5 {
        done(
            store,
            [KeyPurpose::Session, KeyPurpose::Queue].map(|it| Write::PutKey(key_row(it, n))),
        );
    }
    let waiting = (1..=12).map(|n| Delivery::Receive(inbox_row(n))).collect();
    let received = done(store, Commit { delivery: waiting, ..Commit::default() }).received;
    done(store, [Delivery::Park(received[0].unwrap()), Delivery::Finish(received[1].unwrap())]);
    let owed = (1..=13).map(|n| Delivery::Owe(outbox_row(n))).collect();
    done(store, Commit { delivery: owed, ..Commit::default() });
    let counts = RowKind::ALL.map(|kind| read(store.count(kind)));
    assert_eq!(counts, [8, 4, 3, 5, 7, 11, 2, 6, 9, 10, 11, 13]);
}
