//! The program itself, on an empty folder and on one with a very long session: how soon it answers, how much it holds.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use crate::Bench;
use crate::home::{Home, WHO};
use crate::round::{in_turn, micros};
use crate::table::{Amount, Bound, Row, Table};

/// What somebody looks at who has not been there for a while.
const LOOKS: [&str; 6] = [
    "/session",
    "/history 50",
    "/checkpoint save \"before the look\"",
    "/checkpoint list",
    "hello again",
    "/history search platypus",
];

pub(crate) fn run(bench: &Bench, table: &mut Table) -> anyhow::Result<()> {
    let long = Home::new(bench, bench.size.long)?.close();
    let empty = Home::new(bench, 0)?.close();
    let paired = in_turn(bench.size.starts, || start(long.path()), || start(empty.path()))?;
    let more = paired.ours - paired.bare;
    table.add(&Row {
        case: format!("console, first answer at {} messages, more than at none", bench.size.long),
        ours: Amount::Micros(paired.ours),
        bare: Some(Amount::Micros(paired.bare)),
        measured: Amount::Micros(more),
        bound: Bound::AtMost(Amount::Micros(100_000.0)),
    });
    let resident = resident(long.path(), bench.size.long)?;
    table.add(&Row {
        case: format!("console, resident memory at {} messages", bench.size.long),
        ours: Amount::Mebibytes(resident),
        bare: None,
        measured: Amount::Mebibytes(resident),
        bound: Bound::AtMost(Amount::Mebibytes(40.0)),
    });
    Ok(())
}

/// A console that runs.
struct Console {
    child: Child,
    lines: ChildStdin,
    replies: BufReader<ChildStdout>,
}

impl Console {
    fn start(folder: &Path) -> anyhow::Result<Self> {
        let mut child = Command::new(env!("CARGO_BIN_EXE_sessionsd"))
            .args(["console", "--json", "--data"])
            .arg(folder)
            .env("USER", WHO)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let (Some(lines), Some(replies)) = (child.stdin.take(), child.stdout.take()) else {
            anyhow::bail!("the console has no input or output");
        };
        Ok(Self { child, lines, replies: BufReader::new(replies) })
    }

    fn ask(&mut self, line: &str) -> anyhow::Result<String> {
        writeln!(self.lines, "{line}")?;
        let mut reply = String::new();
        self.replies.read_line(&mut reply)?;
        anyhow::ensure!(reply.starts_with('{'), "{line} was answered with “{reply}”");
        Ok(reply)
    }

    fn end(self) -> anyhow::Result<()> {
        let Self { mut child, lines, .. } = self;
        drop(lines);
        anyhow::ensure!(child.wait()?.success(), "the console failed");
        Ok(())
    }
}

/// From the start of the process to its first answer.
fn start(folder: &Path) -> anyhow::Result<Duration> {
    let since = Instant::now();
    let mut console = Console::start(folder)?;
    console.ask("/session")?;
    let taken = since.elapsed();
    console.end()?;
    anyhow::ensure!(micros(taken) > 0.0, "no time has passed");
    Ok(taken)
}

/// Mebibytes that a console holds after some looking around.
fn resident(folder: &Path, messages: usize) -> anyhow::Result<f64> {
    let mut console = Console::start(folder)?;
    let history = console.ask("/history 1")?;
    let last = messages.to_string();
    anyhow::ensure!(history.contains(&last), "{history} shows no message {messages}");
    for look in LOOKS {
        console.ask(look)?;
    }
    let status = std::fs::read_to_string(format!("/proc/{}/status", console.child.id()))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kibibytes = line.and_then(|rest| rest.split_whitespace().next());
    let kibibytes: u32 = kibibytes.unwrap_or_default().parse()?;
    console.end()?;
    Ok(f64::from(kibibytes) / 1024.0)
}
