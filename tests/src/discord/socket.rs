//! One connection to the gateway: what the bot sends is read, what the world tells it is written.

use std::sync::Arc;

use futures_util::{SinkExt, StreamExt};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::sync::mpsc::{self, UnboundedSender};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::Role;

use super::gateway::{Denial, Out};
use super::shared::Shared;

type Wire = WebSocketStream<TokioIo<Upgraded>>;

/// Talks until one of the two ends it.
pub(super) async fn talk(shared: Arc<Shared>, upgraded: Upgraded) {
    let wire = WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Server, None).await;
    let (to_wire, from_world) = mpsc::unbounded_channel();
    let mut socket = Socket { shared, to_wire, turn: None };
    socket.run(wire, from_world).await;
    if let Some(turn) = socket.turn {
        socket.shared.change(|world| world.gateway.disconnected(turn));
    }
}

struct Socket {
    shared: Arc<Shared>,
    to_wire: UnboundedSender<Out>,
    /// Which connection of the gateway it is, once it has a session.
    turn: Option<u64>,
}

impl Socket {
    async fn run(&mut self, mut wire: Wire, mut from_world: mpsc::UnboundedReceiver<Out>) {
        let interval = self.shared.look(|world| world.gateway.heartbeat);
        self.say(&json!({"op": 10, "d": {"heartbeat_interval": interval, "_trace": ["fake"]}}));
        loop {
            let went_on = tokio::select! {
                out = from_world.recv() => match out {
                    Some(out) => write(&mut wire, out).await,
                    None => false,
                },
                frame = wire.next() => match frame {
                    Some(Ok(frame)) => self.hear(&frame),
                    Some(Err(_)) | None => false,
                },
            };
            if !went_on {
                return;
            }
        }
    }

    fn say(&self, payload: &Value) {
        let text = json!({"op": payload.get("op"), "d": payload.get("d"), "s": null, "t": null});
        self.put(Out::Text(text.to_string()));
    }

    fn put(&self, out: Out) {
        // The receiver lives as long as this.
        let _ = self.to_wire.send(out);
    }

    /// Takes in what the bot says; answers whether it goes on.
    fn hear(&mut self, frame: &Message) -> bool {
        let text = match frame {
            Message::Text(text) => text.as_str(),
            Message::Close(_) => return false,
            Message::Binary(_) | Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => {
                return true;
            }
        };
        let Ok(payload) = serde_json::from_str::<Value>(text) else {
            self.put(Out::Close(4002, "Error while decoding payload."));
            return true;
        };
        let body = payload.get("d").cloned().unwrap_or_default();
        match payload.get("op").and_then(Value::as_u64) {
            Some(1) => self.beat(),
            Some(2 | 6) if self.turn.is_some() => {
                self.put(Out::Close(4005, "Already authenticated."));
            }
            Some(2) => {
                self.begin(|shared, to_wire| shared.change(|world| world.identify(&body, to_wire)))
            }
            Some(6) => {
                self.begin(|shared, to_wire| shared.change(|world| world.resume(&body, to_wire)));
            }
            Some(3 | 4 | 8 | 31) if self.turn.is_none() => {
                self.put(Out::Close(4003, "Not authenticated."));
            }
            // Presence, voice, members, sounds: nothing that stories tell of.
            Some(3 | 4 | 8 | 31) => {}
            Some(_) | None => self.put(Out::Close(4001, "Unknown opcode.")),
        }
        true
    }

    fn beat(&self) {
        let acknowledges = self.shared.change(|world| {
            world.gateway.heartbeats += 1;
            world.gateway.acknowledges
        });
        if acknowledges {
            self.say(&json!({"op": 11}));
        }
    }

    fn begin(&mut self, by: impl FnOnce(&Shared, UnboundedSender<Out>) -> Result<u64, Denial>) {
        match by(&self.shared, self.to_wire.clone()) {
            Ok(turn) => self.turn = Some(turn),
            Err(Denial::Close(code, why)) => self.put(Out::Close(code, why)),
            Err(Denial::InvalidSession) => self.say(&json!({"op": 9, "d": false})),
        }
    }
}

/// Writes; answers whether it goes on.
async fn write(wire: &mut Wire, out: Out) -> bool {
    match out {
        Out::Text(text) => wire.send(Message::Text(text)).await.is_ok(),
        Out::Close(code, why) => {
            let frame = CloseFrame { code: code.into(), reason: why.into() };
            // Then the bot's own close frame comes, or the end.
            wire.close(Some(frame)).await.is_ok()
        }
        Out::Cut => false,
    }
}
