//! The clock and the entropy of a run: both in the hands of the driver.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use crate::environment::{EntropyError, Environment};
use crate::id::IdBytes;
use crate::time::Timestamp;

/// 2026-03-01T12:00:00Z.
const BEGINNING: i64 = 1_772_366_400_000;

/// What a manager is told of the world. All clones are one.
#[derive(Clone)]
pub(super) struct World {
    now: Arc<AtomicI64>,
    drawn: Arc<AtomicU64>,
}

impl World {
    pub(super) fn new() -> Self {
        Self { now: Arc::new(AtomicI64::new(BEGINNING)), drawn: Arc::new(AtomicU64::new(0)) }
    }

    pub(super) fn move_clock(&self, minutes: i64) {
        self.now.fetch_add(minutes * 60_000, Ordering::Relaxed);
    }

    pub(super) fn set_clock(&self, to: Timestamp) {
        self.now.store(to.as_millis(), Ordering::Relaxed);
    }

    fn bytes(&self) -> IdBytes {
        let mut bytes = [0; 16];
        for half in bytes.chunks_mut(8) {
            half.copy_from_slice(
                &scatter(self.drawn.fetch_add(1, Ordering::Relaxed)).to_be_bytes(),
            );
        }
        bytes
    }
}

impl Environment for World {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.now.load(Ordering::Relaxed))
    }

    fn random(&self) -> Result<IdBytes, EntropyError> {
        Ok(self.bytes())
    }
}

/// A bijection that scatters a counter over 64 bits, so that ids repeat from run to run and never within one.
fn scatter(counter: u64) -> u64 {
    let mixed = counter.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}
