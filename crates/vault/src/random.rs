//! Where keys and nonces come from: the operating system, and a test that it has not frozen.
//!
//! Not a generator: nothing is stretched, buffered or mixed here, so a copied process or a restored machine
//! image cannot replay what this crate drew before.
//!
//! Invariant: two draws in a row never begin with the same eight bytes; the second is refused.
//! A healthy source trips over this once in 2^64 draws, a frozen one at once.
//! Invariant: the first draw is preceded by one that is thrown away, so that even a single key is compared.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::SealError;

/// Fills a buffer with random bytes.
pub(crate) type Fill = fn(&mut [u8]) -> Result<(), getrandom::Error>;

/// A source of random bytes, with the continuous test.
/// A ring and all its keys share one, so that a repeat is noticed across them.
pub(crate) struct RandomSource {
    fill: Fill,
    /// The first eight bytes of the last draw. Zero before there was one: a source that writes nothing is
    /// refused too.
    last: AtomicU64,
}

impl RandomSource {
    /// The random source of the operating system.
    pub(crate) fn os() -> Self {
        Self::new(getrandom::fill)
    }

    pub(crate) fn new(fill: Fill) -> Self {
        Self { fill, last: AtomicU64::new(0) }
    }

    /// Fills `out`, which is at least eight bytes long.
    ///
    /// # Errors
    ///
    /// [`SealError::RandomSource`] when the source fails, [`SealError::RandomSourceRepeats`] when it gives what
    /// it gave before; `out` is not to be used then.
    pub(crate) fn draw<const N: usize>(&self, out: &mut [u8; N]) -> Result<(), SealError> {
        if self.last.load(Ordering::Relaxed) == 0 {
            self.draw_once(&mut [0; 8])?;
        }
        self.draw_once(out)
    }

    fn draw_once<const N: usize>(&self, out: &mut [u8; N]) -> Result<(), SealError> {
        (self.fill)(out).map_err(SealError::RandomSource)?;
        let start = out.first_chunk().expect("Invariant: no draw is shorter than eight bytes");
        let start = u64::from_ne_bytes(*start);
        // One exchange, so that of two threads that draw the same at least one sees it.
        if self.last.swap(start, Ordering::Relaxed) == start {
            return Err(SealError::RandomSourceRepeats);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_operating_system_gives_something_else_each_time() {
        let source = RandomSource::os();
        let (mut first, mut second) = ([0; 12], [0; 12]);
        source.draw(&mut first).unwrap();
        source.draw(&mut second).unwrap();
        assert_ne!(first, second);
        assert_ne!(first, [0; 12]);
    }

    #[test]
    fn a_frozen_source_is_refused_at_its_first_draw() {
        let source = RandomSource::new(|out| {
            out.fill(0x5a);
            Ok(())
        });
        assert_eq!(source.draw(&mut [0; 32]), Err(SealError::RandomSourceRepeats));
        assert_eq!(source.draw(&mut [0; 12]), Err(SealError::RandomSourceRepeats));
    }

    #[test]
    fn a_source_that_writes_nothing_is_refused() {
        let source = RandomSource::new(|_| Ok(()));
        assert_eq!(source.draw(&mut [0; 12]), Err(SealError::RandomSourceRepeats));
    }

    #[test]
    fn a_failing_source_is_an_error() {
        let source = RandomSource::new(|_| Err(getrandom::Error::UNSUPPORTED));
        assert_eq!(
            source.draw(&mut [0; 12]),
            Err(SealError::RandomSource(getrandom::Error::UNSUPPORTED))
        );
    }

    #[test]
    fn a_source_that_freezes_later_is_refused_then() {
        static DRAWS: AtomicU64 = AtomicU64::new(1);
        let source = RandomSource::new(|out| {
            let draw = DRAWS.fetch_add(1, Ordering::Relaxed).min(4);
            out.fill(draw as u8);
            Ok(())
        });
        // One draw is spent on the comparison.
        assert_eq!(source.draw(&mut [0; 12]), Ok(()));
        assert_eq!(source.draw(&mut [0; 12]), Ok(()));
        assert_eq!(source.draw(&mut [0; 12]), Ok(()));
        assert_eq!(source.draw(&mut [0; 12]), Err(SealError::RandomSourceRepeats));
    }
}
