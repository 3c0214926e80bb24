//! The parts of the Bot API's objects that we read. What else they hold is passed over.

use bot::Peer;
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
pub(super) struct User {
    pub(super) id: i64,
    #[serde(default)]
    pub(super) is_bot: bool,
    #[serde(default)]
    pub(super) first_name: String,
    pub(super) last_name: Option<String>,
    pub(super) username: Option<String>,
}

impl User {
    pub(super) fn peer(&self) -> Peer {
        let name = match &self.last_name {
            Some(last) => format!("{} {last}", self.first_name),
            None => self.first_name.clone(),
        };
        Peer { id: self.id.to_string(), name: name.trim().to_owned() }
    }

    /// What they are called in a note to the group.
    pub(super) fn mention(&self) -> String {
        match &self.username {
            Some(username) => format!("@{username}"),
            None => self.first_name.clone(),
        }
    }
}

#[derive(Deserialize)]
pub(super) struct Chat {
    pub(super) id: i64,
    #[serde(rename = "type", default)]
    kind: String,
    title: Option<String>,
    username: Option<String>,
    #[serde(default)]
    pub(super) is_direct_messages: bool,
}

impl Chat {
    /// The direct chat of a person, whose id is the person's.
    pub(super) fn private(id: i64) -> Self {
        Self::of("private", id)
    }

    /// A group of which only the id is known.
    pub(super) fn group(id: i64) -> Self {
        Self::of("group", id)
    }

    fn of(kind: &str, id: i64) -> Self {
        let kind = kind.to_owned();
        Self { id, kind, title: None, username: None, is_direct_messages: false }
    }

    pub(super) fn is_private(&self) -> bool {
        self.kind == "private"
    }

    pub(super) fn is_channel(&self) -> bool {
        self.kind == "channel"
    }

    /// The chat as one who speaks in its own name.
    pub(super) fn peer(&self) -> Peer {
        let name = self.title.as_ref().or(self.username.as_ref());
        Peer { id: self.id.to_string(), name: name.cloned().unwrap_or_default() }
    }
}

#[derive(Deserialize)]
pub(super) struct MessageEntity {
    #[serde(rename = "type")]
    pub(super) kind: String,
    /// In UTF-16 units, as is the length.
    pub(super) offset: usize,
    pub(super) length: usize,
    pub(super) user: Option<User>,
}

/// A message that is replied to.
#[derive(Deserialize)]
pub(super) struct RepliedTo {
    pub(super) from: Option<User>,
    pub(super) forum_topic_created: Option<Value>,
}

#[derive(Deserialize)]
pub(super) struct Message {
    #[serde(default)]
    pub(super) message_id: i32,
    pub(super) date: i64,
    pub(super) chat: Chat,
    pub(super) from: Option<User>,
    pub(super) sender_chat: Option<Chat>,
    pub(super) message_thread_id: Option<i32>,
    #[serde(default)]
    pub(super) is_topic_message: bool,
    #[serde(default)]
    pub(super) is_automatic_forward: bool,
    pub(super) forward_origin: Option<Value>,
    pub(super) via_bot: Option<Value>,
    pub(super) reply_to_message: Option<Box<RepliedTo>>,
    pub(super) ephemeral_message_id: Option<i64>,
    pub(super) migrate_to_chat_id: Option<i64>,
    pub(super) migrate_from_chat_id: Option<i64>,
    pub(super) text: Option<String>,
    #[serde(default)]
    pub(super) entities: Vec<MessageEntity>,
    pub(super) caption: Option<String>,
    #[serde(default)]
    pub(super) caption_entities: Vec<MessageEntity>,
    /// Whatever else it holds: media and service messages are told apart there.
    #[serde(flatten)]
    pub(super) rest: serde_json::Map<String, Value>,
}

/// The message whose button was pressed; one that is no longer accessible has a chat and an id only.
#[derive(Deserialize)]
pub(super) struct PressedMessage {
    pub(super) chat: Chat,
    #[serde(default)]
    message_id: i32,
    message_thread_id: Option<i32>,
    #[serde(default)]
    is_topic_message: bool,
    pub(super) ephemeral_message_id: Option<i64>,
}

impl PressedMessage {
    pub(super) fn plain_id(&self) -> Option<i32> {
        plain_id(self.message_id)
    }

    pub(super) fn topic(&self) -> Option<String> {
        topic(&self.chat, self.is_topic_message, self.message_thread_id)
    }
}

impl Message {
    pub(super) fn plain_id(&self) -> Option<i32> {
        plain_id(self.message_id)
    }

    pub(super) fn topic(&self) -> Option<String> {
        topic(&self.chat, self.is_topic_message, self.message_thread_id)
    }
}

/// Ephemeral messages have the id 0.
fn plain_id(id: i32) -> Option<i32> {
    (id != 0).then_some(id)
}

/// Replies in a supergroup without topics have a thread id too, and a forum's General topic is the chat itself (1).
fn topic(chat: &Chat, is_topic_message: bool, thread: Option<i32>) -> Option<String> {
    let is_general = |id: i32| id == 1 && !chat.is_private();
    thread.filter(|id| is_topic_message && !is_general(*id)).map(|id| id.to_string())
}

#[derive(Deserialize)]
pub(super) struct CallbackQuery {
    pub(super) id: String,
    pub(super) from: User,
    pub(super) message: Option<PressedMessage>,
    pub(super) data: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct ChatMember {
    pub(super) status: String,
    pub(super) is_member: Option<bool>,
}

#[derive(Deserialize)]
pub(super) struct ChatMemberUpdated {
    pub(super) chat: Chat,
    pub(super) from: User,
    pub(super) date: i64,
    pub(super) new_chat_member: ChatMember,
}
