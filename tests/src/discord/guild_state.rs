//! A guild as the platform keeps it: members, roles; and how it looks on the wire, to REST and to the gateway.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::{Map, Value, json};

use super::channel::Channel;
use super::clock;
use super::permission::Permission;
use super::world::World;

/// A guild.
#[derive(Debug)]
pub(super) struct GuildState {
    pub(super) id: u64,
    pub(super) name: String,
    pub(super) owner: u64,
    /// The first has the id of the guild, and everybody has it.
    pub(super) roles: Vec<Role>,
    pub(super) members: BTreeMap<u64, Member>,
    pub(super) made: Duration,
}

/// A role.
#[derive(Debug)]
pub(super) struct Role {
    pub(super) id: u64,
    pub(super) name: String,
    pub(super) permissions: Permission,
}

/// What a guild knows of somebody.
#[derive(Debug, Clone, Default)]
pub(super) struct Member {
    pub(super) nick: Option<String>,
    pub(super) roles: BTreeSet<u64>,
}

impl GuildState {
    pub(super) fn new(id: u64, name: &str, owner: u64, made: Duration) -> Self {
        let everyone = Role { id, name: "@everyone".to_owned(), permissions: Permission::USUAL };
        let (name, roles, members) = (name.to_owned(), vec![everyone], BTreeMap::new());
        Self { id, name, owner, roles, members, made }
    }

    pub(super) fn roles_to_wire(&self) -> Value {
        self.roles.iter().enumerate().map(|(at, role)| role.to_wire(at)).collect()
    }

    /// A member without the account, as messages carry it.
    pub(super) fn member_to_wire(&self, user: u64) -> Option<Value> {
        let Member { nick, roles } = self.members.get(&user)?;
        let roles: Vec<_> = roles.iter().map(u64::to_string).collect();
        Some(json!({
            "avatar": null, "banner": null, "communication_disabled_until": null, "flags": 0,
            "joined_at": clock::render(self.made), "nick": nick, "pending": false,
            "premium_since": null, "roles": roles, "mute": false, "deaf": false,
        }))
    }

    /// A guild as `GET /guilds/{id}` tells it.
    pub(super) fn to_wire(&self) -> Value {
        json!({
            "id": self.id.to_string(), "name": self.name, "icon": null, "description": null,
            "home_header": null, "splash": null, "discovery_splash": null, "features": [],
            "banner": null, "owner_id": self.owner.to_string(), "application_id": null,
            "region": "deprecated", "afk_channel_id": null, "afk_timeout": 300,
            "system_channel_id": null, "system_channel_flags": 0, "widget_enabled": false,
            "widget_channel_id": null, "verification_level": 0, "roles": self.roles_to_wire(),
            "default_message_notifications": 0, "mfa_level": 0, "explicit_content_filter": 0,
            "max_presences": null, "max_members": 500_000, "max_stage_video_channel_users": 50,
            "max_video_channel_users": 25, "vanity_url_code": null, "premium_tier": 0,
            "premium_subscription_count": 0, "preferred_locale": "en-US", "rules_channel_id": null,
            "safety_alerts_channel_id": null, "public_updates_channel_id": null,
            "premium_progress_bar_enabled": false, "nsfw": false, "nsfw_level": 0, "emojis": [],
            "stickers": [], "incidents_data": null,
        })
    }
}

impl Role {
    fn to_wire(&self, position: usize) -> Value {
        json!({
            "id": self.id.to_string(), "name": self.name,
            "permissions": self.permissions.0.to_string(), "position": position, "color": 0,
            "colors": {"primary_color": 0, "secondary_color": null, "tertiary_color": null},
            "hoist": false, "managed": false, "mentionable": false, "icon": null,
            "unicode_emoji": null, "flags": 0,
        })
    }
}

impl World {
    /// A member with the account.
    pub(super) fn whole_member_to_wire(&self, guild: u64, user: u64) -> Option<Value> {
        let mut wire = self.guilds.get(&guild)?.member_to_wire(user)?;
        wire.as_object_mut()?.insert("user".to_owned(), self.user_to_wire(user));
        Some(wire)
    }

    /// What `GUILD_CREATE` tells: the guild with its channels, and the threads that the bot may see.
    pub(super) fn guild_create_to_wire(&self, id: u64) -> Value {
        let Some(guild) = self.guilds.get(&id) else { return Value::Null };
        let mut wire: Map<String, Value> = guild.to_wire().as_object().cloned().unwrap_or_default();
        let own = self.whole_member_to_wire(id, self.bot.id);
        let here =
            || self.channels.values().filter(move |it| it.guild == Some(id) && !it.is_deleted);
        let told = |is_thread: bool| -> Vec<Value> {
            let all = here().filter(|it| it.kind.is_thread() == is_thread);
            let seen = all.filter(|it| self.may_view(self.bot.id, it.id) && !it.is_archived);
            seen.map(|it: &Channel| it.to_wire(self)).collect()
        };
        let more = json!({
            "joined_at": clock::render(guild.made), "large": false, "unavailable": false,
            "member_count": guild.members.len(), "voice_states": [],
            "members": own.into_iter().collect::<Vec<_>>(), "channels": told(false),
            "threads": told(true), "presences": [], "stage_instances": [],
            "guild_scheduled_events": [], "soundboard_sounds": [],
        });
        wire.extend(more.as_object().cloned().unwrap_or_default());
        Value::Object(wire)
    }
}
