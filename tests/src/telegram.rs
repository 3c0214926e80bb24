//! A Telegram for stories: people, chats and a Bot API server on this machine, which the real program talks to through
//! `api_url`.
//!
//! A story lets people do things ([`Person`], [`Seat`], [`Place`], [`Post`]), sees what they see ([`Seen`]), breaks what
//! may break ([`Fault`], [`Gate`]) and looks at all that the platform knows ([`World`]).
//!
//! Not here: anything of the program under test. What the server says is held against the official descriptions by what
//! `WIRE_CAPTURE` writes.
//!
//! Invariant: a parameter that the server does not know is ignored, as the real one does; an older server
//! ([`FakeTelegram::older`]) shows to all what was meant for one.

mod chat;
mod clock;
mod entity;
mod fault;
mod html;
mod limit;
mod message;
mod meter;
mod method;
mod person;
mod place;
mod poll;
mod post;
mod refusal;
mod request;
mod say;
mod seat;
mod see;
mod server;
mod shared;
#[cfg(test)]
mod tests;
mod update;
mod user;
mod webhook;
mod world;

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::sync::oneshot;

use chat::{Chat, Kind, Standing};
use meter::Meter;
use say::Speaker;
use shared::Shared;
use user::User;

pub use fault::{Fault, Gate};
pub use limit::Limits;
pub use message::MessageId;
pub use meter::Measured;
pub use person::Person;
pub use place::Place;
pub use post::Post;
pub use request::Request;
pub use seat::{Press, Seat};
pub use see::{Button, Document, Notice, Seen};
pub use world::World;

/// The server, which stops when it is dropped.
#[derive(Debug)]
pub struct FakeTelegram {
    shared: Arc<Shared>,
    url: String,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl FakeTelegram {
    /// A server of Bot API 10.3.
    ///
    /// # Panics
    /// When no port is free.
    #[must_use]
    pub fn start() -> Self {
        Self::serve(World::new(true))
    }

    /// A server of Bot API 9.1: newer methods are not found, newer parameters ignored.
    ///
    /// # Panics
    /// When no port is free.
    #[must_use]
    pub fn older() -> Self {
        Self::serve(World::new(false))
    }

    fn serve(world: World) -> Self {
        let shared = Arc::new(Shared::new(world));
        let (listener, address) = server::bind();
        let (stop, stopped) = oneshot::channel();
        let served = Arc::clone(&shared);
        let thread = std::thread::spawn(move || server::serve(served, listener, stopped));
        let url = format!("http://{address}");
        Self { shared, url, stop: Some(stop), thread: Some(thread) }
    }

    /// What goes into `api_url`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// What goes into `token`.
    #[must_use]
    pub fn token(&self) -> String {
        self.shared.look(|world| world.token.clone())
    }

    /// The bot's name for mentions, without the `@`.
    #[must_use]
    pub fn bot_name(&self) -> String {
        self.shared.look(|world| world.bot.username.clone())
    }

    /// A person: the first has id 101, the next 102, …
    #[must_use]
    pub fn person(&self, name: &str) -> Person {
        let is_person = |user: &&User| !user.is_bot && user.id < 10_000_000;
        let next = |world: &World| 101 + world.users.values().filter(is_person).count();
        let id = self.shared.look(|world| next(world));
        // One of the stand-ins counts as a person.
        self.user(&User::person(i64::try_from(id - 1).expect("there are few people"), name))
    }

    /// Another bot.
    #[must_use]
    pub fn other_bot(&self, name: &str) -> Person {
        let bots =
            self.shared.look(|world| world.users.values().filter(|user| user.is_bot).count());
        let id = 6_000_000_000 + i64::try_from(bots).expect("there are few bots");
        self.user(&User::bot(id, name, &format!("{}_bot", name.to_lowercase())))
    }

    fn user(&self, user: &User) -> Person {
        self.shared.change(|world| {
            world.chats.insert(user.id, Chat::private(user, world.bot.id));
            world.users.insert(user.id, user.clone());
        });
        Person::new(&self.shared, user.id)
    }

    /// A plain group with the bot in it. The first of the people owns it.
    #[must_use]
    pub fn group(&self, title: &str, people: &[&Person]) -> Place {
        self.chat(Kind::Group, title, people)
    }

    /// A supergroup with the bot in it. The first of the people owns it.
    #[must_use]
    pub fn supergroup(&self, title: &str, people: &[&Person]) -> Place {
        self.chat(Kind::Supergroup, title, people)
    }

    /// A supergroup with topics, see [`Place::topic`]; the place itself is its general topic.
    #[must_use]
    pub fn forum(&self, title: &str, people: &[&Person]) -> Place {
        let forum = self.chat(Kind::Supergroup, title, people);
        self.shared.change(|world| {
            let chat = world.known(forum.id());
            chat.has_topics = true;
            // Message 1 made the chat; as a topic, 1 is the general one.
            let _made = chat.next_public();
        });
        forum
    }

    /// A channel, where the bot is administrator. Who speaks there speaks as the channel.
    #[must_use]
    pub fn channel(&self, title: &str) -> Place {
        let channel = self.chat(Kind::Channel, title, &[]);
        self.shared.change(|world| {
            let bot = world.bot.id;
            world.known(channel.id()).members.insert(bot, Standing::Administrator);
        });
        channel
    }

    fn chat(&self, kind: Kind, title: &str, people: &[&Person]) -> Place {
        let id = self.shared.change(|world| {
            let id = world.next_id(kind);
            let mut chat = Chat::new(id, kind, title);
            let standing = |at| if at == 0 { Standing::Owner } else { Standing::Member };
            let people = people.iter().enumerate();
            chat.members = people.map(|(at, person)| (person.id(), standing(at))).collect();
            chat.members.insert(world.bot.id, Standing::Member);
            world.chats.insert(id, chat);
            id
        });
        Place::new(&self.shared, id)
    }

    /// In groups the bot gets commands, mentions and replies to it only, unless it is administrator.
    pub fn has_privacy_mode(&self) {
        self.shared.change(|world| world.has_privacy_mode = true);
    }

    /// Polls are answered at once, as by some emulators.
    pub fn holds_no_polls(&self) {
        self.shared.change(|world| world.holds_polls = false);
    }

    /// A field never appears in an answer again, at any depth, as with some emulators.
    pub fn leaves_out(&self, field: &str) {
        self.shared.change(|world| world.left_out.push(field.to_owned()));
    }

    /// It is that Unix time, and stays so.
    pub fn set_time(&self, seconds: u64) {
        self.shared.change(|world| world.clock.set(seconds));
    }

    /// Time jumps ahead: for dates, and for how long something may be answered.
    pub fn advance(&self, by: Duration) {
        self.shared.change(|world| world.clock.advance(by));
    }

    /// An update of any kind, as it is; known to be odd, so it is not captured.
    pub fn odd_update(&self, kind: &str, body: Value) {
        self.shared.change(|world| world.updates.push(kind, body, None, true));
    }

    /// Update ids start again at another number, far away, as after a quiet week. Harsher than the real one, what is not
    /// confirmed gets new ids too.
    pub fn renumbers_updates(&self) {
        self.shared.change(|world| world.updates.renumber());
    }

    /// Somebody else polls once with the same token: whoever polls now gets a 409.
    pub fn other_poller(&self) {
        self.shared.change(|world| world.updates.begin());
    }

    /// From now on something goes wrong. Of several faults that befall a request the oldest does.
    pub fn breaks(&self, fault: Fault) {
        self.shared.change(|world| world.faults.add(fault));
    }

    /// Nothing goes wrong any more.
    pub fn heals(&self) {
        self.shared.change(|world| world.faults.clear());
    }

    /// From now on too much is refused with 429.
    pub fn limits(&self, limits: Limits) {
        self.shared.change(|world| world.limiter = Some(limit::Limiter::new(limits)));
    }

    /// Webhooks are reached at that address by plain HTTP, whatever their URL says: as behind a proxy that ends TLS.
    pub fn ends_tls_at(&self, address: &str) {
        self.shared.change(|world| world.tls_end = Some(address.to_owned()));
    }

    /// Requests are not kept: for loads.
    pub fn forgets_requests(&self) {
        self.shared.change(|world| {
            world.keeps_requests = false;
            world.requests.clear();
        });
    }

    /// Exchanges are not captured: for requests that are wrong on purpose.
    pub fn off_the_record(&self) {
        self.shared.change(|world| world.is_off_the_record = true);
    }

    /// Looks at the world.
    pub fn look<T>(&self, at: impl FnOnce(&World) -> T) -> T {
        self.shared.look(|world| at(world))
    }

    /// Waits until something is found in the world.
    ///
    /// # Panics
    /// When it is not found in 40 seconds; what the platform saw is shown.
    #[track_caller]
    pub fn wait_for<T>(&self, mut find: impl FnMut(&World) -> Option<T>) -> T {
        self.shared.wait_for(|world| find(world))
    }

    /// Waits until all updates are confirmed.
    ///
    /// # Panics
    /// When they never are.
    #[track_caller]
    pub fn drained(&self) {
        self.wait_for(|world| (world.unconfirmed_count() == 0).then_some(()));
    }

    /// Starts a load: each person says the line, waits for an answer, says it again, so often. [`Self::measured`] waits
    /// for its end.
    pub fn load(&self, people: &[Person], each: usize, line: &str) {
        let ids: Vec<_> = people.iter().map(Person::id).collect();
        self.shared.change(|world| {
            world.meter = Some(Meter::new(&ids, each, line, Instant::now()));
            for id in ids {
                say::say(world, Speaker::User(id), (id, None), &Post::text(line));
            }
        });
    }

    /// What the load came to.
    ///
    /// # Panics
    /// When it is not all answered within that time.
    #[must_use]
    #[track_caller]
    pub fn measured(&self, within: Duration) -> Measured {
        self.shared.wait_up_to(within, |world| world.meter.as_ref()?.measured())
    }

    /// How many lines of the load are answered so far.
    #[must_use]
    pub fn answered(&self) -> usize {
        self.shared
            .look(|world| world.meter.as_ref().map(Meter::answered_so_far).unwrap_or_default())
    }
}

impl Drop for FakeTelegram {
    fn drop(&mut self) {
        // The thread may be gone already; then it has said why.
        self.stop.take().map(|stop| stop.send(()));
        let _ = self.thread.take().map(JoinHandle::join);
    }
}
