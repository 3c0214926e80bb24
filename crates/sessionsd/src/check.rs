//! Whether what is configured can be used: every key, every secret and its file. Nothing is made or opened for good.

use std::path::Path;

use discord::Discord;
use telegram::Telegram;

use crate::configuration::{Problems, Settled};
use crate::data::Data;

/// What is to be said when all is well.
///
/// # Errors
/// Everything that is wrong, at once.
pub(crate) fn check(mut settled: Settled, file: Option<&Path>) -> anyhow::Result<String> {
    let mut problems = settled.origins.clone();
    let channels = channels(&mut settled, &mut problems);
    if channels.is_empty() {
        problems.add("telegram.token_file, discord.token_file", "no channel has a token");
    }
    let data = match Data::place(None, &settled) {
        Ok(data) => data,
        Err(error) => {
            // What is wrong with a path that is configured was found with everything else.
            if settled.database.is_none() {
                problems.add("store.path", format!("{error:#}"));
            }
            problems.report()?;
            return Err(error);
        }
    };
    let key = match data.key().map(|place| place.at_hand().map(|key| (place, key))) {
        None => "none: nothing is sealed".to_owned(),
        Some(Ok((_, Some(key)))) => key.from,
        Some(Ok((place, None))) => {
            let file = place.file().display();
            match data.is_new() {
                Ok(true) => {}
                Ok(false) => problems.add(
                    "encryption.key_file",
                    format!("{file} is not there, but a database is: put the key back"),
                ),
                Err(error) => problems.add("store.path", format!("{error:#}")),
            }
            format!("{file} (made at the first start)")
        }
        Some(Err(error)) => {
            let setting = data.key_place().setting();
            problems.add(setting, format!("{error:#}"));
            String::new()
        }
    };
    problems.report()?;
    let owners = settled.access.owners.len();
    let from = file.map_or("the environment alone".to_owned(), |file| file.display().to_string());
    if owners == 0 {
        tracing::warn!("access.owners is empty, so the bot has no owner");
    }
    Ok(format!(
        "Can be used: {from}\nDatabase: {}\nMaster key: {key}\nChannels: {}\nOwners: {owners}",
        data.database().display(),
        channels.join(", ")
    ))
}

/// The channels that are configured; what a start would say of them is among the problems, or in the log.
fn channels(settled: &mut Settled, problems: &mut Problems) -> Vec<&'static str> {
    let mut channels = Vec::new();
    if let Some(plan) = settled.telegram.take() {
        channels.push("telegram");
        let made = plan.open_into(problems).map(Telegram::new);
        if let Some(Err(error)) = made {
            problems.add("telegram", error);
        }
    }
    if let Some(plan) = settled.discord.take() {
        channels.push("discord");
        let made = plan.open_into(problems).map(Discord::new);
        if let Some(Err(error)) = made {
            problems.add("discord", error);
        }
    }
    channels
}
