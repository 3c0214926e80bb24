//! What Telegram shows of the bot by itself: the menu of commands by scope, and its descriptions.
//!
//! They come from the table of the commands, and are set only when they are not what was set last: registering at each
//! start ends in 429.
//!
//! Invariant: nothing here is essential. What does not work is said once and done without.

#[cfg(test)]
mod tests;

use std::time::Duration;

use bot::Backoff;
use commands::{Availability, COMMANDS, Spec};
use serde::Serialize;
use serde::de::IgnoredAny;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use teloxide::types::BotCommandScope;
use tokio_util::sync::CancellationToken;

use crate::api::{Api, CallError};
use crate::poll::{Inbox, is_stopped_within};

const DESCRIPTION: &str = "I keep what we talk about as sessions: with history, named checkpoints to come back to, \
     and an undo for nearly everything.\n\nWrite something to begin. /help lists the commands.";
const SHORT_DESCRIPTION: &str = "Conversations with history, checkpoints and undo.";

/// How long one call may take.
const PATIENCE: Duration = Duration::from_secs(20);
/// How often a call is made before it is left to the next start.
const TRIES: u32 = 6;

/// A command in the menu. teloxide 0.17 does not know `is_ephemeral` (Bot API 10.2).
#[derive(Serialize)]
struct MenuCommand {
    command: String,
    description: &'static str,
    /// In groups: what is typed is seen by its author and the bot alone.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    is_ephemeral: bool,
}

/// One thing that is set.
struct Entry {
    /// What its note is called.
    name: &'static str,
    method: &'static str,
    params: Value,
}

/// Sets what is not yet set as it should be.
pub(crate) async fn set<I: Inbox>(api: Api, inbox: I, stop: CancellationToken) {
    for entry in entries() {
        if !is_set(&api, &inbox, &entry, &stop).await {
            return;
        }
    }
    tracing::info!("the menu was seen to");
}

fn entries() -> [Entry; 5] {
    let menu = |name, scope, is_ephemeral| Entry {
        name,
        method: "setMyCommands",
        params: json!({ "commands": commands(is_ephemeral), "scope": scope }),
    };
    [
        menu("all_private_chats", BotCommandScope::AllPrivateChats, false),
        menu("all_group_chats", BotCommandScope::AllGroupChats, true),
        menu("all_chat_administrators", BotCommandScope::AllChatAdministrators, true),
        Entry {
            name: "description",
            method: "setMyDescription",
            params: json!({ "description": DESCRIPTION }),
        },
        Entry {
            name: "short_description",
            method: "setMyShortDescription",
            params: json!({ "short_description": SHORT_DESCRIPTION }),
        },
    ]
}

fn commands(is_ephemeral: bool) -> Vec<MenuCommand> {
    let works = |spec: &&Spec| spec.availability == Availability::Now;
    let listed = COMMANDS.iter().filter(works);
    listed
        .map(|spec| MenuCommand {
            command: spec.menu_name(),
            description: spec.summary,
            is_ephemeral,
        })
        .collect()
}

/// Sets one thing, unless it is; `false` if it is time to stop.
async fn is_set<I: Inbox>(api: &Api, inbox: &I, entry: &Entry, stop: &CancellationToken) -> bool {
    let note = format!("telegram/{}/menu/{}", api.account(), entry.name);
    let wanted = fingerprint(entry);
    match inbox.noted(&note).await {
        Ok(Some(noted)) if noted == wanted => return true,
        Ok(_) => {}
        Err(error) => tracing::warn!(%error, "what the menu was cannot be read"),
    }
    let mut backoff = Backoff::default();
    for _ in 0..TRIES {
        let answer = tokio::select! {
            biased;
            () = stop.cancelled() => return false,
            answer = call(api, entry) => answer,
        };
        let pause = match answer {
            Ok(()) => {
                if let Err(error) = inbox.note(&note, wanted).await {
                    tracing::warn!(%error, "what the menu is cannot be noted: it is set again at the next start");
                }
                return true;
            }
            Err(CallError::TooMany { retry_after }) => retry_after,
            Err(error) if error.is_passing() && !error.is_unknown_method() => backoff.wait(),
            Err(error) => {
                tracing::info!(%error, method = entry.method, scope = entry.name, "done without");
                return true;
            }
        };
        if is_stopped_within(pause, stop).await {
            return false;
        }
    }
    tracing::info!(method = entry.method, scope = entry.name, "not set now: at the next start");
    true
}

/// Makes the call, without what newer servers alone know if the server stumbles over it.
async fn call(api: &Api, entry: &Entry) -> Result<(), CallError> {
    let answer = api.call::<IgnoredAny>(entry.method, &entry.params, PATIENCE).await;
    match answer {
        Ok(_) => Ok(()),
        Err(error @ CallError::Refused { code: 400, .. }) if !error.is_unknown_method() => {
            let older = older_form(&entry.params).ok_or(error)?;
            api.call::<IgnoredAny>(entry.method, &older, PATIENCE).await.map(|_| ())
        }
        Err(error) => Err(error),
    }
}

/// The same without `is_ephemeral`, if it has that.
fn older_form(params: &Value) -> Option<Value> {
    let mut older = params.clone();
    let commands = older.get_mut("commands")?.as_array_mut()?;
    let removed = commands.iter_mut().filter_map(Value::as_object_mut).filter_map(remove_ephemeral);
    (removed.count() > 0).then_some(older)
}

fn remove_ephemeral(command: &mut Map<String, Value>) -> Option<Value> {
    command.remove("is_ephemeral")
}

fn fingerprint(entry: &Entry) -> [u8; 16] {
    let hash = Sha256::new().chain_update(entry.method).chain_update(entry.params.to_string());
    let mut half = [0; 16];
    half.iter_mut().zip(hash.finalize()).for_each(|(to, from)| *to = from);
    half
}
