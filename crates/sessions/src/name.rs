//! Names, titles and descriptions: what may be one, and when two are the same.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::refusal::{NameFault, Refusal};

/// Characters of a name or title.
pub const NAME_CHARS: usize = 100;
/// Characters of a description.
pub const DESCRIPTION_CHARS: usize = 500;

/// Checks a name, title or description and trims it.
///
/// # Errors
/// [`Refusal::BadName`] when it is empty, has more than `limit` characters, or holds control or
/// direction-override characters.
pub fn check(text: &str, what: &'static str, limit: usize) -> Result<String, Refusal> {
    let text = text.trim();
    let why = if text.is_empty() {
        NameFault::Empty
    } else if text.chars().count() > limit {
        NameFault::TooLong(limit)
    } else if text.chars().any(is_unfit) {
        NameFault::BadCharacter
    } else {
        return Ok(text.to_owned());
    };
    Err(Refusal::BadName { what, why })
}

/// Control characters, and those that change the direction of the text around them.
#[must_use]
pub fn is_unfit(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Folds case and accents into `folded`, which is cleared first: two texts that fold alike are the same to a search.
pub fn fold_into(text: &str, folded: &mut String) {
    folded.clear();
    if text.is_ascii() {
        folded.push_str(text);
        folded.make_ascii_lowercase();
        return;
    }
    for character in text.nfkd().filter(|c| !is_combining_mark(*c)) {
        match character {
            'ß' | 'ẞ' => folded.push_str("ss"),
            other => folded.extend(other.to_lowercase()),
        }
    }
}

/// `fold_into` with a string of its own.
#[must_use]
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    fold_into(text, &mut folded);
    folded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_trimmed_and_bounded() {
        assert_eq!(check("  before refactor ", "name", 100), Ok("before refactor".to_owned()));
        for (text, why) in [
            (" \t", NameFault::Empty),
            ("abcd", NameFault::TooLong(3)),
            ("a\u{7}", NameFault::BadCharacter),
            ("a\u{202e}b", NameFault::BadCharacter),
        ] {
            assert_eq!(
                check(text, "name", 3),
                Err(Refusal::BadName { what: "name", why }),
                "{text:?}"
            );
        }
    }

    #[test]
    fn case_and_accents_fold_away() {
        for (text, folded) in [
            ("Crème BRÛLÉE", "creme brulee"),
            ("ÅNGSTRÖM", "angstrom"),
            ("ﬁn", "fin"),
            ("Ünï", "uni"),
            ("Größe", "grosse"),
        ] {
            assert_eq!(fold(text), folded);
        }
    }
}
