//! Giving way to other tasks, whatever runtime they are on.

use std::future::poll_fn;
use std::mem;
use std::task::Poll;

/// Lets tasks that are ready run first, and whoever waits look at something else.
pub async fn step_aside() {
    let mut has_stepped = false;
    poll_fn(|ctx| {
        if mem::replace(&mut has_stepped, true) {
            return Poll::Ready(());
        }
        ctx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
