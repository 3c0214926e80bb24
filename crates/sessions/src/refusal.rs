//! Refusals: what a person asked for cannot be done, in words for the chat that say what to do next.
//!
//! A refusal is never a fault: nothing is wrong with the program or the machine, and nothing was changed.

use std::fmt;

/// Why a request is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// No such session in this lane: absent and foreign alike.
    NoSuchSession(String),
    /// No such checkpoint in this lane: absent and foreign alike.
    NoSuchCheckpoint(String),
    /// A beginning that several ids of this lane share, or a name that several checkpoints have.
    Several {
        /// What was typed.
        typed: String,
        /// What it fits, shortest form first, each on a line of its own.
        fits: Vec<String>,
    },
    /// The session is the current one already.
    AlreadyCurrent,
    /// What the session held is gone.
    Emptied,
    /// The journal holds nothing that may still be taken back.
    NothingToUndo {
        /// How far back undo goes.
        days: u64,
    },
    /// The journal holds nothing to do again.
    NothingToRedo,
    /// The conversation is empty.
    NothingToClear,
    /// A message was meant for a session that is no longer current.
    SessionClosed,
    /// There is no message to pin.
    NothingToPin,
    /// The message is not pinned.
    NotPinned,
    /// Pinning and unpinning need a message with this position, which is not there.
    NoSuchMessage,
    /// A name, title or description that cannot be one.
    BadName {
        /// What it is: name, title or description.
        what: &'static str,
        /// What is wrong with it.
        why: NameFault,
    },
    /// A button that counts once was pressed before.
    AlreadyPressed,
    /// The event that asks was taken in before.
    AlreadyKnown,
    /// A button to take something back that is no longer the last thing done.
    Overtaken,
    /// An import that is not what it says it is.
    BadImport(String),
    /// The newest message and the system prompt alone are more than the budget allows.
    OverBudget {
        /// Tokens that they take.
        needed: u64,
        /// Tokens that there are.
        budget: u64,
    },
    /// A message longer than can be kept.
    TooLong {
        /// Bytes that it has.
        bytes: usize,
        /// Bytes that it may have.
        limit: usize,
    },
}

/// What is wrong with a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameFault {
    /// Nothing but white space.
    Empty,
    /// More characters than this.
    TooLong(usize),
    /// Control or direction-override characters.
    BadCharacter,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSuchSession(typed) => {
                write!(f, "There is no session “{typed}” here. /session list shows them.")
            }
            Self::NoSuchCheckpoint(typed) => {
                write!(f, "There is no checkpoint “{typed}” here. /checkpoint list shows them.")
            }
            Self::Several { typed, fits } => {
                write!(f, "“{typed}” fits several:")?;
                for fit in fits {
                    write!(f, "\n{fit}")?;
                }
                f.write_str("\nName one by its id.")
            }
            Self::AlreadyCurrent => f.write_str("That session is the current one already."),
            Self::Emptied => f.write_str(
                "That session was cleaned up; only its checkpoints are left. /checkpoint list shows them.",
            ),
            Self::NothingToUndo { days } => {
                write!(f, "There is nothing to undo here (undo goes back {days} days).")
            }
            Self::NothingToRedo => f.write_str("There is nothing to redo here."),
            Self::NothingToClear => f.write_str("This conversation is empty already."),
            Self::SessionClosed => f.write_str(
                "That session is closed. Resume it, or go on in the current one.",
            ),
            Self::NothingToPin => f.write_str("There is no message to pin yet."),
            Self::NotPinned => f.write_str("That message is not pinned."),
            Self::NoSuchMessage => {
                f.write_str("That message is not in this conversation. /history shows what is.")
            }
            Self::BadName { what, why } => match why {
                NameFault::Empty => write!(f, "The {what} is empty."),
                NameFault::TooLong(limit) => {
                    write!(f, "The {what} is too long: it may have {limit} characters.")
                }
                NameFault::BadCharacter => write!(
                    f,
                    "The {what} has a control or direction-override character, which is not allowed."
                ),
            },
            Self::AlreadyKnown => f.write_str("That has been taken in before."),
            Self::AlreadyPressed => f.write_str("That button has been used already."),
            Self::Overtaken => {
                f.write_str("Other things were done since. /undo takes them back one by one.")
            }
            Self::BadImport(why) => write!(f, "This cannot be imported: {why}."),
            Self::OverBudget { needed, budget } => write!(
                f,
                "The newest message alone takes {needed} tokens, and only {budget} fit. Say it more shortly, or in parts."
            ),
            Self::TooLong { bytes, limit } => {
                write!(f, "This message has {bytes} bytes; at most {limit} can be kept. Send it in parts.")
            }
        }
    }
}

impl std::error::Error for Refusal {}
