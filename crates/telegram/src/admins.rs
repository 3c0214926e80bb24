//! Who runs a chat: its administrators, as the server says, remembered for a while.
//!
//! Not here: who may do what.
//!
//! Invariant: a chat is asked about once at a time; who asks meanwhile waits for that answer.
//! Invariant: a “no” is never older than a few seconds, so that whoever was made an administrator is one.

#[cfg(test)]
mod tests;

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::Deserialize;
use serde_json::json;
use tokio::time::Instant;

use crate::api::{Api, CallError};

/// How long a list is believed.
const FRESH: Duration = Duration::from_secs(300);
/// How long somebody's absence from it, or that it could not be had, is believed.
const FRESH_NO: Duration = Duration::from_secs(10);
/// Chats that are remembered at most.
const CHATS: usize = 1_024;
/// How long the server may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// The administrators of chats. Cheap to clone; all clones are one.
#[derive(Clone)]
pub(crate) struct Admins {
    inner: Arc<Inner>,
}

struct Inner {
    api: Api,
    chats: Mutex<HashMap<String, Arc<Chat>>>,
}

#[derive(Default)]
struct Chat {
    /// Held while the server is asked.
    known: tokio::sync::Mutex<Option<Known>>,
}

struct Known {
    at: Instant,
    /// The ids of the administrators; `None` if they could not be had.
    ids: Option<HashSet<String>>,
}

#[derive(Deserialize)]
struct Member {
    status: String,
    user: User,
}

#[derive(Deserialize)]
struct User {
    id: i64,
}

impl Admins {
    pub(crate) fn new(api: Api) -> Self {
        Self { inner: Arc::new(Inner { api, chats: Mutex::default() }) }
    }

    /// Whether this peer runs this chat; `None` if it cannot be found out now.
    ///
    /// Nobody runs a private chat. A group that speaks for itself is an anonymous administrator.
    pub(crate) async fn is_admin(&self, chat: &str, peer: &str) -> Option<bool> {
        if !chat.starts_with('-') {
            return Some(false);
        }
        if chat == peer {
            return Some(true);
        }
        let remembered = self.chat(chat);
        let mut known = remembered.known.lock().await;
        if let Some(answer) = known.as_ref().and_then(|known| known.answer(peer)) {
            return answer;
        }
        let ids = self.ask(chat).await;
        let answer = ids.as_ref().map(|ids| ids.contains(peer));
        *known = Some(Known { at: Instant::now(), ids });
        answer
    }

    /// Forgets what is known of a chat: its members have changed.
    pub(crate) fn forget(&self, chat: &str) {
        self.chats().remove(chat);
    }

    fn chats(&self) -> MutexGuard<'_, HashMap<String, Arc<Chat>>> {
        self.inner.chats.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn chat(&self, id: &str) -> Arc<Chat> {
        let mut chats = self.chats();
        if let Some(chat) = chats.get(id) {
            return Arc::clone(chat);
        }
        if chats.len() >= CHATS {
            chats.retain(|_, chat| chat.is_worth_keeping());
        }
        if chats.len() >= CHATS {
            // All are in use: any may be asked for anew.
            let any = chats.keys().next().cloned();
            any.and_then(|any| chats.remove(&any));
        }
        let chat = Arc::<Chat>::default();
        chats.insert(id.to_owned(), Arc::clone(&chat));
        chat
    }

    async fn ask(&self, chat: &str) -> Option<HashSet<String>> {
        let asked = json!({ "chat_id": chat.parse::<i64>().ok()? });
        let answer: Result<Vec<Member>, CallError> =
            self.inner.api.call("getChatAdministrators", &asked, PATIENCE).await;
        match answer {
            Ok(members) => {
                let runs =
                    |member: &Member| matches!(member.status.as_str(), "creator" | "administrator");
                Some(members.into_iter().filter(runs).map(|m| m.user.id.to_string()).collect())
            }
            Err(error) => {
                tracing::debug!(%error, "the administrators of a chat cannot be had");
                None
            }
        }
    }
}

impl Known {
    /// What this says about a peer, unless it is too old to say so.
    fn answer(&self, peer: &str) -> Option<Option<bool>> {
        let answer = self.ids.as_ref().map(|ids| ids.contains(peer));
        let fresh = if answer == Some(true) { FRESH } else { FRESH_NO };
        (self.at.elapsed() < fresh).then_some(answer)
    }
}

impl Chat {
    /// Whether the server is being asked, or what it said is fresh.
    fn is_worth_keeping(&self) -> bool {
        let Ok(known) = self.known.try_lock() else {
            return true;
        };
        known.as_ref().is_some_and(|known| known.at.elapsed() < FRESH)
    }
}
