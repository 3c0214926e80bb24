//! The table of all commands, and what a row of it says.
//!
//! One table feeds the look-up, the shortened names, the hints, the help, the usage lines in errors, [`Command::name`]
//! and the menus of the channels.
//! Each row stands beside its parser in `command/<name>.rs`; here they are only put in order, which is that of the help.
//!
//! Not here: finding a row, which is in `lookup`.
//!
//! Invariant: names are lower case with hyphens; a subcommand's name begins with its command's.
//!
//! [`Command::name`]: crate::Command::name

use std::fmt;

use crate::command::{
    Command, checkpoint, context, forget, help, history, link, model, new, pin, reset, session,
    start, turn, undo, whoami,
};
use crate::error::ErrorKind;
use crate::problem::{Parsed, refuse};

/// All commands, in the order of the help.
pub const COMMANDS: &[Spec] = &[
    new::NEW,
    reset::RESET,
    undo::UNDO,
    undo::REDO,
    turn::RETRY,
    turn::STOP,
    context::CONTEXT,
    model::MODEL,
    pin::PIN,
    pin::UNPIN,
    help::HELP,
    start::START,
    whoami::WHOAMI,
    link::LINK,
    link::UNLINK,
    forget::FORGET,
    session::SESSION,
    checkpoint::CHECKPOINT,
    history::HISTORY,
];

/// A row of the table: one command or subcommand.
#[derive(Debug, Clone, Copy)]
pub struct Spec {
    /// The whole name without the slash: `new`, `session reset-time`.
    pub name: &'static str,
    /// The usage line, slash and all.
    pub usage: &'static str,
    /// What the command does: one sentence of at most 100 characters.
    pub summary: &'static str,
    /// Lines that run this very command.
    pub examples: &'static [&'static str],
    /// What follows the name, in order; those that must be given come first.
    pub options: &'static [OptionSpec],
    /// Under which heading the help lists it.
    pub group: Group,
    /// Whether it takes something away, so that its name may not be shortened.
    pub destroys: bool,
    /// Whether this build can carry it out.
    pub availability: Availability,
    /// The subcommands; without one, such a command means `show` where it has that.
    pub subcommands: &'static [Spec],
    /// Reads what follows the name.
    pub(crate) parse: for<'a> fn(&'a str) -> Parsed<'a, Command>,
}

/// One word or text that a command takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OptionSpec {
    /// Its name, lower case.
    pub name: &'static str,
    /// What it is: at most 100 characters.
    pub summary: &'static str,
    /// What may stand there.
    pub kind: OptionKind,
    /// Whether it must be given.
    pub required: bool,
}

/// What may stand in an option's place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OptionKind {
    /// Text on one line, of at most so many characters.
    Text {
        /// The most characters.
        max: usize,
    },
    /// The rest of the line as it is, line breaks included.
    Lines,
    /// A whole number between these two.
    Integer {
        /// The smallest.
        min: u32,
        /// The largest.
        max: u32,
    },
    /// One of these words.
    Choice(&'static [&'static str]),
    /// `HH:MM` or `off`.
    Time,
    /// A length of time (`30`, `30m`, `2h`, `1d`) or `off`.
    Duration,
}

/// A heading of the help.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// Talking, and what concerns the person who talks.
    Conversation,
    /// The session and its settings.
    Session,
    /// Named places to come back to.
    Checkpoints,
    /// What was said.
    History,
}

/// Whether this build can carry a command out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Availability {
    /// It can.
    Now,
    /// It reads the command and says that it cannot yet.
    Later,
}

impl Spec {
    /// A row to fill in: a command of this group that takes nothing away and can be carried out.
    pub(crate) const fn of(group: Group) -> Self {
        Self {
            name: "",
            usage: "",
            summary: "",
            examples: &[],
            options: &[],
            group,
            destroys: false,
            availability: Availability::Now,
            subcommands: &[],
            parse: |_| Err(refuse(ErrorKind::Missing { what: "a parser" })),
        }
    }

    /// The last word of the name: `reset-time` of `session reset-time`.
    #[must_use]
    pub fn word(&self) -> &'static str {
        self.name.rsplit_once(' ').map_or(self.name, |(_, word)| word)
    }

    /// The name as Telegram's menu allows it: `_` for hyphen and space.
    #[must_use]
    pub fn menu_name(&self) -> String {
        self.name.replace(['-', ' '], "_")
    }

    /// Whether its last option is the rest of the line as it is.
    pub(crate) fn takes_lines(&self) -> bool {
        self.options.last().is_some_and(|option| option.kind == OptionKind::Lines)
    }
}

impl Group {
    /// The groups in the order of the help.
    pub const ALL: [Self; 4] =
        [Self::Conversation, Self::Session, Self::Checkpoints, Self::History];
}

impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Conversation => "Conversation",
            Self::Session => "Session",
            Self::Checkpoints => "Checkpoints",
            Self::History => "History",
        })
    }
}
