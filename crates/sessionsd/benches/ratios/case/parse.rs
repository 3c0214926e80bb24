//! Reading a command.

use std::hint::black_box;
use std::time::Instant;

use crate::Bench;
use crate::round::{median, micros};
use crate::table::{Amount, Bound, Row, Table};

const TIMES: usize = 20_000;

const COMMANDS: [&str; 4] = [
    "/new",
    "/history 20",
    "/session resume s-7k3f9q",
    "/checkpoint save \"before refactor\" --description \"all tests pass\"",
];

pub(crate) fn run(bench: &Bench, table: &mut Table) -> anyhow::Result<()> {
    for command in COMMANDS {
        anyhow::ensure!(commands::parse(command, None).is_ok(), "{command} is no command");
        let rounds = (0..bench.size.rounds).map(|_| {
            let since = Instant::now();
            for _ in 0..TIMES {
                black_box(commands::parse(black_box(command), None)).ok();
            }
            // 20,000 at once: a single one is too short for whole nanoseconds.
            micros(since.elapsed()) / 20_000.0
        });
        let each = median(rounds.collect());
        table.add(&Row {
            case: format!("parse `{command}`"),
            ours: Amount::Micros(each),
            bare: None,
            measured: Amount::Micros(each),
            bound: Bound::AtMost(Amount::Micros(2.0)),
        });
    }
    Ok(())
}
