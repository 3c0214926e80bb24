//! `sessionsd backup`: the database written to a file while it is used, then opened and compared.
//!
//! Invariant: a file with the name of a backup is a whole one; until it is known to be, it is called otherwise.
//! Invariant: a draft is locked while somebody writes it; one that is not is removed by the next backup to there.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use rustix::fs::{CWD, FlockOperation, RenameFlags, flock, renameat_with};
use rustix::io::Errno;
use sessions::Environment;
use sha2::{Digest, Sha256};
use sqlite::{Inspection, OpenStoreError, SystemEnvironment};

use crate::arguments::Backup;
use crate::control::{Answer, Request};
use crate::data::folder_of;

use super::{Desk, ELSE};

/// What the names of backups in a folder begin and end with.
const NAME: (&str, &str) = ("sessions-", ".db");
/// What the name of one ends with until it is a whole one.
const DRAFT: &str = ".partial";
/// What a database begins with.
const MAGIC: &[u8] = b"SQLite format 3\0";
/// How much later than others this comes, once it looks at what was written.
const LAST: i32 = 19;
/// How much is read at once.
const PIECE: usize = 1 << 20;

pub(crate) fn back_up(asked: &Backup) -> anyhow::Result<()> {
    let desk = Desk::of(&asked.whose)?;
    let file = target(&asked.file)?;
    if asked.keep.is_some() && file == asked.file {
        bail!("--keep needs a folder that is there, and {} is none", file.display());
    }
    if file == asked.file {
        remove_abandoned(&draft_of(&file))?;
    } else {
        remove_all_abandoned(folder_of(&file))?;
    }
    let draft = draft_of(&file);
    let made = make(&draft)?;
    // Locked until all is done: whoever comes next sees that somebody is at it.
    let _locked = made.try_clone()?;
    let (answer, found) = fill(&desk, made, &draft).inspect_err(|_| {
        let _ = fs::remove_file(&draft);
    })?;
    name(&draft, &file).with_context(|| format!("{} cannot be made", file.display()))?;
    File::open(folder_of(&file))?.sync_all()?;
    let removed = asked.keep.map(|keep| prune(&file, keep)).transpose()?;
    let Answer::BackedUp { bytes, .. } = &answer else { bail!(ELSE) };
    desk.show(&answer, || told(&file, *bytes, &found, removed.unwrap_or_default()))
}

/// Gives a draft its name, and replaces nothing that somebody made meanwhile.
fn name(draft: &Path, file: &Path) -> io::Result<()> {
    let named = match renameat_with(CWD, draft, CWD, file, RenameFlags::NOREPLACE) {
        Ok(()) => return Ok(()),
        // Not every file system can, some have hard links instead.
        Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => fs::hard_link(draft, file),
        Err(error) => Err(error.into()),
    };
    let _ = fs::remove_file(draft);
    named
}

/// The file to write: as it was given, or one with the time in its name in the folder that was given.
fn target(given: &Path) -> anyhow::Result<PathBuf> {
    let file = if given.is_dir() {
        let now = SystemEnvironment.now();
        // A name that sorts by time and that every file system takes.
        let at: String =
            now.to_rfc3339().chars().filter(|c| c.is_ascii_digit() || *c == 'T').collect();
        let (begin, end) = NAME;
        given.join(format!("{begin}{at}{end}"))
    } else {
        given.to_owned()
    };
    if file.exists() {
        bail!("{} is there already: it is left as it is; give another name", file.display());
    }
    let folder = folder_of(&file);
    if !folder.is_dir() || given.as_os_str().as_bytes().ends_with(b"/") && !given.is_dir() {
        let missing = if folder.is_dir() { given } else { folder };
        bail!("the folder {} is not there: make it first", missing.display());
    }
    Ok(file)
}

/// Has the database written to a file, and looks whether it has arrived there.
fn fill(desk: &Desk, file: File, path: &Path) -> anyhow::Result<(Answer, Inspection)> {
    let answer = desk.ask(&Request::Backup, Some(file))?;
    let Answer::BackedUp { bytes, sha256 } = &answer else { bail!(ELSE) };
    // The daemon's people come first.
    let _ = rustix::process::nice(LAST);
    let found = hash(path).with_context(|| format!("{} cannot be read", path.display()))?;
    if found != (*bytes, sha256.clone()) {
        bail!("what was written to {} is not what stands there: check that disk", path.display());
    }
    let found = match sqlite::inspect(path) {
        // It is the same as the database, byte for byte.
        Err(OpenStoreError::Damaged { what, .. }) => bail!(
            "the database {} is damaged ({what}), so no backup was made: `sessionsd verify` says more; keep a copy of it and of the files beside it, then restore an earlier backup",
            desk.data.database().display()
        ),
        looked => looked?,
    };
    Ok((answer, found))
}

fn hash(path: &Path) -> io::Result<(u64, String)> {
    let mut file = File::open(path)?;
    let (mut hash, mut bytes, mut piece) = (Sha256::new(), 0, vec![0; PIECE]);
    loop {
        let read = file.read(&mut piece)?;
        if read == 0 {
            return Ok((bytes, data_encoding::HEXLOWER.encode(&hash.finalize())));
        }
        hash.update(piece.get(..read).unwrap_or_default());
        bytes += read as u64;
    }
}

/// What a backup is called until it is known to be a whole one.
fn draft_of(file: &Path) -> PathBuf {
    let mut name = OsString::from(file);
    name.push(DRAFT);
    PathBuf::from(name)
}

/// Makes a draft, locked.
fn make(draft: &Path) -> anyhow::Result<File> {
    let shown = draft.display();
    let made = OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(draft);
    let made = made.with_context(|| format!("{shown} cannot be made"))?;
    // Where the file system has no locks, what is left stays.
    if flock(&made, FlockOperation::NonBlockingLockExclusive) == Err(Errno::WOULDBLOCK) {
        bail!("another backup has taken {shown} for abandoned: run this again");
    }
    Ok(made)
}

/// Removes what a backup that was killed has left; one that is being written stays.
fn remove_abandoned(draft: &Path) -> anyhow::Result<()> {
    if !fs::symlink_metadata(draft).is_ok_and(|found| found.is_file()) {
        return Ok(());
    }
    let shown = draft.display();
    let mut left = File::open(draft).with_context(|| format!("{shown} cannot be read"))?;
    let mut begin = Vec::new();
    left.by_ref().take(MAGIC.len() as u64).read_to_end(&mut begin)?;
    // Whatever else somebody calls like this is theirs.
    let is_ours = MAGIC.starts_with(&begin);
    if is_ours && flock(&left, FlockOperation::NonBlockingLockExclusive).is_ok() {
        fs::remove_file(draft).with_context(|| format!("{shown} cannot be removed"))?;
    }
    Ok(())
}

/// The same for all that a folder holds, as each has another name.
fn remove_all_abandoned(folder: &Path) -> anyhow::Result<()> {
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name().into_string().unwrap_or_default();
        if name.strip_suffix(DRAFT).is_some_and(is_name) {
            remove_abandoned(&folder.join(name))?;
        }
    }
    Ok(())
}

/// Whether a backup in a folder is called like that.
fn is_name(name: &str) -> bool {
    let (begin, end) = NAME;
    let at = name.strip_prefix(begin).and_then(|name| name.strip_suffix(end));
    at.is_some_and(|at| !at.is_empty() && at.chars().all(|c| c.is_ascii_digit() || c == 'T'))
}

/// Removes all but one backup and the newest others of its folder; answers how many.
fn prune(file: &Path, keep: u32) -> anyhow::Result<usize> {
    let folder = folder_of(file);
    let mut others = Vec::new();
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name();
        // By its name this one is not the newest where the clock is behind.
        if Some(name.as_os_str()) == file.file_name() {
            continue;
        }
        others.extend(name.into_string().ok().filter(|name| is_name(name)));
    }
    others.sort();
    let many = (others.len() + 1).saturating_sub(usize::try_from(keep)?);
    for name in others.iter().take(many) {
        fs::remove_file(folder.join(name))?;
    }
    Ok(many)
}

fn told(file: &Path, bytes: u64, found: &Inspection, removed: usize) -> String {
    let Inspection { is_sealed, key_version, sessions, messages, .. } = found;
    let sealed = if *is_sealed {
        format!("It is sealed under version {key_version} of the master key, which is not in it.")
    } else {
        "It is not sealed: everybody who gets the file can read it.".to_owned()
    };
    let removed = match removed {
        0 => String::new(),
        many => format!("\nRemoved {many} older backups."),
    };
    format!(
        "Backed up to {}: {bytes} bytes, {sessions} sessions, {messages} messages, opened and compared.\n{sealed}{removed}",
        file.display()
    )
}
