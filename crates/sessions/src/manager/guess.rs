//! Lanes as this manager last left them: a guess of how they are, so that what is said next need not read them first.
//!
//! A guess is never the truth. What is decided on one counts only if it is committed, and the store compares the lane's
//! version first; if the lane has moved on, or what was asked is refused or changes nothing, it is decided again on the
//! lane as it is loaded. Whoever uses a guess takes it away and leaves the next one when their commit has happened.
//!
//! Only what is said is decided on guesses: that is what happens all day. It saves a read of
//! the store (about 5 µs) and the opening of two records.
//!
//! Invariant: nothing is guessed of a lane with a live turn. Turns begin and end with the rider of a decision, and what
//! touches one leaves no guess.
//! Invariant: a tag that is bound to a lane stays so, and lanes are never deleted.

use crate::decide::{Decision, LaneView};
use crate::delivery::Delivery;
use crate::id::LaneId;
use crate::model::{Lane, Tag};
use crate::store::Commit;

use super::Ask;
use super::recent::Recent;

/// Lanes of one generation: some 500 bytes each.
const GENERATION: usize = 1_024;
/// Bindings of one generation.
const BINDINGS: usize = 4_096;

pub(super) struct Guesses {
    lanes: Recent<LaneId, LaneView>,
    bindings: Recent<Tag, LaneId>,
}

impl Default for Guesses {
    fn default() -> Self {
        Self { lanes: Recent::new(GENERATION), bindings: Recent::new(BINDINGS) }
    }
}

impl Guesses {
    /// Takes the guess of a lane.
    pub(super) fn take(&self, lane: LaneId) -> Option<LaneView> {
        self.lanes.remove(lane)
    }

    /// Leaves the lane as a commit left it: a version further than it was decided on.
    pub(super) fn leave(&self, decision: &Decision) {
        let version = decision.lane.version.saturating_add(1);
        let lane = Lane { version, ..decision.lane.clone() };
        let current = decision.current.clone();
        self.lanes.insert(lane.id, LaneView { lane, current, busy: false });
    }

    /// The lane that a tag is bound to, if that was read before.
    pub(super) fn bound(&self, tag: Tag) -> Option<LaneId> {
        self.bindings.get(tag)
    }

    /// Keeps what a tag is bound to.
    pub(super) fn keep_bound(&self, tag: Tag, lane: LaneId) {
        self.bindings.insert(tag, lane);
    }
}

/// Whether what is asked may be decided on a guess.
pub(super) fn may_guess(ask: &Ask) -> bool {
    matches!(ask, Ask::Say(_) | Ask::Append(..))
}

/// Whether a commit leaves a lane of which something can be guessed, once it has happened.
pub(super) fn may_keep(commit: &Commit, was_busy: bool) -> bool {
    let touches_turn = |it: &Delivery| matches!(it, Delivery::PutTurn(_) | Delivery::EndTurn(_));
    !was_busy && !commit.delivery.iter().any(touches_turn)
}

#[cfg(test)]
mod tests;
