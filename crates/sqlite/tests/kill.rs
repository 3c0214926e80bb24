//! `kill -9` in the middle of a stream of commits: whatever was acknowledged is there.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "all of this is test code: a panic is a failing test"
)]

mod support;

use std::collections::BTreeSet;
use std::env;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::Stdio;

use sessions::store::Committed;
use sessions::store::Store;
use sqlite::SqliteStore;
use support::{ROLE_DB, again_as, append, done, join_all, opening, positions};

/// Lanes that are written to at the same time.
const LANES: u32 = 8;

/// Says each acknowledged commit, lane and position, until it is killed.
#[test]
fn role_stream() {
    let Some(db) = env::var_os(ROLE_DB) else { return };
    let store = SqliteStore::open(Path::new(&db)).unwrap();
    let mut next: Vec<u64> =
        (1..=LANES).map(|n| positions(&store, n).last().map_or(1, |last| last + 1)).collect();
    loop {
        let commits = (1..).zip(&next).map(|(n, position)| store.commit(append(n, *position)));
        let answers = join_all(commits);
        for ((n, position), answer) in (1..).zip(&mut next).zip(answers) {
            assert!(matches!(answer, Ok(Committed::Done(_))), "{answer:?}");
            // One write: a line is said whole or not at all.
            std::io::stdout()
                .write_all(format!("\nacknowledged {n} {position}\n").as_bytes())
                .unwrap();
            *position += 1;
        }
    }
}

#[test]
fn what_was_acknowledged_before_a_kill_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let db = folder.path().join("sessions.db");
    let store = SqliteStore::open(&db).unwrap();
    for n in 1..=LANES {
        done(&store, opening(n));
    }
    store.close();
    let mut acknowledged = BTreeSet::new();
    for kill_after in [1, 3, 10, 31, 50, 77, 100, 201] {
        let mut role = again_as("role_stream", &db);
        let mut child = role.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut heard = 0;
        for line in lines.map_while(Result::ok) {
            let Some(said) = line.strip_prefix("acknowledged ") else { continue };
            let (n, position) = said.split_once(' ').unwrap();
            let pair: (u32, u64) = (n.parse().unwrap(), position.parse().unwrap());
            assert!(acknowledged.insert(pair), "acknowledged twice: {pair:?}");
            heard += 1;
            if heard == kill_after {
                // What it says before the signal arrives is read and counts too.
                child.kill().unwrap();
            }
        }
        child.wait().unwrap();
        assert!(heard >= kill_after, "ended by itself after {heard}");

        let store = SqliteStore::open(&db).unwrap();
        for n in 1..=LANES {
            let found = positions(&store, n);
            assert_eq!(found, (1..=found.len() as u64).collect::<Vec<_>>(), "a gap in lane {n}");
            let last = acknowledged.iter().filter(|(lane, _)| *lane == n).map(|pair| pair.1).max();
            assert!(found.len() as u64 >= last.unwrap_or(0), "lane {n}: {last:?} is lost");
        }
    }
}
