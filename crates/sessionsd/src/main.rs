//! `sessionsd`: the program. Command line, configuration, wiring; no rules of its own.

mod arguments;
mod beside;
mod channels;
mod check;
mod configuration;
mod console;
mod control;
mod data;
mod exit;
mod init;
mod key;
mod leftover;
mod log;
mod nightly;
mod operate;
mod operator;
mod reload;
mod run;
mod say;
mod service;
mod sight;

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use tokio::runtime::{Builder, Runtime};

use arguments::{Arguments, Command, Events, Key, Sessions};
use configuration::{Format, Settled};
use say::say;

/// How long the end waits for tasks that do not end.
const LAST_TASKS: Duration = Duration::from_millis(500);

fn main() -> ExitCode {
    let ended = match Arguments::parse().command {
        Command::Run(arguments) => run_daemon(&arguments),
        Command::Console(arguments) => run_console(arguments),
        Command::Init(arguments) => init::init(arguments),
        Command::Config(arguments::Config::Check(asked)) => check_configuration(&asked),
        Command::Config(arguments::Config::Show(asked)) => show_configuration(&asked),
        Command::Sessions(asked) => with_log(|| match &asked {
            Sessions::List(asked) => operator::list(asked),
            Sessions::Show(asked) => operator::show(asked),
            Sessions::Export(asked) => operator::export(asked),
            Sessions::Import(asked) => operator::import(asked),
            Sessions::Delete(asked) => operator::delete(asked),
        }),
        Command::Events(asked) => with_log(|| match &asked {
            Events::List(whose) => operator::list_events(whose),
            Events::Retry(asked) => operator::retry_events(asked),
            Events::Delete(asked) => operator::delete_events(asked),
        }),
        Command::Status(asked) => return verdict(with_log(|| operator::status(&asked))),
        Command::Verify(asked) => return verdict(with_log(|| operator::verify(&asked))),
        Command::Doctor(asked) => return verdict(with_log(|| operator::doctor(&asked))),
        Command::Key(asked) => with_log(|| match &asked {
            Key::Generate { file } => operator::generate_key(file),
            Key::Rotate(asked) => operator::rotate_key(asked),
            Key::Check(asked) => operator::check_key(asked),
        }),
        Command::Encrypt(asked) => with_log(|| operator::encrypt(&asked)),
        Command::Decrypt(asked) => with_log(|| operator::decrypt(&asked)),
        Command::Cleanup(asked) => return verdict(with_log(|| operator::clean_up(&asked))),
        Command::Backup(asked) => with_log(|| operator::back_up(&asked)),
        Command::Restore(asked) => with_log(|| operator::restore(&asked)),
    };
    verdict(ended.map(|()| true))
}

/// What the program ends with: done and all is well, done and something needs attention, or not done.
fn verdict(ended: anyhow::Result<bool>) -> ExitCode {
    match ended {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(exit::ATTENTION),
        Err(error) => {
            eprintln!("sessionsd: {}", console::printable(&format!("{error:#}")));
            exit::code(&error)
        }
    }
}

/// A command that logs nothing but what should not be, and leaves no core dump with keys and text.
fn with_log<T>(command: impl FnOnce() -> anyhow::Result<T>) -> anyhow::Result<T> {
    log::start(Format::Auto)?.set("warn")?;
    rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable)?;
    command()
}

fn run_daemon(arguments: &arguments::Configured) -> anyhow::Result<()> {
    let (settled, runtime) = prepare(arguments.file())?;
    let level = log::start(settled.log.format)?;
    level.set(&settled.log.level)?;
    let ended = runtime.block_on(run::run(settled, level));
    // What tasks still hold is let go, the store last, which closes it. A name may still be looked up.
    runtime.shutdown_timeout(LAST_TASKS);
    ended
}

fn run_console(arguments: arguments::Console) -> anyhow::Result<()> {
    let (settled, runtime) = prepare(arguments.config.as_deref())?;
    log::start(Format::Auto)?.set("warn")?;
    let data = data::Data::find(arguments.data, &settled)?;
    let ended = runtime.block_on(console::run(&data, settled.sessions, arguments.json));
    // A thread may still wait for a line that will never come.
    runtime.shutdown_background();
    ended
}

fn check_configuration(asked: &arguments::Configured) -> anyhow::Result<()> {
    log::start(Format::Auto)?.set("warn")?;
    let file = asked.file();
    let settled = configuration::look(file, std::env::vars_os())?;
    say(&check::check(settled, file)?)
}

fn show_configuration(asked: &arguments::Configured) -> anyhow::Result<()> {
    say(configuration::show(asked.file(), std::env::vars_os())?.trim_end())
}

fn prepare(config: Option<&Path>) -> anyhow::Result<(Settled, Runtime)> {
    // A core dump would hold keys and text.
    rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable)?;
    let settled = configuration::load(config, std::env::vars_os())?;
    // A lone commit runs on the thread of its caller, so there is one more.
    let workers = std::thread::available_parallelism().map_or(2, |there| there.get().max(2));
    let runtime = Builder::new_multi_thread().worker_threads(workers).enable_all().build()?;
    Ok((settled, runtime))
}
