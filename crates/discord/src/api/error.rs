//! How a call can fail, and what that means for its effect.
//!
//! Invariant: an error owns plain words about what happened: no URL, no token, nothing of the answer's values.

use std::error::Error;
use std::time::Duration;

use super::spoken::spoken;

/// The channel cannot be as it is configured.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// The URL is not one of a server.
    #[error("discord.api_url cannot be used: {0}")]
    Url(&'static str),
    /// A guild is not named by its id.
    #[error("discord.guilds cannot be used: “{0}” is no id; Discord shows it as Copy Server ID")]
    Guild(String),
    /// TLS could not be set up.
    #[error("TLS cannot be set up: {0}")]
    Client(String),
}

/// A call had no result.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum CallError {
    /// The request never got there: it has certainly no effect.
    #[error("not sent: {0}")]
    Unsent(#[source] Mishap),
    /// The request may have got there, and may have had its effect.
    #[error("no answer: {0}")]
    Unsure(#[source] Mishap),
    /// The server failed.
    #[error("Discord failed with {status}")]
    Server {
        /// The HTTP status, from 500.
        status: u16,
    },
    /// Too many requests: this one had no effect, and may not even have been sent.
    #[error("Discord asks to wait for {} s", retry_after.as_secs_f32().ceil())]
    TooMany {
        /// How long to wait.
        retry_after: Duration,
        /// Whether everything has to wait, not this kind of request alone.
        global: bool,
    },
    /// The server refuses this request, whenever it comes.
    #[error("Discord refuses with {status}, code {code}: {}", spoken(message))]
    Refused {
        /// The HTTP status: 400, 401, 403, 404 and the like.
        status: u16,
        /// Discord's own code of the error; 0 if there is none.
        code: u32,
        /// The reason in the server's words. May quote what was sent: not for logs.
        message: String,
    },
    /// Something else than Discord answers there: a page, a redirect. The request has no effect.
    #[error(
        "what answers with {status} is not Discord's API: check discord.api_url, and proxies on the way"
    )]
    Foreign {
        /// The HTTP status, from 300 to 499.
        status: u16,
    },
}

/// What happened to a request on its way, or to its answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Mishap {
    /// Nothing could be made of the parameters.
    #[error("the parameters cannot be written")]
    Parameters,
    /// The server's name has no address.
    #[error(
        "the server's name cannot be resolved: check the network, DNS and discord.api_url ({0})"
    )]
    Name(String),
    /// The server's certificate is not to be trusted.
    #[error(
        "the server's certificate is not trusted: check discord.api_url, the clock, and the certificates of this system ({0})"
    )]
    Certificate(String),
    /// No connection.
    #[error("no connection: {0}")]
    Connection(String),
    /// It took too long.
    #[error("it took too long")]
    Timeout,
    /// The connection broke.
    #[error("the connection broke: {0}")]
    Cut(String),
    /// The answer is more than any answer.
    #[error("the answer is too large")]
    TooLarge,
    /// The answer is not of Discord.
    #[error("the answer is not Discord's: check discord.api_url, and proxies on the way")]
    NotJson,
    /// The answer is not of the form that it should have.
    #[error("the answer cannot be read: {0}")]
    Unreadable(String),
}

impl CallError {
    /// Whether the token is wrong or was revoked.
    pub(crate) fn is_unauthorized(&self) -> bool {
        matches!(self, Self::Refused { status: 401, .. })
    }

    /// Whether what the path names is not there (any more).
    pub(crate) fn is_missing(&self) -> bool {
        matches!(self, Self::Refused { status: 404, .. })
    }

    /// Whether it may heal by itself: the network, the server, a limit.
    pub(crate) fn is_passing(&self) -> bool {
        !matches!(self, Self::Refused { .. })
    }

    /// The same without this secret in the server's words.
    pub(super) fn without(mut self, secret: &str) -> Self {
        if let Self::Refused { message, .. } = &mut self
            && message.contains(secret)
        {
            *message = message.replace(secret, "…");
        }
        self
    }
}

/// An error of a request that has no answer yet.
pub(super) fn on_the_way(error: reqwest::Error) -> CallError {
    let error = error.without_url();
    let cause = cause(&error);
    if error.is_builder() {
        return CallError::Unsent(Mishap::Parameters);
    }
    if !error.is_connect() {
        let mishap = if error.is_timeout() { Mishap::Timeout } else { Mishap::Cut(cause) };
        return CallError::Unsure(mishap);
    }
    CallError::Unsent(if cause.contains("certificate") {
        Mishap::Certificate(cause)
    } else if cause.contains("dns error") || cause.contains("lookup address") {
        Mishap::Name(cause)
    } else if error.is_timeout() {
        Mishap::Timeout
    } else {
        Mishap::Connection(cause)
    })
}

/// The innermost reason of an error, in its own words.
pub(super) fn cause(error: &dyn Error) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}
