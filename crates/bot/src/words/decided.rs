//! What a decision is told as.

use sessions::decide::{Change, Decision, Outcome, Rules};
use sessions::manager::Ask;
use sessions::model::{Checkpoint, Session};
use sessions::reset::next_reset;
use sessions::time::Timestamp;

use crate::button::Press;
use crate::handle::Offer;
use crate::reply::Reply;

use super::{card, counted, days, messages, reset_notice, strategy_words};

/// The answer to a change, computed from what was decided.
pub(crate) fn decided(
    ask: &Ask,
    decision: &Decision,
    rules: &Rules,
    at: Timestamp,
    offer: &Offer<'_>,
) -> Reply {
    let reply = Reply::text(text(ask, decision, rules, at));
    match written_entry(decision) {
        Some(mark) if is_undoable(&decision.outcome) => {
            reply.with(offer.button("Undo", Press::Undo(mark)))
        }
        _ => reply,
    }
}

/// The mark of the journal entry that a decision writes.
fn written_entry(decision: &Decision) -> Option<u32> {
    decision.changes.iter().find_map(|change| {
        if let Change::WriteJournal(entry) = change { Some(entry.mark) } else { None }
    })
}

fn text(ask: &Ask, decision: &Decision, rules: &Rules, at: Timestamp) -> String {
    let current = &decision.current;
    match &decision.outcome {
        Outcome::Said { point, reset } => {
            let kept = format!(
                "Kept as message {}. No assistant is configured, so nobody answers.",
                point.position
            );
            match reset {
                Some(reason) => format!("{}\n{kept}", reset_notice(reason)),
                None => kept,
            }
        }
        Outcome::Visited { .. } => format!("Session {}.", current.id.short()),
        Outcome::Began { closed, said } => began(ask, closed.as_deref(), *said, current, rules),
        Outcome::Moved { operation, kept, carried } => {
            let verb = if matches!(ask, Ask::Redo) { "Did again" } else { "Took back" };
            moved(&format!("{verb}: {operation}."), ask, current, kept.as_deref(), *carried)
        }
        Outcome::Cleared(count) => format!(
            "Cleared {} from session {}; its settings and checkpoints stay. /undo brings them back.",
            messages(*count),
            current.id.short()
        ),
        Outcome::Saved(saved) => format!("Saved checkpoint {}.", named(saved)),
        Outcome::Restored { checkpoint, kept } => restored(checkpoint, kept.as_deref(), current),
        Outcome::CheckpointDeleted(deleted) => {
            format!("Deleted checkpoint {}. /undo brings it back.", named(deleted))
        }
        Outcome::Resumed(was) => format!(
            "Session {} is current again. {} is kept. /undo goes back to it.",
            held(current),
            held(was)
        ),
        Outcome::SessionDeleted(deleted) => format!(
            "Session {} is in the bin for {}. /undo or /session resume {} brings it back.",
            held(deleted),
            days(rules.undo_window),
            deleted.id.short()
        ),
        Outcome::Renamed(title) => {
            format!("Session {} is now called “{title}”.", current.id.short())
        }
        Outcome::SettingChanged => setting(ask, decision, rules, at),
        Outcome::PinChanged { position, pinned: true } => {
            format!("Pinned message {position}: “smart” contexts keep it. /unpin lets it go.")
        }
        Outcome::PinChanged { position, pinned: false } => {
            format!("Message {position} is no longer pinned.")
        }
        Outcome::Imported(session) => format!(
            "Imported session {}. /session resume {} goes there.",
            held(session),
            session.id.short()
        ),
    }
}

fn is_undoable(outcome: &Outcome) -> bool {
    match outcome {
        Outcome::Began { closed, .. } => closed.is_some(),
        Outcome::Said { reset, .. } => reset.is_some(),
        Outcome::Cleared(_)
        | Outcome::Restored { .. }
        | Outcome::CheckpointDeleted(_)
        | Outcome::Resumed(_)
        | Outcome::SessionDeleted(_) => true,
        Outcome::Visited { .. }
        | Outcome::Moved { .. }
        | Outcome::Saved(_)
        | Outcome::Renamed(_)
        | Outcome::SettingChanged
        | Outcome::PinChanged { .. }
        | Outcome::Imported(_) => false,
    }
}

fn began(
    ask: &Ask,
    closed: Option<&Session>,
    said: bool,
    current: &Session,
    rules: &Rules,
) -> String {
    let mut text = match (closed, ask) {
        (None, _) => {
            format!("Session {} was empty already, so it is used again.", current.id.short())
        }
        (Some(old), Ask::Reset | Ask::DeleteSession(_)) => format!(
            "New session {}. The one before, {}, is in the bin for {}: /undo brings it back.",
            current.id.short(),
            held(old),
            days(rules.undo_window)
        ),
        (Some(old), _) => format!(
            "New session {}. The one before, {}, is kept: /undo or /session resume {} goes back to it.",
            current.id.short(),
            held(old),
            old.id.short()
        ),
    };
    if said {
        text.push_str(" Your message is its first. No assistant is configured, so nobody answers.");
    }
    text
}

fn moved(
    done: &str,
    ask: &Ask,
    current: &Session,
    kept: Option<&Checkpoint>,
    carried: u64,
) -> String {
    let mut text = format!("{done} Current session: {}.", held(current));
    if carried > 0 {
        text.push_str(&format!(" {} said since came along.", counted(carried, "message")));
    }
    if let Some(kept) = kept {
        text.push_str(&format!(
            " What was said since is kept as checkpoint {} ({}).",
            kept.id.short(),
            messages(kept.message_count())
        ));
    }
    text.push_str(if matches!(ask, Ask::Redo) {
        " /undo takes it back."
    } else {
        " /redo does it again."
    });
    text
}

fn restored(checkpoint: &Checkpoint, kept: Option<&Checkpoint>, current: &Session) -> String {
    let mut text =
        format!("Restored checkpoint {} in session {}.", named(checkpoint), current.id.short());
    if let Some(kept) = kept {
        text.push_str(&format!(
            " What was there is kept as {} ({}).",
            kept.id.short(),
            messages(kept.message_count())
        ));
    }
    text.push_str(" /undo goes back.");
    text
}

fn setting(ask: &Ask, decision: &Decision, rules: &Rules, at: Timestamp) -> String {
    if matches!(ask, Ask::SetStrategy(_)) {
        let strategy = decision.lane.settings.strategy.unwrap_or(rules.strategy);
        return format!("Context strategy: {}.", strategy_words(strategy));
    }
    let policy = rules.policy(&decision.lane.settings);
    // Of an empty session none is due; what is told is when one would be, from now on.
    let next = next_reset(&policy, rules.anchor(&decision.current), at);
    card::policy_words(rules, &policy, next.as_ref())
}

/// A session with what it holds: `s-7k3f9q (3 messages)`.
fn held(session: &Session) -> String {
    format!("{} ({})", session.id.short(), messages(session.message_count()))
}

/// A checkpoint with its name and what it holds.
fn named(checkpoint: &Checkpoint) -> String {
    format!(
        "{} “{}” ({})",
        checkpoint.id.short(),
        checkpoint.name,
        messages(checkpoint.message_count())
    )
}
