//! The methods of the Bot API: each reads its parameters, checks what the real server checks, and changes the world.
//!
//! Not here: `getUpdates`, which waits (`poll.rs`).

mod callback;
mod chat;
mod content;
mod edit;
mod ephemeral;
mod me;
mod menu;
mod send;
mod target;
mod webhook;

use serde_json::Value;

use super::refusal::Refusal;
use super::request::{Params, is_known};
use super::world::World;

/// What came after 9.1.
const MODERN: &[&str] = &[
    "sendMessageDraft",
    "editEphemeralMessageText",
    "editEphemeralMessageReplyMarkup",
    "deleteEphemeralMessage",
];

/// Whether the server of that age knows the method.
pub(super) fn knows(world: &World, method: &str) -> bool {
    is_known(method) && (world.is_modern || !MODERN.contains(&method))
}

/// Does what a method does, and answers its result.
pub(super) fn call(world: &mut World, method: &str, params: &Params) -> Result<Value, Refusal> {
    if !knows(world, method) {
        return Err(Refusal::unknown_method());
    }
    match method {
        "getMe" => Ok(me::get_me(world)),
        "setWebhook" => webhook::set(world, params),
        "deleteWebhook" => Ok(webhook::delete(world, params)),
        "getWebhookInfo" => Ok(webhook::info(world)),
        "sendMessage" => send::message(world, params),
        "sendDocument" => send::document(world, params),
        "sendMessageDraft" => send::draft(world, params),
        "sendChatAction" => send::chat_action(world, params),
        "editMessageText" => edit::text(world, params),
        "editMessageReplyMarkup" => edit::reply_markup(world, params),
        "deleteMessage" => edit::delete(world, params),
        "editEphemeralMessageText" => ephemeral::text(world, params),
        "editEphemeralMessageReplyMarkup" => ephemeral::reply_markup(world, params),
        "deleteEphemeralMessage" => ephemeral::delete(world, params),
        "answerCallbackQuery" => callback::answer(world, params),
        "setMyCommands" => menu::set(world, params),
        "getMyCommands" => menu::get(world, params),
        "deleteMyCommands" => menu::delete(world, params),
        "setMyDescription" => me::set(world, params, "description", 512),
        "getMyDescription" => Ok(me::get(world, params, "description")),
        "setMyShortDescription" => me::set(world, params, "short_description", 120),
        "getMyShortDescription" => Ok(me::get(world, params, "short_description")),
        "getChat" => chat::get(world, params),
        "getChatMember" => chat::member(world, params),
        "getChatAdministrators" => chat::administrators(world, params),
        _ => Err(Refusal::unknown_method()),
    }
}
