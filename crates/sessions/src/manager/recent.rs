//! What was used lately, kept at hand in two generations.
//!
//! What is used moves to the young one; when that is full, it becomes the old one, and what was in the old one goes. So at
//! most twice as many as one generation holds are in memory, and what is busy never goes.

use std::collections::HashMap;
use std::hash::Hash;
use std::mem;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Values that were used lately, by their keys.
pub(super) struct Recent<K, V> {
    room: usize,
    generations: Mutex<Generations<K, V>>,
}

struct Generations<K, V> {
    young: HashMap<K, V>,
    old: HashMap<K, V>,
}

impl<K: Copy + Eq + Hash, V: Clone> Recent<K, V> {
    /// Room for twice so many.
    pub(super) fn new(room: usize) -> Self {
        let generations = Generations { young: HashMap::new(), old: HashMap::new() };
        Self { room, generations: Mutex::new(generations) }
    }

    pub(super) fn get(&self, key: K) -> Option<V> {
        let mut generations = self.lock();
        if let Some(known) = generations.young.get(&key) {
            return Some(known.clone());
        }
        let known = generations.old.remove(&key)?;
        generations.insert(self.room, key, known.clone());
        Some(known)
    }

    pub(super) fn insert(&self, key: K, value: V) {
        self.lock().insert(self.room, key, value);
    }

    /// What is kept already, or else this, which is then kept.
    pub(super) fn get_or_insert(&self, key: K, value: V) -> V {
        let mut generations = self.lock();
        let known = generations.young.get(&key).cloned().or_else(|| generations.old.remove(&key));
        let value = known.unwrap_or(value);
        generations.insert(self.room, key, value.clone());
        value
    }

    pub(super) fn remove(&self, key: K) -> Option<V> {
        let mut generations = self.lock();
        let (young, old) = (generations.young.remove(&key), generations.old.remove(&key));
        young.or(old)
    }

    fn lock(&self) -> MutexGuard<'_, Generations<K, V>> {
        self.generations.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Eq + Hash, V> Generations<K, V> {
    fn insert(&mut self, room: usize, key: K, value: V) {
        if self.young.len() >= room && !self.young.contains_key(&key) {
            self.old = mem::take(&mut self.young);
        }
        self.old.remove(&key);
        self.young.insert(key, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_used_stays_and_the_rest_goes() {
        let recent = Recent::new(2);
        for key in 0..10 {
            recent.insert(key, key);
            assert_eq!(recent.get(0), Some(0), "{key}");
        }
        assert_eq!(recent.get(1), None);
        assert!((0..10).filter(|key| recent.get(*key).is_some()).count() <= 4);
    }

    #[test]
    fn the_last_value_counts_and_is_removed_whole() {
        let recent = Recent::new(1);
        recent.insert('a', 1);
        recent.insert('b', 1);
        recent.insert('a', 2);
        assert_eq!(recent.remove('a'), Some(2));
        assert_eq!(recent.get('a'), None);
    }
}
