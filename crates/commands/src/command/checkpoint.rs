//! `/checkpoint`: name the present head, list such names, go back to one, remove one.

use nom::Parser;
use nom::combinator::opt;

use crate::command::Command;
use crate::error::ErrorKind;
use crate::lookup::unknown_word;
use crate::problem::{Parsed, refuse};
use crate::table::{Group, OptionKind, OptionSpec, Spec};
use crate::text::{
    Bounds, MAX_DESCRIPTION_CHARACTERS, MAX_NAME_CHARACTERS, dashes, optional_text, required,
    required_text, text_before_dashes,
};
use crate::word::word;

/// What is asked of the checkpoints.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CheckpointCommand {
    /// Name the present head.
    Save {
        /// Its name; without one, date and time.
        name: Option<String>,
        /// What it is for.
        description: Option<String>,
    },
    /// List them.
    List,
    /// Go back to one.
    Restore {
        /// Its id or name.
        target: String,
    },
    /// Remove one.
    Delete {
        /// Its id or name.
        target: String,
    },
}

pub(crate) const CHECKPOINT: Spec = Spec {
    name: "checkpoint",
    usage: "/checkpoint save | list | restore | delete",
    summary: "Save the conversation under a name, and come back to it.",
    subcommands: &[SAVE, LIST, RESTORE, DELETE],
    parse: bare,
    ..Spec::of(Group::Checkpoints)
};

const SAVE: Spec = Spec {
    name: "checkpoint save",
    usage: "/checkpoint save [\"name\" [\"description\"]]",
    summary: "Save the conversation as it is now; without a name, date and time name it.",
    examples: &[
        "/checkpoint save",
        "/checkpoint save \"before refactor\"",
        "/checkpoint save before refactor -- all tests pass",
    ],
    options: &[
        OptionSpec {
            name: "name",
            summary: "What to call it",
            kind: OptionKind::Text { max: MAX_NAME_CHARACTERS },
            required: false,
        },
        OptionSpec {
            name: "description",
            summary: "What it is for",
            kind: OptionKind::Text { max: MAX_DESCRIPTION_CHARACTERS },
            required: false,
        },
    ],
    parse: save,
    ..Spec::of(Group::Checkpoints)
};

const LIST: Spec = Spec {
    name: "checkpoint list",
    usage: "/checkpoint list",
    summary: "List the checkpoints, newest first.",
    examples: &["/checkpoint list"],
    parse: |input| Ok((input, Command::Checkpoint(CheckpointCommand::List))),
    ..Spec::of(Group::Checkpoints)
};

const RESTORE: Spec = Spec {
    name: "checkpoint restore",
    usage: "/checkpoint restore <id|name>",
    summary: "Go back to a checkpoint; where you are now is saved first.",
    examples: &["/checkpoint restore c-2m8xwa", "/checkpoint restore before refactor"],
    options: &[TARGET],
    parse: restore,
    ..Spec::of(Group::Checkpoints)
};

const DELETE: Spec = Spec {
    name: "checkpoint delete",
    usage: "/checkpoint delete <id|name>",
    summary: "Remove a checkpoint; /undo brings it back.",
    examples: &["/checkpoint delete c-2m8xwa"],
    options: &[TARGET],
    destroys: true,
    parse: delete,
    ..Spec::of(Group::Checkpoints)
};

const TARGET: OptionSpec = OptionSpec {
    name: "checkpoint",
    summary: "The id or the name of the checkpoint",
    kind: OptionKind::Text { max: MAX_NAME_CHARACTERS },
    required: true,
};

impl CheckpointCommand {
    pub(crate) fn spec(&self) -> &'static Spec {
        match self {
            Self::Save { .. } => &SAVE,
            Self::List => &LIST,
            Self::Restore { .. } => &RESTORE,
            Self::Delete { .. } => &DELETE,
        }
    }
}

/// ```text
/// checkpoint = "checkpoint" ( save | "list" | restore | delete )
/// ```
fn bare(input: &str) -> Parsed<'_, Command> {
    let (_, word) = required(word(input)?, "to know what to do")?;
    Err(refuse(unknown_word(&CHECKPOINT, &word)))
}

/// ```text
/// save        = "save" [ name ] [ description ]
/// name        = quoted
///             | anything                 up to a "--" that stands alone
/// description = [ "--" ] quoted
///             | [ "--" ] anything        the rest of the line
/// ```
///
/// The `--` is needed where the name has no quotes or is left out.
fn save(input: &str) -> Parsed<'_, Command> {
    let (input, name) = text_before_dashes(Bounds::NAME).parse(input)?;
    let (input, dashes) = opt(dashes).parse(input)?;
    let (input, description) = optional_text(Bounds::DESCRIPTION).parse(input)?;
    if dashes.is_some() && description.is_none() {
        return Err(refuse(ErrorKind::Missing { what: "a description after “--”" }));
    }
    Ok((input, Command::Checkpoint(CheckpointCommand::Save { name, description })))
}

/// ```text
/// restore = "restore" target
/// target  = quoted | anything            the rest of the line
/// ```
fn restore(input: &str) -> Parsed<'_, Command> {
    target.map(|target| Command::Checkpoint(CheckpointCommand::Restore { target })).parse(input)
}

/// ```text
/// delete = "delete" target
/// ```
fn delete(input: &str) -> Parsed<'_, Command> {
    target.map(|target| Command::Checkpoint(CheckpointCommand::Delete { target })).parse(input)
}

fn target(input: &str) -> Parsed<'_, String> {
    required_text(Bounds::NAME, "the id or the name of a checkpoint").parse(input)
}

#[cfg(test)]
mod tests;
