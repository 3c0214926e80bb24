//! Opening: the store's header and the operator's key must fit each other before anything else happens.
//!
//! Invariant: a store that has a header never gets a second one; a wrong or missing key is refused, never replaced.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, RwLock};

use vault::{DeriveKeyError, KeyText, KeyVersion, Purpose, SealError, UnwrapKeyError};

use crate::environment::Environment;
use crate::error::Fault;
use crate::store::rows::{Header, KeyPurpose, Write};
use crate::store::{Commit, Committed, Store, StoreError};

use super::guess::Guesses;
use super::keys::KeyCache;
use super::master::{self, STORE};
use super::rotate::{Ring, RotateError};
use super::{Config, Inner, SessionManager};

/// Seals of the names key that are allowed for ahead of use.
const RESERVE: u64 = 1 << 16;

/// Where the master key comes from.
pub enum KeySource {
    /// Rows are sealed under this key.
    Sealed(KeyText),
    /// Rows are sealed under this key, and keys may still be wrapped under the one before.
    ///
    /// If the store knows only the previous one, opening begins the rotation; `resume_rotation` finishes it.
    /// If the store knows only the current one, the other is not looked at.
    Rotating {
        /// The key that counts from now on.
        current: KeyText,
        /// The key that counted until now.
        previous: KeyText,
    },
    /// Rows are kept as they are.
    Plain,
}

/// Why sessions cannot be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenManagerError {
    /// The key is not the one that the store was made with.
    #[error("the master key does not fit this database: it was made with another one")]
    WrongKey,
    /// A rotation is under way, and only the key that it goes to was given.
    #[error(
        "a rotation is under way and keys are still wrapped under master key version {0}: give that key as the previous one until it is complete"
    )]
    PreviousKeyMissing(KeyVersion),
    /// A rotation is under way, and what was given is not the key that it comes from.
    #[error("the previous key does not fit: it is not master key version {0} of this database")]
    WrongPreviousKey(KeyVersion),
    /// The rotation that this would begin does not begin.
    #[error(transparent)]
    Rotation(#[from] RotateError),
    /// The store is sealed and no key was given.
    #[error("this database is sealed, and no master key was given")]
    KeyMissing,
    /// The store is not sealed and a key was given.
    #[error("this database is not sealed, but encryption is asked for")]
    NotSealed,
    /// There are rows and no header.
    #[error(
        "this database has lost its header, and with it the key of names: keep the file, restore a backup"
    )]
    HeaderMissing,
    /// The key cannot be made from what was given.
    #[error(transparent)]
    Derive(#[from] DeriveKeyError),
    /// The key of names and bindings does not unwrap.
    #[error("the key of names does not unwrap")]
    NamesKey(#[from] UnwrapKeyError),
    /// Sealing failed.
    #[error("sealing failed")]
    Seal(#[from] SealError),
    /// Reading or committing failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl<S: Store, E: Environment> SessionManager<S, E> {
    /// Opens the sessions of a store; an unused store is made ready.
    ///
    /// # Errors
    /// When key and store do not fit each other, or the store fails.
    pub async fn open(
        store: S,
        environment: E,
        config: Config,
        key: KeySource,
    ) -> Result<Self, OpenManagerError> {
        let (header, ring, is_new) = match store.header().await? {
            Some(header) => {
                let (ring, begun) = master::fitting(&header, &key)?;
                let is_new = begun.is_some();
                (begun.unwrap_or(header), ring, is_new)
            }
            None if is_used(&store).await? => return Err(OpenManagerError::HeaderMissing),
            None => {
                let (header, ring) = master::first(&key)?;
                (header, ring, true)
            }
        };
        let names = ring.unwrap(Purpose::Names, &STORE, &header.names_key, header.names_seals)?;
        let reserved = header.names_seals.saturating_add(RESERVE);
        let write = if is_new {
            Write::PutHeader(Box::new(Header { names_seals: reserved, ..header }))
        } else {
            Write::ReserveNames(reserved)
        };
        if !put(&store, write).await? {
            return Err(RotateError::ForeignKey.into());
        }
        let inner = Inner {
            store,
            environment,
            config: RwLock::new(Arc::new(config)),
            ring: Ring::new(ring),
            names,
            names_reserved: AtomicU64::new(reserved),
            keys: KeyCache::default(),
            guesses: Guesses::default(),
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Allows for more seals of the names key, well before those that the header allows for are used up.
    pub(super) async fn reserve_names(&self) -> Result<(), Fault> {
        let inner = &self.inner;
        let reserved = inner.names_reserved.load(Ordering::Relaxed);
        if inner.names.seals() + RESERVE / 4 < reserved {
            return Ok(());
        }
        let reserved = reserved.max(inner.names.seals()).saturating_add(RESERVE);
        put(&inner.store, Write::ReserveNames(reserved)).await?;
        inner.names_reserved.fetch_max(reserved, Ordering::Relaxed);
        Ok(())
    }
}

/// Whether a store with this header opens with these keys. Nothing is changed.
///
/// # Errors
/// When key and store do not fit each other.
pub fn fits(header: &Header, key: &KeySource) -> Result<(), OpenManagerError> {
    master::fitting(header, key).map(|_| ())
}

/// Whether anything was ever stored: what people said and what awaits them both leave keys.
async fn is_used<S: Store>(store: &S) -> Result<bool, StoreError> {
    for purpose in [KeyPurpose::Session, KeyPurpose::Queue] {
        if !store.keys(purpose, None, 1).await?.is_empty() {
            return Ok(true);
        }
    }
    Ok(!store.lanes(None, None, 1).await?.is_empty())
}

/// Writes one thing; `false` if the store would not have it.
async fn put<S: Store>(store: &S, write: Write) -> Result<bool, StoreError> {
    let commit = Commit { writes: vec![write], ..Commit::default() };
    Ok(matches!(store.commit(commit).await?, Committed::Done(_)))
}
