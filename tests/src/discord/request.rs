//! A request: which method and path, with what. A body comes as JSON, or as multipart with JSON in `payload_json`.

use std::collections::BTreeMap;

use http_body_util::BodyExt;
use hyper::body::{Bytes, Incoming};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, USER_AGENT};
use serde_json::{Value, json};

/// A request that came in.
#[derive(Debug, Clone)]
pub struct Request {
    /// `GET`, `POST`, …
    pub method: String,
    /// The path below `/api/v10`, without the query.
    pub path: String,
    /// The query.
    pub query: BTreeMap<String, String>,
    /// The body; of a multipart one the JSON in it. `Null` where there is none.
    pub body: Value,
    /// The names of uploaded files.
    pub files: Vec<String>,
    /// The HTTP status of the answer, once it is decided; `None` before and for cut connections.
    pub status: Option<u16>,
}

impl Request {
    /// Whether it is one like `POST /channels/*/messages`, where a star stands for one part.
    #[must_use]
    pub fn is(&self, like: &str) -> bool {
        fits(like, &self.method, &self.path)
    }
}

/// An uploaded part.
#[derive(Debug, Clone)]
pub(super) struct Upload {
    pub(super) name: String,
    pub(super) kind: String,
    pub(super) content: Bytes,
}

/// What a request brings.
#[derive(Debug, Clone, Default)]
pub(super) struct Call {
    pub(super) method: String,
    /// Below `/api/v10`.
    pub(super) path: String,
    pub(super) query: BTreeMap<String, String>,
    pub(super) authorization: String,
    pub(super) user_agent: String,
    pub(super) body: Value,
    /// By the number in `files[n]`.
    pub(super) uploads: BTreeMap<u64, Upload>,
}

impl Call {
    /// Reads everything.
    pub(super) async fn read(request: hyper::Request<Incoming>, path: &str) -> Option<Self> {
        let (head, body) = request.into_parts();
        let body = body.collect().await.ok()?.to_bytes();
        let header = |name| {
            let value = head.headers.get(name).and_then(|value| value.to_str().ok());
            value.unwrap_or_default().to_owned()
        };
        let query = head.uri.query().unwrap_or_default().as_bytes();
        let query = form_urlencoded::parse(query).into_owned().collect();
        let mut call = Self {
            method: head.method.to_string(),
            path: path.to_owned(),
            query,
            authorization: header(AUTHORIZATION),
            user_agent: header(USER_AGENT),
            ..Self::default()
        };
        let kind = header(CONTENT_TYPE);
        if kind.starts_with("multipart/form-data") {
            call.parts(body, &multer::parse_boundary(&kind).ok()?).await?;
        } else if kind.starts_with("application/json") && !body.is_empty() {
            // What cannot be read is refused later, as a body that is not an object.
            call.body = serde_json::from_slice(&body).unwrap_or_else(|_| json!("unreadable"));
        }
        Some(call)
    }

    async fn parts(&mut self, body: Bytes, boundary: &str) -> Option<()> {
        self.body = json!({});
        let body = http_body_util::Full::new(body).into_data_stream();
        let mut parts = multer::Multipart::new(body, boundary);
        while let Some(part) = parts.next_field().await.ok()? {
            let name = part.name()?.to_owned();
            let file = part.file_name().map(str::to_owned);
            let kind = part.content_type().map(ToString::to_string).unwrap_or_default();
            let content = part.bytes().await.ok()?;
            let number = name.strip_prefix("files[").and_then(|rest| rest.strip_suffix(']'));
            if name == "payload_json" {
                self.body =
                    serde_json::from_slice(&content).unwrap_or_else(|_| json!("unreadable"));
            } else if let (Some(number), Some(name)) = (number, file) {
                self.uploads.insert(number.parse().ok()?, Upload { name, kind, content });
            }
        }
        Some(())
    }

    /// The parts of the path.
    pub(super) fn parts_of_path(&self) -> Vec<&str> {
        self.path.split('/').filter(|part| !part.is_empty()).collect()
    }

    /// The channel it is about, by its path.
    pub(super) fn channel(&self) -> Option<u64> {
        match self.parts_of_path().as_slice() {
            ["channels", id, ..] => id.parse().ok(),
            _ => None,
        }
    }

    pub(super) fn asks(&self, name: &str) -> bool {
        self.query.get(name).is_some_and(|value| value == "true")
    }

    pub(super) fn noted(&self) -> Request {
        Request {
            method: self.method.clone(),
            path: self.path.clone(),
            query: self.query.clone(),
            body: self.body.clone(),
            files: self.uploads.values().map(|upload| upload.name.clone()).collect(),
            status: None,
        }
    }
}

/// Whether a request is one like that.
pub(super) fn fits(like: &str, method: &str, path: &str) -> bool {
    let (wanted, like) = like.split_once(' ').unwrap_or(("*", like));
    let mut like = like.split('/');
    let mut path = path.split('/');
    let same = |(like, part)| like == "*" || like == part;
    (wanted == "*" || wanted == method)
        && like.clone().count() == path.clone().count()
        && std::iter::from_fn(|| like.next().zip(path.next())).all(same)
}

/// A field that is text.
pub(super) fn text<'v>(value: &'v Value, name: &str) -> Option<&'v str> {
    value.get(name)?.as_str()
}

/// A field that is an id: a number written as text.
pub(super) fn id(value: &Value, name: &str) -> Option<u64> {
    let value = value.get(name)?;
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}

/// The entries of a field that is a list.
pub(super) fn list<'v>(value: &'v Value, name: &str) -> &'v [Value] {
    value.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

/// A field that is true.
pub(super) fn flag(value: &Value, name: &str) -> bool {
    value.get(name).and_then(Value::as_bool).unwrap_or_default()
}
