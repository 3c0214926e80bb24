//! Where a send goes: chat, topic, the message it answers, and whether one person alone sees it.

use std::time::Duration;

use serde_json::Value;

use crate::telegram::chat::Chat;
use crate::telegram::message::{Message, MessageId};
use crate::telegram::refusal::Refusal;
use crate::telegram::request::{Params, number};
use crate::telegram::world::World;

/// How long an ephemeral message or a press may be answered.
const ANSWERABLE: Duration = Duration::from_secs(15);

/// Where a send goes.
pub(super) struct Target {
    chat: i64,
    thread: Option<i64>,
    reply_to: Option<MessageId>,
    ephemeral: Option<Ephemeral>,
}

struct Ephemeral {
    receiver: i64,
    replaces: Option<MessageId>,
}

/// The chat that a request names, by number or by `@name`.
pub(super) fn chat_id(world: &World, params: &Params) -> Result<i64, Refusal> {
    if let Some(id) = params.number("chat_id") {
        return Ok(id);
    }
    let name = params.text("chat_id").filter(|name| !name.is_empty());
    let name = name.ok_or_else(|| Refusal::bad("chat_id is empty"))?;
    let is_called = |chat: &&Chat| {
        let called = chat.username.as_deref().filter(|_| chat.is_group());
        called.is_some_and(|called| name.strip_prefix('@') == Some(called))
    };
    let found = world.chats.values().find(is_called).map(|chat| chat.id);
    found.ok_or_else(|| Refusal::bad("chat not found"))
}

/// Counts a send or an edit against the limits.
pub(super) fn admit(world: &mut World, chat: i64) -> Result<(), Refusal> {
    let is_group = world.chat(chat).is_some_and(Chat::is_group);
    let Some(limiter) = &mut world.limiter else { return Ok(()) };
    limiter.admit(chat, is_group, std::time::Instant::now()).map_err(Refusal::too_many)
}

impl Target {
    /// Reads it, and refuses what the bot may not do.
    pub(super) fn read(world: &World, params: &Params) -> Result<Self, Refusal> {
        let chat = world.writable(chat_id(world, params)?)?;
        let reply = params.json("reply_parameters").unwrap_or_default();
        let ephemeral =
            if world.is_modern { ephemeral(world, chat, params, &reply)? } else { None };
        let reply_to = reply_to(world, chat, params, &reply)?;
        let answered = reply_to.and_then(|id| chat.message(id)?.thread);
        let answered = answered.filter(|thread| chat.topics.contains_key(thread));
        let thread = thread(world, chat, params)?.or(answered);
        Ok(Self { chat: chat.id, thread, reply_to, ephemeral })
    }

    pub(super) fn chat(&self) -> i64 {
        self.chat
    }

    /// Posts a message of the bot's there.
    pub(super) fn post(self, world: &mut World, fill: impl FnOnce(&mut Message)) -> Value {
        let (bot, date) = (world.bot.id, world.clock.date());
        let chat = world.known(self.chat);
        let id = match self.ephemeral {
            Some(_) => chat.next_ephemeral(),
            None => chat.next_public(),
        };
        let mut message = Message::new(id, self.chat, bot, date);
        (message.thread, message.reply_to) = (self.thread, self.reply_to);
        message.receiver = self.ephemeral.as_ref().map(|ephemeral| ephemeral.receiver);
        message.replaces = self.ephemeral.and_then(|ephemeral| ephemeral.replaces);
        fill(&mut message);
        world.post(message)
    }
}

fn thread(world: &World, chat: &Chat, params: &Params) -> Result<Option<i64>, Refusal> {
    let is_private = chat.kind == crate::telegram::chat::Kind::Private;
    let asked = params.number("message_thread_id").filter(|_| world.is_modern || !is_private);
    match asked {
        Some(id) if !chat.topics.contains_key(&id) => Err(Refusal::bad("message thread not found")),
        asked => Ok(asked),
    }
}

fn reply_to(
    world: &World,
    chat: &Chat,
    params: &Params,
    reply: &Value,
) -> Result<Option<MessageId>, Refusal> {
    let public = reply.get("message_id").and_then(number);
    let public = public.or_else(|| params.number("reply_to_message_id")).map(MessageId::Public);
    let ephemeral = reply.get("ephemeral_message_id").and_then(number).filter(|_| world.is_modern);
    let Some(asked) = public.or(ephemeral.map(MessageId::Ephemeral)) else { return Ok(None) };
    let may_miss = reply.get("allow_sending_without_reply").and_then(Value::as_bool);
    let may_miss = may_miss.unwrap_or(false) || params.flag("allow_sending_without_reply");
    match chat.message(asked) {
        Some(_) => Ok(Some(asked)),
        None if may_miss => Ok(None),
        None => Err(Refusal::bad("message to be replied not found")),
    }
}

/// Whether it is for one person alone, and whether the bot may do that now.
fn ephemeral(
    world: &World,
    chat: &Chat,
    params: &Params,
    reply: &Value,
) -> Result<Option<Ephemeral>, Refusal> {
    let own = params.json("ephemeral_message_parameters").unwrap_or_default();
    let asked = own.get("receiver_user_id").and_then(number);
    let answered = reply.get("ephemeral_message_id").and_then(number).map(MessageId::Ephemeral);
    let Some(receiver) = asked.or_else(|| params.number("receiver_user_id")) else {
        let words = "a reply to an ephemeral message must be an ephemeral message";
        return if answered.is_some() { Err(Refusal::bad(words)) } else { Ok(None) };
    };
    if !chat.is_group() {
        return Err(Refusal::bad("ephemeral messages can be sent only in groups and supergroups"));
    }
    if !chat.standing(receiver).is_in() {
        return Err(Refusal::bad("USER_NOT_PARTICIPANT"));
    }
    let now = world.clock.now();
    let query = own.get("callback_query_id").and_then(Value::as_str).map(str::to_owned);
    let query = query.or_else(|| params.text("callback_query_id"));
    let query = query.and_then(|id| world.queries.get(&id)).filter(|query| {
        query.person == receiver && query.chat == chat.id && now < query.at + ANSWERABLE
    });
    let is_fresh = |message: &Message| {
        let sent = Duration::from_secs(message.date);
        message.author == receiver && now < sent + ANSWERABLE
    };
    let answers = answered.and_then(|id| chat.message(id)).is_some_and(is_fresh);
    let may = chat.standing(world.bot.id).is_administrator() || query.is_some() || answers;
    if !may {
        return Err(Refusal::bad("ephemeral message can't be sent: there is nothing to answer"));
    }
    let takes_place = own.get("replace_callback_query_message").and_then(Value::as_bool);
    let replaces = query.filter(|_| takes_place == Some(true)).map(|query| query.message);
    if replaces.is_some_and(MessageId::is_ephemeral) {
        return Err(Refusal::bad("an ephemeral message can't be replaced; edit it"));
    }
    Ok(Some(Ephemeral { receiver, replaces }))
}
