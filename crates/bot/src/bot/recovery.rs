//! Taking up what an earlier process left: events not done, answers perhaps not delivered.

use std::sync::Arc;

use sessions::delivery::{Delivery, InboxRow, OutboxState};
use sessions::store::{Commit, Store, StoreError};
use sessions::{Environment, Fault};

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
                if attempts < ATTEMPTS {
                    let delivery = vec![Delivery::Attempt(row.seq)];
                    inner.manager.commit_free(Commit { delivery, ..Commit::default() }).await?;
                } else {
                    // Its worker sets it aside, when its turn comes, and tells the sender.
                    let event = row.seq;
                    tracing::error!(event, attempts, "handling an event never ended");
                }
                self.take_up(row, attempts).await?;
            }
        }
    }

    async fn take_up(&self, row: InboxRow, attempts: u32) -> Result<(), BotError> {
        let inner = &self.inner;
        let incoming = match inner.queue.open_event(&inner.manager, &row).await {
            Ok(incoming) => incoming,
            Err(Fault::Store(error)) => return Err(error.into()),
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
