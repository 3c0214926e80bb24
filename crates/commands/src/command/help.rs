//! `/help`: the commands, or one of them. What it answers is written in `crate::help`.

use nom::Parser;

use crate::command::Command;
use crate::problem::Parsed;
use crate::table::{Group, OptionKind, OptionSpec, Spec};
use crate::text::{Bounds, MAX_NAME_CHARACTERS, optional_text};

pub(crate) const HELP: Spec = Spec {
    name: "help",
    usage: "/help [command]",
    summary: "List every command, or explain one.",
    examples: &["/help", "/help checkpoint", "/help checkpoint save"],
    subcommands: &[SHOW],
    parse,
    ..Spec::of(Group::Conversation)
};

const SHOW: Spec = Spec {
    name: "help show",
    usage: "/help [show] [command]",
    summary: "List every command, or explain one.",
    examples: &["/help show", "/help show checkpoint save"],
    options: &[OptionSpec {
        name: "command",
        summary: "The command to explain",
        kind: OptionKind::Text { max: MAX_NAME_CHARACTERS },
        required: false,
    }],
    parse,
    ..Spec::of(Group::Conversation)
};

/// ```text
/// help = "help" [ "show" ] [ text ]
/// ```
///
/// The topic stays as it was written: what is no command is answered by the help itself, with the nearest names.
fn parse(input: &str) -> Parsed<'_, Command> {
    optional_text(Bounds::short("topic")).map(|topic| Command::Help { topic }).parse(input)
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::testing::read;

    #[test]
    fn the_topic_is_the_rest_of_the_line() {
        assert_snapshot!(read("/help"), @"Help { topic: None }");
        assert_snapshot!(read("/help show"), @"Help { topic: None }");
        assert_snapshot!(read("/help checkpoint"), @r#"Help { topic: Some("checkpoint") }"#);
        assert_snapshot!(read("/help /checkpoint save "), @r#"Help { topic: Some("/checkpoint save") }"#);
        assert_snapshot!(read("/help show show"), @r#"Help { topic: Some("show") }"#);
        assert_snapshot!(read("/help \"session list\" now"), @"I don't expect “now” there. Usage: /help [command]");
    }
}
