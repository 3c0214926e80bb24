//! A place to talk: a chat, or a topic of it; who is in it, and what becomes of it.

use std::fmt;
use std::sync::Arc;

use serde_json::{Map, json};

use super::chat::{Chat, Kind, Standing};
use super::person::Person;
use super::say::Speaker;
use super::seat::Seat;
use super::shared::Shared;
use super::user::ANONYMOUS_ADMINISTRATOR;

/// A chat, or a topic of it.
#[derive(Clone)]
pub struct Place {
    pub(super) shared: Arc<Shared>,
    pub(super) chat: i64,
    pub(super) thread: Option<i64>,
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Place({}, {:?})", self.chat, self.thread)
    }
}

impl Place {
    pub(super) fn new(shared: &Arc<Shared>, chat: i64) -> Self {
        Self { shared: Arc::clone(shared), chat, thread: None }
    }

    /// The chat's id on the wire.
    #[must_use]
    pub fn id(&self) -> i64 {
        self.chat
    }

    /// The topic's id on the wire.
    #[must_use]
    pub fn thread(&self) -> Option<i64> {
        self.thread
    }

    /// Opens a topic, of a forum or of a private chat; the bot hears of it.
    ///
    /// # Panics
    /// When the server is too old for topics in a private chat.
    #[must_use]
    pub fn topic(&self, name: &str) -> Self {
        let thread = self.shared.change(|world| {
            let bot = world.bot.id;
            let has_them = world.is_modern || world.known(self.chat).kind != Kind::Private;
            assert!(has_them, "an older server has no topics in private chats");
            let author = world.known(self.chat).members.keys().find(|id| **id != bot).copied();
            world.known(self.chat).has_topics = true;
            let author = author.unwrap_or(ANONYMOUS_ADMINISTRATOR);
            let mut message = world.draft(self.chat, author);
            let thread = message.id.public().unwrap_or_default();
            world.known(self.chat).topics.insert(thread, name.to_owned());
            message.thread = Some(thread);
            let made = json!({"name": name, "icon_color": 7_322_096});
            message.more.insert("forum_topic_created".to_owned(), made);
            let wire = world.post(message);
            world.updates.push("message", wire, Some(self.chat), false);
            thread
        });
        Self { thread: Some(thread), ..self.clone() }
    }

    /// The topic is deleted: nothing can be sent there.
    pub fn deletes_topic(&self) {
        let thread = self.thread.expect("a topic is deleted, not a chat");
        self.shared.change(|world| world.known(self.chat).topics.remove(&thread));
    }

    /// Somebody is there now, as a member.
    pub fn joins(&self, person: &Person) {
        self.stands(person.id(), person.id(), Standing::Member);
    }

    /// Somebody is not there any more.
    pub fn leaves(&self, person: &Person) {
        self.stands(person.id(), person.id(), Standing::Left);
    }

    /// Somebody is administrator now.
    pub fn promotes(&self, person: &Person) {
        self.stands(person.id(), ANONYMOUS_ADMINISTRATOR, Standing::Administrator);
    }

    /// Somebody is a plain member again.
    pub fn demotes(&self, person: &Person) {
        self.stands(person.id(), ANONYMOUS_ADMINISTRATOR, Standing::Member);
    }

    /// The bot is put there; the chat says so too.
    pub fn bot_added(&self, by: &Person) {
        self.bot_stands(by.id(), Standing::Member);
        self.shared.change(|world| {
            let added =
                Map::from_iter([("new_chat_members".to_owned(), json!([world.bot.to_wire()]))]);
            world.announce(self.chat, by.id(), added);
        });
    }

    /// The bot is thrown out.
    pub fn bot_removed(&self, by: &Person) {
        self.bot_stands(by.id(), Standing::Banned);
    }

    /// The bot becomes administrator.
    pub fn bot_promoted(&self, by: &Person) {
        self.bot_stands(by.id(), Standing::Administrator);
    }

    fn bot_stands(&self, by: i64, standing: Standing) {
        let bot = self.shared.look(|world| world.bot.id);
        self.stands(bot, by, standing);
    }

    pub(super) fn stands(&self, user: i64, by: i64, standing: Standing) {
        self.shared.change(|world| world.moves(self.chat, user, by, standing));
    }

    /// The group becomes a supergroup, with a new id. Both say so, and the old one takes nothing any more.
    #[must_use]
    pub fn upgrades(&self) -> Self {
        let to = self.shared.change(|world| {
            let to = world.next_id(Kind::Supergroup);
            let old = world.known(self.chat);
            assert_eq!(old.kind, Kind::Group, "only a plain group can be upgraded");
            let mut new = Chat::new(to, Kind::Supergroup, &old.title);
            new.members = old.members.clone();
            world.chats.insert(to, new);
            let more = |name: &str, id: i64| Map::from_iter([(name.to_owned(), json!(id))]);
            world.announce(self.chat, ANONYMOUS_ADMINISTRATOR, more("migrate_to_chat_id", to));
            world.announce(to, ANONYMOUS_ADMINISTRATOR, more("migrate_from_chat_id", self.chat));
            world.known(self.chat).migrated_to = Some(to);
            to
        });
        Self::new(&self.shared, to)
    }

    /// An administrator who speaks as the group; in a channel, whoever posts there.
    #[must_use]
    pub fn anonymous(&self) -> Seat {
        Seat::new(self, Speaker::Anonymous)
    }

    /// A channel that speaks here.
    #[must_use]
    pub fn channel(&self, channel: &Self) -> Seat {
        Seat::new(self, Speaker::Channel(channel.chat))
    }

    /// A channel whose posts come here by themselves.
    #[must_use]
    pub fn automatic_forward(&self, channel: &Self) -> Seat {
        Seat::new(self, Speaker::AutomaticForward(channel.chat))
    }
}
