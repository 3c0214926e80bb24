//! A store sealed, made plain, and sealed under other keys: everything in it stays what it was, and no old key opens it.

use std::collections::BTreeSet;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use sessions::manager::{Progress, QueueBounds, ResealReport};
use sessions::store::Store;
use sessions::store::conformance::block_on;
use sessions::store::rows::{KeyPurpose, KeyRow, RowKind};
use sessions::vault::{Bound, KeyText, Keyring, Purpose};
use sessions::{KeySource, OpenManagerError, RotateError};
use tempfile::TempDir;

use crate::life::{KEY, Lived, Manager, WORDS, World, folder, live, open};
use crate::row::{File, Row};
use crate::uses::{Answers, use_everything};

const OTHER_KEY: &str = "hex:ff0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

/// Nothing waits in these stores: the bot's own tests have that.
const NO_QUEUES: QueueBounds = QueueBounds {
    event: |_| Bound::new("inbox", "none"),
    answer: |_| Bound::new("outbox", "none"),
};

fn source(key: Option<&str>) -> KeySource {
    key.map_or(KeySource::Plain, |key| KeySource::Sealed(KeyText::parse(key).unwrap()))
}

/// A folder with a store in it.
struct Place {
    folder: TempDir,
    now: i64,
}

impl Place {
    fn of(lived: &Lived) -> Self {
        let place = Self { folder: folder(), now: lived.now };
        fs::copy(lived.db(), place.db()).unwrap();
        place
    }

    fn db(&self) -> PathBuf {
        self.folder.path().join("sessions.db")
    }

    fn open(&self, key: Option<&str>) -> Result<Manager, OpenManagerError> {
        open(&self.db(), key, &World::new(5, self.now))
    }

    /// The store under another key, as those who ask for it do it: a copy is sealed anew, and that copy copied.
    fn resealed(&self, from: Option<&str>, to: Option<&str>) -> (Self, ResealReport) {
        let (work, place) = (folder(), Self { folder: folder(), now: self.now });
        let copy = work.path().join("sessions.db");
        let live = self.open(from).unwrap();
        live.store().copy_to(&copy).unwrap();
        let manager = open(&copy, from, &World::new(5, self.now)).unwrap();
        let report = block_on(manager.reseal(source(to), NO_QUEUES, |_| ())).unwrap();
        manager.store().copy_to(&place.db()).unwrap();
        (place, report)
    }
}

fn is_sound(place: &Place, key: Option<&str>) {
    let manager = place.open(key).unwrap();
    let report = block_on(manager.verify(|_| ())).unwrap();
    assert!(report.is_sound(), "{:#?}", report.findings);
    assert_eq!(manager.store().check().unwrap(), Vec::<String>::new());
    assert_eq!(manager.rotation(), None);
}

/// All that is said in answer to all that can be asked of a store that is sealed under `KEY`.
fn answers(lived: &Lived, db: &Path) -> Vec<String> {
    let copy = folder();
    let db_copy = copy.path().join("sessions.db");
    fs::copy(db, &db_copy).unwrap();
    let Answers { given, trouble } = use_everything(lived, &db_copy);
    assert!(trouble.is_none(), "{trouble:?}");
    given
}

/// Every row but what is sealed, and the keys.
fn clear(db: &Path) -> Vec<(String, Vec<Row>)> {
    let file = File::open(db);
    let tables = file.tables().into_iter().filter(|table| table != "header" && table != "key");
    let rows = |table: String| {
        let columns = file.columns(&table);
        let hidden: BTreeSet<usize> = (0..columns.len())
            .filter(|at| ["sealed", "seals"].contains(&columns[*at].name.as_str()))
            .collect();
        let shown = |row: Row| -> Row {
            let kept = row.into_iter().enumerate().filter(|(at, _)| !hidden.contains(at));
            kept.map(|(_, value)| value).collect()
        };
        // End marks hold room in the file that they were made in, and nothing else.
        let rows = file.rows(&table).into_iter().map(shown).collect();
        (table, rows)
    };
    tables.map(rows).collect()
}

fn keys(manager: &Manager) -> Vec<KeyRow> {
    block_on(manager.store().keys(KeyPurpose::Session, None, usize::MAX)).unwrap()
}

/// What tells the sessions' keys of a store apart, without their bytes.
fn marks(manager: &Manager) -> BTreeSet<[u8; 16]> {
    let ring: &Keyring = &manager.keyring();
    let mark = |row: KeyRow| {
        let key = ring.unwrap(Purpose::Session, &row.owner, &row.wrapped, 0).unwrap();
        key.tag("mark", &[])
    };
    keys(manager).into_iter().map(mark).collect()
}

#[test]
fn a_store_made_plain_and_sealed_again_is_what_it_was() {
    let lived = live(Some(KEY), |_, _| {});
    let sealed = Place::of(&lived);
    let messages = {
        let manager = sealed.open(Some(KEY)).unwrap();
        block_on(manager.store().count(RowKind::Message)).unwrap()
    };
    let (plain, report) = sealed.resealed(Some(KEY), None);
    assert_eq!((report.sessions, report.messages), (8, messages));
    is_sound(&plain, None);
    let bytes = fs::read(plain.db()).unwrap();
    assert!(memchr::memmem::find(&bytes, WORDS[0].as_bytes()).is_some(), "it is readable now");
    let refused = plain.open(Some(KEY)).err().unwrap();
    assert!(matches!(refused, OpenManagerError::NotSealed), "{refused:?}");

    let (again, report) = plain.resealed(None, Some(KEY));
    assert_eq!((report.sessions, report.messages), (8, messages));
    is_sound(&again, Some(KEY));
    assert_eq!(answers(&lived, &again.db()), answers(&lived, &lived.db()));
    assert!(clear(&again.db()) == clear(&sealed.db()), "something in clear is not as it was");
    let bytes = fs::read(again.db()).unwrap();
    for word in WORDS {
        assert_eq!(memchr::memmem::find(&bytes, word.as_bytes()), None, "{word} is readable");
    }
    let refused = again.open(None).err().unwrap();
    assert!(matches!(refused, OpenManagerError::KeyMissing), "{refused:?}");
}

#[test]
fn sealed_anew_no_session_has_a_key_that_it_had() {
    let lived = live(Some(KEY), |_, _| {});
    let first = Place::of(&lived);
    let (second, _) = first.resealed(Some(KEY), Some(OTHER_KEY));
    is_sound(&second, Some(OTHER_KEY));
    let refused = second.open(Some(KEY)).err().unwrap();
    assert!(matches!(refused, OpenManagerError::WrongKey), "{refused:?}");
    let (third, _) = second.resealed(Some(OTHER_KEY), Some(KEY));
    is_sound(&third, Some(KEY));
    assert_eq!(answers(&lived, &third.db()), answers(&lived, &lived.db()));

    let of = |place: &Place, key| marks(&place.open(Some(key)).unwrap());
    let all = [of(&first, KEY), of(&second, OTHER_KEY), of(&third, KEY)];
    assert!(all.iter().all(|marks| marks.len() == 8));
    assert_eq!(all.iter().flatten().collect::<BTreeSet<_>>().len(), 24, "a key was used again");
    let sealed = |place: &Place| -> BTreeSet<Vec<u8>> {
        let file = File::open(&place.db());
        let tables = ["lane", "session", "timeline", "message", "summary", "checkpoint", "journal"];
        let columns = tables.iter().flat_map(|table| {
            file.blobs(&format!("SELECT sealed FROM {table} WHERE length(sealed) > 0"))
        });
        columns.chain(file.blobs("SELECT wrapped FROM key")).collect()
    };
    assert!(sealed(&first).is_disjoint(&sealed(&second)), "something was left as it was sealed");
}

#[test]
fn what_is_broken_off_does_not_open() {
    let lived = live(Some(KEY), |_, _| {});
    for to in [None, Some(OTHER_KEY)] {
        let place = Place::of(&lived);
        let manager = place.open(Some(KEY)).unwrap();
        let mut come = Progress { done: 0, total: 0 };
        let broken = catch_unwind(AssertUnwindSafe(|| {
            let stops = |now: Progress| {
                come = now;
                assert!(now.done == 0, "killed");
            };
            block_on(manager.reseal(source(to), NO_QUEUES, stops))
        }));
        assert!(broken.is_err() && come.done > 0);
        drop(manager);
        for key in [None, Some(KEY), Some(OTHER_KEY)] {
            assert!(place.open(key).is_err(), "{to:?}: {key:?} opens it");
        }
    }
}

#[test]
fn what_cannot_be_sealed_anew_is_refused_and_stays_as_it_was() {
    let lived = live(Some(KEY), |_, _| {});
    let place = Place::of(&lived);
    let manager = place.open(Some(KEY)).unwrap();
    let before = block_on(manager.store().header()).unwrap();
    let same = block_on(manager.reseal(source(Some(KEY)), NO_QUEUES, |_| ())).unwrap_err();
    assert!(matches!(same, RotateError::SameKey), "{same:?}");
    assert_eq!(block_on(manager.store().header()).unwrap(), before);
    drop(manager);
    let (plain, _) = place.resealed(Some(KEY), None);
    let manager = plain.open(None).unwrap();
    let same = block_on(manager.reseal(source(None), NO_QUEUES, |_| ())).unwrap_err();
    assert!(matches!(same, RotateError::NotSealed), "{same:?}");
}

#[test]
fn a_damaged_row_ends_it() {
    let lived = live(Some(KEY), |_, _| {});
    let place = Place::of(&lived);
    let sql = "UPDATE message SET sealed = CAST(sealed || x'00' AS BLOB) WHERE key = \
        (SELECT min(key) FROM message)";
    File::open(&place.db()).run(sql);
    let manager = place.open(Some(KEY)).unwrap();
    let fault = block_on(manager.reseal(source(None), NO_QUEUES, |_| ())).unwrap_err();
    assert!(fault.to_string().starts_with("message "), "{fault}");
}

#[test]
fn a_copy_is_a_store_of_its_own_and_takes_no_others_place() {
    let lived = live(Some(KEY), |_, _| {});
    let place = Place::of(&lived);
    let manager = place.open(Some(KEY)).unwrap();
    let to = place.folder.path().join("copy.db");
    manager.store().copy_to(&to).unwrap();
    let mode = std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&to).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
    let bytes = fs::read(&to).unwrap();
    assert!(manager.store().copy_to(&to).is_err());
    assert!(fs::read(&to).unwrap() == bytes, "what was there is not touched");
    assert!(manager.store().copy_to(&place.folder.path().join("nowhere/copy.db")).is_err());
    let copy = open(&to, Some(KEY), &World::new(6, lived.now)).unwrap();
    assert!(block_on(copy.verify(|_| ())).unwrap().is_sound());
    assert!(clear(&to) == clear(&place.db()));
}
