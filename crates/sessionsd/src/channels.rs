//! The channels that are configured, as one way out: what is owed goes to the bot that it is owed by.
//!
//! Not here: what a channel does.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bot::{Address, Delivered, Outlet, Pace, Parcel, Reply};
use discord::DiscordOutlet;
use telegram::TelegramOutlet;

/// How long an answer waits whose bot is not there, until it is asked for again.
const ABSENT: Duration = Duration::from_secs(600);
/// How long it waits while the bot does not know yet who it is.
const UNKNOWN: Duration = Duration::from_secs(1);

/// The ways out.
#[derive(Default)]
pub(crate) struct Channels {
    /// Telegram, if it is configured.
    pub(crate) telegram: Option<TelegramOutlet>,
    /// Discord, if it is configured.
    pub(crate) discord: Option<DiscordOutlet>,
    /// Whether it was logged that answers of another bot wait.
    is_told: AtomicBool,
}

/// The way out for an answer.
enum Way<'a> {
    Telegram(&'a TelegramOutlet),
    Discord(&'a DiscordOutlet),
    /// The bot that owes it is not configured now.
    Absent,
}

impl Channels {
    /// The names of those that there are.
    pub(crate) fn names(&self) -> Vec<&'static str> {
        let telegram = self.telegram.as_ref().map(|_| "telegram");
        let discord = self.discord.as_ref().map(|_| "discord");
        telegram.into_iter().chain(discord).collect()
    }

    /// The way to where it goes, if this is the bot that owes it, or may be: who a bot on Discord is, is not known before
    /// it is connected.
    fn way(&self, to: &Address) -> Way<'_> {
        let (channel, account) = (to.channel.as_str(), to.account.as_str());
        match (channel, &self.telegram, &self.discord) {
            ("telegram", Some(outlet), _) if outlet.account() == account => Way::Telegram(outlet),
            ("discord", _, Some(outlet)) if outlet.account().is_none_or(|id| id == account) => {
                Way::Discord(outlet)
            }
            _ => Way::Absent,
        }
    }

    /// An answer of an earlier start, by a bot that is not configured now. It keeps its place, as the bot may be back.
    fn wait(&self, to: &Address) -> Delivered {
        if !self.is_told.swap(true, Ordering::Relaxed) {
            let (channel, account) = (&to.channel, &to.account);
            tracing::warn!(channel, account, "answers wait for a bot that is not configured now");
        }
        Delivered::Later { after: ABSENT, whole_account: true }
    }
}

impl Outlet for Channels {
    async fn deliver(&self, parcel: Parcel) -> Delivered {
        match self.way(&parcel.to) {
            Way::Telegram(outlet) => outlet.deliver(parcel).await,
            Way::Discord(outlet) if outlet.account().is_some() => outlet.deliver(parcel).await,
            Way::Discord(_) => Delivered::Later { after: UNKNOWN, whole_account: true },
            Way::Absent => self.wait(&parcel.to),
        }
    }

    fn chunks(&self, to: &Address, reply: Reply) -> Vec<Reply> {
        match self.way(to) {
            Way::Telegram(outlet) => outlet.chunks(to, reply),
            Way::Discord(outlet) => outlet.chunks(to, reply),
            Way::Absent => vec![reply],
        }
    }

    fn pace(&self, to: &Address) -> Pace {
        match self.way(to) {
            Way::Telegram(outlet) => outlet.pace(to),
            Way::Discord(outlet) => outlet.pace(to),
            Way::Absent => Pace::default(),
        }
    }

    async fn is_admin(&self, to: &Address) -> Option<bool> {
        match self.way(to) {
            Way::Telegram(outlet) => outlet.is_admin(to).await,
            Way::Discord(outlet) => outlet.is_admin(to).await,
            Way::Absent => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use discord::{Discord, DiscordSettings};
    use telegram::{Mode, Telegram, TelegramSettings};

    use super::*;

    fn to(channel: &str, account: &str) -> Address {
        Address {
            channel: channel.to_owned(),
            account: account.to_owned(),
            chat: "77".to_owned(),
            thread: None,
            direct: true,
            peer: "77".to_owned(),
            ticket: None,
        }
    }

    fn channels() -> Channels {
        let token = "123:secret".parse().unwrap();
        let telegram = TelegramSettings { token, api_url: None, mode: Mode::Polling };
        let token = "a.b.c".parse().unwrap();
        let (guilds, message_content) = (Vec::new(), false);
        let discord = DiscordSettings { token, api_url: None, guilds, message_content };
        Channels {
            telegram: Some(Telegram::new(telegram).unwrap().outlet()),
            discord: Some(Discord::new(discord).unwrap().outlet()),
            ..Channels::default()
        }
    }

    async fn became(channel: &str, account: &str) -> Delivered {
        let parcel = Parcel {
            to: to(channel, account),
            chunk: 0,
            text: "hello".to_owned(),
            shape: bot::Shape::Words,
            buttons: Vec::new(),
            file: None,
            private: false,
            in_place: false,
            is_kept: true,
        };
        channels().deliver(parcel).await
    }

    #[test]
    fn what_is_owed_goes_to_the_bot_that_owes_it() {
        let channels = channels();
        assert!(matches!(channels.way(&to("telegram", "123")), Way::Telegram(_)));
        assert!(matches!(channels.way(&to("discord", "123")), Way::Discord(_)));
        for (channel, account) in [("telegram", "124"), ("console", "console")] {
            assert!(matches!(channels.way(&to(channel, account)), Way::Absent), "{channel}");
        }
        let none = Channels::default();
        assert!(matches!(none.way(&to("telegram", "123")), Way::Absent));
        assert!(matches!(none.way(&to("discord", "123")), Way::Absent));
        assert_ne!(channels.pace(&to("telegram", "123")), Pace::default());
        assert_eq!((channels.names(), none.names()), (vec!["telegram", "discord"], vec![]));
    }

    #[tokio::test]
    async fn an_answer_of_an_absent_bot_waits() {
        let absent = Delivered::Later { after: ABSENT, whole_account: true };
        assert_eq!(became("telegram", "124").await, absent);
        assert_eq!(became("console", "console").await, absent);
    }

    #[tokio::test]
    async fn an_answer_waits_until_the_bot_knows_who_it_is() {
        let soon = Delivered::Later { after: UNKNOWN, whole_account: true };
        assert_eq!(became("discord", "5").await, soon);
    }
}
