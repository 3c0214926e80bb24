//! What is wrong with a configuration, all of it, and where its values came from.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::path::PathBuf;

/// What environment variables over the file begin with.
pub(super) const PREFIX: &str = "SESSIONSD";
/// What stands between the parts of their names.
pub(super) const BETWEEN: &str = "__";

/// What a folder of credentials puts before the names of its files, when it was given as a whole.
const WHOLE: &str = "sessionsd_";

/// What is configured cannot be used: it has to be changed before another start is worth a try.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Unusable(pub(crate) String);

/// Problems, and where the values came from.
#[derive(Debug, Clone, Default)]
pub(crate) struct Problems {
    file: Option<PathBuf>,
    /// The folder in which the service manager hands secrets over.
    credentials: Option<PathBuf>,
    /// Keys whose values are from the environment.
    overridden: BTreeSet<String>,
    found: Vec<String>,
}

impl Problems {
    pub(super) fn of(file: Option<PathBuf>, credentials: Option<PathBuf>) -> Self {
        Self { file, credentials, ..Self::default() }
    }

    /// The file that was read, if one was.
    pub(crate) fn file(&self) -> Option<PathBuf> {
        self.file.clone()
    }

    /// The file that the service manager handed over under this name, if it did.
    pub(super) fn credential(&self, name: &str) -> Option<PathBuf> {
        let folder = self.credentials.as_ref()?;
        let names = [name.to_owned(), format!("{WHOLE}{name}")];
        names.into_iter().map(|name| folder.join(name)).find(|file| file.exists())
    }

    /// Notes that a key's value is from the environment.
    pub(super) fn note_override(&mut self, key: &str) {
        self.overridden.insert(key.to_owned());
    }

    /// Adds what is wrong with the value of a key, or what should be there.
    pub(crate) fn add(&mut self, key: &str, what: impl Display) {
        let from = if self.overridden.contains(key) {
            format!(" ({})", variable(key))
        } else {
            String::new()
        };
        self.found.push(format!("{key}{from}: {what}"));
    }

    /// All of them as one error, if there are any.
    pub(crate) fn report(&self) -> anyhow::Result<()> {
        if self.found.is_empty() {
            return Ok(());
        }
        let file = self.file.as_ref().map(|file| format!(" {}", file.display()));
        let (file, found) = (file.unwrap_or_default(), self.found.join("\n  "));
        Err(Unusable(format!("the configuration{file} cannot be used:\n  {found}")).into())
    }
}

/// The environment variable of a key.
fn variable(key: &str) -> String {
    format!("{PREFIX}{BETWEEN}{}", key.replace('.', BETWEEN).to_uppercase())
}
