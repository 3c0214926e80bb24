//! Files that lie beside a database while it is made anew (`operator::remake`), and stay when that is broken off.
//!
//! They may hold in clear what the database holds sealed, so whoever has the database next removes them.
//!
//! Invariant: nothing is removed but by who has the database's lock.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The copy that is sealed anew in place.
pub(crate) const WORK: &str = ".work";
/// The copy of that, which is to be the database.
pub(crate) const SEALING: &str = ".sealing";
/// Both.
const ALL: [&str; 2] = [WORK, SEALING];
/// What may lie beside each of them.
const BESIDE: [&str; 5] = ["", "-wal", "-shm", "-journal", ".lock"];

/// One that is there.
pub(crate) fn find(database: &Path) -> Option<PathBuf> {
    ALL.iter().map(|suffix| named(database, suffix)).find(|file| file.exists())
}

/// Removes both, with what is beside them; answers whether there was anything.
pub(crate) fn remove_all(database: &Path) -> io::Result<bool> {
    let mut was_there = false;
    for suffix in ALL {
        was_there |= remove(database, suffix)?;
    }
    Ok(was_there)
}

/// Removes one of them, with what is beside it.
pub(crate) fn remove(database: &Path, suffix: &str) -> io::Result<bool> {
    remove_whole(&named(database, suffix))
}

/// Removes a database, with what is beside it; answers whether there was anything.
pub(crate) fn remove_whole(database: &Path) -> io::Result<bool> {
    let mut was_there = false;
    for beside in BESIDE {
        match fs::remove_file(with(database, beside)) {
            Ok(()) => was_there = true,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(was_there)
}

/// Beside the file itself, wherever a link to it is.
fn named(database: &Path, suffix: &str) -> PathBuf {
    let database = fs::canonicalize(database).unwrap_or_else(|_| database.to_owned());
    with(&database, suffix)
}

fn with(file: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(file);
    name.push(suffix);
    PathBuf::from(name)
}
