//! `sessionsd run` where it cannot run: what it says, and that nothing was made.
//!
//! Not here: a bot at work, which is told in stories against a fake Bot API.

#![allow(clippy::unwrap_used, reason = "a panic is a failing test")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

/// Runs it in a folder of its own, with a configuration and variables; answers what it said.
fn refused(folder: &Path, configuration: &str, variables: &[(&str, &str)]) -> String {
    let file = folder.join("sessionsd.toml");
    fs::write(&file, configuration).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_sessionsd"));
    command.env_clear().env("XDG_STATE_HOME", folder.join("state"));
    command.env("SESSIONSD_LOG", "error").envs(variables.iter().copied());
    let ended = command.arg("run").arg("--config").arg(&file).output().unwrap();
    // Starting it again is of no use.
    assert_eq!(ended.status.code(), Some(78));
    assert!(ended.stdout.is_empty());
    let told = String::from_utf8(ended.stderr).unwrap();
    assert!(!told.contains("canary"), "{told}");
    told.replace(&folder.display().to_string(), "FOLDER")
}

#[test]
fn without_a_channel_it_says_what_to_configure() {
    let folder = tempfile::tempdir().unwrap();
    let told = refused(folder.path(), "", &[]);
    insta::assert_snapshot!(told, @r#"
    sessionsd: no channel is configured, so there is nobody to talk to. Ask @BotFather on Telegram for a bot, or make one at https://discord.com/developers/applications; `sessionsd init` asks for its token and writes a configuration. Or put the token in a file, and write:

      [telegram]
      token_file = "/etc/sessionsd/telegram.token"

      [discord]
      token_file = "/etc/sessionsd/discord.token"

      [access]
      owners = ["telegram:77", "discord:78"]  # you; the bot tells those whom it does not know their number

    Then start `sessionsd run --config FILE`. config/sessionsd.toml shows every key. Without an account, `sessionsd console` talks in this terminal.
    "#);
    assert!(!folder.path().join("state").exists(), "nothing is made");
}

#[test]
fn what_is_wrong_is_named_before_anything_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let both = "[telegram]\ntoken = \"1:canary\"\ntoken_file = \"/nowhere\"";
    let gone = "[telegram]\ntoken_file = \"/nowhere/token\"";
    let told = [
        refused(folder.path(), both, &[]),
        refused(folder.path(), gone, &[]),
        refused(folder.path(), gone, &[("SESSIONSD__TELEGRAM__TOKEN_FILE", "/elsewhere/token")]),
    ];
    insta::assert_snapshot!(told.concat(), @"
    sessionsd: the configuration FOLDER/sessionsd.toml cannot be used:
      telegram.token: telegram.token_file is set as well: leave one of them out
    sessionsd: the configuration FOLDER/sessionsd.toml cannot be used:
      telegram.token_file: /nowhere/token cannot be read: No such file or directory (os error 2)
    sessionsd: the configuration FOLDER/sessionsd.toml cannot be used:
      telegram.token_file (SESSIONSD__TELEGRAM__TOKEN_FILE): /elsewhere/token cannot be read: No such file or directory (os error 2)
    ");
    assert!(!folder.path().join("state").exists(), "nothing is made");
}

#[test]
fn a_misspelt_level_does_not_silence_it() {
    let folder = tempfile::tempdir().unwrap();
    for wrong in ["inof", "info,bot=debgu", "bot"] {
        let told = refused(folder.path(), "", &[("SESSIONSD_LOG", wrong)]);
        let warning = told.lines().find(|line| line.contains("SESSIONSD_LOG")).unwrap();
        assert!(warning.contains("WARN") && warning.contains("as info,bot=debug"), "{warning}");
    }
    let told = refused(folder.path(), "", &[("SESSIONSD_LOG", "")]);
    assert!(!told.contains("SESSIONSD_LOG"), "{told}");
}

#[test]
fn a_path_that_is_too_long_is_refused_before_anything_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let long = folder.path().join("a".repeat(99)).join("sessions.db");
    let channel = "[telegram]\ntoken = \"1:canary\"";
    let told = refused(folder.path(), &format!("{channel}\n[store]\npath = {long:?}"), &[]);
    assert!(told.contains("store.path: this path is too long"), "{told}");
    assert!(!long.parent().unwrap().exists());
    // The same where nobody has written it.
    let state = folder.path().join("b".repeat(99)).display().to_string();
    let told = refused(folder.path(), channel, &[("XDG_STATE_HOME", &state)]);
    assert!(told.contains("this path is too long"), "{told}");
    assert!(!Path::new(&state).exists());
}

#[test]
fn a_configuration_that_is_not_there() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sessionsd"));
    let ended = command.env_clear().args(["run", "--config", "/nowhere/x.toml"]).output().unwrap();
    assert_eq!(ended.status.code(), Some(78));
    let told = String::from_utf8(ended.stderr).unwrap();
    insta::assert_snapshot!(told, @"sessionsd: the configuration /nowhere/x.toml cannot be read: No such file or directory (os error 2)");
}

#[test]
fn a_key_that_others_can_read_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let key = folder.path().join("key");
    fs::write(&key, format!("hex:{}", "ab".repeat(32))).unwrap();
    fs::set_permissions(&key, fs::Permissions::from_mode(0o640)).unwrap();
    let configuration =
        format!("[telegram]\ntoken = \"1:canary\"\n[encryption]\nkey_file = \"{}\"", key.display());
    let told = refused(folder.path(), &configuration, &[]);
    insta::assert_snapshot!(told, @"sessionsd: the key file FOLDER/key can be read by others: chmod 600 it first");
    assert!(!folder.path().join("state/sessionsd/sessions.db").exists(), "no database is made");
}

#[test]
fn a_database_in_clear_is_not_opened_where_it_should_be_sealed() {
    let folder = tempfile::tempdir().unwrap();
    let plain = folder.path().join("plain.toml");
    fs::write(&plain, "[encryption]\nenabled = false").unwrap();
    let data = folder.path().join("state/sessionsd");
    let mut console = Command::new(env!("CARGO_BIN_EXE_sessionsd"));
    console.env_clear().arg("console").arg("--data").arg(&data).arg("--config").arg(&plain);
    assert!(console.output().unwrap().status.success());
    let run = || refused(folder.path(), "[telegram]\ntoken = \"1:canary\"", &[]);
    let told = run();
    fs::write(data.join("master.key"), format!("hex:{}", "ab".repeat(32))).unwrap();
    fs::set_permissions(data.join("master.key"), fs::Permissions::from_mode(0o600)).unwrap();
    assert_eq!(run(), told, "whether there is a key or not");
    insta::assert_snapshot!(told, @"sessionsd: the database FOLDER/state/sessionsd/sessions.db is not sealed, but encryption.enabled is true: seal it with `sessionsd encrypt`, or set that to false to use it as it is");
}

#[test]
fn a_sealed_database_is_not_opened_without_its_key() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("state/sessionsd");
    let mut console = Command::new(env!("CARGO_BIN_EXE_sessionsd"));
    let ended = console.env_clear().arg("console").arg("--data").arg(&data).output().unwrap();
    assert!(ended.status.success());
    let configuration = "[telegram]\ntoken = \"1:canary\"\n[encryption]\nenabled = false";
    let told = refused(folder.path(), configuration, &[]);
    insta::assert_snapshot!(told, @"sessionsd: the database FOLDER/state/sessionsd/sessions.db is sealed, but encryption.enabled is false: set it to true");
}
