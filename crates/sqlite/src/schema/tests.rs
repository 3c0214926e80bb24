//! Every migration has rows to walk over; a populated file comes out of all of them as it went in.

use super::*;
use crate::connection::open_writer;

/// Rows of the version that a step leads to, put in right after it.
const DATA: &[(u32, &str)] =
    &[(1, include_str!("data/001.sql")), (2, include_str!("data/002.sql"))];

fn empty() -> (tempfile::TempDir, Connection) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("walk.db");
    std::fs::File::create(&path).unwrap();
    (folder, open_writer(&path).unwrap())
}

/// Every row of every table, as text.
fn dump(conn: &Connection) -> Vec<String> {
    let mut tables = conn
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY 1")
        .unwrap();
    let names = tables.query_map((), |row| row.get::<_, String>(0)).unwrap();
    let mut rows = Vec::new();
    for name in names.map(Result::unwrap) {
        let mut select = conn.prepare(&format!("SELECT * FROM {name}")).unwrap();
        let width = select.column_count();
        let mut found = select.query(()).unwrap();
        while let Some(row) = found.next().unwrap() {
            let values: Vec<_> =
                (0..width).map(|at| format!("{:?}", row.get_ref(at).unwrap())).collect();
            rows.push(format!("{name}: {}", values.join(", ")));
        }
    }
    rows
}

#[test]
fn numbers_count_up_from_one() {
    let numbers: Vec<u32> = MIGRATIONS.iter().map(|step| step.number).collect();
    assert_eq!(numbers, (1..=newest()).collect::<Vec<_>>());
}

#[test]
fn every_migration_has_data() {
    let data: Vec<u32> = DATA.iter().map(|(number, _)| *number).collect();
    assert_eq!(data, (1..=newest()).collect::<Vec<_>>());
}

#[test]
fn a_populated_file_walks_through_all_versions() {
    let (_folder, conn) = empty();
    for (number, data) in DATA {
        migrate(&conn, *number).unwrap();
        assert_eq!(version(&conn).unwrap(), *number);
        conn.execute_batch(data).unwrap();
    }
    let tables: i64 = conn
        .query_row(
            "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'",
            (),
            |row| row.get(0),
        )
        .unwrap();
    let rows = dump(&conn);
    let populated = rows.iter().filter_map(|row| row.split(':').next());
    let populated = populated.collect::<std::collections::BTreeSet<_>>().len();
    assert_eq!(i64::try_from(populated), Ok(tables), "a table without a row: {rows:#?}");
    let broken: i64 = conn
        .query_row("SELECT count(*) FROM pragma_foreign_key_check", (), |row| row.get(0))
        .unwrap();
    assert_eq!(broken, 0);
    // Once there, the walk is over.
    migrate(&conn, newest()).unwrap();
    assert_eq!(dump(&conn), rows);
}

#[test]
fn a_step_that_fails_leaves_the_version_before_it() {
    let (_folder, conn) = empty();
    conn.execute_batch("CREATE TABLE turn (x)").unwrap();
    let failed = migrate(&conn, newest()).unwrap_err();
    assert_eq!(failed.number, 1);
    assert_eq!(version(&conn).unwrap(), 0);
    assert_eq!(dump(&conn), Vec::<String>::new());
    assert!(conn.prepare("SELECT * FROM lane").is_err(), "half a step was kept");
}

#[test]
fn every_table_is_strict() {
    let (_folder, conn) = empty();
    migrate(&conn, newest()).unwrap();
    let lax: i64 = conn
        .query_row("SELECT count(*) FROM pragma_table_list WHERE schema = 'main' AND strict = 0 AND name NOT LIKE 'sqlite%'", (), |row| row.get(0))
        .unwrap();
    assert_eq!(lax, 0);
}
