//! `/reset`: put the current session in the bin and start a new one.

use crate::command::Command;
use crate::table::{Group, Spec};

/// ```text
/// reset = "reset"
/// ```
pub(crate) const RESET: Spec = Spec {
    name: "reset",
    usage: "/reset",
    summary: "Put the session in the bin and start a new one; /undo brings it back.",
    examples: &["/reset"],
    destroys: true,
    parse: |input| Ok((input, Command::Reset)),
    ..Spec::of(Group::Conversation)
};

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::testing::read;

    #[test]
    fn it_stands_alone_and_whole() {
        assert_snapshot!(read("/reset"), @"Reset");
        assert_snapshot!(read("/RESET"), @"Reset");
        assert_snapshot!(read("/reset now please"), @"I don't expect “now” there. Usage: /reset");
        assert_snapshot!(read("/res"), @"/reset takes something away, so its name must be written whole. Usage: /reset");
    }
}
