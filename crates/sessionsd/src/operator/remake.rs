//! A database made anew under other keys, or none, in place of itself, while nobody else has it.
//!
//! ```text
//! database ─ copied ─▶ .work ─ sealed anew, copied ─▶ .sealing ─ opened, compared, renamed ─▶ database
//! ```
//!
//! The second copy leaves behind what lies overwritten in the first.
//!
//! Not here: which keys (`seal`, `compromised`).
//!
//! Invariant: the name leads to the old database or to the new one, whole, at each instant. SIGINT and SIGTERM before that
//! leave nothing else behind; a kill leaves files that the next attempt removes.
//! Invariant: nothing is replaced by what was not verified.

use std::collections::BTreeMap;
use std::fs;

use anyhow::{Context, anyhow, bail};
use sessions::manager::ResealReport;
use sessions::store::Store;
use sessions::store::rows::RowKind;
use sessions::vault::Mode;
use sessions::{KeySource, OpenManagerError, SessionManager};
use sqlite::{Claim, SqliteStore, SystemEnvironment};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;

use crate::configuration::Unusable;
use crate::control::{self, Answer, Progress, Reached, Request};
use crate::data::folder_of;
use crate::exit;
use crate::leftover::{self, SEALING, WORK};
use crate::operate::Office;

use super::{Bar, Desk, owner};

type Manager = SessionManager<SqliteStore, SystemEnvironment>;
/// How many rows there are of each kind.
type Counts = BTreeMap<RowKind, u64>;

/// The keys of a database before and afterwards.
pub(super) struct Keys {
    pub(super) from: KeySource,
    pub(super) to: KeySource,
    /// That once more, for who opens what came of it.
    pub(super) again: KeySource,
}

/// How a key fits a database.
pub(super) enum Fit {
    /// It opens, and this is the version of its master key.
    Current(u32),
    /// It is the key that a rotation goes to, which is not complete.
    Unfinished,
    Wrong,
}

/// What was made.
#[derive(Clone, Copy)]
pub(super) struct Made {
    pub(super) sessions: u64,
    pub(super) messages: u64,
    /// The version of the master key; 0 if it is not sealed.
    pub(super) key_version: u32,
}

/// A database that is to be made anew. Dropped, it leaves nothing but that.
pub(super) struct Remake<'d> {
    desk: &'d Desk,
    claim: Claim,
}

impl<'d> Remake<'d> {
    /// Takes the database, and removes what an attempt that was broken off has left.
    pub(super) fn begin(desk: &'d Desk) -> anyhow::Result<Self> {
        let database = desk.data.database();
        let shown = database.display();
        if matches!(control::reach(database)?, Reached::Daemon(_)) {
            bail!("a daemon is using {shown}: stop it first (systemctl stop sessionsd)");
        }
        let there = fs::canonicalize(database).with_context(|| {
            format!(
                "there is no database {shown}: name its configuration with --config, or its folder with --data"
            )
        })?;
        let claim = owner::as_owner_of(folder_of(&there), || Ok(Claim::take(&there)?))?;
        let remake = Self { desk, claim };
        remake.as_owner(|| remake.remove_all())?;
        Ok(remake)
    }

    /// Whether it is sealed; `None` of one that was never used.
    pub(super) fn mode(&self) -> anyhow::Result<Option<Mode>> {
        self.as_owner(|| {
            let store = self.claim.open()?;
            Ok(block_on(store.header())??.map(|header| header.mode))
        })
    }

    /// How a key fits the database as it is.
    pub(super) fn fit(&self, key: KeySource) -> anyhow::Result<Fit> {
        self.as_owner(|| {
            let opened = block_on(self.opened(self.claim.open()?, key))?;
            #[allow(clippy::wildcard_enum_match_arm, reason = "the enum is open-ended")]
            match opened {
                Ok(manager) => Ok(Fit::Current(manager.key_version().0)),
                Err(OpenManagerError::WrongKey) => Ok(Fit::Wrong),
                Err(OpenManagerError::PreviousKeyMissing(_)) => Ok(Fit::Unfinished),
                Err(error) => Err(self.explain(error)),
            }
        })
    }

    /// Makes the new one beside it, and verifies that; told to stop, it does.
    pub(super) fn make(&self, keys: Keys) -> anyhow::Result<Made> {
        let making = || {
            block_on(async {
                let told_to_stop = told_to_stop()?;
                tokio::select! {
                    made = self.make_beside(keys) => made,
                    Ok(()) = told_to_stop => bail!("it was broken off"),
                }
            })?
        };
        self.as_owner(making).context("nothing was changed")
    }

    async fn make_beside(&self, keys: Keys) -> anyhow::Result<Made> {
        let Keys { from, to, again } = keys;
        let before = self.copy().await?;
        let report = self.seal(from, to).await?;
        let key_version = self.verify(again, &before).await?;
        let ResealReport { sessions, messages } = report;
        Ok(Made { sessions, messages, key_version })
    }

    /// Puts what was made in the place of the database.
    pub(super) fn put(&self) -> anyhow::Result<()> {
        self.as_owner(|| Ok(self.claim.replace_by(&self.claim.beside(SEALING))?))
    }

    async fn copy(&self) -> anyhow::Result<Counts> {
        self.desk.note("copying the database");
        let store = self.claim.open()?;
        if let Some(wrong) = store.check()?.first() {
            bail!(
                "the database is damaged ({wrong}): keep a copy of it and of the files beside it, then restore a backup"
            );
        }
        let counts = counts(&store).await?;
        store.copy_to(&self.claim.beside(WORK))?;
        store.close();
        // Found now rather than after the long part.
        self.claim.look_closed()?;
        Ok(counts)
    }

    async fn seal(&self, from: KeySource, to: KeySource) -> anyhow::Result<ResealReport> {
        self.desk.note("sealing it anew");
        let opened = self.opened(SqliteStore::open(&self.claim.beside(WORK))?, from).await;
        let manager = opened.map_err(|error| self.explain(error))?;
        // One that was broken off is brought to its end here, where nobody needs the key before any more.
        manager.resume_rotation(|_| ()).await?;
        let bar = Bar::default();
        let shown = |come: sessions::manager::Progress| {
            bar.show(Progress { done: come.done, of: come.total });
        };
        let report = manager.reseal(to, bot::QUEUE_BOUNDS, shown).await.context(
            "it cannot be sealed anew as it is; `sessionsd verify` says all that is wrong with it",
        )?;
        manager.store().copy_to(&self.claim.beside(SEALING))?;
        drop(manager);
        leftover::remove(self.claim.path(), WORK)?;
        Ok(report)
    }

    /// Opens what was made and holds it against what there was; answers the version of its master key.
    async fn verify(&self, key: KeySource, before: &Counts) -> anyhow::Result<u32> {
        self.desk.note("verifying what came of it");
        let database = self.claim.beside(SEALING);
        let opened = self.opened(SqliteStore::open(&database)?, key).await;
        let manager = opened.map_err(|error| self.explain(error))?;
        let office = Office { manager, database: database.clone(), live: None };
        let bar = Bar::default();
        let shown = &mut |come| {
            bar.show(come);
            Ok(())
        };
        let answer = office.perform(&Request::Verify, None, shown).await?;
        let Answer::Verified(verified) = answer else { bail!("a verification answers otherwise") };
        if let Some(first) = verified.findings.first() {
            let found = verified.found;
            bail!(
                "{found} things are wrong with what came of it, the first: {first}; `sessionsd verify` says what is wrong with the database as it is"
            );
        }
        let after = counts(office.manager.store()).await?;
        if let Some((kind, many)) = before.iter().find(|(kind, many)| after.get(kind) != Some(many))
        {
            let now = after.get(kind).copied().unwrap_or_default();
            bail!("of {many} {kind} only {now} came over");
        }
        let version = office.manager.key_version().0;
        drop(office);
        // What is renamed leaves it behind.
        fs::remove_file(self.claim.beside(&format!("{SEALING}.lock")))?;
        Ok(version)
    }

    async fn opened(
        &self,
        store: SqliteStore,
        key: KeySource,
    ) -> Result<Manager, OpenManagerError> {
        let config = self.desk.settled.sessions.clone();
        SessionManager::open(store, SystemEnvironment, config, key).await
    }

    fn explain(&self, error: OpenManagerError) -> anyhow::Error {
        let told = format!("{} cannot be opened", self.claim.path().display());
        let is_key = matches!(
            error,
            OpenManagerError::WrongKey
                | OpenManagerError::PreviousKeyMissing(_)
                | OpenManagerError::WrongPreviousKey(_)
        );
        if is_key {
            Unusable(format!("{told}: {error}")).into()
        } else {
            anyhow!(error).context(told)
        }
    }

    fn remove_all(&self) -> anyhow::Result<()> {
        let removed = leftover::remove_all(self.claim.path());
        removed.with_context(|| {
            format!("what lies beside {} cannot be removed", self.claim.path().display())
        })?;
        Ok(())
    }

    fn as_owner<T: Send>(
        &self,
        work: impl FnOnce() -> anyhow::Result<T> + Send,
    ) -> anyhow::Result<T> {
        owner::as_owner_of(folder_of(self.claim.path()), work)
    }
}

impl Drop for Remake<'_> {
    fn drop(&mut self) {
        if let Err(error) = self.as_owner(|| self.remove_all()) {
            tracing::warn!(error = format!("{error:#}"), "a file on the way could not be removed");
        }
    }
}

/// Resolves at the first SIGINT or SIGTERM, as soon as what is being done can be left; the second ends the program at once.
fn told_to_stop() -> anyhow::Result<oneshot::Receiver<()>> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let (stop, stopped) = oneshot::channel();
    tokio::spawn(async move {
        let mut next = async || {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
        };
        next().await;
        eprintln!("(breaking off)");
        let _ = stop.send(());
        next().await;
        std::process::exit(i32::from(exit::FAILED));
    });
    Ok(stopped)
}

async fn counts(store: &SqliteStore) -> anyhow::Result<Counts> {
    let mut counts = Counts::new();
    for kind in RowKind::ALL {
        counts.insert(kind, store.count(kind).await?);
    }
    Ok(counts)
}

fn block_on<T>(work: impl Future<Output = T>) -> anyhow::Result<T> {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    Ok(runtime.block_on(work))
}
