//! A person with an account, who has a private chat with the bot from the start, not begun yet. Other bots are persons
//! too, as far as they speak.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use super::chat::Standing;
use super::place::Place;
use super::say::Speaker;
use super::seat::Seat;
use super::shared::Shared;

/// A person. What they do in the private chat they do directly: `ann.says("/new")`.
#[derive(Clone)]
pub struct Person {
    id: i64,
    seat: Seat,
}

impl fmt::Debug for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Person({})", self.id)
    }
}

impl Deref for Person {
    type Target = Seat;

    fn deref(&self) -> &Seat {
        &self.seat
    }
}

impl Person {
    pub(super) fn new(shared: &Arc<Shared>, id: i64) -> Self {
        let seat = Seat::new(&Place::new(shared, id), Speaker::User(id));
        Self { id, seat }
    }

    /// The account's id on the wire.
    #[must_use]
    pub fn id(&self) -> i64 {
        self.id
    }

    /// The person somewhere: in a group, a topic, the private chat.
    #[must_use]
    pub fn at(&self, place: &Place) -> Seat {
        Seat::new(place, Speaker::User(self.id))
    }

    /// Blocks the bot; it hears of it.
    pub fn blocks(&self) {
        self.bot_stands(Standing::Banned);
    }

    /// Lets the bot write again; it hears of it.
    pub fn unblocks(&self) {
        self.bot_stands(Standing::Member);
    }

    fn bot_stands(&self, standing: Standing) {
        let bot = self.seat.place().shared.look(|world| world.bot.id);
        self.seat.place().stands(bot, self.id, standing);
    }

    /// Opens a topic in the private chat; the bot hears of it.
    #[must_use]
    pub fn topic(&self, name: &str) -> Seat {
        self.at(&self.seat.place().topic(name))
    }
}
