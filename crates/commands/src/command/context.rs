//! `/context`: what the assistant would see now, and by which strategy it is chosen.

use crate::command::Command;
use crate::lookup::unknown_word;
use crate::problem::{Parsed, refuse};
use crate::table::{Group, OptionKind, OptionSpec, Spec};
use crate::value::choice;
use crate::word::word;

/// What is asked of the context.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContextCommand {
    /// Show what the assistant would see now.
    Show,
    /// Set the strategy, or show it.
    Strategy(Option<Strategy>),
}

/// How messages are chosen when not all fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strategy {
    /// The newest that fit.
    Recent,
    /// System messages, the most important, then the newest.
    Smart,
    /// A summary in place of the older ones.
    Summarize,
}

impl Strategy {
    const ALL: &[Self] = &[Self::Recent, Self::Smart, Self::Summarize];

    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Recent => "recent",
            Self::Smart => "smart",
            Self::Summarize => "summarize",
        }
    }
}

pub(crate) const CONTEXT: Spec = Spec {
    name: "context",
    usage: "/context [show | strategy]",
    summary: "Show what the assistant would see now, or choose how that is picked.",
    examples: &[],
    subcommands: &[SHOW, STRATEGY],
    parse: bare,
    ..Spec::of(Group::Conversation)
};

const SHOW: Spec = Spec {
    name: "context show",
    usage: "/context [show]",
    summary: "Show what the assistant would see now, and what is left out.",
    examples: &["/context", "/context show"],
    parse: |input| Ok((input, Command::Context(ContextCommand::Show))),
    ..Spec::of(Group::Conversation)
};

const STRATEGY: Spec = Spec {
    name: "context strategy",
    usage: "/context strategy recent | smart | summarize",
    summary: "Show or choose how messages are picked when not all fit.",
    examples: &["/context strategy", "/context strategy smart"],
    options: &[OptionSpec {
        name: "strategy",
        summary: "The newest only, the important too, or a summary of the older ones",
        kind: OptionKind::Choice(&[
            Strategy::Recent.as_str(),
            Strategy::Smart.as_str(),
            Strategy::Summarize.as_str(),
        ]),
        required: false,
    }],
    parse: strategy,
    ..Spec::of(Group::Conversation)
};

impl ContextCommand {
    pub(crate) fn spec(self) -> &'static Spec {
        match self {
            Self::Show => &SHOW,
            Self::Strategy(_) => &STRATEGY,
        }
    }
}

/// ```text
/// context = "context" [ "show" | strategy ]
/// ```
fn bare(input: &str) -> Parsed<'_, Command> {
    let (input, word) = word(input)?;
    match word {
        None => Ok((input, Command::Context(ContextCommand::Show))),
        Some(word) => Err(refuse(unknown_word(&CONTEXT, &word))),
    }
}

/// ```text
/// strategy = "strategy" [ "recent" | "smart" | "summarize" ]
/// ```
fn strategy(input: &str) -> Parsed<'_, Command> {
    let (input, word) = word(input)?;
    let strategy = word.map(|word| choice(&word, Strategy::ALL, Strategy::as_str)).transpose()?;
    Ok((input, Command::Context(ContextCommand::Strategy(strategy))))
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::testing::read;

    #[test]
    fn bare_means_show() {
        assert_snapshot!(read("/context"), @"Context(Show)");
        assert_snapshot!(read("/context show"), @"Context(Show)");
        assert_snapshot!(read("/context show all"), @"I don't expect “all” there. Usage: /context [show]");
    }

    #[test]
    fn a_strategy_is_chosen_by_its_word() {
        assert_snapshot!(read("/context strategy"), @"Context(Strategy(None))");
        assert_snapshot!(read("/context strategy Smart"), @"Context(Strategy(Some(Smart)))");
        assert_snapshot!(read("/con str summarize"), @"Context(Strategy(Some(Summarize)))");
        assert_snapshot!(read("/context strategy clever"), @"“clever” is not recent, smart or summarize. Usage: /context strategy recent | smart | summarize");
    }

    #[test]
    fn other_words_are_refused() {
        assert_snapshot!(read("/context smart"), @"I don't know “smart” after /context. Usage: /context [show | strategy]");
        assert_snapshot!(read("/context stratgy smart"), @"I don't know “stratgy” after /context. Did you mean strategy? Usage: /context [show | strategy]");
        assert_snapshot!(read("/context s"), @"“s” could be show or strategy. Usage: /context [show | strategy]");
    }
}
