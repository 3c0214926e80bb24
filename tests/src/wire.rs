//! What went over a fake's wire, written down where `WIRE_CAPTURE` says: one JSON object a line, to be held against the
//! platforms' own descriptions by a checker that nobody here wrote.
//!
//! Invariant: a line is one write to the end of the file, so that many tests may write to one.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::sync::OnceLock;

use serde_json::Value;

static FILE: OnceLock<Option<File>> = OnceLock::new();

/// Writes a line, if it is asked for.
///
/// # Panics
/// When the file cannot be written.
pub(crate) fn capture(line: impl FnOnce() -> Value) {
    let Some(mut file) = FILE.get_or_init(open).as_ref() else { return };
    let line = format!("{}\n", line());
    file.write_all(line.as_bytes()).expect("the capture can be written");
}

fn open() -> Option<File> {
    let path = std::env::var_os("WIRE_CAPTURE").filter(|path| !path.is_empty())?;
    Some(
        OpenOptions::new().create(true).append(true).open(path).expect("the capture can be opened"),
    )
}
