//! Values of a single word: a choice, a time of day, a length of time, a number.
//!
//! Each takes the word as it was written and gives the value, or a refusal that quotes the word.

use nom::character::complete::{char, digit1, one_of, satisfy};
use nom::combinator::{all_consuming, map_opt, opt, recognize};
use nom::sequence::separated_pair;
use nom::{IResult, Parser};

use crate::command::session::TimeOfDay;
use crate::error::ErrorKind;
use crate::problem::{Problem, refuse};

/// The value whose word this is, in any case.
pub(crate) fn choice<T: Copy>(
    word: &str,
    all: &[T],
    as_str: fn(T) -> &'static str,
) -> Result<T, nom::Err<Problem>> {
    all.iter().copied().find(|value| as_str(*value).eq_ignore_ascii_case(word)).ok_or_else(|| {
        let choices = all.iter().map(|value| as_str(*value)).collect();
        refuse(ErrorKind::NotAChoice { word: word.to_owned(), choices })
    })
}

/// Hour and minute of a day.
///
/// ```text
/// time = digit [ digit ] ":" digit digit
/// ```
pub(crate) fn time(word: &str) -> Result<TimeOfDay, nom::Err<Problem>> {
    let digit = || satisfy(|c| c.is_ascii_digit());
    let hour = map_opt(recognize((digit(), opt(digit()))), |text: &str| text.parse().ok());
    let minute = map_opt(recognize((digit(), digit())), |text: &str| text.parse().ok());
    let read: IResult<&str, (u8, u8)> =
        all_consuming(separated_pair(hour, char(':'), minute)).parse(word);
    read.ok()
        .and_then(|(_, (hour, minute))| TimeOfDay::new(hour, minute))
        .ok_or_else(|| unreadable(word, "a time"))
}

/// A length of time in minutes, from 1 to `max`.
///
/// ```text
/// duration = digit+ [ "m" | "h" | "d" ]      a bare number is minutes
/// ```
pub(crate) fn minutes(word: &str, max: u32, range: &'static str) -> Result<u32, nom::Err<Problem>> {
    let read: IResult<&str, (&str, Option<char>)> =
        all_consuming((digit1, opt(one_of("mMhHdD")))).parse(word);
    let Ok((_, (digits, unit))) = read else {
        return Err(unreadable(word, "a length of time"));
    };
    let minutes_in_unit: u32 = match unit {
        Some('h' | 'H') => 60,
        Some('d' | 'D') => 24 * 60,
        _ => 1,
    };
    let minutes = digits.parse().ok().and_then(|count: u32| count.checked_mul(minutes_in_unit));
    in_range(minutes, max, word, range)
}

/// A whole number from 1 to `max`.
///
/// ```text
/// number = [ "-" ] digit+
/// ```
pub(crate) fn number(word: &str, max: u32, range: &'static str) -> Result<u32, nom::Err<Problem>> {
    let read: IResult<&str, (Option<char>, &str)> =
        all_consuming((opt(char('-')), digit1)).parse(word);
    match read {
        Ok((_, (None, digits))) => in_range(digits.parse().ok(), max, word, range),
        Ok((_, (Some(_), _))) => in_range(None, max, word, range),
        Err(_) => Err(unreadable(word, "a number")),
    }
}

fn in_range(
    value: Option<u32>,
    max: u32,
    word: &str,
    range: &'static str,
) -> Result<u32, nom::Err<Problem>> {
    value
        .filter(|value| (1..=max).contains(value))
        .ok_or_else(|| refuse(ErrorKind::OutOfRange { word: word.to_owned(), range }))
}

fn unreadable(word: &str, kind: &'static str) -> nom::Err<Problem> {
    refuse(ErrorKind::Unreadable { word: word.to_owned(), kind })
}
