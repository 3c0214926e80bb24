//! What delivery needs of the Bot API, and what it has learnt about the server at the other end.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::Value;

use crate::api::{Api, CallError, Upload};

/// Calls to a Bot API server: the real one, or a double in tests. Results are raw, since they are not always what teloxide
/// knows, and an answer that cannot be read would have to count as perhaps not sent.
pub(super) trait Wire: Send + Sync + 'static {
    /// Calls a method.
    fn call(
        &self,
        method: &str,
        params: &Value,
        patience: Duration,
    ) -> impl Future<Output = Result<Value, CallError>> + Send;

    /// Calls a method with a file.
    fn upload(
        &self,
        method: &str,
        params: &Value,
        file: Upload,
        patience: Duration,
    ) -> impl Future<Output = Result<Value, CallError>> + Send;

    /// The bot's username.
    fn name(&self) -> Option<&str>;
}

impl Wire for Api {
    async fn call(
        &self,
        method: &str,
        params: &Value,
        patience: Duration,
    ) -> Result<Value, CallError> {
        Self::call(self, method, params, patience).await
    }

    async fn upload(
        &self,
        method: &str,
        params: &Value,
        file: Upload,
        patience: Duration,
    ) -> Result<Value, CallError> {
        Self::upload(self, method, params, file, patience).await
    }

    fn name(&self) -> Option<&str> {
        Self::name(self)
    }
}

/// What the server can do, until it shows that it cannot.
#[derive(Default)]
pub(super) struct Knows {
    no_ephemeral: AtomicBool,
    no_actions: AtomicBool,
}

impl Knows {
    pub(super) fn ephemeral(&self) -> bool {
        !self.no_ephemeral.load(Ordering::Relaxed)
    }

    pub(super) fn actions(&self) -> bool {
        !self.no_actions.load(Ordering::Relaxed)
    }

    pub(super) fn no_ephemeral(&self) {
        if !self.no_ephemeral.swap(true, Ordering::Relaxed) {
            tracing::info!(
                "this Bot API server has no ephemeral messages: private answers go to direct chats"
            );
        }
    }

    pub(super) fn no_actions(&self) {
        if !self.no_actions.swap(true, Ordering::Relaxed) {
            tracing::info!("this Bot API server does not show that the bot is busy");
        }
    }
}
