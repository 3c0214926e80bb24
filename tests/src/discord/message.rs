//! A message as the platform keeps it, and how it looks on the wire, to REST and to the gateway.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::clock;
use super::user::User;
use super::world::World;

/// Seen by one person alone.
pub(super) const EPHEMERAL: u64 = 1 << 6;
/// “Sessions is thinking…”
pub(super) const LOADING: u64 = 1 << 7;
/// Kinds of messages on the wire.
pub(super) const PLAIN: u8 = 0;
pub(super) const THREAD_CREATED: u8 = 18;
pub(super) const REPLY: u8 = 19;
pub(super) const COMMAND_RESPONSE: u8 = 20;

/// What names a message, everywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageId(pub(super) u64);

impl MessageId {
    /// The id on the wire.
    #[must_use]
    pub fn id(self) -> u64 {
        self.0
    }
}

/// A message.
#[derive(Debug, Clone)]
pub(super) struct Message {
    pub(super) id: u64,
    pub(super) channel: u64,
    pub(super) kind: u8,
    pub(super) at: Duration,
    pub(super) edited: Option<Duration>,
    /// The account; of a webhook, its id.
    pub(super) author: u64,
    /// The name a webhook speaks under.
    pub(super) webhook: Option<String>,
    pub(super) content: String,
    pub(super) embeds: Vec<Value>,
    pub(super) components: Vec<Value>,
    pub(super) files: Vec<File>,
    pub(super) flags: u64,
    /// Who an ephemeral message is for.
    pub(super) receiver: Option<u64>,
    pub(super) reply_to: Option<u64>,
    /// Who is called by it: accounts, roles, everyone.
    pub(super) mentions: Vec<u64>,
    pub(super) role_mentions: Vec<u64>,
    pub(super) mentions_everyone: bool,
    pub(super) nonce: Option<Value>,
    pub(super) enforces_nonce: bool,
    /// What it is the answer to.
    pub(super) interaction: Option<Cause>,
    /// All texts that it showed before it was edited.
    pub(super) earlier: Vec<String>,
    pub(super) is_deleted: bool,
}

/// A file with a message.
#[derive(Debug, Clone)]
pub(super) struct File {
    pub(super) id: u64,
    pub(super) name: String,
    pub(super) kind: String,
    pub(super) content: Vec<u8>,
}

/// The interaction that a message is the answer to.
#[derive(Debug, Clone)]
pub(super) struct Cause {
    pub(super) id: u64,
    /// 2 for a command, 3 for a button or menu.
    pub(super) kind: u8,
    pub(super) name: String,
    pub(super) person: u64,
    pub(super) pressed: Option<u64>,
}

impl Message {
    /// An empty message.
    pub(super) fn new(id: u64, channel: u64, author: u64, at: Duration) -> Self {
        Self {
            id,
            channel,
            kind: PLAIN,
            at,
            edited: None,
            author,
            webhook: None,
            content: String::new(),
            embeds: Vec::new(),
            components: Vec::new(),
            files: Vec::new(),
            flags: 0,
            receiver: None,
            reply_to: None,
            mentions: Vec::new(),
            role_mentions: Vec::new(),
            mentions_everyone: false,
            nonce: None,
            enforces_nonce: false,
            interaction: None,
            earlier: Vec::new(),
            is_deleted: false,
        }
    }

    /// Whether somebody sees it, or saw it before it was deleted.
    pub(super) fn is_for(&self, user: u64) -> bool {
        self.receiver.is_none_or(|receiver| receiver == user)
    }

    /// Whether somebody sees it now.
    pub(super) fn is_seen_by(&self, user: u64) -> bool {
        !self.is_deleted && self.is_for(user)
    }

    pub(super) fn is_loading(&self) -> bool {
        self.flags & LOADING != 0
    }

    pub(super) fn is_empty(&self) -> bool {
        let Self { content, embeds, components, files, .. } = self;
        content.is_empty() && embeds.is_empty() && components.is_empty() && files.is_empty()
    }

    /// All that can be read in it now.
    pub(super) fn texts(&self) -> Vec<String> {
        let mut texts = vec![self.content.clone()];
        self.embeds.iter().chain(&self.components).for_each(|part| strings(part, &mut texts));
        for file in &self.files {
            texts.extend([file.name.clone(), String::from_utf8_lossy(&file.content).into_owned()]);
        }
        texts.retain(|text| !text.is_empty());
        texts
    }

    /// Whether a bot may read it that has no right to read all: it is its own, it calls it, it is in a direct channel.
    pub(super) fn is_revealed(&self, world: &World) -> bool {
        let channel = world.channels.get(&self.channel);
        self.author == world.bot.id
            || self.mentions.contains(&world.bot.id)
            || channel.is_some_and(|channel| channel.guild.is_none())
    }

    /// A `Message`, as REST tells it.
    pub(super) fn to_wire(&self, world: &World, shows_all: bool) -> Value {
        let mut wire = self.alone_to_wire(world, shows_all);
        if let Some(id) = self.reply_to {
            let channel = world.channels.get(&self.channel);
            let answered = channel.and_then(|channel| channel.message(id));
            let answered = answered.filter(|message| !message.is_deleted);
            let answered = answered.map(|it| Value::Object(it.alone_to_wire(world, shows_all)));
            wire.insert("referenced_message".to_owned(), answered.unwrap_or(Value::Null));
        }
        Value::Object(wire)
    }

    /// The same with what the gateway adds.
    pub(super) fn event_to_wire(&self, world: &World, shows_all: bool) -> Value {
        let mut wire = self.to_wire(world, shows_all);
        let guild = world.channels.get(&self.channel).and_then(|channel| channel.guild);
        if let (Some(guild), Some(object)) = (guild, wire.as_object_mut()) {
            object.insert("guild_id".to_owned(), json!(guild.to_string()));
            let member = world.guilds.get(&guild).and_then(|it| it.member_to_wire(self.author));
            object.extend(member.map(|member| ("member".to_owned(), member)));
        }
        wire
    }

    fn alone_to_wire(&self, world: &World, shows_all: bool) -> Map<String, Value> {
        let is_shown = shows_all || self.is_revealed(world);
        let shown = |list: &Vec<Value>| if is_shown { list.clone() } else { Vec::new() };
        let files: Vec<_> = self.files.iter().map(|file| file.to_wire(self)).collect();
        let ids = |ids: &[u64]| ids.iter().map(u64::to_string).collect::<Vec<_>>();
        let mentions: Vec<_> = self.mentions.iter().map(|id| world.user_to_wire(*id)).collect();
        let author = match &self.webhook {
            Some(name) => User::webhook_to_wire(self.author, name),
            None => world.user_to_wire(self.author),
        };
        let wire = json!({
            "id": self.id.to_string(), "channel_id": self.channel.to_string(), "author": author,
            "type": self.kind, "content": if is_shown { self.content.as_str() } else { "" },
            "timestamp": clock::render(self.at), "edited_timestamp": self.edited.map(clock::render),
            "tts": false, "mention_everyone": self.mentions_everyone, "mentions": mentions,
            "mention_roles": ids(&self.role_mentions), "attachments": shown(&files),
            "embeds": shown(&self.embeds), "components": shown(&self.components), "pinned": false,
            "flags": self.flags,
        });
        let mut wire = wire.as_object().cloned().unwrap_or_default();
        self.more_to_wire(world, &mut wire);
        wire
    }

    fn more_to_wire(&self, world: &World, wire: &mut Map<String, Value>) {
        let mut put = |name: &str, value: Value| drop(wire.insert(name.to_owned(), value));
        if self.webhook.is_some() {
            put("webhook_id", json!(self.author.to_string()));
        }
        if let Some(nonce) = &self.nonce {
            put("nonce", nonce.clone());
        }
        if let Some(id) = self.reply_to {
            let mut reference = json!({
                "type": 0, "channel_id": self.channel.to_string(), "message_id": id.to_string(),
            });
            let guild = world.channels.get(&self.channel).and_then(|channel| channel.guild);
            if let (Some(guild), Some(object)) = (guild, reference.as_object_mut()) {
                object.insert("guild_id".to_owned(), json!(guild.to_string()));
            }
            put("message_reference", reference);
        }
        if let Some(cause) = &self.interaction {
            put("application_id", json!(world.application.to_string()));
            put("webhook_id", json!(world.application.to_string()));
            put("interaction_metadata", cause.to_wire(world));
            if cause.kind == 2 {
                let person = world.user_to_wire(cause.person);
                let note = json!({
                    "id": cause.id.to_string(), "type": 2, "name": cause.name, "user": person,
                });
                put("interaction", note);
            }
        }
    }
}

impl Cause {
    fn to_wire(&self, world: &World) -> Value {
        let mut wire = json!({
            "id": self.id.to_string(), "type": self.kind,
            "user": world.user_to_wire(self.person), "authorizing_integration_owners": {},
        });
        if let Some(object) = wire.as_object_mut() {
            match self.pressed {
                Some(id) => {
                    object.insert("interacted_message_id".to_owned(), json!(id.to_string()))
                }
                None => object.insert("name".to_owned(), json!(self.name)),
            };
        }
        wire
    }
}

impl File {
    fn to_wire(&self, message: &Message) -> Value {
        let url = format!(
            "https://cdn.discordapp.com/attachments/{}/{}/{}",
            message.channel, self.id, self.name
        );
        let mut wire = json!({
            "id": self.id.to_string(), "filename": self.name, "size": self.content.len(),
            "url": url, "proxy_url": url, "content_type": self.kind,
        });
        if let (true, Some(object)) = (message.receiver.is_some(), wire.as_object_mut()) {
            object.insert("ephemeral".to_owned(), json!(true));
        }
        wire
    }
}

/// All texts in a value that people read, all the way down.
fn strings(value: &Value, into: &mut Vec<String>) {
    const READ: &[&str] =
        &["title", "description", "name", "value", "text", "label", "placeholder", "content"];
    if let Some(object) = value.as_object() {
        for (name, value) in object {
            match value.as_str() {
                Some(text) if READ.contains(&name.as_str()) => into.push(text.to_owned()),
                Some(_) => {}
                None => strings(value, into),
            }
        }
    } else if let Some(list) = value.as_array() {
        list.iter().for_each(|value| strings(value, into));
    }
}
