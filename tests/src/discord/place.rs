//! A place to talk: a direct channel, a channel of a guild, a thread; who may what there, and what becomes of it.

use std::fmt;
use std::sync::Arc;

use super::permission::{Overwrite, Permission};
use super::person::Person;
use super::say::{self, Speaker};
use super::seat::Seat;
use super::shared::Shared;

/// A channel or thread.
#[derive(Clone)]
pub struct Place {
    pub(super) shared: Arc<Shared>,
    pub(super) id: u64,
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Place({})", self.id)
    }
}

impl Place {
    pub(super) fn new(shared: &Arc<Shared>, id: u64) -> Self {
        Self { shared: Arc::clone(shared), id }
    }

    /// The id of the channel or thread on the wire.
    #[must_use]
    pub fn id(&self) -> u64 {
        self.id
    }

    /// The id of its guild on the wire, if it is in one.
    #[must_use]
    pub fn guild_id(&self) -> Option<u64> {
        self.shared.look(|world| world.known(self.id).guild)
    }

    /// Somebody may do this here, whatever their roles say.
    pub fn allows(&self, person: &Person, what: Permission) {
        self.overwrites((person.id(), true), what, Permission::NONE);
    }

    /// Somebody may not do this here, whatever their roles say.
    pub fn denies(&self, person: &Person, what: Permission) {
        self.overwrites((person.id(), true), Permission::NONE, what);
    }

    /// Nobody may do this here, unless a role or the place allows it to them.
    pub fn denies_everyone(&self, what: Permission) {
        let guild = self.guild_id().expect("everyone is a role of a guild");
        self.overwrites((guild, false), Permission::NONE, what);
    }

    /// The bot may not do this here.
    pub fn denies_bot(&self, what: Permission) {
        let bot = self.shared.look(|world| world.bot.id);
        self.overwrites((bot, true), Permission::NONE, what);
    }

    /// The bot may do this here.
    pub fn allows_bot(&self, what: Permission) {
        let bot = self.shared.look(|world| world.bot.id);
        self.overwrites((bot, true), what, Permission::NONE);
    }

    fn overwrites(&self, (id, is_member): (u64, bool), allow: Permission, deny: Permission) {
        self.shared.change(|world| {
            let overwrites = &mut world.known(self.id).overwrites;
            let old = overwrites.iter().position(|it| it.id == id);
            let old = old.map(|at| overwrites.remove(at));
            let before = old.map_or((Permission::NONE, Permission::NONE), |it| (it.allow, it.deny));
            let (allow, deny) = ((before.0 & !deny) | allow, (before.1 & !allow) | deny);
            overwrites.push(Overwrite { id, is_member, allow, deny });
            world.told_of_channel("CHANNEL_UPDATE", self.id, false);
        });
    }

    /// Somebody is in this thread now.
    pub fn invites(&self, person: &Person) {
        self.shared.change(|world| say::invite(world, self.id, person.id()));
    }

    /// The bot is in this thread now.
    pub fn invites_bot(&self) {
        self.shared.change(|world| say::invite(world, self.id, world.bot.id));
    }

    /// The thread is archived; whoever writes there opens it again.
    pub fn archives(&self) {
        self.shared.change(|world| {
            world.known(self.id).is_archived = true;
            world.told_of_channel("THREAD_UPDATE", self.id, false);
        });
    }

    /// The thread is archived, and the bot cannot open it again.
    pub fn locks(&self) {
        self.shared.change(|world| {
            let thread = world.known(self.id);
            (thread.is_archived, thread.is_locked) = (true, true);
            world.told_of_channel("THREAD_UPDATE", self.id, false);
        });
    }

    /// The channel or thread is deleted; the bot hears of it.
    pub fn disappears(&self) {
        self.shared.change(|world| {
            let is_thread = world.known(self.id).kind.is_thread();
            let kind = if is_thread { "THREAD_DELETE" } else { "CHANNEL_DELETE" };
            world.told_of_channel(kind, self.id, false);
            world.known(self.id).is_deleted = true;
        });
    }

    /// A webhook that speaks here.
    #[must_use]
    pub fn webhook(&self, name: &str) -> Seat {
        let id = self.shared.change(|world| world.clock.next_id());
        Seat::new(self, Speaker::Webhook(id, name.to_owned()))
    }
}
