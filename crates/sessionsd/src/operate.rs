//! What an operator can have done to the sessions: by the daemon that has them, or by the program itself while none runs.
//!
//! Not here: how a request gets here (`control`), and what a person is shown of the answer (`operator`).

mod backup;
mod conversation;
mod event;
mod key;
mod look;

pub(crate) use key::check_by_header;

use std::fs::File;
use std::io;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::Context;
use sessions::SessionManager;
use sessions::manager::Cleanup;
use sqlite::{SqliteStore, SystemEnvironment};

use crate::control::{Answer, CleanedUp, Progress, Request};
use crate::log::Troubles;
use crate::run::Daemon;
use crate::service::Channel;

/// A day, in seconds.
const DAY: u64 = 86_400;

/// Whoever performs requests.
pub(crate) struct Office {
    pub(crate) manager: SessionManager<SqliteStore, SystemEnvironment>,
    pub(crate) database: PathBuf,
    /// What is known of a daemon, in the daemon itself.
    pub(crate) live: Option<Live>,
}

/// What is known of a daemon.
pub(crate) struct Live {
    pub(crate) bot: Daemon,
    pub(crate) channels: Vec<Channel>,
    pub(crate) troubles: Troubles,
    pub(crate) began: Instant,
}

/// Hears how far it is; fails when nobody wants to know any more.
pub(crate) type Tell<'a> = dyn FnMut(Progress) -> io::Result<()> + Send + 'a;

impl Request {
    /// Its name, for the log.
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::Status => "status",
            Self::Verify => "verify",
            Self::Rotate => "key rotate",
            Self::CheckKey => "key check",
            Self::Sessions { .. } => "sessions list",
            Self::Show { .. } => "sessions show",
            Self::Export { .. } => "sessions export",
            Self::Import { .. } => "sessions import",
            Self::Delete { .. } => "sessions delete",
            Self::Events => "events list",
            Self::RetryEvents { .. } => "events retry",
            Self::DeleteEvents { .. } => "events delete",
            Self::Cleanup { .. } => "cleanup",
            Self::Backup => "backup",
        }
    }
}

impl Office {
    /// Does what is asked, with the file that came along.
    pub(crate) async fn perform(
        &self,
        request: &Request,
        file: Option<File>,
        tell: &mut Tell<'_>,
    ) -> anyhow::Result<Answer> {
        if let (Request::Rotate, None) = (request, &file) {
            return self.finish_rotation(tell).await;
        }
        let file = || file.context("a file should have come along with this request");
        match request {
            Request::Status => self.status().await,
            Request::Verify => self.verify(tell).await,
            Request::Rotate => self.rotate(file()?, tell).await,
            Request::CheckKey => self.check_key(file()?).await,
            Request::Sessions { limit, bin, of } => self.list(*limit, *bin, of.as_deref()).await,
            Request::Show { session } => self.show(session).await,
            Request::Export { session, form } => self.export(session, *form, file()?).await,
            Request::Import { beside } => self.import(beside, file()?).await,
            Request::Delete { session } => self.delete(session).await,
            Request::Events => self.list_events().await,
            Request::RetryEvents { events } => self.try_again(events).await,
            Request::DeleteEvents { events } => self.give_up(events).await,
            Request::Cleanup { older_than_days, keep_checkpoints, dry_run } => {
                self.clean_up(*older_than_days, *keep_checkpoints, *dry_run).await
            }
            Request::Backup => self.back_up(file()?, tell).await,
        }
    }

    async fn clean_up(
        &self,
        older_than_days: u32,
        keep_checkpoints: bool,
        dry_run: bool,
    ) -> anyhow::Result<Answer> {
        let older_than = Duration::from_secs(u64::from(older_than_days) * DAY);
        let asked = Cleanup { older_than, keep_checkpoints, dry_run };
        let report = self.manager.cleanup(asked).await?;
        Ok(Answer::CleanedUp(CleanedUp {
            sessions: report.sessions,
            held: report.held,
            checkpoints: report.checkpoints,
            messages: report.messages,
            failed: report.failed,
            first_failure: report.first_failure,
            scrubbed: report.scrubbed,
            dry_run,
        }))
    }
}
