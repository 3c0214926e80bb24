//! A disk that fails at every single write, sync and truncation: each caller is told the truth.
//!
//! A process with a shim (`faults/shim.c`) before the C library opens a copy of a database, runs one fold, says what each
//! caller heard, and ends without closing. The file is then opened without the shim and must hold what was
//! acknowledged, must not hold what was refused, and nothing twice. The failing call moves on by one until the work is
//! done before it comes.
//!
//! Not here: a loss of power, which also loses what was written and not synced.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "all of this is test code: a panic is a failing test"
)]

mod support;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs, process};

use sessions::delivery::Delivery;
use sessions::store::conformance::block_on;
use sessions::store::rows::Write;
use sessions::store::{Commit, Committed, Store, StoreError};
use sqlite::SqliteStore;
use support::{
    ROLE_DB, again_as, append, bytes, done, inbox_row, join_all, opening, outbox_row, positions,
};
use tempfile::TempDir;

/// Commits in a fold.
const FOLD: u32 = 64;

/// What the commits of a fold do, and so what can tell of them afterwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Work {
    /// Appends: versions of lanes tell.
    Append,
    /// Events and chunks: numbers tell.
    Queue,
    /// Bindings: nothing tells, but they may be made twice.
    Bind,
}

const NO_SPACE: i32 = 28;
const IO_ERROR: i32 = 5;

/// How the disk fails.
#[derive(Debug, Clone, Copy)]
struct Fault {
    errno: i32,
    /// Every call after the first failing one fails too.
    stays: bool,
    /// A connection for reading is open beside the writer.
    reader: bool,
}

impl Fault {
    /// One call fails, and then none.
    fn once(errno: i32) -> Self {
        Self { errno, stays: false, reader: true }
    }

    /// From one call on all fail.
    fn for_good(errno: i32) -> Self {
        Self { stays: true, ..Self::once(errno) }
    }

    fn without_reader(self) -> Self {
        Self { reader: false, ..self }
    }
}

fn commit(work: Work, n: u32) -> Commit {
    match work {
        Work::Append => append(n, 1),
        Work::Queue => Commit {
            delivery: vec![Delivery::Receive(inbox_row(n)), Delivery::Owe(outbox_row(n))],
            ..Commit::default()
        },
        Work::Bind => Commit { writes: vec![Write::Bind(bytes(n), bytes(n))], ..Commit::default() },
    }
}

/// How often the effect of commit n is there.
fn effects(store: &SqliteStore, work: Work, n: u32) -> usize {
    let sealed = n.to_be_bytes().to_vec();
    match work {
        Work::Append => {
            let loaded = block_on(store.lane(support::lane(n))).unwrap().unwrap();
            let found = positions(store, n).len();
            assert_eq!(loaded.lane.version, 1 + found as u64, "half a commit");
            found
        }
        Work::Queue => {
            let received = block_on(store.inbox(0, usize::MAX)).unwrap();
            let owed = block_on(store.outbox(0, usize::MAX)).unwrap();
            let received = received.iter().filter(|row| row.sealed == sealed).count();
            let owed = owed.iter().filter(|row| row.sealed == sealed).count();
            assert_eq!(received, owed, "half a commit");
            received
        }
        Work::Bind => usize::from(block_on(store.binding(bytes(n))).unwrap().is_some()),
    }
}

/// The role of the process under the shim; does nothing as a test.
#[test]
fn role_fold() {
    let Some(db) = env::var_os(ROLE_DB) else { return };
    let work = match env::var("WORK").as_deref() {
        Ok("Append") => Work::Append,
        Ok("Queue") => Work::Queue,
        _ => Work::Bind,
    };
    let db = PathBuf::from(db);
    let store = SqliteStore::open(&db).unwrap();
    if env::var_os("READER").is_some() {
        // It keeps the index of the log alive when the writer opens the file again.
        block_on(store.header()).unwrap();
    }
    fs::write(db.with_file_name("armed"), b"x").unwrap();
    // All are patient but the last, so they wait for it and ride together.
    let commits = (1..=FOLD).map(|n| Commit { patient: n < FOLD, ..commit(work, n) });
    for (n, answer) in (1..).zip(join_all(commits.map(|commit| store.commit(commit)))) {
        println!("heard {n} {}", word(&answer));
    }
    // One more, alone: the store is fit for use again, or says that it is not.
    println!("heard {} {}", FOLD + 1, word(&block_on(store.commit(commit(work, FOLD + 1)))));
    // Without closing.
    process::exit(0);
}

fn word(answer: &Result<Committed, StoreError>) -> &'static str {
    match answer {
        Ok(Committed::Done(_)) => "done",
        Ok(Committed::Conflict | Committed::Spent | Committed::Known) => "skipped",
        Err(StoreError::Unresolved(_)) => "unresolved",
        Err(StoreError::Full(_)) => "full",
        // A write or a sync that fails, whatever the system says of it.
        Err(StoreError::ReadOnly(_) | StoreError::Io(_)) => "io",
        Err(other) => panic!("{other:?}"),
    }
}

struct Bench {
    folder: TempDir,
    shim: PathBuf,
}

impl Bench {
    fn new() -> Self {
        // In memory where there is such a place: what a disk does is not what is tested, but that it fails.
        let memory = Path::new("/dev/shm");
        let folder =
            if memory.is_dir() { TempDir::new_in(memory) } else { TempDir::new() }.unwrap();
        let shim = folder.path().join("shim.so");
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/faults/shim.c");
        let mut compiler = Command::new("cc");
        compiler.args(["-shared", "-fPIC", "-O1", "-o"]).arg(&shim).arg(source);
        assert!(compiler.status().unwrap().success(), "a C compiler is needed: cc");
        let store = SqliteStore::open(&folder.path().join("base")).unwrap();
        for n in 1..=FOLD + 1 {
            done(&store, opening(n));
        }
        store.close();
        Self { folder, shim }
    }

    /// Runs a fold in which call `at` fails. Answers what each caller heard, or `None` when the call never came.
    fn run(&self, work: Work, fault: Fault, at: u32) -> Option<Vec<String>> {
        let folder = tempfile::tempdir_in(self.folder.path()).unwrap();
        let (db, note) = (folder.path().join("sessions.db"), folder.path().join("note"));
        fs::copy(self.folder.path().join("base"), &db).unwrap();
        let mut role = again_as("role_fold", &db);
        role.env("LD_PRELOAD", &self.shim)
            .env("WORK", format!("{work:?}"))
            .env("FAULT_AT", at.to_string())
            .env("FAULT_ERRNO", fault.errno.to_string())
            .env("FAULT_NOTE", &note);
        if fault.stays {
            role.env("FAULT_STAYS", "1");
        }
        if fault.reader {
            role.env("READER", "1");
        }
        let output = role.output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
        let heard: Vec<String> =
            said.lines().filter_map(|line| line.split("heard ").nth(1)).map(Into::into).collect();
        assert_eq!(heard.len(), FOLD as usize + 1, "{said}");

        let store = SqliteStore::open(&db).unwrap();
        for line in &heard {
            let (n, word) = line.split_once(' ').unwrap();
            let found = effects(&store, work, n.parse().unwrap());
            let is_true = match word {
                "done" => found == 1,
                "unresolved" => found <= 1,
                _ => found == 0,
            };
            assert!(is_true, "{work:?}, {fault:?} at call {at}: {line}, but {found} there");
        }
        note.exists().then_some(heard)
    }

    /// Lets each call fail in turn. Answers how many callers heard which word.
    fn walk(&self, work: Work, fault: Fault) -> BTreeMap<String, usize> {
        let mut words = BTreeMap::new();
        let heard: Vec<_> = (1..).map_while(|at| self.run(work, fault, at)).collect();
        assert!(heard.len() > 3, "hardly a call came: {}", heard.len());
        for line in heard.iter().flatten() {
            let word = line.split(' ').nth(1).unwrap();
            *words.entry(word.to_owned()).or_default() += 1;
        }
        words
    }
}

/// The words that were heard.
fn vocabulary(words: &BTreeMap<String, usize>) -> Vec<&str> {
    words.keys().map(String::as_str).collect()
}

#[test]
fn one_call_without_room_costs_no_commit_of_a_fold() {
    let words = Bench::new().walk(Work::Append, Fault::once(NO_SPACE));
    assert_eq!(vocabulary(&words), ["done", "full", "io"]);
    // The fold is run again, one by one: only the commit after it, alone from the start, hears of the fault.
    // A sync that finds no room is an I/O error to SQLite.
    assert!(words["full"] + words["io"] < 10, "{words:?}");
}

#[test]
fn one_io_error_costs_no_commit_of_a_fold() {
    let words = Bench::new().walk(Work::Append, Fault::once(IO_ERROR));
    assert_eq!(vocabulary(&words), ["done", "io"]);
    assert!(words["io"] < 10, "{words:?}");
}

#[test]
fn without_a_reader_the_log_is_read_anew_and_nothing_else_changes() {
    let words = Bench::new().walk(Work::Append, Fault::once(IO_ERROR).without_reader());
    assert_eq!(vocabulary(&words), ["done", "io"]);
}

#[test]
fn a_disk_that_stays_full_is_told_as_it_was() {
    let words = Bench::new().walk(Work::Append, Fault::for_good(NO_SPACE));
    assert_eq!(vocabulary(&words), ["done", "full", "io", "unresolved"]);
    assert!(words["unresolved"] <= 2 * (FOLD as usize + 1), "a failed sync only: {words:?}");
}

#[test]
fn a_disk_that_stays_broken_is_told_as_it_was() {
    let words = Bench::new().walk(Work::Append, Fault::for_good(IO_ERROR));
    assert_eq!(vocabulary(&words), ["done", "io", "unresolved"]);
}

#[test]
fn events_and_chunks_are_neither_lost_nor_doubled() {
    let bench = Bench::new();
    bench.walk(Work::Queue, Fault::once(NO_SPACE));
    bench.walk(Work::Queue, Fault::once(IO_ERROR).without_reader());
}

#[test]
fn what_leaves_no_evidence_is_told_as_it_was() {
    let bench = Bench::new();
    bench.walk(Work::Bind, Fault::once(IO_ERROR));
    bench.walk(Work::Bind, Fault::for_good(IO_ERROR).without_reader());
}
