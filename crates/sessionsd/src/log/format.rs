//! How the log is written: lines for people, JSON for programs, fields for the journal.
//!
//! tracing's own formatter escapes what moves a cursor in messages, but not in a field that shows itself, such as an
//! error, and nowhere the end of a line (2026-11, tracing-subscriber 0.3.23): a server's words could wipe a terminal, or
//! begin a line that looks like one of ours. JSON is a line by itself, but keeps some characters that move a cursor. The
//! journal keeps fields apart.

use std::io::{self, IsTerminal, Write};

use anyhow::Context;
use rustix::fs::fstat;
use tracing_journald::{Priority, PriorityMappings};
use tracing_subscriber::Registry;
use tracing_subscriber::fmt;
use tracing_subscriber::layer::Layer;

use crate::configuration::Format;

/// Where systemd says which file leads to the journal: `DEVICE:INODE`.
const STREAM: &str = "JOURNAL_STREAM";
/// What our fields in the journal begin with, so that none is taken for one of its own.
const PREFIX: &str = "SESSIONSD";

/// What the formatter uses: an end, bold, dim, italic, red, green, yellow, blue, purple. None of them hides anything.
const COLOURS: [&str; 9] = ["0", "1", "2", "3", "31", "32", "33", "34", "35"];

/// What writes events.
pub(super) type Lines = Box<dyn Layer<Registry> + Send + Sync>;

/// What writes events in this format.
pub(super) fn layer(format: Format) -> anyhow::Result<Lines> {
    match format {
        Format::Plain => Ok(plain()),
        Format::Json => {
            let json = fmt::layer().json().flatten_event(true).with_span_list(false);
            Ok(Box::new(json.with_writer(|| OneLine(Within::Json))))
        }
        Format::Journald => {
            journal().context("log.format is journald, but the systemd journal does not answer")
        }
        // Whoever started the program with a journal that is not there is told so in lines.
        Format::Auto if leads_to_journal() => Ok(journal().unwrap_or_else(|_| plain())),
        Format::Auto => Ok(plain()),
    }
}

fn plain() -> Lines {
    let is_terminal = io::stderr().is_terminal();
    let within = if is_terminal { Within::Terminal } else { Within::File };
    Box::new(fmt::layer().with_ansi(is_terminal).with_writer(move || OneLine(within)))
}

fn journal() -> io::Result<Lines> {
    let priorities = PriorityMappings {
        error: Priority::Error,
        warn: Priority::Warning,
        info: Priority::Informational,
        debug: Priority::Debug,
        trace: Priority::Debug,
    };
    let journal = tracing_journald::layer()?.with_syslog_identifier("sessionsd".to_owned());
    let journal = journal.with_field_prefix(Some(PREFIX.to_owned()));
    Ok(Box::new(journal.with_priority_mappings(priorities)))
}

/// Whether standard error is what systemd connected to the journal, and not somebody's file or pipe since.
fn leads_to_journal() -> bool {
    let Ok(named) = std::env::var(STREAM) else { return false };
    fstat(io::stderr()).is_ok_and(|found| is_named(&named, found.st_dev, found.st_ino))
}

fn is_named(stream: &str, device: u64, inode: u64) -> bool {
    stream.split_once(':').is_some_and(|(its_device, its_inode)| {
        its_device.parse() == Ok(device) && its_inode.parse() == Ok(inode)
    })
}

/// What the line of an event is part of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Within {
    File,
    /// The formatter's colours stay.
    Terminal,
    /// What is escaped is so in JSON's way.
    Json,
}

/// Standard error, where each event becomes one line.
struct OneLine(Within);

impl Write for OneLine {
    /// The formatter hands in an event at a time, its end of line last.
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        let line = one_line(&String::from_utf8_lossy(event), self.0);
        io::stderr().write_all(line.as_bytes())?;
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

/// An event without control characters but the last, which ends the line.
fn one_line(event: &str, within: Within) -> String {
    let (event, end) = event.strip_suffix('\n').map_or((event, ""), |event| (event, "\n"));
    let mut line = String::with_capacity(event.len() + 1);
    let mut left = event.chars();
    while let Some(c) = left.next() {
        let may_be_colour = within == Within::Terminal && c == '\x1b';
        if !c.is_control() || may_be_colour && begins_with_colour(left.as_str()) {
            line.push(c);
        } else if within == Within::Json {
            line.push_str(&format!("\\u{:04x}", u32::from(c)));
        } else {
            line.extend(c.escape_default());
        }
    }
    line.push_str(end);
    line
}

/// Whether what follows an escape makes it one of the formatter's own.
fn begins_with_colour(left: &str) -> bool {
    let code = left.strip_prefix('[').and_then(|left| left.split_once('m'));
    code.is_some_and(|(code, _)| COLOURS.contains(&code))
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use tracing_subscriber::layer::SubscriberExt;

    use super::*;

    /// What an event with these words looks like by the time that it is written.
    fn written(words: &str, is_terminal: bool) -> String {
        #[derive(Clone, Default)]
        struct Sink(Arc<Mutex<Vec<u8>>>);

        impl Write for Sink {
            fn write(&mut self, event: &[u8]) -> io::Result<usize> {
                self.0.lock().unwrap().write(event)
            }

            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }

        let sink = Sink::default();
        let into = sink.clone();
        let lines = fmt::layer().with_ansi(is_terminal).with_writer(move || into.clone());
        tracing::subscriber::with_default(tracing_subscriber::registry().with(lines), || {
            tracing::warn!(error = %words, debugged = ?words, "{words}");
        });
        let event = String::from_utf8(sink.0.lock().unwrap().clone()).unwrap();
        one_line(&event, if is_terminal { Within::Terminal } else { Within::File })
    }

    #[test]
    fn words_of_others_begin_no_line_and_move_no_cursor() {
        let evil = "a\n2026-11-29T10:00:00Z ERROR bot: gone\r\x1b[2J\x07\u{9b}K\tb";
        for is_terminal in [false, true] {
            let line = written(evil, is_terminal);
            assert_eq!(line.matches('\n').count(), 1, "{line:?}");
            assert!(line.ends_with('\n') && !line.contains("\x1b[2J"), "{line:?}");
            assert!(!line.contains(['\r', '\x07', '\u{9b}', '\t']), "{line:?}");
            assert!(line.contains(r"a\n2026") && line.contains(r"\u{1b}[2J"), "{line:?}");
        }
        assert!(!written(evil, false).contains('\x1b'));
        assert!(written("calm", true).contains("\x1b["), "a terminal has colours");
    }

    #[test]
    fn json_stays_what_it_was_without_moving_a_cursor() {
        let said = serde_json::json!({ "error": "a\u{9b}K\u{7f}\u{1b}[2J\né" });
        let line = one_line(&format!("{said}\n"), Within::Json);
        assert!(!line.trim_end_matches('\n').contains(char::is_control), "{line:?}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&line).unwrap(), said);
    }

    #[test]
    fn the_journal_is_known_by_what_standard_error_is() {
        assert!(is_named("8:42", 8, 42));
        for other in ["8:43", "9:42", "8", "", "8:42:1", "x:y"] {
            assert!(!is_named(other, 8, 42), "{other}");
        }
    }
}
