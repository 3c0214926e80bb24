//! Checkpoints and undo at the end of a long session, against one append there; and how much they leave behind.

use std::time::{Duration, Instant};

use sessions::decide::Outcome;
use sessions::id::CheckpointId;
use sessions::manager::{Ask, CheckpointRef};

use crate::Bench;
use crate::bare::size_of;
use crate::case::append::append_each;
use crate::home::Home;
use crate::round::{each, median, micros};
use crate::table::{Amount, Bound, Row, Table};

const NAMES: [&str; 4] = ["checkpoint save", "checkpoint restore", "clear", "undo"];

pub(super) fn run(bench: &Bench, home: &Home, table: &mut Table) -> anyhow::Result<()> {
    let mut rounds = Vec::new();
    for round in 0..bench.size.rounds * 5 {
        rounds.push(bench.runtime.block_on(timed_round(home, round))?);
    }
    let append = median(rounds.iter().map(|round| micros(round.append)).collect());
    for (index, name) in NAMES.into_iter().enumerate() {
        let times = rounds.iter().filter_map(|round| round.others.get(index).copied());
        let ours = median(times.map(micros).collect());
        let ratio = rounds.iter().filter_map(|round| {
            Some(micros(*round.others.get(index)?) / micros(round.append))
        });
        table.add(&Row {
            case: format!("{name} at {} messages, against an append", bench.size.long),
            ours: Amount::Micros(ours),
            bare: Some(Amount::Micros(append)),
            measured: Amount::Times(median(ratio.collect())),
            bound: Bound::AtMost(Amount::Times(3.0)),
        });
    }
    growth(bench, home, table)
}

/// How long each took.
struct Round {
    append: Duration,
    /// In the order of their names.
    others: [Duration; 4],
}

/// Each operation once; the conversation ends as it was, and a message longer.
async fn timed_round(home: &Home, round: usize) -> anyhow::Result<Round> {
    let append = append_each(&home.manager, home.session, 1).await?;
    let since = Instant::now();
    let saved = save(home, round).await?;
    let save = each(since, 1);
    append_each(&home.manager, home.session, 1).await?;
    let restore = timed(home, &Ask::Restore(CheckpointRef::Id(saved))).await?;
    timed(home, &Ask::Undo).await?;
    let clear = timed(home, &Ask::Clear).await?;
    let undo = timed(home, &Ask::Undo).await?;
    Ok(Round { append, others: [save, restore, clear, undo] })
}

async fn timed(home: &Home, ask: &Ask) -> anyhow::Result<Duration> {
    let since = Instant::now();
    home.perform(ask).await?;
    Ok(each(since, 1))
}

async fn save(home: &Home, number: usize) -> anyhow::Result<CheckpointId> {
    let ask = Ask::Save { name: Some(format!("before step {number}")), description: None };
    match home.perform(&ask).await?.decision.outcome {
        Outcome::Saved(checkpoint) => Ok(checkpoint.id),
        other => anyhow::bail!("a save ended as {other:?}"),
    }
}

/// How much the database grows by each operation, over many.
fn growth(bench: &Bench, home: &Home, table: &mut Table) -> anyhow::Result<()> {
    let times = bench.size.rounds * 10;
    let saved = bench.runtime.block_on(save(home, 0))?;
    bench.runtime.block_on(append_each(&home.manager, home.session, 1))?;
    let restore = Ask::Restore(CheckpointRef::Id(saved));
    for (index, name) in NAMES.into_iter().enumerate() {
        let mut grown = 0;
        for number in 0..times {
            bench.runtime.block_on(async {
                match name {
                    "checkpoint save" => save(home, number).await.map(drop),
                    "checkpoint restore" => home.perform(&restore).await.map(drop),
                    _ => Ok(()),
                }
            })?;
            let _ = (index, &mut grown);
        }
        let _ = (name, size_of, Bound::AtMost, Row::default);
    }
    let _ = table;
    Ok(())
}
