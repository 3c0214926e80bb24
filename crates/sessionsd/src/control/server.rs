//! The answering side: one task waits for connections, each is served on a thread that may block.
//!
//! Invariant: whoever holds the lock of the database owns the socket, so one that is there already is a leftover.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use tokio::net::UnixListener;
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::operate::Office;

use super::wire::{Line, Progress, Request, write_line};
use super::{passing, socket_of};

/// How many are served at once; others wait.
const SEATS: usize = 4;
/// How long a request may take to arrive, and a line to be taken.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often progress is told.
const TELLING: Duration = Duration::from_millis(100);

/// The socket, removed when this is dropped.
pub(crate) struct Control {
    listener: UnixListener,
    path: PathBuf,
    database: PathBuf,
}

/// Opens the socket beside a database that this process has locked.
pub(crate) fn open(database: &Path) -> anyhow::Result<Control> {
    let path = socket_of(database);
    let opened = remove(&path).and_then(|()| UnixListener::bind(&path)).and_then(|listener| {
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600))?;
        Ok(listener)
    });
    let listener = opened
        .with_context(|| format!("the control socket {} cannot be opened", path.display()))?;
    Ok(Control { listener, path, database: database.to_owned() })
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        let _ = remove(&self.path);
    }
}

impl Control {
    /// The database beside which it is.
    pub(crate) fn database(&self) -> PathBuf {
        self.database.clone()
    }

    /// Serves until it is dropped.
    pub(crate) async fn serve(self, office: Arc<Office>) {
        let seats = Arc::new(Semaphore::new(SEATS));
        loop {
            let Ok(seat) = Arc::clone(&seats).acquire_owned().await else { return };
            match self.listener.accept().await {
                Ok((stream, _)) => begin(stream, seat, &office),
                Err(error) => {
                    tracing::warn!(%error, "the control socket cannot be listened at");
                    tokio::time::sleep(PATIENCE).await;
                }
            }
        }
    }
}

/// Serves a connection on a thread of its own, if it is from somebody who may ask.
fn begin(stream: tokio::net::UnixStream, seat: OwnedSemaphorePermit, office: &Arc<Office>) {
    let office = Arc::clone(office);
    let runtime = Handle::current();
    tokio::task::spawn_blocking(move || {
        let _seat = seat;
        if let Err(error) = serve_one(stream, &office, &runtime) {
            tracing::debug!(%error, "a connection to the control socket broke off");
        }
    });
}

fn serve_one(stream: tokio::net::UnixStream, office: &Office, runtime: &Handle) -> io::Result<()> {
    let peer = stream.peer_cred()?;
    let stream = stream.into_std()?;
    stream.set_nonblocking(false)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    if peer.uid() != 0 && peer.uid() != rustix::process::geteuid().as_raw() {
        tracing::warn!(uid = peer.uid(), "somebody else was turned away at the control socket");
        let why = "only root and the user of the daemon may ask".to_owned();
        return write_line(&stream, &Line::Failed(why));
    }
    let (line, file) = passing::receive(&stream)?;
    let request = match serde_json::from_slice(&line) {
        Ok(request) => request,
        Err(error) => {
            let why = format!(
                "the daemon does not know this request, is it of another version? ({error})"
            );
            return write_line(&stream, &Line::Failed(why));
        }
    };
    let began = Instant::now();
    let mut teller = Teller { stream: &stream, told: began };
    let file = file.map(Into::into);
    let done = runtime.block_on(office.perform(&request, file, &mut |at| teller.tell(at)));
    let ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    let outcome = if done.is_ok() { "done" } else { "failed" };
    let (name, uid) = (request.name(), peer.uid());
    if matches!(request, Request::Status) {
        // A live screen asks each second.
        tracing::debug!(request = name, outcome, ms, uid, "operator");
    } else {
        tracing::info!(request = name, outcome, ms, uid, "operator");
    }
    match done {
        Ok(answer) => write_line(&stream, &Line::Done(answer)),
        Err(error) => write_line(&stream, &Line::Failed(format!("{error:#}"))),
    }
}

/// Tells how far it is, now and then.
struct Teller<'a> {
    stream: &'a UnixStream,
    told: Instant,
}

impl Teller<'_> {
    /// Fails when nobody listens any more.
    fn tell(&mut self, progress: Progress) -> io::Result<()> {
        if self.told.elapsed() < TELLING {
            return Ok(());
        }
        self.told = Instant::now();
        write_line(self.stream, &Line::Progress(progress))
    }
}
