//! `sessionsd`: the program. Command line, configuration, wiring; no rules of its own.

mod configuration;
mod console;
mod data;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Keeps conversations as sessions: durable, sealed, with history, checkpoints and undo.
#[derive(Debug, Parser)]
#[command(name = "sessionsd", version, arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Talk in this terminal: an encrypted session bot, no account needed.
    ///
    /// On a terminal, a prompt with line editing. Otherwise lines from standard input, one event each, and replies to
    /// standard output in order. Lines that begin with `:` drive the console itself; `:help` lists them.
    Console(ConsoleArguments),
}

#[derive(Debug, clap::Args)]
struct ConsoleArguments {
    /// The folder of database, key and exports [default: $XDG_STATE_HOME/sessionsd].
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// One JSON object a reply: text, buttons, file, private.
    #[arg(long)]
    json: bool,
    /// A configuration file; `config/sessionsd.toml` shows every key.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    start_log();
    let Command::Console(console) = arguments.command;
    match run_console(console) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("sessionsd: {}", console::printable(&format!("{error:#}")));
            ExitCode::FAILURE
        }
    }
}

fn run_console(arguments: ConsoleArguments) -> anyhow::Result<()> {
    // A core dump would hold keys and text.
    rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable)?;
    let configuration = match &arguments.config {
        Some(file) => configuration::load(file)?,
        None => configuration::Configuration::default(),
    };
    let config = configuration.sessions.to_config()?;
    let folder = data::Folder::open(arguments.data)?;
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let ended = runtime.block_on(console::run(&folder, config, arguments.json));
    // A thread may still wait for a line that will never come.
    runtime.shutdown_background();
    ended
}

/// The log goes to standard error: warnings, or what `SESSIONSD_LOG` asks for (`info`, `debug`, `bot=debug`).
fn start_log() {
    let filter = tracing_subscriber::EnvFilter::try_from_env("SESSIONSD_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
}
