//! Secrets: written into the configuration, or in a file of their own.
//!
//! Invariant: neither `Debug` nor serializing shows one, and its memory is wiped.

use std::convert::Infallible;
use std::fmt::{self, Display};
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use zeroize::Zeroizing;

use super::given;
use super::problems::Problems;

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
    pub(crate) fn text(&self) -> &str {
        self.0.trim()
    }

    /// What stands in a file.
    ///
    /// Who else may read that is not refused, as some who hand secrets to services leave them so.
    pub(crate) fn read(file: &Path) -> io::Result<Self> {
        let (opened, rights) = open_file(file)?;
        if rights & 0o007 != 0 {
            tracing::warn!(file = %file.display(), "everybody on this machine can read this secret: chmod 600 it");
        }
        let mut text = Zeroizing::new(String::new());
        opened.take(MOST_BYTES).read_to_string(&mut text)?;
        Ok(Self(text))
    }
}

/// Opens a file that should hold a secret; answers who may do what with it, too.
pub(crate) fn open_file(file: &Path) -> io::Result<(File, u32)> {
    let opened = File::open(file)?;
    let found = opened.metadata()?;
    if found.is_dir() {
        let told = "it is a folder, and the path of a file is expected";
        return Err(io::Error::new(io::ErrorKind::IsADirectory, told));
    }
    Ok((opened, found.permissions().mode() & 0o777))
}

impl FromStr for Secret {
    type Err = Infallible;

    /// Any text is a secret.
    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self(Zeroizing::new(text.to_owned())))
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

/// What to do about a secret that cannot be read, where that can be said.
pub(crate) fn next_step(error: &io::Error) -> &'static str {
    if error.kind() == io::ErrorKind::PermissionDenied {
        ": run this as root or as who may read it, or let who runs this read it"
    } else {
        ""
    }
}

/// Whether a secret is somewhere: handed over by the service manager under its key, here, or in a file.
pub(super) fn is_given(here: &Secret, file: &Path, key: &str, problems: &Problems) -> bool {
    !here.is_empty() || given(file).is_some() || problems.credential(key).is_some()
}

/// The secret: handed over by the service manager under its key; else here, or in a file beside whose key stands `_file`,
/// of which both are one too many.
pub(super) fn one_source(
    here: &Secret,
    file: &Path,
    key: &str,
    problems: &mut Problems,
) -> Option<Source<Secret>> {
    if let Some(credential) = problems.credential(key) {
        return Some(Source::File(credential));
    }
    match (here.is_empty(), given(file)) {
        (true, None) => None,
        (true, Some(file)) => Some(Source::File(file)),
        (false, None) => Some(Source::Here(here.clone())),
        (false, Some(_)) => {
            problems.add(key, format!("{key}_file is set as well: leave one of them out"));
            None
        }
    }
}

impl Source<Secret> {
    /// What is here as something more than a text.
    pub(super) fn parsed<T: FromStr<Err: Display>>(
        self,
        key: &str,
        problems: &mut Problems,
    ) -> Option<Source<T>> {
        match self {
            Self::File(file) => Some(Source::File(file)),
            Self::Here(secret) => {
                let parsed = secret.text().parse::<T>();
                parsed.map_err(|error| problems.add(key, error)).ok().map(Source::Here)
            }
        }
    }
}

impl<T: FromStr<Err: Display>> Source<T> {
    /// What is here, or in the file of that key.
    pub(super) fn open(self, key: &str, problems: &mut Problems) -> Option<T> {
        let file = match self {
            Self::Here(there) => return Some(there),
            Self::File(file) => file,
        };
        let shown = file.display();
        let secret = Secret::read(&file);
        let secret = secret.map_err(|error| {
            let next = next_step(&error);
            problems.add(key, format!("{shown} cannot be read: {error}{next}"));
        });
        let parsed = secret.ok()?.text().parse::<T>();
        parsed.map_err(|error| problems.add(key, format!("{shown}: {error}"))).ok()
    }
}
