//! What is owed, and the way out of a channel.
//!
//! Not here: the order in which things leave, and what happens when they cannot (`bot::road`).

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use sessions::store::Store;
use sessions::{Environment, Failure, SessionManager};

use crate::pace::Pace;
use crate::reply::{Address, Button, FileRef, Reply, Shape};

/// What became of one try to deliver a parcel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivered {
    /// It has arrived.
    Sent,
    /// It may or may not have arrived: it is not tried again, and the next answer there says so.
    Ambiguous,
    /// It cannot arrive.
    Dead,
    /// It did not arrive, for certain, and is worth another try.
    Later {
        /// Not sooner than after this.
        after: Duration,
        /// Whether all that the account sends waits with it, not this chat alone.
        whole_account: bool,
    },
    /// Nothing can arrive in this chat any more.
    Gone,
    /// It is for one person's eyes, and cannot be shown to them unless they press something: a note without any of it is
    /// to go in its place, with a button. Only of what is kept.
    NeedsPress,
}

/// A file, made for sending.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenderedFile {
    /// Its name.
    pub name: String,
    /// What is in it.
    pub content: String,
}

/// One answer on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parcel {
    /// Where it goes.
    pub to: Address,
    /// Which piece of its answer it is, from 0.
    pub chunk: u32,
    /// What it says.
    pub text: String,
    /// How its lines belong together.
    pub shape: Shape,
    /// What can be pressed.
    pub buttons: Vec<Button>,
    /// A file with it.
    pub file: Option<RenderedFile>,
    /// Whether it is for the eyes of the person alone who is answered.
    pub private: bool,
    /// Whether it may take the place of the message whose button was pressed.
    pub in_place: bool,
    /// Whether it is kept, so that a button can show it later.
    pub is_kept: bool,
}

/// A channel's way out.
pub trait Outlet: Send + Sync + 'static {
    /// Makes one try to deliver a parcel. It is always awaited to its end.
    fn deliver(&self, parcel: Parcel) -> impl Future<Output = Delivered> + Send;

    /// Whether what was said there and could not be taken in is handed in again by itself.
    fn brings_again(&self, to: &Address) -> bool {
        let _ = to;
        true
    }

    /// Cuts an answer into what the channel can send at once. The last piece carries the buttons.
    fn chunks(&self, to: &Address, reply: Reply) -> Vec<Reply> {
        let _ = to;
        vec![reply]
    }

    /// How fast may be written there.
    fn pace(&self, to: &Address) -> Pace {
        let _ = to;
        Pace::default()
    }

    /// Whether the person who is answered runs the chat; `None` when that cannot be found out. Asked when it matters.
    fn is_admin(&self, to: &Address) -> impl Future<Output = Option<bool>> + Send {
        let _ = to;
        std::future::ready(Some(false))
    }
}

impl<O: Outlet> Outlet for Arc<O> {
    async fn deliver(&self, parcel: Parcel) -> Delivered {
        O::deliver(self, parcel).await
    }

    fn brings_again(&self, to: &Address) -> bool {
        O::brings_again(self, to)
    }

    fn chunks(&self, to: &Address, reply: Reply) -> Vec<Reply> {
        O::chunks(self, to, reply)
    }

    fn pace(&self, to: &Address) -> Pace {
        O::pace(self, to)
    }

    async fn is_admin(&self, to: &Address) -> Option<bool> {
        O::is_admin(self, to).await
    }
}

/// What an outbox row holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Owed {
    pub(crate) to: Address,
    pub(crate) text: String,
    pub(crate) shape: Shape,
    pub(crate) buttons: Vec<Button>,
    pub(crate) file: Option<FileRef>,
    pub(crate) in_place: bool,
}

impl Owed {
    pub(crate) fn new(to: Address, reply: Reply) -> Self {
        let Reply { text, shape, buttons, file, private: _, in_place } = reply;
        Self { to, text, shape, buttons, file, in_place }
    }

    /// The answer as it was before it was owed, for its person's eyes.
    pub(crate) fn into_private_reply(self) -> Reply {
        let Self { to: _, text, shape, buttons, file, in_place: _ } = self;
        Reply { text, shape, buttons, file, private: true, in_place: false }
    }
}

/// Makes the file of an owed answer, if it has one: as its session stood when it was asked for.
pub(crate) async fn file<S: Store, E: Environment>(
    manager: &SessionManager<S, E>,
    owed: &Owed,
) -> Result<Option<RenderedFile>, Failure> {
    let Some(file) = &owed.file else { return Ok(None) };
    let session = manager.session_by_id(file.session).await?;
    let content = manager.export_at(&session, file.head, file.format).await?;
    Ok(Some(RenderedFile { name: file.name.clone(), content }))
}
