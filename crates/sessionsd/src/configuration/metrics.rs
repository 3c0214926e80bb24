//! `[metrics]`: where numbers and health are shown, if anywhere.

use std::fmt::{self, Display};
use std::net::SocketAddr;
use std::os::unix::net as unix;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::data::SOCKET_BYTES;

use super::problems::Problems;

/// What a path of a Unix socket is written after.
const UNIX: &str = "unix:";

/// `[metrics]`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Metrics {
    /// An address of this machine, as `127.0.0.1:9464`, or `unix:` and the path of a socket; empty for nowhere.
    pub(crate) listen: String,
}

/// Where numbers and health are shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Listen {
    /// An address that only this machine reaches.
    Address(SocketAddr),
    /// A Unix socket.
    Socket(PathBuf),
}

impl Display for Listen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(address) => address.fmt(f),
            Self::Socket(path) => write!(f, "{UNIX}{}", path.display()),
        }
    }
}

impl Metrics {
    /// Where to listen, if that is asked for.
    pub(super) fn settle(&self, problems: &mut Problems) -> Option<Listen> {
        if self.listen.is_empty() {
            return None;
        }
        if let Some(path) = self.listen.strip_prefix(UNIX) {
            let path = PathBuf::from(path);
            if !path.is_absolute() {
                problems.add(
                    "metrics.listen",
                    "after unix: a whole path is expected, as unix:/run/sessionsd/metrics.sock",
                );
            } else if unix::SocketAddr::from_pathname(&path).is_err() {
                problems.add(
                    "metrics.listen",
                    format!(
                        "no socket can have this path: at most {SOCKET_BYTES} bytes, and it has {}",
                        path.as_os_str().len()
                    ),
                );
            }
            return Some(Listen::Socket(path));
        }
        let Ok(address) = self.listen.parse::<SocketAddr>() else {
            let expected = "an address and a port of this machine are expected, as 127.0.0.1:9464, or unix: and a path";
            problems.add("metrics.listen", expected);
            return None;
        };
        if !address.ip().is_loopback() {
            problems.add(
                "metrics.listen",
                "others could reach this address, and nobody is asked who they are: use 127.0.0.1 or [::1], or unix: and a path",
            );
        }
        Some(Listen::Address(address))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settled(listen: &str) -> Result<Option<Listen>, String> {
        let mut problems = Problems::default();
        let settled = Metrics { listen: listen.to_owned() }.settle(&mut problems);
        problems.report().map_err(|told| told.to_string()).map(|()| settled)
    }

    #[test]
    fn numbers_are_shown_on_this_machine_only() {
        assert_eq!(settled(""), Ok(None));
        let socket = PathBuf::from("/run/sessionsd/metrics.sock");
        assert_eq!(settled("unix:/run/sessionsd/metrics.sock"), Ok(Some(Listen::Socket(socket))));
        for address in ["127.0.0.1:9464", "127.3.0.1:1", "[::1]:9464"] {
            let here = address.parse().unwrap();
            assert_eq!(settled(address), Ok(Some(Listen::Address(here))));
        }
        for address in ["0.0.0.0:9464", "[::]:9464", "192.168.0.1:9464"] {
            assert!(settled(address).unwrap_err().contains("others could reach"), "{address}");
        }
        for wrong in ["9464", "localhost:9464", "127.0.0.1", "unix:metrics.sock", "unix:"] {
            let told = settled(wrong).unwrap_err();
            assert!(told.contains("metrics.listen: ") && told.contains("expected"), "{told}");
        }
        let socket = |bytes: usize| format!("{UNIX}/{}", "a".repeat(bytes - 1));
        assert!(settled(&socket(SOCKET_BYTES)).is_ok());
        let told = settled(&socket(SOCKET_BYTES + 1)).unwrap_err();
        assert!(told.ends_with("at most 107 bytes, and it has 108"), "{told}");
    }
}
