//! Searching a long session for what is not there, against reading and opening it.

use std::time::{Duration, Instant};

use sessions::id::SessionId;
use sessions::manager::At;

use crate::Bench;
use crate::home::Home;
use crate::round::{each, in_turn};
use crate::table::Table;

/// Messages that are read at a time.
const PAGE: usize = 512;

pub(super) fn run(bench: &Bench, home: &Home, table: &mut Table) -> anyhow::Result<()> {
    let at = At::Lane(home.lane);
    let search = || bench.runtime.block_on(search(home, &at, bench.size.long));
    let read = || bench.runtime.block_on(read(home, &at, home.session));
    let paired = in_turn(bench.size.rounds.min(5), search, read)?;
    let case = format!("search of {} messages, against reading them", bench.size.long);
    table.add(&paired.at_most(case, 2.0));
    Ok(())
}

async fn search(home: &Home, at: &At, least: usize) -> anyhow::Result<Duration> {
    let since = Instant::now();
    let (mut from, mut opened) = (None, 0);
    loop {
        let page = home.manager.search(at, "platypus checkpoint", from, 20).await;
        let page = page.map_err(|failure| anyhow::anyhow!("{failure:?}"))?;
        opened += page.opened;
        from = page.next;
        if from.is_none() {
            anyhow::ensure!(
                opened >= least && page.hits.is_empty(),
                "{opened} messages were opened"
            );
            return Ok(each(since, 1));
        }
    }
}

async fn read(home: &Home, at: &At, session: SessionId) -> anyhow::Result<Duration> {
    let since = Instant::now();
    let mut upto = None;
    while upto != Some(0) {
        let page = home.manager.history_page(at, Some(session), upto, PAGE).await;
        let page = page.map_err(|failure| anyhow::anyhow!("{failure:?}"))?;
        upto = Some(page.messages.first().map_or(0, |first| first.point.position - 1));
        std::hint::black_box(page);
    }
    Ok(each(since, 1))
}
