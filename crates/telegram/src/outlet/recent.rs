//! A small memory of what was done last, by the event that it was done for.

use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How much is remembered.
const MOST: usize = 512;

/// What was done for what, the latest of it.
pub(super) struct Recent<V> {
    done: Mutex<VecDeque<(u64, V)>>,
}

impl<V> Default for Recent<V> {
    fn default() -> Self {
        Self { done: Mutex::default() }
    }
}

impl<V: Copy> Recent<V> {
    pub(super) fn get(&self, key: u64) -> Option<V> {
        self.done().iter().find(|(known, _)| *known == key).map(|(_, value)| *value)
    }

    pub(super) fn put(&self, key: u64, value: V) {
        let mut done = self.done();
        done.retain(|(known, _)| *known != key);
        if done.len() >= MOST {
            done.pop_front();
        }
        done.push_back((key, value));
    }

    pub(super) fn take(&self, key: u64) -> Option<V> {
        let mut done = self.done();
        let at = done.iter().position(|(known, _)| *known == key)?;
        done.remove(at).map(|(_, value)| value)
    }

    fn done(&self) -> MutexGuard<'_, VecDeque<(u64, V)>> {
        self.done.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A key of what identifies something.
pub(super) fn key(parts: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    parts.hash(&mut hasher);
    hasher.finish()
}
