//! `sessionsd init`, `config check` and `config show`: what is written, what is said, and what is refused.

#![allow(clippy::unwrap_used, reason = "a panic is a failing test")]

use std::fs::{self, File};
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::thread;

use rustix::fs::{Mode, OFlags};
use rustix::process::{Pid, Signal, kill_process};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, tcgetattr};

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
        let (code, told) = folder.init("123:canary\n");
        assert_eq!(code, Some(0), "{told}");
        folder
    }

    /// The same with this token, which may be refused.
    fn init(&self, token: &str) -> (Option<i32>, String) {
        let token = self.write("token", token);
        let arguments = [
            "init",
            "--no-questions",
            "--config",
            &self.path("etc/sessionsd.toml"),
            "--data",
            &self.path("data"),
            "--telegram-token",
            &token,
            "--owner",
            "telegram:77",
            "--timezone",
            "Europe/Paris",
        ];
        self.says(&arguments, &[])
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

/// `init` on a terminal.
struct Asking {
    /// What a person types into, and what they see.
    keyboard: File,
    terminal: OwnedFd,
    child: Child,
}

impl Asking {
    fn new(folder: &Folder) -> Self {
        let keyboard = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&keyboard).unwrap();
        unlockpt(&keyboard).unwrap();
        let name = ptsname(&keyboard, Vec::new()).unwrap();
        let terminal =
            rustix::fs::open(name, OFlags::RDWR | OFlags::NOCTTY, Mode::empty()).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_sessionsd"));
        command.env_clear().args(["init", "--config", &folder.path("etc/sessionsd.toml")]);
        command.stdin(terminal.try_clone().unwrap()).stderr(Stdio::piped());
        let child = command.spawn().unwrap();
        Self { keyboard: keyboard.into(), terminal, child }
    }

    fn shows_what_is_typed(&self) -> bool {
        tcgetattr(&self.terminal).unwrap().local_modes.contains(LocalModes::ECHO)
    }

    /// Waits until it has asked for something.
    fn asks(&mut self, words: &str) {
        let (asked, mut told) = (self.child.stderr.as_mut().unwrap(), Vec::new());
        while !String::from_utf8_lossy(&told).contains(words) {
            let mut byte = [0];
            assert_eq!(asked.read(&mut byte).unwrap(), 1, "it ended before it asked for {words}");
            told.extend(byte);
        }
    }

    /// The same for a token. What was typed before the terminal hides it is thrown away.
    fn asks_for_token(&mut self) {
        self.asks("Token: ");
        while self.shows_what_is_typed() {
            thread::yield_now();
        }
    }

    fn types(&mut self, text: &str) {
        self.keyboard.write_all(text.as_bytes()).unwrap();
    }

    /// What it ends with after a signal.
    fn is_sent(&mut self, signal: Signal) -> Option<i32> {
        let pid = Pid::from_raw(i32::try_from(self.child.id()).unwrap()).unwrap();
        kill_process(pid, signal).unwrap();
        self.child.wait().unwrap().code()
    }
}

#[test]
fn a_signal_while_a_token_is_typed_leaves_a_terminal_that_shows_what_is_typed() {
    let folder = Folder::new();
    for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143), (Signal::HUP, 129)] {
        let mut init = Asking::new(&folder);
        assert!(init.shows_what_is_typed());
        init.asks_for_token();
        assert_eq!(init.is_sent(signal), Some(code));
        assert!(init.shows_what_is_typed(), "after {signal:?}");
    }

    // It ends with one at each later question as well.
    let mut init = Asking::new(&folder);
    for _channel in ["telegram", "discord"] {
        init.asks_for_token();
        init.types("\n");
    }
    init.asks("Owners, ");
    assert!(init.shows_what_is_typed());
    assert_eq!(init.is_sent(Signal::INT), Some(130));
    assert!(!Path::new(&folder.path("etc")).exists());
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
fn init_takes_no_token_that_could_not_be_used() {
    let folder = Folder::new();
    let (code, told) = folder.init("hello world bad");
    assert_eq!(code, Some(78));
    insta::assert_snapshot!(told, @"sessionsd: nothing was written: the Telegram token has no “:” after the bot's number; it looks like 123456789:AAE…");
    let wrong = folder.write("token", "not a token");
    let config = folder.path("etc/sessionsd.toml");
    let (code, told) = folder
        .says(&["init", "--no-questions", "--config", &config, "--discord-token", &wrong], &[]);
    assert_eq!(code, Some(78), "{told}");
    assert!(!Path::new(&folder.path("etc")).exists());
    assert_eq!(folder.init("123:canary").0, Some(0), "it can be run again");
}

#[test]
fn init_refuses_a_key_that_could_not_be_used() {
    let folder = Folder::new();
    let key = folder.write("etc/credentials/master.key", "nonsense");
    let mut told = vec![folder.init("123:canary")];
    fs::write(&key, format!("hex:{}", "ab".repeat(32))).unwrap();
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
    told.push(folder.init("123:canary"));
    fs::remove_file(&key).unwrap();
    fs::create_dir(&key).unwrap();
    told.push(folder.init("123:canary"));
    assert!(told.iter().all(|(code, _)| *code == Some(78)), "{told:?}");
    let told: Vec<_> = told.into_iter().map(|(_, told)| told).collect();
    insta::assert_snapshot!(told.concat(), @"
    sessionsd: there is a master key already, and nothing was written: the master key in FOLDER/etc/credentials/master.key cannot be used: the key is in no known form: write `hex:` and 64 hexadecimal digits, `base64:` and 44 characters, or `passphrase:` and words; text without a prefix must be exactly 32 bytes in hex or base64
    sessionsd: there is a master key already, and nothing was written: the key file FOLDER/etc/credentials/master.key can be read by others: chmod 600 it first
    sessionsd: there is a master key already, and nothing was written: the key file FOLDER/etc/credentials/master.key cannot be used: it is a folder, and the path of a file is expected
    ");
    assert!(!Path::new(&folder.path("etc/sessionsd.toml")).exists());
    assert!(!Path::new(&folder.path("etc/credentials/telegram.token")).exists());
}

#[test]
fn init_goes_on_where_it_was_broken_off() {
    let folder = Folder::initialized();
    // All that it writes last is not there, and drafts are.
    fs::remove_file(folder.path("etc/sessionsd.toml")).unwrap();
    folder.write("etc/sessionsd.toml.new", "half of a confi");
    folder.write("etc/credentials/telegram.token.new", "123:ca");
    fs::set_permissions(folder.path("etc/credentials"), fs::Permissions::from_mode(0o755)).unwrap();
    let key = fs::read(folder.path("etc/credentials/master.key")).unwrap();
    let (code, told) = folder.init("123:canary2");
    assert_eq!(code, Some(1));
    insta::assert_snapshot!(told, @"sessionsd: there is FOLDER/etc/credentials/telegram.token already, with another token, and nothing was written: remove it if the new one is meant, then run this again");
    let (code, told) = folder.init("123:canary");
    assert_eq!(code, Some(0), "{told}");
    assert_eq!(fs::read(folder.path("etc/credentials/master.key")).unwrap(), key);
    assert_eq!(folder.mode("etc/credentials"), 0o700);
    fs::remove_file(folder.path("etc/credentials/telegram.token")).unwrap();
    fs::remove_file(folder.path("etc/sessionsd.toml")).unwrap();
    assert_eq!(folder.init("124:canary").0, Some(0));
    let config = folder.path("etc/sessionsd.toml");
    assert_eq!(folder.says(&["config", "check", "--config", &config], &[]).0, Some(0));
    let mut left: Vec<_> = fs::read_dir(folder.path("etc/credentials")).unwrap().collect();
    left.retain(|entry| entry.as_ref().unwrap().path().extension().is_some_and(|end| end == "new"));
    assert!(left.is_empty(), "{left:?}");
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
fn check_names_all_that_is_wrong_at_once() {
    let folder = Folder::new();
    let key = folder.write("key", "passphrase:short");
    let config = folder.write(
        "c.toml",
        &format!(
            "[telegram]\ntoken_file = \"{}\"\napi_url = \"x\"\nmode = \"webhook\"\n[telegram.webhook]\nsecret_file = \"{}\"\n[discord]\ntoken_file = \"{}\"\napi_url = \"x\"\n[encryption]\nkey_file = \"{key}\"\n[sessions]\nundo_days = 0",
            folder.path("t"),
            folder.path("s"),
            folder.path("d")
        ),
    );
    let (code, told) = folder.says(&["config", "check", "--config", &config], &[]);
    assert_eq!(code, Some(78));
    insta::assert_snapshot!(told, @r#"
    sessionsd: the configuration FOLDER/c.toml cannot be used:
      telegram.api_url: a URL is expected that begins with https://
      telegram.webhook.url: needed for mode = "webhook": the https:// URL that Telegram is to call
      discord.api_url: a URL is expected that begins with https://
      sessions.undo_days: from 1 to 365
      telegram.token_file: FOLDER/t cannot be read: No such file or directory (os error 2)
      telegram.webhook.secret_file: FOLDER/s cannot be read: No such file or directory (os error 2)
      discord.token_file: FOLDER/d cannot be read: No such file or directory (os error 2)
      encryption.key_file: the master key in FOLDER/key cannot be used: the passphrase has 5 characters, at least 12 are needed: take five or more random words
    "#);

    // Nor is it told that there is no channel where one has a token too many.
    let two = "[telegram]\ntoken = \"1:canary\"\ntoken_file = \"/nowhere\"";
    let config = folder.write("two.toml", two);
    let (_, told) = folder.says(&["config", "check", "--config", &config], &[]);
    insta::assert_snapshot!(told, @"
    sessionsd: the configuration FOLDER/two.toml cannot be used:
      telegram.token: telegram.token_file is set as well: leave one of them out
    ");
}

#[test]
fn a_folder_in_the_place_of_a_secret_is_told_as_that() {
    let folder = Folder::new();
    fs::create_dir(folder.path("secrets")).unwrap();
    fs::set_permissions(folder.path("secrets"), fs::Permissions::from_mode(0o755)).unwrap();
    let path = folder.path("secrets");
    let config = folder.write(
        "c.toml",
        &format!("[telegram]\ntoken_file = \"{path}\"\n[encryption]\nkey_file = \"{path}\""),
    );
    let (code, told) = folder.says(&["config", "check", "--config", &config], &[]);
    assert_eq!(code, Some(78));
    insta::assert_snapshot!(told, @"
    sessionsd: the configuration FOLDER/c.toml cannot be used:
      telegram.token_file: FOLDER/secrets cannot be read: it is a folder, and the path of a file is expected
      encryption.key_file: the key file FOLDER/secrets cannot be used: it is a folder, and the path of a file is expected
    ");
}

#[test]
fn a_key_is_told_by_where_it_is_written() {
    let folder = Folder::new();
    let token = ("SESSIONSD__TELEGRAM__TOKEN", "123:canary");
    let config = folder.write("c.toml", "[encryption]\nkey = \"nonsense\"");
    let check = ["config", "check", "--config", &config];
    let (_, in_file) = folder.says(&check, &[token]);
    let variables = [token, ("SESSIONSD__ENCRYPTION__KEY", "other nonsense")];
    let (_, in_environment) = folder.says(&check, &variables);
    insta::assert_snapshot!([in_file, in_environment].concat(), @"
    sessionsd: the configuration FOLDER/c.toml cannot be used:
      encryption.key: the master key in encryption.key cannot be used: the key is in no known form: write `hex:` and 64 hexadecimal digits, `base64:` and 44 characters, or `passphrase:` and words; text without a prefix must be exactly 32 bytes in hex or base64
    sessionsd: the configuration FOLDER/c.toml cannot be used:
      encryption.key (SESSIONSD__ENCRYPTION__KEY): the master key in encryption.key cannot be used: the key is in no known form: write `hex:` and 64 hexadecimal digits, `base64:` and 44 characters, or `passphrase:` and words; text without a prefix must be exactly 32 bytes in hex or base64
    ");
}

#[test]
fn a_path_that_is_too_long_is_told_once() {
    let folder = Folder::new();
    let config = folder.write("c.toml", "[telegram]\ntoken = \"123:canary\"");
    let check = ["config", "check", "--config", &config];
    let long = format!("/{}", "a".repeat(99));
    for variable in ["SESSIONSD__STORE__PATH", "XDG_STATE_HOME"] {
        let (code, told) = folder.says(&check, &[(variable, &long)]);
        assert_eq!(code, Some(78));
        assert_eq!(told.matches("store.path").count(), 1, "{told}");
        assert_eq!(told.matches("at most 99 bytes").count(), 1, "{told}");
    }
}

#[test]
fn check_says_of_channels_what_a_start_says() {
    let folder = Folder::new();
    let tokens = "[telegram]\ntoken = \"123:canary\"\napi_url = \"http://example.org\"\n[discord]\ntoken = \"MTIz.b.canary\"\napi_url = \"http://example.org\"";
    let config = folder.write("c.toml", tokens);
    let check = ["config", "check", "--config", &config];
    let (code, told) = folder.says(&check, &[]);
    assert_eq!(code, Some(0), "{told}");
    for channel in ["telegram", "discord"] {
        let warning = format!("{channel}.api_url is not https: the token travels in the clear");
        assert!(told.contains(&warning), "{told}");
    }
    let variables = [
        ("SESSIONSD__TELEGRAM__API_URL", "https://example.org/bot123:canary"),
        ("SESSIONSD__DISCORD__API_URL", "https://example.org/?a"),
    ];
    let (code, told) = folder.says(&check, &variables);
    assert_eq!(code, Some(78));
    insta::assert_snapshot!(told, @"
    sessionsd: the configuration FOLDER/c.toml cannot be used:
      telegram: telegram.api_url cannot be used: it ends before “/bot…”: the token is not a part of it
      discord: discord.api_url cannot be used: it ends with the path, without ? or #
    ");
}

#[test]
fn no_password_in_an_address_is_shown() {
    let folder = Folder::new();
    let config = folder.write("c.toml", "");
    let show = ["config", "show", "--config", &config];
    for key in ["SESSIONSD__TELEGRAM__API_URL", "SESSIONSD__DISCORD__API_URL"] {
        let (code, told) = folder.says(&show, &[(key, "https://user:canary@example.org")]);
        assert_eq!(code, Some(78));
        assert!(told.contains("it holds a user name or a password"), "{told}");
    }
    let webhook = ("SESSIONSD__TELEGRAM__WEBHOOK__URL", "https://user:canary@example.org/t");
    let (code, told) = folder.says(&show, &[webhook]);
    assert_eq!(code, Some(0));
    assert!(told.contains("url = \"https://…@example.org/t\""), "{told}");
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
