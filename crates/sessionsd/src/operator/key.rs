//! `sessionsd key …`: the master key as a file.
//!
//! ```text
//! new key → KEY.new        KEY → KEY.previous        KEY.new → KEY        the database takes the new one
//! ```
//!
//! Invariant: at each instant the files hold every key that the database may need, so a crash is mended by a start.
//! Invariant: one command at a time changes key files of a folder, by a lock on the folder itself ([`hold`]).

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;
use sessions::vault::{KeyText, Mode};
use zeroize::Zeroizing;

use crate::arguments::{CheckKey, Rotate};
use crate::control::{self, Answer, Reached, Request};
use crate::data::folder_of;
use crate::key::{KeyPlace, give, make_key, read_key, read_text};

use crate::operate::check_by_header;
use crate::say::say;

use super::{Desk, ELSE, look_there, owner};

pub(crate) fn generate_key(file: &Path) -> anyhow::Result<()> {
    // Also a link that leads nowhere is something.
    if fs::symlink_metadata(file).is_ok() {
        bail!("{} is there already: it is left as it is; give another name", file.display());
    }
    make_key(file).with_context(|| format!("{} cannot be made", file.display()))?;
    say(&format!("Wrote a new key to {}: keep a copy elsewhere.", file.display()))
}

pub(crate) fn check_key(asked: &CheckKey) -> anyhow::Result<()> {
    let desk = Desk::of(&asked.whose)?;
    let place = place(&desk)?;
    let path = asked.file.clone().unwrap_or_else(|| place.file().to_owned());
    let shown = path.display();
    let Checked { answer, version, current, leaving } = check(&desk, &path)?;
    let Some(version) = version else {
        bail!(
            "{shown} holds no key that this database needs; its master key has version {current}"
        );
    };
    desk.show(&answer, || match leaving {
        Some(leaving) if leaving == version => format!(
            "{shown} holds version {version} of the master key, which is on its way out: keep it until the rotation to version {current} is complete."
        ),
        Some(leaving) => format!(
            "{shown} holds version {version} of the master key, the current one; version {leaving} is needed as well until the rotation is complete."
        ),
        None => format!("{shown} holds version {version} of the master key, the current one."),
    })
}

pub(crate) fn rotate_key(asked: &Rotate) -> anyhow::Result<()> {
    if asked.compromised {
        return super::compromised::rotate(asked);
    }
    let desk = Desk::of(&asked.whose)?;
    let place = place(&desk)?;
    let (file, previous) = (place.file().to_owned(), place.previous_file());
    if !file.exists() {
        bail!(
            "the master key is not in {}: where it is handed over in another way, put the new one there and the one \
             before into encryption.previous_key_file, and start the daemon",
            file.display()
        );
    }
    let _held = hold(&file)?;
    take_back(&file, &previous)?;
    let answer = if previous.exists() {
        go_on(&desk, &file, &previous, asked)?
    } else {
        look_before(&desk, &file, asked.to.as_deref())?;
        swap(&file, &previous, asked.to.as_deref())?;
        desk.ask(&Request::Rotate, Some(open(&file)?)).with_context(|| {
            format!(
                "the new key is in {}, the one before in {}: keep both, and run this again or start the daemon",
                file.display(),
                previous.display()
            )
        })?
    };
    let (version, keys, scrubbed) = if let Answer::Rotated { version, keys, scrubbed } = answer {
        (version, keys, scrubbed)
    } else if let Answer::NothingToRotate { version } = answer {
        (version, 0, true)
    } else {
        bail!(ELSE)
    };
    desk.show(&answer, || {
        let still = if scrubbed {
            String::new()
        } else {
            " Somebody still reads an older state of the database, with keys under the old one.".to_owned()
        };
        format!(
            "The master key now has version {version}: {keys} keys were wrapped anew, nothing else was touched.{still}\nThe new key is {}: keep a copy elsewhere.\nThe one before is {}: the database needs it no more. Move it to the backups that were made under it, or destroy it together with them.",
            file.display(),
            previous.display()
        )
    })
}

/// A rotation was begun and not finished, or what is left of an earlier one is still there.
fn go_on(desk: &Desk, file: &Path, previous: &Path, asked: &Rotate) -> anyhow::Result<Answer> {
    let Checked { version, current, leaving, .. } = check(desk, file)?;
    match (version, leaving) {
        // The files were swapped, and the database has not heard of it; if it loses its own key, it is lost.
        (None, None) => {
            if check(desk, previous)?.version != Some(current) {
                bail!(
                    "neither {} nor {} holds the master key of this database: put it back, version {current}",
                    file.display(),
                    previous.display()
                );
            }
            desk.ask(&Request::Rotate, Some(open(file)?))
        }
        (Some(version), Some(_)) => {
            let finished = desk.ask(&Request::Rotate, None)?;
            let is_unheard =
                matches!(finished, Answer::NothingToRotate { version: known } if known != current);
            // It began, and a daemon whose disk failed in that moment does not know; the key tells it.
            if is_unheard && version == current {
                return desk.ask(&Request::Rotate, Some(open(file)?));
            }
            Ok(finished)
        }
        (Some(_), None) => bail!(
            "{} is left of the last rotation: move it to the backups that were made under it, or destroy it together \
             with them; then rotate again{}",
            previous.display(),
            asked.to.as_ref().map_or("", |_| " with --to")
        ),
        (None, Some(_)) => bail!(
            "{} holds no key that this database needs: put its master key back, version {current}",
            file.display()
        ),
    }
}

/// Looks whether keys can change places: the present one is the database's, and the new one is another.
fn look_before(desk: &Desk, file: &Path, to: Option<&Path>) -> anyhow::Result<()> {
    let Checked { version, current, leaving, .. } = check(desk, file)?;
    if version != Some(current) {
        bail!(
            "nothing was changed: {} does not hold the master key of this database: put it back, version {current}",
            file.display()
        );
    }
    if let Some(leaving) = leaving {
        bail!(
            "nothing was changed: a rotation to version {current} is not complete, and version {leaving}, which it needs, is not in place: put it there"
        );
    }
    if let Some(to) = to {
        if check(desk, to)?.version.is_some() {
            bail!("nothing was changed: {} holds the present master key", to.display());
        }
        // Others may not be able to read the next one either.
        read_key(to).context("nothing was changed")?;
    }
    Ok(())
}

/// Which key a file holds, and which ones the database needs.
struct Checked {
    answer: Answer,
    /// Which of them it is.
    version: Option<u32>,
    current: u32,
    /// The one on its way out.
    leaving: Option<u32>,
}

/// Looks at a key in a file. Where no daemon runs, by what the database says of its keys: the configured one need not fit.
fn check(desk: &Desk, file: &Path) -> anyhow::Result<Checked> {
    // What is no key is told by its name.
    read_key_text(file)?;
    let (database, key) = (desk.data.database(), open(file)?);
    let answer = match control::reach(database)? {
        Reached::Daemon(asking) => asking.ask(&Request::CheckKey, Some(key.into()), |_| ())?,
        Reached::Nobody => {
            look_there(database)?;
            let header = || Ok(sqlite::header(database)?);
            let header = owner::as_owner_of(folder_of(database), header)?;
            let sealed = header.filter(|header| header.mode == Mode::Sealed);
            let sealed = sealed.with_context(|| {
                format!(
                    "the database {} has no master key: it is in clear, was never used, or is of an earlier version, which a start of the daemon changes",
                    database.display()
                )
            })?;
            check_by_header(&sealed, key)?
        }
    };
    let Answer::KeyChecked { version, current, leaving } = answer else { bail!(ELSE) };
    Ok(Checked { answer, version, current, leaving })
}

pub(super) fn place(desk: &Desk) -> anyhow::Result<KeyPlace> {
    let Some(place) = desk.data.key() else {
        bail!("encryption.enabled is false: nothing is sealed, so there is no master key")
    };
    Ok(place.clone())
}

fn open(file: &Path) -> anyhow::Result<File> {
    File::open(file).with_context(|| format!("{} cannot be read", file.display()))
}

/// Keeps other commands from key files in this folder until it is dropped, or the process ends in any way.
pub(super) fn hold(file: &Path) -> anyhow::Result<File> {
    let folder = folder_of(file);
    let shown = folder.display();
    let held = File::open(folder).with_context(|| format!("{shown} cannot be opened"))?;
    match flock(&held, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(held),
        Err(Errno::WOULDBLOCK) => bail!(
            "another command is changing the master key in {shown}: nothing was changed; run this again when it has ended"
        ),
        Err(error) => Err(error).with_context(|| format!("{shown} cannot be locked")),
    }
}

/// Where an exchange was broken off half-way, both names lead to the present key: then nothing has happened yet.
pub(super) fn take_back(file: &Path, previous: &Path) -> anyhow::Result<()> {
    let of = |file: &Path| fs::symlink_metadata(file).map(|found| (found.dev(), found.ino()));
    if matches!((of(file), of(previous)), (Ok(one), Ok(other)) if one == other) {
        fs::remove_file(previous)
            .with_context(|| format!("{} cannot be removed", previous.display()))?;
    }
    Ok(())
}

/// Puts a new key in the place of the present one, which stays beside it.
fn swap(file: &Path, previous: &Path, to: Option<&Path>) -> anyhow::Result<()> {
    let draft = draft(file, to)?;
    exchange(&draft, file, previous)
}

/// Writes a new key beside the present one, for whoever holds the folder; answers where.
pub(super) fn draft(file: &Path, to: Option<&Path>) -> anyhow::Result<PathBuf> {
    let draft = PathBuf::from(format!("{}.new", file.display()));
    let _ = fs::remove_file(&draft);
    let text = match to {
        None => KeyText::generate()?.1,
        Some(given) => read_key_text(given)?,
    };
    let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft);
    let written = made.and_then(|mut made| {
        // It belongs to whom the present key belongs.
        give(&made, file)?;
        made.write_all(text.as_bytes())?;
        if to.is_none() {
            made.write_all(b"\n")?;
        }
        made.sync_all()
    });
    written.with_context(|| format!("{} cannot be made", draft.display())).inspect_err(|_| {
        let _ = fs::remove_file(&draft);
    })?;
    Ok(draft)
}

/// Puts a key that was written beside it in the place of the present one, which stays as the previous one.
pub(super) fn exchange(draft: &Path, file: &Path, previous: &Path) -> anyhow::Result<()> {
    fs::hard_link(file, previous)
        .with_context(|| format!("{} cannot be made", previous.display()))?;
    // The old key has its other name for good before it loses this one.
    File::open(folder_of(previous))?.sync_all()?;
    fs::rename(draft, file).with_context(|| format!("{} cannot be replaced", file.display()))?;
    File::open(folder_of(file))?.sync_all()?;
    Ok(())
}

/// The text of a key that is one.
fn read_key_text(from: &Path) -> anyhow::Result<Zeroizing<String>> {
    let text = read_text(open(from)?);
    let text = text.with_context(|| format!("{} cannot be read", from.display()))?;
    KeyText::parse(&text).with_context(|| format!("{} holds no key", from.display()))?;
    Ok(text)
}
