//! The address or socket that sight is had at.
//!
//! Invariant: a socket that somebody listens at is left alone, and so is a file that is no socket.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use tokio::net::{TcpListener, UnixListener};
use tokio::task::JoinHandle;

use crate::configuration::Listen;

use super::bound::Bounded;
use super::{Sight, router};

/// Owner and group may ask: whoever collects numbers is put into the group.
const MODE: u32 = 0o660;

/// Sight that is had, until it is dropped.
pub(crate) struct Serving {
    task: JoinHandle<()>,
    /// The socket, to be taken away.
    socket: Option<PathBuf>,
}

impl Sight {
    /// Lets itself be had. Once this answers, nobody else listens there.
    ///
    /// # Errors
    /// When it cannot be listened there.
    pub(crate) async fn serve(self, at: &Listen) -> anyhow::Result<Serving> {
        let (task, socket) = match at {
            Listen::Address(address) => {
                let bound = TcpListener::bind(address).await;
                let listener = bound
                    .with_context(|| format!("metrics.listen: {address} cannot be listened at"))?;
                let served = axum::serve(Bounded::new(listener), router(self)).into_future();
                (tokio::spawn(async { drop(served.await) }), None)
            }
            Listen::Socket(path) => {
                let shown = path.display();
                let bound = bind(path);
                let listener = bound.with_context(|| {
                    format!("metrics.listen: the socket {shown} cannot be listened at")
                })?;
                let served = axum::serve(Bounded::new(listener), router(self)).into_future();
                (tokio::spawn(async { drop(served.await) }), Some(path.clone()))
            }
        };
        tracing::info!(%at, "metrics and health are shown");
        Ok(Serving { task, socket })
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.task.abort();
        if let Some(socket) = &self.socket {
            // Should it stay, the next start takes it away.
            drop(fs::remove_file(socket));
        }
    }
}

/// Makes the socket. One that an earlier process left is in the way, and nobody's.
fn bind(path: &Path) -> anyhow::Result<UnixListener> {
    match fs::symlink_metadata(path) {
        Ok(found) if !found.file_type().is_socket() => bail!("there is a file that is no socket"),
        Ok(_) => match UnixStream::connect(path) {
            Ok(_) => bail!("another program listens there"),
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
                fs::remove_file(path)?
            }
            Err(error) => return Err(error.into()),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error.into()),
    }
    let listener = UnixListener::bind(path)?;
    fs::set_permissions(path, Permissions::from_mode(MODE))?;
    Ok(listener)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::bound::MOST;
    use super::*;

    #[tokio::test]
    async fn a_socket_that_was_left_is_made_anew_and_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("metrics.sock");
        let sight = || Sight::new(Vec::new(), Box::new(Vec::new));
        let at = Listen::Socket(path.clone());

        let serving = sight().serve(&at).await.unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, MODE);
        let told = sight().serve(&at).await.err().unwrap();
        assert!(
            format!("{told:#}").contains("metrics.sock cannot be listened at: another program"),
            "{told:#}"
        );
        drop(serving);
        assert!(!path.exists(), "it is taken away at the end");

        drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
        assert!(path.exists(), "what a process that is killed leaves");
        let serving = sight().serve(&at).await.unwrap();
        drop(serving);

        fs::write(&path, "mine").unwrap();
        let told = sight().serve(&at).await.err().unwrap();
        assert!(format!("{told:#}").ends_with("there is a file that is no socket"), "{told:#}");
        assert_eq!(fs::read_to_string(&path).unwrap(), "mine");
    }

    #[tokio::test]
    async fn idle_connections_hold_up_nobody_for_long() {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};

        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        drop(listener);
        let sight = Sight::new(Vec::new(), Box::new(Vec::new));
        let _serving = sight.serve(&Listen::Address(address)).await.unwrap();
        let mut idle = Vec::new();
        for _ in 0..MOST {
            idle.push(tokio::net::TcpStream::connect(address).await.unwrap());
        }
        let mut asking = tokio::net::TcpStream::connect(address).await.unwrap();
        asking.write_all(b"GET /livez HTTP/1.1\r\nHost: here\r\n\r\n").await.unwrap();
        let mut answer = String::new();
        let read = asking.read_to_string(&mut answer);
        tokio::time::timeout(Duration::from_secs(60), read).await.unwrap().unwrap();
        assert!(answer.ends_with("alive\n"), "{answer}");
    }

    #[tokio::test]
    async fn a_port_in_use_is_told_by_key_and_address() {
        let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = taken.local_addr().unwrap();
        let sight = Sight::new(Vec::new(), Box::new(Vec::new));
        let told = sight.serve(&Listen::Address(address)).await.err().unwrap();
        let told = format!("{told:#}");
        assert!(
            told.starts_with(&format!("metrics.listen: {address} cannot be listened at: ")),
            "{told}"
        );
        assert!(told.contains("in use"), "{told}");
    }
}
