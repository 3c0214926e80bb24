//! `sessionsd doctor`: all that a daemon needs, looked at from outside, with what to do about what is wrong.
//!
//! What the daemon does when it starts is tried as far as that goes without a change: as who owns the folder of the
//! database.
//!
//! Not here: rows (`verify`). Nothing is made, locked or changed.

mod files;

use std::fs::File;
use std::path::Path;
use std::time::Duration;

use anyhow::bail;
use discord::Discord;
use rustix::fs::statvfs;
use serde::Serialize;
use sessions::store::rows::Header;
use sessions::{Environment, OpenManagerError};
use sqlite::SystemEnvironment;
use telegram::Telegram;

use crate::arguments::Whose;
use crate::configuration::Settled;
use crate::control::{self, Answer, Reached, Request, Status};
use crate::data::{Data, folder_of};
use crate::key::{Key, KeyPlace};
use crate::say::say;

use super::{Desk, ELSE};

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
    let status = status(&desk.data);
    // Where it cannot be told whether a daemon has the database, nobody else opens it.
    let is_free = matches!(status, Ok(None));
    let (database, header) = match files::database(&desk.data, is_free) {
        Ok((words, header)) => (Fine(words), header),
        Err(error) => (Attention(format!("{error:#}")), None),
    };
    let key = key(&desk.data, status.as_ref().ok().and_then(Option::as_ref), header.as_ref());
    let mut found = vec![
        of("clock", clock()),
        of("key", key.unwrap_or_else(|error| Attention(format!("{error:#}")))),
        of("database", database),
        of("disk", disk(&desk.data)),
        of("daemon", daemon(status)),
    ];
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    found.extend(runtime.block_on(platforms(&mut desk.settled)));
    if desk.settled.access.owners.is_empty() {
        let what = "nobody owns the bot: write to it, it tells you your number; put that into access.owners";
        found.push(of("owners", Attention(what.to_owned())));
    }
    let is_well = found.iter().all(|found| matches!(found.verdict, Fine(_)));
    if desk.json {
        say(&serde_json::to_string(&found)?)?;
        return Ok(is_well);
    }
    for Found { what, verdict } in &found {
        let (mark, words) = match verdict {
            Fine(words) => ("ok", words),
            Attention(words) => ("!!", words),
        };
        say(&format!("{mark}  {what}: {}", crate::console::printable(words)))?;
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

fn key(data: &Data, status: Option<&Status>, header: Option<&Header>) -> anyhow::Result<Verdict> {
    match status.map(|status| status.key_version != 0) {
        Some(true) if !data.is_sealed() => {
            return Err(data.explain(OpenManagerError::KeyMissing, ""));
        }
        Some(false) if data.is_sealed() => {
            return Err(data.explain(OpenManagerError::NotSealed, ""));
        }
        _ => {}
    }
    let Some(place) = data.key() else {
        header.map_or(Ok(()), |header| data.fits(header, Key::default()))?;
        bail!(
            "encryption.enabled is false: what people write is on disk for everybody who gets the file"
        );
    };
    if let Some(key) = place.at_hand()? {
        let from = key.from.clone();
        match header {
            Some(header) => data.fits(header, key)?,
            None if status.is_some() => look_needed(data, place)?,
            None => {}
        }
        return Ok(Fine(from));
    }
    let file = place.file().display();
    if !data.is_new()? {
        header.map_or(Ok(()), |header| data.look_sealed(header))?;
        bail!("{file} is not there, and the database cannot be opened without it: put it back");
    }
    files::look_key_makable(data, place.file())?;
    Ok(Fine(format!("{file} will be made at the first start")))
}

/// Whether the running daemon needs the key in the file, where that can be read.
fn look_needed(data: &Data, place: &KeyPlace) -> anyhow::Result<()> {
    let Ok(file) = File::open(place.file()) else { return Ok(()) };
    let Reached::Daemon(asking) = control::reach(data.database())? else { return Ok(()) };
    let answer = asking.ask(&Request::CheckKey, Some(file.into()), |_| ())?;
    let Answer::KeyChecked { version, current, .. } = answer else { bail!(ELSE) };
    if version.is_none() {
        bail!(
            "{} holds no key that the database needs, and the daemon will not start with it: put its master key back, version {current}",
            place.file().display()
        );
    }
    Ok(())
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

/// How the daemon stands, if one runs.
fn status(data: &Data) -> anyhow::Result<Option<Status>> {
    let Reached::Daemon(asking) = control::reach(data.database())? else { return Ok(None) };
    let answer = asking.ask(&Request::Status, None, |_| ())?;
    let Answer::Status(status) = answer else { bail!("it is of another version") };
    Ok(Some(*status))
}

fn daemon(status: anyhow::Result<Option<Status>>) -> Verdict {
    match status {
        Ok(Some(status)) => {
            let (channels, trouble) = status
                .daemon
                .map_or_else(Default::default, |daemon| (daemon.channels, daemon.store_trouble));
            let down = channels.iter().find(|channel| !channel.is_up);
            let down = down.map(|channel| format!("{}: {}", channel.name, channel.state));
            match trouble.map(|trouble| format!("it runs, but {trouble}")).or(down) {
                None => Fine("it runs, and all channels are connected".to_owned()),
                Some(wrong) => Attention(wrong),
            }
        }
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
