//! The token of a bot: `123456:ABC…`.
//!
//! Invariant: the secret is shown by nothing, and its memory is wiped when the last copy goes.

use std::fmt;
use std::str::FromStr;

use zeroize::{Zeroize, Zeroizing};

/// The most digits that an id has.
const ID_DIGITS: usize = 19;

/// The token of a bot, as BotFather gives it out.
#[derive(Clone)]
pub struct Token {
    secret: Zeroizing<String>,
    account: String,
}

/// A text is not a token. The text itself is not repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// There is nothing.
    #[error("the Telegram token is empty: get one from @BotFather")]
    Empty,
    /// There is no number and colon.
    #[error("the Telegram token has no “:” after the bot's number; it looks like 123456789:AAE…")]
    NoColon,
    /// What is before the colon is no number.
    #[error(
        "the Telegram token does not begin with the bot's number; it looks like 123456789:AAE…"
    )]
    Account,
    /// There are characters that no token has.
    #[error(
        "the Telegram token has characters that no token has: after the “:” stand letters, digits, “_” and “-”, on one line"
    )]
    Secret,
}

impl Token {
    /// The bot's own id: the digits before the colon.
    #[must_use]
    pub fn account(&self) -> &str {
        &self.account
    }

    /// The whole of it.
    pub(crate) fn secret(&self) -> &str {
        &self.secret
    }
}

impl FromStr for Token {
    type Err = TokenError;

    /// Reads a token; white space around it is not part of it.
    fn from_str(text: &str) -> Result<Self, TokenError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(TokenError::Empty);
        }
        let (account, secret) = text.split_once(':').ok_or(TokenError::NoColon)?;
        let is_number = !account.is_empty() && account.bytes().all(|b| b.is_ascii_digit());
        if !is_number || account.len() > ID_DIGITS {
            return Err(TokenError::Account);
        }
        let is_secret = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
        if secret.is_empty() || !secret.chars().all(is_secret) {
            return Err(TokenError::Secret);
        }
        let secret = Zeroizing::new(text.to_owned());
        Ok(Self { secret, account: account.to_owned() })
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
        let token: Token = " 123456:AAE-x_9\n".parse().unwrap();
        assert_eq!(token.account(), "123456");
        assert_eq!(token.secret(), "123456:AAE-x_9");
        assert_eq!(format!("{token:?}"), "Token(…)");
    }

    #[test]
    fn what_is_no_token_is_told_apart() {
        let read = |text: &str| text.parse::<Token>().unwrap_err();
        assert_eq!(read(" \n"), TokenError::Empty);
        assert_eq!(read("123456"), TokenError::NoColon);
        assert_eq!(read("bot123:AAE"), TokenError::Account);
        assert_eq!(read(":AAE"), TokenError::Account);
        assert_eq!(read("12345678901234567890:AAE"), TokenError::Account);
        assert_eq!(read("123:"), TokenError::Secret);
        assert_eq!(read("123:AAE/../x"), TokenError::Secret);
        assert_eq!(read("123:AAE\n123:AAF"), TokenError::Secret);
    }
}
