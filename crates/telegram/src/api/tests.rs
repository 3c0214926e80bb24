//! Calls against a listener that answers as told.

use std::time::Duration;

use serde_json::{Value, json};
use teloxide::payloads::GetMe;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::*;

const SECRET: &str = "42:CANARY-token";
const PATIENCE: Duration = Duration::from_secs(20);

/// What a server does with its one connection.
enum Deed {
    Answer(&'static str, String),
    Cut,
    CutWithin(&'static str),
    Hang,
}

fn api(url: &str) -> Api {
    Api::new(SECRET.parse().unwrap(), Some(url.parse().unwrap())).unwrap()
}

/// A server for one request; hands back what was asked.
async fn server(deed: Deed) -> (Api, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/base/", listener.local_addr().unwrap());
    let task = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let request = read_request(&mut stream).await;
        match deed {
            Deed::Answer(status, body) => {
                let head =
                    format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\n\r\n{body}", body.len());
                stream.write_all(head.as_bytes()).await.unwrap();
            }
            Deed::Cut => {}
            Deed::CutWithin(part) => stream.write_all(part.as_bytes()).await.unwrap(),
            Deed::Hang => std::future::pending().await,
        }
        request
    });
    (api(&url), task)
}

async fn read_request(stream: &mut TcpStream) -> String {
    let mut read = Vec::new();
    loop {
        read.push(stream.read_u8().await.unwrap());
        if read.ends_with(b"\r\n\r\n") {
            break;
        }
    }
    let head = String::from_utf8(read).unwrap().to_ascii_lowercase();
    let length = head.split("content-length: ").nth(1).unwrap().lines().next().unwrap();
    let mut body = vec![0; length.parse().unwrap()];
    stream.read_exact(&mut body).await.unwrap();
    format!("{}\n{}", head.lines().next().unwrap(), String::from_utf8(body).unwrap())
}

async fn fails(deed: Deed) -> CallError {
    let (api, _task) = server(deed).await;
    let error = api.call::<Value>("sendMessage", &json!({}), PATIENCE).await.unwrap_err();
    assert_silent(&error);
    error
}

fn assert_silent(error: &CallError) {
    for shown in [format!("{error}"), format!("{error:?}")] {
        assert!(!shown.contains("CANARY") && !shown.contains("127.0.0.1"), "{shown}");
    }
}

fn answer(status: &'static str, body: &Value) -> Deed {
    Deed::Answer(status, body.to_string())
}

#[tokio::test]
async fn a_result_is_read_and_the_method_is_named_as_documented() {
    let me = json!({
        "id": 42, "is_bot": true, "first_name": "b", "username": "b_bot", "can_join_groups": true,
        "can_read_all_group_messages": false, "supports_inline_queries": false,
        "can_connect_to_business": false, "has_main_web_app": false,
    });
    let (api, asked) = server(answer("200 OK", &json!({"ok": true, "result": me}))).await;
    let me = api.send(&GetMe {}, PATIENCE).await.unwrap();
    assert_eq!(me.username(), "b_bot");
    let asked = asked.await.unwrap();
    assert!(asked.starts_with("post /base/bot42:canary-token/getme http/1.1"), "{asked}");
    assert_eq!(camel_case("GetMe"), "getMe");
}

#[tokio::test]
async fn a_file_goes_as_multipart_with_its_name_as_it_is() {
    let (api, asked) = server(answer("200 OK", &json!({"ok": true, "result": true}))).await;
    let file = Upload { field: "document", name: "Ä \"q\".md".into(), content: b"# hi".into() };
    let params = json!({"chat_id": 7, "caption": "c", "reply": {"a": 1}, "none": null});
    assert!(api.upload::<bool>("sendDocument", &params, file, PATIENCE).await.unwrap());
    let asked = asked.await.unwrap();
    for part in [
        "name=\"document\"; filename=\"Ä _q_.md\"",
        "name=\"chat_id\"\r\n\r\n7\r\n",
        "name=\"caption\"\r\n\r\nc\r\n",
        "name=\"reply\"\r\n\r\n{\"a\":1}\r\n",
        "\r\n\r\n# hi\r\n",
    ] {
        assert!(asked.contains(part), "{part} in {asked}");
    }
    assert!(!asked.contains("none"), "{asked}");
}

#[tokio::test]
async fn a_limit_says_how_long_to_wait() {
    let body = json!({"ok": false, "error_code": 429, "description": "Too Many Requests: retry after 7",
        "parameters": {"retry_after": 7}});
    let after = |s| CallError::TooMany { retry_after: Duration::from_secs(s) };
    assert_eq!(fails(answer("429 Too Many Requests", &body)).await, after(7));
    let proxy = Deed::Answer("429 Too Many Requests\r\nretry-after: 3", "<html>".into());
    assert_eq!(fails(proxy).await, after(3));
}

#[tokio::test]
async fn a_refusal_has_its_code_and_words() {
    let body = json!({"ok": false, "error_code": 400, "description": "Bad Request: group chat was upgraded",
        "parameters": {"migrate_to_chat_id": -1001}});
    assert_eq!(
        fails(answer("400 Bad Request", &body)).await,
        CallError::Refused {
            code: 400,
            description: "Bad Request: group chat was upgraded".into(),
            migrate_to: Some(-1001)
        }
    );
    let refused = async |code: u16, description: &str| {
        let body = json!({"ok": false, "error_code": code, "description": description});
        fails(answer("400 Bad Request", &body)).await
    };
    assert!(refused(401, "Unauthorized").await.is_unauthorized());
    assert!(refused(404, "Not Found").await.is_unknown_method());
    assert!(refused(403, "Forbidden: bot was blocked by the user").await.is_blocked());
    assert!(refused(409, "Conflict: terminated by other getUpdates request").await.is_conflict());
    assert!(
        refused(400, "Bad Request: message is not modified: specified…").await.is_not_modified()
    );
    assert!(!refused(400, "Bad Request: chat not found").await.is_unknown_method());
    let quoting = "Bad Request: can't parse entities: Unsupported start tag \"secret\" at byte 9";
    let quoting = refused(400, quoting).await;
    assert!(quoting.is_formatting());
    assert_eq!(quoting.to_string(), "the Bot API refuses with 400: can't parse entities");
}

#[tokio::test]
async fn a_token_in_the_servers_words_is_taken_out() {
    let body = json!({"ok": false, "error_code": 404, "description": format!("no /bot{SECRET}/x")});
    assert!(fails(answer("404 Not Found", &body)).await.to_string().ends_with("404: no …"));
}

#[tokio::test]
async fn a_failing_server_has_its_status() {
    let html = || "<html>Bad Gateway</html>".to_owned();
    let error = fails(Deed::Answer("502 Bad Gateway", html())).await;
    assert_eq!(error, CallError::Server { status: 502 });
    let body = json!({"ok": false, "error_code": 500, "description": "Internal Server Error"});
    let error = fails(answer("500 Internal Server Error", &body)).await;
    assert_eq!(error, CallError::Server { status: 500 });
}

#[tokio::test]
async fn a_page_in_place_of_the_api_is_told() {
    let html = || "<html>Hello</html>".to_owned();
    let error = fails(Deed::Answer("404 Not Found", html())).await;
    assert_eq!(error, CallError::Foreign { status: 404 });
    assert!(!error.is_unknown_method());
    let moved = "302 Found\r\nlocation: http://127.0.0.1:1/";
    assert_eq!(fails(Deed::Answer(moved, html())).await, CallError::Foreign { status: 302 });
    let page = fails(Deed::Answer("200 OK", html())).await;
    assert_eq!(page, CallError::Unsure(Mishap::NotJson));
    assert!(page.to_string().contains("check telegram.api_url"), "{page}");
}

#[tokio::test]
async fn what_breaks_after_sending_is_unsure() {
    assert!(matches!(fails(Deed::Cut).await, CallError::Unsure(Mishap::Cut(_))));
    let half = "HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{\"ok\":true";
    assert!(matches!(fails(Deed::CutWithin(half)).await, CallError::Unsure(Mishap::Cut(_))));
    let half = "HTTP/1.1 502 Bad Gateway\r\ncontent-length: 99\r\n\r\n<ht";
    assert_eq!(fails(Deed::CutWithin(half)).await, CallError::Server { status: 502 });
    let (api, task) = server(Deed::Hang).await;
    let patience = Duration::from_millis(50);
    let error = api.call::<Value>("sendMessage", &json!({}), patience).await.unwrap_err();
    assert_eq!(error, CallError::Unsure(Mishap::Timeout));
    task.abort();
}

#[tokio::test]
async fn an_unreadable_result_is_unsure_and_shows_no_values() {
    let body = json!({"ok": true, "result": {"id": "a CANARY of somebody"}});
    let (api, _task) = server(answer("200 OK", &body)).await;
    let error = api.send(&GetMe {}, PATIENCE).await.unwrap_err();
    assert!(matches!(error, CallError::Unsure(Mishap::Unreadable(_))), "{error:?}");
    assert_silent(&error);
}

#[tokio::test]
async fn what_never_left_is_unsent() {
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let call = async |api: Api| {
        let error = api.call::<Value>("getMe", &json!({}), PATIENCE).await.unwrap_err();
        assert_silent(&error);
        error
    };
    let error = call(api(&format!("http://{free}"))).await;
    assert!(matches!(error, CallError::Unsent(Mishap::Connection(_))), "{error:?}");
    // Whoever speaks no TLS never sees the request.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let plain = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
    });
    let error = call(api(&format!("https://{plain}"))).await;
    assert!(matches!(error, CallError::Unsent(Mishap::Connection(_))), "{error:?}");
}

#[tokio::test]
async fn a_certificate_of_nobody_is_told_with_what_to_do() {
    // Made for this test, signed by itself, good for 127.0.0.1.
    const PEM: &[u8] = include_bytes!("untrusted.pem");
    let certificate = CertificateDer::from_pem_slice(PEM).unwrap();
    let key = PrivateKeyDer::from_pem_slice(PEM).unwrap();
    let tls = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        TlsAcceptor::from(Arc::new(tls)).accept(stream).await.is_err()
    });
    let api = api(&format!("https://{address}"));
    let error = api.call::<Value>("getMe", &json!({}), PATIENCE).await.unwrap_err();
    assert_silent(&error);
    assert!(matches!(error, CallError::Unsent(Mishap::Certificate(_))), "{error:?}");
    assert!(error.to_string().contains("check telegram.api_url, the clock"), "{error}");
    assert!(server.await.unwrap(), "the client hung up");
}

#[test]
fn a_url_that_cannot_be_a_server_is_refused() {
    let token = || SECRET.parse::<Token>().unwrap();
    for url in [
        "ftp://example.org",
        "https://user@example.org",
        "https://example.org/?a",
        "https://example.org/bot42:CANARY-token",
        "data:text",
    ] {
        let error = Api::new(token(), Some(url.parse().unwrap())).unwrap_err();
        assert!(error.to_string().starts_with("telegram.api_url cannot be used"), "{error}");
        assert!(!error.to_string().contains("CANARY"));
    }
    let api = Api::new(token(), None).unwrap();
    assert_eq!(format!("{api:?}"), "Api(Token(…))");
}
