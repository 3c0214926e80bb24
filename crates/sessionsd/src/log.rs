//! The log: to standard error, as much as `SESSIONSD_LOG` asks for.
//!
//! Invariant: whatever is asked for, nobody but our own crates says more than warnings. Others print frames, headers and
//! addresses when they are asked for more, and with them texts and tokens; teloxide and serenity do so even in errors and warnings.
//! Invariant: of a panic it is told where it was. Its words may quote what somebody wrote, as those about a slice of a text
//! do, unless they stand in the program as they are.

use std::any::Any;
use std::env::VarError;
use std::io::{self, IsTerminal};
use std::panic;

use tracing_subscriber::filter::{EnvFilter, FilterExt, LevelFilter, Targets};
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

/// What is asked for: `info`, `debug`, `bot=debug`.
const VARIABLE: &str = "SESSIONSD_LOG";
/// Who may say anything. Nothing that they log holds a text, a name or a secret.
const OURS: [&str; 8] =
    ["sessionsd", "bot", "telegram", "discord", "sessions", "sqlite", "vault", "commands"];
/// Who may say nothing: even their warnings hold whole updates, frames and tokens.
const MUTE: [&str; 3] = ["teloxide", "teloxide_core", "serenity"];

/// Starts the log. Where nothing is asked for, it is this much.
pub(crate) fn start(usual: &str) {
    let asked = std::env::var(VARIABLE);
    let filter = asked.as_deref().ok().map(EnvFilter::try_new);
    let is_wrong = matches!(filter, Some(Err(_))) || matches!(asked, Err(VarError::NotUnicode(_)));
    let filter = filter.and_then(Result::ok).unwrap_or_else(|| EnvFilter::new(usual));
    let lines = tracing_subscriber::fmt::layer().with_writer(io::stderr);
    let lines = lines.with_ansi(io::stderr().is_terminal());
    tracing_subscriber::registry().with(lines.with_filter(filter.and(cap()))).init();
    panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, words = words_of(panic.payload()), "panicked");
    }));
    if is_wrong {
        tracing::warn!("{VARIABLE} cannot be read: the log is as if it were not set");
    }
}

/// What a panic said, if nothing was put into it.
fn words_of(payload: &(dyn Any + Send)) -> &'static str {
    payload.downcast_ref::<&'static str>().copied().unwrap_or("…")
}

/// The most that each may say.
fn cap() -> Targets {
    Targets::new()
        .with_default(LevelFilter::WARN)
        .with_targets(OURS.map(|ours| (ours, LevelFilter::TRACE)))
        .with_targets(MUTE.map(|mute| (mute, LevelFilter::OFF)))
}

#[cfg(test)]
mod tests {
    use tracing::Level;

    use super::{cap, words_of};

    #[test]
    fn a_panic_quotes_nobody() {
        let panicked = |what: fn()| std::panic::catch_unwind(what).expect_err("it panics");
        let quoting = panicked(|| panic!("{} is wrong", String::from("zebra")));
        assert_eq!(words_of(&*quoting), "…");
        assert_eq!(words_of(&*panicked(|| panic!("this cannot be"))), "this cannot be");
    }

    #[test]
    fn nobody_but_us_says_more_than_warnings() {
        let cap = cap();
        for target in [
            "hyper::proto",
            "hyper_util::client",
            "reqwest",
            "h2",
            "rustls",
            "tower",
            "axum::serve",
        ] {
            assert!(cap.would_enable(target, &Level::WARN), "{target}");
            assert!(!cap.would_enable(target, &Level::INFO), "{target}");
        }
        assert!(!cap.would_enable("teloxide::dispatching", &Level::ERROR));
        assert!(!cap.would_enable("teloxide_core::net", &Level::ERROR));
        for target in ["sessionsd::run", "bot::bot::work", "telegram::poll"] {
            assert!(cap.would_enable(target, &Level::TRACE), "{target}");
        }
    }
}
