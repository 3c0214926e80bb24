//! `sessionsd doctor`: all that a daemon needs, looked at from outside, with what to do about what is wrong.
//!
//! Not here: rows (`verify`). Nothing is made, locked or changed.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::time::Duration;

use discord::Discord;
use rustix::fs::statvfs;
use serde::Serialize;
use sessions::Environment;
use sqlite::SystemEnvironment;
use telegram::Telegram;

use crate::arguments::Whose;
use crate::configuration::Settled;
use crate::control::{self, Answer, Reached, Request};
use crate::data::{Data, folder_of};
use crate::leftover;

use super::Desk;

/// Room that a day takes without a word.
const ROOM: u64 = 256 << 20;
/// How long a platform may take to answer.
const PATIENCE: Duration = Duration::from_secs(25);
/// The beginning of 2026. A clock before that was never set.
const SET: i64 = 1_767_225_600_000;

/// What was found of one thing.
#[derive(Serialize)]
struct Found {
    what: &'static str,
    #[serde(flatten)]
    verdict: Verdict,
}

/// Whether it needs attention.
#[derive(Serialize)]
#[serde(tag = "verdict", content = "words", rename_all = "kebab-case")]
enum Verdict {
    Fine(String),
    Attention(String),
}

use Verdict::{Attention, Fine};

/// Looks at everything; answers whether nothing needs attention.
pub(crate) fn doctor(asked: &Whose) -> anyhow::Result<bool> {
    // What is wrong with the configuration itself ends it here, all at once.
    let mut desk = Desk::of(asked)?;
    let mut found = vec![
        of("clock", clock()),
        of("key", key(&desk.data)),
        of("database", database(&desk.data)),
        of("disk", disk(&desk.data)),
        of("daemon", daemon(&desk.data)),
    ];
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    found.extend(runtime.block_on(platforms(&mut desk.settled)));
    if desk.settled.access.owners.is_empty() {
        let what = "nobody owns the bot: write to it, it tells you your number; put that into access.owners";
        found.push(of("owners", Attention(what.to_owned())));
    }
    let is_well = found.iter().all(|found| matches!(found.verdict, Fine(_)));
    if desk.json {
        println!("{}", serde_json::to_string(&found)?);
        return Ok(is_well);
    }
    for Found { what, verdict } in &found {
        let (mark, words) = match verdict {
            Fine(words) => ("ok", words),
            Attention(words) => ("!!", words),
        };
        println!("{mark}  {what}: {}", crate::console::printable(words));
    }
    Ok(is_well)
}

const fn of(what: &'static str, verdict: Verdict) -> Found {
    Found { what, verdict }
}

fn clock() -> Verdict {
    if SystemEnvironment.now().as_millis() < SET {
        return Attention(
            "it was never set: messages would be kept with wrong times; start a time service"
                .to_owned(),
        );
    }
    Fine("it has been set".to_owned())
}

fn key(data: &Data) -> Verdict {
    let Some(place) = data.key() else {
        return Attention(
            "encryption.enabled is false: what people write is on disk for everybody who gets the file".to_owned(),
        );
    };
    match place.at_hand() {
        Ok(Some(key)) => Fine(key.from),
        Ok(None) if data.database().exists() => Attention(format!(
            "{} is not there, and the database cannot be opened without it: put it back",
            place.file().display()
        )),
        Ok(None) => Fine(format!("{} will be made at the first start", place.file().display())),
        Err(error) => Attention(format!("{error:#}")),
    }
}

fn database(data: &Data) -> Verdict {
    let path = data.database();
    let found = match fs::metadata(path) {
        Ok(found) => found,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Fine(format!("{} will be made at the first start", path.display()));
        }
        Err(error) => return Attention(format!("{} cannot be looked at: {error}", path.display())),
    };
    let others = found.permissions().mode() & 0o077;
    if others != 0 {
        return Attention(format!("others can read {}: chmod 600 it", path.display()));
    }
    if let Some(left) = leftover::find(path) {
        return Attention(format!(
            "{} is there: it may hold everything in clear. encrypt, decrypt or key rotate --compromised was broken off, or is at it; run that again or start the daemon, which removes it",
            left.display()
        ));
    }
    let folder = fs::metadata(folder_of(path));
    if folder.is_ok_and(|folder| folder.uid() != found.uid()) {
        return Attention(format!(
            "{} and its folder do not belong to the same user: chown the folder's files to its owner",
            path.display()
        ));
    }
    Fine(format!("{}, {} bytes", path.display(), found.len()))
}

fn disk(data: &Data) -> Verdict {
    let folder = folder_of(data.database());
    let there = folder.ancestors().find(|folder| folder.exists()).unwrap_or(Path::new("/"));
    let Ok(found) = statvfs(there) else {
        return Attention(format!("the disk of {} cannot be looked at", there.display()));
    };
    let free = found.f_bavail.saturating_mul(found.f_frsize);
    let words = format!("{} MiB are free where {} is", free >> 20, there.display());
    if free < ROOM {
        return Attention(format!("{words}: make room, or what people write will be refused"));
    }
    Fine(words)
}

fn daemon(data: &Data) -> Verdict {
    let asked = control::reach(data.database()).and_then(|reached| match reached {
        Reached::Nobody => Ok(None),
        Reached::Daemon(asking) => asking.ask(&Request::Status, None, |_| ()).map(Some),
    });
    match asked {
        Ok(Some(Answer::Status(status))) => {
            let channels = status.daemon.map(|daemon| daemon.channels).unwrap_or_default();
            let down: Vec<_> = channels.iter().filter(|channel| !channel.is_up).collect();
            match down.first() {
                None => Fine("it runs, and all channels are connected".to_owned()),
                Some(channel) => Attention(format!("{}: {}", channel.name, channel.state)),
            }
        }
        Ok(Some(_)) => Attention("it is of another version".to_owned()),
        Ok(None) => {
            Attention("it does not run: start it with systemctl start sessionsd".to_owned())
        }
        Err(error) => Attention(format!("{error:#}")),
    }
}

/// Whether the platforms know the tokens.
async fn platforms(settled: &mut Settled) -> Vec<Found> {
    let mut found = Vec::new();
    if let Some(plan) = settled.telegram.take() {
        let known = async {
            let telegram = Telegram::new(plan.open().map_err(|error| format!("{error:#}"))?);
            let telegram = telegram.map_err(|error| error.to_string())?;
            let name = telegram.known_as().await?;
            Ok(name.map_or("the token is known".to_owned(), |name| format!("known as @{name}")))
        };
        found.push(of("telegram", within(known).await));
    }
    if let Some(plan) = settled.discord.take() {
        let known = async {
            let discord = Discord::new(plan.open().map_err(|error| format!("{error:#}"))?);
            let discord = discord.map_err(|error| error.to_string())?;
            Ok(format!("known as {}", discord.known_as().await?))
        };
        found.push(of("discord", within(known).await));
    }
    if found.is_empty() {
        let what = "no channel has a token: `sessionsd init` asks for one".to_owned();
        found.push(of("channels", Attention(what)));
    }
    found
}

async fn within(known: impl Future<Output = Result<String, String>>) -> Verdict {
    match tokio::time::timeout(PATIENCE, known).await {
        Ok(Ok(words)) => Fine(words),
        Ok(Err(words)) => Attention(words),
        Err(_) => Attention(format!(
            "no answer within {} s: check the network, and whether a firewall lets HTTPS out",
            PATIENCE.as_secs()
        )),
    }
}
