//! Sealing a whole store anew: a plain one is sealed, a sealed one made plain, or sealed under keys that nobody has seen.
//!
//! It works in place, on a copy that is not live: when it is through, the copy is written out once more without what was
//! overwritten, verified, and put where the store was. What is broken off leaves a copy that does not open.
//! Every session and every generation of the queues gets a fresh key. The key of names stays: what is looked up by tags
//! made with it could not be found otherwise. So whoever had that key can still open lanes, journals, places and persons.
//!
//! Not a rotation: that leaves rows as they are (`rotate`).
//!
//! Invariant: nobody else writes; this manager opens nothing any more afterwards.
//! Invariant: everything in clear stays as it is, ids, numbers and times included.

use std::sync::Arc;

use vault::{Bound, DataKey, Keyring};

use crate::delivery::{InboxRow, OutboxRow};
use crate::environment::Environment;
use crate::error::Fault;
use crate::id::{IdBytes, PersonId, PlaceId, QueueKeyId, SessionId, TimelineId};
use crate::seal::{self, RowFault};
use crate::store::rows::{
    Header, KeyPurpose, KeyRow, RecordKind, RowKind, SealedRow, SessionRow, Write,
};
use crate::store::{Commit, Order, Store, Stretch};

use super::keys::purpose_of;
use super::rotate::{Progress, RotateError};
use super::{KeySource, SessionManager, master};

/// Writes of a commit.
const BATCH: usize = 500;

/// Rows of a page.
const PAGE: usize = 500;

/// Seals of the names key that are allowed for afterwards.
const RESERVE: u64 = 1 << 16;

/// What payloads of inbox and outbox are bound to: their owner's to say.
#[derive(Debug, Clone, Copy)]
pub struct QueueBounds {
    /// Of an event.
    pub event: fn(&InboxRow) -> Bound,
    /// Of a chunk of an answer.
    pub answer: fn(&OutboxRow) -> Bound,
}

/// What was sealed anew.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ResealReport {
    /// Sessions, each under a fresh key.
    pub sessions: u64,
    /// Messages.
    pub messages: u64,
}

impl<S: Store, E: Environment> SessionManager<S, E> {
    /// Seals everything anew, in place: for a copy of a store that is not live. Drop this manager and all its clones
    /// afterwards, whatever comes of it. `progress` hears of messages.
    ///
    /// # Errors
    /// [`RotateError`]: it is not sealed and should become plain, it is sealed under this very key, a rotation is not
    /// complete, or a row does not open. After a fault the copy is of no use.
    pub async fn reseal(
        &self,
        to: KeySource,
        queues: QueueBounds,
        progress: impl FnMut(Progress),
    ) -> Result<ResealReport, RotateError> {
        let header = self.header().await?;
        if let Some(previous) = &header.previous {
            return Err(RotateError::Unfinished(previous.version));
        }
        let (next, ring, names) = master::remade(&header, &self.inner.names, &to)?;
        drop(to);
        if !self.put_header(next.clone()).await? {
            return Err(RotateError::ForeignKey);
        }
        let total = self.inner.store.count(RowKind::Message).await?;
        let mut reseal = Reseal {
            of: self,
            old_ring: self.keyring(),
            ring,
            names,
            writes: Vec::with_capacity(BATCH),
            come: Progress { done: 0, total },
            progress,
            sessions: 0,
        };
        reseal.lanes().await?;
        reseal.records().await?;
        reseal.all_sessions().await?;
        reseal.queues(queues).await?;
        reseal.flush().await?;
        let names_seals = reseal.names.seals().saturating_add(RESERVE);
        // A key that was passed over would be lost: then the store refuses this.
        if !self.put_header(Header { names_seals, previous: None, ..next }).await? {
            return Err(RotateError::ForeignKey);
        }
        self.inner.store.scrub().await?;
        Ok(ResealReport { sessions: reseal.sessions, messages: reseal.come.done })
    }
}

/// Sealing anew, under way.
struct Reseal<'a, S, E, P> {
    of: &'a SessionManager<S, E>,
    old_ring: Arc<Keyring>,
    ring: Keyring,
    /// The key of names as it seals from now on.
    names: DataKey,
    writes: Vec<Write>,
    come: Progress,
    progress: P,
    sessions: u64,
}

impl<S: Store, E: Environment, P: FnMut(Progress)> Reseal<'_, S, E, P> {
    fn store(&self) -> &S {
        &self.of.inner.store
    }

    async fn write(&mut self, write: Write) -> Result<(), Fault> {
        self.writes.push(write);
        if self.writes.len() < BATCH {
            return Ok(());
        }
        self.flush().await
    }

    async fn flush(&mut self) -> Result<(), Fault> {
        let writes = std::mem::replace(&mut self.writes, Vec::with_capacity(BATCH));
        if !writes.is_empty() {
            self.of.commit_free(Commit { writes, ..Commit::default() }).await?;
        }
        Ok(())
    }

    async fn lanes(&mut self) -> Result<(), Fault> {
        let mut after = None;
        loop {
            let rows = self.store().lanes(None, after, PAGE).await?;
            let Some(last) = rows.last() else { return Ok(()) };
            after = Some(last.id);
            for row in &rows {
                let lane = seal::open_lane(&self.of.inner.names, row)?;
                let anew = seal::seal_lane(&self.names, &lane)?;
                self.write(Write::PutLane(anew)).await?;
                self.journal(row.id).await?;
            }
        }
    }

    async fn journal(&mut self, lane: crate::id::LaneId) -> Result<(), Fault> {
        let mut from = 0;
        loop {
            let rows = self.store().journal(lane, from, PAGE).await?;
            let Some(last) = rows.last() else { return Ok(()) };
            from = last.seq.saturating_add(1);
            for row in &rows {
                let entry = seal::open_journal(&self.of.inner.names, row)?;
                let anew = seal::seal_journal(&self.names, &entry)?;
                self.write(Write::PutJournal(anew)).await?;
            }
        }
    }

    async fn records(&mut self) -> Result<(), Fault> {
        for kind in [RecordKind::Place, RecordKind::Person, RecordKind::Search] {
            let mut after = None;
            loop {
                let rows = self.store().records(kind, after, PAGE).await?;
                let Some((last, _)) = rows.last() else { break };
                after = Some(*last);
                for (id, sealed) in &rows {
                    let anew = self.record(kind, *id, sealed)?;
                    self.write(Write::PutRecord(kind, *id, anew)).await?;
                }
            }
        }
        Ok(())
    }

    fn record(&self, kind: RecordKind, id: IdBytes, sealed: &[u8]) -> Result<Vec<u8>, Fault> {
        let (old, new) = (&self.of.inner.names, &self.names);
        Ok(match kind {
            RecordKind::Place => {
                seal::seal_place(new, &seal::open_place(old, PlaceId::new(id), sealed)?)?
            }
            RecordKind::Person => {
                seal::seal_person(new, &seal::open_person(old, PersonId::new(id), sealed)?)?
            }
            RecordKind::Search => {
                seal::seal_search(new, &id, &seal::open_search(old, &id, sealed)?)?
            }
        })
    }

    async fn all_sessions(&mut self) -> Result<(), Fault> {
        let mut after = None;
        loop {
            let rows = self.store().all_sessions(after, PAGE).await?;
            let Some(last) = rows.last() else { return Ok(()) };
            after = Some(last.id);
            for row in &rows {
                self.session(row).await?;
                self.sessions += 1;
            }
        }
    }

    async fn session(&mut self, row: &SessionRow) -> Result<(), Fault> {
        let (old, new) = self.keys(KeyPurpose::Session, *row.id.as_bytes(), row.seals).await?;
        for timeline in self.store().timelines(row.id).await? {
            let opened = seal::open_timeline(&old, &timeline)?;
            let anew = seal::seal_timeline(&new, &row.id, &opened)?;
            self.write(Write::PutTimeline(anew)).await?;
            self.messages(row.id, timeline.id, [&old, &new]).await?;
            self.summaries(row.id, timeline.id, [&old, &new]).await?;
        }
        self.checkpoints(row.id, [&old, &new]).await?;
        let session = seal::open_session(&old, row)?;
        let anew = seal::seal_session(&new, &session)?;
        self.write(Write::PutSession(anew)).await
    }

    async fn messages(
        &mut self,
        session: SessionId,
        timeline: TimelineId,
        [old, new]: [&DataKey; 2],
    ) -> Result<(), Fault> {
        let (mut from, mut buffer) = (0, Vec::new());
        loop {
            let stretch = Stretch { timeline, from, to: u64::MAX };
            let rows = self.store().messages(stretch, Order::OldestFirst, PAGE).await?;
            let Some(last) = rows.last() else { return Ok(()) };
            from = last.point.position.saturating_add(1);
            for row in &rows {
                let message = seal::open_message(old, &session, row, &mut buffer)?;
                let sealed = seal::seal_message(new, &session, &message)?.sealed;
                self.write(Write::Reseal(SealedRow::Message(row.point), sealed)).await?;
            }
            self.come.done += u64::try_from(rows.len()).unwrap_or(0);
            self.come.total = self.come.total.max(self.come.done);
            (self.progress)(self.come);
        }
    }

    async fn summaries(
        &mut self,
        session: SessionId,
        timeline: TimelineId,
        [old, new]: [&DataKey; 2],
    ) -> Result<(), Fault> {
        let mut to = Some(u64::MAX);
        while let Some(upto) = to {
            let stretch = Stretch { timeline, from: 0, to: upto };
            let Some(row) = self.store().summary(stretch).await? else { return Ok(()) };
            let summary = seal::open_summary(old, &session, &row)?;
            let anew = seal::seal_summary(new, &session, &summary)?;
            self.write(Write::PutSummary(anew)).await?;
            to = row.upto.position.checked_sub(1);
        }
        Ok(())
    }

    async fn checkpoints(
        &mut self,
        session: SessionId,
        [old, new]: [&DataKey; 2],
    ) -> Result<(), Fault> {
        let mut after = None;
        loop {
            let rows = self.store().checkpoints_of(session, after, PAGE).await?;
            let Some(last) = rows.last() else { return Ok(()) };
            after = Some(last.id);
            for row in &rows {
                let checkpoint = seal::open_checkpoint(old, &self.of.inner.names, row)?;
                let anew = seal::seal_checkpoint(new, &self.names, &checkpoint)?;
                self.write(Write::PutCheckpoint(anew)).await?;
            }
        }
    }

    /// Every generation, whether something names it or not.
    async fn queues(&mut self, bounds: QueueBounds) -> Result<(), Fault> {
        let mut generations = Vec::new();
        let mut after = None;
        loop {
            let rows = self.store().keys(KeyPurpose::Queue, after, PAGE).await?;
            let Some(last) = rows.last() else { break };
            after = Some(last.owner);
            for row in &rows {
                let keys = self.keys(KeyPurpose::Queue, row.owner, 0).await?;
                generations.push((QueueKeyId::new(row.owner), keys));
            }
        }
        for parked in [false, true] {
            let mut after = 0;
            loop {
                let rows = if parked {
                    self.store().parked(after, PAGE).await?
                } else {
                    self.store().inbox(after, PAGE).await?
                };
                let Some(last) = rows.last() else { break };
                after = last.seq;
                for row in &rows {
                    let of = (format!("inbox row {}", row.seq), row.key);
                    let sealed = anew(&generations, of, &(bounds.event)(row), &row.sealed)?;
                    self.write(Write::Reseal(SealedRow::Event(row.seq), sealed)).await?;
                }
            }
        }
        let mut after = 0;
        loop {
            let rows = self.store().outbox(after, PAGE).await?;
            let Some(last) = rows.last() else { return Ok(()) };
            after = last.seq;
            for row in &rows {
                let of = (format!("outbox row {}", row.seq), row.key);
                let sealed = anew(&generations, of, &(bounds.answer)(row), &row.sealed)?;
                self.write(Write::Reseal(SealedRow::Answer(row.seq), sealed)).await?;
            }
        }
    }

    /// The key of an owner and the fresh one that takes its place.
    async fn keys(
        &mut self,
        purpose: KeyPurpose,
        owner: IdBytes,
        seals: u64,
    ) -> Result<(DataKey, DataKey), Fault> {
        let name = || super::keys::key_name(purpose, owner);
        let row = self.store().key(purpose, owner).await?;
        let row = row.ok_or_else(|| RowFault::Missing.of(format_args!("key of {}", name())))?;
        let old = self
            .old_ring
            .unwrap(purpose_of(purpose), &owner, &row.wrapped, seals)
            .map_err(|source| Fault::Key { of: name(), source })?;
        let new = self.ring.generate()?;
        let wrapped = self.ring.wrap(purpose_of(purpose), &owner, &new)?;
        self.write(Write::PutKey(KeyRow { wrapped, ..row })).await?;
        Ok((old, new))
    }
}

/// A payload of inbox or outbox under the fresh key of its generation.
fn anew(
    generations: &[(QueueKeyId, (DataKey, DataKey))],
    (name, id): (String, QueueKeyId),
    bound: &Bound,
    sealed: &[u8],
) -> Result<Vec<u8>, Fault> {
    let found = generations.iter().find(|(known, _)| *known == id);
    let missing = || RowFault::Missing.of(format_args!("key of queue generation {id}"));
    let (_, (old, new)) = found.ok_or_else(missing)?;
    let plain = old.open(bound, sealed).map_err(|error| RowFault::Sealed(error).of(name))?;
    Ok(new.seal(bound, &plain)?)
}
