//! The operator's commands: what is asked of the daemon, or done on the files while none runs; and what is shown of it.
//!
//! Not here: how it is done (`operate`).
//!
//! Invariant: on the files everything is done as their owner, so that no file of root's is left where the daemon is to
//! write.

mod backup;
mod compromised;
mod conversation;
mod doctor;
mod event;
mod key;
mod look;
mod owner;
mod remake;
mod restore;
mod seal;

use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::bail;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use sqlite::SystemEnvironment;

use crate::arguments::Whose;
use crate::configuration::{self, Settled};
use crate::control::{self, Answer, CleanedUp, Progress, Reached, Request};
use crate::data::{Data, Opened, folder_of};
use crate::operate::Office;
use crate::say::say;

pub(crate) use backup::back_up;
pub(crate) use conversation::{delete, export, import, list, show};
pub(crate) use doctor::doctor;
pub(crate) use event::{delete_events, list_events, retry_events};
pub(crate) use key::{check_key, generate_key, rotate_key};
pub(crate) use look::{status, verify};
pub(crate) use restore::restore;
pub(crate) use seal::{decrypt, encrypt};

/// Why an answer that does not belong to its request is none.
const ELSE: &str = "the daemon answers something else";

/// A database, and how answers are shown.
struct Desk {
    settled: Settled,
    data: Data,
    json: bool,
}

impl Desk {
    fn of(whose: &Whose) -> anyhow::Result<Self> {
        let settled = configuration::load(whose.configured.file(), std::env::vars_os())?;
        let data = Data::place(whose.data.clone(), &settled)?;
        Ok(Self { settled, data, json: whose.json })
    }

    fn database(&self) -> PathBuf {
        self.data.database().to_owned()
    }

    /// Has it done by whoever has the database.
    fn ask(&self, request: &Request, file: Option<File>) -> anyhow::Result<Answer> {
        let bar = Bar::default();
        match control::reach(self.data.database())? {
            Reached::Daemon(asking) => {
                self.note("by the running daemon");
                asking.ask(request, file.map(Into::into), |progress| bar.show(progress))
            }
            Reached::Nobody => {
                self.note("no daemon runs, so on the files");
                self.do_it(request, file, &bar)
            }
        }
    }

    /// Does it, with the lock of the database taken.
    fn do_it(&self, request: &Request, file: Option<File>, bar: &Bar) -> anyhow::Result<Answer> {
        let data = &self.data;
        let database = data.database();
        look_there(database)?;
        // The key may be root's alone, and so may be what is written for whoever asks.
        let key = data.find_key()?;
        let config = self.settled.sessions.clone();
        owner::as_owner_of(folder_of(database), || {
            let opening = data.open_with(key, SystemEnvironment, config);
            perform(opening, database, request, file, bar)
        })
    }

    /// Says something that is no answer.
    fn note(&self, what: &str) {
        if !self.json {
            eprintln!("({what})");
        }
    }

    /// Shows an answer.
    fn show(&self, answer: &Answer, words: impl FnOnce() -> String) -> anyhow::Result<()> {
        self.tell(answer, words)
    }

    /// Shows what was done.
    fn tell(&self, done: &impl Serialize, words: impl FnOnce() -> String) -> anyhow::Result<()> {
        if self.json {
            say(&serde_json::to_string(done)?)
        } else {
            say(&crate::console::printable(&words()))
        }
    }
}

/// Does something on the files, once they are opened.
fn perform(
    opening: impl Future<Output = anyhow::Result<Opened<SystemEnvironment>>>,
    database: &Path,
    request: &Request,
    file: Option<File>,
    bar: &Bar,
) -> anyhow::Result<Answer> {
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = runtime.worker_threads(2).enable_all().build()?;
    runtime.block_on(async {
        let manager = opening.await?.manager;
        let office = Office { manager, database: database.to_owned(), live: None };
        let mut tell = |progress| {
            bar.show(progress);
            Ok(())
        };
        office.perform(request, file, &mut tell).await
    })
}

fn look_there(database: &Path) -> anyhow::Result<()> {
    if !database.exists() {
        bail!(
            "there is no database {}: name its configuration with --config, or its folder with --data",
            database.display()
        );
    }
    Ok(())
}

/// How far it is, on a terminal.
#[derive(Default)]
struct Bar {
    bar: std::sync::OnceLock<ProgressBar>,
}

impl Bar {
    fn show(&self, progress: Progress) {
        let bar = self.bar.get_or_init(|| {
            let style = ProgressStyle::with_template("{wide_bar} {percent} % {eta}");
            ProgressBar::new(progress.of)
                .with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
        });
        bar.set_length(progress.of);
        bar.set_position(progress.done);
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        if let Some(bar) = self.bar.get() {
            bar.finish_and_clear();
        }
    }
}

/// `sessionsd cleanup`; answers whether no session was passed over.
pub(crate) fn clean_up(asked: &crate::arguments::Cleanup) -> anyhow::Result<bool> {
    let desk = Desk::of(&asked.whose)?;
    let request = Request::Cleanup {
        older_than_days: asked.older_than,
        keep_checkpoints: asked.keep_checkpoints,
        dry_run: asked.dry_run,
    };
    let answer = desk.ask(&request, None)?;
    let Answer::CleanedUp(cleaned) = &answer else { bail!(ELSE) };
    desk.show(&answer, || cleaned_up(cleaned))?;
    Ok(cleaned.failed == 0)
}

/// What a clean-up did, in words.
fn cleaned_up(cleaned: &CleanedUp) -> String {
    let CleanedUp { sessions, held, checkpoints, messages, failed, .. } = cleaned;
    let CleanedUp { scrubbed, dry_run, .. } = *cleaned;
    let (verb, rest) = if dry_run {
        ("Would remove", "Nothing was changed.")
    } else if scrubbed {
        ("Removed", "What was removed is in no file any more.")
    } else {
        (
            "Removed",
            "Somebody still reads an older state; until the next clean-up, what was removed is in the database's log.",
        )
    };
    let passed_over = match &cleaned.first_failure {
        None => String::new(),
        Some(first) => format!(
            "\n{failed} sessions were passed over, what is old of them stays; the first because of this: {first}. `sessionsd verify` says what is wrong."
        ),
    };
    format!(
        "{verb} {sessions} sessions with their keys, {messages} messages, {checkpoints} checkpoints; of {held} sessions only what checkpoints reach is left.\n{rest}{passed_over}"
    )
}
