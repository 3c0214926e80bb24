//! Something to be said: text, a reply, files.

use super::message::MessageId;

/// Something that a person says, to be said by [`Seat::sends`](super::Seat::sends).
#[derive(Debug, Clone)]
pub struct Post {
    pub(super) text: String,
    pub(super) reply_to: Option<MessageId>,
    /// Whether the author of what is answered is called.
    pub(super) calls: bool,
    pub(super) files: Vec<(String, String, Vec<u8>)>,
}

impl Post {
    /// Text as it goes over the wire: a mention is `<@1>`, see [`Person::mention`](super::Person::mention).
    #[must_use]
    pub fn text(text: &str) -> Self {
        Self { text: text.to_owned(), reply_to: None, calls: true, files: Vec::new() }
    }

    /// It answers that message, and calls its author.
    #[must_use]
    pub fn replying(mut self, to: MessageId) -> Self {
        self.reply_to = Some(to);
        self
    }

    /// The author of what is answered is not called.
    #[must_use]
    pub fn silently(mut self) -> Self {
        self.calls = false;
        self
    }

    /// With a file.
    #[must_use]
    pub fn with_file(mut self, name: &str, kind: &str, content: &[u8]) -> Self {
        self.files.push((name.to_owned(), kind.to_owned(), content.to_vec()));
        self
    }
}
