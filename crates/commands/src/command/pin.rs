//! `/pin` and `/unpin`: a message that the assistant must keep in view.

use crate::command::Command;
use crate::table::{Group, Spec};

/// ```text
/// pin = "pin"
/// ```
pub(crate) const PIN: Spec = Spec {
    name: "pin",
    usage: "/pin",
    summary: "Keep a message in the assistant's view: the one replied to, else the last.",
    examples: &["/pin"],
    parse: |input| Ok((input, Command::Pin)),
    ..Spec::of(Group::Conversation)
};

/// ```text
/// unpin = "unpin"
/// ```
pub(crate) const UNPIN: Spec = Spec {
    name: "unpin",
    usage: "/unpin",
    summary: "Let go of a pinned message: the one replied to, else the last.",
    examples: &["/unpin"],
    parse: |input| Ok((input, Command::Unpin)),
    ..Spec::of(Group::Conversation)
};

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::testing::read;

    #[test]
    fn they_stand_alone() {
        assert_snapshot!(read("/pin"), @"Pin");
        assert_snapshot!(read("/unpin"), @"Unpin");
        assert_snapshot!(read("/pin this"), @"I don't expect “this” there. Usage: /pin");
        assert_snapshot!(read("/unpin 3"), @"I don't expect “3” there. Usage: /unpin");
    }
}
