//! `/whoami`: the ids that an operator needs for the allow list.

use crate::command::Command;
use crate::table::{Group, Spec};

/// ```text
/// whoami = "whoami"
/// ```
pub(crate) const WHOAMI: Spec = Spec {
    name: "whoami",
    usage: "/whoami",
    summary: "Show the ids that an operator needs for the allow list.",
    examples: &["/whoami"],
    parse: |input| Ok((input, Command::Whoami)),
    ..Spec::of(Group::Conversation)
};

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::testing::read;

    #[test]
    fn it_stands_alone() {
        assert_snapshot!(read("/whoami"), @"Whoami");
        assert_snapshot!(read("/who"), @"Whoami");
        assert_snapshot!(read("/whoami ann"), @"I don't expect “ann” there. Usage: /whoami");
    }
}
