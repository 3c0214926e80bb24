//! Something asked of the bot by the client: a command run, a button pressed, a menu used, a word to be completed; and
//! what became of it.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::interaction::{Acknowledged, State};
use super::see::{Choice, Seen};
use super::shared::Shared;
use super::world::World;

/// Something asked of the bot.
#[derive(Clone)]
pub struct Interaction {
    pub(super) shared: Arc<Shared>,
    pub(super) id: u64,
}

/// How long it took the bot, by the machine's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Took {
    /// Until it acknowledged.
    pub acknowledged: Option<Duration>,
    /// Until there was an answer to read.
    pub answered: Option<Duration>,
}

impl fmt::Debug for Interaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Interaction({})", self.id)
    }
}

impl Interaction {
    /// Its id on the wire.
    #[must_use]
    pub fn id(&self) -> u64 {
        self.id
    }

    /// Its token on the wire.
    #[must_use]
    pub fn token(&self) -> String {
        self.shared.look(|world| self.state(world).token.clone())
    }

    /// How the bot acknowledged it; waits for that.
    ///
    /// # Panics
    /// When it never does.
    #[track_caller]
    pub fn acknowledged(&self) -> Acknowledged {
        self.shared.wait_for(|world| self.state(world).acknowledged.map(|(how, _)| how))
    }

    /// How the bot acknowledged it so far.
    #[must_use]
    pub fn acknowledged_so_far(&self) -> Option<Acknowledged> {
        self.shared.look(|world| self.state(world).acknowledged.map(|(how, _)| how))
    }

    /// The answer: the message that the bot answered with, or the one that was pressed, as it is then; waits for it. Who
    /// asked has heard it.
    ///
    /// # Panics
    /// When no answer comes.
    #[must_use]
    #[track_caller]
    pub fn answered(&self) -> Seen {
        self.shared.wait_for(|world| {
            let state = self.state(world);
            state.answered?;
            let (person, channel) = (state.person, state.channel);
            let message = state.original.or(state.pressed)?;
            let message = world.channels.get(&channel)?.message(message)?;
            let (id, seen) = (message.id, world.see(message));
            world.heard.insert((person, id));
            Some(seen)
        })
    }

    /// What followed the answer, as it is now.
    #[must_use]
    pub fn followups(&self) -> Vec<Seen> {
        self.shared.look(|world| self.followed(world))
    }

    /// The same, once there are so many; waits for that. Who asked has heard them.
    ///
    /// # Panics
    /// When there never are.
    #[must_use]
    #[track_caller]
    pub fn followed_up(&self, count: usize) -> Vec<Seen> {
        self.shared.wait_for(|world| {
            let followed = self.followed(world);
            let person = self.state(world).person;
            if followed.len() < count {
                return None;
            }
            world.heard.extend(followed.iter().map(|seen| (person, seen.id.0)));
            Some(followed)
        })
    }

    fn followed(&self, world: &World) -> Vec<Seen> {
        let state = self.state(world);
        let place = world.channels.get(&state.channel);
        let messages = state.followups.iter().filter_map(|id| place?.message(*id));
        messages.filter(|it| !it.is_deleted).map(|message| world.see(message)).collect()
    }

    /// The completions that the bot offers; waits for them.
    ///
    /// # Panics
    /// When none come.
    #[must_use]
    #[track_caller]
    pub fn offered(&self) -> Vec<Choice> {
        self.shared.wait_for(|world| {
            let state = self.state(world);
            let is_so = state.acknowledged.is_some_and(|(how, _)| how == Acknowledged::Completed);
            is_so.then(|| state.offered.clone())
        })
    }

    /// Whether the person was told that the application did not respond.
    #[must_use]
    pub fn has_failed(&self) -> bool {
        self.shared.look(|world| {
            let state = self.state(world);
            state.acknowledged.is_none() && world.clock.now() > state.at + Duration::from_secs(3)
        })
    }

    /// How long it took so far.
    #[must_use]
    pub fn took(&self) -> Took {
        self.shared.look(|world| {
            let state = self.state(world);
            let acknowledged = state.acknowledged.map(|(_, at)| at.duration_since(state.asked));
            let answered = state.answered.map(|at| at.duration_since(state.asked));
            Took { acknowledged, answered }
        })
    }

    fn state<'w>(&self, world: &'w World) -> &'w State {
        world.interactions.get(&self.id).expect("what was asked is known")
    }
}
