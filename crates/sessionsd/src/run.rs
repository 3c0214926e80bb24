//! The daemon: store, bot and channels, from the start to the signal that ends them.
//!
//! Invariant: nothing is made on disk before it is clear that there is a channel to serve.
//! Invariant: a channel that ends without being told to is a fault, and ends the program.

use std::collections::BTreeMap;
use std::process;

use anyhow::{Context, anyhow, bail};
use bot::{Bot, Settings};
use discord::Discord;
use sqlite::{SqliteStore, SystemEnvironment};
use telegram::Telegram;
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::channels::Channels;
use crate::configuration::{DiscordPlan, Listen, Settled, TelegramPlan};
use crate::data::Data;
use crate::sight::{Seen, Serving, Sight, Tally};

/// The bot as it runs here.
pub(crate) type Daemon = Bot<SqliteStore, SystemEnvironment, Channels>;

const NO_CHANNEL: &str = "no channel is configured, so there is nobody to talk to. Ask @BotFather on Telegram for a bot, \
or make one at https://discord.com/developers/applications, put its token in a file, and write a configuration:

  [telegram]
  token_file = \"/etc/sessionsd/telegram.token\"

  [discord]
  token_file = \"/etc/sessionsd/discord.token\"

  [access]
  owners = [\"telegram:77\", \"discord:78\"]  # you; the bot tells those whom it does not know their number

Then start `sessionsd run --config FILE`. config/sessionsd.toml shows every key. Without an account, `sessionsd console` \
talks in this terminal.";

/// What makes Discord tell all that is said in guilds.
const MESSAGE_CONTENT: &str = "discord.message_content";

/// Runs until a signal says stop, or nothing can go on.
pub(crate) async fn run(mut settled: Settled) -> anyhow::Result<()> {
    let (telegram, discord) = (settled.telegram.take(), settled.discord.take());
    if telegram.is_none() && discord.is_none() {
        bail!(NO_CHANNEL);
    }
    let stop = CancellationToken::new();
    end_with_signals(stop.clone())?;
    let mut channels = Channels::default();
    let is_untold = discord.as_ref().is_some_and(|plan| !plan.message_content);
    let untold = is_untold.then(|| ("discord".to_owned(), MESSAGE_CONTENT.to_owned()));
    let untold = BTreeMap::from_iter(untold);
    let telegram = telegram.map(|plan| open_telegram(plan, &mut channels)).transpose()?;
    let discord = discord.map(|plan| open_discord(plan, &mut channels)).transpose()?;
    let sight = Sight::new(seen(telegram.as_ref(), discord.as_ref()), Box::new(Vec::new));
    let _serving = serve(&sight, settled.metrics.as_ref()).await?;
    let bot = open(settled, channels, untold).await?;
    sight.show(bot.clone());
    let mut running = JoinSet::new();
    if let Some(telegram) = telegram {
        let (bot, stop) = (bot.clone(), stop.clone());
        let name = "Telegram";
        running.spawn(async move { (name, telegram.run(bot, stop).await.map_err(Into::into)) });
    }
    if let Some(discord) = discord {
        let (bot, stop) = (bot.clone(), stop.clone());
        let name = "Discord";
        running.spawn(async move { (name, discord.run(bot, stop).await.map_err(Into::into)) });
    }
    let ended = until_one_ends(&mut running, &stop).await;
    // The others end with it.
    stop.cancel();
    while let Some(other) = running.join_next().await {
        if let Err(error) = became(other) {
            tracing::error!(error = %format_args!("{error:#}"), "a channel did not end well");
        }
    }
    sight.hide();
    let stopped = bot.stop().await;
    ended?;
    stopped.context("what was delivered last could not be noted")?;
    tracing::info!("stopped");
    Ok(())
}

/// How a channel ended, with its name.
type Ended = Result<(&'static str, anyhow::Result<()>), tokio::task::JoinError>;

/// Waits for the first channel that ends. Unless it was told to, that is a fault.
async fn until_one_ends(
    running: &mut JoinSet<(&'static str, anyhow::Result<()>)>,
    stop: &CancellationToken,
) -> anyhow::Result<()> {
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
    let telegram = Telegram::new(plan.open()?)?;
    let outlet = telegram.outlet();
    channels.telegram = Some(if is_paced { outlet } else { outlet.unpaced() });
    Ok(telegram)
}

fn open_discord(plan: DiscordPlan, channels: &mut Channels) -> anyhow::Result<Discord> {
    let is_paced = plan.is_paced;
    let discord = Discord::new(plan.open()?)?;
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
) -> anyhow::Result<Daemon> {
    let data = Data::find(None, &settled)?;
    let Settled { sessions, access, .. } = settled;
    let opened = data.open(SystemEnvironment, sessions).await?;
    if opened.is_key_new
        && let Some(file) = data.key_file()
    {
        let file = file.display();
        tracing::warn!(%file, "a new master key was made: keep a copy elsewhere, without it nothing can be read");
    }
    if data.key_file().is_none() {
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
    let bot = Bot::start(opened.manager, Settings { access, untold }, channels).await;
    let bot = bot.context("the bot cannot start")?;
    tracing::info!(
        version = env!("CARGO_PKG_VERSION"),
        store = %data.database().display(),
        channels = names,
        owners,
        "started"
    );
    Ok(bot)
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
