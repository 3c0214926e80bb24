//! The rows of a closed file, as plain SQLite sees them, and ways to change them.

use std::collections::BTreeMap;
use std::path::Path;

use rusqlite::Connection;
use rusqlite::types::Value;

/// A file opened with plain SQLite, which knows nothing of keys.
pub(crate) struct File {
    conn: Connection,
}

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) is_key: bool,
}

pub(crate) type Row = Vec<Value>;

impl File {
    pub(crate) fn open(db: &Path) -> Self {
        let conn = Connection::open(db).unwrap();
        // Whoever can write the file keeps no rules.
        conn.execute_batch(
            "PRAGMA foreign_keys = OFF; PRAGMA synchronous = OFF; PRAGMA ignore_check_constraints = ON;
             PRAGMA secure_delete = ON",
        )
        .unwrap();
        Self { conn }
    }

    pub(crate) fn tables(&self) -> Vec<String> {
        let sql = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' \
            ORDER BY name";
        let mut statement = self.conn.prepare(sql).unwrap();
        let names = statement.query_map((), |row| row.get(0)).unwrap();
        names.map(Result::unwrap).collect()
    }

    pub(crate) fn columns(&self, table: &str) -> Vec<Column> {
        let mut statement = self.conn.prepare(&format!("PRAGMA table_info({table})")).unwrap();
        let columns = statement
            .query_map((), |row| {
                Ok(Column { name: row.get(1)?, is_key: row.get::<_, i64>(5)? > 0 })
            })
            .unwrap();
        columns.map(Result::unwrap).collect()
    }

    /// Every row of a table, in the order of its key.
    pub(crate) fn rows(&self, table: &str) -> Vec<Row> {
        let columns = self.columns(table);
        let key: Vec<_> =
            columns.iter().filter(|it| it.is_key).map(|it| it.name.as_str()).collect();
        let sql = format!("SELECT * FROM {table} ORDER BY {}", key.join(", "));
        let mut statement = self.conn.prepare(&sql).unwrap();
        let rows = statement
            .query_map((), |row| (0..columns.len()).map(|at| row.get(at)).collect())
            .unwrap();
        rows.map(Result::unwrap).collect()
    }

    /// Puts rows in the place of others; `false` when the table cannot hold them, and then nothing is changed.
    pub(crate) fn replace(&mut self, table: &str, old: &[&Row], new: &[Row]) -> bool {
        let columns = self.columns(table);
        let tx = self.conn.transaction().unwrap();
        let keys: Vec<_> = (0..columns.len()).filter(|at| columns[*at].is_key).collect();
        let wanted: Vec<_> = keys.iter().map(|at| format!("{} = ?", columns[*at].name)).collect();
        for row in old {
            let sql = format!("DELETE FROM {table} WHERE {}", wanted.join(" AND "));
            let key = keys.iter().map(|at| &row[*at]);
            assert_eq!(tx.execute(&sql, rusqlite::params_from_iter(key)).unwrap(), 1);
        }
        let marks = vec!["?"; columns.len()].join(", ");
        for row in new {
            let sql = format!("INSERT INTO {table} VALUES ({marks})");
            if tx.execute(&sql, rusqlite::params_from_iter(row)).is_err() {
                return false;
            }
        }
        tx.commit().unwrap();
        true
    }

    /// The number of each timeline and the position of its last message.
    pub(crate) fn tips(&self) -> Vec<(i64, i64)> {
        // The end mark of a timeline is no message.
        let sql = "SELECT key >> 32, max(key & 0xffffffff) FROM message \
            WHERE key & 0xffffffff < 0xffffffff GROUP BY 1";
        let mut statement = self.conn.prepare(sql).unwrap();
        let tips = statement.query_map((), |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        tips.map(Result::unwrap).collect()
    }

    pub(crate) fn run(&self, sql: &str) {
        self.conn.execute_batch(sql).unwrap();
    }

    /// What a query finds, by its first two columns.
    pub(crate) fn numbers(&self, sql: &str) -> BTreeMap<Vec<u8>, i64> {
        let mut statement = self.conn.prepare(sql).unwrap();
        let found = statement.query_map((), |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        found.map(Result::unwrap).collect()
    }

    /// The bytes that a query finds, by its first column.
    pub(crate) fn blobs(&self, sql: &str) -> Vec<Vec<u8>> {
        let mut statement = self.conn.prepare(sql).unwrap();
        let found = statement.query_map((), |row| row.get(0)).unwrap();
        found.map(Result::unwrap).collect()
    }

    /// Puts bytes where `sql` has its only parameter.
    pub(crate) fn put(&self, sql: &str, bytes: &[u8]) {
        assert_eq!(self.conn.execute(sql, [bytes]).unwrap(), 1, "{sql}");
    }
}

/// Another value than this one, of the same kind.
pub(crate) fn altered(value: &Value) -> Value {
    match value {
        Value::Null => Value::Integer(1),
        Value::Integer(number) => Value::Integer(number ^ 1),
        Value::Blob(bytes) => {
            let mut bytes = bytes.clone();
            match bytes.last_mut() {
                Some(last) => *last ^= 1,
                None => bytes.push(1),
            }
            Value::Blob(bytes)
        }
        other @ (Value::Real(_) | Value::Text(_)) => panic!("no column holds {other:?}"),
    }
}
