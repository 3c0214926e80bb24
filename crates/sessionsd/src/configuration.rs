//! Configuration: a file, the environment over it, and what they come to.
//!
//! What can be written is a plain struct for each section; the comment on a field is its manual. `settle` turns a section
//! into what the program works with. Every problem is reported at once, with its key.
//!
//! Not here: reading the files that secrets are in, which is for those who need the secret.
//!
//! Invariant: a secret is shown by no `Debug` and no problem.

mod access;
mod discord;
mod load;
mod log;
mod metrics;
mod problems;
mod retention;
mod secret;
mod sessions;
mod telegram;
#[cfg(test)]
mod tests;
mod url;

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::data::too_long;

pub(crate) use access::Access;
pub(crate) use discord::{Discord, DiscordPlan};
pub(crate) use load::{check_text, load, look, show};
pub(crate) use log::{Format, Log};
pub(crate) use metrics::{Listen, Metrics};
pub(crate) use problems::{Problems, Unusable};
pub(crate) use retention::Retention;
pub(crate) use secret::{Secret, next_step, open_file};
pub(crate) use sessions::Sessions;
pub(crate) use telegram::{Telegram, TelegramPlan};

/// Where the configuration of a service is.
pub(crate) const USUAL: &str = "/etc/sessionsd/sessionsd.toml";

/// Everything that can be configured, as it is written.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Configuration {
    /// Where conversations are kept.
    pub(crate) store: Store,
    /// How they are sealed.
    pub(crate) encryption: Encryption,
    /// The bot on Telegram.
    pub(crate) telegram: Telegram,
    /// The bot on Discord.
    pub(crate) discord: Discord,
    /// Who may do what.
    pub(crate) access: Access,
    /// What holds where lanes, people and places have set nothing.
    pub(crate) sessions: Sessions,
    /// What is removed by itself.
    pub(crate) retention: Retention,
    /// What is logged, and how.
    pub(crate) log: Log,
    /// Where numbers and health are shown.
    pub(crate) metrics: Metrics,
}

/// `[store]`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Store {
    /// The database file; empty for `sessions.db` in the state folder of whoever runs the program.
    pub(crate) path: PathBuf,
}

/// `[encryption]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Encryption {
    /// Whether everything that people write and are called is sealed.
    pub(crate) enabled: bool,
    /// The master key itself, for where it can be handed over in no other way.
    pub(crate) key: Secret,
    /// The file with the master key; empty for `master.key` beside the database.
    pub(crate) key_file: PathBuf,
    /// The file with the master key before that, while a rotation is under way; empty for that of the key with
    /// `.previous` behind its name.
    pub(crate) previous_key_file: PathBuf,
}

impl Default for Encryption {
    fn default() -> Self {
        Self {
            enabled: true,
            key: Secret::default(),
            key_file: PathBuf::new(),
            previous_key_file: PathBuf::new(),
        }
    }
}

/// Where a master key may be.
#[derive(Debug, Clone, Default)]
pub(crate) struct KeyPlan {
    /// The file that the service manager handed over.
    pub(crate) credential: Option<PathBuf>,
    /// The file that is configured.
    pub(crate) file: Option<PathBuf>,
    /// The key itself, or nothing.
    pub(crate) here: Secret,
    /// The file with the key before that: one that was handed over, or that is configured.
    pub(crate) previous: Option<PathBuf>,
}

/// What the program works with.
#[derive(Debug)]
pub(crate) struct Settled {
    /// Where conversations are kept, if that is said.
    pub(crate) database: Option<PathBuf>,
    /// Whether they are sealed.
    pub(crate) is_sealed: bool,
    /// Where the master key may be.
    pub(crate) key: KeyPlan,
    /// The bot on Telegram, if there is to be one.
    pub(crate) telegram: Option<TelegramPlan>,
    /// The bot on Discord, if there is to be one.
    pub(crate) discord: Option<DiscordPlan>,
    /// Who may do what.
    pub(crate) access: bot::Access,
    /// The core's configuration.
    pub(crate) sessions: ::sessions::Config,
    /// What is removed by itself; `None` if that cannot be read.
    pub(crate) retention: Option<crate::nightly::Retention>,
    /// All of it as it was written.
    pub(crate) written: Configuration,
    /// Where the values came from, and what is wrong with them.
    pub(crate) origins: Problems,
    /// What is logged, and how.
    pub(crate) log: Log,
    /// Where numbers and health are shown, if anywhere.
    pub(crate) metrics: Option<Listen>,
}

impl Configuration {
    /// Every secret that can be written into the configuration itself, with its key.
    pub(crate) fn secrets(&self) -> [(&'static str, &Secret); 4] {
        [
            ("encryption.key", &self.encryption.key),
            ("telegram.token", &self.telegram.token),
            ("telegram.webhook.secret", &self.telegram.webhook.secret),
            ("discord.token", &self.discord.token),
        ]
    }

    /// What it comes to. With problems, what is answered is of no use.
    fn settle(&self, problems: &mut Problems) -> Settled {
        if let Some(why) = too_long(&self.store.path) {
            problems.add("store.path", why);
        }
        Settled {
            database: given(&self.store.path),
            is_sealed: self.encryption.enabled,
            key: KeyPlan {
                credential: problems.credential("master.key"),
                file: given(&self.encryption.key_file),
                here: self.encryption.key.clone(),
                previous: problems
                    .credential("master.key.previous")
                    .or_else(|| given(&self.encryption.previous_key_file)),
            },
            telegram: self.telegram.settle(problems),
            discord: self.discord.settle(problems),
            access: self.access.settle(problems),
            sessions: self.sessions.settle(problems),
            log: self.log.settle(problems),
            metrics: self.metrics.settle(problems),
            retention: self.retention.settle(problems),
            written: self.clone(),
            origins: problems.clone(),
        }
    }
}

/// A path that may be left empty.
fn given(path: &Path) -> Option<PathBuf> {
    (!path.as_os_str().is_empty()).then(|| path.to_owned())
}
