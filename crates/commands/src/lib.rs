//! The grammar of the slash commands: one line of text in, one command out.
//!
//! What is typed, tapped on a button or sent by Discord's command form becomes the same [`Command`].
//! One table, [`COMMANDS`], feeds the look-up, the hints, the help, the usage lines, the names in logs, Telegram's menu
//! and Discord's registration, so none of them can drift from what is parsed.
//!
//! Not here: carrying a command out, deciding who may, any wording of an answer but that of a refused line and of the help.
//!
//! Invariant: parsing never panics, whatever the text.
//! Invariant: `parse(render(command)) == command` for every command that [`parse`] can return.
//! Invariant: what is returned owns its text and borrows nothing from the line.
//! Invariant: this crate does no I/O and knows no clock.
//!
//! Where to read: `line` takes a line apart, `lookup` finds the command in the table and commits to it,
//! `command/<name>.rs` holds what each takes, with its grammar, its row of the table and its tests.

mod command;
mod compose;
mod error;
mod excerpt;
mod help;
mod line;
mod lookup;
mod problem;
mod render;
mod table;
mod text;
mod value;
mod word;

#[cfg(test)]
mod testing;

pub use command::Command;
pub use command::checkpoint::CheckpointCommand;
pub use command::context::{ContextCommand, Strategy};
pub use command::history::{ExportFormat, HistoryCommand, MAX_HISTORY_COUNT};
pub use command::session::{
    DailyReset, HearWord, IdleReset, MAX_IDLE_MINUTES, ScopeWord, SessionCommand, TimeOfDay,
};
pub use compose::compose;
pub use error::{ErrorKind, ParseError};
pub use help::help;
pub use line::{Line, parse};
pub use render::render;
pub use table::{Availability, COMMANDS, Group, OptionKind, OptionSpec, Spec};
pub use text::{
    MAX_DESCRIPTION_CHARACTERS, MAX_LINE_CHARACTERS, MAX_NAME_CHARACTERS, MAX_TEXT_BYTES, MAX_WORDS,
};
