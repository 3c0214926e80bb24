//! The manual and the completions that a package installs are those of the command line.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use clap::{Command, CommandFactory};
use clap_complete::aot::{Shell, generate};

use super::Arguments;

/// Where they are.
const PACKAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/package");
/// Set to anything, they are written anew.
const UPDATE: &str = "SESSIONSD_UPDATE_PACKAGE";

/// Every page of the manual, by the name of its file.
fn pages(command: &Command, name: &str, into: &mut BTreeMap<String, Vec<u8>>) {
    let mut page = Vec::new();
    let named = command.clone().name(name.to_owned().leak() as &str).version(None::<&str>);
    clap_mangen::Man::new(named).date("").render(&mut page).expect("a vector can be written");
    into.insert(format!("man/{name}.1"), page);
    for inner in command.get_subcommands().filter(|inner| inner.get_name() != "help") {
        pages(inner, &format!("{name}-{}", inner.get_name()), into);
    }
}

#[test]
fn the_command_line_is_consistent() {
    Arguments::command().debug_assert();
}

#[test]
fn no_secret_is_an_argument() {
    fn walk(command: &Command) {
        for argument in command.get_arguments() {
            let name = argument.get_id().as_str();
            let is_secret = name.contains("token") || name.contains("key");
            let is_file = argument.get_value_names().is_none_or(|names| names == ["FILE"]);
            assert!(!is_secret || is_file, "{} {name}", command.get_name());
        }
        command.get_subcommands().for_each(walk);
    }
    walk(&Arguments::command());
}

#[test]
fn what_a_package_installs_is_up_to_date() {
    let mut command = Arguments::command();
    let mut files = BTreeMap::new();
    pages(&command, "sessionsd", &mut files);
    for (shell, name) in [
        (Shell::Bash, "sessionsd.bash"),
        (Shell::Zsh, "_sessionsd"),
        (Shell::Fish, "sessionsd.fish"),
    ] {
        let mut script = Vec::new();
        generate(shell, &mut command, "sessionsd", &mut script);
        files.insert(format!("completions/{name}"), script);
    }
    if std::env::var_os(UPDATE).is_some() {
        for folder in ["man", "completions"] {
            let _ = fs::remove_dir_all(Path::new(PACKAGE).join(folder));
            fs::create_dir_all(Path::new(PACKAGE).join(folder)).unwrap();
        }
        for (name, text) in &files {
            fs::write(Path::new(PACKAGE).join(name), text).unwrap();
        }
    }
    for (name, text) in &files {
        let there = fs::read(Path::new(PACKAGE).join(name)).unwrap_or_default();
        let is_same = there == *text;
        assert!(
            is_same,
            "package/{name} is not that of the command line: set {UPDATE}=1 and test again"
        );
    }
    let there = |folder: &str| fs::read_dir(Path::new(PACKAGE).join(folder)).unwrap().count();
    assert_eq!(there("man") + there("completions"), files.len(), "nothing is left of other times");
}
