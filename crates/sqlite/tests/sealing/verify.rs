//! Verification of a file that was lived in, and of one that somebody has changed: each row is named, and the walk goes on.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use rusqlite::types::Value;
use sessions::manager::{Progress, VerifyReport};
use sessions::store::conformance::block_on;
use sessions::store::rows::RowKind;
use tempfile::TempDir;

use crate::life::{KEY, Lived, Manager, World, ann_here, folder, live, open, says};
use crate::row::{File, Row, altered};

fn sealed() -> &'static Lived {
    static LIVED: OnceLock<Lived> = OnceLock::new();
    LIVED.get_or_init(|| live(Some(KEY), |_, _| {}))
}

fn copy(lived: &Lived) -> (TempDir, PathBuf) {
    let folder = folder();
    let db = folder.path().join("sessions.db");
    fs::copy(lived.db(), &db).unwrap();
    (folder, db)
}

/// What verification says of a copy of the file that something was done to; `None` if it does not open at all.
fn told(tamper: impl FnOnce(&mut File) -> bool) -> Option<Result<VerifyReport, String>> {
    let (_folder, db) = copy(sealed());
    if !tamper(&mut File::open(&db)) {
        return None;
    }
    let manager = open(&db, Some(KEY), &World::new(3, sealed().now));
    Some(match manager {
        Ok(manager) => Ok(verified(&manager)),
        Err(error) => Err(error.to_string()),
    })
}

fn verified(manager: &Manager) -> VerifyReport {
    block_on(manager.verify(|_| ())).unwrap()
}

/// The findings about a copy of the file after some SQL.
fn findings(sql: &str) -> Vec<String> {
    let report = told(|file| {
        file.run(sql);
        true
    });
    report.unwrap().unwrap().findings.iter().map(ToString::to_string).collect()
}

fn dump(db: &Path) -> BTreeMap<String, Vec<Row>> {
    let file = File::open(db);
    let tables = file.tables().into_iter().filter(|table| table != "header");
    tables.map(|table| (table.clone(), file.rows(&table))).collect()
}

#[test]
fn a_store_that_was_lived_in_is_sound_and_stays_as_it_was() {
    for key in [Some(KEY), None] {
        let lived = live(key, |_, _| {});
        let before = dump(&lived.db());
        let manager = open(&lived.db(), key, &World::new(3, lived.now)).unwrap();
        assert_eq!(manager.store().check().unwrap(), Vec::<String>::new());
        let mut heard: Vec<Progress> = Vec::new();
        let report = block_on(manager.verify(|come| heard.push(come))).unwrap();
        assert!(report.is_sound() && report.findings.is_empty(), "{report:#?}");
        drop(manager);
        assert!(dump(&lived.db()) == before, "something was changed");
        for (kind, table) in [
            (RowKind::Binding, "binding"),
            (RowKind::Record, "record"),
            (RowKind::Lane, "lane"),
            (RowKind::Session, "session"),
            (RowKind::Timeline, "timeline"),
            (RowKind::Summary, "summary"),
            (RowKind::Checkpoint, "checkpoint"),
            (RowKind::Journal, "journal"),
            (RowKind::Key, "key"),
        ] {
            let stored = u64::try_from(before[table].len()).unwrap();
            assert!(stored > 0, "{table}");
            assert_eq!(report.rows.get(&kind), Some(&stored), "{table}");
        }
        let messages = report.rows[&RowKind::Message];
        assert_eq!(heard.first(), Some(&Progress { done: 0, total: messages }));
        assert_eq!(heard.last(), Some(&Progress { done: messages, total: messages }));
        assert_eq!(report.notes, 0);
    }
}

/// The tables whose rows are sealed, with what is sealed, and how their rows are called.
const SEALED: &[(&str, &str, &[&str])] = &[
    ("lane", "sealed", &["lane "]),
    ("session", "sealed", &["session "]),
    ("timeline", "sealed", &["timeline "]),
    ("message", "sealed", &["message "]),
    ("summary", "sealed", &["summary up to "]),
    ("checkpoint", "sealed", &["checkpoint "]),
    ("journal", "sealed", &["journal entry "]),
    ("record", "sealed", &["place ", "person ", "a remembered search"]),
    ("key", "wrapped", &["key of session "]),
];

#[test]
fn a_flipped_bit_is_found_in_every_sealed_row_and_named_alone() {
    for (table, column, names) in SEALED {
        let file = File::open(&copy(sealed()).1);
        let at = file.columns(table).iter().position(|it| it.name == *column).unwrap();
        for row in file.rows(table) {
            let Value::Blob(bytes) = &row[at] else { panic!("{table}.{column} is no blob") };
            if bytes.is_empty() {
                // An end mark.
                continue;
            }
            let mut changed = row.clone();
            changed[at] = altered(&row[at]);
            let report = told(|file| file.replace(table, &[&row], &[changed])).unwrap().unwrap();
            let found: Vec<String> = report.findings.iter().map(ToString::to_string).collect();
            let is_named = |finding: &String| names.iter().any(|name| finding.starts_with(name));
            assert!(is_named(found.first().unwrap()), "{table}: {found:?}");
            assert_eq!(found.len(), 1, "{table}: {found:?}");
        }
    }
}

/// What may be changed in clear without being found, how often, and why.
const FREE: &[(&str, usize, &str)] = &[
    ("binding.tag", 3, NOTE),
    ("binding.id", 3, NOTE),
    ("lane.version", 3, "A commit on another version is decided again."),
    ("session.seals", 8, "It counts seals."),
    ("message.importance", 41, HINT),
    ("message.tokenizer", 41, HINT),
    ("message.tokens", 41, HINT),
    ("message.role", 1, MARK),
    ("message.created_at", 1, MARK),
    ("message.sealed", 1, MARK),
    ("key.created_at", 8, "Nothing of a session's key depends on it."),
    ("header.names_seals", 1, "It counts seals."),
];
/// Rows that may be removed without being found.
const REMOVABLE: &[(&str, usize, &str)] = &[
    ("binding", 3, NOTE),
    ("record", 5, ABSENT),
    ("summary", 1, "It is made anew from the messages."),
    ("checkpoint", 7, ABSENT),
    ("journal", 3, "The oldest of a lane: they go when their time is over."),
    ("message", 1, MARK),
];
const NOTE: &str = "What leads to no lane may be a note of an adapter, which is known by its tag alone: it is counted.";
const HINT: &str = "Importance and token counts may change for good reason and are not bound.";
const MARK: &str = "The end mark of a timeline is no message.";
const ABSENT: &str = "Nothing leads to it: that is an older state of the file.";

/// Fails if more went unfound than is free.
fn check(unfound: &BTreeMap<String, usize>, free: &[(&str, usize, &str)]) {
    for (target, times) in unfound {
        let most = free.iter().find(|(name, ..)| name == target).map_or(0, |(_, most, _)| *most);
        assert!(*times <= most, "{target} was changed {times} times and not found: {unfound:#?}");
    }
}

const TABLES: [&str; 11] = [
    "binding",
    "checkpoint",
    "header",
    "journal",
    "key",
    "lane",
    "message",
    "record",
    "session",
    "summary",
    "timeline",
];

#[test]
fn a_change_of_any_column_is_found() {
    let file = File::open(&copy(sealed()).1);
    let mut unfound = BTreeMap::new();
    for table in TABLES {
        for (at, column) in file.columns(table).iter().enumerate() {
            for row in file.rows(table) {
                let mut changed = row.clone();
                changed[at] = altered(&row[at]);
                let told = told(|file| file.replace(table, &[&row], &[changed]));
                if told.is_some_and(|told| told.is_ok_and(|report| report.is_sound())) {
                    *unfound.entry(format!("{table}.{}", column.name)).or_default() += 1;
                }
            }
        }
    }
    check(&unfound, FREE);
    assert!(unfound.contains_key("message.importance"), "what is free was tried");
}

#[test]
fn a_row_that_is_gone_is_found_where_something_leads_to_it() {
    let file = File::open(&copy(sealed()).1);
    let mut unfound = BTreeMap::new();
    for table in TABLES {
        for row in file.rows(table) {
            let told = told(|file| file.replace(table, &[&row], &[])).unwrap();
            if told.is_ok_and(|report| report.is_sound()) {
                *unfound.entry(table.to_owned()).or_default() += 1;
            }
        }
    }
    check(&unfound, REMOVABLE);
}

#[test]
fn sealed_bytes_that_trade_places_are_found_on_both_sides() {
    let file = File::open(&copy(sealed()).1);
    for (table, column, names) in SEALED {
        let at = file.columns(table).iter().position(|it| it.name == *column).unwrap();
        let rows = file.rows(table);
        let is_row = |row: &&Row| !matches!(&row[at], Value::Blob(bytes) if bytes.is_empty());
        let mut rows = rows.iter().filter(is_row);
        let (Some(one), Some(other)) = (rows.next(), rows.next()) else { continue };
        let [mut swapped, mut back] = [one.clone(), other.clone()];
        std::mem::swap(&mut swapped[at], &mut back[at]);
        let report = told(|file| file.replace(table, &[one, other], &[swapped, back]));
        let report = report.unwrap().unwrap();
        let named = report
            .findings
            .iter()
            .filter(|finding| names.iter().any(|name| finding.row.starts_with(name)));
        assert_eq!(named.count(), 2, "{table}: {:?}", report.findings);
    }
}

/// One conversation of so many messages.
fn conversation(messages: u64) -> Lived {
    let folder = folder();
    let world = World::new(1, crate::life::BEGIN);
    let manager = open(&folder.path().join("sessions.db"), Some(KEY), &world).unwrap();
    for turn in 0..messages / 2 {
        says(&manager, &ann_here(), &format!("turn {turn}"));
    }
    let now = world.now.load(std::sync::atomic::Ordering::Relaxed);
    drop(manager);
    Lived { folder, sessions: Vec::new(), checkpoints: Vec::new(), now }
}

#[test]
fn damage_in_a_long_conversation_is_told_message_by_message() {
    let lived = conversation(2_500);
    let at = |position: u64| format!("key = (1 << 32) + {position}");
    let flip = |position: u64| {
        format!("UPDATE message SET sealed = CAST(sealed || x'00' AS BLOB) WHERE {};", at(position))
    };
    let file = File::open(&lived.db());
    let file_of = |sql: &str| {
        let (folder, db) = copy(&lived);
        File::open(&db).run(sql);
        let manager = open(&db, Some(KEY), &World::new(3, lived.now)).unwrap();
        let report = verified(&manager);
        drop(manager);
        drop(folder);
        let id = report.findings.first().map_or(String::new(), |finding| {
            finding.row.rsplit(' ').next().unwrap_or_default().to_owned()
        });
        let told = |finding: &sessions::manager::Finding| finding.to_string().replace(&id, "T");
        (report.rows[&RowKind::Message], report.findings.iter().map(told).collect::<Vec<_>>())
    };
    assert_eq!(file.tips(), [(1, 2_500)]);
    drop(file);
    assert_eq!(file_of(""), (2_500, vec![]));

    // At the seams of pages of a thousand, and in the middle.
    let cut = [1, 1_000, 1_001, 1_500].map(|n| format!("DELETE FROM message WHERE {};", at(n)));
    let (seen, found) = file_of(&cut.concat());
    assert_eq!(seen, 2_496);
    assert_eq!(
        found,
        [
            "message 1 of timeline T is missing",
            "message 1000 of timeline T and 1 behind it are missing",
            "message 1500 of timeline T is missing",
        ]
    );
    let (_, found) = file_of("DELETE FROM message WHERE key > (1 << 32) + 2400");
    assert_eq!(found, ["message 2401 of timeline T and 99 behind it are missing"]);

    let (seen, found) = file_of(&[flip(999), flip(1_000), flip(1_001), flip(2_500)].concat());
    let damaged = "does not open: the row does not authenticate: it was changed, moved, or \
        sealed under another key; restore it from a backup";
    let expected =
        [999, 1_000, 1_001, 2_500].map(|n| format!("message {n} of timeline T {damaged}"));
    assert_eq!((seen, found), (2_500, expected.to_vec()));

    // A word that no column of ours may hold keeps a page from being read as a whole.
    let strange = [1_200, 1_999].map(|n| format!("UPDATE message SET role = 77 WHERE {};", at(n)));
    let (_, found) = file_of(&[strange.concat(), flip(1_300)].concat());
    assert_eq!(found.len(), 3, "{found:?}");
    assert!(found[0].starts_with("message 1200 of timeline T cannot be read"), "{found:?}");
    assert!(found[1].starts_with("message 1999 of timeline T cannot be read"), "{found:?}");
    assert_eq!(found[2], format!("message 1300 of timeline T {damaged}"));

    let (_, found) = file_of(
        "INSERT INTO message SELECT (1 << 32) + 2600, role, created_at, importance, tokenizer, \
         tokens, sealed FROM message WHERE key = (1 << 32) + 7",
    );
    assert!(
        found
            .contains(&"message 2600 of timeline T lies behind the end of its timeline".to_owned()),
        "{found:?}"
    );
}

#[test]
fn a_finding_list_ends_and_the_count_goes_on() {
    let lived = conversation(1_300);
    let (_folder, db) = copy(&lived);
    File::open(&db)
        .run("UPDATE message SET sealed = CAST(sealed || x'00' AS BLOB) WHERE length(sealed) > 0");
    let report = verified(&open(&db, Some(KEY), &World::new(3, lived.now)).unwrap());
    assert_eq!((report.found, report.findings.len()), (1_300, 1_000));
}

#[test]
fn a_key_that_is_gone_is_named_and_all_else_is_looked_at() {
    let whole = told(|_| true).unwrap().unwrap();
    let found = findings("DELETE FROM key WHERE owner = (SELECT owner FROM key LIMIT 1)");
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(
        found[0].starts_with("key of session ") && found[0].ends_with(" is missing"),
        "{found:?}"
    );
    let report = told(|file| {
        file.run("DELETE FROM key");
        true
    });
    let report = report.unwrap().unwrap();
    assert_eq!(report.found, whole.rows[&RowKind::Session]);
    for kind in [RowKind::Message, RowKind::Timeline, RowKind::Checkpoint, RowKind::Summary] {
        assert_eq!(report.rows.get(&kind), whole.rows.get(&kind), "{kind}");
    }
}

#[test]
fn what_belongs_to_nothing_is_found() {
    let found = findings("DELETE FROM lane WHERE id = (SELECT id FROM lane LIMIT 1)");
    assert!(found.iter().any(|it| it.starts_with("session ") && it.contains("belongs to lane")));
    let found = findings("DELETE FROM session WHERE id = (SELECT current FROM lane LIMIT 1)");
    assert!(found.iter().any(|it| it.contains("is missing, but current in lane")), "{found:?}");
    assert!(found.iter().any(|it| it.ends_with("belongs to a session that is missing")));
    assert!(found.iter().any(|it| it.starts_with("the table of messages holds ")), "{found:?}");
    let found = findings("UPDATE journal SET lane = zeroblob(16) WHERE seq = 2");
    assert!(found.iter().any(|it| it.starts_with("the table of journal entries holds ")));
    let found = findings("UPDATE binding SET id = zeroblob(16)");
    let unbound = found.iter().filter(|it| it.ends_with("is led to by no binding"));
    assert_eq!(unbound.count(), 3, "{found:?}");
}

#[test]
fn structure_and_references_are_checked_by_the_store_itself() {
    let checked = |sql: &str| {
        let (_folder, db) = copy(sealed());
        File::open(&db).run(sql);
        let manager = open(&db, Some(KEY), &World::new(3, sealed().now)).unwrap();
        manager.store().check().unwrap()
    };
    assert_eq!(checked(""), Vec::<String>::new());
    let found = checked("UPDATE timeline SET session = zeroblob(16) WHERE number = 1");
    assert_eq!(found, ["row 1 of timeline refers to a row of session that is not there"]);
    let found = checked("UPDATE message SET importance = 999 WHERE importance = 0");
    assert!(found.iter().any(|it| it.contains("CHECK constraint failed in message")), "{found:?}");
    let found = checked("DROP INDEX session_by_lane; CREATE TABLE guest (a)");
    assert_eq!(found, ["index session_by_lane is missing", "table guest does not belong there"]);
    assert!(checked("DROP TABLE message").contains(&"table message is missing".to_owned()));
    // An index that has lost what its table holds: its root says that it has no cells.
    let (_folder, db) = copy(sealed());
    let root = File::open(&db).numbers(
        "SELECT CAST(name AS BLOB), rootpage FROM sqlite_schema WHERE name = 'session_by_lane'",
    );
    let root = usize::try_from(root[b"session_by_lane".as_slice()]).unwrap();
    let mut bytes = fs::read(&db).unwrap();
    let page = (root - 1) * 4_096;
    assert_eq!(bytes[page], 10, "a leaf of an index");
    bytes[page + 3..page + 5].fill(0);
    fs::write(&db, bytes).unwrap();
    let manager = open(&db, Some(KEY), &World::new(3, sealed().now)).unwrap();
    let found = manager.store().check().unwrap();
    assert!(found.iter().any(|it| it.contains("session_by_lane")), "{found:?}");
    // What lists by that index finds nothing, and whatever it should have found is told of.
    let report = verified(&manager);
    assert!(!report.is_sound());
}

#[test]
fn what_is_said_meanwhile_is_no_damage() {
    let lived = live(Some(KEY), |_, _| {});
    let manager = open(&lived.db(), Some(KEY), &World::new(3, lived.now)).unwrap();
    std::thread::scope(|threads| {
        let talks = threads.spawn(|| {
            for turn in 0..400 {
                says(&manager, &ann_here(), &format!("meanwhile {turn}"));
            }
        });
        while !talks.is_finished() {
            let report = verified(&manager);
            assert!(report.is_sound(), "{:#?}", report.findings);
        }
    });
}
