//! The keys of inbox and outbox payloads, in generations.
//!
//! A generation begins with the process, with the day, or after 2^28 seals, so that a key is never sealed with again
//! after a restart and its count starts from zero. A generation goes when nothing it sealed is left.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;
use serde::de::DeserializeOwned;
use sessions::delivery::{InboxRow, OutboxRow};
use sessions::id::QueueKeyId;
use sessions::manager::QueueBounds;
use sessions::store::rows::{KeyPurpose, Write};
use sessions::store::{Commit, Store};
use sessions::time::Timestamp;
use sessions::vault::{Bound, DataKey};
use sessions::{Environment, Fault, RowFault, SessionManager};

use crate::incoming::Incoming;
use crate::outbox::Owed;
use crate::stored::{IncomingV1, OwedV1, Stored};

const MAX_SEALS: u64 = 1 << 28;
const DAY: i64 = 86_400_000;

/// One generation.
#[derive(Clone)]
pub(crate) struct Generation {
    pub(crate) id: QueueKeyId,
    pub(crate) key: Arc<DataKey>,
    since: Timestamp,
}

impl Generation {
    /// One that was begun before.
    pub(crate) async fn stored<S: Store, E: Environment>(
        manager: &SessionManager<S, E>,
        id: QueueKeyId,
    ) -> Result<Self, Fault> {
        let (key, since) = manager.queue_key(id).await?;
        Ok(Self { id, key: Arc::new(key), since })
    }

    /// An event as it is taken in, sealed to its place, its tags and its time.
    pub(crate) fn seal_event(
        &self,
        row: InboxRow,
        is_held: bool,
        event: &Incoming,
    ) -> Result<InboxRow, Fault> {
        let row = InboxRow { key: self.id, ..row };
        let sealed = self.seal(&inbox_bound(&row), &(is_held, event))?;
        Ok(InboxRow { sealed, ..row })
    }

    /// An answer that is owed, sealed to its place, its time, and to whose eyes it is for.
    pub(crate) fn seal_answer<T: Serialize>(
        &self,
        row: OutboxRow,
        answer: &T,
    ) -> Result<OutboxRow, Fault> {
        let row = OutboxRow { key: self.id, ..row };
        let sealed = self.seal(&outbox_bound(&row), answer)?;
        Ok(OutboxRow { sealed, ..row })
    }

    /// An event, opened, and whether it was held.
    pub(crate) fn open_event(&self, row: &InboxRow) -> Result<(bool, Incoming), Fault> {
        let (name, bound) = (format!("inbox row {}", row.seq), inbox_bound(row));
        self.open(&name, &bound, &row.sealed, |(is_held, event): (bool, IncomingV1)| {
            (is_held, event.into())
        })
    }

    /// An answer that is owed, opened.
    pub(crate) fn open_answer(&self, row: &OutboxRow) -> Result<Owed, Fault> {
        let (name, bound) = (format!("outbox row {}", row.seq), outbox_bound(row));
        self.open(&name, &bound, &row.sealed, |answer: OwedV1| answer.into())
    }

    fn seal<T: Serialize>(&self, bound: &Bound, value: &T) -> Result<Vec<u8>, Fault> {
        let plain =
            postcard::to_allocvec(&Stored::<_, ()>::V2(value)).expect("a payload is plain data");
        Ok(self.key.seal(bound, &plain)?)
    }

    fn open<T: DeserializeOwned, Earlier: DeserializeOwned>(
        &self,
        name: &str,
        bound: &Bound,
        sealed: &[u8],
        renewed: impl FnOnce(Earlier) -> T,
    ) -> Result<T, Fault> {
        let plain = self.key.open(bound, sealed);
        let plain = plain.map_err(|error| RowFault::Sealed(error).of(name))?;
        let stored = postcard::from_bytes(&plain).map_err(|_| RowFault::Record.of(name))?;
        Ok(match stored {
            Stored::V2(value) => value,
            Stored::V1(earlier) => renewed(earlier),
        })
    }
}

/// What payloads are bound to, for those who seal a whole store anew.
pub const QUEUE_BOUNDS: QueueBounds = QueueBounds { event: inbox_bound, answer: outbox_bound };

fn inbox_bound(row: &InboxRow) -> Bound {
    let bound = Bound::new("inbox", "payload")
        .bytes(row.key.as_bytes())
        .bytes(row.place.as_bytes())
        .number(row.received_at.as_millis().cast_unsigned());
    row.events.iter().fold(bound, |bound, tag| bound.bytes(tag))
}

fn outbox_bound(row: &OutboxRow) -> Bound {
    Bound::new("outbox", "payload")
        .bytes(row.key.as_bytes())
        .bytes(row.place.as_bytes())
        .number(row.chunk.into())
        .number(row.private.into())
        .number(row.created_at.as_millis().cast_unsigned())
}

/// The present generation, and older ones that rows still name.
pub(crate) struct QueueKeys {
    present: Mutex<Generation>,
    older: Mutex<HashMap<QueueKeyId, Generation>>,
}

impl QueueKeys {
    /// Begins a generation and destroys those that nothing needs any more.
    pub(crate) async fn start<S: Store, E: Environment>(
        manager: &SessionManager<S, E>,
    ) -> Result<Self, Fault> {
        let needed = manager.store().queue_keys_in_use().await?;
        let mut after = None;
        let mut writes = Vec::new();
        loop {
            let rows = manager.store().keys(KeyPurpose::Queue, after, 256).await?;
            let Some(last) = rows.last() else { break };
            after = Some(last.owner);
            for row in rows.iter().filter(|row| !needed.contains(&QueueKeyId::new(row.owner))) {
                writes.push(Write::DestroyKey(KeyPurpose::Queue, row.owner));
            }
        }
        if !writes.is_empty() {
            manager.commit_free(Commit { writes, ..Commit::default() }).await?;
        }
        let present = begin(manager).await?;
        Ok(Self { present: Mutex::new(present), older: Mutex::default() })
    }

    /// The generation to seal with now.
    pub(crate) async fn present<S: Store, E: Environment>(
        &self,
        manager: &SessionManager<S, E>,
    ) -> Result<Generation, Fault> {
        let present = self.held();
        let age = manager.environment().now().as_millis() - present.since.as_millis();
        if (0..DAY).contains(&age) && present.key.seals() < MAX_SEALS {
            return Ok(present);
        }
        let next = begin(manager).await?;
        *self.present.lock().unwrap_or_else(PoisonError::into_inner) = next.clone();
        self.keep(present);
        Ok(next)
    }

    /// The generation to seal with, as it was last looked at.
    pub(crate) fn held(&self) -> Generation {
        self.present.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// An event of an earlier process, opened, and whether it was held.
    pub(crate) async fn open_event<S: Store, E: Environment>(
        &self,
        manager: &SessionManager<S, E>,
        row: &InboxRow,
    ) -> Result<(bool, Incoming), Fault> {
        self.of_row(manager, row.key).await?.open_event(row)
    }

    /// An answer that an earlier process owed, opened.
    pub(crate) async fn open_answer<S: Store, E: Environment>(
        &self,
        manager: &SessionManager<S, E>,
        row: &OutboxRow,
    ) -> Result<Owed, Fault> {
        self.of_row(manager, row.key).await?.open_answer(row)
    }

    /// The generation that sealed a row.
    async fn of_row<S: Store, E: Environment>(
        &self,
        manager: &SessionManager<S, E>,
        id: QueueKeyId,
    ) -> Result<Generation, Fault> {
        let present = self.held();
        if present.id == id {
            return Ok(present);
        }
        let known = self.older.lock().unwrap_or_else(PoisonError::into_inner).get(&id).cloned();
        if let Some(known) = known {
            return Ok(known);
        }
        let generation = Generation::stored(manager, id).await?;
        self.keep(generation.clone());
        Ok(generation)
    }

    fn keep(&self, generation: Generation) {
        let mut older = self.older.lock().unwrap_or_else(PoisonError::into_inner);
        older.insert(generation.id, generation);
    }
}

/// The generations that rows name. One that does not unwrap is told of where keys are verified.
#[derive(Default)]
pub(crate) struct StoredKeys(HashMap<QueueKeyId, Option<Generation>>);

impl StoredKeys {
    /// A generation, if it can be opened.
    pub(crate) async fn of<S: Store, E: Environment>(
        &mut self,
        manager: &SessionManager<S, E>,
        id: QueueKeyId,
    ) -> Result<Option<Generation>, Fault> {
        if let Some(known) = self.0.get(&id) {
            return Ok(known.clone());
        }
        let generation = match Generation::stored(manager, id).await {
            Ok(generation) => Some(generation),
            Err(Fault::Row(_) | Fault::Key { .. }) => None,
            Err(fault) => return Err(fault),
        };
        self.0.insert(id, generation.clone());
        Ok(generation)
    }
}

async fn begin<S: Store, E: Environment>(
    manager: &SessionManager<S, E>,
) -> Result<Generation, Fault> {
    let id = QueueKeyId::new(manager.environment().random()?);
    let since = manager.environment().now();
    let key = manager.make_queue_key(id, since).await?;
    Ok(Generation { id, key: Arc::new(key), since })
}
