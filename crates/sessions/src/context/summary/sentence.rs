//! Cutting a text into sentences, each on one line.
//!
//! Not here: what a sentence means. Code between fences is left out; a sentence that is too long is cut.

/// Characters of a sentence.
const LENGTH: usize = 280;

/// The sentences of a text, white space folded, without control characters.
pub(super) fn sentences(text: &str) -> impl Iterator<Item = String> {
    let mut fenced = false;
    let lines = text.lines().filter(move |line| {
        let fence = line.trim_start().starts_with("```");
        fenced ^= fence;
        !fenced && !fence
    });
    lines.flat_map(|line| split(line).into_iter().filter_map(|sentence| tidy(&sentence)))
}

/// Cuts behind `.`, `!` and `?` with white space after them, and behind their full-width sisters.
fn split(line: &str) -> Vec<String> {
    let (mut found, mut sentence) = (Vec::new(), String::new());
    let mut characters = line.chars().peekable();
    while let Some(c) = characters.next() {
        sentence.push(c);
        let ends = match c {
            '.' | '!' | '?' | '…' => characters.peek().is_none_or(|next| next.is_whitespace()),
            '。' | '！' | '？' => true,
            _ => false,
        };
        if ends {
            found.push(std::mem::take(&mut sentence));
        }
    }
    found.push(sentence);
    found
}

fn tidy(sentence: &str) -> Option<String> {
    let plain: String = sentence.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let folded = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    if !folded.chars().any(char::is_alphanumeric) {
        return None;
    }
    if folded.chars().nth(LENGTH).is_none() {
        return Some(folded);
    }
    Some(folded.chars().take(LENGTH - 1).chain(['…']).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_into_sentences() {
        for (text, expected) in [
            ("", vec![]),
            ("One. Two!  Three?\nFour", vec!["One.", "Two!", "Three?", "Four"]),
            ("Pi is 3.14 in v1.2.3.", vec!["Pi is 3.14 in v1.2.3."]),
            ("Look:\n```\nlet x = 1. ;\n```\nDone.", vec!["Look:", "Done."]),
            ("今日は。元気？", vec!["今日は。", "元気？"]),
            ("... --- !!!", vec![]),
            ("bell\u{7}\tand\u{0}tab", vec!["bell and tab"]),
        ] {
            assert_eq!(sentences(text).collect::<Vec<_>>(), expected, "{text}");
        }
    }

    #[test]
    fn a_long_sentence_is_cut() {
        let cut: Vec<String> = sentences(&"é".repeat(1_000)).collect();
        assert_eq!(cut.len(), 1);
        assert_eq!(cut[0].chars().count(), LENGTH);
        assert!(cut[0].ends_with('…'));
    }
}
