//! The bot's whole path: an event taken in, decided, answered, the answer delivered.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use bot::{Bot, Delivered, Outlet, Parcel};
use sqlite::{SqliteStore, SystemEnvironment};
use tokio::sync::Mutex;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::append::{LANES, many_lanes};
use crate::Bench;
use crate::bare::{Bare, fill_log};
use crate::home::{Home, said, start_bot};
use crate::round::{each, in_turn};
use crate::table::Table;
use crate::text::message;

pub(crate) fn run(bench: &Bench, table: &mut Table) -> anyhow::Result<()> {
    let home = Home::new(bench, 0)?;
    let mut bare = Bare::new(&home.beside("bare.db"), 0)?;
    let (told, people): (Vec<_>, Vec<_>) = (0..LANES).map(Person::new).unzip();
    let bot = bench.runtime.block_on(start_bot(&home.manager, Mailboxes(told)))?;
    let (rounds, count) = (bench.size.rounds, bench.size.operations);
    let people: Vec<_> = people.into_iter().map(Arc::new).collect();
    let Some(ann) = people.first() else { anyhow::bail!("there is nobody") };

    let one = || bench.runtime.block_on(talk_all(&bot, std::slice::from_ref(ann), count));
    fill_log(bench, &home.database(), || one().map(drop))?;
    fill_log(bench, &home.beside("bare.db"), || bare.append_each(count).map(drop))?;
    let paired = in_turn(rounds, one, || bare.append_each(count))?;
    table.add(&paired.at_most("whole path of the bot, one by one", 2.5));

    let many = || bench.runtime.block_on(talk_all(&bot, &people, count));
    let paired = in_turn(rounds.div_ceil(4), many, one)?;
    let (many, one, ratio) = (paired.ours, paired.bare, paired.ratio);
    table.add(&many_lanes("whole path of the bot, 64 lanes at once", many, one, ratio, 5.0));
    Ok(bench.runtime.block_on(bot.stop())?)
}

type TheBot = Bot<SqliteStore, SystemEnvironment, Mailboxes>;

/// Somebody who says something and waits for the answer.
struct Person {
    number: usize,
    answers: Mutex<UnboundedReceiver<()>>,
}

impl Person {
    fn new(number: usize) -> (UnboundedSender<()>, Self) {
        let (told, answers) = unbounded_channel();
        (told, Self { number, answers: Mutex::new(answers) })
    }
}

/// Hands each answer to the person who waits for it.
struct Mailboxes(Vec<UnboundedSender<()>>);

impl Outlet for Mailboxes {
    async fn deliver(&self, parcel: Parcel) -> Delivered {
        let number: Option<usize> = parcel.to.peer.parse().ok();
        let told = number.and_then(|number| self.0.get(number)).map(|told| told.send(()));
        if matches!(told, Some(Ok(()))) { Delivered::Sent } else { Delivered::Dead }
    }
}

async fn talk(bot: &TheBot, person: &Person, count: usize) -> anyhow::Result<Duration> {
    static EVENT: AtomicU64 = AtomicU64::new(0);
    let peer = person.number.to_string();
    let mut answers = person.answers.lock().await;
    let since = Instant::now();
    for number in 0..count {
        let event = EVENT.fetch_add(1, Ordering::Relaxed).to_string();
        bot.receive(said(&peer, event, message(number))).await?;
        answers.recv().await.ok_or_else(|| anyhow::anyhow!("no answer came"))?;
    }
    Ok(each(since, count))
}

/// All of them talk at once, each from a task as an adapter does.
async fn talk_all(bot: &TheBot, people: &[Arc<Person>], count: usize) -> anyhow::Result<Duration> {
    let since = Instant::now();
    let mut tasks = tokio::task::JoinSet::new();
    for person in people {
        let (bot, person) = (bot.clone(), Arc::clone(person));
        tasks.spawn(async move { talk(&bot, &person, count).await });
    }
    for done in tasks.join_all().await {
        done?;
    }
    Ok(each(since, people.len() * count))
}
