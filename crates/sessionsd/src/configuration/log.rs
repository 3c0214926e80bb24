//! `[log]`: what `sessionsd run` logs, and how it is written.

use serde::{Deserialize, Serialize};

use super::load::one_of;
use super::problems::Problems;

/// `[log]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Log {
    /// How much: `info`, or more words with commas between them, as `info,bot=debug`.
    pub(crate) level: String,
    /// `auto`, `plain`, `json` or `journald`.
    #[serde(deserialize_with = "one_of")]
    pub(crate) format: Format,
}

/// How the log is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Format {
    /// To the journal if standard error leads there, else as lines.
    #[default]
    Auto,
    /// Lines for people.
    Plain,
    /// One JSON object a line.
    Json,
    /// To the systemd journal, with fields.
    Journald,
}

impl Default for Log {
    fn default() -> Self {
        Self { level: "info".to_owned(), format: Format::default() }
    }
}

impl Log {
    /// The same, if its level can be used.
    pub(super) fn settle(&self, problems: &mut Problems) -> Self {
        if let Err(wrong) = crate::log::parse(&self.level) {
            problems.add("log.level", wrong);
        }
        self.clone()
    }
}
