//! Root becomes whoever owns the files, before it touches them.
//!
//! The owner may be unable to come to their own files: what a user of systemd's drawing owns lies in `/var/lib/private`,
//! which is root's alone. Then the right to read and to search folders is kept; what is written is the owner's either way.
//!
//! Invariant: no other right of root's is kept.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::panic::resume_unwind;
use std::path::Path;
use std::thread;

use anyhow::{Context, bail};
use rustix::process::{DumpableBehavior, Gid, Uid, geteuid, set_dumpable_behavior};
use rustix::thread::{
    CapabilitySet, CapabilitySets, capabilities, set_capabilities, set_keep_capabilities,
    set_thread_groups, set_thread_res_gid, set_thread_res_uid,
};

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
        // Kept in reserve over the change, and none in force after it.
        set_keep_capabilities(true)?;
        set_thread_res_uid(uid, uid, uid)?;
        keep_what_is_needed(folder)?;
        // The system forgets this where a process becomes somebody else; a core dump would hold keys and text.
        set_dumpable_behavior(DumpableBehavior::NotDumpable)
    };
    become_them().with_context(|| format!("the owner of {} cannot be taken on", folder.display()))
}

/// Gives all of root's rights up, but for the way to a folder that its owner cannot go.
fn keep_what_is_needed(folder: &Path) -> rustix::io::Result<()> {
    let in_reserve = capabilities(None)?.permitted;
    let needed = match fs::metadata(folder.join(".")) {
        Ok(_) => CapabilitySet::empty(),
        Err(_) => in_reserve & CapabilitySet::DAC_READ_SEARCH,
    };
    let inheritable = CapabilitySet::empty();
    set_capabilities(None, CapabilitySets { effective: needed, permitted: needed, inheritable })
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

#[cfg(test)]
mod tests {
    use std::fs::Permissions;
    use std::os::unix::fs::{PermissionsExt, chown};

    use rustix::process::dumpable_behavior;

    use super::*;

    /// What of root's rights is left to whoever owns a folder inside another one with these rights.
    fn kept_below(mode: u32) -> CapabilitySet {
        let outer = tempfile::tempdir().unwrap();
        let inner = outer.path().join("inner");
        fs::create_dir(&inner).unwrap();
        chown(&inner, Some(61_234), Some(61_234)).unwrap();
        fs::set_permissions(outer.path(), Permissions::from_mode(mode)).unwrap();
        as_owner_of(&inner, || {
            assert_eq!(geteuid().as_raw(), 61_234);
            assert_eq!(dumpable_behavior()?, DumpableBehavior::NotDumpable);
            fs::write(inner.join("file"), "theirs")?;
            assert!(fs::write(outer.path().join("file"), "root's").is_err());
            let CapabilitySets { effective, permitted, .. } = capabilities(None)?;
            assert_eq!(effective, permitted);
            Ok(effective)
        })
        .unwrap()
    }

    #[test]
    fn of_roots_rights_only_the_way_to_the_folder_is_kept() {
        if !geteuid().is_root() {
            println!("only root can become somebody else: skipped");
            return;
        }
        assert_eq!(kept_below(0o755), CapabilitySet::empty());
        assert_eq!(kept_below(0o700), CapabilitySet::DAC_READ_SEARCH);
    }
}
