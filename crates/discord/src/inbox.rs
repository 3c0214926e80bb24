//! Where events go: the bot, or a double of it in tests.

use bot::{Bot, BotError, Environment, Held, Incoming, Outlet, Store, Suggestions, Taken};

/// Where events go.
pub(crate) trait Inbox: Clone + Send + Sync + 'static {
    /// Why events were not taken in. Shown in the log: holds no text of anybody.
    type Error: std::error::Error + Send;
    /// An event that waits for its release.
    type Held: Send + 'static;

    /// Why nothing can be kept, in words for people, if that is the error.
    fn excuse(error: &Self::Error) -> Option<&'static str>;

    /// Takes all of them in, or none.
    fn receive_all(
        &self,
        events: Vec<Incoming>,
    ) -> impl Future<Output = Result<Vec<Taken>, Self::Error>> + Send;

    /// Takes one in that takes effect once it is released.
    fn receive_held(
        &self,
        event: Incoming,
    ) -> impl Future<Output = Result<(Taken, Option<Self::Held>), Self::Error>> + Send;

    /// Lets a held event take effect.
    fn release(&self, held: Self::Held);

    /// Ends a held event without effect.
    fn withdraw(&self, held: Self::Held) -> impl Future<Output = Result<(), Self::Error>> + Send;

    /// What an earlier process neither released nor withdrew.
    fn take_held(&self, account: &str) -> Vec<(Self::Held, Incoming)>;

    /// What there is to name where this would happen.
    fn suggestions(
        &self,
        at: &Incoming,
    ) -> impl Future<Output = Result<Suggestions, Self::Error>> + Send;

    /// Reads a note.
    fn noted(
        &self,
        name: &str,
    ) -> impl Future<Output = Result<Option<[u8; 16]>, Self::Error>> + Send;

    /// Keeps a note.
    fn note(
        &self,
        name: &str,
        value: [u8; 16],
    ) -> impl Future<Output = Result<(), Self::Error>> + Send;
}

impl<S: Store, E: Environment, O: Outlet> Inbox for Bot<S, E, O> {
    type Error = BotError;
    type Held = Held;

    fn excuse(error: &BotError) -> Option<&'static str> {
        error.excuse()
    }

    async fn receive_all(&self, events: Vec<Incoming>) -> Result<Vec<Taken>, BotError> {
        Self::receive_all(self, events).await
    }

    async fn receive_held(&self, event: Incoming) -> Result<(Taken, Option<Held>), BotError> {
        Self::receive_held(self, event).await
    }

    fn release(&self, held: Held) {
        Self::release(self, held);
    }

    async fn withdraw(&self, held: Held) -> Result<(), BotError> {
        Self::withdraw(self, held).await
    }

    fn take_held(&self, account: &str) -> Vec<(Held, Incoming)> {
        Self::take_held(self, "discord", account)
    }

    async fn suggestions(&self, at: &Incoming) -> Result<Suggestions, BotError> {
        Self::suggestions(self, at).await
    }

    async fn noted(&self, name: &str) -> Result<Option<[u8; 16]>, BotError> {
        Self::noted(self, name).await
    }

    async fn note(&self, name: &str, value: [u8; 16]) -> Result<(), BotError> {
        Self::note(self, name, value).await
    }
}
