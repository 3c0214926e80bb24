//! What is asked on a terminal. A token that is typed is not shown.
//!
//! Invariant: however asking ends, but for a kill, the terminal shows again what is typed.

use std::io::{self, BufRead, Write};
use std::process;

use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use tokio::runtime::{Builder, Runtime};
use tokio::signal::unix::{SignalKind, signal};
use zeroize::Zeroizing;

/// What a shell adds to a signal for the exit code of what it ended.
const SIGNALLED: i32 = 128;

/// Asks, and reads the answers from standard input.
pub(super) struct Questions {
    input: io::StdinLock<'static>,
    /// The terminal as it was.
    shown: Termios,
    /// Hears signals; as long as this is there, they end the program.
    _signals: Runtime,
}

impl Questions {
    pub(super) fn new() -> io::Result<Self> {
        let shown = tcgetattr(io::stdin())?;
        let signals = end_with_signals(&shown)?;
        Ok(Self { input: io::stdin().lock(), shown, _signals: signals })
    }

    /// The token of a channel; empty for none.
    pub(super) fn token(&mut self, channel: &str) -> io::Result<Zeroizing<String>> {
        let from = match channel {
            "telegram" => "the Telegram token that @BotFather gave out",
            _ => "the Discord token that the developer portal gave out under Bot",
        };
        ask(&format!("Token: {from}; empty for none: "))?;
        let told = self.unseen();
        eprintln!();
        told
    }

    /// Who owns the bot.
    pub(super) fn owners(&mut self) -> io::Result<Vec<String>> {
        ask(
            "Owners, as telegram:77 or discord:78, with commas between; empty if you don't know your number yet: ",
        )?;
        let line = self.line()?;
        let named = line.split(',').map(str::trim).filter(|owner| !owner.is_empty());
        Ok(named.map(str::to_owned).collect())
    }

    /// The zone of wall-clock times.
    pub(super) fn zone(&mut self) -> io::Result<String> {
        ask("Time zone, as Europe/Paris; empty for UTC: ")?;
        let line = self.line()?;
        Ok(if line.trim().is_empty() { "UTC".to_owned() } else { line.trim().to_owned() })
    }

    fn line(&mut self) -> io::Result<Zeroizing<String>> {
        let mut line = Zeroizing::new(String::new());
        self.input.read_line(&mut line)?;
        Ok(line)
    }

    /// A line that the terminal does not show.
    fn unseen(&mut self) -> io::Result<Zeroizing<String>> {
        let mut hidden = self.shown.clone();
        hidden.local_modes.remove(LocalModes::ECHO);
        tcsetattr(io::stdin(), OptionalActions::Flush, &hidden)?;
        let line = self.line();
        tcsetattr(io::stdin(), OptionalActions::Now, &self.shown)?;
        line
    }
}

/// A signal that ends the program does so after the terminal is as it was.
fn end_with_signals(shown: &Termios) -> io::Result<Runtime> {
    let runtime = Builder::new_multi_thread().worker_threads(1).enable_io().build()?;
    let kinds = [
        SignalKind::interrupt(),
        SignalKind::terminate(),
        SignalKind::hangup(),
        SignalKind::quit(),
    ];
    for kind in kinds {
        let shown = shown.clone();
        let mut signal = {
            let _within = runtime.enter();
            signal(kind)?
        };
        runtime.spawn(async move {
            signal.recv().await;
            let _ = tcsetattr(io::stdin(), OptionalActions::Now, &shown);
            process::exit(SIGNALLED + kind.as_raw_value());
        });
    }
    Ok(runtime)
}

fn ask(question: &str) -> io::Result<()> {
    let mut terminal = io::stderr();
    terminal.write_all(question.as_bytes())?;
    terminal.flush()
}
