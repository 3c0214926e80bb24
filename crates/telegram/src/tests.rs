//! The whole channel against a server of a few lines.

use std::sync::Mutex;

use serde_json::{Value, json};

use super::*;
use crate::api::testing::{Said, calls, error, server};
use crate::poll::tests::{Double, message};

async fn telegram(
    answer: impl FnMut(&str, &Value) -> Said + Send + 'static,
) -> (Telegram, crate::api::testing::Asked) {
    let (api, asked) = server(answer).await;
    let admins = Admins::new(api.clone());
    let (tally, link, mode) = (Arc::default(), Link::default(), Mode::Polling);
    let telegram = Telegram { api, admins, tally, link, mode, timing: Timing::default() };
    (telegram, asked)
}

#[tokio::test]
async fn who_the_bot_is_comes_first_and_stopping_ends_it() {
    let stop = CancellationToken::new();
    let at_end = stop.clone();
    let (telegram, asked) = telegram(move |method, params| match method {
        "getMe" => Said::Result(json!({ "id": 42, "is_bot": true, "username": "b_bot" })),
        "getUpdates" if params["offset"].is_null() => Said::Result(json!([message(3)])),
        "getUpdates" => {
            at_end.cancel();
            Said::Nothing
        }
        _ => error(404, "Not Found"),
    })
    .await;
    let inbox = Double::default();
    telegram.take_in(inbox.clone(), stop).await.unwrap();
    assert_eq!(asked.lock().unwrap()[0].0, "getMe");
    assert_eq!(telegram.api.name(), Some("b_bot"));
    assert_eq!(inbox.batches(), [vec!["update:3"]]);
    assert_eq!(telegram.tally().updates(), 1);
}

#[tokio::test]
async fn a_token_that_nobody_knows_is_an_error() {
    for (code, description) in [(401, "Unauthorized"), (404, "Not Found")] {
        let (telegram, asked) = telegram(move |_, _| error(code, description)).await;
        let ended = telegram.take_in(Double::default(), CancellationToken::new()).await;
        assert!(matches!(ended, Err(TelegramError::Token)));
        assert_eq!(calls(&asked, "getUpdates").len(), 0);
    }
}

#[tokio::test]
async fn while_nothing_answers_it_waits_and_can_be_stopped() {
    let stop = CancellationToken::new();
    let calls = Arc::new(Mutex::new(0));
    let (at_end, counted) = (stop.clone(), Arc::clone(&calls));
    let (telegram, _) = telegram(move |_, _| {
        *counted.lock().unwrap() += 1;
        at_end.cancel();
        Said::Cut
    })
    .await;
    telegram.take_in(Double::default(), stop).await.unwrap();
    assert_eq!(*calls.lock().unwrap(), 1);
}

#[test]
fn a_webhook_that_cannot_be_is_refused() {
    let open = |secret: &str, path: &str| {
        let webhook = WebhookSettings {
            listen: "127.0.0.1:0".parse().unwrap(),
            path: path.to_owned(),
            public_url: "https://bot.example.org/t".parse().unwrap(),
            secret: secret.to_owned().into(),
        };
        let (token, mode) = ("42:A".parse().unwrap(), Mode::Webhook(webhook));
        Telegram::new(TelegramSettings { token, api_url: None, mode }).err()
    };
    assert_eq!(open("s3cret", "/t"), None);
    for (secret, path) in [("", "/t"), ("s3 cret", "/t"), ("s3cret", "t"), ("s3cret", "/{t}")] {
        assert!(matches!(open(secret, path), Some(OpenError::Webhook(_))), "{secret} {path}");
    }
}
