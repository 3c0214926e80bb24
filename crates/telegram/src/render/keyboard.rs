//! Buttons under a message, in rows that read well on a phone.

use bot::Button;
use teloxide::types::{InlineKeyboardButton, InlineKeyboardMarkup};

/// Labels up to this many characters stand two in a row.
const SHORT: usize = 24;
/// The Bot API takes no more buttons than this under one message.
const MOST: usize = 100;
/// What a button carries, in bytes.
const LONGEST_DATA: usize = 64;

/// The keyboard of these buttons; `None` without any.
pub(crate) fn keyboard(buttons: &[Button]) -> Option<InlineKeyboardMarkup> {
    let mut rows: Vec<Vec<InlineKeyboardButton>> = Vec::new();
    let mut has_room = false;
    for button in buttons.iter().filter(|button| is_possible(button)).take(MOST) {
        let is_short = button.label.chars().count() <= SHORT;
        let key = InlineKeyboardButton::callback(button.label.clone(), button.data.clone());
        match rows.last_mut() {
            Some(row) if has_room && is_short => {
                row.push(key);
                has_room = false;
            }
            Some(_) | None => {
                rows.push(vec![key]);
                has_room = is_short;
            }
        }
    }
    (!rows.is_empty()).then(|| InlineKeyboardMarkup::new(rows))
}

/// One button that Telegram does not take would make it refuse the whole message.
fn is_possible(button: &Button) -> bool {
    let possible =
        !button.label.trim().is_empty() && (1..=LONGEST_DATA).contains(&button.data.len());
    if !possible {
        tracing::warn!(
            bytes = button.data.len(),
            "a button that Telegram does not take was left out"
        );
    }
    possible
}
