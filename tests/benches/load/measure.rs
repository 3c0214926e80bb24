//! Numbers out of what a fake answers.

use serde_json::Value;

/// A number of an answer.
pub(crate) fn number(answer: &Value, field: &str) -> f64 {
    answer.get(field).and_then(Value::as_f64).unwrap_or_else(|| panic!("{field} in {answer}"))
}

/// The one in the middle.
pub(crate) fn median(numbers: impl IntoIterator<Item = f64>) -> f64 {
    let mut numbers: Vec<_> = numbers.into_iter().collect();
    numbers.sort_by(f64::total_cmp);
    numbers.get(numbers.len() / 2).copied().unwrap_or(f64::NAN)
}
