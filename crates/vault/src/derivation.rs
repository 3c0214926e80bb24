//! Keys from keys: HKDF-SHA-256 with a label for each use.
//!
//! Not for passphrases: what goes in is already a key of 256 bits (see `passphrase.rs`).
//!
//! ```text
//! derived = HKDF-SHA-256(salt: none, key: 32 bytes, info: label ‖ context) → 32 bytes
//! ```
//!
//! Invariant: no label is the beginning of another, and the context of a label has a fixed length,
//! so that no two uses share an `info`.

use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::{Zeroize, Zeroizing};

/// Wraps data keys. From a master key.
pub(crate) const WRAPPING_KEY: &str = "vault/1 wrapping key";
/// Tells a wrong master key. From a master key; context: version (4 bytes, big-endian) ‖ mode (1 byte).
pub(crate) const CHECK_VALUE: &str = "vault/1 check value";
/// Seals rows. From a data key.
pub(crate) const SEALING_KEY: &str = "vault/1 sealing key";
/// Makes tags. From a data key.
pub(crate) const TAG_KEY: &str = "vault/1 tag key";
/// Covers ids. From a mac under a data key's tag key, so a key of its own for each use.
pub(crate) const COVER_KEY: &str = "vault/1 cover key";

/// 256 bits on the heap, so that moving their owner leaves no copy on the stack.
pub(crate) type Secret = Box<Zeroizing<[u8; 32]>>;

/// Derives 32 bytes from `key` for the use that `label` names.
pub(crate) fn derive(key: &[u8; 32], label: &str, context: &[&[u8]]) -> Secret {
    let (mut extracted, hkdf) = Hkdf::<Sha256>::extract(None, key);
    extracted.as_mut_slice().zeroize();
    let mut derived = Secret::default();
    let info: Vec<&[u8]> =
        std::iter::once(label.as_bytes()).chain(context.iter().copied()).collect();
    hkdf.expand_multi_info(&info, derived.as_mut_slice())
        .expect("Invariant: 32 bytes is one block of HKDF-SHA-256, which gives up to 255");
    derived
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_label_begins_another() {
        let labels = [WRAPPING_KEY, CHECK_VALUE, SEALING_KEY, TAG_KEY, COVER_KEY];
        for (i, one) in labels.iter().enumerate() {
            for (j, other) in labels.iter().enumerate() {
                assert!(i == j || !one.starts_with(other), "{other} begins {one}");
            }
        }
    }
}
