//! `[discord]`: the bot on Discord.
//!
//! There is one as soon as there is a token, or a file for it.

use std::path::PathBuf;

use ::discord::{DiscordSettings, Token, Url};
use serde::{Deserialize, Serialize};

use super::access::is_number;
use super::load::list;
use super::problems::Problems;
use super::secret::{Secret, Source, is_given, one_source};
use super::url::server;

/// Discord itself.
const PUBLIC: &str = "https://discord.com";

/// `[discord]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Discord {
    /// The bot's token; better in a file of its own.
    pub(crate) token: Secret,
    /// A file with the bot's token.
    pub(crate) token_file: PathBuf,
    /// Discord, or a server that speaks like it.
    pub(crate) api_url: String,
    /// The ids of guilds in which alone commands are registered; without any, they are everywhere.
    #[serde(deserialize_with = "list")]
    pub(crate) guilds: Vec<String>,
    /// Whether to ask for the text of messages in guilds that are not for the bot.
    pub(crate) message_content: bool,
    /// Whether answers keep to Discord's limits by themselves.
    pub(crate) pacing: bool,
}

impl Default for Discord {
    fn default() -> Self {
        Self {
            token: Secret::default(),
            token_file: PathBuf::new(),
            api_url: PUBLIC.to_owned(),
            guilds: Vec::new(),
            message_content: false,
            pacing: true,
        }
    }
}

/// A bot on Discord, but for the token where that is in a file. A token that is missing has a problem.
#[derive(Debug)]
pub(crate) struct DiscordPlan {
    token: Option<Source<Token>>,
    /// `None` for Discord itself.
    api_url: Option<Url>,
    guilds: Vec<String>,
    /// Whether the text of messages in guilds that are not for the bot is asked for.
    pub(crate) message_content: bool,
    /// Whether answers keep to Discord's limits by themselves.
    pub(crate) is_paced: bool,
    /// What is known of where the values came from.
    problems: Problems,
}

impl Discord {
    /// The bot that is asked for, if one is.
    pub(super) fn settle(&self, problems: &mut Problems) -> Option<DiscordPlan> {
        let api_url = server(&self.api_url, "discord.api_url", problems);
        for guild in self.guilds.iter().filter(|guild| !is_number(guild)) {
            let expected = "is not the number of a guild: Discord shows it as Copy Server ID";
            problems.add("discord.guilds", format!("“{guild}” {expected}"));
        }
        let (key, here, file) = ("discord.token", &self.token, &self.token_file);
        if !is_given(here, file, key, problems) {
            return None;
        }
        let token = one_source(here, file, key, problems);
        let token = token.and_then(|token| token.parsed(key, problems));
        let is_elsewhere = |url: &Url| url.as_str().trim_end_matches('/') != PUBLIC;
        Some(DiscordPlan {
            token,
            api_url: api_url.filter(is_elsewhere),
            guilds: self.guilds.clone(),
            message_content: self.message_content,
            is_paced: self.pacing,
            problems: problems.clone(),
        })
    }
}

impl DiscordPlan {
    /// What the channel needs, with the token that is in a file.
    pub(crate) fn open(self) -> anyhow::Result<DiscordSettings> {
        let mut problems = self.problems.clone();
        let opened = self.open_into(&mut problems);
        problems.report()?;
        opened.ok_or_else(|| anyhow::anyhow!("there is no Discord token"))
    }

    /// The same; what is wrong goes to the other problems.
    pub(crate) fn open_into(self, problems: &mut Problems) -> Option<DiscordSettings> {
        let Self { token, api_url, guilds, message_content, .. } = self;
        let token = token?.open("discord.token_file", problems)?;
        Some(DiscordSettings { token, api_url, guilds, message_content })
    }
}
