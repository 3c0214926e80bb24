//! Interactions that an earlier process stored and did not see through: was Discord told?
//!
//! An interaction's answers are found under its token, for fifteen minutes. Without any, it was never acknowledged, and is
//! withdrawn. With one that is not a refusal it was, and takes effect now. What is older cannot be asked about: it may have
//! been acknowledged, so it takes effect, unless it destroys: that is withdrawn, and whoever sent it is told.
//!
//! Invariant: of what was filled in in a guild only the person hears, in the direct chat.

use std::time::Duration;

use bot::{Backoff, Incoming};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::api::{Api, CallError, Mishap};
use crate::gap::{destroys_late, say_not_run};
use crate::inbox::Inbox;
use crate::stopping::is_stopped_within;
use crate::ticket::{Interaction, Ticket};

use super::{LOOK, is_refusal, now};

/// Settles what is left, one after the other, until it is time to stop.
pub(crate) async fn take_up_left<I: Inbox>(api: Api, inbox: I, stop: CancellationToken) {
    let Some(me) = api.me() else { return };
    for (held, event) in inbox.take_held(&me.id) {
        let ticket = Ticket::from_wire(event.ticket.as_deref());
        let live = ticket.live_interaction(now());
        let late = destroys_late(&event, now()).filter(|_| live.is_none());
        let takes_effect = match live {
            Some(how) => match is_acknowledged(&api, how, &stop).await {
                Some(is_acknowledged) => is_acknowledged,
                None => return,
            },
            // What is no interaction was held as it came late.
            None => ticket.interaction.is_some() && late.is_none(),
        };
        if takes_effect {
            inbox.release(held);
            continue;
        }
        if let Err(error) = inbox.withdraw(held).await {
            tracing::error!(%error, "an interaction cannot be withdrawn now: at the next start");
        } else if let Some(command) = late {
            report(&api, &event, &ticket, command).await;
        }
    }
}

/// Says that a command was not run: where it was typed, or to the person alone.
async fn report(api: &Api, event: &Incoming, ticket: &Ticket, command: &'static str) {
    let spot = event.thread.as_ref().unwrap_or(&event.chat).clone();
    let (_, id) = event.event.split_once(':').unwrap_or_default();
    let channel = if ticket.interaction.is_none() || event.direct {
        Ok(spot)
    } else {
        direct_chat(api, &event.peer.id).await
    };
    match channel {
        Ok(channel) => say_not_run(api, &channel, &[command], id).await,
        Err(error) => tracing::info!(%error, "that a command was not run cannot be said"),
    }
}

/// The channel that is the direct chat with a person.
async fn direct_chat(api: &Api, peer: &str) -> Result<String, CallError> {
    let who = json!({ "recipient_id": peer });
    let opened: Opened = api.post("/users/@me/channels", &who, LOOK).await?;
    let is_id = opened.id.parse::<u64>().is_ok();
    is_id.then_some(opened.id).ok_or(CallError::Unsure(Mishap::NotJson))
}

#[derive(Deserialize)]
struct Opened {
    id: String,
}

/// Whether an interaction was acknowledged; `None` if it is time to stop.
async fn is_acknowledged(api: &Api, how: &Interaction, stop: &CancellationToken) -> Option<bool> {
    let mut backoff = Backoff::default();
    loop {
        let answer = tokio::select! {
            biased;
            () = stop.cancelled() => return None,
            answer = look(api, how, LOOK) => answer,
        };
        let pause = match answer {
            Ok(found) => return Some(found),
            Err(CallError::TooMany { retry_after, .. }) => retry_after,
            Err(error) if error.is_passing() => backoff.wait(),
            // Its token is no longer taken.
            Err(_) => return Some(true),
        };
        if is_stopped_within(pause, stop).await {
            return None;
        }
    }
}

/// Looks for an answer to an interaction; `true` if there is one that is not a refusal.
pub(super) async fn look(
    api: &Api,
    how: &Interaction,
    patience: Duration,
) -> Result<bool, CallError> {
    let path = format!("/webhooks/{}/{}/messages/@original", how.application, how.token);
    match api.get::<Value>(&path, patience).await {
        Ok(message) => Ok(!message.get("content").and_then(Value::as_str).is_some_and(is_refusal)),
        Err(error) if error.is_missing() => Ok(false),
        Err(error) => Err(error),
    }
}
