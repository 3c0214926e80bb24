//! A data folder of a story's own, and the ways to run the program in it.

use std::cell::{Cell, RefCell};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;

use tempfile::TempDir;

use crate::console::Console;
use crate::names::Names;
use crate::program;
use crate::watchdog::Watchdog;

/// A data folder, a configuration if there is one, and the names given to what differs.
pub struct Home {
    folder: TempDir,
    names: RefCell<Names>,
    clock: Option<Cell<u32>>,
}

/// How a whole run ended, as it was written, ids and all.
#[derive(Debug)]
pub struct Ended {
    /// The exit code; `None` if it was killed.
    pub code: Option<i32>,
    /// What it wrote to standard output.
    pub stdout: Vec<u8>,
    /// What it wrote to standard error.
    pub stderr: String,
}

impl Default for Home {
    fn default() -> Self {
        Self::new()
    }
}

impl Home {
    /// An empty one. On a Monday at noon a console is first started there, and each further one a minute later.
    ///
    /// # Panics
    /// When no temporary folder can be made; like everything here, as a failing test.
    #[must_use]
    pub fn new() -> Self {
        Self { clock: Some(Cell::new(0)), ..Self::in_real_time() }
    }

    /// An empty one, where the machine's own clock holds.
    ///
    /// # Panics
    /// When no temporary folder can be made.
    #[must_use]
    pub fn in_real_time() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let names = RefCell::new(Names::new(folder.path()));
        Self { folder, names, clock: None }
    }

    /// The line that sets the clock of the next console, if it is to be set.
    pub(crate) fn clock(&self) -> Option<String> {
        let starts = self.clock.as_ref()?;
        let minute = starts.replace(starts.get() + 1);
        Some(format!(":clock 2026-01-05T{:02}:{:02}:00Z", 12 + minute / 60, minute % 60))
    }

    /// The story's folder, around the data folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The data folder.
    #[must_use]
    pub fn data(&self) -> PathBuf {
        self.path().join("data")
    }

    /// The database file.
    #[must_use]
    pub fn database(&self) -> PathBuf {
        self.data().join("sessions.db")
    }

    /// The key file.
    #[must_use]
    pub fn key(&self) -> PathBuf {
        self.data().join("master.key")
    }

    /// Every file of the data folder with what is in it; sockets hold nothing.
    ///
    /// # Panics
    /// When one cannot be read.
    #[must_use]
    pub fn contents(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let entries = std::fs::read_dir(self.data()).into_iter().flatten();
        let paths = entries.map(|entry| entry.expect("the folder can be read").path());
        let files = paths.filter(|path| path.is_file());
        files.map(|path| (path.clone(), std::fs::read(path).expect("it can be read"))).collect()
    }

    /// Gives the program a configuration file from the next start on.
    pub fn configure(&self, text: &str) {
        std::fs::write(self.config(), text).expect("the story's folder can be written");
    }

    pub(crate) fn config(&self) -> PathBuf {
        self.path().join("sessionsd.toml")
    }

    /// A text of the program, with stable names for what differs.
    #[must_use]
    pub fn shown(&self, text: &str) -> String {
        self.names.borrow_mut().shown(text)
    }

    /// A line for the program, with what stable names in it stand for.
    #[must_use]
    pub fn meant(&self, line: &str) -> String {
        self.names.borrow().meant(line)
    }

    /// The console's command, in a clean environment, where `ann` is who starts it.
    #[must_use]
    pub fn command(&self) -> Command {
        let mut command = program();
        command.arg("console").arg("--data").arg(self.data());
        if self.config().exists() {
            command.arg("--config").arg(self.config());
        }
        command
    }

    /// Starts a console that is asked line by line.
    #[must_use]
    pub fn start(&self) -> Console<'_> {
        Console::start(self)
    }

    /// Tells a story to a console from its start to its end.
    ///
    /// # Panics
    /// When the program leaves a reply unread, logs an error, or does not end with success.
    pub fn talk<T>(&self, story: impl FnOnce(&mut Console<'_>) -> T) -> T {
        let mut console = self.start();
        let told = story(&mut console);
        console.end();
        told
    }

    /// Pipes lines through a console for people; answers all that it wrote.
    ///
    /// # Panics
    /// When the program logs an error or does not end with success.
    #[must_use]
    pub fn pipes(&self, lines: &str) -> String {
        let lines: Vec<_> = lines.lines().map(str::trim).collect();
        let said = self.meant(&lines.join("\n"));
        let clock = self.clock().expect("what is piped is shown with its times");
        let ended = run(&mut self.command(), format!("{clock}\n{said}\n").as_bytes());
        ended.assert_success();
        let (_clock, answers) = ended.text().split_once('\n').expect("the clock is answered");
        self.shown(answers)
    }

    /// Runs a console over what it reads, and answers how it ended.
    #[must_use]
    pub fn run(&self, input: &[u8]) -> Ended {
        run(&mut self.command(), input)
    }
}

impl Ended {
    /// Standard output as text.
    ///
    /// # Panics
    /// When it is not UTF-8.
    #[must_use]
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.stdout).expect("the program writes UTF-8")
    }

    /// Asserts that it ended well.
    ///
    /// # Panics
    /// When it did not, or an error was logged.
    pub fn assert_success(&self) {
        assert_eq!(self.code, Some(0), "standard error: {}", self.stderr);
        assert_calm(&self.stderr);
    }
}

/// The program, in a clean environment, where `ann` is who starts it.
fn program() -> Command {
    let mut command = Command::new(program::executable());
    command.env_clear().env("USER", "ann");
    command
}

/// Runs the program over what it reads.
fn run(command: &mut Command, input: &[u8]) -> Ended {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program starts");
    let _watchdog = Watchdog::over(&child);
    let mut stdin = child.stdin.take().expect("it was piped");
    let mut err = child.stderr.take().expect("it was piped");
    let errors = thread::spawn(move || {
        let mut text = Vec::new();
        err.read_to_end(&mut text).expect("standard error can be read");
        String::from_utf8_lossy(&text).into_owned()
    });
    let input = input.to_vec();
    // A program that ends early leaves the rest unread.
    let writer = thread::spawn(move || drop(stdin.write_all(&input)));
    let mut stdout = Vec::new();
    let mut out = child.stdout.take().expect("it was piped");
    out.read_to_end(&mut stdout).expect("standard output can be read");
    let status = child.wait().expect("a child can be waited for");
    writer.join().expect("the writer does not panic");
    let stderr = errors.join().expect("the reader does not panic");
    Ended { code: status.code(), stdout, stderr }
}

/// Asserts that nothing was logged that is a fault, and nothing panicked.
pub(crate) fn assert_calm(stderr: &str) {
    let is_fault = |line: &&str| line.contains("ERROR") || line.contains("panicked");
    let faults: Vec<_> = stderr.lines().filter(is_fault).collect();
    assert!(faults.is_empty(), "the program logged:\n{}", faults.join("\n"));
}
