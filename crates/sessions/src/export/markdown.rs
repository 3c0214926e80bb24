//! Markdown: a header about the session, then each message under a heading of its own.
//!
//! ```text
//! ### User · 2026-11-22 18:03:11 UTC · Ann
//!
//! > What she said, as markdown of its own.
//! ```
//!
//! What a message says stands in a block quote: whatever it opens (a fence, a list), the end of the quote closes.
//!
//! Invariant: a line that begins with `#` is a heading of this document, not of anybody's words.

mod quote;

use std::fmt::Write as _;

use crate::model::{Checkpoint, Message, Role};
use crate::time::Timestamp;

use super::{Cover, on_one_line};
use quote::add_quote;

/// Titles and names stand amid our own markdown: in them, these are nothing but characters.
const MARKS: &str = "\\`*_[]<>#|~&!$";

pub(super) fn add_cover(cover: &Cover<'_>, out: &mut String) {
    let session = cover.session;
    let short = session.id.short();
    out.push_str("# ");
    match &session.title {
        Some(title) => add_inline(title, out),
        None => out.push_str(&short),
    }
    let (created, active) = (shown(session.created_at), shown(session.last_activity_at));
    let _ = write!(out, "\n\n- Session: {short} ({})\n", session.id);
    let _ = write!(out, "- Started: {created}\n- Last activity: {active}\n");
    let _ = write!(out, "- Scope: {}\n- Messages: {}\n", cover.scope, cover.messages);
    let usage = session.usage;
    let _ = writeln!(out, "- Tokens: {} in, {} out", usage.input_tokens, usage.output_tokens);
    let _ = writeln!(out, "- Checkpoints: {}", cover.checkpoints.len());
    cover.checkpoints.iter().for_each(|checkpoint| add_checkpoint(checkpoint, out));
    out.push('\n');
}

fn add_checkpoint(checkpoint: &Checkpoint, out: &mut String) {
    let _ = write!(out, "  - {} “", checkpoint.id.short());
    add_inline(&checkpoint.name, out);
    let (count, at) = (checkpoint.message_count(), shown(checkpoint.created_at));
    let _ = write!(out, "”, after message {count}, {at}");
    if let Some(description) = &checkpoint.description {
        out.push_str(": ");
        add_inline(description, out);
    }
    out.push('\n');
}

pub(super) fn add_message(message: &Message, out: &mut String) {
    let who = match message.words.role {
        Role::User => "User",
        Role::Assistant => "Assistant",
        Role::System => "System",
    };
    let _ = write!(out, "### {who} · {}", shown(message.created_at));
    if let Some(author) = &message.words.author {
        out.push_str(" · ");
        add_inline(&author.name, out);
    }
    out.push_str("\n\n");
    add_quote(&message.words.content, out);
    out.push('\n');
}

fn shown(at: Timestamp) -> String {
    at.to_utc().format("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// A title or name on one line, its characters meaning nothing but themselves.
fn add_inline(text: &str, out: &mut String) {
    for character in text.chars().map(on_one_line) {
        if MARKS.contains(character) {
            out.push('\\');
        }
        out.push(character);
    }
}
