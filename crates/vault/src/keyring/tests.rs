//! Wrapping, rotation, and what a ring refuses.

use super::*;
use crate::{Bound, KeyText};

const OWNER: [u8; 16] = [4; 16];

fn master(byte: u8) -> MasterKey {
    let text = format!("hex:{}", format!("{byte:02x}").repeat(32));
    MasterKey::derive(&KeyText::parse(&text).unwrap(), None).unwrap()
}

fn ring(version: u32) -> Keyring {
    Keyring::sealed(KeyVersion(version), master(version as u8))
}

/// Tells two keys apart without their bytes.
fn mark(key: &DataKey) -> [u8; 16] {
    key.tag("mark", &[])
}

#[test]
fn a_wrapped_key_comes_back_with_its_count() {
    for ring in [ring(1), Keyring::plain()] {
        let key = ring.generate().unwrap();
        let wrapped = ring.wrap(Purpose::Session, &OWNER, &key).unwrap();
        assert_eq!(wrapped.version, ring.version());
        let again = ring.unwrap(Purpose::Session, &OWNER, &wrapped, 41).unwrap();
        assert_eq!(mark(&again), mark(&key));
        assert_eq!((again.mode(), again.seals()), (ring.mode(), 41));
        let bound = Bound::new("t", "f");
        let row = key.seal(&bound, b"x").unwrap();
        assert_eq!(again.open(&bound, &row).unwrap().as_slice(), b"x");
    }
}

#[test]
fn a_sealed_wrapping_does_not_contain_the_key_and_a_plain_one_does() {
    let contains = |wrapped: &WrappedKey, key: &DataKey| {
        wrapped.bytes.windows(32).any(|window| window == key.secret())
    };
    let sealed = ring(1);
    let key = sealed.generate().unwrap();
    let wrapped = sealed.wrap(Purpose::Session, &OWNER, &key).unwrap();
    assert_eq!(wrapped.bytes.len(), 61);
    assert!(!contains(&wrapped, &key));

    let plain = Keyring::plain();
    let key = plain.generate().unwrap();
    let wrapped = plain.wrap(Purpose::Session, &OWNER, &key).unwrap();
    assert_eq!((wrapped.version, wrapped.bytes.len()), (KeyVersion(0), 33));
    assert!(contains(&wrapped, &key));
}

#[test]
fn every_flipped_bit_of_a_wrapped_key_is_noticed() {
    let ring = ring(1);
    let key = ring.generate().unwrap();
    let wrapped = ring.wrap(Purpose::Names, &OWNER, &key).unwrap();
    for bit in 0..wrapped.bytes.len() * 8 {
        let mut changed = wrapped.clone();
        changed.bytes[bit / 8] ^= 1 << (bit % 8);
        let error = ring.unwrap(Purpose::Names, &OWNER, &changed, 0).unwrap_err();
        let expected = match (bit / 8, changed.bytes[0]) {
            (0, 0) => UnwrapKeyError::WrongMode { ring: Mode::Sealed, key: Mode::Plain },
            (0, format) => UnwrapKeyError::UnknownVersion(format),
            _ => UnwrapKeyError::Damaged,
        };
        assert_eq!(error, expected, "bit {bit}");
    }
}

#[test]
fn a_wrapped_key_belongs_to_its_owner_purpose_and_master_key() {
    let ring = ring(1);
    let key = ring.generate().unwrap();
    let wrapped = ring.wrap(Purpose::Session, &OWNER, &key).unwrap();
    let refused = |ring: &Keyring, purpose, owner: &[u8; 16], wrapped: &WrappedKey| {
        ring.unwrap(purpose, owner, wrapped, 0).unwrap_err()
    };
    assert_eq!(refused(&ring, Purpose::Session, &[5; 16], &wrapped), UnwrapKeyError::Damaged);
    assert_eq!(refused(&ring, Purpose::Queue, &OWNER, &wrapped), UnwrapKeyError::Damaged);
    let impostor = Keyring::sealed(KeyVersion(1), master(9));
    assert_eq!(refused(&impostor, Purpose::Session, &OWNER, &wrapped), UnwrapKeyError::Damaged);
    let renamed = Keyring::sealed(KeyVersion(2), master(1));
    let relabelled = WrappedKey { version: KeyVersion(2), ..wrapped };
    assert_eq!(refused(&renamed, Purpose::Session, &OWNER, &relabelled), UnwrapKeyError::Damaged);
}

#[test]
fn a_rotation_rewraps_and_the_data_key_stays() {
    let key = ring(1).generate().unwrap();
    let old = ring(1).wrap(Purpose::Session, &OWNER, &key).unwrap();
    let rotating = ring(2).with_previous(KeyVersion(1), master(1));

    let opened = rotating.unwrap(Purpose::Session, &OWNER, &old, 0).unwrap();
    assert_eq!(mark(&opened), mark(&key));
    let new = rotating.rewrap(Purpose::Session, &OWNER, &old).unwrap().unwrap();
    assert_eq!(new.version, KeyVersion(2));
    let after = ring(2).unwrap(Purpose::Session, &OWNER, &new, 0).unwrap();
    assert_eq!(mark(&after), mark(&key));

    // Done once, there is nothing left to do: a rotation that was interrupted goes on where it was.
    assert_eq!(rotating.rewrap(Purpose::Session, &OWNER, &new), Ok(None));
    let fresh = rotating.generate().unwrap();
    let fresh = rotating.wrap(Purpose::Session, &OWNER, &fresh).unwrap();
    assert_eq!(fresh.version, KeyVersion(2));
}

#[test]
fn a_ring_goes_on_under_the_next_master_key_and_then_forgets_the_one_before() {
    let first = ring(1);
    let key = first.generate().unwrap();
    let old = first.wrap(Purpose::Session, &OWNER, &key).unwrap();
    let rotating = first.rotated(KeyVersion(2), master(2));
    assert_eq!(rotating.version(), KeyVersion(2));
    assert_eq!(
        (first.previous_version(), rotating.previous_version()),
        (None, Some(KeyVersion(1)))
    );
    let new = rotating.rewrap(Purpose::Session, &OWNER, &old).unwrap().unwrap();

    let settled = rotating.settled();
    assert_eq!((settled.version(), settled.previous_version()), (KeyVersion(2), None));
    let opened = settled.unwrap(Purpose::Session, &OWNER, &new, 0).unwrap();
    assert_eq!(mark(&opened), mark(&key));
    let error = settled.unwrap(Purpose::Session, &OWNER, &old, 0).unwrap_err();
    assert_eq!(error, UnwrapKeyError::NoSuchMasterKey(KeyVersion(1)));

    let plain = Keyring::plain().rotated(KeyVersion(2), master(2)).settled();
    assert_eq!((plain.mode(), plain.version()), (Mode::Plain, KeyVersion(0)));
}

#[test]
fn an_adopted_key_makes_the_same_tags_and_seals_in_the_mode_of_its_ring() {
    let (sealed, plain) = (ring(1), Keyring::plain());
    for (from, to) in [(&sealed, &plain), (&plain, &sealed), (&sealed, &ring(2))] {
        let key = from.generate().unwrap();
        let adopted = to.adopt(&key, 41);
        assert_eq!((mark(&adopted), adopted.mode(), adopted.seals()), (mark(&key), to.mode(), 41));
        let wrapped = to.wrap(Purpose::Names, &OWNER, &adopted).unwrap();
        let again = to.unwrap(Purpose::Names, &OWNER, &wrapped, 0).unwrap();
        let bound = Bound::new("t", "f");
        let row = adopted.seal(&bound, b"x").unwrap();
        assert_eq!(again.open(&bound, &row).unwrap().as_slice(), b"x");
    }
}

#[test]
fn without_the_previous_master_key_the_error_names_its_version() {
    let old = ring(1).wrap(Purpose::Session, &OWNER, &ring(1).generate().unwrap()).unwrap();
    let error = ring(2).unwrap(Purpose::Session, &OWNER, &old, 0).unwrap_err();
    assert_eq!(error, UnwrapKeyError::NoSuchMasterKey(KeyVersion(1)));
    assert_eq!(
        error.to_string(),
        "the key is wrapped under master key version 1, which is not at hand: give the previous key file until the rotation is complete"
    );
    let error = ring(2).rewrap(Purpose::Session, &OWNER, &old).unwrap_err();
    assert_eq!(error, RewrapKeyError::Unwrap(UnwrapKeyError::NoSuchMasterKey(KeyVersion(1))));
}

#[test]
fn a_ring_refuses_wrapped_keys_of_the_other_mode() {
    let (sealed, plain) = (ring(1), Keyring::plain());
    let wrap =
        |ring: &Keyring| ring.wrap(Purpose::Session, &OWNER, &ring.generate().unwrap()).unwrap();
    let (from_sealed, from_plain) = (wrap(&sealed), wrap(&plain));
    let in_sealed = UnwrapKeyError::WrongMode { ring: Mode::Sealed, key: Mode::Plain };
    let in_plain = UnwrapKeyError::WrongMode { ring: Mode::Plain, key: Mode::Sealed };
    let refused = |ring: &Keyring, wrapped: &WrappedKey| {
        let rewrapped = ring.rewrap(Purpose::Session, &OWNER, wrapped).unwrap_err();
        let error = ring.unwrap(Purpose::Session, &OWNER, wrapped, 0).unwrap_err();
        assert_eq!(rewrapped, RewrapKeyError::Unwrap(error));
        error
    };
    assert_eq!(refused(&sealed, &from_plain), in_sealed);
    assert_eq!(refused(&plain, &from_sealed), in_plain);

    // Nor does calling it by the ring's own version help.
    let relabelled = WrappedKey { version: KeyVersion(1), ..from_plain.clone() };
    assert_eq!(refused(&sealed, &relabelled), in_sealed);
    let relabelled = WrappedKey { version: KeyVersion(0), ..from_sealed };
    assert_eq!(refused(&plain, &relabelled), in_plain);
    assert_eq!(plain.rewrap(Purpose::Session, &OWNER, &from_plain), Ok(None));
}

#[test]
fn a_plain_ring_takes_only_whole_keys_of_version_zero() {
    let plain = Keyring::plain().with_previous(KeyVersion(1), master(1));
    assert_eq!((plain.mode(), plain.version()), (Mode::Plain, KeyVersion(0)));
    for (version, bytes) in [
        (1, [&[0][..], &[7; 32]].concat()),
        (0, [&[0][..], &[7; 31]].concat()),
        (0, [&[0][..], &[7; 33]].concat()),
        (0, vec![]),
    ] {
        let version = KeyVersion(version);
        let wrapped = WrappedKey { version, bytes };
        assert_eq!(
            plain.unwrap(Purpose::Names, &OWNER, &wrapped, 0).unwrap_err(),
            UnwrapKeyError::Damaged
        );
    }
}

#[test]
fn a_frozen_source_makes_neither_keys_nor_wrappings() {
    use std::sync::atomic::{AtomicU8, Ordering};
    static DRAWS: AtomicU8 = AtomicU8::new(0);
    // Two draws differ (one is for comparison, one becomes the key), then the source stands still.
    let source = RandomSource::new(|out| {
        out.fill(DRAWS.fetch_add(1, Ordering::Relaxed).min(1) + 1);
        Ok(())
    });
    let ring = Keyring::sealed_from(KeyVersion(1), master(1), source);
    let key = ring.generate().unwrap();
    assert_eq!(ring.generate().unwrap_err(), SealError::RandomSourceRepeats);
    assert_eq!(
        ring.wrap(Purpose::Session, &OWNER, &key).unwrap_err(),
        SealError::RandomSourceRepeats
    );
    assert_eq!(key.seal(&Bound::new("t", "f"), b"x").unwrap_err(), SealError::RandomSourceRepeats);
}
