//! `SessionManagerBuilder`: sessions in a SQLite file, with the system's clock and entropy.

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use sessions::id::IdBytes;
use sessions::model::{Scope, Strategy};
use sessions::reset::{TimeOfDay, Tz};
use sessions::time::Timestamp;
use sessions::vault::{KeyText, ParseKeyError};
use sessions::{Config, EntropyError, Environment, KeySource, OpenManagerError, SessionManager};

use crate::{OpenStoreError, SqliteStore};

/// The system's clock and entropy.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemEnvironment;

impl Environment for SystemEnvironment {
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }

    fn random(&self) -> Result<IdBytes, EntropyError> {
        let mut bytes = IdBytes::default();
        getrandom::fill(&mut bytes).map_err(|error| EntropyError(error.into()))?;
        Ok(bytes)
    }
}

/// Why sessions could not be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// The file could not be opened.
    #[error(transparent)]
    Store(#[from] OpenStoreError),
    /// The key is not written as a key.
    #[error(transparent)]
    Key(#[from] ParseKeyError),
    /// Key and file do not fit each other.
    #[error(transparent)]
    Manager(#[from] OpenManagerError),
}

/// Options of sessions in a SQLite file. What is not set has the default of [`Config`]; encryption is off without a key.
#[derive(Debug, Clone)]
pub struct SessionManagerBuilder {
    path: PathBuf,
    config: Config,
    key: Option<zeroize::Zeroizing<String>>,
    previous_key: Option<zeroize::Zeroizing<String>>,
}

impl SessionManagerBuilder {
    /// Sessions in this file, which is made on first use.
    #[must_use]
    pub fn new(path: impl AsRef<Path>) -> Self {
        let path = path.as_ref().to_owned();
        Self { path, config: Config::default(), key: None, previous_key: None }
    }

    /// How origins become lanes.
    #[must_use]
    pub fn scope(mut self, scope: Scope) -> Self {
        self.config.scope = scope;
        self
    }

    /// A new session each day at this time.
    #[must_use]
    pub fn daily_reset(mut self, at: TimeOfDay) -> Self {
        self.config.daily_reset = Some(at);
        self
    }

    /// A new session after so many minutes without interaction.
    #[must_use]
    pub fn idle_reset_minutes(mut self, minutes: u32) -> Self {
        self.config.idle_reset_minutes = Some(minutes);
        self
    }

    /// The zone of wall-clock times.
    #[must_use]
    pub fn zone(mut self, zone: Tz) -> Self {
        self.config.zone = zone;
        self
    }

    /// How contexts are chosen.
    #[must_use]
    pub fn strategy(mut self, strategy: Strategy) -> Self {
        self.config.strategy = strategy;
        self
    }

    /// Seals everything under this key: `hex:…`, `base64:…` or `passphrase:…`.
    #[must_use]
    pub fn encryption_key(mut self, key: &str) -> Self {
        self.key = Some(zeroize::Zeroizing::new(key.to_owned()));
        self
    }

    /// The key before, while a rotation is under way or is to begin. Without an encryption key it does nothing.
    #[must_use]
    pub fn previous_encryption_key(mut self, key: &str) -> Self {
        self.previous_key = Some(zeroize::Zeroizing::new(key.to_owned()));
        self
    }

    /// Opens the sessions.
    ///
    /// # Errors
    /// When the file cannot be opened, is in use, or does not fit the key.
    pub async fn open(self) -> Result<SessionManager<SqliteStore, SystemEnvironment>, BuildError> {
        let key = match (&self.key, &self.previous_key) {
            (Some(current), Some(previous)) => KeySource::Rotating {
                current: KeyText::parse(current)?,
                previous: KeyText::parse(previous)?,
            },
            (Some(text), None) => KeySource::Sealed(KeyText::parse(text)?),
            (None, _) => KeySource::Plain,
        };
        let store = SqliteStore::open(&self.path)?;
        Ok(SessionManager::open(store, SystemEnvironment, self.config, key).await?)
    }
}
