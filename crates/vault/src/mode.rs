//! Whether a store is encrypted.
//!
//! Not a property of a row: a row carries a format byte, which is compared with the mode and never replaces it.
//!
//! Invariant: the bytes of a mode never change meaning; they are the first byte of every envelope.

use std::fmt;

/// Whether a store is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mode {
    /// Rows are sealed with AES-256-GCM; keys are wrapped under a master key.
    Sealed,
    /// Rows are readable by whoever reads the file; tags are still keyed.
    Plain,
}

impl Mode {
    /// The byte that stands for this mode where it is stored: 1 is sealed, 0 is plain.
    pub const fn to_byte(self) -> u8 {
        match self {
            Self::Sealed => 1,
            Self::Plain => 0,
        }
    }

    /// The mode a stored byte stands for, or nothing when the byte is neither 0 nor 1.
    pub const fn from_byte(byte: u8) -> Option<Self> {
        match byte {
            1 => Some(Self::Sealed),
            0 => Some(Self::Plain),
            _ => None,
        }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sealed => "sealed",
            Self::Plain => "plain",
        })
    }
}
