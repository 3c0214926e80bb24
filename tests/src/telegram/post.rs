//! Something to be said: text, a reply, something attached, a forward.

use serde_json::json;

use super::Person;
use super::entity::Text;
use super::html;
use super::message::{Attached, MessageId};
use super::place::Place;
use super::say::attachment;

/// Something that a person says, to be said by [`Seat::sends`](super::Seat::sends).
#[derive(Debug, Clone)]
pub struct Post {
    pub(super) text: Text,
    pub(super) attachment: Option<Attached>,
    pub(super) reply_to: Option<MessageId>,
    pub(super) via: Option<i64>,
    pub(super) origin: Option<Origin>,
    pub(super) is_ephemeral: bool,
}

/// Where a forward comes from.
#[derive(Debug, Clone, Copy)]
pub(super) enum Origin {
    User(i64),
    Channel(i64),
    Hidden,
}

impl Post {
    /// Text as it is typed. Commands, mentions and links become entities, as clients make them.
    #[must_use]
    pub fn text(text: &str) -> Self {
        Self {
            text: Text::typed(text),
            attachment: None,
            reply_to: None,
            via: None,
            origin: None,
            is_ephemeral: false,
        }
    }

    /// Text with formatting, written as Telegram's HTML.
    ///
    /// # Panics
    /// When Telegram would not take it.
    #[must_use]
    pub fn html(text: &str) -> Self {
        let (plain, entities) = html::parse(text).expect("the story's HTML is well formed");
        let text = Text::marked(text, plain, entities);
        Self { text, ..Self::text("") }
    }

    /// It answers that message.
    #[must_use]
    pub fn replying(mut self, to: MessageId) -> Self {
        self.reply_to = Some(to);
        self
    }

    /// The text is the caption of a photo.
    #[must_use]
    pub fn with_photo(self) -> Self {
        let size = |id: &str, side: i64| json!({"file_id": id, "file_unique_id": id, "width": side, "height": side, "file_size": side * 90});
        self.with("photo", json!([size("AgACs", 90), size("AgACx", 800)]))
    }

    /// The text is the caption of a voice message of 7 seconds.
    #[must_use]
    pub fn with_voice(self) -> Self {
        let id = "AwACAgI";
        let voice = json!({
            "file_id": id, "file_unique_id": id, "duration": 7, "mime_type": "audio/ogg",
            "file_size": 4096,
        });
        self.with("voice", voice)
    }

    /// The text is the caption of a document.
    #[must_use]
    pub fn with_document(self, name: &str) -> Self {
        let id = "BQACAgI";
        let document = json!({
            "file_id": id, "file_unique_id": id, "file_name": name,
            "mime_type": "application/octet-stream", "file_size": 4096,
        });
        self.with("document", document)
    }

    /// A sticker; it has no caption.
    #[must_use]
    pub fn sticker(emoji: &str) -> Self {
        let id = "CAACAgI";
        let sticker = json!({
            "file_id": id, "file_unique_id": id, "type": "regular", "width": 512, "height": 512,
            "is_animated": false, "is_video": false, "emoji": emoji, "set_name": "Crabs",
        });
        Self::text("").with("sticker", sticker)
    }

    fn with(mut self, field: &'static str, wire: serde_json::Value) -> Self {
        self.attachment = Some(attachment(field, wire));
        self
    }

    /// It was written with the help of an inline bot.
    #[must_use]
    pub fn via(mut self, bot: &Person) -> Self {
        self.via = Some(bot.id());
        self
    }

    /// It is what somebody else said, forwarded.
    #[must_use]
    pub fn forwarded_from(mut self, person: &Person) -> Self {
        self.origin = Some(Origin::User(person.id()));
        self
    }

    /// It is a channel's post, forwarded.
    #[must_use]
    pub fn forwarded_from_channel(mut self, channel: &Place) -> Self {
        self.origin = Some(Origin::Channel(channel.id()));
        self
    }

    /// It is forwarded from somebody who hides that.
    #[must_use]
    pub fn forwarded_from_somebody(mut self) -> Self {
        self.origin = Some(Origin::Hidden);
        self
    }

    /// The bot alone sees it, in groups; at a server older than that, everybody.
    #[must_use]
    pub fn ephemeral(mut self) -> Self {
        self.is_ephemeral = true;
        self
    }
}
