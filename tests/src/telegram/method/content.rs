//! What a send or an edit carries: the text with its entities, and the buttons.

use serde_json::{Value, json};

use crate::telegram::entity::{Entity, Text};
use crate::telegram::html;
use crate::telegram::refusal::Refusal;
use crate::telegram::request::Params;

/// UTF-16 units of a text.
pub(super) const LONGEST_TEXT: usize = 4096;
/// UTF-16 units of a caption.
pub(super) const LONGEST_CAPTION: usize = 1024;
/// Bytes that a press may send back.
const LONGEST_DATA: usize = 64;
/// The kinds of entities that a bot may name itself.
const KINDS: &[&str] = &[
    "bold",
    "italic",
    "underline",
    "strikethrough",
    "spoiler",
    "code",
    "pre",
    "text_link",
    "blockquote",
    "expandable_blockquote",
];

/// The text under a name, after entities parsing.
pub(super) fn text(params: &Params, name: &str) -> Result<Text, Refusal> {
    let raw = params.text(name).unwrap_or_default();
    let mode = params.text("parse_mode").unwrap_or_default().to_lowercase();
    let (plain, entities) = match mode.as_str() {
        "" => (raw.trim().to_owned(), named(params, name)),
        "html" => {
            html::parse(&raw).map_err(|why| Refusal::bad(format!("can't parse entities: {why}")))?
        }
        _ => return Err(Refusal::bad("unsupported parse_mode")),
    };
    Ok(Text::marked(&raw, plain, entities))
}

/// The entities that stand beside a text.
fn named(params: &Params, name: &str) -> Vec<Entity> {
    let field = if name == "caption" { "caption_entities" } else { "entities" };
    let list = params.json(field).unwrap_or_default();
    let list = list.as_array().map(Vec::as_slice).unwrap_or_default();
    let read = |wire: &Value| {
        let mut more = wire.as_object()?.clone();
        let kind = more.remove("type")?;
        let kind = KINDS.iter().find(|known| **known == kind)?;
        let at = |value: Value| usize::try_from(value.as_u64()?).ok();
        let (offset, length) = (at(more.remove("offset")?)?, at(more.remove("length")?)?);
        Some(Entity { kind, offset, length, more })
    };
    list.iter().filter_map(read).collect()
}

/// The buttons, if there are any.
pub(super) fn markup(params: &Params) -> Result<Option<Value>, Refusal> {
    let Some(markup) = params.json("reply_markup") else { return Ok(None) };
    let Some(rows) = markup.get("inline_keyboard").and_then(Value::as_array) else {
        return Ok(None);
    };
    for button in rows.iter().filter_map(Value::as_array).flatten() {
        check_button(button)?;
    }
    let is_empty = rows.iter().filter_map(Value::as_array).all(Vec::is_empty);
    Ok((!is_empty).then(|| json!({"inline_keyboard": rows})))
}

fn check_button(button: &Value) -> Result<(), Refusal> {
    let words = |why| Refusal::bad(format!("can't parse inline keyboard button: {why}"));
    let label = button.get("text").and_then(Value::as_str).unwrap_or_default();
    if label.is_empty() {
        return Err(words("Can't find field \"text\""));
    }
    let Some(data) = button.get("callback_data") else {
        let leads_elsewhere = ["url", "switch_inline_query", "copy_text", "web_app", "login_url"]
            .iter()
            .any(|field| button.get(field).is_some());
        let unallowed = "Text buttons are unallowed in the inline keyboard";
        return if leads_elsewhere { Ok(()) } else { Err(words(unallowed)) };
    };
    let length = data.as_str().unwrap_or_default().len();
    if (1..=LONGEST_DATA).contains(&length) {
        Ok(())
    } else {
        Err(Refusal::bad("BUTTON_DATA_INVALID"))
    }
}
