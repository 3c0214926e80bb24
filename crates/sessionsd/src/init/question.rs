//! What is asked on a terminal. A token that is typed is not shown.

use std::io::{self, BufRead, Write};

use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
use zeroize::Zeroizing;

/// Asks, and reads the answers from standard input.
pub(super) struct Questions {
    input: io::StdinLock<'static>,
}

impl Questions {
    pub(super) fn new() -> Self {
        Self { input: io::stdin().lock() }
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
        let shown = tcgetattr(io::stdin())?;
        let mut hidden = shown.clone();
        hidden.local_modes.remove(LocalModes::ECHO);
        tcsetattr(io::stdin(), OptionalActions::Flush, &hidden)?;
        let line = self.line();
        tcsetattr(io::stdin(), OptionalActions::Now, &shown)?;
        line
    }
}

fn ask(question: &str) -> io::Result<()> {
    let mut terminal = io::stderr();
    terminal.write_all(question.as_bytes())?;
    terminal.flush()
}
