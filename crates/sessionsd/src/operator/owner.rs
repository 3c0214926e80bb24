//! Root becomes whoever owns the files, before it touches them.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::panic::resume_unwind;
use std::path::Path;
use std::thread;

use anyhow::{Context, bail};
use rustix::process::{Gid, Uid, geteuid};
use rustix::thread::{set_thread_groups, set_thread_res_gid, set_thread_res_uid};

/// Takes on the user and the group that own a folder, for good. Threads that begin later have them too, so this comes
/// before the first of them.
pub(super) fn become_owner_of(folder: &Path) -> anyhow::Result<()> {
    let found = fs::metadata(folder);
    let found = found.with_context(|| format!("{} cannot be looked at", folder.display()))?;
    let me = geteuid();
    if found.uid() == me.as_raw() {
        return Ok(());
    }
    if !me.is_root() {
        bail!("{} belongs to somebody else: run this as root, or as its owner", folder.display());
    }
    let (uid, gid) = (Uid::from_raw(found.uid()), Gid::from_raw(found.gid()));
    let become_them = || {
        set_thread_groups(&[])?;
        set_thread_res_gid(gid, gid, gid)?;
        set_thread_res_uid(uid, uid, uid)
    };
    become_them().with_context(|| format!("the owner of {} cannot be taken on", folder.display()))
}

/// Does something as the owner of a folder, on a thread of its own: user and group are a thread's, and whoever asks stays
/// who they are.
pub(super) fn as_owner_of<T: Send>(
    folder: &Path,
    work: impl FnOnce() -> anyhow::Result<T> + Send,
) -> anyhow::Result<T> {
    let as_owner = || {
        become_owner_of(folder)?;
        work()
    };
    thread::scope(|threads| threads.spawn(as_owner).join().unwrap_or_else(|why| resume_unwind(why)))
}
