//! Why a line was refused, worded for the chat.
//!
//! `Display` is the exact answer: what was wrong, with the offending word in “…”, then the usage line.
//! Not here: faults. Whatever this crate refuses is the writer's doing and theirs to mend.
//! How parsers hand a refusal on is in `problem`.

use std::fmt;

use crate::excerpt::{did_you_mean, excerpt, list};
use crate::problem::Problem;

/// A line that is a command and cannot be read as one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseError {
    kind: ErrorKind,
    command: Option<&'static str>,
    usage: Option<&'static str>,
    addressed: bool,
}

/// What was wrong with a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ErrorKind {
    /// No command has this name.
    UnknownCommand {
        /// The name as it was written.
        name: String,
        /// The nearest names, perhaps none.
        near: Vec<&'static str>,
    },
    /// The shortened name fits several commands.
    AmbiguousCommand {
        /// The name as it was written.
        name: String,
        /// The commands it fits.
        fits: Vec<&'static str>,
    },
    /// The command has no such subcommand.
    UnknownWord {
        /// The word as it was written.
        word: String,
        /// The nearest subcommands, perhaps none.
        near: Vec<&'static str>,
    },
    /// The shortened subcommand fits several.
    AmbiguousWord {
        /// The word as it was written.
        word: String,
        /// The subcommands it fits.
        fits: Vec<&'static str>,
    },
    /// The name of a command that destroys was shortened.
    Shortened,
    /// A word that the command needs is not there.
    Missing {
        /// What is missing, with its article.
        what: &'static str,
    },
    /// The command takes no further word.
    Extra {
        /// The first word too many.
        word: String,
    },
    /// The word is not of the kind that stands here.
    Unreadable {
        /// The word as it was written.
        word: String,
        /// The kind, with its article.
        kind: &'static str,
    },
    /// The word is none of those that may stand here.
    NotAChoice {
        /// The word as it was written.
        word: String,
        /// Those that may.
        choices: Vec<&'static str>,
    },
    /// The number or the time is too small or too large.
    OutOfRange {
        /// The word as it was written.
        word: String,
        /// What is allowed.
        range: &'static str,
    },
    /// A quote is opened and never closed.
    OpenQuote {
        /// The opening quote.
        quote: char,
    },
    /// A closing quote runs into the next word.
    NoSpaceAfterQuote {
        /// The closing quote.
        quote: char,
    },
    /// A text is given and has nothing in it.
    Empty {
        /// What the text is.
        what: &'static str,
    },
    /// A text or a line is longer than allowed.
    TooLong {
        /// What the text is.
        what: &'static str,
        /// The most that is allowed, with its unit.
        limit: &'static str,
    },
    /// The line has more words than allowed.
    TooManyWords {
        /// The most that are allowed.
        limit: usize,
    },
    /// A text holds a character that may not be in it.
    BadCharacter {
        /// What the text is.
        what: &'static str,
        /// The character.
        character: char,
    },
}

impl ParseError {
    pub(crate) fn new(problem: Problem, addressed: bool) -> Self {
        let (command, usage) = problem.spec.map(|spec| (spec.name, spec.usage)).unzip();
        Self { kind: problem.kind, command, usage, addressed }
    }

    /// The refusal of a text that is no command.
    pub(crate) fn of_message(kind: ErrorKind) -> Self {
        Self { kind, command: None, usage: None, addressed: false }
    }

    /// What was wrong.
    #[must_use]
    pub fn kind(&self) -> &ErrorKind {
        &self.kind
    }

    /// The name of the command that the line turned out to be (`checkpoint save`), if it did.
    #[must_use]
    pub fn command(&self) -> Option<&'static str> {
        self.command
    }

    /// Whether the line named this bot.
    #[must_use]
    pub fn addressed(&self) -> bool {
        self.addressed
    }

    /// Whether the command's own name was not settled: nobody's, several's, or a shortened one that must be whole.
    ///
    /// In a group such a line may be meant for another bot, so it is answered only if it was [addressed](Self::addressed).
    #[must_use]
    pub fn is_unknown_command(&self) -> bool {
        let is_top = self.command.is_none_or(|name| !name.contains(' '));
        match self.kind {
            ErrorKind::UnknownCommand { .. } | ErrorKind::AmbiguousCommand { .. } => true,
            ErrorKind::Shortened => is_top,
            ErrorKind::UnknownWord { .. }
            | ErrorKind::AmbiguousWord { .. }
            | ErrorKind::Missing { .. }
            | ErrorKind::Extra { .. }
            | ErrorKind::Unreadable { .. }
            | ErrorKind::NotAChoice { .. }
            | ErrorKind::OutOfRange { .. }
            | ErrorKind::OpenQuote { .. }
            | ErrorKind::NoSpaceAfterQuote { .. }
            | ErrorKind::Empty { .. }
            | ErrorKind::TooLong { .. }
            | ErrorKind::TooManyWords { .. }
            | ErrorKind::BadCharacter { .. } => false,
        }
    }
}

impl std::error::Error for ParseError {}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let command = self.command.unwrap_or_default();
        match &self.kind {
            ErrorKind::UnknownCommand { name, near } => {
                let hint = did_you_mean(near, "/");
                write!(f, "I don't know /{}.{hint} /help lists every command.", excerpt(name))
            }
            ErrorKind::AmbiguousCommand { name, fits } => {
                write!(f, "/{} could be {}. Write more of it.", excerpt(name), list(fits, "/"))
            }
            ErrorKind::UnknownWord { word, near } => {
                let hint = did_you_mean(near, "");
                write!(f, "I don't know “{}” after /{command}.{hint}", excerpt(word))
            }
            ErrorKind::AmbiguousWord { word, fits } => {
                write!(f, "“{}” could be {}.", excerpt(word), list(fits, ""))
            }
            ErrorKind::Shortened => {
                write!(f, "/{command} takes something away, so its name must be written whole.")
            }
            ErrorKind::Missing { what } => write!(f, "/{command} needs {what}."),
            ErrorKind::Extra { word } => write!(f, "I don't expect “{}” there.", excerpt(word)),
            ErrorKind::Unreadable { word, kind } => {
                write!(f, "I can't read “{}” as {kind}.", excerpt(word))
            }
            ErrorKind::NotAChoice { word, choices } => {
                write!(f, "“{}” is not {}.", excerpt(word), list(choices, ""))
            }
            ErrorKind::OutOfRange { word, range } => {
                write!(f, "“{}” is out of range: {range}.", excerpt(word))
            }
            ErrorKind::OpenQuote { quote } => write!(f, "The quote {quote} is never closed."),
            ErrorKind::NoSpaceAfterQuote { quote } => {
                write!(f, "A space must follow the closing quote {quote}.")
            }
            ErrorKind::Empty { what } => write!(f, "The {what} is empty."),
            ErrorKind::TooLong { what, limit } => {
                write!(
                    f,
                    "The {what} is too long: {limit} is the most. Nothing was cut off or kept."
                )
            }
            ErrorKind::TooManyWords { limit } => {
                write!(
                    f,
                    "These are too many words: {limit} is the most. What is in quotes counts as one."
                )
            }
            ErrorKind::BadCharacter { what, character } => {
                let code = u32::from(*character);
                write!(f, "The {what} holds a character that may not be in it: U+{code:04X}.")
            }
        }?;
        self.usage.map_or(Ok(()), |usage| write!(f, " Usage: {usage}"))
    }
}
