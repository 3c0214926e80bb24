//! `/retry` and `/stop`: the answer that was written, or is being written.

use crate::command::Command;
use crate::table::{Availability, Group, Spec};

/// ```text
/// retry = "retry"
/// ```
pub(crate) const RETRY: Spec = Spec {
    name: "retry",
    usage: "/retry",
    summary: "Throw the last answer away and ask again; /undo brings it back.",
    examples: &["/retry"],
    availability: Availability::Later,
    parse: |input| Ok((input, Command::Retry)),
    ..Spec::of(Group::Conversation)
};

/// ```text
/// stop = "stop"
/// ```
pub(crate) const STOP: Spec = Spec {
    name: "stop",
    usage: "/stop",
    summary: "Stop the answer being written; what came so far is kept.",
    examples: &["/stop"],
    availability: Availability::Later,
    parse: |input| Ok((input, Command::Stop)),
    ..Spec::of(Group::Conversation)
};

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::testing::read;

    #[test]
    fn they_stand_alone() {
        assert_snapshot!(read("/retry"), @"Retry");
        assert_snapshot!(read("/stop"), @"Stop");
        assert_snapshot!(read("/stop it"), @"I don't expect “it” there. Usage: /stop");
        assert_snapshot!(read("/retry again"), @"I don't expect “again” there. Usage: /retry");
    }
}
