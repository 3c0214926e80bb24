//! Instants: UTC milliseconds, always handed in, never asked for here.
//!
//! Invariant: arithmetic saturates, so that no date, however wrong, makes anything panic.

use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};

/// An instant: milliseconds since 1970-01-01T00:00:00Z.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The instant so many milliseconds after the Unix epoch.
    #[must_use]
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Milliseconds since the Unix epoch.
    #[must_use]
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// As a chrono date and time; instants outside chrono's range become its nearest end.
    #[must_use]
    pub fn to_utc(self) -> DateTime<Utc> {
        let nearest = if self.0 < 0 { DateTime::<Utc>::MIN_UTC } else { DateTime::<Utc>::MAX_UTC };
        DateTime::from_timestamp_millis(self.0).unwrap_or(nearest)
    }

    /// How long ago `earlier` was; zero if it was not.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// This instant and `duration` later.
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)))
    }

    /// This instant and `duration` earlier.
    #[must_use]
    pub fn minus(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)))
    }

    /// RFC 3339 in UTC with milliseconds, as exports show it.
    #[must_use]
    pub fn to_rfc3339(self) -> String {
        self.to_utc().to_rfc3339_opts(SecondsFormat::Millis, true)
    }

    /// Reads RFC 3339; `None` for anything else.
    #[must_use]
    pub fn parse_rfc3339(text: &str) -> Option<Self> {
        DateTime::parse_from_rfc3339(text).ok().map(Self::from)
    }
}

impl<Z: chrono::TimeZone> From<DateTime<Z>> for Timestamp {
    fn from(time: DateTime<Z>) -> Self {
        Self(time.timestamp_millis())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc3339_round_trips() {
        let time = Timestamp::from_millis(1_774_745_940_123);
        assert_eq!(Timestamp::parse_rfc3339(&time.to_rfc3339()), Some(time));
    }

    #[test]
    fn no_arithmetic_overflows() {
        let (first, last) = (Timestamp::from_millis(i64::MIN), Timestamp::from_millis(i64::MAX));
        assert_eq!(first.since(last), Duration::ZERO);
        assert_eq!(last.plus(Duration::MAX), last);
        assert_eq!(first.minus(Duration::MAX), first);
        assert!(last.to_utc() > first.to_utc());
    }
}
