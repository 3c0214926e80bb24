//! Calls to Discord over HTTP: one request, one answer, and the truth about what happened in between.
//!
//! serenity's transport is not used (2026-11, serenity 0.12.5): it repeats a POST that had its effect when a header of
//! the answer cannot be read, does not stop for a limit on everything, ignores the URL it is given while it counts
//! limits, and hides what became of a request.
//!
//! Not here: trying again, pacing, and what a path means.
//!
//! Invariant: a call makes one request at most, and redirects are not followed.
//! Invariant: neither a token nor a URL that holds one is in an error, a `Debug` or a log line.
//! Invariant: the bot's token goes to the configured server alone, and not where the path bears a token of its own.

mod answer;
mod error;
mod limits;
mod route;
mod spoken;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
mod token;

use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::multipart::{Form, Part};
use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder, Url};
use serde::Serialize;
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use limits::Limits;
use route::Route;

pub use error::OpenError;
pub(crate) use error::{CallError, Mishap};
pub(crate) use reqwest::Method;
pub use token::{Token, TokenError};

/// Where Discord is if nothing else is said.
const PUBLIC: &str = "https://discord.com";
/// What every path begins with.
const VERSION: &str = "api/v10";
/// The form that Discord asks of programs.
const USER_AGENT: &str = concat!("DiscordBot (sessionsd, ", env!("CARGO_PKG_VERSION"), ")");
/// A connection is there within this time, or the network is down.
const CONNECT: Duration = Duration::from_secs(10);
/// An idle connection is let go well before servers do, because a request on one that is being closed is neither sent
/// nor not sent.
const IDLE: Duration = Duration::from_secs(20);

/// One bot at Discord. Cheap to clone; all clones are one.
#[derive(Clone)]
pub(crate) struct Api {
    inner: Arc<Inner>,
}

struct Inner {
    client: Client,
    base: Url,
    is_public: bool,
    token: Token,
    limits: Limits,
    me: OnceLock<Me>,
}

/// Who the bot is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Me {
    /// The bot's own user id: the account.
    pub(crate) id: String,
    /// Its user name.
    pub(crate) name: String,
    /// The id of its application.
    pub(crate) application: String,
}

/// A file that goes with a call.
pub(crate) struct Upload {
    /// What it is called.
    pub(crate) name: String,
    /// What is in it.
    pub(crate) content: Vec<u8>,
}

impl Api {
    /// A bot by its token; without a URL at Discord itself.
    pub(crate) fn new(token: Token, api_url: Option<Url>) -> Result<Self, OpenError> {
        let is_public = api_url.is_none();
        let base = match api_url {
            Some(url) => url,
            None => PUBLIC.parse().map_err(|_| OpenError::Url("the public one is wrong"))?,
        };
        check(&base)?;
        let mut client = Client::builder()
            .redirect(Policy::none())
            .referer(false)
            .retry(reqwest::retry::never())
            .connect_timeout(CONNECT)
            .pool_idle_timeout(IDLE)
            .user_agent(USER_AGENT);
        if is_loopback(&base) {
            // A proxy of the environment is for the world outside.
            client = client.no_proxy();
        } else if base.scheme() == "http" {
            tracing::warn!("discord.api_url is not https: the token travels in the clear");
        }
        let client = client.build().map_err(|error| OpenError::Client(error::cause(&error)))?;
        let (limits, me) = (Limits::default(), OnceLock::new());
        Ok(Self { inner: Arc::new(Inner { client, base, is_public, token, limits, me }) })
    }

    /// Who the bot is, once the server has been asked.
    pub(crate) fn me(&self) -> Option<&Me> {
        self.inner.me.get()
    }

    /// Notes who the bot is. It does not change while the bot runs.
    pub(crate) fn set_me(&self, me: Me) {
        // It was noted before: the same one.
        let _ = self.inner.me.set(me);
    }

    /// Whether this is Discord itself.
    pub(crate) fn is_public(&self) -> bool {
        self.inner.is_public
    }

    /// The token, for the gateway.
    pub(crate) fn token(&self) -> &Token {
        &self.inner.token
    }

    /// Asks for something.
    pub(crate) async fn get<T: DeserializeOwned>(
        &self,
        path: &str,
        patience: Duration,
    ) -> Result<T, CallError> {
        self.run(Method::GET, path, patience, Ok).await
    }

    /// Makes something.
    pub(crate) async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
        patience: Duration,
    ) -> Result<T, CallError> {
        self.run(Method::POST, path, patience, json(body)).await
    }

    /// Changes something.
    pub(crate) async fn patch<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
        patience: Duration,
    ) -> Result<T, CallError> {
        self.run(Method::PATCH, path, patience, json(body)).await
    }

    /// Puts something in the place of what is there.
    pub(crate) async fn put<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
        patience: Duration,
    ) -> Result<T, CallError> {
        self.run(Method::PUT, path, patience, json(body)).await
    }

    /// Sends files with a body, as multipart: `payload_json`, `files[0]` and so on, in their order.
    pub(crate) async fn upload<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: &impl Serialize,
        files: Vec<Upload>,
        patience: Duration,
    ) -> Result<T, CallError> {
        let body = to_json(body)?;
        let body = Part::bytes(body).mime_str("application/json").map_err(|_| unwritable())?;
        let mut form = Form::new().percent_encode_noop().part("payload_json", body);
        for (number, file) in files.into_iter().enumerate() {
            let part = Part::bytes(file.content).file_name(header_safe(&file.name));
            form = form.part(format!("files[{number}]"), part);
        }
        self.run(method, path, patience, |request| Ok(request.multipart(form))).await
    }

    async fn run<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        patience: Duration,
        fill: impl FnOnce(RequestBuilder) -> Result<RequestBuilder, CallError>,
    ) -> Result<T, CallError> {
        let route = Route::of(&method, path);
        let request = fill(self.request(method, path, &route)?)?;
        self.inner.limits.pass(&route).await?;
        let response = request.timeout(patience).send().await.map_err(error::on_the_way)?;
        let answer = answer::receive(response).await?;
        self.inner.limits.learn(&route, &answer);
        answer::read(&answer).map_err(|error| {
            if let CallError::TooMany { retry_after, global } = error {
                self.inner.limits.hold(&route, retry_after, global);
            }
            error.without(self.inner.token.secret())
        })
    }

    fn request(
        &self,
        method: Method,
        path: &str,
        route: &Route,
    ) -> Result<RequestBuilder, CallError> {
        let Inner { client, base, token, .. } = &*self.inner;
        let base = base.as_str().trim_end_matches('/');
        let url = Zeroizing::new(format!("{base}/{VERSION}/{}", path.trim_start_matches('/')));
        let url = url.parse::<Url>().map_err(|_| unwritable())?;
        let request = client.request(method, url);
        if !route.bears_token {
            return Ok(request);
        }
        let bearer = Zeroizing::new(format!("Bot {}", token.secret()));
        let mut bearer = HeaderValue::from_str(&bearer).map_err(|_| unwritable())?;
        bearer.set_sensitive(true);
        Ok(request.header(AUTHORIZATION, bearer))
    }
}

impl fmt::Debug for Api {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Api").field(&self.inner.token).finish()
    }
}

fn unwritable() -> CallError {
    CallError::Unsent(Mishap::Parameters)
}

fn to_json(body: &impl Serialize) -> Result<Vec<u8>, CallError> {
    serde_json::to_vec(body).map_err(|_| unwritable())
}

fn json(body: &impl Serialize) -> impl FnOnce(RequestBuilder) -> Result<RequestBuilder, CallError> {
    let body = to_json(body);
    |request| Ok(request.header(CONTENT_TYPE, "application/json").body(body?))
}

fn check(base: &Url) -> Result<(), OpenError> {
    if !matches!(base.scheme(), "http" | "https") || !base.has_host() {
        return Err(OpenError::Url("it begins with https:// or http:// and a host"));
    }
    if !base.username().is_empty() || base.password().is_some() {
        return Err(OpenError::Url("it holds no user name or password"));
    }
    if base.query().is_some() || base.fragment().is_some() {
        return Err(OpenError::Url("it ends with the path, without ? or #"));
    }
    if base.path().trim_end_matches('/').ends_with(VERSION) {
        return Err(OpenError::Url("it ends before “/api/v10”"));
    }
    Ok(())
}

fn is_loopback(base: &Url) -> bool {
    let host = base.host_str().unwrap_or_default();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || bare.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// A name that stays inside its quotes in a header.
fn header_safe(name: &str) -> String {
    let is_unsafe = |c: char| c.is_control() || matches!(c, '"' | '\\');
    name.chars().map(|c| if is_unsafe(c) { '_' } else { c }).collect()
}
