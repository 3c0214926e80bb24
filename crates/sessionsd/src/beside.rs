//! What a daemon does beside its channels: tasks that go on until it stops.
//!
//! Not here: what they do.
//!
//! Invariant: one that fails or breaks down is a fault, and ends the program: nothing else would begin it again.

use std::collections::HashMap;
use std::future::{self, Future};

use anyhow::anyhow;
use tokio::task::{Id, JoinSet};

/// The tasks, each with its name. They end when this is dropped.
#[derive(Default)]
pub(crate) struct Beside {
    tasks: JoinSet<anyhow::Result<()>>,
    names: HashMap<Id, &'static str>,
}

impl Beside {
    /// Begins one that may fail.
    pub(crate) fn begin(
        &mut self,
        name: &'static str,
        work: impl Future<Output = anyhow::Result<()>> + Send + 'static,
    ) {
        let id = self.tasks.spawn(work).id();
        self.names.insert(id, name);
    }

    /// Begins one that cannot fail, other than by breaking down.
    pub(crate) fn go_on(
        &mut self,
        name: &'static str,
        work: impl Future<Output = ()> + Send + 'static,
    ) {
        self.begin(name, async {
            work.await;
            Ok(())
        });
    }

    /// Waits for the first that fails or breaks down, and answers why. One that is done is done.
    pub(crate) async fn until_fault(&mut self) -> anyhow::Error {
        while let Some(ended) = self.tasks.join_next_with_id().await {
            let (id, why) = match ended {
                Ok((_, Ok(()))) => continue,
                Ok((id, Err(error))) => (id, error),
                Err(error) => (error.id(), anyhow!("it broke down ({error})")),
            };
            let name = self.names.get(&id).copied().unwrap_or("a task");
            let error = why.context(name);
            tracing::error!(error = format_args!("{error:#}"), "the program ends with an error");
            return error;
        }
        future::pending().await
    }

    /// Ends all of them.
    pub(crate) async fn shut_down(&mut self) {
        self.tasks.shutdown().await;
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const SOON: Duration = Duration::from_secs(60);

    async fn fault_of(beside: &mut Beside) -> String {
        let fault = tokio::time::timeout(SOON, beside.until_fault()).await;
        format!("{:#}", fault.expect("it is noticed"))
    }

    #[tokio::test]
    async fn one_that_breaks_down_is_noticed_and_named() {
        let mut beside = Beside::default();
        beside.go_on("the listener", future::pending());
        beside.go_on("the night", async { panic!("it was meant to break down") });
        let told = fault_of(&mut beside).await;
        assert!(told.starts_with("the night: it broke down ("), "{told}");
        beside.shut_down().await;
    }

    #[tokio::test]
    async fn one_that_fails_is_noticed_and_one_that_is_done_is_not() {
        let mut beside = Beside::default();
        beside.go_on("the rotation", future::ready(()));
        beside.begin("the store", async { Err(anyhow!("it takes nothing in")) });
        assert_eq!(fault_of(&mut beside).await, "the store: it takes nothing in");
    }
}
