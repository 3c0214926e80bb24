//! The configuration that a story gives its daemon: keys and values, written as TOML.

use std::collections::BTreeMap;

use serde_json::Value;

/// Values by section and name.
#[derive(Debug, Default)]
pub(super) struct Settings(BTreeMap<String, BTreeMap<String, Value>>);

impl Settings {
    /// Sets a key with its section, as `telegram.webhook.url`.
    pub(super) fn set(&mut self, key: &str, value: Value) {
        let (section, name) = split(key);
        self.0.entry(section.to_owned()).or_default().insert(name.to_owned(), value);
    }

    pub(super) fn unset(&mut self, key: &str) {
        let (section, name) = split(key);
        self.0.entry(section.to_owned()).or_default().remove(name);
    }

    /// Texts, numbers, booleans and lists of them are written in TOML as in JSON.
    pub(super) fn to_toml(&self) -> String {
        let section = |(name, keys): (&String, &BTreeMap<String, Value>)| {
            let keys: String =
                keys.iter().map(|(name, value)| format!("{name} = {value}\n")).collect();
            format!("[{name}]\n{keys}")
        };
        self.0.iter().map(section).collect()
    }
}

fn split(key: &str) -> (&str, &str) {
    key.rsplit_once('.').expect("every key is in a section")
}
