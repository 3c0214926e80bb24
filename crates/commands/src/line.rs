//! What one line of text is: a message, a command of ours, or a command for another bot.
//!
//! Only the beginning of the line is read here; what follows a command's name is read by `lookup`.
//!
//! Invariant: a message is handed on as it was written, apart from the one slash that `//` takes away.
//! Invariant: text that begins with anything but a slash, such as a code block, is never a command.

use nom::Parser;
use nom::bytes::complete::take_while1;
use nom::character::complete::char;
use nom::combinator::{all_consuming, opt, rest, verify};
use nom::sequence::preceded;

use crate::command::Command;
use crate::error::{ErrorKind, ParseError};
use crate::lookup;
use crate::problem::Parsed;
use crate::text::MAX_TEXT_BYTES;

/// What one line of text is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    /// Something said in the conversation.
    Message(String),
    /// A command for us.
    Command {
        /// The command.
        command: Command,
        /// Whether it named this bot (`/new@ourbot`).
        addressed: bool,
    },
    /// A command for another bot: it gets no answer at all.
    Elsewhere,
}

/// Says what one line of text is.
///
/// `bot_name` is the name that commands may be addressed to, without `@`; its case does not matter.
/// Where there is none, whatever is addressed to a bot is for another one.
///
/// ```text
/// line    = space* ( "//" text        a message: "/" and the text
///                  | command          a command
///                  | anything )       a message, as it was written
/// command = "/" name [ "@" bot ] ( end | space rest )
/// name    = ( letter | digit | "_" | "-" )+
/// bot     = name
/// ```
///
/// # Errors
///
/// A [`ParseError`] whose `Display` is the answer for the chat: the line is a command and cannot be read as one,
/// or the text is longer than [`MAX_TEXT_BYTES`].
pub fn parse(text: &str, bot_name: Option<&str>) -> Result<Line, ParseError> {
    let line = text.trim_start();
    if let Some(escaped) = line.strip_prefix("//") {
        return message(&["/", escaped]);
    }
    let Ok((_, head)) = head(line) else {
        return message(&[text]);
    };
    if head.bot.is_some_and(|bot| !is_same_bot(bot, bot_name)) {
        return Ok(Line::Elsewhere);
    }
    let addressed = head.bot.is_some();
    match lookup::command(line, head.name, head.rest) {
        Ok(command) => Ok(Line::Command { command, addressed }),
        Err(problem) => Err(ParseError::new(problem, addressed)),
    }
}

/// The beginning of a command, and what is left after it.
struct Head<'a> {
    name: &'a str,
    bot: Option<&'a str>,
    rest: &'a str,
}

fn head(line: &str) -> Parsed<'_, Head<'_>> {
    let bot = opt(preceded(char('@'), take_while1(is_name_character)));
    let after = verify(rest, |rest: &str| rest.is_empty() || rest.starts_with(char::is_whitespace));
    all_consuming((preceded(char('/'), take_while1(is_name_character)), bot, after))
        .map(|(name, bot, rest)| Head { name, bot, rest })
        .parse(line)
}

fn message(parts: &[&str]) -> Result<Line, ParseError> {
    let bytes: usize = parts.iter().map(|part| part.len()).sum();
    if bytes > MAX_TEXT_BYTES {
        return Err(ParseError::of_message(ErrorKind::TooLong {
            what: "message",
            limit: "64 KiB",
        }));
    }
    Ok(Line::Message(parts.concat()))
}

fn is_name_character(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '-'
}

fn is_same_bot(named: &str, ours: Option<&str>) -> bool {
    ours.is_some_and(|ours| named.eq_ignore_ascii_case(ours))
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;
    use crate::testing::read;

    #[test]
    fn what_does_not_begin_with_a_slash_is_a_message_as_it_was_written() {
        assert_snapshot!(read("hello"), @r#"message "hello""#);
        assert_snapshot!(read("  hello /new \n"), @r#"message "  hello /new \n""#);
        assert_snapshot!(read(""), @r#"message """#);
    }

    #[test]
    fn text_in_code_is_a_message() {
        assert_snapshot!(read("`/new`"), @r#"message "`/new`""#);
        assert_snapshot!(read("```\n/reset\n```"), @r#"message "```\n/reset\n```""#);
        assert_snapshot!(read("```/reset```"), @r#"message "```/reset```""#);
    }

    #[test]
    fn a_slash_without_a_command_name_is_a_message() {
        assert_snapshot!(read("/etc/hosts is wrong"), @r#"message "/etc/hosts is wrong""#);
        assert_snapshot!(read("/"), @r#"message "/""#);
        assert_snapshot!(read("/ new"), @r#"message "/ new""#);
        assert_snapshot!(read("/new: a song"), @r#"message "/new: a song""#);
        assert_snapshot!(read("/new@"), @r#"message "/new@""#);
        assert_snapshot!(read("/new@sessions_bot/x"), @r#"message "/new@sessions_bot/x""#);
    }

    #[test]
    fn two_slashes_are_a_message_with_one() {
        assert_snapshot!(read("//new x"), @r#"message "/new x""#);
        assert_snapshot!(read(" //new"), @r#"message "/new""#);
        assert_snapshot!(read("///"), @r#"message "//""#);
    }

    #[test]
    fn leading_white_space_is_ignored_before_a_command() {
        assert_snapshot!(read(" \n\u{3000}/undo"), @"Undo");
    }

    #[test]
    fn names_may_be_in_any_case() {
        assert_snapshot!(read("/UNDO"), @"Undo");
        assert_snapshot!(read("/CheckPoint LIST"), @"Checkpoint(List)");
    }

    #[test]
    fn a_command_for_another_bot_is_elsewhere() {
        assert_eq!(parse("/new@otherbot", Some("ours")), Ok(Line::Elsewhere));
        assert_eq!(parse("/no-such-command@otherbot", Some("ours")), Ok(Line::Elsewhere));
        assert_eq!(parse("/new@ours", None), Ok(Line::Elsewhere));
    }

    #[test]
    fn a_command_that_names_this_bot_is_addressed() {
        let addressed = Line::Command { command: Command::Undo, addressed: true };
        assert_eq!(parse("/undo@Sessions_Bot", Some("sessions_bot")), Ok(addressed));
        let plain = Line::Command { command: Command::Undo, addressed: false };
        assert_eq!(parse("/undo", Some("sessions_bot")), Ok(plain));
    }

    #[test]
    fn an_error_says_whether_the_bot_was_addressed() {
        let error = parse("/chekpoint", Some("ours")).unwrap_err();
        assert!(error.is_unknown_command() && !error.addressed());
        let error = parse("/chekpoint@OURS", Some("ours")).unwrap_err();
        assert!(error.is_unknown_command() && error.addressed());
    }

    #[test]
    fn a_message_may_have_64_kib_and_no_more() {
        let longest = "x".repeat(MAX_TEXT_BYTES);
        assert_eq!(parse(&longest, None), Ok(Line::Message(longest.clone())));
        assert_snapshot!(read(&(longest + "x")), @"The message is too long: 64 KiB is the most. Nothing was cut off or kept.");
    }
}
