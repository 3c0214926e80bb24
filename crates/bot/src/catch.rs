//! Panics caught: a handler that panics is a fault of one event, not the end of the process.

use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::Poll;

/// A handler panicked. What it said is in the panic hook's report, not here: it may hold text of people.
#[derive(Debug)]
pub(crate) struct Panicked;

/// Runs a future to its end, or to its first panic.
///
/// State shared with the future is either behind a lock that tolerates poison or is only read, so that a broken
/// half-change cannot be seen.
pub(crate) async fn catch<F: Future>(future: F) -> Result<F::Output, Panicked> {
    let mut future = pin!(future);
    poll_fn(|cx| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx))) {
        Ok(Poll::Pending) => Poll::Pending,
        Ok(Poll::Ready(output)) => Poll::Ready(Ok(output)),
        Err(_) => Poll::Ready(Err(Panicked)),
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_is_an_answer() {
        assert!(catch(async { 1 }).await.is_ok());
        let broken = catch(async { panic!("a handler's own fault") }).await;
        assert!(matches!(broken, Err::<(), _>(Panicked)));
    }
}
