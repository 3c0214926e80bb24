//! How a call can fail, and what that means for its effect.
//!
//! Invariant: an error owns plain words about what happened: no URL, no token, nothing of the answer's values.

use std::error::Error;
use std::time::Duration;

use super::spoken::spoken;

/// What Telegram says of formatting that it does not take. What follows may quote the text.
const CANNOT_PARSE: &str = "can't parse entities";

/// The channel cannot be as it is configured.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// The URL is not one of a server.
    #[error("telegram.api_url cannot be used: {0}")]
    Url(&'static str),
    /// The webhook cannot be as it is set.
    #[error("the Telegram webhook cannot be used: {0}")]
    Webhook(&'static str),
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
    #[error("the Bot API failed with {status}")]
    Server {
        /// The HTTP status, from 500.
        status: u16,
    },
    /// Too many requests: this one had no effect.
    #[error("the Bot API asks to wait for {} s", retry_after.as_secs())]
    TooMany {
        /// How long to wait.
        retry_after: Duration,
    },
    /// The server refuses this request, whenever it comes.
    #[error("the Bot API refuses with {code}: {}", shown(description))]
    Refused {
        /// The code of the error: 400, 401, 403, 404, 409 and the like.
        code: u16,
        /// The reason in the server's words. May quote what was sent: not for logs.
        description: String,
        /// The chat's new id, when it has become a supergroup.
        migrate_to: Option<i64>,
    },
    /// Something else than a Bot API answers there: a page, a redirect. The request has no effect.
    #[error(
        "what answers with {status} is not the Bot API: check telegram.api_url, and proxies on the way"
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
        "the server's name cannot be resolved: check the network, DNS and telegram.api_url ({0})"
    )]
    Name(String),
    /// The server's certificate is not to be trusted.
    #[error(
        "the server's certificate is not trusted: check telegram.api_url, the clock, and the certificates of this system ({0})"
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
    /// The answer is not of the Bot API.
    #[error("the answer is not the Bot API's: check telegram.api_url, and proxies on the way")]
    NotJson,
    /// The answer is not of the form that it should have.
    #[error("the answer cannot be read: {0}")]
    Unreadable(String),
}

impl CallError {
    /// Whether the server does not know the method; a wrong token is another thing (401).
    pub(crate) fn is_unknown_method(&self) -> bool {
        match self {
            Self::Refused { code: 404, .. } => true,
            Self::Refused { code: 400, description, .. } => {
                has(description, "method not found") || has(description, "unknown method")
            }
            Self::Refused { code, .. } => matches!(code, 405 | 501),
            Self::Server { status } => *status == 501,
            Self::Unsent(_) | Self::Unsure(_) | Self::TooMany { .. } | Self::Foreign { .. } => {
                false
            }
        }
    }

    /// Whether the token is wrong or was revoked.
    pub(crate) fn is_unauthorized(&self) -> bool {
        matches!(self, Self::Refused { code: 401, .. })
    }

    /// Whether another program polls with this token, or a webhook is set.
    pub(crate) fn is_conflict(&self) -> bool {
        matches!(self, Self::Refused { code: 409, .. })
    }

    /// Whether nothing can be written to this chat any more: blocked, kicked, deactivated.
    pub(crate) fn is_blocked(&self) -> bool {
        matches!(self, Self::Refused { code: 403, .. })
    }

    /// Whether the formatting of the text is refused; as plain text it may pass.
    pub(crate) fn is_formatting(&self) -> bool {
        matches!(self, Self::Refused { code: 400, description, .. } if has(description, CANNOT_PARSE))
    }

    /// Whether an edit would change nothing.
    pub(crate) fn is_not_modified(&self) -> bool {
        matches!(self, Self::Refused { code: 400, description, .. } if has(description, "message is not modified"))
    }

    /// Whether it may heal by itself: the network, the server, a limit.
    pub(crate) fn is_passing(&self) -> bool {
        !matches!(self, Self::Refused { .. })
    }

    /// The same without this secret in the server's words.
    pub(super) fn without(mut self, secret: &str) -> Self {
        if let Self::Refused { description, .. } = &mut self
            && description.contains(secret)
        {
            *description = description.replace(secret, "…");
        }
        self
    }
}

fn has(description: &str, words: &str) -> bool {
    description.to_ascii_lowercase().contains(words)
}

/// What the server says, as far as it cannot quote us.
fn shown(description: &str) -> String {
    if has(description, CANNOT_PARSE) {
        return CANNOT_PARSE.to_owned();
    }
    spoken(description)
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
