//! `setWebhook`, `deleteWebhook`, `getWebhookInfo`.

use serde_json::{Value, json};

use crate::telegram::refusal::Refusal;
use crate::telegram::request::Params;
use crate::telegram::webhook::Webhook;
use crate::telegram::world::World;

pub(super) fn set(world: &mut World, params: &Params) -> Result<Value, Refusal> {
    let url = params.text("url").unwrap_or_default();
    if url.is_empty() {
        return Ok(delete(world, params));
    }
    let secret = params.text("secret_token");
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if secret
        .as_deref()
        .is_some_and(|secret| !(1..=256).contains(&secret.len()) || !secret.chars().all(fits))
    {
        return Err(Refusal::bad("secret token contains unallowed characters"));
    }
    let webhook = Webhook::parse(&url, secret)
        .ok_or_else(|| Refusal::bad("bad webhook: invalid webhook URL specified"))?;
    world.updates.allow(params);
    if params.flag("drop_pending_updates") {
        world.updates.clear();
    }
    // Whoever polls is sent away.
    world.updates.begin();
    world.webhook = Some(webhook);
    Ok(json!(true))
}

pub(super) fn delete(world: &mut World, params: &Params) -> Value {
    if params.flag("drop_pending_updates") {
        world.updates.clear();
    }
    world.webhook = None;
    json!(true)
}

pub(super) fn info(world: &World) -> Value {
    let webhook = world.webhook.as_ref();
    let mut info = json!({
        "url": webhook.map(|webhook| webhook.url.as_str()).unwrap_or_default(),
        "has_custom_certificate": false,
        "pending_update_count": world.updates.pending().len(),
    });
    let Some(object) = info.as_object_mut() else { return info };
    if let Some(kinds) = &world.updates.allowed {
        object.insert("allowed_updates".to_owned(), json!(kinds));
    }
    if let Some((date, words)) = webhook.and_then(|webhook| webhook.last_error.as_ref()) {
        object.insert("last_error_date".to_owned(), json!(date));
        object.insert("last_error_message".to_owned(), json!(words));
    }
    info
}
