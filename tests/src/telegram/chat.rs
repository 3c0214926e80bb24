//! A chat as the platform keeps it: who is in it and as what, its topics, its messages.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::message::{Message, MessageId};
use super::user::User;

/// What kind of chat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Private,
    Group,
    Supergroup,
    Channel,
}

/// What somebody is in a chat. Who blocked the bot has it banned from the private chat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    Owner,
    Administrator,
    Member,
    Left,
    Banned,
}

/// A chat.
#[derive(Debug)]
pub(super) struct Chat {
    pub(super) id: i64,
    pub(super) kind: Kind,
    pub(super) title: String,
    pub(super) username: Option<String>,
    /// A forum, or a private chat with topics.
    pub(super) has_topics: bool,
    pub(super) topics: BTreeMap<i64, String>,
    pub(super) members: BTreeMap<i64, Standing>,
    /// Whether the person of a private chat ever wrote to the bot.
    pub(super) is_started: bool,
    pub(super) migrated_to: Option<i64>,
    pub(super) messages: Vec<Message>,
    public_made: i64,
    ephemeral_made: i64,
}

impl Chat {
    pub(super) fn new(id: i64, kind: Kind, title: &str) -> Self {
        Self {
            id,
            kind,
            title: title.to_owned(),
            username: None,
            has_topics: false,
            topics: BTreeMap::new(),
            members: BTreeMap::new(),
            is_started: kind != Kind::Private,
            migrated_to: None,
            messages: Vec::new(),
            public_made: 0,
            ephemeral_made: 0,
        }
    }

    /// The private chat of a person with the bot.
    pub(super) fn private(person: &User, bot: i64) -> Self {
        let mut chat = Self::new(person.id, Kind::Private, &person.first_name);
        chat.username = Some(person.username.clone());
        chat.members = [(person.id, Standing::Member), (bot, Standing::Member)].into();
        chat
    }

    pub(super) fn next_public(&mut self) -> MessageId {
        self.public_made += 1;
        MessageId::Public(self.public_made)
    }

    pub(super) fn next_ephemeral(&mut self) -> MessageId {
        self.ephemeral_made += 1;
        MessageId::Ephemeral(self.ephemeral_made)
    }

    /// A message that is still there.
    pub(super) fn message(&self, id: MessageId) -> Option<&Message> {
        self.messages.iter().rev().find(|message| message.id == id && !message.is_deleted)
    }

    pub(super) fn message_mut(&mut self, id: MessageId) -> Option<&mut Message> {
        self.messages.iter_mut().rev().find(|message| message.id == id && !message.is_deleted)
    }

    pub(super) fn standing(&self, user: i64) -> Standing {
        self.members.get(&user).copied().unwrap_or(Standing::Left)
    }

    pub(super) fn is_group(&self) -> bool {
        matches!(self.kind, Kind::Group | Kind::Supergroup)
    }

    pub(super) fn to_wire(&self) -> Value {
        let mut wire = json!({"id": self.id, "type": self.kind.to_wire()});
        let Some(object) = wire.as_object_mut() else { return wire };
        let name = if self.kind == Kind::Private { "first_name" } else { "title" };
        object.insert(name.to_owned(), json!(self.title));
        if let Some(username) = &self.username {
            object.insert("username".to_owned(), json!(username));
        }
        if self.has_topics && self.kind == Kind::Supergroup {
            object.insert("is_forum".to_owned(), json!(true));
        }
        wire
    }
}

impl Kind {
    pub(super) fn to_wire(self) -> &'static str {
        match self {
            Self::Private => "private",
            Self::Group => "group",
            Self::Supergroup => "supergroup",
            Self::Channel => "channel",
        }
    }
}

impl Standing {
    pub(super) fn is_in(self) -> bool {
        matches!(self, Self::Owner | Self::Administrator | Self::Member)
    }

    pub(super) fn is_administrator(self) -> bool {
        matches!(self, Self::Owner | Self::Administrator)
    }

    /// A `ChatMember`.
    pub(super) fn to_wire(self, user: &User) -> Value {
        let user = user.to_wire();
        match self {
            Self::Owner => json!({"status": "creator", "user": user, "is_anonymous": false}),
            Self::Administrator => json!({
                "status": "administrator", "user": user, "can_be_edited": false,
                "is_anonymous": false, "can_manage_chat": true, "can_delete_messages": true,
                "can_manage_video_chats": true, "can_restrict_members": true,
                "can_promote_members": false, "can_change_info": true, "can_invite_users": true,
                "can_post_stories": false, "can_edit_stories": false, "can_delete_stories": false,
                "can_send_welcome_messages": false, "can_pin_messages": true,
                "can_manage_topics": true,
            }),
            Self::Member => json!({"status": "member", "user": user}),
            Self::Left => json!({"status": "left", "user": user}),
            Self::Banned => json!({"status": "kicked", "user": user, "until_date": 0}),
        }
    }
}
