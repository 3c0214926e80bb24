//! The master keys at hand, and the wrapping of data keys under them.
//!
//! Not a cache: it holds no data keys, and no master key either, only what was derived from it for wrapping.
//!
//! Invariant: wrapping is always under the current master key; the previous one only unwraps.
//! Invariant: the mode is the ring's own; the format byte of a wrapped key can only make unwrapping fail.

use std::fmt;
use std::sync::Arc;

use zeroize::Zeroizing;

use crate::data_key::DataKey;
use crate::derivation::Secret;
use crate::envelope::PLAIN_FORMAT;
use crate::error::{OpenError, RewrapKeyError, SealError, UnwrapKeyError};
use crate::master_key::MasterKey;
use crate::mode::Mode;
use crate::random::RandomSource;
use crate::sealer::Sealer;
use crate::wrapped_key::{KeyVersion, Purpose, WrappedKey, bound};

/// The version that stands beside keys in plain mode.
const NO_VERSION: KeyVersion = KeyVersion(0);

/// The master keys at hand: the current one, perhaps the previous one while a rotation is under way;
/// or none in plain mode.
pub struct Keyring {
    masters: Masters,
    random: Arc<RandomSource>,
}

enum Masters {
    None,
    Some { current: Arc<Wrapping>, previous: Option<Arc<Wrapping>> },
}

/// What wraps under one master key.
struct Wrapping {
    version: KeyVersion,
    sealer: Sealer,
}

impl Keyring {
    /// A ring in sealed mode; versions of master keys begin at 1.
    pub fn sealed(version: KeyVersion, master: MasterKey) -> Self {
        Self::sealed_from(version, master, RandomSource::os())
    }

    fn sealed_from(version: KeyVersion, master: MasterKey, random: RandomSource) -> Self {
        let random = Arc::new(random);
        Self {
            masters: Masters::Some {
                current: Arc::new(Wrapping::new(version, master, &random)),
                previous: None,
            },
            random,
        }
    }

    /// Adds the master key that was current before, so that what is still wrapped under it opens.
    /// It replaces one added earlier. A plain ring stays as it is: it has no use for master keys.
    #[must_use]
    pub fn with_previous(mut self, version: KeyVersion, master: MasterKey) -> Self {
        if let Masters::Some { previous, .. } = &mut self.masters {
            *previous = Some(Arc::new(Wrapping::new(version, master, &self.random)));
        }
        self
    }

    /// The ring that a rotation goes on with: `master` is current, and what was current until now is the previous one.
    /// A plain ring gives another plain one.
    #[must_use]
    pub fn rotated(&self, version: KeyVersion, master: MasterKey) -> Self {
        let masters = match &self.masters {
            Masters::None => Masters::None,
            Masters::Some { current, .. } => Masters::Some {
                current: Arc::new(Wrapping::new(version, master, &self.random)),
                previous: Some(Arc::clone(current)),
            },
        };
        Self { masters, random: Arc::clone(&self.random) }
    }

    /// This ring without the previous master key: the rotation is complete.
    #[must_use]
    pub fn settled(&self) -> Self {
        let masters = match &self.masters {
            Masters::None => Masters::None,
            Masters::Some { current, .. } => {
                Masters::Some { current: Arc::clone(current), previous: None }
            }
        };
        Self { masters, random: Arc::clone(&self.random) }
    }

    /// A ring in plain mode: keys are random, so that tags are keyed, but neither they nor rows are sealed.
    pub fn plain() -> Self {
        Self { masters: Masters::None, random: Arc::new(RandomSource::os()) }
    }

    /// Does this ring seal?
    pub fn mode(&self) -> Mode {
        match self.masters {
            Masters::None => Mode::Plain,
            Masters::Some { .. } => Mode::Sealed,
        }
    }

    /// The version of the current master key; 0 in plain mode.
    pub fn version(&self) -> KeyVersion {
        match &self.masters {
            Masters::None => NO_VERSION,
            Masters::Some { current, .. } => current.version,
        }
    }

    /// The version of the previous master key, if it is at hand.
    pub fn previous_version(&self) -> Option<KeyVersion> {
        match &self.masters {
            Masters::None => None,
            Masters::Some { previous, .. } => previous.as_ref().map(|previous| previous.version),
        }
    }

    /// Draws a fresh random data key in this ring's mode. It exists only in memory until it is wrapped.
    ///
    /// # Errors
    ///
    /// [`SealError::RandomSource`] and [`SealError::RandomSourceRepeats`].
    pub fn generate(&self) -> Result<DataKey, SealError> {
        let mut secret = Secret::default();
        self.random.draw(&mut secret)?;
        Ok(self.data_key(secret, 0))
    }

    /// The same key in this ring's mode, for a store that is sealed, or made plain; `seals` is how many it has made.
    /// Tags stay what they were.
    pub fn adopt(&self, key: &DataKey, seals: u64) -> DataKey {
        let mut secret = Secret::default();
        secret.copy_from_slice(key.secret());
        self.data_key(secret, seals)
    }

    /// Wraps `key` under the current master key, bound to its purpose, its owner and that master key's version.
    ///
    /// # Errors
    ///
    /// [`SealError`], as sealing a row.
    pub fn wrap(
        &self,
        purpose: Purpose,
        owner: &[u8; 16],
        key: &DataKey,
    ) -> Result<WrappedKey, SealError> {
        self.wrap_secret(purpose, owner, key.secret())
    }

    /// Unwraps a key for the purpose and the owner it was wrapped for; `seals` is how many seals it has made.
    ///
    /// # Errors
    ///
    /// [`UnwrapKeyError`]: its master key is not at hand, it is damaged or someone else's, its format is
    /// unknown, or it is of the other mode.
    pub fn unwrap(
        &self,
        purpose: Purpose,
        owner: &[u8; 16],
        wrapped: &WrappedKey,
        seals: u64,
    ) -> Result<DataKey, UnwrapKeyError> {
        let secret = self.unwrap_secret(purpose, owner, wrapped)?;
        Ok(self.data_key(secret, seals))
    }

    /// Brings a wrapped key under the current master key; `None` when it already names its version.
    ///
    /// The data key stays the same, and so do the rows that it sealed.
    ///
    /// # Errors
    ///
    /// [`RewrapKeyError`]: it did not unwrap, or could not be wrapped again.
    pub fn rewrap(
        &self,
        purpose: Purpose,
        owner: &[u8; 16],
        wrapped: &WrappedKey,
    ) -> Result<Option<WrappedKey>, RewrapKeyError> {
        self.expect_mode(wrapped)?;
        if wrapped.version == self.version() {
            return Ok(None);
        }
        let secret = self.unwrap_secret(purpose, owner, wrapped)?;
        Ok(Some(self.wrap_secret(purpose, owner, &secret)?))
    }

    fn data_key(&self, secret: Secret, seals: u64) -> DataKey {
        DataKey::new(secret, self.mode(), seals, Arc::clone(&self.random))
    }

    fn wrap_secret(
        &self,
        purpose: Purpose,
        owner: &[u8; 16],
        secret: &[u8; 32],
    ) -> Result<WrappedKey, SealError> {
        let version = self.version();
        let bytes = match &self.masters {
            Masters::None => [[PLAIN_FORMAT].as_slice(), secret].concat(),
            Masters::Some { current, .. } => {
                let bound = bound(purpose, owner, version);
                current.sealer.seal(&bound, secret)?
            }
        };
        Ok(WrappedKey { version, bytes })
    }

    fn unwrap_secret(
        &self,
        purpose: Purpose,
        owner: &[u8; 16],
        wrapped: &WrappedKey,
    ) -> Result<Secret, UnwrapKeyError> {
        let body = self.expect_mode(wrapped)?;
        let version = wrapped.version;
        match &self.masters {
            Masters::None if version == NO_VERSION => to_secret(body),
            Masters::None => Err(UnwrapKeyError::Damaged),
            Masters::Some { current, previous } => std::iter::once(current)
                .chain(previous)
                .find(|wrapping| wrapping.version == version)
                .ok_or(UnwrapKeyError::NoSuchMasterKey(version))?
                .open(purpose, owner, wrapped),
        }
    }

    /// Checks the format byte against the mode; gives what follows it.
    fn expect_mode<'w>(&self, wrapped: &'w WrappedKey) -> Result<&'w [u8], UnwrapKeyError> {
        let (format, body) = wrapped.bytes.split_first().ok_or(UnwrapKeyError::Damaged)?;
        let ring = self.mode();
        match Mode::from_byte(*format) {
            None => Err(UnwrapKeyError::UnknownVersion(*format)),
            Some(key) if key != ring => Err(UnwrapKeyError::WrongMode { ring, key }),
            Some(_) => Ok(body),
        }
    }
}

impl Wrapping {
    fn new(version: KeyVersion, master: MasterKey, random: &Arc<RandomSource>) -> Self {
        // A wrapping key wraps one key for each session and day: far from 2^32 in any lifetime, so its count
        // starts anew with each process instead of being stored.
        let sealer = Sealer::sealed(&master.wrapping_key(), 0, Arc::clone(random));
        Self { version, sealer }
    }

    fn open(
        &self,
        purpose: Purpose,
        owner: &[u8; 16],
        wrapped: &WrappedKey,
    ) -> Result<Secret, UnwrapKeyError> {
        let bound = bound(purpose, owner, self.version);
        let mut bytes = Zeroizing::new(Vec::new());
        self.sealer.open_into(&bound, &wrapped.bytes, &mut bytes).map_err(|error| match error {
            OpenError::UnknownVersion(format) => UnwrapKeyError::UnknownVersion(format),
            OpenError::WrongMode { key, row } => UnwrapKeyError::WrongMode { ring: key, key: row },
            OpenError::Damaged | OpenError::Truncated => UnwrapKeyError::Damaged,
        })?;
        to_secret(&bytes)
    }
}

fn to_secret(bytes: &[u8]) -> Result<Secret, UnwrapKeyError> {
    let mut secret = Secret::default();
    if bytes.len() != secret.len() {
        return Err(UnwrapKeyError::Damaged);
    }
    secret.copy_from_slice(bytes);
    Ok(secret)
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keyring({}, version {})", self.mode(), self.version())
    }
}

#[cfg(test)]
mod tests;
