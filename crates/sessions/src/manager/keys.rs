//! The keys of sessions, unwrapped once and kept at hand while they are used.
//!
//! Two generations: a key that is used moves to the young one; when that is full, it becomes the old one, and what was
//! in the old one goes. So at most twice [`GENERATION`] keys are in memory, and a busy one is never unwrapped again.

use std::collections::HashMap;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use vault::{DataKey, Purpose};

use crate::environment::Environment;
use crate::error::Fault;
use crate::id::{LaneId, SessionId};
use crate::seal::RowFault;
use crate::store::Store;
use crate::store::rows::{KeyPurpose, SessionRow};

use super::SessionManager;

/// Keys of one generation.
const GENERATION: usize = 1_024;

/// A session's key and lane, both for life.
#[derive(Clone)]
pub(super) struct KnownKey {
    pub(super) key: Arc<DataKey>,
    pub(super) lane: LaneId,
}

#[derive(Default)]
pub(super) struct KeyCache {
    generations: Mutex<Generations>,
}

#[derive(Default)]
struct Generations {
    young: HashMap<SessionId, KnownKey>,
    old: HashMap<SessionId, KnownKey>,
}

impl KeyCache {
    pub(super) fn get(&self, id: SessionId) -> Option<KnownKey> {
        let mut generations = self.lock();
        if let Some(known) = generations.young.get(&id) {
            return Some(known.clone());
        }
        let known = generations.old.remove(&id)?;
        generations.insert(id, known.clone());
        Some(known)
    }

    /// Keeps a key; if one is kept already, that one counts, so that seals are counted in one place.
    pub(super) fn keep(&self, id: SessionId, known: KnownKey) -> KnownKey {
        if let Some(kept) = self.get(id) {
            return kept;
        }
        self.lock().insert(id, known.clone());
        known
    }

    pub(super) fn drop_key(&self, id: SessionId) {
        let mut generations = self.lock();
        generations.young.remove(&id);
        generations.old.remove(&id);
    }

    fn lock(&self) -> MutexGuard<'_, Generations> {
        self.generations.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Generations {
    fn insert(&mut self, id: SessionId, known: KnownKey) {
        if self.young.len() >= GENERATION {
            self.old = mem::take(&mut self.young);
        }
        self.young.insert(id, known);
    }
}

impl<S: Store, E: Environment> SessionManager<S, E> {
    /// The key of a loaded session.
    pub(super) async fn key_of(&self, row: &SessionRow) -> Result<Arc<DataKey>, Fault> {
        if let Some(known) = self.inner.keys.get(row.id) {
            return Ok(known.key);
        }
        let owner = *row.id.as_bytes();
        let name = || format!("session {}", row.id);
        let found = self.inner.store.key(KeyPurpose::Session, owner).await?;
        let found = found.ok_or_else(|| RowFault::Missing.of(format_args!("key of {}", name())))?;
        let key = self
            .inner
            .ring
            .unwrap(Purpose::Session, &owner, &found.wrapped, row.seals)
            .map_err(|source| Fault::Key { of: name(), source })?;
        let known = KnownKey { key: Arc::new(key), lane: row.lane };
        Ok(self.inner.keys.keep(row.id, known).key)
    }

    /// The key and the lane of a session by its id; `None` when there is no such session.
    pub(super) async fn known(&self, id: SessionId) -> Result<Option<KnownKey>, Fault> {
        if let Some(known) = self.inner.keys.get(id) {
            return Ok(Some(known));
        }
        match self.inner.store.session(id).await? {
            None => Ok(None),
            Some(row) => {
                let key = self.key_of(&row).await?;
                Ok(Some(KnownKey { key, lane: row.lane }))
            }
        }
    }

    /// The key of a session that rows refer to, so that its absence is a fault.
    pub(super) async fn needed_key(&self, id: SessionId) -> Result<Arc<DataKey>, Fault> {
        match self.known(id).await? {
            Some(known) => Ok(known.key),
            None => Err(RowFault::Missing.of(format_args!("session {id}")).into()),
        }
    }
}
