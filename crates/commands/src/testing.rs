//! What the tests of the commands read lines with.

use crate::{Line, parse};

/// What a line is, or the answer that refuses it, in one string.
pub(crate) fn read(line: &str) -> String {
    match parse(line, Some("sessions_bot")) {
        Ok(Line::Message(text)) => format!("message {text:?}"),
        Ok(Line::Command { command, .. }) => format!("{command:?}"),
        Ok(Line::Elsewhere) => "elsewhere".to_owned(),
        Err(error) => error.to_string(),
    }
}
