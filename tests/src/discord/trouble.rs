//! What goes wrong with the gateway, when a story says so: connections that end, sessions that are gone, events that
//! nobody can read. What goes wrong with requests is a [`Fault`](super::Fault).

use std::time::Duration;

use serde_json::{Value, json};

use super::FakeDiscord;
use super::gateway::Out;

impl FakeDiscord {
    /// Connections are cut; sessions can be resumed.
    pub fn cuts_gateway(&self) {
        self.tells(|| Out::Cut);
    }

    /// Connections are closed with that code; sessions can be resumed.
    pub fn closes_gateway(&self, code: u16) {
        self.tells(move || Out::Close(code, "closed on purpose"));
    }

    /// The bot is asked to connect again and to resume.
    pub fn asks_to_reconnect(&self) {
        self.tells(|| text(&json!({"op": 7, "d": null, "s": null, "t": null})));
    }

    /// The bot is told that its session is invalid; it is gone unless it can be resumed.
    pub fn invalidates_session(&self, is_resumable: bool) {
        self.shared.change(|world| {
            let told = json!({"op": 9, "d": is_resumable, "s": null, "t": null});
            world.gateway.tell(|| text(&told));
            if !is_resumable {
                world.gateway.forget();
            }
        });
    }

    /// No session can be resumed any more; who is connected hears no more events.
    pub fn forgets_sessions(&self) {
        self.shared.change(|world| world.gateway.forget());
    }

    /// The gateway is not there: connections are cut, sessions are gone, new connections get 503. What people do meanwhile
    /// is known to REST alone.
    pub fn goes_offline(&self) {
        self.shared.change(|world| {
            world.gateway.is_offline = true;
            world.gateway.tell(|| Out::Cut);
            world.gateway.forget();
        });
    }

    /// The gateway is there again.
    pub fn comes_back(&self) {
        self.shared.change(|world| world.gateway.is_offline = false);
    }

    /// REST says that the gateway is there.
    pub fn names_gateway(&self, url: &str) {
        self.shared.change(|world| url.clone_into(&mut world.gateway.url));
    }

    /// Heartbeats are to come so often; new connections are told.
    pub fn wants_heartbeats(&self, every: Duration) {
        let every = u64::try_from(every.as_millis()).unwrap_or(u64::MAX);
        self.shared.change(|world| world.gateway.heartbeat = every);
    }

    /// Heartbeats are not acknowledged, or again.
    pub fn acknowledges_heartbeats(&self, does: bool) {
        self.shared.change(|world| world.gateway.acknowledges = does);
    }

    /// Asks the bot for a heartbeat at once.
    pub fn asks_for_heartbeat(&self) {
        self.tells(|| text(&json!({"op": 1, "d": null, "s": null, "t": null})));
    }

    /// An event of any kind, as it is.
    pub fn odd_event(&self, kind: &str, body: Value) {
        self.shared.change(|world| world.tell(kind, 0, |_, _| body.clone()));
    }

    /// An event of a kind that a library knows, and with a body that it cannot read: a guild without a name.
    pub fn unreadable_event(&self) {
        self.odd_event("GUILD_CREATE", json!({"id": "1", "unreadable": true}));
    }

    /// A frame that is no event at all.
    pub fn odd_frame(&self, frame: &str) {
        self.tells(|| Out::Text(frame.to_owned()));
    }

    fn tells(&self, make: impl Fn() -> Out) {
        self.shared.change(|world| world.gateway.tell(make));
    }
}

fn text(payload: &Value) -> Out {
    Out::Text(payload.to_string())
}
