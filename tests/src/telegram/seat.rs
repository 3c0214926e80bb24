//! Somebody at a place: what they say and press there, what they see and hear.

use std::sync::Arc;

use super::entity::Text;
use super::message::MessageId;
use super::place::Place;
use super::post::Post;
use super::say::{self, Speaker};
use super::see::{Notice, Seen};
use super::shared::Shared;
use super::world::World;

/// Somebody at a place.
#[derive(Debug, Clone)]
pub struct Seat {
    place: Place,
    speaker: Speaker,
}

/// A button pressed.
#[derive(Debug, Clone)]
pub struct Press {
    shared: Arc<Shared>,
    query: String,
}

impl Seat {
    pub(super) fn new(place: &Place, speaker: Speaker) -> Self {
        Self { place: place.clone(), speaker }
    }

    /// Where it is.
    #[must_use]
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// Says a line.
    pub fn says(&self, text: &str) -> MessageId {
        self.sends(&Post::text(text))
    }

    /// Answers a message.
    pub fn replies(&self, to: MessageId, text: &str) -> MessageId {
        self.sends(&Post::text(text).replying(to))
    }

    /// Says a line that the bot alone sees, as by an ephemeral command.
    pub fn says_ephemerally(&self, text: &str) -> MessageId {
        self.sends(&Post::text(text).ephemeral())
    }

    /// Says anything.
    pub fn sends(&self, post: &Post) -> MessageId {
        let place = (self.place.chat, self.place.thread);
        self.place.shared.change(|world| say::say(world, self.speaker, place, post))
    }

    /// Edits what was said.
    pub fn edits(&self, id: MessageId, text: &str) {
        self.place.shared.change(|world| say::edit(world, self.place.chat, id, Text::typed(text)));
    }

    /// Presses the button with that label on that message.
    ///
    /// # Panics
    /// When there is none that this person sees.
    #[track_caller]
    pub fn presses(&self, id: MessageId, label: &str) -> Press {
        let seen = self.sees();
        let seen = seen.iter().find(|seen| seen.id == id).expect("what is pressed is seen");
        let button =
            seen.button(label).unwrap_or_else(|| panic!("no button {label:?} on {seen:?}"));
        self.presses_data(id, &button.data)
    }

    /// Sends what a press would send, whatever the message offers now: an old or a forged button.
    pub fn presses_data(&self, id: MessageId, data: &str) -> Press {
        let query = self
            .place
            .shared
            .change(|world| say::press(world, self.user(), self.place.chat, id, data));
        Press { shared: Arc::clone(&self.place.shared), query }
    }

    fn user(&self) -> i64 {
        match self.speaker {
            Speaker::User(id) => id,
            Speaker::Anonymous | Speaker::Channel(_) | Speaker::AutomaticForward(_) => 0,
        }
    }

    /// All that is to be seen here now, by this person, in order.
    #[must_use]
    pub fn sees(&self) -> Vec<Seen> {
        self.place.shared.look(|world| self.look(world))
    }

    /// All texts that were ever to be seen here by this person: what was edited or deleted since, too, captions, labels of
    /// buttons, names and contents of files.
    #[must_use]
    pub fn ever_saw(&self) -> Vec<String> {
        self.place.shared.look(|world| world.ever_shown(self.user(), &self.place))
    }

    pub(super) fn look(&self, world: &World) -> Vec<Seen> {
        world.seen(self.user(), &self.place)
    }

    /// The next message of the bot's here that this person has not heard yet; waits for it.
    ///
    /// # Panics
    /// When none comes.
    #[must_use]
    #[track_caller]
    pub fn hears(&self) -> Seen {
        let (user, chat) = (self.user(), self.place.chat);
        self.place.shared.wait_for(|world| {
            let seen = self.look(world).into_iter();
            let mut unheard = seen
                .filter(|seen| seen.is_from_bot && !world.heard.contains(&(user, chat, seen.id)));
            let next = unheard.next()?;
            world.heard.insert((user, chat, next.id));
            Some(next)
        })
    }

    /// What the bot said here that this person has not heard, without waiting.
    #[must_use]
    pub fn unheard(&self) -> Vec<Seen> {
        let (user, chat) = (self.user(), self.place.chat);
        self.place.shared.look(|world| {
            let seen = self.look(world).into_iter();
            seen.filter(|seen| seen.is_from_bot && !world.heard.contains(&(user, chat, seen.id)))
                .collect()
        })
    }

    /// Takes all that the bot said here so far for heard.
    pub fn lets_pass(&self) {
        let (user, chat) = (self.user(), self.place.chat);
        self.place.shared.look(|world| {
            let seen = self.look(world).into_iter().filter(|seen| seen.is_from_bot);
            world.heard.extend(seen.map(|seen| (user, chat, seen.id)));
        });
    }

    /// Waits until that message is as asked for: an edit, most often.
    ///
    /// # Panics
    /// When it never is.
    #[track_caller]
    pub fn sees_when(&self, id: MessageId, is_so: impl Fn(&Seen) -> bool) -> Seen {
        self.place.shared.wait_for(|world| {
            self.look(world).into_iter().find(|seen| seen.id == id && is_so(seen))
        })
    }
}

impl Press {
    /// What the bot answers to the press; waits for it.
    ///
    /// # Panics
    /// When no answer comes.
    #[must_use]
    #[track_caller]
    pub fn answered(&self) -> Notice {
        self.shared.wait_for(|world| {
            let (text, is_alert) = world.queries.get(&self.query)?.answer.clone()?;
            Some(Notice { text, is_alert })
        })
    }
}
