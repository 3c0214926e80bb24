//! Laws of the table: what the channels' menus demand, and that each row tells the truth about the parser.

use std::collections::BTreeSet;

use commands::{
    Availability, COMMANDS, Command, ErrorKind, Line, OptionKind, OptionSpec, ParseError, Spec,
    compose, help, parse,
};

/// Each row, subcommands after their command.
fn rows() -> impl Iterator<Item = &'static Spec> {
    COMMANDS.iter().flat_map(|spec| std::iter::once(spec).chain(spec.subcommands))
}

/// The rows that no subcommand parts further.
fn leaves() -> impl Iterator<Item = &'static Spec> {
    rows().filter(|spec| spec.subcommands.is_empty())
}

fn command(line: &str) -> Result<Command, String> {
    match parse(line, None) {
        Ok(Line::Command { command, .. }) => Ok(command),
        other => Err(format!("{line}: {other:?}")),
    }
}

/// `/help show` is `/help` under the name that forms need.
fn name_when_run(spec: &Spec) -> &'static str {
    if spec.name == "help show" { "help" } else { spec.name }
}

/// A value that the option takes.
fn sample(option: &OptionSpec) -> &'static str {
    match option.kind {
        OptionKind::Text { .. } | OptionKind::Lines => "x",
        OptionKind::Integer { .. } => "7",
        OptionKind::Choice(words) => words.first().copied().unwrap_or_default(),
        OptionKind::Time => "04:00",
        OptionKind::Duration => "2h",
    }
}

#[test]
fn names_are_unique_and_begin_with_their_commands() {
    let names: BTreeSet<_> = rows().map(|spec| spec.name).collect();
    assert_eq!(names.len(), rows().count());
    for spec in COMMANDS {
        assert_eq!(spec.word(), spec.name);
        for sub in spec.subcommands {
            assert_eq!(sub.name, format!("{} {}", spec.name, sub.word()));
            assert_eq!(sub.group, spec.group, "{}", sub.name);
            assert!(sub.subcommands.is_empty(), "{}", sub.name);
        }
    }
}

#[test]
fn names_and_summaries_fit_the_menus_of_the_channels() {
    let is_name = |name: &str| {
        let is_of_name = |c: char| c.is_ascii_lowercase() || c == '-';
        (1..=32).contains(&name.len()) && name.chars().all(is_of_name)
    };
    let is_summary = |summary: &str| (1..=100).contains(&summary.chars().count());
    for spec in rows() {
        assert!(is_name(spec.word()), "{}", spec.name);
        assert!(is_summary(spec.summary) && spec.summary.ends_with('.'), "{}", spec.name);
        assert!(
            spec.menu_name().chars().all(|c| c.is_ascii_lowercase() || c == '_'),
            "{}",
            spec.name
        );
        assert!(spec.subcommands.len() <= 25 && spec.options.len() <= 25, "{}", spec.name);
        for option in spec.options {
            assert!(
                is_name(option.name) && is_summary(option.summary),
                "{} {}",
                spec.name,
                option.name
            );
            assert!(
                !matches!(option.kind, OptionKind::Choice(words) if words.is_empty() || words.len() > 25)
            );
        }
    }
}

#[test]
fn options_that_must_be_given_come_first_and_lines_last() {
    for spec in rows() {
        assert!(spec.options.is_sorted_by_key(|option| !option.required), "{}", spec.name);
        let lines = spec.options.iter().position(|option| option.kind == OptionKind::Lines);
        assert!(lines.is_none_or(|at| at + 1 == spec.options.len()), "{}", spec.name);
        assert!(spec.options.is_empty() || spec.subcommands.is_empty(), "{}", spec.name);
    }
}

#[test]
fn usage_lines_begin_with_the_name() {
    for spec in rows() {
        let usage = spec.usage.replace(['[', ']'], "");
        assert!(usage.starts_with(&format!("/{}", spec.name)), "{}", spec.usage);
    }
}

#[test]
fn every_example_runs_its_own_command() {
    for spec in leaves() {
        assert!(!spec.examples.is_empty(), "{}", spec.name);
        for example in spec.examples {
            assert_eq!(
                command(example).map(|command| command.name()),
                Ok(name_when_run(spec)),
                "{example}"
            );
        }
    }
}

#[test]
fn every_command_is_reached_through_its_options() {
    for spec in leaves() {
        let all: Vec<_> = spec.options.iter().map(|option| (option.name, sample(option))).collect();
        let needed: Vec<_> = spec
            .options
            .iter()
            .filter(|option| option.required)
            .map(|option| (option.name, sample(option)))
            .collect();
        for values in [all, needed] {
            let name = compose(spec.name, &values).map(|command| command.name());
            assert_eq!(name, Ok(name_when_run(spec)), "{values:?}");
        }
    }
}

#[test]
fn every_choice_and_both_ends_of_a_number_are_read() {
    for spec in leaves() {
        let Some(option) = spec.options.first() else { continue };
        let values: Vec<String> = match option.kind {
            OptionKind::Choice(words) if spec.options.len() == 1 => {
                words.iter().map(ToString::to_string).collect()
            }
            OptionKind::Integer { min, max } => vec![min.to_string(), max.to_string()],
            OptionKind::Time | OptionKind::Duration => vec!["off".to_owned()],
            OptionKind::Choice(_) | OptionKind::Text { .. } | OptionKind::Lines => Vec::new(),
        };
        for value in values {
            let read = compose(spec.name, &[(option.name, &value)]);
            assert_eq!(read.map(|command| command.name()), Ok(spec.name), "{value}");
        }
    }
}

#[test]
fn a_row_says_what_its_command_says() {
    for spec in leaves() {
        let command = command(spec.examples[0]).unwrap();
        assert_eq!(command.destroys(), spec.destroys, "{}", spec.name);
        assert_eq!(command.availability(), spec.availability, "{}", spec.name);
    }
    let named = |is_of: fn(&Spec) -> bool| {
        rows().filter(|spec| is_of(spec)).map(|spec| spec.name).collect::<Vec<_>>()
    };
    assert_eq!(
        named(|spec| spec.destroys),
        ["reset", "unlink", "forget", "session delete", "checkpoint delete", "history clear"]
    );
    assert_eq!(
        named(|spec| spec.availability == Availability::Later),
        ["retry", "stop", "model", "link", "unlink", "forget"]
    );
}

/// Whether it is refused for fitting several, for having to be whole, or for needing more words.
fn is_refusal_of_a_beginning(error: &ParseError, spec: &Spec) -> bool {
    if let ErrorKind::AmbiguousCommand { fits, .. } = error.kind() {
        return fits.contains(&spec.name);
    }
    if matches!(error.kind(), ErrorKind::Missing { .. }) {
        return spec.name == "checkpoint";
    }
    matches!(error.kind(), ErrorKind::Shortened) && spec.destroys && error.is_unknown_command()
}

/// Each proper beginning of a command's name means it, or is refused; never does it mean what destroys.
#[test]
fn a_shortened_name_means_its_command_or_nothing() {
    for spec in COMMANDS {
        for letters in 1..spec.name.len() {
            let short: String = spec.name.chars().take(letters).collect();
            match parse(&format!("/{short}"), None) {
                Ok(Line::Command { command, .. }) => {
                    assert!(command.name().starts_with(&short) && !command.destroys(), "{short}");
                }
                Ok(other) => panic!("{short}: {other:?}"),
                Err(error) => {
                    assert!(is_refusal_of_a_beginning(&error, spec), "{short}: {error:?}")
                }
            }
        }
    }
}

#[test]
fn help_knows_every_row_and_fits_one_message() {
    let overview = help(None);
    assert!(overview.chars().count() <= 4096);
    for spec in rows() {
        let topic = help(Some(spec.name));
        assert!(topic.starts_with(spec.usage) && topic.contains(spec.summary), "{topic}");
        let later = topic.contains("(not available in this build yet)");
        assert_eq!(later, spec.availability == Availability::Later, "{topic}");
        if spec.subcommands.is_empty() && spec.name != "help show" {
            assert!(
                overview.contains(&format!("{} – {}", spec.usage, spec.summary)),
                "{}",
                spec.name
            );
        }
    }
}
