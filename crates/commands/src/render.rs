//! A command as the line that means it.
//!
//! Invariant: `parse(render(command)) == command` for every command that parsing can give.
//! So names and texts are always in quotes, and what is left out is never left to a default that could change.

use crate::command::Command;
use crate::command::checkpoint::CheckpointCommand;
use crate::command::context::{ContextCommand, Strategy};
use crate::command::history::HistoryCommand;
use crate::command::session::{HearWord, ScopeWord, SessionCommand};
use crate::word::{is_open_quote, render_quoted};

/// The line that means this command.
///
/// A command that was made by hand and that no line can mean, such as one with an empty name, gives a line that parsing refuses.
#[must_use]
pub fn render(command: &Command) -> String {
    let arguments = match command {
        Command::New { text } => text.clone(),
        Command::Model { name: word } | Command::Link { code: word } => {
            word.as_deref().map(render_word)
        }
        Command::Help { topic } => return render_help(topic.as_deref()),
        Command::Forget { confirmation } => {
            confirmation.as_deref().map(|code| format!("yes {}", render_word(code)))
        }
        Command::Context(command) => render_context(*command),
        Command::Session(command) => render_session(command),
        Command::Checkpoint(command) => render_checkpoint(command),
        Command::History(command) => render_history(command),
        Command::Reset
        | Command::Undo
        | Command::Redo
        | Command::Retry
        | Command::Stop
        | Command::Pin
        | Command::Unpin
        | Command::Start
        | Command::Whoami
        | Command::Unlink => None,
    };
    let name = command.name();
    arguments.map_or_else(|| format!("/{name}"), |arguments| format!("/{name} {arguments}"))
}

/// `show` keeps a topic that is spelled like it from being taken for it.
fn render_help(topic: Option<&str>) -> String {
    topic.map_or_else(|| "/help".to_owned(), |topic| format!("/help show {}", render_quoted(topic)))
}

fn render_context(command: ContextCommand) -> Option<String> {
    match command {
        ContextCommand::Show => None,
        ContextCommand::Strategy(strategy) => strategy.map(Strategy::as_str).map(str::to_owned),
    }
}

fn render_session(command: &SessionCommand) -> Option<String> {
    match command {
        SessionCommand::Show => None,
        SessionCommand::List { all } => all.then(|| "all".to_owned()),
        SessionCommand::Resume { id } | SessionCommand::Delete { id } => Some(render_word(id)),
        SessionCommand::Rename { title } => Some(render_quoted(title)),
        SessionCommand::Scope(scope) => scope.map(ScopeWord::as_str).map(str::to_owned),
        SessionCommand::Hear(what) => what.map(HearWord::as_str).map(str::to_owned),
        SessionCommand::ResetTime(reset) => reset.map(|reset| reset.to_string()),
        SessionCommand::IdleReset(reset) => reset.map(|reset| reset.to_string()),
        SessionCommand::Timezone(zone) => zone.as_deref().map(render_word),
    }
}

fn render_checkpoint(command: &CheckpointCommand) -> Option<String> {
    match command {
        CheckpointCommand::List => None,
        CheckpointCommand::Restore { target } | CheckpointCommand::Delete { target } => {
            Some(render_quoted(target))
        }
        CheckpointCommand::Save { name, description } => {
            let name = name.as_deref().map(render_quoted);
            let description =
                description.as_deref().map(|text| format!("-- {}", render_quoted(text)));
            let parts: Vec<String> = name.into_iter().chain(description).collect();
            (!parts.is_empty()).then(|| parts.join(" "))
        }
    }
}

fn render_history(command: &HistoryCommand) -> Option<String> {
    match command {
        HistoryCommand::Show { count } => count.map(|count| count.to_string()),
        HistoryCommand::Export { format } => Some(format.as_str().to_owned()),
        HistoryCommand::Clear => None,
        HistoryCommand::Search { words } => Some(words.clone()),
    }
}

/// The word as it is, or in quotes where it would not be read as it is.
fn render_word(word: &str) -> String {
    if word.is_empty() || word.starts_with(is_open_quote) || word.contains(char::is_whitespace) {
        return render_quoted(word);
    }
    word.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn save(name: Option<&str>, description: Option<&str>) -> String {
        let (name, description) = (name.map(str::to_owned), description.map(str::to_owned));
        render(&Command::Checkpoint(CheckpointCommand::Save { name, description }))
    }

    #[test]
    fn names_are_in_quotes() {
        assert_eq!(save(Some(r#"a "b" \c"#), None), r#"/checkpoint save "a \"b\" \\c""#);
        assert_eq!(save(Some("--"), Some("d")), r#"/checkpoint save "--" -- "d""#);
        assert_eq!(save(None, Some(" d")), r#"/checkpoint save -- " d""#);
        assert_eq!(save(None, None), "/checkpoint save");
    }

    #[test]
    fn words_are_in_quotes_where_they_need_them() {
        let resume =
            |id: &str| render(&Command::Session(SessionCommand::Resume { id: id.to_owned() }));
        assert_eq!(resume("s-7k3f9q"), "/session resume s-7k3f9q");
        assert_eq!(resume("two words"), r#"/session resume "two words""#);
        assert_eq!(resume("'tis"), r#"/session resume "'tis""#);
    }

    #[test]
    fn a_text_stays_as_it_is() {
        let new = |text: &str| render(&Command::New { text: Some(text.to_owned()) });
        assert_eq!(new("  a\n\"b\""), "/new   a\n\"b\"");
    }
}
