//! Messages as Discord takes them.
//!
//! Invariant: every message that is made or changed comes from here, and mentions nobody.

use std::borrow::Cow;

use bot::{Button, Parcel, RenderedFile};
use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::Case;
use crate::api::Upload;
use crate::render;

/// The flag of a message whose links show no pictures of what is behind them.
const SUPPRESS_EMBEDS: u64 = 1 << 2;
/// What is said where there is nothing to say: Discord takes no empty message.
const NOTHING: &str = "…";
/// What a nonce is made of, in bytes: 24 characters of the 25 that it may have.
const NONCE: usize = 18;

/// One message.
pub(super) struct Piece {
    /// Markdown.
    content: String,
    /// A card in the place of that, where one can be shown.
    card: Option<Value>,
    buttons: Vec<Button>,
    file: Option<RenderedFile>,
    /// What it was made of.
    source: Source,
}

/// What a message was made of: which text, which piece of an answer, and which part of that.
#[derive(Clone, Default)]
struct Source {
    text: String,
    chunk: u32,
    part: usize,
}

impl Piece {
    /// A message in markdown as it stands.
    pub(super) fn of_markdown(content: String) -> Self {
        let source = Source { text: content.clone(), ..Source::default() };
        Self { content, card: None, buttons: Vec::new(), file: None, source }
    }

    /// The messages of a parcel: as a rule one; more where its text is longer than it should be.
    pub(super) fn all_of(parcel: Parcel) -> Vec<Self> {
        let Parcel { text, chunk, shape, buttons, file, .. } = parcel;
        let card = render::card(&text, shape).filter(|_| file.is_none());
        let mut texts = render::chunks(&text);
        if texts.is_empty() {
            texts.push(String::new());
        }
        let mut pieces: Vec<Self> = texts
            .iter()
            .enumerate()
            .map(|(part, piece)| {
                let content = render::markdown(piece);
                let source = Source { text: text.clone(), chunk, part };
                Self { content, card: None, buttons: Vec::new(), file: None, source }
            })
            .collect();
        if let Some(last) = pieces.last_mut() {
            last.card = card;
            last.buttons = buttons;
            last.file = file;
        }
        pieces
    }

    /// The same with words in the place of its file.
    pub(super) fn without_file(&self) -> Self {
        let words = "The file is larger than Discord takes. Export a part, or in another form.";
        let content = format!("{}\n{words}", self.content).trim().to_owned();
        // Both together may be too long: then the words about the file are what matters.
        let content = if content.encode_utf16().count() > render::MESSAGE {
            words.to_owned()
        } else {
            content
        };
        let (buttons, source) = (self.buttons.clone(), self.source.clone());
        Self { content, card: None, buttons, file: None, source }
    }

    /// The same as plain text.
    pub(super) fn without_card(&self) -> Self {
        let Self { content, buttons, file, source, .. } = self;
        let (content, buttons, file) = (content.clone(), buttons.clone(), file.clone());
        Self { content, card: None, buttons, file, source: source.clone() }
    }

    pub(super) fn has_card(&self) -> bool {
        self.card.is_some()
    }

    /// Whether a message as Discord gives it back shows this: its card, or its words.
    pub(super) fn is_shown_by(&self, message: &Value) -> bool {
        if let Some(card) = &self.card {
            let shown = message.pointer("/embeds/0");
            return shown.is_some_and(|shown| render::words_of(shown) == render::words_of(card));
        }
        let words = message.get("content").and_then(Value::as_str).unwrap_or_default();
        !words.is_empty() && words.trim_end() == self.content.trim_end()
    }

    pub(super) fn has_file(&self) -> bool {
        self.file.is_some()
    }

    /// The message, with these flags beside its own.
    pub(super) fn body(&self, flags: u64) -> Value {
        let is_empty = self.content.trim().is_empty();
        let content = match (is_empty, &self.file) {
            _ if self.has_card() => "",
            (false, _) => self.content.trim_end(),
            (true, None) => NOTHING,
            (true, Some(_)) => "",
        };
        // A card is an embed, and has no pictures of what links lead to.
        let own = if self.has_card() { 0 } else { SUPPRESS_EMBEDS };
        let mut body = json!({
            "content": content,
            "embeds": self.card.iter().collect::<Vec<_>>(),
            "allowed_mentions": { "parse": [] },
            "components": render::components(&self.buttons),
            "flags": flags | own,
        });
        if let Some(file) = &self.file {
            set(&mut body, "attachments", json!([{ "id": "0", "filename": name(file) }]));
        }
        body
    }

    pub(super) fn upload(&self) -> Option<Upload> {
        let file = self.file.as_ref()?;
        let content = file.content.clone().into_bytes();
        Some(Upload { name: name(file).into_owned(), content })
    }

    /// What Discord knows a message by that comes again: the event that it answers, which piece of the answer it is, the
    /// channel, and what it says.
    pub(super) fn nonce(&self, case: &Case<'_>, channel: &str) -> String {
        let Source { text, chunk, part } = &self.source;
        let number = format!("{chunk}.{part}");
        let file = self.file.as_ref().map_or("", |file| file.name.as_str());
        let ticket = case.to.ticket.as_deref().unwrap_or_default();
        let parts = [&case.to.account, &case.to.peer, ticket, channel, text, &number, file];
        let mut hash = Sha256::new();
        for part in parts {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        let hash: Vec<u8> = hash.finalize().iter().copied().take(NONCE).collect();
        BASE64URL_NOPAD.encode(&hash)
    }
}

/// A name that the file has in every client.
fn name(file: &RenderedFile) -> Cow<'_, str> {
    if file.name.trim().is_empty() {
        Cow::Borrowed("session.txt")
    } else {
        Cow::Borrowed(&file.name)
    }
}

/// Sets one field more.
pub(super) fn set(body: &mut Value, name: &str, value: Value) {
    if let Some(body) = body.as_object_mut() {
        body.insert(name.to_owned(), value);
    }
}
