//! What is said: 200 bytes of words, another for each number, the same in every run.

const BYTES: usize = 200;

const WORDS: [&str; 32] = [
    "the",
    "session",
    "was",
    "restored",
    "from",
    "a",
    "checkpoint",
    "before",
    "we",
    "changed",
    "parser",
    "and",
    "then",
    "it",
    "failed",
    "again",
    "because",
    "nobody",
    "had",
    "tested",
    "that",
    "path",
    "please",
    "look",
    "at",
    "log",
    "of",
    "yesterday",
    "evening",
    "first",
    "thanks",
    "deploy",
];

/// The message with this number.
pub(crate) fn message(number: usize) -> String {
    let mut text = format!("{number:07}");
    let mut state = u64::try_from(number).unwrap_or(0).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    while text.len() < BYTES {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let index = usize::try_from(state % 32).unwrap_or(0);
        text.push(' ');
        text.push_str(WORDS.get(index).copied().unwrap_or_default());
    }
    text.truncate(BYTES);
    text
}
