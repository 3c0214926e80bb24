//! Texts and their bounds: names, titles, descriptions, and what runs to the end of the line.
//!
//! Not here: single words and quotes, which are in `word`.
//!
//! Invariant: a text that is too long is refused, never cut.
//! Invariant: a name, title or description holds no control character, no line break and nothing that turns the direction
//! of the text around it.

use std::borrow::Cow;

use nom::Parser;
use nom::bytes::complete::{tag, take_till1};
use nom::character::complete::anychar;
use nom::combinator::{eof, not, opt, peek, recognize, rest, verify};
use nom::multi::many0_count;
use nom::sequence::{preceded, terminated};

use crate::error::ErrorKind;
use crate::problem::{Parsed, Problem, refuse};
use crate::word::{is_open_quote, space, word};

/// The most bytes of a message, of the text after `/new` and of what `/history search` looks for: 64 KiB.
pub const MAX_TEXT_BYTES: usize = 64 * 1024;
/// The most characters of any other command's line.
pub const MAX_LINE_CHARACTERS: usize = 4096;
/// The most words after the name of any other command; what is in quotes counts as one.
pub const MAX_WORDS: usize = 32;
/// The most characters of a checkpoint's name, of a session's title and of a single word.
pub const MAX_NAME_CHARACTERS: usize = 100;
/// The most characters of a checkpoint's description.
pub const MAX_DESCRIPTION_CHARACTERS: usize = 500;

/// What a text may be.
#[derive(Clone, Copy)]
pub(crate) struct Bounds {
    /// What the text is called in an answer.
    pub(crate) what: &'static str,
    characters: usize,
    limit: &'static str,
}

impl Bounds {
    pub(crate) const NAME: Self = Self::short("name");
    pub(crate) const TITLE: Self = Self::short("title");
    pub(crate) const DESCRIPTION: Self = Self {
        what: "description",
        characters: MAX_DESCRIPTION_CHARACTERS,
        limit: "500 characters",
    };

    /// The bounds of a name, for a text that is called something else.
    pub(crate) const fn short(what: &'static str) -> Self {
        Self { what, characters: MAX_NAME_CHARACTERS, limit: "100 characters" }
    }

    /// The text as it is, if it keeps the bounds.
    pub(crate) fn check(self, text: Cow<'_, str>) -> Result<String, nom::Err<Problem>> {
        let what = self.what;
        if text.chars().nth(self.characters).is_some() {
            return Err(refuse(ErrorKind::TooLong { what, limit: self.limit }));
        }
        if let Some(character) = text.chars().find(|c| is_unsafe_in_line(*c)) {
            return Err(refuse(ErrorKind::BadCharacter { what, character }));
        }
        if text.trim().is_empty() {
            return Err(refuse(ErrorKind::Empty { what }));
        }
        Ok(text.into_owned())
    }
}

/// Whether a character breaks a line, steers a terminal, or turns the direction of the text around it.
pub(crate) fn is_unsafe_in_line(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// One word, if there is one.
pub(crate) fn optional_word(bounds: Bounds) -> impl Fn(&str) -> Parsed<'_, Option<String>> {
    move |input| {
        let (input, word) = word(input)?;
        Ok((input, word.map(|word| bounds.check(word)).transpose()?))
    }
}

/// One word that must be there; `missing` is what it is called if it is not, with its article.
pub(crate) fn required_word(
    bounds: Bounds,
    missing: &'static str,
) -> impl Fn(&str) -> Parsed<'_, String> {
    move |input| required(optional_word(bounds)(input)?, missing)
}

/// A text of several words, if there is one.
///
/// ```text
/// text = quoted            what is within the quotes
///      | anything          the rest of the line, without the white space around it
/// ```
pub(crate) fn optional_text(bounds: Bounds) -> impl Fn(&str) -> Parsed<'_, Option<String>> {
    move |input| quoted_or(rest, bounds, input)
}

/// A text of several words that must be there.
pub(crate) fn required_text(
    bounds: Bounds,
    missing: &'static str,
) -> impl Fn(&str) -> Parsed<'_, String> {
    move |input| required(optional_text(bounds)(input)?, missing)
}

/// A text of several words that ends where two hyphens stand alone, if there is one.
pub(crate) fn text_before_dashes(bounds: Bounds) -> impl Fn(&str) -> Parsed<'_, Option<String>> {
    move |input| quoted_or(before_dashes, bounds, input)
}

/// Two hyphens standing alone.
pub(crate) fn dashes(input: &str) -> Parsed<'_, &str> {
    let end = peek(nom::branch::alt((eof, recognize(verify(anychar, |c| c.is_whitespace())))));
    preceded(space, terminated(tag("--"), end)).parse(input)
}

/// The rest of the line as it is, line breaks included; nothing if it is blank.
///
/// ```text
/// lines = [ white-space-character anything ]
/// ```
///
/// Only the one character that parts it from the command is taken away, so that text which begins with white space survives.
pub(crate) fn optional_lines(what: &'static str) -> impl Fn(&str) -> Parsed<'_, Option<String>> {
    move |input| {
        let (input, _) = opt(verify(anychar, |c| c.is_whitespace())).parse(input)?;
        if input.len() > MAX_TEXT_BYTES {
            return Err(refuse(ErrorKind::TooLong { what, limit: "64 KiB" }));
        }
        let (end, text) = rest(input)?;
        Ok((end, (!text.trim().is_empty()).then(|| text.to_owned())))
    }
}

/// A value that must be there.
pub(crate) fn required<'a, T>(found: (&'a str, Option<T>), what: &'static str) -> Parsed<'a, T> {
    let (input, value) = found;
    value.map(|value| (input, value)).ok_or_else(|| refuse(ErrorKind::Missing { what }))
}

fn quoted_or<'a, F>(mut bare: F, bounds: Bounds, input: &'a str) -> Parsed<'a, Option<String>>
where
    F: Parser<&'a str, Output = &'a str, Error = Problem>,
{
    let (start, _) = space(input)?;
    let (input, text) = if start.starts_with(is_open_quote) {
        word(start)?
    } else {
        let (input, text) = bare.parse(start)?;
        let text = text.trim_end();
        (input, (!text.is_empty()).then_some(Cow::Borrowed(text)))
    };
    Ok((input, text.map(|text| bounds.check(text)).transpose()?))
}

fn before_dashes(input: &str) -> Parsed<'_, &str> {
    let bare = take_till1(char::is_whitespace);
    recognize(many0_count(preceded(not(dashes), terminated(bare, space)))).parse(input)
}
