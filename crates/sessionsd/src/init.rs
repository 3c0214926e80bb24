//! `sessionsd init`: a configuration with every key explained, a master key, and the tokens in files of their own.
//!
//! The configuration is the example of the sources with some values changed, so that whoever opens it finds the manual.
//!
//! Invariant: nothing that is there is replaced.
//! Invariant: the configuration is written last: where it is, everything that it names is.

mod question;
mod template;

use std::fs::{DirBuilder, OpenOptions};
use std::io::{self, IsTerminal, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use zeroize::Zeroizing;

use crate::arguments::Init;
use crate::configuration;
use crate::data::folder_of;
use crate::key::make_key;

use question::Questions;
use template::{list, text, written};

/// The folder of secrets, beside the configuration.
const CREDENTIALS: &str = "credentials";
/// A token is a line.
const MOST_BYTES: u64 = 4_096;

/// A token that is to be written.
struct Token {
    channel: &'static str,
    text: Zeroizing<String>,
}

/// Writes what is asked for.
pub(crate) fn init(asked: Init) -> anyhow::Result<()> {
    let config = std::path::absolute(&asked.config)?;
    if config.exists() && !is_untouched(&config)? {
        bail!(
            "there is a configuration, {}: it is left as it is. Change it by hand, or write another with --config FILE",
            config.display()
        );
    }
    let can_ask = !asked.no_questions && io::stdin().is_terminal();
    let mut questions = can_ask.then(Questions::new).transpose()?;
    let tokens = tokens(&asked, questions.as_mut())?;
    let owners = match &mut questions {
        Some(questions) if asked.owner.is_empty() => questions.owners()?,
        _ => asked.owner.clone(),
    };
    let zone = match (&asked.timezone, &mut questions) {
        (Some(zone), _) => zone.clone(),
        (None, Some(questions)) => questions.zone()?,
        (None, None) => "UTC".to_owned(),
    };
    let folder = folder_of(&config).join(CREDENTIALS);
    let key = folder.join("master.key");
    let database = std::path::absolute(&asked.data)?.join("sessions.db");
    let mut values = vec![
        ("store", "path", text(&database.display().to_string())),
        ("encryption", "key_file", text(&key.display().to_string())),
        ("access", "owners", list(&owners)),
        ("sessions", "timezone", text(&zone)),
    ];
    for token in &tokens {
        let file = folder.join(format!("{}.token", token.channel));
        values.push((token.channel, "token_file", text(&file.display().to_string())));
    }
    let configuration = written(&values);
    configuration::check_text(&configuration)?;
    write_all(&config, &folder, &key, &tokens, &configuration)?;
    println!("{}", next_steps(&config, &key, &tokens, &owners));
    Ok(())
}

/// Whether it is the example as it was installed.
fn is_untouched(config: &Path) -> anyhow::Result<bool> {
    let there = std::fs::read_to_string(config);
    let there = there.with_context(|| format!("{} cannot be read", config.display()))?;
    Ok(there == template::EXAMPLE)
}

fn tokens(asked: &Init, mut questions: Option<&mut Questions>) -> anyhow::Result<Vec<Token>> {
    let mut tokens = Vec::new();
    for (channel, file) in [("telegram", &asked.telegram_token), ("discord", &asked.discord_token)]
    {
        let text = match (file, &mut questions) {
            (Some(file), _) => read_token(file)?,
            (None, Some(questions)) => questions.token(channel)?,
            (None, None) => Zeroizing::default(),
        };
        if !text.trim().is_empty() {
            tokens.push(Token { channel, text });
        }
    }
    Ok(tokens)
}

fn read_token(file: &Path) -> anyhow::Result<Zeroizing<String>> {
    let mut text = Zeroizing::new(String::new());
    let read = if file == Path::new("-") {
        // One line, so that a second token may follow.
        io::stdin().read_line(&mut text)
    } else {
        std::fs::File::open(file).and_then(|file| file.take(MOST_BYTES).read_to_string(&mut text))
    };
    read.with_context(|| format!("the token in {} cannot be read", file.display()))?;
    if text.trim().is_empty() {
        bail!("there is no token in {}", file.display());
    }
    Ok(text)
}

fn write_all(
    config: &Path,
    folder: &Path,
    key: &Path,
    tokens: &[Token],
    configuration: &str,
) -> anyhow::Result<()> {
    for (folder, mode) in [(folder_of(config), 0o755), (folder, 0o700)] {
        let made = DirBuilder::new().recursive(true).mode(mode).create(folder);
        made.with_context(|| format!("the folder {} cannot be made", folder.display()))?;
    }
    if !key.exists() {
        make_key(key).with_context(|| format!("the key file {} cannot be made", key.display()))?;
    }
    for token in tokens {
        let file = folder.join(format!("{}.token", token.channel));
        write_new(&file, 0o600, &format!("{}\n", token.text.trim()))?;
    }
    // Somebody else runs the service, and reads this. It holds no secret.
    let draft = PathBuf::from(format!("{}.new", config.display()));
    match std::fs::remove_file(&draft) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error)?,
        _ => {}
    }
    write_new(&draft, 0o644, configuration)?;
    std::fs::rename(&draft, config)
        .with_context(|| format!("{} cannot be written", config.display()))?;
    std::fs::File::open(folder_of(config))?.sync_all()?;
    Ok(())
}

fn write_new(file: &Path, mode: u32, text: &str) -> anyhow::Result<()> {
    let opened = OpenOptions::new().write(true).create_new(true).mode(mode).open(file);
    let written = opened.and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()
    });
    written.with_context(|| format!("{} cannot be written", file.display()))
}

fn next_steps(config: &Path, key: &Path, tokens: &[Token], owners: &[String]) -> String {
    let mut told = format!(
        "Wrote {}.\nThe master key is {}: keep a copy elsewhere, without it nothing can be read.",
        config.display(),
        key.display()
    );
    if tokens.is_empty() {
        told.push_str("\nNo channel has a token yet: put one in a file, and name it as telegram.token_file or discord.token_file.");
    }
    if owners.is_empty() {
        told.push_str("\nNobody owns the bot yet: write to it, it tells you your number; put that into access.owners.");
    }
    let check = format!("sessionsd config check --config {}", config.display());
    told.push_str(&format!("\nCheck it: {check}"));
    told
}
