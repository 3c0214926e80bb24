//! Sealing as it stands on the disk: what the files of a used store give away, and what becomes of those who change them.
//!
//! Everything runs through a `SessionManager` on a real file; the file is read and changed with plain SQLite in between.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "all of this is test code: a panic is a failing test"
)]

mod canary;
mod count;
mod document;
mod key;
mod life;
mod reseal;
mod row;
mod shred;
mod swap;
mod uses;
mod verify;
