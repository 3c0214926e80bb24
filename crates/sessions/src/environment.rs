//! What the core is told of the world: the time, and random bytes for ids.
//!
//! Nonces and keys never come from here; `vault` draws them from the operating system itself.

use std::sync::Arc;

use crate::decide::Fresh;
use crate::id::{CheckpointId, IdBytes, LaneId, SessionId, TimelineId};
use crate::time::Timestamp;

/// The clock and the entropy of ids.
pub trait Environment: Send + Sync + 'static {
    /// The present.
    fn now(&self) -> Timestamp;

    /// 128 random bits.
    ///
    /// # Errors
    /// When the source of randomness fails.
    fn random(&self) -> Result<IdBytes, EntropyError>;
}

impl<E: Environment> Environment for Arc<E> {
    fn now(&self) -> Timestamp {
        E::now(self)
    }

    fn random(&self) -> Result<IdBytes, EntropyError> {
        E::random(self)
    }
}

/// The source of randomness failed.
#[derive(Debug, thiserror::Error)]
#[error("the operating system gives no random bytes")]
pub struct EntropyError(#[source] pub Box<dyn std::error::Error + Send + Sync>);

pub(crate) fn fresh(environment: &impl Environment) -> Result<Fresh, EntropyError> {
    let [a, b, c, d, ..] = environment.random()?;
    Ok(Fresh {
        session: SessionId::new(environment.random()?),
        timeline: TimelineId::new(environment.random()?),
        checkpoint: CheckpointId::new(environment.random()?),
        mark: u32::from_be_bytes([a, b, c, d]),
    })
}

pub(crate) fn fresh_lane(environment: &impl Environment) -> Result<LaneId, EntropyError> {
    environment.random().map(LaneId::new)
}
