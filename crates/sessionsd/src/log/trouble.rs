//! The last warnings and errors, for those who ask how things stand.
//!
//! Not here: texts, names and secrets, which no line of the log holds.

use std::collections::VecDeque;
use std::fmt::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use sessions::Environment;
use sqlite::SystemEnvironment;
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::layer::{Context, Layer};

/// How many are kept.
const KEPT: usize = 10;

/// The last of them, the newest last. All clones are one.
#[derive(Debug, Clone, Default)]
pub(crate) struct Troubles {
    last: Arc<Mutex<VecDeque<String>>>,
}

impl Troubles {
    /// All that are kept.
    pub(crate) fn all(&self) -> Vec<String> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}

impl<S: Subscriber> Layer<S> for Troubles {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if *event.metadata().level() > Level::WARN {
            return;
        }
        let mut line =
            Line(format!("{} {}:", SystemEnvironment.now().to_rfc3339(), event.metadata().level()));
        event.record(&mut line);
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if last.len() == KEPT {
            last.pop_front();
        }
        last.push_back(line.0);
    }
}

/// An event as a line.
struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let _ = match field.name() {
            "message" => write!(self.0, " {value:?}"),
            name => write!(self.0, " {name}={value:?}"),
        };
    }
}

#[cfg(test)]
mod tests {
    use tracing_subscriber::layer::SubscriberExt;

    use super::*;

    #[test]
    fn the_last_warnings_and_errors_are_kept_with_what_they_tell() {
        let troubles = Troubles::default();
        let subscriber = tracing_subscriber::registry().with(troubles.clone());
        tracing::subscriber::with_default(subscriber, || {
            for number in 0..20 {
                tracing::warn!(number, "something is odd");
            }
            tracing::info!("all is well");
            tracing::error!("something is wrong");
        });
        let all = troubles.all();
        assert_eq!(all.len(), KEPT);
        let last = all.last().expect("there are some");
        assert!(last.ends_with("ERROR: something is wrong"), "{last}");
        assert!(all[0].ends_with("WARN: something is odd number=11"), "{}", all[0]);
    }
}
