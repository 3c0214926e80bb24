//! What servers that play platforms have in common.

use crate::discord::{self, FakeDiscord, Guild};
use crate::telegram::{self, FakeTelegram};

/// A server that plays a platform.
pub trait Platform {
    /// The channel, and the section of the configuration.
    const CHANNEL: &'static str;

    /// What goes into `api_url`.
    fn url(&self) -> &str;

    /// What goes into `token`.
    fn token(&self) -> String;

    /// Waits until it has seen that the bot's process is gone, so that nothing is told to that one any more.
    fn departure(&self) -> impl Fn() + 'static;
}

impl Platform for FakeTelegram {
    const CHANNEL: &'static str = "telegram";

    fn url(&self) -> &str {
        Self::url(self)
    }

    fn token(&self) -> String {
        Self::token(self)
    }

    fn departure(&self) -> impl Fn() + 'static {
        // What a process that is gone had asked for, the next one is told again.
        || {}
    }
}

impl Platform for FakeDiscord {
    const CHANNEL: &'static str = "discord";

    fn url(&self) -> &str {
        Self::url(self)
    }

    fn token(&self) -> String {
        Self::token(self)
    }

    fn departure(&self) -> impl Fn() + 'static {
        Self::departure(self)
    }
}

/// Somebody or somewhere, as the configuration names it: `telegram:101`.
pub trait Named {
    /// The channel and the id there.
    fn name(&self) -> String;
}

impl Named for telegram::Person {
    fn name(&self) -> String {
        format!("telegram:{}", self.id())
    }
}

impl Named for telegram::Place {
    fn name(&self) -> String {
        format!("telegram:{}", self.id())
    }
}

impl Named for discord::Person {
    fn name(&self) -> String {
        format!("discord:{}", self.id())
    }
}

impl Named for discord::Place {
    fn name(&self) -> String {
        format!("discord:{}", self.id())
    }
}

impl Named for Guild {
    fn name(&self) -> String {
        format!("discord:{}", self.id())
    }
}
