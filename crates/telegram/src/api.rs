//! Calls to the Bot API over HTTP: one request, one answer, and the truth about what happened in between.
//!
//! Payloads and the types of results are teloxide's wherever it knows the method. Its transport is not used (2026-11,
//! teloxide-core 0.13): it sleeps ten seconds inside every call that is answered with 5xx, hides the HTTP status, and
//! cannot tell a request that never left from one whose answer was lost, which is the difference between sending again
//! and labelling an answer as perhaps missing.
//!
//! Not here: trying again, pacing, and what a method means.
//!
//! Invariant: a call makes one request, and redirects are not followed.
//! Invariant: neither the token nor a URL that holds it is in an error, a `Debug` or a log line.

mod answer;
mod error;
mod spoken;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
mod token;

use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use reqwest::multipart::{Form, Part};
use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder, Url};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use teloxide::requests::Payload;
use zeroize::Zeroizing;

pub use error::OpenError;
pub(crate) use error::{CallError, Mishap};
pub use token::{Token, TokenError};

/// Where the Bot API is if nothing else is said.
const PUBLIC: &str = "https://api.telegram.org";
/// A connection is there within this time, or the network is down.
const CONNECT: Duration = Duration::from_secs(10);
/// An idle connection is let go well before servers do (75 s with Telegram), because a request on one that is being
/// closed is neither sent nor not sent.
const IDLE: Duration = Duration::from_secs(20);

/// One bot at one Bot API server. Cheap to clone; all clones are one.
#[derive(Clone)]
pub(crate) struct Api {
    inner: Arc<Inner>,
}

struct Inner {
    client: Client,
    base: Url,
    token: Token,
    name: OnceLock<String>,
}

/// A file that goes with a call.
pub(crate) struct Upload {
    /// The parameter that it is: `document`.
    pub(crate) field: &'static str,
    /// What it is called.
    pub(crate) name: String,
    /// What is in it.
    pub(crate) content: Vec<u8>,
}

impl Api {
    /// A bot by its token; without a URL at Telegram's own server.
    pub(crate) fn new(token: Token, api_url: Option<Url>) -> Result<Self, OpenError> {
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
            .user_agent(concat!("sessionsd/", env!("CARGO_PKG_VERSION")));
        if is_loopback(&base) {
            // A proxy of the environment is for the world outside.
            client = client.no_proxy();
        } else if base.scheme() == "http" {
            tracing::warn!("telegram.api_url is not https: the token travels in the clear");
        }
        let client = client.build().map_err(|error| OpenError::Client(error::cause(&error)))?;
        Ok(Self { inner: Arc::new(Inner { client, base, token, name: OnceLock::new() }) })
    }

    /// The bot's own id: the digits of the token before the colon.
    pub(crate) fn account(&self) -> &str {
        self.inner.token.account()
    }

    /// The bot's username without `@`, once the server has been asked.
    pub(crate) fn name(&self) -> Option<&str> {
        self.inner.name.get().map(String::as_str)
    }

    /// Notes the bot's username. It does not change while the bot runs.
    pub(crate) fn set_name(&self, name: String) {
        // It was noted before: the same one.
        let _ = self.inner.name.set(name);
    }

    /// Calls a method that teloxide knows, or that has a payload type of our own.
    pub(crate) async fn send<P>(
        &self,
        payload: &P,
        patience: Duration,
    ) -> Result<P::Output, CallError>
    where
        P: Payload + Serialize,
        P::Output: DeserializeOwned,
    {
        self.call(&camel_case(P::NAME), payload, patience).await
    }

    /// Calls a method by its name, with parameters that serialize as an object.
    pub(crate) async fn call<T: DeserializeOwned>(
        &self,
        method: &str,
        params: &impl Serialize,
        patience: Duration,
    ) -> Result<T, CallError> {
        let body = serde_json::to_vec(params).map_err(|_| CallError::Unsent(Mishap::Parameters))?;
        let request =
            self.post(method)?.header(reqwest::header::CONTENT_TYPE, "application/json").body(body);
        self.run(request, patience).await
    }

    /// Calls a method with a file, as multipart.
    pub(crate) async fn upload<T: DeserializeOwned>(
        &self,
        method: &str,
        params: &impl Serialize,
        file: Upload,
        patience: Duration,
    ) -> Result<T, CallError> {
        let Ok(Value::Object(params)) = serde_json::to_value(params) else {
            return Err(CallError::Unsent(Mishap::Parameters));
        };
        // File names go as they are: Telegram does not read the percent-encoded form.
        let mut form = Form::new().percent_encode_noop();
        for (name, value) in params {
            form = match value {
                Value::Null => form,
                Value::String(text) => form.text(name, text),
                other
                @ (Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => {
                    form.text(name, other.to_string())
                }
            };
        }
        let part = Part::bytes(file.content).file_name(header_safe(&file.name));
        let request = self.post(method)?.multipart(form.part(file.field, part));
        self.run(request, patience).await
    }

    fn post(&self, method: &str) -> Result<RequestBuilder, CallError> {
        let Inner { client, base, token, .. } = &*self.inner;
        let base = base.as_str().trim_end_matches('/');
        let url = Zeroizing::new(format!("{base}/bot{}/{method}", token.secret()));
        let url = url.parse::<Url>().map_err(|_| CallError::Unsent(Mishap::Parameters))?;
        Ok(client.post(url))
    }

    async fn run<T: DeserializeOwned>(
        &self,
        request: RequestBuilder,
        patience: Duration,
    ) -> Result<T, CallError> {
        let response = request.timeout(patience).send().await.map_err(error::on_the_way)?;
        let answer = answer::receive(response).await?;
        answer::read(&answer).map_err(|error| error.without(self.inner.token.secret()))
    }
}

impl fmt::Debug for Api {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Api").field(&self.inner.token).finish()
    }
}

/// `GetMe` as the documentation has it: `getMe`.
fn camel_case(name: &str) -> String {
    let mut rest = name.chars();
    rest.next().map(|first| first.to_ascii_lowercase()).into_iter().chain(rest).collect()
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
    if base.path().contains("/bot") {
        return Err(OpenError::Url("it ends before “/bot…”: the token is not a part of it"));
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
