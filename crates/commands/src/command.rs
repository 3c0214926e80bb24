//! What was commanded, as plain data. Carrying it out is not this crate's business.
//!
//! One file per command: its type, its row of the table, its grammar and parser, its tests.

pub(crate) mod checkpoint;
pub(crate) mod context;
pub(crate) mod forget;
pub(crate) mod help;
pub(crate) mod history;
pub(crate) mod link;
pub(crate) mod model;
pub(crate) mod new;
pub(crate) mod pin;
pub(crate) mod reset;
pub(crate) mod session;
pub(crate) mod start;
pub(crate) mod turn;
pub(crate) mod undo;
pub(crate) mod whoami;

use crate::table::{Availability, Spec};
use checkpoint::CheckpointCommand;
use context::ContextCommand;
use history::HistoryCommand;
use session::SessionCommand;

/// A command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Start a new session.
    New {
        /// Its first message.
        text: Option<String>,
    },
    /// Put the current session in the bin and start a new one.
    Reset,
    /// Take the last change back.
    Undo,
    /// Do again what was taken back.
    Redo,
    /// Throw the last answer away and ask again.
    Retry,
    /// Stop the answer being written.
    Stop,
    /// What the assistant sees.
    Context(ContextCommand),
    /// Show or choose the model.
    Model {
        /// The model chosen.
        name: Option<String>,
    },
    /// Keep a message in view of the assistant.
    Pin,
    /// Let go of a pinned message.
    Unpin,
    /// Help.
    Help {
        /// The command asked about, as it was written.
        topic: Option<String>,
    },
    /// The welcome.
    Start,
    /// The ids that an operator needs.
    Whoami,
    /// Prove that two peers are one person.
    Link {
        /// The code shown on the other side.
        code: Option<String>,
    },
    /// Take such a proof back.
    Unlink,
    /// Delete everything of this person.
    Forget {
        /// The code after `yes`, which confirms it.
        confirmation: Option<String>,
    },
    /// The session and its settings.
    Session(SessionCommand),
    /// Checkpoints.
    Checkpoint(CheckpointCommand),
    /// What was said.
    History(HistoryCommand),
}

impl Command {
    /// Its whole name in the table, for logs: `checkpoint save`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.spec().name
    }

    /// Whether this build can carry it out.
    #[must_use]
    pub fn availability(&self) -> Availability {
        self.spec().availability
    }

    /// Whether it takes something away.
    #[must_use]
    pub fn destroys(&self) -> bool {
        self.spec().destroys
    }

    /// Its row of the table.
    #[must_use]
    pub fn spec(&self) -> &'static Spec {
        match self {
            Self::New { .. } => &new::NEW,
            Self::Reset => &reset::RESET,
            Self::Undo => &undo::UNDO,
            Self::Redo => &undo::REDO,
            Self::Retry => &turn::RETRY,
            Self::Stop => &turn::STOP,
            Self::Context(command) => command.spec(),
            Self::Model { .. } => &model::MODEL,
            Self::Pin => &pin::PIN,
            Self::Unpin => &pin::UNPIN,
            Self::Help { .. } => &help::HELP,
            Self::Start => &start::START,
            Self::Whoami => &whoami::WHOAMI,
            Self::Link { .. } => &link::LINK,
            Self::Unlink => &link::UNLINK,
            Self::Forget { .. } => &forget::FORGET,
            Self::Session(command) => command.spec(),
            Self::Checkpoint(command) => command.spec(),
            Self::History(command) => command.spec(),
        }
    }
}
