//! How far a timeline goes, and whether the positions of its messages are those that they should be.

use std::collections::BTreeSet;
use std::fmt;

use crate::id::TimelineId;
use crate::model::Point;
use crate::seal::message_name;

use super::super::Progress;
use super::Walk;

/// A timeline: how far it goes, and how far something reaches into it.
pub(super) struct Branch {
    /// What its own record and its session's say of it, if they open.
    pub(super) extent: Option<Extent>,
    pub(super) reach: u64,
}

#[derive(Clone, Copy)]
pub(super) struct Extent {
    pub(super) parent: Option<Point>,
    pub(super) first: u64,
    /// Not known while the session that may know best does not open.
    pub(super) tip: Option<u64>,
}

impl Extent {
    pub(super) fn holds(&self, position: u64) -> bool {
        position >= self.first && self.tip.is_none_or(|tip| position <= tip)
    }
}

/// Whether the positions of a timeline's messages are those that they should be.
pub(super) struct RowCheck {
    timeline: TimelineId,
    pub(super) extent: Option<Extent>,
    reach: u64,
    next: u64,
    pub(super) unreadable: BTreeSet<u64>,
    is_told: bool,
}

impl RowCheck {
    pub(super) fn new(timeline: TimelineId, branch: &Branch) -> Self {
        Self {
            timeline,
            extent: branch.extent,
            reach: branch.reach,
            next: branch.extent.map_or(0, |extent| extent.first),
            unreadable: BTreeSet::new(),
            is_told: false,
        }
    }

    pub(super) fn take<P: FnMut(Progress)>(&mut self, position: u64, walk: &mut Walk<P>) {
        let Some(extent) = self.extent else {
            self.next = position.saturating_add(1);
            return;
        };
        if position < extent.first {
            self.tell(position, "lies before the beginning of its timeline", walk);
            return;
        }
        if !extent.holds(position) {
            // One is told of, not each of those behind it.
            if !self.is_told {
                self.tell(position, "lies behind the end of its timeline", walk);
                self.is_told = true;
            }
            return;
        }
        self.skip_to(position, walk);
        self.next = position.saturating_add(1);
    }

    /// Positions before this one should have come by.
    fn skip_to<P: FnMut(Progress)>(&self, position: u64, walk: &mut Walk<P>) {
        let gap = (self.next..position).find(|missing| !self.unreadable.contains(missing));
        if let Some(missing) = gap {
            match position - missing {
                1 => self.tell(missing, "is missing", walk),
                more => {
                    self.tell(missing, format_args!("and {} behind it are missing", more - 1), walk)
                }
            }
        }
    }

    /// All have come by. Answers the position of the last.
    pub(super) fn end<P: FnMut(Progress)>(mut self, walk: &mut Walk<P>) -> u64 {
        if self.extent.is_some() && self.reach >= self.next {
            self.skip_to(self.reach + 1, walk);
            self.next = self.reach + 1;
        }
        self.next.saturating_sub(1)
    }

    fn tell<P: FnMut(Progress)>(&self, position: u64, what: impl fmt::Display, walk: &mut Walk<P>) {
        let point = Point { timeline: self.timeline, position };
        walk.report.note(message_name(point), what);
    }
}
