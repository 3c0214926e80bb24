//! A bot that speaks raw HTTP, one connection a request.

use std::io::{self, Read, Write};
use std::net::TcpStream;

use serde_json::{Value, json};

use crate::FakeTelegram;

/// A bot.
#[derive(Clone)]
pub(super) struct Client {
    host: String,
    pub(super) token: String,
}

impl Client {
    pub(super) fn of(telegram: &FakeTelegram) -> Self {
        let host = telegram.url().strip_prefix("http://").expect("it is plain HTTP").to_owned();
        Self { host, token: telegram.token() }
    }

    /// Calls a method with JSON; answers what came back, or nothing where the connection was cut.
    pub(super) fn tries(&self, method: &str, params: &Value) -> Option<String> {
        self.posts(method, "application/json", params.to_string().as_bytes()).ok()
    }

    pub(super) fn posts(&self, method: &str, kind: &str, body: &[u8]) -> io::Result<String> {
        let mut stream = TcpStream::connect(&self.host)?;
        let (token, host, length) = (&self.token, &self.host, body.len());
        write!(
            stream,
            "POST /bot{token}/{method} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\
             Content-Type: {kind}\r\nContent-Length: {length}\r\n\r\n"
        )?;
        stream.write_all(body)?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let cut = || io::Error::from(io::ErrorKind::UnexpectedEof);
        let (_, body) = answer.split_once("\r\n\r\n").ok_or_else(cut)?;
        Ok(body.to_owned())
    }

    /// Calls a method; answers the whole object.
    pub(super) fn asks(&self, method: &str, params: &Value) -> Value {
        let answer = self.tries(method, params).expect("the connection holds");
        serde_json::from_str(&answer).expect("it is JSON")
    }

    /// Calls a method that succeeds; answers its result.
    #[track_caller]
    pub(super) fn gets(&self, method: &str, params: &Value) -> Value {
        let mut answer = self.asks(method, params);
        assert_eq!(answer["ok"], json!(true), "{method} {params}: {answer}");
        answer["result"].take()
    }

    /// Calls a method that is refused; answers the description.
    #[track_caller]
    pub(super) fn refused(&self, method: &str, params: &Value) -> String {
        let answer = self.asks(method, params);
        assert_eq!(answer["ok"], json!(false), "{method} {params}: {answer}");
        answer["description"].as_str().expect("it says why").to_owned()
    }

    /// All updates, which are confirmed.
    pub(super) fn updates(&self) -> Vec<Value> {
        let updates = self.gets("getUpdates", &json!({}));
        let updates = updates.as_array().expect("a list").clone();
        if let Some(last) = updates.last() {
            let next = last["update_id"].as_i64().expect("a number") + 1;
            self.gets("getUpdates", &json!({"offset": next}));
        }
        updates
    }
}
