//! Discord as far as delivery sees it: it knows what each person would see, holds each message against what Discord takes,
//! and fails where it is told to.

use std::collections::{HashMap, VecDeque};
use std::sync::Mutex;
use std::time::Duration;

use serde_json::{Value, json};

use super::super::wire::Wire;
use crate::api::{CallError, Method, Mishap, Upload};

/// A channel of a guild, one of its threads, the direct chat with Ann, Ann.
pub(super) const CHANNEL: &str = "100";
pub(super) const THREAD: &str = "101";
pub(super) const DIRECT: &str = "200";
pub(super) const ANN: &str = "77";
pub(super) const TOKEN: &str = "aW50ZXJhY3Rpb24";

/// The message behind the token.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Original {
    /// Ann alone sees it, or the channel does; it says nothing yet.
    Loading { is_ephemeral: bool },
    /// It says something.
    Said { is_ephemeral: bool },
}

pub(super) struct Server {
    original: Mutex<Original>,
    /// Where the interaction happened.
    place: &'static str,
    faults: Mutex<VecDeque<(&'static str, CallError, bool)>>,
    calls: Mutex<Vec<(&'static str, String, Value)>>,
    /// What everybody in a channel was ever shown.
    public: Mutex<Vec<(String, String)>>,
    /// What Ann alone was shown within the guild.
    unseen: Mutex<Vec<String>>,
    files: Mutex<Vec<(String, String)>>,
    nonces: Mutex<HashMap<String, Value>>,
    rights: Mutex<HashMap<String, Value>>,
}

impl Server {
    pub(super) fn new(original: Original) -> Self {
        Self {
            original: Mutex::new(original),
            place: CHANNEL,
            faults: Mutex::default(),
            calls: Mutex::default(),
            public: Mutex::default(),
            unseen: Mutex::default(),
            files: Mutex::default(),
            nonces: Mutex::default(),
            rights: Mutex::default(),
        }
    }

    /// Where a command in a guild was deferred.
    pub(super) fn guild() -> Self {
        Self::new(Original::Loading { is_ephemeral: true })
    }

    /// Where a command in the direct chat was deferred.
    pub(super) fn direct() -> Self {
        Self { place: DIRECT, ..Self::new(Original::Loading { is_ephemeral: false }) }
    }

    /// Where a button was pressed.
    pub(super) fn pressed(place: &'static str, is_ephemeral: bool) -> Self {
        Self { place, ..Self::new(Original::Said { is_ephemeral }) }
    }

    /// The next call of this kind fails so.
    pub(super) fn failing(self, kind: &'static str, error: CallError) -> Self {
        self.fail_next(kind, error);
        self
    }

    pub(super) fn fail_next(&self, kind: &'static str, error: CallError) {
        self.faults.lock().unwrap().push_back((kind, error, false));
    }

    /// The next call of this kind has its effect, and fails so.
    pub(super) fn lose_answer(&self, kind: &'static str, error: CallError) {
        self.faults.lock().unwrap().push_back((kind, error, true));
    }

    pub(super) fn knows(&self, path: &str, value: Value) {
        self.rights.lock().unwrap().insert(path.to_owned(), value);
    }

    /// The kinds of all calls, in order.
    pub(super) fn kinds(&self) -> Vec<&'static str> {
        self.calls.lock().unwrap().iter().map(|(kind, ..)| *kind).collect()
    }

    pub(super) fn body(&self, call: usize) -> Value {
        self.calls.lock().unwrap()[call].2.clone()
    }

    pub(super) fn path(&self, call: usize) -> String {
        self.calls.lock().unwrap()[call].1.clone()
    }

    pub(super) fn seen_in(&self, channel: &str) -> Vec<String> {
        let public = self.public.lock().unwrap();
        public.iter().filter(|(place, _)| place == channel).map(|(_, text)| text.clone()).collect()
    }

    pub(super) fn seen_by_ann(&self) -> Vec<String> {
        self.unseen.lock().unwrap().clone()
    }

    pub(super) fn files(&self) -> Vec<(String, String)> {
        self.files.lock().unwrap().clone()
    }

    fn show(&self, is_ephemeral: bool, place: &str, body: &Value) {
        let text = body["content"].as_str().unwrap().to_owned();
        if is_ephemeral {
            self.unseen.lock().unwrap().push(text);
        } else {
            self.public.lock().unwrap().push((place.to_owned(), text));
        }
    }

    fn create(&self, path: &str, body: &Value) -> Result<Value, CallError> {
        let channel = path.split('/').nth(2).unwrap();
        assert_eq!(body["enforce_nonce"], true);
        let nonce = body["nonce"].as_str().unwrap();
        assert!((16..=25).contains(&nonce.len()), "{nonce}");
        assert_eq!(body["flags"].as_u64().unwrap() & 64, 0, "it would be seen by nobody");
        let mut nonces = self.nonces.lock().unwrap();
        if let Some(there) = nonces.get(&format!("{channel} {nonce}")) {
            return Ok(there.clone());
        }
        nonces.insert(format!("{channel} {nonce}"), json!({"id": "900", "channel_id": channel}));
        self.show(false, channel, body);
        Ok(json!({"id": "900", "channel_id": channel}))
    }

    fn put(&self, body: &Value) -> Result<Value, CallError> {
        let mut original = self.original.lock().unwrap();
        let (Original::Loading { is_ephemeral } | Original::Said { is_ephemeral }) = *original;
        *original = Original::Said { is_ephemeral };
        self.show(is_ephemeral, self.place, body);
        Ok(json!({"id": "901"}))
    }

    /// Somebody has removed it: nothing is loading any more.
    fn remove_original(&self) {
        let mut original = self.original.lock().unwrap();
        let (Original::Loading { is_ephemeral } | Original::Said { is_ephemeral }) = *original;
        *original = Original::Said { is_ephemeral };
    }

    fn follow_up(&self, body: &Value) -> Result<Value, CallError> {
        let original = *self.original.lock().unwrap();
        // Discord would edit the deferral and pass over the flags.
        assert!(matches!(original, Original::Said { .. }), "a follow-up before the first answer");
        self.show(body["flags"] == 68, self.place, body);
        Ok(json!({"id": "902"}))
    }

    fn carry_out(&self, kind: &str, path: &str, body: &Value) -> Result<Value, CallError> {
        match kind {
            "create" => self.create(path, body),
            "put" => self.put(body),
            "follow up" => self.follow_up(body),
            "open" => {
                assert_eq!(*body, json!({"recipient_id": ANN}));
                Ok(json!({"id": DIRECT, "type": 1}))
            }
            "look" => Ok(match *self.original.lock().unwrap() {
                Original::Loading { .. } => json!({"id": "901", "flags": 128 | 64}),
                Original::Said { .. } => json!({"id": "901", "flags": 64}),
            }),
            _ => {
                let rights = self.rights.lock().unwrap();
                rights.get(path).cloned().ok_or_else(|| refused(404, 10_003))
            }
        }
    }

    fn answer(&self, method: &Method, path: &str, body: &Value) -> Result<Value, CallError> {
        let kind = kind(method, path);
        self.calls.lock().unwrap().push((kind, path.to_owned(), body.clone()));
        if matches!(kind, "create" | "put" | "follow up") {
            check(body);
        }
        let fault = {
            let mut faults = self.faults.lock().unwrap();
            let at = faults.iter().position(|(failing, ..)| *failing == kind);
            at.and_then(|at| faults.remove(at))
        };
        match fault {
            Some((_, error, false)) => {
                if matches!(error, CallError::Refused { code: 10_008, .. }) {
                    self.remove_original();
                }
                Err(error)
            }
            Some((_, error, true)) => self.carry_out(kind, path, body).and(Err(error)),
            None => self.carry_out(kind, path, body),
        }
    }
}

/// What is the same for every message that is made or changed.
fn check(body: &Value) {
    assert_eq!(body["allowed_mentions"], json!({"parse": []}), "somebody could be called");
    assert!(body["content"].as_str().unwrap().encode_utf16().count() <= 2_000);
    // Previews are suppressed, unless that would suppress a card.
    let has_card = body["embeds"].as_array().is_some_and(|cards| !cards.is_empty());
    assert_eq!(body["flags"].as_u64().unwrap() & !64, if has_card { 0 } else { 4 });
    assert!(body["components"].as_array().unwrap().len() <= 5);
}

fn kind(method: &Method, path: &str) -> &'static str {
    let hook = format!("/webhooks/501/{TOKEN}");
    match (method.as_str(), path) {
        ("PATCH", path) if path == format!("{hook}/messages/@original") => "put",
        ("GET", path) if path == format!("{hook}/messages/@original") => "look",
        ("POST", path) if path == hook => "follow up",
        ("POST", "/users/@me/channels") => "open",
        ("POST", path) if path.starts_with("/channels/") && path.ends_with("/messages") => "create",
        ("GET", _) => "get",
        _ => panic!("{method} {path} is not for delivery"),
    }
}

impl Wire for &'static Server {
    async fn get(&self, path: &str) -> Result<Value, CallError> {
        self.answer(&Method::GET, path, &Value::Null)
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        body: &Value,
        file: Option<Upload>,
    ) -> Result<Value, CallError> {
        let answer = self.answer(&method, path, body)?;
        if let Some(file) = file {
            assert_eq!(body["attachments"], json!([{"id": "0", "filename": file.name}]));
            let content = String::from_utf8(file.content).unwrap();
            self.files.lock().unwrap().push((file.name, content));
        }
        Ok(answer)
    }
}

pub(super) fn refused(status: u16, code: u32) -> CallError {
    CallError::Refused { status, code, message: "no".to_owned() }
}

/// Ann takes no direct messages.
pub(super) fn closed() -> CallError {
    refused(403, 50_007)
}

/// The token is not one any more.
pub(super) fn dead() -> CallError {
    refused(401, 50_027)
}

pub(super) fn unsent() -> CallError {
    CallError::Unsent(Mishap::Connection("refused".to_owned()))
}

pub(super) fn unsure() -> CallError {
    CallError::Unsure(Mishap::Timeout)
}

pub(super) fn server() -> CallError {
    CallError::Server { status: 502 }
}

pub(super) fn too_many(seconds: u64, global: bool) -> CallError {
    CallError::TooMany { retry_after: Duration::from_secs(seconds), global }
}
