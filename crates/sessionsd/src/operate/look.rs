//! How things stand, and whether every row is as it should be. Nothing is changed.

use std::io;

use bot::Store;

use crate::control::{Answer, ChannelStatus, DaemonStatus, Progress, Status, Verified};

use super::{Live, Office, Tell};

/// Events that were set aside are counted up to here.
const MOST_SET_ASIDE: usize = 1_000;

impl Office {
    pub(super) async fn status(&self) -> anyhow::Result<Answer> {
        let store = self.manager.store();
        let sizes = store.sizes()?;
        let set_aside = store.parked(0, MOST_SET_ASIDE).await?.len();
        Ok(Answer::Status(Box::new(Status {
            program: env!("CARGO_PKG_VERSION").to_owned(),
            daemon: self.live.as_ref().map(|live| live.status(set_aside)),
            database: self.database.display().to_string(),
            database_bytes: sizes.database,
            log_bytes: sizes.log,
            key_version: self.manager.key_version().0,
            rotating: self.manager.rotation().is_some(),
        })))
    }

    pub(super) async fn verify(&self, tell: &mut Tell<'_>) -> anyhow::Result<Answer> {
        // What SQLite itself knows of the file comes first: rows that cannot be found cannot be opened.
        let structure = self.manager.store().check()?;
        let mut report = self
            .manager
            .verify(|come| {
                let _: io::Result<()> = tell(Progress { done: come.done, of: come.total });
            })
            .await?;
        bot::verify_queues(&self.manager, &mut report).await?;
        for wrong in structure {
            report.note("the database file", wrong);
        }
        Ok(Answer::Verified(Verified {
            rows: report.rows.iter().map(|(kind, rows)| (kind.to_string(), *rows)).collect(),
            findings: report.findings.iter().map(ToString::to_string).collect(),
            found: report.found,
        }))
    }
}

impl Live {
    fn status(&self, set_aside: usize) -> DaemonStatus {
        let load = self.bot.load();
        let channel = |(name, link): &(&'static str, bot::Link)| {
            let state = link.state();
            ChannelStatus {
                name: (*name).to_owned(),
                is_up: state.is_up(),
                state: state.to_string(),
            }
        };
        DaemonStatus {
            process: std::process::id(),
            up_seconds: self.began.elapsed().as_secs(),
            channels: self.channels.iter().map(channel).collect(),
            at_work: load.places as u64,
            waiting: load.waiting as u64,
            pieces: load.pieces as u64,
            untold: load.untold as u64,
            set_aside: set_aside as u64,
            troubles: self.troubles.all(),
        }
    }
}
