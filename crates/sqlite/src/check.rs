//! Whether a file is whole as SQLite knows it. What is sealed is verified by whoever has the key.

use std::collections::BTreeMap;

use rusqlite::Connection;
use rusqlite::types::Value;

use crate::error::Kind;
use crate::schema;

// SQLite stops after so many problems of its own.
const STRUCTURE: &str = "PRAGMA integrity_check(200)";
const REFERENCES: &str = "PRAGMA foreign_key_check";
// SQLite's own tables are none of the schema.
const PARTS: &str =
    "SELECT type || ' ' || name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%'";

/// References that lead nowhere, at most.
const MOST: usize = 200;

/// Tables and indexes by name, each as it was made.
type Parts = BTreeMap<String, Option<String>>;

/// What is wrong with the file; nothing if all is well. Damage that keeps it from being looked at further is the last of
/// what is found.
pub(crate) fn check(conn: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut found = Vec::new();
    for look in [look_at_structure, look_at_parts, look_at_references] {
        match look(conn, &mut found) {
            Err(error) if Kind::of(&error) == Kind::Damaged => found.push(error.to_string()),
            // Of what misses a part not everything can be asked.
            Err(_) if !found.is_empty() => return Ok(found),
            looked => looked?,
        }
    }
    Ok(found)
}

fn look_at_structure(conn: &Connection, found: &mut Vec<String>) -> rusqlite::Result<()> {
    let mut structure = conn.prepare(STRUCTURE)?;
    for said in structure.query_map((), |row| row.get::<_, String>(0))? {
        let said = said?;
        if said != "ok" {
            found.push(said);
        }
    }
    Ok(())
}

/// Whether the tables and indexes are those of a new database.
fn look_at_parts(conn: &Connection, found: &mut Vec<String>) -> rusqlite::Result<()> {
    let new = Connection::open_in_memory()?;
    schema::make(&new, schema::version(conn)?).map_err(|failed| failed.source)?;
    let mut there = parts(conn)?;
    for (part, made) in parts(&new)? {
        match there.remove(&part) {
            None => found.push(format!("{part} is missing")),
            Some(other) if other != made => found.push(format!("{part} is another one")),
            Some(_) => {}
        }
    }
    found.extend(there.keys().map(|part| format!("{part} does not belong there")));
    Ok(())
}

fn parts(conn: &Connection) -> rusqlite::Result<Parts> {
    let mut parts = conn.prepare(PARTS)?;
    parts.query_map((), |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
}

fn look_at_references(conn: &Connection, found: &mut Vec<String>) -> rusqlite::Result<()> {
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
    Ok(())
}
