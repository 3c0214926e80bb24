//! Text with its entities, in UTF-16 units as Telegram counts them; and the entities that Telegram finds by itself.

use serde_json::{Map, Value, json};

/// A piece of text that is more than plain.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Entity {
    pub(super) kind: &'static str,
    pub(super) offset: usize,
    pub(super) length: usize,
    /// `url`, `language`, …
    pub(super) more: Map<String, Value>,
}

/// A text as people see it, what it was written from, and its entities.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Text {
    pub(super) plain: String,
    pub(super) raw: String,
    pub(super) entities: Vec<Entity>,
}

impl Entity {
    pub(super) fn new(kind: &'static str, offset: usize, length: usize) -> Self {
        Self { kind, offset, length, more: Map::new() }
    }

    pub(super) fn to_wire(&self) -> Value {
        let mut wire = self.more.clone();
        wire.insert("type".to_owned(), json!(self.kind));
        wire.insert("offset".to_owned(), json!(self.offset));
        wire.insert("length".to_owned(), json!(self.length));
        Value::Object(wire)
    }

    fn covers(&self, at: usize) -> bool {
        self.offset <= at && at < self.offset + self.length
    }
}

impl Text {
    /// A text without markup, with the entities that Telegram finds in it.
    pub(super) fn typed(plain: &str) -> Self {
        Self::marked(plain, plain.to_owned(), Vec::new())
    }

    /// A text with entities, to which those are added that Telegram finds outside code.
    pub(super) fn marked(raw: &str, plain: String, entities: Vec<Entity>) -> Self {
        let is_code = |at| {
            let mut code = entities.iter().filter(|entity| ["code", "pre"].contains(&entity.kind));
            code.any(|entity| entity.covers(at))
        };
        let mut found: Vec<_> =
            find(&plain).into_iter().filter(|entity| !is_code(entity.offset)).collect();
        found.extend(entities);
        found.sort_by_key(|entity| (entity.offset, std::cmp::Reverse(entity.length)));
        Self { plain, raw: raw.to_owned(), entities: found }
    }

    /// Its length as Telegram counts it.
    pub(super) fn units(&self) -> usize {
        units(&self.plain)
    }

    pub(super) fn entities_to_wire(&self) -> Value {
        self.entities.iter().map(Entity::to_wire).collect()
    }

    /// Whether one of the entities of that kind says that.
    pub(super) fn says(&self, kind: &str, what: &str) -> bool {
        let text: Vec<u16> = self.plain.encode_utf16().collect();
        let of_kind = self.entities.iter().filter(|entity| entity.kind == kind);
        of_kind.filter_map(|entity| text.get(entity.offset..entity.offset + entity.length)).any(
            |said| String::from_utf16_lossy(said).to_lowercase().contains(&what.to_lowercase()),
        )
    }
}

/// UTF-16 units.
pub(super) fn units(text: &str) -> usize {
    text.encode_utf16().count()
}

/// Commands, mentions and links.
fn find(text: &str) -> Vec<Entity> {
    let mut found = Vec::new();
    let (mut at, mut before) = (0, None);
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let (kind, length) = match first {
            _ if before.is_some_and(is_glued) => ("", 0),
            '/' => ("bot_command", command(rest)),
            '@' => ("mention", mention(rest)),
            'h' => ("url", link(rest)),
            _ => ("", 0),
        };
        let step = length.max(first.len_utf8());
        let (taken, left) = rest.split_at_checked(step).expect("what was found is ASCII");
        if length > 0 {
            found.push(Entity::new(kind, at, units(taken)));
        }
        at += units(taken);
        before = taken.chars().next_back();
        rest = left;
    }
    found
}

fn is_glued(before: char) -> bool {
    before.is_alphanumeric() || "_/@".contains(before)
}

/// Bytes of the command at the start, with the bot's name if there is one; 0 if it is none.
fn command(text: &str) -> usize {
    let name = text.strip_prefix('/').map_or(0, word);
    let rest = text.get(1 + name..).unwrap_or_default();
    let whom = mention(rest);
    let after = rest.get(whom..).and_then(|rest| rest.chars().next());
    let goes_on = after.is_some_and(|c| c == '/' || c == '@' || c.is_alphanumeric());
    if (1..=64).contains(&name) && !goes_on { 1 + name + whom } else { 0 }
}

/// Bytes of the mention at the start.
fn mention(text: &str) -> usize {
    let name = text.strip_prefix('@').map_or(0, word);
    if (3..=32).contains(&name) { 1 + name } else { 0 }
}

/// Bytes of the link at the start.
fn link(text: &str) -> usize {
    let is_link = text.starts_with("http://") || text.starts_with("https://");
    let end = text.find(|c: char| !c.is_ascii_graphic() || "\"'()<>".contains(c));
    if is_link { end.unwrap_or(text.len()) } else { 0 }
}

/// Bytes of the word at the start.
fn word(text: &str) -> usize {
    text.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[(&str, usize, usize)]) {
        let text = Text::typed(text);
        let found: Vec<_> = text.entities.iter().map(|e| (e.kind, e.offset, e.length)).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn commands_and_mentions_are_found_in_utf_16_units() {
        check("/new", &[("bot_command", 0, 4)]);
        check("🦀 /new@the_bot x", &[("bot_command", 3, 12)]);
        check("hey @ann, see https://x.org/a?b", &[("mention", 4, 4), ("url", 14, 17)]);
        check("/etc/hosts a/b mail@host.org @x", &[]);
    }
}
