//! Rotation of the master key, beside running commands: every key is wrapped under the new one, and nothing is sealed
//! again.
//!
//! ```text
//! header commit   the new key is current, the one before is noted; from here on both are needed
//! ring            new keys are wrapped under the new one
//! passes          256 keys a commit, until the store finds none under the old one
//! header commit   the old key is forgotten, unless a key is still under it: then one pass more
//! ```
//!
//! A commit that was prepared before the ring changed may land behind a pass. The store takes it while the header names
//! the old key, so the last commit does not happen and the next pass finds it; later the store answers that it is a
//! conflict, and it is prepared again under the new one.
//!
//! Invariant: at each instant, the keys that the header names open every session.
//! Invariant: a key that was destroyed meanwhile is not brought back.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use vault::{DeriveKeyError, KeyText, KeyVersion, Keyring, Mode, RewrapKeyError, SealError};

use crate::environment::Environment;
use crate::error::Fault;
use crate::seal::RowFault;
use crate::store::rows::{Header, KeyPurpose, KeyRow, Write};
use crate::store::{Commit, Committed, Store, StoreError};

use super::keys::{key_name, purpose_of};
use super::{SessionManager, master};

/// Keys that one commit rewraps.
const BATCH: usize = 256;

/// Passes after which a rotation gives up for now: each but the first finds what was under way when it began.
const PASSES: u32 = 8;

/// How far a long piece of work has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// What is done.
    pub done: u64,
    /// What there is to do, as far as is known.
    pub total: u64,
}

/// A rotation under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rotation {
    /// The version of the master key that is on its way out.
    pub from: KeyVersion,
    /// The version of the one that takes its place.
    pub to: KeyVersion,
}

/// A key, and the versions of the master key that a store needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyCheck {
    /// The version that it is; `None` if it is none that the store needs.
    pub version: Option<KeyVersion>,
    /// The current version.
    pub current: KeyVersion,
    /// The one on its way out, while a rotation is not complete.
    pub leaving: Option<KeyVersion>,
}

/// Which version of the master key a text is, and which ones a store with this header needs. No key has to fit for that.
///
/// # Errors
/// When a passphrase cannot be made into a key.
pub fn check_key(header: &Header, text: &KeyText) -> Result<KeyCheck, RotateError> {
    Ok(KeyCheck {
        version: master::version_of(header, text)?,
        current: header.key_version,
        leaving: header.previous.as_ref().map(|previous| previous.version),
    })
}

/// What a rotation did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RotationReport {
    /// The version of the master key that is current now, and the only one that is needed.
    pub version: KeyVersion,
    /// Keys that were wrapped anew, that of names not among them.
    pub keys: u64,
    /// Whether what was wrapped under the old key is gone from every file of the store; `false` while somebody still
    /// reads an older state.
    pub scrubbed: bool,
}

/// Why the master key was not rotated, or not to the end.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RotateError {
    /// There is no master key.
    #[error("this database is not sealed: it has no master key")]
    NotSealed,
    /// The new key is the present one.
    #[error("the new master key is the present one: nothing was changed")]
    SameKey,
    /// Another call is at it.
    #[error("a rotation is running already")]
    Running,
    /// An earlier one was broken off.
    #[error(
        "the rotation from master key version {0} is not complete: finish it before another begins"
    )]
    Unfinished(KeyVersion),
    /// A key names a master key that the header does not.
    #[error("a key is wrapped under a master key that this database never had: restore a backup")]
    ForeignKey,
    /// The key cannot be made from what was given.
    #[error(transparent)]
    Derive(#[from] DeriveKeyError),
    /// The key of names does not come under the new key.
    #[error("the key of names cannot be wrapped anew")]
    NamesKey(#[from] RewrapKeyError),
    /// Sealing failed.
    #[error("sealing failed")]
    Seal(#[from] SealError),
    /// Reading or committing failed, or a key does not unwrap. What was begun can be finished later.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl From<StoreError> for RotateError {
    fn from(error: StoreError) -> Self {
        Self::Fault(error.into())
    }
}

/// The ring at hand, which a rotation replaces.
pub(super) struct Ring {
    now: RwLock<Arc<Keyring>>,
    rotating: AtomicBool,
}

impl Ring {
    pub(super) fn new(ring: Keyring) -> Self {
        Self { now: RwLock::new(Arc::new(ring)), rotating: AtomicBool::new(false) }
    }

    pub(super) fn get(&self) -> Arc<Keyring> {
        Arc::clone(&self.now.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn replace(&self, ring: Keyring) {
        *self.now.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(ring);
    }

    /// Lets one rotation run at a time.
    fn claim(&self) -> Result<Claim<'_>, RotateError> {
        if self.rotating.swap(true, Ordering::Acquire) {
            return Err(RotateError::Running);
        }
        Ok(Claim(&self.rotating))
    }
}

/// Given back when the rotation ends, in whatever way.
struct Claim<'a>(&'a AtomicBool);

impl Drop for Claim<'_> {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}

impl<S: Store, E: Environment> SessionManager<S, E> {
    /// The rotation that was begun and is not complete, if there is one.
    #[must_use]
    pub fn rotation(&self) -> Option<Rotation> {
        let ring = self.keyring();
        ring.previous_version().map(|from| Rotation { from, to: ring.version() })
    }

    /// Which version of the master key a text is, and which ones this store needs. By the header, so also where a commit
    /// that began a rotation happened and was not heard of.
    ///
    /// # Errors
    /// When the store fails, or a passphrase cannot be made into a key.
    pub async fn check_key(&self, text: &KeyText) -> Result<KeyCheck, RotateError> {
        check_key(&self.header().await?, text)
    }

    /// The version of the master key that new keys are wrapped under; 0 if nothing is sealed.
    #[must_use]
    pub fn key_version(&self) -> KeyVersion {
        self.keyring().version()
    }

    /// Makes `new` the master key: every key is wrapped under it, while everything else goes on.
    ///
    /// `progress` hears of keys wrapped anew, after each commit. A passphrase takes tenths of a second on this thread.
    /// If this is broken off, both keys are needed to open ([`KeySource::Rotating`](super::KeySource::Rotating)), and
    /// [`resume_rotation`](Self::resume_rotation) or the same call again finishes it.
    ///
    /// # Errors
    /// [`RotateError`]. After a fault the rotation may have begun.
    pub async fn rotate(
        &self,
        new: KeyText,
        progress: impl FnMut(Progress),
    ) -> Result<RotationReport, RotateError> {
        let _claim = self.inner.ring.claim()?;
        self.begin_rotation(&new).await?;
        drop(new);
        self.rewrap_all(progress).await
    }

    /// Finishes a rotation that was broken off; `None` when there is none.
    ///
    /// # Errors
    /// [`RotateError`]; what is done stays done.
    pub async fn resume_rotation(
        &self,
        progress: impl FnMut(Progress),
    ) -> Result<Option<RotationReport>, RotateError> {
        let _claim = self.inner.ring.claim()?;
        if self.rotation().is_none() {
            return Ok(None);
        }
        self.rewrap_all(progress).await.map(Some)
    }

    async fn begin_rotation(&self, new: &KeyText) -> Result<(), RotateError> {
        let ring = self.keyring();
        if ring.mode() == Mode::Plain {
            return Err(RotateError::NotSealed);
        }
        let header = self.header().await?;
        if let Some(master) = master::current(&header, new)? {
            if header.key_version == ring.version() && header.previous.is_none() {
                return Err(RotateError::SameKey);
            }
            // To this very key, and broken off; perhaps before it was heard that it had begun.
            if header.key_version != ring.version() {
                self.inner.ring.replace(ring.rotated(header.key_version, master));
            }
            return Ok(());
        }
        if let Some(previous) = &header.previous {
            return Err(RotateError::Unfinished(previous.version));
        }
        let (next, ring) = master::next(&header, &ring, new)?;
        if self.put_header(next).await? {
            self.inner.ring.replace(ring);
            return Ok(());
        }
        // A walk finds the key that is to blame, and says whose it is.
        let ring = self.keyring();
        self.rewrap_pass(&ring, &mut Progress { done: 0, total: 0 }, &mut |_| ()).await?;
        Err(RotateError::ForeignKey)
    }

    /// Wraps what is left under the current key; then the one before is forgotten.
    async fn rewrap_all(
        &self,
        mut progress: impl FnMut(Progress),
    ) -> Result<RotationReport, RotateError> {
        let ring = self.keyring();
        let total = self.inner.store.count_keys_before(ring.version()).await?;
        let mut come = Progress { done: 0, total };
        progress(come);
        for _ in 0..PASSES {
            self.rewrap_pass(&ring, &mut come, &mut progress).await?;
            let header = self.header().await?;
            if self.put_header(Header { previous: None, ..header }).await? {
                self.inner.ring.replace(ring.settled());
                // The rotation is complete, whatever becomes of this.
                let scrubbed = self.inner.store.scrub().await.unwrap_or(false);
                return Ok(RotationReport { version: ring.version(), keys: come.done, scrubbed });
            }
        }
        Err(Fault::Contended(PASSES).into())
    }

    /// Walks all keys once. One that does not unwrap ends the rotation, but only after all others are done.
    async fn rewrap_pass(
        &self,
        ring: &Keyring,
        come: &mut Progress,
        progress: &mut impl FnMut(Progress),
    ) -> Result<(), Fault> {
        let mut trouble = None;
        for purpose in [KeyPurpose::Session, KeyPurpose::Queue] {
            let mut after = None;
            loop {
                let rows = self.inner.store.keys(purpose, after, BATCH).await?;
                let Some(last) = rows.last() else { break };
                after = Some(last.owner);
                let mut writes = Vec::new();
                for row in rows.into_iter().filter(|row| row.wrapped.version != ring.version()) {
                    match rewrapped(ring, row) {
                        Ok(row) => writes.push(Write::RewrapKey(row)),
                        Err(fault) => trouble = trouble.or(Some(fault)),
                    }
                }
                if writes.is_empty() {
                    continue;
                }
                come.done += u64::try_from(writes.len()).unwrap_or(0);
                come.total = come.total.max(come.done);
                self.commit_free(Commit { writes, ..Commit::default() }).await?;
                progress(*come);
            }
        }
        trouble.map_or(Ok(()), Err)
    }

    /// The header, which is there as long as the store is open.
    pub(super) async fn header(&self) -> Result<Header, Fault> {
        let header = self.inner.store.header().await?;
        Ok(header.ok_or_else(|| RowFault::Missing.of("the header"))?)
    }

    /// Puts the header, unless a key is wrapped under a master key that it does not name.
    pub(super) async fn put_header(&self, header: Header) -> Result<bool, StoreError> {
        let writes = vec![Write::PutHeader(Box::new(header))];
        let commit = Commit { writes, ..Commit::default() };
        Ok(matches!(self.inner.store.commit(commit).await?, Committed::Done(_)))
    }
}

/// A key under the current master key of a ring.
fn rewrapped(ring: &Keyring, row: KeyRow) -> Result<KeyRow, Fault> {
    match ring.rewrap(purpose_of(row.purpose), &row.owner, &row.wrapped) {
        Ok(Some(wrapped)) => Ok(KeyRow { wrapped, ..row }),
        Ok(None) => Ok(row),
        Err(RewrapKeyError::Seal(error)) => Err(error.into()),
        Err(RewrapKeyError::Unwrap(source)) => {
            Err(Fault::Key { of: key_name(row.purpose, row.owner), source })
        }
    }
}
