//! Messages that hold no text: what they are in a few words, and which of them are about the chat and not said at all.

use serde_json::{Map, Value};

/// The longest name that is quoted of a file, a place, a person.
const LONGEST_NAME: usize = 100;

/// Messages of the chat about itself.
const SERVICE: &[&str] = &[
    "new_chat_members",
    "left_chat_member",
    "chat_owner_left",
    "chat_owner_changed",
    "new_chat_title",
    "new_chat_photo",
    "delete_chat_photo",
    "group_chat_created",
    "supergroup_chat_created",
    "channel_chat_created",
    "message_auto_delete_timer_changed",
    "pinned_message",
    "invoice",
    "successful_payment",
    "refunded_payment",
    "users_shared",
    "chat_shared",
    "gift",
    "unique_gift",
    "gift_upgrade_sent",
    "connected_website",
    "write_access_allowed",
    "passport_data",
    "proximity_alert_triggered",
    "boost_added",
    "chat_background_set",
    "checklist_tasks_done",
    "checklist_tasks_added",
    "direct_message_price_changed",
    "forum_topic_created",
    "forum_topic_edited",
    "forum_topic_closed",
    "forum_topic_reopened",
    "general_forum_topic_hidden",
    "general_forum_topic_unhidden",
    "giveaway_created",
    "giveaway",
    "giveaway_winners",
    "giveaway_completed",
    "managed_bot_created",
    "paid_message_price_changed",
    "poll_option_added",
    "poll_option_deleted",
    "suggested_post_approved",
    "suggested_post_approval_failed",
    "suggested_post_declined",
    "suggested_post_paid",
    "suggested_post_refunded",
    "video_chat_scheduled",
    "video_chat_started",
    "video_chat_ended",
    "video_chat_participants_invited",
    "web_app_data",
    "community_chat_added",
    "community_chat_removed",
    "community_chat_joined",
];

/// Whether a message is one of the chat about itself.
pub(super) fn is_service(fields: &Map<String, Value>) -> bool {
    SERVICE.iter().any(|name| fields.contains_key(*name))
}

/// A field that says what a message is, the word for it, and what more is told of it.
type Kind = (&'static str, &'static str, fn(&Value) -> Option<String>);

/// In this order: an animation is a document too, a venue a location, a live photo a photo.
const KINDS: &[Kind] = &[
    ("animation", "animation", nothing),
    ("live_photo", "live photo", nothing),
    ("photo", "photo", nothing),
    ("voice", "voice", seconds),
    ("audio", "audio", track),
    ("video_note", "video note", seconds),
    ("video", "video", seconds),
    ("document", "document", |document| text(document, "file_name")),
    ("sticker", "sticker", |sticker| text(sticker, "emoji")),
    ("venue", "place", |venue| text(venue, "title")),
    ("location", "location", coordinates),
    ("contact", "contact", contact),
    ("poll", "poll", |poll| text(poll, "question")),
    ("dice", "dice", dice),
    ("game", "game", |game| text(game, "title")),
    ("checklist", "checklist", |list| text(list, "title")),
    ("story", "story", nothing),
    ("paid_media", "paid media", nothing),
    ("rich_message", "rich message", nothing),
];

/// What a message without text is, as `[document report.pdf]`.
pub(super) fn placeholder(fields: &Map<String, Value>) -> Option<String> {
    let (name, word, more) = KINDS.iter().find(|(name, ..)| fields.contains_key(*name))?;
    Some(match fields.get(*name).and_then(more) {
        Some(more) => format!("[{word} {more}]"),
        None => format!("[{word}]"),
    })
}

fn nothing(_: &Value) -> Option<String> {
    None
}

/// A name as one line that does not close the bracket it stands in.
fn text(of: &Value, field: &str) -> Option<String> {
    let name = of.get(field)?.as_str()?;
    let name: String =
        name.chars().filter(|c| !matches!(c, '[' | ']')).take(LONGEST_NAME).collect();
    let name = name.split(|c: char| c.is_whitespace() || c.is_control());
    let name = name.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    (!name.is_empty()).then_some(name)
}

fn seconds(of: &Value) -> Option<String> {
    Some(format!("{} s", of.get("duration")?.as_u64()?))
}

fn track(audio: &Value) -> Option<String> {
    match (text(audio, "performer"), text(audio, "title")) {
        (Some(performer), Some(title)) => Some(format!("{performer} – {title}")),
        (None, Some(one)) | (Some(one), None) => Some(one),
        (None, None) => text(audio, "file_name").or_else(|| seconds(audio)),
    }
}

fn coordinates(location: &Value) -> Option<String> {
    let degrees = |field| location.get(field).and_then(Value::as_f64);
    Some(format!("{:.5}, {:.5}", degrees("latitude")?, degrees("longitude")?))
}

fn contact(contact: &Value) -> Option<String> {
    let parts = ["first_name", "last_name", "phone_number"];
    let parts: Vec<String> = parts.into_iter().filter_map(|part| text(contact, part)).collect();
    (!parts.is_empty()).then(|| parts.join(" "))
}

fn dice(dice: &Value) -> Option<String> {
    Some(format!("{} {}", text(dice, "emoji")?, dice.get("value")?.as_i64()?))
}
