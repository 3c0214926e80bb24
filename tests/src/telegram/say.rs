//! What people do, done to the world: a message said, edited, a button pressed; and what the bot hears of it.

use serde_json::{Value, json};

use super::chat::{Chat, Kind};
use super::entity::Text;
use super::message::{Attached, Message, MessageId};
use super::post::{Origin, Post};
use super::user::{ANONYMOUS_ADMINISTRATOR, AUTOMATIC_FORWARDER, CHANNEL_SPEAKER};
use super::world::{Query, World};

/// Who speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Speaker {
    /// A person, or another bot.
    User(i64),
    /// An administrator, as the group.
    Anonymous,
    /// A channel, in a group.
    Channel(i64),
    /// A channel's post, come into its group by itself.
    AutomaticForward(i64),
}

impl Speaker {
    fn user(self) -> i64 {
        match self {
            Self::User(id) => id,
            Self::Anonymous => ANONYMOUS_ADMINISTRATOR,
            Self::Channel(_) => CHANNEL_SPEAKER,
            Self::AutomaticForward(_) => AUTOMATIC_FORWARDER,
        }
    }

    fn chat(self, place: i64) -> Option<i64> {
        match self {
            Self::User(_) => None,
            Self::Anonymous => Some(place),
            Self::Channel(id) | Self::AutomaticForward(id) => Some(id),
        }
    }
}

/// Says something in a chat or topic; the bot hears it, if it may.
pub(super) fn say(
    world: &mut World,
    who: Speaker,
    place: (i64, Option<i64>),
    post: &Post,
) -> MessageId {
    let (chat, thread) = place;
    world.known(chat).is_started = true;
    let message = compose(world, who, chat, thread, post);
    let (id, is_heard) = (message.id, is_heard(world, &message));
    let kind = world.chat(chat).map_or(Kind::Private, |chat| chat.kind);
    let wire = world.post(message);
    let kind = if kind == Kind::Channel { "channel_post" } else { "message" };
    if is_heard {
        world.updates.push(kind, wire, Some(chat), false);
    }
    id
}

fn compose(
    world: &mut World,
    who: Speaker,
    chat: i64,
    thread: Option<i64>,
    post: &Post,
) -> Message {
    let mut message = world.draft(chat, who.user());
    message.sender_chat = who.chat(chat);
    let bot = world.bot.id;
    if post.is_ephemeral && world.is_modern && world.known(chat).is_group() {
        message.id = world.known(chat).next_ephemeral();
        message.receiver = Some(bot);
    }
    message.text = Some(post.text.clone());
    message.attached = post.attachment.clone();
    message.reply_to = post.reply_to;
    message.thread = thread.or_else(|| reply_thread(world.known(chat), post.reply_to));
    let date = world.clock.date();
    let mut put = |name: &str, value: Value| drop(message.more.insert(name.to_owned(), value));
    if let Some(bot) = post.via {
        put("via_bot", world.user_to_wire(bot));
    }
    match post.origin {
        Some(Origin::User(id)) => {
            let user = world.user_to_wire(id);
            put("forward_origin", json!({"type": "user", "date": date, "sender_user": user}));
        }
        Some(Origin::Channel(id)) => put("forward_origin", channel_origin(world, id, date)),
        Some(Origin::Hidden) => {
            let name = "Somebody";
            put(
                "forward_origin",
                json!({"type": "hidden_user", "date": date, "sender_user_name": name}),
            );
        }
        None => {}
    }
    if let Speaker::AutomaticForward(id) = who {
        put("is_automatic_forward", json!(true));
        put("forward_origin", channel_origin(world, id, date));
    }
    message
}

fn channel_origin(world: &World, channel: i64, date: u64) -> Value {
    let chat = world.chat_to_wire(channel);
    json!({"type": "channel", "date": date, "chat": chat, "message_id": 1})
}

/// A reply stands in the topic of what it answers; in a supergroup without topics, in the thread below it.
fn reply_thread(chat: &Chat, reply_to: Option<MessageId>) -> Option<i64> {
    let answered = reply_to.and_then(|id| chat.message(id))?;
    let root = answered.id.public().filter(|_| chat.kind == Kind::Supergroup && !chat.has_topics);
    answered.thread.or(root)
}

/// Whether the bot gets to see a message.
fn is_heard(world: &World, message: &Message) -> bool {
    let Some(chat) = world.chat(message.chat) else { return false };
    let standing = chat.standing(world.bot.id);
    if !standing.is_in() {
        return false;
    }
    if !world.has_privacy_mode || !chat.is_group() || standing.is_administrator() {
        return true;
    }
    let answered = message.reply_to.and_then(|id| chat.message(id));
    let is_reply = answered.is_some_and(|answered| answered.author == world.bot.id);
    let name = format!("@{}", world.bot.username);
    let Some(text) = &message.text else { return is_reply };
    let is_bare = text.says("bot_command", "/") && !text.says("bot_command", "@");
    is_reply
        || message.id.is_ephemeral()
        || is_bare
        || text.says("bot_command", &name)
        || text.says("mention", &name)
}

/// Edits what somebody said; the bot hears of it.
pub(super) fn edit(world: &mut World, chat: i64, id: MessageId, text: Text) {
    let date = world.clock.date();
    let message = world.known(chat).message_mut(id).expect("what is edited is there");
    message.reword(text, date);
    let edited = message.clone();
    if is_heard(world, &edited) {
        let kind = world.chat(chat).map(|chat| chat.kind);
        let name =
            if kind == Some(Kind::Channel) { "edited_channel_post" } else { "edited_message" };
        world.updates.push(name, edited.to_wire(world), Some(chat), false);
    }
}

/// Presses a button that sends that data; answers the query's id.
pub(super) fn press(
    world: &mut World,
    person: i64,
    chat: i64,
    id: MessageId,
    data: &str,
) -> String {
    let query = format!("{}", 4_000_000_000_000_000_000_u64 + world.queries.len() as u64);
    let message = world.known(chat).message(id).expect("what is pressed is there").clone();
    let body = json!({
        "id": query, "from": world.user_to_wire(person), "message": message.to_wire(world),
        "chat_instance": format!("{}", chat.unsigned_abs() ^ 0x5eed), "data": data,
    });
    let at = world.clock.now();
    world.queries.insert(query.clone(), Query { person, chat, message: id, at, answer: None });
    world.updates.push("callback_query", body, Some(chat), false);
    query
}

/// The bot sent something to a chat: whoever takes part in a load says the next line.
pub(super) fn answered(world: &mut World, chat: i64) {
    let meter = world.meter.as_mut();
    let next = meter.and_then(|meter| meter.answered(chat, std::time::Instant::now()));
    if let Some(line) = next {
        say(world, Speaker::User(chat), (chat, None), &Post::text(&line));
    }
}

/// What is attached, without content of its own.
pub(super) fn attachment(field: &'static str, wire: Value) -> Attached {
    Attached { field, wire, name: String::new(), content: Vec::new() }
}
