//! What the daemon carries on Discord: commands that are filled in, at a steady rate; lines that are typed.
//!
//! ```text
//! cargo bench -p e2e --bench discord                 everything: about a minute
//! cargo bench -p e2e --bench discord -- --quick      small numbers: does everything still run? (also: BENCH_QUICK=1)
//! cargo bench -p e2e --bench discord -- --strict     exit code 1 when a bound is broken
//! ```
//!
//! The daemon is the real program, sealed, `synchronous=FULL`, its log as usual; the platform is a process of its own on the
//! same machine. Each command comes from another person in turn, in their direct channel; times are taken by the platform,
//! from an interaction told to its acknowledgement and to its answer. The platform shows no command that was refused as an
//! answer: what was not accepted in time is counted by the daemon's answer to it.
//!
//! What is typed is answered by messages, of which Discord takes fifty a second from one bot: more is not measured.

#[path = "../load/measure.rs"]
mod measure;
#[path = "../load/platform.rs"]
mod platform;
#[path = "../load/table.rs"]
mod table;

use std::process::ExitCode;
use std::time::Instant;

use e2e::Daemon;

use measure::{median, number};
use platform::Platform;
use table::{Bound, Table};

/// How much is measured.
#[derive(Clone, Copy)]
struct Size {
    people: usize,
    /// Commands a second, and for how many seconds.
    a_second: usize,
    seconds: usize,
    rounds: usize,
    /// Lines that one person types at once.
    typed: usize,
}

const FULL: Size = Size { people: 500, a_second: 200, seconds: 10, rounds: 3, typed: 300 };
const QUICK: Size = Size { people: 50, a_second: 100, seconds: 1, rounds: 1, typed: 20 };

/// What is run, and what it writes: nothing, a checkpoint, a session.
const LINES: [&str; 3] = ["/whoami", "/checkpoint save", "/new text:some words"];

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args().collect();
    let has = |flag: &str| arguments.iter().any(|argument| argument == flag);
    let is_quick = has("--quick") || std::env::var_os("BENCH_QUICK").is_some_and(|it| it != "0");
    let size = if is_quick { QUICK } else { FULL };
    let mut table = Table::new();
    let mut platform = Platform::start(env!("CARGO_BIN_EXE_fake-discord"));
    let daemon = Daemon::at("discord", platform.url(), platform.token()).start();
    platform.asks("connected");
    platform.asks(&format!("people {}", size.people));
    // Everybody's first line makes their conversation.
    platform.asks(&format!("load {} {} /new text:hello", size.people / 5, 5));
    interactions(size, &mut platform, &mut table);
    messages(size, &mut platform, &mut table);
    drop(daemon);
    if has("--strict") && table.is_broken() { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// Commands at a steady rate, each answered.
fn interactions(size: Size, platform: &mut Platform, table: &mut Table) {
    let Size { a_second, seconds, rounds, .. } = size;
    for line in LINES {
        let loads: Vec<_> = (0..rounds)
            .map(|_| platform.asks(&format!("load {a_second} {seconds} {line}")))
            .collect();
        let of =
            |what: &str, part: &str| median(loads.iter().map(|load| number(&load[what], part)));
        let longest = |what: &str| {
            loads.iter().map(|load| number(&load[what], "longest")).fold(0.0, f64::max)
        };
        let refused = loads.iter().map(|load| number(load, "refused")).sum();
        let done = median(loads.iter().map(|load| number(load, "per_second")));
        let case = format!("`{line}`, {a_second}/s");
        table.add(&format!("{case}: answered"), done, "/s", Bound::AtLeast(a_second as f64 * 0.9));
        table.add(&format!("{case}: not accepted"), refused, "", Bound::AtMost(0.0));
        for (what, name) in [("acknowledged_ms", "acknowledged"), ("answered_ms", "answered")] {
            table.add(&format!("{case}: {name}, p50"), of(what, "p50"), "ms", Bound::Free);
            table.add(&format!("{case}: {name}, p99"), of(what, "p99"), "ms", Bound::AtMost(500.0));
            table.add(
                &format!("{case}: {name}, longest"),
                longest(what),
                "ms",
                Bound::AtMost(2_500.0),
            );
        }
    }
}

/// Lines that one person types at once: as many a second as the daemon lets itself send. Free: the fake's headers say of
/// each answer that its bucket of fifty begins anew, so that half of the time is spent waiting for what they say.
fn messages(size: Size, platform: &mut Platform, table: &mut Table) {
    let before = number(&platform.asks("count 1"), "count");
    let began = Instant::now();
    platform.asks(&format!("pour 1 {} hello", size.typed));
    while number(&platform.asks("count 1"), "count") < before + size.typed as f64 {}
    let a_second = size.typed as f64 / began.elapsed().as_secs_f64();
    table.add(
        &format!("{} lines typed at once: answered", size.typed),
        a_second,
        "/s",
        Bound::Free,
    );
}
