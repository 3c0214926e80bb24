//! What people do, done to the world: a message said, edited, deleted, a thread opened, something asked of the bot; and
//! what the bot hears of it.

use std::time::Instant;

use serde_json::{Map, Value, json};

use super::channel::{Channel, Kind as Place};
use super::interaction::{Kind, State};
use super::mention::{self, Allowed};
use super::message::{File, Message, MessageId, REPLY, THREAD_CREATED};
use super::post::Post;
use super::world::World;

/// Who speaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Speaker {
    /// A person, or another bot.
    User(u64),
    /// A webhook, under its name.
    Webhook(u64, String),
}

/// Something that a person asks of the bot by the client.
#[derive(Debug)]
pub(super) struct Question {
    pub(super) kind: Kind,
    pub(super) name: String,
    pub(super) person: u64,
    pub(super) channel: u64,
    pub(super) pressed: Option<u64>,
    pub(super) data: Value,
}

/// Says something in a channel or thread; the bot hears it, if it may.
pub(super) fn say(world: &mut World, who: &Speaker, channel: u64, post: &Post) -> MessageId {
    let id = world.clock.next_id();
    say_as(world, who, channel, post, id)
}

fn say_as(world: &mut World, who: &Speaker, channel: u64, post: &Post, id: u64) -> MessageId {
    let (author, name) = match who {
        Speaker::User(id) => (*id, None),
        Speaker::Webhook(id, name) => (*id, Some(name.clone())),
    };
    let is_in = name.is_some() || world.may_view(author, channel);
    assert!(is_in, "who speaks in {channel} must see it");
    let mut message = Message::new(id, channel, author, world.clock.now());
    message.webhook = name;
    message.content.clone_from(&post.text);
    message.reply_to = post.reply_to.map(|id| id.0);
    if message.reply_to.is_some() {
        message.kind = REPLY;
    }
    for (name, kind, content) in &post.files {
        let (name, kind, content) = (name.clone(), kind.clone(), content.clone());
        message.files.push(File { id: world.clock.next_id(), name, kind, content });
    }
    mention::write(&mut message, world, &Allowed::all(post.calls));
    let place = world.known(channel);
    place.is_begun = true;
    if place.kind.is_thread() && message.webhook.is_none() {
        place.members.insert(author);
    }
    if place.kind.is_private_thread() && message.mentions.contains(&world.bot.id) {
        invite(world, channel, world.bot.id);
    }
    world.post(message);
    MessageId(id)
}

/// Somebody is in a thread now; the bot hears of it if it is the bot.
pub(super) fn invite(world: &mut World, thread: u64, user: u64) {
    let is_new = world.known(thread).members.insert(user);
    if is_new && user == world.bot.id {
        world.told_of_channel("THREAD_CREATE", thread, false);
    }
}

/// Edits what somebody said; the bot hears of it.
pub(super) fn edit(world: &mut World, channel: u64, id: MessageId, text: &str) {
    let now = world.clock.now();
    let message = world.known(channel).message_mut(id.0).expect("what is edited is there");
    let before = message.texts();
    message.earlier.extend(before);
    text.clone_into(&mut message.content);
    message.edited = Some(now);
    let mut edited = message.clone();
    mention::write(&mut edited, world, &Allowed::all(false));
    if let Some(message) = world.known(channel).message_mut(id.0) {
        *message = edited;
    }
    world.told("MESSAGE_UPDATE", channel, id.0);
}

impl World {
    /// Takes a message away; the bot hears of it.
    pub(super) fn delete(&mut self, channel: u64, id: u64) {
        let message = self.known(channel).message_mut(id).expect("what is deleted is there");
        message.is_deleted = true;
        self.told("MESSAGE_DELETE", channel, id);
    }
}

/// Opens a thread: at a message if one is given, in a forum with a first message.
pub(super) fn open(
    world: &mut World,
    who: u64,
    parent: u64,
    name: &str,
    (kind, at): (Place, Option<MessageId>),
) -> u64 {
    assert!(world.may_view(who, parent), "who opens a thread must see the channel");
    let id = at.map_or_else(|| world.clock.next_id(), |message| message.0);
    let mut thread = Channel::new(id, kind, name, world.clock.now());
    thread.guild = world.known(parent).guild;
    assert!(thread.guild.is_some(), "threads hang on channels of guilds");
    (thread.parent, thread.owner) = (Some(parent), who);
    thread.members.insert(who);
    world.channels.insert(id, thread);
    world.told_of_channel("THREAD_CREATE", id, true);
    if at.is_none() && kind == Place::PublicThread && world.known(parent).kind == Place::Text {
        let note = world.clock.next_id();
        let mut message = Message::new(note, parent, who, world.clock.now());
        (message.kind, message.content) = (THREAD_CREATED, name.to_owned());
        world.post(message);
    }
    id
}

/// Opens a post of a forum: a thread, whose first message has its id.
pub(super) fn open_post(world: &mut World, who: u64, forum: u64, name: &str, post: &Post) -> u64 {
    assert_eq!(world.known(forum).kind, Place::Forum, "posts are made in forums");
    let id = open(world, who, forum, name, (Place::PublicThread, None));
    say_as(world, &Speaker::User(who), id, post, id);
    id
}

/// Asks the bot something; answers the interaction's id.
pub(super) fn ask(world: &mut World, question: Question) -> u64 {
    let Question { kind, name, person, channel, pressed, data } = question;
    world.known(channel).is_begun = true;
    let id = world.clock.next_id();
    let token = format!("aW50ZXJhY3Rpb246{id:x}{:x}", id.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let state = State {
        id,
        token: token.clone(),
        kind,
        name,
        person,
        channel,
        pressed,
        at: world.clock.now(),
        asked: Instant::now(),
        acknowledged: None,
        answered: None,
        original: None,
        followups: Vec::new(),
        offered: Vec::new(),
    };
    let mut wire = to_wire(world, &state, data);
    if let Some(message) = pressed.and_then(|id| world.channels.get(&channel)?.message(id)) {
        // A press shows the bot its own message, ephemeral ones too.
        wire.insert("message".to_owned(), message.to_wire(world, true));
    }
    world.tokens.insert(token, id);
    world.interactions.insert(id, state);
    let wire = Value::Object(wire);
    world.tell("INTERACTION_CREATE", 0, |_, _| wire.clone());
    id
}

fn to_wire(world: &World, state: &State, data: Value) -> Map<String, Value> {
    let State { id, token, kind, person, channel, .. } = state;
    let place = world.channels.get(channel).expect("what is asked is asked somewhere");
    let may = |user: u64| world.permissions(user, *channel).0.to_string();
    let mut told = place.to_wire(world);
    if let Some(object) = told.as_object_mut() {
        object.insert("permissions".to_owned(), json!(may(*person)));
    }
    let guild = place.guild.map(|guild| guild.to_string());
    let mut wire = json!({
        "id": id.to_string(), "application_id": world.application.to_string(), "type": *kind as u8,
        "data": data, "channel": told, "channel_id": channel.to_string(), "token": token,
        "version": 1, "app_permissions": may(world.bot.id), "locale": "en-US", "entitlements": [],
        "entitlement_sku_ids": [], "attachment_size_limit": 10_485_760,
        "authorizing_integration_owners": {"0": guild.as_deref().unwrap_or("0")},
        "context": u8::from(guild.is_none()),
    });
    let more = match (place.guild, guild) {
        (Some(id), Some(text)) => {
            let mut member = world.whole_member_to_wire(id, *person).unwrap_or_default();
            if let Some(object) = member.as_object_mut() {
                object.insert("permissions".to_owned(), json!(may(*person)));
            }
            json!({
                "guild_id": text, "guild_locale": "en-US", "member": member,
                "guild": {"id": text, "features": [], "locale": "en-US"},
            })
        }
        _ => json!({"user": world.user_to_wire(*person)}),
    };
    let mut all = wire.as_object_mut().map(std::mem::take).unwrap_or_default();
    all.extend(more.as_object().cloned().unwrap_or_default());
    all
}
