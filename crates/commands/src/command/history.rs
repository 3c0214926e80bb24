//! `/history`: show, export, clear or search what was said.

use crate::command::Command;
use crate::lookup::unknown_word;
use crate::problem::{Parsed, refuse};
use crate::table::{Group, OptionKind, OptionSpec, Spec};
use crate::text::{optional_lines, required};
use crate::value::{choice, number};
use crate::word::word;

/// The most messages that `/history` shows at once.
pub const MAX_HISTORY_COUNT: u32 = 1000;

/// What is asked of the history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HistoryCommand {
    /// Show the last messages.
    Show {
        /// How many, from 1 to [`MAX_HISTORY_COUNT`].
        count: Option<u32>,
    },
    /// The whole session as a file.
    Export {
        /// Of which format.
        format: ExportFormat,
    },
    /// Empty the conversation and keep the session.
    Clear,
    /// Messages that hold all the words.
    Search {
        /// The words, as they were written.
        words: String,
    },
}

/// The format of an exported session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ExportFormat {
    /// To read, with a header that says what it is.
    #[default]
    Markdown,
    /// Everything, to import again.
    Json,
    /// The words alone.
    Text,
}

impl ExportFormat {
    const ALL: &[Self] = &[Self::Markdown, Self::Json, Self::Text];

    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Markdown => "markdown",
            Self::Json => "json",
            Self::Text => "text",
        }
    }
}

pub(crate) const HISTORY: Spec = Spec {
    name: "history",
    usage: "/history [n] | export | clear | search",
    summary: "Show, export, clear or search what was said.",
    examples: &[],
    subcommands: &[SHOW, EXPORT, CLEAR, SEARCH],
    parse: bare,
    ..Spec::of(Group::History)
};

const SHOW: Spec = Spec {
    name: "history show",
    usage: "/history [show] [n]",
    summary: "Show the last messages: 20, or as many as you say.",
    examples: &["/history", "/history 50", "/history show 50"],
    options: &[OptionSpec {
        name: "count",
        summary: "How many messages",
        kind: OptionKind::Integer { min: 1, max: MAX_HISTORY_COUNT },
        required: false,
    }],
    parse: show,
    ..Spec::of(Group::History)
};

const EXPORT: Spec = Spec {
    name: "history export",
    usage: "/history export [markdown | json | text]",
    summary: "Send the whole session as a file.",
    examples: &["/history export", "/history export json"],
    options: &[OptionSpec {
        name: "format",
        summary: "To read, to import again, or the words alone",
        kind: OptionKind::Choice(&[
            ExportFormat::Markdown.as_str(),
            ExportFormat::Json.as_str(),
            ExportFormat::Text.as_str(),
        ]),
        required: false,
    }],
    parse: export,
    ..Spec::of(Group::History)
};

const CLEAR: Spec = Spec {
    name: "history clear",
    usage: "/history clear",
    summary: "Empty the conversation and keep the session; /undo brings it back.",
    examples: &["/history clear"],
    destroys: true,
    parse: |input| Ok((input, Command::History(HistoryCommand::Clear))),
    ..Spec::of(Group::History)
};

const SEARCH: Spec = Spec {
    name: "history search",
    usage: "/history search <words>",
    summary: "Find the messages that hold all these words.",
    examples: &["/history search portfolio value"],
    options: &[OptionSpec {
        name: "words",
        summary: "The words to look for",
        kind: OptionKind::Lines,
        required: true,
    }],
    parse: search,
    ..Spec::of(Group::History)
};

impl HistoryCommand {
    pub(crate) fn spec(&self) -> &'static Spec {
        match self {
            Self::Show { .. } => &SHOW,
            Self::Export { .. } => &EXPORT,
            Self::Clear => &CLEAR,
            Self::Search { .. } => &SEARCH,
        }
    }
}

/// ```text
/// history = "history" ( [ "show" ] [ number ] | export | "clear" | search )
/// ```
fn bare(input: &str) -> Parsed<'_, Command> {
    let (_, word) = word(input)?;
    match word {
        Some(word) if !word.starts_with(is_of_a_number) => {
            Err(refuse(unknown_word(&HISTORY, &word)))
        }
        _ => show(input),
    }
}

fn is_of_a_number(c: char) -> bool {
    c.is_numeric() || c == '-' || c == '+'
}

fn show(input: &str) -> Parsed<'_, Command> {
    let (input, word) = word(input)?;
    let count =
        word.map(|word| number(&word, MAX_HISTORY_COUNT, "1 to 1000 messages")).transpose()?;
    Ok((input, Command::History(HistoryCommand::Show { count })))
}

/// ```text
/// export = "export" [ "markdown" | "json" | "text" ]
/// ```
fn export(input: &str) -> Parsed<'_, Command> {
    let (input, word) = word(input)?;
    let format =
        word.map(|word| choice(&word, ExportFormat::ALL, ExportFormat::as_str)).transpose()?;
    Ok((input, Command::History(HistoryCommand::Export { format: format.unwrap_or_default() })))
}

/// ```text
/// search = "search" lines
/// ```
fn search(input: &str) -> Parsed<'_, Command> {
    let (input, words) = required(optional_lines("search")(input)?, "words to look for")?;
    Ok((input, Command::History(HistoryCommand::Search { words })))
}

#[cfg(test)]
mod tests;
