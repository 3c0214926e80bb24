//! What the platform answers when it does not do what it was asked: `{"ok":false, …}` in its own words.

use serde_json::{Value, json};

/// An answer that is a no.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Refusal {
    /// Also the HTTP status.
    pub(super) code: u16,
    description: String,
    parameters: Option<Value>,
}

impl Refusal {
    pub(super) fn new(code: u16, description: impl Into<String>) -> Self {
        Self { code, description: description.into(), parameters: None }
    }

    /// 400, with the words after “Bad Request: ”.
    pub(super) fn bad(what: impl std::fmt::Display) -> Self {
        Self::new(400, format!("Bad Request: {what}"))
    }

    /// 403, with the words after “Forbidden: ”.
    pub(super) fn forbidden(what: impl std::fmt::Display) -> Self {
        Self::new(403, format!("Forbidden: {what}"))
    }

    /// 409, with the words after “Conflict: ”.
    pub(super) fn conflict(what: impl std::fmt::Display) -> Self {
        Self::new(409, format!("Conflict: {what}"))
    }

    /// 404 for a method that the server does not know.
    pub(super) fn unknown_method() -> Self {
        Self::new(404, "Not Found: method not found")
    }

    /// 429, for so many seconds.
    pub(super) fn too_many(retry_after: u64) -> Self {
        let mut refusal = Self::new(429, format!("Too Many Requests: retry after {retry_after}"));
        refusal.parameters = Some(json!({"retry_after": retry_after}));
        refusal
    }

    /// 400, since the group lives on under another id.
    pub(super) fn migrated(to: i64) -> Self {
        let mut refusal = Self::bad("group chat was upgraded to a supergroup chat");
        refusal.parameters = Some(json!({"migrate_to_chat_id": to}));
        refusal
    }

    pub(super) fn to_wire(&self) -> Value {
        let mut wire =
            json!({"ok": false, "error_code": self.code, "description": self.description});
        if let (Some(object), Some(parameters)) = (wire.as_object_mut(), &self.parameters) {
            object.insert("parameters".to_owned(), parameters.clone());
        }
        wire
    }
}
