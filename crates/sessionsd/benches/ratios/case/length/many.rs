//! Many checkpoints in a lane against a few: the newest listed, one restored by its name.

use std::time::{Duration, Instant};

use anyhow::ensure;
use sessions::manager::{Ask, At, CheckpointRef};

use super::checkpoint::save;
use crate::Bench;
use crate::home::Home;
use crate::round::{each, in_turn};
use crate::table::Table;

/// The checkpoints of the lane that many are compared with, and of a page of the list.
const FEW: usize = 10;

pub(super) fn run(bench: &Bench, table: &mut Table) -> anyhow::Result<()> {
    let (many, few) = (Home::new(bench, FEW)?, Home::new(bench, FEW)?);
    for (home, count) in [(&many, bench.size.checkpoints), (&few, FEW)] {
        for number in 0..count {
            bench.runtime.block_on(save(home, number))?;
        }
    }
    let of = format!("{} against {FEW} checkpoints", bench.size.checkpoints);
    let rounds = bench.size.rounds;
    let list = |home: &Home| bench.runtime.block_on(list(home, bench.size.operations));
    let paired = in_turn(rounds, || list(&many), || list(&few))?;
    table.add(&paired.at_most(format!("newest checkpoints, {of}"), 3.0));
    let restore = |home: &Home| bench.runtime.block_on(restore(home, bench.size.operations));
    let paired = in_turn(rounds, || restore(&many), || restore(&few))?;
    table.add(&paired.at_most(format!("checkpoint restore by name, {of}"), 2.0));
    Ok(())
}

async fn list(home: &Home, count: usize) -> anyhow::Result<Duration> {
    let since = Instant::now();
    for _ in 0..count {
        let listed = home.manager.list_checkpoints_of(&At::Lane(home.lane), None, FEW).await;
        let listed = listed.map_err(|failure| anyhow::anyhow!("{failure:?}"))?;
        ensure!(listed.checkpoints.len() == FEW, "a page has {}", listed.checkpoints.len());
    }
    Ok(each(since, count))
}

async fn restore(home: &Home, count: usize) -> anyhow::Result<Duration> {
    let since = Instant::now();
    for number in 0..count {
        let name = format!("before step {}", number % FEW);
        home.perform(&Ask::Restore(CheckpointRef::Typed(name))).await?;
    }
    Ok(each(since, count))
}
