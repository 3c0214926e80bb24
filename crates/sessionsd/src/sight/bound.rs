//! A listener that nobody can use the program up with: so many connections at once, each for so long.
//!
//! Not here: where it listens, and what is answered.
//!
//! Invariant: who connects and asks nothing is let go in time, so a question waits for a while at most.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::serve::Listener;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Sleep, sleep};

/// How many are connected at once. Others wait in the queue of the system, and cost nothing.
pub(super) const MOST: usize = 32;
/// How long a connection may last: a question and its answer take milliseconds.
const PATIENCE: Duration = Duration::from_secs(5);

/// A listener within bounds.
pub(super) struct Bounded<L> {
    listener: L,
    seats: Arc<Semaphore>,
    patience: Duration,
}

impl<L> Bounded<L> {
    pub(super) fn new(listener: L) -> Self {
        Self { listener, seats: Arc::new(Semaphore::new(MOST)), patience: PATIENCE }
    }
}

impl<L: Listener> Listener for Bounded<L> {
    type Io = Seated<L::Io>;
    type Addr = L::Addr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        // It is never closed, so there is always one in the end.
        let seat = Arc::clone(&self.seats).acquire_owned().await.ok();
        let (io, from) = self.listener.accept().await;
        (Seated { io, end: Box::pin(sleep(self.patience)), _seat: seat }, from)
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.listener.local_addr()
    }
}

/// A connection that ends in time.
pub(super) struct Seated<T> {
    io: T,
    end: Pin<Box<Sleep>>,
    _seat: Option<OwnedSemaphorePermit>,
}

impl<T: Unpin> Seated<T> {
    /// The connection, unless its time is over.
    fn in_time(self: Pin<&mut Self>, ctx: &mut Context<'_>) -> io::Result<Pin<&mut T>> {
        let seated = self.get_mut();
        if seated.end.as_mut().poll(ctx).is_ready() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        Ok(Pin::new(&mut seated.io))
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Seated<T> {
    fn poll_read(
        self: Pin<&mut Self>,
        ctx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.in_time(ctx)?.poll_read(ctx, into)
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Seated<T> {
    fn poll_write(
        self: Pin<&mut Self>,
        ctx: &mut Context<'_>,
        from: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.in_time(ctx)?.poll_write(ctx, from)
    }

    fn poll_flush(self: Pin<&mut Self>, ctx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.in_time(ctx)?.poll_flush(ctx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, ctx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.in_time(ctx)?.poll_shutdown(ctx)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::{UnixListener, UnixStream};
    use tokio::time::timeout;

    use super::super::{Sight, router};
    use super::*;

    const LONG: Duration = Duration::from_secs(60);
    const SHORT: Duration = Duration::from_millis(200);

    /// Two seats, each for so long.
    fn serve(path: &Path, patience: Duration) {
        let (listener, seats) = (UnixListener::bind(path).unwrap(), Arc::new(Semaphore::new(2)));
        let sight = Sight::new(Vec::new(), Box::new(Vec::new));
        let bounded = Bounded { listener, seats, patience };
        tokio::spawn(axum::serve(bounded, router(sight)).into_future());
    }

    async fn ask(path: &Path) -> String {
        let mut asking = UnixStream::connect(path).await.unwrap();
        asking.write_all(b"GET /livez HTTP/1.1\r\nHost: here\r\n\r\n").await.unwrap();
        let mut answer = String::new();
        asking.read_to_string(&mut answer).await.unwrap();
        answer
    }

    #[tokio::test]
    async fn no_more_than_so_many_are_connected() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("metrics.sock");
        serve(&path, LONG);
        let idle =
            [UnixStream::connect(&path).await.unwrap(), UnixStream::connect(&path).await.unwrap()];
        assert!(timeout(SHORT, ask(&path)).await.is_err(), "both seats are taken");
        drop(idle);
        assert!(timeout(LONG, ask(&path)).await.unwrap().ends_with("alive\n"));
    }

    #[tokio::test]
    async fn who_asks_nothing_or_never_ends_asking_is_let_go() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("metrics.sock");
        serve(&path, SHORT);
        let mut idle = Vec::new();
        for _ in 0..5 {
            idle.push(UnixStream::connect(&path).await.unwrap());
        }
        idle[0].write_all(b"GET /livez HTTP/1.1\r\nHost:").await.unwrap();
        let answer = timeout(LONG, ask(&path)).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        assert!(answer.contains("connection: close"), "{answer}");
        for mut idle in idle {
            // The end, or that it was broken off.
            let ended = timeout(LONG, idle.read_to_end(&mut Vec::new())).await;
            assert!(ended.is_ok(), "it is held no longer");
        }
    }
}
