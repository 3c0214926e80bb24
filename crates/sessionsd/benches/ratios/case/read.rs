//! Reading history back: opened messages against rows in plain text.

use std::time::{Duration, Instant};

use sessions::manager::{HistoryOptions, HistoryView};

use crate::Bench;
use crate::bare::Bare;
use crate::home::Home;
use crate::round::{each, in_turn};
use crate::table::Table;

const LAST: usize = 50;

pub(crate) fn run(bench: &Bench, table: &mut Table) -> anyhow::Result<()> {
    let whole = bench.size.whole;
    let home = Home::new(bench, whole)?;
    let bare = Bare::new(&home.beside("bare.db"), whole)?;
    let rounds = bench.size.rounds;
    let paired = in_turn(
        rounds,
        || read_newest(bench, &home, LAST, 50),
        || bare.read_newest(LAST, 50),
    )?;
    table.add(&paired.at_most(format!("last {LAST} messages"), 2.0));
    let paired =
        in_turn(rounds, || read_newest(bench, &home, whole, 1), || bare.read_newest(whole, 1))?;
    table.add(&paired.at_most(format!("all of {whole} messages"), 2.5));
    Ok(())
}

/// Reads the newest messages, so often.
pub(crate) fn read_newest(
    bench: &Bench,
    home: &Home,
    limit: usize,
    times: usize,
) -> anyhow::Result<Duration> {
    let options = HistoryOptions { limit: Some(limit), ..HistoryOptions::default() };
    bench.runtime.block_on(async {
        let since = Instant::now();
        for _ in 0..times {
            let view = home.manager.get_history(home.session, options).await;
            let view = view.map_err(|failure| anyhow::anyhow!("{failure:?}"))?;
            let HistoryView::Messages(messages) = &view else { anyhow::bail!("no messages") };
            anyhow::ensure!(messages.len() == limit, "{} of {limit} messages", messages.len());
            std::hint::black_box(view);
        }
        Ok(each(since, times))
    })
}
