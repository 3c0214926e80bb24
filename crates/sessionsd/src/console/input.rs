//! Lines in: from an editor on a terminal, else from standard input as they come.

use std::io::{self, BufRead, IsTerminal};
use std::thread;

use rustyline::error::ReadlineError;
use rustyline::history::MemHistory;
use rustyline::{Config, Editor};
use tokio::sync::mpsc;

use super::complete::Completer;
use super::{ConsoleBot, Stance};

/// Bytes of a line at most; more is skipped to the line's end.
const LINE_BYTES: usize = 4 << 20;
/// Lines read ahead.
const AHEAD: usize = 16;

/// One line.
pub(crate) enum Line {
    /// Its text, without the line's end.
    Text(String),
    /// It cannot be taken in, and why.
    Unreadable(String),
}

/// Where lines come from.
pub(crate) enum Lines {
    Editor(EditorLines),
    Piped(mpsc::Receiver<Line>),
}

/// A line editor in a thread of its own, asked for one line at a time.
pub(crate) struct EditorLines {
    ask: mpsc::Sender<String>,
    answers: mpsc::Receiver<String>,
    bot: ConsoleBot,
    completer: Completer,
}

/// Lines from a terminal, if both ends are one, else from standard input.
pub(crate) fn lines(bot: &ConsoleBot, json: bool) -> anyhow::Result<Lines> {
    if !json && io::stdin().is_terminal() && io::stdout().is_terminal() {
        eprintln!("Type /help for the bot's commands, :help for the console's.");
        return Ok(Lines::Editor(editor(bot)?));
    }
    let (to, from) = mpsc::channel(AHEAD);
    thread::Builder::new().name("input".to_owned()).spawn(move || {
        read_all(&mut io::stdin().lock(), |line| to.blocking_send(line).is_ok());
    })?;
    Ok(Lines::Piped(from))
}

impl Lines {
    /// The next line; `None` at the end.
    pub(crate) async fn next(&mut self, stance: &Stance) -> Option<Line> {
        match self {
            Self::Piped(lines) => lines.recv().await,
            Self::Editor(editor) => {
                editor.completer.look_up(&editor.bot, stance).await;
                editor.ask.send(stance.prompt()).await.ok()?;
                editor.answers.recv().await.map(Line::Text)
            }
        }
    }
}

fn editor(bot: &ConsoleBot) -> anyhow::Result<EditorLines> {
    let (ask, mut asked) = mpsc::channel::<String>(1);
    let (to, answers) = mpsc::channel(1);
    let completer = Completer::default();
    let config = Config::builder().auto_add_history(true).max_history_size(500)?.build();
    let history = MemHistory::with_config(&config);
    let mut editor: Editor<Completer, MemHistory> = Editor::with_history(config, history)?;
    editor.set_helper(Some(completer.clone()));
    thread::Builder::new().name("editor".to_owned()).spawn(move || {
        while let Some(prompt) = asked.blocking_recv() {
            let line = match editor.readline(&prompt) {
                Ok(line) => line,
                Err(ReadlineError::Interrupted) => String::new(),
                Err(_) => return,
            };
            if to.blocking_send(line).is_err() {
                return;
            }
        }
    })?;
    Ok(EditorLines { ask, answers, bot: bot.clone(), completer })
}

/// Reads lines until the end, or until nobody takes them.
fn read_all(from: &mut impl BufRead, mut take: impl FnMut(Line) -> bool) {
    loop {
        let mut bytes = Vec::new();
        let line = match read_line(from, &mut bytes) {
            Ok(Read::Nothing) => return,
            Ok(Read::Whole) => match String::from_utf8(bytes) {
                Ok(text) => Line::Text(text),
                Err(_) => Line::Unreadable(
                    "That line is not valid UTF-8. It was not taken in.".to_owned(),
                ),
            },
            Ok(Read::TooLong) => Line::Unreadable(format!(
                "That line has more than {LINE_BYTES} bytes. It was not taken in."
            )),
            Err(error) => Line::Unreadable(format!("Standard input cannot be read: {error}.")),
        };
        let is_end = matches!(&line, Line::Unreadable(why) if why.starts_with("Standard input"));
        if !take(line) || is_end {
            return;
        }
    }
}

enum Read {
    Nothing,
    Whole,
    TooLong,
}

/// Reads to the end of a line, which is left out; what is past the limit is skipped.
fn read_line(from: &mut impl BufRead, bytes: &mut Vec<u8>) -> io::Result<Read> {
    let (mut any, mut too_long) = (false, false);
    loop {
        let found = from.fill_buf()?;
        if found.is_empty() {
            break;
        }
        any = true;
        let end = found.iter().position(|byte| *byte == b'\n');
        let part = found.get(..end.unwrap_or(found.len())).unwrap_or_default();
        if bytes.len() + part.len() > LINE_BYTES {
            too_long = true;
            bytes.clear();
        } else if !too_long {
            bytes.extend_from_slice(part);
        }
        let used = end.map_or(found.len(), |end| end + 1);
        from.consume(used);
        if end.is_some() {
            break;
        }
    }
    if bytes.last() == Some(&b'\r') {
        bytes.pop();
    }
    Ok(match (any, too_long) {
        (false, _) => Read::Nothing,
        (true, true) => Read::TooLong,
        (true, false) => Read::Whole,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Vec<String> {
        let mut lines = Vec::new();
        read_all(&mut io::BufReader::with_capacity(7, bytes), |line| {
            lines.push(match line {
                Line::Text(text) => text,
                Line::Unreadable(why) => format!("! {why}"),
            });
            true
        });
        lines
    }

    #[test]
    fn lines_come_whole_and_in_order() {
        assert_eq!(read("one\r\ntwo 🦀\n\nlast".as_bytes()), ["one", "two 🦀", "", "last"]);
        assert_eq!(read(b""), [""; 0]);
    }

    #[test]
    fn what_cannot_be_taken_in_is_said_and_skipped() {
        let mut bytes = b"a\xff\n".to_vec();
        bytes.extend(vec![b'x'; LINE_BYTES + 1]);
        bytes.extend(b"\nafter\n");
        let lines = read(&bytes);
        assert_eq!(lines.len(), 3);
        assert!(lines[0].contains("UTF-8") && lines[1].contains("bytes"), "{lines:?}");
        assert_eq!(lines[2], "after");
    }

    #[test]
    fn a_line_as_long_as_allowed_is_taken_in() {
        let mut bytes = vec![b'x'; LINE_BYTES];
        bytes.push(b'\n');
        assert_eq!(read(&bytes)[0].len(), LINE_BYTES);
    }
}
