//! The registration against Discord's documented limits, and each command from what is filled in to what is parsed.

use std::collections::BTreeSet;

use commands::{Availability, COMMANDS, Line, OptionKind, Spec, parse};
use serde_json::{Value, json};

use super::{SUGGESTED, all, row};
use crate::update::{Translated, interaction};

fn commands() -> Vec<Value> {
    all().as_array().unwrap().clone()
}

fn options(of: &Value) -> Vec<Value> {
    of["options"].as_array().cloned().unwrap_or_default()
}

fn text<'a>(of: &'a Value, field: &str) -> &'a str {
    of[field].as_str().unwrap()
}

fn is_name(name: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_".contains(c);
    (1..=32).contains(&name.len()) && name.chars().all(is_plain)
}

fn check_words(of: &Value) {
    assert!(is_name(text(of, "name")), "{of}");
    assert!((1..=100).contains(&text(of, "description").chars().count()), "{of}");
}

/// Limits of an option that takes a value.
fn check_option(option: &Value) {
    check_words(option);
    let known = [
        "type",
        "name",
        "description",
        "required",
        "min_length",
        "max_length",
        "choices",
        "autocomplete",
        "min_value",
        "max_value",
    ];
    assert!(
        option.as_object().unwrap().keys().all(|key| known.contains(&key.as_str())),
        "{option}"
    );
    let choices = option["choices"].as_array();
    let suggests = option["autocomplete"] == true;
    assert!(choices.is_none() || !suggests, "{option}");
    for choice in choices.into_iter().flatten() {
        assert!((1..=100).contains(&text(choice, "name").chars().count()), "{option}");
        assert!((1..=100).contains(&text(choice, "value").chars().count()), "{option}");
    }
    assert!(choices.is_none_or(|choices| (1..=25).contains(&choices.len())), "{option}");
    match option["type"].as_u64() {
        Some(3) => {
            if choices.is_none() {
                assert!(option["min_length"].as_u64().is_some_and(|least| least <= 6_000));
                assert!(
                    option["max_length"].as_u64().is_some_and(|most| (1..=6_000).contains(&most))
                );
            }
        }
        Some(4) => {
            let (min, max) = (option["min_value"].as_i64(), option["max_value"].as_i64());
            assert!(min.unwrap() <= max.unwrap() && max.unwrap() < 1 << 53, "{option}");
        }
        other => panic!("{other:?}: {option}"),
    }
}

fn check_options(of: &Value, check: impl Fn(&Value)) {
    let options = options(of);
    assert!(options.len() <= 25, "{of}");
    let names: BTreeSet<_> = options.iter().map(|option| text(option, "name")).collect();
    assert_eq!(names.len(), options.len(), "{of}");
    assert!(options.is_sorted_by_key(|option| option["required"] != true), "{of}");
    options.iter().for_each(check);
}

/// The characters that Discord counts of a command: all names, descriptions and values together.
fn size(of: &Value) -> usize {
    let own: usize = ["name", "description", "value"]
        .iter()
        .filter_map(|field| of[*field].as_str())
        .map(|text| text.chars().count())
        .sum();
    let inner = ["options", "choices"].iter().filter_map(|field| of[*field].as_array()).flatten();
    own + inner.map(size).sum::<usize>()
}

#[test]
fn the_registration_keeps_discords_limits() {
    let commands = commands();
    assert!((1..=100).contains(&commands.len()));
    let names: BTreeSet<_> = commands.iter().map(|command| text(command, "name")).collect();
    assert_eq!(names.len(), commands.len());
    for command in &commands {
        check_words(command);
        assert_eq!((&command["type"], &command["contexts"]), (&json!(1), &json!([0, 1])));
        assert_eq!(command["integration_types"], json!([0]));
        assert!(command.get("default_member_permissions").is_none());
        assert!(size(command) <= 8_000, "{} is {} long", command["name"], size(command));
        let has_subcommands = options(command).iter().any(|option| option["type"] == 1);
        check_options(command, |option| {
            if has_subcommands {
                check_words(option);
                assert_eq!(option["type"], 1, "{option}");
                assert!(option.get("required").is_none());
                check_options(option, check_option);
            } else {
                check_option(option);
            }
        });
    }
}

/// Each row of the table that does something, with what Discord calls it.
fn leaves() -> Vec<(&'static Spec, &'static str, Option<&'static str>)> {
    let mut leaves = Vec::new();
    for spec in COMMANDS {
        for sub in spec.subcommands {
            leaves.push((sub, spec.name, Some(sub.word()).filter(|_| spec.name != "help")));
        }
        if spec.subcommands.is_empty() {
            leaves.push((spec, spec.name, None));
        }
    }
    leaves
}

fn defined(command: &str, subcommand: Option<&str>) -> Option<Value> {
    let command = commands().into_iter().find(|known| known["name"] == command)?;
    match subcommand {
        None => Some(command),
        Some(word) => options(&command).into_iter().find(|sub| sub["name"] == word),
    }
}

#[test]
fn what_can_be_carried_out_is_offered_and_nothing_else() {
    for (spec, command, subcommand) in leaves() {
        let is_offered = defined(command, subcommand).is_some();
        assert_eq!(is_offered, spec.availability == Availability::Now, "{}", spec.name);
    }
    for command in ["session", "history", "context"] {
        assert!(defined(command, Some("show")).is_some(), "{command} cannot be called bare");
    }
    // What can only show is called bare.
    assert_eq!(options(&defined("help", None).unwrap())[0]["name"], "command");
    assert!(row("nothing", None).is_none() && row("session", Some("nothing")).is_none());
}

#[test]
fn what_is_suggested_is_an_option() {
    for (name, option) in SUGGESTED {
        let (_, command, subcommand) =
            leaves().into_iter().find(|(spec, ..)| spec.name == *name).unwrap();
        let defined = defined(command, subcommand).unwrap();
        let options = options(&defined);
        let option = options.iter().find(|known| known["name"] == *option).unwrap();
        assert_eq!((&option["autocomplete"], &option["type"]), (&json!(true), &json!(3)));
    }
}

/// A value that an option takes.
fn sample(kind: OptionKind) -> Value {
    match kind {
        OptionKind::Text { .. } | OptionKind::Lines => json!("a \"b\" \\ c"),
        OptionKind::Integer { max, .. } => json!(max),
        OptionKind::Choice(words) => json!(words[0]),
        OptionKind::Time => json!("04:00"),
        OptionKind::Duration => json!("2h"),
    }
}

/// The line that a filled-in command becomes.
fn line(command: &str, subcommand: Option<&str>, values: &[(&str, Value)]) -> String {
    let given: Vec<Value> = values
        .iter()
        .map(|(name, value)| json!({"name": name, "type": 3, "value": value}))
        .collect();
    let options = match subcommand {
        Some(word) => json!([{"name": word, "type": 1, "options": given}]),
        None => json!(given),
    };
    let happened = json!({"id": "1", "application_id": "500", "type": 2, "token": "t",
        "channel": {"id": "100", "type": 1}, "user": {"id": "77", "username": "ann"},
        "data": {"id": "5", "name": command, "type": 1, "options": options}});
    let Translated::Event(incoming) = interaction(&happened, "500", None) else {
        panic!("ignored: {happened}")
    };
    match incoming.body {
        bot::Body::Text { text, addressed: true } => text,
        other @ (bot::Body::Text { .. }
        | bot::Body::Press { .. }
        | bot::Body::Moved { .. }
        | bot::Body::Gone
        | bot::Body::Raw { .. }) => panic!("{other:?}"),
    }
}

#[test]
fn every_command_that_is_filled_in_is_parsed_as_itself() {
    for (spec, command, subcommand) in leaves() {
        let kept = |is_kept: fn(bool) -> bool| -> Vec<(&str, Value)> {
            let options = spec.options.iter().filter(|option| is_kept(option.required));
            options.map(|option| (option.name, sample(option.kind))).collect()
        };
        // A zone and an id are one word, and confirming takes the right one: those are not for any text.
        for values in [kept(|_| true), kept(|required| required)] {
            let line = line(command, subcommand, &values);
            match parse(&line, None) {
                Ok(Line::Command { command, .. }) => {
                    let name = if spec.name == "help show" { "help" } else { spec.name };
                    assert_eq!(command.name(), name, "{line}");
                }
                Ok(other) => panic!("{line}: {other:?}"),
                Err(error) => assert!(!error.is_unknown_command(), "{line}: {error}"),
            }
        }
    }
}

#[test]
fn what_is_refused_is_refused_as_if_typed() {
    for (command, subcommand, option, value, says) in [
        ("session", Some("reset-time"), "time", json!("25:99"), "I can't read “25:99” as a time"),
        ("session", Some("idle-reset"), "after", json!("soon"), "“soon”"),
        ("history", Some("show"), "count", json!(0), "“0”"),
        ("session", Some("scope"), "scope", json!("moon"), "“moon”"),
        ("session", Some("rename"), "title", json!("a\nb"), "U+000A"),
    ] {
        let line = line(command, subcommand, &[(option, value)]);
        let composed = parse(&line, None).unwrap_err().to_string();
        assert!(composed.contains(says), "{line}: {composed}");
    }
    assert!(parse(&line("gone", Some("now"), &[]), None).unwrap_err().is_unknown_command());
}
