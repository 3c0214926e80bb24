//! A Bot API server as far as delivery sees it: it knows what each person would see, and fails where it is told to.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::time::Duration;

use serde_json::{Value, json};

use super::super::wire::Wire;
use crate::api::{CallError, Mishap, Upload};

pub(super) const GROUP: i64 = -1001;
pub(super) const ANN: i64 = 77;

/// How the server treats ephemeral messages.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Age {
    /// It has them.
    Modern,
    /// It ignores what it does not know, and says in a public message to nobody in particular what was meant for one.
    Ignorant,
}

pub(super) struct Server {
    age: Age,
    faults: Mutex<VecDeque<(&'static str, CallError)>>,
    /// Method and parameters of all calls, in order.
    calls: Mutex<Vec<(String, Value)>>,
    /// What everybody in a chat sees.
    public: Mutex<Vec<(i64, String)>>,
    /// What one person in a chat sees.
    unseen: Mutex<Vec<(i64, String)>>,
    files: Mutex<Vec<(String, String)>>,
    knows_name: bool,
}

impl Server {
    pub(super) fn new(age: Age) -> Self {
        Self {
            age,
            faults: Mutex::default(),
            calls: Mutex::default(),
            public: Mutex::default(),
            unseen: Mutex::default(),
            files: Mutex::default(),
            knows_name: true,
        }
    }

    pub(super) fn modern() -> Self {
        Self::new(Age::Modern)
    }

    pub(super) fn ignorant() -> Self {
        Self::new(Age::Ignorant)
    }

    /// The next call of this method fails so.
    pub(super) fn failing(self, method: &'static str, error: CallError) -> Self {
        self.faults.lock().unwrap().push_back((method, error));
        self
    }

    pub(super) fn fail_next(&self, method: &'static str, error: CallError) {
        self.faults.lock().unwrap().push_back((method, error));
    }

    pub(super) fn methods(&self) -> Vec<String> {
        self.calls.lock().unwrap().iter().map(|(method, _)| method.clone()).collect()
    }

    /// The parameters of a call.
    pub(super) fn params(&self, call: usize) -> Value {
        self.calls.lock().unwrap()[call].1.clone()
    }

    /// What everybody in a chat was ever shown.
    pub(super) fn seen_in(&self, chat: i64) -> Vec<String> {
        let public = self.public.lock().unwrap();
        public.iter().filter(|(where_, _)| *where_ == chat).map(|(_, text)| text.clone()).collect()
    }

    /// What a person alone was shown within the group.
    pub(super) fn seen_by(&self, peer: i64) -> Vec<String> {
        let unseen = self.unseen.lock().unwrap();
        unseen.iter().filter(|(who, _)| *who == peer).map(|(_, text)| text.clone()).collect()
    }

    pub(super) fn files(&self) -> Vec<(String, String)> {
        self.files.lock().unwrap().clone()
    }

    fn fault(&self, method: &str) -> Option<CallError> {
        let mut faults = self.faults.lock().unwrap();
        let at = faults.iter().position(|(name, _)| *name == method)?;
        faults.remove(at).map(|(_, error)| error)
    }

    fn answer(&self, method: &str, params: &Value) -> Result<Value, CallError> {
        self.calls.lock().unwrap().push((method.to_owned(), params.clone()));
        if let Some(error) = self.fault(method) {
            return Err(error);
        }
        let chat = params["chat_id"].as_i64().unwrap();
        let text = |name: &str| params[name].as_str().unwrap_or_default().to_owned();
        let receiver = params.pointer("/ephemeral_message_parameters/receiver_user_id");
        match method {
            "sendMessage" if self.age == Age::Modern && receiver.is_some() => {
                self.unseen
                    .lock()
                    .unwrap()
                    .push((receiver.unwrap().as_i64().unwrap(), text("text")));
                Ok(
                    json!({"message_id": 0, "ephemeral_message_id": 9, "receiver_user": {"id": receiver},
                    "date": 1, "chat": {"id": chat}}),
                )
            }
            "sendMessage" | "editMessageText" => {
                self.public.lock().unwrap().push((chat, text("text")));
                Ok(json!({"message_id": 50, "date": 1, "chat": {"id": chat}}))
            }
            "sendDocument" => {
                self.public.lock().unwrap().push((chat, text("caption")));
                Ok(json!({"message_id": 51}))
            }
            "editEphemeralMessageText" | "deleteEphemeralMessage" if self.age == Age::Ignorant => {
                Err(refused(404, "Not Found"))
            }
            "editEphemeralMessageText" => {
                let who = params["receiver_user_id"].as_i64().unwrap();
                self.unseen.lock().unwrap().push((who, text("text")));
                Ok(json!(true))
            }
            "deleteMessage" | "deleteEphemeralMessage" | "sendChatAction" => Ok(json!(true)),
            other => panic!("{other} is not for delivery"),
        }
    }
}

impl Wire for &'static Server {
    async fn call(&self, method: &str, params: &Value, _: Duration) -> Result<Value, CallError> {
        self.answer(method, params)
    }

    async fn upload(
        &self,
        method: &str,
        params: &Value,
        file: Upload,
        _: Duration,
    ) -> Result<Value, CallError> {
        assert_eq!(file.field, "document");
        let answer = self.answer(method, params)?;
        let content = String::from_utf8(file.content).unwrap();
        self.files.lock().unwrap().push((file.name, content));
        Ok(answer)
    }

    fn name(&self) -> Option<&str> {
        self.knows_name.then_some("OurBot")
    }
}

pub(super) fn refused(code: u16, description: &str) -> CallError {
    CallError::Refused { code, description: description.to_owned(), migrate_to: None }
}

pub(super) fn migrated(to: i64) -> CallError {
    let description = "Bad Request: group chat was upgraded to a supergroup chat".to_owned();
    CallError::Refused { code: 400, description, migrate_to: Some(to) }
}

pub(super) fn formatting() -> CallError {
    refused(400, "Bad Request: can't parse entities: Unsupported start tag \"secret\"")
}

pub(super) fn cannot_start() -> CallError {
    refused(403, "Forbidden: bot can't initiate conversation with a user")
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

pub(super) fn too_many(seconds: u64) -> CallError {
    CallError::TooMany { retry_after: Duration::from_secs(seconds) }
}
