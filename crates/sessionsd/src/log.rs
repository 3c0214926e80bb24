//! The log: to standard error or to the journal, as much as is asked for.
//!
//! Invariant: whatever is asked for, nobody but our own crates says more than warnings. Others print frames, headers and
//! addresses when they are asked for more, and with them texts and tokens; teloxide and serenity do so even in errors and warnings.
//! Invariant: of a panic it is told where it was. Its words may quote what somebody wrote, as those about a slice of a text
//! do, unless they stand in the program as they are.
//! Invariant: an event of the log is one line, whatever is in it, and moves no cursor.

mod format;
mod trouble;

use std::any::Any;
use std::env::VarError;
use std::panic;

use anyhow::Context;
use tracing_subscriber::Registry;
use tracing_subscriber::filter::{EnvFilter, FilterExt, LevelFilter, Targets};
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::reload;
use tracing_subscriber::util::SubscriberInitExt;

use crate::configuration::Format;

pub(crate) use trouble::Troubles;

/// What goes before the configuration: `info`, `debug`, `bot=debug`.
const VARIABLE: &str = "SESSIONSD_LOG";
/// Who may say anything. Nothing that they log holds a text, a name or a secret.
const OURS: [&str; 8] =
    ["sessionsd", "bot", "telegram", "discord", "sessions", "sqlite", "vault", "commands"];
/// Who may say nothing: even their warnings hold whole updates, frames and tokens.
const MUTE: [&str; 3] = ["teloxide", "teloxide_core", "serenity"];
/// What can be said without a target.
const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];

/// What a filter is.
const EXPECTED: &str = "a level (off, error, warn, info, debug, trace) or a part of the program with its level is \
                        expected, as info,bot=debug";

/// How much is logged. It can be changed while the program runs.
#[derive(Debug, Clone)]
pub(crate) struct Level {
    filter: reload::Handle<EnvFilter, Registry>,
    /// Whether the environment has said it, which goes before every configuration.
    is_fixed: bool,
    troubles: Troubles,
}

impl Level {
    /// The last warnings and errors.
    pub(crate) fn troubles(&self) -> Troubles {
        self.troubles.clone()
    }

    /// From now on it is this much, as `log.level` says it. Without effect where `SESSIONSD_LOG` is set.
    ///
    /// # Errors
    /// When that is no filter: then all stays as it was.
    pub(crate) fn set(&self, filter: &str) -> anyhow::Result<()> {
        let filter = parse(filter).map_err(|wrong| anyhow::anyhow!(wrong))?;
        if self.is_fixed {
            return Ok(());
        }
        self.filter.reload(filter).context("how much is logged cannot be changed")
    }
}

/// Starts the log. How much is logged is told by the environment, or else set with what is answered; until then it is
/// all that `info` is.
///
/// # Errors
/// When the journal is asked for and is not there.
pub(crate) fn start(format: Format) -> anyhow::Result<Level> {
    let (given, wrong) = match std::env::var(VARIABLE) {
        Ok(asked) if asked.is_empty() => (None, None),
        Ok(asked) => {
            parse(&asked).map_or_else(|wrong| (None, Some(wrong)), |given| (Some(given), None))
        }
        Err(VarError::NotPresent) => (None, None),
        Err(VarError::NotUnicode(_)) => (None, Some(EXPECTED.to_owned())),
    };
    let is_fixed = given.is_some();
    let (filter, handle) = reload::Layer::new(given.unwrap_or_else(|| EnvFilter::new("info")));
    let lines = format::layer(format)?.with_filter(filter.and(cap()));
    let troubles = Troubles::default();
    tracing_subscriber::registry().with(lines).with(troubles.clone().with_filter(cap())).init();
    panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, words = words_of(panic.payload()), "panicked");
    }));
    if let Some(wrong) = wrong {
        tracing::warn!("{VARIABLE} cannot be used, so the log is as if it were not set: {wrong}");
    }
    Ok(Level { filter: handle, is_fixed, troubles })
}

/// Reads a filter. A level that is misspelt would be a target of that name, and is told.
pub(crate) fn parse(filter: &str) -> Result<EnvFilter, String> {
    let is_known =
        |word: &str| word.contains('=') || LEVELS.contains(&word.to_ascii_lowercase().as_str());
    if !filter.split(',').map(str::trim).all(is_known) {
        return Err(EXPECTED.to_owned());
    }
    EnvFilter::try_new(filter).map_err(|_| EXPECTED.to_owned())
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
    use tracing_subscriber::filter::EnvFilter;
    use tracing_subscriber::reload;

    use super::{cap, parse, words_of};

    #[test]
    fn how_much_is_logged_is_read_strictly() {
        for filter in ["info", "WARN", "info,bot=debug", "off", "sessionsd::run=trace, error"] {
            assert!(parse(filter).is_ok(), "{filter}");
        }
        for filter in ["infoo", "", "info,,", "bot", "bot=infoo", "info debug"] {
            assert!(parse(filter).is_err_and(|told| told.contains("is expected")), "{filter}");
        }
    }

    #[test]
    fn how_much_is_logged_can_be_changed_unless_the_environment_said_it() {
        let (layer, filter) = reload::Layer::new(EnvFilter::new("info"));
        let shown = || filter.with_current(ToString::to_string).unwrap();
        let troubles = super::Troubles::default();
        let mut level = super::Level { filter: filter.clone(), is_fixed: false, troubles };
        level.set("bot=debug").unwrap();
        assert_eq!(shown(), "bot=debug");
        level.set("nonsense").unwrap_err();
        assert_eq!(shown(), "bot=debug");
        level.is_fixed = true;
        level.set("trace").unwrap();
        assert_eq!(shown(), "bot=debug");
        drop(layer);
    }

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
