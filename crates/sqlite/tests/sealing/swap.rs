//! Whoever can write the file swaps, changes and removes what is in it: everything is an error that names a row, but for
//! what is listed here with its reason.
//!
//! Not here, because it cannot be told by anything in the file: an older consistent set of rows, or a whole older file.

use std::fs;
use std::path::PathBuf;
use std::sync::OnceLock;

use tempfile::TempDir;

use crate::life::{KEY, Lived, folder, live};
use crate::row::{File, Row, altered};
use crate::uses::{Answers, use_everything};

/// What becomes of a deed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    /// An error that names a row, before any answer is another one.
    Detected,
    /// Answers differ at first, then there is an error that names a row.
    Late,
    /// An error that names no row.
    Unnamed,
    /// Answers differ.
    Different,
    /// Every answer is as it was.
    Unchanged,
}
use Verdict::{Detected, Different, Late, Unchanged, Unnamed};

/// What is done to the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Deed {
    /// Two rows trade the value of one column.
    Swap,
    /// A value becomes another one.
    Change,
    /// A row goes.
    Remove,
}
use Deed::{Change, Remove, Swap};

/// What may happen instead of detection: to which column or table, by which deed, how, how often at most, and why.
type Exception = (&'static str, Deed, Verdict, usize, &'static str);

/// All that is not listed must be detected.
const EXCEPTIONS: &[Exception] = &[
    ("binding.tag", Change, Different, 3, ABSENT),
    ("binding.tag", Change, Unchanged, 3, UNUSED),
    ("binding.tag", Swap, Unchanged, 3, UNUSED),
    ("binding.id", Change, Unchanged, 3, UNUSED),
    ("binding.id", Swap, Unchanged, 3, UNUSED),
    ("binding", Remove, Different, 3, ABSENT),
    ("binding", Remove, Unchanged, 3, UNUSED),
    ("record.kind", Change, Different, 5, ABSENT),
    ("record.kind", Swap, Different, 10, ABSENT),
    ("record.id", Change, Different, 5, ABSENT),
    ("record.id", Swap, Different, 10, ABSENT),
    ("record", Remove, Different, 5, ABSENT),
    ("lane.version", Change, Unchanged, 3, LOCK),
    ("lane.version", Swap, Unchanged, 3, LOCK),
    ("lane.owner", Change, Late, 1, HIDDEN),
    ("lane", Remove, Late, 1, HIDDEN),
    ("session.id", Change, Late, 2, HIDDEN),
    ("session.lane", Change, Late, 2, HIDDEN),
    ("session.lane", Swap, Late, 2, HIDDEN),
    ("session.state", Change, Late, 2, HIDDEN),
    ("session.state", Swap, Late, 2, HIDDEN),
    ("session.seals", Change, Unchanged, 8, COUNTER),
    ("session.seals", Swap, Unchanged, 28, COUNTER),
    ("session", Remove, Late, 4, HIDDEN),
    ("session", Remove, Different, 2, ABSENT),
    ("timeline.session", Change, Different, 4, UNCLEANED),
    ("timeline.session", Change, Unchanged, 1, UNREACHED),
    ("timeline.session", Swap, Different, 4, UNCLEANED),
    ("timeline.session", Swap, Unnamed, 2, UNCLEANED),
    ("timeline.sealed", Change, Unchanged, 1, UNREACHED),
    ("timeline", Remove, Different, 1, UNCLEANED),
    ("message.key", Change, Unchanged, 1, UNREACHED),
    ("message.key", Change, Different, 1, MARK),
    ("message.key", Change, Unnamed, 1, UNCLEANED),
    ("message.key", Swap, Unchanged, 1, UNREACHED),
    ("message.role", Change, Unchanged, 2, UNREACHED),
    ("message.role", Swap, Unchanged, 1, UNREACHED),
    ("message.created_at", Change, Unchanged, 2, UNREACHED),
    ("message.created_at", Swap, Unchanged, 1, UNREACHED),
    ("message.importance", Change, Different, 40, HINT),
    ("message.importance", Change, Unchanged, 40, HINT),
    ("message.importance", Swap, Different, 80, HINT),
    ("message.importance", Swap, Unchanged, 80, HINT),
    ("message.tokenizer", Change, Unchanged, 40, HINT),
    ("message.tokens", Change, Unchanged, 40, HINT),
    // One of them is an end mark.
    ("message.sealed", Change, Unchanged, 3, UNREACHED),
    ("message.sealed", Swap, Unchanged, 1, UNREACHED),
    ("message", Remove, Different, 2, UNREACHED),
    ("message", Remove, Unchanged, 1, MARK),
    ("summary", Remove, Different, 1, "It is made anew from the messages."),
    ("checkpoint.id", Change, Late, 1, HIDDEN),
    ("checkpoint.lane", Change, Late, 6, HIDDEN),
    ("checkpoint.lane", Swap, Late, 6, HIDDEN),
    ("checkpoint.automatic", Change, Late, 6, HIDDEN),
    ("checkpoint.automatic", Swap, Late, 6, HIDDEN),
    ("checkpoint.deleted_at", Change, Late, 6, HIDDEN),
    ("checkpoint.deleted_at", Swap, Late, 6, HIDDEN),
    ("checkpoint", Remove, Different, 7, ABSENT),
    ("journal.lane", Change, Different, 9, ABSENT),
    ("journal.seq", Change, Different, 3, ABSENT),
    ("journal", Remove, Different, 9, ABSENT),
    ("key.created_at", Change, Unchanged, 8, "Nothing of a session's key depends on it."),
    ("key.created_at", Swap, Unchanged, 28, "Nothing of a session's key depends on it."),
    ("header.names_seals", Change, Unchanged, 1, COUNTER),
];

const ABSENT: &str = "\
    A row that is not there any more under its name, and to which no other row points, is like one that never was: that \
    is an older state of the file. Nothing is opened as something else, and a conversation that is still reached is \
    whole. (For places and persons the bot knows better: the binding that led to one was made together with it.)";
const HIDDEN: &str = "\
    Lists find rows by clear columns, so one that was made to say something else is not listed any more. It is an error \
    as soon as it is asked for by its id, another row leads to it, or a clean-up comes by.";
const UNUSED: &str = "The places and persons of this life are asked for by their ids.";
const UNREACHED: &str =
    "What no head, checkpoint or journal entry reaches is never read; it awaits its clean-up.";
const MARK: &str = "\
    The end mark of a timeline is no message and is never read; made one by its key, it is behind the head, and a \
    clean-up counts one more.";
const UNCLEANED: &str = "\
    What nothing reaches is found by a clean-up through the clear columns: it may be left lying there, sealed, or keep \
    the clean-up from its end. Nothing that is read is another thing.";
const LOCK: &str =
    "It only sets apart who comes first; a commit on another version is decided again.";
const COUNTER: &str = "\
    It counts seals, so that no key makes more than 2^32 of them. Set back, it would take as many to do harm.";
const HINT: &str = "\
    Importance and token counts may change for good reason and are not bound. They say which messages a context takes, \
    and nothing of what those messages are.";

fn lived() -> &'static (Lived, Vec<String>) {
    static LIVED: OnceLock<(Lived, Vec<String>)> = OnceLock::new();
    LIVED.get_or_init(|| {
        let lived = live(Some(KEY), |_, _| {});
        let Answers { given, trouble } = use_everything(&lived, &Copy::of(&lived).db);
        assert!(trouble.is_none(), "{trouble:?}");
        (lived, given)
    })
}

/// A copy of the file, to be changed.
struct Copy {
    _folder: TempDir,
    db: PathBuf,
}

impl Copy {
    fn of(lived: &Lived) -> Self {
        let folder = folder();
        let db = folder.path().join("sessions.db");
        fs::copy(lived.db(), &db).unwrap();
        Self { _folder: folder, db }
    }
}

/// Does something to a copy of the file and uses it; `None` when the tables cannot hold it.
fn verdict(tamper: impl FnOnce(&mut File) -> bool) -> Option<(Verdict, String)> {
    let (lived, expected) = lived();
    let copy = Copy::of(lived);
    if !tamper(&mut File::open(&copy.db)) {
        return None;
    }
    let Answers { given, trouble } = use_everything(lived, &copy.db);
    let other = given.iter().zip(expected).find(|(given, expected)| given != expected);
    let differs = other.is_some() || given.len() > expected.len();
    let verdict = match &trouble {
        Some(trouble) if !trouble.names_the_row() => Unnamed,
        Some(_) if differs => Late,
        Some(_) => Detected,
        None if differs => Different,
        None => Unchanged,
    };
    Some((verdict, format!("{trouble:?}, and {other:?}")))
}

/// What came of the deeds done to one column or table.
#[derive(Default)]
struct Tally {
    found: Vec<(String, Deed, Verdict, String)>,
}

impl Tally {
    fn add(&mut self, target: &str, deed: Deed, found: Option<(Verdict, String)>) {
        if let Some((verdict, told)) = found {
            self.found.push((target.to_owned(), deed, verdict, told));
        }
    }

    /// Fails on what is neither detected nor excepted.
    fn check(&self) {
        assert!(!self.found.is_empty(), "nothing was done");
        for (target, deed, verdict, told) in &self.found {
            let same = |it: &&(String, Deed, Verdict, String)| {
                it.0 == *target && it.1 == *deed && it.2 == *verdict
            };
            let times = self.found.iter().filter(same).count();
            let is_excepted = EXCEPTIONS.iter().any(|(column, by, how, most, _)| {
                column == target && by == deed && how == verdict && times <= *most
            });
            assert!(
                *verdict == Detected || is_excepted,
                "{deed:?} of {target} is {verdict:?}, {times} times: {told}"
            );
        }
    }
}

/// Swaps, changes and removes everything in some tables. Of long tables it takes every third row.
fn tamper_with(tables: &[&str]) {
    let file = File::open(&Copy::of(&lived().0).db);
    let mut tally = Tally::default();
    for table in tables {
        let rows = file.rows(table);
        for (at, column) in file.columns(table).iter().enumerate() {
            let target = format!("{table}.{}", column.name);
            let stride = if rows.len() > 20 && column.name != "sealed" { 3 } else { 1 };
            for (number, row) in rows.iter().enumerate().step_by(stride) {
                tally.add(&target, Change, change(table, row, at));
                let farthest = if rows.len() > 20 { 2 } else { rows.len() };
                for other in rows.iter().skip(number + 1).take(farthest) {
                    tally.add(&target, Swap, swap(table, [row, other], at));
                }
            }
        }
        for row in &rows {
            tally.add(table, Remove, verdict(|file| file.replace(table, &[row], &[])));
        }
    }
    tally.check();
}

fn change(table: &str, row: &Row, at: usize) -> Option<(Verdict, String)> {
    let mut changed = row.clone();
    changed[at] = altered(&row[at]);
    verdict(|file| file.replace(table, &[row], &[changed]))
}

fn swap(table: &str, rows: [&Row; 2], at: usize) -> Option<(Verdict, String)> {
    let [mut one, mut other] = rows.map(Row::clone);
    if one[at] == other[at] {
        return None;
    }
    std::mem::swap(&mut one[at], &mut other[at]);
    verdict(|file| file.replace(table, &rows, &[one, other]))
}

#[test]
fn bindings_records_and_the_header() {
    tamper_with(&["binding", "record", "header"]);
}

#[test]
fn lanes_and_sessions() {
    tamper_with(&["lane", "session"]);
}

#[test]
fn timelines_and_summaries() {
    tamper_with(&["timeline", "summary"]);
}

#[test]
fn messages() {
    tamper_with(&["message"]);
}

#[test]
fn checkpoints() {
    tamper_with(&["checkpoint"]);
}

#[test]
fn journals_and_keys() {
    tamper_with(&["journal", "key"]);
}

#[test]
fn every_table_with_rows_is_tampered_with() {
    let file = File::open(&Copy::of(&lived().0).db);
    let with_rows: Vec<String> =
        file.tables().into_iter().filter(|table| !file.rows(table).is_empty()).collect();
    let tampered = [
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
    assert_eq!(with_rows, tampered, "inbox, outbox and turns are the bot's");
}

/// Runs SQL on a copy of the file; the answer must be an error that names a row before any answer differs.
fn detected(what: &str, sql: &str) {
    let found = verdict(|file| {
        file.run(sql);
        true
    });
    let (verdict, told) = found.unwrap();
    assert_eq!(verdict, Detected, "{what}: {told}");
}

/// Two rows of `lane` that differ in their owners, and two that do not.
const TWO_LANES: &str = "
    CREATE TEMP TABLE pair AS
        SELECT a.id AS a, b.id AS b, a.current AS a_now, b.current AS b_now
        FROM lane a JOIN lane b ON a.id < b.id";

#[test]
fn sessions_that_trade_lanes_with_all_their_pointers() {
    for which in 0..3 {
        detected(
            "lanes trade their current sessions",
            &format!(
                "{TWO_LANES} LIMIT 1 OFFSET {which};
                UPDATE session SET lane = (SELECT b FROM pair) WHERE id = (SELECT a_now FROM pair);
                UPDATE session SET lane = (SELECT a FROM pair) WHERE id = (SELECT b_now FROM pair);
                UPDATE checkpoint SET lane = (SELECT lane FROM session WHERE id = session);
                UPDATE lane SET current = CASE id
                    WHEN (SELECT a FROM pair) THEN (SELECT b_now FROM pair)
                    WHEN (SELECT b FROM pair) THEN (SELECT a_now FROM pair) ELSE current END"
            ),
        );
    }
}

#[test]
fn sessions_that_trade_names_with_all_their_pointers() {
    let rename = |table: &str, column: &str| {
        format!(
            "UPDATE {table} SET {column} = zeroblob(16) WHERE {column} = (SELECT a_now FROM pair);
            UPDATE {table} SET {column} = (SELECT a_now FROM pair)
                WHERE {column} = (SELECT b_now FROM pair);
            UPDATE {table} SET {column} = (SELECT b_now FROM pair) WHERE {column} = zeroblob(16);"
        )
    };
    let places =
        [("session", "id"), ("timeline", "session"), ("checkpoint", "session"), ("key", "owner")];
    let renames: String = places.map(|(table, column)| rename(table, column)).concat();
    for which in 0..3 {
        // The lanes still name what they named: it is the other session now, with its own key and messages.
        detected("sessions trade ids", &format!("{TWO_LANES} LIMIT 1 OFFSET {which}; {renames}"));
        let all = format!("{renames} {}", rename("lane", "current"));
        detected("everywhere", &format!("{TWO_LANES} LIMIT 1 OFFSET {which}; {all}"));
    }
}

#[test]
fn lanes_that_trade_names_with_their_sessions() {
    let swap = |table: &str, column: &str| {
        format!(
            "UPDATE {table} SET {column} = zeroblob(16) WHERE {column} = (SELECT a FROM pair);
            UPDATE {table} SET {column} = (SELECT a FROM pair)
                WHERE {column} = (SELECT b FROM pair);
            UPDATE {table} SET {column} = (SELECT b FROM pair) WHERE {column} = zeroblob(16);"
        )
    };
    let places = [("lane", "id"), ("session", "lane"), ("checkpoint", "lane")];
    let all: String = places.map(|(table, column)| swap(table, column)).concat();
    for which in 0..3 {
        detected("lanes trade ids", &format!("{TWO_LANES} LIMIT 1 OFFSET {which}; {all}"));
    }
}

#[test]
fn timelines_that_trade_their_messages() {
    detected(
        "all messages of two timelines",
        "CREATE TEMP TABLE moved AS SELECT key, key >> 32 AS number FROM message;
        UPDATE timeline SET number = -number;
        UPDATE timeline SET number = (SELECT max(number) FROM moved) + 1 + number;",
    );
}

#[test]
fn a_conversation_without_its_tail() {
    let (lived, _) = lived();
    let file = File::open(&Copy::of(lived).db);
    for (number, tip) in file.tips() {
        for left in [tip - 1, tip / 2, 0] {
            // As far as the head can be set back without a key: the clear columns beside it, and the rows.
            let found = verdict(|file| {
                file.run(&format!(
                    "DELETE FROM message WHERE key >> 32 = {number} AND key & 0xffffffff > {left};
                    DELETE FROM summary WHERE key >> 32 = {number} AND key & 0xffffffff > {left};
                    UPDATE session SET last_activity_at = coalesce(
                        (SELECT max(created_at) FROM message WHERE key >> 32 = {number}), 0)
                    WHERE id = (SELECT session FROM timeline WHERE number = {number});"
                ));
                true
            });
            let (verdict, told) = found.unwrap();
            assert_eq!(verdict, Detected, "timeline {number} cut to {left}: {told}");
        }
    }
}
