//! Verification: every row is opened and held against the rows that it names and that name it. Nothing is changed.
//!
//! `lane` walks lanes, their journals and their sessions, `session` what a session holds, `beside` bindings, records and
//! keys. Payloads of inbox and outbox are the bot's to open; here they are counted, and their keys are looked for.
//!
//! Not told from an older state of the file: what nothing leads to and is not there. A timeline may have lost the
//! messages behind everything that reaches into it; a clean-up takes those.
//!
//! It runs beside commands: what looks wrong in a lane is looked at again if the lane has moved on meanwhile. Beside a
//! clean-up it may miss what that removes.
//!
//! Invariant: a damaged row is a finding that names it, and the walk goes on; only a store that fails ends it.
//! Invariant: what is held in memory does not grow with the messages: 16 bytes for each lane, the journal of one lane,
//! the timelines of one session, a page.

mod beside;
mod lane;
mod row_check;
mod session;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use vault::Purpose;

use crate::environment::Environment;
use crate::error::Fault;
use crate::id::LaneId;
use crate::seal::OpenRowError;
use crate::store::rows::RowKind;
use crate::store::{Store, StoreError};

use super::SessionManager;
use super::master::STORE;
use super::rotate::Progress;

/// Findings that a report lists.
const MOST: usize = 1_000;

/// Rows of a page.
const PAGE: usize = 1_000;

/// Something that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Which row: its table and key.
    pub row: String,
    /// What is wrong with it.
    pub what: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.row, self.what)
    }
}

/// What a verification has looked at, and what it has found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VerifyReport {
    /// How many rows of each kind were looked at.
    pub rows: BTreeMap<RowKind, u64>,
    /// Bound tags that lead to no lane, place or person: notes that adapters keep.
    pub notes: u64,
    /// The first thousand findings.
    pub findings: Vec<Finding>,
    /// How many findings there are.
    pub found: u64,
}

impl VerifyReport {
    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.found == 0
    }

    /// Takes a finding down.
    pub fn note(&mut self, row: impl fmt::Display, what: impl fmt::Display) {
        self.found += 1;
        if self.findings.len() < MOST {
            self.findings.push(Finding { row: row.to_string(), what: what.to_string() });
        }
    }

    /// Takes down what is wrong with a row. A fault that is not a row's is given back.
    ///
    /// # Errors
    /// The store failed, or there is no randomness.
    pub fn note_fault(&mut self, fault: Fault) -> Result<(), Fault> {
        match fault {
            Fault::Row(OpenRowError { row, fault }) => self.note(row, fault),
            Fault::Key { of, source } => {
                self.note(format_args!("key of {of}"), format_args!("does not unwrap: {source}"));
            }
            Fault::Store(StoreError::Damaged(cause)) => self.note("a row", unreadable(&cause)),
            other
            @ (Fault::Store(_) | Fault::Seal(_) | Fault::Entropy(_) | Fault::Contended(_)) => {
                return Err(other);
            }
        }
        Ok(())
    }

    fn saw(&mut self, kind: RowKind, rows: usize) {
        *self.rows.entry(kind).or_default() += u64::try_from(rows).unwrap_or(0);
    }
}

fn unreadable(cause: &crate::store::Cause) -> String {
    format!("cannot be read: {cause}")
}

/// A verification under way.
struct Walk<P> {
    report: VerifyReport,
    /// Kinds of which some rows cannot be listed, so that their number says nothing.
    unlisted: BTreeSet<RowKind>,
    /// Every lane.
    lanes: BTreeSet<LaneId>,
    come: Progress,
    progress: P,
    buffer: Vec<u8>,
}

impl<P: FnMut(Progress)> Walk<P> {
    fn new(progress: P) -> Self {
        Self {
            report: VerifyReport::default(),
            unlisted: BTreeSet::new(),
            lanes: BTreeSet::new(),
            come: Progress { done: 0, total: 0 },
            progress,
            buffer: Vec::new(),
        }
    }

    /// What a read gives. Rows that cannot be read are a finding; then some of that kind are not listed.
    fn listed<T>(
        &mut self,
        read: Result<T, StoreError>,
        kind: RowKind,
        row: impl FnOnce() -> String,
    ) -> Result<Option<T>, Fault> {
        match read {
            Ok(rows) => Ok(Some(rows)),
            Err(StoreError::Damaged(cause)) => {
                self.report.note(row(), unreadable(&cause));
                self.unlisted.insert(kind);
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// What opening a row gives. One that does not open is a finding.
    fn opened<T>(&mut self, opened: Result<T, OpenRowError>) -> Option<T> {
        opened.map_err(|error| self.report.note(error.row, error.fault)).ok()
    }

    /// So many messages have been looked at.
    fn pass(&mut self, messages: usize) {
        self.come.done += u64::try_from(messages).unwrap_or(0);
        self.come.total = self.come.total.max(self.come.done);
        (self.progress)(self.come);
    }
}

impl<S: Store, E: Environment> SessionManager<S, E> {
    /// Looks at every row. `progress` hears of messages. It steps aside after each page, so whoever no longer wants to
    /// know can let it go.
    ///
    /// # Errors
    /// When the store fails; damage is no error but a finding.
    pub async fn verify(&self, progress: impl FnMut(Progress)) -> Result<VerifyReport, Fault> {
        let mut walk = Walk::new(progress);
        let before = self.stored(&mut walk).await?;
        walk.come.total = before.get(&RowKind::Message).copied().unwrap_or(0);
        walk.pass(0);
        self.verify_header(&mut walk).await?;
        self.verify_lanes(&mut walk).await?;
        self.verify_strays(&before, &mut walk).await?;
        self.verify_bindings(&mut walk).await?;
        self.verify_records(&mut walk).await?;
        self.verify_keys(&mut walk).await?;
        self.verify_queues(&mut walk).await?;
        let after = self.stored(&mut walk).await?;
        compare(&before, &after, &mut walk);
        Ok(walk.report)
    }

    /// How many rows of each kind are stored.
    async fn stored<P: FnMut(Progress)>(
        &self,
        walk: &mut Walk<P>,
    ) -> Result<BTreeMap<RowKind, u64>, Fault> {
        let mut counts = BTreeMap::new();
        for kind in RowKind::ALL {
            let count = self.inner.store.count(kind).await;
            let count = walk.listed(count, kind, || format!("the table of {kind}"))?;
            counts.extend(count.map(|count| (kind, count)));
        }
        Ok(counts)
    }

    async fn verify_header<P: FnMut(Progress)>(&self, walk: &mut Walk<P>) -> Result<(), Fault> {
        let header = match self.inner.store.header().await {
            Ok(Some(header)) => header,
            Ok(None) => {
                walk.report.note("the header", "is missing");
                return Ok(());
            }
            Err(StoreError::Damaged(cause)) => {
                walk.report.note("the header", unreadable(&cause));
                return Ok(());
            }
            Err(error) => return Err(error.into()),
        };
        let ring = self.keyring();
        let key = ring.unwrap(Purpose::Names, &STORE, &header.names_key, header.names_seals);
        match key {
            Ok(key) if key.tag("verify", &[]) == self.inner.names.tag("verify", &[]) => {}
            Ok(_) => walk.report.note("the key of names", "is another than the one in use"),
            Err(source) => {
                walk.report.note("the key of names", format_args!("does not unwrap: {source}"));
            }
        }
        if header.mode != ring.mode() || !header.names(ring.version()) {
            walk.report.note("the header", "does not agree with the master key");
        }
        Ok(())
    }
}

/// Holds what is stored against what was looked at, unless somebody has written meanwhile.
fn compare<P>(before: &BTreeMap<RowKind, u64>, after: &BTreeMap<RowKind, u64>, walk: &mut Walk<P>) {
    for (kind, stored) in before {
        let seen = walk.report.rows.get(kind).copied().unwrap_or(0);
        if after.get(kind) == Some(stored) && seen != *stored && !walk.unlisted.contains(kind) {
            let what = format!("holds {stored} rows, but {seen} belong to something");
            walk.report.note(format_args!("the table of {kind}"), what);
        }
    }
}
