//! `answerCallbackQuery`.

use std::time::Duration;

use serde_json::{Value, json};

use crate::telegram::entity::units;
use crate::telegram::refusal::Refusal;
use crate::telegram::request::Params;
use crate::telegram::world::World;

/// How long a press waits for its answer.
const ANSWERABLE: Duration = Duration::from_secs(60);
const LONGEST: usize = 200;

pub(super) fn answer(world: &mut World, params: &Params) -> Result<Value, Refusal> {
    let text = params.text("text").filter(|text| !text.is_empty());
    if text.as_deref().is_some_and(|text| units(text) > LONGEST) {
        return Err(Refusal::bad("MESSAGE_TOO_LONG"));
    }
    let now = world.clock.now();
    let id = params.text("callback_query_id").unwrap_or_default();
    let query = world.queries.get_mut(&id);
    let query = query.filter(|query| query.answer.is_none() && now < query.at + ANSWERABLE);
    let query = query.ok_or_else(|| {
        Refusal::bad("query is too old and response timeout expired or query ID is invalid")
    })?;
    query.answer = Some((text, params.flag("show_alert")));
    Ok(json!(true))
}
