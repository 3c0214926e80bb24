//! What kind of place a channel is: a direct chat, a channel of a guild, or a thread and of which channel.
//!
//! Messages name their channel by its id alone. The gateway tells of the channels of guilds as it connects and as they
//! change; of the others Discord is asked.
//!
//! Invariant: what is remembered is bounded.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};

use crate::api::{Api, CallError, Mishap};

/// Channels that are remembered at most.
const CHANNELS: usize = 200_000;
/// How long Discord may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// A direct chat with the bot.
const DIRECT: u8 = 1;

/// A channel or thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Channel {
    /// Its id.
    pub(crate) id: u64,
    /// Its type, as Discord numbers them.
    pub(crate) kind: u8,
    /// Of a thread the channel that it is in, of a channel its category.
    pub(crate) parent: Option<u64>,
    /// The guild that it is in.
    pub(crate) guild: Option<u64>,
}

impl Channel {
    /// A direct chat with the bot.
    pub(crate) fn direct(id: u64) -> Self {
        Self { id, kind: DIRECT, parent: None, guild: None }
    }

    /// Reads one as Discord describes it; `guild` is known where the description leaves it out.
    pub(crate) fn from_json(channel: &Value, guild: Option<u64>) -> Option<Self> {
        Some(Self {
            id: id_at(channel, "id")?,
            kind: u8::try_from(channel.get("type")?.as_u64()?).ok()?,
            parent: id_at(channel, "parent_id"),
            guild: id_at(channel, "guild_id").or(guild),
        })
    }

    /// Puts what is known of the channel into a message of it, in the form that interactions have by themselves.
    pub(crate) fn put_into(self, message: &mut Value) {
        let text = |id: Option<u64>| id.map(|id| id.to_string());
        let Some(fields) = message.as_object_mut() else { return };
        let channel = json!({
            "id": self.id.to_string(),
            "type": self.kind,
            "parent_id": text(self.parent),
            "guild_id": text(self.guild),
        });
        fields.insert("channel".to_owned(), channel);
        if let Some(guild) = text(self.guild) {
            fields.insert("guild_id".to_owned(), guild.into());
        }
    }
}

/// An id in a field of an object.
pub(crate) fn id_at(object: &Value, field: &str) -> Option<u64> {
    object.get(field)?.as_str()?.parse().ok()
}

/// The channels that are known.
#[derive(Default)]
pub(crate) struct Directory {
    known: Mutex<HashMap<u64, Channel>>,
}

impl Directory {
    /// Remembers a channel as it is now.
    pub(crate) fn learn(&self, channel: Channel) {
        let mut known = self.lock();
        if known.len() >= CHANNELS && !known.contains_key(&channel.id) {
            known.clear();
        }
        known.insert(channel.id, channel);
    }

    /// Forgets a channel that is gone.
    pub(crate) fn forget(&self, id: u64) {
        self.lock().remove(&id);
    }

    /// What is known of a channel.
    pub(crate) fn get(&self, id: u64) -> Option<Channel> {
        self.lock().get(&id).copied()
    }

    /// Has Discord say what a channel is, unless that is known.
    pub(crate) async fn ask(&self, api: &Api, id: u64) -> Result<Channel, CallError> {
        if let Some(channel) = self.get(id) {
            return Ok(channel);
        }
        let described: Value = api.get(&format!("/channels/{id}"), PATIENCE).await?;
        let strange =
            || CallError::Unsure(Mishap::Unreadable("a channel without a type".to_owned()));
        let channel = Channel::from_json(&described, None).ok_or_else(strange)?;
        self.learn(channel);
        Ok(channel)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<u64, Channel>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_told_where_it_is() {
        let thread = json!({"id": "7", "type": 11, "parent_id": "5", "name": "t"});
        let thread = Channel::from_json(&thread, Some(9)).unwrap();
        let mut message = json!({"id": "1", "channel_id": "7"});
        thread.put_into(&mut message);
        assert_eq!(
            message["channel"],
            json!({"id": "7", "type": 11, "parent_id": "5", "guild_id": "9"})
        );
        assert_eq!(message["guild_id"], "9");
        let mut message = json!({"id": "1", "channel_id": "8"});
        Channel::direct(8).put_into(&mut message);
        assert_eq!(message["channel"]["type"], 1);
        assert!(message.get("guild_id").is_none());
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let directory = Directory::default();
        for id in 0..CHANNELS as u64 + 10 {
            directory.learn(Channel::direct(id));
        }
        assert!(directory.lock().len() <= CHANNELS);
        assert!(directory.get(CHANNELS as u64 + 9).is_some());
    }
}
