//! `/start`: the welcome.

use nom::Parser;
use nom::combinator::{rest, value};

use crate::command::Command;
use crate::problem::Parsed;
use crate::table::{Group, Spec};

pub(crate) const START: Spec = Spec {
    name: "start",
    usage: "/start",
    summary: "Say hello and tell how this works.",
    examples: &["/start"],
    parse,
    ..Spec::of(Group::Conversation)
};

/// ```text
/// start = "start" anything
/// ```
///
/// Links into Telegram chats may put a payload after the word; it means nothing here.
fn parse(input: &str) -> Parsed<'_, Command> {
    value(Command::Start, rest).parse(input)
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::testing::read;

    #[test]
    fn a_payload_is_passed_over() {
        assert_snapshot!(read("/start"), @"Start");
        assert_snapshot!(read("/start dGVzdA \"x"), @"Start");
    }
}
