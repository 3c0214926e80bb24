//! Calls against a server that answers as told.

use std::time::Duration;

use serde_json::{Value, json};

use super::testing::{Said, TOKEN, calls, server};
use super::*;

const PATIENCE: Duration = Duration::from_secs(20);

async fn fails(said: impl FnMut(&str, &Value) -> Said + Send + 'static) -> CallError {
    let (api, _) = server(said).await;
    let error = api.post::<Value>("/channels/1/messages", &json!({}), PATIENCE).await.unwrap_err();
    for shown in [format!("{error}"), format!("{error:?}")] {
        assert!(!shown.contains("CANARY") && !shown.contains("127.0.0.1"), "{shown}");
    }
    error
}

#[tokio::test]
async fn what_is_asked_arrives_and_the_answer_comes_back() {
    let (api, asked) = server(|call, _| match call {
        "GET /users/@me" => Said::Result(json!({"id": "500"})),
        "PUT /applications/1/commands" => Said::Result(Value::Null),
        _ => Said::Result(json!({"id": "7"})),
    })
    .await;
    let me: Value = api.get("/users/@me", PATIENCE).await.unwrap();
    assert_eq!(me["id"], "500");
    let body = json!({"content": "a"});
    let sent: Value = api.post("/channels/1/messages", &body, PATIENCE).await.unwrap();
    assert_eq!(sent["id"], "7");
    let _: Value = api.patch("/channels/1/messages/7", &body, PATIENCE).await.unwrap();
    api.put::<()>("/applications/1/commands", &body, PATIENCE).await.unwrap();
    assert_eq!(calls(&asked, "P"), [body.clone(), body.clone(), body]);
}

#[tokio::test]
async fn files_go_in_order_beside_their_body_and_keep_to_their_quotes() {
    let (api, asked) = server(|_, _| Said::Result(json!({}))).await;
    let file = |name: &str| Upload { name: name.to_owned(), content: b"inside".to_vec() };
    let files = vec![file("a\"\r\nx: y.md"), file("b.json")];
    let body = json!({"content": "see"});
    let _: Value =
        api.upload(Method::POST, "/channels/1/messages", &body, files, PATIENCE).await.unwrap();
    let sent = calls(&asked, "POST").remove(0);
    let sent = sent.as_str().unwrap();
    assert!(
        sent.contains(r#"name="payload_json""#) && sent.contains(r#"{"content":"see"}"#),
        "{sent}"
    );
    assert!(sent.contains(r#"name="files[0]"; filename="a___x: y.md""#), "{sent}");
    assert!(sent.contains(r#"name="files[1]"; filename="b.json""#), "{sent}");
}

#[tokio::test]
async fn refusals_limits_failures_and_strangers_are_told_apart() {
    let error = fails(|_, _| Said::Error(403, 50_007, "Cannot send messages to this user")).await;
    assert!(matches!(error, CallError::Refused { status: 403, code: 50_007, .. }), "{error}");
    let error = fails(|_, _| Said::Error(401, 0, "401: Unauthorized")).await;
    assert!(error.is_unauthorized());
    let error = fails(|_, _| Said::Error(404, 10_003, "Unknown Channel")).await;
    assert!(error.is_missing() && !error.is_passing());
    assert_eq!(fails(|_, _| Said::Error(502, 0, "x")).await, CallError::Server { status: 502 });
    let page = |_: &str, _: &Value| Said::Raw(403, "", "<html>".to_owned());
    assert_eq!(fails(page).await, CallError::Foreign { status: 403 });
    let away = |_: &str, _: &Value| Said::Raw(302, "location: http://x/\r\n", String::new());
    assert_eq!(fails(away).await, CallError::Foreign { status: 302 });
}

#[tokio::test]
async fn what_may_have_happened_is_told_from_what_has_not() {
    assert!(matches!(fails(|_, _| Said::Cut).await, CallError::Unsure(Mishap::Cut(_))));
    let page = |_: &str, _: &Value| Said::Raw(200, "", "<html>".to_owned());
    assert_eq!(fails(page).await, CallError::Unsure(Mishap::NotJson));
    let (api, _) = server(|_, _| Said::Nothing).await;
    let short = Duration::from_millis(50);
    let error = api.get::<Value>("/gateway", short).await.unwrap_err();
    assert_eq!(error, CallError::Unsure(Mishap::Timeout));
    let nobody = Api::new(TOKEN.parse().unwrap(), Some("http://127.0.0.1:1".parse().unwrap()));
    let error = nobody.unwrap().get::<Value>("/gateway", PATIENCE).await.unwrap_err();
    assert!(matches!(error, CallError::Unsent(Mishap::Connection(_))), "{error}");
}

#[tokio::test]
async fn a_429_is_believed_and_the_next_request_is_not_sent() {
    let (api, asked) = server(|_, _| {
        let body =
            json!({"message": "You are being rate limited.", "retry_after": 3.5, "global": false});
        Said::Raw(429, "retry-after: 4\r\nx-ratelimit-scope: user\r\n", body.to_string())
    })
    .await;
    for _ in 0..3 {
        let error =
            api.post::<Value>("/channels/1/messages", &json!({}), PATIENCE).await.unwrap_err();
        let CallError::TooMany { retry_after, global: false } = error else { panic!("{error}") };
        assert!(retry_after > Duration::from_secs(3), "{retry_after:?}");
    }
    assert_eq!(calls(&asked, "POST").len(), 1);
    let error = api.post::<Value>("/channels/2/messages", &json!({}), PATIENCE).await.unwrap_err();
    assert!(matches!(error, CallError::TooMany { .. }));
    assert_eq!(calls(&asked, "POST").len(), 2);
}

#[tokio::test]
async fn a_global_429_stops_everything() {
    let (api, asked) = server(|_, _| {
        let body = json!({"message": "x", "retry_after": 9.0, "global": true});
        Said::Raw(429, "x-ratelimit-global: true\r\n", body.to_string())
    })
    .await;
    for channel in 1..5 {
        let path = format!("/channels/{channel}/messages");
        let error = api.post::<Value>(&path, &json!({}), PATIENCE).await.unwrap_err();
        assert!(matches!(error, CallError::TooMany { global: true, .. }), "{error}");
    }
    assert_eq!(calls(&asked, "POST").len(), 1);
}

#[tokio::test]
async fn a_bucket_that_the_headers_call_empty_is_waited_for() {
    let (api, _) = server(|_, _| {
        let headers =
            "x-ratelimit-bucket: b\r\nx-ratelimit-remaining: 0\r\nx-ratelimit-reset-after: 0.4\r\n";
        Said::Raw(200, headers, "{}".to_owned())
    })
    .await;
    let began = std::time::Instant::now();
    for _ in 0..2 {
        let _: Value = api.post("/channels/1/messages", &json!({}), PATIENCE).await.unwrap();
    }
    assert!(began.elapsed() >= Duration::from_millis(400), "{:?}", began.elapsed());
}

#[test]
fn a_url_that_cannot_be_is_refused() {
    let open = |url: &str| Api::new(TOKEN.parse().unwrap(), Some(url.parse().unwrap())).err();
    assert!(open("http://127.0.0.1:1/").is_none());
    for url in ["ftp://x", "http://a:b@x", "http://x/?a", "https://discord.com/api/v10/"] {
        assert!(matches!(open(url), Some(OpenError::Url(_))), "{url}");
    }
}

#[test]
fn nothing_shows_the_token() {
    let api = Api::new(TOKEN.parse().unwrap(), None).unwrap();
    assert_eq!(format!("{api:?}"), "Api(Token(…))");
}
