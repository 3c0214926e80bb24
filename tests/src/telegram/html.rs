//! Telegram's HTML: the tags it knows, nested, to plain text with entities; refusals in its own words.

use serde_json::json;

use super::entity::{Entity, units};

/// Plain text and entities, or why Telegram would not take it.
pub(super) fn parse(source: &str) -> Result<(String, Vec<Entity>), String> {
    let mut parser = Parser { source, ..Parser::default() };
    while let Some(next) = parser.rest().chars().next() {
        match next {
            '<' => parser.tag()?,
            '&' => parser.reference(),
            _ => parser.plain(),
        }
    }
    match parser.open.pop() {
        None => Ok(trim(parser.text, parser.entities)),
        Some(open) => {
            Err(format!("Can't find end tag corresponding to start tag \"{}\"", open.name))
        }
    }
}

#[derive(Default)]
struct Parser<'s> {
    source: &'s str,
    /// Bytes read.
    at: usize,
    text: String,
    /// UTF-16 units written.
    units: usize,
    open: Vec<Open>,
    entities: Vec<Entity>,
}

/// A tag that waits for its end.
struct Open {
    name: String,
    value: Option<String>,
    /// Where it starts in the text.
    from: usize,
}

impl<'s> Parser<'s> {
    fn rest(&self) -> &'s str {
        self.source.get(self.at..).unwrap_or_default()
    }

    fn write(&mut self, text: &str) {
        self.units += units(text);
        self.text.push_str(text);
    }

    fn plain(&mut self) {
        let rest = self.rest();
        let end = rest.find(['<', '&']).unwrap_or(rest.len());
        self.write(rest.get(..end).unwrap_or_default());
        self.at += end;
    }

    /// `&lt;` and the like; an unknown one stands for itself.
    fn reference(&mut self) {
        let rest = self.rest();
        let end = rest.find(';').filter(|end| *end <= 10);
        let known = end.and_then(|end| Some((end, referred(rest.get(1..end)?)?)));
        let (read, meant) = known.map_or((1, '&'), |(end, meant)| (end + 1, meant));
        self.write(meant.encode_utf8(&mut [0; 4]));
        self.at += read;
    }

    fn tag(&mut self) -> Result<(), String> {
        let (rest, at) = (self.rest(), self.at);
        let end = rest.find('>').ok_or(format!("Unclosed start tag at byte offset {at}"))?;
        let inner = rest.get(1..end).unwrap_or_default();
        self.at += end + 1;
        match inner.strip_prefix('/') {
            Some(name) => self.close(name.trim(), at),
            None => self.start(inner, at),
        }
    }

    fn start(&mut self, inner: &str, at: usize) -> Result<(), String> {
        let (name, attribute) = inner.split_once(char::is_whitespace).unwrap_or((inner, ""));
        let name = name.to_lowercase();
        if kind(&name).is_none() {
            return Err(format!("Unsupported start tag \"{name}\" at byte offset {at}"));
        }
        let value = attribute.split_once('=').map(|(_, value)| unquote(value));
        if name == "span" && value.as_deref() != Some("tg-spoiler") {
            return Err(format!("Tag \"span\" must have class \"tg-spoiler\" at byte offset {at}"));
        }
        let expands = attribute.trim() == "expandable";
        let value = value.or_else(|| expands.then(|| attribute.trim().to_owned()));
        self.open.push(Open { name, value, from: self.units });
        Ok(())
    }

    fn close(&mut self, name: &str, at: usize) -> Result<(), String> {
        let Some(open) = self.open.pop() else {
            return Err(format!("Unexpected end tag at byte offset {at}"));
        };
        if !name.is_empty() && name.to_lowercase() != open.name {
            let expected = &open.name;
            return Err(format!(
                "Unmatched end tag at byte offset {at}, expected \"</{expected}>\", found \"</{name}>\""
            ));
        }
        let within_pre = self.open.last_mut().filter(|outer| outer.name == "pre");
        match (open.name.as_str(), within_pre) {
            // A block of code whose language is named by the tag within.
            ("code", Some(pre)) if pre.from == open.from => pre.value = open.value,
            _ => self.entities.extend(entity(&open, self.units)),
        }
        Ok(())
    }
}

fn kind(tag: &str) -> Option<&'static str> {
    Some(match tag {
        "b" | "strong" => "bold",
        "i" | "em" => "italic",
        "u" | "ins" => "underline",
        "s" | "strike" | "del" => "strikethrough",
        "tg-spoiler" | "span" => "spoiler",
        "a" => "text_link",
        "code" => "code",
        "pre" => "pre",
        "blockquote" => "blockquote",
        _ => return None,
    })
}

fn entity(open: &Open, end: usize) -> Option<Entity> {
    let kind = kind(&open.name).filter(|_| end > open.from)?;
    let mut entity = Entity::new(kind, open.from, end - open.from);
    match (kind, &open.value) {
        // A link to nowhere is its text.
        ("text_link", None) => return None,
        ("text_link", Some(url)) => drop(entity.more.insert("url".to_owned(), json!(url))),
        ("pre", Some(class)) => {
            let language = class.strip_prefix("language-").unwrap_or(class);
            entity.more.insert("language".to_owned(), json!(language));
        }
        ("blockquote", Some(expands)) if expands == "expandable" => {
            entity.kind = "expandable_blockquote";
        }
        _ => {}
    }
    Some(entity)
}

fn referred(name: &str) -> Option<char> {
    let number = |text: &str, radix| u32::from_str_radix(text, radix).ok().and_then(char::from_u32);
    match name {
        "lt" => Some('<'),
        "gt" => Some('>'),
        "amp" => Some('&'),
        "quot" => Some('"'),
        _ => match name.strip_prefix("#x") {
            Some(hex) => number(hex, 16),
            None => number(name.strip_prefix('#')?, 10),
        },
    }
}

fn unquote(value: &str) -> String {
    let value = value.trim().trim_matches(['"', '\'']);
    let known = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&amp;", "&")];
    known.iter().fold(value.to_owned(), |value, (name, meant)| value.replace(name, meant))
}

/// White space around a text is taken off, and what entities lose by it.
fn trim(text: String, entities: Vec<Entity>) -> (String, Vec<Entity>) {
    let trimmed = text.trim();
    let before = units(&text) - units(text.trim_start());
    let length = units(trimmed);
    let clip = |mut entity: Entity| {
        let end = (entity.offset + entity.length).saturating_sub(before).min(length);
        entity.offset = entity.offset.saturating_sub(before);
        entity.length = end.saturating_sub(entity.offset);
        (entity.length > 0).then_some(entity)
    };
    (trimmed.to_owned(), entities.into_iter().filter_map(clip).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(source: &str, plain: &str, expected: &[(&str, usize, usize)]) {
        let (text, entities) = parse(source).expect("it is well formed");
        let found: Vec<_> = entities.iter().map(|e| (e.kind, e.offset, e.length)).collect();
        assert_eq!((text.as_str(), found.as_slice()), (plain, expected));
    }

    #[test]
    fn nested_tags_become_entities_and_white_space_around_goes() {
        check("a <b>b<i>c</i></b> &lt;&#33;&x;", "a bc <!&x;", &[("italic", 3, 1), ("bold", 2, 2)]);
        check("\n <b>🦀 </b>\n", "🦀", &[("bold", 0, 2)]);
        check("<pre><code class=\"language-rust\">x</code></pre>", "x", &[("pre", 0, 1)]);
        check("<a href='https://x.org/?a&amp;b'>x</a><b></b>", "x", &[("text_link", 0, 1)]);
    }

    #[test]
    fn what_telegram_does_not_take_is_refused_in_its_words() {
        let refused = |source| parse(source).expect_err("it is not well formed");
        assert_eq!(refused("é <foo>"), "Unsupported start tag \"foo\" at byte offset 3");
        assert_eq!(refused("<b>x"), "Can't find end tag corresponding to start tag \"b\"");
        assert_eq!(refused("x</b>"), "Unexpected end tag at byte offset 1");
        assert_eq!(
            refused("<b>x</i>"),
            "Unmatched end tag at byte offset 4, expected \"</b>\", found \"</i>\""
        );
        assert_eq!(refused("1 < 2"), "Unclosed start tag at byte offset 2");
    }
}
