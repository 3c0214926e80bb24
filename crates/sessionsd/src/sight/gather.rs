//! All numbers of the program in one registry, made anew for each time that they are asked for: what is counted is shared
//! with where it is counted, what is a state is looked up.
//!
//! Invariant: a label is a word of this program. What a server sent, as a kind of update, is counted without its name.

use std::sync::PoisonError;
use std::time::{SystemTime, UNIX_EPOCH};

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::{ConstCounter, Counter};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::{ConstGauge, Gauge};
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;

use crate::run::Daemon;

use super::{Inner, Seen, Tally};

/// What all of our names begin with.
const PREFIX: &str = "sessionsd";

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Of {
    channel: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Build {
    version: &'static str,
}

impl Inner {
    /// All numbers, as they are now.
    pub(super) fn gather(&self) -> Registry {
        let mut registry = Registry::default();
        // Whoever watches many programs finds this one under the name that it has everywhere.
        registry.register(
            "process_start_time_seconds",
            "When the process started, since the Unix epoch",
            ConstGauge::new(seconds(self.started)),
        );
        let is_ready = self.missing().is_empty();
        let ours = registry.sub_registry_with_prefix(PREFIX);
        ours.register("ready", "Whether /readyz says so: 1 or 0", gauge(is_ready.into()));
        let build = Build { version: env!("CARGO_PKG_VERSION") };
        ours.register("build", "The program", Info::new(build));
        channels(&self.channels, ours);
        if let Some(bot) = &*self.bot.read().unwrap_or_else(PoisonError::into_inner) {
            bot.meter().register(ours);
            load(bot, ours);
            store(bot, ours);
        }
        registry
    }
}

fn channels(channels: &[Seen], registry: &mut Registry) {
    let (up, contact) = (Family::<Of, Gauge>::default(), Family::<Of, Gauge>::default());
    let (errors, unreadable, ignored) = <(Counted, Counted, Counted)>::default();
    for Seen { name: channel, link, tally } in channels {
        let of = Of { channel };
        up.get_or_create(&of).set(link.is_up().into());
        if let Some(at) = link.contact() {
            contact.get_or_create(&of).set(at.as_millis() / 1_000);
        }
        let (failed, kinds, why) = match tally {
            Tally::Telegram(tally) => {
                telegram(tally, registry);
                (tally.errors(), tally.unreadable(), tally.ignored())
            }
            Tally::Discord(tally) => {
                discord(tally, registry);
                (tally.errors(), tally.unreadable(), tally.ignored())
            }
        };
        errors.get_or_create(&of).inc_by(failed);
        unreadable.get_or_create(&of).inc_by(kinds.values().sum());
        ignored.get_or_create(&of).inc_by(why.values().sum());
    }
    registry.register("channel_up", "Whether what happens on a channel comes in: 1 or 0", up);
    registry.register(
        "channel_last_contact_timestamp_seconds",
        "When a channel last gave a sign of life, since the Unix epoch",
        contact,
    );
    registry.register(
        "channel_errors",
        "Failures of taking in: connections, requests, batches that could not be stored",
        errors,
    );
    registry.register("channel_unreadable", "Events that could not be read", unreadable);
    registry.register("channel_ignored", "Events that concern no session", ignored);
}

/// One number for each channel.
type Counted = Family<Of, Counter>;

fn telegram(tally: &telegram::Tally, registry: &mut Registry) {
    registry.register(
        "telegram_presses_unanswered",
        "Presses whose button was left waiting",
        ConstCounter::new(tally.unanswered()),
    );
}

fn discord(tally: &discord::Tally, registry: &mut Registry) {
    registry.register(
        "discord_gateway_sessions",
        "Sessions of the gateway that were begun",
        ConstCounter::new(tally.sessions()),
    );
    registry.register(
        "discord_interactions_refused",
        "Interactions that could not be stored or answered in time",
        ConstCounter::new(tally.refused()),
    );
    registry.register(
        "discord_messages_overflowed",
        "Messages for which there was no room, and which are asked for again",
        ConstCounter::new(tally.overflowed()),
    );
}

fn load(bot: &Daemon, registry: &mut Registry) {
    let load = bot.load();
    for (name, help, value) in [
        ("tasks", "Tasks at work: events being taken in, places, roads", load.at_work),
        ("inbox_places", "Places where an event is being brought to its end", load.places),
        ("inbox_waiting", "Events that wait there for their turn", load.waiting),
        ("inbox_room_used_bytes", "What is held of events that are not answered", load.room_used),
        ("inbox_room_bytes", "The most that may be: past this, taking in waits", load.room),
        ("outbox_roads", "Chats that something is being sent to", load.roads),
        ("outbox_waiting", "Pieces of answers that wait for their turn on these", load.pieces),
        ("outbox_untold", "Answers perhaps missing whose places are not told yet", load.untold),
    ] {
        registry.register(name, help, gauge(value as u64));
    }
}

fn store(bot: &Daemon, registry: &mut Registry) {
    let store = bot.manager().store();
    store.meter().register(registry);
    // Without an answer there is no number: that it failed is counted.
    let Ok(sizes) = store.sizes() else { return };
    for (name, help, value) in [
        ("store_database_bytes", "Bytes of the database file", sizes.database),
        ("store_log_bytes", "Bytes of the write-ahead log beside it", sizes.log),
        ("store_free_pages", "Pages of the database file that hold nothing", sizes.free_pages),
    ] {
        registry.register(name, help, gauge(value));
    }
}

fn gauge(value: u64) -> ConstGauge<i64> {
    ConstGauge::new(i64::try_from(value).unwrap_or(i64::MAX))
}

fn seconds(at: SystemTime) -> f64 {
    at.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64()
}
