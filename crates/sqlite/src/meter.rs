//! What the store counts, for whoever shows it, how large it is, and whether it can be written.
//!
//! Invariant: counting costs a commit well under a microsecond; sizes are looked up only when somebody asks.

use std::fmt::{self, Display};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use rusqlite::Connection;
use sessions::Environment;
use sessions::store::StoreError;
use sessions::time::Timestamp;

use crate::builder::SystemEnvironment;

/// Bounds in seconds: from a disk that syncs to memory, to one that hardly answers.
const SECONDS: [f64; 12] =
    [0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0];
/// Bounds in commits.
const COMMITS: [f64; 9] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0];

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfKind {
    kind: &'static str,
}

/// Counters and histograms since the store was opened.
#[derive(Debug)]
pub struct Meter {
    commits: Counter,
    seconds: Histogram,
    folds: Histogram,
    errors: Family<OfKind, Counter>,
    trouble: Mutex<Option<Trouble>>,
}

/// That nothing could be stored, the last time something was to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// When that was so for the first time.
    pub since: Timestamp,
    /// Why it was so the last time.
    pub why: String,
}

/// How large a store is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sizes {
    /// Bytes of the database file.
    pub database: u64,
    /// Bytes of the write-ahead log beside it.
    pub log: u64,
    /// Pages of the file that hold nothing.
    pub free_pages: u64,
}

impl Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "nothing can be stored since {}: {}", self.since.to_rfc3339(), self.why)
    }
}

impl Default for Meter {
    /// Nothing has happened yet: the errors that may come are there as 0.
    fn default() -> Self {
        let meter = Self {
            commits: Counter::default(),
            seconds: Histogram::new(SECONDS),
            folds: Histogram::new(COMMITS),
            errors: Family::default(),
            trouble: Mutex::default(),
        };
        for kind in ["full", "read_only", "damaged", "io", "unresolved", "closed"] {
            drop(meter.errors.get_or_create(&OfKind { kind }));
        }
        meter
    }
}

impl Meter {
    /// Puts all of it into a registry. What is counted later is seen there as well.
    pub fn register(&self, registry: &mut Registry) {
        registry.register("store_commits", "Commits that happened", self.commits.clone());
        registry.register(
            "store_commit_seconds",
            "How long a transaction took, its sync to the disk included",
            self.seconds.clone(),
        );
        registry.register(
            "store_fold_commits",
            "Commits that were folded into one transaction",
            self.folds.clone(),
        );
        registry.register(
            "store_errors",
            "Reads and commits that failed, by what to do about it",
            self.errors.clone(),
        );
    }

    pub(crate) fn count_fold<T>(&self, answers: &[Result<T, StoreError>], took: Duration) {
        self.seconds.observe(took.as_secs_f64());
        self.folds.observe(answers.len() as f64);
        let happened = answers.iter().filter(|answer| answer.is_ok()).count();
        self.commits.inc_by(happened as u64);
        answers.iter().filter_map(|answer| answer.as_ref().err()).for_each(|e| self.count_error(e));
        match answers.iter().find_map(|answer| answer.as_ref().err()) {
            Some(error) if happened == 0 => self.note(Some(error)),
            _ => self.note(None),
        }
    }

    /// Since when nothing could be stored; nothing if the last commit happened.
    #[must_use]
    pub fn trouble(&self) -> Option<Trouble> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What became of writing.
    pub(crate) fn note(&self, error: Option<&StoreError>) {
        let mut trouble = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        *trouble = error.map(|error| Trouble {
            since: trouble
                .as_ref()
                .map_or_else(|| SystemEnvironment.now(), |earlier| earlier.since),
            why: error.to_string(),
        });
    }

    pub(crate) fn count_error(&self, error: &StoreError) {
        let kind = match error {
            StoreError::Full(_) => "full",
            StoreError::ReadOnly(_) => "read_only",
            StoreError::Damaged(_) => "damaged",
            StoreError::Io(_) => "io",
            StoreError::Unresolved(_) => "unresolved",
            StoreError::Closed => "closed",
            _ => "other",
        };
        self.errors.get_or_create(&OfKind { kind }).inc();
    }
}

/// The bytes of a file; 0 if it is not there. Asking for them opens nothing.
pub(crate) fn bytes(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |found| found.len())
}

/// The write-ahead log beside a database.
pub(crate) fn log_of(database: &Path) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push("-wal");
    name.into()
}

/// Pages that hold nothing.
pub(crate) fn free_pages(conn: &Connection) -> rusqlite::Result<u64> {
    let pages: i64 = conn.query_row("PRAGMA freelist_count", (), |row| row.get(0))?;
    Ok(u64::try_from(pages).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use prometheus_client::encoding::prometheus_text;
    use sessions::store::{Commit, Store};

    use super::*;
    use crate::SqliteStore;

    #[tokio::test]
    async fn commits_and_sizes_are_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        let store = SqliteStore::open(&path).unwrap();
        for _ in 0..3 {
            store.commit(Commit::default()).await.unwrap();
        }
        store.meter().count_error(&StoreError::Full("no room".into()));
        let mut registry = Registry::default();
        store.meter().register(&mut registry);
        let mut text = String::new();
        prometheus_text::encode(&mut text, &registry).unwrap();
        for line in [
            "store_commits_total 3",
            "store_fold_commits_count 3",
            "store_fold_commits_bucket{le=\"1\"} 3",
            "store_commit_seconds_count 3",
            "store_errors_total{kind=\"full\"} 1",
        ] {
            assert!(text.lines().any(|shown| shown == line), "{line} is not in:\n{text}");
        }
        let sizes = store.sizes().unwrap();
        assert_eq!(sizes.database, fs::metadata(&path).unwrap().len());
        assert!(log_of(&path).exists());
        fs::write(log_of(&folder.path().join("b.db")), "12345").unwrap();
        assert_eq!(bytes(&log_of(&folder.path().join("b.db"))), 5);
    }
}
