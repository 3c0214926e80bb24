//! Secrets: written into the configuration, or in a file of their own.
//!
//! Invariant: neither `Debug` nor serializing shows one, and its memory is wiped.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use zeroize::Zeroizing;

/// A file with a secret is a line; what is longer is something else.
const MOST_BYTES: u64 = 4_096;

/// A text that nobody is to see. Empty for none.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Secret(Zeroizing<String>);

impl Secret {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The text, without white space around it.
    pub(super) fn text(&self) -> &str {
        self.0.trim()
    }

    /// What stands in a file.
    ///
    /// Who else may read that is not refused, as some who hand secrets to services leave them so.
    pub(super) fn read(file: &Path) -> io::Result<Self> {
        let opened = File::open(file)?;
        if opened.metadata()?.permissions().mode() & 0o007 != 0 {
            tracing::warn!(file = %file.display(), "everybody on this machine can read this secret: chmod 600 it");
        }
        let mut text = Zeroizing::new(String::new());
        opened.take(MOST_BYTES).read_to_string(&mut text)?;
        Ok(Self(text))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_empty() { "Secret()" } else { "Secret(…)" })
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(if self.is_empty() { "" } else { "…" })
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from).map(|text| Self(Zeroizing::new(text)))
    }
}

/// Where something is: in the configuration, or in a file.
#[derive(Debug)]
pub(super) enum Source<T> {
    /// It is here.
    Here(T),
    /// It is in a file, which is read when it is needed.
    File(PathBuf),
}
