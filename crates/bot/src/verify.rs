//! Verification of what waits: every event and every answer opens, without being handled or sent.
//!
//! Not here: everything else in the store, which `SessionManager::verify` looks at.
//!
//! Invariant: nothing is changed; a row that does not open is a finding that names it.

use sessions::delivery::{InboxRow, OutboxRow};
use sessions::manager::VerifyReport;
use sessions::store::Store;
use sessions::{Environment, Fault, SessionManager, StoreError};

use crate::queue::StoredKeys;

/// Rows of a page.
const PAGE: usize = 256;

/// Opens all that waits in inbox and outbox, and takes down in `report` what does not open.
///
/// For a store that no [`Bot`](crate::Bot) works on: what is done meanwhile goes with its key.
///
/// # Errors
/// When the store fails.
pub async fn verify_queues<S: Store, E: Environment>(
    manager: &SessionManager<S, E>,
    report: &mut VerifyReport,
) -> Result<(), Fault> {
    let mut keys = StoredKeys::default();
    let store = manager.store();
    let mut after = Some(0);
    while let Some(last) = after {
        let rows = listed(store.inbox(last, PAGE).await, report)?;
        after = keys.open_events(manager, &rows, report).await?;
    }
    let mut after = Some(0);
    while let Some(last) = after {
        let rows = listed(store.parked(last, PAGE).await, report)?;
        after = keys.open_events(manager, &rows, report).await?;
    }
    let mut after = Some(0);
    while let Some(last) = after {
        let rows = listed(store.outbox(last, PAGE).await, report)?;
        after = keys.open_answers(manager, &rows, report).await?;
    }
    Ok(())
}

impl StoredKeys {
    async fn open_events<S: Store, E: Environment>(
        &mut self,
        manager: &SessionManager<S, E>,
        rows: &[InboxRow],
        report: &mut VerifyReport,
    ) -> Result<Option<i64>, Fault> {
        for row in rows {
            if let Some(generation) = self.of(manager, row.key).await?
                && let Err(fault) = generation.open_event(row)
            {
                report.note_fault(fault)?;
            }
        }
        Ok(rows.last().map(|row| row.seq))
    }

    async fn open_answers<S: Store, E: Environment>(
        &mut self,
        manager: &SessionManager<S, E>,
        rows: &[OutboxRow],
        report: &mut VerifyReport,
    ) -> Result<Option<i64>, Fault> {
        for row in rows {
            if let Some(generation) = self.of(manager, row.key).await?
                && let Err(fault) = generation.open_answer(row)
            {
                report.note_fault(fault)?;
            }
        }
        Ok(rows.last().map(|row| row.seq))
    }
}

/// The rows of a page; none, and a finding, if they cannot be read.
fn listed<T>(page: Result<Vec<T>, StoreError>, report: &mut VerifyReport) -> Result<Vec<T>, Fault> {
    page.or_else(|error| report.note_fault(error.into()).map(|()| Vec::new()))
}
