//! `editEphemeralMessageText`, `editEphemeralMessageReplyMarkup`, `deleteEphemeralMessage`.

use serde_json::{Value, json};

use super::content;
use super::edit::{modify, new_text};
use super::target::{admit, chat_id};
use crate::telegram::entity::Text;
use crate::telegram::message::{Message, MessageId};
use crate::telegram::refusal::Refusal;
use crate::telegram::request::Params;
use crate::telegram::world::World;

pub(super) fn text(world: &mut World, params: &Params) -> Result<Value, Refusal> {
    let text = new_text(params)?;
    edit(world, params, Some(text))
}

pub(super) fn reply_markup(world: &mut World, params: &Params) -> Result<Value, Refusal> {
    edit(world, params, None)
}

pub(super) fn delete(world: &mut World, params: &Params) -> Result<Value, Refusal> {
    named(world, params)?.is_deleted = true;
    Ok(json!(true))
}

fn edit(world: &mut World, params: &Params, text: Option<Text>) -> Result<Value, Refusal> {
    let markup = content::markup(params)?;
    let date = world.clock.date();
    let chat = named(world, params)?.chat;
    admit(world, chat)?;
    modify(named(world, params)?, text, markup, date)?;
    Ok(json!(true))
}

/// The bot's message to that person.
fn named<'w>(world: &'w mut World, params: &Params) -> Result<&'w mut Message, Refusal> {
    let id = MessageId::Ephemeral(params.required("ephemeral_message_id")?);
    let receiver = params.required("receiver_user_id")?;
    let bot = world.bot.id;
    let chat = world.writable(chat_id(world, params)?)?.id;
    let found = world.known(chat).message_mut(id);
    let is_theirs =
        |message: &&mut Message| message.author == bot && message.receiver == Some(receiver);
    found.filter(is_theirs).ok_or_else(|| Refusal::bad("ephemeral message not found"))
}
