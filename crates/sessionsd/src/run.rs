//! The daemon: store, bot and channels, from the start to the signal that ends them.
//!
//! Invariant: nothing is made on disk before it is clear that there is a channel to serve.
//! Invariant: a channel that ends without being told to is a fault, and ends the program; so is what breaks down beside
//! the channels, and a store that takes nothing in any more.

use std::collections::BTreeMap;
use std::process;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow, bail};
use bot::{Bot, Settings, Store};
use discord::{Discord, DiscordError};
use sqlite::{SqliteStore, SystemEnvironment};
use telegram::{Telegram, TelegramError};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::beside::Beside;
use crate::channels::Channels;
use crate::configuration::{DiscordPlan, Listen, Settled, TelegramPlan, Unusable};
use crate::control::{self, Control};
use crate::data::Data;
use crate::log::Level;
use crate::nightly;
use crate::operate::{Live, Office};
use crate::reload::Reload;
use crate::service::{self, Pulse, Pulses};
use crate::sight::{Seen, Serving, Sight, Tally};

/// The bot as it runs here.
pub(crate) type Daemon = Bot<SqliteStore, SystemEnvironment, Channels>;

const NO_CHANNEL: &str = "no channel is configured, so there is nobody to talk to. Ask @BotFather on Telegram for a bot, \
or make one at https://discord.com/developers/applications; `sessionsd init` asks for its token and writes a \
configuration. Or put the token in a file, and write:

  [telegram]
  token_file = \"/etc/sessionsd/telegram.token\"

  [discord]
  token_file = \"/etc/sessionsd/discord.token\"

  [access]
  owners = [\"telegram:77\", \"discord:78\"]  # you; the bot tells those whom it does not know their number

Then start `sessionsd run --config FILE`. config/sessionsd.toml shows every key. Without an account, `sessionsd console` \
talks in this terminal.";

/// How long channels have to stop.
const CHANNELS_END: Duration = Duration::from_secs(3);
/// How often the store is looked at.
const LOOKING: Duration = Duration::from_secs(5);

/// What makes Discord tell all that is said in guilds.
const MESSAGE_CONTENT: &str = "discord.message_content";

/// The channels, running; each answers its name and how it ended.
type Running = JoinSet<(&'static str, anyhow::Result<()>)>;

/// Runs until a signal says stop, or nothing can go on.
pub(crate) async fn run(mut settled: Settled, level: Level) -> anyhow::Result<()> {
    let (telegram, discord) = (settled.telegram.take(), settled.discord.take());
    if telegram.is_none() && discord.is_none() {
        return Err(Unusable(NO_CHANNEL.to_owned()).into());
    }
    let stop = CancellationToken::new();
    end_with_signals(stop.clone())?;
    let (retaining, retention) =
        watch::channel(settled.retention.context("Invariant: what was settled has a night")?);
    let troubles = level.troubles();
    let reload = Reload::new(&settled, level, retaining)?;
    let mut channels = Channels::default();
    let is_untold = discord.as_ref().is_some_and(|plan| !plan.message_content);
    let untold = is_untold.then(|| ("discord".to_owned(), MESSAGE_CONTENT.to_owned()));
    let untold = BTreeMap::from_iter(untold);
    let telegram = telegram.map(|plan| open_telegram(plan, &mut channels)).transpose()?;
    let discord = discord.map(|plan| open_discord(plan, &mut channels)).transpose()?;
    let pulses = service::pulses(settled.metrics.is_some());
    let seen = seen(telegram.as_ref(), discord.as_ref());
    let links: Vec<_> = seen.iter().map(|seen| (seen.name, seen.link.clone())).collect();
    let sight = Sight::new(seen, pulses.lines());
    let _showing = serve(&sight, settled.metrics.as_ref()).await?;
    let opening = service::Longer::ask("opening the store");
    let (bot, control) = open(settled, channels, untold).await?;
    drop(opening);
    sight.show(bot.clone());

    let mut beside = Beside::default();
    let live = Live { bot: bot.clone(), channels: links.clone(), troubles, began: Instant::now() };
    let (manager, database) = (bot.manager().clone(), control.database());
    let office = Office { manager: manager.clone(), database, live: Some(live) };
    beside.go_on("the control socket", control.serve(Arc::new(office)));
    beside.go_on("the rotation of the master key", finish_rotation(bot.clone()));
    beside.go_on("reading the configuration again", reload.listen(bot.clone()));
    beside.go_on("what is done each night", nightly::work(bot.clone(), retention));
    beside.go_on("telling the service manager", service::tell_of(links));
    beside.begin("the store", look_at_store(manager, pulses.add("the store")));
    let mut running = start(telegram, discord, &bot, &stop, &pulses);
    service::feed_watchdog(pulses);

    let ended = tokio::select! {
        ended = until_one_ends(&mut running, &stop) => ended,
        fault = beside.until_fault() => Err(fault),
    };
    // The others end with it.
    stop.cancel();
    service::is_stopping();
    beside.shut_down().await;
    if tokio::time::timeout(CHANNELS_END, end_well(&mut running)).await.is_err() {
        tracing::warn!("a channel did not stop in time; what it did not confirm comes again");
        running.shutdown().await;
    }
    sight.hide();
    let stopped = bot.stop().await;
    ended?;
    stopped.context("what was delivered last could not be noted")?;
    tracing::info!("stopped");
    Ok(())
}

/// Starts the channels.
fn start(
    telegram: Option<Telegram>,
    discord: Option<Discord>,
    bot: &Daemon,
    stop: &CancellationToken,
    pulses: &Pulses,
) -> Running {
    let mut running = JoinSet::new();
    if let Some(telegram) = telegram {
        let (bot, stop) = (bot.clone(), stop.clone());
        let (name, pulse) = ("Telegram", pulses.add("Telegram"));
        running.spawn(async move {
            let ended = pulse.during(telegram.run(bot, stop)).await;
            let is_setting = |error: &_| matches!(error, TelegramError::Token);
            (name, ended.map_err(|error| told(error, is_setting)))
        });
    }
    if let Some(discord) = discord {
        let (bot, stop) = (bot.clone(), stop.clone());
        let (name, pulse) = ("Discord", pulses.add("Discord"));
        running.spawn(async move {
            let ended = pulse.during(discord.run(bot, stop)).await;
            let is_setting =
                |error: &_| matches!(error, DiscordError::Token | DiscordError::Intent);
            (name, ended.map_err(|error| told(error, is_setting)))
        });
    }
    running
}

/// Waits until all channels have ended.
async fn end_well(running: &mut Running) {
    while let Some(other) = running.join_next().await {
        if let Err(error) = became(other) {
            tracing::error!(error = %format_args!("{error:#}"), "a channel did not end well");
        }
    }
}

/// Finishes a rotation of the master key that an earlier process began.
async fn finish_rotation(bot: Daemon) {
    let Some(rotation) = bot.manager().rotation() else { return };
    tracing::info!(
        from = rotation.from.0,
        to = rotation.to.0,
        "the rotation of the master key goes on"
    );
    match bot.manager().resume_rotation(|_| ()).await {
        Ok(report) => {
            let keys = report.map_or(0, |report| report.keys);
            tracing::info!(keys, "the master key was rotated: the one before is needed no more");
        }
        Err(error) => {
            let error = &error as &dyn std::error::Error;
            tracing::error!(
                error,
                "the rotation of the master key is not complete: keep both keys"
            );
        }
    }
}

/// The sessions as they are here.
type Manager = sessions::SessionManager<SqliteStore, SystemEnvironment>;

/// Reads from the store now and then, so that it is noticed should reading ever hang; that it fails is no hang. While
/// nothing can be stored, that is tried as well. Fails once
/// nothing is taken in any more: nothing but another start heals that.
async fn look_at_store(manager: Manager, pulse: Arc<Pulse>) -> anyhow::Result<()> {
    let looks = async {
        let mut looking = tokio::time::interval(LOOKING);
        loop {
            looking.tick().await;
            let store = manager.store();
            let _ = store.header().await;
            if store.meter().trouble().is_some() {
                // Nobody else may have anything to store. A disk that hangs is waited for by whoever does.
                let _ = tokio::time::timeout(LOOKING, store.try_writing()).await;
            }
            if store.is_closed() {
                bail!(
                    "what writes it has broken down, so nothing can be stored before another start"
                );
            }
        }
    };
    pulse.during(looks).await
}

/// Why a channel ended: a setting of it has to be changed first, or another start may help.
fn told<E: std::error::Error + Send + Sync + 'static>(
    error: E,
    is_setting: impl Fn(&E) -> bool,
) -> anyhow::Error {
    if is_setting(&error) { Unusable(error.to_string()).into() } else { error.into() }
}

/// How a channel ended, with its name.
type Ended = Result<(&'static str, anyhow::Result<()>), tokio::task::JoinError>;

/// Waits for the first channel that ends. Unless it was told to, that is a fault.
async fn until_one_ends(running: &mut Running, stop: &CancellationToken) -> anyhow::Result<()> {
    let Some(ended) = running.join_next().await else { return Ok(()) };
    let name = became(ended)?;
    if stop.is_cancelled() { Ok(()) } else { Err(anyhow!("the {name} channel ended by itself")) }
}

fn became(ended: Ended) -> anyhow::Result<&'static str> {
    let (name, ended) = ended.context("a channel broke down")?;
    ended.map(|()| name)
}

fn open_telegram(plan: TelegramPlan, channels: &mut Channels) -> anyhow::Result<Telegram> {
    let is_paced = plan.is_paced;
    let telegram = Telegram::new(plan.open()?).map_err(|error| Unusable(error.to_string()))?;
    let outlet = telegram.outlet();
    channels.telegram = Some(if is_paced { outlet } else { outlet.unpaced() });
    Ok(telegram)
}

fn open_discord(plan: DiscordPlan, channels: &mut Channels) -> anyhow::Result<Discord> {
    let is_paced = plan.is_paced;
    let discord = Discord::new(plan.open()?).map_err(|error| Unusable(error.to_string()))?;
    let outlet = discord.outlet();
    channels.discord = Some(if is_paced { outlet } else { outlet.unpaced() });
    Ok(discord)
}

/// What can be seen of the channels.
fn seen(telegram: Option<&Telegram>, discord: Option<&Discord>) -> Vec<Seen> {
    let telegram = telegram.map(|telegram| {
        let tally = Tally::Telegram(telegram.tally());
        Seen { name: "telegram", link: telegram.link(), tally }
    });
    let discord = discord.map(|discord| {
        let tally = Tally::Discord(discord.tally());
        Seen { name: "discord", link: discord.link(), tally }
    });
    telegram.into_iter().chain(discord).collect()
}

/// Shows it where that is asked for.
async fn serve(sight: &Sight, at: Option<&Listen>) -> anyhow::Result<Option<Serving>> {
    match at {
        Some(at) => sight.clone().serve(at).await.map(Some),
        None => Ok(None),
    }
}

async fn open(
    settled: Settled,
    channels: Channels,
    untold: BTreeMap<String, String>,
) -> anyhow::Result<(Daemon, Control)> {
    let data = Data::find(None, &settled)?;
    let Settled { sessions, access, .. } = settled;
    let opened = data.open(SystemEnvironment, sessions).await?;
    if let Some(file) = &opened.new_key {
        let file = file.display();
        tracing::warn!(%file, "a new master key was made: keep a copy elsewhere, without it nothing can be read");
    }
    if !data.is_sealed() {
        tracing::warn!(
            "encryption.enabled is false: what people write is on disk for everybody to read who gets the file"
        );
    }
    if access.owners.is_empty() {
        tracing::warn!(
            "access.owners is empty, so the bot has no owner: put yourself there, as telegram:77"
        );
    }
    let (owners, names) = (access.owners.len(), channels.names().join(", "));
    // The database is locked by now.
    let control = control::open(data.database())?;
    let bot = Bot::start(opened.manager, Settings { access, untold }, channels).await;
    let bot = bot.context("the bot cannot start")?;
    tracing::info!(
        version = env!("CARGO_PKG_VERSION"),
        store = %data.database().display(),
        channels = names,
        owners,
        "started"
    );
    Ok((bot, control))
}

/// The first signal stops, a second one ends at once: nothing is lost by that, what was not noted is labelled.
fn end_with_signals(stop: CancellationToken) -> anyhow::Result<()> {
    let mut terminated = signal(SignalKind::terminate())?;
    let mut interrupted = signal(SignalKind::interrupt())?;
    tokio::spawn(async move {
        loop {
            tokio::select! {
                _ = terminated.recv() => {}
                _ = interrupted.recv() => {}
            }
            if stop.is_cancelled() {
                eprintln!("sessionsd: a second signal: ended at once");
                process::exit(1);
            }
            tracing::info!("stopping");
            stop.cancel();
        }
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::task::{Context, Wake, Waker};

    use bot::Store;
    use sessions::store::Commit;
    use sqlite::SessionManagerBuilder;

    use super::*;

    /// A caller who breaks down when they are answered, and whoever answers them with that.
    struct Breaks;

    impl Wake for Breaks {
        fn wake(self: Arc<Self>) {
            panic!("it was meant to break down");
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_store_whose_writer_has_broken_down_ends_the_program() {
        let folder = tempfile::tempdir().unwrap();
        let key = format!("hex:{}", "01".repeat(32));
        let opening = SessionManagerBuilder::new(folder.path().join("a.db")).encryption_key(&key);
        let manager = opening.open().await.unwrap();
        let mut looking =
            pin!(look_at_store(manager.clone(), Pulses::every(None).add("the store")));
        assert!(tokio::time::timeout(LOOKING / 10, &mut looking).await.is_err(), "all is well");
        let commit = Commit { patient: true, ..Commit::default() };
        let mut breaking = Box::pin(manager.store().commit(commit));
        let waker = Waker::from(Arc::new(Breaks));
        assert!(breaking.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
        let fault = tokio::time::timeout(LOOKING * 10, looking).await.unwrap().unwrap_err();
        assert!(fault.to_string().contains("nothing can be stored"), "{fault}");
    }
}
