//! The control socket: how whoever runs the machine reaches a daemon that has the files to itself.
//!
//! It lies beside the database (`<database>.control`), so that who names the one names the other. A request is a line of
//! JSON, with a file passed along where one is to be read or written; what comes back are lines: progress, and at the end
//! an answer or why there is none.
//!
//! Not here: what a request does (`operate`), and what a person is shown of it (`operator`).
//!
//! Invariant: only root, and whom the daemon runs as, is answered.

mod client;
mod passing;
mod server;
mod wire;

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

pub(crate) use client::{Reached, reach};
pub(crate) use server::{Control, open};
pub(crate) use wire::{
    Answer, ChannelStatus, CleanedUp, DaemonStatus, EventLine, Events, Form, Imported, Progress,
    Request, SessionLine, Status, Verified,
};

/// The socket of the daemon that has this database, also where that is named by a symbolic link.
pub(crate) fn socket_of(database: &Path) -> PathBuf {
    let there = if database.is_symlink() { fs::canonicalize(database).ok() } else { None };
    let mut name = OsString::from(there.as_deref().unwrap_or(database));
    name.push(".control");
    PathBuf::from(name)
}
