//! Registering the bot's commands: what Discord offers to a person who types `/`.
//!
//! All of them are put at once, for every guild and direct chat, or for the guilds of the configuration alone (which see
//! them at once), and only when they are not what was put last: registering at each start ends in 429.
//!
//! Invariant: nothing here is essential. What does not work is said, and what people type raw works without.

#[cfg(test)]
mod tests;

use std::time::Duration;

use bot::Backoff;
use serde::de::IgnoredAny;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio_util::sync::CancellationToken;

use crate::api::{Api, CallError, Me};
use crate::inbox::Inbox;
use crate::stopping::is_stopped_within;

/// How long one call may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often a call is made before it is left to the next start.
const TRIES: u32 = 6;

/// Registers what is not yet registered as it should be.
pub(crate) async fn set<I: Inbox>(
    api: Api,
    inbox: I,
    commands: Value,
    guilds: Vec<String>,
    stop: CancellationToken,
) {
    let Some(Me { application, .. }) = api.me() else { return };
    let everywhere = format!("/applications/{application}/commands");
    let here = |guild: &String| format!("/applications/{application}/guilds/{guild}/commands");
    // What is registered for all and for a guild would be there twice.
    let before = list(&inbox, application).await;
    let over = before.iter().filter(|guild| !guilds.contains(guild));
    let mut paths: Vec<(String, Value)> = over.map(|guild| (here(guild), json!([]))).collect();
    let for_all = if guilds.is_empty() { commands.clone() } else { json!([]) };
    paths.push((everywhere, for_all));
    paths.extend(guilds.iter().map(|guild| (here(guild), commands.clone())));
    if before.iter().any(|guild| !guilds.contains(guild))
        || guilds.iter().any(|guild| !before.contains(guild))
    {
        // Until all is done, all of them are on it.
        let both: Vec<String> = before.into_iter().chain(guilds.iter().cloned()).collect();
        note_list(&inbox, application, &both).await;
    }
    for (path, commands) in paths {
        if !is_set(&api, &inbox, &path, &commands, &stop).await {
            return;
        }
    }
    if list(&inbox, application).await != guilds {
        note_list(&inbox, application, &guilds).await;
    }
}

/// The guilds in which commands may be registered, as they were noted: one by one, up to an empty note.
async fn list<I: Inbox>(inbox: &I, application: &str) -> Vec<String> {
    let mut guilds = Vec::new();
    loop {
        let noted = inbox.noted(&place_on_list(application, guilds.len())).await;
        match noted.ok().flatten().map(u128::from_be_bytes) {
            Some(guild) if guild > 0 => guilds.push(guild.to_string()),
            Some(_) | None => return guilds,
        }
    }
}

async fn note_list<I: Inbox>(inbox: &I, application: &str, guilds: &[String]) {
    let ids = guilds.iter().filter_map(|guild| guild.parse::<u128>().ok());
    for (number, id) in ids.chain([0]).enumerate() {
        let place = place_on_list(application, number);
        if let Err(error) = inbox.note(&place, id.to_be_bytes()).await {
            tracing::warn!(%error, "in which guilds commands are registered cannot be noted");
        }
    }
}

fn place_on_list(application: &str, number: usize) -> String {
    format!("discord/commands/{application}/guild/{number}")
}

/// Registers commands at a path, unless they are; `false` if it is time to stop.
async fn is_set<I: Inbox>(
    api: &Api,
    inbox: &I,
    path: &str,
    commands: &Value,
    stop: &CancellationToken,
) -> bool {
    let note = format!("discord/commands{path}");
    let wanted = fingerprint(commands);
    match inbox.noted(&note).await {
        Ok(Some(noted)) if noted == wanted => return true,
        Ok(_) => {}
        Err(error) => tracing::warn!(%error, "which commands are registered cannot be read"),
    }
    let mut backoff = Backoff::default();
    for _ in 0..TRIES {
        let answer = tokio::select! {
            biased;
            () = stop.cancelled() => return false,
            answer = api.put::<IgnoredAny>(path, commands, PATIENCE) => answer,
        };
        let pause = match answer {
            Ok(_) => {
                tracing::info!("commands are registered with Discord");
                if let Err(error) = inbox.note(&note, wanted).await {
                    tracing::warn!(%error, "that commands are registered cannot be noted: they are again at the next start");
                }
                return true;
            }
            Err(CallError::TooMany { retry_after, .. }) => retry_after,
            Err(error) if error.is_passing() => backoff.wait(),
            Err(error) => {
                tracing::error!(%error, "Discord does not take the commands: what is typed raw works without them");
                return true;
            }
        };
        if is_stopped_within(pause, stop).await {
            return false;
        }
    }
    tracing::warn!("commands are not registered now: at the next start");
    true
}

fn fingerprint(commands: &Value) -> [u8; 16] {
    let hash = Sha256::digest(commands.to_string());
    let mut half = [0; 16];
    half.iter_mut().zip(hash).for_each(|(to, from)| *to = from);
    half
}
