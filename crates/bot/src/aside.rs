//! Events that were set aside: what they are, having them tried again, giving them up.
//!
//! Not here: when an event is set aside (`bot/work.rs`, `bot/recovery.rs`, `restored.rs`).
//!
//! Invariant: nothing of what somebody said is told here.

use sessions::delivery::Delivery;
use sessions::store::Store;
use sessions::time::Timestamp;
use sessions::{Environment, Fault, SessionManager};

use crate::bot::{Bot, BotError};
use crate::incoming::{Body, Incoming};
use crate::outbox::Outlet;
use crate::queue::StoredKeys;
use crate::restored::commit;

/// Rows read at a time.
const PAGE: usize = 256;

/// An event that was set aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetAside {
    /// Its number, which its sender was told as the reference `e-…`.
    pub event: i64,
    /// When it was taken in.
    pub received_at: Timestamp,
    /// What it is, unless it does not open.
    pub content: Option<Content>,
}

/// What an event is, without anything that was said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// Its channel.
    pub channel: String,
    /// Who did it, as `telegram:77`.
    pub from: String,
    /// The command's name in the table, else a word for its kind.
    pub name: &'static str,
    /// What its channel calls it, if the adapter could not read it.
    pub unreadable: Option<String>,
}

impl SetAside {
    /// Whether it can be tried again: it opens, and the adapter could read it.
    #[must_use]
    pub fn can_be_tried(&self) -> bool {
        self.content.as_ref().is_some_and(|content| content.unreadable.is_none())
    }
}

/// The events that were set aside, in the order in which they came.
///
/// # Errors
/// When the store fails.
pub async fn set_aside<S: Store, E: Environment>(
    manager: &SessionManager<S, E>,
) -> Result<Vec<SetAside>, Fault> {
    let (mut all, mut keys) = (Vec::new(), StoredKeys::default());
    let mut after = 0;
    loop {
        let rows = manager.store().parked(after, PAGE).await?;
        let Some(last) = rows.last() else { return Ok(all) };
        after = last.seq;
        for row in &rows {
            let generation = keys.of(manager, row.key).await?;
            let opened = generation.and_then(|generation| generation.open_event(row).ok());
            let content = opened.map(|(_, incoming)| content(&incoming));
            all.push(SetAside { event: row.seq, received_at: row.received_at, content });
        }
    }
}

fn content(incoming: &Incoming) -> Content {
    let unreadable = match &incoming.body {
        Body::Raw { kind, .. } => Some(kind.clone()),
        Body::Text { .. } | Body::Press { .. } | Body::Moved { .. } | Body::Gone => None,
    };
    let (channel, from) = (incoming.channel.clone(), incoming.peer_name());
    Content { channel, from, name: incoming.name(), unreadable }
}

/// Has events that were set aside tried again by the next [`Bot::start`], as if they never had been.
///
/// # Errors
/// When the store fails.
pub async fn try_at_next_start<S: Store, E: Environment>(
    manager: &SessionManager<S, E>,
    events: &[i64],
) -> Result<(), Fault> {
    let again = events.iter().map(|event| Delivery::Unpark(*event)).collect();
    commit(manager, again).await.map(drop)
}

/// Gives up events that were set aside: they are never tried again, and what they say goes.
///
/// # Errors
/// When the store fails.
pub async fn give_up<S: Store, E: Environment>(
    manager: &SessionManager<S, E>,
    events: &[i64],
) -> Result<(), Fault> {
    let given_up = events.iter().map(|event| Delivery::Finish(*event)).collect();
    commit(manager, given_up).await.map(drop)
}

impl<S: Store, E: Environment, O: Outlet> Bot<S, E, O> {
    /// Tries events again that were set aside, as if they never had been; what is not set aside is left alone.
    ///
    /// # Errors
    /// When the store fails or one of them does not open: that one and those behind it stay as they were.
    pub async fn try_again(&self, events: &[i64]) -> Result<(), BotError> {
        // Who asks for one twice at once is not to have it done twice.
        let _alone = self.inner.trying_again.lock().await;
        for event in events {
            let rows = self.manager().store().parked(event.saturating_sub(1), 1).await?;
            let Some(row) = rows.into_iter().find(|row| row.seq == *event) else { continue };
            self.take_up_again(row).await?;
        }
        Ok(())
    }
}
