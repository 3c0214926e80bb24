//! How things stand, and whether every row is as it should be. Nothing is changed.

use anyhow::bail;
use bot::Store;
use sessions::Fault;
use sessions::manager::VerifyReport;
use tokio::sync::oneshot;

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

    /// Ends when nobody wants to know any more: it can take as long as reading the whole database does.
    pub(super) async fn verify(&self, tell: &mut Tell<'_>) -> anyhow::Result<Answer> {
        // What SQLite itself knows of the file comes first: rows that cannot be found cannot be opened.
        let structure = self.manager.store().check()?;
        let (leave, left) = oneshot::channel();
        let mut leave = Some(leave);
        let looks = self.manager.verify(|come| {
            let told = tell(Progress { done: come.done, of: come.total });
            if let Err(error) = told
                && let Some(leave) = leave.take()
            {
                let _ = leave.send(error);
            }
        });
        let report = tokio::select! {
            biased;
            Ok(error) = left => bail!("nobody waits for what is found any more: {error}"),
            report = looks => report,
        };
        let mut report = looked_at(report, &structure)?;
        let queues = bot::verify_queues(&self.manager, &mut report).await;
        if structure.is_empty() {
            queues?;
        }
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

/// What was found; where the file itself is damaged, also if it could not be looked at to the end.
fn looked_at(
    report: Result<VerifyReport, Fault>,
    structure: &[String],
) -> anyhow::Result<VerifyReport> {
    report.or_else(|fault| {
        if structure.is_empty() {
            return Err(fault.into());
        }
        let mut report = VerifyReport::default();
        report.note("its rows", format_args!("cannot be looked at to the end: {fault}"));
        Ok(report)
    })
}

impl Live {
    fn status(&self, set_aside: usize) -> DaemonStatus {
        let (load, store) = (self.bot.load(), self.bot.manager().store());
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
            store_trouble: store.meter().trouble().map(|trouble| trouble.to_string()),
            at_work: load.places as u64,
            waiting: load.waiting as u64,
            pieces: load.pieces as u64,
            untold: load.untold as u64,
            set_aside: set_aside as u64,
            troubles: self.troubles.all(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use sessions::manager::{AddMessage, GetOrCreate};
    use sessions::model::Role;
    use sqlite::SessionManagerBuilder;

    use super::*;

    #[tokio::test]
    async fn a_verification_ends_when_nobody_waits_for_it() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("a.db");
        let key = format!("hex:{}", "01".repeat(32));
        let manager = SessionManagerBuilder::new(&database).encryption_key(&key).open();
        let manager = manager.await.unwrap();
        for user in ["ann", "ben", "cleo"] {
            let (user_id, channel_id) = (user.to_owned(), "c".to_owned());
            let of = GetOrCreate { user_id, channel_id, peer_id: None };
            let session_id = manager.get_or_create_session(&of).await.unwrap().id;
            let (role, content, usage) = (Role::User, "hello".to_owned(), None);
            let said = AddMessage { session_id, role, content, usage };
            manager.add_message(said).await.unwrap();
        }
        let office = Office { manager, database, live: None };
        let mut told = Vec::new();
        let mut tell = |progress: Progress| {
            told.push(progress.done);
            Err(io::ErrorKind::BrokenPipe.into())
        };
        let why = office.verify(&mut tell).await.unwrap_err();
        assert!(why.to_string().starts_with("nobody waits for what is found any more"), "{why}");
        assert_eq!(told, [0, 1], "it went no further than to the next page");
        let whole = office.verify(&mut |_| Ok(())).await.unwrap();
        let Answer::Verified(whole) = whole else { panic!("{whole:?}") };
        assert_eq!((whole.found, whole.rows["messages"]), (0, 3));
    }
}
