//! `/session idle-reset`: how long without interaction until a new session is due.

use std::fmt;

use crate::command::Command;
use crate::command::session::SessionCommand;
use crate::problem::Parsed;
use crate::table::{Group, OptionKind, OptionSpec, Spec};
use crate::value::minutes;
use crate::word::word;

/// The longest time without interaction that can be set: 30 days.
pub const MAX_IDLE_MINUTES: u32 = 30 * 24 * 60;

/// Whether and when a session is reset for want of interaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdleReset {
    /// Never.
    Off,
    /// After so long.
    After {
        /// From 1 to [`MAX_IDLE_MINUTES`].
        minutes: u32,
    },
}

impl fmt::Display for IdleReset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Off => f.write_str("off"),
            Self::After { minutes } => write!(f, "{minutes}m"),
        }
    }
}

pub(super) const IDLE_RESET: Spec = Spec {
    name: "session idle-reset",
    usage: "/session idle-reset 30 | 30m | 2h | off",
    summary: "Show or set after how long without interaction a new session starts.",
    examples: &[
        "/session idle-reset",
        "/session idle-reset 30",
        "/session idle-reset 2h",
        "/session idle-reset off",
    ],
    options: &[OptionSpec {
        name: "after",
        summary: "Minutes, or a time such as 30m, 2h or 1d, or off",
        kind: OptionKind::Duration,
        required: false,
    }],
    parse,
    ..Spec::of(Group::Session)
};

/// ```text
/// idle-reset = "idle-reset" [ duration | "off" ]
/// ```
fn parse(input: &str) -> Parsed<'_, Command> {
    let (input, word) = word(input)?;
    let reset = match word {
        None => None,
        Some(word) if word.eq_ignore_ascii_case("off") => Some(IdleReset::Off),
        Some(word) => Some(IdleReset::After {
            minutes: minutes(&word, MAX_IDLE_MINUTES, "1 minute to 30 days")?,
        }),
    };
    Ok((input, Command::Session(SessionCommand::IdleReset(reset))))
}
