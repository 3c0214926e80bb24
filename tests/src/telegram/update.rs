//! The queue of updates: numbered, handed out until confirmed, to one poller at a time.
//!
//! Invariant: an update leaves the queue only when an offset above it is asked for, or when a webhook took it.

use std::collections::VecDeque;

use serde_json::{Map, Value, json};

use super::request::Params;
use crate::wire;

/// Kinds that come only when they are asked for.
const ONLY_WHEN_ASKED: &[&str] = &["chat_member", "message_reaction", "message_reaction_count"];
/// How far an offset may be ahead of the queue before it is taken for one of another numbering; as the real server does.
const AHEAD: i64 = 10;
/// How far numberings are apart.
const APART: i64 = 200_000;
/// How many of them there are before one is used again.
const PLACES: i64 = 10_007;

/// An update that is not confirmed.
#[derive(Debug, Clone)]
pub(super) struct Pending {
    pub(super) id: i64,
    pub(super) kind: String,
    pub(super) body: Value,
    pub(super) chat: Option<i64>,
    pub(super) is_handed_out: bool,
    /// Deliberately of no known kind: not captured.
    pub(super) is_odd: bool,
}

/// The queue.
#[derive(Debug)]
pub(super) struct Updates {
    next: i64,
    numberings: i64,
    pending: VecDeque<Pending>,
    /// As last asked for; `None` is the default.
    pub(super) allowed: Option<Vec<String>>,
    /// The poller whose turn it is.
    turn: u64,
}

impl Pending {
    pub(super) fn to_wire(&self) -> Value {
        let mut wire = Map::new();
        wire.insert("update_id".to_owned(), json!(self.id));
        wire.insert(self.kind.clone(), self.body.clone());
        Value::Object(wire)
    }

    /// Marks it as handed out; answers whether it is the first time, when it is captured too.
    pub(super) fn hand_out(&mut self) -> bool {
        let is_first = !std::mem::replace(&mut self.is_handed_out, true);
        if is_first && !self.is_odd {
            wire::capture(|| json!({"platform": "telegram", "update": self.to_wire()}));
        }
        is_first
    }
}

impl Updates {
    pub(super) fn new() -> Self {
        let mut updates =
            Self { next: 0, numberings: 0, pending: VecDeque::new(), allowed: None, turn: 0 };
        updates.renumber();
        updates
    }

    /// Starts again at another number, far away; what is not confirmed gets new numbers too.
    pub(super) fn renumber(&mut self) {
        self.numberings += 1;
        // Up and down, the same in every run, and never where it was before: what is known of a number is known for days.
        let place = self.numberings * 3_701 % PLACES;
        self.next = APART * (place + 1);
        for update in &mut self.pending {
            update.id = self.next;
            self.next += 1;
        }
    }

    /// Puts an update into the queue, unless nobody asked for its kind.
    pub(super) fn push(&mut self, kind: &str, body: Value, chat: Option<i64>, is_odd: bool) {
        let is_wanted = match &self.allowed {
            Some(kinds) => kinds.iter().any(|asked| asked == kind),
            None => !ONLY_WHEN_ASKED.contains(&kind),
        };
        if is_wanted || is_odd {
            let kind = kind.to_owned();
            let id = self.next;
            self.pending.push_back(Pending { id, kind, body, chat, is_handed_out: false, is_odd });
            self.next += 1;
        }
    }

    /// Remembers the kinds that a request asks for, if it says.
    pub(super) fn allow(&mut self, params: &Params) {
        let Some(kinds) = params.json("allowed_updates") else { return };
        let kinds: Vec<_> = kinds.as_array().into_iter().flatten().cloned().collect();
        let kinds: Vec<_> = kinds.iter().filter_map(Value::as_str).map(str::to_owned).collect();
        self.allowed = (!kinds.is_empty()).then_some(kinds);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.pending.is_empty()
    }

    /// A new poller comes; whoever polls already is sent away.
    pub(super) fn begin(&mut self) -> u64 {
        self.turn += 1;
        self.turn
    }

    /// How many pollers there were.
    pub(super) fn polls(&self) -> u64 {
        self.turn
    }

    pub(super) fn is_turn(&self, turn: u64) -> bool {
        self.turn == turn
    }

    /// Forgets what lies below an offset; a negative one keeps that many.
    pub(super) fn confirm(&mut self, offset: i64) {
        let is_of_another_numbering = offset > self.next + AHEAD;
        if offset < 0 {
            let kept = usize::try_from(-offset).unwrap_or(usize::MAX);
            let gone = self.pending.len().saturating_sub(kept);
            self.pending.drain(..gone);
        } else if !is_of_another_numbering {
            while self.pending.pop_front_if(|update| update.id < offset).is_some() {}
        }
    }

    /// The first of the queue.
    pub(super) fn first(&mut self, limit: usize) -> impl Iterator<Item = &mut Pending> {
        self.pending.iter_mut().take(limit)
    }

    pub(super) fn pending(&self) -> impl ExactSizeIterator<Item = &Pending> {
        self.pending.iter()
    }

    /// A webhook took it.
    pub(super) fn delivered(&mut self, id: i64) {
        self.pending.retain(|update| update.id != id);
    }

    pub(super) fn clear(&mut self) {
        self.pending.clear();
    }
}
