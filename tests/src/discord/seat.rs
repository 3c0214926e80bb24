//! Somebody at a place: what they say, run, press and choose there, what they see and hear.

use std::sync::Arc;

use serde_json::json;

use super::ask::Interaction;
use super::channel::Kind as Channel;
use super::interaction::Kind;
use super::message::MessageId;
use super::person::Person;
use super::place::Place;
use super::post::Post;
use super::request;
use super::say::{self, Question, Speaker};
use super::see::Seen;
use super::slash::{self, Aim};
use super::world::World;

/// Somebody at a place.
#[derive(Debug, Clone)]
pub struct Seat {
    place: Place,
    speaker: Speaker,
}

impl Seat {
    pub(super) fn new(place: &Place, speaker: Speaker) -> Self {
        Self { place: place.clone(), speaker }
    }

    /// Where it is.
    #[must_use]
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// Says a line.
    pub fn says(&self, text: &str) -> MessageId {
        self.sends(&Post::text(text))
    }

    /// Answers a message, and calls its author.
    pub fn replies(&self, to: MessageId, text: &str) -> MessageId {
        self.sends(&Post::text(text).replying(to))
    }

    /// Says anything.
    pub fn sends(&self, post: &Post) -> MessageId {
        self.place.shared.change(|world| say::say(world, &self.speaker, self.place.id, post))
    }

    /// Edits what was said.
    pub fn edits(&self, id: MessageId, text: &str) {
        self.place.shared.change(|world| say::edit(world, self.place.id, id, text));
    }

    /// Deletes a message.
    pub fn deletes(&self, id: MessageId) {
        self.place.shared.change(|world| world.delete(self.place.id, id.0));
    }

    /// Opens a public thread here.
    #[must_use]
    pub fn opens_thread(&self, name: &str) -> Place {
        self.opens(name, (Channel::PublicThread, None))
    }

    /// Opens a public thread at a message.
    #[must_use]
    pub fn opens_thread_at(&self, id: MessageId, name: &str) -> Place {
        self.opens(name, (Channel::PublicThread, Some(id)))
    }

    /// Opens a private thread for these people. The bot is not in it until it is invited or mentioned.
    #[must_use]
    pub fn opens_private_thread(&self, name: &str, people: &[&Person]) -> Place {
        let thread = self.opens(name, (Channel::PrivateThread, None));
        people.iter().for_each(|person| thread.invites(person));
        thread
    }

    fn opens(&self, name: &str, how: (Channel, Option<MessageId>)) -> Place {
        let (who, parent) = (self.user(), self.place.id);
        let id = self.place.shared.change(|world| say::open(world, who, parent, name, how));
        Place::new(&self.place.shared, id)
    }

    /// Opens a post in this forum.
    #[must_use]
    pub fn posts(&self, name: &str, text: &str) -> Place {
        let (who, forum, post) = (self.user(), self.place.id, Post::text(text));
        let shared = &self.place.shared;
        let id = shared.change(|world| say::open_post(world, who, forum, name, &post));
        Place::new(shared, id)
    }

    /// The names of the commands that are offered here.
    #[must_use]
    pub fn commands(&self) -> Vec<String> {
        self.place.shared.look(|world| {
            let offered = slash::offered(world, self.user(), self.place.id);
            let names = offered.iter().filter_map(|it| request::text(it, "name"));
            names.map(str::to_owned).collect()
        })
    }

    /// Runs a command as the client lets it be typed: `/checkpoint save name:before refactor`. Waits until commands are
    /// registered; who is not connected to the gateway then never hears of it.
    ///
    /// # Panics
    /// When the client would not let it be sent.
    #[track_caller]
    pub fn runs(&self, line: &str) -> Interaction {
        self.types(line, Aim::Run)
    }

    /// Asks for completions of the last option: `/checkpoint restore checkpoint:be`.
    ///
    /// # Panics
    /// When the client would not ask.
    #[track_caller]
    pub fn completes(&self, line: &str) -> Interaction {
        self.types(line, Aim::Complete)
    }

    #[track_caller]
    fn types(&self, line: &str, aim: Aim) -> Interaction {
        let (person, channel) = (self.user(), self.place.id);
        self.place.shared.wait_for(|world| (!world.commands.is_empty()).then_some(()));
        let asked = self.place.shared.change(|world| {
            let typed = slash::parse(world, (person, channel), line, aim)?;
            let kind = if aim == Aim::Run { Kind::Command } else { Kind::Autocomplete };
            let (name, data) = (typed.name, typed.data);
            let question = Question { kind, name, person, channel, pressed: None, data };
            Ok::<_, String>(say::ask(world, question))
        });
        match asked {
            Ok(id) => Interaction { shared: Arc::clone(&self.place.shared), id },
            Err(why) => panic!("the client does not take {line:?}: {why}"),
        }
    }

    /// Presses the button with that label on that message.
    ///
    /// # Panics
    /// When there is none that this person sees and can press.
    #[track_caller]
    pub fn presses(&self, id: MessageId, label: &str) -> Interaction {
        let seen = self.seen(id);
        let button = seen.button(label).filter(|button| !button.is_disabled);
        let button = button.unwrap_or_else(|| panic!("no button {label:?} to press on {seen:?}"));
        self.presses_data(id, &button.data)
    }

    /// Chooses from a menu on that message, by the labels.
    ///
    /// # Panics
    /// When there is no menu with all of them.
    #[track_caller]
    pub fn selects(&self, id: MessageId, labels: &[&str]) -> Interaction {
        let seen = self.seen(id);
        let values = seen.menus.iter().find_map(|menu| {
            let value = |label: &&str| menu.options.iter().find(|it| it.label == *label);
            let values: Option<Vec<_>> =
                labels.iter().map(|label| Some(value(label)?.value.as_str())).collect();
            let within = (menu.least..=menu.most).contains(&labels.len()) && !menu.is_disabled;
            values.filter(|_| within).map(|values| (menu.data.as_str(), values))
        });
        let (data, values) = values.unwrap_or_else(|| panic!("no menu of {labels:?} on {seen:?}"));
        self.selects_data(id, data, &values)
    }

    #[track_caller]
    fn seen(&self, id: MessageId) -> Seen {
        self.sees().into_iter().find(|seen| seen.id == id).expect("what is pressed is seen")
    }

    /// Sends what a press would send, whatever the message offers now: an old or a forged button.
    pub fn presses_data(&self, id: MessageId, data: &str) -> Interaction {
        self.touches(id, data, json!({"custom_id": data, "component_type": 2}))
    }

    /// Sends what a choice would send, whatever the message offers now.
    pub fn selects_data(&self, id: MessageId, data: &str, values: &[&str]) -> Interaction {
        self.touches(id, data, json!({"custom_id": data, "component_type": 3, "values": values}))
    }

    fn touches(&self, id: MessageId, name: &str, data: serde_json::Value) -> Interaction {
        let (person, channel, name) = (self.user(), self.place.id, name.to_owned());
        let kind = Kind::Component;
        let question = Question { kind, name, person, channel, pressed: Some(id.0), data };
        let shared = Arc::clone(&self.place.shared);
        let id = shared.change(|world| say::ask(world, question));
        Interaction { shared, id }
    }

    pub(super) fn user(&self) -> u64 {
        match self.speaker {
            Speaker::User(id) => id,
            Speaker::Webhook(..) => 0,
        }
    }

    /// All that is to be seen here now, by this person, in order.
    #[must_use]
    pub fn sees(&self) -> Vec<Seen> {
        self.place.shared.look(|world| self.look(world))
    }

    /// All texts that were ever to be seen here by this person: what was edited or deleted since, too, embeds, labels of
    /// buttons and menus, names and contents of files. Nothing, if the place is hidden from them now.
    #[must_use]
    pub fn ever_saw(&self) -> Vec<String> {
        self.place.shared.look(|world| world.ever_shown(self.user(), self.place.id))
    }

    fn look(&self, world: &World) -> Vec<Seen> {
        world.seen(self.user(), self.place.id)
    }

    fn fresh(&self, world: &World) -> Vec<Seen> {
        let mut seen = self.look(world);
        let is_heard = |id: MessageId| world.heard.contains(&(self.user(), id.0));
        seen.retain(|seen| seen.is_from_bot && !seen.is_thinking && !is_heard(seen.id));
        seen
    }

    /// The next message of the bot's here that this person has not heard yet; waits for it. “… is thinking” is none.
    ///
    /// # Panics
    /// When none comes.
    #[must_use]
    #[track_caller]
    pub fn hears(&self) -> Seen {
        self.place.shared.wait_for(|world| {
            let next = self.fresh(world).into_iter().next()?;
            world.heard.insert((self.user(), next.id.0));
            Some(next)
        })
    }

    /// What the bot said here that this person has not heard, without waiting.
    #[must_use]
    pub fn unheard(&self) -> Vec<Seen> {
        self.place.shared.look(|world| self.fresh(world))
    }

    /// Takes all that the bot said here so far for heard.
    pub fn lets_pass(&self) {
        self.place.shared.look(|world| {
            let fresh = self.fresh(world);
            world.heard.extend(fresh.iter().map(|seen| (self.user(), seen.id.0)));
        });
    }

    /// Waits until that message is as asked for: an edit, most often.
    ///
    /// # Panics
    /// When it never is.
    #[track_caller]
    pub fn sees_when(&self, id: MessageId, is_so: impl Fn(&Seen) -> bool) -> Seen {
        self.place.shared.wait_for(|world| {
            self.look(world).into_iter().find(|seen| seen.id == id && is_so(seen))
        })
    }
}
