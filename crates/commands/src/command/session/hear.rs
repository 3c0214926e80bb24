//! `/session hear`: what the bot listens to in a group.

use crate::command::Command;
use crate::command::session::SessionCommand;
use crate::problem::Parsed;
use crate::table::{Group, OptionKind, OptionSpec, Spec};
use crate::value::choice;
use crate::word::word;

/// The word for what is listened to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HearWord {
    /// Whatever is said.
    All,
    /// Commands, mentions and replies.
    Mentions,
}

impl HearWord {
    const ALL: &[Self] = &[Self::All, Self::Mentions];

    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Mentions => "mentions",
        }
    }
}

pub(super) const HEAR: Spec = Spec {
    name: "session hear",
    usage: "/session hear all | mentions",
    summary: "Show or set what I listen to in this group.",
    examples: &["/session hear", "/session hear all"],
    options: &[OptionSpec {
        name: "what",
        summary: "Whatever is said, or commands, mentions and replies alone",
        kind: OptionKind::Choice(&[HearWord::All.as_str(), HearWord::Mentions.as_str()]),
        required: false,
    }],
    parse,
    ..Spec::of(Group::Session)
};

/// ```text
/// hear = "hear" [ "all" | "mentions" ]
/// ```
fn parse(input: &str) -> Parsed<'_, Command> {
    let (input, word) = word(input)?;
    let what = word.map(|word| choice(&word, HearWord::ALL, HearWord::as_str)).transpose()?;
    Ok((input, Command::Session(SessionCommand::Hear(what))))
}
