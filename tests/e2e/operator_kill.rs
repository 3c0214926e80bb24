//! A rotation of the master key amid people who talk, killed again and again: it finishes, and every session opens.
//!
//! ```text
//! SESSIONS=10000 SESSIONSD_EXECUTABLE=target/release/sessionsd cargo test -p e2e --test operator_kill -- --nocapture
//! ```

#![allow(clippy::unwrap_used, reason = "a panic is a failing story")]

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use e2e::{Daemon, FakeTelegram};
use rusqlite::{Connection, OpenFlags};

/// Sessions, where `SESSIONS` does not say how many.
const SESSIONS: usize = 2_000;
/// How often the daemon is killed.
const KILLS: usize = 10;
/// How long all people take to speak.
const WITHIN: Duration = Duration::from_secs(600);

fn sessions() -> usize {
    std::env::var("SESSIONS").map_or(SESSIONS, |many| many.parse().expect("SESSIONS is a number"))
}

/// How many keys are wrapped under this version.
fn keys_under(database: &Path, version: u32) -> usize {
    count(database, &format!("SELECT count(*) FROM key WHERE version = {version}"))
}

/// How many messages there are; a row at the last position is none.
fn messages(database: &Path) -> usize {
    count(database, "SELECT count(*) FROM message WHERE key & 0xffffffff <> 0xffffffff")
}

fn count(database: &Path, what: &str) -> usize {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY;
    let database = Connection::open_with_flags(database, flags).unwrap();
    let many: i64 = database.query_row(what, (), |row| row.get(0)).unwrap();
    usize::try_from(many).unwrap()
}

#[test]
fn a_rotation_that_is_killed_ten_times_finishes_and_every_session_opens() {
    let many = sessions();
    let telegram = FakeTelegram::start();
    telegram.forgets_requests();
    let people: Vec<_> = (0..many).map(|number| telegram.person(&format!("P{number}"))).collect();
    let mut bot = Daemon::beside(&telegram).start();
    telegram.load(&people, 1, "hello");
    let _ = telegram.measured(WITHIN);
    let database = bot.home().database();
    assert!(keys_under(&database, 1) >= many);

    // Everybody goes on talking meanwhile.
    telegram.load(&people, 1, "more");
    let mut rotating = bot.operator_command(&["key", "rotate"]);
    let rotating = thread::spawn(move || rotating.output().unwrap());
    let began = Instant::now();
    let mut seen = Vec::new();
    for kill in 1..=KILLS {
        let enough = many * kill / (KILLS + 1);
        // Keys that nobody has begun to wrap anew wait for the next start.
        let mut under = keys_under(&database, 2);
        while under < enough {
            thread::yield_now();
            under = keys_under(&database, 2);
        }
        bot.dies();
        seen.push(under);
        bot.starts();
    }
    let _first_asked = rotating.join().unwrap();
    while keys_under(&database, 1) > 0 {
        thread::yield_now();
    }
    println!("{many} sessions, kills after {seen:?} keys, {:.1?}", began.elapsed());
    // Answers that a kill took are missing; what was said is not.
    telegram.drained();
    while messages(&database) < 2 * many {
        thread::yield_now();
    }
    assert_eq!(keys_under(&database, 1), 0);
    let verified = bot.operates_json(&["verify"]);
    assert_eq!(verified["found"], 0, "{verified}");
    assert_eq!(verified["rows"]["sessions"].as_u64().unwrap() as usize, many);
    assert_eq!(verified["rows"]["messages"].as_u64().unwrap() as usize, 2 * many);
    bot.stops();
    let previous = PathBuf::from(format!("{}.previous", bot.home().key().display()));
    fs::remove_file(previous).unwrap();
    let verified = bot.operates_json(&["verify"]);
    assert_eq!(verified["found"], 0, "with the new key alone: {verified}");
}
