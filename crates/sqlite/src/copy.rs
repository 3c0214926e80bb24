//! A copy of the file as it stands now, written out anew: without free pages, and without what lies overwritten in others.
//!
//! Beside commits: it is one long read. The copy has no log, and the rights of its owner alone.
//!
//! Invariant: what is already there under the name is not touched; a copy that fails leaves nothing.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use rusqlite::Connection;
use sessions::store::StoreError;

use crate::error::store_error;

const COPY: &str = "VACUUM INTO ?1";

/// Writes the copy, to the disk.
pub(crate) fn copy(conn: &Connection, to: &Path) -> Result<(), StoreError> {
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(to).map_err(failed)?;
    let copied = write(conn, to);
    if copied.is_err() {
        // Best effort: the first failure is the one to tell of.
        let _ = fs::remove_file(to);
    }
    copied
}

fn write(conn: &Connection, to: &Path) -> Result<(), StoreError> {
    let name = to.to_str().ok_or_else(|| failed(io::ErrorKind::InvalidFilename.into()))?;
    // It writes to the other file alone, but is refused where nothing may be written.
    conn.pragma_update(None, "query_only", false).map_err(store_error)?;
    conn.execute(COPY, [name]).map_err(store_error)?;
    File::open(to).and_then(|file| file.sync_all()).map_err(failed)?;
    let folder = to.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)
}

fn failed(error: io::Error) -> StoreError {
    let kind = error.kind();
    if matches!(kind, io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded) {
        StoreError::Full(error.into())
    } else if kind == io::ErrorKind::PermissionDenied {
        StoreError::ReadOnly(error.into())
    } else {
        StoreError::Io(error.into())
    }
}
