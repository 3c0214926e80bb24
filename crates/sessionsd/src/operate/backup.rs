//! The database, written to a file while it is used.
//!
//! Beside a daemon that people talk to, it is written in small pieces, each on the disk before the next, with a
//! rest after each: written as fast as it goes, what a commit waits for waits behind it (commands at
//! 200 a second took 86 ms instead of 8 at their 99th percentile, 2026-11).
//!
//! Not here: whether the file holds a database afterwards, which is for those who can open it (`operator`).

use std::fs::File;
use std::io::{self, Write};
use std::thread;
use std::time::Instant;

use anyhow::Context;
use sha2::{Digest, Sha256};
use sqlite::Snapshot;

use crate::control::{Answer, Progress};

use super::{Office, Tell};

/// How long a rest is, as a multiple of the work before it.
const REST: u32 = 4;

impl Office {
    pub(super) async fn back_up(&self, file: File, tell: &mut Tell<'_>) -> anyhow::Result<Answer> {
        let snapshot = self.manager.store().snapshot().await?;
        let (bytes, to) = (snapshot.bytes(), Paced::new(file, self.live.is_some()));
        // This blocks its thread, as those who call it may.
        let sha256 = write(snapshot, to, tell).context("the backup cannot be written")?;
        Ok(Answer::BackedUp { bytes, sha256 })
    }
}

/// Writes it all; answers the hash of what was written.
fn write(snapshot: Snapshot, mut to: Paced, tell: &mut Tell<'_>) -> io::Result<String> {
    let of = snapshot.bytes();
    snapshot.copy_to(&mut to, |done| tell(Progress { done, of }))?;
    to.file.sync_all()?;
    Ok(data_encoding::HEXLOWER.encode(&to.hash.finalize()))
}

/// A file, the hash of what is written to it, and whether there is a rest after each piece.
struct Paced {
    file: File,
    hash: Sha256,
    rests: bool,
}

impl Paced {
    fn new(file: File, rests: bool) -> Self {
        Self { file, hash: Sha256::new(), rests }
    }
}

impl Write for Paced {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        let began = Instant::now();
        self.file.write_all(piece)?;
        self.hash.update(piece);
        if self.rests {
            self.file.sync_data()?;
            thread::sleep(began.elapsed() * REST);
        }
        Ok(piece.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
