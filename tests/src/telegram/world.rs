//! All that the platform knows. Stories look at it through [`World`]'s public methods (`see.rs`); methods of the Bot API
//! and people change it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::chat::{Chat, Kind, Standing};
use super::clock::Clock;
use super::fault::Faults;
use super::limit::Limiter;
use super::message::{Message, MessageId};
use super::meter::Meter;
use super::refusal::Refusal;
use super::request::Request;
use super::update::Updates;
use super::user::User;
use super::webhook::Webhook;

/// What the platform knows.
#[derive(Debug)]
pub struct World {
    pub(super) bot: User,
    pub(super) token: String,
    /// Whether it knows what came after 9.1.
    pub(super) is_modern: bool,
    /// Whether `getUpdates` waits.
    pub(super) holds_polls: bool,
    /// Fields that never appear in results.
    pub(super) left_out: Vec<String>,
    /// Whether the bot gets only what is meant for it in groups.
    pub(super) has_privacy_mode: bool,
    pub(super) clock: Clock,
    pub(super) users: BTreeMap<i64, User>,
    pub(super) chats: BTreeMap<i64, Chat>,
    pub(super) updates: Updates,
    pub(super) webhook: Option<Webhook>,
    /// Where webhooks are really reached.
    pub(super) tls_end: Option<String>,
    pub(super) queries: BTreeMap<String, Query>,
    /// The command menu, by scope and language.
    pub(super) menus: BTreeMap<(String, String), Vec<Value>>,
    pub(super) descriptions: BTreeMap<(&'static str, String), String>,
    pub(super) drafts: BTreeMap<(i64, i64), String>,
    pub(super) actions: Vec<(i64, Option<i64>, String)>,
    pub(super) requests: Vec<Request>,
    pub(super) keeps_requests: bool,
    /// Whether exchanges are not captured, since requests are wrong on purpose.
    pub(super) is_off_the_record: bool,
    pub(super) faults: Faults,
    pub(super) held: usize,
    pub(super) limiter: Option<Limiter>,
    pub(super) meter: Option<Meter>,
    /// What each person has heard already, by chat.
    pub(super) heard: BTreeSet<(i64, i64, MessageId)>,
}

/// A press of a button, until it is answered.
#[derive(Debug, Clone)]
pub(super) struct Query {
    pub(super) person: i64,
    pub(super) chat: i64,
    pub(super) message: MessageId,
    pub(super) at: std::time::Duration,
    pub(super) answer: Option<(Option<String>, bool)>,
}

impl World {
    pub(super) fn new(is_modern: bool) -> Self {
        let bot = User::bot(5_000_000_001, "Sessions", "sessions_test_bot");
        let mut users: BTreeMap<_, _> =
            User::stand_ins().into_iter().map(|user| (user.id, user)).collect();
        users.insert(bot.id, bot.clone());
        Self {
            token: format!("{}:AAfake-token_for-the-tests0123456789ab", bot.id),
            bot,
            is_modern,
            holds_polls: true,
            left_out: Vec::new(),
            has_privacy_mode: false,
            clock: Clock::default(),
            users,
            chats: BTreeMap::new(),
            updates: Updates::new(),
            webhook: None,
            tls_end: None,
            queries: BTreeMap::new(),
            menus: BTreeMap::new(),
            descriptions: BTreeMap::new(),
            drafts: BTreeMap::new(),
            actions: Vec::new(),
            requests: Vec::new(),
            keeps_requests: true,
            is_off_the_record: false,
            faults: Faults::default(),
            held: 0,
            limiter: None,
            meter: None,
            heard: BTreeSet::new(),
        }
    }

    pub(super) fn chat(&self, id: i64) -> Option<&Chat> {
        self.chats.get(&id)
    }

    /// A chat that a handle names.
    pub(super) fn known(&mut self, id: i64) -> &mut Chat {
        self.chats.get_mut(&id).expect("handles name chats that are there")
    }

    /// The next id of a chat of that kind.
    pub(super) fn next_id(&self, kind: Kind) -> i64 {
        let made = self.chats.keys().filter(|id| **id < 0).count();
        let made = i64::try_from(made).expect("there are few chats");
        let base = if kind == Kind::Group { -4001 } else { -1_002_000_000_001 };
        base - made
    }

    pub(super) fn user_to_wire(&self, id: i64) -> Value {
        self.users.get(&id).map_or(Value::Null, User::to_wire)
    }

    pub(super) fn chat_to_wire(&self, id: i64) -> Value {
        self.chat(id).map_or(Value::Null, Chat::to_wire)
    }

    /// An empty message in a chat, with the next id there.
    pub(super) fn draft(&mut self, chat: i64, author: i64) -> Message {
        let date = self.clock.date();
        let id = self.known(chat).next_public();
        Message::new(id, chat, author, date)
    }

    /// Puts a message into its chat; answers it as on the wire.
    pub(super) fn post(&mut self, message: Message) -> Value {
        let wire = message.to_wire(self);
        self.known(message.chat).messages.push(message);
        wire
    }

    /// Posts a service message of a chat's own and tells the bot.
    pub(super) fn announce(&mut self, chat: i64, author: i64, more: Map<String, Value>) -> Value {
        let mut message = self.draft(chat, author);
        message.more = more;
        let wire = self.post(message);
        self.updates.push("message", wire.clone(), Some(chat), false);
        wire
    }

    /// Changes what somebody is in a chat; the bot hears of it when it is the one.
    pub(super) fn moves(&mut self, chat: i64, user: i64, by: i64, to: Standing) {
        let from = self.known(chat).members.insert(user, to).unwrap_or(Standing::Left);
        let kind = if user == self.bot.id { "my_chat_member" } else { "chat_member" };
        let Some(of) = self.users.get(&user) else { return };
        let body = serde_json::json!({
            "chat": self.chat_to_wire(chat), "from": self.user_to_wire(by),
            "date": self.clock.date(),
            "old_chat_member": from.to_wire(of), "new_chat_member": to.to_wire(of),
        });
        self.updates.push(kind, body, Some(chat), false);
    }

    /// The chat that the bot may write to, or why not.
    pub(super) fn writable(&self, id: i64) -> Result<&Chat, Refusal> {
        let chat = self.readable(id)?;
        if let Some(to) = chat.migrated_to {
            return Err(Refusal::migrated(to));
        }
        let what = match chat.kind {
            Kind::Private => {
                return match chat.standing(self.bot.id) {
                    Standing::Banned => Err(Refusal::forbidden("bot was blocked by the user")),
                    _ if !chat.is_started => {
                        Err(Refusal::forbidden("bot can't initiate conversation with a user"))
                    }
                    Standing::Owner
                    | Standing::Administrator
                    | Standing::Member
                    | Standing::Left => Ok(chat),
                };
            }
            Kind::Group => "group chat",
            Kind::Supergroup => "supergroup chat",
            Kind::Channel => "channel chat",
        };
        match chat.standing(self.bot.id) {
            Standing::Banned => Err(Refusal::forbidden(format!("bot was kicked from the {what}"))),
            Standing::Left => Err(Refusal::forbidden(format!("bot is not a member of the {what}"))),
            Standing::Member if chat.kind == Kind::Channel => {
                Err(Refusal::bad("need administrator rights in the channel chat"))
            }
            Standing::Owner | Standing::Administrator | Standing::Member => Ok(chat),
        }
    }

    /// The chat, if the bot may know of it.
    pub(super) fn readable(&self, id: i64) -> Result<&Chat, Refusal> {
        self.chat(id).ok_or_else(|| Refusal::bad("chat not found"))
    }
}
