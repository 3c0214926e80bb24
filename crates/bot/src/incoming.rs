//! What an adapter hands in: one event of a channel, in our own words.

use commands::Line;
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
    /// The chat has a new id from now on; what belongs to it moves along.
    Moved {
        /// The new id.
        to: String,
    },
    /// The bot can no longer write to the chat: what is owed there is given up.
    Gone,
    /// An event that the adapter cannot read, as it came. It is set aside, sealed, and never shown.
    Raw {
        /// What kind of event the channel calls it.
        kind: String,
        /// All of it.
        json: String,
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
    /// The guild that the chat is in, on a channel that has guilds.
    pub guild: Option<String>,
    /// Whether it is a direct chat.
    pub direct: bool,
    /// Who did it.
    pub peer: Peer,
    /// The bot's name there, without `@`, for `/command@name`.
    pub me: Option<String>,
    /// Whether they run the chat; `None` where the channel must be asked.
    pub admin: Option<bool>,
    /// Whether it is a chat that speaks in its own name, and so owns no private lane.
    pub faceless: bool,
    /// When, in milliseconds since the Unix epoch, if the channel says so.
    pub said_at: Option<i64>,
    /// What the adapter needs to answer this very event, in its own words.
    pub ticket: Option<String>,
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

impl Incoming {
    /// What it is: the command's name in the table, else a word for its kind. Nothing of what was said.
    pub(crate) fn name(&self) -> &'static str {
        match &self.body {
            Body::Text { text, .. } => match commands::parse(text, self.me.as_deref()) {
                Ok(Line::Command { command, .. }) => command.name(),
                Ok(Line::Message(_) | Line::Elsewhere) => "message",
                Err(error) => error.command().unwrap_or("message"),
            },
            Body::Press { .. } => "press",
            Body::Moved { .. } => "move",
            Body::Gone => "gone",
            Body::Raw { .. } => "unreadable",
        }
    }

    /// What has been said for all to hear, and not to the bot: no command, no mention, no answer to it.
    pub(crate) fn is_talk_of_others(&self) -> bool {
        let Body::Text { text, addressed } = &self.body else { return false };
        !addressed && !self.direct && !text.trim_start().starts_with('/')
    }

    /// The chat with the channel, as `telegram:-1001`.
    pub(crate) fn chat_name(&self) -> String {
        format!("{}:{}", self.channel, self.chat)
    }

    /// The guild with the channel, as `discord:41771983423143937`.
    pub(crate) fn guild_name(&self) -> Option<String> {
        self.guild.as_ref().map(|guild| format!("{}:{guild}", self.channel))
    }
}
