//! What `/help` answers: every command, or one of them, straight from the table.
//!
//! Not here: the command itself, which is in `command/help.rs`.

use std::fmt::{self, Write as _};

use crate::excerpt::{did_you_mean, excerpt};
use crate::lookup::{Found, find, near_commands};
use crate::table::{Availability, COMMANDS, Group, OptionSpec, Spec};

const LATER: &str = " (not available in this build yet)";

/// The help on everything, or on one command (`checkpoint`, `/checkpoint save`).
///
/// Plain text of several lines; what it says about a topic that is no command is an answer for the chat too.
#[must_use]
pub fn help(topic: Option<&str>) -> String {
    let mut text = String::new();
    let written = match topic.map(|topic| (topic, find_topic(topic))) {
        None => write_overview(&mut text),
        Some((_, Some(spec))) => write_topic(&mut text, spec),
        Some((topic, None)) => write_unknown(&mut text, topic),
    };
    written.expect("writing to a string does not fail");
    text.truncate(text.trim_end().len());
    text
}

fn find_topic(topic: &str) -> Option<&'static Spec> {
    let mut words = topic.split_whitespace();
    let first = words.next()?;
    let mut spec = find_one(COMMANDS, first.strip_prefix('/').unwrap_or(first))?;
    for word in words {
        spec = find_one(spec.subcommands, word)?;
    }
    Some(spec)
}

fn find_one(specs: &'static [Spec], word: &str) -> Option<&'static Spec> {
    match find(specs, word) {
        Found::Whole(spec) | Found::Shortened(spec) => Some(spec),
        Found::Several(_) | Found::Nothing => None,
    }
}

fn write_overview(text: &mut String) -> fmt::Result {
    for group in Group::ALL {
        writeln!(text, "{group}")?;
        for spec in COMMANDS.iter().filter(|spec| spec.group == group) {
            if is_listed_by_subcommands(spec) {
                spec.subcommands.iter().try_for_each(|sub| write_line(text, sub))?;
            } else {
                write_line(text, spec)?;
            }
        }
        writeln!(text)?;
    }
    writeln!(
        text,
        "/help and a command's name explains it. What does not begin with / is said in the conversation."
    )
}

/// `/help show` is there for forms; in the list it would only repeat `/help`.
fn is_listed_by_subcommands(spec: &Spec) -> bool {
    spec.subcommands.len() > 1
}

fn write_line(text: &mut String, spec: &Spec) -> fmt::Result {
    writeln!(text, "{} – {}{}", spec.usage, spec.summary, later(spec))
}

fn write_topic(text: &mut String, spec: &Spec) -> fmt::Result {
    writeln!(text, "{}\n{}{}", spec.usage, spec.summary, later(spec))?;
    if is_listed_by_subcommands(spec) {
        writeln!(text)?;
        spec.subcommands.iter().try_for_each(|sub| write_line(text, sub))?;
    }
    if !spec.options.is_empty() {
        writeln!(text)?;
        spec.options.iter().try_for_each(|option| write_option(text, option))?;
    }
    if !spec.examples.is_empty() {
        writeln!(text, "\nFor example:")?;
        spec.examples.iter().try_for_each(|example| writeln!(text, "{example}"))?;
    }
    if spec.destroys {
        writeln!(text, "\nIts name must be written whole.")?;
    }
    Ok(())
}

fn write_option(text: &mut String, option: &OptionSpec) -> fmt::Result {
    let optional = if option.required { "" } else { " (may be left out)" };
    writeln!(text, "{}: {}{optional}", option.name, option.summary)
}

fn write_unknown(text: &mut String, topic: &str) -> fmt::Result {
    let name = topic.trim().trim_start_matches('/');
    let hint = did_you_mean(&near_commands(name), "/");
    writeln!(
        text,
        "There is no help on “{}”.{hint} /help lists every command.",
        excerpt(topic.trim())
    )
}

fn later(spec: &Spec) -> &'static str {
    match spec.availability {
        Availability::Now => "",
        Availability::Later => LATER,
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;

    #[test]
    fn the_overview_lists_every_command() {
        assert_snapshot!(help(None), @r#"
        Conversation
        /new [text] – Start a new session; the present one is kept.
        /reset – Put the session in the bin and start a new one; /undo brings it back.
        /undo – Take back the last change, such as /new, /reset or /history clear.
        /redo – Do again what /undo took back.
        /retry – Throw the last answer away and ask again; /undo brings it back. (not available in this build yet)
        /stop – Stop the answer being written; what came so far is kept. (not available in this build yet)
        /context [show] – Show what the assistant would see now, and what is left out.
        /context strategy recent | smart | summarize – Show or choose how messages are picked when not all fit.
        /model [name] – Show or choose the model that answers. (not available in this build yet)
        /pin – Keep a message in the assistant's view: the one replied to, else the last.
        /unpin – Let go of a pinned message: the one replied to, else the last.
        /help [command] – List every command, or explain one.
        /start – Say hello and tell how this works.
        /whoami – Show the ids that an operator needs for the allow list.
        /link [code] – Show a code to type on your other channel, or type the one shown there. (not available in this build yet)
        /unlink – Part your channels again. (not available in this build yet)
        /forget [yes CODE] – Delete everything of yours for good. Asks once more; cannot be undone. (not available in this build yet)

        Session
        /session [show] – Show the session: title, scope, messages, tokens, next reset.
        /session list [all] – List your sessions; owners may count those of all.
        /session resume <id> – Go on with a past session; the present one is kept.
        /session rename "title" – Give the session a title.
        /session delete <id> – Put a session in the bin; /undo brings it back.
        /session scope main | channel | peer | group – Show or set whose conversation this chat is.
        /session hear all | mentions – Show or set what I listen to in this group.
        /session reset-time HH:MM | off – Show or set the time of day at which a new session starts.
        /session idle-reset 30 | 30m | 2h | off – Show or set after how long without interaction a new session starts.
        /session timezone Area/City – Show or set your time zone.

        Checkpoints
        /checkpoint save ["name" ["description"]] – Save the conversation as it is now; without a name, date and time name it.
        /checkpoint list – List the checkpoints, newest first.
        /checkpoint restore <id|name> – Go back to a checkpoint; where you are now is saved first.
        /checkpoint delete <id|name> – Remove a checkpoint; /undo brings it back.

        History
        /history [show] [n] – Show the last messages: 20, or as many as you say.
        /history export [markdown | json | text] – Send the whole session as a file.
        /history clear – Empty the conversation and keep the session; /undo brings it back.
        /history search <words> – Find the messages that hold all these words.

        /help and a command's name explains it. What does not begin with / is said in the conversation.
        "#);
    }

    #[test]
    fn a_topic_is_a_command_or_a_subcommand() {
        assert_snapshot!(help(Some("checkpoint")), @r#"
        /checkpoint save | list | restore | delete
        Save the conversation under a name, and come back to it.

        /checkpoint save ["name" ["description"]] – Save the conversation as it is now; without a name, date and time name it.
        /checkpoint list – List the checkpoints, newest first.
        /checkpoint restore <id|name> – Go back to a checkpoint; where you are now is saved first.
        /checkpoint delete <id|name> – Remove a checkpoint; /undo brings it back.
        "#);
        assert_snapshot!(help(Some("/Checkpoint sa")), @r#"
        /checkpoint save ["name" ["description"]]
        Save the conversation as it is now; without a name, date and time name it.

        name: What to call it (may be left out)
        description: What it is for (may be left out)

        For example:
        /checkpoint save
        /checkpoint save "before refactor"
        /checkpoint save before refactor -- all tests pass
        "#);
        assert_snapshot!(help(Some("history clear")), @"
        /history clear
        Empty the conversation and keep the session; /undo brings it back.

        For example:
        /history clear

        Its name must be written whole.
        ");
        assert_snapshot!(help(Some("retry")), @"
        /retry
        Throw the last answer away and ask again; /undo brings it back. (not available in this build yet)

        For example:
        /retry
        ");
    }

    #[test]
    fn what_is_no_command_gets_the_nearest_names() {
        assert_snapshot!(help(Some("/chekpoint")), @"There is no help on “/chekpoint”. Did you mean /checkpoint? /help lists every command.");
        assert_snapshot!(help(Some("checkpoint frobnicate")), @"There is no help on “checkpoint frobnicate”. /help lists every command.");
        assert_snapshot!(help(Some("save")), @"There is no help on “save”. Did you mean /checkpoint save? /help lists every command.");
        assert_snapshot!(help(Some("\u{202e}x")), @r"There is no help on “\u{202e}x”. /help lists every command.");
    }
}
