//! A Bot API of a few lines for the tests of whatever makes calls.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::Api;

/// What is said to one call.
pub(crate) enum Said {
    Result(Value),
    Error(u16, &'static str, Value),
    /// Nothing, and the connection stays.
    Nothing,
    Cut,
}

/// All calls so far: the method and the parameters.
pub(crate) type Asked = Arc<Mutex<Vec<(String, Value)>>>;

pub(crate) fn error(code: u16, description: &'static str) -> Said {
    Said::Error(code, description, Value::Null)
}

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
    (Api::new("42:CANARY".parse().unwrap(), Some(url.parse().unwrap())).unwrap(), asked)
}

async fn converse(
    mut stream: TcpStream,
    answer: Arc<Mutex<impl FnMut(&str, &Value) -> Said>>,
    asked: Asked,
) {
    while let Some((method, params)) = read(&mut stream).await {
        let said = (answer.lock().unwrap())(&method, &params);
        asked.lock().unwrap().push((method, params));
        let (status, body) = match said {
            Said::Result(result) => (200, json!({ "ok": true, "result": result })),
            Said::Error(code, description, parameters) => {
                let body = json!({ "ok": false, "error_code": code, "description": description });
                let mut body = body;
                if !parameters.is_null() {
                    body["parameters"] = parameters;
                }
                (code, body)
            }
            Said::Nothing => std::future::pending().await,
            Said::Cut => return,
        };
        let body = body.to_string();
        let head = format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\n\r\n", body.len());
        if stream.write_all((head + &body).as_bytes()).await.is_err() {
            return;
        }
    }
}

async fn read(stream: &mut TcpStream) -> Option<(String, Value)> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    let head = String::from_utf8(head).unwrap();
    let method = head.split_whitespace().nth(1)?.rsplit('/').next()?.to_owned();
    let length = head.to_ascii_lowercase();
    let length = length.split("content-length: ").nth(1)?.lines().next()?.parse().ok()?;
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    Some((method, serde_json::from_slice(&body).unwrap_or(Value::Null)))
}

/// The calls of one method.
pub(crate) fn calls(asked: &Asked, method: &str) -> Vec<Value> {
    let asked = asked.lock().unwrap();
    asked.iter().filter(|(name, _)| name == method).map(|(_, params)| params.clone()).collect()
}
