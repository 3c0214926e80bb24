//! What stands beside the lanes: header, bindings, records of places and persons, wrapped keys.

use vault::{KeyVersion, Mode};

use super::row::{ALL, bytes, header, key_row, tag, wrapped};
use super::{done, read};
use crate::store::Store;
use crate::store::rows::{Header, KeyPurpose, KeyRow, RecordKind, Write};

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
    };
    done(store, [Write::PutHeader(Box::new(other.clone()))]);
    assert_eq!(read(store.header()), Some(other));
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
