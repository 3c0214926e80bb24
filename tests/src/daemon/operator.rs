//! The operator's commands, on the daemon's configuration, whether it runs or not.

use std::process::{Command, Stdio};

use crate::home::Ended;
use crate::program;

use super::Daemon;

impl Daemon {
    /// Runs a command of the operator's; answers how it ended.
    ///
    /// # Panics
    /// When the program cannot be started.
    #[must_use]
    pub fn operator(&self, arguments: &[&str]) -> Ended {
        let mut command = self.operator_command(arguments);
        let ended = command.output().expect("the program starts");
        let stderr = String::from_utf8_lossy(&ended.stderr).into_owned();
        Ended { code: ended.status.code(), stdout: ended.stdout, stderr }
    }

    /// The same, not yet started.
    #[must_use]
    pub fn operator_command(&self, arguments: &[&str]) -> Command {
        self.reconfigures();
        let mut command = Command::new(program::executable());
        command.env_clear().env("HOME", self.home().path()).args(arguments);
        if !arguments.starts_with(&["key", "generate"]) {
            command.arg("--config").arg(self.home().config());
        }
        command.stdin(Stdio::null());
        command
    }

    /// Writes the configuration as it is set now, while the daemon runs.
    pub fn reconfigures(&self) {
        self.home().configure(&self.settings.to_toml());
    }

    /// Runs a command that must end well. What it says on standard output, as a story shows it.
    ///
    /// # Panics
    /// When it does not end with success.
    #[track_caller]
    pub fn operates(&self, arguments: &[&str]) -> String {
        let ended = self.operator(arguments);
        assert_eq!(ended.code, Some(0), "{arguments:?}: {}", ended.stderr);
        self.shown(&String::from_utf8_lossy(&ended.stdout))
    }

    /// The same; it must not be done. Why not.
    ///
    /// # Panics
    /// When it ends with success.
    #[track_caller]
    pub fn refuses(&self, arguments: &[&str]) -> String {
        let ended = self.operator(arguments);
        assert!(!matches!(ended.code, Some(0) | None), "{arguments:?} was done");
        assert!(!ended.stderr.contains("panicked"), "{}", ended.stderr);
        let at = ended.stderr.find("sessionsd: ").unwrap_or_default();
        self.shown(ended.stderr.get(at..).unwrap_or_default())
    }

    /// The same with `--json`.
    ///
    /// # Panics
    /// When it does not end with success, or writes no JSON.
    #[track_caller]
    pub fn operates_json(&self, arguments: &[&str]) -> serde_json::Value {
        let ended = self.operator(&[arguments, &["--json"]].concat());
        assert_eq!(ended.code, Some(0), "{arguments:?}: {}", ended.stderr);
        serde_json::from_slice(&ended.stdout).expect("it writes JSON")
    }
}
