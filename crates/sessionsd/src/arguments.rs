//! The command line.
//!
//! Not here: what a command does.
//!
//! Invariant: no secret is an argument: arguments are there for everybody on the machine to read.

use std::path::{Path, PathBuf};

use clap::{Args, Parser, Subcommand};

use crate::configuration::USUAL;
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
