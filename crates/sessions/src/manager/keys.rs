//! The keys of sessions, unwrapped once and kept at hand while they are used.

use std::sync::Arc;

use vault::{DataKey, Purpose};

use crate::environment::Environment;
use crate::error::Fault;
use crate::id::{LaneId, SessionId};
use crate::seal::RowFault;
use crate::store::Store;
use crate::store::rows::{KeyPurpose, SessionRow};

use super::SessionManager;
use super::recent::Recent;

/// Keys of one generation.
const GENERATION: usize = 1_024;

/// A session's key and lane, both for life.
#[derive(Clone)]
pub(super) struct KnownKey {
    pub(super) key: Arc<DataKey>,
    pub(super) lane: LaneId,
}

pub(super) struct KeyCache {
    recent: Recent<SessionId, KnownKey>,
}

impl Default for KeyCache {
    fn default() -> Self {
        Self { recent: Recent::new(GENERATION) }
    }
}

impl KeyCache {
    pub(super) fn get(&self, id: SessionId) -> Option<KnownKey> {
        self.recent.get(id)
    }

    /// Keeps a key; if one is kept already, that one counts, so that seals are counted in one place.
    pub(super) fn keep(&self, id: SessionId, known: KnownKey) -> KnownKey {
        self.recent.get_or_insert(id, known)
    }

    pub(super) fn drop_key(&self, id: SessionId) {
        self.recent.remove(id);
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
