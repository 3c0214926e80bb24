//! The connections that read: a stack of a few, beside the one that writes.
//!
//! A read runs on the thread that asks for it, also when that is a thread of an async runtime: the hot one takes about
//! 5 µs, and handing it to another thread and back about 15 µs (2026-11).
//! It is one statement or two, bounded by a limit or a key; none spans an await, so none holds the log up for long.
//! Nobody waits for a connection: one more is opened when the stack is empty (about 100 µs) and closed when it is full.
//!
//! Invariant: a connection that failed is not used again.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::Connection;
use sessions::store::StoreError;

use crate::connection::{open_reader, open_whole_reader};
use crate::error::store_error;
use crate::meter::Meter;

/// How many connections are kept: 2 MiB each at most.
const KEPT: usize = 4;

pub(crate) struct Pool {
    path: PathBuf,
    free: Mutex<Vec<Connection>>,
    meter: Arc<Meter>,
}

impl Pool {
    pub(crate) fn new(path: PathBuf, meter: Arc<Meter>) -> Self {
        Self { path, free: Mutex::default(), meter }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Runs a read on a connection of its own.
    pub(crate) fn read<T>(
        &self,
        query: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        let free = self.free().pop();
        let failed = |error| {
            let error = store_error(error);
            self.meter.count_error(&error);
            error
        };
        let conn = free.map_or_else(|| open_reader(&self.path), Ok).map_err(failed)?;
        let found = query(&conn).map_err(failed)?;
        let mut free = self.free();
        if free.len() < KEPT {
            free.push(conn);
        }
        Ok(found)
    }

    /// Runs what reads the whole file, on a connection that is opened for it.
    pub(crate) fn read_whole<T>(
        &self,
        read: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        read(&open_whole_reader(&self.path).map_err(store_error)?)
    }

    /// Closes the connections that nobody uses.
    pub(crate) fn clear(&self) {
        self.free().clear();
    }

    fn free(&self) -> MutexGuard<'_, Vec<Connection>> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
