//! A data key as it is stored: wrapped under a master key, or bare in plain mode.
//!
//! Not able to open itself: see `keyring.rs`.
//!
//! ```text
//! sealed = envelope (envelope.rs) of the 32 bytes of the data key, under the wrapping key,
//!          bound to ("wrapped_key", purpose, owner (16 bytes), master key version (number))
//! plain  = 0x00 ‖ the 32 bytes of the data key; the version beside it is 0
//! ```
//!
//! Invariant: a wrapped key that was given to another owner, purpose or version does not open.

use std::fmt;

use crate::bound::Bound;

/// Which master key: 1 for the first, one more with each rotation. 0 stands for plain mode, which has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyVersion(pub u32);

impl fmt::Display for KeyVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What a data key is for. A key wrapped for one purpose does not unwrap for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Purpose {
    /// The messages and the changing record of one session.
    Session,
    /// Bindings and names.
    Names,
    /// One generation of inbox and outbox.
    Queue,
}

impl Purpose {
    /// Never changes: wrapped keys are bound to it.
    const fn name(self) -> &'static str {
        match self {
            Self::Session => "session",
            Self::Names => "names",
            Self::Queue => "queue",
        }
    }
}

/// A data key as it is stored, beside its owner: 61 bytes sealed, 33 bytes plain.
#[derive(Clone, PartialEq, Eq)]
pub struct WrappedKey {
    /// The master key it is wrapped under; 0 in plain mode.
    pub version: KeyVersion,
    /// The format byte and what follows it.
    pub bytes: Vec<u8>,
}

pub(crate) fn bound(purpose: Purpose, owner: &[u8; 16], version: KeyVersion) -> Bound {
    Bound::new("wrapped_key", purpose.name()).bytes(owner).number(version.0.into())
}

/// Prints the version and the length: in plain mode the bytes are the key.
impl fmt::Debug for WrappedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { version, bytes } = self;
        write!(f, "WrappedKey(version {version}, {} bytes)", bytes.len())
    }
}
