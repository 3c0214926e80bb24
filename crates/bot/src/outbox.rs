//! Delivering what is owed: parcels, and the note of what became of each.
//!
//! A row is handed straight to its outlet when it is decided, so it is stored as `attempting`; the note that it was sent
//! rides with a later commit. What a crash leaves `attempting` is ambiguous: it is not repeated by itself.

use std::future::Future;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sessions::delivery::{OutboxRow, OutboxState};
use sessions::id::PlaceId;
use sessions::store::Store;
use sessions::{Environment, Failure, Fault, SessionManager};

use crate::queue::Generation;
use crate::reply::{Address, Button, FileRef, Reply};

/// What became of a parcel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivered {
    /// It has arrived.
    Sent,
    /// It may or may not have arrived.
    Ambiguous,
    /// It cannot arrive.
    Dead,
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
    /// What it says.
    pub text: String,
    /// What can be pressed.
    pub buttons: Vec<Button>,
    /// A file with it.
    pub file: Option<RenderedFile>,
    /// Whether it is for the eyes of the person alone who is answered.
    pub private: bool,
}

/// A channel's way out.
pub trait Outlet: Send + Sync + 'static {
    /// Delivers a parcel.
    fn deliver(&self, parcel: Parcel) -> impl Future<Output = Delivered> + Send;
}

impl<O: Outlet> Outlet for Arc<O> {
    async fn deliver(&self, parcel: Parcel) -> Delivered {
        O::deliver(self, parcel).await
    }
}

/// What an outbox row holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Owed {
    pub(crate) to: Address,
    pub(crate) text: String,
    pub(crate) buttons: Vec<Button>,
    pub(crate) file: Option<FileRef>,
}

impl Owed {
    pub(crate) fn new(to: Address, reply: Reply) -> Self {
        Self { to, text: reply.text, buttons: reply.buttons, file: reply.file }
    }
}

/// The row that owes an answer, about to be handed to its outlet.
pub(crate) fn row(
    generation: &Generation,
    place: PlaceId,
    private: bool,
    owed: &Owed,
    now: sessions::time::Timestamp,
) -> Result<OutboxRow, Fault> {
    let row = OutboxRow {
        seq: 0,
        place,
        chunk: 0,
        private,
        state: OutboxState::Attempting,
        created_at: now,
        key: generation.id,
        sealed: Vec::new(),
    };
    generation.seal_answer(row, owed)
}

/// Makes the parcel of an owed answer: its file is rendered now, as its session stood when it was asked for.
pub(crate) async fn parcel<S: Store, E: Environment>(
    manager: &SessionManager<S, E>,
    owed: Owed,
    private: bool,
) -> Result<Parcel, Failure> {
    let file = match owed.file {
        None => None,
        Some(file) => {
            let session = manager.session_by_id(file.session).await?;
            let content = manager.export_at(&session, file.head, file.format).await?;
            Some(RenderedFile { name: file.name, content })
        }
    };
    Ok(Parcel { to: owed.to, text: owed.text, buttons: owed.buttons, file, private })
}

/// The state of a row whose parcel met this fate.
pub(crate) fn state(became: Delivered) -> OutboxState {
    match became {
        Delivered::Sent => OutboxState::Sent,
        Delivered::Ambiguous => OutboxState::Ambiguous,
        Delivered::Dead => OutboxState::Dead,
    }
}
