//! The program at work as a daemon: `sessionsd run` beside a fake platform, in a data folder of its own; started, stopped,
//! killed, started again, its log kept.
//!
//! ```text
//! let telegram = FakeTelegram::start();
//! let ann = telegram.person("Ann");
//! let bot = Daemon::beside(&telegram).start();
//! assert_eq!(bot.answer(&ann, "/new"), "Session s-1 was empty already, so it is used again.");
//! ```
//!
//! Invariant: a daemon that is dropped is stopped, and must have logged no error that was not foreseen ([`Daemon::expects`]);
//! one whose story failed is killed.

mod discord;
mod log;
mod operator;
mod setting;
mod telegram;
mod timeless;

use std::process::{Child, Command, Stdio};
use std::thread;

use rustix::process::{Pid, Resource, Rlimit, Signal, kill_process, prlimit};
use serde_json::Value;

use crate::home::{Ended, Home};
use crate::platform::{Named, Platform};
use crate::program;
use crate::watchdog::Watchdog;

use log::Log;
use setting::Settings;

/// A daemon, running or not.
pub struct Daemon {
    home: Home,
    settings: Settings,
    variables: Vec<(String, String)>,
    expected: Vec<String>,
    running: Option<Running>,
    /// Whether a bound on its files does not end it.
    is_bounded: bool,
    /// How to wait until each platform has seen that it is gone.
    platforms: Vec<Box<dyn Fn()>>,
    log: Log,
}

struct Running {
    child: Child,
    readers: Vec<thread::JoinHandle<()>>,
}

impl Daemon {
    /// One that is to talk to that server. Everybody may talk to it, everywhere; nobody owns it; nothing is paced.
    #[must_use]
    pub fn beside<P: Platform>(platform: &P) -> Self {
        Self::at(P::CHANNEL, platform.url(), &platform.token()).seen_by(platform)
    }

    /// The same, with a server wherever it is.
    #[must_use]
    pub fn at(channel: &str, api_url: &str, token: &str) -> Self {
        Self::unconfigured()
            .set("access.direct", "open")
            .set("access.groups", vec!["*"])
            .connected_to(channel, api_url, token)
    }

    /// It is to talk to that server as well.
    #[must_use]
    pub fn and_beside<P: Platform>(self, platform: &P) -> Self {
        self.connected_to(P::CHANNEL, platform.url(), &platform.token()).seen_by(platform)
    }

    /// It is to talk to that server as well, wherever it is.
    #[must_use]
    pub fn and_at(self, channel: &str, api_url: &str, token: &str) -> Self {
        self.connected_to(channel, api_url, token)
    }

    fn seen_by<P: Platform>(mut self, platform: &P) -> Self {
        self.platforms.push(Box::new(platform.departure()));
        self
    }

    fn connected_to(self, channel: &str, api_url: &str, token: &str) -> Self {
        self.set(&format!("{channel}.api_url"), api_url)
            .set(&format!("{channel}.token"), token)
            .set(&format!("{channel}.pacing"), false)
    }

    /// One with a data folder, and no channel.
    #[must_use]
    pub fn unconfigured() -> Self {
        let home = Home::in_real_time();
        let mut settings = Settings::default();
        settings.set("store.path", home.database().display().to_string().into());
        settings.set("encryption.key_file", home.key().display().to_string().into());
        Self {
            home,
            settings,
            variables: Vec::new(),
            expected: Vec::new(),
            running: None,
            is_bounded: false,
            platforms: Vec::new(),
            log: Log::default(),
        }
    }

    /// Sets a key of the configuration, as `access.direct`, from the next start on.
    #[must_use]
    pub fn set(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.sets(key, value);
        self
    }

    /// The same between two runs.
    pub fn sets(&mut self, key: &str, value: impl Into<Value>) {
        self.settings.set(key, value.into());
    }

    /// Takes a key out of the configuration.
    #[must_use]
    pub fn unset(mut self, key: &str) -> Self {
        self.settings.unset(key);
        self
    }

    /// Sets a variable of its environment.
    #[must_use]
    pub fn variable(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Its files can be bounded while it runs: see [`Self::bounds_files`].
    #[must_use]
    pub fn bounded(mut self) -> Self {
        self.is_bounded = true;
        self
    }

    /// These people own it.
    #[must_use]
    pub fn owned_by(self, people: &[&dyn Named]) -> Self {
        self.set("access.owners", names(people))
    }

    /// In direct chats nobody but owners and these people may talk.
    #[must_use]
    pub fn only_for(self, people: &[&dyn Named]) -> Self {
        self.set("access.direct", "allowlist").set("access.allow", names(people))
    }

    /// Of all groups, only in these may everybody talk.
    #[must_use]
    pub fn only_in(self, groups: &[&dyn Named]) -> Self {
        self.set("access.groups", names(groups))
    }

    /// It will log errors with these words, and that is as it should be.
    #[must_use]
    pub fn expects(mut self, words: &str) -> Self {
        self.expected.push(words.to_owned());
        self
    }

    /// Starts it; what it says comes when it is ready.
    ///
    /// # Panics
    /// When it cannot be started.
    #[must_use]
    pub fn start(mut self) -> Self {
        self.starts();
        self
    }

    /// Starts it again in the same folder.
    ///
    /// # Panics
    /// When it runs already.
    pub fn starts(&mut self) {
        assert!(self.running.is_none(), "it runs already");
        let mut child = self.command().spawn().expect("the program starts");
        let stdout = child.stdout.take().expect("it was piped");
        let stderr = child.stderr.take().expect("it was piped");
        let readers = vec![self.log.follow(stdout), self.log.follow(stderr)];
        self.running = Some(Running { child, readers });
    }

    fn command(&self) -> Command {
        // Its folder is there before it is, for files that stories put beside the data.
        self.home.configure(&self.settings.to_toml());
        let mut command = if self.is_bounded {
            // Else the signal that tells of the bound ends it.
            let mut shell = Command::new("/bin/sh");
            shell.args(["-c", r#"trap "" XFSZ; exec "$0" "$@""#]).arg(program::executable());
            shell
        } else {
            Command::new(program::executable())
        };
        command.env_clear().env("HOME", self.home.path());
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command.arg("run").arg("--config").arg(self.home.config());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs it until it ends by itself; answers how.
    ///
    /// # Panics
    /// When it does not end.
    #[must_use]
    pub fn runs_to_its_end(&mut self) -> Ended {
        self.starts();
        self.ends()
    }

    /// Waits until it ends by itself; answers how, with all that it logged in this and earlier runs.
    ///
    /// # Panics
    /// When it does not run, or does not end.
    #[must_use]
    pub fn ends(&mut self) -> Ended {
        let Running { mut child, readers } = self.running.take().expect("it runs");
        let _watchdog = Watchdog::over(&child);
        let status = child.wait().expect("a child can be waited for");
        for reader in readers {
            reader.join().expect("the reader does not panic");
        }
        if !thread::panicking() {
            self.platforms.iter().for_each(|is_gone| is_gone());
        }
        Ended { code: status.code(), stdout: Vec::new(), stderr: self.log() }
    }

    /// Asks it to stop, as a service manager does; it must end well.
    ///
    /// # Panics
    /// When it does not run, does not end with success, or logged an error.
    pub fn stops(&mut self) {
        self.signal(Signal::TERM);
        let ended = self.ends();
        assert_eq!(ended.code, Some(0), "its log: {}", ended.stderr);
        self.assert_calm();
    }

    /// Kills it where it stands.
    ///
    /// # Panics
    /// When it does not run, or logged an error before.
    pub fn dies(&mut self) {
        self.signal(Signal::KILL);
        let _killed = self.ends();
        self.assert_calm();
    }

    /// Sends it a signal.
    ///
    /// # Panics
    /// When it does not run.
    pub fn signal(&self, signal: Signal) {
        // A child that nobody waited for keeps its number, so nobody else is hit.
        kill_process(self.pid(), signal).expect("a child can be signalled");
    }

    /// How far its files may grow, in bytes; what it writes beyond that is refused by the system.
    ///
    /// # Panics
    /// When it does not run, or was not [`Self::bounded`].
    pub fn bounds_files(&self, bytes: Option<u64>) {
        assert!(self.is_bounded, "it would be ended");
        let bound = Rlimit { current: bytes, maximum: None };
        prlimit(Some(self.pid()), Resource::Fsize, bound).expect("a child can be bounded");
    }

    fn pid(&self) -> Pid {
        let number = i32::try_from(self.process()).expect("a process has a small number");
        Pid::from_raw(number).expect("a child has a number")
    }

    /// All that it has logged so far, over all runs.
    #[must_use]
    pub fn log(&self) -> String {
        self.log.text()
    }

    /// Waits until it has logged a line with these words; answers the line.
    ///
    /// # Panics
    /// When it does not come.
    #[track_caller]
    pub fn logs(&self, words: &str) -> String {
        self.log.wait_for(words)
    }

    /// The story's folder, with the data in it.
    #[must_use]
    pub fn home(&self) -> &Home {
        &self.home
    }

    /// The number of its process.
    ///
    /// # Panics
    /// When it does not run.
    #[must_use]
    pub fn process(&self) -> u32 {
        self.running.as_ref().expect("it runs").child.id()
    }

    #[track_caller]
    fn assert_calm(&self) {
        let log = self.log();
        let is_expected = |line: &str| self.expected.iter().any(|words| line.contains(words));
        let is_fault = |line: &&str| line.contains("ERROR") || line.contains("panicked");
        let faults: Vec<_> =
            log.lines().filter(is_fault).filter(|line| !is_expected(line)).collect();
        assert!(faults.is_empty(), "the program logged:\n{}", faults.join("\n"));
    }
}

fn names(named: &[&dyn Named]) -> Vec<String> {
    named.iter().map(|named| named.name()).collect()
}

impl Drop for Daemon {
    fn drop(&mut self) {
        if self.running.is_none() {
            return;
        }
        if !thread::panicking() {
            return self.stops();
        }
        self.signal(Signal::KILL);
        let _killed = self.ends();
        eprintln!("the program's log:\n{}", self.log());
    }
}
