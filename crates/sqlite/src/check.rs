//! Whether a file is whole as SQLite knows it. What is sealed is verified by whoever has the key.

use rusqlite::Connection;
use rusqlite::types::Value;

// SQLite stops after so many problems of its own.
const STRUCTURE: &str = "PRAGMA integrity_check(200)";
const REFERENCES: &str = "PRAGMA foreign_key_check";

/// References that lead nowhere, at most.
const MOST: usize = 200;

/// What is wrong with the file; nothing if all is well.
pub(crate) fn check(conn: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut structure = conn.prepare(STRUCTURE)?;
    let said = structure.query_map((), |row| row.get::<_, String>(0))?;
    let mut found: Vec<String> = said.collect::<rusqlite::Result<_>>()?;
    if found == ["ok"] {
        found.clear();
    }
    let mut references = conn.prepare(REFERENCES)?;
    let mut rows = references.query(())?;
    let mut broken = 0;
    while let Some(row) = rows.next()?
        && broken < MOST
    {
        let (table, parent): (String, String) = (row.get(0)?, row.get(2)?);
        let which = match row.get(1)? {
            Value::Integer(number) => format!("row {number}"),
            Value::Null | Value::Real(_) | Value::Text(_) | Value::Blob(_) => "a row".to_owned(),
        };
        found.push(format!("{which} of {table} refers to a row of {parent} that is not there"));
        broken += 1;
    }
    Ok(found)
}
