//! The world, shared between stories, which wait for it, and the server's thread, which serves it.
//!
//! Invariant: nothing waits while it holds the world.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::world::World;

/// How long a story waits for what must come.
const PATIENCE: Duration = Duration::from_secs(40);

/// The world and who waits for it.
#[derive(Debug)]
pub(super) struct Shared {
    world: Mutex<World>,
    told: Condvar,
}

impl Shared {
    pub(super) fn new(world: World) -> Self {
        Self { world: Mutex::new(world), told: Condvar::new() }
    }

    fn lock(&self) -> MutexGuard<'_, World> {
        // A story that failed while it looked has spoilt nothing.
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks, and tells nobody.
    pub(super) fn look<T>(&self, at: impl FnOnce(&mut World) -> T) -> T {
        at(&mut self.lock())
    }

    /// Changes the world, and tells all who wait.
    pub(super) fn change<T>(&self, by: impl FnOnce(&mut World) -> T) -> T {
        let done = by(&mut self.lock());
        self.told.notify_all();
        done
    }

    /// Waits until something is found in the world.
    #[track_caller]
    pub(super) fn wait_for<T>(&self, mut find: impl FnMut(&mut World) -> Option<T>) -> T {
        let deadline = Instant::now() + PATIENCE;
        let mut world = self.lock();
        loop {
            if let Some(found) = find(&mut world) {
                return found;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                let seen = world.shown();
                drop(world);
                panic!("waited {PATIENCE:?} for what did not come; the platform saw:\n{seen}");
            }
            let waited = self.told.wait_timeout(world, left);
            world = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}
