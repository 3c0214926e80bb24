//! `sessionsd init`, `config check` and `config show`: what is written, what is said, and what is refused.

#![allow(clippy::unwrap_used, reason = "a panic is a failing test")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

/// A folder in which the program is called.
struct Folder {
    folder: tempfile::TempDir,
}

impl Folder {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    fn write(&self, name: &str, text: &str) -> String {
        let path = self.path(name);
        fs::create_dir_all(Path::new(&path).parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        path
    }

    fn mode(&self, name: &str) -> u32 {
        fs::metadata(self.path(name)).unwrap().permissions().mode() & 0o777
    }

    /// What it says and ends with, in variables of its own.
    fn says(&self, arguments: &[&str], variables: &[(&str, &str)]) -> (Option<i32>, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sessionsd"));
        command.env_clear().env("HOME", self.folder.path()).envs(variables.iter().copied());
        let Output { status, stdout, stderr } = command.args(arguments).output().unwrap();
        let told = [stdout, stderr].concat();
        let told = String::from_utf8(told).unwrap();
        assert!(!told.contains("canary"), "{told}");
        (status.code(), told.replace(&self.folder.path().display().to_string(), "FOLDER"))
    }

    /// Writes a configuration for Telegram with `init`.
    fn initialized() -> Self {
        let folder = Self::new();
        let token = folder.write("token", "123:canary\n");
        let arguments = [
            "init",
            "--no-questions",
            "--config",
            &folder.path("etc/sessionsd.toml"),
            "--data",
            &folder.path("data"),
            "--telegram-token",
            &token,
            "--owner",
            "telegram:77",
            "--timezone",
            "Europe/Paris",
        ];
        let (code, told) = folder.says(&arguments, &[]);
        assert_eq!(code, Some(0), "{told}");
        folder
    }
}

#[test]
fn init_writes_what_can_be_used_with_safe_modes() {
    let folder = Folder::initialized();
    assert_eq!(folder.mode("etc"), 0o755);
    assert_eq!(folder.mode("etc/sessionsd.toml"), 0o644);
    assert_eq!(folder.mode("etc/credentials"), 0o700);
    assert_eq!(folder.mode("etc/credentials/master.key"), 0o600);
    assert_eq!(folder.mode("etc/credentials/telegram.token"), 0o600);
    let written = fs::read_to_string(folder.path("etc/sessionsd.toml")).unwrap();
    assert!(!written.contains("canary"));
    let config = folder.path("etc/sessionsd.toml");
    let (code, told) = folder.says(&["config", "check", "--config", &config], &[]);
    assert_eq!(code, Some(0));
    insta::assert_snapshot!(told, @"
    Can be used: FOLDER/etc/sessionsd.toml
    Database: FOLDER/data/sessions.db
    Master key: FOLDER/etc/credentials/master.key
    Channels: telegram
    Owners: 1
    ");
}

#[test]
fn init_replaces_nothing() {
    let folder = Folder::initialized();
    let config = folder.path("etc/sessionsd.toml");
    let before = fs::read_to_string(&config).unwrap();
    let (code, told) = folder.says(&["init", "--no-questions", "--config", &config], &[]);
    assert_eq!(code, Some(1));
    assert!(told.contains("it is left as it is"), "{told}");
    assert_eq!(fs::read_to_string(&config).unwrap(), before);

    // The example as a package installs it is nobody's work yet; a key that is there is somebody's.
    let example = concat!(env!("CARGO_MANIFEST_DIR"), "/../../config/sessionsd.toml");
    fs::copy(example, &config).unwrap();
    let key = fs::read_to_string(folder.path("etc/credentials/master.key")).unwrap();
    let (code, told) = folder.says(&["init", "--no-questions", "--config", &config], &[]);
    assert_eq!(code, Some(0), "{told}");
    assert_eq!(fs::read_to_string(folder.path("etc/credentials/master.key")).unwrap(), key);
}

#[test]
fn init_writes_nothing_that_could_not_be_used() {
    let folder = Folder::new();
    let config = folder.path("etc/sessionsd.toml");
    let wrong =
        ["init", "--no-questions", "--config", &config, "--owner", "bob", "--timezone", "Mars"];
    let (code, told) = folder.says(&wrong, &[]);
    assert_eq!(code, Some(78));
    insta::assert_snapshot!(told, @"
    sessionsd: the configuration cannot be used:
      access.owners: “bob” is not a person: write the channel and the number of the person, as telegram:77
      sessions.timezone: I don't know the time zone “Mars”. Zones are named by area and city, such as Europe/Paris.
    ");
    assert!(!Path::new(&folder.path("etc")).exists());
}

#[test]
fn check_names_every_secret_that_is_missing() {
    let folder = Folder::new();
    let key = folder.write("key", "passphrase:short");
    let config = folder.write(
        "c.toml",
        &format!(
            "[telegram]\ntoken_file = \"{}\"\n[discord]\ntoken_file = \"{}\"\n[encryption]\nkey_file = \"{key}\"",
            folder.path("t"),
            folder.path("d")
        ),
    );
    let (code, told) = folder.says(&["config", "check", "--config", &config], &[]);
    assert_eq!(code, Some(78));
    insta::assert_snapshot!(told, @"
    sessionsd: the configuration FOLDER/c.toml cannot be used:
      telegram.token_file: FOLDER/t cannot be read: No such file or directory (os error 2)
      discord.token_file: FOLDER/d cannot be read: No such file or directory (os error 2)
      encryption.key_file: the master key in FOLDER/key cannot be used: the passphrase has 5 characters, at least 12 are needed: take five or more random words
    ");
}

#[test]
fn credentials_of_the_service_manager_go_first() {
    let folder = Folder::initialized();
    let config = folder.path("etc/sessionsd.toml");
    let check = ["config", "check", "--config", &config];
    let key = fs::read_to_string(folder.path("etc/credentials/master.key")).unwrap();
    // As they are named when a folder of them is handed over as a whole, and as they are named one by one.
    folder.write("given/sessionsd_master.key", &key);
    folder.write("given/discord.token", "MTIz.b.canary");
    let given = folder.path("given");
    let variables = [("CREDENTIALS_DIRECTORY", given.as_str())];
    let (code, told) = folder.says(&check, &variables);
    assert_eq!(code, Some(0), "{told}");
    assert!(told.contains("Master key: FOLDER/given/sessionsd_master.key"), "{told}");
    assert!(told.contains("Channels: telegram, discord"), "{told}");

    folder.write("given/sessionsd_master.key", &format!("hex:{}", "ab".repeat(32)));
    let (code, told) = folder.says(&check, &variables);
    assert_eq!(code, Some(78));
    assert!(told.contains("two different master keys are at hand"), "{told}");
}

#[test]
fn show_prints_what_it_comes_to_and_no_secret() {
    let folder = Folder::initialized();
    let config = folder.path("etc/sessionsd.toml");
    let variables =
        [("SESSIONSD__SESSIONS__UNDO_DAYS", "9"), ("SESSIONSD__DISCORD__TOKEN", "MTIz.b.canary")];
    let (code, told) = folder.says(&["config", "show", "--config", &config], &variables);
    assert_eq!(code, Some(0));
    let shown: toml::Table = told.parse().unwrap();
    assert_eq!(shown["sessions"]["undo_days"].as_integer(), Some(9));
    assert_eq!(shown["sessions"]["timezone"].as_str(), Some("Europe/Paris"));
    assert_eq!(shown["discord"]["token"].as_str(), Some("…"));
    assert_eq!(shown["telegram"]["token"].as_str(), Some(""));
}
