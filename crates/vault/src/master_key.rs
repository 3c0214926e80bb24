//! The operator's key, ready for use, and the value that tells whether it is the right one.
//!
//! Not what seals: a `Keyring` derives a wrapping key from it and drops it.
//!
//! Invariant: the mode of a store and the version of its key go into the check value, so that neither can be
//! changed in the file without the key.

use std::fmt;

use subtle::ConstantTimeEq;

use crate::derivation::{self, Secret};
use crate::error::DeriveKeyError;
use crate::key_text::{Form, KeyText};
use crate::mode::Mode;
use crate::passphrase::KdfParams;
use crate::wrapped_key::KeyVersion;

/// The 256-bit key that all others are wrapped under. Overwritten when dropped.
pub struct MasterKey(Secret);

impl MasterKey {
    /// Makes the master key of a key text; `kdf` are the parameters stored with the data, if there are any.
    ///
    /// A passphrase takes tenths of a second and, once, the memory that its parameters name.
    ///
    /// # Errors
    ///
    /// [`DeriveKeyError::PassphraseWhereKey`] for a passphrase without parameters,
    /// [`DeriveKeyError::KeyWherePassphrase`] for a raw key with them, [`DeriveKeyError::OutOfBounds`] and
    /// [`DeriveKeyError::OutOfMemory`] for parameters that are refused or cannot be met.
    pub fn derive(text: &KeyText, kdf: Option<&KdfParams>) -> Result<Self, DeriveKeyError> {
        match (text.form(), kdf) {
            (Form::Raw(key), None) => Ok(Self(key.clone())),
            (Form::Passphrase(words), Some(kdf)) => kdf.derive(words).map(Self),
            (Form::Raw(_), Some(_)) => Err(DeriveKeyError::KeyWherePassphrase),
            (Form::Passphrase(_), None) => Err(DeriveKeyError::PassphraseWhereKey),
        }
    }

    /// The value to store beside the data, by which this key is known again. It tells nothing of the key.
    pub fn check_value(&self, version: KeyVersion, mode: Mode) -> [u8; 32] {
        let context: [&[u8]; 2] = [&version.0.to_be_bytes(), &[mode.to_byte()]];
        **derivation::derive(&self.0, derivation::CHECK_VALUE, &context)
    }

    /// Is `check` the check value of this key for this version and mode? Compared in constant time.
    pub fn fits(&self, version: KeyVersion, mode: Mode, check: &[u8]) -> bool {
        self.check_value(version, mode).ct_eq(check).into()
    }

    pub(crate) fn wrapping_key(&self) -> Secret {
        derivation::derive(&self.0, derivation::WRAPPING_KEY, &[])
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MasterKey(..)")
    }
}
