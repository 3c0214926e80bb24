//! A watchdog: kills a program that its story has not moved on with for a minute, so that a hang fails and does not hang.

use std::process::Child;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

const PATIENCE: Duration = Duration::from_secs(60);

/// Watches one program until it is dropped.
pub(crate) struct Watchdog {
    steps: Sender<()>,
}

impl Watchdog {
    /// Watches a program. It is held by a descriptor, so nobody else who gets its number later is ever killed.
    pub(crate) fn over(child: &Child) -> Self {
        let number = i32::try_from(child.id()).expect("a process has a small number");
        let pid = Pid::from_raw(number).expect("a child has a number");
        let program = pidfd_open(pid, PidfdFlags::empty()).expect("a child can be held");
        let (steps, seen) = mpsc::channel();
        thread::spawn(move || {
            loop {
                match seen.recv_timeout(PATIENCE) {
                    Ok(()) => {}
                    Err(RecvTimeoutError::Disconnected) => return,
                    Err(RecvTimeoutError::Timeout) => {
                        eprintln!("watchdog: nothing for {PATIENCE:?}; the program is killed");
                        // It may have ended by itself just now, which is as good.
                        let _ = pidfd_send_signal(&program, Signal::KILL);
                        return;
                    }
                }
            }
        });
        Self { steps }
    }

    /// Says that the story moves on.
    pub(crate) fn step(&self) {
        // The dog may have barked already; then the next read tells.
        let _ = self.steps.send(());
    }
}
