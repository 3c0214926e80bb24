//! `[telegram]`: the bot on Telegram.
//!
//! There is one as soon as there is a token, or a file for it.

use std::net::SocketAddr;
use std::path::PathBuf;

use ::telegram::{TelegramSettings, Token, Url, WebhookSettings};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::given;
use super::load::one_of;
use super::problems::Problems;
use super::secret::{Secret, Source, one_source};
use super::url::url;

/// `[telegram]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Telegram {
    /// The bot's token; better in a file of its own.
    pub(crate) token: Secret,
    /// A file with the bot's token.
    pub(crate) token_file: PathBuf,
    /// The Bot API server.
    pub(crate) api_url: String,
    /// How updates come in: `polling` or `webhook`.
    #[serde(deserialize_with = "one_of")]
    pub(crate) mode: Mode,
    /// Whether answers keep to Telegram's limits by themselves.
    pub(crate) pacing: bool,
    /// With `mode = "webhook"`.
    pub(crate) webhook: Webhook,
}

/// `[telegram.webhook]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Webhook {
    /// The address to listen at, behind a proxy that speaks TLS.
    pub(crate) listen: String,
    /// The whole URL that Telegram calls; its path is listened at.
    pub(crate) url: String,
    /// What Telegram sends along, so that it is known; better in a file of its own.
    pub(crate) secret: Secret,
    /// A file with that secret.
    pub(crate) secret_file: PathBuf,
}

/// How updates come in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Mode {
    /// They are asked for.
    #[default]
    Polling,
    /// Telegram brings them.
    Webhook,
}

impl Default for Telegram {
    fn default() -> Self {
        Self {
            token: Secret::default(),
            token_file: PathBuf::new(),
            api_url: "https://api.telegram.org".to_owned(),
            mode: Mode::default(),
            pacing: true,
            webhook: Webhook::default(),
        }
    }
}

impl Default for Webhook {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:8443".to_owned(),
            url: String::new(),
            secret: Secret::default(),
            secret_file: PathBuf::new(),
        }
    }
}

/// A bot on Telegram, but for the secrets that are in files.
#[derive(Debug)]
pub(crate) struct TelegramPlan {
    token: Source<Token>,
    api_url: Url,
    webhook: Option<WebhookPlan>,
    /// Whether answers keep to Telegram's limits by themselves.
    pub(crate) is_paced: bool,
    /// What is known of where the values came from.
    problems: Problems,
}

#[derive(Debug)]
struct WebhookPlan {
    listen: SocketAddr,
    url: Url,
    secret: Source<Secret>,
}

impl Telegram {
    /// The bot that is asked for, if one is.
    pub(super) fn settle(&self, problems: &mut Problems) -> Option<TelegramPlan> {
        let api_url = url(&self.api_url, "telegram.api_url", problems);
        let webhook = match self.mode {
            Mode::Polling => Some(None),
            Mode::Webhook => self.webhook.settle(problems).map(Some),
        };
        let token = one_source(&self.token, &self.token_file, "telegram.token", problems)?;
        let token = token.parsed("telegram.token", problems)?;
        let (api_url, webhook, problems) = (api_url?, webhook?, problems.clone());
        Some(TelegramPlan { token, api_url, webhook, is_paced: self.pacing, problems })
    }
}

impl Webhook {
    fn settle(&self, problems: &mut Problems) -> Option<WebhookPlan> {
        let listen = self.listen.parse::<SocketAddr>();
        let listen = listen.map_err(|_| {
            let expected = "an address and a port are expected, as 127.0.0.1:8443";
            problems.add("telegram.webhook.listen", expected);
        });
        let url = if self.url.is_empty() {
            let needed = "needed for mode = \"webhook\": the https:// URL that Telegram is to call";
            problems.add("telegram.webhook.url", needed);
            None
        } else {
            url(&self.url, "telegram.webhook.url", problems)
        };
        let (key, here, file) = ("telegram.webhook.secret", &self.secret, &self.secret_file);
        let is_missing = here.is_empty() && given(file).is_none();
        if is_missing && problems.credential(key).is_none() {
            problems.add(
                "telegram.webhook.secret_file",
                "needed for mode = \"webhook\": a file with a secret of your own, such as `openssl rand -hex 32` makes",
            );
        }
        let secret = one_source(here, file, key, problems);
        Some(WebhookPlan { listen: listen.ok()?, url: url?, secret: secret? })
    }
}

impl TelegramPlan {
    /// What the channel needs, with the secrets that are in files.
    pub(crate) fn open(self) -> anyhow::Result<TelegramSettings> {
        let mut problems = self.problems.clone();
        let opened = self.open_into(&mut problems);
        problems.report()?;
        opened.ok_or_else(|| anyhow::anyhow!("there is no Telegram token"))
    }

    /// The same; what is wrong goes to the other problems.
    pub(crate) fn open_into(self, problems: &mut Problems) -> Option<TelegramSettings> {
        let token = self.token.open("telegram.token_file", problems);
        let webhook = self.webhook.map(|webhook| {
            let secret = webhook.secret.open("telegram.webhook.secret_file", problems);
            WebhookSettings {
                listen: webhook.listen,
                path: webhook.url.path().to_owned(),
                public_url: webhook.url,
                secret: Zeroizing::new(secret.unwrap_or_default().text().to_owned()),
            }
        });
        let mode = webhook.map_or(::telegram::Mode::Polling, ::telegram::Mode::Webhook);
        Some(TelegramSettings { token: token?, api_url: Some(self.api_url), mode })
    }
}
