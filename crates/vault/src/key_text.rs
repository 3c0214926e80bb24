//! The operator's key as text: what stands in a key file, a credential or an environment variable.
//!
//! Not a reader of files, and not yet a key: see `master_key.rs`.
//!
//! ```text
//! key text   = white space* form white space*
//! form       = "hex:" hex | "base64:" base64 | "passphrase:" words | hex | base64
//! hex        = 64 hexadecimal digits, either case
//! base64     = 32 bytes in the standard or the URL-safe alphabet, with or without "="
//! words      = at least 12 characters, white space around them cut off
//! ```
//!
//! A passphrase always needs its prefix: a mistyped or cut-off key must not silently become one.
//!
//! Invariant: the text never reaches an error or `Debug`.

use std::fmt;

use data_encoding::{
    BASE64, BASE64_NOPAD, BASE64URL, BASE64URL_NOPAD, Encoding, HEXLOWER, HEXLOWER_PERMISSIVE,
};
use zeroize::Zeroizing;

use crate::derivation::Secret;
use crate::error::{ParseKeyError, SealError};
use crate::random::RandomSource;

/// The least number of characters of a passphrase. Twelve is a floor against accidents, not advice: an attacker
/// with the file guesses offline, so an operator should take five or more random words.
const LEAST_PASSPHRASE: usize = 12;

/// The operator's key, parsed: 32 raw bytes or a passphrase. Overwritten when dropped.
pub struct KeyText(Form);

pub(crate) enum Form {
    Raw(Secret),
    Passphrase(Zeroizing<String>),
}

impl KeyText {
    /// Parses `hex:…`, `base64:…`, `passphrase:…`, or bare text of exactly 32 bytes in hex or base64.
    ///
    /// # Errors
    ///
    /// [`ParseKeyError`], which says what was expected and never repeats the text.
    pub fn parse(text: &str) -> Result<Self, ParseKeyError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(ParseKeyError::Empty);
        }
        if let Some(digits) = text.strip_prefix("hex:") {
            let found = digits.trim().chars().count();
            let key = parse_hex(digits).ok_or(ParseKeyError::NotHex { found })?;
            return Ok(Self(Form::Raw(key)));
        }
        if let Some(digits) = text.strip_prefix("base64:") {
            let found = digits.trim().chars().count();
            let key = parse_base64(digits).ok_or(ParseKeyError::NotBase64 { found })?;
            return Ok(Self(Form::Raw(key)));
        }
        if let Some(words) = text.strip_prefix("passphrase:") {
            return parse_passphrase(words);
        }
        let key =
            parse_hex(text).or_else(|| parse_base64(text)).ok_or(ParseKeyError::UnknownForm)?;
        Ok(Self(Form::Raw(key)))
    }

    /// Draws a fresh random key; gives it with its text, `hex:` and 64 digits without a line end.
    ///
    /// # Errors
    ///
    /// [`SealError::RandomSource`] and [`SealError::RandomSourceRepeats`].
    pub fn generate() -> Result<(Self, Zeroizing<String>), SealError> {
        Self::generate_from(&RandomSource::os())
    }

    fn generate_from(random: &RandomSource) -> Result<(Self, Zeroizing<String>), SealError> {
        let mut key = Secret::default();
        random.draw(&mut key)?;
        // Full capacity at once: a string that grows would leave a copy behind.
        let mut text = Zeroizing::new(String::with_capacity(4 + 64));
        text.push_str("hex:");
        HEXLOWER.encode_append(key.as_slice(), &mut text);
        Ok((Self(Form::Raw(key)), text))
    }

    /// Is it a passphrase, which needs [`KdfParams`](crate::KdfParams) to become a key?
    pub fn is_passphrase(&self) -> bool {
        matches!(self.0, Form::Passphrase(_))
    }

    pub(crate) fn form(&self) -> &Form {
        &self.0
    }
}

fn parse_passphrase(words: &str) -> Result<KeyText, ParseKeyError> {
    let words = words.trim();
    let found = words.chars().count();
    if found < LEAST_PASSPHRASE {
        return Err(ParseKeyError::PassphraseTooShort { found, least: LEAST_PASSPHRASE });
    }
    Ok(KeyText(Form::Passphrase(Zeroizing::new(words.to_owned()))))
}

fn parse_hex(digits: &str) -> Option<Secret> {
    decode(&HEXLOWER_PERMISSIVE, digits.trim())
}

fn parse_base64(digits: &str) -> Option<Secret> {
    let digits = digits.trim();
    [BASE64, BASE64_NOPAD, BASE64URL, BASE64URL_NOPAD]
        .iter()
        .find_map(|encoding| decode(encoding, digits))
}

/// Decodes exactly 32 bytes, within memory that is overwritten whatever comes of it.
fn decode(encoding: &Encoding, digits: &str) -> Option<Secret> {
    // Checked first, so that the buffer is never larger than a few spare bytes of padding.
    let room = encoding.decode_len(digits.len()).ok()?;
    if !(32..=36).contains(&room) {
        return None;
    }
    let mut bytes = Zeroizing::new([0; 36]);
    let length = encoding.decode_mut(digits.as_bytes(), bytes.get_mut(..room)?).ok()?;
    let mut key = Secret::default();
    if length != key.len() {
        return None;
    }
    key.copy_from_slice(bytes.get(..length)?);
    Some(key)
}

impl fmt::Debug for KeyText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyText(..)")
    }
}

#[cfg(test)]
mod tests;
