//! What the daemon carries on Telegram: commands a second, times to an answer, a quiet chat beside a flood.
//!
//! ```text
//! cargo bench -p e2e --bench telegram                 everything: about a minute
//! cargo bench -p e2e --bench telegram -- --quick      small numbers: does everything still run? (also: BENCH_QUICK=1)
//! cargo bench -p e2e --bench telegram -- --strict     exit code 1 when a bound is broken
//! ```
//!
//! The daemon is the real program, sealed, `synchronous=FULL`, its log as usual, its own pacing lifted; the platform is a
//! process of its own on the same machine. Each person says a line, waits for the answer, says it again; times are taken by
//! the platform, from an update handed out to its answer received. Bare commits are measured in turn, on the same disk.

mod bare;
#[path = "../load/measure.rs"]
mod measure;
#[path = "../load/platform.rs"]
mod platform;
#[path = "../load/table.rs"]
mod table;

use std::process::ExitCode;

use e2e::Daemon;

use bare::Bare;
use measure::{median, number};
use platform::Platform;
use table::{Bound, Table};

/// The platform's executable.
const FAKE: &str = env!("CARGO_BIN_EXE_fake-telegram");

/// How much is measured.
#[derive(Clone, Copy)]
struct Size {
    people: usize,
    /// Lines of each person in a round.
    each: usize,
    rounds: usize,
    /// Lines of somebody who is alone, and bare commits, in a round.
    alone: usize,
    flood: usize,
    /// Quiet people beside the flood.
    quiet: usize,
}

const FULL: Size = Size { people: 1_000, each: 4, rounds: 7, alone: 400, flood: 10_000, quiet: 20 };
const QUICK: Size = Size { people: 100, each: 2, rounds: 1, alone: 20, flood: 1_000, quiet: 3 };

/// What is said, and what is shown for it.
const LINES: [&str; 5] =
    ["/whoami", "/session", "a message of some words", "/checkpoint save", "/new"];

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args().collect();
    let has = |flag: &str| arguments.iter().any(|argument| argument == flag);
    let is_quick = has("--quick") || std::env::var_os("BENCH_QUICK").is_some_and(|it| it != "0");
    let size = if is_quick { QUICK } else { FULL };
    let mut table = Table::new();
    throughput(size, &mut table);
    fairness(size, &mut table);
    if has("--strict") && table.is_broken() { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// All say lines at once; then somebody alone does. Bare commits in turn with both.
fn throughput(size: Size, table: &mut Table) {
    let Size { people, each, rounds, alone, .. } = size;
    let mut platform = Platform::start(FAKE);
    let mut bare = Bare::new();
    let daemon = Daemon::at("telegram", platform.url(), platform.token()).start();
    platform.asks(&format!("people {people}"));
    // Everybody's first line makes their conversation.
    platform.asks("load 1 100 /start");
    for line in LINES {
        let (mut loads, mut bares) = (Vec::new(), Vec::new());
        for _ in 0..rounds {
            loads.push(platform.asks(&format!("load {each} 100 {line}")));
            bares.push(bare.commits(alone));
        }
        let of = |field: &str| median(loads.iter().map(|load| number(load, field)));
        let (a_second, bare) = (of("per_second"), median(bares));
        let case = format!("`{line}`, {people} chats");
        table.add(&case, a_second, "/s", Bound::AtLeast(1_000.0));
        table.add(&format!("{case}: p50"), of("p50_ms"), "ms", Bound::Free);
        table.add(&format!("{case}: p99"), of("p99_ms"), "ms", Bound::Free);
        table.add(&format!("{case}: against bare commits"), a_second / bare, "×", Bound::Free);
    }
    for line in LINES {
        let (mut times, mut bares) = (Vec::new(), Vec::new());
        for _ in 0..rounds {
            let ask = |_| number(&platform.asks(&format!("ask 1 100 {line}")), "p50_ms");
            times.push(median((0..alone).map(ask)));
            bares.push(1_000.0 / bare.commits(alone));
        }
        let (time, bare) = (median(times), median(bares));
        table.add(&format!("`{line}`, one chat alone: p50"), time, "ms", Bound::Free);
        table.add("… against a bare commit", time / bare, "×", Bound::Free);
    }
    drop(daemon);
}

/// One chat pours lines; the quiet ones are heard meanwhile.
fn fairness(size: Size, table: &mut Table) {
    let Size { flood, quiet, .. } = size;
    let mut platform = Platform::start(FAKE);
    let mut daemon = Daemon::at("telegram", platform.url(), platform.token()).start();
    platform.asks(&format!("people {}", quiet + 2));
    platform.asks(&format!("ask {} 100 /whoami", quiet + 2));
    platform.asks(&format!("pour 1 {flood} /session"));
    // Telegram hands updates out in their order: this one comes last.
    let behind = platform.asks(&format!("ask {} 100 /whoami", quiet + 2));
    platform.asks("drained");
    let (mut times, mut waiting) = (Vec::new(), flood);
    for person in 2..=quiet + 1 {
        let answered = number(&platform.asks("count 1"), "count");
        waiting = waiting.min(flood.saturating_sub(answered as usize));
        times.push(
            number(&platform.asks(&format!("ask {person} 100 /whoami")), "seconds") * 1_000.0,
        );
    }
    let answered = number(&platform.asks("count 1"), "count");
    let left = flood as f64 - answered;
    let longest = times.iter().copied().fold(0.0, f64::max);
    let case = format!("a quiet chat beside {flood} updates");
    table.add(&format!("{case}: left of them in the end"), left, "", Bound::AtLeast(1.0));
    table.add(&format!("{case}: longest of {quiet}"), longest, "ms", Bound::AtMost(250.0));
    table.add(&format!("{case}: p50"), median(times), "ms", Bound::Free);
    let case = format!("said behind {flood} that Telegram has yet to hand out");
    table.add(
        &format!("{case}: from said"),
        number(&behind, "seconds") * 1_000.0,
        "ms",
        Bound::Free,
    );
    table.add(&format!("{case}: from handed out"), number(&behind, "p50_ms"), "ms", Bound::Free);
    daemon.dies();
}
