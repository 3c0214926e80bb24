//! Answers as data. A channel renders them; nothing here knows how.

use serde::{Deserialize, Serialize};
use sessions::export::ExportFormat;
use sessions::id::SessionId;
use sessions::model::Head;

use crate::incoming::Incoming;

/// Where an answer goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Address {
    /// The channel.
    pub channel: String,
    /// The bot's login on it.
    pub account: String,
    /// The chat.
    pub chat: String,
    /// The thread within it.
    pub thread: Option<String>,
    /// Whether it is a direct chat.
    pub direct: bool,
    /// The channel's id of the person who is answered.
    pub peer: String,
    /// What the adapter gave with the event that is answered.
    pub ticket: Option<String>,
}

impl Address {
    pub(crate) fn of(incoming: &Incoming) -> Self {
        Self {
            channel: incoming.channel.clone(),
            account: incoming.account.clone(),
            chat: incoming.chat.clone(),
            thread: incoming.thread.clone(),
            direct: incoming.direct,
            peer: incoming.peer.id.clone(),
            ticket: incoming.ticket.clone(),
        }
    }
}

/// Something to press.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Button {
    /// What it says.
    pub label: String,
    /// What a press sends back: at most 64 bytes.
    pub data: String,
}

/// A file that is made when it is sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileRef {
    /// Its name.
    pub name: String,
    /// The session it exports.
    pub session: SessionId,
    /// The end that the session had when the export was asked for.
    pub head: Head,
    /// The form.
    #[serde(with = "format")]
    pub format: ExportFormat,
}

/// How the lines of an answer belong together, for channels that show more than lines.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Shape {
    /// They are words.
    #[default]
    Words,
    /// A card: the first line says what of, each after it is `name: value`.
    Card,
    /// Lists: each begins with a line that ends with a colon.
    List,
}

/// One answer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reply {
    /// What it says.
    pub text: String,
    /// How its lines belong together.
    pub shape: Shape,
    /// What can be pressed.
    pub buttons: Vec<Button>,
    /// A file with it.
    pub file: Option<FileRef>,
    /// Whether it is for the eyes of the person alone who is answered.
    pub private: bool,
    /// Whether it may take the place of the message whose button was pressed.
    pub in_place: bool,
}

impl Reply {
    pub(crate) fn text(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }

    pub(crate) fn shaped(self, shape: Shape) -> Self {
        Self { shape, ..self }
    }

    pub(crate) fn with(mut self, button: Button) -> Self {
        self.buttons.push(button);
        self
    }

    pub(crate) fn with_all(mut self, buttons: impl IntoIterator<Item = Button>) -> Self {
        self.buttons.extend(buttons);
        self
    }
}

/// An export's form as a word.
mod format {
    use serde::{Deserialize, Deserializer, Serializer};
    use sessions::export::ExportFormat;

    pub(super) fn serialize<S: Serializer>(
        format: &ExportFormat,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.serialize_u8(match format {
            ExportFormat::Markdown { metadata: true } => 0,
            ExportFormat::Markdown { metadata: false } => 1,
            ExportFormat::Json => 2,
            ExportFormat::Text => 3,
        })
    }

    pub(super) fn deserialize<'a, D: Deserializer<'a>>(from: D) -> Result<ExportFormat, D::Error> {
        Ok(match u8::deserialize(from)? {
            0 => ExportFormat::Markdown { metadata: true },
            1 => ExportFormat::Markdown { metadata: false },
            2 => ExportFormat::Json,
            3 => ExportFormat::Text,
            other => return Err(serde::de::Error::custom(format!("no export format {other}"))),
        })
    }
}
