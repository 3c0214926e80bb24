//! What can be seen: by a person in a channel, by the platform in its logs.

use std::fmt::Write;

use serde_json::Value;

use super::message::{Message, MessageId};
use super::place::Place;
use super::request::{self, Request};
use super::world::World;

/// Requests and messages that a failing story shows.
const SHOWN: usize = 25;

/// A message as a person sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct Seen {
    /// Names it.
    pub id: MessageId,
    /// The name of who said it.
    pub author: String,
    /// Whether the bot under test said it.
    pub is_from_bot: bool,
    /// The text as it was sent, with its markdown.
    pub text: String,
    /// Cards with it.
    pub embeds: Vec<Embed>,
    /// Rows of buttons.
    pub buttons: Vec<Vec<Button>>,
    /// Menus.
    pub menus: Vec<Menu>,
    /// Files with it.
    pub documents: Vec<Document>,
    /// What it answers.
    pub reply_to: Option<MessageId>,
    /// Whether one person alone sees it.
    pub is_ephemeral: bool,
    /// Whether it says “… is thinking” yet.
    pub is_thinking: bool,
    /// Whether it was changed since.
    pub is_edited: bool,
    /// Who is called by it: ids of people and roles, `everyone`.
    pub calls: Vec<String>,
    /// Unix time.
    pub date: u64,
}

/// A card.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Embed {
    /// What stands above.
    pub title: String,
    /// The text.
    pub description: String,
    /// Names and values.
    pub fields: Vec<(String, String)>,
    /// What stands below.
    pub footer: String,
}

/// A button.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Button {
    /// What stands on it.
    pub label: String,
    /// What a press sends back, its `custom_id`.
    pub data: String,
    /// Whether it cannot be pressed.
    pub is_disabled: bool,
}

/// A menu to choose from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Menu {
    /// What stands in it as long as nothing is chosen.
    pub placeholder: String,
    /// What a choice sends back, its `custom_id`.
    pub data: String,
    /// What there is.
    pub options: Vec<Choosable>,
    /// How many must be chosen.
    pub least: usize,
    /// How many may be chosen.
    pub most: usize,
    /// Whether nothing can be chosen.
    pub is_disabled: bool,
}

/// What can be chosen in a menu.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choosable {
    /// What is to be read.
    pub label: String,
    /// What is sent back.
    pub value: String,
    /// What stands below.
    pub description: String,
}

/// A completion that the bot offers.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    /// What is to be read.
    pub name: String,
    /// What the option becomes: text or number.
    pub value: Value,
}

/// A file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// Its name.
    pub name: String,
    /// Its bytes.
    pub content: Vec<u8>,
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
    /// All that a person sees in a channel, in order: what is public, and what is for them alone.
    pub(super) fn seen(&self, user: u64, channel: u64) -> Vec<Seen> {
        let place = self.channels.get(&channel).filter(|_| self.may_view(user, channel));
        let messages = place.map(|place| place.messages.as_slice()).unwrap_or_default();
        messages.iter().filter(|it| it.is_seen_by(user)).map(|it| self.see(it)).collect()
    }

    /// All that a person ever could read in a channel.
    pub(super) fn ever_shown(&self, user: u64, channel: u64) -> Vec<String> {
        let place = self.channels.get(&channel).filter(|_| self.may_view(user, channel));
        let messages = place.map(|place| place.messages.as_slice()).unwrap_or_default();
        let ever = |message: &Message| [message.earlier.clone(), message.texts()].concat();
        messages.iter().filter(|message| message.is_for(user)).flat_map(ever).collect()
    }

    pub(super) fn see(&self, message: &Message) -> Seen {
        let known = self.users.get(&message.author).map(|user| user.name.clone());
        let calls = message.mentions.iter().chain(&message.role_mentions).map(u64::to_string);
        let everyone = message.mentions_everyone.then(|| "everyone".to_owned());
        let document = |file: &super::message::File| Document {
            name: file.name.clone(),
            content: file.content.clone(),
        };
        Seen {
            id: MessageId(message.id),
            author: message.webhook.clone().or(known).unwrap_or_default(),
            is_from_bot: message.author == self.bot.id,
            text: message.content.clone(),
            embeds: message.embeds.iter().map(Embed::from_wire).collect(),
            buttons: buttons(&message.components),
            menus: parts(&message.components, 3).map(Menu::from_wire).collect(),
            documents: message.files.iter().map(document).collect(),
            reply_to: message.reply_to.map(MessageId),
            is_ephemeral: message.receiver.is_some(),
            is_thinking: message.is_loading(),
            is_edited: message.edited.is_some(),
            calls: calls.chain(everyone).collect(),
            date: message.at.as_secs(),
        }
    }

    /// All requests so far, in order of arrival.
    #[must_use]
    pub fn requests(&self) -> &[Request] {
        &self.requests
    }

    /// The requests like `POST /channels/*/messages`, where a star stands for one part, in order of arrival.
    pub fn requests_of(&self, like: &str) -> impl Iterator<Item = &Request> {
        self.requests.iter().filter(move |request| request.is(like))
    }

    /// How many answers were 401, 403 or 429.
    #[must_use]
    pub fn invalid_requests(&self) -> usize {
        self.invalid_requests
    }

    /// How many requests wait behind a gate.
    #[must_use]
    pub fn held(&self) -> usize {
        self.held
    }

    /// The commands that are registered everywhere, or in one guild, as on the wire.
    #[must_use]
    pub fn commands(&self, guild: Option<u64>) -> Option<&[Value]> {
        self.commands.get(&guild).map(Vec::as_slice)
    }

    /// Whether the bot is connected to the gateway, with a session.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        self.gateway.is_connected()
    }

    /// What the bot asked to hear when it identified last, as bits.
    #[must_use]
    pub fn intents(&self) -> Option<u64> {
        self.gateway.intents
    }

    /// How often the bot identified.
    #[must_use]
    pub fn identifies(&self) -> u64 {
        self.gateway.identifies
    }

    /// How often the bot tried to resume.
    #[must_use]
    pub fn resumes(&self) -> u64 {
        self.gateway.resumes
    }

    /// How many heartbeats came.
    #[must_use]
    pub fn heartbeats(&self) -> u64 {
        self.gateway.heartbeats
    }

    /// All that the bot said somewhere and that still stands, whoever sees it, in order.
    #[must_use]
    pub fn said_by_bot(&self, place: &Place) -> Vec<Seen> {
        let place = self.channels.get(&place.id);
        let messages = place.map(|place| place.messages.as_slice()).unwrap_or_default();
        let said = messages.iter().filter(|it| it.author == self.bot.id && !it.is_deleted);
        said.map(|message| self.see(message)).collect()
    }

    /// How often the bot showed that it types there.
    #[must_use]
    pub fn typed(&self, place: &Place) -> usize {
        self.typing.iter().filter(|id| **id == place.id).count()
    }

    /// What a failing story shows.
    pub(super) fn shown(&self) -> String {
        let mut shown = String::new();
        let skipped = self.requests.len().saturating_sub(SHOWN);
        for request in self.requests.iter().skip(skipped) {
            let Request { method, path, body, status, .. } = request;
            let _ = writeln!(shown, "  {method} {path} {body} → {status:?}");
        }
        let gateway = &self.gateway;
        let _ = writeln!(
            shown,
            "  gateway: connected {}, identified {} times, resumed {} times",
            gateway.is_connected(),
            gateway.identifies,
            gateway.resumes
        );
        for channel in self.channels.values() {
            let skipped = channel.messages.len().saturating_sub(SHOWN);
            for message in channel.messages.iter().skip(skipped) {
                let Seen { author, text, is_thinking, .. } = self.see(message);
                let deleted = if message.is_deleted { " (deleted)" } else { "" };
                let thinking = if is_thinking { " (thinking)" } else { "" };
                let _ = writeln!(
                    shown,
                    "  {} {} {author}{deleted}{thinking}: {text}",
                    channel.name, message.id
                );
            }
        }
        shown
    }
}

fn read(wire: &Value, name: &str) -> String {
    request::text(wire, name).unwrap_or_default().to_owned()
}

fn buttons(rows: &[Value]) -> Vec<Vec<Button>> {
    let button = |wire: &Value| Button {
        label: read(wire, "label"),
        data: read(wire, "custom_id"),
        is_disabled: request::flag(wire, "disabled"),
    };
    let row = |row: &Value| parts(std::slice::from_ref(row), 2).map(button).collect();
    rows.iter().map(row).filter(|row: &Vec<Button>| !row.is_empty()).collect()
}

/// The parts of rows that are of one type.
fn parts(rows: &[Value], kind: u64) -> impl Iterator<Item = &Value> {
    let parts = rows.iter().flat_map(|row| request::list(row, "components"));
    parts.filter(move |part| request::id(part, "type") == Some(kind))
}

impl Embed {
    fn from_wire(wire: &Value) -> Self {
        let fields = request::list(wire, "fields").iter();
        Self {
            title: read(wire, "title"),
            description: read(wire, "description"),
            fields: fields.map(|field| (read(field, "name"), read(field, "value"))).collect(),
            footer: wire.get("footer").map(|it| read(it, "text")).unwrap_or_default(),
        }
    }
}

impl Menu {
    fn from_wire(wire: &Value) -> Self {
        let option = |wire: &Value| Choosable {
            label: read(wire, "label"),
            value: read(wire, "value"),
            description: read(wire, "description"),
        };
        let count = |name: &str| request::id(wire, name).and_then(|it| usize::try_from(it).ok());
        Self {
            placeholder: read(wire, "placeholder"),
            data: read(wire, "custom_id"),
            options: request::list(wire, "options").iter().map(option).collect(),
            least: count("min_values").unwrap_or(1),
            most: count("max_values").unwrap_or(1),
            is_disabled: request::flag(wire, "disabled"),
        }
    }
}
