//! `/undo` and `/redo`: take the last change back, or do it again.

use crate::command::Command;
use crate::table::{Group, Spec};

/// ```text
/// undo = "undo"
/// ```
pub(crate) const UNDO: Spec = Spec {
    name: "undo",
    usage: "/undo",
    summary: "Take back the last change, such as /new, /reset or /history clear.",
    examples: &["/undo"],
    parse: |input| Ok((input, Command::Undo)),
    ..Spec::of(Group::Conversation)
};

/// ```text
/// redo = "redo"
/// ```
pub(crate) const REDO: Spec = Spec {
    name: "redo",
    usage: "/redo",
    summary: "Do again what /undo took back.",
    examples: &["/redo"],
    parse: |input| Ok((input, Command::Redo)),
    ..Spec::of(Group::Conversation)
};

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::testing::read;

    #[test]
    fn they_stand_alone() {
        assert_snapshot!(read("/undo"), @"Undo");
        assert_snapshot!(read("/redo"), @"Redo");
        assert_snapshot!(read("/undo 2"), @"I don't expect “2” there. Usage: /undo");
        assert_snapshot!(read("/redo all"), @"I don't expect “all” there. Usage: /redo");
    }
}
