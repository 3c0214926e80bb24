//! `/model`: show or choose the model that answers in this lane.

use nom::Parser;

use crate::command::Command;
use crate::problem::Parsed;
use crate::table::{Availability, Group, OptionKind, OptionSpec, Spec};
use crate::text::{Bounds, MAX_NAME_CHARACTERS, optional_word};

pub(crate) const MODEL: Spec = Spec {
    name: "model",
    usage: "/model [name]",
    summary: "Show or choose the model that answers.",
    examples: &["/model", "/model small"],
    options: &[OptionSpec {
        name: "name",
        summary: "One of the models that are set up here",
        kind: OptionKind::Text { max: MAX_NAME_CHARACTERS },
        required: false,
    }],
    availability: Availability::Later,
    parse,
    ..Spec::of(Group::Conversation)
};

/// ```text
/// model = "model" [ word ]
/// ```
fn parse(input: &str) -> Parsed<'_, Command> {
    optional_word(Bounds::short("model")).map(|name| Command::Model { name }).parse(input)
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::testing::read;

    #[test]
    fn the_name_is_one_word() {
        assert_snapshot!(read("/model"), @"Model { name: None }");
        assert_snapshot!(read("/model vendor/large-2"), @r#"Model { name: Some("vendor/large-2") }"#);
        assert_snapshot!(read("/model large small"), @"I don't expect “small” there. Usage: /model [name]");
        assert_snapshot!(read("/model \"\""), @"The model is empty. Usage: /model [name]");
    }
}
