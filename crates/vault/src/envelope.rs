//! The bytes of a sealed row.
//!
//! Pure: takes the nonce as an argument, draws nothing, counts nothing, and knows no key management.
//! `sealer.rs` is the only caller.
//!
//! ```text
//! envelope = sealed | plain
//! sealed   = 0x01 ‖ nonce (12 bytes) ‖ ciphertext (as long as the plaintext) ‖ tag (16 bytes)
//! plain    = 0x00 ‖ plaintext
//!
//! cipher   = AES-256-GCM (NIST SP 800-38D), 96-bit nonce, 128-bit tag
//! key      = derived from the data key for sealing, or from the master key for wrapping (derivation.rs)
//! bound to = the bytes of `Bound` as associated data, which begin with the format version again (bound.rs)
//! ```
//!
//! A sealed row is 29 bytes longer than what it holds, a plain one 1 byte.
//! The first byte is the format version; a later format takes the next number.
//!
//! Invariant: which of the two is read is the caller's choice, never that of the first byte.
//! Invariant: no plaintext is given out before its tag was checked.

use aes_gcm::aead::inout::InOutBuf;
use aes_gcm::{AeadInOut, Aes256Gcm, Nonce, Tag};
use zeroize::Zeroize;

use crate::bound::Bound;
use crate::error::{OpenError, SealError};
use crate::mode::Mode;

/// First byte of a sealed row.
pub(crate) const SEALED_FORMAT: u8 = Mode::Sealed.to_byte();
/// First byte of a plain row.
pub(crate) const PLAIN_FORMAT: u8 = Mode::Plain.to_byte();
/// Bytes of a nonce.
pub(crate) const NONCE: usize = 12;

const TAG: usize = 16;
const HEADER: usize = 1 + NONCE;

/// Seals `plain` under a nonce that was never used with this cipher before.
///
/// # Errors
///
/// [`SealError::TooLong`] past 64 GiB.
pub(crate) fn seal(
    cipher: &Aes256Gcm,
    nonce: &[u8; NONCE],
    bound: &Bound,
    plain: &[u8],
) -> Result<Vec<u8>, SealError> {
    seal_with(cipher, nonce, bound.as_bytes(), plain)
}

/// Seals with associated data of any shape.
fn seal_with(
    cipher: &Aes256Gcm,
    nonce: &[u8; NONCE],
    associated: &[u8],
    plain: &[u8],
) -> Result<Vec<u8>, SealError> {
    let mut sealed = Vec::with_capacity(HEADER + plain.len() + TAG);
    sealed.push(SEALED_FORMAT);
    sealed.extend_from_slice(nonce);
    sealed.extend_from_slice(plain);
    let (_, body) = sealed.split_at_mut(HEADER);
    let nonce: &Nonce<_> = nonce.into();
    match cipher.encrypt_inout_detached(nonce, associated, InOutBuf::from(body)) {
        Ok(tag) => {
            sealed.extend_from_slice(&tag);
            Ok(sealed)
        }
        Err(_) => {
            sealed.zeroize();
            Err(SealError::TooLong)
        }
    }
}

/// Opens a sealed envelope into `plain`, which is cleared first and is empty after an error.
///
/// # Errors
///
/// [`OpenError::Truncated`], [`OpenError::UnknownVersion`], [`OpenError::WrongMode`], [`OpenError::Damaged`].
pub(crate) fn open(
    cipher: &Aes256Gcm,
    bound: &Bound,
    sealed: &[u8],
    plain: &mut Vec<u8>,
) -> Result<(), OpenError> {
    open_with(cipher, bound.as_bytes(), sealed, plain)
}

/// Opens with associated data of any shape.
fn open_with(
    cipher: &Aes256Gcm,
    associated: &[u8],
    sealed: &[u8],
    plain: &mut Vec<u8>,
) -> Result<(), OpenError> {
    plain.clear();
    expect_format(Mode::Sealed, sealed)?;
    let (header, rest) = sealed.split_first_chunk::<HEADER>().ok_or(OpenError::Truncated)?;
    let (body, tag) = rest.split_last_chunk::<TAG>().ok_or(OpenError::Truncated)?;
    let [_format, nonce @ ..] = header;
    let (nonce, tag): (&Nonce<_>, &Tag) = (nonce.into(), tag.into());
    make_room(plain, body.len());
    plain.extend_from_slice(body);
    let buffer = InOutBuf::from(plain.as_mut_slice());
    cipher.decrypt_inout_detached(nonce, associated, buffer, tag).map_err(|_| {
        plain.clear();
        OpenError::Damaged
    })
}

/// Writes a plain envelope.
pub(crate) fn write_plain(plain: &[u8]) -> Vec<u8> {
    let mut row = Vec::with_capacity(1 + plain.len());
    row.push(PLAIN_FORMAT);
    row.extend_from_slice(plain);
    row
}

/// Reads a plain envelope into `plain`, which is cleared first.
///
/// # Errors
///
/// [`OpenError::Truncated`], [`OpenError::UnknownVersion`], [`OpenError::WrongMode`].
pub(crate) fn read_plain(row: &[u8], plain: &mut Vec<u8>) -> Result<(), OpenError> {
    plain.clear();
    let body = expect_format(Mode::Plain, row)?;
    make_room(plain, body.len());
    plain.extend_from_slice(body);
    Ok(())
}

/// Checks the first byte against the mode of the key at hand; gives what follows it.
fn expect_format(key: Mode, row: &[u8]) -> Result<&[u8], OpenError> {
    let (format, rest) = row.split_first().ok_or(OpenError::Truncated)?;
    match Mode::from_byte(*format) {
        None => Err(OpenError::UnknownVersion(*format)),
        Some(row) if row != key => Err(OpenError::WrongMode { key, row }),
        Some(_) => Ok(rest),
    }
}

/// Makes an empty buffer hold `length` bytes.
/// A buffer that has to move is overwritten first: what it held before would stay behind in freed memory.
fn make_room(plain: &mut Vec<u8>, length: usize) {
    if plain.capacity() < length {
        plain.zeroize();
        plain.reserve(length);
    }
}

#[cfg(test)]
mod tests;
