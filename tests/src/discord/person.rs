//! A person with an account, who has a direct channel with the bot from the start, not begun yet. Other bots are persons
//! too, as far as they speak.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use super::place::Place;
use super::say::Speaker;
use super::seat::Seat;
use super::shared::Shared;

/// A person. What they do in the direct channel they do directly: `ann.says("/new")`.
#[derive(Clone)]
pub struct Person {
    id: u64,
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
    pub(super) fn new(shared: &Arc<Shared>, id: u64, direct: u64) -> Self {
        let seat = Seat::new(&Place::new(shared, direct), Speaker::User(id));
        Self { id, seat }
    }

    /// The account's id on the wire.
    #[must_use]
    pub fn id(&self) -> u64 {
        self.id
    }

    /// What calls them in a text.
    #[must_use]
    pub fn mention(&self) -> String {
        format!("<@{}>", self.id)
    }

    /// The person somewhere: in a channel, a thread, the direct channel.
    #[must_use]
    pub fn at(&self, place: &Place) -> Seat {
        Seat::new(place, Speaker::User(self.id))
    }

    /// The bot cannot write to them directly any more.
    pub fn closes_direct(&self) {
        self.is_closed(true);
    }

    /// The bot can write to them directly again.
    pub fn opens_direct(&self) {
        self.is_closed(false);
    }

    fn is_closed(&self, is_closed: bool) {
        self.seat.place().shared.change(|world| {
            let user = world.users.get_mut(&self.id).expect("a person has an account");
            user.is_closed = is_closed;
        });
    }
}
