//! Words: what white space parts and quotes hold together.
//!
//! Not here: how long a word may be and what may be in it, which is in `text`.
//!
//! ```text
//! word   = quoted ( end | space ) | character+
//! quoted = '"' inner '"' | "'" inner "'" | "“" inner "”" | "„" inner ( "“" | "”" ) | "«" inner "»"
//! inner  = ( "\" ( quote | "\" ) | character )*
//! ```
//!
//! A quote opens only where a word begins, so the apostrophe of `don't` is a letter like another; between two letters it
//! does not close a `'` either.
//! A backslash before anything but a quote or a backslash stands for itself, so `C:\temp` loses nothing.

use std::borrow::Cow;

use nom::Parser;
use nom::bytes::complete::{take_till, take_while};

use crate::error::ErrorKind;
use crate::problem::{Parsed, Problem, refuse};

/// White space of any kind, perhaps none.
pub(crate) fn space(input: &str) -> Parsed<'_, &str> {
    take_while(char::is_whitespace).parse(input)
}

/// The next word without its quotes, if there is one.
pub(crate) fn word(input: &str) -> Parsed<'_, Option<Cow<'_, str>>> {
    let (input, _) = space(input)?;
    let mut characters = input.chars();
    let Some(first) = characters.next() else {
        return Ok((input, None));
    };
    if is_open_quote(first) {
        let (input, text) = quoted(first, characters.as_str())?;
        return Ok((input, Some(Cow::Owned(text))));
    }
    let (input, text) = take_till(char::is_whitespace).parse(input)?;
    Ok((input, Some(Cow::Borrowed(text))))
}

/// Whether there are more than so many words; what follows a quote that is never closed counts as one.
pub(crate) fn has_more_words_than(limit: usize, input: &str) -> bool {
    // Each word but the first needs two characters, so most lines are told by their length.
    if input.len() < limit * 2 {
        return false;
    }
    let mut left = input;
    for _ in 0..limit {
        match word(left) {
            Ok((_, None)) | Err(_) => return false,
            Ok((rest, Some(_))) => left = rest,
        }
    }
    !left.trim_start().is_empty()
}

/// Whether the character opens a quote where a word begins.
pub(crate) fn is_open_quote(c: char) -> bool {
    matches!(c, '"' | '\'' | '“' | '„' | '«')
}

/// The text in `"…"`, such that reading it as a word gives the text again.
pub(crate) fn render_quoted(text: &str) -> String {
    let mut line = String::with_capacity(text.len() + 2);
    line.push('"');
    for c in text.chars() {
        if matches!(c, '"' | '\\') {
            line.push('\\');
        }
        line.push(c);
    }
    line.push('"');
    line
}

fn quoted(open: char, inner: &str) -> Result<(&str, String), nom::Err<Problem>> {
    let mut text = String::new();
    let mut characters = inner.chars();
    while let Some(c) = characters.next() {
        let next = characters.clone().next();
        if c == '\\' && next.is_some_and(is_escapable) {
            text.extend(characters.next());
        } else if closes(open, c) && !is_apostrophe(c, text.chars().next_back(), next) {
            if next.is_some_and(|next| !next.is_whitespace()) {
                return Err(refuse(ErrorKind::NoSpaceAfterQuote { quote: c }));
            }
            return Ok((characters.as_str(), text));
        } else {
            text.push(c);
        }
    }
    Err(refuse(ErrorKind::OpenQuote { quote: open }))
}

fn closes(open: char, c: char) -> bool {
    match open {
        '“' => c == '”',
        '„' => matches!(c, '“' | '”'),
        '«' => c == '»',
        straight => c == straight,
    }
}

fn is_escapable(c: char) -> bool {
    is_open_quote(c) || matches!(c, '\\' | '”' | '»')
}

fn is_apostrophe(c: char, before: Option<char>, after: Option<char>) -> bool {
    c == '\''
        && before.is_some_and(char::is_alphanumeric)
        && after.is_some_and(char::is_alphanumeric)
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;

    fn words(input: &str) -> String {
        let (mut left, mut found) = (input, Vec::new());
        loop {
            match word(left) {
                Ok((_, None)) => return format!("{found:?}"),
                Ok((rest, Some(word))) => (left, _) = (rest, found.push(word)),
                Err(nom::Err::Failure(problem)) => return format!("{:?}", problem.kind),
                Err(error) => panic!("a dead end without words: {error:?}"),
            }
        }
    }

    #[test]
    fn unicode_white_space_parts_words() {
        assert_snapshot!(words(" a\u{a0}b\u{3000}c\t\nd "), @r#"["a", "b", "c", "d"]"#);
        assert_snapshot!(words(" \n "), @"[]");
    }

    #[test]
    fn quotes_of_every_kind_hold_words_together() {
        assert_snapshot!(words(r#""a b" 'c d'"#), @r#"["a b", "c d"]"#);
        assert_snapshot!(words("“a b” „c d“ „e f” «g h»"), @r#"["a b", "c d", "e f", "g h"]"#);
        assert_snapshot!(words(r#""it's" "" 'a "b"'"#), @r#"["it's", "", "a \"b\""]"#);
    }

    #[test]
    fn an_apostrophe_within_a_word_is_no_quote() {
        assert_snapshot!(words("don't can't"), @r#"["don't", "can't"]"#);
        assert_snapshot!(words("'don't stop' now"), @r#"["don't stop", "now"]"#);
    }

    #[test]
    fn a_backslash_escapes_quotes_and_itself_and_nothing_else() {
        assert_snapshot!(words(r#""a \"b\" \\ c""#), @r#"["a \"b\" \\ c"]"#);
        assert_snapshot!(words(r"“a \” b” 'it\'s'"), @r#"["a ” b", "it's"]"#);
        assert_snapshot!(words(r#""C:\temp" C:\new"#), @r#"["C:\\temp", "C:\\new"]"#);
    }

    #[test]
    fn a_quote_must_be_closed_and_followed_by_a_space() {
        assert_snapshot!(words(r#"a "b c"#), @r#"OpenQuote { quote: '"' }"#);
        assert_snapshot!(words(r#""b \""#), @r#"OpenQuote { quote: '"' }"#);
        assert_snapshot!(words("“b c\""), @"OpenQuote { quote: '“' }");
        assert_snapshot!(words(r#""a"b"#), @r#"NoSpaceAfterQuote { quote: '"' }"#);
    }

    #[test]
    fn words_are_counted_up_to_a_limit() {
        let words = "w ".repeat(32);
        assert!(!has_more_words_than(32, &words));
        assert!(has_more_words_than(32, &format!("{words} w")));
        assert!(!has_more_words_than(32, &format!("\"{words} w\"")));
    }
}
