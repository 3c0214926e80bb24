//! Finding a command in the table, and committing to it.
//!
//! The words of the name are looked up one by one; from there on every failure is about the command that was found.
//!
//! ```text
//! command = word [ subword ] arguments
//! ```
//!
//! A word may be shortened where only one name fits.
//! Invariant: what destroys is found only by its whole name, each word of it.

use crate::command::Command;
use crate::error::ErrorKind;
use crate::problem::Problem;
use crate::table::{COMMANDS, Spec};
use crate::text::{MAX_LINE_CHARACTERS, MAX_WORDS};
use crate::word::{has_more_words_than, word};

/// Names longer than this are compared with nothing when the nearest are looked for.
const LONGEST_HINTED_NAME: usize = 32;
/// How many of the nearest names a hint has.
const MOST_HINTS: usize = 3;

/// Reads a command: its name, and what follows the name. `line` is the whole of it.
pub(crate) fn command(line: &str, name: &str, arguments: &str) -> Result<Command, Problem> {
    let (mut spec, mut is_whole) = match find(COMMANDS, name) {
        Found::Whole(spec) => (spec, true),
        Found::Shortened(spec) => (spec, false),
        Found::Several(fits) => {
            return Err(Problem {
                kind: ErrorKind::AmbiguousCommand { name: name.to_owned(), fits },
                spec: None,
            });
        }
        Found::Nothing => return Err(unknown_command(name)),
    };
    let mut left = arguments;
    while !spec.subcommands.is_empty() {
        let (after, Some(subword)) = word(left).map_err(Problem::within(spec))? else {
            break;
        };
        (spec, is_whole) = match find(spec.subcommands, &subword) {
            Found::Whole(sub) => (sub, is_whole),
            Found::Shortened(sub) => (sub, false),
            Found::Several(fits) => {
                let word = subword.into_owned();
                return Err(Problem::about(spec, ErrorKind::AmbiguousWord { word, fits }));
            }
            Found::Nothing => break,
        };
        left = after;
    }
    if spec.destroys && !is_whole {
        return Err(Problem::about(spec, ErrorKind::Shortened));
    }
    check_length(spec, line, arguments)?;
    let (left, command) = (spec.parse)(left).map_err(Problem::within(spec))?;
    match word(left).map_err(Problem::within(spec))? {
        (_, None) => Ok(command),
        (_, Some(extra)) => {
            Err(Problem::about(spec, ErrorKind::Extra { word: extra.into_owned() }))
        }
    }
}

/// What a word finds among some rows of the table.
pub(crate) enum Found {
    /// The row of this name.
    Whole(&'static Spec),
    /// The only row whose name begins so.
    Shortened(&'static Spec),
    /// The words of several rows whose names begin so.
    Several(Vec<&'static str>),
    /// No row.
    Nothing,
}

/// Looks a word up. Case does not matter, hyphen and underscore are the same.
pub(crate) fn find(specs: &'static [Spec], word: &str) -> Found {
    let mut shortened = None;
    let mut others = 0;
    for spec in specs {
        match rest_of_name(spec.word(), word) {
            Some("") => return Found::Whole(spec),
            Some(_) if shortened.is_none() => shortened = Some(spec),
            Some(_) => others += 1,
            None => {}
        }
    }
    match shortened {
        Some(spec) if others == 0 => Found::Shortened(spec),
        Some(_) => Found::Several(
            specs
                .iter()
                .map(Spec::word)
                .filter(|name| rest_of_name(name, word).is_some())
                .collect(),
        ),
        None => Found::Nothing,
    }
}

/// The refusal of a word that is no subcommand of `spec`.
pub(crate) fn unknown_word(spec: &'static Spec, word: &str) -> ErrorKind {
    let near = nearest(spec.subcommands.iter().map(Spec::word), word);
    ErrorKind::UnknownWord { word: word.to_owned(), near }
}

/// The names that someone who wrote this may have meant, the whole name each.
pub(crate) fn near_commands(name: &str) -> Vec<&'static str> {
    let is_meant =
        |sub: &&Spec| is_same(sub.word(), name) || is_same(&sub.name.replace(' ', "-"), name);
    let subcommands = COMMANDS.iter().flat_map(|spec| spec.subcommands);
    let meant: Vec<_> = subcommands.filter(is_meant).map(|sub| sub.name).take(MOST_HINTS).collect();
    if meant.is_empty() { nearest(COMMANDS.iter().map(|spec| spec.name), name) } else { meant }
}

pub(crate) fn unknown_command(name: &str) -> Problem {
    let near = near_commands(name);
    Problem { kind: ErrorKind::UnknownCommand { name: name.to_owned(), near }, spec: None }
}

/// What is left of a name after a beginning of it.
fn rest_of_name(name: &'static str, beginning: &str) -> Option<&'static str> {
    let mut left = name.chars();
    for c in beginning.chars() {
        if left.next()? != folded(c) {
            return None;
        }
    }
    (!beginning.is_empty()).then_some(left.as_str())
}

fn is_same(name: &str, written: &str) -> bool {
    name.chars().eq(written.chars().map(folded))
}

fn folded(c: char) -> char {
    if c == '_' { '-' } else { c.to_ascii_lowercase() }
}

/// Those of the names that take the fewest changes to get to, if these are few.
fn nearest(names: impl Iterator<Item = &'static str>, written: &str) -> Vec<&'static str> {
    if written.chars().nth(LONGEST_HINTED_NAME).is_some() {
        return Vec::new();
    }
    let written: String = written.chars().map(folded).collect();
    let mut fewest = most_changes(&written);
    let mut near = Vec::new();
    for name in names {
        let changes = strsim::damerau_levenshtein(name, &written);
        if changes < fewest {
            near.clear();
        }
        if changes <= fewest {
            fewest = changes;
            near.push(name);
        }
    }
    near.truncate(MOST_HINTS);
    near
}

/// How many changes to a word still leave it alike: about one letter in three.
fn most_changes(word: &str) -> usize {
    match word.chars().count() {
        0..=1 => 0,
        2..=4 => 1,
        5..=7 => 2,
        _ => 3,
    }
}

fn check_length(spec: &'static Spec, line: &str, arguments: &str) -> Result<(), Problem> {
    if spec.takes_lines() {
        return Ok(());
    }
    if line.len() > MAX_LINE_CHARACTERS && line.chars().nth(MAX_LINE_CHARACTERS).is_some() {
        return Err(Problem::about(
            spec,
            ErrorKind::TooLong { what: "line", limit: "4,096 characters" },
        ));
    }
    if has_more_words_than(MAX_WORDS, arguments) {
        return Err(Problem::about(spec, ErrorKind::TooManyWords { limit: MAX_WORDS }));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::testing::read;

    #[test]
    fn an_unknown_command_gets_the_nearest_names() {
        assert_snapshot!(read("/chekpoint"), @"I don't know /chekpoint. Did you mean /checkpoint? /help lists every command.");
        assert_snapshot!(read("/CHEKPOINT list"), @"I don't know /CHEKPOINT. Did you mean /checkpoint? /help lists every command.");
        assert_snapshot!(read("/rest"), @"I don't know /rest. Did you mean /reset? /help lists every command.");
        assert_snapshot!(read("/frobnicate"), @"I don't know /frobnicate. /help lists every command.");
        assert_snapshot!(read("/x"), @"I don't know /x. /help lists every command.");
    }

    #[test]
    fn a_subcommand_without_its_command_is_recognised() {
        assert_snapshot!(read("/save"), @"I don't know /save. Did you mean /checkpoint save? /help lists every command.");
        assert_snapshot!(read("/list"), @"I don't know /list. Did you mean /session list or /checkpoint list? /help lists every command.");
        assert_snapshot!(read("/checkpoint_save x"), @"I don't know /checkpoint_save. Did you mean /checkpoint save? /help lists every command.");
    }

    #[test]
    fn names_may_be_shortened_where_only_one_fits() {
        assert_snapshot!(read("/n"), @"New { text: None }");
        assert_snapshot!(read("/s"), @"/s could be /stop, /start or /session. Write more of it.");
        assert_snapshot!(read("/un"), @"/un could be /undo, /unpin or /unlink. Write more of it.");
        assert_snapshot!(read("/st"), @"/st could be /stop or /start. Write more of it.");
        assert_snapshot!(read("/mod"), @"Model { name: None }");
    }
}
