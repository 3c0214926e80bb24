//! Verifying a long conversation: how many messages are opened and looked at in a second.

use std::time::{Duration, Instant};

use sessions::store::rows::RowKind;

use crate::Bench;
use crate::home::Home;
use crate::round::{median, micros};
use crate::table::{Amount, Bound, Row, Table};

/// Each takes seconds.
const ROUNDS: usize = 5;

pub(crate) fn run(bench: &Bench, table: &mut Table) -> anyhow::Result<()> {
    let messages = bench.size.long;
    let home = Home::new(bench, messages)?;
    let mut took = Vec::new();
    for _ in 0..bench.size.rounds.min(ROUNDS) {
        took.push(micros(verify(bench, &home, messages)?));
    }
    let took = median(took);
    table.add(&Row {
        case: format!("verify {messages} messages"),
        ours: Amount::Micros(took),
        bare: None,
        measured: Amount::PerSecond(f64::from(u32::try_from(messages)?) / took * 1e6),
        bound: Bound::AtLeast(Amount::PerSecond(150_000.0)),
    });
    Ok(())
}

fn verify(bench: &Bench, home: &Home, messages: usize) -> anyhow::Result<Duration> {
    let since = Instant::now();
    let report = bench.runtime.block_on(home.manager.verify(|_| ()))?;
    let took = since.elapsed();
    anyhow::ensure!(report.is_sound(), "{:?}", report.findings);
    let seen = report.rows.get(&RowKind::Message).copied().unwrap_or(0);
    anyhow::ensure!(seen >= u64::try_from(messages)?, "{seen} of {messages} messages");
    Ok(took)
}
