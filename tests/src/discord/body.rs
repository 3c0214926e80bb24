//! What a bot sends to be shown: checked against the platform's limits, then written into a message.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::mention::{self, Allowed};
use super::message::{EPHEMERAL, File, Message};
use super::permission::Permission;
use super::refusal::Refusal;
use super::request::{self, Call, Upload};
use super::world::World;

/// Characters of a message.
const CONTENT: usize = 2000;
/// Characters of all embeds of a message.
const EMBEDS: usize = 6000;
/// Bytes of all files of a message.
const FILES: usize = 10 << 20;
/// The flags that a bot may set: without embeds, ephemeral, silent.
const SETTABLE: u64 = 1 << 2 | EPHEMERAL | 1 << 12;

/// What is to be shown: an object, and files by number.
#[derive(Debug, Clone, Copy)]
pub(super) struct Body<'c> {
    pub(super) value: &'c Value,
    pub(super) uploads: &'c BTreeMap<u64, Upload>,
}

impl<'c> Body<'c> {
    /// The body of a request.
    pub(super) fn of(call: &'c Call) -> Self {
        Self { value: &call.body, uploads: &call.uploads }
    }

    /// The same, `data` of it.
    pub(super) fn data_of(call: &'c Call) -> Self {
        let value = call.body.get("data").unwrap_or(&Value::Null);
        Self { value, uploads: &call.uploads }
    }

    pub(super) fn is_ephemeral(&self) -> bool {
        self.flags() & EPHEMERAL != 0
    }

    fn flags(&self) -> u64 {
        self.value.get("flags").and_then(Value::as_u64).unwrap_or_default()
    }

    /// Whether the platform takes it at all.
    pub(super) fn check(&self) -> Result<(), Refusal> {
        if !self.value.is_object() && !self.value.is_null() {
            return Err(Refusal::new(400, 50_109, "The request body contains invalid JSON."));
        }
        let content = request::text(self.value, "content").unwrap_or_default();
        if content.chars().count() > CONTENT {
            return Err(Refusal::too_long("content", CONTENT));
        }
        if self.flags() & !SETTABLE != 0 {
            return Err(Refusal::form("flags", "INVALID_FLAGS", "These flags are not allowed."));
        }
        check_embeds(request::list(self.value, "embeds"))?;
        check_components(request::list(self.value, "components"))?;
        let size: usize = self.uploads.values().map(|upload| upload.content.len()).sum();
        if size > FILES {
            return Err(Refusal::new(413, 40_005, "Request entity too large"));
        }
        if self.uploads.len() > 10 {
            return Err(Refusal::too_long("attachments", 10));
        }
        mention::check(self.value)
    }

    /// Writes it into a message: what is not there stays as it is.
    pub(super) fn write(&self, message: &mut Message, world: &mut World) -> Result<(), Refusal> {
        self.check()?;
        if let Some(content) = self.value.get("content") {
            message.content = content.as_str().unwrap_or_default().to_owned();
        }
        let may = world.permissions(world.bot.id, message.channel);
        let is_own = message.interaction.is_some();
        if self.value.get("embeds").is_some() && (is_own || may.has(Permission::EMBED_LINKS)) {
            message.embeds = request::list(self.value, "embeds").iter().map(embed).collect();
        }
        if self.value.get("components").is_some() {
            let mut next = 0;
            let rows = request::list(self.value, "components").iter();
            message.components = rows.map(|row| component(row, &mut next)).collect();
        }
        if !self.uploads.is_empty() && !is_own && !may.has(Permission::ATTACH_FILES) {
            return Err(Refusal::missing_permissions());
        }
        self.attach(message, world);
        if let Some(flags) = self.value.get("flags").and_then(Value::as_u64) {
            message.flags = (message.flags & EPHEMERAL) | (flags & !EPHEMERAL);
        }
        if message.is_empty() {
            return Err(Refusal::new(400, 50_006, "Cannot send an empty message"));
        }
        let allowed = Allowed::of(self.value.get("allowed_mentions"));
        mention::write(message, world, &allowed);
        Ok(())
    }

    /// Keeps the files that are named, all if none are, and adds what is uploaded.
    fn attach(&self, message: &mut Message, world: &mut World) {
        let named = request::list(self.value, "attachments");
        if self.value.get("attachments").is_some() {
            let kept: Vec<_> = named.iter().filter_map(|it| request::id(it, "id")).collect();
            message.files.retain(|file| kept.contains(&file.id));
        }
        for (number, upload) in self.uploads {
            let entry = named.iter().find(|it| request::id(it, "id") == Some(*number));
            let name = entry.and_then(|it| request::text(it, "filename")).unwrap_or(&upload.name);
            message.files.push(File {
                id: world.clock.next_id(),
                name: name.replace(|at: char| !at.is_alphanumeric() && !"._-".contains(at), "_"),
                kind: upload.kind.clone(),
                content: upload.content.to_vec(),
            });
        }
    }
}

fn check_embeds(embeds: &[Value]) -> Result<(), Refusal> {
    if embeds.len() > 10 {
        return Err(Refusal::too_long("embeds", 10));
    }
    let mut sum = 0;
    for (at, embed) in embeds.iter().enumerate() {
        let mut limit = |value: &Value, name: &str, path: &str, most: usize| {
            let length = request::text(value, name).unwrap_or_default().chars().count();
            sum += length;
            if length > most {
                return Err(Refusal::too_long(&format!("embeds.{at}.{path}{name}"), most));
            }
            Ok(())
        };
        limit(embed, "title", "", 256)?;
        limit(embed, "description", "", 4096)?;
        limit(embed.get("footer").unwrap_or(&Value::Null), "text", "footer.", 2048)?;
        limit(embed.get("author").unwrap_or(&Value::Null), "name", "author.", 256)?;
        let fields = request::list(embed, "fields");
        for (number, field) in fields.iter().enumerate() {
            for (name, most) in [("name", 256), ("value", 1024)] {
                let path = format!("fields.{number}.");
                if request::text(field, name).unwrap_or_default().is_empty() {
                    return Err(Refusal::required(&format!("embeds.{at}.{path}{name}")));
                }
                limit(field, name, &path, most)?;
            }
        }
        if fields.len() > 25 {
            return Err(Refusal::too_long(&format!("embeds.{at}.fields"), 25));
        }
    }
    if sum > EMBEDS {
        let words = "Embed size exceeds maximum size of 6000";
        return Err(Refusal::form("embeds", "MAX_EMBED_SIZE_EXCEEDED", words));
    }
    Ok(())
}

fn check_components(rows: &[Value]) -> Result<(), Refusal> {
    if rows.len() > 5 {
        return Err(Refusal::bad_length("components", 1, 5));
    }
    let mut ids = BTreeSet::new();
    for (at, row) in rows.iter().enumerate() {
        let parts = request::list(row, "components");
        let path = format!("components.{at}");
        if request::id(row, "type") != Some(1) {
            return Err(Refusal::form(
                &path,
                "UNION_TYPE_CHOICES",
                "Value of field \"type\" must be 1.",
            ));
        }
        let is_menu = parts.iter().any(|part| request::id(part, "type") == Some(3));
        if parts.is_empty() || parts.len() > if is_menu { 1 } else { 5 } {
            return Err(Refusal::bad_length(&format!("{path}.components"), 1, 5));
        }
        for (number, part) in parts.iter().enumerate() {
            let path = format!("{path}.components.{number}");
            check_part(part, &path)?;
            let id = request::text(part, "custom_id").unwrap_or_default();
            if !id.is_empty() && !ids.insert(id) {
                let words = "Component custom id cannot be duplicated";
                return Err(Refusal::form(&path, "COMPONENT_CUSTOM_ID_DUPLICATED", words));
            }
        }
    }
    Ok(())
}

fn check_part(part: &Value, path: &str) -> Result<(), Refusal> {
    let length =
        |value: &Value, name: &str| request::text(value, name).map(|text| text.chars().count());
    let within = |value: &Value, path: &str, name: &str, least: usize, most: usize| {
        let is_so = length(value, name).is_none_or(|length| (least..=most).contains(&length));
        if is_so {
            Ok(())
        } else {
            Err(Refusal::bad_length(&format!("{path}.{name}"), least, most))
        }
    };
    within(part, path, "custom_id", 1, 100)?;
    match request::id(part, "type") {
        Some(2) => {
            let style = request::id(part, "style").unwrap_or_default();
            let needs = if style == 5 { "url" } else { "custom_id" };
            if !(1..=5).contains(&style) || length(part, needs).is_none() {
                return Err(Refusal::required(&format!("{path}.{needs}")));
            }
            if length(part, "label").is_none() && part.get("emoji").is_none() {
                return Err(Refusal::required(&format!("{path}.label")));
            }
            within(part, path, "label", 1, 80)
        }
        Some(3) => {
            let options = request::list(part, "options");
            if options.is_empty() || options.len() > 25 || length(part, "custom_id").is_none() {
                return Err(Refusal::bad_length(&format!("{path}.options"), 1, 25));
            }
            within(part, path, "placeholder", 0, 150)?;
            let mut values = BTreeSet::new();
            for (at, option) in options.iter().enumerate() {
                let path = format!("{path}.options.{at}");
                for name in ["label", "value"] {
                    if length(option, name).is_none() {
                        return Err(Refusal::required(&format!("{path}.{name}")));
                    }
                    within(option, &path, name, 1, 100)?;
                }
                within(option, &path, "description", 1, 100)?;
                if !values.insert(request::text(option, "value")) {
                    let words = "The specified option value is already used";
                    return Err(Refusal::form(
                        &path,
                        "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED",
                        words,
                    ));
                }
            }
            Ok(())
        }
        Some(_) | None => {
            let words = "This fake knows buttons and menus of texts.";
            Err(Refusal::form(path, "UNION_TYPE_CHOICES", words))
        }
    }
}

/// An embed as it comes back.
fn embed(sent: &Value) -> Value {
    let mut embed = without_nulls(sent);
    if let Some(object) = embed.as_object_mut() {
        object.insert("type".to_owned(), json!("rich"));
        let fields = object.get_mut("fields").and_then(Value::as_array_mut);
        for field in fields.into_iter().flatten().filter_map(Value::as_object_mut) {
            field.entry("inline").or_insert(json!(false));
        }
    }
    embed
}

/// A component as it comes back: numbered, with what it leaves out.
fn component(sent: &Value, next: &mut u64) -> Value {
    let mut part = without_nulls(sent);
    *next += 1;
    if let Some(object) = part.as_object_mut() {
        object.entry("id").or_insert(json!(*next));
        if object.get("type") == Some(&json!(3)) {
            object.entry("min_values").or_insert(json!(1));
            object.entry("max_values").or_insert(json!(1));
        }
        if let Some(parts) = object.get_mut("components").and_then(Value::as_array_mut) {
            parts.iter_mut().for_each(|part| *part = component(part, next));
        }
    }
    part
}

/// The same without fields that are null, all the way down.
pub(super) fn without_nulls(value: &Value) -> Value {
    if let Some(object) = value.as_object() {
        let kept = object.iter().filter(|(_, value)| !value.is_null());
        return Value::Object(kept.map(|(name, it)| (name.clone(), without_nulls(it))).collect());
    }
    match value.as_array() {
        Some(list) => list.iter().map(without_nulls).collect(),
        None => value.clone(),
    }
}
