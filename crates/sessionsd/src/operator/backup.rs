//! `sessionsd backup`: the database written to a file while it is used, then opened and compared.
//!
//! Invariant: a file with the name of a backup is a whole one; until it is known to be, it is called otherwise.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use sessions::Environment;
use sha2::{Digest, Sha256};
use sqlite::{Inspection, SystemEnvironment};

use crate::arguments::Backup;
use crate::control::{Answer, Request};
use crate::data::folder_of;

use super::{Desk, ELSE};

/// What the names of backups in a folder begin and end with.
const NAME: (&str, &str) = ("sessions-", ".db");
/// How much later than others this comes, once it looks at what was written.
const LAST: i32 = 19;
/// How much is read at once.
const PIECE: usize = 1 << 20;

pub(crate) fn back_up(asked: &Backup) -> anyhow::Result<()> {
    let desk = Desk::of(&asked.whose)?;
    let file = target(&asked.file)?;
    if asked.keep.is_some() && file == asked.file {
        bail!("--keep needs a folder: {} is a file", file.display());
    }
    let draft = PathBuf::from(format!("{}.partial", file.display()));
    let made = OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(&draft);
    let made = made.with_context(|| format!("{} cannot be made", draft.display()))?;
    let (answer, found) = fill(&desk, made, &draft).inspect_err(|_| {
        let _ = fs::remove_file(&draft);
    })?;
    // Unlike a rename, this does not replace what somebody made meanwhile.
    let linked = fs::hard_link(&draft, &file);
    let _ = fs::remove_file(&draft);
    linked.with_context(|| format!("{} cannot be made", file.display()))?;
    File::open(folder_of(&file))?.sync_all()?;
    let removed = asked.keep.map(|keep| prune(folder_of(&file), keep)).transpose()?;
    let Answer::BackedUp { bytes, .. } = &answer else { bail!(ELSE) };
    desk.show(&answer, || told(&file, *bytes, &found, removed.unwrap_or_default()))
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
    let found = sqlite::inspect(path)?;
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

/// Removes all but the newest backups of a folder; answers how many.
fn prune(folder: &Path, keep: u32) -> anyhow::Result<usize> {
    let mut backups = Vec::new();
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name().into_string().unwrap_or_default();
        let (begin, end) = NAME;
        let at = name.strip_prefix(begin).and_then(|name| name.strip_suffix(end));
        let is_time =
            |at: &str| !at.is_empty() && at.chars().all(|c| c.is_ascii_digit() || c == 'T');
        if at.is_some_and(is_time) {
            backups.push(name);
        }
    }
    backups.sort();
    let many = backups.len().saturating_sub(usize::try_from(keep)?);
    for name in backups.iter().take(many) {
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
