//! A Discord of a few lines for the tests of whatever makes calls.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::{Api, Me};

/// What is said to one call.
pub(crate) enum Said {
    Result(Value),
    /// Status, code and message.
    Error(u16, u32, &'static str),
    /// Any answer, with header lines.
    Raw(u16, &'static str, String),
    /// Nothing, and the connection stays.
    Nothing,
    Cut,
}

/// All calls so far: method and path, and the body.
pub(crate) type Asked = Arc<Mutex<Vec<(String, Value)>>>;

/// The secret of the tests.
pub(crate) const TOKEN: &str = "CANARY.token.x";

/// An API at a server that answers calls as `answer` says.
pub(crate) async fn server(
    answer: impl FnMut(&str, &Value) -> Said + Send + 'static,
) -> (Api, Asked) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let asked = Asked::default();
    let answer = Arc::new(Mutex::new(answer));
    tokio::spawn({
        let asked = Arc::clone(&asked);
        async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::spawn(converse(stream, Arc::clone(&answer), Arc::clone(&asked)));
            }
        }
    });
    (Api::new(TOKEN.parse().unwrap(), Some(url.parse().unwrap())).unwrap(), asked)
}

/// The same, introduced.
pub(crate) async fn known_server(
    answer: impl FnMut(&str, &Value) -> Said + Send + 'static,
) -> (Api, Asked) {
    let (api, asked) = server(answer).await;
    let [id, name, application] = ["500", "b_bot", "501"].map(ToOwned::to_owned);
    api.set_me(Me { id, name, application });
    (api, asked)
}

async fn converse(
    mut stream: TcpStream,
    answer: Arc<Mutex<impl FnMut(&str, &Value) -> Said>>,
    asked: Asked,
) {
    while let Some((call, body)) = read(&mut stream).await {
        asked.lock().unwrap().push((call.clone(), body.clone()));
        let said = (answer.lock().unwrap())(&call, &body);
        let (status, headers, body) = match said {
            Said::Result(Value::Null) => (204, "", String::new()),
            Said::Result(result) => (200, "", result.to_string()),
            Said::Error(status, code, message) => {
                (status, "", json!({ "code": code, "message": message }).to_string())
            }
            Said::Raw(status, headers, body) => (status, headers, body),
            Said::Nothing => std::future::pending().await,
            Said::Cut => return,
        };
        let head =
            format!("HTTP/1.1 {status} X\r\n{headers}content-length: {}\r\n\r\n", body.len());
        if stream.write_all((head + &body).as_bytes()).await.is_err() {
            return;
        }
    }
}

/// Reads a request: `POST /channels/1/messages` and its body.
async fn read(stream: &mut TcpStream) -> Option<(String, Value)> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    let head = String::from_utf8(head).unwrap();
    let mut words = head.split_whitespace();
    let (method, path) = (words.next()?, words.next()?);
    let path = path.strip_prefix("/api/v10").unwrap_or(path);
    let call = format!("{method} {path}");
    let length = head.to_ascii_lowercase();
    let length = length.split("content-length: ").nth(1).and_then(|rest| rest.lines().next());
    let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
    stream.read_exact(&mut body).await.ok()?;
    let text = || Value::String(String::from_utf8_lossy(&body).into_owned());
    let body = if body.is_empty() {
        Value::Null
    } else {
        serde_json::from_slice(&body).unwrap_or_else(|_| text())
    };
    Some((call, body))
}

/// The bodies of the calls that begin so.
pub(crate) fn calls(asked: &Asked, beginning: &str) -> Vec<Value> {
    let asked = asked.lock().unwrap();
    asked
        .iter()
        .filter(|(call, _)| call.starts_with(beginning))
        .map(|(_, body)| body.clone())
        .collect()
}
