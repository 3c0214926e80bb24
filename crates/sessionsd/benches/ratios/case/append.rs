//! Appending messages through the library: one after the other, and 64 lanes side by side.

use std::time::{Duration, Instant};

use sessions::id::SessionId;
use sessions::manager::{AddMessage, GetOrCreate};
use sessions::model::Role;

use crate::Bench;
use crate::bare::{Bare, fill_log};
use crate::home::{Home, Manager};
use crate::round::{each, in_turn, micros};
use crate::table::{Amount, Bound, Row, Table};
use crate::text::message;

pub(crate) const LANES: usize = 64;

pub(crate) fn run(bench: &Bench, table: &mut Table) -> anyhow::Result<()> {
    let home = Home::new(bench, 0)?;
    let mut bare = Bare::new(&home.beside("bare.db"), 0)?;
    let (manager, session) = (&home.manager, home.session);
    let (rounds, count) = (bench.size.rounds, bench.size.operations);
    let one = || bench.runtime.block_on(append_each(manager, session, count));
    fill_log(bench, &home.database(), || one().map(drop))?;
    fill_log(bench, &home.beside("bare.db"), || bare.append_each(count).map(drop))?;
    let paired = in_turn(rounds, one, || bare.append_each(count))?;
    table.add(&paired.at_most("append, one by one", 1.25));

    let lanes = bench.runtime.block_on(open_lanes(manager))?;
    let many = || bench.runtime.block_on(append_in_all(manager, &lanes, count));
    let paired = in_turn(rounds.div_ceil(4), many, one)?;
    table.add(&many_lanes("append, 64 lanes at once", paired.ours, paired.bare, paired.ratio, 8.0));
    Ok(())
}

/// The line of a case where many lanes are to do more in the time than one does.
pub(crate) fn many_lanes(case: &str, many: f64, one: f64, ratio: f64, bound: f64) -> Row {
    Row {
        case: case.to_owned(),
        ours: Amount::PerSecond(1e6 / many),
        bare: Some(Amount::PerSecond(1e6 / one)),
        measured: Amount::Times(1.0 / ratio),
        bound: Bound::AtLeast(Amount::Times(bound)),
    }
}

/// Appends messages to a session, one after the other.
pub(crate) async fn append_each(
    manager: &Manager,
    session_id: SessionId,
    count: usize,
) -> anyhow::Result<Duration> {
    let since = Instant::now();
    for number in 0..count {
        let content = message(number);
        let add = AddMessage { session_id, role: Role::User, content, usage: None };
        manager.add_message(add).await.map_err(|failure| anyhow::anyhow!("{failure:?}"))?;
    }
    Ok(each(since, count))
}

async fn open_lanes(manager: &Manager) -> anyhow::Result<Vec<SessionId>> {
    let mut lanes = Vec::with_capacity(LANES);
    for lane in 0..LANES {
        let user_id = format!("user {lane}");
        let of = GetOrCreate { user_id, channel_id: "bench".to_owned(), peer_id: None };
        let session = manager.get_or_create_session(&of).await;
        lanes.push(session.map_err(|failure| anyhow::anyhow!("{failure:?}"))?.id);
    }
    Ok(lanes)
}

/// Appends to all of them at once; answers how long one message of all took.
async fn append_in_all(
    manager: &Manager,
    lanes: &[SessionId],
    count: usize,
) -> anyhow::Result<Duration> {
    let since = Instant::now();
    let mut tasks = tokio::task::JoinSet::new();
    for session in lanes {
        let (manager, session) = (manager.clone(), *session);
        tasks.spawn(async move { append_each(&manager, session, count).await });
    }
    for done in tasks.join_all().await {
        anyhow::ensure!(micros(done?) > 0.0, "nothing was done");
    }
    Ok(each(since, lanes.len() * count))
}
