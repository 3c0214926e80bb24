//! Standard output, where commands answer.
//!
//! Not here: what the console replies.
//!
//! Invariant: whoever reads may leave at any time, and what was done is done all the same.

use std::io::{self, Write};

use anyhow::Context;

/// Writes a line, or several.
pub(crate) fn say(words: &str) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    match writeln!(out, "{words}").and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written.context("what was done cannot be told: standard output takes no more"),
    }
}
