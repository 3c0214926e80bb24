//! What can go wrong, one type for each operation, in words that say what to do.
//!
//! Not worded for chat: these are read by an operator, and the caller names the file or the row.
//!
//! Invariant: no message holds a key, a passphrase or a plaintext, not even in part.
//! Invariant: a wrong master key, a damaged row and an unknown version are three different errors.
//! The first is told by `MasterKey::fits` before anything is opened.

use thiserror::Error;

use crate::mode::Mode;
use crate::wrapped_key::KeyVersion;

/// A key text could not be understood.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ParseKeyError {
    /// Nothing but white space.
    #[error(
        "the key is empty: write `hex:` and 64 hexadecimal digits, `base64:` and 44 characters, or `passphrase:` and words"
    )]
    Empty,
    /// `hex:` without 32 bytes of hex.
    #[error("`hex:` must be followed by exactly 64 hexadecimal digits (32 bytes){}", Found(*found, 64))]
    NotHex {
        /// Characters found after `hex:`.
        found: usize,
    },
    /// `base64:` without 32 bytes of base64.
    #[error("`base64:` must be followed by exactly 32 bytes in base64 (44 characters, or 43 without `=`){}", Found(*found, 44))]
    NotBase64 {
        /// Characters found after `base64:`.
        found: usize,
    },
    /// A passphrase that is guessed too soon.
    #[error(
        "the passphrase has {found} characters, at least {least} are needed: take five or more random words"
    )]
    PassphraseTooShort {
        /// Characters found.
        found: usize,
        /// Characters needed.
        least: usize,
    },
    /// No prefix, and not 32 bytes in hex or base64.
    #[error(
        "the key is in no known form: write `hex:` and 64 hexadecimal digits, `base64:` and 44 characters, or `passphrase:` and words; text without a prefix must be exactly 32 bytes in hex or base64"
    )]
    UnknownForm,
}

/// Says how many characters were found, when their number is what is wrong.
struct Found(usize, usize);

impl std::fmt::Display for Found {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self(found, expected) = *self;
        if found == expected {
            write!(f, ", but one of the characters does not belong there")
        } else {
            write!(f, ", but {found} characters were found")
        }
    }
}

/// No master key could be made of a key text.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum DeriveKeyError {
    /// A passphrase, but the store has no derivation parameters: it was made with a raw key.
    #[error(
        "a passphrase was given where a key was used: this store was made with a `hex:` or `base64:` key, give that one"
    )]
    PassphraseWhereKey,
    /// A raw key, but the store has derivation parameters: it was made with a passphrase.
    #[error(
        "a key was given where a passphrase was used: this store was made with `passphrase:`, give that one"
    )]
    KeyWherePassphrase,
    /// Derivation parameters that are too weak to accept or too costly to run.
    #[error(
        "the stored {parameter} of the passphrase is {found}, expected {least} to {most}: the parameters are damaged or forged, restore them from a backup"
    )]
    OutOfBounds {
        /// Which parameter: `memory (KiB)`, `number of passes`, `number of lanes`.
        parameter: &'static str,
        /// What was found.
        found: u32,
        /// The least that is accepted.
        least: u32,
        /// The most that is accepted.
        most: u32,
    },
    /// Derivation parameters of the wrong length.
    #[error(
        "the stored parameters of the passphrase are damaged ({found} bytes, expected {expected}): restore them from a backup"
    )]
    ParamsDamaged {
        /// Bytes found.
        found: usize,
        /// Bytes expected.
        expected: usize,
    },
    /// Derivation parameters of a format that is not known here.
    #[error(
        "the stored parameters of the passphrase have format {0}, which this version does not know: use the version that wrote them, or a later one"
    )]
    ParamsUnknownVersion(u8),
    /// Not enough memory to run the derivation.
    #[error(
        "the passphrase needs {memory_kib} KiB of memory once, which are not free: give the process more memory"
    )]
    OutOfMemory {
        /// Memory asked for, in KiB.
        memory_kib: u32,
    },
    /// The derivation itself refused its input.
    #[error("the passphrase could not be turned into a key")]
    Argon2(#[source] argon2::Error),
}

/// Nothing was sealed, or no key was made.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SealError {
    /// The random source of the operating system failed.
    #[error(
        "the random source of the operating system failed: nothing is sealed until it works again"
    )]
    RandomSource(#[source] getrandom::Error),
    /// The random source gave the same bytes twice in a row.
    #[error(
        "the random source of the operating system repeats itself: nothing is sealed with it, repair or restart this machine"
    )]
    RandomSourceRepeats,
    /// The key has made 2^32 seals.
    #[error("this key has made all of its 2^32 seals: continue under a new key")]
    Exhausted,
    /// More than 64 GiB in one piece.
    #[error("more than 64 GiB cannot be sealed in one piece: split it")]
    TooLong,
}

/// A row did not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum OpenError {
    /// It does not authenticate: changed, moved from elsewhere, or sealed under another key.
    #[error(
        "the row does not authenticate: it was changed, moved, or sealed under another key; restore it from a backup"
    )]
    Damaged,
    /// Too short to be an envelope.
    #[error("the row is cut short: restore it from a backup")]
    Truncated,
    /// A format that is not known here.
    #[error(
        "the row has format {0}, which this version does not know: use the version that wrote it, or a later one"
    )]
    UnknownVersion(u8),
    /// A plain row for a sealed key, or a sealed row for a plain key.
    #[error(
        "the row is {row} but the store is {key}: it comes from another store, restore it from a backup"
    )]
    WrongMode {
        /// The mode of the key.
        key: Mode,
        /// The mode that the row claims.
        row: Mode,
    },
}

/// A wrapped key did not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum UnwrapKeyError {
    /// It is wrapped under a master key that is not at hand.
    #[error(
        "the key is wrapped under master key version {0}, which is not at hand: give the previous key file until the rotation is complete"
    )]
    NoSuchMasterKey(KeyVersion),
    /// It does not authenticate: changed, cut short, or of another owner or purpose.
    #[error(
        "the wrapped key does not authenticate: it was changed or belongs to another owner; restore it from a backup"
    )]
    Damaged,
    /// A format that is not known here.
    #[error(
        "the wrapped key has format {0}, which this version does not know: use the version that wrote it, or a later one"
    )]
    UnknownVersion(u8),
    /// A plain key for a sealed ring, or a sealed key for a plain ring.
    #[error(
        "the wrapped key is {key} but the store is {ring}: it comes from another store, restore it from a backup"
    )]
    WrongMode {
        /// The mode of the ring.
        ring: Mode,
        /// The mode that the wrapped key claims.
        key: Mode,
    },
}

/// A wrapped key was not brought under the current master key.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum RewrapKeyError {
    /// It did not open under the master key it names.
    #[error(transparent)]
    Unwrap(#[from] UnwrapKeyError),
    /// It could not be wrapped again.
    #[error(transparent)]
    Seal(#[from] SealError),
}
