//! What the platform answers when it does not do what it was asked: a status, and `{code, message}` in its own words.

use serde_json::{Map, Value, json};

/// An answer that is a no.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Refusal {
    pub(super) status: u16,
    code: u32,
    message: String,
    more: Map<String, Value>,
}

impl Refusal {
    pub(super) fn new(status: u16, code: u32, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), more: Map::new() }
    }

    pub(super) fn unauthorized() -> Self {
        Self::new(401, 0, "401: Unauthorized")
    }

    pub(super) fn no_route() -> Self {
        Self::new(404, 0, "404: Not Found")
    }

    pub(super) fn wrong_method() -> Self {
        Self::new(405, 0, "405: Method Not Allowed")
    }

    /// 404 for something that is not there: channel 10003, guild 10004, message 10008, …
    pub(super) fn unknown(code: u32, what: &str) -> Self {
        Self::new(404, code, format!("Unknown {what}"))
    }

    pub(super) fn missing_access() -> Self {
        Self::new(403, 50_001, "Missing Access")
    }

    pub(super) fn missing_permissions() -> Self {
        Self::new(403, 50_013, "Missing Permissions")
    }

    /// 400, about the field at that path (`components.0.label`), with the platform's own code and words.
    pub(super) fn form(path: &str, code: &str, message: impl Into<String>) -> Self {
        let mut errors = json!({"_errors": [{"code": code, "message": message.into()}]});
        for part in path.rsplit('.').filter(|part| !part.is_empty()) {
            errors = Value::Object(Map::from_iter([(part.to_owned(), errors)]));
        }
        let mut refusal = Self::new(400, 50_035, "Invalid Form Body");
        refusal.more.insert("errors".to_owned(), errors);
        refusal
    }

    /// 400 for what is too long.
    pub(super) fn too_long(path: &str, most: usize) -> Self {
        Self::form(path, "BASE_TYPE_MAX_LENGTH", format!("Must be {most} or fewer in length."))
    }

    /// 400 for what has the wrong length.
    pub(super) fn bad_length(path: &str, least: usize, most: usize) -> Self {
        let words = format!("Must be between {least} and {most} in length.");
        Self::form(path, "BASE_TYPE_BAD_LENGTH", words)
    }

    /// 400 for what must be there.
    pub(super) fn required(path: &str) -> Self {
        Self::form(path, "BASE_TYPE_REQUIRED", "This field is required")
    }

    /// 429, for so many seconds.
    pub(super) fn too_many(retry_after: f64, is_global: bool) -> Self {
        let mut refusal = Self::new(429, 0, "You are being rate limited.");
        refusal.more.insert("retry_after".to_owned(), json!(retry_after));
        refusal.more.insert("global".to_owned(), json!(is_global));
        refusal
    }

    /// How long to wait, and whether with everything, of a 429.
    pub(super) fn retry_after(&self) -> Option<(f64, bool)> {
        let seconds = self.more.get("retry_after")?.as_f64()?;
        Some((seconds, self.more.get("global")?.as_bool()?))
    }

    pub(super) fn to_wire(&self) -> Value {
        let mut wire = self.more.clone();
        wire.insert("code".to_owned(), json!(self.code));
        wire.insert("message".to_owned(), json!(self.message));
        Value::Object(wire)
    }
}
