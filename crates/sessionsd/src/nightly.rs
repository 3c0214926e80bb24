//! What is done each night: what is older than it is to be is removed, its keys destroyed, its space given back.
//!
//! Once a day the bot is told to forget the tails of its inbox and outbox, under the same condition.
//!
//! Not here: what is old and what still reaches it (`SessionManager::cleanup`, `Bot::forget_what_is_old`).
//!
//! Invariant: nothing is destroyed by age while the clock cannot be trusted (`jump`).

mod jump;

use std::time::Duration;

use bot::{Bot, BotError, Causes, Outlet, Store};
use rustix::time::{ClockId, clock_gettime};
use sessions::Environment;
use sessions::id::IdBytes;
use sessions::manager::{Cleanup, CleanupReport};
use sessions::reset::{TimeOfDay, next_boundary};
use sessions::time::Timestamp;
use sqlite::SqliteStore;

use crate::run::Daemon;

use jump::Clocks;

/// How often the clocks are looked at.
const LOOKING: Duration = Duration::from_secs(60);
/// How many looks pass between two that are kept.
const KEEPING: u32 = 10;
/// How many looks pass between two at which the bot forgets: a day.
const FORGETTING: u32 = 24 * 60;
/// How often it is tried to remove what was destroyed from the log.
const SCRUBS: u32 = 30;
/// Where what is known of the clocks is kept.
const CLOCKS: &str = "clocks";
const HELD: &str = "clocks/held";

/// What is to be removed, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Retention {
    /// Past sessions without activity for so long; `None` keeps them for ever.
    pub(crate) older_than: Option<Duration>,
    /// Their checkpoints stay, and what these reach.
    pub(crate) keep_checkpoints: bool,
    /// The time of the night.
    pub(crate) at: TimeOfDay,
}

impl Retention {
    fn cleanup(self) -> Cleanup {
        // What is in the bin for too long goes in any case.
        let older_than = self.older_than.unwrap_or(Duration::MAX);
        Cleanup { older_than, keep_checkpoints: self.keep_checkpoints, dry_run: false }
    }
}

/// Works each night, as the retention says that holds then.
pub(crate) async fn work(bot: Daemon, retention: tokio::sync::watch::Receiver<Retention>) {
    let mut clocks = begin(&bot).await;
    let mut looking = tokio::time::interval(LOOKING);
    let (mut due, mut forgets_at) = (None, 1);
    for look in 1_u32.. {
        looking.tick().await;
        let (wall, retention) = (now(&bot), *retention.borrow());
        if let Some(jump) = clocks.look(wall, up()) {
            let hours = jump.as_secs() / 3_600;
            tracing::warn!(
                hours,
                "the clock is ahead of what was lived through, or the machine was off: nothing is destroyed by age until \
                 as much time has passed; `sessionsd cleanup` does it now"
            );
        }
        if look % KEEPING == 1 || clocks.is_held() {
            keep(&bot, clocks).await;
        }
        if is_to_forget(&mut forgets_at, look, clocks) {
            forget(&bot).await;
        }
        let next = next_boundary(retention.at, bot.manager().config().zone, wall);
        let at = *due.get_or_insert(next);
        // A clock that was set back has its night again.
        due = Some(at.min(next));
        if at.is_some_and(|at| at <= wall) && !clocks.is_held() {
            due = None;
            clean_up(&bot, retention).await;
        }
    }
}

/// What a program does at its start that does not run on: it keeps no clocks, but trusts none that a daemon would not.
pub(crate) async fn forget_once<E: Environment, O: Outlet>(bot: &Bot<SqliteStore, E, O>) {
    match known(bot).await {
        Ok(Some(mut clocks)) => {
            clocks.look(now(bot), up());
            if !clocks.is_held() {
                forget(bot).await;
            }
        }
        Ok(None) => forget(bot).await,
        Err(error) => {
            tracing::warn!(error = %Causes(&error), "it cannot be read whether the clock can be trusted")
        }
    }
}

/// Whether the bot is to forget at this look: once a day, as soon as the clock can be trusted.
fn is_to_forget(at: &mut u32, look: u32, clocks: Clocks) -> bool {
    let is_due = *at <= look && !clocks.is_held();
    if is_due {
        *at = look.saturating_add(FORGETTING);
    }
    is_due
}

async fn forget<E: Environment, O: Outlet>(bot: &Bot<SqliteStore, E, O>) {
    if let Err(error) = bot.forget_what_is_old().await {
        tracing::warn!(error = %Causes(&error), "what is old could not be forgotten; it is tried again tomorrow");
    }
}

fn now<E: Environment, O: Outlet>(bot: &Bot<SqliteStore, E, O>) -> Timestamp {
    bot.manager().environment().now()
}

/// The time since the machine was started, its sleep included.
fn up() -> Duration {
    let up = clock_gettime(ClockId::Boottime);
    let (seconds, nanos) = (u64::try_from(up.tv_sec), u32::try_from(up.tv_nsec));
    Duration::new(seconds.unwrap_or_default(), nanos.unwrap_or_default())
}

async fn clean_up(bot: &Daemon, retention: Retention) {
    let mut report = match bot.manager().cleanup(retention.cleanup()).await {
        Ok(report) => report,
        Err(error) => {
            let error = &error as &dyn std::error::Error;
            tracing::error!(
                error,
                "what is old could not be removed; it is tried again next night"
            );
            return;
        }
    };
    for _ in 0..SCRUBS {
        if report.scrubbed {
            break;
        }
        tokio::time::sleep(LOOKING).await;
        report.scrubbed = bot.manager().store().scrub().await.unwrap_or(false);
    }
    let CleanupReport { sessions, held, checkpoints, messages, scrubbed, .. } = report;
    if let Some(first) = report.first_failure {
        let failed = report.failed;
        tracing::error!(
            failed,
            first,
            "sessions were passed over, what is old of them stays; `sessionsd verify` says what is wrong"
        );
    }
    tracing::info!(sessions, held, checkpoints, messages, scrubbed, "what is old was removed");
}

/// The clocks, as far as they are known from earlier.
async fn begin(bot: &Daemon) -> Clocks {
    let known = insist(LOOKING, || known(bot)).await;
    known.unwrap_or_else(|| Clocks::begin(now(bot), up()))
}

async fn known<E: Environment, O: Outlet>(
    bot: &Bot<SqliteStore, E, O>,
) -> Result<Option<Clocks>, BotError> {
    let clocks = bot.noted(CLOCKS).await?;
    let held = bot.noted(HELD).await?;
    Ok(clocks.map(|clocks| from_notes(clocks, held.unwrap_or_default())))
}

/// Reads what has to be known, again and again until it can be read.
async fn insist<T, F>(pause: Duration, read: impl Fn() -> F) -> T
where
    F: Future<Output = Result<T, BotError>>,
{
    loop {
        match read().await {
            Ok(known) => return known,
            Err(error) => tracing::error!(
                error = %Causes(&error),
                "what is old is not removed: it cannot be read when this last ran; that is tried again"
            ),
        }
        tokio::time::sleep(pause).await;
    }
}

async fn keep(bot: &Daemon, clocks: Clocks) {
    let (noted, held) = to_notes(clocks);
    for (name, note) in [(CLOCKS, noted), (HELD, held)] {
        if let Err(error) = bot.note(name, note).await {
            tracing::warn!(error = %Causes(&error), "the clock could not be noted");
        }
    }
}

/// The wall clock and the time since the start of the machine, and what is held; all in milliseconds.
fn to_notes(clocks: Clocks) -> (IdBytes, IdBytes) {
    let wall = u128::from(clocks.wall.as_millis().cast_unsigned());
    let up = clocks.up.as_millis() & u128::from(u64::MAX);
    ((wall << 64 | up).to_be_bytes(), clocks.held.as_millis().to_be_bytes())
}

fn from_notes(noted: IdBytes, held: IdBytes) -> Clocks {
    let millis = |number: u128| {
        Duration::from_millis(u64::try_from(number & u128::from(u64::MAX)).unwrap_or_default())
    };
    let noted = u128::from_be_bytes(noted);
    let wall = u64::try_from(noted >> 64).unwrap_or_default().cast_signed();
    Clocks {
        wall: Timestamp::from_millis(wall),
        up: millis(noted),
        held: millis(u128::from_be_bytes(held)),
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use sessions::store::StoreError;

    use super::*;

    #[tokio::test]
    async fn one_read_that_fails_does_not_end_the_nights() {
        let reads = Cell::new(0);
        let read = || {
            reads.set(reads.get() + 1);
            let fails = reads.get() < 3;
            async move { if fails { Err(StoreError::Io("no answer".into()).into()) } else { Ok(7) } }
        };
        assert_eq!((insist(Duration::ZERO, read).await, reads.get()), (7, 3));
    }

    #[test]
    fn the_bot_forgets_once_a_day_and_not_while_the_clock_is_held() {
        let hour = Duration::from_secs(3_600);
        let mut clocks = Clocks::begin(Timestamp::from_millis(1_796_000_000_000), hour);
        let mut at = 1;
        let days = |days: u32| hour * 24 * days;
        // Ten days ahead, as at a start with a clock that is wrong.
        clocks.look(clocks.wall.plus(days(10)), hour);
        assert!((1..FORGETTING * 9).all(|look| !is_to_forget(&mut at, look, clocks)));
        // Ten days were lived through.
        clocks.look(clocks.wall.plus(days(10)), hour + days(10));
        let from = FORGETTING * 10;
        let forgets = |look: &u32| is_to_forget(&mut at, *look, clocks);
        let looks: Vec<u32> = (from..=from + FORGETTING * 2).filter(forgets).collect();
        assert_eq!(looks, [from, from + FORGETTING, from + FORGETTING * 2]);
    }

    #[test]
    fn clocks_are_known_again_from_their_notes() {
        let clocks = Clocks {
            wall: Timestamp::from_millis(1_796_000_000_123),
            up: Duration::from_millis(987_654_321),
            held: Duration::from_secs(86_400),
        };
        let (noted, held) = to_notes(clocks);
        assert_eq!(from_notes(noted, held), clocks);
    }
}
