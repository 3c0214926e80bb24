//! Contexts through the manager, over the store in memory.

mod cost;
mod property;
mod rule;
mod summary;

use std::pin::pin;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::task::{Poll, Waker};

use crate::context::{Context, ContextRequest, SummaryTask};
use crate::decide::Outcome;
use crate::environment::{EntropyError, Environment};
use crate::error::Failure;
use crate::id::{CheckpointId, IdBytes};
use crate::manager::{
    Ask, At, CheckpointRef, Config, GetOrCreate, HistoryOptions, HistoryView, KeySource, Rider,
};
use crate::model::{Message, Role, Session, Strategy, Words};
use crate::store::memory::MemoryStore;
use crate::time::Timestamp;
use crate::{Refusal, SessionManager};

/// What it waits for is ready at once.
fn now<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut std::task::Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("the store in memory does not wait"),
    }
}

/// A clock that ticks, and ids that differ.
#[derive(Default)]
struct Ticking(AtomicI64, AtomicU64);

impl Environment for Ticking {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(1_000_000 + self.0.fetch_add(1_000, Ordering::Relaxed))
    }

    fn random(&self) -> Result<IdBytes, EntropyError> {
        let drawn = self.1.fetch_add(1, Ordering::Relaxed) + 1;
        // Spread, so that short ids differ.
        Ok(u128::from(drawn).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835).to_be_bytes())
    }
}

/// One conversation.
struct Talk {
    manager: SessionManager<MemoryStore, Ticking>,
    lane: At,
}

impl Talk {
    fn new() -> Self {
        let (store, clock) = (MemoryStore::new(), Ticking::default());
        let opened = SessionManager::open(store, clock, Config::default(), KeySource::Plain);
        let manager = now(opened).unwrap();
        let who = GetOrCreate { user_id: "ann".into(), channel_id: "c".into(), peer_id: None };
        let session = now(manager.get_or_create_session(&who)).unwrap().id;
        let lane = At::Lane(now(manager.lane_of_session(session)).unwrap().unwrap());
        Self { manager, lane }
    }

    fn ask(&self, ask: Ask) -> Result<Outcome, Failure> {
        let done =
            now(self.manager.perform(&self.lane, &ask, None, |_, _, _| Ok(Rider::default())));
        done.map(|done| done.decision.outcome)
    }

    fn say(&self, role: Role, content: &str, answers_to: Option<u64>) -> u64 {
        let content = content.to_owned();
        let words = Words { role, content, author: None, usage: None, answers_to };
        match self.ask(Ask::Append(self.session().id, words)) {
            Ok(Outcome::Said { point, .. }) => point.position,
            other => panic!("not said: {other:?}"),
        }
    }

    /// A question and its answer, of about so many tokens together.
    fn exchange(&self, number: usize, tokens: usize) {
        let filler = "word ".repeat(tokens / 2);
        self.say(Role::User, &format!("Question q{number} is about {filler}?"), None);
        self.say(Role::Assistant, &format!("Answer a{number} tells {filler}."), None);
    }

    fn save(&self) -> CheckpointId {
        match self.ask(Ask::Save { name: None, description: None }) {
            Ok(Outcome::Saved(checkpoint)) => checkpoint.id,
            other => panic!("not saved: {other:?}"),
        }
    }

    fn restore(&self, id: CheckpointId) {
        self.ask(Ask::Restore(CheckpointRef::Id(id))).unwrap();
    }

    fn session(&self) -> Session {
        now(self.manager.view(&self.lane)).unwrap().current
    }

    fn history(&self) -> Vec<Message> {
        let options = HistoryOptions::default();
        match now(self.manager.get_history(self.session().id, options)).unwrap() {
            HistoryView::Messages(messages) => messages,
            HistoryView::Text(_) => panic!("messages were asked for"),
        }
    }

    fn try_context(&self, strategy: Strategy, max_tokens: u64) -> Result<Context, Refusal> {
        let request = ContextRequest { max_tokens, strategy, system_prompt_tokens: 10 };
        match now(self.manager.context_of(&self.session(), &request)) {
            Ok(context) => Ok(context),
            Err(Failure::Refused(refusal)) => Err(refusal),
            Err(Failure::Fault(fault)) => panic!("{fault}"),
        }
    }

    fn context(&self, strategy: Strategy, max_tokens: u64) -> Context {
        let context = self.try_context(strategy, max_tokens).unwrap();
        assert!(context.total_tokens() <= max_tokens);
        context
    }
}

fn positions(context: &Context) -> Vec<u64> {
    context.messages.iter().map(|message| message.point.position).collect()
}

/// All that a model is told.
fn told(context: &Context) -> String {
    context.render().into_iter().map(|said| said.content + "\n").collect()
}

/// Tokens of all that a model is told.
fn told_tokens(context: &Context) -> u64 {
    let tokenizer = crate::context::Tokenizer::default();
    context.render().iter().map(|said| tokenizer.message(&said.content)).sum()
}
