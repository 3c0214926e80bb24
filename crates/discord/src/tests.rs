//! The whole channel against a server of a few lines.

use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::*;
use crate::api::testing::{Asked, Said, TOKEN, calls, server};
use crate::gateway::tests::Peer;
use crate::intake::tests::{Double, id, message};

async fn discord(answer: impl FnMut(&str, &Value) -> Said + Send + 'static) -> (Discord, Asked) {
    let (api, asked) = server(answer).await;
    let timing = Timing { session: Duration::from_millis(5), retry: Duration::from_millis(1) };
    let (tally, link) = (Arc::default(), Link::default());
    (Discord { api, guilds: Vec::new(), message_content: false, tally, link, timing }, asked)
}

#[tokio::test]
async fn who_the_bot_is_comes_first_and_stopping_ends_it() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("ws://{}", listener.local_addr().unwrap());
    let (discord, asked) = discord(move |call, _| match call {
        "GET /users/@me" => Said::Result(json!({"id": "500", "username": "b_bot"})),
        "GET /applications/@me" => Said::Result(json!({"id": "501", "flags": 0})),
        "GET /gateway" => Said::Result(json!({ "url": url })),
        _ => Said::Result(json!([])),
    })
    .await;
    let (inbox, stop) = (Double::default(), CancellationToken::new());
    let (kept, stopped) = (inbox.clone(), stop.clone());
    let running = tokio::spawn(async move { (discord.take_in(inbox, stopped).await, discord) });
    let mut peer = Peer::accept(&listener).await;
    peer.begin().await;
    peer.tell("MESSAGE_CREATE", message(id(0, 1), 5, "hi")).await;
    kept.until(|kept| kept.said == ["hi"]).await;
    stop.cancel();
    let (ended, discord) = running.await.unwrap();
    ended.unwrap();
    assert_eq!(discord.outlet().account(), Some("500"));
    assert_eq!(asked.lock().unwrap()[0].0, "GET /users/@me");
    assert_eq!(calls(&asked, "PUT /applications/501/commands"), [definition::all()]);
    assert_eq!(discord.tally().events(), 1);
}

#[tokio::test]
async fn a_token_that_nobody_knows_is_an_error() {
    let (discord, asked) = discord(|_, _| Said::Error(401, 0, "401: Unauthorized")).await;
    let ended = discord.take_in(Double::default(), CancellationToken::new()).await;
    assert!(matches!(ended, Err(DiscordError::Token)));
    assert_eq!(calls(&asked, "GET /gateway").len(), 0);
}

#[tokio::test]
async fn while_nothing_answers_it_waits_and_can_be_stopped() {
    let stop = CancellationToken::new();
    let at_end = stop.clone();
    let mut times = 0;
    let (discord, _) = discord(move |_, _| {
        times += 1;
        if times == 3 {
            at_end.cancel();
        }
        Said::Cut
    })
    .await;
    discord.take_in(Double::default(), stop).await.unwrap();
    assert!(discord.tally().errors() >= 2);
}

#[test]
fn settings_that_cannot_be_are_refused() {
    let open = |guild: &str| {
        let (token, guilds) = (TOKEN.parse().unwrap(), vec![guild.to_owned()]);
        Discord::new(DiscordSettings { token, api_url: None, guilds, message_content: false }).err()
    };
    assert_eq!(open("123"), None);
    assert_eq!(open("my guild"), Some(OpenError::Guild("my guild".to_owned())));
}
