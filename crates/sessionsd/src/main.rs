//! `sessionsd`: the program. Command line, configuration, wiring; no rules of its own.

mod channels;
mod configuration;
mod console;
mod data;
mod log;
mod run;
mod sight;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use tokio::runtime::{Builder, Runtime};

use configuration::{Format, Settled};

/// Keeps conversations as sessions: durable, sealed, with history, checkpoints and undo.
#[derive(Debug, Parser)]
#[command(name = "sessionsd", version, arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the bot until SIGTERM or SIGINT: on the channels that are configured.
    Run(RunArguments),
    /// Talk in this terminal: an encrypted session bot, no account needed.
    ///
    /// On a terminal, a prompt with line editing. Otherwise lines from standard input, one event each, and replies to
    /// standard output in order. Lines that begin with `:` drive the console itself; `:help` lists them.
    Console(ConsoleArguments),
}

#[derive(Debug, clap::Args)]
struct RunArguments {
    /// A configuration file; `config/sessionsd.toml` shows every key. `SESSIONSD__SECTION__KEY` in the environment
    /// goes before it.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
struct ConsoleArguments {
    /// The folder of database, key and exports [default: as configured, else $XDG_STATE_HOME/sessionsd].
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
    let ended = match Arguments::parse().command {
        Command::Run(arguments) => run_daemon(arguments),
        Command::Console(arguments) => run_console(arguments),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("sessionsd: {}", console::printable(&format!("{error:#}")));
            ExitCode::FAILURE
        }
    }
}

fn run_daemon(arguments: RunArguments) -> anyhow::Result<()> {
    let (settled, runtime) = prepare(arguments.config)?;
    log::start(settled.log.format)?.set(&settled.log.level)?;
    let ended = runtime.block_on(run::run(settled));
    // A name may still be looked up.
    runtime.shutdown_background();
    ended
}

fn run_console(arguments: ConsoleArguments) -> anyhow::Result<()> {
    let (settled, runtime) = prepare(arguments.config)?;
    log::start(Format::Auto)?.set("warn")?;
    let data = data::Data::find(arguments.data, &settled)?;
    let ended = runtime.block_on(console::run(&data, settled.sessions, arguments.json));
    // A thread may still wait for a line that will never come.
    runtime.shutdown_background();
    ended
}

fn prepare(config: Option<PathBuf>) -> anyhow::Result<(Settled, Runtime)> {
    // A core dump would hold keys and text.
    rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable)?;
    let settled = configuration::load(config.as_deref(), std::env::vars_os())?;
    // A lone commit runs on the thread of its caller, so there is one more.
    let workers = std::thread::available_parallelism().map_or(2, |there| there.get().max(2));
    let runtime = Builder::new_multi_thread().worker_threads(workers).enable_all().build()?;
    Ok((settled, runtime))
}
