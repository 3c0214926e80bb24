//! Inbox, outbox and turns: what was received and is not yet done, what is decided and not yet delivered.
//!
//! The rows live in the store beside the sessions, so that one transaction holds an effect, the fact that the event is
//! done, and the answer that is owed. What happens with them is in `bot`.
//!
//! Invariant: an event's tag stays known after the event is done, so that nothing takes effect twice; its payload does not.

use crate::id::{LaneId, PlaceId, QueueKeyId, TurnId};
use crate::model::Tag;
use crate::time::Timestamp;

/// An event that was received and is not yet done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InboxRow {
    /// Its number, in order of arrival; ignored when written.
    pub seq: i64,
    /// Where it was said: one worker at a time per place.
    pub place: PlaceId,
    /// Keyed hashes of (account, event id), and of whatever else must not come twice.
    pub events: Vec<Tag>,
    /// When it was received.
    pub received_at: Timestamp,
    /// How often its handling was begun before, as far as is known.
    pub attempts: u32,
    /// The generation of the key that seals it.
    pub key: QueueKeyId,
    /// The event.
    pub sealed: Vec<u8>,
}

/// Where an owed chunk stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OutboxState {
    /// Not yet tried.
    Pending,
    /// The request is about to be made or under way.
    Attempting,
    /// It may or may not have arrived.
    Ambiguous,
    /// It has arrived.
    Sent,
    /// It cannot arrive.
    Dead,
    /// Its person is shown it when they ask for it: what was sent in its place is a button.
    Covered,
}

/// One chunk of an answer that is owed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxRow {
    /// Its number; ignored when written.
    pub seq: i64,
    /// Where it goes.
    pub place: PlaceId,
    /// The chunk's number in its answer, from 0.
    pub chunk: u32,
    /// Whether it is for one person's eyes. Decided once: it never widens.
    pub private: bool,
    /// Where it stands.
    pub state: OutboxState,
    /// When it was decided.
    pub created_at: Timestamp,
    /// The generation of the key that seals it.
    pub key: QueueKeyId,
    /// The chunk.
    pub sealed: Vec<u8>,
}

/// Where a turn stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TurnState {
    /// Not begun.
    Queued,
    /// The assistant is at work.
    Running,
}

/// An answer that the assistant owes a lane. A row exists while the turn is live.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TurnRow {
    /// Its id.
    pub id: TurnId,
    /// Its lane; at most one turn is live in it.
    pub lane: LaneId,
    /// The last question that it answers.
    pub upto: u64,
    /// Where it stands.
    pub state: TurnState,
    /// When it was queued.
    pub created_at: Timestamp,
}

/// One change of inbox, outbox or turns.
#[derive(Debug, Clone)]
pub enum Delivery {
    /// Takes an event in, unless one of its tags is known.
    Receive(InboxRow),
    /// Notes that handling an event begins once more.
    Attempt(i64),
    /// An event is done: its payload goes, its tags stay.
    Finish(i64),
    /// An event has failed too often: it is kept and no longer tried.
    Park(i64),
    /// A parked event is tried again, as if it had never been.
    Unpark(i64),
    /// Owes a chunk.
    Owe(OutboxRow),
    /// Moves an owed chunk on. `Sent` and `Dead` take its payload away.
    Mark(i64, OutboxState),
    /// Queues or moves on a turn.
    PutTurn(TurnRow),
    /// Ends the live turn of a lane, if there is one.
    EndTurn(LaneId),
    /// Forgets tags of events done and tokens spent before an instant, and chunks that were covered before it.
    Forget(Timestamp),
}
