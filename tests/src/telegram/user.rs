//! Who has an account: people, the bot under test, other bots, and the accounts that stand in for chats that speak.

use serde_json::{Value, json};

/// Stands in for an administrator who speaks as the group.
pub(super) const ANONYMOUS_ADMINISTRATOR: i64 = 1_087_968_824;
/// Stands in for a channel that speaks in a group.
pub(super) const CHANNEL_SPEAKER: i64 = 136_817_688;
/// Stands in for a channel whose posts come into its group by themselves.
pub(super) const AUTOMATIC_FORWARDER: i64 = 777_000;

/// An account.
#[derive(Debug, Clone)]
pub(super) struct User {
    pub(super) id: i64,
    pub(super) first_name: String,
    pub(super) username: String,
    pub(super) is_bot: bool,
    pub(super) language: Option<String>,
}

impl User {
    pub(super) fn person(id: i64, name: &str) -> Self {
        let username: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
        Self {
            id,
            first_name: name.to_owned(),
            username: username.to_lowercase(),
            is_bot: false,
            language: Some("en".to_owned()),
        }
    }

    pub(super) fn bot(id: i64, name: &str, username: &str) -> Self {
        let mut bot = Self::person(id, name);
        username.clone_into(&mut bot.username);
        (bot.is_bot, bot.language) = (true, None);
        bot
    }

    /// The accounts that stand in for chats.
    pub(super) fn stand_ins() -> [Self; 3] {
        let mut telegram = Self::person(AUTOMATIC_FORWARDER, "Telegram");
        telegram.language = None;
        [
            Self::bot(ANONYMOUS_ADMINISTRATOR, "Group", "GroupAnonymousBot"),
            Self::bot(CHANNEL_SPEAKER, "Channel", "Channel_Bot"),
            telegram,
        ]
    }

    pub(super) fn to_wire(&self) -> Value {
        let mut wire = json!({
            "id": self.id, "is_bot": self.is_bot, "first_name": self.first_name,
            "username": self.username,
        });
        if let (Some(object), Some(language)) = (wire.as_object_mut(), &self.language) {
            object.insert("language_code".to_owned(), json!(language));
        }
        wire
    }
}
