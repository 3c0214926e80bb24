//! The database, written to a file while it is used.
//!
//! Not here: whether the file holds a database afterwards, which is for those who can open it (`operator`).

use std::fs::File;
use std::io::{self, Write};

use anyhow::Context;
use sha2::{Digest, Sha256};

use crate::control::{Answer, Progress};

use super::{Office, Tell};

impl Office {
    pub(super) async fn back_up(&self, file: File, tell: &mut Tell<'_>) -> anyhow::Result<Answer> {
        let snapshot = self.manager.store().snapshot().await?;
        let of = snapshot.bytes();
        let mut to = Hashing { file, hash: Sha256::new() };
        // The caller's thread may block.
        snapshot
            .copy_to(&mut to, |done| tell(Progress { done, of }))
            .and_then(|()| to.file.sync_all())
            .context("the backup cannot be written")?;
        let sha256 = data_encoding::HEXLOWER.encode(&to.hash.finalize());
        Ok(Answer::BackedUp { bytes: of, sha256 })
    }
}

/// A file, and the hash of what is written to it.
struct Hashing {
    file: File,
    hash: Sha256,
}

impl Write for Hashing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.hash.update(bytes.get(..written).unwrap_or_default());
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
