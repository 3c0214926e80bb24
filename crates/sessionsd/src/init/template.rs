//! The example configuration with some values changed. Its comments stay.

/// The example: every key with its default and its meaning.
pub(super) const EXAMPLE: &str = include_str!("../../../../config/sessionsd.toml");

/// A text as TOML.
pub(super) fn text(text: &str) -> String {
    toml::Value::from(text).to_string()
}

/// A list of texts as TOML.
pub(super) fn list(texts: &[String]) -> String {
    toml::Value::from(texts.to_vec()).to_string()
}

/// The example with values for some keys: (section, key, value as TOML).
pub(super) fn written(values: &[(&str, &str, String)]) -> String {
    let mut section = "";
    let mut told = String::with_capacity(EXAMPLE.len());
    for line in EXAMPLE.lines() {
        if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            section = name;
        }
        let key = line.split_once(" = ").map(|(key, _)| key);
        let value = values.iter().find(|(of, name, _)| *of == section && Some(*name) == key);
        match value {
            Some((_, key, value)) => told.push_str(&format!("{key} = {value}\n")),
            None => {
                told.push_str(line);
                told.push('\n');
            }
        }
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_given_is_changed_and_only_in_its_section() {
        let changed = written(&[
            ("discord", "token_file", text("/a \"b\"/c")),
            ("access", "owners", list(&["telegram:77".to_owned()])),
        ]);
        let differing: Vec<_> = EXAMPLE
            .lines()
            .zip(changed.lines())
            .filter(|(before, after)| before != after)
            .collect();
        assert_eq!(
            differing,
            [
                ("token_file = \"\"", "token_file = '/a \"b\"/c'"),
                ("owners = []", "owners = [\"telegram:77\"]"),
            ]
        );
        let read: toml::Table = changed.parse().expect("it is TOML");
        assert_eq!(read["discord"]["token_file"].as_str(), Some("/a \"b\"/c"));
        assert_eq!(read["telegram"]["token_file"].as_str(), Some(""));
    }

    #[test]
    fn without_values_it_is_the_example() {
        assert_eq!(written(&[]), EXAMPLE);
    }
}
