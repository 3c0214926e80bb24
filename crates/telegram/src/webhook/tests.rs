//! The webhook, called by hand.

use serde_json::json;
use tokio::task::JoinHandle;

use super::*;
use crate::admins::Admins;
use crate::api::testing::{Asked, Said, calls, error, server};
use crate::poll::tests::{Double, message};

struct Hook {
    url: String,
    inbox: Double,
    asked: Asked,
    link: Link,
    stop: CancellationToken,
    running: JoinHandle<Result<(), TelegramError>>,
}

async fn hook(inbox: Double, said: fn() -> Said) -> Hook {
    let (api, asked) = server(move |_, _| said()).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let listen = listener.local_addr().unwrap();
    let settings = WebhookSettings {
        listen,
        path: "/telegram".to_owned(),
        public_url: "https://bot.example.org/telegram".parse().unwrap(),
        secret: Zeroizing::new("s3cret".to_owned()),
    };
    assert_eq!(settings.problem(), None);
    let stop = CancellationToken::new();
    let intake = Intake::new(inbox.clone(), api.clone(), Admins::new(api.clone()), Arc::default());
    let link = Link::default();
    let intake = intake.telling(link.clone());
    let running = tokio::spawn({
        let stop = stop.clone();
        async move { serve(listener, api, intake, &settings, &stop).await }
    });
    Hook { url: format!("http://{listen}/telegram"), inbox, asked, link, stop, running }
}

impl Hook {
    async fn post(&self, secret: Option<&str>, body: Vec<u8>) -> u16 {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let mut request = client.post(&self.url).body(body);
        if let Some(secret) = secret {
            request = request.header(SECRET_HEADER, secret);
        }
        request.send().await.unwrap().status().as_u16()
    }

    async fn stop(self) {
        self.stop.cancel();
        self.running.await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn an_update_is_acknowledged_once_it_is_stored() {
    let hook = hook(Double::failing(1), || Said::Result(json!(true))).await;
    let update = message(7).to_string().into_bytes();
    assert_eq!(hook.post(Some("s3cret"), update.clone()).await, 503);
    assert!(hook.inbox.batches().is_empty());
    assert_eq!(hook.post(Some("s3cret"), update).await, 200);
    assert_eq!(hook.inbox.batches(), [vec!["update:7"]]);
    hook.stop().await;
}

#[tokio::test]
async fn nobody_gets_in_without_the_secret() {
    let hook = hook(Double::default(), || Said::Result(json!(true))).await;
    let update = message(7).to_string().into_bytes();
    for secret in [None, Some(""), Some("s3cre"), Some("s3cret "), Some("S3CRET"), Some("s3cretx")]
    {
        let expected = if secret == Some("s3cret ") { 200 } else { 401 };
        // A header's value has no white space around it.
        assert_eq!(hook.post(secret, update.clone()).await, expected, "{secret:?}");
    }
    assert_eq!(hook.inbox.batches().len(), 1);
    hook.stop().await;
}

#[tokio::test]
async fn what_is_no_update_is_turned_away() {
    let hook = hook(Double::default(), || Said::Result(json!(true))).await;
    assert_eq!(hook.post(Some("s3cret"), b"{\"update_id\"".to_vec()).await, 400);
    assert_eq!(hook.post(Some("s3cret"), vec![b' '; LARGEST + 1]).await, 413);
    assert!(hook.inbox.batches().is_empty());
    hook.stop().await;
}

#[tokio::test]
async fn telegram_is_told_where_we_are() {
    let hook = hook(Double::default(), || Said::Result(json!(true))).await;
    while calls(&hook.asked, "setWebhook").is_empty() {
        tokio::task::yield_now().await;
    }
    assert_eq!(
        calls(&hook.asked, "setWebhook"),
        [json!({
            "url": "https://bot.example.org/telegram", "secret_token": "s3cret",
            "max_connections": CONNECTIONS, "allowed_updates": ALLOWED_UPDATES,
        })]
    );
    hook.link.until_up().await;
    hook.stop().await;
}

#[tokio::test]
async fn a_webhook_that_telegram_does_not_take_is_an_error() {
    let hook = hook(Double::default(), || error(400, "Bad Request: bad webhook: no HTTPS")).await;
    let ended = hook.running.await.unwrap().unwrap_err();
    assert!(ended.to_string().contains("bad webhook: no HTTPS"), "{ended}");
}
