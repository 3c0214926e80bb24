//! `/forget`: delete everything of this person, once confirmed.

use crate::command::Command;
use crate::problem::Parsed;
use crate::table::{Availability, Group, OptionKind, OptionSpec, Spec};
use crate::text::{Bounds, MAX_NAME_CHARACTERS, required_word};
use crate::value::choice;
use crate::word::word;

const YES: &str = "yes";

pub(crate) const FORGET: Spec = Spec {
    name: "forget",
    usage: "/forget [yes CODE]",
    summary: "Delete everything of yours for good. Asks once more; cannot be undone.",
    examples: &["/forget", "/forget yes 7K3F9Q"],
    options: &[
        OptionSpec {
            name: "confirm",
            summary: "That you mean it",
            kind: OptionKind::Choice(&[YES]),
            required: false,
        },
        OptionSpec {
            name: "code",
            summary: "The code that /forget answered with",
            kind: OptionKind::Text { max: MAX_NAME_CHARACTERS },
            required: false,
        },
    ],
    destroys: true,
    availability: Availability::Later,
    parse,
    ..Spec::of(Group::Conversation)
};

/// ```text
/// forget = "forget" [ "yes" word ]
/// ```
fn parse(input: &str) -> Parsed<'_, Command> {
    let (input, word) = word(input)?;
    let Some(word) = word else {
        return Ok((input, Command::Forget { confirmation: None }));
    };
    choice(&word, &[YES], |yes| yes)?;
    let (input, code) = required_word(Bounds::short("code"), "the code after “yes”")(input)?;
    Ok((input, Command::Forget { confirmation: Some(code) }))
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::testing::read;

    #[test]
    fn it_is_confirmed_with_a_code() {
        assert_snapshot!(read("/forget"), @"Forget { confirmation: None }");
        assert_snapshot!(read("/forget YES 7K3F9Q"), @r#"Forget { confirmation: Some("7K3F9Q") }"#);
        assert_snapshot!(read("/forget yes"), @"/forget needs the code after “yes”. Usage: /forget [yes CODE]");
        assert_snapshot!(read("/forget 7K3F9Q"), @"“7K3F9Q” is not yes. Usage: /forget [yes CODE]");
        assert_snapshot!(read("/forget yes 7K3F9Q now"), @"I don't expect “now” there. Usage: /forget [yes CODE]");
    }

    #[test]
    fn its_name_must_be_whole() {
        assert_snapshot!(read("/forg"), @"/forget takes something away, so its name must be written whole. Usage: /forget [yes CODE]");
        assert_snapshot!(read("/f yes 7K3F9Q"), @"/forget takes something away, so its name must be written whole. Usage: /forget [yes CODE]");
    }
}
