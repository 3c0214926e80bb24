//! The keys of sessions, unwrapped once and kept at hand while they are used; and those of the queues, made and unwrapped.

use std::sync::Arc;

use vault::{DataKey, Purpose};

use crate::environment::Environment;
use crate::error::Fault;
use crate::id::{IdBytes, LaneId, QueueKeyId, SessionId};
use crate::seal::RowFault;
use crate::store::rows::{KeyPurpose, KeyRow, SessionRow, Write};
use crate::store::{Commit, Committed, Store};
use crate::time::Timestamp;

use super::recent::Recent;
use super::{ATTEMPTS, SessionManager};

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

/// What a key is for, in the words of those who wrap it.
pub(super) fn purpose_of(purpose: KeyPurpose) -> Purpose {
    match purpose {
        KeyPurpose::Session => Purpose::Session,
        KeyPurpose::Queue => Purpose::Queue,
    }
}

/// Whose a key is, for those who read of it.
pub(super) fn key_name(purpose: KeyPurpose, owner: IdBytes) -> String {
    match purpose {
        KeyPurpose::Session => format!("session {}", SessionId::new(owner)),
        KeyPurpose::Queue => format!("queue generation {}", QueueKeyId::new(owner)),
    }
}

impl<S: Store, E: Environment> SessionManager<S, E> {
    /// The key of a loaded session.
    pub(super) async fn key_of(&self, row: &SessionRow) -> Result<Arc<DataKey>, Fault> {
        if let Some(known) = self.inner.keys.get(row.id) {
            return Ok(known.key);
        }
        let owner = *row.id.as_bytes();
        let (key, _) = self.stored_key(KeyPurpose::Session, owner, row.seals).await?;
        let known = KnownKey { key: Arc::new(key), lane: row.lane };
        Ok(self.inner.keys.keep(row.id, known).key)
    }

    /// A key as it is stored, unwrapped, and when it was made. `seals` is how many seals it has made.
    pub(super) async fn stored_key(
        &self,
        purpose: KeyPurpose,
        owner: IdBytes,
        seals: u64,
    ) -> Result<(DataKey, Timestamp), Fault> {
        let name = || key_name(purpose, owner);
        loop {
            let ring = self.keyring();
            let found = self.inner.store.key(purpose, owner).await?;
            let found =
                found.ok_or_else(|| RowFault::Missing.of(format_args!("key of {}", name())))?;
            match ring.unwrap(purpose_of(purpose), &owner, &found.wrapped, seals) {
                Ok(key) => return Ok((key, found.created_at)),
                // A rotation has come between the ring and the row.
                Err(_) if !Arc::ptr_eq(&ring, &self.keyring()) => {}
                Err(source) => return Err(Fault::Key { of: name(), source }),
            }
        }
    }

    /// The key of a generation of the queues, and when that began.
    ///
    /// # Errors
    /// When the store fails, or the key is gone or does not unwrap.
    pub async fn queue_key(&self, id: QueueKeyId) -> Result<(DataKey, Timestamp), Fault> {
        self.stored_key(KeyPurpose::Queue, *id.as_bytes(), 0).await
    }

    /// Makes and stores the key of a generation of the queues.
    ///
    /// # Errors
    /// When the store or the source of randomness fails.
    pub async fn make_queue_key(&self, id: QueueKeyId, now: Timestamp) -> Result<DataKey, Fault> {
        let owner = *id.as_bytes();
        for _ in 0..ATTEMPTS {
            let ring = self.keyring();
            let key = ring.generate()?;
            let wrapped = ring.wrap(Purpose::Queue, &owner, &key)?;
            let row = KeyRow { purpose: KeyPurpose::Queue, owner, wrapped, created_at: now };
            let writes = vec![Write::PutKey(row)];
            let commit = Commit { writes, ..Commit::default() };
            // A rotation may have ended between the ring and the commit.
            if let Committed::Done(_) = self.inner.store.commit(commit).await? {
                return Ok(key);
            }
        }
        Err(Fault::Contended(ATTEMPTS))
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
