//! `/session reset-time`: the time of day at which a new session is due.

use std::fmt;

use crate::command::Command;
use crate::command::session::SessionCommand;
use crate::problem::Parsed;
use crate::table::{Group, OptionKind, OptionSpec, Spec};
use crate::value::time;
use crate::word::word;

/// Whether and when a session is reset each day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DailyReset {
    /// Never.
    Off,
    /// At this time on the wall clock.
    At(TimeOfDay),
}

/// A time on the wall clock, to the minute.
///
/// Invariant: the hour is below 24, the minute below 60.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct TimeOfDay {
    hour: u8,
    minute: u8,
}

impl TimeOfDay {
    /// This hour and minute, if a day has them.
    #[must_use]
    pub const fn new(hour: u8, minute: u8) -> Option<Self> {
        if hour < 24 && minute < 60 { Some(Self { hour, minute }) } else { None }
    }

    /// 0 to 23.
    #[must_use]
    pub const fn hour(self) -> u8 {
        self.hour
    }

    /// 0 to 59.
    #[must_use]
    pub const fn minute(self) -> u8 {
        self.minute
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.hour, self.minute)
    }
}

impl fmt::Display for DailyReset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Off => f.write_str("off"),
            Self::At(time) => time.fmt(f),
        }
    }
}

pub(super) const RESET_TIME: Spec = Spec {
    name: "session reset-time",
    usage: "/session reset-time HH:MM | off",
    summary: "Show or set the time of day at which a new session starts.",
    examples: &["/session reset-time", "/session reset-time 04:00", "/session reset-time off"],
    options: &[OptionSpec {
        name: "time",
        summary: "HH:MM in your time zone, or off",
        kind: OptionKind::Time,
        required: false,
    }],
    parse,
    ..Spec::of(Group::Session)
};

/// ```text
/// reset-time = "reset-time" [ time | "off" ]
/// ```
fn parse(input: &str) -> Parsed<'_, Command> {
    let (input, word) = word(input)?;
    let reset = match word {
        None => None,
        Some(word) if word.eq_ignore_ascii_case("off") => Some(DailyReset::Off),
        Some(word) => Some(DailyReset::At(time(&word)?)),
    };
    Ok((input, Command::Session(SessionCommand::ResetTime(reset))))
}
