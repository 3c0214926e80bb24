//! A request: which method, with what. Parameters come as a query, a form, JSON or multipart, and mean the same.

use std::collections::BTreeMap;

use http_body_util::BodyExt;
use hyper::body::{Bytes, Incoming};
use hyper::header::CONTENT_TYPE;
use serde_json::{Map, Value};

use super::refusal::Refusal;

/// The methods by their official names.
const METHODS: &[&str] = &[
    "getMe",
    "getUpdates",
    "setWebhook",
    "deleteWebhook",
    "getWebhookInfo",
    "sendMessage",
    "editMessageText",
    "editMessageReplyMarkup",
    "deleteMessage",
    "sendDocument",
    "sendChatAction",
    "answerCallbackQuery",
    "setMyCommands",
    "getMyCommands",
    "deleteMyCommands",
    "setMyDescription",
    "getMyDescription",
    "setMyShortDescription",
    "getMyShortDescription",
    "getChat",
    "getChatMember",
    "getChatAdministrators",
    "sendMessageDraft",
    "editEphemeralMessageText",
    "editEphemeralMessageReplyMarkup",
    "deleteEphemeralMessage",
];

/// A request that came in.
#[derive(Debug, Clone)]
pub struct Request {
    /// The method's official name, or what was asked for if there is none.
    pub method: String,
    /// The parameters as they came: in multipart and forms as text.
    pub params: Map<String, Value>,
    /// The names of uploaded parts.
    pub files: Vec<String>,
    /// The HTTP status of the answer, once it is decided; `None` before and for cut connections.
    pub status: Option<u16>,
}

/// An uploaded part.
#[derive(Debug, Clone)]
pub(super) struct Upload {
    pub(super) name: String,
    pub(super) content: Bytes,
}

/// The parameters of a request.
#[derive(Debug, Clone, Default)]
pub(super) struct Params {
    pub(super) values: Map<String, Value>,
    pub(super) uploads: BTreeMap<String, Upload>,
}

/// The official name of a method, whose case does not matter.
pub(super) fn canonical(method: &str) -> &str {
    METHODS.iter().find(|known| known.eq_ignore_ascii_case(method)).copied().unwrap_or(method)
}

/// Whether a server knows the method at all.
pub(super) fn is_known(method: &str) -> bool {
    METHODS.contains(&method)
}

impl Params {
    /// Reads everything.
    pub(super) async fn read(request: hyper::Request<Incoming>) -> Option<Self> {
        let (head, body) = request.into_parts();
        let body = body.collect().await.ok()?.to_bytes();
        let mut params = Self::default();
        params.pairs(head.uri.query().unwrap_or_default().as_bytes());
        let kind = head.headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        match kind.unwrap_or_default() {
            kind if kind.starts_with("application/json") => {
                let object: Map<_, _> = serde_json::from_slice(&body).unwrap_or_default();
                params.values.extend(object);
            }
            kind if kind.starts_with("multipart/form-data") => {
                params.parts(body, &multer::parse_boundary(kind).ok()?).await?;
            }
            _ => params.pairs(&body),
        }
        Some(params)
    }

    fn pairs(&mut self, text: &[u8]) {
        let pairs = form_urlencoded::parse(text);
        self.values.extend(pairs.map(|(name, value)| (name.into_owned(), Value::from(value))));
    }

    async fn parts(&mut self, body: Bytes, boundary: &str) -> Option<()> {
        let body = http_body_util::Full::new(body).into_data_stream();
        let mut parts = multer::Multipart::new(body, boundary);
        while let Some(part) = parts.next_field().await.ok()? {
            let name = part.name()?.to_owned();
            match part.file_name().map(str::to_owned) {
                Some(file) => {
                    let content = part.bytes().await.ok()?;
                    self.uploads.insert(name, Upload { name: file, content });
                }
                None => drop(self.values.insert(name, part.text().await.ok()?.into())),
            }
        }
        Some(())
    }

    /// A number, as such or as text.
    pub(super) fn number(&self, name: &str) -> Option<i64> {
        number(self.values.get(name)?)
    }

    /// A text; a number counts as one.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        let value = self.values.get(name)?;
        value.as_str().map(str::to_owned).or_else(|| value.as_i64().map(|n| n.to_string()))
    }

    pub(super) fn flag(&self, name: &str) -> bool {
        let value = self.values.get(name);
        value.is_some_and(|value| value.as_bool() == Some(true) || value.as_str() == Some("true"))
    }

    /// An object or a list, as such or as JSON in text.
    pub(super) fn json(&self, name: &str) -> Option<Value> {
        let value = self.values.get(name)?;
        match value.as_str() {
            Some(text) => serde_json::from_str(text).ok(),
            None => (!value.is_null()).then(|| value.clone()),
        }
    }

    /// A number that must be there.
    pub(super) fn required(&self, name: &str) -> Result<i64, Refusal> {
        self.number(name).ok_or_else(|| Refusal::bad(format!("{name} is not specified")))
    }
}

/// A number, as such or as text.
pub(super) fn number(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.trim().parse().ok())
}
