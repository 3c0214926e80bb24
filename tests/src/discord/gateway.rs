//! The gateway's memory: who is connected, with which intents, and what was told to each, so that a session can be
//! resumed where it broke off. The connections themselves are in `socket.rs`.
//!
//! Invariant: the events of a session are numbered from 1, without holes, whether somebody is connected or not.

use serde_json::{Value, json};
use tokio::sync::mpsc::UnboundedSender;

use super::world::World;

/// What a bot asks to hear; the numbers are bits on the wire.
pub(super) const GUILDS: u64 = 1;
pub(super) const GUILD_MEMBERS: u64 = 1 << 1;
pub(super) const GUILD_PRESENCES: u64 = 1 << 8;
pub(super) const GUILD_MESSAGES: u64 = 1 << 9;
pub(super) const DIRECT_MESSAGES: u64 = 1 << 12;
pub(super) const MESSAGE_CONTENT: u64 = 1 << 15;
/// Those that must be allowed first.
const PRIVILEGED: u64 = GUILD_MEMBERS | GUILD_PRESENCES | MESSAGE_CONTENT;
/// All there are.
const KNOWN: u64 = (1 << 26) - 1;

/// Something for a connection to do.
#[derive(Debug)]
pub(super) enum Out {
    Text(String),
    Close(u16, &'static str),
    Cut,
}

/// A no to what a connection asked for: it is closed, or told that its session is gone.
#[derive(Debug)]
pub(super) enum Denial {
    Close(u16, &'static str),
    InvalidSession,
}

/// A session.
#[derive(Debug)]
pub(super) struct Session {
    id: String,
    intents: u64,
    /// As sent; the first has number 1.
    events: Vec<String>,
    connection: Option<UnboundedSender<Out>>,
    /// Which connection of it this is.
    turn: u64,
}

/// What the gateway knows.
#[derive(Debug)]
pub(super) struct Gateway {
    pub(super) url: String,
    pub(super) heartbeat: u64,
    pub(super) acknowledges: bool,
    pub(super) is_offline: bool,
    pub(super) allowed: u64,
    pub(super) sessions: Vec<Session>,
    /// As last identified with.
    pub(super) intents: Option<u64>,
    pub(super) identifies: u64,
    pub(super) resumes: u64,
    pub(super) heartbeats: u64,
    turns: u64,
}

impl Gateway {
    pub(super) fn new() -> Self {
        Self {
            url: String::new(),
            heartbeat: 41_250,
            acknowledges: true,
            is_offline: false,
            allowed: MESSAGE_CONTENT,
            sessions: Vec::new(),
            intents: None,
            identifies: 0,
            resumes: 0,
            heartbeats: 0,
            turns: 0,
        }
    }

    pub(super) fn is_connected(&self) -> bool {
        self.sessions.iter().any(|session| session.connection.is_some())
    }

    /// Tells all connections something that is not an event.
    pub(super) fn tell(&self, make: impl Fn() -> Out) {
        for connection in self.sessions.iter().filter_map(|session| session.connection.as_ref()) {
            // A connection that is just ending hears nothing.
            let _ = connection.send(make());
        }
    }

    /// A connection ended; the session may be resumed.
    pub(super) fn disconnected(&mut self, turn: u64) {
        let session = self.sessions.iter_mut().find(|session| session.turn == turn);
        session.into_iter().for_each(|session| session.connection = None);
    }

    /// Nothing can be resumed any more.
    pub(super) fn forget(&mut self) {
        self.sessions.clear();
    }

    fn next_turn(&mut self) -> u64 {
        self.turns += 1;
        self.turns
    }
}

impl Session {
    /// Tells an event, or keeps it until somebody resumes.
    fn tell(&mut self, kind: &str, body: &Value) {
        let number = self.events.len() + 1;
        let event = json!({"op": 0, "s": number, "t": kind, "d": body}).to_string();
        if let Some(connection) = &self.connection {
            let _ = connection.send(Out::Text(event.clone()));
        }
        self.events.push(event);
    }
}

impl World {
    /// Tells an event to every session that asked for one of these intents (0: to all); its body may differ by whether
    /// the session may read all messages.
    pub(super) fn tell(&mut self, kind: &str, intents: u64, body: impl Fn(&Self, bool) -> Value) {
        let bodies = [false, true].map(|shows_all| body(self, shows_all));
        let [mut hidden, mut shown] = bodies;
        super::world::leave_out(&mut hidden, &self.left_out);
        super::world::leave_out(&mut shown, &self.left_out);
        for session in &mut self.gateway.sessions {
            if intents == 0 || session.intents & intents != 0 {
                let shows_all = session.intents & MESSAGE_CONTENT != 0;
                session.tell(kind, if shows_all { &shown } else { &hidden });
            }
        }
    }

    /// Begins a session; answers which connection it is.
    pub(super) fn identify(
        &mut self,
        payload: &Value,
        connection: UnboundedSender<Out>,
    ) -> Result<u64, Denial> {
        self.gateway.identifies += 1;
        self.authenticate(payload)?;
        let intents = payload.get("intents").and_then(Value::as_u64);
        let intents = intents.filter(|intents| intents & !KNOWN == 0);
        let intents = intents.ok_or(Denial::Close(4013, "Invalid intent(s)."))?;
        self.gateway.intents = Some(intents);
        if intents & PRIVILEGED & !self.gateway.allowed != 0 {
            return Err(Denial::Close(4014, "Disallowed intent(s)."));
        }
        let shard = payload.get("shard").cloned();
        if shard.as_ref().is_some_and(|shard| *shard != json!([0, 1])) {
            return Err(Denial::Close(4010, "Invalid shard."));
        }
        let turn = self.gateway.next_turn();
        // What nobody is connected to, nobody will resume now.
        self.gateway.sessions.retain(|session| session.connection.is_some());
        let id = format!("{:032x}", u128::from(self.clock.next_id()) * 0x9e37_79b9_7f4a_7c15);
        let ready = self.ready_to_wire(&id, shard);
        let connection = Some(connection);
        let mut session = Session { id, intents, events: Vec::new(), connection, turn };
        session.tell("READY", &ready);
        if intents & GUILDS != 0 {
            for guild in self.own_guilds() {
                let mut body = self.guild_create_to_wire(guild);
                super::world::leave_out(&mut body, &self.left_out);
                session.tell("GUILD_CREATE", &body);
            }
        }
        self.gateway.sessions.push(session);
        Ok(turn)
    }

    /// Takes a session up again: all that was not heard is told.
    pub(super) fn resume(
        &mut self,
        payload: &Value,
        connection: UnboundedSender<Out>,
    ) -> Result<u64, Denial> {
        self.gateway.resumes += 1;
        self.authenticate(payload)?;
        let heard = payload.get("seq").and_then(Value::as_u64).unwrap_or_default();
        let heard = usize::try_from(heard).unwrap_or(usize::MAX);
        let turn = self.gateway.next_turn();
        let id = super::request::text(payload, "session_id").unwrap_or_default();
        let session = self.gateway.sessions.iter_mut().find(|session| session.id == id);
        let session = session.ok_or(Denial::InvalidSession)?;
        if heard > session.events.len() {
            return Err(Denial::Close(4007, "Invalid `seq`."));
        }
        for event in session.events.iter().skip(heard) {
            let _ = connection.send(Out::Text(event.clone()));
        }
        session.connection = Some(connection);
        session.turn = turn;
        session.tell("RESUMED", &json!({"_trace": ["fake"]}));
        Ok(turn)
    }

    fn authenticate(&self, payload: &Value) -> Result<(), Denial> {
        let token = super::request::text(payload, "token").unwrap_or_default();
        let token = token.strip_prefix("Bot ").unwrap_or(token);
        if token != self.token {
            return Err(Denial::Close(4004, "Authentication failed."));
        }
        Ok(())
    }

    fn ready_to_wire(&self, session: &str, shard: Option<Value>) -> Value {
        let guilds: Vec<_> = self.own_guilds().iter().map(u64::to_string).collect();
        let guilds = guilds.iter().map(|id| json!({"id": id, "unavailable": true}));
        let mut ready = json!({
            "v": 10, "user": self.bot.own_to_wire(), "guilds": guilds.collect::<Vec<_>>(),
            "session_id": session, "resume_gateway_url": self.gateway.url,
            "application": {"id": self.application.to_string(), "flags": self.application_flags()},
            "private_channels": [], "session_type": "normal", "user_settings": {},
            "relationships": [], "presences": [], "guild_join_requests": [],
            "geo_ordered_rtc_regions": [], "auth": {}, "_trace": ["fake"],
        });
        if let (Some(shard), Some(object)) = (shard, ready.as_object_mut()) {
            object.insert("shard".to_owned(), shard);
        }
        ready
    }

    /// The guilds that the bot is in.
    pub(super) fn own_guilds(&self) -> Vec<u64> {
        let own = self.guilds.values().filter(|guild| guild.members.contains_key(&self.bot.id));
        own.map(|guild| guild.id).collect()
    }
}
