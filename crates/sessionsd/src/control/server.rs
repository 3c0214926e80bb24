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

/// How many are served at once; others wait, and are told. Who asks how things stand needs no seat.
const SEATS: usize = 4;
/// How many are connected at once, those who wait included; others are turned away.
const ROOM: usize = 32;
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
        self.serve_at(Seats::default(), office).await;
    }

    async fn serve_at(self, seats: Seats, office: Arc<Office>) {
        let room = Arc::new(Semaphore::new(ROOM));
        loop {
            match self.listener.accept().await {
                Ok((stream, _)) => match Arc::clone(&room).try_acquire_owned() {
                    Ok(place) => begin(stream, place, &seats.free, &office),
                    Err(_) => turn_away(stream),
                },
                Err(error) => {
                    tracing::warn!(%error, "the control socket cannot be listened at");
                    tokio::time::sleep(PATIENCE).await;
                }
            }
        }
    }
}

/// Where those sit who are served. Whoever still waits for a seat when this is dropped gives up.
struct Seats {
    free: Arc<Semaphore>,
}

impl Default for Seats {
    fn default() -> Self {
        Self { free: Arc::new(Semaphore::new(SEATS)) }
    }
}

impl Drop for Seats {
    fn drop(&mut self) {
        self.free.close();
    }
}

/// Waits for a seat. Whoever has to wait is told.
fn sit_down(
    seats: &Arc<Semaphore>,
    stream: &UnixStream,
    runtime: &Handle,
) -> io::Result<OwnedSemaphorePermit> {
    if let Ok(seat) = Arc::clone(seats).try_acquire_owned() {
        return Ok(seat);
    }
    write_line(stream, &Line::Waiting)?;
    runtime.block_on(Arc::clone(seats).acquire_owned()).map_err(io::Error::other)
}

/// Tells one for whom there is no room.
fn turn_away(stream: tokio::net::UnixStream) {
    let why = format!("{ROOM} are connected to the daemon already: end some of them, or wait");
    // Whoever has gone hears nothing.
    let _ = stream.into_std().and_then(|stream| write_line(&stream, &Line::Failed(why)));
}

/// Serves a connection on a thread of its own, if it is from somebody who may ask.
fn begin(
    stream: tokio::net::UnixStream,
    place: OwnedSemaphorePermit,
    seats: &Arc<Semaphore>,
    office: &Arc<Office>,
) {
    let (seats, office) = (Arc::clone(seats), Arc::clone(office));
    let runtime = Handle::current();
    tokio::task::spawn_blocking(move || {
        let _place = place;
        if let Err(error) = serve_one(stream, &seats, &office, &runtime) {
            tracing::debug!(%error, "a connection to the control socket broke off");
        }
    });
}

fn serve_one(
    stream: tokio::net::UnixStream,
    seats: &Arc<Semaphore>,
    office: &Office,
    runtime: &Handle,
) -> io::Result<()> {
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
    let is_status = matches!(request, Request::Status);
    let _seat = (!is_status).then(|| sit_down(seats, &stream, runtime)).transpose()?;
    let began = Instant::now();
    let mut teller = Teller { stream: &stream, told: began };
    let file = file.map(Into::into);
    let done = runtime.block_on(office.perform(&request, file, &mut |at| teller.tell(at)));
    let ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    let outcome = if done.is_ok() { "done" } else { "failed" };
    let (name, uid) = (request.name(), peer.uid());
    if is_status {
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

#[cfg(test)]
mod tests {
    use std::io::BufReader;

    use sqlite::SessionManagerBuilder;

    use super::super::wire::{Answer, read_line};
    use super::super::{Reached, reach};
    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    /// A daemon's control socket, with its seats.
    async fn serve(database: &Path) -> Arc<Semaphore> {
        let key = format!("hex:{}", "01".repeat(32));
        let manager = SessionManagerBuilder::new(database).encryption_key(&key).open();
        let manager = manager.await.unwrap();
        let office = Office { manager, database: database.to_owned(), live: None };
        let seats = Seats::default();
        let free = Arc::clone(&seats.free);
        tokio::spawn(open(database).unwrap().serve_at(seats, Arc::new(office)));
        free
    }

    async fn ask(database: &Path, request: Request) -> anyhow::Result<Answer> {
        let Reached::Daemon(asking) = reach(database)? else { panic!("nobody listens") };
        let asked = tokio::task::spawn_blocking(move || asking.ask(&request, None, |_| ()));
        tokio::time::timeout(LONG, asked).await.unwrap().unwrap()
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn while_all_seats_are_taken_who_waits_is_told_and_how_things_stand_is_answered() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("a.db");
        let seats = serve(&database).await;
        let all = Arc::clone(&seats).acquire_many_owned(SEATS as u32).await.unwrap();

        let waiting = UnixStream::connect(socket_of(&database)).unwrap();
        waiting.set_read_timeout(Some(LONG)).unwrap();
        write_line(&waiting, &Request::Verify).unwrap();
        let mut lines = BufReader::new(&waiting);
        assert_eq!(read_line(&mut lines).unwrap(), Some(Line::Waiting));
        let status = ask(&database, Request::Status).await.unwrap();
        assert!(matches!(status, Answer::Status(_)), "{status:?}");

        drop(all);
        let mut last = read_line(&mut lines).unwrap().unwrap();
        while let Line::Progress(_) = last {
            last = read_line(&mut lines).unwrap().unwrap();
        }
        assert!(matches!(last, Line::Done(Answer::Verified(_))), "{last:?}");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn who_finds_no_room_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("a.db");
        let _seats = serve(&database).await;
        let connect = |_| UnixStream::connect(socket_of(&database)).unwrap();
        let silent: Vec<_> = (0..ROOM).map(connect).collect();
        let told = ask(&database, Request::Status).await.unwrap_err();
        assert!(told.to_string().contains("are connected to the daemon already"), "{told:#}");
        drop(silent);
    }
}
