//! The console's own clock: the machine's, moved by as much as somebody said.

use std::sync::atomic::{AtomicI64, Ordering};

use sessions::id::IdBytes;
use sessions::time::Timestamp;
use sessions::{EntropyError, Environment};
use sqlite::SystemEnvironment;

/// The machine's clock and entropy, the clock moved by an offset. The machine's own is never touched.
#[derive(Debug, Default)]
pub(crate) struct ConsoleClock {
    offset: AtomicI64,
}

impl ConsoleClock {
    /// Moves the clock by so many milliseconds.
    pub(crate) fn shift(&self, millis: i64) {
        let moved = self.offset.load(Ordering::Relaxed).saturating_add(millis);
        self.offset.store(moved, Ordering::Relaxed);
    }

    /// Sets the clock; from there it runs on.
    pub(crate) fn set(&self, now: Timestamp) {
        let offset = now.as_millis().saturating_sub(SystemEnvironment.now().as_millis());
        self.offset.store(offset, Ordering::Relaxed);
    }
}

impl Environment for ConsoleClock {
    fn now(&self) -> Timestamp {
        let offset = self.offset.load(Ordering::Relaxed);
        Timestamp::from_millis(SystemEnvironment.now().as_millis().saturating_add(offset))
    }

    fn random(&self) -> Result<IdBytes, EntropyError> {
        SystemEnvironment.random()
    }
}
