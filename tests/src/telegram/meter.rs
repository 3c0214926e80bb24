//! A load and what became of it: each person says a line, waits for the answer, says the next; times are taken from the
//! moment an update is handed out to the moment its answer arrives.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// The load under way.
#[derive(Debug)]
pub(super) struct Meter {
    line: String,
    people: BTreeMap<i64, Turn>,
    took: Vec<Duration>,
    started: Instant,
    ended: Instant,
    unfinished: usize,
}

#[derive(Debug)]
struct Turn {
    handed_out: Option<Instant>,
    /// Lines to be answered yet.
    left: usize,
}

/// What a load came to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Measured {
    /// Commands that were answered.
    pub commands: usize,
    /// From the first line said to the last answer.
    pub took: Duration,
    /// The middle of the times from an update handed out to its answer.
    pub p50: Duration,
    /// The hundredth part took longer than that.
    pub p99: Duration,
    /// The longest.
    pub longest: Duration,
}

impl Meter {
    pub(super) fn new(people: &[i64], each: usize, line: &str, now: Instant) -> Self {
        let turn = |id: &i64| (*id, Turn { handed_out: None, left: each });
        Self {
            line: line.to_owned(),
            people: people.iter().map(turn).collect(),
            took: Vec::with_capacity(people.len() * each),
            started: now,
            ended: now,
            unfinished: people.len(),
        }
    }

    /// An update of that person's chat is handed out.
    pub(super) fn handed_out(&mut self, chat: i64, now: Instant) {
        if let Some(turn) = self.people.get_mut(&chat).filter(|turn| turn.left > 0) {
            turn.handed_out.get_or_insert(now);
        }
    }

    /// The bot sent something there; answers the next line to say, if there is one.
    pub(super) fn answered(&mut self, chat: i64, now: Instant) -> Option<String> {
        let turn = self.people.get_mut(&chat)?;
        let handed_out = turn.handed_out.take()?;
        turn.left -= 1;
        self.took.push(now.duration_since(handed_out));
        self.ended = now;
        if turn.left == 0 {
            self.unfinished -= 1;
            return None;
        }
        Some(self.line.clone())
    }

    pub(super) fn answered_so_far(&self) -> usize {
        self.took.len()
    }

    /// What it came to, once all is answered.
    pub(super) fn measured(&self) -> Option<Measured> {
        if self.unfinished > 0 {
            return None;
        }
        let mut took = self.took.clone();
        took.sort_unstable();
        let at = |part: usize| took.get((took.len() * part / 100).min(took.len().max(1) - 1));
        Some(Measured {
            commands: took.len(),
            took: self.ended.duration_since(self.started),
            p50: at(50).copied().unwrap_or_default(),
            p99: at(99).copied().unwrap_or_default(),
            longest: took.last().copied().unwrap_or_default(),
        })
    }
}

impl Measured {
    /// As one line of JSON: `commands`, `per_second`, and times in milliseconds.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        let milliseconds = |time: Duration| time.as_secs_f64() * 1000.0;
        serde_json::json!({
            "commands": self.commands, "per_second": self.per_second(),
            "seconds": self.took.as_secs_f64(), "p50_ms": milliseconds(self.p50),
            "p99_ms": milliseconds(self.p99), "longest_ms": milliseconds(self.longest),
        })
    }

    /// Commands answered in a second.
    #[must_use]
    pub fn per_second(&self) -> f64 {
        let commands = u32::try_from(self.commands).unwrap_or(u32::MAX);
        f64::from(commands) / self.took.as_secs_f64()
    }
}
