//! The session store on SQLite: one file, one process, one writer.
//!
//! What it is: [`SqliteStore`], the embedded `Store` of the core. Rows in, rows out.
//! What it is not: it has no key and opens nothing that is sealed; it has no rules; it starts no runtime.
//!
//! ```text
//! commit ─▶ queue ─▶ writer: BEGIN IMMEDIATE, all that waits, COMMIT ─▶ answers
//!                      on the thread of the caller who finds it asleep, else on its own
//! reads  ─▶ pool: a read-only connection, on the thread of the caller
//! ```
//!
//! | file | what it holds |
//! | --- | --- |
//! | `open`, `file`, `lock` | who has the file, what it is, how a new one comes into being |
//! | `exchange` | another file put in its place |
//! | `connection`, `schema`, `migrations/` | settings; tables |
//! | `snapshot`, `inspect` | the file copied while it is written; a copy looked at |
//! | `queue`, `writer`, `fold`, `evidence` | the way of a commit, and what is done when the disk fails |
//! | `meter`, `probe` | what is counted, how large the file is; whether it can be written |
//! | `apply`, `read`, `column`, `message_key`, `tail` | rows as SQL |
//! | `check`, `copy` | whether the file is whole; the file once more |
//!
//! Invariant: one process has the file, by a lock beside it (`lock`); nobody else writes.
//! Invariant: a caller hears `Ok` only after the COMMIT that covers the commit (`writer`).

mod apply;
mod builder;
mod check;
mod column;
mod connection;
mod copy;
mod error;
mod evidence;
mod exchange;
mod file;
mod fold;
mod inspect;
mod lock;
mod message_key;
mod meter;
mod open;
mod pool;
mod probe;
mod queue;
mod read;
mod schema;
mod snapshot;
mod store;
mod tail;
mod writer;

pub use builder::{BuildError, SessionManagerBuilder, SystemEnvironment};
pub use error::OpenStoreError;
pub use exchange::Claim;
pub use inspect::{Inspection, header, inspect};
pub use meter::{Meter, Sizes, Trouble};
pub use snapshot::Snapshot;
pub use store::SqliteStore;
