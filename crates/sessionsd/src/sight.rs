//! What can be seen of the daemon from beside it: numbers, whether it lives, whether it serves.
//!
//! ```text
//! GET /metrics   200, numbers in Prometheus's text format
//! GET /livez     200, or 503 with a line for each loop that stands still
//! GET /readyz    200, or 503 with a line for each part that does not serve yet, or any more
//! ```
//!
//! Not here: what is counted, which is where it happens; and anything that changes something.
//!
//! Invariant: nobody is asked who they are, so nothing is shown but numbers, times and words of this program.

mod bound;
mod gather;
mod listen;

use std::sync::{Arc, PoisonError, RwLock};
use std::time::SystemTime;

use axum::Router;
use axum::extract::State;
use axum::http::header::{CONNECTION, CONTENT_TYPE};
use axum::http::{Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use bot::Link;
use prometheus_client::encoding::prometheus_text;

use crate::run::Daemon;

pub(crate) use listen::Serving;

/// A channel, as far as it can be seen.
pub(crate) struct Seen {
    /// Its name.
    pub(crate) name: &'static str,
    /// How it stands.
    pub(crate) link: Link,
    /// What its intake counts.
    pub(crate) tally: Tally,
}

/// What an intake counts.
pub(crate) enum Tally {
    /// Telegram's.
    Telegram(Arc<telegram::Tally>),
    /// Discord's.
    Discord(Arc<discord::Tally>),
}

/// Answers a line for each loop of the program that stands still; none while all is well.
pub(crate) type Pulse = Box<dyn Fn() -> Vec<String> + Send + Sync>;

/// What can be seen. Cheap to clone; all clones are one.
#[derive(Clone)]
pub(crate) struct Sight {
    inner: Arc<Inner>,
}

struct Inner {
    channels: Vec<Seen>,
    pulse: Pulse,
    /// The bot, from when its store is open until it stops.
    bot: RwLock<Option<Daemon>>,
    started: SystemTime,
}

impl Sight {
    /// Of a daemon whose store is not open yet.
    pub(crate) fn new(channels: Vec<Seen>, pulse: Pulse) -> Self {
        let (bot, started) = (RwLock::default(), SystemTime::now());
        Self { inner: Arc::new(Inner { channels, pulse, bot, started }) }
    }

    /// The bot is there.
    pub(crate) fn show(&self, bot: Daemon) {
        for channel in &self.inner.channels {
            bot.meter().expect(channel.name);
        }
        *self.inner.bot.write().unwrap_or_else(PoisonError::into_inner) = Some(bot);
    }

    /// The bot is about to stop: nothing here holds on to it.
    pub(crate) fn hide(&self) {
        *self.inner.bot.write().unwrap_or_else(PoisonError::into_inner) = None;
    }

    fn answer(&self, method: &Method, path: &str) -> Response {
        match (method, path) {
            (&Method::GET, "/metrics") => {
                let mut text = String::new();
                match prometheus_text::encode(&mut text, &self.inner.gather()) {
                    Ok(()) => {
                        ([(CONTENT_TYPE, prometheus_text::CONTENT_TYPE)], text).into_response()
                    }
                    Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
                }
            }
            (&Method::GET, "/livez") => told("alive", &(self.inner.pulse)()),
            (&Method::GET, "/readyz") => told("ready", &self.inner.missing()),
            _ => StatusCode::NOT_FOUND.into_response(),
        }
    }
}

impl Inner {
    /// A line for each part that does not serve.
    fn missing(&self) -> Vec<String> {
        let store = match &*self.bot.read().unwrap_or_else(PoisonError::into_inner) {
            Some(bot) => {
                let trouble = bot.manager().store().meter().trouble();
                trouble.map(|trouble| format!("store: {trouble}"))
            }
            None => Some("store: not open".to_owned()),
        };
        let channels = self.channels.iter().filter_map(|channel| {
            let state = channel.link.state();
            (!state.is_up()).then(|| format!("{}: {state}", channel.name))
        });
        store.into_iter().chain(channels).collect()
    }
}

/// 200 with a word if nothing is wrong, else 503 with what is.
fn told(well: &str, wrong: &[String]) -> Response {
    if wrong.is_empty() {
        return format!("{well}\n").into_response();
    }
    let lines = wrong.iter().map(|line| format!("{line}\n")).collect::<String>();
    (StatusCode::SERVICE_UNAVAILABLE, lines).into_response()
}

/// All requests come here.
fn router(sight: Sight) -> Router {
    Router::new().fallback(answer).with_state(sight)
}

/// Nobody stays connected: the next question comes in a while.
async fn answer(State(sight): State<Sight>, method: Method, uri: Uri) -> impl IntoResponse {
    ([(CONNECTION, "close")], sight.answer(&method, uri.path()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(link: &Link) -> Vec<Seen> {
        let tally = Tally::Telegram(Arc::default());
        vec![Seen { name: "telegram", link: link.clone(), tally }]
    }

    async fn ask(sight: &Sight, method: Method, path: &str) -> (u16, String) {
        let answer = sight.answer(&method, path);
        let code = answer.status().as_u16();
        let body = axum::body::to_bytes(answer.into_body(), 1 << 20).await.unwrap();
        (code, String::from_utf8(body.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn who_is_not_ready_is_told_by_line() {
        let link = Link::default();
        let sight = Sight::new(seen(&link), Box::new(Vec::new));
        let told = ask(&sight, Method::GET, "/readyz").await;
        assert_eq!(told, (503, "store: not open\ntelegram: not connected yet\n".to_owned()));
        link.down();
        let (_, lines) = ask(&sight, Method::GET, "/readyz").await;
        assert!(lines.contains("telegram: retrying since 20"), "{lines}");
        let mut numbers = String::new();
        prometheus_text::encode(&mut numbers, &sight.inner.gather()).unwrap();
        for line in ["sessionsd_ready 0", "sessionsd_channel_up{channel=\"telegram\"} 0"] {
            assert!(numbers.lines().any(|shown| shown == line), "{numbers}");
        }
        link.up();
        let told = ask(&sight, Method::GET, "/readyz").await;
        assert_eq!(told, (503, "store: not open\n".to_owned()));
    }

    #[tokio::test]
    async fn a_loop_that_stands_still_is_no_life() {
        let sight = Sight::new(Vec::new(), Box::new(Vec::new));
        assert_eq!(ask(&sight, Method::GET, "/livez").await, (200, "alive\n".to_owned()));
        let sight = Sight::new(Vec::new(), Box::new(|| vec!["writer: still for 60 s".to_owned()]));
        let told = ask(&sight, Method::GET, "/livez").await;
        assert_eq!(told, (503, "writer: still for 60 s\n".to_owned()));
    }

    #[tokio::test]
    async fn there_is_nothing_else() {
        let sight = Sight::new(Vec::new(), Box::new(Vec::new));
        for (method, path) in
            [(Method::POST, "/metrics"), (Method::GET, "/"), (Method::GET, "/metrics/x")]
        {
            assert_eq!(ask(&sight, method, path).await.0, 404, "{path}");
        }
    }
}
