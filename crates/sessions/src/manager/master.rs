//! Which master key a header asks for, and the header of a rotation to another.
//!
//! Invariant: a key is used only after its check value fits; what does not fit opens nothing and replaces nothing.

use vault::{
    DataKey, DeriveKeyError, KdfParams, KeyText, KeyVersion, Keyring, MasterKey, Mode, Purpose,
    SealError,
};

use crate::store::rows::{Header, PreviousMaster};

use super::open::{KeySource, OpenManagerError};
use super::rotate::RotateError;

/// The names key belongs to the store as a whole.
pub(super) const STORE: [u8; 16] = [0; 16];

/// What a header says of one of its master keys.
struct Lock<'a> {
    version: KeyVersion,
    check: &'a [u8],
    kdf: Option<&'a KdfParams>,
}

impl Lock<'_> {
    /// The master key of a text, if it is the one. A passphrase takes tenths of a second.
    fn key(&self, text: &KeyText) -> Result<Option<MasterKey>, DeriveKeyError> {
        if text.is_passphrase() != self.kdf.is_some() {
            return Ok(None);
        }
        let master = MasterKey::derive(text, self.kdf)?;
        Ok(Some(master).filter(|master| master.fits(self.version, Mode::Sealed, self.check)))
    }
}

/// The current master key of a sealed store, if the text is that of it.
pub(super) fn current(
    header: &Header,
    text: &KeyText,
) -> Result<Option<MasterKey>, DeriveKeyError> {
    let lock = Lock { version: header.key_version, check: &header.check, kdf: header.kdf.as_ref() };
    lock.key(text)
}

fn before(previous: &PreviousMaster, text: &KeyText) -> Result<Option<MasterKey>, DeriveKeyError> {
    let lock =
        Lock { version: previous.version, check: &previous.check, kdf: previous.kdf.as_ref() };
    lock.key(text)
}

/// The version of the master key that a text is: the current one, or the one that is on its way out.
pub(super) fn version_of(
    header: &Header,
    text: &KeyText,
) -> Result<Option<KeyVersion>, DeriveKeyError> {
    if current(header, text)?.is_some() {
        return Ok(Some(header.key_version));
    }
    let Some(previous) = &header.previous else { return Ok(None) };
    Ok(before(previous, text)?.map(|_| previous.version))
}

/// The ring with which a store opens. If that begins a rotation, with the header that must be put first.
pub(super) fn fitting(
    header: &Header,
    key: &KeySource,
) -> Result<(Keyring, Option<Header>), OpenManagerError> {
    let (text, earlier) = match (header.mode, key) {
        (Mode::Plain, KeySource::Plain) => {
            let unfinished = header.previous.as_ref().map(|it| RotateError::Unfinished(it.version));
            return unfinished.map_or_else(|| Ok((Keyring::plain(), None)), |it| Err(it.into()));
        }
        (Mode::Plain, KeySource::Sealed(_) | KeySource::Rotating { .. }) => {
            return Err(OpenManagerError::NotSealed);
        }
        (Mode::Sealed, KeySource::Plain) => return Err(OpenManagerError::KeyMissing),
        (Mode::Sealed, KeySource::Sealed(text)) => (text, None),
        (Mode::Sealed, KeySource::Rotating { current, previous }) => (current, Some(previous)),
    };
    if let Some(master) = current(header, text)? {
        let ring = Keyring::sealed(header.key_version, master);
        return Ok((with_previous(ring, header, earlier)?, None));
    }
    // The keys have changed places, and the rotation has not begun.
    let earlier = earlier.ok_or(OpenManagerError::WrongKey)?;
    let master = current(header, earlier)?.ok_or(OpenManagerError::WrongKey)?;
    if let Some(previous) = &header.previous {
        return Err(RotateError::Unfinished(previous.version).into());
    }
    let ring = Keyring::sealed(header.key_version, master);
    let (next, ring) = next(header, &ring, text)?;
    Ok((ring, Some(next)))
}

/// Adds the key before, if keys may still be wrapped under it.
fn with_previous(
    ring: Keyring,
    header: &Header,
    text: Option<&KeyText>,
) -> Result<Keyring, OpenManagerError> {
    let Some(previous) = &header.previous else { return Ok(ring) };
    let version = previous.version;
    let text = text.ok_or(OpenManagerError::PreviousKeyMissing(version))?;
    let master = before(previous, text)?.ok_or(OpenManagerError::WrongPreviousKey(version))?;
    Ok(ring.with_previous(version, master))
}

/// The header and the ring of a rotation from what is current to another key.
pub(super) fn next(
    header: &Header,
    ring: &Keyring,
    text: &KeyText,
) -> Result<(Header, Keyring), RotateError> {
    let version = KeyVersion(header.key_version.0.saturating_add(1));
    let Made { master, kdf, check } = made::<RotateError>(text, version)?;
    let ring = ring.rotated(version, master);
    let names_key = ring.rewrap(Purpose::Names, &STORE, &header.names_key)?;
    let header = Header {
        mode: header.mode,
        key_version: version,
        check,
        kdf,
        names_key: names_key.unwrap_or_else(|| header.names_key.clone()),
        names_seals: header.names_seals,
        previous: Some(as_previous(header)),
    };
    Ok((header, ring))
}

/// What was current, on its way out.
fn as_previous(header: &Header) -> PreviousMaster {
    PreviousMaster {
        version: header.key_version,
        check: header.check.clone(),
        kdf: header.kdf.clone(),
    }
}

/// The header, the ring and the key of names of a store whose rows are all to be sealed anew. The key of names stays, as
/// tags are made with it.
pub(super) fn remade(
    header: &Header,
    names: &DataKey,
    key: &KeySource,
) -> Result<(Header, Keyring, DataKey), RotateError> {
    let (ring, kdf, check) = match key {
        KeySource::Plain if header.mode == Mode::Plain => return Err(RotateError::NotSealed),
        KeySource::Plain => (Keyring::plain(), None, Vec::new()),
        KeySource::Sealed(text) | KeySource::Rotating { current: text, .. } => {
            if header.mode == Mode::Sealed && current(header, text)?.is_some() {
                return Err(RotateError::SameKey);
            }
            let version = KeyVersion(header.key_version.0.saturating_add(1));
            let Made { master, kdf, check } = made::<RotateError>(text, version)?;
            (Keyring::sealed(version, master), kdf, check)
        }
    };
    let names = ring.adopt(names, header.names_seals);
    let header = Header {
        mode: ring.mode(),
        key_version: ring.version(),
        check,
        kdf,
        names_key: ring.wrap(Purpose::Names, &STORE, &names)?,
        names_seals: header.names_seals,
        previous: Some(as_previous(header)),
    };
    Ok((header, ring, names))
}

/// A master key with what a header says of it.
struct Made {
    master: MasterKey,
    kdf: Option<KdfParams>,
    check: Vec<u8>,
}

fn made<X>(text: &KeyText, version: KeyVersion) -> Result<Made, X>
where
    X: From<DeriveKeyError> + From<SealError>,
{
    let kdf = text.is_passphrase().then(KdfParams::fresh).transpose()?;
    let master = MasterKey::derive(text, kdf.as_ref())?;
    let check = master.check_value(version, Mode::Sealed).to_vec();
    Ok(Made { master, kdf, check })
}

/// The header and the ring of a store that was never used.
pub(super) fn first(key: &KeySource) -> Result<(Header, Keyring), OpenManagerError> {
    let version = KeyVersion(1);
    let (ring, kdf, check) = match key {
        KeySource::Plain => (Keyring::plain(), None, Vec::new()),
        KeySource::Sealed(text) | KeySource::Rotating { current: text, .. } => {
            let Made { master, kdf, check } = made::<OpenManagerError>(text, version)?;
            (Keyring::sealed(version, master), kdf, check)
        }
    };
    let names_key = ring.wrap(Purpose::Names, &STORE, &ring.generate()?)?;
    let header = Header {
        mode: ring.mode(),
        key_version: ring.version(),
        check,
        kdf,
        names_key,
        names_seals: 0,
        previous: None,
    };
    Ok((header, ring))
}
