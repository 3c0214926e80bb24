//! Automatic resets: when a session is over by the clock, and why.
//!
//! Only the question “is a reset due?” is answered here, from a policy and two instants.
//! That a session without messages is never due, that a running turn puts a reset off, and that a reset happens
//! only together with a message, is the business of whoever asks.
//!
//! A **boundary** is the instant at which a zone's wall clock reaches a time of day on a local date:
//! in a gap (clocks go forward over it) the first instant after the gap, in a fold (clocks go back over it) the first
//! of the two, on a date that the zone left out altogether none.
//!
//! Invariant: each local date that exists has exactly one boundary, and later dates have later ones.
//! Invariant: `reset_due` and `next_reset` come from one computation, `first_due`, and cannot disagree.
//! Invariant: no instant makes anything panic; outside the range of chrono's dates there are no boundaries.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use chrono::{DateTime, NaiveDate, NaiveTime, Offset, TimeDelta, TimeZone};
use chrono_tz::{GapInfo, TZ_VARIANTS};
use serde::{Deserialize, Serialize};

pub use chrono_tz::Tz;

use crate::time::Timestamp;

#[cfg(test)]
mod tests;

/// A wall-clock time, to the minute. Written `HH:MM`, also when serialized.
///
/// Invariant: hour below 24, minute below 60.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TimeOfDay {
    hour: u8,
    minute: u8,
}

impl TimeOfDay {
    /// `None` unless `hour` is below 24 and `minute` below 60.
    #[must_use]
    pub const fn new(hour: u8, minute: u8) -> Option<Self> {
        if hour < 24 && minute < 60 { Some(Self { hour, minute }) } else { None }
    }

    /// 0 to 23.
    #[must_use]
    pub const fn hour(self) -> u8 {
        self.hour
    }

    /// 0 to 59.
    #[must_use]
    pub const fn minute(self) -> u8 {
        self.minute
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.hour, self.minute)
    }
}

/// The text is not a time from `00:00` to `23:59`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("“{0}” is not a time from 00:00 to 23:59")]
pub struct InvalidTimeOfDay(String);

/// Two digits, a colon, two digits.
impl FromStr for TimeOfDay {
    type Err = InvalidTimeOfDay;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let two_digits = |part: &str| {
            let all_digits = part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
            if all_digits { part.parse::<u8>().ok() } else { None }
        };
        text.split_once(':')
            .and_then(|(hour, minute)| Self::new(two_digits(hour)?, two_digits(minute)?))
            .ok_or_else(|| InvalidTimeOfDay(text.to_owned()))
    }
}

impl TryFrom<String> for TimeOfDay {
    type Error = InvalidTimeOfDay;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<TimeOfDay> for String {
    fn from(time: TimeOfDay) -> Self {
        time.to_string()
    }
}

/// What a lane says about one part of its policy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Setting<T> {
    /// Nothing: configuration decides.
    #[default]
    Unset,
    /// Off, whatever configuration says.
    Off,
    /// This, whatever configuration says.
    Value(T),
}

impl<T: Copy> Setting<T> {
    /// What holds, given what configuration says; `None` is off.
    #[must_use]
    pub fn or(self, default: Option<T>) -> Option<T> {
        match self {
            Self::Unset => default,
            Self::Off => None,
            Self::Value(value) => Some(value),
        }
    }
}

/// What holds for a lane once its settings and the configuration are put together.
/// Durations count in whole milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResetPolicy {
    /// A new session at this time each day.
    pub daily: Option<TimeOfDay>,
    /// A new session after so long without interaction.
    pub idle: Option<Duration>,
    /// The daily reset only takes a lane that has also been idle for at least so long; zero takes every lane.
    ///
    /// It is measured when the message comes, not at the boundary: who talks across the boundary keeps the session,
    /// and since that talk moves the anchor past the boundary, keeps it until the next one.
    pub daily_min_idle: Duration,
    /// Whose wall clock `daily` is read on.
    pub zone: Tz,
}

/// Why a session is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ResetReason {
    /// The daily boundary has passed.
    Daily {
        /// The time of day that was set.
        at: TimeOfDay,
        /// On whose wall clock.
        #[serde(with = "zone_name")]
        zone: Tz,
    },
    /// Nothing was said for long enough.
    Idle {
        /// The limit that was set.
        after: Duration,
    },
}

/// `daily reset 04:00 Europe/Paris` or `idle for 30 minutes`.
impl fmt::Display for ResetReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Daily { at, zone } => write!(f, "daily reset {at} {}", zone.name()),
            Self::Idle { after } => write!(f, "idle for {}", render_duration(*after)),
        }
    }
}

/// What awaits a session to which nothing more is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NextReset {
    /// The next message begins a new session.
    Due(ResetReason),
    /// A message from `at` on will begin a new session.
    At {
        /// The first instant at which the reset is due.
        at: Timestamp,
        /// Why it will be.
        reason: ResetReason,
    },
}

/// Whether a message at `now` begins a new session, and why.
///
/// `anchor` is the later of the last interaction and the last change that starts the count again.
/// Daily: due when a boundary lies in (anchor, now] and the lane has been idle for `daily_min_idle`.
/// Idle: due when `now` − `anchor` has reached the limit.
/// With both, whichever was due first is the reason; at the same instant it is the daily one.
/// Never due while `now` is before `anchor`, that is after the clock was set back.
#[must_use]
pub fn reset_due(policy: &ResetPolicy, anchor: Timestamp, now: Timestamp) -> Option<ResetReason> {
    first_due(policy, anchor).filter(|(at, _)| *at <= now).map(|(_, reason)| reason)
}

/// The reset that comes next if nothing more is said; `None` if none is set.
#[must_use]
pub fn next_reset(policy: &ResetPolicy, anchor: Timestamp, now: Timestamp) -> Option<NextReset> {
    let (at, reason) = first_due(policy, anchor)?;
    Some(if at <= now { NextReset::Due(reason) } else { NextReset::At { at, reason } })
}

/// The first instant at which a reset is due for a lane last active at `anchor`; never before `anchor`.
///
/// The first boundary after `anchor` is enough: it lies at or before `now` exactly when the latest one up to `now`
/// lies after `anchor`.
fn first_due(policy: &ResetPolicy, anchor: Timestamp) -> Option<(Timestamp, ResetReason)> {
    let daily = policy.daily.and_then(|at| {
        let boundary = next_boundary(at, policy.zone, anchor)?;
        let idle_enough = exactly_after(anchor, policy.daily_min_idle)?;
        Some((boundary.max(idle_enough), ResetReason::Daily { at, zone: policy.zone }))
    });
    let idle = policy
        .idle
        .and_then(|after| Some((exactly_after(anchor, after)?, ResetReason::Idle { after })));
    daily.into_iter().chain(idle).min_by_key(|(at, _)| *at)
}

/// `None` where [`Timestamp::plus`] would stop at the end of time: that long will never have passed.
fn exactly_after(anchor: Timestamp, duration: Duration) -> Option<Timestamp> {
    let at = anchor.plus(duration);
    (at.since(anchor).as_millis() == duration.as_millis()).then_some(at)
}

/// The latest boundary at or before `now`; `None` only at the ends of chrono's range.
#[must_use]
pub fn latest_boundary(at: TimeOfDay, zone: Tz, now: Timestamp) -> Option<Timestamp> {
    // Tomorrow's may have passed: a clock put back over midnight shows yesterday's date again.
    // Today's may be to come, and yesterday may be a date that the zone left out.
    let dates = dates_around(local_date(zone, now)?, -3..=2);
    dates.rev().filter_map(|date| boundary(at, zone, date)).find(|boundary| *boundary <= now)
}

/// The first boundary after `after`; `None` only at the ends of chrono's range.
#[must_use]
pub fn next_boundary(at: TimeOfDay, zone: Tz, after: Timestamp) -> Option<Timestamp> {
    let dates = dates_around(local_date(zone, after)?, -1..=4);
    dates.filter_map(|date| boundary(at, zone, date)).find(|boundary| *boundary > after)
}

/// The date that the zone's wall clock shows.
fn local_date(zone: Tz, instant: Timestamp) -> Option<NaiveDate> {
    let utc = DateTime::from_timestamp_millis(instant.as_millis())?.naive_utc();
    // Not `naive_local`, which panics where the offset leads out of chrono's range.
    utc.checked_add_offset(zone.offset_from_utc_datetime(&utc).fix()).map(|local| local.date())
}

fn dates_around(
    date: NaiveDate,
    days: std::ops::RangeInclusive<i64>,
) -> impl DoubleEndedIterator<Item = NaiveDate> {
    days.filter_map(move |days| date.checked_add_signed(TimeDelta::days(days)))
}

/// The instant at which the wall clock first reaches `at` on `date`.
fn boundary(at: TimeOfDay, zone: Tz, date: NaiveDate) -> Option<Timestamp> {
    let local = date.and_time(NaiveTime::from_hms_opt(at.hour.into(), at.minute.into(), 0)?);
    if let Some(first) = zone.from_local_datetime(&local).earliest() {
        return Some(first.into());
    }
    let gap = GapInfo::new(&local, &zone)?;
    let (begin, _) = gap.begin?;
    let end = gap.end?;
    // The gap may lead into the next date; the boundary still is `date`'s own, unless no moment of `date` is left.
    let date_exists = begin > date.and_time(NaiveTime::MIN) || end.date_naive() <= date;
    date_exists.then(|| end.into())
}

/// Serializes a [`Tz`] as its IANA name: `#[serde(with = "zone_name")]`.
pub mod zone_name {
    use serde::{Deserialize, Deserializer, Serializer, de};

    use super::{Tz, parse_zone};

    /// As the name.
    ///
    /// # Errors
    /// Only those of the serializer.
    pub fn serialize<S: Serializer>(zone: &Tz, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(zone.name())
    }

    /// From the name, as [`parse_zone`] reads it.
    ///
    /// # Errors
    /// An unknown name, and those of the deserializer.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Tz, D::Error> {
        parse_zone(&String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

/// A name that is in no list of time zones. Displays as a sentence for the chat.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("I don't know the time zone “{name}”. {}", render_nearest(.nearest))]
pub struct UnknownZone {
    /// What was asked for; an overlong name is cut.
    pub name: String,
    /// Up to three names like it, the nearest first.
    pub nearest: Vec<&'static str>,
}

/// Longer than any zone's name; longer input is not compared with all of them, nor quoted whole.
const MAX_ZONE_CHARS: usize = 64;

/// How many names are suggested.
const MAX_NEAREST: usize = 3;

/// Reads an IANA name in any case (`utc` too), with blanks taken as underscores (`america/new york`).
///
/// # Errors
/// [`UnknownZone`] with the nearest names.
pub fn parse_zone(name: &str) -> Result<Tz, UnknownZone> {
    let name = name.trim();
    let wanted = name.replace(' ', "_");
    if let Some(zone) = TZ_VARIANTS.iter().find(|zone| zone.name().eq_ignore_ascii_case(&wanted)) {
        return Ok(*zone);
    }
    if name.chars().nth(MAX_ZONE_CHARS).is_none() {
        return Err(UnknownZone {
            name: name.to_owned(),
            nearest: nearest_zones(&wanted.to_lowercase()),
        });
    }
    let start: String = name.chars().take(MAX_ZONE_CHARS).collect();
    Err(UnknownZone { name: format!("{start}…"), nearest: Vec::new() })
}

/// Zones at most a third of the letters away, and at most one step farther than the nearest.
fn nearest_zones(wanted: &str) -> Vec<&'static str> {
    let limit = (wanted.chars().count() / 3).max(1);
    let mut ranked: Vec<(usize, &'static str)> = TZ_VARIANTS
        .iter()
        .map(|zone| zone.name())
        .filter(|name| !is_offset_name(name))
        .map(|name| (zone_distance(wanted, &name.to_lowercase()), name))
        .filter(|(distance, _)| *distance <= limit)
        .collect();
    ranked.sort_unstable();
    let farthest = ranked.first().map_or(0, |(distance, _)| distance + 1);
    ranked
        .into_iter()
        .take_while(|(distance, _)| *distance <= farthest)
        .map(|(_, name)| name)
        .take(MAX_NEAREST)
        .collect()
}

/// `Etc/GMT+2` lies two hours *west* of Greenwich: whoever typed `GMT+2` must not be led there.
fn is_offset_name(name: &str) -> bool {
    name.starts_with("Etc/") || (name.starts_with("GMT") && name != "GMT")
}

/// Typing errors between two names, or between their cities; another area than the one given counts one.
fn zone_distance(wanted: &str, name: &str) -> usize {
    let (wanted_area, wanted_city) = split_zone(wanted);
    let (area, city) = split_zone(name);
    let other_area = wanted_area.is_some() && wanted_area != area;
    let by_city = strsim::damerau_levenshtein(wanted_city, city) + usize::from(other_area);
    by_city.min(strsim::damerau_levenshtein(wanted, name))
}

fn split_zone(name: &str) -> (Option<&str>, &str) {
    name.rsplit_once('/').map_or((None, name), |(area, city)| (Some(area), city))
}

fn render_nearest(nearest: &[&str]) -> String {
    match nearest {
        [] => "Zones are named by area and city, such as Europe/Paris.".to_owned(),
        [only] => format!("Did you mean {only}?"),
        [others @ .., last] => format!("Did you mean {} or {last}?", others.join(", ")),
    }
}

/// In words: `30 minutes`, `1 hour 30 minutes`, `2 days`. Below a second nothing is said.
fn render_duration(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let units = [
        (seconds / 86_400, "day"),
        (seconds / 3_600 % 24, "hour"),
        (seconds / 60 % 60, "minute"),
        (seconds % 60, "second"),
    ];
    let words: Vec<String> = units
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, unit)| format!("{count} {unit}{}", if count == 1 { "" } else { "s" }))
        .collect();
    if words.is_empty() { "0 seconds".to_owned() } else { words.join(" ") }
}
