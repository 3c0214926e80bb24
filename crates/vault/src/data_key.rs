//! A random key that seals rows and makes tags.
//!
//! Not stored as it is: a `Keyring` makes it, wraps it and unwraps it.
//!
//! ```text
//! sealing key = derived from the data key        (derivation.rs)
//! tag key     = derived from the data key, by another label
//! mac         = HMAC-SHA-256(tag key, 0x02 ‖ part(label) ‖ part(field)*) → 32 bytes
//! tag         = HMAC-SHA-256(tag key, 0x01 ‖ part(label) ‖ part(field)*), its first 16 bytes
//! cover       = AES-256(derived from mac(label, fields) by its own label, id)              16 bytes, one block
//! part        = length in bytes (8 bytes, big-endian) ‖ bytes
//! ```
//!
//! Invariant: tags are keyed in both modes: without the data key nobody can tell what a tag was made of.
//! Invariant: a tag is never the beginning of a mac, so giving out one tells nothing of the other.

use std::fmt;
use std::sync::Arc;

use aes_gcm::aes::Aes256;
use aes_gcm::aes::cipher::{BlockCipherDecrypt, BlockCipherEncrypt};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::bound::{Bound, length_prefix};
use crate::derivation::{self, Secret};
use crate::error::{OpenError, SealError};
use crate::mode::Mode;
use crate::random::RandomSource;
use crate::sealer::{MAX_SEALS, Sealer};

const TAG_USE: u8 = 1;
const MAC_USE: u8 = 2;

/// A random 256-bit key that seals rows (AES-256-GCM) and makes tags (HMAC-SHA-256).
///
/// `Send` and `Sync`, meant to be shared behind an `Arc`; its parts are overwritten when the last holder lets go.
pub struct DataKey {
    secret: Secret,
    sealer: Sealer,
    tags: Box<Hmac<Sha256>>,
}

impl DataKey {
    /// How many seals one key may make: 2^32.
    pub const MAX_SEALS: u64 = MAX_SEALS;

    pub(crate) fn new(secret: Secret, mode: Mode, seals: u64, random: Arc<RandomSource>) -> Self {
        let sealer = match mode {
            Mode::Sealed => {
                let key = derivation::derive(&secret, derivation::SEALING_KEY, &[]);
                Sealer::sealed(&key, seals, random)
            }
            Mode::Plain => Sealer::plain(seals, random),
        };
        let tag_key = derivation::derive(&secret, derivation::TAG_KEY, &[]);
        let tags = Hmac::new_from_slice(tag_key.as_slice())
            .expect("Invariant: HMAC takes a key of any length");
        Self { secret, sealer, tags: Box::new(tags) }
    }

    /// Seals `plain`, bound to `bound`: 29 bytes longer, or 1 byte longer in plain mode.
    ///
    /// # Errors
    ///
    /// [`SealError`]: the random source fails or repeats itself, or the key has made all its seals.
    pub fn seal(&self, bound: &Bound, plain: &[u8]) -> Result<Vec<u8>, SealError> {
        self.sealer.seal(bound, plain)
    }

    /// Opens what [`seal`](Self::seal) gave for an equal `bound`.
    ///
    /// # Errors
    ///
    /// [`OpenError`]: the row is damaged, cut short, of an unknown format or of the other mode.
    pub fn open(&self, bound: &Bound, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        let mut plain = Zeroizing::new(Vec::new());
        self.open_into(bound, sealed, &mut plain)?;
        Ok(plain)
    }

    /// Like [`open`](Self::open), into a buffer that is cleared first and is empty after an error.
    ///
    /// For scans that reuse one buffer. Wiping it in the end is the caller's part (`Zeroizing` does it); if it
    /// has to grow here, what it held is wiped before it moves.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    pub fn open_into(
        &self,
        bound: &Bound,
        sealed: &[u8],
        plain: &mut Vec<u8>,
    ) -> Result<(), OpenError> {
        self.sealer.open_into(bound, sealed, plain)
    }

    /// A keyed tag of 128 bits, by which equal fields are found again without being stored.
    pub fn tag(&self, label: &str, fields: &[&[u8]]) -> [u8; 16] {
        let whole = self.authenticate(TAG_USE, label, fields);
        *whole.first_chunk().expect("Invariant: the first half of 32 bytes is 16 bytes")
    }

    /// A message authentication code of 256 bits, for what is given out and comes back.
    pub fn mac(&self, label: &str, fields: &[&[u8]]) -> [u8; 32] {
        self.authenticate(MAC_USE, label, fields)
    }

    /// Covers an id: as long as it was, and found again only by [`uncover`](Self::uncover) with equal fields.
    ///
    /// One block of a cipher whose key belongs to these fields alone. There is no room for a tag: what was changed, or
    /// belongs to other fields, uncovers to some other id, which nothing goes by. So whoever uncovers an id must take
    /// one that leads nowhere for damage.
    pub fn cover(&self, label: &str, fields: &[&[u8]], id: &[u8; 16]) -> [u8; 16] {
        let mut block = (*id).into();
        self.cover_cipher(label, fields).encrypt_block(&mut block);
        block.into()
    }

    /// The id that [`cover`](Self::cover) covered for equal fields.
    pub fn uncover(&self, label: &str, fields: &[&[u8]], covered: &[u8; 16]) -> [u8; 16] {
        let mut block = (*covered).into();
        self.cover_cipher(label, fields).decrypt_block(&mut block);
        block.into()
    }

    fn cover_cipher(&self, label: &str, fields: &[&[u8]]) -> Aes256 {
        let secret = Zeroizing::new(self.mac(label, fields));
        let key = derivation::derive(&secret, derivation::COVER_KEY, &[]);
        Aes256::new_from_slice(key.as_slice()).expect("Invariant: AES-256 takes 32 bytes")
    }

    /// How many seals this key has made, including those it had made when it was unwrapped.
    pub fn seals(&self) -> u64 {
        self.sealer.seals()
    }

    /// Does this key seal, or does it write rows as they are?
    pub fn mode(&self) -> Mode {
        self.sealer.mode()
    }

    pub(crate) fn secret(&self) -> &[u8; 32] {
        &self.secret
    }

    fn authenticate(&self, purpose: u8, label: &str, fields: &[&[u8]]) -> [u8; 32] {
        let mut mac = Hmac::clone(&self.tags);
        mac.update(&[purpose]);
        for part in std::iter::once(&label.as_bytes()).chain(fields) {
            mac.update(&length_prefix(part));
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }
}

impl fmt::Debug for DataKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DataKey(..)")
    }
}
