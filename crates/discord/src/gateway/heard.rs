//! What the gateway tells that concerns us, out of serenity's events.
//!
//! Messages and interactions become the JSON that they were, so that they are read in one way however they came. An event
//! that serenity cannot read reaches us as it came, under [`Event::Unknown`]: messages and interactions are taken from
//! there as well.
//!
//! Invariant: an event that neither of us can read is counted and logged by its type, without anything that it holds.

use serde::Serialize;
use serde_json::{Value, json};
use serenity::model::application::Interaction;
use serenity::model::channel::GuildChannel;
use serenity::model::event::Event;

use crate::directory::{Channel, id_at};
use crate::tally::Tally;

/// Something that the gateway told.
pub(crate) enum Heard {
    /// A new session began: what happened before is not told.
    Begun {
        /// Where the session can be taken up again.
        resume_url: String,
    },
    /// The session was taken up again: what was missed follows.
    Resumed,
    /// A message.
    Message(Value),
    /// An interaction.
    Interaction(Value),
    /// Channels as they are now.
    Channels(Vec<Channel>),
    /// A channel is gone.
    Gone(u64),
}

/// What an event tells us, if anything.
pub(super) fn heard(event: &Event, tally: &Tally) -> Option<Heard> {
    #[expect(clippy::wildcard_enum_match_arm, reason = "serenity knows ninety kinds of events")]
    let heard = match event {
        Event::Ready(ready) => Heard::Begun { resume_url: ready.ready.resume_gateway_url.clone() },
        Event::Resumed(_) => Heard::Resumed,
        Event::MessageCreate(created) => return message(&created.message, tally),
        Event::InteractionCreate(created) => return interaction(&created.interaction, tally),
        Event::GuildCreate(created) => {
            let guild = &created.guild;
            Heard::Channels(guild.channels.values().chain(&guild.threads).map(channel).collect())
        }
        Event::ChannelCreate(created) => Heard::Channels(vec![channel(&created.channel)]),
        Event::ChannelUpdate(updated) => Heard::Channels(vec![channel(&updated.channel)]),
        Event::ChannelDelete(deleted) => Heard::Gone(deleted.channel.id.get()),
        Event::ThreadCreate(created) => Heard::Channels(vec![channel(&created.thread)]),
        Event::ThreadUpdate(updated) => Heard::Channels(vec![channel(&updated.thread)]),
        Event::ThreadDelete(deleted) => Heard::Gone(deleted.thread.id.get()),
        Event::ThreadListSync(sync) => Heard::Channels(sync.threads.iter().map(channel).collect()),
        Event::Unknown(unknown) => return raw(&unknown.kind, &unknown.value, tally),
        _ => return None,
    };
    Some(heard)
}

fn channel(channel: &GuildChannel) -> Channel {
    Channel {
        id: channel.id.get(),
        kind: channel.kind.into(),
        parent: channel.parent_id.map(|parent| parent.get()),
        guild: Some(channel.guild_id.get()),
    }
}

fn message(message: &impl Serialize, tally: &Tally) -> Option<Heard> {
    let Ok(mut message) = serde_json::to_value(message) else {
        return unreadable("MESSAGE_CREATE", tally);
    };
    // serenity takes the wrapping off what is passed on.
    if let Some(Value::Array(passed_on)) = message.get_mut("message_snapshots") {
        passed_on.iter_mut().for_each(|inner| *inner = json!({ "message": inner.take() }));
    }
    Some(Heard::Message(message))
}

fn interaction(interaction: &Interaction, tally: &Tally) -> Option<Heard> {
    let kind = u8::from(interaction.kind());
    match serde_json::to_value(interaction) {
        // serenity takes the type off.
        Ok(Value::Object(mut fields)) => {
            fields.insert("type".to_owned(), kind.into());
            Some(Heard::Interaction(Value::Object(fields)))
        }
        Ok(_) | Err(_) => unreadable("INTERACTION_CREATE", tally),
    }
}

/// What serenity could not read, or does not know.
fn raw(kind: &str, event: &Value, tally: &Tally) -> Option<Heard> {
    let guild = id_at(event, "guild_id");
    match kind {
        "MESSAGE_CREATE" => {
            is_odd(kind, tally);
            Some(Heard::Message(event.clone()))
        }
        "INTERACTION_CREATE" => {
            is_odd(kind, tally);
            Some(Heard::Interaction(event.clone()))
        }
        "GUILD_CREATE" => {
            is_odd(kind, tally);
            let guild = id_at(event, "id");
            let lists = ["channels", "threads"].into_iter().filter_map(|list| event.get(list));
            let channels = lists.filter_map(Value::as_array).flatten();
            Some(Heard::Channels(
                channels.filter_map(|channel| Channel::from_json(channel, guild)).collect(),
            ))
        }
        "CHANNEL_CREATE" | "CHANNEL_UPDATE" | "THREAD_CREATE" | "THREAD_UPDATE" => {
            is_odd(kind, tally);
            Channel::from_json(event, guild).map(|channel| Heard::Channels(vec![channel]))
        }
        other => unreadable(other, tally),
    }
}

/// Counts and logs what serenity cannot read, and we can as far as it goes.
fn is_odd(kind: &str, tally: &Tally) {
    if tally.count_unreadable(kind) {
        tracing::warn!(
            kind = short(kind),
            "an event of the gateway is not as it was known: of it is taken what can be read"
        );
    }
}

fn unreadable(kind: &str, tally: &Tally) -> Option<Heard> {
    if tally.count_unreadable(kind) {
        tracing::warn!(
            kind = short(kind),
            "an event of the gateway cannot be read: it is passed over"
        );
    }
    None
}

/// A type is a word: whatever else a server sends for one is not shown whole.
fn short(kind: &str) -> String {
    kind.chars().filter(|c| c.is_ascii_uppercase() || *c == '_').take(48).collect()
}
