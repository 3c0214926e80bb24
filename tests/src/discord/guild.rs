//! A guild, which people call a server: its channels, people and roles.

use std::fmt;
use std::sync::Arc;

use serde_json::json;

use super::channel::{Channel, Kind};
use super::gateway::GUILDS;
use super::guild_state::{Member, Role};
use super::permission::Permission;
use super::person::Person;
use super::place::Place;
use super::shared::Shared;

/// A guild.
#[derive(Clone)]
pub struct Guild {
    pub(super) shared: Arc<Shared>,
    pub(super) id: u64,
}

/// A role of a guild.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RoleId(u64);

impl fmt::Debug for Guild {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Guild({})", self.id)
    }
}

impl RoleId {
    /// The id on the wire.
    #[must_use]
    pub fn id(self) -> u64 {
        self.0
    }
}

impl Guild {
    /// The id on the wire.
    #[must_use]
    pub fn id(&self) -> u64 {
        self.id
    }

    /// A new text channel.
    #[must_use]
    pub fn channel(&self, name: &str) -> Place {
        self.make(name, Kind::Text)
    }

    /// A new forum, see [`Seat::posts`](super::Seat::posts).
    #[must_use]
    pub fn forum(&self, name: &str) -> Place {
        self.make(name, Kind::Forum)
    }

    fn make(&self, name: &str, kind: Kind) -> Place {
        let id = self.shared.change(|world| {
            let id = world.clock.next_id();
            let mut channel = Channel::new(id, kind, name, world.clock.now());
            channel.guild = Some(self.id);
            world.channels.insert(id, channel);
            world.told_of_channel("CHANNEL_CREATE", id, true);
            id
        });
        Place::new(&self.shared, id)
    }

    /// A new role, which nobody has yet.
    #[must_use]
    pub fn role(&self, name: &str, permissions: Permission) -> RoleId {
        self.shared.change(|world| {
            let (id, name) = (world.clock.next_id(), name.to_owned());
            let guild = world.known_guild(self.id);
            guild.roles.push(Role { id, name, permissions });
            let roles = guild.roles_to_wire();
            let role = roles.as_array().and_then(|roles| roles.last()).cloned();
            let told = json!({"guild_id": self.id.to_string(), "role": role});
            world.tell("GUILD_ROLE_CREATE", GUILDS, |_, _| told.clone());
            RoleId(id)
        })
    }

    /// Somebody has a role now.
    pub fn gives(&self, person: &Person, role: RoleId) {
        self.member(person, |member| member.roles.extend([role.0]));
    }

    /// Somebody does not have a role any more.
    pub fn takes(&self, person: &Person, role: RoleId) {
        self.member(person, |member| member.roles.retain(|id| *id != role.0));
    }

    /// Somebody is called otherwise here.
    pub fn names(&self, person: &Person, nick: &str) {
        self.member(person, |member| member.nick = Some(nick.to_owned()));
    }

    fn member(&self, person: &Person, by: impl FnOnce(&mut Member)) {
        self.shared.change(|world| {
            let member = world.known_guild(self.id).members.get_mut(&person.id());
            by(member.expect("they are in the guild"));
        });
    }

    /// Somebody is in the guild now.
    pub fn joins(&self, person: &Person) {
        self.shared.change(|world| {
            world.known_guild(self.id).members.entry(person.id()).or_default();
        });
    }

    /// Somebody is not in the guild any more.
    pub fn leaves(&self, person: &Person) {
        self.shared.change(|world| world.known_guild(self.id).members.remove(&person.id()));
    }

    /// The bot is put there; it hears of it.
    pub fn bot_added(&self) {
        self.shared.change(|world| {
            let bot = world.bot.id;
            world.known_guild(self.id).members.entry(bot).or_default();
            world.tell("GUILD_CREATE", GUILDS, |world, _| world.guild_create_to_wire(self.id));
        });
    }

    /// The bot is thrown out; it hears of it.
    pub fn bot_removed(&self) {
        self.shared.change(|world| {
            let bot = world.bot.id;
            world.known_guild(self.id).members.remove(&bot);
            let told = json!({"id": self.id.to_string()});
            world.tell("GUILD_DELETE", GUILDS, |_, _| told.clone());
        });
    }
}
