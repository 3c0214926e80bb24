//! Reading history back: opened messages against the same rows unopened, and against rows in plain text.

use std::time::{Duration, Instant};

use sessions::manager::{HistoryOptions, HistoryView};

use crate::Bench;
use crate::bare::{Bare, BareRows};
use crate::home::Home;
use crate::round::{each, in_turn};
use crate::table::Table;

const LAST: usize = 50;

pub(crate) fn run(bench: &Bench, table: &mut Table) -> anyhow::Result<()> {
    let whole = bench.size.whole;
    let home = Home::new(bench, whole)?;
    let bare = Bare::new(&home.beside("bare.db"), whole)?;
    let rows = BareRows::of(&home.database())?;
    for (limit, times, case, bound) in [
        (LAST, 50, format!("last {LAST} messages"), 2.0),
        (whole, 1, format!("all of {whole} messages"), 2.5),
    ] {
        let ours = || read_newest(bench, &home, limit, times);
        let paired = in_turn(bench.size.rounds, ours, || rows.read_newest(limit, times))?;
        table.add(&paired.at_most(format!("{case}, against the sealed rows"), bound));
        let paired = in_turn(bench.size.rounds, ours, || bare.read_newest(limit, times))?;
        table.add(&paired.free(format!("{case}, against rows in plain text")));
    }
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
