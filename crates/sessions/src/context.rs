//! What the assistant would see of a session: which messages fit a budget of tokens, and which are left out.
//!
//! - `recent`: the newest messages that fit.
//! - `smart`: system messages, the first question, what is important (pinned first), then the newest.
//! - `summarize`: system messages, a summary of what came before, then the newest.
//!
//! `select` and `summarize` choose, `summary` condenses, `tokens` counts, `render` says it to a model: all pure.
//! Reading what they choose from is the manager's. Not here: calling a model.
//!
//! Invariants, whatever the strategy: the tokens of all parts together never exceed the budget; the newest user message
//! is there; an assistant's message is there only with its question; order is kept, nothing is there twice; and
//! messages + covered by the summary + left out = messages of the session.

pub(crate) mod material;
mod render;
pub(crate) mod select;
mod summarize;
pub mod summary;
#[cfg(test)]
mod tests;
pub mod tokens;

use std::fmt;

use crate::model::{Message, Strategy, Summary};

pub use render::Said;
pub(crate) use summarize::Outline;
pub use summary::{SummaryFailed, SummaryTask};
pub use tokens::Tokenizer;

/// What a context is asked to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ContextRequest {
    /// Tokens that it may take, the system prompt included.
    pub max_tokens: u64,
    /// How messages are chosen.
    pub strategy: Strategy,
    /// Tokens of the configured system prompt, as [`Tokenizer::message`] counts them.
    pub system_prompt_tokens: u64,
}

impl ContextRequest {
    /// Tokens that there are for all but the system prompt.
    pub(crate) fn room(&self) -> u64 {
        self.max_tokens.saturating_sub(self.system_prompt_tokens)
    }
}

/// What the assistant would see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Context {
    /// The strategy that was used: not the one that was asked for if `fell_back` says why.
    pub strategy: Strategy,
    /// Stands for the messages up to and with its point, but for those of them that are in `messages`.
    pub summary: Option<Summary>,
    /// The messages, oldest first.
    pub messages: Vec<Message>,
    /// What the parts take.
    pub tokens: PartTokens,
    /// Tokens that there were.
    pub budget: u64,
    /// How many messages the summary stands for.
    pub covered_by_summary: u64,
    /// How many messages are neither here nor covered.
    pub left_out: u64,
    /// Why `smart` was used where `summarize` was asked for.
    pub fell_back: Option<FellBack>,
}

impl Context {
    /// Tokens of all parts together.
    #[must_use]
    pub const fn total_tokens(&self) -> u64 {
        self.tokens.total()
    }
}

/// Tokens by part, each with what the chat format adds to every message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PartTokens {
    /// The configured system prompt.
    pub system_prompt: u64,
    /// System messages of the session.
    pub system: u64,
    /// The first user message, where `smart` keeps it.
    pub first_question: u64,
    /// Pinned and important messages, and the questions of such answers.
    pub important: u64,
    /// The summary.
    pub summary: u64,
    /// The newest messages.
    pub newest: u64,
}

impl PartTokens {
    /// The sum.
    #[must_use]
    pub const fn total(&self) -> u64 {
        self.system_prompt
            .saturating_add(self.system)
            .saturating_add(self.first_question)
            .saturating_add(self.important)
            .saturating_add(self.summary)
            .saturating_add(self.newest)
    }
}

/// Why there is no summary where one was asked for. Shown to the person who asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FellBack {
    /// The budget leaves no room for a summary beside the newest question.
    NoRoom,
    /// The summary could not be written.
    Failed(SummaryFailed),
}

impl fmt::Display for FellBack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoRoom => f.write_str("there is no room for a summary"),
            Self::Failed(why) => write!(f, "the summary could not be written: {why}"),
        }
    }
}
