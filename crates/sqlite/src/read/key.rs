//! The header and the wrapped keys.

use rusqlite::Error::FromSqlConversionFailure;
use rusqlite::types::Type;
use rusqlite::{Connection, Row};
use sessions::id::IdBytes;
use sessions::store::rows::{Header, KeyPurpose, KeyRow, PreviousMaster};
use sessions::time::Timestamp;
use sessions::vault::{KdfParams, KeyVersion, Mode, WrappedKey};

use super::{id_after, many, one};
use crate::column::{Coded, limit, unreadable, unsigned};

const HEADER: &str = "SELECT mode, key_version, check_value, kdf, names_key_version, names_key, \
    names_seals, previous_version, previous_check, previous_kdf FROM header WHERE one = 1";
const KEY: &str = "SELECT owner, version, wrapped, created_at FROM key \
    WHERE purpose = ?1 AND owner = ?2";
const KEYS: &str = "SELECT owner, version, wrapped, created_at FROM key \
    WHERE purpose = ?1 AND owner > ?2 ORDER BY owner LIMIT ?3";
// Visits all keys: once when a rotation begins or goes on, and once when it ends.
const COUNT_BEFORE: &str = "SELECT count(*) FROM key WHERE version < ?1";

#[cfg(test)]
pub(super) const QUERIES: &[&str] = &[HEADER, KEY, KEYS];

pub(crate) fn header(conn: &Connection) -> rusqlite::Result<Option<Header>> {
    one(conn, HEADER, (), |row| {
        let mode = Mode::from_byte(row.get(0)?).ok_or_else(|| unreadable(0))?;
        Ok(Header {
            mode,
            key_version: KeyVersion(row.get(1)?),
            check: row.get(2)?,
            kdf: kdf(row, 3)?,
            names_key: WrappedKey { version: KeyVersion(row.get(4)?), bytes: row.get(5)? },
            names_seals: unsigned(row, 6)?,
            previous: previous(row)?,
        })
    })
}

/// A rotation under way: its version and its check value are both there, or there is none.
fn previous(row: &Row<'_>) -> rusqlite::Result<Option<PreviousMaster>> {
    let version: Option<u32> = row.get(7)?;
    let check: Option<Vec<u8>> = row.get(8)?;
    let kdf = kdf(row, 9)?;
    match (version, check) {
        (Some(version), Some(check)) => {
            Ok(Some(PreviousMaster { version: KeyVersion(version), check, kdf }))
        }
        (None, None) if kdf.is_none() => Ok(None),
        (Some(_), None) | (None, _) => Err(unreadable(8)),
    }
}

fn kdf(row: &Row<'_>, index: usize) -> rusqlite::Result<Option<KdfParams>> {
    let bytes: Option<Vec<u8>> = row.get(index)?;
    let params = bytes.as_deref().map(KdfParams::from_bytes).transpose();
    params.map_err(|error| FromSqlConversionFailure(index, Type::Blob, error.into()))
}

pub(crate) fn count_before(conn: &Connection, version: KeyVersion) -> rusqlite::Result<u64> {
    conn.prepare_cached(COUNT_BEFORE)?.query_row([version.0], |row| unsigned(row, 0))
}

pub(crate) fn key(
    conn: &Connection,
    purpose: KeyPurpose,
    owner: IdBytes,
) -> rusqlite::Result<Option<KeyRow>> {
    one(conn, KEY, (purpose.code(), owner), |row| load(row, purpose))
}

pub(crate) fn keys(
    conn: &Connection,
    purpose: KeyPurpose,
    after: Option<IdBytes>,
    most: usize,
) -> rusqlite::Result<Vec<KeyRow>> {
    let params = (purpose.code(), id_after(after.as_ref()), limit(most));
    many(conn, KEYS, params, |row| load(row, purpose))
}

fn load(row: &Row<'_>, purpose: KeyPurpose) -> rusqlite::Result<KeyRow> {
    Ok(KeyRow {
        purpose,
        owner: row.get(0)?,
        wrapped: WrappedKey { version: KeyVersion(row.get(1)?), bytes: row.get(2)? },
        created_at: Timestamp::from_millis(row.get(3)?),
    })
}
