//! `/link` and `/unlink`: prove that peers on two channels are one person, or take that back.

use nom::Parser;

use crate::command::Command;
use crate::problem::Parsed;
use crate::table::{Availability, Group, OptionKind, OptionSpec, Spec};
use crate::text::{Bounds, MAX_NAME_CHARACTERS, optional_word};

pub(crate) const LINK: Spec = Spec {
    name: "link",
    usage: "/link [code]",
    summary: "Show a code to type on your other channel, or type the one shown there.",
    examples: &["/link", "/link 7K3F9Q"],
    options: &[OptionSpec {
        name: "code",
        summary: "The code shown on your other channel",
        kind: OptionKind::Text { max: MAX_NAME_CHARACTERS },
        required: false,
    }],
    availability: Availability::Later,
    parse: link,
    ..Spec::of(Group::Conversation)
};

/// ```text
/// unlink = "unlink"
/// ```
pub(crate) const UNLINK: Spec = Spec {
    name: "unlink",
    usage: "/unlink",
    summary: "Part your channels again.",
    examples: &["/unlink"],
    destroys: true,
    availability: Availability::Later,
    parse: |input| Ok((input, Command::Unlink)),
    ..Spec::of(Group::Conversation)
};

/// ```text
/// link = "link" [ word ]
/// ```
fn link(input: &str) -> Parsed<'_, Command> {
    optional_word(Bounds::short("code")).map(|code| Command::Link { code }).parse(input)
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::testing::read;

    #[test]
    fn the_code_is_one_word() {
        assert_snapshot!(read("/link"), @"Link { code: None }");
        assert_snapshot!(read("/link 7k3f9q"), @r#"Link { code: Some("7k3f9q") }"#);
        assert_snapshot!(read("/link 7k3 f9q"), @"I don't expect “f9q” there. Usage: /link [code]");
    }

    #[test]
    fn unlink_stands_alone_and_whole() {
        assert_snapshot!(read("/unlink"), @"Unlink");
        assert_snapshot!(read("/unl"), @"/unlink takes something away, so its name must be written whole. Usage: /unlink");
        assert_snapshot!(read("/unlink discord"), @"I don't expect “discord” there. Usage: /unlink");
    }
}
