//! The channels that are configured, as one way out: what is owed goes to the bot that it is owed by.
//!
//! Not here: what a channel does.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bot::{Address, Delivered, Outlet, Pace, Parcel, Reply};
use telegram::TelegramOutlet;

/// How long an answer waits whose bot is not there, until it is asked for again.
const ABSENT: Duration = Duration::from_secs(600);

/// One bot on one channel.
pub(crate) struct Way<O> {
    /// The bot's own id there.
    pub(crate) account: String,
    /// Where its answers go.
    pub(crate) outlet: O,
}

/// The ways out.
pub(crate) struct Channels {
    /// Telegram, if it is configured.
    telegram: Option<Way<TelegramOutlet>>,
    /// Whether it was logged that answers of another bot wait.
    is_told: AtomicBool,
}

impl Channels {
    pub(crate) fn new(telegram: Option<Way<TelegramOutlet>>) -> Self {
        Self { telegram, is_told: AtomicBool::new(false) }
    }

    /// Telegram, if that is where it goes and this is the bot that owes it.
    fn telegram(&self, to: &Address) -> Option<&TelegramOutlet> {
        let way = self.telegram.as_ref().filter(|_| to.channel == "telegram")?;
        (way.account == to.account).then_some(&way.outlet)
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
        match self.telegram(&parcel.to) {
            Some(outlet) => outlet.deliver(parcel).await,
            None => self.wait(&parcel.to),
        }
    }

    fn chunks(&self, to: &Address, reply: Reply) -> Vec<Reply> {
        match self.telegram(to) {
            Some(outlet) => outlet.chunks(to, reply),
            None => vec![reply],
        }
    }

    fn pace(&self, to: &Address) -> Pace {
        self.telegram(to).map(|outlet| outlet.pace(to)).unwrap_or_default()
    }

    async fn is_admin(&self, to: &Address) -> Option<bool> {
        self.telegram(to)?.is_admin(to).await
    }
}

#[cfg(test)]
mod tests {
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
        let settings = TelegramSettings { token, api_url: None, mode: Mode::Polling };
        let telegram = Telegram::new(settings).unwrap();
        let account = telegram.account().to_owned();
        Channels::new(Some(Way { account, outlet: telegram.outlet() }))
    }

    #[test]
    fn what_is_owed_goes_to_the_bot_that_owes_it() {
        let channels = channels();
        assert!(channels.telegram(&to("telegram", "123")).is_some());
        for (channel, account) in [("telegram", "124"), ("discord", "123"), ("console", "console")]
        {
            assert!(channels.telegram(&to(channel, account)).is_none(), "{channel}:{account}");
        }
        assert_ne!(channels.pace(&to("telegram", "123")), Pace::default());
    }

    #[tokio::test]
    async fn an_answer_of_an_absent_bot_waits() {
        let parcel = Parcel {
            to: to("telegram", "124"),
            text: "hello".to_owned(),
            buttons: Vec::new(),
            file: None,
            private: false,
            in_place: false,
        };
        let became = channels().deliver(parcel).await;
        assert_eq!(became, Delivered::Later { after: ABSENT, whole_account: true });
    }
}
