//! A command as it was filled in, as the line that means it.
//!
//! Invariant: what cannot be read as a command is a line that cannot be either, so that it is answered as if typed.

use commands::compose;

use super::wire::{Data, Given};
use crate::definition;

/// A command as it was filled in.
pub(super) struct Filled<'a> {
    /// Its name in the table: `session resume`.
    pub(super) name: String,
    pub(super) options: &'a [Given],
}

/// What was filled in.
pub(super) fn filled(data: &Data) -> Filled<'_> {
    let chosen = data.options.first().filter(|option| option.kind == 1);
    let word = chosen.map(|chosen| chosen.name.as_str());
    let name = match (definition::row(&data.name, word), word) {
        (Some(spec), _) => spec.name.to_owned(),
        (None, Some(word)) => format!("{} {word}", data.name),
        (None, None) => data.name.clone(),
    };
    Filled { name, options: chosen.map_or(&data.options, |chosen| &chosen.options) }
}

impl Filled<'_> {
    /// The line that means it.
    pub(super) fn line(&self) -> String {
        let values: Vec<(&str, String)> =
            self.options.iter().map(|given| (given.name.as_str(), given.text())).collect();
        let values: Vec<(&str, &str)> =
            values.iter().map(|(name, value)| (*name, value.as_str())).collect();
        match compose(&self.name, &values) {
            Ok(command) => commands::render(&command),
            Err(_) => self.refused(&values),
        }
    }

    /// The line that is refused for the same reason.
    fn refused(&self, values: &[(&str, &str)]) -> String {
        let mut line = format!("/{}", self.name);
        for (_, value) in values {
            line.push_str(&format!(" \"{}\"", value.replace('\\', "\\\\").replace('"', "\\\"")));
        }
        line
    }
}
