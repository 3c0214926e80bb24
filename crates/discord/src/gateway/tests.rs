//! The gateway against a server of a few lines that speaks its protocol.

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;

use super::*;
use crate::api::testing::{Said, known_server};

/// One connection, seen from the server.
pub(crate) struct Peer {
    socket: WebSocketStream<TcpStream>,
    sequence: u64,
}

impl Peer {
    pub(crate) async fn accept(listener: &TcpListener) -> Self {
        let (stream, _) = listener.accept().await.unwrap();
        let socket = tokio_tungstenite::accept_async(stream).await.unwrap();
        Self { socket, sequence: 0 }
    }

    pub(crate) async fn send(&mut self, frame: Value) {
        self.socket.send(Message::Text(frame.to_string())).await.unwrap();
    }

    pub(crate) async fn tell(&mut self, kind: &str, event: Value) {
        self.sequence += 1;
        self.send(json!({"op": 0, "s": self.sequence, "t": kind, "d": event})).await;
    }

    /// What the bot sends next with this number.
    pub(crate) async fn hears(&mut self, op: u64) -> Value {
        loop {
            let frame = self.socket.next().await.unwrap().unwrap();
            let Message::Text(text) = frame else { panic!("{frame:?}") };
            let frame: Value = serde_json::from_str(&text).unwrap();
            if frame["op"] == op {
                return frame["d"].clone();
            }
        }
    }

    /// Greets, and answers what the bot identifies with.
    pub(crate) async fn begin(&mut self) -> Value {
        self.send(json!({"op": 10, "d": {"heartbeat_interval": 40_000}})).await;
        let identified = self.hears(2).await;
        self.tell("READY", ready()).await;
        identified
    }

    async fn close(mut self, code: u16) {
        let frame = CloseFrame { code: code.into(), reason: "".into() };
        self.socket.close(Some(frame)).await.unwrap();
        // Until the other side has closed as well, which may be after it has come back.
        tokio::spawn(async move { while let Some(Ok(_)) = self.socket.next().await {} });
    }
}

pub(crate) fn ready() -> Value {
    json!({
        "v": 10, "session_id": "s1", "resume_gateway_url": "wss://gateway-x.discord.gg",
        "user": {"id": "500", "username": "b_bot", "discriminator": "0", "avatar": null, "bot": true,
            "mfa_enabled": false, "verified": true, "email": null, "flags": 0, "global_name": null},
        "guilds": [], "application": {"id": "501", "flags": 0}, "shard": [0, 1],
    })
}

fn said(id: u64) -> Value {
    json!({
        "id": id.to_string(), "channel_id": "5", "content": "hi", "timestamp": "2026-11-22T00:00:00+00:00",
        "edited_timestamp": null, "tts": false, "mention_everyone": false, "mentions": [],
        "mention_roles": [], "attachments": [], "embeds": [], "pinned": false, "type": 0,
        "author": {"id": "70", "username": "ann", "discriminator": "0", "avatar": null, "global_name": null},
        "message_snapshots": [{"message": {"content": "passed on", "timestamp": "2026-11-22T00:00:00+00:00",
            "edited_timestamp": null, "mentions": [], "attachments": [], "embeds": [], "type": 0}}],
    })
}

struct Running {
    listener: TcpListener,
    heard: mpsc::UnboundedReceiver<Heard>,
    stop: CancellationToken,
    tally: Arc<Tally>,
    link: Link,
    task: JoinHandle<Result<(), DiscordError>>,
}

impl Running {
    async fn start(message_content: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("ws://{}", listener.local_addr().unwrap());
        let (api, _) = known_server(move |_, _| Said::Result(json!({ "url": url }))).await;
        let (tally, stop) = (Arc::new(Tally::default()), CancellationToken::new());
        let pause = Duration::from_millis(5);
        let link = Link::default();
        let (counted, told) = (Arc::clone(&tally), link.clone());
        let gateway = Gateway { api, tally: counted, link: told, message_content, pause };
        let (tell, heard) = mpsc::unbounded_channel();
        let stopped = stop.clone();
        let task = tokio::spawn(async move { run(gateway, tell, &stopped).await });
        Self { listener, heard, stop, tally, link, task }
    }

    async fn next(&mut self) -> Heard {
        let heard = tokio::time::timeout(Duration::from_secs(20), self.heard.recv()).await;
        heard.expect("nothing is heard").unwrap()
    }

    async fn ends(self) -> Result<(), DiscordError> {
        let ended = tokio::time::timeout(Duration::from_secs(20), self.task).await;
        ended.expect("it does not end").unwrap()
    }
}

#[tokio::test]
async fn what_is_told_is_heard_in_order_from_the_first_event_on() {
    let mut running = Running::start(false).await;
    let mut peer = Peer::accept(&running.listener).await;
    let identified = peer.begin().await;
    assert_eq!(identified["token"], crate::api::testing::TOKEN);
    assert_eq!(identified["intents"], 1 | 1 << 9 | 1 << 12);
    for id in 1..=50 {
        peer.tell("MESSAGE_CREATE", said(id)).await;
    }
    assert!(matches!(running.next().await, Heard::Begun { .. }));
    for id in 1..=50 {
        let Heard::Message(message) = running.next().await else { panic!() };
        assert_eq!(message["id"], id.to_string());
        assert_eq!(message["message_snapshots"][0]["message"]["content"], "passed on");
    }
    running.stop.cancel();
    running.ends().await.unwrap();
}

#[tokio::test]
async fn interactions_and_channels_are_as_discord_writes_them() {
    let mut running = Running::start(true).await;
    let mut peer = Peer::accept(&running.listener).await;
    assert_eq!(peer.begin().await["intents"], 1 | 1 << 9 | 1 << 12 | 1 << 15);
    let mut command = crate::interact::tests::command(7, "session");
    command["locale"] = json!("en-US");
    command["entitlements"] = json!([]);
    command["attachment_size_limit"] = json!(1);
    let zone = json!({"name": "zone", "type": 3, "value": "UTC"});
    command["data"]["options"] = json!([{"name": "timezone", "type": 1, "options": [zone]}]);
    peer.tell("INTERACTION_CREATE", command.clone()).await;
    // serenity cannot read this one.
    let mut strange = crate::interact::tests::command(8, "new");
    strange["locale"] = json!(5);
    peer.tell("INTERACTION_CREATE", strange).await;
    let thread =
        json!({"id": "7", "type": 11, "parent_id": "5", "guild_id": "9", "name": "t", "nsfw": 3});
    peer.tell("THREAD_CREATE", thread).await;
    peer.tell("SOMETHING_NEW", json!({"secret": "words"})).await;
    peer.tell(
        "CHANNEL_DELETE",
        json!({"id": "6", "type": 0, "guild_id": "9", "name": "c", "position": 0}),
    )
    .await;
    assert!(matches!(running.next().await, Heard::Begun { .. }));
    let Heard::Interaction(heard) = running.next().await else { panic!() };
    let read = |interaction: &Value| crate::update::interaction(interaction, "500", Some("b_bot"));
    assert_eq!(read(&heard), read(&command));
    let Heard::Interaction(heard) = running.next().await else { panic!() };
    assert_eq!(heard["id"], "8");
    let Heard::Channels(channels) = running.next().await else { panic!() };
    assert_eq!((channels[0].id, channels[0].kind, channels[0].parent), (7, 11, Some(5)));
    let Heard::Gone(6) = running.next().await else { panic!() };
    let unreadable = running.tally.unreadable();
    assert_eq!(unreadable["SOMETHING_NEW"], 1, "{unreadable:?}");
    assert_eq!(unreadable["INTERACTION_CREATE"], 1, "{unreadable:?}");
    running.stop.cancel();
    running.ends().await.unwrap();
}

#[tokio::test]
async fn a_break_is_resumed_and_a_lost_session_begun_anew_with_nothing_missed() {
    let mut running = Running::start(false).await;
    let mut peer = Peer::accept(&running.listener).await;
    peer.begin().await;
    assert!(matches!(running.next().await, Heard::Begun { .. }));
    // A break in the connection: the same session goes on, at the same server.
    peer.close(4_000).await;
    let mut peer = Peer::accept(&running.listener).await;
    peer.send(json!({"op": 10, "d": {"heartbeat_interval": 40_000}})).await;
    assert_eq!(peer.hears(6).await["session_id"], "s1");
    peer.sequence = 1;
    peer.tell("MESSAGE_CREATE", said(1)).await;
    peer.tell("RESUMED", json!({})).await;
    assert!(matches!(running.next().await, Heard::Message(_)));
    assert!(matches!(running.next().await, Heard::Resumed));
    assert!(running.link.is_up());
    // The session is lost.
    peer.send(json!({"op": 9, "d": false})).await;
    let is_lost = |state: &bot::LinkState| state.standing == bot::Standing::Retrying;
    running.link.watch().wait_for(is_lost).await.unwrap();
    let mut peer = Peer::accept(&running.listener).await;
    peer.begin().await;
    peer.tell("MESSAGE_CREATE", said(2)).await;
    assert!(matches!(running.next().await, Heard::Begun { .. }));
    assert!(matches!(running.next().await, Heard::Message(_)));
    assert_eq!(running.tally.sessions(), 2);
    assert!(running.link.is_up());
    running.stop.cancel();
    running.ends().await.unwrap();
}

#[tokio::test]
async fn a_connection_that_breaks_takes_the_link_down_until_the_session_is_taken_up() {
    let mut running = Running::start(false).await;
    let mut peer = Peer::accept(&running.listener).await;
    peer.begin().await;
    assert!(matches!(running.next().await, Heard::Begun { .. }));
    assert!(running.link.is_up());
    peer.socket.get_ref().set_zero_linger().unwrap();
    drop(peer);
    let mut peer = Peer::accept(&running.listener).await;
    peer.send(json!({"op": 10, "d": {"heartbeat_interval": 40_000}})).await;
    assert_eq!(peer.hears(6).await["session_id"], "s1");
    let is_lost = |state: &bot::LinkState| state.standing == bot::Standing::Retrying;
    running.link.watch().wait_for(is_lost).await.unwrap();
    peer.sequence = 1;
    peer.tell("RESUMED", json!({})).await;
    assert!(matches!(running.next().await, Heard::Resumed));
    assert!(running.link.is_up());
    running.stop.cancel();
    running.ends().await.unwrap();
}

#[tokio::test]
async fn a_token_or_an_intent_that_is_not_granted_ends_it() {
    for (code, is_right) in [
        (4_004, (|error| matches!(error, DiscordError::Token)) as fn(&DiscordError) -> bool),
        (4_014, |error| matches!(error, DiscordError::Intent)),
    ] {
        let running = Running::start(true).await;
        let mut peer = Peer::accept(&running.listener).await;
        peer.send(json!({"op": 10, "d": {"heartbeat_interval": 40_000}})).await;
        peer.hears(2).await;
        peer.close(code).await;
        let error = running.ends().await.unwrap_err();
        assert!(is_right(&error), "{error}");
    }
}

#[tokio::test]
async fn a_server_that_is_gone_without_a_word_does_not_hold_up_the_end() {
    let mut running = Running::start(false).await;
    let mut peer = Peer::accept(&running.listener).await;
    peer.begin().await;
    running.next().await;
    // Closed without a code: serenity spins until its next heartbeat.
    peer.socket.close(None).await.unwrap();
    drop(peer);
    for _ in 0..1_000 {
        tokio::task::yield_now().await;
    }
    running.stop.cancel();
    running.ends().await.unwrap();
}

#[test]
fn only_discord_s_own_gateway_is_public() {
    let public = |url| checked(url, true).is_some();
    assert!(public("wss://gateway.discord.gg") && public("wss://gateway-us-east1-b.discord.gg/"));
    for url in ["ws://gateway.discord.gg", "wss://discord.gg.evil.org", "wss://evildiscord.gg", "x"]
    {
        assert!(!public(url), "{url}");
    }
    assert_eq!(checked("ws://127.0.0.1:1/", false).unwrap(), "ws://127.0.0.1:1");
    assert_eq!(checked("ws://127.0.0.1:1/?v=9", false), None);
}
