//! `[telegram]`: the bot on Telegram.
//!
//! There is one as soon as there is a token, or a file for it.

use std::net::SocketAddr;
use std::path::PathBuf;

use ::telegram::{TelegramSettings, Token, Url, WebhookSettings};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::load::one_of;
use super::problems::Problems;
use super::secret::{Secret, Source, is_given, one_source};
use super::url::{masked, server, url};

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

/// A bot on Telegram, but for the secrets that are in files. What is missing has a problem.
#[derive(Debug)]
pub(crate) struct TelegramPlan {
    token: Option<Source<Token>>,
    api_url: Option<Url>,
    webhook: Option<WebhookPlan>,
    /// Whether answers keep to Telegram's limits by themselves.
    pub(crate) is_paced: bool,
    /// What is known of where the values came from.
    problems: Problems,
}

#[derive(Debug)]
struct WebhookPlan {
    listen: Option<SocketAddr>,
    url: Option<Url>,
    secret: Option<Source<Secret>>,
}

impl Telegram {
    /// The bot that is asked for, if one is.
    pub(super) fn settle(&self, problems: &mut Problems) -> Option<TelegramPlan> {
        let api_url = server(&self.api_url, "telegram.api_url", problems);
        let webhook = match self.mode {
            Mode::Polling => None,
            Mode::Webhook => Some(self.webhook.settle(problems)),
        };
        let (key, here, file) = ("telegram.token", &self.token, &self.token_file);
        if !is_given(here, file, key, problems) {
            return None;
        }
        let token = one_source(here, file, key, problems);
        let token = token.and_then(|token| token.parsed(key, problems));
        let problems = problems.clone();
        Some(TelegramPlan { token, api_url, webhook, is_paced: self.pacing, problems })
    }
}

impl Webhook {
    /// As it may be shown.
    pub(super) fn masked(self) -> Self {
        Self { url: masked(&self.url), ..self }
    }

    fn settle(&self, problems: &mut Problems) -> WebhookPlan {
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
        if !is_given(here, file, key, problems) {
            problems.add(
                "telegram.webhook.secret_file",
                "needed for mode = \"webhook\": a file with a secret of your own, such as `openssl rand -hex 32` makes",
            );
        }
        let secret = one_source(here, file, key, problems);
        WebhookPlan { listen: listen.ok(), url, secret }
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
        let token = self.token.and_then(|token| token.open("telegram.token_file", problems));
        let mode = match self.webhook {
            None => Some(::telegram::Mode::Polling),
            Some(webhook) => webhook.open_into(problems).map(::telegram::Mode::Webhook),
        };
        Some(TelegramSettings { token: token?, api_url: Some(self.api_url?), mode: mode? })
    }
}

impl WebhookPlan {
    fn open_into(self, problems: &mut Problems) -> Option<WebhookSettings> {
        let secret = self.secret?.open("telegram.webhook.secret_file", problems)?;
        let public_url = self.url?;
        Some(WebhookSettings {
            listen: self.listen?,
            path: public_url.path().to_owned(),
            public_url,
            secret: Zeroizing::new(secret.text().to_owned()),
        })
    }
}
