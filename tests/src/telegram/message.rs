//! A message as the platform keeps it, and how it looks on the wire.

use serde_json::{Map, Value, json};

use super::entity::Text;
use super::world::World;

/// What names a message in its chat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MessageId {
    /// `message_id`: all in the chat see it.
    Public(i64),
    /// `ephemeral_message_id`: the bot and one person see it.
    Ephemeral(i64),
}

/// A message.
#[derive(Debug, Clone)]
pub(super) struct Message {
    pub(super) id: MessageId,
    pub(super) chat: i64,
    pub(super) thread: Option<i64>,
    pub(super) date: u64,
    pub(super) edited: Option<u64>,
    /// `from`, which stands in for a chat that speaks.
    pub(super) author: i64,
    pub(super) sender_chat: Option<i64>,
    /// Who an ephemeral message is for.
    pub(super) receiver: Option<i64>,
    pub(super) reply_to: Option<MessageId>,
    /// The text, or the caption of what is attached.
    pub(super) text: Option<Text>,
    /// What it said before it was edited.
    pub(super) earlier: Vec<Text>,
    pub(super) attached: Option<Attached>,
    /// `reply_markup`.
    pub(super) markup: Option<Value>,
    /// Fields that are as they are.
    pub(super) more: Map<String, Value>,
    /// The public message that an ephemeral one is shown in place of.
    pub(super) replaces: Option<MessageId>,
    pub(super) is_deleted: bool,
}

/// A photo, a document, …
#[derive(Debug, Clone)]
pub(super) struct Attached {
    /// The field it stands in: `photo`, `document`, …
    pub(super) field: &'static str,
    pub(super) wire: Value,
    pub(super) name: String,
    pub(super) content: Vec<u8>,
}

impl MessageId {
    /// The number of a public message.
    #[must_use]
    pub fn public(self) -> Option<i64> {
        match self {
            Self::Public(number) => Some(number),
            Self::Ephemeral(_) => None,
        }
    }

    /// Whether one person alone sees it.
    #[must_use]
    pub fn is_ephemeral(self) -> bool {
        matches!(self, Self::Ephemeral(_))
    }
}

impl Message {
    /// An empty message.
    pub(super) fn new(id: MessageId, chat: i64, author: i64, date: u64) -> Self {
        Self {
            id,
            chat,
            thread: None,
            date,
            edited: None,
            author,
            sender_chat: None,
            receiver: None,
            reply_to: None,
            text: None,
            earlier: Vec::new(),
            attached: None,
            markup: None,
            more: Map::new(),
            replaces: None,
            is_deleted: false,
        }
    }

    /// Whether somebody sees it now.
    pub(super) fn is_seen_by(&self, user: i64) -> bool {
        !self.is_deleted && self.is_for(user)
    }

    /// Whether somebody sees it, or saw it before it was deleted.
    pub(super) fn is_for(&self, user: i64) -> bool {
        !self.id.is_ephemeral() || self.author == user || self.receiver == Some(user)
    }

    /// Gives it another text.
    pub(super) fn reword(&mut self, text: Text, date: u64) {
        self.earlier.extend(self.text.replace(text));
        self.edited = Some(date);
    }

    /// A `Message`, with the one it answers.
    pub(super) fn to_wire(&self, world: &World) -> Value {
        let mut wire = self.alone_to_wire(world);
        let answered = self.reply_to.and_then(|id| world.chat(self.chat)?.message(id));
        if let Some(answered) = answered {
            wire.insert("reply_to_message".to_owned(), answered.alone_to_wire(world).into());
        }
        Value::Object(wire)
    }

    fn alone_to_wire(&self, world: &World) -> Map<String, Value> {
        let mut wire = self.more.clone();
        let mut put = |name: &str, value: Value| drop(wire.insert(name.to_owned(), value));
        put("message_id", json!(self.id.public().unwrap_or_default()));
        put("date", json!(self.date));
        put("chat", world.chat_to_wire(self.chat));
        if world.chat(self.chat).is_some_and(|chat| chat.kind != super::chat::Kind::Channel) {
            put("from", world.user_to_wire(self.author));
        }
        if let Some(speaker) = self.sender_chat {
            put("sender_chat", world.chat_to_wire(speaker));
        }
        if let MessageId::Ephemeral(id) = self.id {
            put("ephemeral_message_id", json!(id));
            put("receiver_user", self.receiver.map_or(Value::Null, |id| world.user_to_wire(id)));
        }
        if let Some(thread) = self.thread {
            put("message_thread_id", json!(thread));
            if world.chat(self.chat).is_some_and(|chat| chat.topics.contains_key(&thread)) {
                put("is_topic_message", json!(true));
            }
        }
        if let Some(date) = self.edited {
            put("edit_date", json!(date));
        }
        if let Some(markup) = &self.markup {
            put("reply_markup", markup.clone());
        }
        if let Some(attached) = &self.attached {
            put(attached.field, attached.wire.clone());
        }
        self.text_to_wire(&mut wire);
        wire
    }

    fn text_to_wire(&self, wire: &mut Map<String, Value>) {
        let Some(text) = self.text.as_ref().filter(|text| !text.plain.is_empty()) else { return };
        let names = if self.attached.is_some() {
            ["caption", "caption_entities"]
        } else {
            ["text", "entities"]
        };
        let entities = (!text.entities.is_empty()).then(|| text.entities_to_wire());
        let [name, of_entities] = names;
        wire.insert(name.to_owned(), json!(text.plain));
        if let Some(entities) = entities {
            wire.insert(of_entities.to_owned(), entities);
        }
    }
}
