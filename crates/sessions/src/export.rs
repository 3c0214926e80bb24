//! Export and import: a session as markdown, as plain text, and as JSON that can be brought in again.
//!
//! A document is put together message by message, so that no more than a page of rows is in memory beside it.
//!
//! Invariant: in every form, nothing that a message, name or title holds can pass for the beginning of a message.
//! Invariant: what is exported as JSON reads back as the same messages, whatever they hold.

pub(crate) mod json;
mod markdown;
#[cfg(test)]
mod tests;
mod text;

use crate::model::{Checkpoint, Message, Scope, Session};
use crate::name::is_unfit;
use crate::time::Timestamp;

/// The form of an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportFormat {
    /// Markdown, with or without a header of metadata.
    Markdown {
        /// Whether the header is there.
        metadata: bool,
    },
    /// Lossless, versioned.
    Json,
    /// Plain text.
    Text,
}

impl ExportFormat {
    /// How the name of a file of this form ends, without the dot.
    #[must_use]
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Markdown { .. } => "md",
            Self::Json => "json",
            Self::Text => "txt",
        }
    }

    /// Whether it says anything of the session beside its messages.
    pub(crate) const fn has_cover(self) -> bool {
        match self {
            Self::Markdown { metadata } => metadata,
            Self::Json => true,
            Self::Text => false,
        }
    }
}

/// The name of a file for an export made at `at`, as in `session-7k3f9q-2026-11-22.md`.
#[must_use]
pub fn file_name(session: &Session, format: ExportFormat, at: Timestamp) -> String {
    let short = session.id.short();
    let letters = short.strip_prefix("s-").unwrap_or(&short);
    format!("session-{letters}-{}.{}", at.to_utc().format("%Y-%m-%d"), format.extension())
}

/// Messages as markdown, without a header.
#[must_use]
pub fn markdown_messages(messages: &[Message]) -> String {
    of_messages(messages, markdown::add_message)
}

/// Messages as plain text.
#[must_use]
pub fn text_messages(messages: &[Message]) -> String {
    of_messages(messages, text::add_message)
}

fn of_messages(messages: &[Message], add: impl Fn(&Message, &mut String)) -> String {
    let mut text = String::new();
    messages.iter().for_each(|message| add(message, &mut text));
    text
}

/// What an export says of the session as a whole.
pub(crate) struct Cover<'a> {
    /// The session.
    pub(crate) session: &'a Session,
    /// How many messages follow.
    pub(crate) messages: u64,
    /// The scope of its lane.
    pub(crate) scope: Scope,
    /// The checkpoints on its line, by position.
    pub(crate) checkpoints: Vec<Checkpoint>,
}

/// A document that is being put together.
pub(crate) struct Document {
    format: ExportFormat,
    text: String,
    messages: u64,
}

impl Document {
    /// Begins a document; `cover` is needed by those forms that have one.
    pub(crate) fn begin(format: ExportFormat, cover: Option<&Cover<'_>>) -> Self {
        let mut text = String::new();
        match (format, cover) {
            (ExportFormat::Markdown { metadata: true }, Some(cover)) => {
                markdown::add_cover(cover, &mut text);
            }
            (ExportFormat::Json, Some(cover)) => json::begin(cover, &mut text),
            (ExportFormat::Markdown { .. } | ExportFormat::Json | ExportFormat::Text, _) => {}
        }
        Self { format, text, messages: 0 }
    }

    /// Adds the next message.
    pub(crate) fn add(&mut self, message: &Message) {
        match self.format {
            ExportFormat::Markdown { .. } => markdown::add_message(message, &mut self.text),
            ExportFormat::Json => {
                json::add_message(message, self.messages == 0, &mut self.text);
            }
            ExportFormat::Text => text::add_message(message, &mut self.text),
        }
        self.messages += 1;
    }

    /// The whole document.
    pub(crate) fn finish(mut self) -> String {
        if self.format == ExportFormat::Json {
            json::end(&mut self.text);
        }
        self.text
    }
}

/// The lines of a text, at whatever any reader may take for the end of one.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.split("\r\n").flat_map(|part| part.split(ends_line))
}

fn ends_line(character: char) -> bool {
    matches!(character, '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// The character itself, or a sign that there was one which a terminal or viewer might obey.
fn visible(character: char) -> char {
    if character.is_control() && character != '\t' { '\u{fffd}' } else { character }
}

/// What stands for a character of a name in the middle of a line.
fn on_one_line(character: char) -> char {
    if is_unfit(character) || ends_line(character) { ' ' } else { character }
}
