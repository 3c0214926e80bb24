//! A Discord for stories: people, guilds, channels and threads, a REST API and a gateway on this machine, which the real
//! program talks to through `api_url`.
//!
//! A story lets people do things ([`Person`], [`Seat`], [`Place`], [`Guild`], [`Post`]), sees what they see ([`Seen`]) and
//! what became of what they asked ([`Interaction`]), breaks what may break ([`Fault`], [`Gate`]) and looks at all that the
//! platform knows ([`World`]).
//!
//! ```text
//! let discord = FakeDiscord::start();
//! let (ann, ben) = (discord.person("Ann"), discord.person("Ben"));
//! let general = discord.guild("Crew", &[&ann, &ben]).channel("general");
//! // … the program starts with api_url = discord.url() and token = discord.token() …
//! discord.connected();
//! ann.says("hello");                                          // in her direct channel
//! let answer = ann.at(&general).runs("/session list").answered();
//! let press = ann.at(&general).presses(answer.id, "Resume s-2");
//! assert_eq!(press.acknowledged(), Acknowledged::DeferredUpdate);
//! assert_eq!(ben.at(&general).ever_saw(), Vec::<String>::new());
//! ```
//!
//! Not here: anything of the program under test; shards, voice, reactions, modals. What the server says is held against
//! Discord's own OpenAPI document by what `WIRE_CAPTURE` writes.
//!
//! Invariant: what happens while the bot is not connected is told to it by nobody, unless it resumes its session; REST
//! alone knows it.

mod answer;
mod ask;
mod body;
mod channel;
mod clock;
mod command;
mod fault;
mod gateway;
mod guild;
mod guild_state;
mod interaction;
mod limit;
mod mention;
mod message;
mod permission;
mod person;
mod place;
mod post;
mod refusal;
mod request;
mod rest;
mod say;
mod seat;
mod see;
mod server;
mod shared;
mod slash;
mod socket;
#[cfg(test)]
mod tests;
mod trouble;
mod user;
mod world;

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::oneshot;

use channel::{Channel, Kind};
use gateway::{MESSAGE_CONTENT, Out};
use guild_state::GuildState;
use shared::Shared;
use user::User;

pub use ask::{Interaction, Took};
pub use fault::{Fault, Gate};
pub use guild::{Guild, RoleId};
pub use interaction::Acknowledged;
pub use limit::Limits;
pub use message::MessageId;
pub use permission::Permission;
pub use person::Person;
pub use place::Place;
pub use post::Post;
pub use request::Request;
pub use seat::Seat;
pub use see::{Button, Choice, Choosable, Document, Embed, Menu, Seen};
pub use world::World;

/// The server, which stops when it is dropped.
#[derive(Debug)]
pub struct FakeDiscord {
    shared: Arc<Shared>,
    url: String,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl FakeDiscord {
    /// A server of API version 10.
    ///
    /// # Panics
    /// When no port is free.
    #[must_use]
    pub fn start() -> Self {
        let shared = Arc::new(Shared::new(World::new()));
        let (listener, address) = server::bind();
        shared.change(|world| world.gateway.url = format!("ws://{address}"));
        let (stop, stopped) = oneshot::channel();
        let served = Arc::clone(&shared);
        let thread = std::thread::spawn(move || server::serve(served, listener, stopped));
        let url = format!("http://{address}");
        Self { shared, url, stop: Some(stop), thread: Some(thread) }
    }

    /// What goes into `api_url`: the address, to which `/api/v10/…` is added.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// What goes into `token`.
    #[must_use]
    pub fn token(&self) -> String {
        self.shared.look(|world| world.token.clone())
    }

    /// The id of the application, which is not the bot's.
    #[must_use]
    pub fn application_id(&self) -> u64 {
        self.shared.look(|world| world.application)
    }

    /// The id of the bot's account.
    #[must_use]
    pub fn bot_id(&self) -> u64 {
        self.shared.look(|world| world.bot.id)
    }

    /// What calls the bot in a text.
    #[must_use]
    pub fn bot_mention(&self) -> String {
        format!("<@{}>", self.bot_id())
    }

    /// A person: the first has id 101, the next 102, …
    #[must_use]
    pub fn person(&self, name: &str) -> Person {
        self.user(name, |id| User::person(id, name))
    }

    /// Another bot; it counts as a person where ids are given.
    #[must_use]
    pub fn other_bot(&self, name: &str) -> Person {
        self.user(name, |id| User::bot(id, name))
    }

    fn user(&self, name: &str, make: impl FnOnce(u64) -> User) -> Person {
        let (id, direct) = self.shared.change(|world| {
            // The bot is one of them.
            let id = 100 + world.users.len() as u64;
            world.users.insert(id, make(id));
            let direct = world.clock.next_id();
            let mut channel = Channel::new(direct, Kind::Direct, name, world.clock.now());
            channel.members.extend([id, world.bot.id]);
            world.channels.insert(direct, channel);
            (id, direct)
        });
        Person::new(&self.shared, id, direct)
    }

    /// A guild with the bot in it, without channels. The first of the people owns it.
    #[must_use]
    pub fn guild(&self, name: &str, people: &[&Person]) -> Guild {
        let guild = self.guild_without_bot(name, people);
        guild.bot_added();
        guild
    }

    /// A guild that the bot is not in.
    #[must_use]
    pub fn guild_without_bot(&self, name: &str, people: &[&Person]) -> Guild {
        let id = self.shared.change(|world| {
            let id = world.clock.next_id();
            let owner = people.first().map_or(0, |person| person.id());
            let mut guild = GuildState::new(id, name, owner, world.clock.now());
            guild.members.extend(people.iter().map(|it| (it.id(), guild_state::Member::default())));
            world.guilds.insert(id, guild);
            id
        });
        Guild { shared: Arc::clone(&self.shared), id }
    }

    /// It is that Unix time, and stays so.
    pub fn set_time(&self, seconds: u64) {
        self.shared.change(|world| world.clock.set(seconds));
    }

    /// Time jumps ahead: for dates, and for how long something may be answered.
    pub fn advance(&self, by: Duration) {
        self.shared.change(|world| world.clock.advance(by));
    }

    /// The token is not good any more; connections end.
    pub fn revokes_token(&self) {
        self.shared.change(|world| {
            world.token = format!("{}x", world.token);
            world.gateway.tell(|| Out::Close(4004, "Authentication failed."));
            world.gateway.forget();
        });
    }

    /// The bot may not ask for the content of all messages: who identifies with that intent is closed with 4014, and REST
    /// hides what the gateway would hide.
    pub fn disallows_message_content(&self) {
        self.shared.change(|world| world.gateway.allowed &= !MESSAGE_CONTENT);
    }

    /// A field never appears in an answer or event again, at any depth.
    pub fn leaves_out(&self, field: &str) {
        self.shared.change(|world| world.left_out.push(field.to_owned()));
    }

    /// From now on something goes wrong. Of several faults that befall a request the oldest does.
    pub fn breaks(&self, fault: Fault) {
        self.shared.change(|world| world.faults.add(fault));
    }

    /// Nothing goes wrong with requests any more.
    pub fn heals(&self) {
        self.shared.change(|world| world.faults.clear());
    }

    /// From now on too much is refused with 429.
    pub fn limits(&self, limits: Limits) {
        self.shared.change(|world| world.limiter = Some(limit::Limiter::new(limits)));
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

    /// Looks at the world. Nobody else does meanwhile: what people see is asked for outside of it.
    pub fn look<T>(&self, at: impl FnOnce(&World) -> T) -> T {
        self.shared.look(|world| at(world))
    }

    /// Waits until something is found in the world; as with [`Self::look`], by looking at the world alone.
    ///
    /// # Panics
    /// When it is not found in 40 seconds; what the platform saw is shown.
    #[track_caller]
    pub fn wait_for<T>(&self, mut find: impl FnMut(&World) -> Option<T>) -> T {
        self.shared.wait_for(|world| find(world))
    }

    /// Waits until the bot is connected to the gateway, with a session.
    ///
    /// # Panics
    /// When it never is.
    #[track_caller]
    pub fn connected(&self) {
        self.wait_for(|world| world.is_connected().then_some(()));
    }

    /// Waits until nobody is connected to the gateway.
    pub(crate) fn departure(&self) -> impl Fn() + 'static {
        let shared = Arc::clone(&self.shared);
        move || shared.wait_for(|world| (!world.is_connected()).then_some(()))
    }
}

impl Drop for FakeDiscord {
    fn drop(&mut self) {
        // The thread may be gone already; then it has said why.
        self.stop.take().map(|stop| stop.send(()));
        let _ = self.thread.take().map(JoinHandle::join);
        self.shared.change(|world| world.gateway.forget());
    }
}
