//! Opening: the store's header and the operator's key must fit each other before anything else happens.
//!
//! Invariant: a store that has a header never gets a second one; a wrong or missing key is refused, never replaced.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use vault::{
    DeriveKeyError, KdfParams, KeyText, KeyVersion, Keyring, MasterKey, Mode, Purpose, SealError,
    UnwrapKeyError,
};

use crate::environment::Environment;
use crate::error::Fault;
use crate::store::rows::{Header, KeyPurpose, Write};
use crate::store::{Commit, Store, StoreError};

use super::guess::Guesses;
use super::keys::KeyCache;
use super::{Config, Inner, SessionManager};

/// The names key belongs to the store as a whole.
const STORE: [u8; 16] = [0; 16];

/// Seals of the names key that are allowed for ahead of use.
const RESERVE: u64 = 1 << 16;

/// Where the master key comes from.
pub enum KeySource {
    /// Rows are sealed under this key.
    Sealed(KeyText),
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
        let (header, ring) = match store.header().await? {
            Some(header) => {
                let ring = fitting_ring(&header, &key)?;
                (header, ring)
            }
            None if is_used(&store).await? => return Err(OpenManagerError::HeaderMissing),
            None => new_header(&key)?,
        };
        let names = ring.unwrap(Purpose::Names, &STORE, &header.names_key, header.names_seals)?;
        let reserved = header.names_seals.saturating_add(RESERVE);
        put_header(&store, Header { names_seals: reserved, ..header }).await?;
        let inner = Inner {
            store,
            environment,
            config,
            ring,
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
        if let Some(header) = inner.store.header().await? {
            let reserved = header.names_seals.max(inner.names.seals()).saturating_add(RESERVE);
            put_header(&inner.store, Header { names_seals: reserved, ..header }).await?;
            inner.names_reserved.fetch_max(reserved, Ordering::Relaxed);
        }
        Ok(())
    }
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

async fn put_header<S: Store>(store: &S, header: Header) -> Result<(), StoreError> {
    let writes = vec![Write::PutHeader(Box::new(header))];
    store.commit(Commit { writes, ..Commit::default() }).await.map(drop)
}

fn fitting_ring(header: &Header, key: &KeySource) -> Result<Keyring, OpenManagerError> {
    match (header.mode, key) {
        (Mode::Plain, KeySource::Plain) => Ok(Keyring::plain()),
        (Mode::Plain, KeySource::Sealed(_)) => Err(OpenManagerError::NotSealed),
        (Mode::Sealed, KeySource::Plain) => Err(OpenManagerError::KeyMissing),
        (Mode::Sealed, KeySource::Sealed(text)) => {
            if text.is_passphrase() != header.kdf.is_some() {
                return Err(OpenManagerError::WrongKey);
            }
            let master = MasterKey::derive(text, header.kdf.as_ref())?;
            if !master.fits(header.key_version, header.mode, &header.check) {
                return Err(OpenManagerError::WrongKey);
            }
            Ok(Keyring::sealed(header.key_version, master))
        }
    }
}

fn new_header(key: &KeySource) -> Result<(Header, Keyring), OpenManagerError> {
    let version = KeyVersion(1);
    let (ring, kdf, check) = match key {
        KeySource::Plain => (Keyring::plain(), None, Vec::new()),
        KeySource::Sealed(text) => {
            let kdf = if text.is_passphrase() { Some(KdfParams::fresh()?) } else { None };
            let master = MasterKey::derive(text, kdf.as_ref())?;
            let check = master.check_value(version, Mode::Sealed).to_vec();
            (Keyring::sealed(version, master), kdf, check)
        }
    };
    let names_key = ring.wrap(Purpose::Names, &STORE, &ring.generate()?)?;
    let header = Header {
        mode: ring.mode(),
        key_version: ring.version(),
        check,
        kdf,
        names_key,
        names_seals: 0,
    };
    Ok((header, ring))
}
