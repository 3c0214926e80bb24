//! The daemon: store, bot and channels, from the start to the signal that ends them.
//!
//! Invariant: nothing is made on disk before it is clear that there is a channel to serve.
//! Invariant: a channel that ends without being told to is a fault, and ends the program.

use std::process;

use anyhow::{Context, bail};
use bot::{Bot, Settings};
use sqlite::{SqliteStore, SystemEnvironment};
use telegram::Telegram;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::channels::{Channels, Way};
use crate::configuration::{Settled, TelegramPlan};
use crate::data::Data;

type Daemon = Bot<SqliteStore, SystemEnvironment, Channels>;

const NO_CHANNEL: &str = "no channel is configured, so there is nobody to talk to. Ask @BotFather on Telegram for a bot, \
put its token in a file, and write a configuration:

  [telegram]
  token_file = \"/etc/sessionsd/telegram.token\"

  [access]
  owners = [\"telegram:77\"]  # you; the bot tells those whom it does not know their number

Then start `sessionsd run --config FILE`. config/sessionsd.toml shows every key. Without an account, `sessionsd console` \
talks in this terminal.";

/// Runs until a signal says stop, or nothing can go on.
pub(crate) async fn run(mut settled: Settled) -> anyhow::Result<()> {
    let Some(plan) = settled.telegram.take() else { bail!(NO_CHANNEL) };
    let stop = CancellationToken::new();
    end_with_signals(stop.clone())?;
    let (telegram, way) = open_telegram(plan)?;
    let channels = Channels::new(Some(way));
    let bot = open(settled, channels).await?;
    let channel = tokio::spawn({
        let (bot, stop) = (bot.clone(), stop.clone());
        async move { telegram.run(bot, stop).await }
    });
    let ended = channel.await;
    let was_told = stop.is_cancelled();
    let stopped = bot.stop().await;
    ended.context("the Telegram channel broke down")??;
    stopped.context("what was delivered last could not be noted")?;
    if !was_told {
        bail!("the Telegram channel ended by itself");
    }
    tracing::info!("stopped");
    Ok(())
}

fn open_telegram(plan: TelegramPlan) -> anyhow::Result<(Telegram, Way<telegram::TelegramOutlet>)> {
    let is_paced = plan.is_paced;
    let telegram = Telegram::new(plan.open()?)?;
    let outlet = telegram.outlet();
    let outlet = if is_paced { outlet } else { outlet.unpaced() };
    let way = Way { account: telegram.account().to_owned(), outlet };
    Ok((telegram, way))
}

async fn open(settled: Settled, channels: Channels) -> anyhow::Result<Daemon> {
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
    let owners = access.owners.len();
    let bot = Bot::start(opened.manager, Settings { access }, channels).await;
    let bot = bot.context("the bot cannot start")?;
    tracing::info!(
        version = env!("CARGO_PKG_VERSION"),
        store = %data.database().display(),
        channels = "telegram",
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
