//! Messages and files put into a chat, with the ways round what a server may refuse in them.

use std::time::Duration;

use bot::{Address, Button, Delivered, Parcel, RenderedFile};
use serde::Serialize;
use serde_json::{Value, json};
use teloxide::payloads::{EditMessageText, SendMessage};
use teloxide::types::{
    ChatId, InlineKeyboardMarkup, LinkPreviewOptions, MessageId, ParseMode, Recipient, ReplyMarkup,
    ThreadId,
};

use super::Delivery;
use super::verdict::{became, is_thread_missing};
use super::wire::Wire;
use crate::api::{CallError, Mishap, Upload};
use crate::render;

/// How long a message may take.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);
/// How long a file may take.
const UPLOAD_PATIENCE: Duration = Duration::from_secs(300);
/// How long it is worth while to say that one is busy.
const BUSY_PATIENCE: Duration = Duration::from_secs(3);
/// What is said where there is nothing to say: Telegram takes no empty message.
const NOTHING: &str = "…";

/// Where something is put.
#[derive(Clone, Copy)]
pub(super) struct Spot {
    pub(super) chat: i64,
    pub(super) thread: Option<i32>,
}

impl Spot {
    /// The place of an address.
    pub(super) fn of(to: &Address) -> Option<Self> {
        let thread = match &to.thread {
            None => None,
            Some(thread) => Some(thread.parse().ok()?),
        };
        Some(Self { chat: to.chat.parse().ok()?, thread })
    }
}

/// A text, formatted, and as it is sent when its formatting is refused.
pub(super) struct Words {
    pub(super) html: String,
    pub(super) plain: String,
}

impl Words {
    /// The bot's own light markup.
    pub(super) fn of(text: &str) -> Self {
        let text = if text.trim().is_empty() { NOTHING } else { text };
        Self { html: render::html(text), plain: text.to_owned() }
    }

    pub(super) fn text(&self, formatted: bool) -> &str {
        if formatted { &self.html } else { &self.plain }
    }
}

/// One message.
pub(super) struct Piece {
    words: Option<Words>,
    file: Option<RenderedFile>,
    buttons: Vec<Button>,
}

impl Piece {
    pub(super) fn of(words: Words) -> Self {
        Self { words: Some(words), file: None, buttons: Vec::new() }
    }

    /// The messages of a parcel: as a rule one; more where its text is longer than it should be.
    pub(super) fn all_of(parcel: Parcel) -> Vec<Self> {
        let Parcel { text, buttons, file, .. } = parcel;
        let is_caption = file.is_some() && render::fits(&text, render::CAPTION);
        let texts = if is_caption { Vec::new() } else { render::chunks(&text) };
        let mut pieces: Vec<Self> = texts.iter().map(|text| Self::of(Words::of(text))).collect();
        if file.is_some() {
            let caption = (is_caption && !text.trim().is_empty()).then(|| Words::of(&text));
            pieces.push(Self { words: caption, file, buttons: Vec::new() });
        } else if pieces.is_empty() {
            pieces.push(Self::of(Words::of(&text)));
        }
        if let Some(last) = pieces.last_mut() {
            last.buttons = buttons;
        }
        pieces
    }
}

/// Why what was to be put is not all there.
pub(super) enum PostError {
    /// Nothing of it is, by this call.
    Call(CallError),
    /// A part of it is: it cannot be put again.
    Halfway,
}

impl PostError {
    pub(super) fn became(&self) -> Delivered {
        match self {
            Self::Call(error) => became(error),
            Self::Halfway => Delivered::Ambiguous,
        }
    }
}

/// What became of an edit.
pub(super) enum Edited {
    /// The message is as it should be.
    Done,
    /// There is no such message any more, or it cannot be changed.
    Impossible,
    /// It may be as it should be.
    Unsure,
    /// It is not.
    Failed(CallError),
}

impl<W: Wire> Delivery<W> {
    /// Puts messages into a chat, one after the other.
    pub(super) async fn post(&self, mut spot: Spot, pieces: Vec<Piece>) -> Result<(), PostError> {
        for (number, piece) in pieces.iter().enumerate() {
            match self.post_piece(&mut spot, piece).await {
                Ok(()) => {}
                Err(error) if number == 0 => return Err(PostError::Call(error)),
                Err(error) => {
                    tracing::warn!(%error, "an answer arrived in part");
                    return Err(PostError::Halfway);
                }
            }
        }
        Ok(())
    }

    /// Puts one message into a chat: unformatted where the formatting is refused, outside a topic that is gone, in the
    /// supergroup that the chat has become.
    async fn post_piece(&self, spot: &mut Spot, piece: &Piece) -> Result<(), CallError> {
        let (mut formatted, mut moved) = (true, false);
        loop {
            let Err(error) = self.try_piece(spot, piece, formatted).await else {
                return Ok(());
            };
            if formatted && error.is_formatting() {
                tracing::warn!(%error, "the formatting of an answer is refused: sent without");
                formatted = false;
            } else if spot.thread.is_some() && is_thread_missing(&error) {
                spot.thread = None;
            } else if let CallError::Refused { migrate_to: Some(to), .. } = error
                && !moved
            {
                *spot = Spot { chat: to, thread: None };
                moved = true;
            } else {
                return Err(error);
            }
        }
    }

    async fn try_piece(
        &self,
        spot: &Spot,
        piece: &Piece,
        formatted: bool,
    ) -> Result<(), CallError> {
        let keyboard = render::keyboard(&piece.buttons);
        let sent = if let Some(file) = &piece.file {
            self.show_busy(spot).await;
            let params = document(spot, piece.words.as_ref(), formatted, keyboard);
            let (name, content) = (file.name.clone(), file.content.clone().into_bytes());
            let file = Upload { field: "document", name, content };
            self.wire.upload("sendDocument", &params, file, UPLOAD_PATIENCE).await
        } else {
            let text = piece.words.as_ref().map_or(NOTHING, |words| words.text(formatted));
            let mut message = SendMessage::new(recipient(spot), text);
            message.message_thread_id = spot.thread.map(|thread| ThreadId(MessageId(thread)));
            message.parse_mode = formatted.then_some(ParseMode::Html);
            message.link_preview_options = Some(no_preview());
            message.reply_markup = keyboard.map(ReplyMarkup::InlineKeyboard);
            self.wire.call("sendMessage", &params(&message)?, PATIENCE).await
        };
        sent.map(drop)
    }

    /// Changes a message.
    pub(super) async fn edit(
        &self,
        spot: &Spot,
        message: i32,
        words: &Words,
        buttons: &[Button],
    ) -> Edited {
        let mut formatted = true;
        loop {
            let text = words.text(formatted);
            let mut edit = EditMessageText::new(recipient(spot), MessageId(message), text);
            edit.parse_mode = formatted.then_some(ParseMode::Html);
            edit.link_preview_options = Some(no_preview());
            edit.reply_markup = render::keyboard(buttons);
            let edited = match params(&edit) {
                Ok(params) => self.wire.call("editMessageText", &params, PATIENCE).await,
                Err(error) => Err(error),
            };
            if formatted && edited.as_ref().is_err_and(CallError::is_formatting) {
                formatted = false;
                continue;
            }
            return edit_became(edited);
        }
    }

    /// Shows that something is on its way. Never matters.
    async fn show_busy(&self, spot: &Spot) {
        if !self.knows.actions() {
            return;
        }
        let action = within(spot, json!({ "chat_id": spot.chat, "action": "typing" }));
        let shown = self.wire.call("sendChatAction", &action, BUSY_PATIENCE).await;
        if shown.is_err_and(|error| error.is_unknown_method()) {
            self.knows.no_actions();
        }
    }
}

/// What the answer to an edit means.
pub(super) fn edit_became(edited: Result<Value, CallError>) -> Edited {
    match edited {
        Ok(_) => Edited::Done,
        Err(error) if error.is_not_modified() => Edited::Done,
        Err(CallError::Unsure(_)) => Edited::Unsure,
        Err(error) if error.is_unknown_method() => Edited::Impossible,
        Err(CallError::Refused { code: 400, .. }) => Edited::Impossible,
        Err(error) => Edited::Failed(error),
    }
}

fn document(
    spot: &Spot,
    caption: Option<&Words>,
    formatted: bool,
    keyboard: Option<InlineKeyboardMarkup>,
) -> Value {
    let mut params = within(spot, json!({ "chat_id": spot.chat }));
    if let Some(caption) = caption {
        set(&mut params, "caption", json!(caption.text(formatted)));
        if formatted {
            set(&mut params, "parse_mode", json!("HTML"));
        }
    }
    if let Some(keyboard) = keyboard {
        set(&mut params, "reply_markup", json!(keyboard));
    }
    params
}

/// The same parameters, in the topic of a place.
pub(super) fn within(spot: &Spot, mut params: Value) -> Value {
    if let Some(thread) = spot.thread {
        set(&mut params, "message_thread_id", json!(thread));
    }
    params
}

/// Sets one parameter more.
pub(super) fn set(params: &mut Value, name: &str, value: Value) {
    if let Some(params) = params.as_object_mut() {
        params.insert(name.to_owned(), value);
    }
}

fn recipient(spot: &Spot) -> Recipient {
    Recipient::Id(ChatId(spot.chat))
}

pub(super) fn no_preview() -> LinkPreviewOptions {
    LinkPreviewOptions {
        is_disabled: true,
        url: None,
        prefer_small_media: false,
        prefer_large_media: false,
        show_above_text: false,
    }
}

fn params(payload: &impl Serialize) -> Result<Value, CallError> {
    serde_json::to_value(payload).map_err(|_| CallError::Unsent(Mishap::Parameters))
}
