//! What the length of a session costs: a very long one against a short one, and against itself.

mod checkpoint;
mod many;
mod search;

use std::time::{Duration, Instant};

use sessions::manager::ContextOptions;
use sessions::model::Strategy;

use super::append::append_each;
use super::read::read_newest;
use crate::Bench;
use crate::bare::fill_log;
use crate::home::Home;
use crate::round::{each, in_turn};
use crate::table::Table;

pub(crate) fn run(bench: &Bench, table: &mut Table) -> anyhow::Result<()> {
    let size = bench.size;
    let long = Home::new(bench, size.long)?;
    let short = Home::new(bench, size.short)?;
    let append = |home: &Home| {
        bench.runtime.block_on(append_each(&home.manager, home.session, size.operations))
    };
    for home in [&long, &short] {
        fill_log(bench, &home.database(), || append(home).map(drop))?;
    }
    let paired = in_turn(size.rounds, || append(&long), || append(&short))?;
    let names = format!("{} against {} messages", size.long, size.short);
    table.add(&paired.at_most(format!("append, {names}"), 1.2));
    let newest = |home: &Home| read_newest(bench, home, 50, size.operations);
    let paired = in_turn(size.rounds, || newest(&long), || newest(&short))?;
    table.add(&paired.at_most(format!("last 50 messages, {names}"), 1.5));
    drop(short);

    let middle = Home::new(bench, size.middle)?;
    for strategy in [Strategy::Recent, Strategy::Smart] {
        let build = |home: &Home| context(bench, home, strategy);
        let paired = in_turn(size.rounds, || build(&long), || build(&middle))?;
        let case = format!(
            "context of {} tokens, {strategy}, {} against {} messages",
            size.tokens, size.long, size.middle
        );
        table.add(&paired.at_most(case, 1.2));
    }
    drop(middle);
    many::run(bench, table)?;
    checkpoint::run(bench, &long, table)?;
    search::run(bench, &long, table)
}

/// Builds a context. The first one counts tokens, and is in a round that does not count.
fn context(bench: &Bench, home: &Home, strategy: Strategy) -> anyhow::Result<Duration> {
    let options = ContextOptions {
        session_id: home.session,
        max_tokens: bench.size.tokens,
        strategy: Some(strategy),
    };
    bench.runtime.block_on(async {
        let since = Instant::now();
        let context = home.manager.get_context_history(options).await;
        let context = context.map_err(|failure| anyhow::anyhow!("{failure:?}"))?;
        anyhow::ensure!(
            context.total_tokens() > options.max_tokens / 2,
            "the context is too small"
        );
        Ok(each(since, 1))
    })
}
