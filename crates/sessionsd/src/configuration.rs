//! Configuration: a plain struct, read from a file, every problem reported with its key.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, bail};
use serde::de::{DeserializeOwned, Error, IntoDeserializer};
use serde::{Deserialize, Deserializer};
use sessions::model::{Scope, Strategy};
use sessions::reset::{TimeOfDay, parse_zone};

/// Everything that can be configured.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Configuration {
    /// What holds where lanes, people and places have set nothing.
    pub(crate) sessions: Sessions,
}

/// `[sessions]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
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
    /// The core's configuration; all problems are reported at once.
    pub(crate) fn to_config(&self) -> anyhow::Result<sessions::Config> {
        let mut problems = Vec::new();
        let zone = parse_zone(&self.timezone).map_err(|unknown| {
            problems.push(format!("sessions.timezone: {unknown}"));
        });
        let daily_reset = match self.daily_reset.as_str() {
            "" => None,
            text => text
                .parse::<TimeOfDay>()
                .map_err(|error| problems.push(format!("sessions.daily_reset: {error}")))
                .ok(),
        };
        if self.idle_reset_minutes > commands::MAX_IDLE_MINUTES {
            problems.push(format!(
                "sessions.idle_reset_minutes: at most {} (30 days)",
                commands::MAX_IDLE_MINUTES
            ));
        }
        if !(1..=365).contains(&self.undo_days) {
            problems.push("sessions.undo_days: from 1 to 365".to_owned());
        }
        let (Ok(zone), true) = (zone, problems.is_empty()) else {
            bail!("the configuration cannot be used:\n  {}", problems.join("\n  "));
        };
        Ok(sessions::Config {
            scope: self.scope,
            daily_reset,
            idle_reset_minutes: (self.idle_reset_minutes > 0).then_some(self.idle_reset_minutes),
            daily_min_idle: Duration::from_secs(u64::from(self.daily_min_idle_minutes) * 60),
            zone,
            strategy: self.strategy,
            undo_days: self.undo_days,
        })
    }
}

/// One word of several; a wrong one is answered with all of them.
fn one_of<'de, D: Deserializer<'de>, T: DeserializeOwned>(from: D) -> Result<T, D::Error> {
    let word = String::deserialize(from)?;
    let read = T::deserialize(word.as_str().into_deserializer());
    read.map_err(|error: serde::de::value::Error| D::Error::custom(error))
}

/// Reads a configuration file.
pub(crate) fn load(file: &Path) -> anyhow::Result<Configuration> {
    let context = || format!("the configuration {} cannot be read", file.display());
    let text = std::fs::read_to_string(file).with_context(context)?;
    let source = config::File::from_str(&text, config::FileFormat::Toml);
    config::Config::builder()
        .add_source(source)
        .build()
        .and_then(config::Config::try_deserialize)
        .with_context(context)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(text: &str) -> String {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("sessionsd.toml");
        std::fs::write(&file, text).unwrap();
        let error = match load(&file) {
            Ok(configuration) => configuration.sessions.to_config().unwrap_err(),
            Err(error) => error,
        };
        format!("{error:#}").replace(&folder.path().display().to_string(), "FOLDER")
    }

    #[test]
    fn the_example_lists_every_key_with_its_default() {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config/sessionsd.toml");
        let text = std::fs::read_to_string(&file).unwrap();
        assert_eq!(load(&file).unwrap(), Configuration::default());
        let shown = format!("{:?}", Configuration::default().sessions);
        let keys = shown.split(['{', ',']).filter_map(|part| part.split_once(':'));
        for (key, _) in keys {
            assert!(text.contains(&format!("\n{} = ", key.trim())), "{key} is not in the example");
        }
    }

    #[test]
    fn every_wrong_value_is_named_at_once() {
        insta::assert_snapshot!(
            problems("[sessions]\ntimezone = \"Europe/Pariss\"\ndaily_reset = \"25:00\"\nundo_days = 0\nidle_reset_minutes = 99999"),
            @"
        the configuration cannot be used:
          sessions.timezone: I don't know the time zone “Europe/Pariss”. Did you mean Europe/Paris?
          sessions.daily_reset: “25:00” is not a time from 00:00 to 23:59
          sessions.idle_reset_minutes: at most 43200 (30 days)
          sessions.undo_days: from 1 to 365
        "
        );
    }

    #[test]
    fn an_unknown_key_is_refused() {
        insta::assert_snapshot!(
            problems("[sessions]\nscop = \"main\""),
            @"the configuration FOLDER/sessionsd.toml cannot be read: unknown field `scop`, expected one of `scope`, `timezone`, `daily_reset`, `daily_min_idle_minutes`, `idle_reset_minutes`, `undo_days`, `strategy` for key `sessions`"
        );
    }
}
