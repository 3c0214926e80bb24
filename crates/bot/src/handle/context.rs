//! `/context`: what an assistant would see now, and how that is chosen.

use commands::{ContextCommand, Strategy as Asked};
use sessions::context::ContextRequest;
use sessions::manager::Ask;
use sessions::model::Strategy;
use sessions::store::Store;
use sessions::{Environment, Failure};

use crate::bot::Inner;
use crate::outbox::Outlet;
use crate::reply::Reply;
use crate::whereabouts::Here;
use crate::words;

use super::Step;

/// Tokens that a context may take, where no model says otherwise.
const BUDGET: u64 = 100_000;

pub(super) async fn run<S: Store, E: Environment, O: Outlet>(
    inner: &Inner<S, E, O>,
    here: &Here,
    command: &ContextCommand,
) -> Result<Step, Failure> {
    match command {
        ContextCommand::Show => {
            let view = inner.manager.view(&here.at).await?;
            let strategy = view.lane.settings.strategy.unwrap_or(inner.manager.config().strategy);
            let request = ContextRequest { max_tokens: BUDGET, strategy, system_prompt_tokens: 0 };
            let context = inner.manager.context_of(&view.current, &request).await?;
            Ok(Step::tell(Reply::text(words::context(&context))))
        }
        ContextCommand::Strategy(None) => {
            let view = inner.manager.view(&here.at).await?;
            let own = view.lane.settings.strategy;
            let strategy = own.unwrap_or(inner.manager.config().strategy);
            Ok(Step::tell(Reply::text(words::strategy(strategy))))
        }
        ContextCommand::Strategy(Some(asked)) => {
            let strategy = match asked {
                Asked::Recent => Strategy::Recent,
                Asked::Smart => Strategy::Smart,
                Asked::Summarize => Strategy::Summarize,
            };
            Ok(Step::change(Ask::SetStrategy(strategy)))
        }
    }
}
