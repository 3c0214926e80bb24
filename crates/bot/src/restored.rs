//! What a backup holds of things under way, made fit for a later day: nothing of it is sent or run by itself.
//!
//! Answers that were owed may have arrived long ago: each place is told with its next answer that one may be missing.
//! Events that were not done are set aside, where they can be looked at. Turns are over. Channels that fetch what was
//! said while they were away begin with the day of the restore.
//!
//! Not here: what was said between the backup and the restore, which is in no file any more.

use sessions::delivery::{Delivery, OutboxState};
use sessions::id::IdBytes;
use sessions::store::{Commit, Store};
use sessions::time::Timestamp;
use sessions::{Environment, Fault, SessionManager};

/// Rows read at a time.
const PAGE: usize = 256;
/// The note of when a store was last restored: milliseconds since 1970, as a number of 16 bytes, big-endian.
pub const RESTORED: &str = "restored";

/// What was under way when the backup was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct HeldBack {
    /// Answers that are not sent.
    pub answers: u64,
    /// Events that are not run.
    pub events: u64,
    /// Turns that are over.
    pub turns: u64,
}

/// Holds back what was under way in a store that comes from a backup, and notes when it was restored.
///
/// # Errors
/// When the store fails.
pub async fn hold_back<S: Store, E: Environment>(
    manager: &SessionManager<S, E>,
) -> Result<HeldBack, Fault> {
    let mut held = HeldBack::default();
    let store = manager.store();
    let mut after = 0;
    loop {
        let rows = store.outbox(after, PAGE).await?;
        let Some(last) = rows.last() else { break };
        after = last.seq;
        let is_under_way = |state| {
            matches!(state, OutboxState::Pending | OutboxState::Attempting | OutboxState::Ambiguous)
        };
        let owed = rows.iter().filter(|row| is_under_way(row.state));
        let marks = owed.map(|row| Delivery::Mark(row.seq, OutboxState::Ambiguous));
        held.answers += commit(manager, marks.collect()).await?;
    }
    let mut after = 0;
    loop {
        let rows = store.inbox(after, PAGE).await?;
        let Some(last) = rows.last() else { break };
        after = last.seq;
        let parked = rows.iter().map(|row| Delivery::Park(row.seq)).collect();
        held.events += commit(manager, parked).await?;
    }
    let mut after = None;
    loop {
        let rows = store.lanes(None, after, PAGE).await?;
        let Some(last) = rows.last() else { break };
        after = Some(last.id);
        let mut ends = Vec::new();
        for row in &rows {
            if store.turn(row.id).await?.is_some() {
                ends.push(Delivery::EndTurn(row.id));
            }
        }
        held.turns += commit(manager, ends).await?;
    }
    let restored = restored_at(manager.environment().now());
    let writes = vec![manager.bind(manager.tag("note", &[RESTORED.as_bytes()]), &restored)];
    manager.commit_free(Commit { writes, ..Commit::default() }).await?;
    Ok(held)
}

/// Moves queued things on, in one commit; answers how many.
pub(crate) async fn commit<S: Store, E: Environment>(
    manager: &SessionManager<S, E>,
    delivery: Vec<Delivery>,
) -> Result<u64, Fault> {
    let many = delivery.len() as u64;
    if many > 0 {
        manager.commit_free(Commit { delivery, ..Commit::default() }).await?;
    }
    Ok(many)
}

/// An instant as a note.
fn restored_at(now: Timestamp) -> IdBytes {
    u128::from(now.as_millis().unsigned_abs()).to_be_bytes()
}
