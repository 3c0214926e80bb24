//! `/session`: the session's card, the list of sessions, and what is set for them.
//!
//! The settings have files of their own; here are the sessions themselves.

mod hear;
mod idle_reset;
mod reset_time;
mod scope;
mod timezone;

use nom::Parser;

use crate::command::Command;
use crate::error::ErrorKind;
use crate::lookup::unknown_word;
use crate::problem::{Parsed, refuse};
use crate::table::{Group, OptionKind, OptionSpec, Spec};
use crate::text::{Bounds, MAX_NAME_CHARACTERS, required_text, required_word};
use crate::word::word;

pub use hear::HearWord;
pub use idle_reset::{IdleReset, MAX_IDLE_MINUTES};
pub use reset_time::{DailyReset, TimeOfDay};
pub use scope::ScopeWord;

/// What is asked of the session.
///
/// A setting without a value is to be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SessionCommand {
    /// Show the card.
    Show,
    /// List the sessions.
    List {
        /// Whether every lane is to be counted, not only the caller's own.
        all: bool,
    },
    /// Make a past session current again.
    Resume {
        /// Its id.
        id: String,
    },
    /// Give the current session a title.
    Rename {
        /// The title.
        title: String,
    },
    /// Put a session in the bin.
    Delete {
        /// Its id.
        id: String,
    },
    /// The rule that says whose conversation it is.
    Scope(Option<ScopeWord>),
    /// What is listened to in a group.
    Hear(Option<HearWord>),
    /// The time of the daily reset.
    ResetTime(Option<DailyReset>),
    /// The reset after a while without interaction.
    IdleReset(Option<IdleReset>),
    /// The zone that times are meant in.
    Timezone(Option<String>),
}

pub(crate) const SESSION: Spec = Spec {
    name: "session",
    usage: "/session [show | list | resume | rename | delete | scope | hear | reset-time | idle-reset | timezone]",
    summary: "Show the session, list the others, and set when a new one starts.",
    subcommands: &[
        SHOW,
        LIST,
        RESUME,
        RENAME,
        DELETE,
        scope::SCOPE,
        hear::HEAR,
        reset_time::RESET_TIME,
        idle_reset::IDLE_RESET,
        timezone::TIMEZONE,
    ],
    parse: bare,
    ..Spec::of(Group::Session)
};

const SHOW: Spec = Spec {
    name: "session show",
    usage: "/session [show]",
    summary: "Show the session: title, scope, messages, tokens, next reset.",
    examples: &["/session", "/session show"],
    parse: |input| Ok((input, Command::Session(SessionCommand::Show))),
    ..Spec::of(Group::Session)
};

const LIST: Spec = Spec {
    name: "session list",
    usage: "/session list [all]",
    summary: "List your sessions; owners may count those of all.",
    examples: &["/session list", "/session list all"],
    options: &[OptionSpec {
        name: "of",
        summary: "Every lane, for owners",
        kind: OptionKind::Choice(&[ALL]),
        required: false,
    }],
    parse: list,
    ..Spec::of(Group::Session)
};

const RESUME: Spec = Spec {
    name: "session resume",
    usage: "/session resume <id>",
    summary: "Go on with a past session; the present one is kept.",
    examples: &["/session resume s-7k3f9q"],
    options: &[ID],
    parse: resume,
    ..Spec::of(Group::Session)
};

const RENAME: Spec = Spec {
    name: "session rename",
    usage: "/session rename \"title\"",
    summary: "Give the session a title.",
    examples: &["/session rename \"Trip to Lisbon\"", "/session rename Trip to Lisbon"],
    options: &[OptionSpec {
        name: "title",
        summary: "What to call it",
        kind: OptionKind::Text { max: MAX_NAME_CHARACTERS },
        required: true,
    }],
    parse: rename,
    ..Spec::of(Group::Session)
};

const DELETE: Spec = Spec {
    name: "session delete",
    usage: "/session delete <id>",
    summary: "Put a session in the bin; /undo brings it back.",
    examples: &["/session delete s-7k3f9q"],
    options: &[ID],
    destroys: true,
    parse: delete,
    ..Spec::of(Group::Session)
};

const ID: OptionSpec = OptionSpec {
    name: "id",
    summary: "The id of the session, as the list shows it",
    kind: OptionKind::Text { max: MAX_NAME_CHARACTERS },
    required: true,
};

const ALL: &str = "all";

impl SessionCommand {
    pub(crate) fn spec(&self) -> &'static Spec {
        match self {
            Self::Show => &SHOW,
            Self::List { .. } => &LIST,
            Self::Resume { .. } => &RESUME,
            Self::Rename { .. } => &RENAME,
            Self::Delete { .. } => &DELETE,
            Self::Scope(_) => &scope::SCOPE,
            Self::Hear(_) => &hear::HEAR,
            Self::ResetTime(_) => &reset_time::RESET_TIME,
            Self::IdleReset(_) => &idle_reset::IDLE_RESET,
            Self::Timezone(_) => &timezone::TIMEZONE,
        }
    }
}

/// ```text
/// session = "session" [ "show" | list | resume | rename | delete | scope | hear | reset-time | idle-reset | timezone ]
/// ```
fn bare(input: &str) -> Parsed<'_, Command> {
    match word(input)? {
        (input, None) => Ok((input, Command::Session(SessionCommand::Show))),
        (_, Some(word)) => Err(refuse(unknown_word(&SESSION, &word))),
    }
}

/// ```text
/// list = "list" [ "all" ]
/// ```
fn list(input: &str) -> Parsed<'_, Command> {
    let (input, word) = word(input)?;
    match &word {
        Some(word) if !word.eq_ignore_ascii_case(ALL) => {
            Err(refuse(ErrorKind::Extra { word: word.clone().into_owned() }))
        }
        _ => Ok((input, Command::Session(SessionCommand::List { all: word.is_some() }))),
    }
}

/// ```text
/// resume = "resume" word
/// ```
fn resume(input: &str) -> Parsed<'_, Command> {
    id.map(|id| Command::Session(SessionCommand::Resume { id })).parse(input)
}

/// ```text
/// rename = "rename" ( quoted | anything )        without quotes the rest of the line
/// ```
fn rename(input: &str) -> Parsed<'_, Command> {
    let title = required_text(Bounds::TITLE, "a title");
    title.map(|title| Command::Session(SessionCommand::Rename { title })).parse(input)
}

/// ```text
/// delete = "delete" word
/// ```
fn delete(input: &str) -> Parsed<'_, Command> {
    id.map(|id| Command::Session(SessionCommand::Delete { id })).parse(input)
}

fn id(input: &str) -> Parsed<'_, String> {
    required_word(Bounds::short("id"), "the id of a session").parse(input)
}

#[cfg(test)]
mod tests;
