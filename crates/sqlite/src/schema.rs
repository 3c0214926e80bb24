//! The table of migrations and the walk through it.
//!
//! Each step is one file of SQL and runs in a transaction of its own, together with the version that it leads to.
//! A step is never changed once it is released: what it did is in people's files.
//!
//! Invariant: `user_version` is the number of the last step that happened as a whole.

use rusqlite::Connection;

/// Says in the file that it is ours: "sesn".
pub(crate) const APPLICATION_ID: i32 = 0x7365_736e;

/// One step.
struct Migration {
    number: u32,
    sql: &'static str,
}

/// All steps, the oldest first.
const MIGRATIONS: &[Migration] = &[
    Migration { number: 1, sql: include_str!("migrations/001_init.sql") },
    Migration { number: 2, sql: include_str!("migrations/002_rotation.sql") },
];

/// A step that failed.
#[derive(Debug)]
pub(crate) struct FailedStep {
    pub(crate) number: u32,
    pub(crate) source: rusqlite::Error,
}

/// The version that all steps lead to.
pub(crate) fn newest() -> u32 {
    MIGRATIONS.last().map_or(0, |migration| migration.number)
}

/// The version of a database.
pub(crate) fn version(conn: &Connection) -> rusqlite::Result<u32> {
    conn.query_row("PRAGMA user_version", (), |row| row.get(0))
}

/// Walks from where a database is to `target`.
pub(crate) fn migrate(conn: &Connection, target: u32) -> Result<(), FailedStep> {
    walk(conn, target, |number| {
        tracing::info!(version = number, "the database was brought to a new version");
    })
}

/// Makes an empty database what one of that version is, for those who look at another.
pub(crate) fn make(conn: &Connection, target: u32) -> Result<(), FailedStep> {
    walk(conn, target, |_| ())
}

fn walk(conn: &Connection, target: u32, done: impl Fn(u32)) -> Result<(), FailedStep> {
    let from = version(conn).map_err(|source| FailedStep { number: newest(), source })?;
    let steps = MIGRATIONS.iter().filter(|step| step.number > from && step.number <= target);
    for step in steps {
        run(conn, step).map_err(|source| FailedStep { number: step.number, source })?;
        done(step.number);
    }
    Ok(())
}

fn run(conn: &Connection, step: &Migration) -> rusqlite::Result<()> {
    let tx = conn.unchecked_transaction()?;
    tx.execute_batch(step.sql)?;
    tx.pragma_update(None, "user_version", step.number)?;
    tx.commit()
}

#[cfg(test)]
mod tests;
