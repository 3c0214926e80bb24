//! What is said over the control socket, and printed with `--json`.
//!
//! Invariant: a word here never changes its meaning; scripts read it.

use std::collections::BTreeMap;
use std::io::{self, BufRead, Write};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// What can be asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "request", rename_all = "kebab-case")]
pub(crate) enum Request {
    /// How things stand.
    Status,
    /// Whether every row opens and fits the others.
    Verify,
    /// Makes the key in the file that comes along the master key; without a file, finishes what was begun.
    Rotate,
    /// Which master key the one in the file that comes along is.
    CheckKey,
    /// The sessions of all lanes, the latest activity first.
    Sessions {
        /// At most so many.
        limit: usize,
        /// Those in the bin, too.
        bin: bool,
        /// Only private ones of this person, as `telegram:77`.
        #[serde(default)]
        of: Option<String>,
    },
    /// One session, by the beginning of its id.
    Show {
        /// As it was typed.
        session: String,
    },
    /// A session, written to the file that comes along.
    Export {
        /// As it was typed.
        session: String,
        /// In which form.
        form: Form,
    },
    /// A session, read from the file that comes along, as a past one of a lane.
    Import {
        /// A session of that lane, as it was typed.
        beside: String,
    },
    /// Moves a session to the bin.
    Delete {
        /// As it was typed.
        session: String,
    },
    /// The events that were set aside.
    Events,
    /// Has events tried again that were set aside.
    RetryEvents {
        /// Which.
        events: Events,
    },
    /// Gives up events that were set aside.
    DeleteEvents {
        /// Which.
        events: Events,
    },
    /// Removes what is old.
    Cleanup {
        /// Past sessions without activity for so many days.
        older_than_days: u32,
        /// Their checkpoints stay, and what these reach.
        keep_checkpoints: bool,
        /// Only counts.
        dry_run: bool,
    },
    /// The database, written to the file that comes along.
    Backup,
}

/// Which events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Events {
    /// All that are set aside.
    All,
    /// These, by their numbers.
    These(Vec<i64>),
}

/// The form of an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Form {
    /// For reading.
    Markdown,
    /// Everything, to be imported again.
    Json,
    /// Plain.
    Text,
}

/// What is answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "kebab-case")]
pub(crate) enum Answer {
    /// How things stand.
    Status(Box<Status>),
    /// What was looked at, and what is wrong.
    Verified(Verified),
    /// The master key is another one.
    Rotated {
        /// Its version.
        version: u32,
        /// How many keys were wrapped anew.
        keys: u64,
        /// Whether nothing that was wrapped under the old one is left in any file.
        scrubbed: bool,
    },
    /// Nothing was left to do.
    NothingToRotate {
        /// The version of the master key.
        version: u32,
    },
    /// A key was looked at.
    KeyChecked {
        /// Which version it is, if it is one that the database needs.
        version: Option<u32>,
        /// The version that new keys are wrapped under.
        current: u32,
        /// The version that is on its way out, while a rotation is under way.
        leaving: Option<u32>,
    },
    /// Sessions.
    Sessions {
        /// In the order in which they were asked for.
        sessions: Vec<SessionLine>,
        /// How many there are in all.
        of: u64,
    },
    /// One session.
    Show(SessionLine),
    /// An export was written.
    Exported {
        /// Its session's id.
        session: String,
        /// How long it is.
        bytes: u64,
    },
    /// An import was kept.
    Imported(Imported),
    /// A session is in the bin.
    Deleted {
        /// Its id.
        session: String,
        /// For how many days it can be brought back.
        undo_days: u32,
    },
    /// Events that were set aside.
    Events {
        /// In the order in which they came.
        events: Vec<EventLine>,
    },
    /// Events are tried again.
    TriedAgain {
        /// Their numbers.
        events: Vec<i64>,
        /// How many were left, because they cannot be read.
        left: u64,
        /// Whether that is now, or when the daemon starts next.
        at_once: bool,
    },
    /// Events were given up.
    GivenUp {
        /// Their numbers.
        events: Vec<i64>,
    },
    /// What is old was removed, or counted.
    CleanedUp(CleanedUp),
    /// The database was written.
    BackedUp {
        /// How long it is.
        bytes: u64,
        /// The SHA-256 of what was written, in hexadecimal digits.
        sha256: String,
    },
}

/// How things stand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Status {
    /// Of the program that answers.
    pub(crate) program: String,
    /// What only a daemon knows.
    pub(crate) daemon: Option<DaemonStatus>,
    pub(crate) database: String,
    pub(crate) database_bytes: u64,
    pub(crate) log_bytes: u64,
    /// The version of the master key; 0 if nothing is sealed.
    pub(crate) key_version: u32,
    /// Whether a rotation of the master key is under way.
    pub(crate) rotating: bool,
}

/// How a daemon stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct DaemonStatus {
    pub(crate) process: u32,
    pub(crate) up_seconds: u64,
    pub(crate) channels: Vec<ChannelStatus>,
    /// That nothing can be stored, and since when and why, if so.
    #[serde(default)]
    pub(crate) store_trouble: Option<String>,
    /// Events that are being brought to their end, and such as wait for that.
    pub(crate) at_work: u64,
    pub(crate) waiting: u64,
    /// Pieces of answers that wait to be sent.
    pub(crate) pieces: u64,
    /// Answers that may not have arrived.
    pub(crate) untold: u64,
    /// Events that were set aside, because handling them failed again and again.
    pub(crate) set_aside: u64,
    /// The last warnings and errors, the newest last.
    pub(crate) troubles: Vec<String>,
}

/// How a channel stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ChannelStatus {
    pub(crate) name: String,
    pub(crate) is_up: bool,
    /// In words, with the time since when.
    pub(crate) state: String,
}

/// What a verification looked at, and what is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Verified {
    /// Rows by kind.
    pub(crate) rows: BTreeMap<String, u64>,
    /// What is wrong, at most a thousand.
    pub(crate) findings: Vec<String>,
    /// How much is wrong.
    pub(crate) found: u64,
}

/// A session as it is listed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SessionLine {
    pub(crate) id: String,
    pub(crate) state: String,
    pub(crate) channel: String,
    pub(crate) user: Option<String>,
    pub(crate) title: Option<String>,
    pub(crate) messages: u64,
    pub(crate) created_at: String,
    pub(crate) last_activity_at: String,
}

/// An event as it is listed; what is missing could not be opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct EventLine {
    pub(crate) event: i64,
    pub(crate) received_at: String,
    pub(crate) channel: Option<String>,
    pub(crate) from: Option<String>,
    /// The command's name, or a word for its kind.
    pub(crate) what: Option<String>,
    /// What its channel calls it, if it is of a kind that this version cannot read.
    pub(crate) unreadable: Option<String>,
}

/// What was imported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Imported {
    pub(crate) session: String,
    pub(crate) messages: u64,
}

/// What a clean-up removed, or would remove.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct CleanedUp {
    pub(crate) sessions: u64,
    pub(crate) held: u64,
    pub(crate) checkpoints: u64,
    pub(crate) messages: u64,
    /// Sessions that were passed over.
    pub(crate) failed: u64,
    /// Why the first of them was.
    pub(crate) first_failure: Option<String>,
    /// Whether nothing of it is left in any file.
    pub(crate) scrubbed: bool,
    pub(crate) dry_run: bool,
}

/// How far something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Progress {
    pub(crate) done: u64,
    pub(crate) of: u64,
}

/// A line that comes back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Line {
    /// Others are served first.
    Waiting,
    Progress(Progress),
    Done(Answer),
    /// Why there is no answer.
    Failed(String),
}

pub(super) fn write_line<T: Serialize>(mut to: impl Write, value: &T) -> io::Result<()> {
    let mut line = serde_json::to_vec(value)?;
    line.push(b'\n');
    to.write_all(&line)
}

/// Reads a line, of any length: the daemon is trusted. `None` at the end.
pub(super) fn read_line<T: DeserializeOwned>(from: &mut impl BufRead) -> io::Result<Option<T>> {
    let mut line = Vec::new();
    from.read_until(b'\n', &mut line)?;
    if line.is_empty() {
        return Ok(None);
    }
    Ok(Some(serde_json::from_slice(&line)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_may_be_as_long_as_it_has_to() {
        let answer = Answer::GivenUp { events: vec![i64::MAX; 200_000] };
        let mut line = Vec::new();
        write_line(&mut line, &Line::Done(answer.clone())).unwrap();
        assert!(line.len() > 2 << 20);
        let read: Option<Line> = read_line(&mut line.as_slice()).unwrap();
        assert_eq!(read, Some(Line::Done(answer)));
    }
}
