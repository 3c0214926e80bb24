//! What a message says to us: whether it means the bot, and its words as the command grammar is to read them.

use super::Envelope;
use super::wire::{Message, MessageEntity};

/// The words of a message.
pub(super) struct Said {
    pub(super) text: String,
    pub(super) addressed: bool,
}

impl Said {
    /// As the caption of what the placeholder stands for. With that in front it is a message, whatever it begins with.
    pub(super) fn under(self, placeholder: &str) -> Self {
        let caption = self.text.trim_start();
        let text = if caption.is_empty() {
            placeholder.to_owned()
        } else {
            format!("{placeholder} {caption}")
        };
        Self { text, ..self }
    }
}

/// Reads the text or caption of a message.
pub(super) fn said(
    text: &str,
    entities: &[MessageEntity],
    message: &Message,
    envelope: &Envelope<'_>,
) -> Said {
    let is_forwarded = message.forward_origin.is_some();
    let start = leading_space(text);
    let mention = entities.iter().find(|entity| {
        is_mention(text, entity, envelope) && byte_at(text, entity.offset) == Some(start)
    });
    // An ephemeral message is seen by nobody else.
    let addressed = message.chat.is_private()
        || message.ephemeral_message_id.is_some()
        || is_reply_to_us(message, envelope)
        || command_names_us(text, envelope)
        || (!is_forwarded && entities.iter().any(|entity| is_mention(text, entity, envelope)));
    let behind = mention.filter(|_| !is_forwarded).and_then(|entity| end_of(text, entity));
    let behind = behind.and_then(|end| after_mention(text, end));
    let begins = behind.unwrap_or(start);
    let words = text.get(begins..).unwrap_or_default();
    let is_anothers = is_forwarded || entities.iter().any(|entity| is_quoted(text, entity, begins));
    let text = if words.starts_with('/') && is_anothers {
        // `//text` is the message `/text`.
        format!("/{words}")
    } else if behind.is_some() {
        words.to_owned()
    } else {
        text.to_owned()
    };
    Said { text, addressed }
}

/// Where the words after a mention at the front begin, if there are any.
fn after_mention(text: &str, end: usize) -> Option<usize> {
    let after = text.get(end..)?;
    let words = after.strip_prefix([',', ':']).unwrap_or(after).trim_start();
    (!words.is_empty()).then(|| text.len() - words.len())
}

fn leading_space(text: &str) -> usize {
    text.len() - text.trim_start().len()
}

fn is_mention(text: &str, entity: &MessageEntity, envelope: &Envelope<'_>) -> bool {
    match entity.kind.as_str() {
        "mention" => covered(text, entity)
            .and_then(|mention| mention.strip_prefix('@'))
            .is_some_and(|name| is_us(name, envelope)),
        "text_mention" => {
            entity.user.as_ref().is_some_and(|user| user.id.to_string() == envelope.account)
        }
        _ => false,
    }
}

fn is_us(name: &str, envelope: &Envelope<'_>) -> bool {
    envelope.me.is_some_and(|me| me.eq_ignore_ascii_case(name))
}

/// `/command@bot` at the front.
fn command_names_us(text: &str, envelope: &Envelope<'_>) -> bool {
    let word = text.split_whitespace().next().unwrap_or_default();
    word.strip_prefix('/')
        .and_then(|word| word.split_once('@'))
        .is_some_and(|(_, name)| is_us(name, envelope))
}

/// In a topic everything is a reply to the service message that opened it, which the bot may have sent.
fn is_reply_to_us(message: &Message, envelope: &Envelope<'_>) -> bool {
    message.reply_to_message.as_ref().is_some_and(|replied| {
        replied.forum_topic_created.is_none()
            && replied.from.as_ref().is_some_and(|user| user.id.to_string() == envelope.account)
    })
}

/// Whether what stands at this byte is code or quoted.
fn is_quoted(text: &str, entity: &MessageEntity, at: usize) -> bool {
    matches!(entity.kind.as_str(), "code" | "pre" | "blockquote" | "expandable_blockquote")
        && byte_at(text, entity.offset).is_some_and(|start| start <= at)
        && end_of(text, entity).is_none_or(|end| at < end)
}

fn covered<'a>(text: &'a str, entity: &MessageEntity) -> Option<&'a str> {
    text.get(byte_at(text, entity.offset)?..end_of(text, entity)?)
}

fn end_of(text: &str, entity: &MessageEntity) -> Option<usize> {
    byte_at(text, entity.offset.checked_add(entity.length)?)
}

/// The byte at an offset in UTF-16 units; `None` inside a character and behind the end.
fn byte_at(text: &str, offset: usize) -> Option<usize> {
    let mut units = 0;
    for (byte, character) in text.char_indices() {
        if units >= offset {
            return (units == offset).then_some(byte);
        }
        units += character.len_utf16();
    }
    (units == offset).then_some(text.len())
}
