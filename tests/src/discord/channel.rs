//! A channel as the platform keeps it: direct, of a guild, a forum, a thread; and how it looks on the wire.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};

use super::clock;
use super::message::Message;
use super::permission::Overwrite;
use super::world::World;

/// What kind of channel it is; the numbers are those of the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Text = 0,
    Direct = 1,
    PublicThread = 11,
    PrivateThread = 12,
    Forum = 15,
}

impl Kind {
    pub(super) fn is_thread(self) -> bool {
        matches!(self, Self::PublicThread | Self::PrivateThread)
    }

    pub(super) fn is_private_thread(self) -> bool {
        self == Self::PrivateThread
    }
}

/// A channel.
#[derive(Debug)]
pub(super) struct Channel {
    pub(super) id: u64,
    pub(super) kind: Kind,
    pub(super) guild: Option<u64>,
    /// What a thread hangs on.
    pub(super) parent: Option<u64>,
    pub(super) name: String,
    /// Who opened a thread.
    pub(super) owner: u64,
    /// Who a direct channel is with; who is in a thread.
    pub(super) members: BTreeSet<u64>,
    pub(super) overwrites: Vec<Overwrite>,
    pub(super) messages: Vec<Message>,
    pub(super) made: Duration,
    /// Whether the person of a direct channel ever wrote there.
    pub(super) is_begun: bool,
    pub(super) is_archived: bool,
    pub(super) is_locked: bool,
    pub(super) is_deleted: bool,
}

impl Channel {
    pub(super) fn new(id: u64, kind: Kind, name: &str, made: Duration) -> Self {
        Self {
            id,
            kind,
            guild: None,
            parent: None,
            name: name.to_owned(),
            owner: 0,
            members: BTreeSet::new(),
            overwrites: Vec::new(),
            messages: Vec::new(),
            made,
            is_begun: false,
            is_archived: false,
            is_locked: false,
            is_deleted: false,
        }
    }

    pub(super) fn message(&self, id: u64) -> Option<&Message> {
        self.at(id).and_then(|at| self.messages.get(at))
    }

    pub(super) fn message_mut(&mut self, id: u64) -> Option<&mut Message> {
        self.at(id).and_then(|at| self.messages.get_mut(at))
    }

    /// Messages stand in the order of their ids.
    fn at(&self, id: u64) -> Option<usize> {
        self.messages.binary_search_by_key(&id, |message| message.id).ok()
    }

    fn last_message(&self) -> Option<String> {
        let seen = self.messages.iter().rev().find(|message| message.receiver.is_none());
        seen.map(|message| message.id.to_string())
    }

    /// A channel or thread, as `GET /channels/{id}` tells it.
    pub(super) fn to_wire(&self, world: &World) -> Value {
        match self.kind {
            Kind::Direct => self.direct_to_wire(world),
            Kind::PublicThread | Kind::PrivateThread => self.thread_to_wire(world),
            Kind::Text | Kind::Forum => self.guild_to_wire(),
        }
    }

    fn direct_to_wire(&self, world: &World) -> Value {
        let others = self.members.iter().filter(|id| **id != world.bot.id);
        let recipients: Vec<_> = others.map(|id| world.user_to_wire(*id)).collect();
        json!({
            "id": self.id.to_string(), "type": 1, "last_message_id": self.last_message(),
            "flags": 0, "recipients": recipients,
        })
    }

    fn guild_to_wire(&self) -> Value {
        let overwrites: Vec<_> = self.overwrites.iter().map(|one| one.to_wire()).collect();
        let mut wire = json!({
            "id": self.id.to_string(), "type": self.kind as u8, "flags": 0, "position": 0,
            "last_message_id": self.last_message(), "name": self.name, "parent_id": null,
            "guild_id": self.guild.unwrap_or_default().to_string(), "rate_limit_per_user": 0,
            "topic": null, "permission_overwrites": overwrites, "nsfw": false,
        });
        if let (Kind::Forum, Some(object)) = (self.kind, wire.as_object_mut()) {
            object.insert("available_tags".to_owned(), json!([]));
            object.insert("default_forum_layout".to_owned(), json!(0));
        }
        wire
    }

    fn thread_to_wire(&self, world: &World) -> Value {
        let made = clock::render(self.made);
        let mut metadata = json!({
            "archived": self.is_archived, "archive_timestamp": made, "auto_archive_duration": 1440,
            "locked": self.is_locked, "create_timestamp": made,
        });
        if let (true, Some(object)) = (self.kind.is_private_thread(), metadata.as_object_mut()) {
            object.insert("invitable".to_owned(), json!(true));
        }
        let mut wire = json!({
            "id": self.id.to_string(), "type": self.kind as u8, "flags": 0,
            "last_message_id": self.last_message(), "name": self.name,
            "guild_id": self.guild.unwrap_or_default().to_string(),
            "parent_id": self.parent.unwrap_or_default().to_string(), "rate_limit_per_user": 0,
            "owner_id": self.owner.to_string(), "thread_metadata": metadata,
            "message_count": self.messages.len(), "member_count": self.members.len().min(50),
            "total_message_sent": self.messages.len(),
        });
        if let (true, Some(object)) = (self.members.contains(&world.bot.id), wire.as_object_mut()) {
            let member = json!({
                "id": self.id.to_string(), "user_id": world.bot.id.to_string(),
                "join_timestamp": made, "flags": 0,
            });
            object.insert("member".to_owned(), member);
        }
        wire
    }
}
