//! What a sealed row is bound to: its associated data.
//!
//! Not stored and not secret: whoever opens a row builds the same value again from the row's clear columns.
//! A row that was moved to another table, field, owner or position therefore does not open.
//!
//! ```text
//! bound  = format version (1 byte) ‖ part(table) ‖ part(field) ‖ part*
//! part   = length in bytes (8 bytes, big-endian) ‖ bytes
//! number = part of 8 bytes, big-endian
//! ```
//!
//! Invariant: the lengths make the encoding unambiguous: two different lists of parts never give the same bytes.

use std::fmt;

use crate::envelope::SEALED_FORMAT;

/// Room for a message's parts (table, field, five ids and numbers), so that building one allocates once.
const USUAL_LENGTH: usize = 192;

/// The associated data of one sealed row, built part by part in an order that its table and field fix.
#[derive(Clone)]
pub struct Bound {
    bytes: Vec<u8>,
}

impl Bound {
    /// Binds to `field` of `table`; further parts are added by [`bytes`](Self::bytes) and [`number`](Self::number).
    pub fn new(table: &'static str, field: &'static str) -> Self {
        let mut bytes = Vec::with_capacity(USUAL_LENGTH);
        bytes.push(SEALED_FORMAT);
        Self { bytes }.bytes(table.as_bytes()).bytes(field.as_bytes())
    }

    /// Adds a part of any length.
    #[must_use]
    pub fn bytes(mut self, field: &[u8]) -> Self {
        self.bytes.extend_from_slice(&length_prefix(field));
        self.bytes.extend_from_slice(field);
        self
    }

    /// Adds a number, as a part of eight bytes.
    #[must_use]
    pub fn number(self, n: u64) -> Self {
        self.bytes(&n.to_be_bytes())
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// The eight bytes that stand before `part` wherever parts are joined.
pub(crate) fn length_prefix(part: &[u8]) -> [u8; 8] {
    (part.len() as u64).to_be_bytes()
}

impl fmt::Debug for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Bound(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_prefixed_with_their_length() {
        let bound = Bound::new("t", "fi").bytes(b"x").number(258);
        let mut expected = vec![1];
        expected.extend_from_slice(b"\0\0\0\0\0\0\0\x01t\0\0\0\0\0\0\0\x02fi");
        expected.extend_from_slice(b"\0\0\0\0\0\0\0\x01x");
        expected.extend_from_slice(b"\0\0\0\0\0\0\0\x08\0\0\0\0\0\0\x01\x02");
        assert_eq!(bound.as_bytes(), expected);
    }

    #[test]
    fn moving_a_byte_from_one_part_to_the_next_changes_the_encoding() {
        let left = Bound::new("t", "f").bytes(b"ab").bytes(b"c");
        let right = Bound::new("t", "f").bytes(b"a").bytes(b"bc");
        let joined = Bound::new("t", "f").bytes(b"abc");
        assert_ne!(left.as_bytes(), right.as_bytes());
        assert_ne!(left.as_bytes(), joined.as_bytes());
        assert_ne!(Bound::new("ab", "c").as_bytes(), Bound::new("a", "bc").as_bytes());
    }
}
