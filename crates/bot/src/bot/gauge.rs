//! How much is at work.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::Notify;

/// Counts what is at work, and tells when nothing is.
#[derive(Default)]
pub(super) struct Gauge {
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    count: AtomicUsize,
    idle: Notify,
}

/// Something at work, until it is dropped.
pub(super) struct AtWork(Arc<State>);

impl Gauge {
    pub(super) fn enter(&self) -> AtWork {
        self.state.count.fetch_add(1, Ordering::AcqRel);
        AtWork(Arc::clone(&self.state))
    }

    pub(super) fn count(&self) -> usize {
        self.state.count.load(Ordering::Relaxed)
    }

    /// Waits until nothing is at work.
    pub(super) async fn idle(&self) {
        loop {
            let idle = self.state.idle.notified();
            tokio::pin!(idle);
            idle.as_mut().enable();
            if self.state.count.load(Ordering::Acquire) == 0 {
                return;
            }
            idle.await;
        }
    }
}

impl Drop for AtWork {
    fn drop(&mut self) {
        if self.0.count.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.0.idle.notify_waiters();
        }
    }
}
