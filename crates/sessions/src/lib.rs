//! The session core: domain types, rules, the store trait, context strategies, export.
//!
//! Pure: no clock, no randomness of its own, no I/O, no runtime. Time, ids and rows come in as arguments.
//! `decide` holds the rules; `manager` loads, decides, seals and commits; `store` says what a database must do.

pub mod context;
pub mod decide;
pub mod delivery;
mod environment;
mod error;
pub mod export;
pub mod id;
pub mod importance;
mod line;
pub mod manager;
pub mod model;
pub mod name;
mod refusal;
pub mod reset;
mod seal;
mod step_aside;
pub mod store;
pub mod time;

pub use environment::{EntropyError, Environment};
pub use error::{Failure, Fault};
pub use manager::{Config, KeySource, OpenManagerError, RotateError, SessionManager};
pub use refusal::{NameFault, Refusal};
pub use seal::{OpenRowError, RowFault};
pub use step_aside::step_aside;
pub use store::StoreError;
pub use vault;
