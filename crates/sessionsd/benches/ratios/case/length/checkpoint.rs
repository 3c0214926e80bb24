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
        let ratio = rounds
            .iter()
            .filter_map(|round| Some(micros(*round.others.get(index)?) / micros(round.append)));
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

pub(super) async fn save(home: &Home, number: usize) -> anyhow::Result<CheckpointId> {
    let ask = Ask::Save { name: Some(format!("before step {number}")), description: None };
    let outcome = home.perform(&ask).await?.decision.outcome;
    let Outcome::Saved(checkpoint) = outcome else { anyhow::bail!("a save saved nothing") };
    Ok(checkpoint.id)
}

/// How much the database grows by each operation, over many.
fn growth(bench: &Bench, home: &Home, table: &mut Table) -> anyhow::Result<()> {
    let times = bench.size.rounds * 10;
    let earlier = bench.runtime.block_on(save(home, 0))?;
    bench.runtime.block_on(append_each(&home.manager, home.session, 1))?;
    let later = bench.runtime.block_on(save(home, 1))?;
    let to = |id| Ask::Restore(CheckpointRef::Id(id));

    let saves = grown(home, times, |number| bench.runtime.block_on(save(home, number)).map(drop))?;
    let restores = grown(home, times, |number| {
        let id = if number % 2 == 0 { earlier } else { later };
        bench.runtime.block_on(home.perform(&to(id))).map(drop)
    })?;
    let clears = grown(home, times, |_| {
        bench.runtime.block_on(async {
            append_each(&home.manager, home.session, 1).await?;
            home.perform(&Ask::Clear).await.map(drop)
        })
    })?;
    let undos = grown(home, times, |_| bench.runtime.block_on(home.perform(&Ask::Undo)).map(drop))?;
    let names = ["checkpoint save", "checkpoint restore", "clear and an append", "undo"];
    for (name, bytes) in names.into_iter().zip([saves, restores, clears, undos]) {
        table.add(&Row {
            case: format!("{name} at {} messages, growth of the database", bench.size.long),
            ours: Amount::Bytes(bytes),
            bare: None,
            measured: Amount::Bytes(bytes),
            bound: Bound::AtMost(Amount::Bytes(2_048.0)),
        });
    }
    Ok(())
}

/// Bytes that the database grows by in each step, on average.
fn grown(
    home: &Home,
    steps: usize,
    mut step: impl FnMut(usize) -> anyhow::Result<()>,
) -> anyhow::Result<f64> {
    let before = size_of(&home.database())?;
    for number in 0..steps {
        step(number)?;
    }
    let grown = i32::try_from(size_of(&home.database())? - before)?;
    Ok(f64::from(grown) / f64::from(u32::try_from(steps)?))
}
