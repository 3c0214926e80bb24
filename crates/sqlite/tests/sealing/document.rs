//! `docs/storage.md` against a store that has been lived in: every table, every column, and what it says of each.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use rusqlite::types::Value;
use rusqlite::{Connection, OpenFlags};

use crate::life::{KEY, live};

const DOCUMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/storage.md");

/// What the document says of a table: each column and what it is, and the queries.
#[derive(Default)]
struct Told {
    columns: Vec<(String, String)>,
    queries: Vec<String>,
}

/// The tables of the document, by name.
fn document() -> BTreeMap<String, Told> {
    let text = fs::read_to_string(DOCUMENT).unwrap();
    let mut tables: BTreeMap<String, Told> = BTreeMap::new();
    let mut table = None;
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if let Some(heading) = line.strip_prefix('#') {
            let name = heading.strip_prefix("## ").map(str::to_owned);
            table = name.map(|name| tables.entry(name).or_default());
        }
        let Some(table) = &mut table else { continue };
        if line == "```sql" {
            table
                .queries
                .extend(lines.by_ref().take_while(|line| *line != "```").map(str::to_owned));
        } else if let Some(row) = line.strip_prefix("| `") {
            let mut cells = row.split(" | ");
            let column = cells.next().unwrap().trim_end_matches('`').to_owned();
            table.columns.push((column, cells.next().unwrap().to_owned()));
        }
    }
    tables
}

fn reader(db: &Path) -> Connection {
    Connection::open_with_flags(db, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap()
}

/// The tables of a file with their columns, SQLite's own too.
fn schema(conn: &Connection) -> BTreeMap<String, Vec<String>> {
    let sql = "SELECT t.name, c.name FROM sqlite_schema AS t, pragma_table_info(t.name) AS c \
        WHERE t.type = 'table' ORDER BY c.cid";
    let mut statement = conn.prepare(sql).unwrap();
    let rows = statement.query_map((), |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    let mut tables: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (table, column) in rows.map(Result::unwrap) {
        tables.entry(table).or_default().push(column);
    }
    tables
}

/// Every value of a column that is not null.
fn values(conn: &Connection, table: &str, column: &str) -> Vec<Value> {
    let sql = format!("SELECT {column} FROM {table} WHERE {column} IS NOT NULL");
    let mut statement = conn.prepare(&sql).unwrap();
    let values = statement.query_map((), |row| row.get(0)).unwrap();
    values.map(Result::unwrap).collect()
}

/// Whether a value can be what the document calls its column.
fn is_what_is_told(table: &str, column: &str, told: &str, value: &Value) -> bool {
    match (told, value) {
        // A cover is as long as the id under it.
        ("sealed", Value::Blob(bytes)) if (table, column) == ("binding", "id") => bytes.len() == 16,
        // Room that is kept free, behind a timeline's last message.
        ("sealed", Value::Blob(bytes)) if table == "message" && bytes.is_empty() => true,
        ("sealed", Value::Blob(bytes)) => bytes.len() > 29 && bytes[0] == 1,
        ("id", Value::Blob(bytes)) => bytes.len() == 16,
        ("tag", Value::Blob(bytes)) => !bytes.is_empty() && bytes.len() % 16 == 0,
        ("clear", Value::Integer(_)) => true,
        ("clear", Value::Blob(_)) => table == "header",
        ("clear", Value::Text(_)) => table == "sqlite_sequence",
        _ => false,
    }
}

#[test]
fn the_document_names_every_table_and_every_column_in_their_order() {
    let lived = live(Some(KEY), |_, _| {});
    let told: BTreeMap<String, Vec<String>> = document()
        .into_iter()
        .map(|(table, told)| (table, told.columns.into_iter().map(|(name, _)| name).collect()))
        .collect();
    assert_eq!(told, schema(&reader(&lived.db())), "docs/storage.md and the schema");
}

#[test]
fn what_the_document_calls_sealed_is_sealed_and_what_it_calls_a_tag_or_an_id_is_one() {
    let lived = live(Some(KEY), |_, _| {});
    let conn = reader(&lived.db());
    let mut filled = 0;
    for (table, told) in document() {
        for (column, told) in told.columns {
            let values = values(&conn, &table, &column);
            filled += usize::from(!values.is_empty());
            for value in values {
                let is_so = is_what_is_told(&table, &column, &told, &value);
                assert!(is_so, "{table}.{column} is not “{told}”: {value:?}");
            }
        }
    }
    assert!(filled > 50, "only {filled} columns hold anything");
}

#[test]
fn what_the_document_calls_sealed_is_in_clear_in_a_plain_store() {
    let lived = live(None, |_, _| {});
    let conn = reader(&lived.db());
    for (table, told) in document() {
        for (column, _) in told.columns.iter().filter(|(column, told)| {
            told == "sealed" && (table.as_str(), column.as_str()) != ("binding", "id")
        }) {
            let is_plain = |value: &Value| matches!(value, Value::Blob(bytes) if bytes.first().is_none_or(|byte| *byte == 0));
            assert!(values(&conn, &table, column).iter().all(is_plain), "{table}.{column}");
        }
    }
}

#[test]
fn every_table_has_a_query_that_runs() {
    let lived = live(Some(KEY), |_, _| {});
    let conn = reader(&lived.db());
    for (table, told) in document() {
        assert!(!told.queries.is_empty(), "{table} has no query");
        for query in told.queries {
            assert!(query.contains(&format!(" FROM {table}")), "it asks another table: {query}");
            let mut statement = conn.prepare(&query).unwrap();
            let mut rows = statement.query(()).unwrap();
            while rows.next().unwrap().is_some() {}
        }
    }
}
