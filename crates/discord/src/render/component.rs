//! What can be pressed under a message: buttons in rows, and a menu for many that do the same to one thing each.
//!
//! ```text
//! up to five buttons            one row of them
//! more, of which at least       a menu for each first word of theirs: “Restore…” with one line for each,
//! three begin with one word     and the rest as buttons, five in a row
//! ```

use bot::Button;
use serde_json::{Value, json};

/// Discord takes no more rows than this under one message, and no more buttons in a row.
const ROWS: usize = 5;
const IN_ROW: usize = 5;
/// No more lines in a menu.
const LINES: usize = 25;
/// Fewer than these are no menu.
const FEW: usize = 3;
/// What a button or a line of a menu carries, in bytes: Discord counts characters, and ours are ASCII.
const LONGEST_DATA: usize = 100;
/// What a button says, in characters; a line of a menu may say more.
const LONGEST_LABEL: usize = 80;

/// The components for these buttons; none without any.
pub(crate) fn components(buttons: &[Button]) -> Vec<Value> {
    let mut singles: Vec<&Button> = buttons.iter().filter(|button| is_possible(button)).collect();
    let mut rows = Vec::new();
    if singles.len() > IN_ROW {
        for word in menu_words(&singles) {
            let (lines, rest): (Vec<&Button>, Vec<&Button>) =
                singles.into_iter().partition(|button| word_of(button) == word);
            rows.push(menu(&word, &lines));
            singles = rest;
        }
    }
    rows.extend(singles.chunks(IN_ROW).map(|row| row_of(row.iter().map(|one| button(one)))));
    if rows.len() > ROWS {
        tracing::warn!(rows = rows.len(), "more buttons than Discord takes: the last are left out");
        rows.truncate(ROWS);
    }
    rows
}

/// The words that enough buttons begin with, in the order of their first.
fn menu_words(buttons: &[&Button]) -> Vec<String> {
    let mut words: Vec<(String, usize)> = Vec::new();
    for button in buttons {
        let word = word_of(button);
        match words.iter_mut().find(|(known, _)| *known == word) {
            Some((_, count)) => *count += 1,
            None => words.push((word, 1)),
        }
    }
    words.into_iter().filter(|(_, count)| *count >= FEW).map(|(word, _)| word).collect()
}

fn word_of(button: &Button) -> String {
    button.label.split_whitespace().next().unwrap_or_default().to_owned()
}

fn menu(word: &str, lines: &[&Button]) -> Value {
    let options: Vec<Value> = lines
        .iter()
        .take(LINES)
        .map(|line| json!({ "label": short(&line.label), "value": line.data }))
        .collect();
    let placeholder = short(&format!("{word}…"));
    // What is chosen is what counts; the menu itself has a name because it must.
    let name = format!("menu:{}", short(word));
    row_of([
        json!({ "type": 3, "custom_id": name, "placeholder": placeholder, "options": options }),
    ])
}

fn button(button: &Button) -> Value {
    json!({ "type": 2, "style": 2, "label": short(&button.label), "custom_id": button.data })
}

fn row_of(components: impl IntoIterator<Item = Value>) -> Value {
    let components: Vec<Value> = components.into_iter().collect();
    json!({ "type": 1, "components": components })
}

fn short(label: &str) -> String {
    if label.chars().count() <= LONGEST_LABEL {
        return label.to_owned();
    }
    label.chars().take(LONGEST_LABEL - 1).chain(['…']).collect()
}

/// One button that Discord does not take would make it refuse the whole message.
fn is_possible(button: &Button) -> bool {
    let possible =
        !button.label.trim().is_empty() && (1..=LONGEST_DATA).contains(&button.data.len());
    if !possible {
        tracing::warn!(
            bytes = button.data.len(),
            "a button that Discord does not take was left out"
        );
    }
    possible
}
