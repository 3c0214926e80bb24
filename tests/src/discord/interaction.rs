//! An interaction as the platform keeps it: asked by a person, to be acknowledged within 3 seconds, answered through its
//! token for 15 minutes.
//!
//! Invariant: it is acknowledged at most once.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::body::Body;
use super::message::{COMMAND_RESPONSE, Cause, EPHEMERAL, LOADING, Message, REPLY};
use super::refusal::Refusal;
use super::request::{self, Call};
use super::see::Choice;
use super::world::World;

/// How long an interaction waits for its first answer.
const PATIENCE: Duration = Duration::from_secs(3);
/// How long its token is good.
const LIFE: Duration = Duration::from_secs(15 * 60);

/// What kind of interaction it is; the numbers are those of the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Command = 2,
    Component = 3,
    Autocomplete = 4,
}

/// How a bot acknowledged an interaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Acknowledged {
    /// With a message at once.
    Message,
    /// With “… is thinking”: a message follows.
    Deferred,
    /// With nothing to be seen: the message that was pressed may change.
    DeferredUpdate,
    /// With a change of the message that was pressed.
    Updated,
    /// With completions.
    Completed,
}

/// An interaction.
#[derive(Debug)]
pub(super) struct State {
    pub(super) id: u64,
    pub(super) token: String,
    pub(super) kind: Kind,
    /// The command with its subcommands, or the id of what was pressed.
    pub(super) name: String,
    pub(super) person: u64,
    pub(super) channel: u64,
    pub(super) pressed: Option<u64>,
    /// When it was asked, by the platform's clock and by the machine's.
    pub(super) at: Duration,
    pub(super) asked: Instant,
    pub(super) acknowledged: Option<(Acknowledged, Instant)>,
    pub(super) answered: Option<Instant>,
    /// The message that is its answer.
    pub(super) original: Option<u64>,
    pub(super) followups: Vec<u64>,
    pub(super) offered: Vec<Choice>,
}

impl State {
    fn cause(&self) -> Cause {
        let (kind, name) = (self.kind as u8, self.name.clone());
        Cause { id: self.id, kind, name, person: self.person, pressed: self.pressed }
    }

    fn is_message(&self) -> bool {
        let how = self.acknowledged.map(|(how, _)| how);
        matches!(how, Some(Acknowledged::Message | Acknowledged::Deferred))
    }
}

impl World {
    /// `POST /interactions/{id}/{token}/callback`.
    pub(super) fn acknowledge(
        &mut self,
        id: u64,
        token: &str,
        call: &Call,
    ) -> Result<Value, Refusal> {
        let now = self.clock.now();
        let state = self.interactions.get(&id).filter(|state| state.token == token);
        let state = state.ok_or_else(unknown_interaction)?;
        if state.acknowledged.is_some() {
            let words = "Interaction has already been acknowledged.";
            return Err(Refusal::new(400, 40_060, words));
        }
        if now > state.at + PATIENCE {
            return Err(unknown_interaction());
        }
        let (kind, number) = (state.kind, request::id(&call.body, "type"));
        let is_press = kind == Kind::Component;
        let how = match (number, kind) {
            (Some(4), Kind::Command | Kind::Component) => Acknowledged::Message,
            (Some(5), Kind::Command | Kind::Component) => Acknowledged::Deferred,
            (Some(6), _) if is_press => Acknowledged::DeferredUpdate,
            (Some(7), _) if is_press => Acknowledged::Updated,
            (Some(8), Kind::Autocomplete) => Acknowledged::Completed,
            _ => {
                let words = "This kind of answer is not possible here.";
                return Err(Refusal::form("type", "INTERACTION_RESPONSE_TYPE_INVALID", words));
            }
        };
        let answered = self.acknowledged(id, how, call)?;
        if let Some(state) = self.interactions.get_mut(&id) {
            let at = Instant::now();
            state.acknowledged = Some((how, at));
            let is_over = !matches!(how, Acknowledged::Deferred | Acknowledged::DeferredUpdate);
            state.answered = is_over.then_some(at);
            state.original = answered;
        }
        Ok(self.callback_to_wire(id, number.unwrap_or_default()))
    }

    /// Does what an acknowledgement says; answers the message that it made or changed.
    fn acknowledged(
        &mut self,
        id: u64,
        how: Acknowledged,
        call: &Call,
    ) -> Result<Option<u64>, Refusal> {
        let body = Body::data_of(call);
        let Some(state) = self.interactions.get(&id) else { return Ok(None) };
        match how {
            Acknowledged::Message => {
                let mut message = self.respond(id, body.is_ephemeral());
                body.write(&mut message, self)?;
                let made = message.id;
                self.post(message);
                Ok(Some(made))
            }
            Acknowledged::Deferred => {
                let mut message = self.respond(id, body.is_ephemeral());
                message.flags |= LOADING;
                let made = message.id;
                self.post(message);
                Ok(Some(made))
            }
            Acknowledged::DeferredUpdate => Ok(state.pressed),
            Acknowledged::Updated => {
                let (channel, pressed) = (state.channel, state.pressed.unwrap_or_default());
                self.rewrite(channel, pressed, &body)?;
                Ok(Some(pressed))
            }
            Acknowledged::Completed => {
                let offered = choices(body.value)?;
                self.interactions.entry(id).and_modify(|state| state.offered = offered);
                Ok(None)
            }
        }
    }

    /// An empty message in answer to an interaction.
    fn respond(&mut self, id: u64, is_ephemeral: bool) -> Message {
        let (made, at) = (self.clock.next_id(), self.clock.now());
        let state = self.interactions.get(&id).expect("what is answered was asked");
        let mut message = Message::new(made, state.channel, self.bot.id, at);
        message.interaction = Some(state.cause());
        message.kind = if state.pressed.is_some() { REPLY } else { COMMAND_RESPONSE };
        message.reply_to = state.pressed;
        if is_ephemeral {
            message.flags |= EPHEMERAL;
            message.receiver = Some(state.person);
        }
        message
    }

    /// Changes a message; what it showed is remembered.
    pub(super) fn rewrite(&mut self, channel: u64, id: u64, body: &Body) -> Result<(), Refusal> {
        let place = self.channels.get(&channel);
        let message = place.and_then(|place| place.message(id));
        let message = message.filter(|message| !message.is_deleted).cloned();
        let mut message = message.ok_or_else(|| Refusal::unknown(10_008, "Message"))?;
        let (was_loading, before) = (message.is_loading(), message.texts());
        body.write(&mut message, self)?;
        message.flags &= !LOADING;
        if !was_loading {
            message.earlier.extend(before);
            message.edited = Some(self.clock.now());
        }
        if let Some(place) = self.known(channel).message_mut(id) {
            *place = message;
        }
        self.told("MESSAGE_UPDATE", channel, id);
        Ok(())
    }

    fn callback_to_wire(&self, id: u64, number: u64) -> Value {
        let Some(state) = self.interactions.get(&id) else { return Value::Null };
        let mut interaction = json!({
            "id": id.to_string(), "type": state.kind as u8, "channel_id": state.channel.to_string(),
        });
        let place = self.channels.get(&state.channel);
        let message = state.original.and_then(|id| place?.message(id));
        let mut wire = json!({});
        if let (Some(message), Some(object)) = (message, interaction.as_object_mut()) {
            object.insert("response_message_id".to_owned(), json!(message.id.to_string()));
            object.insert("response_message_loading".to_owned(), json!(message.is_loading()));
            let is_ephemeral = message.receiver.is_some();
            object.insert("response_message_ephemeral".to_owned(), json!(is_ephemeral));
            if let Some(wire) = wire.as_object_mut() {
                let message = message.to_wire(self, true);
                wire.insert("resource".to_owned(), json!({"type": number, "message": message}));
            }
        }
        if let Some(wire) = wire.as_object_mut() {
            wire.insert("interaction".to_owned(), interaction);
        }
        wire
    }

    /// The interaction of a token that is still good.
    pub(super) fn alive(&self, application: u64, token: &str) -> Result<&State, Refusal> {
        let known = self.tokens.get(token).and_then(|id| self.interactions.get(id));
        let known = known.filter(|_| application == self.application);
        let state = known.ok_or_else(unknown_webhook)?;
        if self.clock.now() > state.at + LIFE {
            return Err(Refusal::new(401, 50_027, "Invalid Webhook Token"));
        }
        state.acknowledged.map(|_| state).ok_or_else(unknown_webhook)
    }

    /// `POST /webhooks/{application}/{token}`: another message; in place of a deferred one, if that still waits.
    pub(super) fn follow_up(&mut self, id: u64, call: &Call) -> Result<u64, Refusal> {
        let Some(state) = self.interactions.get(&id) else { return Err(unknown_webhook()) };
        let (channel, original, is_message) = (state.channel, state.original, state.is_message());
        let place = self.channels.get(&channel);
        let waits = original.and_then(|id| place?.message(id)).filter(|it| it.is_loading());
        if let Some(waiting) = waits.map(|message| message.id) {
            self.rewrite(channel, waiting, &Body::of(call))?;
            self.answered(id);
            return Ok(waiting);
        }
        let body = Body::of(call);
        let mut message = self.respond(id, body.is_ephemeral());
        message.kind = REPLY;
        message.reply_to = original.filter(|_| is_message).or(message.reply_to);
        body.write(&mut message, self)?;
        let made = message.id;
        self.post(message);
        self.answered(id);
        self.interactions.entry(id).and_modify(|state| state.followups.push(made));
        Ok(made)
    }

    /// It has an answer now, if it had none.
    pub(super) fn answered(&mut self, id: u64) {
        let now = Instant::now();
        self.interactions.entry(id).and_modify(|state| {
            state.answered.get_or_insert(now);
        });
    }
}

fn unknown_interaction() -> Refusal {
    Refusal::unknown(10_062, "interaction")
}

fn unknown_webhook() -> Refusal {
    Refusal::unknown(10_015, "Webhook")
}

/// The completions that a bot offers.
fn choices(data: &Value) -> Result<Vec<Choice>, Refusal> {
    let choices = request::list(data, "choices");
    if choices.len() > 25 {
        return Err(Refusal::too_long("data.choices", 25));
    }
    let choices = choices.iter().enumerate().map(|(at, choice)| {
        let name = request::text(choice, "name").unwrap_or_default();
        if !(1..=100).contains(&name.chars().count()) {
            return Err(Refusal::bad_length(&format!("data.choices.{at}.name"), 1, 100));
        }
        let value = choice.get("value").cloned().unwrap_or_default();
        if value.is_null() || value.as_str().is_some_and(|text| text.chars().count() > 100) {
            return Err(Refusal::bad_length(&format!("data.choices.{at}.value"), 1, 100));
        }
        Ok(Choice { name: name.to_owned(), value })
    });
    choices.collect()
}
