//! What stands beside the lanes: bindings, records, keys, and that the keys of the queues are there.

use std::collections::BTreeSet;

use crate::environment::Environment;
use crate::error::Fault;
use crate::id::{IdBytes, LaneId, PersonId, PlaceId, QueueKeyId, SessionId};
use crate::seal;
use crate::store::Store;
use crate::store::rows::{KeyPurpose, RecordKind, RowKind};

use super::super::keys::key_name;
use super::super::{Progress, SessionManager};
use super::{PAGE, Walk};

impl<S: Store, E: Environment> SessionManager<S, E> {
    /// Every lane is led to. What leads to no lane, place or person is a note, or was one of theirs and is damaged.
    pub(super) async fn verify_bindings<P: FnMut(Progress)>(
        &self,
        walk: &mut Walk<P>,
    ) -> Result<(), Fault> {
        let mut unbound: BTreeSet<LaneId> = walk.lanes.clone();
        let mut after = None;
        loop {
            let rows = self.inner.store.bindings(after, PAGE).await;
            let kind = RowKind::Binding;
            let Some(rows) = walk.listed(rows, kind, || "a binding".to_owned())? else {
                return Ok(());
            };
            walk.report.saw(kind, rows.len());
            for (tag, stored) in &rows {
                let id = seal::open_binding(&self.inner.names, tag, stored);
                let lane = LaneId::new(id);
                if unbound.remove(&lane) || walk.lanes.contains(&lane) {
                    continue;
                }
                let is_known = self.has_record(RecordKind::Place, id, walk).await?
                    || self.has_record(RecordKind::Person, id, walk).await?;
                walk.report.notes += u64::from(!is_known);
            }
            after = rows.last().map(|(tag, _)| *tag);
            if rows.len() < PAGE {
                break;
            }
        }
        for lane in unbound {
            walk.report.note(format_args!("lane {lane}"), "is led to by no binding");
        }
        Ok(())
    }

    /// Whether there is a record. One that cannot be read is there.
    async fn has_record<P: FnMut(Progress)>(
        &self,
        kind: RecordKind,
        id: IdBytes,
        walk: &mut Walk<P>,
    ) -> Result<bool, Fault> {
        let found = self.inner.store.record(kind, id).await;
        let found = walk.listed(found, RowKind::Record, || "a record".to_owned())?;
        Ok(found.is_none_or(|found| found.is_some()))
    }

    pub(super) async fn verify_records<P: FnMut(Progress)>(
        &self,
        walk: &mut Walk<P>,
    ) -> Result<(), Fault> {
        let names = &self.inner.names;
        for record in [RecordKind::Place, RecordKind::Person, RecordKind::Search] {
            let mut after = None;
            loop {
                let rows = self.inner.store.records(record, after, PAGE).await;
                let kind = RowKind::Record;
                let Some(rows) = walk.listed(rows, kind, || "a record".to_owned())? else { break };
                walk.report.saw(kind, rows.len());
                for (id, sealed) in &rows {
                    let opened = match record {
                        RecordKind::Place => {
                            seal::open_place(names, PlaceId::new(*id), sealed).map(drop)
                        }
                        RecordKind::Person => {
                            seal::open_person(names, PersonId::new(*id), sealed).map(drop)
                        }
                        RecordKind::Search => seal::open_search(names, id, sealed).map(drop),
                    };
                    walk.opened(opened);
                }
                after = rows.last().map(|(id, _)| *id);
                if rows.len() < PAGE {
                    break;
                }
            }
        }
        Ok(())
    }

    /// Keys of sessions were unwrapped with their sessions; here each must have one.
    pub(super) async fn verify_keys<P: FnMut(Progress)>(
        &self,
        walk: &mut Walk<P>,
    ) -> Result<(), Fault> {
        for purpose in [KeyPurpose::Session, KeyPurpose::Queue] {
            let mut after = None;
            loop {
                let rows = self.inner.store.keys(purpose, after, PAGE).await;
                let kind = RowKind::Key;
                let Some(rows) = walk.listed(rows, kind, || "a key".to_owned())? else { break };
                walk.report.saw(kind, rows.len());
                for row in &rows {
                    self.verify_key(purpose, row.owner, walk).await?;
                }
                after = rows.last().map(|row| row.owner);
                if rows.len() < PAGE {
                    break;
                }
            }
        }
        Ok(())
    }

    async fn verify_key<P: FnMut(Progress)>(
        &self,
        purpose: KeyPurpose,
        owner: IdBytes,
        walk: &mut Walk<P>,
    ) -> Result<(), Fault> {
        match purpose {
            KeyPurpose::Session => {
                let session = self.inner.store.session(SessionId::new(owner)).await;
                let is_gone = match session {
                    Ok(found) => found.is_none(),
                    // It was told of when the sessions were looked at.
                    Err(crate::StoreError::Damaged(_)) => false,
                    Err(error) => return Err(error.into()),
                };
                if is_gone {
                    let name = format!("key of {}", key_name(purpose, owner));
                    walk.report.note(name, "belongs to a session that is missing");
                }
            }
            KeyPurpose::Queue => {
                if let Err(fault) = self.queue_key(QueueKeyId::new(owner)).await {
                    walk.report.note_fault(fault)?;
                }
            }
        }
        Ok(())
    }

    /// Counts what waits in inbox and outbox, and looks for its keys.
    pub(super) async fn verify_queues<P: FnMut(Progress)>(
        &self,
        walk: &mut Walk<P>,
    ) -> Result<(), Fault> {
        let store = &self.inner.store;
        for parked in [false, true] {
            let mut after = 0;
            loop {
                let rows = match parked {
                    false => store.inbox(after, PAGE).await,
                    true => store.parked(after, PAGE).await,
                };
                let Some(rows) = walk.listed(rows, RowKind::Inbox, || "an inbox row".to_owned())?
                else {
                    break;
                };
                walk.report.saw(RowKind::Inbox, rows.len());
                let Some(last) = rows.last().filter(|_| rows.len() == PAGE) else { break };
                after = last.seq;
            }
        }
        let mut after = 0;
        loop {
            let rows = store.outbox(after, PAGE).await;
            let Some(rows) = walk.listed(rows, RowKind::Outbox, || "an outbox row".to_owned())?
            else {
                break;
            };
            walk.report.saw(RowKind::Outbox, rows.len());
            let Some(last) = rows.last().filter(|_| rows.len() == PAGE) else { break };
            after = last.seq;
        }
        let in_use = store.queue_keys_in_use().await;
        let in_use = walk.listed(in_use, RowKind::Inbox, || "an inbox or outbox row".to_owned())?;
        for id in in_use.unwrap_or_default() {
            let key = store.key(KeyPurpose::Queue, *id.as_bytes()).await;
            let name = format!("key of queue generation {id}");
            if let Some(None) = walk.listed(key, RowKind::Key, || name.clone())? {
                walk.report.note(name, "is missing");
            }
        }
        Ok(())
    }
}
