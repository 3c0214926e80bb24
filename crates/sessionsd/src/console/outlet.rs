//! Replies to standard output: for people, or one JSON object each.
//!
//! Invariant: for people, nothing that was said can drive the terminal: its control characters are shown escaped.

use std::io::{self, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};

use bot::{Address, Button, Delivered, Outlet, Parcel};
use serde::Serialize;

use crate::data::Exports;

use super::ACCOUNT;

/// Prints what is delivered.
pub(crate) struct Printer {
    exports: Exports,
    json: bool,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    buttons: Vec<Button>,
    closed: bool,
}

/// A reply for a program.
#[derive(Serialize)]
struct Printed<'a> {
    text: &'a str,
    buttons: Vec<&'a str>,
    /// What each button sends back: `:press =` takes it as long as the button counts, in a later run too.
    presses: Vec<&'a str>,
    file: Option<String>,
    private: bool,
    /// Whether the console itself speaks, not the bot.
    console: bool,
}

impl Printer {
    pub(crate) fn new(exports: Exports, json: bool) -> Self {
        Self { exports, json, state: Mutex::default() }
    }

    /// What the console itself has to say.
    pub(crate) fn notice(&self, text: &str) {
        let printed = if self.json {
            self.print_json(&Printed {
                text,
                buttons: Vec::new(),
                presses: Vec::new(),
                file: None,
                private: false,
                console: true,
            })
        } else {
            print(&format!("({})\n", printable(text)))
        };
        self.note(printed);
    }

    /// The data of a button of the last reply, counted from 1.
    pub(crate) fn button(&self, number: usize) -> Result<String, String> {
        let state = self.state();
        let found = number.checked_sub(1).and_then(|index| state.buttons.get(index));
        match (found, state.buttons.len()) {
            (Some(button), _) => Ok(button.data.clone()),
            (None, 0) => Err("The last reply has no buttons.".to_owned()),
            (None, count) => Err(format!("The last reply has buttons 1 to {count}.")),
        }
    }

    /// Whether nobody reads any more.
    pub(crate) fn is_closed(&self) -> bool {
        self.state().closed
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, printed: io::Result<()>) -> Delivered {
        match printed {
            Ok(()) => Delivered::Sent,
            Err(_) => {
                self.state().closed = true;
                Delivered::Ambiguous
            }
        }
    }

    fn print_json(&self, printed: &Printed<'_>) -> io::Result<()> {
        let mut line = serde_json::to_string(printed)?;
        line.push('\n');
        print(&line)
    }

    fn print_reply(&self, parcel: &Parcel, file: Option<String>) -> io::Result<()> {
        if self.json {
            let buttons = parcel.buttons.iter().map(|button| button.label.as_str()).collect();
            let presses = parcel.buttons.iter().map(|button| button.data.as_str()).collect();
            let text = &parcel.text;
            return self.print_json(&Printed {
                text,
                buttons,
                presses,
                file,
                private: parcel.private,
                console: false,
            });
        }
        let mut text = String::new();
        if parcel.private && !parcel.to.direct {
            text.push_str(&format!("[only {} sees this] ", printable(&parcel.to.peer)));
        }
        text.push_str(&printable(&parcel.text));
        text.push('\n');
        if let Some(file) = file {
            text.push_str(&format!("File: {}\n", printable(&file)));
        }
        if !parcel.buttons.is_empty() {
            let labels = parcel.buttons.iter().enumerate();
            let labels: Vec<_> =
                labels.map(|(at, button)| format!("[{}] {}", at + 1, button.label)).collect();
            text.push_str(&labels.join("  "));
            text.push('\n');
        }
        print(&text)
    }
}

impl Outlet for Printer {
    /// A line is read once.
    fn brings_again(&self, _: &Address) -> bool {
        false
    }

    async fn deliver(&self, parcel: Parcel) -> Delivered {
        if parcel.to.account != ACCOUNT {
            // A daemon on this database owes it to somebody else, who is told with their next answer.
            return Delivered::Ambiguous;
        }
        self.state().buttons.clone_from(&parcel.buttons);
        let file = match &parcel.file {
            None => None,
            Some(file) => match self.exports.write(&file.name, &file.content) {
                Ok(path) => Some(path.display().to_string()),
                Err(error) => {
                    tracing::error!(%error, "an export could not be written");
                    self.notice(&format!("The file {} could not be written: {error}.", file.name));
                    None
                }
            },
        };
        self.note(self.print_reply(&parcel, file))
    }
}

fn print(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// Text with its control characters escaped, so that it cannot drive a terminal. Line ends and tabs stay.
pub(crate) fn printable(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' | '\t' => shown.push(character),
            other if sessions::name::is_unfit(other) => shown.extend(other.escape_unicode()),
            other => shown.push(other),
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use bot::{Address, Outlet};

    use super::{Printer, printable};
    use crate::data::Exports;

    #[test]
    fn a_line_that_was_not_taken_in_does_not_come_again() {
        let to = Address {
            channel: "console".to_owned(),
            account: "console".to_owned(),
            chat: "dm:ann".to_owned(),
            thread: None,
            direct: true,
            peer: "ann".to_owned(),
            ticket: None,
        };
        let printer =
            std::sync::Arc::new(Printer::new(Exports { folder: "exports".into() }, false));
        assert!(!printer.brings_again(&to));
    }

    #[test]
    fn nothing_said_can_drive_the_terminal() {
        assert_eq!(printable("a\u{1b}[2Jb\r\u{202e}c\n\td"), "a\\u{1b}[2Jb\\u{d}\\u{202e}c\n\td");
        assert_eq!(printable("שלום 🦀"), "שלום 🦀");
    }
}
