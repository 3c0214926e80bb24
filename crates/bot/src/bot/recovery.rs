//! Taking up what an earlier process left: events not done, answers perhaps not delivered.

use std::collections::HashSet;

use sessions::delivery::{Delivery, InboxRow, OutboxRow, OutboxState};
use sessions::store::{Commit, Store};
use sessions::{Environment, Fault};

use crate::aside::try_at_next_start;
use crate::outbox::Outlet;

use super::held::Held;
use super::road::Owing;
use super::{Bot, BotError, Job, lock};

/// Inbox and outbox rows read at a time.
const PAGE: usize = 256;

impl<S: Store, E: Environment, O: Outlet> Bot<S, E, O> {
    /// Answers that an earlier process may not have delivered: each place is told with its next answer. What it had not
    /// begun to send is sent.
    pub(super) async fn take_up_outbox(&self) -> Result<(), BotError> {
        let inner = &self.inner;
        let mut after = 0;
        loop {
            let rows = inner.manager.store().outbox(after, PAGE).await?;
            let Some(last) = rows.last() else { return Ok(()) };
            after = last.seq;
            let mut delivery = Vec::new();
            for row in rows {
                let unsure = match row.state {
                    OutboxState::Pending => !self.send_on(&row).await?,
                    OutboxState::Attempting => true,
                    OutboxState::Ambiguous | OutboxState::Sent | OutboxState::Dead => {
                        lock(&inner.missing).entry(row.place).or_default().push(row.seq);
                        false
                    }
                    OutboxState::Covered => false,
                };
                if unsure {
                    delivery.push(Delivery::Mark(row.seq, OutboxState::Ambiguous));
                    lock(&inner.missing).entry(row.place).or_default().push(row.seq);
                }
            }
            if !delivery.is_empty() {
                inner.manager.commit_free(Commit { delivery, ..Commit::default() }).await?;
            }
        }
    }

    /// Puts an answer that was not yet tried on its road; answers whether that could be done.
    async fn send_on(&self, row: &OutboxRow) -> Result<bool, BotError> {
        let inner = &self.inner;
        let owed = match inner.queue.open_answer(&inner.manager, row).await {
            Ok(owed) => owed,
            Err(Fault::Store(error)) => return Err(error.into()),
            Err(fault) => {
                tracing::error!(answer = row.seq, error = %fault, "an answer does not open");
                return Ok(false);
            }
        };
        self.depart(Owing::recorded(row, owed, None));
        Ok(true)
    }

    /// Events that an earlier process did not finish. One worker at a time was at each place, so the first of a place
    /// is the only one that may have been begun: that counts as an attempt, when its turn comes.
    pub(super) async fn take_up_inbox(&self) -> Result<(), BotError> {
        let inner = &self.inner;
        let mut begun = HashSet::new();
        let mut after = 0;
        loop {
            let rows = inner.manager.store().inbox(after, PAGE).await?;
            let Some(last) = rows.last() else { return Ok(()) };
            after = last.seq;
            for row in rows {
                let is_suspect = begun.insert(row.place);
                self.take_up(row, is_suspect).await?;
            }
        }
    }

    /// An event that was set aside goes to its place once more. Whatever held it is long past.
    pub(crate) async fn take_up_again(&self, row: InboxRow) -> Result<(), BotError> {
        let inner = &self.inner;
        let (_, incoming) = inner.queue.open_event(&inner.manager, &row).await?;
        let (seq, place) = (row.seq, row.place);
        try_at_next_start(&inner.manager, &[seq]).await?;
        let (attempts, is_suspect) = (0, true);
        let (permit, accepted, gate) = (None, None, None);
        self.enqueue(Job { seq, place, incoming, attempts, is_suspect, permit, accepted, gate });
        Ok(())
    }

    async fn take_up(&self, row: InboxRow, is_suspect: bool) -> Result<(), BotError> {
        let inner = &self.inner;
        let (is_held, incoming) = match inner.queue.open_event(&inner.manager, &row).await {
            Ok(opened) => opened,
            Err(Fault::Store(error)) => return Err(error.into()),
            Err(fault) => {
                tracing::error!(event = row.seq, error = %fault, "an event is set aside: it does not open");
                inner.meter.count_set_aside();
                let delivery = vec![Delivery::Park(row.seq)];
                inner.manager.commit_free(Commit { delivery, ..Commit::default() }).await?;
                return Ok(());
            }
        };
        let (seq, place, attempts) = (row.seq, row.place, row.attempts);
        let gate = is_held.then(|| {
            let (held, gate) = Held::new(seq);
            lock(&inner.left_held).push((held, incoming.clone()));
            gate
        });
        let (permit, accepted) = (None, None);
        self.enqueue(Job { seq, place, incoming, attempts, is_suspect, permit, accepted, gate });
        Ok(())
    }
}
