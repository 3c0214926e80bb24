//! `sessionsd encrypt` and `sessionsd decrypt`: a database sealed, or made plain, in place of itself.
//!
//! What `encryption.enabled` says does not matter here: it says what a daemon is to find afterwards.
//!
//! The old file is not kept. In clear it would hold everything for everybody; sealed it would hold for as long as its key
//! is there what is deleted, or forgotten, later.
//!
//! Invariant: the key is there before anything is sealed under it.

use std::path::PathBuf;

use anyhow::{Context, bail};
use serde::Serialize;
use sessions::KeySource;
use sessions::vault::{KeyText, Mode};

use crate::arguments::Whose;
use crate::configuration::Unusable;
use crate::data::folder_of;
use crate::key::{Key, KeyPlace, make_key_like};

use super::Desk;
use super::key::hold;
use super::remake::{Fit, Keys, Made, Remake};

/// What was done, for `--json`.
#[derive(Serialize)]
#[serde(tag = "answer", rename_all = "kebab-case")]
enum Done {
    /// It is sealed, or was already.
    Encrypted(Outcome),
    /// It is in clear, or was already.
    Decrypted(Outcome),
}

#[derive(Serialize)]
struct Outcome {
    database: PathBuf,
    /// Whether it was otherwise before.
    changed: bool,
    /// The version of the master key; 0 if it is in clear.
    key_version: u32,
    /// Where the master key is.
    key: String,
    /// Whether that was made just now.
    key_made: bool,
    #[serde(flatten)]
    rows: Option<Rows>,
}

#[derive(Serialize)]
struct Rows {
    sessions: u64,
    messages: u64,
}

pub(crate) fn encrypt(asked: &Whose) -> anyhow::Result<()> {
    let desk = Desk::of(asked)?;
    let place = desk.data.key_place();
    let remake = Remake::begin(&desk)?;
    if remake.mode()? == Some(Mode::Sealed) {
        let (source, from) = source(existing(place)?)?;
        let version = match remake.fit(source)? {
            Fit::Current(version) => version,
            Fit::Unfinished => bail!(
                "the database is sealed already, and a rotation of its master key is not complete: start the daemon, or run `sessionsd key rotate`"
            ),
            Fit::Wrong => Err(Unusable(format!(
                "the database is sealed already, and not under the master key in {from}"
            )))?,
        };
        return desk.tell(&Done::Encrypted(outcome(&desk, None, version, from, false)), || {
            let set = set(&desk, true);
            format!(
                "The database is sealed already, under version {version} of the master key.{set}"
            )
        });
    }
    let _held = hold(place.file())?;
    let made = match place.at_hand()? {
        Some(_) => false,
        None => {
            let file = place.file();
            make_key_like(file, folder_of(file))
                .with_context(|| format!("the key file {} cannot be made", file.display()))?;
            true
        }
    };
    let (to, from) = source(existing(place)?)?;
    let (again, _) = source(existing(place)?)?;
    let rows = remake.make(Keys { from: KeySource::Plain, to, again })?;
    remake.put()?;
    drop(remake);
    let key = from.clone();
    desk.tell(&Done::Encrypted(outcome(&desk, Some(rows), rows.key_version, key, made)), || {
        encrypted(&desk, rows, &from, made)
    })
}

pub(crate) fn decrypt(asked: &Whose) -> anyhow::Result<()> {
    let desk = Desk::of(asked)?;
    let remake = Remake::begin(&desk)?;
    if remake.mode()? == Some(Mode::Plain) {
        let key = String::new();
        return desk.tell(&Done::Decrypted(outcome(&desk, None, 0, key, false)), || {
            format!("The database is in clear already.{}", set(&desk, false))
        });
    }
    let key = existing(desk.data.key_place())?;
    let (source, from) = rotating(key)?;
    let keys = Keys { from: source, to: KeySource::Plain, again: KeySource::Plain };
    let rows = remake.make(keys)?;
    remake.put()?;
    drop(remake);
    let key = from.clone();
    desk.tell(&Done::Decrypted(outcome(&desk, Some(rows), 0, key, false)), || {
        decrypted(&desk, rows, &from)
    })
}

/// The key that there is.
fn existing(place: &KeyPlace) -> anyhow::Result<Key> {
    let missing = || Unusable(format!("the master key is not there: {}", place.file().display()));
    Ok(place.at_hand()?.ok_or_else(missing)?)
}

/// The key itself, and where it is; the one before does not matter.
fn source(key: Key) -> anyhow::Result<(KeySource, String)> {
    let text = text(key.text, &key.from)?;
    Ok((KeySource::Sealed(text), key.from))
}

/// The same; the one before may be needed yet.
fn rotating(key: Key) -> anyhow::Result<(KeySource, String)> {
    let Some(previous) = key.previous else { return source(key) };
    let current = text(key.text, &key.from)?;
    Ok((KeySource::Rotating { current, previous }, key.from))
}

fn text(text: Option<KeyText>, from: &str) -> anyhow::Result<KeyText> {
    text.with_context(|| format!("there is no key in {from}"))
}

fn outcome(
    desk: &Desk,
    rows: Option<Made>,
    key_version: u32,
    key: String,
    key_made: bool,
) -> Outcome {
    Outcome {
        database: desk.database(),
        changed: rows.is_some(),
        key_version,
        key,
        key_made,
        rows: rows.map(|Made { sessions, messages, .. }| Rows { sessions, messages }),
    }
}

fn encrypted(desk: &Desk, made: Made, key: &str, key_made: bool) -> String {
    let Made { sessions, messages, .. } = made;
    let was_made = if key_made { ", made just now" } else { "" };
    format!(
        "Sealed {}: {sessions} sessions, each with a key of its own, {messages} messages; opened and compared.\n\
         The master key is {key}{was_made}: keep a copy elsewhere, without it nothing can be read.\n\
         The file in clear is removed. Backups and copies from before are still in clear: make new ones and destroy those. \
         The disk may keep removed blocks until it writes over them, an SSD for long.{}",
        desk.data.database().display(),
        set(desk, true)
    )
}

fn decrypted(desk: &Desk, made: Made, key: &str) -> String {
    let Made { sessions, messages, .. } = made;
    format!(
        "{} is in clear: {sessions} sessions, {messages} messages; opened and compared. Everybody who gets the file can read it.\n\
         The sealed file is removed; `sessionsd encrypt` seals it again. Keep the master key, {key}: backups from before need it.{}",
        desk.data.database().display(),
        set(desk, false)
    )
}

/// What is still to be set, so that a daemon finds what it expects.
fn set(desk: &Desk, is_sealed: bool) -> String {
    if desk.data.is_sealed() == is_sealed {
        return String::new();
    }
    format!("\nNow set encryption.enabled = {is_sealed}: before that no daemon starts with it.")
}
