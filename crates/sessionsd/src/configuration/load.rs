//! Reading: the file, the environment over it, and each key on its own, so that one problem hides no other.
//!
//! Invariant: no problem shows a line of the file, which may hold a secret.

use std::collections::{BTreeMap, HashMap};
use std::ffi::OsString;
use std::fmt::Display;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use config::{Environment, FileFormat, Source, Value, ValueKind};
use serde::de::value::StrDeserializer;
use serde::de::{self, DeserializeOwned, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::problems::{BETWEEN, PREFIX, Problems, Unusable};
use super::{Configuration, Settled};

/// A table of values.
type Table = HashMap<String, Value>;
/// The keys that there are; sections have keys of their own.
type Known = serde_json::Map<String, serde_json::Value>;

/// Where the service manager hands secrets over.
const CREDENTIALS: &str = "CREDENTIALS_DIRECTORY";

/// Reads the configuration: a file, if there is one, and the variables of the environment that begin with
/// `SESSIONSD__`; where secrets are handed over, the environment says too.
pub(crate) fn load(
    file: Option<&Path>,
    variables: impl IntoIterator<Item = (OsString, OsString)>,
) -> anyhow::Result<Settled> {
    let settled = look(file, variables)?;
    settled.origins.report()?;
    Ok(settled)
}

/// The same; problems are left with the origins, for who finds more of them.
pub(crate) fn look(
    file: Option<&Path>,
    variables: impl IntoIterator<Item = (OsString, OsString)>,
) -> anyhow::Result<Settled> {
    let (configuration, mut problems) = read(file, variables)?;
    Ok(configuration.settle(&mut problems))
}

/// What is written, the environment over the file, as a file again; secrets are masked.
pub(crate) fn show(
    file: Option<&Path>,
    variables: impl IntoIterator<Item = (OsString, OsString)>,
) -> anyhow::Result<String> {
    let (mut configuration, mut problems) = read(file, variables)?;
    configuration.settle(&mut problems);
    problems.report()?;
    configuration.telegram.webhook = configuration.telegram.webhook.masked();
    Ok(toml::to_string_pretty(&configuration)?)
}

/// Whether a text can be used as a configuration, the environment aside.
pub(crate) fn check_text(text: &str) -> anyhow::Result<()> {
    let written = config::File::from_str(text, FileFormat::Toml);
    let written = config::Config::builder().add_source(written).build()?.collect()?;
    let mut problems = Problems::default();
    let kept = fitting(written, &known()?, "", &mut problems);
    deserialize(kept)?.settle(&mut problems);
    problems.report()
}

/// Reads what is written. A key with a problem has its default.
pub(super) fn read(
    file: Option<&Path>,
    variables: impl IntoIterator<Item = (OsString, OsString)>,
) -> anyhow::Result<(Configuration, Problems)> {
    let variables: Vec<_> = variables.into_iter().collect();
    let credentials = variables.iter().find(|(name, _)| name == CREDENTIALS);
    let credentials = credentials.map(|(_, folder)| PathBuf::from(folder));
    let mut builder = config::Config::builder();
    if let Some(file) = file {
        let unreadable = |why: &dyn Display| {
            Unusable(format!("the configuration {} cannot be read: {why}", file.display()))
        };
        let text = std::fs::read_to_string(file).map_err(|error| unreadable(&error))?;
        let parsed = config::File::from_str(&text, FileFormat::Toml);
        parsed.collect().map_err(|error| unreadable(&without_lines(&error)))?;
        builder = builder.add_source(parsed);
    }
    let environment = Environment::with_prefix(PREFIX).separator(BETWEEN);
    let merged = builder.add_source(environment.source(Some(ours(variables)?))).build();
    let written = merged.and_then(|merged| merged.collect());
    let written = written.map_err(|error| without_lines(&error)).context("the configuration")?;

    let mut problems = Problems::of(file.map(Path::to_owned), credentials);
    let kept = fitting(written, &known()?, "", &mut problems);
    let configuration = deserialize(kept).context("the configuration cannot be used")?;
    Ok((configuration, problems))
}

/// Every key that there is.
pub(super) fn known() -> anyhow::Result<Known> {
    let all = serde_json::to_value(Configuration::default())?;
    let serde_json::Value::Object(known) = all else { bail!("a configuration has sections") };
    Ok(known)
}

/// The variables that are for us.
fn ours(
    variables: impl IntoIterator<Item = (OsString, OsString)>,
) -> anyhow::Result<HashMap<String, String>> {
    let prefix = format!("{PREFIX}{BETWEEN}");
    let mut ours = HashMap::new();
    for (name, value) in variables {
        let Some(name) = name.to_str().filter(|name| name.starts_with(&prefix)) else { continue };
        let Ok(value) = value.into_string() else {
            return Err(Unusable(format!(
                "the environment variable {name} holds what is not UTF-8"
            ))
            .into());
        };
        ours.insert(name.to_owned(), value);
    }
    Ok(ours)
}

/// A parser's error without the line that it shows, and the marks around that.
fn without_lines(error: &config::ConfigError) -> anyhow::Error {
    let told = error.to_string();
    let is_shown = |line: &&str| {
        line.trim_start().trim_start_matches(|c: char| c.is_ascii_digit()).starts_with([' ', '|'])
            && line.contains('|')
    };
    let words: Vec<_> = told.lines().filter(|line| !is_shown(line)).collect();
    anyhow::anyhow!("{}", words.join(": "))
}

/// What of a table can be used; the rest becomes problems.
fn fitting(written: Table, known: &Known, within: &str, problems: &mut Problems) -> Table {
    let mut kept = Table::new();
    for (name, value) in written.into_iter().collect::<BTreeMap<_, _>>() {
        let key = if within.is_empty() { name.clone() } else { format!("{within}.{name}") };
        if value.origin().is_some() {
            problems.note_override(&key);
        }
        match (known.get(&name), value.kind.clone()) {
            (None, _) => {
                let what = unknown(&name, known, within);
                let leaves = leaves(&key, &value);
                if leaves.values().any(|is_outside| !is_outside) {
                    problems.add(&key, &what);
                }
                for (key, _) in leaves.into_iter().filter(|(_, is_outside)| *is_outside) {
                    problems.note_override(&key);
                    problems.add(&key, &what);
                }
            }
            (Some(serde_json::Value::Object(known)), ValueKind::Table(inner)) => {
                kept.insert(name, fitting(inner, known, &key, problems).into());
            }
            (Some(serde_json::Value::Object(_)), _) => {
                problems
                    .add(&key, format!("this is a section: write [{key}] on a line of its own"));
            }
            (Some(_), _) => match deserialize(alone(&key, value.clone())) {
                Ok(_) => {
                    kept.insert(name, value);
                }
                Err(error) => problems.add(&key, plain(&error)),
            },
        }
    }
    kept
}

/// What is written in a value: each key with whether the environment says it.
fn leaves(key: &str, value: &Value) -> BTreeMap<String, bool> {
    match value.clone().into_table() {
        Ok(inner) if !inner.is_empty() => {
            let inner = inner.iter();
            inner.flat_map(|(name, value)| leaves(&format!("{key}.{name}"), value)).collect()
        }
        _ => BTreeMap::from([(key.to_owned(), value.origin().is_some())]),
    }
}

fn deserialize(table: Table) -> Result<Configuration, config::ConfigError> {
    Value::from(table).try_deserialize()
}

/// A whole configuration with nothing in it but one value.
fn alone(key: &str, value: Value) -> Table {
    let nest = |value: Value, name: &str| Table::from([(name.to_owned(), value)]).into();
    let nested: Value = key.rsplit('.').fold(value, nest);
    nested.into_table().unwrap_or_default()
}

/// An error without the key, which is told already.
fn plain(error: &config::ConfigError) -> String {
    let told = error.to_string();
    told.split_once(" for key `").map_or(told.clone(), |(what, _)| what.to_owned())
}

fn unknown(name: &str, known: &Known, within: &str) -> String {
    let near = known.keys().map(|known| (strsim::damerau_levenshtein(known, name), known)).min();
    let most = name.chars().count() / 3;
    let what = if within.is_empty() { "section" } else { "key" };
    match near.filter(|(changes, _)| *changes <= most.max(1)) {
        Some((_, meant)) => format!("there is no such {what}; did you mean {meant}?"),
        None => {
            let all: Vec<_> = known.keys().map(String::as_str).collect();
            format!("there is no such {what}; there are {}", all.join(", "))
        }
    }
}

/// One word of several; a wrong one is answered with all of them.
pub(super) fn one_of<'de, D: Deserializer<'de>, T: DeserializeOwned>(
    from: D,
) -> Result<T, D::Error> {
    let word = String::deserialize(from)?;
    let read = T::deserialize(StrDeserializer::<de::value::Error>::new(&word));
    read.map_err(de::Error::custom)
}

/// A list of words; in the environment, with commas between them.
pub(super) fn list<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    struct Words;

    impl<'de> Visitor<'de> for Words {
        type Value = Vec<String>;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("a list of words")
        }

        fn visit_str<E: de::Error>(self, text: &str) -> Result<Vec<String>, E> {
            let words = text.split(',').map(str::trim).filter(|word| !word.is_empty());
            Ok(words.map(str::to_owned).collect())
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Vec<String>, A::Error> {
            let mut words = Vec::new();
            while let Some(word) = items.next_element()? {
                words.push(word);
            }
            Ok(words)
        }
    }

    from.deserialize_any(Words)
}
