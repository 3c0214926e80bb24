//! Ids: 128 random bits each, one newtype per kind, and the short form that people see and type.
//!
//! An id never changes and says nothing about its owner.
//! What people see is a kind letter and the first six letters of the id in Crockford's base 32 (`s-7k3f9q`).
//! What people type is any prefix of it, in any case, with the look-alikes o/0 and i/l/1 taken as the digits.
//!
//! Invariant: six letters are enough to tell apart what lives in one lane; whoever draws a fresh id draws again
//! when the lane already holds one with the same six letters (`SessionManager` does).

use std::fmt;
use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

/// Crockford's alphabet: no i, l, o, u.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// Letters of a short id as shown.
pub const SHORT_LEN: usize = 6;

/// Letters that hold 128 bits.
const FULL_LEN: usize = 26;

/// The raw form of every id: 16 random bytes.
pub type IdBytes = [u8; 16];

macro_rules! id {
    ($(#[$doc:meta] $name:ident)*) => {$(
        #[$doc]
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub struct $name(IdBytes);

        impl $name {
            /// The id with these 128 bits.
            #[must_use]
            pub const fn new(bytes: IdBytes) -> Self {
                Self(bytes)
            }

            /// The 128 bits.
            #[must_use]
            pub const fn as_bytes(&self) -> &IdBytes {
                &self.0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), encode(&self.0, FULL_LEN))
            }
        }

        /// All 26 letters, for logs, files and programs.
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&encode(&self.0, FULL_LEN))
            }
        }

        impl std::str::FromStr for $name {
            type Err = ParseIdError;
            fn from_str(text: &str) -> Result<Self, ParseIdError> {
                decode_full(text).map(Self)
            }
        }
    )*};
}

id! {
    /// Names a lane.
    LaneId
    /// Names a session.
    SessionId
    /// Names a timeline.
    TimelineId
    /// Names a checkpoint.
    CheckpointId
    /// Names a person: one or more peers proven to be the same human.
    PersonId
    /// Names a place: (account, chat, thread).
    PlaceId
    /// Names a turn: one answer owed by the assistant.
    TurnId
    /// Names a generation of the queue key.
    QueueKeyId
}

impl SessionId {
    /// The short form, `s-` and six letters.
    #[must_use]
    pub fn short(&self) -> String {
        format!("s-{}", encode(&self.0, SHORT_LEN))
    }
}

impl CheckpointId {
    /// The short form, `c-` and six letters.
    #[must_use]
    pub fn short(&self) -> String {
        format!("c-{}", encode(&self.0, SHORT_LEN))
    }
}

/// The text is no id: wrong length or a letter outside the alphabet.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an id: {FULL_LEN} letters of Crockford base 32 are expected")]
pub struct ParseIdError;

/// All ids that begin with what somebody typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdPrefix {
    low: IdBytes,
    high: IdBytes,
}

impl IdPrefix {
    /// Reads a typed short id: an optional kind letter and hyphen (`s-`), then 1 to 26 letters in any case.
    /// `None` when it cannot be the beginning of an id.
    #[must_use]
    pub fn parse(text: &str, kind: char) -> Option<Self> {
        let lower = text.trim().to_ascii_lowercase();
        let letters = lower.strip_prefix(&format!("{kind}-")).unwrap_or(&lower);
        Self::of_letters(letters)
    }

    /// The ids that share their first six letters with `id`.
    #[must_use]
    pub fn shown(id: &IdBytes) -> Self {
        Self::of_letters(&encode(id, SHORT_LEN)).expect("an encoded id is a prefix of itself")
    }

    /// The smallest and the greatest id with this beginning.
    #[must_use]
    pub fn range(&self) -> RangeInclusive<IdBytes> {
        self.low..=self.high
    }

    fn of_letters(letters: &str) -> Option<Self> {
        let mut value = 0_u128;
        let mut bits = 0_u32;
        for letter in letters.bytes() {
            let digit = digit(letter)?;
            if bits >= 125 {
                // The last letter holds three bits; the two below them are padding.
                if bits != 125 || digit & 0b11 != 0 {
                    return None;
                }
                value |= u128::from(digit >> 2);
                bits = 128;
            } else {
                bits += 5;
                value |= u128::from(digit) << (128 - bits);
            }
        }
        let open = if bits == 0 { return None } else { u128::MAX.checked_shr(bits).unwrap_or(0) };
        Some(Self { low: value.to_be_bytes(), high: (value | open).to_be_bytes() })
    }
}

fn encode(bytes: &IdBytes, letters: usize) -> String {
    let value = u128::from_be_bytes(*bytes);
    (0..letters.min(FULL_LEN))
        .map(|at| {
            let shift = 123_i32 - 5 * i32::try_from(at).unwrap_or(i32::MAX);
            let digit = if shift >= 0 { value >> shift } else { value << -shift } & 31;
            let index = usize::try_from(digit).unwrap_or(0);
            char::from(*ALPHABET.get(index).unwrap_or(&b'0'))
        })
        .collect()
}

fn decode_full(text: &str) -> Result<IdBytes, ParseIdError> {
    let prefix = IdPrefix::of_letters(&text.to_ascii_lowercase()).ok_or(ParseIdError)?;
    if prefix.low == prefix.high { Ok(prefix.low) } else { Err(ParseIdError) }
}

fn digit(letter: u8) -> Option<u8> {
    let letter = match letter {
        b'o' => b'0',
        b'i' | b'l' => b'1',
        other => other,
    };
    let index = ALPHABET.iter().position(|known| *known == letter)?;
    u8::try_from(index).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn full_form_round_trips() {
        for seed in 0..=255_u8 {
            let id = SessionId::new([seed.wrapping_mul(37) ^ 0x5a; 16]);
            assert_eq!(id.to_string().parse(), Ok(id));
            assert_eq!(id.to_string().len(), FULL_LEN);
        }
    }

    #[test]
    fn short_form_is_the_beginning_of_the_full_form() {
        let id = CheckpointId::new([0xf0; 16]);
        assert_eq!(id.short(), format!("c-{}", id.to_string().get(..6).unwrap()));
    }

    #[test]
    fn a_prefix_spans_exactly_the_ids_that_begin_with_it() {
        let id = SessionId::new(*b"0123456789abcdef");
        let full = id.to_string();
        for letters in 1..=FULL_LEN {
            let range = IdPrefix::parse(&format!("s-{}", full.get(..letters).unwrap()), 's')
                .unwrap()
                .range();
            assert!(range.contains(id.as_bytes()), "{letters} letters");
        }
        let other = SessionId::new([0xff; 16]);
        assert!(!IdPrefix::shown(id.as_bytes()).range().contains(other.as_bytes()));
    }

    #[test]
    fn look_alikes_and_case_are_the_same() {
        assert_eq!(IdPrefix::parse("S-OIL", 's'), IdPrefix::parse("011", 's'));
    }

    #[test]
    fn what_cannot_begin_an_id_is_nothing() {
        for text in ["", "s-", "s-u", "s-é", "c-ab", "s-00000000000000000000000001", "🦀"] {
            assert_eq!(IdPrefix::parse(text, 's'), None, "{text}");
        }
    }
}
