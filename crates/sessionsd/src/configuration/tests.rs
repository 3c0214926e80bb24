//! Tests of the configuration: what is read, and what is said of what cannot be.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::Path;

use config::Source;

use super::load::{known, load, read};
use super::{Configuration, Settled};

const EXAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../config/sessionsd.toml");

fn environment(variables: &[(&str, &str)]) -> Vec<(OsString, OsString)> {
    variables.iter().map(|(name, value)| (name.into(), value.into())).collect()
}

fn settled(text: &str, variables: &[(&str, &str)]) -> anyhow::Result<Settled> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("sessionsd.toml");
    std::fs::write(&file, text)?;
    load(Some(&file), environment(variables)).map_err(|error| {
        let told = format!("{error:#}").replace(&folder.path().display().to_string(), "FOLDER");
        anyhow::anyhow!(told)
    })
}

fn problems(text: &str, variables: &[(&str, &str)]) -> String {
    settled(text, variables).unwrap_err().to_string()
}

/// Every key of a tree of values, with those of its sections.
fn keys(table: &serde_json::Map<String, serde_json::Value>, within: &str) -> BTreeSet<String> {
    let key = |name: &String| format!("{within}{name}");
    let inner = table
        .iter()
        .filter_map(|(name, value)| Some(keys(value.as_object()?, &format!("{}.", key(name)))));
    let leaves = table.iter().filter(|(_, value)| !value.is_object());
    leaves.map(|(name, _)| key(name)).chain(inner.flatten()).collect()
}

#[test]
fn the_example_lists_every_key_with_its_default() {
    let (example, _) = read(Some(Path::new(EXAMPLE)), []).unwrap();
    assert_eq!(example, Configuration::default());
    load(Some(Path::new(EXAMPLE)), []).unwrap();

    let text = std::fs::read_to_string(EXAMPLE).unwrap();
    let written = config::File::from_str(&text, config::FileFormat::Toml).collect().unwrap();
    let written: serde_json::Map<_, _> = config::Value::from(written).try_deserialize().unwrap();
    assert_eq!(keys(&written, ""), keys(&known().unwrap(), ""));
}

#[test]
fn the_example_says_what_each_key_means() {
    let text = std::fs::read_to_string(EXAMPLE).unwrap();
    let mut before = "";
    for line in text.lines() {
        let is_bare = !line.is_empty() && !line.starts_with('#') && !before.starts_with('#');
        assert!(!is_bare, "nothing is said before {line}");
        before = line;
    }
}

#[test]
fn every_wrong_value_is_named_at_once() {
    insta::assert_snapshot!(problems(
        r#"
        [sessions]
        timezone = "Europe/Pariss"
        daily_reset = "25:00"
        undo_days = 0
        idle_reset_minutes = "a week"
        scope = "everybody"
        scop = "main"
        [telegramm]
        token = "1:secret"
        [store]
        path = ["a"]
        [telegram]
        token = "secret"
        tokenfile = "x"
        api_url = "api.telegram.org"
        mode = "webhook"
        webhook = "on"
        [access]
        owners = ["77", "telegram:ann", "telegram:-5"]
        allow = "telegram:0077"
        groups = ["*", "telegram:1001", "discord:5"]
        directly = true
        "#,
        &[],
    ), @r#"
    the configuration FOLDER/sessionsd.toml cannot be used:
      access.directly: there is no such key; did you mean direct?
      sessions.idle_reset_minutes: invalid type: string "a week", expected an integer
      sessions.scop: there is no such key; did you mean scope?
      sessions.scope: unknown variant `everybody`, expected one of `main`, `per-peer`, `per-channel-peer`, `per-channel`
      store.path: invalid type: sequence, expected a string
      telegram.tokenfile: there is no such key; did you mean token_file?
      telegram.webhook: this is a section: write [telegram.webhook] on a line of its own
      telegramm: there is no such section; did you mean telegram?
      telegram.api_url: a URL is expected that begins with https://
      telegram.webhook.url: needed for mode = "webhook": the https:// URL that Telegram is to call
      telegram.webhook.secret_file: needed for mode = "webhook": a file with a secret of your own, such as `openssl rand -hex 32` makes
      telegram.token: the Telegram token has no “:” after the bot's number; it looks like 123456789:AAE…
      access.owners: “77” is not a person: write the channel and the number of the person, as telegram:77
      access.owners: “telegram:ann” is not a person: write the channel and the number of the person, as telegram:77
      access.owners: “telegram:-5” is not a person: write the channel and the number of the person, as telegram:77
      access.allow: “telegram:0077” is not a person: write the channel and the number of the person, as telegram:77
      access.groups: “telegram:1001” is not a group: write the channel and the number of the chat, as telegram:-1001 (on Telegram with its “-”), or * for all groups
      sessions.timezone: I don't know the time zone “Europe/Pariss”. Did you mean Europe/Paris?
      sessions.daily_reset: “25:00” is not a time from 00:00 to 23:59
      sessions.undo_days: from 1 to 365
    "#);
}

#[test]
fn what_comes_from_the_environment_says_so() {
    let variables = [
        ("SESSIONSD__SESSIONS__TIMEZONE", "Mars"),
        ("SESSIONSD__TELEGRAM__TOKN", "1:secret"),
        ("SESSIONSD_LOG", "info"),
    ];
    insta::assert_snapshot!(problems("", &variables), @"
    the configuration FOLDER/sessionsd.toml cannot be used:
      telegram.tokn (SESSIONSD__TELEGRAM__TOKN): there is no such key; did you mean token?
      sessions.timezone (SESSIONSD__SESSIONS__TIMEZONE): I don't know the time zone “Mars”. Zones are named by area and city, such as Europe/Paris.
    ");
}

#[test]
fn a_section_that_nobody_knows_is_told_with_the_variable_that_names_it() {
    let variables = [
        ("SESSIONSD__TELEGRM__TOKEN", "1:secret"),
        ("SESSIONSD__TELEGRM__HOOK__URL", "secret"),
        ("SESSIONSD__TELEGRAM__WEBHOK__URL", "secret"),
        ("SESSIONSD__STOR", "x"),
    ];
    let text = "[telegrm]\npacing = true\n[other]\n";
    insta::assert_snapshot!(problems(text, &variables), @"
    the configuration FOLDER/sessionsd.toml cannot be used:
      other: there is no such section; there are access, discord, encryption, log, metrics, retention, sessions, store, telegram
      stor (SESSIONSD__STOR): there is no such section; did you mean store?
      telegram.webhok.url (SESSIONSD__TELEGRAM__WEBHOK__URL): there is no such key; did you mean webhook?
      telegrm: there is no such section; did you mean telegram?
      telegrm.hook.url (SESSIONSD__TELEGRM__HOOK__URL): there is no such section; did you mean telegram?
      telegrm.token (SESSIONSD__TELEGRM__TOKEN): there is no such section; did you mean telegram?
    ");
    let without_file = problems("", &variables[..1]);
    assert_eq!(without_file.lines().count(), 2, "{without_file}");
}

#[test]
fn a_file_that_is_not_toml_shows_no_line_of_it() {
    insta::assert_snapshot!(problems("[telegram]\ntoken = 1:secret\n", &[]), @"the configuration FOLDER/sessionsd.toml cannot be read: TOML parse error at line 2, column 9: invalid time, expected minute");
    insta::assert_snapshot!(problems("not toml", &[]), @"the configuration FOLDER/sessionsd.toml cannot be read: TOML parse error at line 1, column 5: key with no value, expected `=`");
}

#[test]
fn two_tokens_are_one_too_many() {
    insta::assert_snapshot!(
        problems("[telegram]\ntoken = \"1:secret\"\ntoken_file = \"/nowhere\"", &[]),
        @"
    the configuration FOLDER/sessionsd.toml cannot be used:
      telegram.token: telegram.token_file is set as well: leave one of them out
    "
    );
}

#[test]
fn a_webhook_needs_an_address_and_a_secret() {
    insta::assert_snapshot!(
        problems("[telegram]\ntoken = \"1:secret\"\nmode = \"webhook\"\n[telegram.webhook]\nlisten = \"8443\"", &[]),
        @r#"
    the configuration FOLDER/sessionsd.toml cannot be used:
      telegram.webhook.listen: an address and a port are expected, as 127.0.0.1:8443
      telegram.webhook.url: needed for mode = "webhook": the https:// URL that Telegram is to call
      telegram.webhook.secret_file: needed for mode = "webhook": a file with a secret of your own, such as `openssl rand -hex 32` makes
    "#
    );
}

#[test]
fn the_environment_goes_before_the_file() {
    let text =
        "[sessions]\nundo_days = 3\nidle_reset_minutes = 5\n[access]\nowners = [\"telegram:1\"]";
    let variables = [
        ("SESSIONSD__SESSIONS__UNDO_DAYS", "9"),
        ("SESSIONSD__ACCESS__OWNERS", "telegram:77, discord:78"),
        ("SESSIONSD__ACCESS__PEER_IN_GROUPS", "true"),
        ("SESSIONSD__TELEGRAM__TOKEN", "123:secret"),
        ("SESSIONSD__STORE__PATH", "/var/lib/sessionsd/sessions.db"),
    ];
    let settled = settled(text, &variables).unwrap();
    assert_eq!(settled.sessions.undo_days, 9);
    assert_eq!(settled.sessions.idle_reset_minutes, Some(5));
    assert!(settled.access.is_owner("telegram:77") && settled.access.is_owner("discord:78"));
    assert!(!settled.access.is_owner("telegram:1") && settled.access.peer_in_groups);
    assert_eq!(settled.database.as_deref(), Some(Path::new("/var/lib/sessionsd/sessions.db")));
    assert!(settled.telegram.is_some());
}

#[test]
fn nobody_is_let_in_who_is_not_named() {
    let settled = settled("", &[]).unwrap();
    let access = settled.access;
    assert!(access.owners.is_empty() && access.allow.is_empty() && access.groups.is_empty());
    assert!(!access.direct_open && !access.groups_open && !access.peer_in_groups);
    assert!(settled.telegram.is_none() && settled.is_sealed);
}

#[test]
fn a_star_lets_all_groups_in() {
    let settled = settled("[access]\ngroups = [\"*\", \"telegram:-1001\"]", &[]).unwrap();
    assert!(settled.access.groups_open);
    assert!(settled.access.groups.contains("telegram:-1001") && settled.access.groups.len() == 1);
}

#[test]
fn no_secret_is_shown() {
    let text = r#"
        [telegram]
        token = "123:canary"
        mode = "webhook"
        [telegram.webhook]
        url = "https://bot.example.org/telegram"
        secret = "canary"
    "#;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("sessionsd.toml");
    std::fs::write(&file, text).unwrap();
    let (configuration, problems) = read(Some(&file), []).unwrap();
    let settled = load(Some(&file), []).unwrap();
    let shown = serde_json::to_string(&configuration).unwrap();
    for shown in [shown, format!("{configuration:?} {problems:?} {settled:?}")] {
        assert!(!shown.contains("canary"), "{shown}");
    }
    settled.telegram.unwrap().open().unwrap();
}

#[test]
fn every_secret_is_listed() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("sessionsd.toml");
    let is_masked = |key: &str| {
        std::fs::write(&file, format!("{key} = \"canary\"")).unwrap();
        let (configuration, _) = read(Some(&file), []).unwrap();
        serde_json::to_string(&configuration).unwrap().contains('…')
    };
    let mut masked = keys(&known().unwrap(), "");
    masked.retain(|key| is_masked(key));
    let listed = Configuration::default().secrets().map(|(key, _)| key.to_owned());
    assert_eq!(masked, BTreeSet::from(listed));
}

#[test]
fn files_with_secrets_are_read_when_they_are_needed() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    let text = format!(
        "[telegram]\ntoken_file = \"{}\"\nmode = \"webhook\"\n[telegram.webhook]\nurl = \"https://x.org/t\"\nsecret_file = \"{}\"",
        file.display(),
        folder.path().join("secret").display()
    );
    let open = || {
        let settings = settled(&text, &[]).unwrap().telegram.unwrap().open();
        let told = settings.map(|_| String::new()).unwrap_or_else(|error| format!("{error:#}"));
        let told = told.replace(&folder.path().display().to_string(), "FOLDER");
        let first = told.split_once("FOLDER/sessionsd.toml").map(|(_, rest)| rest.to_owned());
        first.unwrap_or(told)
    };
    let nothing_there = open();
    std::fs::write(&file, "canary\n").unwrap();
    std::fs::write(folder.path().join("secret"), "abc\n").unwrap();
    let wrong = open();
    assert!(!wrong.contains("canary"));
    std::fs::write(&file, "123:canary\n").unwrap();
    assert_eq!(open(), "");
    let told = [nothing_there, wrong].join("\n");
    let told: Vec<_> = told.lines().filter(|line| line.starts_with("  ")).collect();
    insta::assert_snapshot!(told.join("\n"), @"
    telegram.token_file: FOLDER/token cannot be read: No such file or directory (os error 2)
    telegram.webhook.secret_file: FOLDER/secret cannot be read: No such file or directory (os error 2)
    telegram.token_file: FOLDER/token: the Telegram token has no “:” after the bot's number; it looks like 123456789:AAE…
    ");
}
