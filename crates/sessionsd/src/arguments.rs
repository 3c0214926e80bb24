//! The command line.
//!
//! Not here: what a command does.
//!
//! Invariant: no secret is an argument: arguments are there for everybody on the machine to read.

use std::path::{Path, PathBuf};

use clap::{Args, Parser, Subcommand};

use crate::configuration::USUAL;
use crate::control::Form;
use crate::exit;

/// Keeps conversations as sessions: durable, sealed, with history, checkpoints and undo.
#[derive(Debug, Parser)]
#[command(name = "sessionsd", version, arg_required_else_help = true, after_help = exit::TABLE)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the bot until SIGTERM or SIGINT: on the channels that are configured.
    Run(Configured),
    /// Talk in this terminal: an encrypted session bot, no account needed.
    ///
    /// On a terminal, a prompt with line editing. Otherwise lines from standard input, one event each, and replies to
    /// standard output in order. Lines that begin with `:` drive the console itself; `:help` lists them.
    Console(Console),
    /// Write a configuration, with a key and the tokens in files of their own.
    ///
    /// On a terminal it asks for what is not given. Nothing that is there is replaced.
    Init(Init),
    /// Look at the configuration.
    #[command(subcommand)]
    Config(Config),
    /// Say how things stand: channels, queues, the last troubles. On a terminal, again each second.
    ///
    /// Ends with 3 where no daemon runs, or a channel is not connected.
    Status(Status),
    /// Look at sessions, whoever they belong to; export, import, delete.
    #[command(subcommand)]
    Sessions(Sessions),
    /// Look at events that were set aside: try them again, or give them up.
    ///
    /// An event is set aside when handling it failed again and again, when it cannot be read, or when it was not done in a
    /// backup that was restored. Whoever did it was told its number, as e-12.
    #[command(subcommand)]
    Events(Events),
    /// Remove past sessions that are old, with their keys.
    ///
    /// Current sessions stay, and so does what can still be undone.
    Cleanup(Cleanup),
    /// Write the whole database to a file, while it is used; it stays sealed.
    ///
    /// The file is opened and compared afterwards. The master key is not in it: keep that elsewhere.
    Backup(Backup),
    /// Make a backup the database, where there is none.
    ///
    /// What was under way when it was made is not sent or run: places are told that an answer may be missing.
    Restore(Restore),
    /// Open every row and hold it against those that it fits to; change nothing.
    ///
    /// Ends with 3 where something is wrong.
    Verify(Verify),
    /// The master key: make one, change it, tell which one a file holds.
    #[command(subcommand)]
    Key(Key),
    /// Seal a database that is in clear, in place of itself.
    ///
    /// No daemon may run. A sealed copy is made, opened and compared, and takes the name of the database; broken off at
    /// any point, the database is the old one or the new one, whole. Needs room for two more of its size.
    ///
    /// The master key is the configured one; a new one is made where there is none. The file in clear is removed. Backups
    /// and copies from before stay in clear, and a disk may keep removed blocks, an SSD for long.
    Encrypt(Whose),
    /// Make a sealed database one in clear, in place of itself.
    ///
    /// No daemon may run. A copy in clear is made, opened and compared, and takes the name of the database; broken off at
    /// any point, the database is the old one or the new one, whole. Needs room for two more of its size.
    ///
    /// The sealed file is removed, as what is deleted later would live on in it; for a copy, make a backup first. The
    /// master key stays: backups need it.
    Decrypt(Whose),
    /// Look at all that a daemon needs, and say what to do about what is wrong.
    ///
    /// Configuration, secrets, key, database, disk, the daemon itself, and whether the platforms know the tokens. Ends
    /// with 3 where something needs attention.
    Doctor(Whose),
}

#[derive(Debug, Args)]
pub(crate) struct Status {
    #[command(flatten)]
    pub(crate) whose: Whose,
    /// Only once, also on a terminal.
    #[arg(long)]
    pub(crate) once: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Verify {
    #[command(flatten)]
    pub(crate) whose: Whose,
    /// A backup, instead of the database. It is copied beside itself for that.
    #[arg(value_name = "BACKUP")]
    pub(crate) backup: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Key {
    /// Write a new random key to a file that is not there yet.
    Generate {
        /// The file, readable for you only.
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Give the database another master key, while it is used.
    ///
    /// The key's file gets the new key; the one before stays beside it as .previous, and is needed for backups that were
    /// made under it. Broken off, it is finished by the same command, or by the next start of the daemon.
    ///
    /// Where somebody else may have the key, that is not enough: see --compromised.
    Rotate(Rotate),
    /// Say which master key a file holds.
    Check(CheckKey),
}

#[derive(Debug, Args)]
pub(crate) struct Rotate {
    #[command(flatten)]
    pub(crate) whose: Whose,
    /// A file with the new key, such as `key generate` writes [default: a new random key].
    #[arg(long, value_name = "FILE")]
    pub(crate) to: Option<PathBuf>,
    /// Somebody may have the old key: give each session a new key as well, and seal everything anew.
    ///
    /// No daemon may run. A copy sealed anew is made, opened and compared, and takes the name of the database; needs room
    /// for two more of its size. From then on the old key opens nothing that is said. It still opens every copy from
    /// before; and as look-ups need the key of names, whoever had that still reads places, people, settings and the words
    /// of searches with several pages in this file, and can test names and numbers that they guess.
    #[arg(long)]
    pub(crate) compromised: bool,
}

#[derive(Debug, Args)]
pub(crate) struct CheckKey {
    #[command(flatten)]
    pub(crate) whose: Whose,
    /// The file [default: the configured one].
    #[arg(value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
}

/// Whose database, and how answers are shown. Where a daemon runs, it is asked; else its files are used, as their owner.
#[derive(Debug, Args)]
pub(crate) struct Whose {
    #[command(flatten)]
    pub(crate) configured: Configured,
    /// The folder of database and key, instead of what is configured.
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// One JSON object on standard output.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Sessions {
    /// List them, the latest activity first.
    List(List),
    /// Show one.
    Show(OneSession),
    /// Write one to a file, not encrypted.
    Export(Export),
    /// Bring a JSON export in, as a past session beside another one.
    Import(Import),
    /// Move one to the bin, as /session delete does.
    Delete(OneSession),
}

#[derive(Debug, Subcommand)]
pub(crate) enum Events {
    /// List them: when, who, which command; nothing of what was said.
    List(Whose),
    /// Have them tried again: at once by the daemon, else when it starts next.
    Retry(SomeEvents),
    /// Give them up for good.
    Delete(SomeEvents),
}

#[derive(Debug, Args)]
pub(crate) struct SomeEvents {
    #[command(flatten)]
    pub(crate) whose: Whose,
    /// Their numbers, as e-12.
    #[arg(value_name = "EVENT", required_unless_present = "all", value_parser = event)]
    pub(crate) events: Vec<i64>,
    /// All of them.
    #[arg(long, conflicts_with = "events")]
    pub(crate) all: bool,
}

/// The number of an event, as e-12 or 12.
fn event(text: &str) -> Result<i64, String> {
    let number = text.strip_prefix("e-").unwrap_or(text).parse();
    number.map_err(|_| "the number of an event is expected, as e-12".to_owned())
}

#[derive(Debug, Args)]
pub(crate) struct List {
    #[command(flatten)]
    pub(crate) whose: Whose,
    /// At most so many.
    #[arg(long, value_name = "MANY", default_value_t = 50)]
    pub(crate) limit: usize,
    /// Those in the bin, too.
    #[arg(long)]
    pub(crate) bin: bool,
    /// Only those of this person's private conversations, as telegram:77. What they said where everybody in a chat shares
    /// one is not theirs alone.
    #[arg(long, value_name = "PERSON")]
    pub(crate) of: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct OneSession {
    #[command(flatten)]
    pub(crate) whose: Whose,
    /// Its id, or the beginning of it.
    #[arg(value_name = "SESSION")]
    pub(crate) session: String,
}

#[derive(Debug, Args)]
pub(crate) struct Export {
    #[command(flatten)]
    pub(crate) one: OneSession,
    /// The file to make.
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// In which form; json can be imported again.
    #[arg(long, value_enum, default_value_t = Form::Json)]
    pub(crate) form: Form,
}

#[derive(Debug, Args)]
pub(crate) struct Import {
    #[command(flatten)]
    pub(crate) whose: Whose,
    /// The JSON export.
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// A session of whoever is to have it, by its id or the beginning of it.
    #[arg(long, value_name = "SESSION")]
    pub(crate) beside: String,
}

#[derive(Debug, Args)]
pub(crate) struct Cleanup {
    #[command(flatten)]
    pub(crate) whose: Whose,
    /// Sessions without activity for so long, as 30d or 8w.
    #[arg(long, value_name = "DAYS", value_parser = days)]
    pub(crate) older_than: u32,
    /// Their checkpoints stay, and what these reach.
    #[arg(long)]
    pub(crate) keep_checkpoints: bool,
    /// Only say what would be removed.
    #[arg(long)]
    pub(crate) dry_run: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Backup {
    #[command(flatten)]
    pub(crate) whose: Whose,
    /// The file to make; in a folder, one that is named by the time.
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// In a folder, keep so many of those and remove older ones.
    #[arg(long, value_name = "MANY", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) keep: Option<u32>,
}

#[derive(Debug, Args)]
pub(crate) struct Restore {
    #[command(flatten)]
    pub(crate) whose: Whose,
    /// The backup.
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// The folder to restore into, instead of that of the configured database; the key stays the configured one.
    #[arg(long, value_name = "DIR")]
    pub(crate) into: Option<PathBuf>,
}

/// Days, as 30, 30d or 8w.
fn days(text: &str) -> Result<u32, String> {
    let (number, each) = match text.strip_suffix('w') {
        Some(weeks) => (weeks, 7),
        None => (text.strip_suffix('d').unwrap_or(text), 1),
    };
    let days = number.parse::<u32>().ok().and_then(|number| number.checked_mul(each));
    days.filter(|days| *days > 0)
        .ok_or_else(|| "days are expected, as 30d, or weeks, as 8w".to_owned())
}

/// Which configuration.
#[derive(Debug, Args)]
pub(crate) struct Configured {
    /// The configuration file [default: /etc/sessionsd/sessionsd.toml, if it is there]. `SESSIONSD__SECTION__KEY` in the
    /// environment goes before it; `config/sessionsd.toml` of the sources shows every key.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

impl Configured {
    /// The file to read: the one that is named, else the usual one if it is there.
    pub(crate) fn file(&self) -> Option<&Path> {
        let usual = || Some(Path::new(USUAL)).filter(|usual| usual.exists());
        self.config.as_deref().or_else(usual)
    }
}

#[derive(Debug, Args)]
pub(crate) struct Console {
    /// The folder of database, key and exports [default: as configured, else $XDG_STATE_HOME/sessionsd].
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// One JSON object a reply: text, buttons, file, private.
    #[arg(long)]
    pub(crate) json: bool,
    /// A configuration file.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Config {
    /// Say everything that is wrong with it, secrets and their files included.
    Check(Configured),
    /// Print what it comes to, with the environment over the file; secrets are masked.
    Show(Configured),
}

#[derive(Debug, Args)]
pub(crate) struct Init {
    /// The configuration to write. Key and tokens go into `credentials` beside it.
    #[arg(long, value_name = "FILE", default_value = USUAL)]
    pub(crate) config: PathBuf,
    /// The folder of the database.
    #[arg(long, value_name = "DIR", default_value = "/var/lib/sessionsd")]
    pub(crate) data: PathBuf,
    /// A file with the Telegram token; `-` for standard input.
    #[arg(long, value_name = "FILE")]
    pub(crate) telegram_token: Option<PathBuf>,
    /// A file with the Discord token; `-` for standard input.
    #[arg(long, value_name = "FILE")]
    pub(crate) discord_token: Option<PathBuf>,
    /// Somebody who owns the bot, as telegram:77; may be given again.
    #[arg(long, value_name = "PERSON")]
    pub(crate) owner: Vec<String>,
    /// The IANA time zone of wall-clock times, as Europe/Paris.
    #[arg(long, value_name = "ZONE")]
    pub(crate) timezone: Option<String>,
    /// Ask nothing, also on a terminal.
    #[arg(long)]
    pub(crate) no_questions: bool,
}

#[cfg(test)]
mod tests;
