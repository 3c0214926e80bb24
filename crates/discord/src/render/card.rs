//! A card: what Discord calls an embed. Of an answer that has a shape it makes fields, or lists under headings.
//!
//! ```text
//! card   the first line is its title, each line `name: value` a field, any other line a part of the field before it
//! list   the lines as they stand, headings in bold
//! ```
//!
//! Only what fits one message as plain text is made a card, since that is what is shown where a card cannot be.

use bot::Shape;
use serde_json::{Value, json};

use super::{MESSAGE, fits, markdown};

/// Discord's limits, in characters: of a title, of a field's name, of its value, and of fields.
const TITLE: usize = 256;
const NAME: usize = 256;
const VALUE: usize = 1_024;
const FIELDS: usize = 25;

/// The card of an answer, if it has a shape that makes one, and fits.
pub(crate) fn card(text: &str, shape: Shape) -> Option<Value> {
    if !fits(text, MESSAGE) {
        return None;
    }
    match shape {
        Shape::Words => None,
        Shape::Card => fields(text),
        Shape::List => Some(json!({ "description": lists(text) })),
    }
}

/// What a card says, as it was made or as Discord gives it back.
pub(crate) fn words_of(card: &Value) -> Vec<&str> {
    let fields = card.get("fields").and_then(Value::as_array).into_iter().flatten();
    let of_fields = fields.flat_map(|field| [field.get("name"), field.get("value")]);
    let all = [card.get("title"), card.get("description")].into_iter().chain(of_fields);
    all.flatten().filter_map(Value::as_str).map(str::trim).collect()
}

fn fields(text: &str) -> Option<Value> {
    let (title, rest) = text.split_once('\n')?;
    let mut fields: Vec<(String, String)> = Vec::new();
    for line in rest.lines() {
        match (line.split_once(": "), fields.last_mut()) {
            (Some((name, value)), _) => fields.push((name.to_owned(), value.to_owned())),
            (None, Some((_, value))) => *value = format!("{value}\n{line}"),
            (None, None) => return None,
        }
    }
    let title = markdown(title);
    let fields = fields.iter().map(|(name, value)| (markdown(name), markdown(value)));
    let fields: Vec<(String, String)> = fields.collect();
    let is_within = |text: &str, most| (1..=most).contains(&text.encode_utf16().count());
    let fit = fields.iter().all(|(name, value)| is_within(name, NAME) && is_within(value, VALUE));
    let fields: Vec<Value> = fields
        .iter()
        .map(|(name, value)| json!({ "name": name, "value": value, "inline": true }))
        .collect();
    let fits = fit && fields.len() <= FIELDS && is_within(&title, TITLE);
    fits.then(|| json!({ "title": title, "fields": fields }))
}

fn lists(text: &str) -> String {
    let lines: Vec<String> = markdown(text)
        .lines()
        .map(|line| if is_heading(line) { format!("**{line}**") } else { line.to_owned() })
        .collect();
    lines.join("\n")
}

/// Whether a line is a heading: nothing of a row ends with a colon but what somebody called it, in quotes or indented.
fn is_heading(line: &str) -> bool {
    line.ends_with(':') && !line.starts_with(' ') && !line.contains('“')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_has_its_lines_as_fields() {
        let text = "Session s-1 “*x*: y”\nScope: channel\nNext reset: at 04:00: soon\nOnly then";
        assert_eq!(
            card(text, Shape::Card),
            Some(json!({ "title": "Session s-1 “\\*x\\*: y”", "fields": [
                { "name": "Scope", "value": "channel", "inline": true },
                { "name": "Next reset", "value": "at 04:00: soon\nOnly then", "inline": true },
            ]}))
        );
    }

    #[test]
    fn a_card_is_known_by_its_words_when_it_comes_back() {
        let made = card("Session s-1\nScope: channel", Shape::Card).unwrap();
        let mut back = made.clone();
        back["type"] = json!("rich");
        back["content_scan_version"] = json!(2);
        assert_eq!(words_of(&made), ["Session s-1", "Scope", "channel"]);
        assert_eq!(words_of(&back), words_of(&made));
        let other = card("Session s-1\nScope: group", Shape::Card).unwrap();
        assert_ne!(words_of(&other), words_of(&made));
    }

    #[test]
    fn a_list_has_its_headings_in_bold() {
        let text = "Active:\ns-1 “a:”\n    b:\nPast:\ns-2";
        let shown = "**Active:**\ns-1 “a:”\n    b:\n**Past:**\ns-2";
        assert_eq!(card(text, Shape::List), Some(json!({ "description": shown })));
    }

    #[test]
    fn what_has_no_shape_or_does_not_fit_is_no_card() {
        for (text, shape) in [
            ("Session s-1\nScope: channel".to_owned(), Shape::Words),
            ("Session s-1".to_owned(), Shape::Card),
            ("Session s-1\nno field".to_owned(), Shape::Card),
            (format!("{}\nScope: channel", "x".repeat(257)), Shape::Card),
            (format!("Session s-1\nScope: {}", "x".repeat(1_025)), Shape::Card),
            (format!("Session s-1{}", "\nScope: channel".repeat(26)), Shape::Card),
            ("x".repeat(2_001), Shape::List),
        ] {
            assert_eq!(card(&text, shape), None, "{text}");
        }
    }
}
