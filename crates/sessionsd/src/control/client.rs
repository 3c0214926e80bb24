//! The asking side: a daemon that answers, or none that runs.

use std::io::{self, BufReader};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, anyhow, bail};

use super::wire::{Answer, Line, Progress, Request, read_line, write_line};
use super::{passing, socket_of};

/// What is said while others are served.
const WAITS: &str =
    "(the daemon is at work for others who asked before: this waits for its turn; Ctrl+C gives up)";

/// How long an answer may take that no work is needed for.
const PATIENCE: Duration = Duration::from_secs(10);

/// Who has the database.
pub(crate) enum Reached {
    /// A daemon that can be asked.
    Daemon(Asking),
    /// Nobody.
    Nobody,
}

/// A connection to the daemon.
pub(crate) struct Asking {
    stream: UnixStream,
}

/// Looks for the daemon that has this database.
pub(crate) fn reach(database: &Path) -> anyhow::Result<Reached> {
    let socket = socket_of(database);
    match UnixStream::connect(&socket) {
        Ok(stream) => Ok(Reached::Daemon(Asking { stream })),
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => bail!(
            "{} cannot be reached: run this as root, or as the user of the daemon",
            socket.display()
        ),
        // A socket that nobody listens at is left by a daemon that was killed.
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::NotFound
                    | io::ErrorKind::ConnectionRefused
                    | io::ErrorKind::NotADirectory
            ) =>
        {
            Ok(Reached::Nobody)
        }
        Err(error) => Err(error).with_context(|| format!("{} cannot be reached", socket.display())),
    }
}

fn explained(error: io::Error) -> anyhow::Error {
    if error.kind() == io::ErrorKind::WouldBlock {
        return anyhow!(
            "the daemon does not answer: it hangs, or was stopped with SIGSTOP; its watchdog starts it again, or do that yourself"
        );
    }
    anyhow!(error).context("the daemon's answer cannot be read")
}

impl Asking {
    /// Asks, and shows how far it is until there is an answer.
    pub(crate) fn ask(
        self,
        request: &Request,
        file: Option<OwnedFd>,
        mut show: impl FnMut(Progress),
    ) -> anyhow::Result<Answer> {
        let mut line = Vec::new();
        write_line(&mut line, request)?;
        if matches!(request, Request::Status) {
            // Nothing that a daemon does keeps it from saying how it stands.
            self.stream.set_read_timeout(Some(PATIENCE))?;
        }
        let sent = passing::send(&self.stream, &line, file.as_ref());
        let mut lines = BufReader::new(&self.stream);
        loop {
            let line = match &sent {
                Ok(()) => read_line(&mut lines).map_err(explained)?,
                // It may have said why before it hung up.
                Err(_) => read_line(&mut lines).unwrap_or_default(),
            };
            let Some(line) = line else {
                sent.context("the daemon does not listen")?;
                bail!("the daemon went away before it answered");
            };
            match line {
                Line::Waiting => eprintln!("{WAITS}"),
                Line::Progress(progress) => show(progress),
                Line::Done(answer) => return Ok(answer),
                Line::Failed(why) => bail!(why),
            }
        }
    }
}
