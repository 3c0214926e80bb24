//! Who may do what where: bits of roles, and what a channel allows or denies on top of them.

use std::ops::{BitAnd, BitOr, Not};

use serde_json::{Value, json};

use super::world::World;

/// A set of permissions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Permission(pub(super) u64);

impl Permission {
    /// None.
    pub const NONE: Self = Self(0);
    /// All there are, whatever a channel says.
    pub const ADMINISTRATOR: Self = Self(1 << 3);
    /// Changes channels.
    pub const MANAGE_CHANNELS: Self = Self(1 << 4);
    /// Changes the guild.
    pub const MANAGE_GUILD: Self = Self(1 << 5);
    /// Sees the channel at all.
    pub const VIEW_CHANNEL: Self = Self(1 << 10);
    /// Writes there.
    pub const SEND_MESSAGES: Self = Self(1 << 11);
    /// Deletes what others wrote.
    pub const MANAGE_MESSAGES: Self = Self(1 << 13);
    /// Shows embeds; without it they are dropped.
    pub const EMBED_LINKS: Self = Self(1 << 14);
    /// Sends files.
    pub const ATTACH_FILES: Self = Self(1 << 15);
    /// Reads what was written before.
    pub const READ_MESSAGE_HISTORY: Self = Self(1 << 16);
    /// Mentions everyone.
    pub const MENTION_EVERYONE: Self = Self(1 << 17);
    /// Uses application commands.
    pub const USE_APPLICATION_COMMANDS: Self = Self(1 << 31);
    /// Sees and changes all threads.
    pub const MANAGE_THREADS: Self = Self(1 << 34);
    /// Writes in threads.
    pub const SEND_MESSAGES_IN_THREADS: Self = Self(1 << 38);
    /// Every one.
    pub(super) const ALL: Self = Self((1 << 50) - 1);
    /// What everybody may in a new guild: view, send, embed, attach, read, react, use commands, open threads, write there.
    pub(super) const USUAL: Self = Self(
        1 << 6
            | 1 << 10
            | 1 << 11
            | 1 << 14
            | 1 << 15
            | 1 << 16
            | 1 << 31
            | 1 << 35
            | 1 << 36
            | 1 << 38,
    );

    /// Whether all of these are among them.
    #[must_use]
    pub fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

impl BitOr for Permission {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl BitAnd for Permission {
    type Output = Self;

    fn bitand(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}

impl Not for Permission {
    type Output = Self;

    fn not(self) -> Self {
        Self(!self.0)
    }
}

/// What a channel allows and denies to a role, or to a member.
#[derive(Debug, Clone, Copy)]
pub(super) struct Overwrite {
    pub(super) id: u64,
    pub(super) is_member: bool,
    pub(super) allow: Permission,
    pub(super) deny: Permission,
}

impl Overwrite {
    pub(super) fn to_wire(self) -> Value {
        json!({
            "id": self.id.to_string(), "type": u8::from(self.is_member),
            "allow": self.allow.0.to_string(), "deny": self.deny.0.to_string(),
        })
    }

    fn apply(self, to: Permission) -> Permission {
        (to & !self.deny) | self.allow
    }
}

impl World {
    /// What somebody may do in a channel. In a thread that is what they may in the channel it hangs on.
    pub(super) fn permissions(&self, user: u64, channel: u64) -> Permission {
        let Some(place) = self.channels.get(&channel) else { return Permission::NONE };
        let Some(guild) = place.guild.and_then(|id| self.guilds.get(&id)) else {
            let is_in = user == self.bot.id || place.members.contains(&user);
            return if is_in { Permission::USUAL } else { Permission::NONE };
        };
        let Some(member) = guild.members.get(&user) else { return Permission::NONE };
        let roles = guild.roles.iter();
        let roles = roles.filter(|role| role.id == guild.id || member.roles.contains(&role.id));
        let base = roles.fold(Permission::NONE, |all, role| all | role.permissions);
        if guild.owner == user || base.has(Permission::ADMINISTRATOR) {
            return Permission::ALL;
        }
        let parent = place.parent.filter(|_| place.kind.is_thread());
        let place = parent.and_then(|id| self.channels.get(&id)).unwrap_or(place);
        let of = |is_so: &dyn Fn(&Overwrite) -> bool| {
            let all = place.overwrites.iter().filter(|overwrite| is_so(overwrite));
            let none = Overwrite {
                id: 0,
                is_member: false,
                allow: Permission::NONE,
                deny: Permission::NONE,
            };
            all.fold(none, |sum, one| Overwrite {
                allow: sum.allow | one.allow,
                deny: sum.deny | one.deny,
                ..sum
            })
        };
        let everyone = of(&|one| one.id == guild.id);
        let roles = of(&|one| !one.is_member && member.roles.contains(&one.id));
        let own = of(&|one| one.is_member && one.id == user);
        own.apply(roles.apply(everyone.apply(base)))
    }

    /// Whether somebody sees a channel.
    pub(super) fn may_view(&self, user: u64, channel: u64) -> bool {
        let permissions = self.permissions(user, channel);
        let is_invited = self.channels.get(&channel).is_some_and(|place| {
            !place.kind.is_private_thread()
                || place.members.contains(&user)
                || permissions.has(Permission::MANAGE_THREADS)
        });
        is_invited && permissions.has(Permission::VIEW_CHANNEL)
    }
}
