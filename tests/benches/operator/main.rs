//! What the operator's work costs: a backup beside people who talk, a verification, an idle daemon.
//!
//! ```text
//! cargo bench -p e2e --bench operator                 everything: some minutes
//! cargo bench -p e2e --bench operator -- --quick      small numbers: does everything still run? (also: BENCH_QUICK=1)
//! cargo bench -p e2e --bench operator -- --strict     exit code 1 when a bound is broken
//! ```
//!
//! The daemon is the real program, sealed, `synchronous=FULL`; both platforms are processes of their own on the same
//! machine. Messages are imported, so that filling does not take longer than measuring.

#![allow(
    clippy::indexing_slicing,
    reason = "a panic ends the measurement, as what is not there should"
)]

#[path = "../load/measure.rs"]
mod measure;
#[path = "../load/platform.rs"]
mod platform;
#[path = "../load/table.rs"]
mod table;

use std::fs;
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

use e2e::Daemon;
use serde_json::{Value, json};

use measure::{median, number};
use platform::Platform;
use table::{Bound, Table};

/// How much is measured.
#[derive(Clone, Copy)]
struct Size {
    people: usize,
    /// Imports, and the messages of each.
    imports: usize,
    messages: usize,
    /// Commands a second, and for how many seconds.
    a_second: usize,
    seconds: usize,
    rounds: usize,
    /// How long an idle daemon is looked at.
    idle: Duration,
}

const FULL: Size = Size {
    people: 500,
    imports: 10,
    messages: 100_000,
    a_second: 200,
    seconds: 10,
    rounds: 5,
    idle: Duration::from_secs(30),
};
const QUICK: Size = Size {
    people: 50,
    imports: 1,
    messages: 2_000,
    a_second: 50,
    seconds: 1,
    rounds: 1,
    idle: Duration::from_secs(2),
};

/// What people do meanwhile: it writes.
const LINE: &str = "/checkpoint save";
/// Ticks a second in `/proc`, on every Linux that there is.
const TICKS: f64 = 100.0;

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args().collect();
    let has = |flag: &str| arguments.iter().any(|argument| argument == flag);
    let is_quick = has("--quick") || std::env::var_os("BENCH_QUICK").is_some_and(|it| it != "0");
    let size = if is_quick { QUICK } else { FULL };
    let mut table = Table::new();
    let mut discord = Platform::start(env!("CARGO_BIN_EXE_fake-discord"));
    let telegram = Platform::start(env!("CARGO_BIN_EXE_fake-telegram"));
    let daemon = Daemon::at("discord", discord.url(), discord.token());
    let daemon = daemon.and_at("telegram", telegram.url(), telegram.token()).start();
    discord.asks("connected");
    idle(size, &daemon, "a fresh daemon, both channels connected", &mut table);
    discord.asks(&format!("people {}", size.people));
    discord.asks(&format!("load {} {} /new text:hello", size.people / 5, 5));
    fill(size, &daemon, &mut table);
    backup(size, &mut discord, &daemon, &mut table);
    verify(&daemon, &mut table);
    idle(size, &daemon, "after all that", &mut table);
    drop(daemon);
    if has("--strict") && table.is_broken() { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// Imports long sessions beside somebody's.
fn fill(size: Size, daemon: &Daemon, table: &mut Table) {
    let listed = daemon.operates_json(&["sessions", "list", "--limit", "1"]);
    let beside = listed["sessions"][0]["id"].as_str().expect("there is a session").to_owned();
    let file = daemon.home().path().join("long.json");
    let exported = file.display().to_string();
    daemon.operates(&["sessions", "export", &beside, &exported]);
    let text = fs::read_to_string(&file).expect("it was exported");
    let mut session: Value = serde_json::from_str(&text).expect("an export is JSON");
    let said = session["messages"][0].clone();
    let message = |position: usize| {
        let mut message = said.clone();
        message["position"] = json!(position);
        message["content"] = json!(format!(
            "{position} lazy dogs are jumped over by quick brown foxes, again and again"
        ));
        message
    };
    session["messages"] = (1..=size.messages).map(message).collect();
    fs::write(&file, session.to_string()).expect("the story's folder can be written");
    let began = Instant::now();
    for _ in 0..size.imports {
        daemon.operates(&["sessions", "import", &exported, "--beside", &beside]);
    }
    let all = (size.imports * size.messages) as f64;
    table.add("messages imported", all / began.elapsed().as_secs_f64(), "/s", Bound::Free);
}

/// Times of commands, alone and beside a backup that begins with them.
fn backup(size: Size, discord: &mut Platform, daemon: &Daemon, table: &mut Table) {
    let Size { a_second, seconds, rounds, .. } = size;
    let load = format!("load {a_second} {seconds} {LINE}");
    let (mut alone, mut beside, mut backups) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..rounds {
        alone.push(p99(&discord.asks(&load)));
        let file = daemon.home().path().join("backup.db");
        let _ = fs::remove_file(&file);
        let mut command = daemon.operator_command(&["backup", &file.display().to_string()]);
        let backing_up = thread::spawn(move || {
            let began = Instant::now();
            let ended = command.output().expect("the program starts");
            assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
            began.elapsed().as_secs_f64()
        });
        beside.push(p99(&discord.asks(&load)));
        backups.push(backing_up.join().expect("the backup does not panic"));
    }
    let ratio = median(alone.iter().zip(&beside).map(|(alone, beside)| beside / alone));
    let messages = size.imports * size.messages;
    let case = format!("`{LINE}`, {a_second}/s, {messages} messages stored");
    table.add(&format!("{case}: p99 alone"), median(alone), "ms", Bound::Free);
    table.add(&format!("{case}: p99 beside a backup"), median(beside), "ms", Bound::Free);
    table.add(&format!("{case}: p99 beside a backup / alone"), ratio, "x", Bound::AtMost(2.0));
    table.add("a backup, opened and compared", median(backups), "s", Bound::Free);
}

fn p99(load: &Value) -> f64 {
    number(&load["answered_ms"], "p99")
}

/// Every row opened.
fn verify(daemon: &Daemon, table: &mut Table) {
    let began = Instant::now();
    let verified = daemon.operates_json(&["verify"]);
    let seconds = began.elapsed().as_secs_f64();
    assert_eq!(verified["found"], 0, "{verified}");
    let messages = verified["rows"]["messages"].as_f64().expect("messages are counted");
    table.add("messages verified", messages / seconds, "/s", Bound::AtLeast(150_000.0));
}

/// What a daemon takes that nobody talks to.
fn idle(size: Size, daemon: &Daemon, when: &str, table: &mut Table) {
    let before = cpu_seconds(daemon);
    // Nobody wakes this thread.
    let began = Instant::now();
    while began.elapsed() < size.idle {
        thread::park_timeout(size.idle - began.elapsed());
    }
    let share = (cpu_seconds(daemon) - before) / size.idle.as_secs_f64() * 100.0;
    table.add(&format!("idle, {when}: processor"), share, "%", Bound::AtMost(0.5));
    let resident = resident_mib(daemon);
    let bound = if when.starts_with("a fresh") { Bound::AtMost(40.0) } else { Bound::Free };
    table.add(&format!("idle, {when}: resident"), resident, "MiB", bound);
}

/// What the process has used of the processor so far.
fn cpu_seconds(daemon: &Daemon) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{}/stat", daemon.process())).expect("it runs");
    // The name, in parentheses, may hold anything.
    let fields = stat.rsplit(')').next().unwrap_or_default();
    let ticks = fields.split_whitespace().skip(11).take(2);
    ticks.filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / TICKS
}

fn resident_mib(daemon: &Daemon) -> f64 {
    let status = fs::read_to_string(format!("/proc/{}/status", daemon.process())).expect("it runs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("it says so");
    let kib = line.trim().trim_end_matches(" kB").parse::<f64>().expect("it is a number");
    kib / 1_024.0
}
