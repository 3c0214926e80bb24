//! What a user of the crate relies on: rows come back as they were, and nothing else opens.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a failing helper is a failing test"
)]

use std::collections::HashSet;

use proptest::prelude::*;
use vault::{
    Bound, DataKey, KeyText, KeyVersion, Keyring, MasterKey, Mode, OpenError, Purpose, SealError,
};

fn master() -> MasterKey {
    let (text, _) = KeyText::generate().unwrap();
    MasterKey::derive(&text, None).unwrap()
}

fn sealed_key() -> DataKey {
    let ring = Keyring::sealed(KeyVersion(1), master());
    ring.generate().unwrap()
}

fn bound() -> Bound {
    Bound::new("message", "content").bytes(&[3; 16]).number(1)
}

#[test]
fn every_flipped_bit_of_a_row_is_noticed() {
    let key = sealed_key();
    let row = key.seal(&bound(), b"some words").unwrap();
    for bit in 0..row.len() * 8 {
        let mut changed = row.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        let error = key.open(&bound(), &changed).unwrap_err();
        let expected = match (bit / 8, changed[0]) {
            (0, 0) => OpenError::WrongMode { key: Mode::Sealed, row: Mode::Plain },
            (0, format) => OpenError::UnknownVersion(format),
            _ => OpenError::Damaged,
        };
        assert_eq!(error, expected, "bit {bit}");
    }
}

#[test]
fn every_cut_of_a_row_is_noticed() {
    let key = sealed_key();
    let row = key.seal(&bound(), b"some words").unwrap();
    for length in 0..row.len() {
        let error = key.open(&bound(), &row[..length]).unwrap_err();
        let expected = if length < 29 { OpenError::Truncated } else { OpenError::Damaged };
        assert_eq!(error, expected, "cut to {length}");
    }
    let longer = [&row[..], &[0]].concat();
    assert_eq!(key.open(&bound(), &longer), Err(OpenError::Damaged));
}

#[test]
fn a_row_opens_nowhere_but_where_it_was_sealed() {
    let key = sealed_key();
    let at = |a: &[u8], b: &[u8]| Bound::new("t", "f").bytes(a).bytes(b);
    let row = key.seal(&at(b"ab", b"c"), b"x").unwrap();
    assert!(key.open(&at(b"ab", b"c"), &row).is_ok());
    for elsewhere in [
        at(b"c", b"ab"),
        at(b"a", b"bc"),
        at(b"abc", b""),
        at(b"ab", b"c").bytes(b""),
        Bound::new("t", "f").bytes(b"ab"),
        Bound::new("f", "t").bytes(b"ab").bytes(b"c"),
        Bound::new("u", "f").bytes(b"ab").bytes(b"c"),
    ] {
        assert_eq!(key.open(&elsewhere, &row), Err(OpenError::Damaged));
    }
}

#[test]
fn another_key_does_not_open_a_row() {
    let ring = Keyring::sealed(KeyVersion(1), master());
    let (one, other) = (ring.generate().unwrap(), ring.generate().unwrap());
    let row = one.seal(&bound(), b"x").unwrap();
    assert_eq!(other.open(&bound(), &row), Err(OpenError::Damaged));
    assert_ne!(one.tag("l", &[]), other.tag("l", &[]));
}

#[test]
fn neither_mode_opens_rows_of_the_other() {
    let (sealed, plain) = (sealed_key(), Keyring::plain().generate().unwrap());
    assert_eq!((sealed.mode(), plain.mode()), (Mode::Sealed, Mode::Plain));
    let sealed_row = sealed.seal(&bound(), b"x").unwrap();
    let plain_row = plain.seal(&bound(), b"x").unwrap();
    assert_eq!(plain_row, b"\0x");
    assert_eq!(
        sealed.open(&bound(), &plain_row),
        Err(OpenError::WrongMode { key: Mode::Sealed, row: Mode::Plain })
    );
    assert_eq!(
        plain.open(&bound(), &sealed_row),
        Err(OpenError::WrongMode { key: Mode::Plain, row: Mode::Sealed })
    );
    assert_eq!(plain.open(&bound(), b"\x02x"), Err(OpenError::UnknownVersion(2)));
    assert_eq!(plain.open(&bound(), b""), Err(OpenError::Truncated));
}

#[test]
fn equal_rows_look_different() {
    let key = sealed_key();
    let rows: HashSet<Vec<u8>> = (0..1000).map(|_| key.seal(&bound(), b"same").unwrap()).collect();
    assert_eq!(rows.len(), 1000);
    assert_eq!(key.seals(), 1000);
    assert!(rows.iter().all(|row| row.len() == 4 + 29));
}

#[test]
fn a_failed_open_leaves_nothing_in_the_buffer() {
    let key = sealed_key();
    let mut row = key.seal(&bound(), b"a longer row than before").unwrap();
    let mut buffer = b"before".to_vec();
    key.open_into(&bound(), &row, &mut buffer).unwrap();
    assert_eq!(buffer, b"a longer row than before");
    let room = buffer.capacity();
    *row.last_mut().unwrap() ^= 1;
    assert_eq!(key.open_into(&bound(), &row, &mut buffer), Err(OpenError::Damaged));
    assert_eq!((buffer.len(), buffer.capacity()), (0, room));
}

#[test]
fn a_key_that_has_made_all_its_seals_is_refused() {
    let ring = Keyring::sealed(KeyVersion(1), master());
    let wrapped = ring.wrap(Purpose::Queue, &[1; 16], &ring.generate().unwrap()).unwrap();
    let key = ring.unwrap(Purpose::Queue, &[1; 16], &wrapped, DataKey::MAX_SEALS - 1).unwrap();
    let row = key.seal(&bound(), b"the last").unwrap();
    assert_eq!(key.seal(&bound(), b"x"), Err(SealError::Exhausted));
    assert_eq!(key.seals(), 1 << 32);
    assert_eq!(key.open(&bound(), &row).unwrap().as_slice(), b"the last");
}

#[test]
fn a_tag_is_not_the_beginning_of_a_mac() {
    let key = sealed_key();
    assert_ne!(key.tag("l", &[b"f"]), key.mac("l", &[b"f"])[..16]);
    assert_ne!(key.tag("ab", &[b"c"]), key.tag("a", &[b"bc"]));
    assert_ne!(key.tag("l", &[b"ab", b"c"]), key.tag("l", &[b"a", b"bc"]));
    assert_eq!(key.tag("l", &[b"f"]), key.tag("l", &[b"f"]));
}

#[test]
fn keys_can_be_shared_between_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<DataKey>();
    shared::<Keyring>();
    let key = sealed_key();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..100).for_each(|_| drop(key.seal(&bound(), b"x").unwrap())));
        }
    });
    assert_eq!(key.seals(), 400);
}

#[test]
fn nothing_secret_is_printed() {
    let digits = "ab".repeat(32);
    let text = KeyText::parse(&digits).unwrap();
    let words = KeyText::parse("passphrase:correct horse battery").unwrap();
    let master = MasterKey::derive(&text, None).unwrap();
    assert_eq!(format!("{text:?} {words:?}"), "KeyText(..) KeyText(..)");
    assert_eq!(format!("{master:?}"), "MasterKey(..)");
    let ring = Keyring::sealed(KeyVersion(3), master);
    assert_eq!(format!("{ring:?}"), "Keyring(sealed, version 3)");
    let key = ring.generate().unwrap();
    assert_eq!(format!("{key:?}"), "DataKey(..)");
    assert_eq!(format!("{:?}", bound()), "Bound(..)");

    let plain = Keyring::plain();
    assert_eq!(format!("{plain:?}"), "Keyring(plain, version 0)");
    let wrapped = plain.wrap(Purpose::Names, &[0; 16], &key).unwrap();
    assert_eq!(format!("{wrapped:?}"), "WrappedKey(version 0, 33 bytes)");
}

proptest! {
    #[test]
    fn what_was_sealed_comes_back(
        plain in prop::collection::vec(any::<u8>(), 0..600),
        parts in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..6),
        number: u64,
        is_sealed: bool,
    ) {
        let key = if is_sealed { sealed_key() } else { Keyring::plain().generate().unwrap() };
        let bound = || {
            let start = Bound::new("t", "f").number(number);
            parts.iter().fold(start, |bound, part| bound.bytes(part))
        };
        let row = key.seal(&bound(), &plain).unwrap();
        let opened = key.open(&bound(), &row).unwrap();
        prop_assert_eq!(opened.as_slice(), plain.as_slice());
        let mut reused = vec![7; 100];
        key.open_into(&bound(), &row, &mut reused).unwrap();
        prop_assert_eq!(reused, plain);
    }

    #[test]
    fn no_bytes_make_opening_panic(row in prop::collection::vec(any::<u8>(), 0..80)) {
        prop_assert!(sealed_key().open(&bound(), &row).is_err());
    }
}

#[test]
fn a_covered_id_is_found_again_with_its_own_fields_only() {
    for ring in [Keyring::sealed(KeyVersion(1), master()), Keyring::plain()] {
        let (key, other) = (ring.generate().unwrap(), ring.generate().unwrap());
        let id = [7; 16];
        let covered = key.cover("binding", &[b"ann"], &id);
        assert_ne!(covered, id);
        assert_eq!(covered, key.cover("binding", &[b"ann"], &id));
        assert_eq!(key.uncover("binding", &[b"ann"], &covered), id);
        assert_ne!(key.uncover("binding", &[b"bob"], &covered), id);
        assert_ne!(key.uncover("record", &[b"ann"], &covered), id);
        assert_ne!(other.uncover("binding", &[b"ann"], &covered), id);
        for bit in 0..128 {
            let mut changed = covered;
            changed[bit / 8] ^= 1 << (bit % 8);
            let found = key.uncover("binding", &[b"ann"], &changed);
            // Not the id with a bit changed either: about half of its bits are others.
            let differing: u32 = found.iter().zip(id).map(|(a, b)| (a ^ b).count_ones()).sum();
            assert!(differing > 24, "bit {bit}: {differing} bits differ");
        }
    }
}
