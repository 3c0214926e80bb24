//! All that the platform knows. Stories look at it through [`World`]'s public methods (`see.rs`); requests and people
//! change it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::channel::{Channel, Kind};
use super::clock::Clock;
use super::fault::Faults;
use super::gateway::{self, Gateway};
use super::guild_state::GuildState;
use super::interaction::State;
use super::limit::Limiter;
use super::message::Message;
use super::permission::Permission;
use super::refusal::Refusal;
use super::request::Request;
use super::user::User;

/// What the platform knows.
#[derive(Debug)]
pub struct World {
    pub(super) bot: User,
    /// The id of the application, which is not the bot's.
    pub(super) application: u64,
    pub(super) token: String,
    pub(super) clock: Clock,
    pub(super) users: BTreeMap<u64, User>,
    pub(super) guilds: BTreeMap<u64, GuildState>,
    /// Channels and threads.
    pub(super) channels: BTreeMap<u64, Channel>,
    pub(super) interactions: BTreeMap<u64, State>,
    /// Interactions by their tokens.
    pub(super) tokens: BTreeMap<String, u64>,
    /// Registered commands by name: everywhere, and by guild.
    pub(super) commands: BTreeMap<Option<u64>, Vec<Value>>,
    pub(super) gateway: Gateway,
    /// Who typed where: the bot, in order.
    pub(super) typing: Vec<u64>,
    /// Fields that never appear in answers and events.
    pub(super) left_out: Vec<String>,
    pub(super) requests: Vec<Request>,
    pub(super) keeps_requests: bool,
    /// Answers with 401, 403 and 429, of which the real one takes 10,000 in 10 minutes.
    pub(super) invalid_requests: usize,
    /// Whether exchanges are not captured, since requests are wrong on purpose.
    pub(super) is_off_the_record: bool,
    pub(super) faults: Faults,
    pub(super) held: usize,
    pub(super) limiter: Option<Limiter>,
    /// What each person has heard already.
    pub(super) heard: BTreeSet<(u64, u64)>,
}

impl World {
    pub(super) fn new() -> Self {
        let bot = User::bot(900_000_000_000_000_001, "Sessions");
        Self {
            application: 900_000_000_000_000_002,
            token: "OTAwMDAwMDAwMDAwMDAwMDAx.GfakeX.for-the-tests_0123456789abcdefghijklmn"
                .to_owned(),
            users: BTreeMap::from_iter([(bot.id, bot.clone())]),
            bot,
            clock: Clock::default(),
            guilds: BTreeMap::new(),
            channels: BTreeMap::new(),
            interactions: BTreeMap::new(),
            tokens: BTreeMap::new(),
            commands: BTreeMap::new(),
            gateway: Gateway::new(),
            typing: Vec::new(),
            left_out: Vec::new(),
            requests: Vec::new(),
            keeps_requests: true,
            invalid_requests: 0,
            is_off_the_record: false,
            faults: Faults::default(),
            held: 0,
            limiter: None,
            heard: BTreeSet::new(),
        }
    }

    pub(super) fn user_to_wire(&self, id: u64) -> Value {
        self.users.get(&id).map(User::to_wire).unwrap_or_default()
    }

    /// What the application has set: message content for all, or not.
    pub(super) fn application_flags(&self) -> u64 {
        if self.gateway.allowed & gateway::MESSAGE_CONTENT == 0 { 0 } else { 1 << 19 }
    }

    /// Whether the bot may read all messages by REST.
    pub(super) fn shows_all(&self) -> bool {
        self.gateway.allowed & gateway::MESSAGE_CONTENT != 0
    }

    /// A channel that a handle names.
    pub(super) fn known(&mut self, id: u64) -> &mut Channel {
        self.channels.get_mut(&id).expect("handles name channels that are there")
    }

    /// A guild that a handle names.
    pub(super) fn known_guild(&mut self, id: u64) -> &mut GuildState {
        self.guilds.get_mut(&id).expect("handles name guilds that are there")
    }

    /// A channel that the bot may see.
    pub(super) fn readable(&self, id: u64) -> Result<&Channel, Refusal> {
        let channel = self.channels.get(&id).filter(|channel| !channel.is_deleted);
        let channel = channel.ok_or_else(|| Refusal::unknown(10_003, "Channel"))?;
        if !self.may_view(self.bot.id, id) {
            return Err(Refusal::missing_access());
        }
        Ok(channel)
    }

    /// A channel that the bot may write to.
    pub(super) fn writable(&self, id: u64) -> Result<&Channel, Refusal> {
        let channel = self.readable(id)?;
        match channel.kind {
            Kind::Direct => self.opened(channel)?,
            Kind::Forum => {
                return Err(Refusal::new(
                    400,
                    50_008,
                    "Cannot send messages in a non-text channel",
                ));
            }
            Kind::Text | Kind::PublicThread | Kind::PrivateThread => {}
        }
        let right = if channel.kind.is_thread() {
            Permission::SEND_MESSAGES_IN_THREADS
        } else {
            Permission::SEND_MESSAGES
        };
        if !self.permissions(self.bot.id, id).has(right) {
            return Err(Refusal::missing_permissions());
        }
        if channel.is_locked {
            return Err(Refusal::new(400, 50_083, "Thread is archived"));
        }
        Ok(channel)
    }

    /// A bot may write to who wrote to it, or shares a guild with it, unless they do not want it.
    fn opened(&self, channel: &Channel) -> Result<(), Refusal> {
        let person = channel.members.iter().find(|id| **id != self.bot.id).copied();
        let person = person.unwrap_or_default();
        let is_closed = self.users.get(&person).is_none_or(|user| user.is_closed);
        let is_in =
            |id: u64| self.guilds.get(&id).is_some_and(|it| it.members.contains_key(&person));
        let is_known = channel.is_begun || self.own_guilds().into_iter().any(is_in);
        if is_closed || !is_known {
            return Err(Refusal::new(403, 50_007, "Cannot send messages to this user"));
        }
        Ok(())
    }

    /// The direct channel with somebody.
    pub(super) fn direct(&self, person: u64) -> Option<u64> {
        let mut direct = self.channels.values().filter(|channel| channel.kind == Kind::Direct);
        direct.find(|channel| channel.members.contains(&person)).map(|channel| channel.id)
    }

    /// Puts a message where it belongs, and tells the bot if it may hear of it.
    pub(super) fn post(&mut self, message: Message) {
        let (channel, id) = (message.channel, message.id);
        let place = self.known(channel);
        place.is_archived = false;
        place.messages.push(message);
        self.told("MESSAGE_CREATE", channel, id);
    }

    /// Tells the bot what became of a message.
    pub(super) fn told(&mut self, kind: &str, channel: u64, id: u64) {
        let place = self.channels.get(&channel);
        let Some(message) = place.and_then(|place| place.message(id)) else { return };
        if message.receiver.is_some() || !self.may_view(self.bot.id, channel) {
            return;
        }
        let guild = place.and_then(|place| place.guild);
        let intent =
            if guild.is_some() { gateway::GUILD_MESSAGES } else { gateway::DIRECT_MESSAGES };
        if kind == "MESSAGE_DELETE" {
            let mut body = json!({"id": id.to_string(), "channel_id": channel.to_string()});
            if let (Some(guild), Some(object)) = (guild, body.as_object_mut()) {
                object.insert("guild_id".to_owned(), json!(guild.to_string()));
            }
            return self.tell(kind, intent, |_, _| body.clone());
        }
        let message = message.clone();
        self.tell(kind, intent, |world, shows_all| message.event_to_wire(world, shows_all));
    }

    /// Tells the bot of a channel or thread, if it may see it.
    pub(super) fn told_of_channel(&mut self, kind: &str, id: u64, is_new: bool) {
        if !self.may_view(self.bot.id, id) {
            return;
        }
        let Some(channel) = self.channels.get(&id) else { return };
        let mut body = channel.to_wire(self);
        if let (true, Some(object)) = (is_new && channel.kind.is_thread(), body.as_object_mut()) {
            object.insert("newly_created".to_owned(), json!(true));
        }
        self.tell(kind, gateway::GUILDS, |_, _| body.clone());
    }
}

/// Takes fields off, all the way down.
pub(super) fn leave_out(wire: &mut Value, fields: &[String]) {
    if fields.is_empty() {
        return;
    }
    if let Some(object) = wire.as_object_mut() {
        object.retain(|name, _| !fields.contains(name));
        object.values_mut().for_each(|value| leave_out(value, fields));
    } else if let Some(list) = wire.as_array_mut() {
        list.iter_mut().for_each(|value| leave_out(value, fields));
    }
}
