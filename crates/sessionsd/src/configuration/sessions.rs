//! `[sessions]`: what holds where lanes, people and places have set nothing.

use std::time::Duration;

use ::sessions::model::{Scope, Strategy};
use ::sessions::reset::{TimeOfDay, parse_zone};
use serde::{Deserialize, Serialize};

use super::load::one_of;
use super::problems::Problems;

/// `[sessions]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Sessions {
    /// `main`, `per-peer`, `per-channel-peer` or `per-channel`.
    #[serde(deserialize_with = "one_of")]
    pub(crate) scope: Scope,
    /// The IANA zone of wall-clock times.
    pub(crate) timezone: String,
    /// `HH:MM`, or empty for none.
    pub(crate) daily_reset: String,
    /// A daily reset happens only after so many minutes without a message.
    pub(crate) daily_min_idle_minutes: u32,
    /// Minutes without a message after which a new session begins; 0 for never.
    pub(crate) idle_reset_minutes: u32,
    /// Days that things can be undone and stay in the bin.
    pub(crate) undo_days: u32,
    /// `recent`, `smart` or `summarize`.
    #[serde(deserialize_with = "one_of")]
    pub(crate) strategy: Strategy,
}

impl Default for Sessions {
    fn default() -> Self {
        Self {
            scope: Scope::PerChannelPeer,
            timezone: "UTC".to_owned(),
            daily_reset: String::new(),
            daily_min_idle_minutes: 0,
            idle_reset_minutes: 0,
            undo_days: 7,
            strategy: Strategy::Smart,
        }
    }
}

impl Sessions {
    /// The core's configuration.
    pub(super) fn settle(&self, problems: &mut Problems) -> ::sessions::Config {
        let zone = parse_zone(&self.timezone)
            .map_err(|unknown| problems.add("sessions.timezone", unknown));
        let daily_reset = match self.daily_reset.as_str() {
            "" => None,
            text => text
                .parse::<TimeOfDay>()
                .map_err(|error| problems.add("sessions.daily_reset", error))
                .ok(),
        };
        if self.idle_reset_minutes > commands::MAX_IDLE_MINUTES {
            let most = format!("at most {} (30 days)", commands::MAX_IDLE_MINUTES);
            problems.add("sessions.idle_reset_minutes", most);
        }
        if !(1..=365).contains(&self.undo_days) {
            problems.add("sessions.undo_days", "from 1 to 365");
        }
        ::sessions::Config {
            scope: self.scope,
            daily_reset,
            idle_reset_minutes: (self.idle_reset_minutes > 0).then_some(self.idle_reset_minutes),
            daily_min_idle: Duration::from_secs(u64::from(self.daily_min_idle_minutes) * 60),
            zone: zone.unwrap_or(::sessions::Config::default().zone),
            strategy: self.strategy,
            undo_days: self.undo_days,
        }
    }
}
