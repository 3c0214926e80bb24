//! What the bot is and says about itself.

use serde_json::{Value, json};

use crate::telegram::entity::units;
use crate::telegram::refusal::Refusal;
use crate::telegram::request::Params;
use crate::telegram::world::World;

pub(super) fn get_me(world: &World) -> Value {
    let mut me = world.bot.to_wire();
    let Some(object) = me.as_object_mut() else { return me };
    let flags = [
        ("can_join_groups", true),
        ("can_read_all_group_messages", !world.has_privacy_mode),
        ("supports_inline_queries", false),
        ("can_connect_to_business", false),
        ("has_main_web_app", false),
    ];
    let newer = [
        ("has_topics_enabled", world.chats.values().any(has_private_topics)),
        ("allows_users_to_create_topics", true),
        ("can_manage_bots", false),
        ("supports_guest_queries", false),
        ("supports_join_request_queries", false),
    ];
    let newer = newer.into_iter().filter(|_| world.is_modern);
    object.extend(flags.into_iter().chain(newer).map(|(name, is)| (name.to_owned(), json!(is))));
    me
}

fn has_private_topics(chat: &crate::telegram::chat::Chat) -> bool {
    chat.kind == crate::telegram::chat::Kind::Private && chat.has_topics
}

/// Sets a description in one language.
pub(super) fn set(
    world: &mut World,
    params: &Params,
    field: &'static str,
    longest: usize,
) -> Result<Value, Refusal> {
    let text = params.text(field).unwrap_or_default();
    if units(&text) > longest {
        return Err(Refusal::bad("DESCRIPTION_TOO_LONG"));
    }
    let language = params.text("language_code").unwrap_or_default();
    world.descriptions.insert((field, language), text);
    Ok(json!(true))
}

/// The description in one language, else in any.
pub(super) fn get(world: &World, params: &Params, field: &'static str) -> Value {
    let language = params.text("language_code").unwrap_or_default();
    let found = [language, String::new()]
        .into_iter()
        .find_map(|language| world.descriptions.get(&(field, language)));
    json!({field: found.cloned().unwrap_or_default()})
}
