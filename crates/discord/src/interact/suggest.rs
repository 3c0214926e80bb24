//! What is suggested while somebody fills in a command: sessions, checkpoints, time zones, topics of the help.
//!
//! Invariant: an answer always comes, and in time: with nothing in it if nothing can be had.

use std::time::Duration;

use commands::COMMANDS;
use serde_json::{Value, json};

use crate::directory::id_at;
use crate::inbox::Inbox;
use crate::ticket::Interaction;
use crate::update::Asked;

use super::Desk;

/// The most that Discord shows.
const MOST: usize = 25;
/// The most characters of a name or value.
const LONGEST: usize = 100;
/// How long looking for suggestions may take.
const PATIENCE: Duration = Duration::from_millis(1_500);

/// One suggestion: what is shown, and what is put in.
type Choice = (String, String);

impl<I: Inbox> Desk<I> {
    pub(super) async fn suggest(&self, interaction: &Value, asked: &Asked) {
        let text = |field: &str| interaction.get(field).and_then(Value::as_str).map(str::to_owned);
        let (Some(_), Some(id), Some(token)) =
            (id_at(interaction, "id"), text("id"), text("token"))
        else {
            return;
        };
        let application = text("application_id").unwrap_or_default();
        let how = Interaction { id, token, application, is_press: false, is_ephemeral: false };
        let choices = tokio::time::timeout(PATIENCE, self.choices(asked)).await.unwrap_or_default();
        let choices: Vec<Value> = choices
            .into_iter()
            .map(|(name, value)| json!({ "name": name, "value": value }))
            .collect();
        let answer = json!({ "type": 8, "data": { "choices": choices } });
        if let Err(error) = self.call_back(&how, &answer, super::CALLBACK).await {
            tracing::debug!(%error, "suggestions did not arrive");
        }
    }

    async fn choices(&self, asked: &Asked) -> Vec<Choice> {
        let all: Vec<Choice> = match (asked.command.as_str(), asked.option.as_str()) {
            ("session timezone", _) => chrono_tz::TZ_VARIANTS
                .iter()
                .map(|zone| (zone.name().to_owned(), zone.name().to_owned()))
                .collect(),
            ("help show", _) => {
                // What a command does bare is explained with it.
                let below = COMMANDS.iter().flat_map(|spec| spec.subcommands);
                let below = below.filter(|spec| spec.word() != "show");
                COMMANDS.iter().chain(below).map(|spec| topic(spec.name)).collect()
            }
            (command, _) => {
                let suggestions = match self.inbox.suggestions(&asked.at).await {
                    Ok(suggestions) => suggestions,
                    Err(error) => {
                        tracing::warn!(%error, "suggestions cannot be had");
                        return Vec::new();
                    }
                };
                let targets = match command {
                    "checkpoint restore" | "checkpoint delete" => suggestions.checkpoints,
                    "session delete" => {
                        suggestions.current.into_iter().chain(suggestions.sessions).collect()
                    }
                    _ => suggestions.sessions,
                };
                targets.into_iter().map(|(id, name)| (labelled(&id, &name), id)).collect()
            }
        };
        fitting(all, &asked.typed)
    }
}

fn topic(name: &str) -> Choice {
    (format!("/{name}"), name.to_owned())
}

/// Those that hold what is typed: first those that begin with it.
fn fitting(all: Vec<Choice>, typed: &str) -> Vec<Choice> {
    let plain = |text: &str| text.to_lowercase().replace(['_', ' '], "");
    let typed = plain(typed.trim().trim_start_matches('/'));
    let rank = |(name, _): &Choice| {
        let name = plain(name.trim_start_matches('/'));
        let begins = name.starts_with(&typed) || name.contains(&format!("/{typed}"));
        if begins { Some(0) } else { name.contains(&typed).then_some(1) }
    };
    let is_possible = |choice: &Choice| choice.1.chars().count() <= LONGEST;
    let mut ranked: Vec<(u8, Choice)> = all
        .into_iter()
        .filter(is_possible)
        .filter_map(|choice| Some((rank(&choice)?, choice)))
        .collect();
    ranked.sort_by_key(|(rank, _)| *rank);
    ranked.into_iter().take(MOST).map(|(_, choice)| choice).collect()
}

/// A name with its id, of which the name is cut where both are too long.
fn labelled(id: &str, name: &str) -> String {
    if name.is_empty() {
        return id.to_owned();
    }
    let behind = format!(" · {id}");
    let room = LONGEST.saturating_sub(behind.chars().count());
    if name.chars().count() <= room {
        return format!("{name}{behind}");
    }
    let name: String = name.chars().take(room.saturating_sub(1)).collect();
    format!("{name}…{behind}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choices(names: &[&str]) -> Vec<Choice> {
        names.iter().map(|name| ((*name).to_owned(), (*name).to_owned())).collect()
    }

    fn found(names: &[&str], typed: &str) -> Vec<String> {
        fitting(choices(names), typed).into_iter().map(|(name, _)| name).collect()
    }

    #[test]
    fn what_begins_with_the_typed_comes_first() {
        let zones = ["America/Paramaribo", "Europe/Paris", "Asia/Tokyo", "America/New_York"];
        assert_eq!(found(&zones, "par"), ["America/Paramaribo", "Europe/Paris"]);
        assert_eq!(found(&zones, "new york"), ["America/New_York"]);
        assert_eq!(found(&["x-paris", "Paris"], "PAR"), ["Paris", "x-paris"]);
        assert_eq!(found(&zones, "").len(), 4);
        assert!(found(&zones, "atlantis").is_empty());
    }

    #[test]
    fn discord_s_limits_are_kept() {
        let many: Vec<String> = (0..60).map(|n| format!("c{n}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert_eq!(found(&many, "c").len(), MOST);
        let label = labelled("c-2m8xwa", &"ö".repeat(200));
        assert_eq!(label.chars().count(), LONGEST);
        assert!(label.ends_with("ö… · c-2m8xwa"), "{label}");
        assert_eq!(labelled("s-7k3f9q", ""), "s-7k3f9q");
        assert!(found(&["x".repeat(101).as_str()], "x").is_empty());
    }
}
