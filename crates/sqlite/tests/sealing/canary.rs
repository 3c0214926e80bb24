//! What the files give away: no text, no name, no number of a person or chat, in any of the usual writings.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use data_encoding::{BASE64, BASE64URL, HEXLOWER, HEXUPPER};
use sha2::{Digest, Sha256};

use crate::life::{KEY, NUMBERS, WORDS, live};

/// One writing of one canary: what it is called, and the bytes to look for.
type Writing = (String, Vec<u8>);

/// The middle of a text in base64, for each of the three ways in which it may be aligned in something longer.
fn base64(text: &[u8]) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    for encoding in [BASE64, BASE64URL] {
        for before in 0..3_usize {
            let padded = [&vec![b' '; before], text, b"  "].concat();
            let encoded = encoding.encode(&padded).into_bytes();
            // What depends on the bytes around the text goes.
            let from = (before * 8).div_ceil(6);
            let to = (before + text.len()) * 8 / 6;
            found.push(encoded[from..to].to_vec());
        }
    }
    found
}

/// A text or number, in hex and base64, and hashed without a key.
fn writings_of_bytes(name: &str, bytes: &[u8]) -> Vec<Writing> {
    let hash = Sha256::digest(bytes);
    let mut found = vec![
        (format!("{name}, raw"), bytes.to_vec()),
        (format!("{name}, hex"), HEXLOWER.encode(bytes).into_bytes()),
        (format!("{name}, HEX"), HEXUPPER.encode(bytes).into_bytes()),
        (format!("{name}, half of SHA-256"), hash[..16].to_vec()),
        (format!("{name}, SHA-256 in hex"), HEXLOWER.encode(&hash[..16]).into_bytes()),
        (format!("{name}, SHA-256 in base64"), BASE64.encode(&hash).into_bytes()[..20].to_vec()),
    ];
    if bytes.len() > 5 {
        found.extend(base64(bytes).into_iter().map(|text| (format!("{name}, base64"), text)));
    }
    found
}

fn writings() -> Vec<Writing> {
    let mut found = Vec::new();
    for word in WORDS {
        found.extend(writings_of_bytes(word, word.as_bytes()));
        found.extend(writings_of_bytes(word, word.to_lowercase().as_bytes()));
        let wide: Vec<u8> = word.encode_utf16().flat_map(u16::to_le_bytes).collect();
        found.push((format!("{word}, UTF-16"), wide));
    }
    for number in NUMBERS {
        for decimal in [number.to_string(), number.unsigned_abs().to_string()] {
            found.extend(writings_of_bytes(&decimal, decimal.as_bytes()));
        }
        for (value, sign) in [(*number, "with sign"), (number.abs(), "without sign")] {
            let name = format!("{number} {sign}");
            let big = value.to_be_bytes();
            for size in [4, 6, 8] {
                // Cut only where nothing is lost.
                let fits = value >> (size * 8 - 1) == 0 || value >> (size * 8 - 1) == -1;
                let unsigned = value > 0 && value < 1 << (size * 8).min(62);
                if !fits && !unsigned {
                    continue;
                }
                let big = big[8 - size..].to_vec();
                let little: Vec<u8> = big.iter().rev().copied().collect();
                found.push((format!("{name}, {size} bytes, big end first"), big));
                found.push((format!("{name}, {size} bytes, little end first"), little));
            }
            let hex = format!("{:x}", value.unsigned_abs());
            found.push((format!("{name}, as a number in hex"), hex.to_uppercase().into_bytes()));
            found.push((format!("{name}, as a number in hex"), hex.into_bytes()));
            for bytes in [value.to_be_bytes(), value.to_le_bytes()] {
                found.extend(writings_of_bytes(&name, &bytes));
            }
        }
    }
    found
}

/// The names of the writings that any file of a folder holds.
fn found_in(folder: &Path, writings: &[Writing]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let content = fs::read(&path).unwrap();
        for (name, bytes) in writings {
            if memchr::memmem::find(&content, bytes).is_some() {
                found.insert(name.clone());
            }
        }
    }
    found
}

/// What the files of a store that has been lived in hold: while it is open, with its log, and after it is closed.
fn leaks(key: Option<&str>) -> BTreeSet<String> {
    let writings = writings();
    let mut found = BTreeSet::new();
    let lived = live(key, |_, folder| {
        assert!(folder.join("sessions.db-wal").metadata().unwrap().len() > 0);
        found = found_in(folder, &writings);
    });
    found.extend(found_in(lived.folder.path(), &writings));
    found
}

#[test]
fn a_sealed_store_holds_nothing_that_anybody_said_or_is_called() {
    // Four bytes of a number turn up in sealed bytes by chance, once in ten thousand lives; a leak is in each life.
    let found = leaks(Some(KEY));
    let in_both: Vec<_> = found.intersection(&leaks(Some(KEY))).cloned().collect();
    assert_eq!(in_both, Vec::<String>::new());
}

#[test]
fn the_same_search_finds_all_of_it_in_a_plain_store() {
    let found = leaks(None);
    for word in WORDS {
        assert!(found.contains(&format!("{word}, raw")), "{word} is not in the plain store");
    }
    for number in NUMBERS {
        assert!(found.contains(&format!("{number}, raw")), "{number} is not in the plain store");
    }
}

#[test]
fn the_search_finds_every_writing() {
    let folder = tempfile::tempdir().unwrap();
    let writings = writings();
    for (name, bytes) in &writings {
        fs::write(folder.path().join("file"), [b"before", bytes.as_slice(), b"behind"].concat())
            .unwrap();
        assert!(found_in(folder.path(), &writings).contains(name), "{name}");
    }
    let text = BASE64.encode(b"a longer text with albatross-content in it");
    fs::write(folder.path().join("file"), text).unwrap();
    assert!(found_in(folder.path(), &writings).contains("albatross-content, base64"));
}
