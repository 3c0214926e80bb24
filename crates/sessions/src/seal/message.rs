//! Messages: sealed one by one, opened into a buffer that is used again.

use serde::{Deserialize, Serialize};
use vault::{Bound, DataKey, SealError};

use crate::id::SessionId;
use crate::model::{Author, Message, Point, Usage, Words};
use crate::store::rows::MessageRow;

use super::{Format, OpenRowError, RowFault, pack};

/// What a message's envelope holds, borrowed from it.
#[derive(Serialize, Deserialize)]
pub(crate) struct Body<'a> {
    #[serde(borrow)]
    author: Option<AuthorRef<'a>>,
    pub(crate) content: &'a str,
    usage: Option<Usage>,
    answers_to: Option<u64>,
}

#[derive(Serialize, Deserialize)]
struct AuthorRef<'a> {
    peer: &'a str,
    name: &'a str,
}

pub(crate) fn seal_message(
    key: &DataKey,
    session: &SessionId,
    message: &Message,
) -> Result<MessageRow, SealError> {
    let words = &message.words;
    let body = Body {
        author: words.author.as_ref().map(|by| AuthorRef { peer: &by.peer, name: &by.name }),
        content: &words.content,
        usage: words.usage,
        answers_to: words.answers_to,
    };
    let row = MessageRow {
        point: message.point,
        role: words.role,
        created_at: message.created_at,
        importance: message.importance,
        tokens: message.tokens,
        sealed: Vec::new(),
    };
    let sealed = pack(key, &message_bound(session, &row), &body)?;
    Ok(MessageRow { sealed, ..row })
}

/// Opens a message row into a buffer that is used again, and hands its body on.
pub(crate) fn with_body<R>(
    key: &DataKey,
    session: &SessionId,
    row: &MessageRow,
    buffer: &mut Vec<u8>,
    read: impl FnOnce(&Body<'_>) -> R,
) -> Result<R, OpenRowError> {
    let opened = || -> Result<R, RowFault> {
        key.open_into(&message_bound(session, row), &row.sealed, buffer)?;
        let Format::V1(body) = postcard::from_bytes(buffer).map_err(|_| RowFault::Record)?;
        Ok(read(&body))
    };
    opened().map_err(|fault| fault.of(message_name(row.point)))
}

pub(crate) fn open_message(
    key: &DataKey,
    session: &SessionId,
    row: &MessageRow,
    buffer: &mut Vec<u8>,
) -> Result<Message, OpenRowError> {
    with_body(key, session, row, buffer, |body| Message {
        point: row.point,
        words: Words {
            role: row.role,
            content: body.content.to_owned(),
            author: body
                .author
                .as_ref()
                .map(|by| Author { peer: by.peer.to_owned(), name: by.name.to_owned() }),
            usage: body.usage,
            answers_to: body.answers_to,
        },
        created_at: row.created_at,
        importance: row.importance,
        tokens: row.tokens,
    })
}

fn message_bound(session: &SessionId, row: &MessageRow) -> Bound {
    Bound::new("message", "body")
        .bytes(session.as_bytes())
        .bytes(row.point.timeline.as_bytes())
        .number(row.point.position)
        .bytes(row.role.word().as_bytes())
        .number(row.created_at.as_millis().cast_unsigned())
}

pub(crate) fn message_name(point: Point) -> String {
    format!("message {} of timeline {}", point.position, point.timeline)
}
