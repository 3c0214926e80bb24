//! What delivery needs of Discord.

use std::time::Duration;

use serde_json::Value;

use crate::api::{Api, CallError, Method, Upload};

/// How long a message may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long a file may take.
const UPLOAD_PATIENCE: Duration = Duration::from_secs(300);

/// Calls to Discord: to the real one, or to a double in tests. Results are raw: one that cannot be read would have to
/// count as perhaps not sent.
pub(super) trait Wire: Send + Sync + 'static {
    /// Asks for something.
    fn get(&self, path: &str) -> impl Future<Output = Result<Value, CallError>> + Send;

    /// Makes or changes something, with a file or without.
    fn send(
        &self,
        method: Method,
        path: &str,
        body: &Value,
        file: Option<Upload>,
    ) -> impl Future<Output = Result<Value, CallError>> + Send;
}

impl Wire for Api {
    async fn get(&self, path: &str) -> Result<Value, CallError> {
        Self::get(self, path, PATIENCE).await
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        body: &Value,
        file: Option<Upload>,
    ) -> Result<Value, CallError> {
        match file {
            Some(file) => self.upload(method, path, body, vec![file], UPLOAD_PATIENCE).await,
            None if method == Method::PATCH => self.patch(path, body, PATIENCE).await,
            None => self.post(path, body, PATIENCE).await,
        }
    }
}
