//! A bot that speaks raw HTTP, one connection a request.

use std::io::{self, Read, Write};
use std::net::TcpStream;

use serde_json::{Value, json};

use crate::FakeDiscord;

/// A bot.
#[derive(Clone)]
pub(super) struct Client {
    host: String,
    pub(super) token: String,
    pub(super) application: u64,
}

/// An answer.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    head: String,
    pub(super) body: String,
}

impl Answer {
    /// The body as JSON; `null` where there is none.
    pub(super) fn json(&self) -> Value {
        if self.body.is_empty() {
            return Value::Null;
        }
        serde_json::from_str(&self.body).expect("it is JSON")
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
}

impl Client {
    pub(super) fn of(discord: &FakeDiscord) -> Self {
        let host = discord.url().strip_prefix("http://").expect("it is plain HTTP").to_owned();
        Self { host, token: discord.token(), application: discord.application_id() }
    }

    /// Asks; nothing comes back where the connection was cut.
    pub(super) fn tries(&self, method: &str, path: &str, body: &Value) -> Option<Answer> {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        self.sends(method, path, "application/json", body.as_bytes()).ok()
    }

    pub(super) fn sends(
        &self,
        method: &str,
        path: &str,
        kind: &str,
        body: &[u8],
    ) -> io::Result<Answer> {
        let mut stream = TcpStream::connect(&self.host)?;
        let (token, host, length) = (&self.token, &self.host, body.len());
        write!(
            stream,
            "{method} /api/v10{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\
             User-Agent: DiscordBot (https://example.org, 1)\r\nAuthorization: Bot {token}\r\n\
             Content-Type: {kind}\r\nContent-Length: {length}\r\n\r\n"
        )?;
        stream.write_all(body)?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let cut = || io::Error::from(io::ErrorKind::UnexpectedEof);
        let (head, body) = answer.split_once("\r\n\r\n").ok_or_else(cut)?;
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
        let (head, body) = (head.to_owned(), body.to_owned());
        Ok(Answer { status: status.ok_or_else(cut)?, head, body })
    }

    pub(super) fn asks(&self, method: &str, path: &str, body: &Value) -> Answer {
        self.tries(method, path, body).expect("the connection holds")
    }

    /// Asks for something that is given; answers it.
    #[track_caller]
    pub(super) fn gets(&self, method: &str, path: &str, body: &Value) -> Value {
        let answer = self.asks(method, path, body);
        assert!(answer.status < 300, "{method} {path} {body}: {answer:?}");
        answer.json()
    }

    /// Asks for something that is refused; answers status and code.
    #[track_caller]
    pub(super) fn refused(&self, method: &str, path: &str, body: &Value) -> (u16, u64) {
        let answer = self.asks(method, path, body);
        assert!(answer.status >= 300, "{method} {path} {body}: {answer:?}");
        (answer.status, answer.json()["code"].as_u64().expect("it has a code"))
    }

    /// Says something in a channel.
    #[track_caller]
    pub(super) fn says(&self, channel: u64, text: &str) -> Value {
        self.gets("POST", &format!("/channels/{channel}/messages"), &json!({"content": text}))
    }
}
