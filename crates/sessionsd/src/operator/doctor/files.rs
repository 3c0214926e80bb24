//! What lies on disk: whether the database is one that a daemon starts with, and may be written by who owns its folder.
//!
//! Not here: whether the key fits it.
//!
//! Invariant: beside a daemon no database is opened.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use rustix::fs::{Access, AtFlags, CWD, accessat};
use rustix::io::Errno;
use rustix::process::geteuid;
use sessions::store::rows::Header;

use crate::data::{Data, folder_of};
use crate::leftover;
use crate::operator::owner;

/// The database, and what a daemon keeps beside it.
const WRITTEN: [&str; 4] = ["", "-wal", "-shm", ".lock"];

/// What is to be said of the database where all is well; where no daemon has it, with its header.
pub(super) fn database(data: &Data, is_free: bool) -> anyhow::Result<(String, Option<Header>)> {
    let path = data.database();
    let is_new = data.is_new()?;
    let there = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let folder = folder_of(&there);
    if !is_new {
        look_private(&there)?;
    }
    let header = match fs::exists(folder) {
        Ok(true) => owner::as_owner_of(folder, || {
            look_writable(&there)?;
            if is_free { Ok(sqlite::header(&there)?) } else { Ok(None) }
        })?,
        _ => {
            look_makable(folder)?;
            None
        }
    };
    if is_new {
        return Ok((format!("{} will be made at the first start", path.display()), None));
    }
    let bytes = fs::metadata(path).map(|found| found.len()).unwrap_or_default();
    Ok((format!("{}, {bytes} bytes", path.display()), header))
}

/// Whether the key's file can be made by who owns the folder of the database.
pub(super) fn look_key_makable(data: &Data, file: &Path) -> anyhow::Result<()> {
    let (folder, home) = (folder_of(file), folder_of(data.database()));
    if !fs::exists(home).unwrap_or(false) {
        // The first start makes the folder of the database, and no other.
        let is_made = folder == home || fs::exists(folder).unwrap_or(true);
        return if is_made { look_makable(folder) } else { bail!(missing(folder)) };
    }
    owner::as_owner_of(home, || match writable(folder, Access::WRITE_OK | Access::EXEC_OK) {
        Ok(()) => Ok(()),
        Err(Errno::NOENT) => bail!(missing(folder)),
        Err(error) => bail!(
            "there is no key {}, and user {} cannot make one there ({error}): make it with `sessionsd key generate`, \
             and hand it to the daemon",
            file.display(),
            geteuid().as_raw()
        ),
    })
}

fn missing(folder: &Path) -> String {
    format!("the folder {} is not there: make it, or name another file", folder.display())
}

/// Nothing of the database is open to others, and nothing was left of it.
fn look_private(path: &Path) -> anyhow::Result<()> {
    let shown = path.display();
    let found = fs::metadata(path).with_context(|| format!("{shown} cannot be looked at"))?;
    if found.permissions().mode() & 0o077 != 0 {
        bail!("others can read {shown}: chmod 600 it");
    }
    if let Some(left) = leftover::find(path) {
        bail!(
            "{} is there: it may hold everything in clear. encrypt, decrypt or key rotate --compromised was broken off, or is at it; run that again or start the daemon, which removes it",
            left.display()
        );
    }
    if fs::metadata(folder_of(path)).is_ok_and(|folder| folder.uid() != found.uid()) {
        bail!(
            "{shown} and its folder do not belong to the same user: chown the folder's files to its owner"
        );
    }
    Ok(())
}

/// Whether who asks may write everything that a daemon writes.
fn look_writable(database: &Path) -> anyhow::Result<()> {
    let me = geteuid().as_raw();
    let folder = folder_of(database);
    if let Err(error) = writable(folder, Access::READ_OK | Access::WRITE_OK | Access::EXEC_OK) {
        let what = next(error, "chmod u+rwx it");
        bail!(
            "user {me}, its owner, cannot write to the folder {} ({error}): {what}",
            folder.display()
        );
    }
    for suffix in WRITTEN {
        let mut name = OsString::from(database);
        name.push(suffix);
        let file = PathBuf::from(name);
        match writable(&file, Access::READ_OK | Access::WRITE_OK) {
            Ok(()) | Err(Errno::NOENT) => {}
            Err(error) => {
                let what = next(error, "chown it to that user, and chmod 600 it");
                bail!(
                    "user {me}, who owns the folder, cannot write {} ({error}): {what}",
                    file.display()
                )
            }
        }
    }
    Ok(())
}

/// What to do about it.
const fn next(error: Errno, otherwise: &'static str) -> &'static str {
    match error {
        Errno::ROFS => {
            "its file system is read-only; look into the kernel's log for why, and mount it writable"
        }
        _ => otherwise,
    }
}

/// Whether who asks may make a folder that is not there.
fn look_makable(folder: &Path) -> anyhow::Result<()> {
    let whole = std::path::absolute(folder)?;
    for there in whole.ancestors() {
        match writable(there, Access::WRITE_OK | Access::EXEC_OK) {
            Ok(()) => return Ok(()),
            Err(Errno::NOENT) => {}
            Err(error) => bail!(
                "the folder {} is not there, and cannot be made by user {} ({}: {error}): make it, and chown it to the user of the daemon",
                folder.display(),
                geteuid().as_raw(),
                there.display()
            ),
        }
    }
    Ok(())
}

fn writable(path: &Path, how: Access) -> Result<(), Errno> {
    // As the thread may now: who came here from root still searches where only root may.
    accessat(CWD, path, how, AtFlags::EACCESS)
}
