//! A fake platform in a process of its own, asked line by line.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::Value;

/// The process. It ends with its input.
pub(crate) struct Platform {
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: BufReader<ChildStdout>,
    at: Value,
}

impl Platform {
    /// Starts the fake that this executable is.
    pub(crate) fn start(executable: &str) -> Self {
        let mut command = Command::new(executable);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("the fake starts");
        let stdin = child.stdin.take();
        let stdout = BufReader::new(child.stdout.take().expect("it was piped"));
        let mut platform = Self { child, stdin, stdout, at: Value::Null };
        platform.at = platform.reads();
        platform
    }

    pub(crate) fn url(&self) -> &str {
        self.at.get("url").and_then(Value::as_str).expect("it says where it is")
    }

    pub(crate) fn token(&self) -> &str {
        self.at.get("token").and_then(Value::as_str).expect("it says its token")
    }

    /// Has it do what a line says; answers what came of it.
    pub(crate) fn asks(&mut self, line: &str) -> Value {
        let stdin = self.stdin.as_mut().expect("it runs");
        writeln!(stdin, "{line}").expect("it reads");
        self.reads()
    }

    fn reads(&mut self) -> Value {
        let mut line = String::new();
        self.stdout.read_line(&mut line).expect("it answers");
        let answer: Value = serde_json::from_str(&line).expect("it answers JSON");
        assert_eq!(answer.get("error"), None);
        answer
    }
}

impl Drop for Platform {
    fn drop(&mut self) {
        drop(self.stdin.take());
        // It has ended, or it ends now.
        let _ = self.child.wait();
    }
}
