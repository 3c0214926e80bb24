//! The program at work, told line by line and heard reply by reply.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use std::thread::{self, JoinHandle};

use serde_json::Value;

use crate::home::{Home, assert_calm};
use crate::watchdog::Watchdog;

/// Characters of a line that a story shows.
const LEGIBLE: usize = 100;

/// A console in JSON mode.
pub struct Console<'h> {
    home: &'h Home,
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: BufReader<ChildStdout>,
    stderr: Option<JoinHandle<String>>,
    watchdog: Watchdog,
    taken_up: Vec<Reply>,
}

/// One reply, as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// What it says.
    pub text: String,
    /// What can be pressed, in order.
    pub buttons: Vec<String>,
    /// What each press sends back.
    pub presses: Vec<String>,
    /// A file with it.
    pub file: Option<PathBuf>,
    /// Whether it is for the person alone who is answered.
    pub private: bool,
    /// Whether the console itself speaks.
    pub console: bool,
}

impl<'h> Console<'h> {
    pub(crate) fn start(home: &'h Home) -> Self {
        let mut command = home.command();
        command.arg("--json");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program starts");
        let watchdog = Watchdog::over(&child);
        let mut err = child.stderr.take().expect("it was piped");
        let stderr = thread::spawn(move || {
            let mut text = Vec::new();
            err.read_to_end(&mut text).expect("standard error can be read");
            String::from_utf8_lossy(&text).into_owned()
        });
        let stdin = child.stdin.take();
        let stdout = BufReader::new(child.stdout.take().expect("it was piped"));
        let stderr = Some(stderr);
        let taken_up = Vec::new();
        let mut console = Self { home, child, stdin, stdout, stderr, watchdog, taken_up };
        console.says(&home.clock().unwrap_or_else(|| ":clock".to_owned()));
        loop {
            match console.hears() {
                reply if reply.console => return console,
                reply => console.taken_up.push(reply),
            }
        }
    }

    /// The replies to what an earlier run had taken in and not done, given at the start.
    #[must_use]
    pub fn taken_up(&self) -> &[Reply] {
        &self.taken_up
    }

    /// Says a line. Stable names in it (`s-1`) stand for the ids.
    ///
    /// # Panics
    /// When the program does not read any more.
    pub fn says(&mut self, line: &str) {
        self.watchdog.step();
        let line = format!("{}\n", self.home.meant(line));
        let stdin = self.stdin.as_mut().expect("it is open until the end");
        stdin.write_all(line.as_bytes()).expect("the program reads on");
    }

    /// Says lines and takes whatever part of them the program does not read for granted: it may be killed meanwhile.
    pub fn pours(&mut self, lines: String) -> JoinHandle<()> {
        self.watchdog.step();
        let mut stdin = self.stdin.take().expect("it is open until the end");
        thread::spawn(move || drop(stdin.write_all(lines.as_bytes())))
    }

    /// The next reply.
    ///
    /// # Panics
    /// When there is none, because the program ended or was killed for hanging.
    pub fn hears(&mut self) -> Reply {
        self.hears_or_end().unwrap_or_else(|| {
            let stderr = self.stderr.take().map(|stderr| stderr.join().unwrap_or_default());
            panic!("a reply was expected, and the program ended: {}", stderr.unwrap_or_default())
        })
    }

    /// The next reply, or nothing where the program ended.
    ///
    /// # Panics
    /// When what it wrote is no reply.
    pub fn hears_or_end(&mut self) -> Option<Reply> {
        self.watchdog.step();
        let mut line = String::new();
        self.stdout.read_line(&mut line).expect("standard output can be read");
        // A line without its end is what a killed program was writing.
        line.ends_with('\n').then(|| Reply::parse(&line))
    }

    /// Says a line and gives the reply as it was written.
    pub fn asks(&mut self, line: &str) -> Reply {
        self.says(line);
        self.hears()
    }

    /// Says a line and gives the reply as a story shows it.
    pub fn answer(&mut self, line: &str) -> String {
        let reply = self.asks(line);
        self.home.shown(&reply.to_string())
    }

    /// Presses a button of any reply so far, by its label, and gives the reply as a story shows it.
    ///
    /// # Panics
    /// When that reply has no such button.
    pub fn presses(&mut self, reply: &Reply, label: &str) -> String {
        let label = self.home.meant(label);
        let mut offered = reply.buttons.iter().zip(&reply.presses);
        let found = offered.find(|(button, _)| **button == label);
        let (_, data) = found.unwrap_or_else(|| panic!("there is no button {label}: {reply}"));
        self.answer(&format!(":press ={data}"))
    }

    /// Says lines one by one and gives the whole talk as a story shows it: `> ` what is said, then what is answered.
    ///
    /// What the console answers to `:as`, `:in`, `:channel` and `:clock` is left out unless it is a complaint.
    pub fn talk(&mut self, lines: &str) -> String {
        let mut told = String::new();
        for line in lines.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let reply = self.asks(line);
            told.push_str(&format!("> {}\n", legible(line)));
            if !(reply.console && reply.text.starts_with("You are ")) {
                told.push_str(&self.home.shown(&reply.to_string()));
                told.push('\n');
            }
        }
        told
    }

    /// Says a line that nobody is to answer.
    ///
    /// # Panics
    /// When there is an answer.
    pub fn says_to_nobody(&mut self, line: &str) {
        self.says(line);
        let next = self.asks(":clock");
        assert!(next.console, "an answer was not expected: {next}");
    }

    /// The text of the file that comes with the answer to a line.
    ///
    /// # Panics
    /// When none comes.
    pub fn fetches(&mut self, line: &str) -> String {
        let reply = self.asks(line);
        let file = reply.file.as_ref().unwrap_or_else(|| panic!("a file was expected: {reply}"));
        std::fs::read_to_string(file).expect("the file can be read")
    }

    /// What has been said in the current session, from its lossless export: role and content.
    ///
    /// # Panics
    /// When the export is no JSON.
    pub fn said(&mut self) -> Vec<String> {
        let export = self.fetches("/history export json");
        let export: Value = serde_json::from_str(&export).expect("the export is JSON");
        let messages = export.get("messages").and_then(Value::as_array).expect("it has messages");
        let content = |message: &Value| message.get("content")?.as_str().map(str::to_owned);
        messages.iter().map(|message| content(message).expect("it has content")).collect()
    }

    /// The same, where perhaps nothing has been said yet.
    ///
    /// # Panics
    /// When the export is no JSON.
    pub fn said_or_nothing(&mut self) -> Vec<String> {
        let is_empty = self.asks("/history").text.contains(" is empty.");
        if is_empty { Vec::new() } else { self.said() }
    }

    /// Kills the program where it stands; gives the replies that it had written and nobody has heard.
    ///
    /// # Panics
    /// When it cannot be killed.
    pub fn kill(mut self) -> Vec<Reply> {
        self.child.kill().expect("a child can be killed");
        self.child.wait().expect("a child can be waited for");
        let unheard = std::iter::from_fn(|| self.hears_or_end()).collect();
        let stderr = self.stderr.take().map(|stderr| stderr.join().unwrap_or_default());
        assert_calm(&stderr.unwrap_or_default());
        unheard
    }

    /// Ends the input and waits for the program's end.
    ///
    /// # Panics
    /// When it leaves a reply unread, logs an error, or does not end with success.
    pub fn end(mut self) {
        self.watchdog.step();
        drop(self.stdin.take());
        let mut unread = String::new();
        self.stdout.read_to_string(&mut unread).expect("standard output can be read");
        let status = self.child.wait().expect("a child can be waited for");
        let stderr = self.stderr.take().map(|stderr| stderr.join().unwrap_or_default());
        let stderr = stderr.unwrap_or_default();
        assert!(status.success(), "it ended with {status}: {stderr}");
        assert_calm(&stderr);
        assert_eq!(unread, "", "a reply was not read");
    }
}

impl Drop for Console<'_> {
    fn drop(&mut self) {
        // Only a story that failed leaves it running. One that ended is not killed again: it has been waited for.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Reply {
    fn parse(line: &str) -> Self {
        let value: Value = serde_json::from_str(line).expect("a reply is a line of JSON");
        let field = |name: &str| value.get(name).unwrap_or_else(|| panic!("no {name} in {line}"));
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let is = |name: &str| field(name).as_bool().expect("it is true or false");
        let texts = |name: &str| {
            let list = field(name).as_array().expect("it is a list");
            list.iter().map(|item| text(item).expect("it holds texts")).collect()
        };
        Self {
            text: text(field("text")).expect("the text is a text"),
            buttons: texts("buttons"),
            presses: texts("presses"),
            file: text(field("file")).map(PathBuf::from),
            private: is("private"),
            console: is("console"),
        }
    }
}

/// A line as a story shows it: not all of a long one, and nothing that cannot be seen.
fn legible(line: &str) -> String {
    let is_seen = |c: &char| !c.is_control() && !('\u{2028}'..='\u{2069}').contains(c);
    let show = |c: char| if is_seen(&c) { c.to_string() } else { c.escape_unicode().to_string() };
    let shown: String = line.chars().take(LEGIBLE).map(show).collect();
    match line.chars().count() {
        0..=LEGIBLE => shown,
        all => format!("{shown}… ({all} characters)"),
    }
}

/// As the console shows it to people.
impl std::fmt::Display for Reply {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.console {
            return write!(f, "({})", self.text);
        }
        if self.private {
            f.write_str("[private] ")?;
        }
        f.write_str(&self.text)?;
        if let Some(file) = &self.file {
            write!(f, "\nFile: {}", file.display())?;
        }
        for (at, label) in self.buttons.iter().enumerate() {
            write!(f, "{}[{}] {label}", if at == 0 { "\n" } else { "  " }, at + 1)?;
        }
        Ok(())
    }
}
