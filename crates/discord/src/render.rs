//! Answers as Discord shows them: text as its markdown, long texts in chunks, cards, buttons in rows, long lists as menus.
//!
//! What the bot says is plain text; single backticks and code fences are its only markup.
//!
//! Invariant: nothing that was said formats, mentions or hides anything: all that could is escaped. (`allowed_mentions` is
//! another lock on the same door: see `outlet::body`.)
//! Invariant: a chunk fits a message once it is rendered. Discord counts code points; UTF-16 units are never fewer.

mod card;
mod chunk;
mod component;
mod markup;
#[cfg(test)]
mod tests;

pub(crate) use card::{card, words_of};
pub(crate) use chunk::{chunks, fits};
pub(crate) use component::components;
pub(crate) use markup::markdown;

/// The most that a message holds, in UTF-16 units.
pub(crate) const MESSAGE: usize = 2_000;
