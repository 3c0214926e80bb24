//! Between Rust values and columns: the numbers that stand for words, and whole numbers without a sign.
//!
//! Invariant: a number keeps its meaning for good; new words get new numbers.
//! Invariant: a column that holds what nothing here writes is an error that ends as `StoreError::Damaged`, never a
//! value that was guessed.

use rusqlite::Row;
use rusqlite::types::{FromSqlError, Type};
use sessions::delivery::{OutboxState, TurnState};
use sessions::model::{Role, SessionState};
use sessions::store::rows::{KeyPurpose, RecordKind};

/// A word that a column keeps as a number.
pub(crate) trait Coded: Copy + 'static {
    /// Every word and its number.
    const CODES: &'static [(Self, i64)];

    /// The number of a word.
    fn code(self) -> i64;
}

macro_rules! codes {
    ($($name:ident { $($variant:ident = $code:literal),* })*) => {$(
        impl Coded for $name {
            const CODES: &'static [(Self, i64)] = &[$((Self::$variant, $code)),*];

            fn code(self) -> i64 {
                match self {
                    $(Self::$variant => $code,)*
                }
            }
        }
    )*};
}

codes! {
    Role { User = 0, Assistant = 1, System = 2 }
    // The indexes of `session` are partial on 0.
    SessionState { Current = 0, Past = 1, Binned = 2, Held = 3 }
    KeyPurpose { Session = 0, Queue = 1 }
    RecordKind { Place = 0, Person = 1, Search = 2 }
    OutboxState { Pending = 0, Attempting = 1, Ambiguous = 2, Sent = 3, Dead = 4, Covered = 5 }
    TurnState { Queued = 0, Running = 1 }
}

/// The word in a column.
pub(crate) fn coded<T: Coded>(row: &Row<'_>, index: usize) -> rusqlite::Result<T> {
    let code: i64 = row.get(index)?;
    let found = T::CODES.iter().find(|(_, known)| *known == code);
    found.map(|(word, _)| *word).ok_or(rusqlite::Error::IntegralValueOutOfRange(index, code))
}

/// The whole number in a column.
pub(crate) fn unsigned(row: &Row<'_>, index: usize) -> rusqlite::Result<u64> {
    let value: i64 = row.get(index)?;
    u64::try_from(value).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(index, value))
}

/// A number for a column, or the greatest that fits: for bounds of ranges and counters that never get there.
pub(crate) fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// A limit for a query.
pub(crate) fn limit(value: usize) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// A column that holds bytes of the wrong kind.
pub(crate) fn unreadable(index: usize) -> rusqlite::Error {
    let cause = Box::new(FromSqlError::InvalidType);
    rusqlite::Error::FromSqlConversionFailure(index, Type::Blob, cause)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check<T: Coded + PartialEq + std::fmt::Debug>() {
        for (word, code) in T::CODES {
            assert_eq!(word.code(), *code);
            assert_eq!(T::CODES.iter().filter(|(_, other)| other == code).count(), 1, "{word:?}");
        }
    }

    #[test]
    fn each_word_has_a_number_of_its_own() {
        check::<Role>();
        check::<SessionState>();
        check::<KeyPurpose>();
        check::<RecordKind>();
        check::<OutboxState>();
        check::<TurnState>();
    }
}
