//! Plain text: a line for each message, its further lines indented.
//!
//! Invariant: a line that begins with `[` begins a message.

use std::fmt::Write as _;

use crate::model::Message;

use super::{lines, on_one_line, visible};

const INDENT: &str = "    ";

pub(super) fn add_message(message: &Message, out: &mut String) {
    let at = message.created_at.to_utc();
    let _ = write!(out, "[{}] {}", at.format("%Y-%m-%d %H:%M:%S"), message.words.role.word());
    if let Some(author) = &message.words.author {
        out.push_str(" (");
        out.extend(author.name.chars().map(on_one_line));
        out.push(')');
    }
    out.push(':');
    for (at, line) in lines(&message.words.content).enumerate() {
        if at > 0 {
            out.push('\n');
        }
        if !line.is_empty() {
            out.push_str(if at > 0 { INDENT } else { " " });
            out.extend(line.chars().map(visible));
        }
    }
    out.push('\n');
}
