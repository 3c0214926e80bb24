//! `[access]`: who may talk to the bot, and who owns it.
//!
//! Invariant: an empty list means nobody but owners.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::load::{list, one_of};
use super::problems::Problems;

/// All groups.
const ALL: &str = "*";

/// `[access]`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Access {
    /// Who may talk in direct chats: `allowlist` or `open`.
    #[serde(deserialize_with = "one_of")]
    pub(crate) direct: Direct,
    /// People who may do everything, as `telegram:77`.
    #[serde(deserialize_with = "list")]
    pub(crate) owners: Vec<String>,
    /// People who may talk, in direct chats and everywhere else.
    #[serde(deserialize_with = "list")]
    pub(crate) allow: Vec<String>,
    /// Groups in which everybody may talk, as `telegram:-1001`; `*` for all.
    #[serde(deserialize_with = "list")]
    pub(crate) groups: Vec<String>,
    /// Whether groups may use the scope `peer`.
    pub(crate) peer_in_groups: bool,
}

/// Who may talk in direct chats.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Direct {
    /// Owners and those who are listed.
    #[default]
    Allowlist,
    /// Everybody.
    Open,
}

impl Access {
    pub(super) fn settle(&self, problems: &mut Problems) -> bot::Access {
        bot::Access {
            owners: people(&self.owners, "access.owners", problems),
            allow: people(&self.allow, "access.allow", problems),
            groups: groups(&self.groups, problems),
            direct_open: self.direct == Direct::Open,
            groups_open: self.groups.iter().any(|group| group.trim() == ALL),
            peer_in_groups: self.peer_in_groups,
        }
    }
}

fn people(entries: &[String], key: &str, problems: &mut Problems) -> BTreeSet<String> {
    let mut named = BTreeSet::new();
    for entry in entries.iter().map(|entry| entry.trim()) {
        match entry.split_once(':') {
            Some(("telegram" | "discord", id)) if is_number(id) => {
                named.insert(entry.to_owned());
            }
            _ => problems.add(
                key,
                format!(
                    "“{entry}” is not a person: write the channel and the number of the person, as telegram:77"
                ),
            ),
        }
    }
    named
}

fn groups(entries: &[String], problems: &mut Problems) -> BTreeSet<String> {
    let mut named = BTreeSet::new();
    for entry in entries.iter().map(|entry| entry.trim()).filter(|entry| *entry != ALL) {
        let is_group = match entry.split_once(':') {
            Some(("telegram", id)) => id.strip_prefix('-').is_some_and(is_number),
            Some(("discord", id)) => is_number(id),
            _ => false,
        };
        if is_group {
            named.insert(entry.to_owned());
            continue;
        }
        problems.add(
            "access.groups",
            format!(
                "“{entry}” is not a group: write the channel and the number of the chat, as telegram:-1001 (on Telegram with its “-”), or * for all groups"
            ),
        );
    }
    named
}

/// Whether it is an id as the platforms write them.
pub(super) fn is_number(id: &str) -> bool {
    !id.starts_with('0') && id.parse::<u64>().is_ok() && id.bytes().all(|b| b.is_ascii_digit())
}
