//! Counters of the intake, for whoever shows them.
//!
//! Invariant: what is counted by kind is bounded, whatever a server sends.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

/// The most kinds that are counted apart; what comes after is `other`.
const KINDS: usize = 64;
const OTHER: &str = "other";

/// What came in since the start.
#[derive(Debug, Default)]
pub struct Tally {
    events: AtomicU64,
    errors: AtomicU64,
    sessions: AtomicU64,
    refused: AtomicU64,
    overflowed: AtomicU64,
    ignored: Mutex<BTreeMap<String, u64>>,
    unreadable: Mutex<BTreeMap<String, u64>>,
}

impl Tally {
    /// Messages and interactions that were taken in, repeated ones included.
    #[must_use]
    pub fn events(&self) -> u64 {
        self.events.load(Relaxed)
    }

    /// Connections and requests that failed, and batches that could not be stored.
    #[must_use]
    pub fn errors(&self) -> u64 {
        self.errors.load(Relaxed)
    }

    /// Sessions of the gateway that were begun.
    #[must_use]
    pub fn sessions(&self) -> u64 {
        self.sessions.load(Relaxed)
    }

    /// Interactions that were not accepted, because they could not be stored or answered in time.
    #[must_use]
    pub fn refused(&self) -> u64 {
        self.refused.load(Relaxed)
    }

    /// Messages for which there was no room, and which are asked for again.
    #[must_use]
    pub fn overflowed(&self) -> u64 {
        self.overflowed.load(Relaxed)
    }

    /// Events that concern no session, by why.
    #[must_use]
    pub fn ignored(&self) -> BTreeMap<String, u64> {
        read(&self.ignored)
    }

    /// Events of the gateway that could not be read, by type.
    #[must_use]
    pub fn unreadable(&self) -> BTreeMap<String, u64> {
        read(&self.unreadable)
    }

    pub(crate) fn count_events(&self, many: usize) {
        self.events.fetch_add(many as u64, Relaxed);
    }

    pub(crate) fn count_error(&self) {
        self.errors.fetch_add(1, Relaxed);
    }

    pub(crate) fn count_session(&self) {
        self.sessions.fetch_add(1, Relaxed);
    }

    pub(crate) fn count_refused(&self) {
        self.refused.fetch_add(1, Relaxed);
    }

    pub(crate) fn count_overflowed(&self) {
        self.overflowed.fetch_add(1, Relaxed);
    }

    pub(crate) fn count_ignored(&self, why: &str) {
        count(&self.ignored, why);
    }

    /// Counts; answers whether it is the first of its type.
    pub(crate) fn count_unreadable(&self, kind: &str) -> bool {
        count(&self.unreadable, kind) == 1
    }
}

fn read(counts: &Mutex<BTreeMap<String, u64>>) -> BTreeMap<String, u64> {
    counts.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

fn count(counts: &Mutex<BTreeMap<String, u64>>, kind: &str) -> u64 {
    let mut counts = counts.lock().unwrap_or_else(PoisonError::into_inner);
    let is_known = counts.contains_key(kind) || counts.len() < KINDS;
    let kind = if is_known { kind } else { OTHER };
    let counted = counts.entry(kind.to_owned()).or_default();
    *counted += 1;
    *counted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_counted_apart_up_to_a_limit() {
        let tally = Tally::default();
        for kind in 0..1_000 {
            tally.count_unreadable(&format!("kind_{kind}"));
        }
        assert!(!tally.count_unreadable("kind_0"));
        let counted = tally.unreadable();
        assert_eq!(counted.len(), KINDS + 1);
        assert_eq!((counted["kind_0"], counted[OTHER]), (2, 1_000 - KINDS as u64));
    }
}
