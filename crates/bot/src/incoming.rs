//! What an adapter hands in: one event of a channel, in our own words.

use serde::{Deserialize, Serialize};

/// A person as a channel knows them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Peer {
    /// The channel's id of the person.
    pub id: String,
    /// What the channel calls them.
    pub name: String,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Body {
    /// Somebody said or typed this.
    Text {
        /// The text, as it came.
        text: String,
        /// Whether it was meant for the bot: a direct chat, a mention, a reply to it.
        addressed: bool,
    },
    /// Somebody pressed a button with this data.
    Press {
        /// What the button carries.
        data: String,
    },
}

/// One event of a channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Incoming {
    /// The channel: `telegram`, `discord`, `console`.
    pub channel: String,
    /// The bot's login on it.
    pub account: String,
    /// The channel's id of the event: it takes effect once.
    pub event: String,
    /// Other ids of the same event, under which it must not come again either.
    pub also: Vec<String>,
    /// The chat.
    pub chat: String,
    /// The thread within it.
    pub thread: Option<String>,
    /// Whether it is a direct chat.
    pub direct: bool,
    /// Who did it.
    pub peer: Peer,
    /// Whether the channel says that they run the chat.
    pub admin: bool,
    /// When, in milliseconds since the Unix epoch, if the channel says so.
    pub said_at: Option<i64>,
    /// What they did.
    pub body: Body,
}

impl Incoming {
    /// The peer with the channel, as `console:ann`.
    #[must_use]
    pub fn peer_name(&self) -> String {
        format!("{}:{}", self.channel, self.peer.id)
    }
}

/// The stored form: a new shape is a new variant, old ones stay readable.
#[derive(Serialize, Deserialize)]
pub(crate) enum Stored<T> {
    V1(T),
}
