//! `[retention]`: what is removed by itself, and when.

use std::time::Duration;

use ::sessions::reset::TimeOfDay;
use serde::{Deserialize, Serialize};

use super::problems::Problems;
use crate::nightly;

/// A day, in seconds.
const DAY: u64 = 86_400;
/// A hundred years: what is longer is meant for ever.
const MOST_DAYS: u32 = 36_500;

/// `[retention]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Retention {
    /// Past sessions without activity for so many days go; 0 keeps them for ever.
    pub(crate) older_than_days: u32,
    /// Whether their checkpoints stay, and what these reach.
    pub(crate) keep_checkpoints: bool,
    /// When, `HH:MM` in `sessions.timezone`.
    pub(crate) at: String,
}

impl Default for Retention {
    fn default() -> Self {
        Self { older_than_days: 0, keep_checkpoints: true, at: "03:30".to_owned() }
    }
}

impl Retention {
    pub(super) fn settle(&self, problems: &mut Problems) -> Option<nightly::Retention> {
        if self.older_than_days > MOST_DAYS {
            let most = format!("at most {MOST_DAYS}; 0 keeps them for ever");
            problems.add("retention.older_than_days", most);
        }
        let at = self.at.parse::<TimeOfDay>();
        let at = at.map_err(|error| problems.add("retention.at", error)).ok()?;
        let days = u64::from(self.older_than_days);
        let older_than = (days > 0).then(|| Duration::from_secs(days * DAY));
        Some(nightly::Retention { older_than, keep_checkpoints: self.keep_checkpoints, at })
    }
}
