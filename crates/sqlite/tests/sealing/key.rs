//! Keys that do not fit, and rows that do not open: each is an error of its own, and none is taken for absent.

use std::fs;
use std::path::PathBuf;
use std::sync::OnceLock;

use rusqlite::types::Value;
use sessions::vault::{Mode, OpenError, UnwrapKeyError};
use sessions::{Fault, OpenManagerError, OpenRowError, RowFault};
use tempfile::TempDir;

use crate::life::{KEY, Lived, World, folder, live, open};
use crate::row::File;
use crate::uses::{Answers, Trouble, use_everything};

const OTHER_KEY: &str = "hex:ff0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

fn sealed() -> &'static Lived {
    static LIVED: OnceLock<Lived> = OnceLock::new();
    LIVED.get_or_init(|| live(Some(KEY), |_, _| {}))
}

fn plain() -> &'static Lived {
    static LIVED: OnceLock<Lived> = OnceLock::new();
    LIVED.get_or_init(|| live(None, |_, _| {}))
}

fn copy(lived: &Lived) -> (TempDir, PathBuf) {
    let folder = folder();
    let db = folder.path().join("sessions.db");
    fs::copy(lived.db(), &db).unwrap();
    (folder, db)
}

/// Opens a copy of a store, changed by some SQL, with a key.
fn refused(lived: &Lived, sql: &str, key: Option<&str>) -> OpenManagerError {
    let (_folder, db) = copy(lived);
    File::open(&db).run(sql);
    let before = fs::read(&db).unwrap();
    let world = World::new(3, lived.now);
    let error = open(&db, key, &world).err().expect("this must be refused");
    assert!(fs::read(&db).unwrap() == before, "{error}: the file is not as it was");
    error
}

#[test]
fn a_key_that_does_not_fit_is_refused() {
    let wrong = refused(sealed(), "", Some(OTHER_KEY));
    assert!(matches!(wrong, OpenManagerError::WrongKey), "{wrong:?}");
    let passphrase = refused(sealed(), "", Some("passphrase:seven random words of a long kind"));
    assert!(matches!(passphrase, OpenManagerError::WrongKey), "{passphrase:?}");
    let missing = refused(sealed(), "", None);
    assert!(matches!(missing, OpenManagerError::KeyMissing), "{missing:?}");
    let useless = refused(plain(), "", Some(KEY));
    assert!(matches!(useless, OpenManagerError::NotSealed), "{useless:?}");
}

#[test]
fn a_changed_header_is_refused() {
    for byte in 0..32 {
        let (_folder, db) = copy(sealed());
        let file = File::open(&db);
        let mut check = file.blobs("SELECT check_value FROM header").remove(0);
        assert_eq!(check.len(), 32);
        check[byte] ^= 0x10;
        file.put("UPDATE header SET check_value = ?1", &check);
        drop(file);
        let error = open(&db, Some(KEY), &World::new(3, sealed().now)).err();
        assert!(matches!(error, Some(OpenManagerError::WrongKey)), "byte {byte}: {error:?}");
    }
    let version = refused(sealed(), "UPDATE header SET key_version = 2", Some(KEY));
    assert!(matches!(version, OpenManagerError::WrongKey), "{version:?}");
    let gone = refused(sealed(), "DELETE FROM header", Some(KEY));
    assert!(matches!(gone, OpenManagerError::HeaderMissing), "{gone:?}");
    let gone = refused(plain(), "DELETE FROM header", None);
    assert!(matches!(gone, OpenManagerError::HeaderMissing), "{gone:?}");
}

#[test]
fn a_mode_that_is_flipped_opens_nothing() {
    let to_plain = "UPDATE header SET mode = 0";
    let with_key = refused(sealed(), to_plain, Some(KEY));
    assert!(matches!(with_key, OpenManagerError::NotSealed), "{with_key:?}");
    // Even where configuration agrees, the key of names is still a sealed one.
    let without = refused(sealed(), to_plain, None);
    let mixed = UnwrapKeyError::WrongMode { ring: Mode::Plain, key: Mode::Sealed };
    assert!(
        matches!(&without, OpenManagerError::NamesKey(found) if *found == mixed),
        "{without:?}"
    );
    let to_sealed = "UPDATE header SET mode = 1";
    let without = refused(plain(), to_sealed, None);
    assert!(matches!(without, OpenManagerError::KeyMissing), "{without:?}");
    let with_key = refused(plain(), to_sealed, Some(KEY));
    assert!(matches!(with_key, OpenManagerError::WrongKey), "{with_key:?}");
    let unknown = refused(sealed(), "UPDATE header SET mode = 7", Some(KEY));
    assert!(matches!(unknown, OpenManagerError::Store(_)), "{unknown:?}");
}

#[test]
fn plain_rows_in_a_sealed_store_are_not_read() {
    // The whole key table and the key of names of a plain store, under a sealed header.
    let (_folder, db) = copy(plain());
    let donor = File::open(&sealed().db());
    let check = donor.blobs("SELECT check_value FROM header").remove(0);
    let names = donor.blobs("SELECT names_key FROM header").remove(0);
    let file = File::open(&db);
    file.put("UPDATE header SET mode = 1, check_value = ?1", &check);
    file.run("UPDATE header SET key_version = 1, names_key_version = 1");
    drop(file);
    let error = open(&db, Some(KEY), &World::new(3, plain().now)).err();
    let mixed = UnwrapKeyError::WrongMode { ring: Mode::Sealed, key: Mode::Plain };
    assert!(
        matches!(&error, Some(OpenManagerError::NamesKey(found)) if *found == mixed),
        "{error:?}"
    );
    // And with a key of names that does open: the bindings are of another key, so nothing leads anywhere,
    // and what is asked for by its id does not open.
    File::open(&db).put("UPDATE header SET names_key = ?1", &names);
    let world = World::new(3, plain().now);
    let manager = open(&db, Some(KEY), &world).unwrap();
    for id in &plain().sessions {
        let found = sessions::store::conformance::block_on(manager.session_by_id(*id));
        assert!(found.is_err(), "{found:?}");
    }
}

/// The tables whose rows are sealed, with what is sealed.
const SEALED: &[(&str, &str)] = &[
    ("lane", "sealed"),
    ("session", "sealed"),
    ("timeline", "sealed"),
    ("message", "sealed"),
    ("summary", "sealed"),
    ("checkpoint", "sealed"),
    ("journal", "sealed"),
    ("record", "sealed"),
    ("key", "wrapped"),
];

/// What is wrong with a row, whichever way it is said.
#[derive(Debug, PartialEq, Eq)]
enum Wrong {
    Damaged,
    Truncated,
    Version(u8),
    Mode,
}

/// Replaces what the first row of a table has sealed, and uses everything.
fn wrong(table: &str, column: &str, tamper: impl FnOnce(&mut Vec<u8>)) -> Wrong {
    let (_folder, db) = copy(sealed());
    let mut file = File::open(&db);
    let at = file.columns(table).iter().position(|it| it.name == column).unwrap();
    let row = file.rows(table).remove(0);
    let Value::Blob(mut bytes) = row[at].clone() else { panic!("{table}.{column} is no blob") };
    tamper(&mut bytes);
    let mut changed = row.clone();
    changed[at] = Value::Blob(bytes);
    assert!(file.replace(table, &[&row], &[changed]));
    drop(file);
    let Answers { trouble, .. } = use_everything(sealed(), &db);
    match trouble.unwrap_or_else(|| panic!("a row of {table} was taken for absent or whole")) {
        Trouble::Fault(Fault::Row(OpenRowError { row, fault: RowFault::Sealed(error) })) => {
            assert!(row.contains(table) || table == "record", "{row} is not of {table}");
            match error {
                OpenError::Damaged => Some(Wrong::Damaged),
                OpenError::Truncated => Some(Wrong::Truncated),
                OpenError::UnknownVersion(version) => Some(Wrong::Version(version)),
                OpenError::WrongMode { .. } => Some(Wrong::Mode),
                _ => None,
            }
        }
        Trouble::Fault(Fault::Key { source, .. }) => match source {
            UnwrapKeyError::Damaged => Some(Wrong::Damaged),
            UnwrapKeyError::UnknownVersion(version) => Some(Wrong::Version(version)),
            UnwrapKeyError::WrongMode { .. } => Some(Wrong::Mode),
            UnwrapKeyError::NoSuchMasterKey(_) | _ => None,
        },
        Trouble::Fault(_) | Trouble::Open(_) | Trouble::PassedOver(_) => None,
    }
    .unwrap_or_else(|| panic!("{table}: something else is said to be wrong"))
}

#[test]
fn a_flipped_bit_is_damage_wherever_it_is() {
    for (table, column) in SEALED {
        let length = {
            let file = File::open(&copy(sealed()).1);
            file.blobs(&format!("SELECT {column} FROM {table} LIMIT 1")).remove(0).len()
        };
        // The nonce, the middle, the tag; every byte of an envelope is flipped in the vault's own tests.
        let positions =
            (1..length).step_by((length / 6).max(1)).chain([12, 13, length - 16, length - 1]);
        for at in positions {
            let found = wrong(table, column, |bytes| bytes[at] ^= 1 << (at % 8));
            assert_eq!(found, Wrong::Damaged, "{table}, byte {at}");
        }
    }
}

#[test]
fn a_row_cut_short_is_told_from_a_damaged_one() {
    for (table, column) in SEALED {
        for left in [0, 1, 12, 28] {
            let found = wrong(table, column, |bytes| bytes.truncate(left));
            let is_key = *table == "key";
            let expected = if is_key { Wrong::Damaged } else { Wrong::Truncated };
            assert_eq!(found, expected, "{table}, {left} bytes left");
        }
        let found = wrong(table, column, |bytes| bytes.truncate(bytes.len() - 1));
        assert_eq!(found, Wrong::Damaged, "{table}, without its last byte");
    }
}

#[test]
fn another_format_is_told_from_damage_and_never_chooses_the_mode() {
    for (table, column) in SEALED {
        for version in [2, 9, 255] {
            let found = wrong(table, column, |bytes| bytes[0] = version);
            assert_eq!(found, Wrong::Version(version), "{table}");
        }
        let found = wrong(table, column, |bytes| bytes[0] = 0);
        assert_eq!(found, Wrong::Mode, "{table}: a row that says it is plain");
        let plain = wrong(table, column, |bytes| *bytes = vec![0; 33]);
        assert_eq!(plain, Wrong::Mode, "{table}: a row that is plain");
    }
}
