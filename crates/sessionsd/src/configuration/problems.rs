//! What is wrong with a configuration, all of it.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::path::PathBuf;

use anyhow::bail;

/// What environment variables over the file begin with.
pub(super) const PREFIX: &str = "SESSIONSD";
/// What stands between the parts of their names.
pub(super) const BETWEEN: &str = "__";

/// Problems, and where the values came from.
#[derive(Debug, Clone, Default)]
pub(crate) struct Problems {
    file: Option<PathBuf>,
    /// Keys whose values are from the environment.
    overridden: BTreeSet<String>,
    found: Vec<String>,
}

impl Problems {
    pub(super) fn of(file: Option<PathBuf>) -> Self {
        Self { file, ..Self::default() }
    }

    /// Notes that a key's value is from the environment.
    pub(super) fn note_override(&mut self, key: &str) {
        self.overridden.insert(key.to_owned());
    }

    /// Adds what is wrong with the value of a key, or what should be there.
    pub(super) fn add(&mut self, key: &str, what: impl Display) {
        let from = if self.overridden.contains(key) {
            format!(" ({})", variable(key))
        } else {
            String::new()
        };
        self.found.push(format!("{key}{from}: {what}"));
    }

    /// All of them as one error, if there are any.
    pub(super) fn report(&self) -> anyhow::Result<()> {
        if self.found.is_empty() {
            return Ok(());
        }
        let file = self.file.as_ref().map(|file| format!(" {}", file.display()));
        bail!(
            "the configuration{} cannot be used:\n  {}",
            file.unwrap_or_default(),
            self.found.join("\n  ")
        );
    }
}

/// The environment variable of a key.
fn variable(key: &str) -> String {
    format!("{PREFIX}{BETWEEN}{}", key.replace('.', BETWEEN).to_uppercase())
}
