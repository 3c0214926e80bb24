//! A small memory of what was done last, by what it was done for.

use std::collections::{HashMap, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How much is remembered: the pieces of one answer leave within seconds of each other, at some hundred a second.
const MOST: usize = 8_192;

/// What was done for what, the latest of it.
pub(super) struct Recent<V> {
    done: Mutex<Done<V>>,
}

struct Done<V> {
    known: HashMap<u64, V>,
    order: VecDeque<u64>,
}

impl<V> Default for Recent<V> {
    fn default() -> Self {
        Self { done: Mutex::new(Done { known: HashMap::new(), order: VecDeque::new() }) }
    }
}

impl<V: Copy> Recent<V> {
    pub(super) fn get(&self, key: u64) -> Option<V> {
        self.done().known.get(&key).copied()
    }

    pub(super) fn has(&self, key: u64) -> bool {
        self.get(key).is_some()
    }

    pub(super) fn put(&self, key: u64, value: V) {
        let mut done = self.done();
        if done.known.insert(key, value).is_some() {
            return;
        }
        done.order.push_back(key);
        if done.order.len() > MOST
            && let Some(oldest) = done.order.pop_front()
        {
            done.known.remove(&oldest);
        }
    }

    fn done(&self) -> MutexGuard<'_, Done<V>> {
        self.done.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A key of what identifies something.
pub(super) fn key(parts: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    parts.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_oldest_is_forgotten_first() {
        let recent = Recent::default();
        for number in 0..=MOST as u64 {
            recent.put(number, number);
            recent.put(number, number + 1);
        }
        assert_eq!((recent.get(0), recent.get(1)), (None, Some(2)));
        assert_eq!(recent.get(MOST as u64), Some(MOST as u64 + 1));
        assert_eq!(recent.done().order.len(), MOST);
    }
}
