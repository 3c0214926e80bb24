//! The shard manager that serenity's runner reports to, without the part that acts by itself.
//!
//! serenity (0.12.5) starts a shard again by itself: with an address that it got once, and with collectors that are lost,
//! so that events between its start and ours being there would be lost, too. We start shards. The manager's queue is a
//! task that it spawns as it is made: it is made inside a runtime that ends before that task has run once, and whatever
//! is sent to it afterwards goes nowhere.

use std::io;
use std::sync::Arc;

use serenity::all::GatewayIntents;
use serenity::gateway::{ShardManager, ShardManagerOptions};
use serenity::http::Http;
use serenity::model::id::ShardId;
use serenity::prelude::{RwLock, TypeMap};
use tokio::sync::Mutex;

/// A manager that starts nothing.
pub(super) fn manager(http: &Arc<Http>, intents: GatewayIntents) -> io::Result<Arc<ShardManager>> {
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let manager = {
        let _inside = runtime.enter();
        let (manager, _) = ShardManager::new(ShardManagerOptions {
            data: Arc::new(RwLock::new(TypeMap::new())),
            event_handlers: Vec::new(),
            raw_event_handlers: Vec::new(),
            shard_index: 0,
            shard_init: 1,
            shard_total: 1,
            ws_url: Arc::new(Mutex::new(String::new())),
            http: Arc::clone(http),
            intents,
            presence: None,
        });
        manager
    };
    runtime.shutdown_background();
    // A runner that wants to be started again waits for the word that it has ended.
    manager.shutdown_finished(ShardId(0));
    Ok(manager)
}
