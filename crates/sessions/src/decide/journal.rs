//! Undo and redo: the journal's top entry taken back, the one above it done again.
//!
//! Undo restores how things stood before; redo, how they stood when undo came. What was said in between is never
//! lost: a session that the operation opened keeps its messages, an automatic reset's messages are carried back into
//! the session that returns, and words that a moved end leaves behind get an automatic checkpoint.

use std::mem;

use crate::importance;
use crate::model::{
    Checkpoint, Head, JournalEntry, MarkedEnd, Operation, SessionMark, Snapshot, Spot, Words,
};
use crate::refusal::Refusal;

use super::lifecycle::touch;
use super::{Change, Draft, JournalTarget, Outcome};

pub(super) fn undo(draft: &mut Draft<'_>, target: JournalTarget) -> Result<Outcome, Refusal> {
    let window = draft.moment.rules.undo_window;
    let nothing = Refusal::NothingToUndo { days: window.as_secs() / 86_400 };
    let mut entry = target.entry;
    if entry.seq != draft.lane.journal.done || is_past(draft, &entry) {
        return Err(nothing);
    }
    let mut back = Back { spots: target.spots, checkpoint: target.checkpoint };
    if target.sessions.iter().any(|session| session.state == crate::model::SessionState::Held) {
        return Err(nothing);
    }
    target.sessions.into_iter().for_each(|session| draft.take_in(session));

    let kept = keep_words(draft, &entry.after, "before undo");
    entry.after = present(draft, &entry.after);
    back.restore(draft, &entry.before);
    draft.lane.journal.done = entry.seq.saturating_sub(1);
    let carried = carry_back(draft, &mut entry, target.said_since);
    Ok(settle(draft, entry, kept, carried))
}

pub(super) fn redo(draft: &mut Draft<'_>, target: JournalTarget) -> Result<Outcome, Refusal> {
    let mut entry = target.entry;
    let next = draft.lane.journal.done.saturating_add(1);
    if entry.seq != next || next > draft.lane.journal.end || is_past(draft, &entry) {
        return Err(Refusal::NothingToRedo);
    }
    let mut back = Back { spots: target.spots, checkpoint: target.checkpoint };
    target.sessions.into_iter().for_each(|session| draft.take_in(session));

    let kept = keep_words(draft, &entry.before, "before redo");
    entry.before = present(draft, &entry.before);
    back.restore(draft, &entry.after);
    draft.lane.journal.done = entry.seq;
    Ok(settle(draft, entry, kept, 0))
}

/// Whether an operation lies before the undo window, so that what it touched may be gone.
fn is_past(draft: &Draft<'_>, entry: &JournalEntry) -> bool {
    draft.now().since(entry.at) > draft.moment.rules.undo_window
}

fn settle(
    draft: &mut Draft<'_>,
    entry: JournalEntry,
    kept: Option<Checkpoint>,
    carried: u64,
) -> Outcome {
    draft.set_baseline();
    touch(draft);
    draft.end_turn();
    let operation = entry.operation;
    draft.push(Change::WriteJournal(entry));
    Outcome::Moved { operation, kept: kept.map(Box::new), carried }
}

/// The messages that an automatic reset took to a new session go to the end of the one that is back.
fn carry_back(
    draft: &mut Draft<'_>,
    entry: &mut JournalEntry,
    said_since: Vec<crate::model::Message>,
) -> u64 {
    if entry.operation != Operation::AutomaticReset {
        return 0;
    }
    let id = draft.lane.current;
    let (before, mut carried) = (entry.carried, 0);
    for message in said_since {
        let (from, to) = (message.point.position, draft.current().message_count() + 1);
        entry.carried = entry.carried.max(from);
        // The question that an answer names moves by as much as the answer does, if both are carried together.
        let question = message.words.answers_to.filter(|question| *question > before);
        let answers_to = question.and_then(|question| (question + to).checked_sub(from));
        let words = Words { answers_to, ..message.words };
        let point = draft.append(id, words, message.created_at);
        if message.importance == importance::PINNED {
            draft.push(Change::SetImportance(point, importance::PINNED));
        }
        carried += 1;
    }
    carried
}

/// How the sessions and the checkpoint of a snapshot stand now.
fn present(draft: &Draft<'_>, like: &Snapshot) -> Snapshot {
    let marks = like
        .sessions
        .iter()
        .map(|mark| draft.mark(mark.id, mark.end != MarkedEnd::AsItIs))
        .collect();
    Snapshot { checkpoint: like.checkpoint, ..draft.snapshot(marks) }
}

/// If the current session's end is about to move away from words said since `stood`, an automatic checkpoint keeps them.
fn keep_words(draft: &mut Draft<'_>, stood: &Snapshot, name: &str) -> Option<Checkpoint> {
    let id = draft.lane.current;
    let head = draft.current().head();
    let stood = stood.sessions.iter().find(|mark| mark.id == id)?;
    match stood.end {
        MarkedEnd::At(then) if then != head => draft.keep_present(name.to_owned()),
        MarkedEnd::At(_) | MarkedEnd::AsItIs => None,
    }
}

/// What there is to go back to.
struct Back {
    spots: Vec<Spot>,
    checkpoint: Option<Checkpoint>,
}

impl Back {
    fn restore(&mut self, draft: &mut Draft<'_>, stood: &Snapshot) {
        for SessionMark { id, state, end } in &stood.sessions {
            draft.set_state(*id, *state);
            if let MarkedEnd::At(head) = end {
                let to = self.spot(*head);
                draft.move_end(*id, to);
            }
        }
        draft.lane.current = stood.current;
        if let (Some(found), Some((_, deleted))) =
            (mem::take(&mut self.checkpoint), stood.checkpoint)
        {
            let deleted_at = deleted.then_some(draft.now());
            draft.push(Change::SaveCheckpoint(Checkpoint { deleted_at, ..found }));
        }
    }

    fn spot(&self, head: Head) -> Option<Spot> {
        let point = head?;
        let found = self.spots.iter().find(|spot| spot.point() == point);
        Some(*found.expect("the caller resolves every head that an entry names"))
    }
}
