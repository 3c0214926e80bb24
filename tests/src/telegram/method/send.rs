//! `sendMessage`, `sendDocument`, `sendMessageDraft`, `sendChatAction`.

use serde_json::{Value, json};

use super::content::{self, LONGEST_CAPTION, LONGEST_TEXT};
use super::target::{Target, admit, chat_id};
use crate::telegram::chat::Kind;
use crate::telegram::message::Attached;
use crate::telegram::refusal::Refusal;
use crate::telegram::request::Params;
use crate::telegram::say::answered;
use crate::telegram::world::World;

const ACTIONS: &[&str] = &[
    "typing",
    "upload_photo",
    "record_video",
    "upload_video",
    "record_voice",
    "upload_voice",
    "upload_document",
    "choose_sticker",
    "find_location",
    "record_video_note",
    "upload_video_note",
];

pub(super) fn message(world: &mut World, params: &Params) -> Result<Value, Refusal> {
    let text = content::text(params, "text")?;
    if text.plain.is_empty() {
        return Err(Refusal::bad("message text is empty"));
    }
    if text.units() > LONGEST_TEXT {
        return Err(Refusal::bad("message is too long"));
    }
    let markup = content::markup(params)?;
    let target = Target::read(world, params)?;
    let chat = target.chat();
    admit(world, chat)?;
    let sent = target.post(world, |message| {
        message.text = Some(text);
        message.markup = markup;
    });
    answered(world, chat);
    Ok(sent)
}

pub(super) fn document(world: &mut World, params: &Params) -> Result<Value, Refusal> {
    let caption = content::text(params, "caption")?;
    if caption.units() > LONGEST_CAPTION {
        return Err(Refusal::bad("message caption is too long"));
    }
    let markup = content::markup(params)?;
    let attached = uploaded(params)?;
    let target = Target::read(world, params)?;
    let chat = target.chat();
    admit(world, chat)?;
    let sent = target.post(world, |message| {
        message.text = Some(caption);
        message.attached = Some(attached);
        message.markup = markup;
    });
    answered(world, chat);
    Ok(sent)
}

/// The part under `document`, or the one that it points to.
fn uploaded(params: &Params) -> Result<Attached, Refusal> {
    let pointed = params.text("document").unwrap_or_default();
    let part = pointed.strip_prefix("attach://").unwrap_or("document");
    let upload = params.uploads.get(part);
    let upload = upload.ok_or_else(|| Refusal::bad("there is no document in the request"))?;
    if upload.content.is_empty() {
        return Err(Refusal::bad("file must be non-empty"));
    }
    let size = upload.content.len();
    let wire = json!({
        "file_id": format!("BQAC{size}"), "file_unique_id": format!("AgAD{size}"),
        "file_name": upload.name, "file_size": size,
    });
    let (name, content) = (upload.name.clone(), upload.content.to_vec());
    Ok(Attached { field: "document", wire, name, content })
}

pub(super) fn draft(world: &mut World, params: &Params) -> Result<Value, Refusal> {
    let text = content::text(params, "text")?;
    if text.units() > LONGEST_TEXT {
        return Err(Refusal::bad("message is too long"));
    }
    let id = params.required("draft_id")?;
    if id == 0 {
        return Err(Refusal::bad("draft_id must be non-zero"));
    }
    let target = Target::read(world, params)?;
    let chat = target.chat();
    if world.chat(chat).is_none_or(|chat| chat.kind != Kind::Private) {
        return Err(Refusal::bad("drafts can be sent only in private chats"));
    }
    admit(world, chat)?;
    world.drafts.insert((chat, id), text.plain);
    Ok(json!(true))
}

pub(super) fn chat_action(world: &mut World, params: &Params) -> Result<Value, Refusal> {
    let action = params.text("action").unwrap_or_default();
    if !ACTIONS.contains(&action.as_str()) {
        return Err(Refusal::bad("wrong parameter action in request"));
    }
    let chat = world.writable(chat_id(world, params)?)?.id;
    world.actions.push((chat, params.number("message_thread_id"), action));
    Ok(json!(true))
}
