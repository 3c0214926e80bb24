//! An account: a person, a bot, or a webhook, which speaks under a name of its own.

use serde_json::{Value, json};

/// An account.
#[derive(Debug, Clone)]
pub(super) struct User {
    pub(super) id: u64,
    pub(super) username: String,
    /// The name that is shown.
    pub(super) name: String,
    pub(super) is_bot: bool,
    /// Nobody but friends may write to them directly.
    pub(super) is_closed: bool,
}

impl User {
    pub(super) fn person(id: u64, name: &str) -> Self {
        let username = name.to_lowercase().replace(' ', "_");
        Self { id, username, name: name.to_owned(), is_bot: false, is_closed: false }
    }

    pub(super) fn bot(id: u64, name: &str) -> Self {
        Self { is_bot: true, ..Self::person(id, name) }
    }

    /// A `User`.
    pub(super) fn to_wire(&self) -> Value {
        let global_name = if self.is_bot { Value::Null } else { json!(self.name) };
        let mut wire = json!({
            "id": self.id.to_string(), "username": self.username, "avatar": null,
            "discriminator": if self.is_bot { "4242" } else { "0" }, "public_flags": 0, "flags": 0,
            "banner": null, "accent_color": null, "global_name": global_name,
            "avatar_decoration_data": null, "collectibles": null, "primary_guild": null,
        });
        if let (true, Some(object)) = (self.is_bot, wire.as_object_mut()) {
            object.insert("bot".to_owned(), json!(true));
        }
        wire
    }

    /// The account of a webhook, made up for each of its messages.
    pub(super) fn webhook_to_wire(id: u64, name: &str) -> Value {
        json!({
            "id": id.to_string(), "username": name, "avatar": null, "discriminator": "0000",
            "public_flags": 0, "flags": 0, "bot": true, "global_name": null, "primary_guild": null,
        })
    }

    /// One's own account, as `GET /users/@me` tells it.
    pub(super) fn own_to_wire(&self) -> Value {
        let mut wire = self.to_wire();
        if let Some(object) = wire.as_object_mut() {
            let more = json!({
                "mfa_enabled": true, "locale": "en-US", "premium_type": 0, "email": null,
                "verified": true, "bio": "",
            });
            object.extend(more.as_object().cloned().unwrap_or_default());
        }
        wire
    }
}
