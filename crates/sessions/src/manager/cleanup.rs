//! Cleaning up: what nothing reaches any more goes, and with the last of a session its key.
//!
//! A session is reached by its own head while it is current, or past and not older than asked; by checkpoints that are
//! kept; and by journal entries within the undo window. One session at a time is planned (`plan`), then detached: one
//! commit, which expects the lane as it was planned, takes away every way back to what goes. Only then are rows removed,
//! in small commits, a session's key last, so that a crash at any instant leaves a store that the next clean-up finishes.
//! A session that cannot be looked at or removed is counted and passed over: it does not keep the others.
//!
//! Invariant: a current session is never removed, and nothing within the undo window is.
//! Invariant: what was unreachable when its session was detached stays so. A timeline grows only at a head that is its
//! tip, and its tip is not lowered when its rows are cut, so no position is ever used again.
//! Invariant: no row is removed before a commit has shown that the lane is as it was planned.

mod plan;

use std::error::Error;
use std::iter::successors;
use std::time::Duration;

use crate::environment::Environment;
use crate::error::{Failure, Fault};
use crate::id::SessionId;
use crate::model::{Session, SessionState};
use crate::seal;
use crate::store::rows::{KeyPurpose, Write};
use crate::store::{After, Commit, Committed, Order, Store, StoreError, Stretch};

use super::{ATTEMPTS, SessionManager};
use plan::Plan;

/// Messages removed in one commit.
const BATCH: usize = 500;
/// Rows read at a time.
const PAGE: usize = 256;

/// What a clean-up is asked to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cleanup {
    /// Past sessions whose last activity is longer ago than this go.
    pub older_than: Duration,
    /// Whether checkpoints of those sessions, and what they reach, stay.
    pub keep_checkpoints: bool,
    /// Whether nothing is removed and only counted.
    pub dry_run: bool,
}

/// What a clean-up did, or would do.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CleanupReport {
    /// Sessions removed, their keys destroyed.
    pub sessions: u64,
    /// Sessions of which only what checkpoints reach is left.
    pub held: u64,
    /// Checkpoints removed.
    pub checkpoints: u64,
    /// Messages removed.
    pub messages: u64,
    /// Sessions that were passed over, as they could not be looked at or removed; they are tried again next time.
    pub failed: u64,
    /// Why the first of those was.
    pub first_failure: Option<String>,
    /// Whether nothing of it is left in any file of the store: `false` while somebody reads an older state.
    pub scrubbed: bool,
}

impl<S: Store, E: Environment> SessionManager<S, E> {
    /// Removes what is old and unreachable.
    ///
    /// # Errors
    /// When the store fails; what was removed until then stays removed. What is wrong with one session is in the report.
    pub async fn cleanup(&self, asked: Cleanup) -> Result<CleanupReport, Failure> {
        let now = self.inner.environment.now();
        let mut report = CleanupReport::default();
        let states =
            [SessionState::Current, SessionState::Past, SessionState::Binned, SessionState::Held];
        for state in states {
            let mut after: After = None;
            loop {
                let rows = self.inner.store.stale_sessions(state, now, after, PAGE).await?;
                let Some(last) = rows.last() else { break };
                after = Some((last.last_activity_at, *last.id.as_bytes()));
                for row in &rows {
                    let cleaned = self.clean_up_session(row.id, &asked, &mut report).await;
                    cleaned.or_else(|fault| report.pass_over(fault))?;
                }
            }
        }
        if !asked.dry_run {
            report.scrubbed = self.inner.store.scrub().await?;
        }
        Ok(report)
    }

    async fn clean_up_session(
        &self,
        id: SessionId,
        asked: &Cleanup,
        report: &mut CleanupReport,
    ) -> Result<(), Fault> {
        for _ in 0..ATTEMPTS {
            let Some(plan) = self.plan(id, asked).await? else { return Ok(()) };
            if asked.dry_run {
                plan.count_into(report);
                report.messages += self.count_unreached(&plan).await?;
                return Ok(());
            }
            if self.detach(&plan).await? {
                report.messages += self.remove(&plan).await?;
                plan.count_into(report);
                return Ok(());
            }
        }
        // The lane is too busy for its old sessions to be looked at: next time.
        Ok(())
    }

    /// Takes away every way back to what goes, unless the lane has moved on since it was planned.
    async fn detach(&self, plan: &Plan) -> Result<bool, Fault> {
        let session = &plan.session;
        let mut writes: Vec<Write> =
            plan.doomed.iter().map(|checkpoint| Write::DropCheckpoint(*checkpoint)).collect();
        writes.extend(plan.stale_entries.map(|last| Write::CutJournal(session.lane, 1, last)));
        if plan.takes_head() {
            let key = self.needed_key(session.id).await?;
            // While the end was on it, the session alone knew how far the timeline reaches.
            if let Some(end) = session.end {
                let row = seal::seal_timeline(&key, &session.id, &end.timeline)?;
                writes.push(Write::PutTimeline(row));
            }
            let emptied = Session { state: SessionState::Held, end: None, ..session.clone() };
            writes.push(Write::PutSession(seal::seal_session(&key, &emptied)?));
        }
        if writes.is_empty() && !self.has_unreached(plan).await? {
            return Ok(true);
        }
        // Where nothing is to be written this compares only: what came after the plan was begun is not in it.
        let expect = vec![(session.lane, plan.version)];
        let commit = Commit { expect, writes, ..Commit::default() };
        Ok(matches!(self.inner.store.commit(commit).await?, Committed::Done(_)))
    }

    /// Whether a row is left that nothing reaches.
    async fn has_unreached(&self, plan: &Plan) -> Result<bool, Fault> {
        if plan.goes_whole() || !plan.empty_timelines().is_empty() {
            return Ok(true);
        }
        for stretch in plan.unreached() {
            if !self.inner.store.messages(stretch, Order::NewestFirst, 1).await?.is_empty() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Removes what nothing reaches; answers how many messages that were.
    async fn remove(&self, plan: &Plan) -> Result<u64, Fault> {
        let mut cut = 0;
        for stretch in plan.unreached() {
            // Most of what is unreached was removed long ago; asking is cheaper than a commit.
            if self.inner.store.messages(stretch, Order::NewestFirst, 1).await?.is_empty() {
                continue;
            }
            let above = stretch.from - 1;
            loop {
                let batch =
                    self.write(vec![Write::CutTimeline(stretch.timeline, above, BATCH)]).await?;
                cut += batch;
                if batch < count(BATCH) {
                    break;
                }
            }
        }
        let drops = plan.empty_timelines().into_iter().map(Write::DropTimeline);
        self.write(drops.collect()).await?;
        if plan.goes_whole() {
            let id = plan.session.id;
            let key = Write::DestroyKey(KeyPurpose::Session, *id.as_bytes());
            self.write(vec![Write::DropSession(id), key]).await?;
            self.inner.keys.drop_key(id);
        }
        Ok(cut)
    }

    async fn count_unreached(&self, plan: &Plan) -> Result<u64, Fault> {
        let mut messages = 0;
        for mut stretch in plan.unreached() {
            loop {
                let rows = self.inner.store.messages(stretch, Order::NewestFirst, PAGE).await?;
                let Some(lowest) = rows.last() else { break };
                messages += count(rows.len());
                stretch = Stretch { to: lowest.point.position - 1, ..stretch };
            }
        }
        Ok(messages)
    }

    async fn write(&self, writes: Vec<Write>) -> Result<u64, Fault> {
        if writes.is_empty() {
            return Ok(0);
        }
        let receipt = self.commit_free(Commit { writes, ..Commit::default() }).await?;
        Ok(receipt.cut)
    }
}

impl CleanupReport {
    /// Takes down that a session was passed over. A fault that all of them would meet is given back.
    fn pass_over(&mut self, fault: Fault) -> Result<(), Fault> {
        match fault {
            Fault::Store(
                StoreError::Full(_)
                | StoreError::ReadOnly(_)
                | StoreError::Unresolved(_)
                | StoreError::Closed,
            )
            | Fault::Entropy(_) => return Err(fault),
            // A store that reads nothing any more does not list the next sessions either.
            Fault::Store(StoreError::Io(_) | StoreError::Damaged(_))
            | Fault::Row(_)
            | Fault::Key { .. }
            | Fault::Seal(_)
            | Fault::Contended(_) => {}
        }
        self.failed += 1;
        self.first_failure.get_or_insert_with(|| in_words(&fault));
        Ok(())
    }
}

/// An error with all that it came from.
fn in_words(error: &dyn Error) -> String {
    let causes = successors(error.source(), |&cause| cause.source());
    causes.fold(error.to_string(), |told, cause| format!("{told}: {cause}"))
}

fn count(len: usize) -> u64 {
    u64::try_from(len).unwrap_or(u64::MAX)
}
