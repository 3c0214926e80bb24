//! Opens what another language sealed: the format itself, not just a round trip.
//!
//! The files are written by `vectors/make_vectors.py`.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a vector that is not as expected is a failing test"
)]

use data_encoding::HEXLOWER;
use serde_json::Value;
use vault::{
    Bound, DataKey, KdfParams, KeyText, KeyVersion, Keyring, MasterKey, Mode, OpenError, Purpose,
    UnwrapKeyError, WrappedKey,
};

fn load(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

fn bytes(value: &Value) -> Vec<u8> {
    HEXLOWER.decode(text(value).as_bytes()).unwrap()
}

fn version(value: &Value) -> KeyVersion {
    KeyVersion(value.as_u64().unwrap().try_into().unwrap())
}

fn ring(master: &Value) -> Keyring {
    let text = KeyText::parse(&format!("hex:{}", text(master))).unwrap();
    Keyring::sealed(KeyVersion(1), MasterKey::derive(&text, None).unwrap())
}

fn purpose(value: &Value) -> Purpose {
    match text(value) {
        "session" => Purpose::Session,
        "names" => Purpose::Names,
        "queue" => Purpose::Queue,
        other => panic!("no such purpose: {other}"),
    }
}

fn bound(value: &Value) -> Bound {
    let fixed = |field: &str| text(&value[field]).to_owned().leak() as &'static str;
    let start = Bound::new(fixed("table"), fixed("field"));
    let parts = value["parts"].as_array().unwrap();
    parts.iter().fold(start, |bound, part| match part["number"].as_u64() {
        Some(number) => bound.number(number),
        None => bound.bytes(&bytes(&part["bytes"])),
    })
}

/// The key of a plain ring: the shortest way to a data key whose bytes are known.
fn data_key(raw: &[u8]) -> DataKey {
    let wrapped = WrappedKey { version: KeyVersion(0), bytes: [&[0], raw].concat() };
    Keyring::plain().unwrap(Purpose::Session, &[0; 16], &wrapped, 0).unwrap()
}

#[test]
fn check_values_fit_and_no_other_does() {
    let vectors = load(include_str!("vectors/master_keys.json"));
    for case in vectors.as_array().unwrap() {
        let name = text(&case["name"]);
        let params = &case["kdf"];
        let kdf = (!params.is_null()).then(|| KdfParams::from_bytes(&bytes(params)).unwrap());
        let key = KeyText::parse(text(&case["text"])).unwrap();
        let master = MasterKey::derive(&key, kdf.as_ref()).unwrap();
        let version = version(&case["version"]);
        let mode = Mode::from_byte(case["mode"].as_u64().unwrap().try_into().unwrap()).unwrap();
        let check = bytes(&case["check_value"]);

        assert_eq!(master.check_value(version, mode).to_vec(), check, "{name}");
        assert!(master.fits(version, mode, &check), "{name}");
        assert!(!master.fits(KeyVersion(version.0 + 1), mode, &check));
        let other_mode = Mode::from_byte(1 - mode.to_byte()).unwrap();
        assert!(!master.fits(version, other_mode, &check), "{name}");
        assert!(!master.fits(version, mode, &check[..31]), "{name}");
        assert!(!master.fits(version, mode, &[]), "{name}");
    }
}

#[test]
fn wrapped_keys_unwrap_or_say_why_not() {
    let vectors = load(include_str!("vectors/wrapped_keys.json"));
    let ring = ring(&vectors["master"]);
    let expected_tag = data_key(&bytes(&vectors["data_key"])).tag("same key", &[]);
    for case in vectors["cases"].as_array().unwrap() {
        let name = text(&case["name"]);
        let wrapped =
            WrappedKey { version: version(&case["version"]), bytes: bytes(&case["bytes"]) };
        let owner = bytes(&case["owner"]).try_into().unwrap();
        let result = ring
            .unwrap(purpose(&case["purpose"]), &owner, &wrapped, 0)
            .map(|key| key.tag("same key", &[]));
        let expected = match text(&case["expect"]) {
            "ok" => Ok(expected_tag),
            "damaged" => Err(UnwrapKeyError::Damaged),
            "no master key 2" => Err(UnwrapKeyError::NoSuchMasterKey(KeyVersion(2))),
            "unknown version 2" => Err(UnwrapKeyError::UnknownVersion(2)),
            "wrong mode" => Err(UnwrapKeyError::WrongMode { ring: Mode::Sealed, key: Mode::Plain }),
            other => panic!("no such outcome: {other}"),
        };
        assert_eq!(result, expected, "{name}");
    }
}

#[test]
fn sealed_rows_open_or_say_why_not() {
    let vectors = load(include_str!("vectors/sealed_rows.json"));
    let wrapped = WrappedKey { version: KeyVersion(1), bytes: bytes(&vectors["wrapped"]) };
    let owner = bytes(&vectors["owner"]).try_into().unwrap();
    let key = ring(&vectors["master"]).unwrap(Purpose::Session, &owner, &wrapped, 0).unwrap();
    for case in vectors["cases"].as_array().unwrap() {
        let name = text(&case["name"]);
        let result =
            key.open(&bound(&case["bound"]), &bytes(&case["sealed"])).map(|plain| plain.to_vec());
        let expected = match text(&case["expect"]) {
            "ok" => Ok(bytes(&case["plain"])),
            "damaged" => Err(OpenError::Damaged),
            "truncated" => Err(OpenError::Truncated),
            "unknown version 2" => Err(OpenError::UnknownVersion(2)),
            "wrong mode" => Err(OpenError::WrongMode { key: Mode::Sealed, row: Mode::Plain }),
            other => panic!("no such outcome: {other}"),
        };
        assert_eq!(result, expected, "{name}");
    }
}

#[test]
fn tags_and_macs_are_the_same_everywhere() {
    let vectors = load(include_str!("vectors/tags.json"));
    let key = data_key(&bytes(&vectors["data_key"]));
    for case in vectors["cases"].as_array().unwrap() {
        let fields: Vec<Vec<u8>> = case["fields"].as_array().unwrap().iter().map(bytes).collect();
        let fields: Vec<&[u8]> = fields.iter().map(Vec::as_slice).collect();
        let label = text(&case["label"]);
        assert_eq!(key.tag(label, &fields).to_vec(), bytes(&case["tag"]));
        assert_eq!(key.mac(label, &fields).to_vec(), bytes(&case["mac"]));
    }
}
