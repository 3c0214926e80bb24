//! JSON: a whole session, to be kept and brought in again.
//!
//! ```text
//! { "format": "sessionsd-session", "version": 1,
//!   "session": { id, title?, createdAt, lastActivityAt, usage, origin },
//!   "checkpoints": [ { id, position, name, description?, createdAt } … ],      by position
//!   "messages": [ { position, role, content, createdAt, author?, usage?, pinned?, answersTo? } … ] }
//! ```
//!
//! Times are RFC 3339 in UTC with milliseconds. What can be worked out again is left out: importance but for pins,
//! token counts. `read` is the way back; it passes over `id`, `lastActivityAt`, `origin` and fields that it does not know.
//!
//! Invariant: a field never changes its meaning; what an older reader would misunderstand takes a new version.

mod read;

use serde::Serialize;

use crate::importance;
use crate::model::{Checkpoint, Message, Usage};

use super::Cover;
pub(crate) use read::read;

/// What the files call themselves.
pub(super) const FORMAT: &str = "sessionsd-session";
/// The version that is written, and the newest that is read.
pub(super) const VERSION: u64 = 1;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SessionOut<'a> {
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<&'a str>,
    created_at: String,
    last_activity_at: String,
    usage: Usage,
    origin: OriginOut<'a>,
}

#[derive(Serialize)]
struct OriginOut<'a> {
    channel: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    peer: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CheckpointOut<'a> {
    id: String,
    position: u64,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    created_at: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct MessageOut<'a> {
    position: u64,
    role: &'static str,
    content: &'a str,
    created_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    author: Option<AuthorOut<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<Usage>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pinned: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    answers_to: Option<u64>,
}

#[derive(Serialize)]
struct AuthorOut<'a> {
    peer: &'a str,
    name: &'a str,
}

/// Everything up to the first message. The text stays open until [`end`].
pub(super) fn begin(cover: &Cover<'_>, out: &mut String) {
    let session = cover.session;
    out.push_str("{\n\"format\": ");
    push(&FORMAT, out);
    out.push_str(",\n\"version\": ");
    push(&VERSION, out);
    out.push_str(",\n\"session\": ");
    let origin = &session.origin;
    push(
        &SessionOut {
            id: session.id.to_string(),
            title: session.title.as_deref(),
            created_at: session.created_at.to_rfc3339(),
            last_activity_at: session.last_activity_at.to_rfc3339(),
            usage: session.usage,
            origin: OriginOut {
                channel: &origin.channel,
                user: origin.user.as_deref(),
                peer: origin.peer.as_deref(),
            },
        },
        out,
    );
    out.push_str(",\n\"checkpoints\": [");
    for (at, checkpoint) in cover.checkpoints.iter().enumerate() {
        out.push_str(if at == 0 { "\n" } else { ",\n" });
        push_checkpoint(checkpoint, out);
    }
    out.push_str("\n],\n\"messages\": [");
}

fn push_checkpoint(checkpoint: &Checkpoint, out: &mut String) {
    push(
        &CheckpointOut {
            id: checkpoint.id.to_string(),
            position: checkpoint.message_count(),
            name: &checkpoint.name,
            description: checkpoint.description.as_deref(),
            created_at: checkpoint.created_at.to_rfc3339(),
        },
        out,
    );
}

/// The next message, on a line of its own.
pub(super) fn add_message(message: &Message, is_first: bool, out: &mut String) {
    let (words, position) = (&message.words, message.point.position);
    out.push_str(if is_first { "\n" } else { ",\n" });
    push(
        &MessageOut {
            position,
            role: words.role.word(),
            content: &words.content,
            created_at: message.created_at.to_rfc3339(),
            author: words.author.as_ref().map(|by| AuthorOut { peer: &by.peer, name: &by.name }),
            usage: words.usage,
            pinned: message.importance == importance::PINNED,
            // A question that is not before its answer is none of this line; no reader would take it.
            answers_to: words.answers_to.filter(|question| (1..position).contains(question)),
        },
        out,
    );
}

/// Closes the text.
pub(super) fn end(out: &mut String) {
    out.push_str("\n]\n}\n");
}

fn push<T: Serialize>(value: &T, out: &mut String) {
    out.push_str(&serde_json::to_string(value).expect("plain data with text keys is JSON"));
}
