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
    updates: AtomicU64,
    errors: AtomicU64,
    unanswered: AtomicU64,
    ignored: Mutex<BTreeMap<String, u64>>,
    unreadable: Mutex<BTreeMap<String, u64>>,
}

impl Tally {
    /// Updates that were taken in, repeated ones included.
    #[must_use]
    pub fn updates(&self) -> u64 {
        self.updates.load(Relaxed)
    }

    /// Requests for updates that failed, and batches that could not be stored.
    #[must_use]
    pub fn errors(&self) -> u64 {
        self.errors.load(Relaxed)
    }

    /// Presses whose button was left waiting.
    #[must_use]
    pub fn unanswered(&self) -> u64 {
        self.unanswered.load(Relaxed)
    }

    /// Updates that concern no session, by why.
    #[must_use]
    pub fn ignored(&self) -> BTreeMap<String, u64> {
        read(&self.ignored)
    }

    /// Updates that could not be read and are kept as they came, by kind.
    #[must_use]
    pub fn unreadable(&self) -> BTreeMap<String, u64> {
        read(&self.unreadable)
    }

    pub(crate) fn count_updates(&self, many: usize) {
        self.updates.fetch_add(many as u64, Relaxed);
    }

    pub(crate) fn count_error(&self) {
        self.errors.fetch_add(1, Relaxed);
    }

    pub(crate) fn count_unanswered(&self) {
        self.unanswered.fetch_add(1, Relaxed);
    }

    pub(crate) fn count_ignored(&self, why: &str) {
        count(&self.ignored, why);
    }

    pub(crate) fn count_unreadable(&self, kind: &str) {
        count(&self.unreadable, kind);
    }
}

fn read(counts: &Mutex<BTreeMap<String, u64>>) -> BTreeMap<String, u64> {
    counts.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

fn count(counts: &Mutex<BTreeMap<String, u64>>, kind: &str) {
    let mut counts = counts.lock().unwrap_or_else(PoisonError::into_inner);
    let is_known = counts.contains_key(kind) || counts.len() < KINDS;
    let kind = if is_known { kind } else { OTHER };
    *counts.entry(kind.to_owned()).or_default() += 1;
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
        tally.count_unreadable("kind_0");
        let counted = tally.unreadable();
        assert_eq!(counted.len(), KINDS + 1);
        assert_eq!((counted["kind_0"], counted[OTHER]), (2, 1_000 - KINDS as u64));
    }
}
