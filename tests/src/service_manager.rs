//! A service manager as far as a daemon can tell: the socket of the notify protocol.

use std::os::unix::net::UnixDatagram;
use std::time::Duration;

use tempfile::TempDir;

/// How long something may take to be told.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long a silence is listened to. What feeds a watchdog in a story does so several times in it.
const SILENCE: Duration = Duration::from_secs(1);
/// What is told at once.
const MOST: usize = 4_096;

/// The socket that a daemon tells of its life at.
pub struct ServiceManager {
    folder: TempDir,
    socket: UnixDatagram,
}

impl ServiceManager {
    /// One that listens.
    ///
    /// # Panics
    /// When no socket can be made.
    #[must_use]
    pub fn start() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let socket =
            UnixDatagram::bind(folder.path().join("notify")).expect("a socket can be made");
        Self { folder, socket }
    }

    /// What `$NOTIFY_SOCKET` is to say.
    #[must_use]
    pub fn socket(&self) -> String {
        self.folder.path().join("notify").display().to_string()
    }

    /// Waits until it is told something with these words; answers all of that.
    ///
    /// # Panics
    /// When it is not.
    #[track_caller]
    pub fn hears(&self, words: &str) -> String {
        loop {
            let told = self.next(PATIENCE).unwrap_or_else(|| panic!("nobody said {words}"));
            if told.contains(words) {
                return told;
            }
        }
    }

    /// Nothing is told for a while, but for what was on its way.
    ///
    /// # Panics
    /// When something is.
    #[track_caller]
    pub fn hears_nothing(&self) {
        while self.next(Duration::from_millis(100)).is_some() {}
        let told = self.next(SILENCE);
        assert_eq!(told, None);
    }

    fn next(&self, patience: Duration) -> Option<String> {
        self.socket.set_read_timeout(Some(patience)).expect("a time can be set");
        let mut told = [0; MOST];
        let length = self.socket.recv(&mut told).ok()?;
        Some(String::from_utf8_lossy(told.get(..length).unwrap_or_default()).into_owned())
    }
}
