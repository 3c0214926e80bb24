//! Reading an export: what it says is checked before anything of it is used.
//!
//! Fields that are not known are passed over, so that a file from a newer version of the same format can be read.
//! A `system` message is taken as one, as it was exported: whoever hands a file over answers for it.
//!
//! Invariant: a refusal names places and numbers of the file, never words out of it, and says what to do.

#[cfg(test)]
mod tests;

use serde::Deserialize;
use serde_json::error::Category;

use crate::decide::{Imported, ImportedCheckpoint, ImportedMessage};
use crate::id::CheckpointId;
use crate::model::{Author, Role, Usage, Words};
use crate::name::{self, DESCRIPTION_CHARS, NAME_CHARS};
use crate::refusal::{NameFault, Refusal};
use crate::time::Timestamp;

use super::{FORMAT, VERSION};

/// Mebibytes of a file at most. It becomes one commit, so it is in memory whole; as many messages as fit are few enough.
const MEBIBYTES: usize = 64;
/// Checkpoints of a file at most.
const CHECKPOINTS: usize = 10_000;

#[derive(Deserialize)]
struct Stamp {
    format: Option<String>,
    version: Option<u64>,
}

#[derive(Deserialize)]
struct FileIn {
    session: SessionIn,
    checkpoints: Vec<CheckpointIn>,
    messages: Vec<MessageIn>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SessionIn {
    title: Option<String>,
    created_at: String,
    usage: Usage,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CheckpointIn {
    position: u64,
    name: String,
    description: Option<String>,
    created_at: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct MessageIn {
    position: u64,
    role: String,
    content: String,
    created_at: String,
    author: Option<Author>,
    usage: Option<Usage>,
    #[serde(default)]
    pinned: bool,
    answers_to: Option<u64>,
}

/// Reads an export. Its checkpoints still need ids of their own.
///
/// # Errors
/// [`Refusal::BadImport`] when it is not what an export is.
pub(crate) fn read(json: &str) -> Result<Imported, Refusal> {
    if json.len() > MEBIBYTES << 20 {
        return Err(bad(format!(
            "it has more than {MEBIBYTES} MiB, the most that can be brought in; take messages off its end, and give what is left"
        )));
    }
    let json = json.strip_prefix('\u{feff}').unwrap_or(json);
    check_stamp(json)?;
    let file: FileIn = serde_json::from_str(json).map_err(|error| unreadable(&error))?;
    let count = file.messages.len();
    let session = "the session";
    Ok(Imported {
        created_at: time(&file.session.created_at, session)?,
        title: file
            .session
            .title
            .map(|title| named(&title, session, "title", NAME_CHARS))
            .transpose()?,
        usage: file.session.usage,
        messages: (1..).zip(file.messages).map(read_message).collect::<Result<_, _>>()?,
        checkpoints: read_checkpoints(file.checkpoints, count)?,
    })
}

fn check_stamp(json: &str) -> Result<(), Refusal> {
    let other = "it is no session export; give the file that an export as JSON made";
    let stamp: Stamp = match serde_json::from_str(json) {
        Ok(stamp) => stamp,
        Err(error) if error.classify() == Category::Data => return Err(bad(other)),
        Err(error) => return Err(unreadable(&error)),
    };
    match (stamp.format.as_deref(), stamp.version) {
        (Some(FORMAT), Some(VERSION)) => Ok(()),
        (Some(FORMAT), Some(version)) if version > VERSION => Err(bad(format!(
            "it is of version {version}, and only version {VERSION} is known here; update this program, then try again"
        ))),
        (Some(FORMAT), _) => Err(bad(format!(
            "it does not say which version it is; \"version\" should be {VERSION}"
        ))),
        (Some(_) | None, _) => Err(bad(other)),
    }
}

fn read_message((expected, found): (u64, MessageIn)) -> Result<ImportedMessage, Refusal> {
    let what = format!("message {expected}");
    if found.position != expected {
        return Err(bad(format!(
            "{what} says that it is at position {}; messages should be numbered 1, 2, 3 and so on",
            found.position
        )));
    }
    let role = match found.role.as_str() {
        "user" => Role::User,
        "assistant" => Role::Assistant,
        "system" => Role::System,
        _ => {
            return Err(bad(format!(
                "the role of {what} is not known; it should be user, assistant or system"
            )));
        }
    };
    if found.answers_to.is_some_and(|question| !(1..expected).contains(&question)) {
        return Err(bad(format!("{what} should answer one before it; correct its answersTo")));
    }
    let words = Words {
        role,
        content: found.content,
        author: found.author,
        usage: found.usage,
        answers_to: found.answers_to,
    };
    Ok(ImportedMessage { words, created_at: time(&found.created_at, &what)?, pinned: found.pinned })
}

fn read_checkpoints(
    found: Vec<CheckpointIn>,
    messages: usize,
) -> Result<Vec<ImportedCheckpoint>, Refusal> {
    if found.len() > CHECKPOINTS {
        return Err(bad(format!(
            "it has {} checkpoints, and at most {CHECKPOINTS} can be brought in; take some out",
            found.len()
        )));
    }
    let read = |(at, found): (u64, CheckpointIn)| {
        let what = format!("checkpoint {at}");
        if !usize::try_from(found.position).is_ok_and(|position| position <= messages) {
            return Err(bad(format!(
                "{what} is after message {}, and there are only {messages}; correct its position or take it out",
                found.position
            )));
        }
        Ok(ImportedCheckpoint {
            id: CheckpointId::new([0; 16]),
            position: found.position,
            name: named(&found.name, &what, "name", NAME_CHARS)?,
            description: found
                .description
                .map(|text| named(&text, &what, "description", DESCRIPTION_CHARS))
                .transpose()?,
            created_at: time(&found.created_at, &what)?,
        })
    };
    (1..).zip(found).map(read).collect()
}

fn time(text: &str, what: &str) -> Result<Timestamp, Refusal> {
    Timestamp::parse_rfc3339(text).ok_or_else(|| {
        bad(format!("createdAt of {what} is no time; it should be like 2026-11-22T18:03:11.000Z"))
    })
}

fn named(text: &str, of: &str, what: &'static str, limit: usize) -> Result<String, Refusal> {
    let why = match name::check(text, what, limit) {
        Ok(name) => return Ok(name),
        Err(Refusal::BadName { why, .. }) => why,
        Err(other) => return Err(other),
    };
    Err(bad(match why {
        NameFault::Empty => format!("the {what} of {of} is empty; give it one"),
        NameFault::TooLong(limit) => {
            format!("the {what} of {of} is too long; shorten it to {limit} characters")
        }
        NameFault::BadCharacter => {
            format!("the {what} of {of} has a control or direction-override character; take it out")
        }
    }))
}

/// What is wrong with the text as such. What the parser says of it could quote it, so only the place is told.
fn unreadable(error: &serde_json::Error) -> Refusal {
    let place = format!("at line {}, column {}", error.line(), error.column());
    bad(match error.classify() {
        Category::Eof => {
            "it ends too early, so a part is missing; give the whole file that the export made"
                .to_owned()
        }
        Category::Data => format!(
            "{place} a field is missing or is not of the right kind; give the file that the export made"
        ),
        Category::Syntax | Category::Io => {
            format!("{place} it is no JSON; give the file that the export made")
        }
    })
}

fn bad(why: impl Into<String>) -> Refusal {
    Refusal::BadImport(why.into())
}
