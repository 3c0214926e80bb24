//! Bounds and format of the parameters, and what fits what. The result itself is checked by `tests/vectors.rs`.

use crate::{KeyText, KeyVersion, MasterKey, Mode};

use super::*;

fn cheapest() -> KdfParams {
    KdfParams { salt: [3; 16], memory_kib: LEAST_MEMORY, passes: 2, lanes: 1 }
}

fn refused(change: impl FnOnce(&mut KdfParams)) -> String {
    let mut params = cheapest();
    change(&mut params);
    let read = KdfParams::from_bytes(&params.to_bytes()).unwrap_err();
    let used = params.derive("correct horse battery").unwrap_err();
    assert_eq!(read, used);
    read.to_string()
}

#[test]
fn fresh_parameters_are_the_defaults_with_another_salt() {
    let (one, other) = (KdfParams::fresh().unwrap(), KdfParams::fresh().unwrap());
    assert_eq!((one.memory_kib, one.passes, one.lanes), (65536, 3, 1));
    assert_ne!(one.salt, other.salt);
    assert_eq!(KdfParams::from_bytes(&one.to_bytes()), Ok(one));
    let frozen = RandomSource::new(|out| {
        out.fill(1);
        Ok(())
    });
    assert_eq!(KdfParams::fresh_from(&frozen), Err(SealError::RandomSourceRepeats));
}

#[test]
fn parameters_out_of_bounds_are_neither_read_nor_used() {
    let tail = ": the parameters are damaged or forged, restore them from a backup";
    assert_eq!(
        refused(|params| params.memory_kib = 19 * 1024 - 1),
        format!(
            "the stored memory (KiB) of the passphrase is 19455, expected 19456 to 1048576{tail}"
        )
    );
    assert_eq!(
        refused(|params| params.memory_kib = u32::MAX),
        format!(
            "the stored memory (KiB) of the passphrase is 4294967295, expected 19456 to 1048576{tail}"
        )
    );
    assert_eq!(
        refused(|params| params.passes = 1),
        format!("the stored number of passes of the passphrase is 1, expected 2 to 16{tail}")
    );
    assert_eq!(
        refused(|params| (params.memory_kib, params.passes) = (46 * 1024, 0)),
        format!("the stored number of passes of the passphrase is 0, expected 1 to 16{tail}")
    );
    assert_eq!(
        refused(|params| params.passes = 17),
        format!("the stored number of passes of the passphrase is 17, expected 2 to 16{tail}")
    );
    for lanes in [0, 5] {
        assert_eq!(
            refused(|params| params.lanes = lanes),
            format!(
                "the stored number of lanes of the passphrase is {lanes}, expected 1 to 4{tail}"
            )
        );
    }
}

#[test]
fn damaged_parameters_are_told_from_those_of_a_later_format() {
    let bytes = cheapest().to_bytes();
    for length in 0..bytes.len() {
        assert_eq!(
            KdfParams::from_bytes(&bytes[..length]),
            Err(DeriveKeyError::ParamsDamaged { found: length, expected: 29 })
        );
    }
    let longer = [&bytes[..], &[0]].concat();
    assert!(matches!(
        KdfParams::from_bytes(&longer),
        Err(DeriveKeyError::ParamsDamaged { found: 30, .. })
    ));
    let later = [&[2], &bytes[1..]].concat();
    assert_eq!(KdfParams::from_bytes(&later), Err(DeriveKeyError::ParamsUnknownVersion(2)));
}

#[test]
fn salt_and_words_make_the_key() {
    let mut salted = cheapest();
    salted.salt[0] ^= 1;
    let key = cheapest().derive("correct horse battery").unwrap();
    assert_eq!(cheapest().derive("correct horse battery").unwrap(), key);
    assert_ne!(salted.derive("correct horse battery").unwrap(), key);
    assert_ne!(cheapest().derive("Correct horse battery").unwrap(), key);
}

#[test]
fn a_key_and_a_passphrase_do_not_stand_in_for_each_other() {
    let key = KeyText::parse(&"5c".repeat(32)).unwrap();
    let words = KeyText::parse("passphrase:correct horse battery").unwrap();
    let params = cheapest();
    assert_eq!(
        MasterKey::derive(&key, Some(&params)).unwrap_err().to_string(),
        "a key was given where a passphrase was used: this store was made with `passphrase:`, give that one"
    );
    assert_eq!(
        MasterKey::derive(&words, None).unwrap_err().to_string(),
        "a passphrase was given where a key was used: this store was made with a `hex:` or `base64:` key, give that one"
    );
    let (one, other) =
        (MasterKey::derive(&key, None).unwrap(), MasterKey::derive(&words, Some(&params)).unwrap());
    let check = one.check_value(KeyVersion(1), Mode::Sealed);
    assert!(one.fits(KeyVersion(1), Mode::Sealed, &check));
    assert!(!other.fits(KeyVersion(1), Mode::Sealed, &check));
}
