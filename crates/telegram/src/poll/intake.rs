//! From updates as they came to events that are stored; what polling and the webhook share.
//!
//! Invariant: updates are taken in all or none, and in their order.
//! Invariant: every press is answered, whatever became of it, but only once it is stored.

use std::sync::Arc;
use std::time::Duration;

use bot::{Body, Bot, BotError, Environment, Incoming, Link, Outlet, Store, Taken};
use serde_json::Value;
use teloxide::payloads::AnswerCallbackQuery;
use teloxide::types::CallbackQueryId;
use tokio::sync::Semaphore;

use crate::admins::Admins;
use crate::api::Api;
use crate::update::{Translated, incoming};

use super::tally::Tally;

/// What is asked for, with every request: it holds for the requests that name nothing, too.
pub(crate) const ALLOWED_UPDATES: [&str; 4] =
    ["message", "edited_message", "callback_query", "my_chat_member"];

/// Presses that wait for their answer, at most.
const PRESSES: usize = 4_096;
/// Presses that are being answered at the same time.
const ANSWERING: usize = 32;
/// A press that is not answered by then need not be.
const PRESS_PATIENCE: Duration = Duration::from_secs(10);

/// Where events go: the bot, or a double of it in tests.
pub(crate) trait Inbox: Clone + Send + Sync + 'static {
    /// Why events were not taken in. Shown in the log: holds no text of anybody.
    type Error: std::error::Error + Send;

    /// Takes all of them in, or none.
    fn receive_all(
        &self,
        events: Vec<Incoming>,
    ) -> impl Future<Output = Result<Vec<Taken>, Self::Error>> + Send;

    /// Reads a note.
    fn noted(
        &self,
        name: &str,
    ) -> impl Future<Output = Result<Option<[u8; 16]>, Self::Error>> + Send;

    /// Keeps a note.
    fn note(
        &self,
        name: &str,
        value: [u8; 16],
    ) -> impl Future<Output = Result<(), Self::Error>> + Send;
}

impl<S: Store, E: Environment, O: Outlet> Inbox for Bot<S, E, O> {
    type Error = BotError;

    async fn receive_all(&self, events: Vec<Incoming>) -> Result<Vec<Taken>, BotError> {
        Self::receive_all(self, events).await
    }

    async fn noted(&self, name: &str) -> Result<Option<[u8; 16]>, BotError> {
        Self::noted(self, name).await
    }

    async fn note(&self, name: &str, value: [u8; 16]) -> Result<(), BotError> {
        Self::note(self, name, value).await
    }
}

/// Takes updates in.
#[derive(Clone)]
pub(crate) struct Intake<I> {
    inbox: I,
    api: Api,
    admins: Admins,
    tally: Arc<Tally>,
    link: Link,
    presses: Arc<Semaphore>,
    answering: Arc<Semaphore>,
}

impl<I: Inbox> Intake<I> {
    pub(crate) fn new(inbox: I, api: Api, admins: Admins, tally: Arc<Tally>) -> Self {
        let presses = Arc::new(Semaphore::new(PRESSES));
        let answering = Arc::new(Semaphore::new(ANSWERING));
        Self { inbox, api, admins, tally, link: Link::default(), presses, answering }
    }

    /// The same, with somebody who looks at how it stands.
    pub(crate) fn telling(self, link: Link) -> Self {
        Self { link, ..self }
    }

    pub(crate) fn tally(&self) -> &Tally {
        &self.tally
    }

    /// How it stands with Telegram.
    pub(crate) fn link(&self) -> &Link {
        &self.link
    }

    /// Takes updates in. After an error none of them was; the same ones may be tried again.
    pub(crate) async fn take(&self, updates: &[Value]) -> Result<(), I::Error> {
        let (account, me) = (self.api.account(), self.api.name());
        let mut events = Vec::with_capacity(updates.len());
        let mut ignored = Vec::new();
        let mut unreadable = Vec::new();
        for update in updates {
            match incoming(update, account, me) {
                Translated::Event(event) => {
                    if let Body::Raw { kind, .. } = &event.body {
                        unreadable.push(kind.clone());
                    }
                    events.push(*event);
                }
                Translated::Ignored(why) => ignored.push(why),
            }
        }
        if !events.is_empty() {
            self.inbox.receive_all(events).await?;
        }
        // Only now, so that a batch that is tried again is counted once.
        self.tally.count_updates(updates.len());
        ignored.iter().for_each(|why| self.tally.count_ignored(why));
        unreadable.iter().for_each(|kind| self.tally.count_unreadable(kind));
        updates.iter().for_each(|update| self.follow_up(update));
        Ok(())
    }

    /// What an update asks for besides being taken in.
    fn follow_up(&self, update: &Value) {
        if let Some(press) = update.pointer("/callback_query/id").and_then(Value::as_str) {
            self.answer_press(press);
        }
        if let Some(chat) = update.pointer("/my_chat_member/chat/id").and_then(Value::as_i64) {
            self.admins.forget(&chat.to_string());
        }
    }

    /// Ends the waiting of the button that was pressed. What the press did is told by a message.
    fn answer_press(&self, id: &str) {
        let Ok(room) = Arc::clone(&self.presses).try_acquire_owned() else {
            self.tally.count_unanswered();
            return;
        };
        let answer = AnswerCallbackQuery {
            callback_query_id: CallbackQueryId(id.to_owned()),
            text: None,
            show_alert: None,
            url: None,
            cache_time: None,
        };
        let (api, tally) = (self.api.clone(), Arc::clone(&self.tally));
        let answering = Arc::clone(&self.answering);
        tokio::spawn(async move {
            let _room = room;
            let _turn = answering.acquire_owned().await;
            if let Err(error) = api.send(&answer, PRESS_PATIENCE).await {
                tally.count_unanswered();
                tracing::debug!(%error, "a press is not answered");
            }
        });
    }
}
