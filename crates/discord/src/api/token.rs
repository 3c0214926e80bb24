//! The token of a bot: three parts with dots between them.
//!
//! It says nothing to us: who the bot is, Discord is asked.
//!
//! Invariant: the secret is shown by nothing, and its memory is wiped when the last copy goes.

use std::fmt;
use std::str::FromStr;

use zeroize::{Zeroize, Zeroizing};

/// What a token is sometimes copied with.
const SCHEME: &str = "Bot ";

/// The token of a bot, as the developer portal gives it out.
#[derive(Clone)]
pub struct Token {
    secret: Zeroizing<String>,
}

/// A text is not a token. The text itself is not repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// There is nothing.
    #[error(
        "the Discord token is empty: the developer portal gives one out under Bot, Reset Token"
    )]
    Empty,
    /// There are not three parts.
    #[error(
        "the Discord token does not have three parts with dots between them; the client secret and the public key are \
         something else"
    )]
    Parts,
    /// There are characters that no token has.
    #[error(
        "the Discord token has characters that no token has: it is letters, digits, “_”, “-” and two dots, on one line"
    )]
    Characters,
}

impl Token {
    /// The whole of it.
    pub(crate) fn secret(&self) -> &str {
        &self.secret
    }
}

impl FromStr for Token {
    type Err = TokenError;

    /// Reads a token; white space around it and `Bot ` before it are not part of it.
    fn from_str(text: &str) -> Result<Self, TokenError> {
        let text = text.trim();
        let text = text.strip_prefix(SCHEME).unwrap_or(text).trim_start();
        if text.is_empty() {
            return Err(TokenError::Empty);
        }
        let is_possible = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
        if !text.chars().all(is_possible) {
            return Err(TokenError::Characters);
        }
        if text.split('.').count() != 3 || text.split('.').any(str::is_empty) {
            return Err(TokenError::Parts);
        }
        Ok(Self { secret: Zeroizing::new(text.to_owned()) })
    }
}

impl TryFrom<String> for Token {
    type Error = TokenError;

    /// Reads a token and wipes the text that it was read from.
    fn try_from(mut text: String) -> Result<Self, TokenError> {
        let token = text.parse();
        text.zeroize();
        token
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_and_never_shown() {
        for text in [" MTk4.Cl2FMQ.Zn-x_9\n", "Bot MTk4.Cl2FMQ.Zn-x_9"] {
            let token: Token = text.parse().unwrap();
            assert_eq!(token.secret(), "MTk4.Cl2FMQ.Zn-x_9");
            assert_eq!(format!("{token:?}"), "Token(…)");
        }
    }

    #[test]
    fn what_is_no_token_is_told_apart() {
        let read = |text: &str| text.parse::<Token>().unwrap_err();
        assert_eq!(read(" \n"), TokenError::Empty);
        assert_eq!(read("MTk4"), TokenError::Parts);
        assert_eq!(read("MTk4..x"), TokenError::Parts);
        assert_eq!(read("a.b.c.d"), TokenError::Parts);
        assert_eq!(read("a.b.c/../x"), TokenError::Characters);
        assert_eq!(read("a.b.c\na.b.c"), TokenError::Characters);
    }
}
