//! Commands that destroy and come late: reported, not run.
//!
//! Whoever typed `/reset` while the bot was away has perhaps done otherwise since.

use std::time::Duration;

use bot::{Body, Incoming};
use commands::Line;
use serde::de::IgnoredAny;
use serde_json::json;

use crate::api::Api;

/// What destroys is run if it is no older than this, in milliseconds.
const FRESH: i64 = 10 * 60 * 1_000;
/// How long the note may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// The name of the command, if an event is one that destroys and is too old to be run; `now` in milliseconds since the
/// epoch.
pub(crate) fn destroys_late(event: &Incoming, now: i64) -> Option<&'static str> {
    let Body::Text { text, .. } = &event.body else { return None };
    let is_late = event.said_at.is_some_and(|said_at| now.saturating_sub(said_at) > FRESH);
    if !is_late {
        return None;
    }
    match commands::parse(text, event.me.as_deref()) {
        Ok(Line::Command { command, .. }) if command.destroys() => Some(command.name()),
        Ok(Line::Command { .. } | Line::Message(_) | Line::Elsewhere) | Err(_) => None,
    }
}

/// Says in a channel which commands were not run. Tried once: whoever asked sees that nothing has happened.
pub(crate) async fn say_not_run(api: &Api, channel: &str, names: &[&'static str], last: &str) {
    let mut named: Vec<String> = names.iter().map(|name| format!("`/{name}`")).collect();
    named.dedup();
    let note = json!({
        "content": format!(
            "Not run: {}. I was away when that was sent, more than ten minutes ago. Send it again if you still want it.",
            named.join(", ")
        ),
        "allowed_mentions": { "parse": [] },
        // The same note for the same command, however often it is tried.
        "nonce": format!("late{last}"),
        "enforce_nonce": true,
    });
    let path = format!("/channels/{channel}/messages");
    if let Err(error) = api.post::<IgnoredAny>(&path, &note, PATIENCE).await {
        tracing::info!(%error, "that a command was not run cannot be said");
    }
}
