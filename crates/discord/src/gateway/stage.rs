//! A break inside a session: serenity takes the session up again by itself, and tells of it only here.
//!
//! Its handlers are detached tasks: one may come late, after the session is up again. The next event sets that right.
//!
//! Not here: a session that Discord itself closes to have it taken up again, which serenity (0.12.5) does not tell. Should
//! that fail, the session ends.

use bot::Link;
use serenity::async_trait;
use serenity::client::{Context, EventHandler};
use serenity::gateway::{ConnectionStage, ShardStageUpdateEvent};

/// Tells a link that its session broke.
pub(super) struct Watch(pub(super) Link);

#[async_trait]
impl EventHandler for Watch {
    async fn shard_stage_update(&self, _: Context, update: ShardStageUpdateEvent) {
        if update.old == ConnectionStage::Connected {
            self.0.down();
        }
    }
}
