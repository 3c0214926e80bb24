//! Master key → wrapped data keys → sealed bytes.
//!
//! What it is: the one place where bytes are encrypted, authenticated and decrypted.
//! An operator's key ([`KeyText`]) becomes a [`MasterKey`], a [`Keyring`] wraps and unwraps random [`DataKey`]s
//! under it, and a data key seals rows to the place they belong to ([`Bound`]).
//!
//! What it is not: it knows no chats, sessions or tables, reads no files, and keeps no clock.
//! Its only input from outside is the random source of the operating system.
//!
//! Invariant: nonces and keys are drawn inside this crate, never passed in.
//! Invariant: the mode of a key decides what it opens; the format byte of a row can only make that fail.
//! Invariant: no secret is printed by `Debug` or told by an error, and each is overwritten when it is dropped.
//!
//! ```
//! use vault::{Bound, KeyText, KeyVersion, Keyring, MasterKey, Purpose};
//!
//! let (text, _line_for_the_key_file) = KeyText::generate()?;
//! let ring = Keyring::sealed(KeyVersion(1), MasterKey::derive(&text, None)?);
//!
//! let owner = [7; 16];
//! let key = ring.generate()?;
//! let wrapped = ring.wrap(Purpose::Session, &owner, &key)?;
//! let bound = || Bound::new("message", "content").bytes(&owner).number(1);
//! let sealed = key.seal(&bound(), b"hello")?;
//!
//! let key = ring.unwrap(Purpose::Session, &owner, &wrapped, key.seals())?;
//! assert_eq!(key.open(&bound(), &sealed)?.as_slice(), b"hello");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod bound;
mod data_key;
mod derivation;
mod envelope;
mod error;
mod key_text;
mod keyring;
mod master_key;
mod mode;
mod passphrase;
mod random;
mod sealer;
mod wrapped_key;

pub use crate::bound::Bound;
pub use crate::data_key::DataKey;
pub use crate::error::{
    DeriveKeyError, OpenError, ParseKeyError, RewrapKeyError, SealError, UnwrapKeyError,
};
pub use crate::key_text::KeyText;
pub use crate::keyring::Keyring;
pub use crate::master_key::MasterKey;
pub use crate::mode::Mode;
pub use crate::passphrase::KdfParams;
pub use crate::wrapped_key::{KeyVersion, Purpose, WrappedKey};
