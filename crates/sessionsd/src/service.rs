//! The service manager: what it is told of the daemon's life, over the socket that `$NOTIFY_SOCKET` names.
//!
//! Ready is who has its store open and knows of each channel whether it is connected. The watchdog is fed from a thread
//! of its own as long as every loop's pulse beats, whatever the platforms do: an outage, a full disk or a long migration
//! is no hang, and starting again would heal none of them.
//!
//! Not here: what a loop does; what counts as connected (`bot::Link`).

mod pulse;

use std::thread;
use std::time::Duration;

use bot::{Link, Standing};
use sd_notify::NotifyState;

pub(crate) use pulse::{Pulse, Pulses};

/// For how much longer starting or stopping may take, each time that is said.
const LONGER: Duration = Duration::from_secs(30);
/// How often it is said.
const SAYING: Duration = Duration::from_secs(10);

/// How often loops beat within the watchdog's patience, and how often it is fed.
const BEATS: u32 = 8;
const BEAT: Duration = Duration::from_secs(5);
const FEEDS: u32 = 4;

/// Tells, if there is somebody to tell.
fn tell(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::warn!(%error, "the service manager cannot be told");
    }
}

/// Asks for more time while something takes long, until it is dropped.
pub(crate) struct Longer {
    asking: tokio::task::JoinHandle<()>,
}

impl Longer {
    /// The service manager shows meanwhile what takes long.
    pub(crate) fn ask(what: &'static str) -> Self {
        let asking = tokio::spawn(async move {
            let mut saying = tokio::time::interval(SAYING);
            loop {
                saying.tick().await;
                let micros = u32::try_from(LONGER.as_micros()).unwrap_or(u32::MAX);
                tell(&[NotifyState::Status(what), NotifyState::ExtendTimeoutUsec(micros)]);
            }
        });
        Self { asking }
    }
}

impl Drop for Longer {
    fn drop(&mut self) {
        self.asking.abort();
    }
}

/// A channel's name and its connection.
pub(crate) type Channel = (&'static str, Link);

/// Says that the daemon is ready as soon as of each channel it is known whether it is connected; from then on, how the
/// channels stand.
pub(crate) async fn tell_of(channels: Vec<Channel>) {
    for (_, link) in &channels {
        // The sender lives in the link.
        let _ = link.watch().wait_for(|state| state.standing != Standing::NotYet).await;
    }
    let status = status(&channels);
    tracing::info!(%status, "ready");
    tell(&[NotifyState::Ready, NotifyState::Status(&status)]);
    for (_, link) in &channels {
        let (all, mut state) = (channels.clone(), link.watch());
        tokio::spawn(async move {
            while state.changed().await.is_ok() {
                tell(&[NotifyState::Status(&self::status(&all))]);
            }
        });
    }
}

/// How the channels stand, in words.
pub(crate) fn status(channels: &[Channel]) -> String {
    let told = channels.iter().map(|(name, link)| format!("{name} {}", link.state()));
    told.collect::<Vec<_>>().join(", ")
}

/// Says that the daemon is stopping.
pub(crate) fn is_stopping() {
    tell(&[NotifyState::Stopping, NotifyState::Status("stopping")]);
}

/// Says that the configuration is read again, until what is answered is dropped.
pub(crate) struct Reloading;

impl Reloading {
    pub(crate) fn begin() -> Self {
        match NotifyState::monotonic_usec_now() {
            Ok(now) => tell(&[NotifyState::Reloading, now]),
            Err(_) => tell(&[NotifyState::Reloading]),
        }
        Self
    }
}

impl Drop for Reloading {
    fn drop(&mut self) {
        tell(&[NotifyState::Ready]);
    }
}

/// Pulses that beat as often as the service manager's watchdog needs; where there is none, now and then if somebody else
/// looks at them.
pub(crate) fn pulses(is_looked_at: bool) -> Pulses {
    let watched = sd_notify::watchdog_enabled().map(|patience| patience / BEATS);
    Pulses::every(watched.or(is_looked_at.then_some(BEAT)))
}

/// Feeds the watchdog for as long as every pulse beats, if the service manager keeps one.
pub(crate) fn feed_watchdog(pulses: Pulses) {
    let Some(patience) = sd_notify::watchdog_enabled() else { return };
    let feeding = move || {
        loop {
            match pulses.silent_for(patience / 2) {
                None => tell(&[NotifyState::Watchdog]),
                Some(name) => tracing::error!(
                    "{name} gives no sign of life: the watchdog is not fed, so the service manager ends this process"
                ),
            }
            thread::sleep(patience / FEEDS);
        }
    };
    if let Err(error) = thread::Builder::new().name("watchdog".into()).spawn(feeding) {
        tracing::error!(%error, "the watchdog cannot be fed");
    }
}
