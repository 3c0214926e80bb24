//! What sessions cost, against bare SQLite on the same disk and against themselves.
//!
//! ```text
//! cargo bench -p sessionsd                      everything: some minutes, some 2 GiB of memory
//! cargo bench -p sessionsd -- append search     the cases whose group is named
//! cargo bench -p sessionsd -- --quick           small numbers: does everything still run?
//! cargo bench -p sessionsd -- --strict          exit code 1 when a bound is broken
//! ```
//!
//! Absolute numbers drift with the machine and with what else it does. So both sides of a ratio are measured in turn, in
//! many short rounds, and what is shown are medians over rounds: of each side, and of the ratio of each round.

mod bare;
mod case;
mod home;
mod round;
mod table;
mod text;

use std::path::PathBuf;
use std::process::ExitCode;

use tokio::runtime::{Builder, Runtime};

use table::Table;

/// How much is measured.
#[derive(Clone, Copy)]
struct Size {
    /// Rounds of a case.
    rounds: usize,
    /// Single operations in a round.
    operations: usize,
    /// Messages of the long session.
    long: usize,
    /// Messages of the session that contexts of the long one are compared with.
    middle: usize,
    /// Messages of the session that is read whole.
    whole: usize,
    /// Messages of the short session.
    short: usize,
    /// Checkpoints of the lane that has many.
    checkpoints: usize,
    /// Tokens of a context.
    tokens: u64,
    /// Starts of the console.
    starts: usize,
    /// Whether logs are written to their full length first.
    fills_logs: bool,
}

const FULL: Size = Size {
    rounds: 40,
    operations: 50,
    long: 1_000_000,
    middle: 20_000,
    whole: 10_000,
    short: 1_000,
    checkpoints: 10_000,
    tokens: 100_000,
    starts: 11,
    fills_logs: true,
};

const QUICK: Size = Size {
    rounds: 3,
    operations: 20,
    long: 5_000,
    middle: 2_000,
    whole: 1_000,
    short: 200,
    checkpoints: 500,
    tokens: 10_000,
    starts: 3,
    fills_logs: false,
};

/// What every case needs.
struct Bench {
    runtime: Runtime,
    size: Size,
    /// Beside the build, so on a disk; `BENCH_FOLDER` names another, in memory to see what is left without a disk.
    folder: PathBuf,
}

struct Arguments {
    quick: bool,
    strict: bool,
    groups: Vec<String>,
}

fn main() -> anyhow::Result<ExitCode> {
    let arguments = arguments();
    let bench = Bench {
        runtime: Builder::new_multi_thread().worker_threads(2).enable_all().build()?,
        size: if arguments.quick { QUICK } else { FULL },
        folder: std::env::var_os("BENCH_FOLDER")
            .map_or_else(|| PathBuf::from(env!("CARGO_TARGET_TMPDIR")), PathBuf::from),
    };
    let mut table = Table::new();
    for (group, run) in case::ALL {
        if arguments.groups.is_empty() || arguments.groups.iter().any(|wanted| wanted == group) {
            run(&bench, &mut table)?;
        }
    }
    let broken = table.end();
    Ok(if arguments.strict && broken { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn arguments() -> Arguments {
    let quick = std::env::var_os("BENCH_QUICK").is_some_and(|value| value != "0");
    let mut arguments = Arguments { quick, strict: false, groups: Vec::new() };
    for argument in std::env::args().skip(1) {
        match argument.as_str() {
            // Cargo says so itself.
            "--bench" => {}
            "--quick" => arguments.quick = true,
            "--strict" => arguments.strict = true,
            _ => arguments.groups.push(argument),
        }
    }
    arguments
}
