//! What the bot counts, for whoever shows it.
//!
//! Not here: how full it is at the moment, which is [`Bot::load`](crate::Bot::load); and how the numbers are shown.
//!
//! Invariant: a label is a word of this program: no id, no name and nothing that was written gets into one.

use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use sessions::decide::Outcome;
use sessions::delivery::OutboxState;
use sessions::reset::ResetReason;

use crate::bot::Taken;

/// Bounds in seconds of what happens on this machine.
const HANDLING: [f64; 12] =
    [0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 2.0, 10.0];
/// Bounds in seconds of what crosses a network, and may wait for its turn there.
const DELIVERY: [f64; 12] = [0.01, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 15.0, 60.0, 600.0, 3600.0];

/// What becomes of an event that is handed in.
const RESULTS: [&str; 4] = ["new", "known", "turned_away", "ignored"];
/// Why a session is closed for a new one.
const REASONS: [&str; 3] = ["daily", "idle", "asked"];
const STATES: [OutboxState; 6] = [
    OutboxState::Pending,
    OutboxState::Attempting,
    OutboxState::Ambiguous,
    OutboxState::Sent,
    OutboxState::Dead,
    OutboxState::Covered,
];

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Came {
    channel: &'static str,
    result: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Handled {
    command: &'static str,
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfCommand {
    command: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfChannel {
    channel: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfState {
    state: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfReason {
    reason: &'static str,
}

/// Counters and histograms since the start.
#[derive(Debug)]
pub struct Meter {
    taken: Family<Came, Counter>,
    handled: Family<Handled, Counter>,
    set_aside: Counter,
    handling: Family<OfCommand, Histogram, fn() -> Histogram>,
    moved: Family<OfState, Counter>,
    delivery: Family<OfChannel, Histogram, fn() -> Histogram>,
    retries: Family<OfChannel, Counter>,
    resets: Family<OfReason, Counter>,
}

impl Default for Meter {
    /// Nothing has happened yet: what has few labels is there as 0.
    fn default() -> Self {
        let meter = Self {
            taken: Family::default(),
            handled: Family::default(),
            set_aside: Counter::default(),
            handling: Family::new_with_constructor(|| Histogram::new(HANDLING)),
            moved: Family::default(),
            delivery: Family::new_with_constructor(|| Histogram::new(DELIVERY)),
            retries: Family::default(),
            resets: Family::default(),
        };
        for state in STATES {
            drop(meter.moved.get_or_create(&OfState { state: word_of(state) }));
        }
        for reason in REASONS {
            drop(meter.resets.get_or_create(&OfReason { reason }));
        }
        meter
    }
}

impl Meter {
    /// Names a channel whose numbers are to be seen before anything happens there.
    pub fn expect(&self, channel: &str) {
        let channel = word_for(channel);
        for result in RESULTS {
            drop(self.taken.get_or_create(&Came { channel, result }));
        }
        drop(self.delivery.get_or_create(&OfChannel { channel }));
        drop(self.retries.get_or_create(&OfChannel { channel }));
    }

    /// Puts all of it into a registry. What is counted later is seen there as well.
    pub fn register(&self, registry: &mut Registry) {
        registry.register(
            "updates",
            "Events handed in by channels, by what became of them",
            self.taken.clone(),
        );
        registry.register(
            "commands",
            "Events brought to their end, by command and outcome",
            self.handled.clone(),
        );
        registry.register(
            "events_set_aside",
            "Events that could not be brought to an end, and are kept",
            self.set_aside.clone(),
        );
        registry.register(
            "command_seconds",
            "From an event's turn at its place until it was done",
            self.handling.clone(),
        );
        registry.register(
            "outbox_moves",
            "Pieces of answers, by the state that they came to",
            self.moved.clone(),
        );
        registry.register(
            "delivery_seconds",
            "From a piece of an answer being owed until its channel said that it arrived",
            self.delivery.clone(),
        );
        registry.register(
            "delivery_retries",
            "Tries to send that certainly failed and are made again",
            self.retries.clone(),
        );
        registry.register(
            "resets",
            "Sessions that were closed for a new one, by why",
            self.resets.clone(),
        );
    }

    pub(crate) fn count_taken(&self, channel: &str, taken: Taken) {
        let [new, known, turned_away, ignored] = RESULTS;
        let result = match taken {
            Taken::New => new,
            Taken::Known => known,
            Taken::TurnedAway => turned_away,
            Taken::Ignored => ignored,
        };
        self.taken.get_or_create(&Came { channel: word_for(channel), result }).inc();
    }

    /// An event came to its end, or a try at it failed. Without a command the label is `none`.
    pub(crate) fn count_handled(
        &self,
        command: &'static str,
        outcome: &'static str,
        took: Duration,
    ) {
        let command = if command.is_empty() { "none" } else { command };
        self.handled.get_or_create(&Handled { command, outcome }).inc();
        self.handling.get_or_create(&OfCommand { command }).observe(took.as_secs_f64());
    }

    pub(crate) fn count_set_aside(&self) {
        self.set_aside.inc();
    }

    pub(crate) fn count_moved(&self, state: OutboxState, many: usize) {
        self.moved.get_or_create(&OfState { state: word_of(state) }).inc_by(many as u64);
    }

    /// A piece is no longer on its road, so long after it was owed; how long is of interest if it has arrived.
    pub(crate) fn count_gone(&self, channel: &str, state: OutboxState, took: Duration) {
        if !matches!(state, OutboxState::Sent | OutboxState::Covered) {
            return;
        }
        let channel = word_for(channel);
        self.delivery.get_or_create(&OfChannel { channel }).observe(took.as_secs_f64());
    }

    pub(crate) fn count_retry(&self, channel: &str) {
        self.retries.get_or_create(&OfChannel { channel: word_for(channel) }).inc();
    }

    /// Counts the reset that was part of a decision, if there was one.
    pub(crate) fn count_reset(&self, outcome: &Outcome) {
        let [daily, idle, asked] = REASONS;
        let by_itself = |reason: &ResetReason| match reason {
            ResetReason::Daily { .. } => daily,
            ResetReason::Idle { .. } => idle,
        };
        let reason = match outcome {
            Outcome::Said { reset, .. } | Outcome::Visited { reset } => {
                reset.as_ref().map(by_itself)
            }
            Outcome::Began { closed, .. } => closed.is_some().then_some(asked),
            Outcome::Moved { .. }
            | Outcome::Cleared(_)
            | Outcome::Saved(_)
            | Outcome::Restored { .. }
            | Outcome::CheckpointDeleted(_)
            | Outcome::Resumed(_)
            | Outcome::SessionDeleted(_)
            | Outcome::Renamed(_)
            | Outcome::SettingChanged
            | Outcome::PinChanged { .. }
            | Outcome::Imported(_) => None,
        };
        if let Some(reason) = reason {
            self.resets.get_or_create(&OfReason { reason }).inc();
        }
    }
}

fn word_of(state: OutboxState) -> &'static str {
    match state {
        OutboxState::Pending => "pending",
        OutboxState::Attempting => "attempting",
        OutboxState::Ambiguous => "ambiguous",
        OutboxState::Sent => "sent",
        OutboxState::Dead => "dead",
        OutboxState::Covered => "covered",
    }
}

/// A channel as a label. An event says itself where it came from, so only words that are known here are taken.
fn word_for(channel: &str) -> &'static str {
    match channel {
        "telegram" => "telegram",
        "discord" => "discord",
        "console" => "console",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use prometheus_client::encoding::prometheus_text;

    use super::*;

    fn shown(meter: &Meter) -> String {
        let mut registry = Registry::with_prefix("b");
        meter.register(&mut registry);
        let mut text = String::new();
        prometheus_text::encode(&mut text, &registry).unwrap();
        text
    }

    #[test]
    fn what_is_counted_is_shown_under_words_of_this_program() {
        let meter = Meter::default();
        meter.count_taken("telegram", Taken::New);
        meter.count_taken("zebra\"} 1", Taken::TurnedAway);
        meter.count_handled("new", "answered", Duration::from_millis(3));
        meter.count_handled("", "refused", Duration::ZERO);
        meter.count_moved(OutboxState::Covered, 2);
        meter.count_reset(&Outcome::Visited {
            reset: Some(ResetReason::Idle { after: Duration::ZERO }),
        });
        meter.count_reset(&Outcome::SettingChanged);
        let shown = shown(&meter);
        for line in [
            "b_updates_total{channel=\"telegram\",result=\"new\"} 1",
            "b_updates_total{channel=\"other\",result=\"turned_away\"} 1",
            "b_commands_total{command=\"new\",outcome=\"answered\"} 1",
            "b_commands_total{command=\"none\",outcome=\"refused\"} 1",
            "b_command_seconds_bucket{command=\"new\",le=\"0.002\"} 0",
            "b_command_seconds_bucket{command=\"new\",le=\"0.005\"} 1",
            "b_outbox_moves_total{state=\"covered\"} 2",
            "b_resets_total{reason=\"idle\"} 1",
        ] {
            assert!(shown.lines().any(|shown| shown == line), "{line} is not in:\n{shown}");
        }
        assert!(!shown.contains("zebra"));
        assert!(shown.lines().any(|line| line == "b_resets_total{reason=\"daily\"} 0"), "{shown}");
    }
}
