//! What can be seen: by a person in a chat, by the platform in its logs.

use std::fmt::Write;

use serde_json::Value;

use super::message::{Message, MessageId};
use super::place::Place;
use super::request::Request;
use super::world::World;

/// Requests that a failing story shows.
const SHOWN: usize = 25;

/// A message as a person sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct Seen {
    /// Names it in its chat.
    pub id: MessageId,
    /// The first name of who said it.
    pub author: String,
    /// Whether the bot under test said it.
    pub is_from_bot: bool,
    /// The text, or the caption, as it is read.
    pub text: String,
    /// The same as it was sent, with its markup.
    pub html: String,
    /// Rows of buttons.
    pub buttons: Vec<Vec<Button>>,
    /// A file with it, from the bot.
    pub document: Option<Document>,
    /// The topic, or the thread of replies, it stands in.
    pub thread: Option<i64>,
    /// What it answers.
    pub reply_to: Option<MessageId>,
    /// Whether it was changed since.
    pub is_edited: bool,
    /// Unix time.
    pub date: u64,
}

/// A button.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Button {
    /// What stands on it.
    pub label: String,
    /// What a press sends back.
    pub data: String,
}

/// A file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// Its name.
    pub name: String,
    /// Its bytes.
    pub content: Vec<u8>,
}

/// What a person is shown after a press.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// What it says, if anything.
    pub text: Option<String>,
    /// Whether it must be closed by hand.
    pub is_alert: bool,
}

impl Seen {
    /// The button with that label.
    #[must_use]
    pub fn button(&self, label: &str) -> Option<&Button> {
        self.buttons.iter().flatten().find(|button| button.label == label)
    }

    /// What stands on the buttons, in order.
    #[must_use]
    pub fn labels(&self) -> Vec<&str> {
        self.buttons.iter().flatten().map(|button| button.label.as_str()).collect()
    }
}

impl Document {
    /// The content as text.
    ///
    /// # Panics
    /// When it is not UTF-8.
    #[must_use]
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.content).expect("it is text")
    }
}

impl World {
    /// All that a person sees at a place, in order: what is public, and what is for them alone.
    pub(super) fn seen(&self, user: i64, place: &Place) -> Vec<Seen> {
        let Some(chat) = self.chat(place.chat) else { return Vec::new() };
        let visible = chat.messages.iter().filter(|message| message.is_seen_by(user));
        let visible: Vec<_> = visible.collect();
        let replaced: Vec<_> = visible.iter().filter_map(|message| message.replaces).collect();
        let here = visible.into_iter().filter(|message| {
            let is_here = place.thread.is_none() || message.thread == place.thread;
            is_here && !replaced.contains(&message.id)
        });
        here.map(|message| self.see(message)).collect()
    }

    /// All that a person ever could read in a chat: what was edited or deleted since, too, captions, buttons, files.
    pub(super) fn ever_shown(&self, user: i64, place: &Place) -> Vec<String> {
        let messages = self.chat(place.chat).map(|chat| chat.messages.as_slice());
        let mut shown = Vec::new();
        for message in messages.unwrap_or_default().iter().filter(|message| message.is_for(user)) {
            let texts = message.earlier.iter().chain(&message.text);
            shown.extend(texts.map(|text| text.plain.clone()));
            let seen = self.see(message);
            shown.extend(seen.labels().into_iter().map(str::to_owned));
            let file = seen.document.into_iter();
            shown.extend(
                file.flat_map(|it| [it.name, String::from_utf8_lossy(&it.content).into_owned()]),
            );
        }
        shown
    }

    fn see(&self, message: &Message) -> Seen {
        let text = message.text.clone().unwrap_or_default();
        let author = match message.sender_chat.and_then(|id| self.chat(id)) {
            Some(chat) => chat.title.clone(),
            None => self
                .users
                .get(&message.author)
                .map(|user| user.first_name.clone())
                .unwrap_or_default(),
        };
        let sent = message.attached.as_ref().filter(|attached| !attached.name.is_empty());
        let document = sent.map(|attached| Document {
            name: attached.name.clone(),
            content: attached.content.clone(),
        });
        Seen {
            id: message.id,
            author,
            is_from_bot: message.author == self.bot.id,
            text: text.plain,
            html: text.raw,
            buttons: message.markup.as_ref().map(buttons).unwrap_or_default(),
            document,
            thread: message.thread,
            reply_to: message.reply_to,
            is_edited: message.edited.is_some(),
            date: message.date,
        }
    }

    /// All requests so far, in order of arrival.
    #[must_use]
    pub fn requests(&self) -> &[Request] {
        &self.requests
    }

    /// The requests of one method, in order of arrival.
    pub fn requests_of(&self, method: &str) -> impl Iterator<Item = &Request> {
        self.requests.iter().filter(move |request| request.method == method)
    }

    /// How many requests wait behind a gate.
    #[must_use]
    pub fn held(&self) -> usize {
        self.held
    }

    /// How many times updates were polled, by whomever.
    #[must_use]
    pub fn polls(&self) -> u64 {
        self.updates.polls()
    }

    /// The updates that are not confirmed, as on the wire.
    #[must_use]
    pub fn unconfirmed(&self) -> Vec<Value> {
        self.updates.pending().map(super::update::Pending::to_wire).collect()
    }

    /// How many updates are not confirmed.
    #[must_use]
    pub fn unconfirmed_count(&self) -> usize {
        self.updates.pending().len()
    }

    /// All that the bot said in a chat and that still stands, whoever sees it, in order.
    #[must_use]
    pub fn said_by_bot(&self, place: &Place) -> Vec<Seen> {
        let Some(chat) = self.chat(place.chat) else { return Vec::new() };
        let said = chat.messages.iter();
        let said = said.filter(|message| message.author == self.bot.id && !message.is_deleted);
        said.filter(|message| place.thread.is_none() || message.thread == place.thread)
            .map(|message| self.see(message))
            .collect()
    }

    /// The command menu of a scope (`default`, `all_group_chats`, `chat -4001`, …) and language, as on the wire.
    #[must_use]
    pub fn menu(&self, scope: &str, language: &str) -> Option<&[Value]> {
        self.menus.get(&(scope.to_owned(), language.to_owned())).map(Vec::as_slice)
    }

    /// The bot's description in a language.
    #[must_use]
    pub fn description(&self, language: &str) -> Option<&str> {
        self.descriptions.get(&("description", language.to_owned())).map(String::as_str)
    }

    /// The draft that is shown in a private chat, by its id.
    #[must_use]
    pub fn draft_text(&self, place: &Place, id: i64) -> Option<&str> {
        self.drafts.get(&(place.chat, id)).map(String::as_str)
    }

    /// The actions shown in a chat (`typing`, …), in order.
    pub fn actions(&self, place: &Place) -> impl Iterator<Item = &str> {
        let chat = place.chat;
        self.actions.iter().filter(move |action| action.0 == chat).map(|action| action.2.as_str())
    }

    /// What a failing story shows.
    pub(super) fn shown(&self) -> String {
        let mut shown = String::new();
        let skipped = self.requests.len().saturating_sub(SHOWN);
        for request in self.requests.iter().skip(skipped) {
            let Request { method, params, status, .. } = request;
            let params = Value::Object(params.clone());
            let _ = writeln!(shown, "  {method} {params} → {status:?}");
        }
        for update in self.updates.pending().take(SHOWN) {
            let _ = writeln!(shown, "  unconfirmed: {}", update.to_wire());
        }
        for chat in self.chats.values() {
            let skipped = chat.messages.len().saturating_sub(SHOWN);
            for message in chat.messages.iter().skip(skipped) {
                let Seen { id, author, text, .. } = self.see(message);
                let deleted = if message.is_deleted { " (deleted)" } else { "" };
                let _ = writeln!(shown, "  {} {id:?} {author}{deleted}: {text}", chat.id);
            }
        }
        shown
    }
}

fn buttons(markup: &Value) -> Vec<Vec<Button>> {
    let rows = markup.get("inline_keyboard").and_then(Value::as_array);
    let text = |button: &Value, field| {
        button.get(field).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let button =
        |wire: &Value| Button { label: text(wire, "text"), data: text(wire, "callback_data") };
    rows.into_iter()
        .flatten()
        .filter_map(Value::as_array)
        .map(|row| row.iter().map(button).collect())
        .collect()
}
