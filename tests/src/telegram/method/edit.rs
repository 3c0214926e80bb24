//! `editMessageText`, `editMessageReplyMarkup`, `deleteMessage`.

use serde_json::{Value, json};

use super::content::{self, LONGEST_TEXT};
use super::target::{admit, chat_id};
use crate::telegram::entity::Text;
use crate::telegram::message::{Message, MessageId};
use crate::telegram::refusal::Refusal;
use crate::telegram::request::Params;
use crate::telegram::world::World;

const NOT_MODIFIED: &str = "message is not modified: specified new message content and reply markup \
                            are exactly the same as a current content and reply markup of the message";

/// A new text, as edits check it.
pub(super) fn new_text(params: &Params) -> Result<Text, Refusal> {
    let text = content::text(params, "text")?;
    if text.plain.is_empty() {
        return Err(Refusal::bad("message text is empty"));
    }
    if text.units() > LONGEST_TEXT {
        return Err(Refusal::bad("MESSAGE_TOO_LONG"));
    }
    Ok(text)
}

/// Changes text and buttons, unless they are the same already.
pub(super) fn modify(
    message: &mut Message,
    text: Option<Text>,
    markup: Option<Value>,
    date: u64,
) -> Result<(), Refusal> {
    let seen = |text: &Text| (text.plain.clone(), text.entities.clone());
    let is_same = text.is_none() || text.as_ref().map(seen) == message.text.as_ref().map(seen);
    if is_same && markup == message.markup {
        return Err(Refusal::bad(NOT_MODIFIED));
    }
    message.markup = markup;
    message.edited = Some(date);
    if let Some(text) = text {
        message.reword(text, date);
    }
    Ok(())
}

pub(super) fn text(world: &mut World, params: &Params) -> Result<Value, Refusal> {
    let text = new_text(params)?;
    edit(world, params, Some(text))
}

pub(super) fn reply_markup(world: &mut World, params: &Params) -> Result<Value, Refusal> {
    edit(world, params, None)
}

fn edit(world: &mut World, params: &Params, text: Option<Text>) -> Result<Value, Refusal> {
    let markup = content::markup(params)?;
    let id = MessageId::Public(params.required("message_id")?);
    let (bot, date) = (world.bot.id, world.clock.date());
    let chat = world.writable(chat_id(world, params)?)?;
    let chat_id = chat.id;
    let found = chat.message(id).ok_or_else(|| Refusal::bad("message to edit not found"))?;
    if found.author != bot {
        return Err(Refusal::bad("message can't be edited"));
    }
    if text.is_some() && found.attached.is_some() {
        return Err(Refusal::bad("there is no text in the message to edit"));
    }
    admit(world, chat_id)?;
    let message = world.known(chat_id).message_mut(id).expect("it was found just now");
    modify(message, text, markup, date)?;
    let edited = message.clone();
    Ok(edited.to_wire(world))
}

pub(super) fn delete(world: &mut World, params: &Params) -> Result<Value, Refusal> {
    let id = MessageId::Public(params.required("message_id")?);
    let bot = world.bot.id;
    let chat = world.writable(chat_id(world, params)?)?;
    let found = chat.message(id).ok_or_else(|| Refusal::bad("message to delete not found"))?;
    let may = found.author == bot || !chat.is_group() || chat.standing(bot).is_administrator();
    if !may {
        return Err(Refusal::bad("message can't be deleted"));
    }
    let chat = chat.id;
    if let Some(message) = world.known(chat).message_mut(id) {
        message.is_deleted = true;
    }
    Ok(json!(true))
}
