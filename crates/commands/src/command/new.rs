//! `/new`: close the current session and start a new one.

use nom::Parser;

use crate::command::Command;
use crate::problem::Parsed;
use crate::table::{Group, OptionKind, OptionSpec, Spec};
use crate::text::optional_lines;

pub(crate) const NEW: Spec = Spec {
    name: "new",
    usage: "/new [text]",
    summary: "Start a new session; the present one is kept.",
    examples: &["/new", "/new Let's talk about something else"],
    options: &[OptionSpec {
        name: "text",
        summary: "The first message of the new session",
        kind: OptionKind::Lines,
        required: false,
    }],
    parse,
    ..Spec::of(Group::Conversation)
};

/// ```text
/// new = "new" [ lines ]
/// ```
fn parse(input: &str) -> Parsed<'_, Command> {
    optional_lines("text").map(|text| Command::New { text }).parse(input)
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::testing::read;
    use crate::text::MAX_TEXT_BYTES;

    #[test]
    fn the_text_is_optional_and_taken_as_it_is() {
        assert_snapshot!(read("/new"), @"New { text: None }");
        assert_snapshot!(read("/new  \n "), @"New { text: None }");
        assert_snapshot!(read("/new hello"), @r#"New { text: Some("hello") }"#);
        assert_snapshot!(read("/new\nfirst line\n\n  \"second\" -- line "), @r#"New { text: Some("first line\n\n  \"second\" -- line ") }"#);
        assert_snapshot!(read("/new   indented"), @r#"New { text: Some("  indented") }"#);
        assert_snapshot!(read("/n \"open"), @r#"New { text: Some("\"open") }"#);
    }

    #[test]
    fn the_text_may_have_64_kib_and_no_more() {
        let longest = "w ".repeat(MAX_TEXT_BYTES / 2);
        assert!(read(&format!("/new {longest}")).starts_with("New"));
        assert_snapshot!(read(&format!("/new {longest}x")), @"The text is too long: 64 KiB is the most. Nothing was cut off or kept. Usage: /new [text]");
    }
}
