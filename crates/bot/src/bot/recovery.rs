//! Taking up what an earlier process left: events not done, answers perhaps not delivered.

use std::sync::Arc;

use sessions::Environment;
use sessions::delivery::{Delivery, InboxRow, OutboxState};
use sessions::store::{Commit, Store, StoreError};

use crate::outbox::Outlet;

use super::{ATTEMPTS, Bot, BotError, Job, lock};

/// Inbox and outbox rows read at a time.
const PAGE: usize = 256;

impl<S: Store, E: Environment, O: Outlet> Bot<S, E, O> {
    /// Answers that an earlier process may not have delivered: each place is told with its next answer.
    pub(super) async fn take_up_outbox(&self) -> Result<(), BotError> {
        let inner = &self.inner;
        let mut after = 0;
        loop {
            let rows = inner.manager.store().outbox(after, PAGE).await?;
            let Some(last) = rows.last() else { return Ok(()) };
            after = last.seq;
            let unsure = rows.iter().filter(|row| row.state == OutboxState::Attempting);
            let delivery: Vec<_> =
                unsure.map(|row| Delivery::Mark(row.seq, OutboxState::Ambiguous)).collect();
            if !delivery.is_empty() {
                inner.manager.commit_free(Commit { delivery, ..Commit::default() }).await?;
            }
            let mut missing = lock(&inner.missing);
            for row in rows {
                missing.entry(row.place).or_default().push(row.seq);
            }
        }
    }

    /// Events that an earlier process did not finish: each is begun once more, up to a limit.
    pub(super) async fn take_up_inbox(&self) -> Result<(), BotError> {
        let inner = &self.inner;
        let mut after = 0;
        loop {
            let rows = inner.manager.store().inbox(after, PAGE).await?;
            let Some(last) = rows.last() else { return Ok(()) };
            after = last.seq;
            for row in rows {
                let attempts = row.attempts + 1;
                let again = if attempts >= ATTEMPTS {
                    tracing::error!(
                        event = row.seq,
                        attempts,
                        "an event is set aside: handling it never ended"
                    );
                    Delivery::Park(row.seq)
                } else {
                    Delivery::Attempt(row.seq)
                };
                let delivery = vec![again];
                inner.manager.commit_free(Commit { delivery, ..Commit::default() }).await?;
                if attempts < ATTEMPTS {
                    self.take_up(row, attempts).await?;
                }
            }
        }
    }

    async fn take_up(&self, row: InboxRow, attempts: u32) -> Result<(), BotError> {
        let inner = &self.inner;
        let generation = inner.queue.of_row(&inner.manager, row.key).await?;
        let incoming = match generation.open("inbox", row.place, &row.sealed) {
            Ok(incoming) => incoming,
            Err(fault) => {
                tracing::error!(event = row.seq, error = %fault, "an event is set aside: it does not open");
                let delivery = vec![Delivery::Park(row.seq)];
                inner.manager.commit_free(Commit { delivery, ..Commit::default() }).await?;
                return Ok(());
            }
        };
        let permit = Arc::clone(&inner.room).acquire_owned().await;
        let permit = permit.map_err(|_| StoreError::Closed)?;
        let place = row.place;
        self.enqueue(Job { seq: row.seq, place, incoming, attempts, _permit: permit });
        Ok(())
    }
}
