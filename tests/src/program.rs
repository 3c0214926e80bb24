//! The program under test: built once in a test process, in the profile of the tests; or the one that
//! `SESSIONSD_EXECUTABLE` names, built already.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use serde_json::Value;

/// The executable.
pub(crate) fn executable() -> &'static PathBuf {
    static EXECUTABLE: OnceLock<Option<PathBuf>> = OnceLock::new();
    let named = || std::env::var_os("SESSIONSD_EXECUTABLE").map(PathBuf::from);
    EXECUTABLE.get_or_init(|| named().or_else(build)).as_ref().expect("the program builds")
}

/// Nothing where it does not build: it is not tried again for each story.
fn build() -> Option<PathBuf> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .args(["build", "--quiet", "--bin", "sessionsd", "--message-format=json"])
        .stderr(Stdio::inherit());
    // What cargo tells a test of its own package makes build scripts that look at it (ring's) run anew, each time.
    let told = std::env::vars_os().map(|(name, _)| name);
    for name in told.filter(|name| is_of_the_test(&name.to_string_lossy())) {
        command.env_remove(name);
    }
    if cfg!(debug_assertions) {
        // With a test among what is built, its dependencies have the features that all tests have, so that they are not
        // built once more.
        command.args(["--workspace", "--test", "tidy"]);
    } else {
        command.args(["--release", "-p", "sessionsd"]);
    }
    let built = command.output().expect("cargo can be started");
    let messages = String::from_utf8(built.stdout).expect("cargo writes UTF-8");
    messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|message| message.pointer("/target/name") == Some(&Value::from("sessionsd")))
        .find_map(|message| message.get("executable")?.as_str().map(PathBuf::from))
}

fn is_of_the_test(variable: &str) -> bool {
    ["CARGO_PKG_", "CARGO_MANIFEST_"].iter().any(|of| variable.starts_with(of))
}
