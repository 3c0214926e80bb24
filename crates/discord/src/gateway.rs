//! The gateway: a connection over which Discord tells what happens, kept up for as long as the program runs.
//!
//! Of serenity, its shard runner is used: it identifies, keeps the heartbeat, and takes a session up again after a break.
//! Its client is not (2026-11, serenity 0.12.5): that asks for the gateway's address once, takes the public one if it
//! gets none, and starts shards by itself before anybody listens to them. Here each session begins with the address that
//! the configured server gives, and with the listener that [`serenity::collector::collect`] makes, which sees events in
//! order; serenity's handlers are detached tasks.
//!
//! Not here: what an event means, and what was missed between two sessions.
//!
//! Invariant: nothing is connected to but what the configured server names, and without a public server nothing public.
//! Invariant: between two sessions there is a pause, whatever the server does.
//! Invariant: what ends it for good is what no waiting heals: a token, an intent.

mod heard;
mod inert;
mod stage;
#[cfg(test)]
pub(crate) mod tests;

use std::sync::Arc;
use std::time::Duration;

use bot::{Backoff, Link};
use reqwest::Url;
use serde::Deserialize;
use serenity::all::{GatewayIntents, ShardInfo};
use serenity::collector::collect;
use serenity::futures::StreamExt;
use serenity::gateway::{
    GatewayError, Shard, ShardManager, ShardMessenger, ShardRunner, ShardRunnerMessage,
    ShardRunnerOptions,
};
use serenity::http::Http;
use serenity::model::id::ShardId;
use serenity::prelude::{RwLock, SerenityError, TypeMap};
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::DiscordError;
use crate::api::{Api, CallError};
use crate::stopping::is_stopped_within;
use crate::tally::Tally;

pub(crate) use heard::Heard;

/// How long the address of the gateway and a connection to it may take.
const PATIENCE: Duration = Duration::from_secs(20);
/// A session that lasted so long was a good one: the next failure is the first of a row.
const GOOD: Duration = Duration::from_secs(60);
/// How long a session may take to say good-bye.
const GOOD_BYE: Duration = Duration::from_secs(2);
/// A close frame that ends the session at Discord.
const NORMAL: u16 = 1_000;

/// What a gateway is connected with.
pub(crate) struct Gateway {
    pub(crate) api: Api,
    pub(crate) tally: Arc<Tally>,
    pub(crate) link: Link,
    /// Whether to ask for the text of messages that are not for the bot.
    pub(crate) message_content: bool,
    /// The least time between two sessions. Discord wants five seconds.
    pub(crate) pause: Duration,
}

#[derive(Deserialize)]
struct Address {
    url: String,
}

/// A session that runs on a thread of its own.
///
/// serenity's runner spins without ever waiting when the server closes without a code, until the next heartbeat is due: on
/// a thread of its own that holds up nobody.
struct Session {
    runner: JoinHandle<Result<(), Box<SerenityError>>>,
    messenger: ShardMessenger,
    /// Ends the thread when the session is dropped.
    _end: DropGuard,
}

/// Keeps the gateway connected until it is time to stop, and hands on what it tells.
pub(crate) async fn run(
    gateway: Gateway,
    heard: mpsc::UnboundedSender<Heard>,
    stop: &CancellationToken,
) -> Result<(), DiscordError> {
    // serenity makes no request with it: the token is not needed.
    let http = Arc::new(Http::new(""));
    let manager = inert::manager(&http, gateway.intents()).map_err(DiscordError::Gateway)?;
    let mut outage = Backoff::new(gateway.pause);
    loop {
        let began = Instant::now();
        let ended = tokio::select! {
            biased;
            () = stop.cancelled() => return Ok(()),
            opened = gateway.open(&http, &manager, &heard) => match opened {
                Ok(session) => session.last(stop).await,
                Err(error) => Err(error),
            },
        };
        if stop.is_cancelled() {
            return Ok(());
        }
        gateway.tally.count_error();
        gateway.link.down();
        if began.elapsed() >= GOOD {
            outage.reset();
        }
        let mut pause = Duration::ZERO;
        match ended {
            Ok(()) => {
                tracing::info!("the session with Discord's gateway is over: a new one begins")
            }
            Err(Broken::ForGood(error)) => return Err(error),
            Err(Broken::ForNow { why, wait }) => {
                if outage.is_failing() {
                    tracing::debug!(why, "still no connection to Discord's gateway");
                } else {
                    tracing::warn!(
                        why,
                        "no connection to Discord's gateway: trying again until there is"
                    );
                }
                pause = wait;
            }
        }
        if is_stopped_within(pause.max(outage.wait()), stop).await {
            return Ok(());
        }
    }
}

/// Why there is no session.
enum Broken {
    ForGood(DiscordError),
    ForNow { why: String, wait: Duration },
}

impl Broken {
    fn for_now(why: impl ToString) -> Self {
        Self::ForNow { why: why.to_string(), wait: Duration::ZERO }
    }
}

impl Gateway {
    fn intents(&self) -> GatewayIntents {
        let needed = GatewayIntents::GUILDS
            | GatewayIntents::GUILD_MESSAGES
            | GatewayIntents::DIRECT_MESSAGES;
        if self.message_content { needed | GatewayIntents::MESSAGE_CONTENT } else { needed }
    }

    /// Connects, and begins to hand on what comes.
    async fn open(
        &self,
        http: &Arc<Http>,
        manager: &Arc<ShardManager>,
        heard: &mpsc::UnboundedSender<Heard>,
    ) -> Result<Session, Broken> {
        let url = Arc::new(Mutex::new(self.address().await?));
        let info = ShardInfo { id: ShardId(0), total: 1 };
        let token = self.api.token().secret();
        let shard = Shard::new(Arc::clone(&url), token, info, self.intents(), None);
        let shard = tokio::time::timeout(PATIENCE, shard).await;
        let shard = shard.map_err(|_| Broken::for_now("connecting took too long"))?;
        let shard = shard.map_err(|error| Broken::for_now(describe(&error)))?;
        let runner = ShardRunner::new(ShardRunnerOptions {
            data: Arc::new(RwLock::new(TypeMap::new())),
            event_handlers: vec![Arc::new(stage::Watch(self.link.clone()))],
            raw_event_handlers: Vec::new(),
            manager: Arc::clone(manager),
            shard,
            http: Arc::clone(http),
        });
        let messenger = ShardMessenger::new(&runner);
        self.listen(&messenger, heard, url);
        Ok(Session::start(runner, messenger))
    }

    /// Where the gateway is. Asked anew for each session, and nothing else is tried.
    async fn address(&self) -> Result<String, Broken> {
        let answer: Result<Address, CallError> = self.api.get("/gateway", PATIENCE).await;
        let url = match answer {
            Ok(address) => address.url,
            Err(error) if error.is_unauthorized() => {
                return Err(Broken::ForGood(DiscordError::Token));
            }
            Err(CallError::TooMany { retry_after, .. }) => {
                return Err(Broken::ForNow {
                    why: "too many requests".to_owned(),
                    wait: retry_after,
                });
            }
            Err(error) => return Err(Broken::for_now(error)),
        };
        match checked(&url, self.api.is_public()) {
            Some(url) => Ok(url),
            None => Err(Broken::for_now("the address of the gateway is none that can be used")),
        }
    }

    /// Hands on what a session tells, from its first event on.
    fn listen(
        &self,
        messenger: &ShardMessenger,
        heard: &mpsc::UnboundedSender<Heard>,
        url: Arc<Mutex<String>>,
    ) {
        let (tally, link, heard) = (Arc::clone(&self.tally), self.link.clone(), heard.clone());
        let is_public = self.api.is_public();
        let told = collect(messenger, move |event| {
            // Of a session that is being taken up again, what was missed comes first.
            link.up();
            let told = heard::heard(event, &tally)?;
            if let Heard::Begun { resume_url } = &told {
                tally.count_session();
                // Elsewhere, sessions are taken up where they began: what a server of one's own names may be public.
                if is_public
                    && let (Some(resume), Ok(mut url)) = (checked(resume_url, true), url.try_lock())
                {
                    *url = resume;
                }
            }
            heard.send(told).is_err().then_some(())
        });
        // The listener lives for as long as there is somebody to poll it.
        tokio::spawn(told.for_each(|()| std::future::ready(())));
    }
}

impl Session {
    fn start(mut runner: ShardRunner, messenger: ShardMessenger) -> Self {
        let end = CancellationToken::new();
        let ended = end.clone();
        let runtime = tokio::runtime::Handle::current();
        let runner = tokio::task::spawn_blocking(move || {
            runtime.block_on(async {
                let ended = ended.run_until_cancelled(runner.run()).await;
                ended.unwrap_or(Ok(())).map_err(Box::new)
            })
        });
        Self { runner, messenger, _end: end.drop_guard() }
    }

    /// Waits until the session has ended, or ends it when it is time to stop.
    async fn last(mut self, stop: &CancellationToken) -> Result<(), Broken> {
        let ended = tokio::select! {
            biased;
            () = stop.cancelled() => {
                self.messenger.send_to_shard(ShardRunnerMessage::Close(NORMAL, None));
                // Nothing can be sent any more: that ends the runner. Its own shutdown waits for a server that may be gone.
                self.messenger.set_activity(None);
                let _ = tokio::time::timeout(GOOD_BYE, &mut self.runner).await;
                return Ok(());
            }
            ended = &mut self.runner => ended,
        };
        match ended {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(became(&error)),
            Err(_) => {
                tracing::error!("the gateway's runner had panicked");
                Ok(())
            }
        }
    }
}

fn became(error: &SerenityError) -> Broken {
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "whatever else it is heals or does not matter"
    )]
    match error {
        SerenityError::Gateway(GatewayError::InvalidAuthentication) => {
            Broken::ForGood(DiscordError::Token)
        }
        SerenityError::Gateway(
            GatewayError::DisallowedGatewayIntents | GatewayError::InvalidGatewayIntents,
        ) => Broken::ForGood(DiscordError::Intent),
        _ => Broken::for_now(describe(error)),
    }
}

/// What went wrong, without addresses.
fn describe(error: &SerenityError) -> String {
    #[expect(clippy::wildcard_enum_match_arm, reason = "what else it may be has no better words")]
    match error {
        SerenityError::Gateway(error) => error.to_string(),
        SerenityError::Io(error) => error.to_string(),
        SerenityError::Tungstenite(error) => error.to_string(),
        _ => "the connection failed".to_owned(),
    }
}

/// The address of a gateway, if it is one to connect to: of Discord only Discord's, and encrypted.
fn checked(url: &str, is_public: bool) -> Option<String> {
    let parsed: Url = url.parse().ok()?;
    let host = parsed.host_str()?;
    let is_fine = if is_public {
        parsed.scheme() == "wss" && (host == "discord.gg" || host.ends_with(".discord.gg"))
    } else {
        matches!(parsed.scheme(), "ws" | "wss")
    };
    // What is after the path is put there by serenity.
    let is_bare = parsed.query().is_none() && parsed.fragment().is_none();
    (is_fine && is_bare).then(|| url.trim_end_matches('/').to_owned())
}
