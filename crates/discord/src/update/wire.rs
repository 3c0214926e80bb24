//! What is read of Discord's objects: no more than is needed, and as little as possible of it required.

use bot::Peer;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// Threads of announcement channels, public ones (posts in forums too), private ones.
const THREADS: [u8; 3] = [10, 11, 12];

/// What is `null` is as if it were not there: serenity writes so what it had not been told.
fn or_default<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(
    from: D,
) -> Result<T, D::Error> {
    Option::deserialize(from).map(Option::unwrap_or_default)
}

#[derive(Deserialize)]
pub(super) struct User {
    pub(super) id: String,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) username: String,
    pub(super) global_name: Option<String>,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) bot: bool,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) system: bool,
}

impl User {
    /// Who it is, as they are called there.
    pub(super) fn peer(&self, member: Option<&Member>) -> Peer {
        let nick = member.and_then(|member| member.nick.as_ref());
        let names = [nick, self.global_name.as_ref(), Some(&self.username)];
        let name = names.into_iter().flatten().find(|name| !name.trim().is_empty());
        let name = name.map(|name| name.trim().to_owned()).unwrap_or_default();
        Peer { id: self.id.clone(), name }
    }
}

/// Somebody in a guild.
#[derive(Deserialize)]
pub(super) struct Member {
    pub(super) nick: Option<String>,
    /// In messages it is told beside the member.
    pub(super) user: Option<User>,
    /// What they may in the channel. Interactions alone say it.
    pub(super) permissions: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Channel {
    pub(super) id: String,
    #[serde(rename = "type", default)]
    kind: u8,
    parent_id: Option<String>,
}

impl Channel {
    /// A channel of which only the id is known.
    pub(super) fn unknown(id: &str) -> Self {
        Self { id: id.to_owned(), kind: 0, parent_id: None }
    }

    /// The channel that it is a thread of.
    pub(super) fn thread_of(&self) -> Option<&str> {
        self.parent_id.as_deref().filter(|_| THREADS.contains(&self.kind))
    }
}

#[derive(Deserialize)]
pub(super) struct Message {
    pub(super) id: String,
    pub(super) channel_id: String,
    pub(super) channel: Option<Channel>,
    pub(super) guild_id: Option<String>,
    pub(super) author: User,
    pub(super) member: Option<Member>,
    #[serde(rename = "type", default)]
    pub(super) kind: u8,
    pub(super) webhook_id: Option<String>,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) mentions: Vec<Mentioned>,
    pub(super) referenced_message: Option<Referenced>,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) message_snapshots: Vec<Snapshot>,
    #[serde(flatten)]
    pub(super) said: Said,
}

#[derive(Deserialize)]
pub(super) struct Mentioned {
    pub(super) id: String,
}

/// The message that is replied to; `null` once it is deleted.
#[derive(Deserialize)]
pub(super) struct Referenced {
    pub(super) author: Mentioned,
}

/// A message that is passed on.
#[derive(Deserialize)]
pub(super) struct Snapshot {
    pub(super) message: Said,
}

/// What a message holds.
#[derive(Deserialize)]
pub(super) struct Said {
    #[serde(default, deserialize_with = "or_default")]
    pub(super) content: String,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) attachments: Vec<Value>,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) sticker_items: Vec<Value>,
    pub(super) poll: Option<Value>,
}

#[derive(Deserialize)]
pub(super) struct Interaction {
    pub(super) id: String,
    #[serde(rename = "type")]
    pub(super) kind: u8,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) application_id: String,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) token: String,
    pub(super) data: Option<Data>,
    pub(super) guild_id: Option<String>,
    pub(super) channel: Option<Channel>,
    pub(super) channel_id: Option<String>,
    pub(super) member: Option<Member>,
    pub(super) user: Option<User>,
    pub(super) message: Option<Pressed>,
    /// 0 in a guild, 1 in the direct chat with the bot, 2 in one between others.
    pub(super) context: Option<u8>,
}

impl Interaction {
    pub(super) fn user(&self) -> Option<&User> {
        self.member.as_ref().and_then(|member| member.user.as_ref()).or(self.user.as_ref())
    }
}

/// The message whose component was pressed.
#[derive(Deserialize)]
pub(super) struct Pressed {
    pub(super) id: String,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) flags: u64,
}

/// Of a command its name and options, of a press what it carries.
#[derive(Deserialize)]
pub(super) struct Data {
    #[serde(default, deserialize_with = "or_default")]
    pub(super) name: String,
    #[serde(rename = "type")]
    pub(super) kind: Option<u8>,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) options: Vec<Given>,
    pub(super) custom_id: Option<String>,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) values: Vec<String>,
}

/// An option as it was filled in, or the subcommand that was chosen.
#[derive(Deserialize)]
pub(super) struct Given {
    pub(super) name: String,
    #[serde(rename = "type", default)]
    pub(super) kind: u8,
    pub(super) value: Option<Value>,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) options: Vec<Given>,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) focused: bool,
}

impl Given {
    /// The value as it would be typed.
    pub(super) fn text(&self) -> String {
        match &self.value {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Null) | None => String::new(),
            Some(
                other @ (Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)),
            ) => other.to_string(),
        }
    }
}
