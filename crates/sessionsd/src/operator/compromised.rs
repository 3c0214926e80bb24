//! `sessionsd key rotate --compromised`: another master key, and another key for each session, as somebody may have the old
//! ones.
//!
//! ```text
//! new key → KEY.new     the database sealed anew beside itself     KEY → KEY.previous     KEY.new → KEY
//! the new database takes the name
//! ```
//!
//! Broken off before the keys change places, nothing has happened. After that the old database opens with both keys, as in
//! any rotation, until this is done again.
//!
//! Invariant: at each instant the files hold every key that the database may need.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use serde::Serialize;
use sessions::KeySource;
use sessions::vault::Mode;

use crate::arguments::Rotate;
use crate::configuration::Unusable;
use crate::key::{read_key, read_text};

use super::Desk;
use super::key::{draft, exchange, hold, place, take_back};
use super::remake::{Fit, Keys, Made, Remake};

/// What was done, for `--json`.
#[derive(Serialize)]
#[serde(tag = "answer", rename = "rotated-anew")]
struct Done<'d> {
    version: u32,
    sessions: u64,
    messages: u64,
    key_file: &'d Path,
    previous_key_file: &'d Path,
}

/// Where the keys are.
struct Files {
    present: PathBuf,
    previous: PathBuf,
    /// The new one, unless it is in the place of the present one already.
    draft: Option<PathBuf>,
}

impl Files {
    /// The file with the key that the database is sealed under.
    fn sealed_under(&self) -> &Path {
        if self.draft.is_some() { &self.present } else { &self.previous }
    }

    /// The file with the key that it is to be sealed under.
    fn to_be(&self) -> &Path {
        self.draft.as_deref().unwrap_or(&self.present)
    }

    fn exchange(&self) -> anyhow::Result<()> {
        let Some(draft) = &self.draft else { return Ok(()) };
        exchange(draft, &self.present, &self.previous)
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        if let Some(draft) = &self.draft {
            // After the exchange there is none.
            let _ = fs::remove_file(draft);
        }
    }
}

pub(super) fn rotate(asked: &Rotate) -> anyhow::Result<()> {
    let desk = Desk::of(&asked.whose)?;
    let place = place(&desk)?;
    let remake = Remake::begin(&desk)?;
    if remake.mode()? == Some(Mode::Plain) {
        bail!(
            "the database is not sealed, so there is no master key: `sessionsd encrypt` seals it"
        );
    }
    // Two keys that contradict each other are told of.
    place.at_hand()?;
    let (present, previous) = (place.file().to_owned(), place.previous_file());
    if !present.exists() {
        return Err(Unusable(format!(
            "the master key is not in {}: put it there for this, and the new one afterwards where it is handed over from",
            present.display()
        ))
        .into());
    }
    let _held = hold(&present)?;
    take_back(&present, &previous)?;
    let files = if previous.exists() {
        go_on(&remake, present, previous, asked)?
    } else {
        let draft = draft(&present, asked.to.as_deref())?;
        Files { present, previous, draft: Some(draft) }
    };
    let key = |file: &Path| anyhow::Ok(KeySource::Sealed(read_key(file)?));
    let text = || Ok::<_, anyhow::Error>(read_text(File::open(files.to_be())?)?);
    let sealed_under = text()?;
    let keys = Keys {
        from: key(files.sealed_under())?,
        to: key(files.to_be())?,
        again: key(files.to_be())?,
    };
    let made = remake.make(keys)?;
    // It took long, and a lock keeps nobody but commands of this program away.
    if text().ok() != Some(sealed_under) {
        bail!(
            "the key in {} was changed meanwhile: nothing was changed; run this again",
            files.to_be().display()
        );
    }
    files.exchange()?;
    remake.put().with_context(|| {
        format!(
            "the new key is in {}, the one before in {}: keep both, and run this again",
            files.present.display(),
            files.previous.display()
        )
    })?;
    drop(remake);
    let Made { sessions, messages, key_version: version } = made;
    let (key_file, previous_key_file) = (files.present.as_path(), files.previous.as_path());
    let done = Done { version, sessions, messages, key_file, previous_key_file };
    desk.tell(&done, || words(&done))
}

/// The keys have changed places, and the database has not heard of it; or what is left of an earlier rotation is there.
fn go_on(
    remake: &Remake<'_>,
    present: PathBuf,
    previous: PathBuf,
    asked: &Rotate,
) -> anyhow::Result<Files> {
    let fit = |file: &Path| remake.fit(KeySource::Sealed(read_key(file)?));
    let (shown, left) = (present.display(), previous.display());
    match (fit(&present)?, fit(&previous)?) {
        (Fit::Current(_), _) => bail!(
            "{left} is left of the last rotation: move it to the backups that were made under it, or destroy it together \
             with them; then run this again"
        ),
        (Fit::Unfinished, _) => {
            bail!(
                "a rotation to the key in {shown} is not complete: finish it with `sessionsd key rotate` first"
            )
        }
        (Fit::Wrong, Fit::Current(_)) if asked.to.is_some() => {
            bail!("a rotation to the key in {shown} was begun: finish it first, without --to")
        }
        (Fit::Wrong, Fit::Current(_)) => Ok(Files { present, previous, draft: None }),
        (Fit::Wrong, Fit::Wrong | Fit::Unfinished) => {
            bail!("neither {shown} nor {left} holds the master key of this database: put it back")
        }
    }
}

fn words(done: &Done<'_>) -> String {
    let Done { version, sessions, messages, key_file, previous_key_file } = done;
    let (new, old) = (key_file.display(), previous_key_file.display());
    format!(
        "The master key now has version {version}, and each of {sessions} sessions a new key: {messages} messages were sealed anew, opened and compared.\n\
         The new key is {new}: keep a copy elsewhere.\n\
         The one before is {old}: the database needs it no more. Destroy it together with the backups that were made under it, and make a new one.\n\
         Whoever has the old key and a copy of the file from before reads that copy still. In this file they read no message, title or checkpoint; \
         but the key of names is the one before, so they read places, people, settings and the words of searches with several pages, and can test names and numbers that they guess."
    )
}
