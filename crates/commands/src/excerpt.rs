//! Words of other people's within our sentences.
//!
//! Invariant: what someone wrote is shown by at most 40 of its characters, with nothing in it that could break or turn the line.

use std::borrow::Cow;

use crate::text::is_unsafe_in_line;

/// How many characters of an offending word an answer shows.
const EXCERPT_CHARACTERS: usize = 40;

/// The beginning of what someone wrote, safe to show within a sentence.
pub(crate) fn excerpt(text: &str) -> Cow<'_, str> {
    let is_plain = |c: char| !is_unsafe_in_line(c);
    if text.chars().all(is_plain) && text.chars().nth(EXCERPT_CHARACTERS).is_none() {
        return Cow::Borrowed(text);
    }
    let mut shown = String::new();
    for c in text.chars().take(EXCERPT_CHARACTERS) {
        if is_plain(c) {
            shown.push(c);
        } else {
            shown.extend(c.escape_default());
        }
    }
    if text.chars().nth(EXCERPT_CHARACTERS).is_some() {
        shown.push('…');
    }
    Cow::Owned(shown)
}

/// ` Did you mean /a or /b?`, or nothing.
pub(crate) fn did_you_mean(near: &[&str], prefix: &str) -> String {
    if near.is_empty() { String::new() } else { format!(" Did you mean {}?", list(near, prefix)) }
}

/// `a, b or c`.
pub(crate) fn list(words: &[&str], prefix: &str) -> String {
    let mut text = String::new();
    for (index, word) in words.iter().enumerate() {
        if index > 0 && index + 1 == words.len() {
            text.push_str(" or ");
        } else if index > 0 {
            text.push_str(", ");
        }
        text.extend([prefix, *word]);
    }
    text
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;
    use crate::testing::read;

    #[test]
    fn long_words_are_shown_by_their_beginning() {
        let word = "é".repeat(41);
        assert_snapshot!(read(&format!("/undo {word}")), @"I don't expect “éééééééééééééééééééééééééééééééééééééééé…” there. Usage: /undo");
        let name = "y".repeat(300);
        assert_snapshot!(read(&format!("/{name}")), @"I don't know /yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy…. /help lists every command.");
    }

    #[test]
    fn characters_that_break_or_turn_a_line_are_escaped() {
        assert_snapshot!(read("/undo a\u{7}\u{202e}b"), @r"I don't expect “a\u{7}\u{202e}b” there. Usage: /undo");
        assert_snapshot!(read("/undo \"a\nb\""), @r"I don't expect “a\nb” there. Usage: /undo");
    }

    #[test]
    fn lists_are_joined_as_in_speech() {
        assert_eq!(list(&["a"], "/"), "/a");
        assert_eq!(list(&["a", "b"], "/"), "/a or /b");
        assert_eq!(list(&["a", "b", "c"], ""), "a, b or c");
    }
}
