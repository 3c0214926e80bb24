//! Counting tokens.
//!
//! The tables of a tokenizer take some 60 ms and 67 MiB, so they are made when something is first counted, and counts
//! are kept with the messages, each under the number of its tokenizer: one made by another is counted again.
//!
//! Invariant: what is counted is what a model is told (`render`), so a sum of costs is what a request takes.

use crate::model::{Message, TokenCount};

use super::render::spoken;

/// What the chat format takes for each message beside its text: 4 tokens, the higher of the numbers that OpenAI's
/// cookbook gives for its models. It covers the three that prime an answer from the third message on.
pub const OVERHEAD: u64 = 4;

/// A tokenizer. A new one gets a new number; numbers are stored and never change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tokenizer {
    /// `o200k_base`, number 1.
    #[default]
    O200k,
}

impl Tokenizer {
    /// The number under which counts are kept.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::O200k => 1,
        }
    }

    /// Tokens of a text alone.
    #[must_use]
    pub fn count(self, text: &str) -> u32 {
        let tokens = match self {
            Self::O200k => bpe_openai::o200k_base().count(text),
        };
        u32::try_from(tokens).unwrap_or(u32::MAX)
    }

    /// Tokens of a text as a message.
    #[must_use]
    pub fn message(self, text: &str) -> u64 {
        u64::from(self.count(text)) + OVERHEAD
    }

    /// The count of a message: the one that it has, if this tokenizer made it.
    pub(crate) fn count_of(self, message: &Message) -> TokenCount {
        match message.tokens {
            Some(known) if known.tokenizer == self.number() => known,
            Some(_) | None => {
                TokenCount { tokenizer: self.number(), tokens: self.count(&spoken(message)) }
            }
        }
    }

    /// What a message takes in a context.
    pub(crate) fn cost(self, message: &Message) -> u64 {
        u64::from(self.count_of(message).tokens) + OVERHEAD
    }
}
