//! Discord: events in from the gateway and over REST, answers out.
//!
//! [`Discord::run`] takes in what the gateway tells, fetches what was said while nobody listened, and hands it all to the
//! bot; the outlet of [`Discord::outlet`] delivers what the bot owes. Both go through one `api`.
//!
//! Not here: who is let in, what a command does, queues, pacing and retries of answers, all of which are the bot's.
//! Not here: more than one bot in a [`Discord`], and more than one shard, which a bot needs past 2,500 guilds.
//!
//! Invariant: an interaction is acknowledged to Discord only after the bot has stored it.
//! Invariant: tokens are in no error, no `Debug` and no log line; nor is anything that people wrote.
//! Invariant: no type of Discord or of serenity leaves this crate.
//!
//! Where to read: `api` makes calls and tells what became of them, `gateway` listens, `intake` stores in order, with
//! `gap` for what was missed and `interact` for what must be answered at once; `update` translates, `outlet` delivers what
//! `render` has written.

mod api;
mod definition;
mod directory;
mod gap;
mod gateway;
mod inbox;
mod intake;
mod interact;
mod outlet;
mod register;
mod render;
mod stopping;
mod tally;
#[cfg(test)]
mod tests;
mod ticket;
mod update;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bot::{Backoff, Bot, Environment, Link, Outlet, Store};
use serde::Deserialize;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::api::{Api, CallError, Me};
use crate::directory::Directory;
use crate::gateway::Gateway;
use crate::inbox::Inbox;
use crate::intake::Intake;
use crate::stopping::is_stopped_within;

pub use api::{OpenError, Token, TokenError};
pub use outlet::DiscordOutlet;
pub use reqwest::Url;
pub use tally::Tally;

/// How long it may take to be told who the bot is.
const PATIENCE: Duration = Duration::from_secs(20);
/// The flags of an application that may have the text of all messages: granted, and granted for few guilds.
const MAY_READ: u64 = 1 << 18 | 1 << 19;

/// One bot on Discord.
pub struct Discord {
    api: Api,
    guilds: Vec<String>,
    message_content: bool,
    tally: Arc<Tally>,
    link: Link,
    timing: Timing,
}

/// What it takes to be a bot on Discord.
pub struct DiscordSettings {
    /// The bot's token.
    pub token: Token,
    /// A server other than Discord itself. The gateway is where that server says.
    pub api_url: Option<Url>,
    /// The ids of guilds in which commands are registered at once; without any, they are registered everywhere.
    pub guilds: Vec<String>,
    /// Whether to ask for the text of messages in guilds that are not for the bot. The developer portal must grant it.
    pub message_content: bool,
}

/// How long things last.
#[derive(Debug, Clone, Copy)]
struct Timing {
    /// The least time between two sessions of the gateway.
    session: Duration,
    /// The first wait after a failure.
    retry: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self { session: Duration::from_secs(5), retry: Backoff::FIRST }
    }
}

/// Why nothing can be taken in, for good.
#[derive(Debug, thiserror::Error)]
pub enum DiscordError {
    /// The token is wrong, or was revoked.
    #[error(
        "Discord does not know this token: check discord.token or discord.token_file against what the developer portal \
         shows under Bot (Reset Token gives out a new one), and discord.api_url if that is set"
    )]
    Token,
    /// An intent is not granted.
    #[error(
        "Discord does not grant the message content intent: switch on “Message Content Intent” in the developer portal \
         under Bot, Privileged Gateway Intents, or set discord.message_content = false"
    )]
    Intent,
    /// The machinery of the gateway could not be set up.
    #[error("listening to Discord's gateway cannot be set up")]
    Gateway(#[source] io::Error),
    /// What the bot knows of its channels cannot be read.
    #[error("up to where the channels of Discord were taken in cannot be read: {0}")]
    Marks(String),
    /// A part of it failed in a way that should not be.
    #[error("taking in what Discord tells has ended by itself")]
    Ended,
}

/// What is needed of `GET /users/@me`.
#[derive(Deserialize)]
struct User {
    id: String,
    username: String,
}

/// What is needed of `GET /applications/@me`.
#[derive(Deserialize)]
struct Application {
    id: String,
    #[serde(default)]
    flags: u64,
}

impl Discord {
    /// A bot that does nothing yet.
    ///
    /// # Errors
    /// When the settings cannot be used.
    pub fn new(settings: DiscordSettings) -> Result<Self, OpenError> {
        let DiscordSettings { token, api_url, guilds, message_content } = settings;
        let is_id = |guild: &String| guild.parse::<u64>().is_ok_and(|id| id > 0);
        if let Some(guild) = guilds.iter().find(|guild| !is_id(guild)) {
            return Err(OpenError::Guild(guild.clone()));
        }
        let api = Api::new(token, api_url)?;
        let (tally, link, timing) = (Arc::default(), Link::default(), Timing::default());
        Ok(Self { api, guilds, message_content, tally, link, timing })
    }

    /// Where answers go.
    #[must_use]
    pub fn outlet(&self) -> DiscordOutlet {
        DiscordOutlet::new(self.api.clone())
    }

    /// What came in since the start.
    #[must_use]
    pub fn tally(&self) -> Arc<Tally> {
        Arc::clone(&self.tally)
    }

    /// How it stands with Discord's gateway.
    #[must_use]
    pub fn link(&self) -> Link {
        self.link.clone()
    }

    /// Asks Discord once who the bot is; answers its id.
    ///
    /// # Errors
    /// Why that is not known, in words.
    pub async fn known_as(&self) -> Result<String, String> {
        match self.ask_who().await {
            Ok((me, _)) => Ok(me.id),
            Err(error) if error.is_unauthorized() => Err(DiscordError::Token.to_string()),
            Err(error) => Err(error.to_string()),
        }
    }

    /// Takes in what happens until `stop` is cancelled; then returns as soon as what is being stored is stored.
    ///
    /// # Errors
    /// When nothing can be had for good. What may heal is tried again and is no error.
    pub async fn run<S, E, O>(
        &self,
        bot: Bot<S, E, O>,
        stop: CancellationToken,
    ) -> Result<(), DiscordError>
    where
        S: Store,
        E: Environment,
        O: Outlet,
    {
        self.take_in(bot, stop).await
    }

    async fn take_in<I: Inbox>(
        &self,
        inbox: I,
        stop: CancellationToken,
    ) -> Result<(), DiscordError> {
        if !self.introduce(&stop).await? {
            return Ok(());
        }
        // Ends with the gateway, however that ends.
        let stop = stop.child_token();
        let _end = stop.clone().drop_guard();
        let (api, commands) = (self.api.clone(), definition::all());
        let left = interact::take_up_left(api.clone(), inbox.clone(), stop.clone());
        let (left, guilds) = (tokio::spawn(left), self.guilds.clone());
        let registered = register::set(api.clone(), inbox.clone(), commands, guilds, stop.clone());
        let registered = tokio::spawn(registered);
        let (told, heard) = mpsc::unbounded_channel();
        let directory = Arc::<Directory>::default();
        let (tally, retry) = (Arc::clone(&self.tally), self.timing.retry);
        let intake = Intake { inbox, api: api.clone(), directory, tally, retry };
        let mut taking = tokio::spawn(intake::run(intake, heard, stop.clone()));
        let (tally, link) = (Arc::clone(&self.tally), self.link.clone());
        let (message_content, pause) = (self.message_content, self.timing.session);
        let gateway = Gateway { api, tally, link, message_content, pause };
        let ended = tokio::select! {
            ended = gateway::run(gateway, told, &stop) => ended,
            taken = &mut taking => return Err(match taken {
                Ok(Err(error)) => DiscordError::Marks(error.to_string()),
                Ok(Ok(())) if stop.is_cancelled() => return Ok(()),
                Ok(Ok(())) | Err(_) => DiscordError::Ended,
            }),
        };
        stop.cancel();
        for task in [left, registered] {
            if task.await.is_err() {
                tracing::error!("a task at the start of Discord had panicked");
            }
        }
        match taking.await {
            Ok(_) => ended,
            Err(_) => ended.and(Err(DiscordError::Ended)),
        }
    }

    /// Asks the server who the bot is, however often it takes; `false` if it is time to stop.
    async fn introduce(&self, stop: &CancellationToken) -> Result<bool, DiscordError> {
        let mut outage = Backoff::new(self.timing.retry);
        loop {
            let answer = tokio::select! {
                biased;
                () = stop.cancelled() => return Ok(false),
                answer = self.ask_who() => answer,
            };
            let pause = match answer {
                Ok((me, flags)) => {
                    tracing::info!(account = me.id, "Discord knows the bot");
                    if self.message_content && flags & MAY_READ == 0 {
                        tracing::warn!(
                            "discord.message_content is set, but the developer portal shows Message Content Intent as off"
                        );
                    }
                    self.api.set_me(me);
                    return Ok(true);
                }
                Err(error) if error.is_unauthorized() => return Err(DiscordError::Token),
                Err(CallError::TooMany { retry_after, .. }) => {
                    self.link.down();
                    retry_after
                }
                Err(error) => {
                    self.link.down();
                    self.tally.count_error();
                    if !outage.is_failing() {
                        tracing::warn!(%error, "Discord cannot be reached: trying again until it answers");
                    }
                    outage.wait()
                }
            };
            if is_stopped_within(pause, stop).await {
                return Ok(false);
            }
        }
    }

    async fn ask_who(&self) -> Result<(Me, u64), CallError> {
        let User { id, username } = self.api.get("/users/@me", PATIENCE).await?;
        let application: Application = self.api.get("/applications/@me", PATIENCE).await?;
        let Application { id: application, flags } = application;
        Ok((Me { id, name: username, application }, flags))
    }
}
