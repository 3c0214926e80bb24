//! Telegram: updates in, answers out, over the Bot API.
//!
//! [`Telegram::run`] takes updates in, by long polling or as a webhook, and hands them to the bot; the outlet of
//! [`Telegram::outlet`] delivers what the bot owes. Both go through one `api`, and know the bot by its token alone.
//!
//! Not here: who is let in, what a command does, queues, pacing and retries of answers, all of which are the bot's.
//! Not here: more than one bot in a [`Telegram`]; two tokens are two of them.
//!
//! Invariant: an update is confirmed to Telegram only after the bot has stored it.
//! Invariant: the token is in no error, no `Debug` and no log line; nor is anything that people wrote.
//! Invariant: no type of Telegram or of teloxide leaves this crate.
//!
//! Where to read: `api` makes calls and tells what became of them, `poll` and `webhook` take updates in, `update`
//! translates them, `outlet` delivers what `render` has written.

mod admins;
mod api;
mod menu;
mod outlet;
mod poll;
mod render;
#[cfg(test)]
mod tests;
mod ticket;
mod update;
mod webhook;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bot::{Backoff, Bot, Environment, Link, Outlet, Store};
use serde::Deserialize;
use tokio_util::sync::CancellationToken;

use crate::admins::Admins;
use crate::api::{Api, CallError};
use crate::poll::{Inbox, Intake, Timing, is_stopped_within};

pub use api::{OpenError, Token, TokenError};
pub use outlet::TelegramOutlet;
pub use poll::Tally;
pub use reqwest::Url;
pub use webhook::WebhookSettings;

/// How long `getMe` may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// One bot on Telegram.
pub struct Telegram {
    api: Api,
    admins: Admins,
    tally: Arc<Tally>,
    link: Link,
    mode: Mode,
    timing: Timing,
}

/// What it takes to be a bot on Telegram.
pub struct TelegramSettings {
    /// The bot's token.
    pub token: Token,
    /// A Bot API server other than Telegram's own.
    pub api_url: Option<Url>,
    /// How updates come in.
    pub mode: Mode,
}

/// How updates come in.
pub enum Mode {
    /// They are asked for.
    Polling,
    /// Telegram brings them.
    Webhook(WebhookSettings),
}

/// Why no updates can be taken in, for good.
#[derive(Debug, thiserror::Error)]
pub enum TelegramError {
    /// The token is wrong, or was revoked.
    #[error(
        "Telegram does not know this token: check telegram.token or telegram.token_file against what @BotFather shows, \
         and telegram.api_url if that is set"
    )]
    Token,
    /// The webhook has no address to listen at.
    #[error("the Telegram webhook cannot listen at {address}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Telegram does not take the webhook.
    #[error("Telegram does not take the webhook, check telegram.webhook.url: {0}")]
    Webhook(String),
}

/// What is needed of `getMe`. Whatever else it says may be left out.
#[derive(Deserialize)]
struct Me {
    #[serde(default)]
    username: Option<String>,
}

impl Telegram {
    /// A bot that does nothing yet.
    ///
    /// # Errors
    /// When the settings cannot be used.
    pub fn new(settings: TelegramSettings) -> Result<Self, OpenError> {
        let TelegramSettings { token, api_url, mode } = settings;
        if let Mode::Webhook(webhook) = &mode
            && let Some(problem) = webhook.problem()
        {
            return Err(OpenError::Webhook(problem));
        }
        let api = Api::new(token, api_url)?;
        let admins = Admins::new(api.clone());
        let (tally, link, timing) = (Arc::default(), Link::default(), Timing::default());
        Ok(Self { api, admins, tally, link, mode, timing })
    }

    /// Where answers go.
    #[must_use]
    pub fn outlet(&self) -> TelegramOutlet {
        TelegramOutlet::new(self.api.clone(), self.admins.clone())
    }

    /// What came in since the start.
    #[must_use]
    pub fn tally(&self) -> Arc<Tally> {
        Arc::clone(&self.tally)
    }

    /// How it stands with Telegram.
    #[must_use]
    pub fn link(&self) -> Link {
        self.link.clone()
    }

    /// Asks Telegram once who the bot is; answers its name, if it has one.
    ///
    /// # Errors
    /// Why that is not known, in words.
    pub async fn known_as(&self) -> Result<Option<String>, String> {
        match get_me(&self.api).await {
            Ok(me) => Ok(me.username),
            Err(CallError::Refused { code: 401 | 404, .. }) => {
                Err(TelegramError::Token.to_string())
            }
            Err(error) => Err(error.to_string()),
        }
    }

    /// Takes updates in until `stop` is cancelled; then returns as soon as what is being stored is stored.
    ///
    /// # Errors
    /// When no updates can be had for good. What may heal is tried again and is no error.
    pub async fn run<S, E, O>(
        &self,
        bot: Bot<S, E, O>,
        stop: CancellationToken,
    ) -> Result<(), TelegramError>
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
    ) -> Result<(), TelegramError> {
        if !introduce(&self.api, &self.link, &stop).await? {
            return Ok(());
        }
        // Ends with the intake, however that ends.
        let stop = stop.child_token();
        let _end = stop.clone().drop_guard();
        let menu = tokio::spawn(menu::set(self.api.clone(), inbox.clone(), stop.clone()));
        let api = self.api.clone();
        let (admins, tally) = (self.admins.clone(), Arc::clone(&self.tally));
        let intake = Intake::new(inbox, api.clone(), admins, tally).telling(self.link.clone());
        let ended = match &self.mode {
            Mode::Polling => {
                self.link.up();
                poll::run(api, intake, self.timing, &stop).await
            }
            Mode::Webhook(settings) => webhook::run(api, intake, settings, &stop).await,
        };
        stop.cancel();
        if menu.await.is_err() {
            tracing::error!("setting the menu had panicked");
        }
        ended
    }
}

/// Asks the server who the bot is, however often it takes; `false` if it is time to stop.
async fn introduce(
    api: &Api,
    link: &Link,
    stop: &CancellationToken,
) -> Result<bool, TelegramError> {
    let mut outage = Backoff::default();
    loop {
        let answer = tokio::select! {
            biased;
            () = stop.cancelled() => return Ok(false),
            answer = get_me(api) => answer,
        };
        let pause = match answer {
            Ok(me) => {
                tracing::info!(account = api.account(), "Telegram knows the bot");
                me.username.into_iter().for_each(|name| api.set_name(name));
                return Ok(true);
            }
            Err(CallError::Refused { code: 401 | 404, .. }) => return Err(TelegramError::Token),
            Err(CallError::TooMany { retry_after }) => {
                link.down();
                retry_after
            }
            Err(error) => {
                link.down();
                if !outage.is_failing() {
                    tracing::warn!(%error, "Telegram cannot be reached: trying again until it answers");
                }
                outage.wait()
            }
        };
        if is_stopped_within(pause, stop).await {
            return Ok(false);
        }
    }
}

async fn get_me(api: &Api) -> Result<Me, CallError> {
    api.call("getMe", &serde_json::json!({}), PATIENCE).await
}
