//! Answers as Telegram shows them: text as HTML, long texts in chunks, buttons in rows.
//!
//! What the bot says is plain text; single backticks and code fences are its only markup.
//!
//! Invariant: nothing that was said reaches Telegram as markup of its own: `&`, `<` and `>` are always escaped.
//! Invariant: a chunk fits a message as it stands, markup included, so that it can also be sent without its formatting.

mod chunk;
mod keyboard;
mod markup;
#[cfg(test)]
mod tests;

pub(crate) use chunk::{chunks, fits};
pub(crate) use keyboard::keyboard;
pub(crate) use markup::{escape, html};

/// The most that a message holds, in UTF-16 units.
pub(crate) const MESSAGE: usize = 4_096;
/// The most that a file's caption holds, in UTF-16 units.
pub(crate) const CAPTION: usize = 1_024;
