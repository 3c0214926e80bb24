//! `sessionsd init`: a configuration with every key explained, a master key, and the tokens in files of their own.
//!
//! The configuration is the example of the sources with some values changed, so that whoever opens it finds the manual.
//!
//! Invariant: nothing that is there is replaced. What a run that was broken off has left is used by the next one.
//! Invariant: nothing is written before it is clear that all of it can be used.
//! Invariant: the configuration is written last: where it is, everything that it names is.

mod question;
mod template;

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, IsTerminal, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use zeroize::Zeroizing;

use crate::arguments::Init;
use crate::configuration::{self, Secret, Unusable};
use crate::data::folder_of;
use crate::key::{make_key, read_key};
use crate::say::say;

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

impl Token {
    /// One that the channel can use.
    fn new(channel: &'static str, text: Zeroizing<String>) -> anyhow::Result<Self> {
        let wrong = match channel {
            "telegram" => text.trim().parse::<telegram::Token>().err().map(|why| why.to_string()),
            _ => text.trim().parse::<discord::Token>().err().map(|why| why.to_string()),
        };
        match wrong {
            Some(why) => Err(Unusable(format!("nothing was written: {why}")).into()),
            None => Ok(Self { channel, text }),
        }
    }

    fn file(&self, folder: &Path) -> PathBuf {
        folder.join(format!("{}.token", self.channel))
    }
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
        let file = token.file(&folder).display().to_string();
        values.push((token.channel, "token_file", text(&file)));
    }
    let configuration = written(&values);
    configuration::check_text(&configuration)?;
    check_there(&folder, &key, &tokens)?;
    write_all(&config, &folder, &key, &tokens, &configuration)?;
    say(&next_steps(&config, &key, &tokens, &owners))
}

/// Whether it is the example as it was installed.
fn is_untouched(config: &Path) -> anyhow::Result<bool> {
    let there = fs::read_to_string(config);
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
            tokens.push(Token::new(channel, text)?);
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
        fs::File::open(file).and_then(|file| file.take(MOST_BYTES).read_to_string(&mut text))
    };
    read.with_context(|| format!("the token in {} cannot be read", file.display()))?;
    if text.trim().is_empty() {
        bail!("there is no token in {}", file.display());
    }
    Ok(text)
}

/// Whether what is there already can be used.
fn check_there(folder: &Path, key: &Path, tokens: &[Token]) -> anyhow::Result<()> {
    if is_there(folder)? && !folder.is_dir() {
        bail!(
            "{} is not a folder: secrets are to be written there; move it away",
            folder.display()
        );
    }
    if is_there(key)? {
        read_key(key).context("there is a master key already, and nothing was written")?;
    }
    for token in tokens {
        let file = token.file(folder);
        if !is_there(&file)? {
            continue;
        }
        let shown = file.display();
        let there = Secret::read(&file).with_context(|| format!("{shown} cannot be read"))?;
        if there.text() != token.text.trim() {
            bail!(
                "there is {shown} already, with another token, and nothing was written: remove it if the new one is meant, then run this again"
            );
        }
    }
    Ok(())
}

fn is_there(path: &Path) -> anyhow::Result<bool> {
    fs::exists(path).with_context(|| format!("{} cannot be looked at", path.display()))
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
    keep_private(folder)
        .with_context(|| format!("the rights of {} cannot be changed", folder.display()))?;
    if !is_there(key)? {
        make_key(key).with_context(|| format!("the key file {} cannot be made", key.display()))?;
    }
    for token in tokens {
        let file = token.file(folder);
        if !is_there(&file)? {
            let draft = write_draft(&file, 0o600, &format!("{}\n", token.text.trim()))?;
            let linked = fs::hard_link(&draft, &file);
            fs::remove_file(&draft)?;
            linked.with_context(|| format!("{} cannot be written", file.display()))?;
        }
    }
    File::open(folder)?.sync_all()?;
    // Somebody else runs the service, and reads this. It holds no secret.
    let draft = write_draft(config, 0o644, configuration)?;
    fs::rename(&draft, config)
        .with_context(|| format!("{} cannot be written", config.display()))?;
    File::open(folder_of(config))?.sync_all()?;
    Ok(())
}

/// Takes the rights of everybody else away from a folder that was there.
fn keep_private(folder: &Path) -> io::Result<()> {
    let mode = fs::metadata(folder)?.permissions().mode();
    if mode & 0o077 == 0 {
        return Ok(());
    }
    fs::set_permissions(folder, Permissions::from_mode(mode & 0o700))?;
    eprintln!("(Others could look into {}: not any more.)", folder.display());
    Ok(())
}

/// Writes a file beside its place, whole and on the disk.
fn write_draft(file: &Path, mode: u32, text: &str) -> anyhow::Result<PathBuf> {
    let draft = PathBuf::from(format!("{}.new", file.display()));
    let write = || -> io::Result<()> {
        match fs::remove_file(&draft) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(&draft)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()
    };
    write().with_context(|| format!("{} cannot be written", draft.display()))?;
    Ok(draft)
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
