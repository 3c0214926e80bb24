//! Passphrase → 32 bytes: Argon2id, its parameters and their bounds.
//!
//! Not a password check: whether the result is right is told by `MasterKey::fits`.
//!
//! ```text
//! parameters = format 0x01 ‖ salt (16 bytes) ‖ memory in KiB ‖ passes ‖ lanes     (each 4 bytes, big-endian)
//! key        = Argon2id version 0x13 (passphrase in UTF-8, salt, no secret, no data) → 32 bytes
//! ```
//!
//! Defaults: 64 MiB, 3 passes: the second recommended option of RFC 9106, section 4, but with one lane, as the
//! lanes would be computed one after the other here.
//! Lower bounds: 19 MiB with 2 passes, or 46 MiB with 1 (OWASP Password Storage Cheat Sheet), so that whoever
//! can write the parameters cannot make guessing cheap for the next key.
//! Upper bounds: 1 GiB, 16 passes, 4 lanes, so that they cannot stop the program from starting either.
//!
//! Invariant: parameters are checked when they are read and again when they are used.
//! Invariant: the working memory is overwritten and given back before the key is returned.

use argon2::{Algorithm, Argon2, Block, Params, Version};
use zeroize::Zeroizing;

use crate::derivation::Secret;
use crate::error::{DeriveKeyError, SealError};
use crate::random::RandomSource;

const FORMAT: u8 = 1;
const LENGTH: usize = 1 + 16 + 3 * 4;

const MIB: u32 = 1024;
const LEAST_MEMORY: u32 = 19 * MIB;
const MOST_MEMORY: u32 = 1024 * MIB;
/// Below this, one pass is not enough.
const LEAST_MEMORY_FOR_ONE_PASS: u32 = 46 * MIB;
const MOST_PASSES: u32 = 16;
const MOST_LANES: u32 = 4;

/// How a passphrase becomes a key: Argon2id. Stored in clear beside what the key protects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KdfParams {
    /// Random, so that a guess must be made for each store anew.
    pub salt: [u8; 16],
    /// Working memory in KiB, 19 MiB to 1 GiB.
    pub memory_kib: u32,
    /// Passes over the memory, 1 to 16; at least 2 below 46 MiB.
    pub passes: u32,
    /// Lanes, 1 to 4. They are computed one after the other.
    pub lanes: u32,
}

impl KdfParams {
    /// The defaults (64 MiB, 3 passes, 1 lane) with a fresh random salt.
    ///
    /// # Errors
    ///
    /// [`SealError::RandomSource`] and [`SealError::RandomSourceRepeats`].
    pub fn fresh() -> Result<Self, SealError> {
        Self::fresh_from(&RandomSource::os())
    }

    fn fresh_from(random: &RandomSource) -> Result<Self, SealError> {
        let mut salt = [0; 16];
        random.draw(&mut salt)?;
        Ok(Self { salt, memory_kib: 64 * MIB, passes: 3, lanes: 1 })
    }

    /// 29 bytes: format 1, the salt, then memory, passes and lanes in 4 big-endian bytes each.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(LENGTH);
        bytes.push(FORMAT);
        bytes.extend_from_slice(&self.salt);
        for number in [self.memory_kib, self.passes, self.lanes] {
            bytes.extend_from_slice(&number.to_be_bytes());
        }
        bytes
    }

    /// Reads what [`to_bytes`](Self::to_bytes) wrote.
    ///
    /// # Errors
    ///
    /// [`DeriveKeyError::ParamsDamaged`], [`DeriveKeyError::ParamsUnknownVersion`],
    /// [`DeriveKeyError::OutOfBounds`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DeriveKeyError> {
        let damaged = || DeriveKeyError::ParamsDamaged { found: bytes.len(), expected: LENGTH };
        let (format, rest) = bytes.split_first().ok_or_else(damaged)?;
        if *format != FORMAT {
            return Err(DeriveKeyError::ParamsUnknownVersion(*format));
        }
        let (salt, rest) = rest.split_first_chunk().ok_or_else(damaged)?;
        let (memory_kib, rest) = split_number(rest).ok_or_else(damaged)?;
        let (passes, rest) = split_number(rest).ok_or_else(damaged)?;
        let (lanes, rest) = split_number(rest).ok_or_else(damaged)?;
        if !rest.is_empty() {
            return Err(damaged());
        }
        let params = Self { salt: *salt, memory_kib, passes, lanes };
        params.check()?;
        Ok(params)
    }

    fn check(&self) -> Result<(), DeriveKeyError> {
        let least_passes = if self.memory_kib < LEAST_MEMORY_FOR_ONE_PASS { 2 } else { 1 };
        let bounds = [
            ("memory (KiB)", self.memory_kib, LEAST_MEMORY, MOST_MEMORY),
            ("number of passes", self.passes, least_passes, MOST_PASSES),
            ("number of lanes", self.lanes, 1, MOST_LANES),
        ];
        for (parameter, found, least, most) in bounds {
            if !(least..=most).contains(&found) {
                return Err(DeriveKeyError::OutOfBounds { parameter, found, least, most });
            }
        }
        Ok(())
    }

    /// Runs Argon2id, which takes tenths of a second and [`memory_kib`](Self::memory_kib) of memory.
    pub(crate) fn derive(&self, passphrase: &str) -> Result<Secret, DeriveKeyError> {
        self.check()?;
        let params = Params::new(self.memory_kib, self.passes, self.lanes, Some(32))
            .map_err(DeriveKeyError::Argon2)?;
        let mut memory = Zeroizing::new(Vec::new());
        memory
            .try_reserve_exact(params.block_count())
            .map_err(|_| DeriveKeyError::OutOfMemory { memory_kib: self.memory_kib })?;
        memory.resize(params.block_count(), Block::new());
        let mut key = Secret::default();
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into_with_memory(
                passphrase.as_bytes(),
                &self.salt,
                key.as_mut_slice(),
                memory.as_mut_slice(),
            )
            .map_err(DeriveKeyError::Argon2)?;
        Ok(key)
    }
}

fn split_number(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let (number, rest) = bytes.split_first_chunk()?;
    Some((u32::from_be_bytes(*number), rest))
}

#[cfg(test)]
mod tests;
