//! A bot at the gateway, by raw WebSocket.

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::runtime::Runtime;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{WebSocketStream, client_async};

use crate::FakeDiscord;

/// A connection.
pub(super) struct Wire {
    runtime: Runtime,
    socket: WebSocketStream<TcpStream>,
    token: String,
    pub(super) sequence: u64,
}

impl Wire {
    /// A connection that was greeted.
    pub(super) fn to(discord: &FakeDiscord) -> Self {
        let mut wire = Self::open(discord).expect("the gateway is there");
        let hello = wire.hears();
        assert_eq!(hello["op"], 10);
        assert!(hello["d"]["heartbeat_interval"].is_u64(), "{hello}");
        wire
    }

    /// A connection, if there can be one.
    pub(super) fn open(discord: &FakeDiscord) -> Option<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.expect("a runtime can be built");
        let address = discord.url().strip_prefix("http://").expect("it is plain HTTP");
        let opened = runtime.block_on(async {
            let stream = TcpStream::connect(address).await.expect("the server is there");
            client_async(format!("ws://{address}/?v=10&encoding=json"), stream).await
        });
        let (socket, _) = opened.ok()?;
        Some(Self { runtime, socket, token: discord.token(), sequence: 0 })
    }

    /// A connection with a session; answers it with what READY says.
    pub(super) fn ready(discord: &FakeDiscord, intents: u64) -> (Self, Value) {
        let mut wire = Self::to(discord);
        wire.identifies(intents);
        let ready = wire.event("READY");
        (wire, ready)
    }

    pub(super) fn says(&mut self, payload: &Value) {
        let frame = Message::Text(payload.to_string());
        self.runtime.block_on(self.socket.send(frame)).expect("the connection holds");
    }

    pub(super) fn identifies(&mut self, intents: u64) {
        let token = self.token.clone();
        self.identifies_as(&token, intents);
    }

    pub(super) fn identifies_as(&mut self, token: &str, intents: u64) {
        let properties = json!({"os": "linux", "browser": "raw", "device": "raw"});
        let body =
            json!({"token": token, "intents": intents, "properties": properties, "shard": [0, 1]});
        self.says(&json!({"op": 2, "d": body}));
    }

    pub(super) fn resumes(&mut self, session: &Value, sequence: u64) {
        let body = json!({"token": self.token, "session_id": session, "seq": sequence});
        self.says(&json!({"op": 6, "d": body}));
    }

    fn frame(&mut self) -> Option<Message> {
        self.runtime.block_on(self.socket.next())?.ok()
    }

    /// The next payload.
    pub(super) fn hears(&mut self) -> Value {
        let frame = self.frame().expect("the connection holds");
        let payload: Value = serde_json::from_str(frame.to_text().expect("it is text"))
            .unwrap_or_else(|_| panic!("it is JSON: {frame:?}"));
        self.sequence = payload["s"].as_u64().unwrap_or(self.sequence);
        payload
    }

    /// The body of the next payload, which is an event of that kind.
    #[track_caller]
    pub(super) fn event(&mut self, kind: &str) -> Value {
        let mut payload = self.hears();
        assert_eq!((&payload["op"], &payload["t"]), (&json!(0), &json!(kind)), "{payload}");
        payload["d"].take()
    }

    /// How the connection ends: with a code, or without.
    pub(super) fn ends(mut self) -> Option<u16> {
        while let Some(frame) = self.frame() {
            if let Message::Close(frame) = frame {
                return frame.map(|frame| frame.code.into());
            }
        }
        None
    }
}
