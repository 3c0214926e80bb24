//! Waiting that ends when it is time to stop.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

/// Waits, unless it is time to stop.
pub(crate) async fn is_stopped_within(pause: Duration, stop: &CancellationToken) -> bool {
    !pause.is_zero() && tokio::time::timeout(pause, stop.cancelled()).await.is_ok()
}
