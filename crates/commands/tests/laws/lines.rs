//! Laws of parsing: it never panics, its refusals are fit for a chat, and a rendered command is read as it was.

use commands::{
    CheckpointCommand, Command, ContextCommand, DailyReset, ExportFormat, HearWord, HistoryCommand,
    IdleReset, Line, MAX_HISTORY_COUNT, MAX_IDLE_MINUTES, ScopeWord, SessionCommand,
    Strategy as ContextStrategy, TimeOfDay, help, parse, render,
};
use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::select;

/// Text on one line, made of what could be taken for something else.
fn nasty(most: usize) -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        select(vec![
            "\"", "'", "“", "”", "„", "«", "»", "\\", "-", "--", " -- ", " ", "\u{a0}", "/", "//",
            "@"
        ]),
        select(vec![
            "a",
            "don't",
            "show",
            "off",
            "all",
            "é",
            "日本",
            "👩‍👩‍👧",
            "\u{200f}",
            "yes",
            "0",
            "`"
        ]),
    ];
    vec(piece, 1..24)
        .prop_map(move |pieces| pieces.concat().chars().take(most).collect::<String>())
        .prop_filter("blank", |text| !text.trim().is_empty())
}

/// The rest of a line, line breaks and all.
fn lines() -> impl Strategy<Value = String> {
    prop_oneof![
        nasty(200),
        (nasty(50), nasty(50)).prop_map(|(a, b)| format!("\n {a}\r\n\t{b}\u{0}\n")),
        any::<String>().prop_filter("blank", |text| !text.trim().is_empty()),
    ]
}

fn plain() -> impl Strategy<Value = Command> {
    select(vec![
        Command::Reset,
        Command::Undo,
        Command::Redo,
        Command::Retry,
        Command::Stop,
        Command::Pin,
        Command::Unpin,
        Command::Start,
        Command::Whoami,
        Command::Unlink,
        Command::Context(ContextCommand::Show),
        Command::Session(SessionCommand::Show),
        Command::Checkpoint(CheckpointCommand::List),
        Command::History(HistoryCommand::Clear),
    ])
}

fn conversation() -> impl Strategy<Value = Command> {
    let strategies =
        vec![ContextStrategy::Recent, ContextStrategy::Smart, ContextStrategy::Summarize];
    prop_oneof![
        of(lines()).prop_map(|text| Command::New { text }),
        of(select(strategies)).prop_map(|it| Command::Context(ContextCommand::Strategy(it))),
        of(nasty(100)).prop_map(|name| Command::Model { name }),
        of(nasty(100)).prop_map(|topic| Command::Help { topic }),
        of(nasty(100)).prop_map(|code| Command::Link { code }),
        of(nasty(100)).prop_map(|confirmation| Command::Forget { confirmation }),
    ]
}

fn session() -> impl Strategy<Value = SessionCommand> {
    let scopes = vec![ScopeWord::Main, ScopeWord::Channel, ScopeWord::Peer, ScopeWord::Group];
    let time = (0_u8..24, 0_u8..60)
        .prop_filter_map("no time", |(hour, minute)| TimeOfDay::new(hour, minute));
    let daily = prop_oneof![Just(DailyReset::Off), time.prop_map(DailyReset::At)];
    let idle = prop_oneof![
        Just(IdleReset::Off),
        (1..=MAX_IDLE_MINUTES).prop_map(|minutes| IdleReset::After { minutes }),
    ];
    prop_oneof![
        any::<bool>().prop_map(|all| SessionCommand::List { all }),
        nasty(100).prop_map(|id| SessionCommand::Resume { id }),
        nasty(100).prop_map(|title| SessionCommand::Rename { title }),
        nasty(100).prop_map(|id| SessionCommand::Delete { id }),
        of(select(scopes)).prop_map(SessionCommand::Scope),
        of(select(vec![HearWord::All, HearWord::Mentions])).prop_map(SessionCommand::Hear),
        of(daily).prop_map(SessionCommand::ResetTime),
        of(idle).prop_map(SessionCommand::IdleReset),
        of(nasty(100)).prop_map(SessionCommand::Timezone),
    ]
}

fn checkpoint() -> impl Strategy<Value = CheckpointCommand> {
    prop_oneof![
        (of(nasty(100)), of(nasty(500)))
            .prop_map(|(name, description)| CheckpointCommand::Save { name, description }),
        nasty(100).prop_map(|target| CheckpointCommand::Restore { target }),
        nasty(100).prop_map(|target| CheckpointCommand::Delete { target }),
    ]
}

fn history() -> impl Strategy<Value = HistoryCommand> {
    let formats = vec![ExportFormat::Markdown, ExportFormat::Json, ExportFormat::Text];
    prop_oneof![
        of(1..=MAX_HISTORY_COUNT).prop_map(|count| HistoryCommand::Show { count }),
        select(formats).prop_map(|format| HistoryCommand::Export { format }),
        lines().prop_map(|words| HistoryCommand::Search { words }),
    ]
}

fn command() -> impl Strategy<Value = Command> {
    prop_oneof![
        plain(),
        conversation(),
        session().prop_map(Command::Session),
        checkpoint().prop_map(Command::Checkpoint),
        history().prop_map(Command::History),
    ]
}

/// A line that looks like a command for a while.
fn almost_a_command() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        select(vec![
            "checkpoint",
            "save",
            "session",
            "history",
            "search",
            "reset-time",
            "forget",
            "yes",
            "he",
            "s"
        ]),
        select(vec![
            " ", "\n", "\u{3000}", "\"", "'", "„", "”", "\\", "--", "@ours", "@", "/", "_",
            "25:99", "-3"
        ]),
        select(vec!["x", "é", "\u{202e}", "\u{0}", "99999999999", "off", "İ", "ſ"]),
    ];
    vec(piece, 0..16).prop_map(|pieces| format!("/{}", pieces.concat()))
}

/// Parses a line, holds the laws, and says whether it was a command.
fn holds(line: &str) -> Result<(), TestCaseError> {
    match parse(line, Some("ours")) {
        Ok(Line::Command { command, .. }) => {
            let again = Line::Command { command: command.clone(), addressed: false };
            prop_assert_eq!(parse(&render(&command), None), Ok(again));
        }
        Ok(Line::Message(text)) => prop_assert!(line.ends_with(&text)),
        Ok(Line::Elsewhere) => {}
        Err(error) => {
            let answer = error.to_string();
            prop_assert!(
                !answer.contains(|c: char| c.is_control() || c == '\u{202e}'),
                "{answer:?}"
            );
            prop_assert!(answer.chars().count() <= 600, "{answer:?}");
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn a_rendered_command_is_read_as_it_was(command in command()) {
        let line = render(&command);
        let read = parse(&line, None);
        prop_assert_eq!(read, Ok(Line::Command { command, addressed: false }), "{}", line);
    }

    #[test]
    fn any_text_is_a_line_or_refused_in_words(text in any::<String>()) {
        holds(&text)?;
        holds(&format!("/{text}"))?;
    }

    #[test]
    fn what_is_almost_a_command_is_a_line_or_refused_in_words(line in almost_a_command()) {
        holds(&line)?;
    }

    #[test]
    fn help_answers_any_topic(topic in prop_oneof![any::<String>(), nasty(100)]) {
        prop_assert!(!help(Some(&topic)).is_empty());
    }
}
