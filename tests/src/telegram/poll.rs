//! `getUpdates`: confirmation by offset, long polls, one poller at a time.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::refusal::Refusal;
use super::request::Params;
use super::shared::Shared;
use super::world::World;

const AT_MOST: i64 = 100;
const LONGEST: i64 = 50;

/// Waits for updates as long as the request says.
pub(super) async fn get_updates(shared: &Shared, params: &Params) -> Result<Value, Refusal> {
    let mut changes = shared.changes();
    let turn = shared.change(|world| begin(world, params))?;
    let limit = params.number("limit").filter(|limit| (1..=AT_MOST).contains(limit));
    let limit = usize::try_from(limit.unwrap_or(AT_MOST)).unwrap_or_default();
    let seconds = params.number("timeout").unwrap_or_default().clamp(0, LONGEST);
    let is_held = shared.look(|world| world.holds_polls);
    let wait = if is_held { Duration::from_secs(seconds.unsigned_abs()) } else { Duration::ZERO };
    let deadline = tokio::time::Instant::now() + wait;
    loop {
        changes.mark_unchanged();
        if let Some(updates) = hand_out(shared, turn, limit)? {
            return Ok(updates);
        }
        if !matches!(tokio::time::timeout_at(deadline, changes.changed()).await, Ok(Ok(()))) {
            return Ok(hand_out(shared, turn, limit)?.unwrap_or_else(|| json!([])));
        }
    }
}

fn begin(world: &mut World, params: &Params) -> Result<u64, Refusal> {
    if world.webhook.is_some() {
        return Err(Refusal::conflict(
            "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first",
        ));
    }
    world.updates.allow(params);
    world.updates.confirm(params.number("offset").unwrap_or_default());
    Ok(world.updates.begin())
}

/// The first updates, or nothing if there are none yet.
fn hand_out(shared: &Shared, turn: u64, limit: usize) -> Result<Option<Value>, Refusal> {
    let is_empty = shared.look(|world| world.updates.is_turn(turn) && world.updates.is_empty());
    if is_empty {
        return Ok(None);
    }
    shared.change(|world| {
        if !world.updates.is_turn(turn) {
            return Err(Refusal::conflict(
                "terminated by other getUpdates request; make sure that only one bot instance is running",
            ));
        }
        let now = Instant::now();
        let World { updates, meter, .. } = world;
        let handed_out = updates.first(limit).map(|update| {
            let first = update.hand_out();
            if let (true, Some(meter), Some(chat)) = (first, meter.as_mut(), update.chat) {
                meter.handed_out(chat, now);
            }
            update.to_wire()
        });
        Ok(Some(handed_out.collect()))
    })
}
