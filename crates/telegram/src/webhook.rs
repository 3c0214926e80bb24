//! The webhook: Telegram calls us, and is told 200 only when the inbox has the update.
//!
//! Not here: TLS, which is the business of a proxy in front.
//!
//! Invariant: 200 means stored. Everything else makes Telegram send the update again.
//! Invariant: of a caller without the secret nothing but the headers is read.

#[cfg(test)]
mod tests;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use bot::{Backoff, Causes, Link};
use reqwest::Url;
use serde::Serialize;
use serde_json::Value;
use subtle::ConstantTimeEq;
use teloxide::requests::Payload;
use teloxide::types::True;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use zeroize::Zeroizing;

use crate::TelegramError;
use crate::api::{Api, CallError};
use crate::poll::{ALLOWED_UPDATES, Inbox, Intake, is_stopped_within};

/// The header that Telegram repeats the secret in.
const SECRET_HEADER: &str = "x-telegram-bot-api-secret-token";
/// The most bytes of an update.
const LARGEST: usize = 1 << 20;
/// Updates that are read and stored at the same time; Telegram is told to keep to fewer.
const AT_ONCE: usize = 64;
/// How many connections Telegram may open.
const CONNECTIONS: u8 = 40;
/// How long a caller may take to send an update.
const SLOWEST: Duration = Duration::from_secs(10);
/// How long requests that have begun may take after it is time to stop.
const LAST_CALLS: Duration = Duration::from_secs(5);
/// How long `setWebhook` may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// Where Telegram calls us, and how we know that it is Telegram.
#[derive(Clone)]
pub struct WebhookSettings {
    /// The address to listen at, behind a proxy that speaks TLS.
    pub listen: SocketAddr,
    /// The path that requests have here: `/telegram`.
    pub path: String,
    /// The whole URL that Telegram calls, which leads to that address and path.
    pub public_url: Url,
    /// What Telegram sends along: 1 to 256 letters, digits, `_` and `-`.
    pub secret: Zeroizing<String>,
}

impl WebhookSettings {
    /// What is wrong with them, if anything.
    pub(crate) fn problem(&self) -> Option<&'static str> {
        let is_allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
        if !(1..=256).contains(&self.secret.len()) || !self.secret.bytes().all(is_allowed) {
            return Some("the secret has 1 to 256 letters, digits, “_” and “-”");
        }
        if !self.path.starts_with('/') || self.path.contains(['{', '}', '?', '#']) {
            return Some("the path begins with “/” and has no braces, “?” or “#”");
        }
        if !matches!(self.public_url.scheme(), "https" | "http") {
            return Some("the public URL begins with https://");
        }
        None
    }
}

/// `setWebhook`.
#[derive(Serialize)]
struct SetWebhook<'a> {
    url: &'a str,
    secret_token: &'a str,
    max_connections: u8,
    allowed_updates: [&'static str; 4],
}

impl Payload for SetWebhook<'_> {
    type Output = True;
    const NAME: &'static str = "SetWebhook";
}

/// Takes updates in until it is told to stop. The webhook stays set: what comes meanwhile waits at Telegram's.
pub(crate) async fn run<I: Inbox>(
    api: Api,
    intake: Intake<I>,
    settings: &WebhookSettings,
    stop: &CancellationToken,
) -> Result<(), TelegramError> {
    let address = settings.listen;
    let bound = TcpListener::bind(address).await;
    let listener = bound.map_err(|source| TelegramError::Listen { address, source })?;
    serve(listener, api, intake, settings, stop).await
}

async fn serve<I: Inbox>(
    listener: TcpListener,
    api: Api,
    intake: Intake<I>,
    settings: &WebhookSettings,
    stop: &CancellationToken,
) -> Result<(), TelegramError> {
    let address = settings.listen;
    let link = intake.link().clone();
    let door = Door {
        intake,
        secret: settings.secret.clone().into(),
        room: Arc::new(Semaphore::new(AT_ONCE)),
    };
    let router = Router::new().route(&settings.path, post(enter::<I>)).with_state(door);
    let closing = CancellationToken::new();
    let server = axum::serve(listener, router)
        .with_graceful_shutdown(closing.clone().cancelled_owned())
        .into_future();
    let mut server = std::pin::pin!(server);
    let stopped = tokio::select! {
        ended = &mut server => return listening_ended(address, ended),
        set = set(&api, &link, settings, stop) => set,
    };
    if stopped.is_ok() {
        tokio::select! {
            ended = &mut server => return listening_ended(address, ended),
            () = stop.cancelled() => {}
        }
    }
    closing.cancel();
    if tokio::time::timeout(LAST_CALLS, server).await.is_err() {
        tracing::debug!("connections to the webhook were still open");
    }
    stopped
}

fn listening_ended(address: SocketAddr, ended: io::Result<()>) -> Result<(), TelegramError> {
    let source = ended.err().unwrap_or_else(|| io::ErrorKind::ConnectionAborted.into());
    Err(TelegramError::Listen { address, source })
}

/// Tells Telegram where we are, however often it takes.
async fn set(
    api: &Api,
    link: &Link,
    settings: &WebhookSettings,
    stop: &CancellationToken,
) -> Result<(), TelegramError> {
    let request = SetWebhook {
        url: settings.public_url.as_str(),
        secret_token: &settings.secret,
        max_connections: CONNECTIONS,
        allowed_updates: ALLOWED_UPDATES,
    };
    let mut outage = Backoff::default();
    loop {
        let answer = tokio::select! {
            biased;
            () = stop.cancelled() => return Ok(()),
            answer = api.send(&request, PATIENCE) => answer,
        };
        let pause = match answer {
            Ok(_) => {
                link.up();
                tracing::info!("Telegram calls the webhook");
                return Ok(());
            }
            Err(error) if error.is_unauthorized() => return Err(TelegramError::Token),
            Err(CallError::TooMany { retry_after }) => {
                link.down();
                retry_after
            }
            Err(error @ CallError::Refused { .. }) => {
                return Err(TelegramError::Webhook(error.to_string()));
            }
            Err(error) => {
                link.down();
                if !outage.is_failing() {
                    tracing::warn!(%error, "the webhook cannot be set: trying again until it is");
                }
                outage.wait()
            }
        };
        if is_stopped_within(pause, stop).await {
            return Ok(());
        }
    }
}

/// What a request needs to be let in.
#[derive(Clone)]
struct Door<I> {
    intake: Intake<I>,
    secret: Arc<Zeroizing<String>>,
    room: Arc<Semaphore>,
}

impl<I> Door<I> {
    fn is_telegram(&self, headers: &HeaderMap) -> bool {
        let given = headers.get(SECRET_HEADER).map(|value| value.as_bytes()).unwrap_or_default();
        given.ct_eq(self.secret.as_bytes()).into()
    }
}

async fn enter<I: Inbox>(State(door): State<Door<I>>, request: Request) -> StatusCode {
    if !door.is_telegram(request.headers()) {
        return StatusCode::UNAUTHORIZED;
    }
    let Ok(_permit) = door.room.try_acquire() else {
        return StatusCode::SERVICE_UNAVAILABLE;
    };
    let body = tokio::time::timeout(SLOWEST, to_bytes(request.into_body(), LARGEST)).await;
    let body = match body {
        Ok(Ok(body)) => body,
        Ok(Err(_)) => return StatusCode::PAYLOAD_TOO_LARGE,
        Err(_) => return StatusCode::REQUEST_TIMEOUT,
    };
    let Ok(update) = serde_json::from_slice::<Value>(&body) else {
        door.intake.tally().count_error();
        return StatusCode::BAD_REQUEST;
    };
    match door.intake.take(std::slice::from_ref(&update)).await {
        Ok(()) => {
            door.intake.link().up();
            StatusCode::OK
        }
        Err(error) => {
            door.intake.tally().count_error();
            tracing::error!(error = %Causes(&error), "an update cannot be stored: Telegram sends it again");
            StatusCode::SERVICE_UNAVAILABLE
        }
    }
}
