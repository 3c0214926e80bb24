//! A command from its name and the values of its options, as a form gives them.
//!
//! The values are put into a line and the line is parsed, so that a form can say nothing that a line could not, and the same
//! bounds hold for both.

use std::borrow::Cow;

use crate::command::Command;
use crate::error::ParseError;
use crate::line::{Line, parse};
use crate::lookup::unknown_command;
use crate::table::{COMMANDS, OptionKind, OptionSpec, Spec};
use crate::word::render_quoted;

/// The command of this name (`checkpoint save`) with these values, each under the name of its option.
///
/// Values under names that are no options of the command are passed over.
///
/// # Errors
///
/// As for [`parse`]: the answer for whoever filled in the form.
pub fn compose(name: &str, values: &[(&str, &str)]) -> Result<Command, ParseError> {
    let unknown = || ParseError::new(unknown_command(name), true);
    let spec = COMMANDS
        .iter()
        .flat_map(|spec| std::iter::once(spec).chain(spec.subcommands))
        .find(|spec| spec.name == name)
        .ok_or_else(unknown)?;
    match parse(&line(spec, values), None)? {
        Line::Command { command, .. } => Ok(command),
        Line::Message(_) | Line::Elsewhere => Err(unknown()),
    }
}

fn line(spec: &Spec, values: &[(&str, &str)]) -> String {
    let mut line = format!("/{}", spec.name);
    let mut is_one_left_out = false;
    for option in spec.options {
        let value = values.iter().find(|(name, _)| *name == option.name);
        if let Some((_, value)) = value {
            // What comes after an option that was left out is told from it as it would be by hand.
            let joint = if is_one_left_out { " -- " } else { " " };
            line.extend([joint, &render_value(option, value)]);
        }
        is_one_left_out |= value.is_none();
    }
    line
}

fn render_value<'a>(option: &OptionSpec, value: &'a str) -> Cow<'a, str> {
    match option.kind {
        OptionKind::Lines => Cow::Borrowed(value),
        OptionKind::Text { .. }
        | OptionKind::Integer { .. }
        | OptionKind::Choice(_)
        | OptionKind::Time
        | OptionKind::Duration => Cow::Owned(render_quoted(value)),
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;

    fn form(name: &str, values: &[(&str, &str)]) -> String {
        match compose(name, values) {
            Ok(command) => format!("{command:?}"),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn values_are_taken_as_they_are() {
        assert_snapshot!(form("checkpoint save", &[("name", "-- \"a\" \\"), ("description", "'b' c")]), @r#"Checkpoint(Save { name: Some("-- \"a\" \\"), description: Some("'b' c") })"#);
        assert_snapshot!(form("new", &[("text", " first\nsecond")]), @r#"New { text: Some(" first\nsecond") }"#);
        assert_snapshot!(form("forget", &[("confirm", "yes"), ("code", "7K3F9Q")]), @r#"Forget { confirmation: Some("7K3F9Q") }"#);
        assert_snapshot!(form("history show", &[("count", "30")]), @"History(Show { count: Some(30) })");
        assert_snapshot!(form("help show", &[("command", "show")]), @r#"Help { topic: Some("show") }"#);
    }

    #[test]
    fn options_may_come_in_any_order_and_be_left_out() {
        assert_snapshot!(form("checkpoint save", &[("description", "b"), ("name", "a")]), @r#"Checkpoint(Save { name: Some("a"), description: Some("b") })"#);
        assert_snapshot!(form("checkpoint save", &[("description", "b")]), @r#"Checkpoint(Save { name: None, description: Some("b") })"#);
        assert_snapshot!(form("checkpoint save", &[("colour", "red")]), @"Checkpoint(Save { name: None, description: None })");
    }

    #[test]
    fn values_keep_the_bounds_of_a_line() {
        assert_snapshot!(form("session reset-time", &[("time", "25:99")]), @"I can't read “25:99” as a time. Usage: /session reset-time HH:MM | off");
        assert_snapshot!(form("session rename", &[("title", "a\nb")]), @r#"The title holds a character that may not be in it: U+000A. Usage: /session rename "title""#);
        assert_snapshot!(form("session rename", &[]), @r#"/session rename needs a title. Usage: /session rename "title""#);
        assert_snapshot!(form("session renam", &[("title", "a")]), @"I don't know /session renam. /help lists every command.");
    }
}
