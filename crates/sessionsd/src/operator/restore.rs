//! `sessionsd restore`: a backup becomes the database of a place that has none.
//!
//! The copy is opened with its key, and what was under way when the backup was made is held back, before it has the name
//! of a database: a daemon finds a whole one or none.
//!
//! Invariant: nothing that is there is replaced, neither a database nor a backup.
//! Invariant: no daemon and no other restore has the place, from before the first look until the copy has its name.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use bot::HeldBack;
use serde::Serialize;
use sessions::time::Timestamp;
use sqlite::{Claim, Inspection, OpenStoreError, SystemEnvironment};

use crate::arguments::Restore;
use crate::control::{self, Progress, Reached};
use crate::data::{DATABASE, folder_of};
use crate::key::Key;
use crate::leftover;

use super::{Bar, Desk, owner};

/// How much is copied at once.
const PIECE: usize = 1 << 20;

/// What was restored, for `--json`.
#[derive(Serialize)]
struct Restored {
    database: PathBuf,
    sessions: u64,
    messages: u64,
    /// When anything last happened in it.
    last_activity_at: Option<String>,
    answers_held_back: u64,
    events_set_aside: u64,
}

pub(crate) fn restore(asked: &Restore) -> anyhow::Result<()> {
    let desk = Desk::of(&asked.whose)?;
    let database = match &asked.into {
        Some(folder) => folder.join(DATABASE),
        None => desk.database(),
    };
    refuse_if_used(&database)?;
    let backup = asked.file.display();
    let from = File::open(&asked.file).with_context(|| format!("{backup} cannot be read"))?;
    // The key may be root's alone, and so may the folder's parent.
    let (found, key) = look_at(&desk, &asked.file)?;
    let folder = folder_of(&database);
    let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
    made.with_context(|| format!("the folder {} cannot be made", folder.display()))?;
    owner::become_owner_of(folder)?;

    let claim = Claim::take_place(&database)?;
    refuse_if_used(&database)?;
    let draft = claim.beside(".restoring");
    leftover::remove_whole(&draft)?;
    let held = fill(from, &draft).and_then(|()| make_fit(&desk, &draft, key)).and_then(|held| {
        let put = claim.fill_by(&draft);
        put.with_context(|| format!("{} cannot be made", database.display()))?;
        Ok(held)
    });
    let _ = leftover::remove_whole(&draft);
    let held = held?;
    drop(claim);
    tell(&desk, &database, &found, held)
}

/// Looks whether a backup is whole, and opens with the key that there is.
pub(super) fn look_at(desk: &Desk, backup: &Path) -> anyhow::Result<(Inspection, Key)> {
    let shown = backup.display();
    if !backup.exists() {
        bail!("there is no file {shown}");
    }
    let found = match sqlite::inspect(backup) {
        Err(OpenStoreError::Damaged { what, .. }) => {
            bail!("the backup {shown} is damaged ({what}): take another one")
        }
        looked => looked?,
    };
    if let Some(header) = sqlite::header(backup)? {
        let fits = desk.data.at(backup.to_owned()).fits(&header, desk.data.existing_key()?);
        fits.with_context(|| match desk.data.key() {
            Some(place) if found.is_sealed => format!(
                "the backup {shown} does not open; where its key was rotated since, the one that it was made under belongs into {}",
                place.previous_file().display()
            ),
            _ => format!("the backup {shown} does not open"),
        })?;
    }
    Ok((found, desk.data.existing_key()?))
}

fn refuse_if_used(database: &Path) -> anyhow::Result<()> {
    let shown = database.display();
    if matches!(control::reach(database)?, Reached::Daemon(_)) {
        bail!(
            "a daemon is using {shown}: stop it, move that database away, and restore then; or restore into another \
             folder with --into DIR"
        );
    }
    for name in [database.to_owned(), PathBuf::from(format!("{shown}-wal"))] {
        if name.exists() {
            bail!(
                "{} is there: it is left as it is. Move it away with all files whose names begin like it, or restore \
                 into another folder with --into DIR",
                name.display()
            );
        }
    }
    Ok(())
}

fn fill(mut from: File, draft: &Path) -> anyhow::Result<()> {
    let of = from.metadata()?.len();
    let to = OpenOptions::new().write(true).create_new(true).mode(0o600).open(draft);
    let mut to = to.with_context(|| format!("{} cannot be made", draft.display()))?;
    let (bar, mut piece, mut done) = (Bar::default(), vec![0; PIECE], 0);
    let mut copy = || -> io::Result<()> {
        loop {
            let read = from.read(&mut piece)?;
            if read == 0 {
                return to.sync_all();
            }
            io::Write::write_all(&mut to, piece.get(..read).unwrap_or_default())?;
            done += read as u64;
            bar.show(Progress { done, of });
        }
    };
    copy().with_context(|| format!("the backup cannot be copied to {}", draft.display()))
}

/// Opens the copy with its key, and holds back what was under way.
fn make_fit(desk: &Desk, draft: &Path, key: Key) -> anyhow::Result<HeldBack> {
    let data = desk.data.at(draft.to_owned());
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(async {
        let config = desk.settled.sessions.clone();
        let opened = data.open_with(key, SystemEnvironment, config).await?;
        Ok(bot::hold_back(&opened.manager).await?)
    })
}

fn tell(desk: &Desk, database: &Path, found: &Inspection, held: HeldBack) -> anyhow::Result<()> {
    let last = found.last_activity.map(|at| Timestamp::from_millis(at).to_rfc3339());
    let HeldBack { answers, events, .. } = held;
    let restored = Restored {
        database: database.to_owned(),
        sessions: found.sessions,
        messages: found.messages,
        last_activity_at: last,
        answers_held_back: answers,
        events_set_aside: events,
    };
    desk.tell(&restored, || {
        let until = restored.last_activity_at.as_deref().unwrap_or("nothing: it is empty");
        let (database, sessions, messages) = (database.display(), found.sessions, found.messages);
        let list = if events > 0 { " `sessionsd events list` shows them." } else { "" };
        format!(
            "Restored {database}: {sessions} sessions, {messages} messages.\n\
             The last thing in it is of {until}; what was said after the backup was made is not in it.\n\
             Answers that were under way are not sent again: {answers}. Events that were not done are set aside: {events}.{list}"
        )
    })
}
