//! What an event leaves behind so that it can be answered itself: which message, which press, how fresh it was.
//!
//! It travels with the event through the store and comes back in the address of the answer, as short JSON.
//!
//! Invariant: an older form stays readable, and what cannot be read is an empty ticket: the answer then goes out as any
//! other message.

use serde::{Deserialize, Serialize};

/// What is known of the event that is answered. Holds a name: not for logs.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Ticket {
    /// The message that was sent, or the one whose button was pressed.
    #[serde(rename = "m", default, skip_serializing_if = "Option::is_none")]
    pub(crate) message: Option<i32>,
    /// The same, if it is an ephemeral one: seen by the person and the bot alone.
    #[serde(rename = "e", default, skip_serializing_if = "Option::is_none")]
    pub(crate) ephemeral: Option<i64>,
    /// The press.
    #[serde(rename = "c", default, skip_serializing_if = "Option::is_none")]
    pub(crate) press: Option<String>,
    /// When the message was sent, in seconds since the epoch. Presses carry no time.
    #[serde(rename = "t", default, skip_serializing_if = "Option::is_none")]
    pub(crate) sent_at: Option<i64>,
    /// What the person is called in a note to a group: `@username`, else the first name.
    #[serde(rename = "n", default, skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
}

impl Ticket {
    pub(crate) fn to_wire(&self) -> Option<String> {
        serde_json::to_string(self).ok()
    }

    pub(crate) fn from_wire(ticket: Option<&str>) -> Self {
        ticket.and_then(|ticket| serde_json::from_str(ticket).ok()).unwrap_or_default()
    }
}
