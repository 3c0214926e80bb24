//! How many rows there are. Each of these walks a table, or the smallest of its indexes.

use rusqlite::Connection;
use sessions::store::rows::RowKind;

use crate::column::unsigned;

pub(crate) fn count(conn: &Connection, kind: RowKind) -> rusqlite::Result<u64> {
    let sql = match kind {
        RowKind::Binding => "SELECT count(*) FROM binding",
        RowKind::Record => "SELECT count(*) FROM record",
        RowKind::Lane => "SELECT count(*) FROM lane",
        RowKind::Session => "SELECT count(*) FROM session",
        RowKind::Timeline => "SELECT count(*) FROM timeline",
        // End marks are no messages (`tail`).
        RowKind::Message => "SELECT count(*) FROM message WHERE key & 0xffffffff < 0xffffffff",
        RowKind::Summary => "SELECT count(*) FROM summary",
        RowKind::Checkpoint => "SELECT count(*) FROM checkpoint",
        RowKind::Journal => "SELECT count(*) FROM journal",
        RowKind::Key => "SELECT count(*) FROM key",
        RowKind::Inbox => "SELECT count(*) FROM inbox",
        RowKind::Outbox => "SELECT count(*) FROM outbox",
    };
    conn.prepare_cached(sql)?.query_row((), |row| unsigned(row, 0))
}
