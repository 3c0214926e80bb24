//! `getChat`, `getChatMember`, `getChatAdministrators`.

use serde_json::{Value, json};

use super::target::chat_id;
use crate::telegram::chat::{Chat, Kind};
use crate::telegram::refusal::Refusal;
use crate::telegram::request::Params;
use crate::telegram::world::World;

pub(super) fn get(world: &World, params: &Params) -> Result<Value, Refusal> {
    let mut wire = inside(world, params)?.to_wire();
    if let Some(object) = wire.as_object_mut() {
        object.insert("accent_color_id".to_owned(), json!(0));
        object.insert("max_reaction_count".to_owned(), json!(11));
        let gifts = json!({
            "unlimited_gifts": true, "limited_gifts": true, "unique_gifts": true,
            "premium_subscription": true, "gifts_from_channels": true,
        });
        object.insert("accepted_gift_types".to_owned(), gifts);
    }
    Ok(wire)
}

pub(super) fn member(world: &World, params: &Params) -> Result<Value, Refusal> {
    let chat = inside(world, params)?;
    let user = world.users.get(&params.required("user_id")?);
    let user = user.ok_or_else(|| Refusal::bad("PARTICIPANT_ID_INVALID"))?;
    Ok(chat.standing(user.id).to_wire(user))
}

pub(super) fn administrators(world: &World, params: &Params) -> Result<Value, Refusal> {
    let chat = inside(world, params)?;
    if chat.kind == Kind::Private {
        return Err(Refusal::bad("there are no administrators in the private chat"));
    }
    let standings = chat.members.iter().filter(|(_, standing)| standing.is_administrator());
    let wires = standings.filter_map(|(id, standing)| {
        world.users.get(id).filter(|user| !user.is_bot).map(|user| standing.to_wire(user))
    });
    Ok(wires.collect())
}

/// The chat, if the bot is in it.
fn inside<'w>(world: &'w World, params: &Params) -> Result<&'w Chat, Refusal> {
    let chat = world.readable(chat_id(world, params)?)?;
    if chat.kind == Kind::Private {
        return Ok(chat);
    }
    world.writable(chat.id)
}
