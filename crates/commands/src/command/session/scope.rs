//! `/session scope`: the rule that says whose conversation it is.

use crate::command::Command;
use crate::command::session::SessionCommand;
use crate::problem::Parsed;
use crate::table::{Group, OptionKind, OptionSpec, Spec};
use crate::value::choice;
use crate::word::word;

/// The word for a scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScopeWord {
    /// One session over everything, for owners.
    Main,
    /// One per person in each chat.
    Channel,
    /// One per person over all channels.
    Peer,
    /// One shared by all in a chat.
    Group,
}

impl ScopeWord {
    const ALL: &[Self] = &[Self::Main, Self::Channel, Self::Peer, Self::Group];

    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Main => "main",
            Self::Channel => "channel",
            Self::Peer => "peer",
            Self::Group => "group",
        }
    }
}

pub(super) const SCOPE: Spec = Spec {
    name: "session scope",
    usage: "/session scope main | channel | peer | group",
    summary: "Show or set whose conversation this chat is.",
    examples: &["/session scope", "/session scope peer"],
    options: &[OptionSpec {
        name: "scope",
        summary: "One for all you do, one per chat, one over all your channels, or one shared by the group",
        kind: OptionKind::Choice(&[
            ScopeWord::Main.as_str(),
            ScopeWord::Channel.as_str(),
            ScopeWord::Peer.as_str(),
            ScopeWord::Group.as_str(),
        ]),
        required: false,
    }],
    parse,
    ..Spec::of(Group::Session)
};

/// ```text
/// scope = "scope" [ "main" | "channel" | "peer" | "group" ]
/// ```
fn parse(input: &str) -> Parsed<'_, Command> {
    let (input, word) = word(input)?;
    let scope = word.map(|word| choice(&word, ScopeWord::ALL, ScopeWord::as_str)).transpose()?;
    Ok((input, Command::Session(SessionCommand::Scope(scope))))
}
