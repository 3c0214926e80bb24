//! Changes of inbox, outbox and turns in memory.

use super::{Broken, Transaction, keys_where};
use crate::delivery::{Delivery, InboxRow, OutboxRow, OutboxState};
use crate::model::Tag;
use crate::store::memory::DoneEvent;
use crate::time::Timestamp;

impl Transaction<'_> {
    pub(super) fn deliver(&mut self, delivery: Delivery) -> Result<(), Broken> {
        match delivery {
            Delivery::Receive(row) => self.receive(row),
            Delivery::Attempt(seq) => {
                let more = |row: &mut InboxRow| row.attempts = row.attempts.saturating_add(1);
                self.update(|state| &mut state.inbox, seq, more);
            }
            Delivery::Finish(seq) => self.finish(seq),
            Delivery::Park(seq) => {
                if let Some(row) = self.set(|state| &mut state.inbox, seq, None) {
                    self.set(|state| &mut state.parked, seq, Some(row));
                }
            }
            Delivery::Unpark(seq) => {
                if let Some(row) = self.set(|state| &mut state.parked, seq, None) {
                    self.set(|state| &mut state.inbox, seq, Some(InboxRow { attempts: 0, ..row }));
                }
            }
            Delivery::Owe(row) => self.owe(row),
            Delivery::Mark(seq, state) => self.mark(seq, state),
            Delivery::PutTurn(row) => {
                self.need_lane(row.lane)?;
                self.set(|state| &mut state.turns, row.lane, Some(row));
            }
            Delivery::EndTurn(lane) => drop(self.set(|state| &mut state.turns, lane, None)),
            Delivery::Forget(before) => self.forget(before),
        }
        Ok(())
    }

    fn receive(&mut self, row: InboxRow) {
        if row.events.iter().any(|tag| self.state.events.contains_key(tag)) {
            self.receipt.received.push(None);
            return;
        }
        // Numbers are never used again, not even after a failure.
        self.state.last_received += 1;
        let seq = self.state.last_received;
        for tag in &row.events {
            self.set(|state| &mut state.events, *tag, Some(seq));
        }
        self.set(|state| &mut state.inbox, seq, Some(InboxRow { seq, ..row }));
        self.receipt.received.push(Some(seq));
    }

    /// An event that never waited.
    pub(super) fn note_done(&mut self, events: Vec<Tag>, received_at: Timestamp) {
        self.state.last_received += 1;
        let seq = self.state.last_received;
        for tag in &events {
            self.set(|state| &mut state.events, *tag, Some(seq));
        }
        self.set(|state| &mut state.done, seq, Some(DoneEvent { received_at, events }));
    }

    fn finish(&mut self, seq: i64) {
        let waiting = self.set(|state| &mut state.inbox, seq, None);
        let parked = self.set(|state| &mut state.parked, seq, None);
        if let Some(row) = waiting.or(parked) {
            let done = DoneEvent { received_at: row.received_at, events: row.events };
            self.set(|state| &mut state.done, seq, Some(done));
        }
    }

    fn owe(&mut self, row: OutboxRow) {
        self.state.last_owed += 1;
        let seq = self.state.last_owed;
        self.receipt.owed.push(seq);
        self.set(|state| &mut state.outbox, seq, Some(OutboxRow { seq, ..row }));
    }

    fn mark(&mut self, seq: i64, to: OutboxState) {
        match to {
            OutboxState::Pending
            | OutboxState::Attempting
            | OutboxState::Ambiguous
            | OutboxState::Covered => {
                self.update(|state| &mut state.outbox, seq, |row| row.state = to);
            }
            OutboxState::Sent | OutboxState::Dead => {
                self.set(|state| &mut state.outbox, seq, None);
            }
        }
    }

    fn forget(&mut self, before: Timestamp) {
        for seq in keys_where(&self.state.done, |event| event.received_at < before) {
            let event = self.set(|state| &mut state.done, seq, None);
            for tag in event.into_iter().flat_map(|event| event.events) {
                self.set(|state| &mut state.events, tag, None);
            }
        }
        let is_over =
            |row: &OutboxRow| row.state == OutboxState::Covered && row.created_at < before;
        for seq in keys_where(&self.state.outbox, is_over) {
            self.set(|state| &mut state.outbox, seq, None);
        }
        for token in keys_where(&self.state.tokens, |spent| *spent < before) {
            self.set(|state| &mut state.tokens, token, None);
        }
    }
}
