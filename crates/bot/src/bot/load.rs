//! How full the bot is at the moment.

use sessions::Environment;
use sessions::store::Store;

use crate::meter::Meter;
use crate::outbox::Outlet;

use super::{Bot, ROOM, lock};

/// What is at work and what waits, at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Load {
    /// Tasks at work: events being taken in, places, roads.
    pub at_work: usize,
    /// Places where events are being brought to their end, one at a time.
    pub places: usize,
    /// Events that wait there for their turn.
    pub waiting: usize,
    /// What is held of events that are not yet answered, in bytes.
    pub room_used: usize,
    /// The most that may be, in bytes: past this, taking in waits.
    pub room: usize,
    /// Chats that something is being sent to.
    pub roads: usize,
    /// Pieces of answers that wait for their turn on these.
    pub pieces: usize,
    /// Answers that may not have arrived, and whose places are not told yet.
    pub untold: usize,
}

impl<S: Store, E: Environment, O: Outlet> Bot<S, E, O> {
    /// What happened since the start.
    #[must_use]
    pub fn meter(&self) -> &Meter {
        &self.inner.meter
    }

    /// How full it is now.
    #[must_use]
    pub fn load(&self) -> Load {
        let inner = &self.inner;
        let (places, waiting) = {
            let busy = lock(&inner.busy);
            (busy.len(), busy.values().map(std::collections::VecDeque::len).sum())
        };
        let (roads, pieces) = inner.roads.count();
        let untold = lock(&inner.missing).values().map(Vec::len).sum();
        // The room is counted in KiB.
        let used = ROOM.saturating_sub(inner.room.available_permits());
        let (room_used, room) = (used * 1_024, ROOM * 1_024);
        let at_work = inner.at_work.count();
        Load { at_work, places, waiting, room_used, room, roads, pieces, untold }
    }
}
