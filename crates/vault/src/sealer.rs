//! Sealing under one key: a fresh nonce for each seal, and a count that ends.
//!
//! Data keys seal rows with it, master keys wrap data keys with it.
//! Not an owner of the key's bytes: it holds the prepared cipher only.
//!
//! Invariant: a nonce is drawn for each seal, from the operating system, and used once.
//! Invariant: no key makes more than 2^32 seals: with random nonces of 96 bits that is where the chance of a
//! repeat reaches 2^-32 (NIST SP 800-38D, section 8.3).

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use aes_gcm::{Aes256Gcm, KeyInit};

use crate::bound::Bound;
use crate::envelope;
use crate::error::{OpenError, SealError};
use crate::mode::Mode;
use crate::random::RandomSource;

/// How many seals one key may make.
pub(crate) const MAX_SEALS: u64 = 1 << 32;

pub(crate) struct Sealer {
    /// The prepared key schedule; none in plain mode.
    cipher: Option<Box<Aes256Gcm>>,
    seals: AtomicU64,
    random: Arc<RandomSource>,
}

impl Sealer {
    /// Seals under `key`, which has made `seals` seals before.
    pub(crate) fn sealed(key: &[u8; 32], seals: u64, random: Arc<RandomSource>) -> Self {
        Self {
            cipher: Some(Box::new(Aes256Gcm::new(key.into()))),
            seals: AtomicU64::new(seals),
            random,
        }
    }

    /// Writes rows as they are. They are counted all the same: a limit that holds in one mode only would be
    /// met for the first time in production.
    pub(crate) fn plain(seals: u64, random: Arc<RandomSource>) -> Self {
        Self { cipher: None, seals: AtomicU64::new(seals), random }
    }

    pub(crate) fn mode(&self) -> Mode {
        match self.cipher {
            Some(_) => Mode::Sealed,
            None => Mode::Plain,
        }
    }

    pub(crate) fn seals(&self) -> u64 {
        self.seals.load(Ordering::Relaxed)
    }

    pub(crate) fn seal(&self, bound: &Bound, plain: &[u8]) -> Result<Vec<u8>, SealError> {
        self.count()?;
        let Some(cipher) = &self.cipher else {
            return Ok(envelope::write_plain(plain));
        };
        let mut nonce = [0; envelope::NONCE];
        self.random.draw(&mut nonce)?;
        envelope::seal(cipher, &nonce, bound, plain)
    }

    pub(crate) fn open_into(
        &self,
        bound: &Bound,
        sealed: &[u8],
        plain: &mut Vec<u8>,
    ) -> Result<(), OpenError> {
        match &self.cipher {
            Some(cipher) => envelope::open(cipher, bound, sealed, plain),
            None => envelope::read_plain(sealed, plain),
        }
    }

    /// Counts before sealing: a seal that fails afterwards has cost one count, never the other way round.
    fn count(&self) -> Result<(), SealError> {
        self.seals
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |seals| {
                (seals < MAX_SEALS).then(|| seals + 1)
            })
            .map(|_| ())
            .map_err(|_| SealError::Exhausted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bound() -> Bound {
        Bound::new("message", "content")
    }

    #[test]
    fn the_last_seal_is_made_and_the_next_is_refused() {
        let sealer = Sealer::sealed(&[1; 32], MAX_SEALS - 1, Arc::new(RandomSource::os()));
        assert!(sealer.seal(&bound(), b"last").is_ok());
        assert_eq!(sealer.seals(), MAX_SEALS);
        assert_eq!(sealer.seal(&bound(), b"more"), Err(SealError::Exhausted));
        assert_eq!(sealer.seals(), MAX_SEALS);
    }

    #[test]
    fn a_count_past_the_end_stays_refused() {
        let sealer = Sealer::sealed(&[1; 32], u64::MAX, Arc::new(RandomSource::os()));
        assert_eq!(sealer.seal(&bound(), b""), Err(SealError::Exhausted));
        let sealer = Sealer::plain(u64::MAX, Arc::new(RandomSource::os()));
        assert_eq!(sealer.seal(&bound(), b""), Err(SealError::Exhausted));
    }

    #[test]
    fn an_exhausted_key_still_opens() {
        let random = Arc::new(RandomSource::os());
        let row = Sealer::sealed(&[1; 32], 0, random.clone()).seal(&bound(), b"kept").unwrap();
        let mut plain = Vec::new();
        Sealer::sealed(&[1; 32], MAX_SEALS, random).open_into(&bound(), &row, &mut plain).unwrap();
        assert_eq!(plain, b"kept");
    }

    #[test]
    fn a_frozen_source_seals_nothing() {
        let frozen = RandomSource::new(|out| {
            out.fill(9);
            Ok(())
        });
        let sealer = Sealer::sealed(&[1; 32], 0, Arc::new(frozen));
        assert_eq!(sealer.seal(&bound(), b"one"), Err(SealError::RandomSourceRepeats));
    }

    #[test]
    fn a_failing_source_seals_nothing() {
        let failing = RandomSource::new(|_| Err(getrandom::Error::UNEXPECTED));
        let sealer = Sealer::sealed(&[1; 32], 0, Arc::new(failing));
        assert_eq!(
            sealer.seal(&bound(), b"one"),
            Err(SealError::RandomSource(getrandom::Error::UNEXPECTED))
        );
    }

    #[test]
    fn the_nonce_is_what_was_drawn() {
        static DRAWS: AtomicU64 = AtomicU64::new(1);
        let counting = RandomSource::new(|out| {
            out.fill(DRAWS.fetch_add(1, Ordering::Relaxed) as u8);
            Ok(())
        });
        let sealer = Sealer::sealed(&[1; 32], 0, Arc::new(counting));
        assert_eq!(sealer.seal(&bound(), b"").unwrap()[1..13], [2; 12]);
        assert_eq!(sealer.seal(&bound(), b"").unwrap()[1..13], [3; 12]);
    }
}
