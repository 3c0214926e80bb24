//! The configuration read again at SIGHUP: what can change without a restart changes, and what cannot is named.
//!
//! Invariant: a configuration with a problem changes nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

use crate::configuration::{self, Configuration, Settled};
use crate::log::Level;
use crate::nightly::Retention;
use crate::run::Daemon;
use crate::service::Reloading;

/// What the keys that can change while the daemon runs begin with.
const CHANGEABLE: [&str; 4] = ["access.", "sessions.", "retention.", "log.level"];

/// Reads the configuration again.
pub(crate) struct Reload {
    asked: Signal,
    level: Level,
    /// As it was written when it was last read.
    present: Configuration,
    file: Option<PathBuf>,
    retention: watch::Sender<Retention>,
}

impl Reload {
    /// From now on, SIGHUP is heard.
    pub(crate) fn new(
        settled: &Settled,
        level: Level,
        retention: watch::Sender<Retention>,
    ) -> std::io::Result<Self> {
        let asked = signal(SignalKind::hangup())?;
        let (present, file) = (settled.written.clone(), settled.origins.file());
        Ok(Self { asked, level, present, file, retention })
    }

    /// Waits for SIGHUP, again and again.
    pub(crate) async fn listen(mut self, bot: Daemon) {
        while self.asked.recv().await.is_some() {
            let _reloading = Reloading::begin();
            match configuration::load(self.file.as_deref(), std::env::vars_os()) {
                Ok(settled) => self.take(settled, &bot),
                Err(error) => {
                    let error = format!("{error:#}");
                    tracing::error!(error, "the configuration stays as it was");
                }
            }
        }
    }

    fn take(&mut self, settled: Settled, bot: &Daemon) {
        let changed = changed(&self.present, &settled.written);
        let can_change = |key: &&String| CHANGEABLE.iter().any(|begin| key.starts_with(begin));
        let (live, fixed): (Vec<_>, Vec<_>) = changed.iter().partition(can_change);
        if let Err(error) = self.level.set(&settled.log.level) {
            tracing::error!(error = &*error, "log.level stays as it was");
        }
        bot.admit(settled.access);
        bot.manager().configure(settled.sessions);
        if let Some(retention) = settled.retention {
            self.retention.send_replace(retention);
        }
        let words = |keys: Vec<&String>| keys.into_iter().cloned().collect::<Vec<_>>().join(", ");
        tracing::info!(changed = words(live), "the configuration was read again");
        if !fixed.is_empty() {
            tracing::warn!(
                keys = words(fixed),
                "these have changed and need a restart; until then they are as they were"
            );
        }
        // What needs a restart is told again each time, so that it is not forgotten.
        let present = self.present.clone();
        self.present = Configuration {
            access: settled.written.access,
            sessions: settled.written.sessions,
            retention: settled.written.retention,
            log: configuration::Log { level: settled.written.log.level, ..present.log },
            ..present
        };
    }
}

/// The keys whose values differ, in their order.
fn changed(before: &Configuration, after: &Configuration) -> BTreeSet<String> {
    let secrets = before.secrets().into_iter().zip(after.secrets());
    let secrets = secrets.filter(|((_, before), (_, after))| before != after);
    let secrets = secrets.map(|((key, _), _)| key.to_owned());
    let (before, after) = (values(before), values(after));
    let differing = after.into_iter().filter(|(key, value)| before.get(key) != Some(value));
    differing.map(|(key, _)| key).chain(secrets).collect()
}

/// Every key with its value. Secrets are masked: two of them look alike.
fn values(configuration: &Configuration) -> BTreeMap<String, serde_json::Value> {
    fn gather(
        within: &str,
        value: serde_json::Value,
        into: &mut BTreeMap<String, serde_json::Value>,
    ) {
        let serde_json::Value::Object(table) = value else {
            into.insert(within.to_owned(), value);
            return;
        };
        for (name, value) in table {
            let key = if within.is_empty() { name } else { format!("{within}.{name}") };
            gather(&key, value, into);
        }
    }
    let mut values = BTreeMap::new();
    gather("", serde_json::to_value(configuration).unwrap_or_default(), &mut values);
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_key_that_differs_is_named() {
        let before = Configuration::default();
        let mut after = before.clone();
        assert!(changed(&before, &after).is_empty());
        after.access.owners = vec!["telegram:77".to_owned()];
        after.telegram.webhook.listen = "127.0.0.1:1".to_owned();
        let named = changed(&before, &after).into_iter();
        assert!(named.eq(["access.owners", "telegram.webhook.listen"]));
    }

    #[test]
    fn a_secret_that_became_another_is_named() {
        let secret = |text: &str| text.parse().unwrap();
        let mut before = Configuration::default();
        before.telegram.token = secret("1:a");
        before.discord.token = secret("a.b.c");
        let mut after = before.clone();
        after.telegram.token = secret("1:b");
        after.encryption.key = secret("hex:");
        assert!(changed(&before, &after).into_iter().eq(["encryption.key", "telegram.token"]));
    }
}
