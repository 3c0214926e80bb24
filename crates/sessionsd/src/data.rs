//! The data folder: database, key file, exports.
//!
//! Invariant: a key is made only where there is no database; what exists is never replaced.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use sessions::vault::KeyText;
use zeroize::Zeroizing;

const DATABASE: &str = "sessions.db";
const KEY: &str = "master.key";
const EXPORTS: &str = "exports";
/// A key file is a line; anything longer is something else.
const KEY_BYTES: u64 = 4_096;

/// The folder that a console keeps everything in.
pub(crate) struct Folder {
    path: PathBuf,
}

/// The master key, and whether it was made just now.
pub(crate) struct Key {
    pub(crate) text: KeyText,
    pub(crate) made: bool,
}

impl Folder {
    /// Opens the folder, made with mode 0700 if it is not there.
    pub(crate) fn open(given: Option<PathBuf>) -> anyhow::Result<Self> {
        let path = match given {
            Some(path) => path,
            None => default_folder()?,
        };
        if path.exists() && !path.is_dir() {
            bail!("{} is a file; a folder is expected", path.display());
        }
        let made = DirBuilder::new().recursive(true).mode(0o700).create(&path);
        made.with_context(|| format!("the folder {} cannot be made", path.display()))?;
        Ok(Self { path })
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.path.join(DATABASE)
    }

    pub(crate) fn key_file(&self) -> PathBuf {
        self.path.join(KEY)
    }

    /// Whether there is no database yet.
    ///
    /// An empty file in its place is one that lost everything: it is told, not filled anew.
    pub(crate) fn is_new(&self) -> anyhow::Result<bool> {
        let database = self.database();
        match fs::metadata(&database) {
            Ok(found) if !found.is_file() => {
                bail!("{} is not a file: the database is expected there", database.display())
            }
            Ok(found) if found.len() == 0 => bail!(
                "the database {} is empty: restore a backup, or remove the file to begin anew",
                database.display()
            ),
            Ok(_) => Ok(false),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
            Err(error) => {
                Err(error).with_context(|| format!("{} cannot be looked at", database.display()))
            }
        }
    }

    /// The master key: read from its file, or made if there is no database yet.
    pub(crate) fn key(&self) -> anyhow::Result<Key> {
        let file = self.key_file();
        if file.exists() {
            return Ok(Key { text: read_key(&file)?, made: false });
        }
        let database = self.database();
        if database.exists() {
            bail!(
                "there is a database, {}, but not its key, {}: put the key back; a new one could not open it",
                database.display(),
                file.display()
            );
        }
        let made = self.make_key(&file);
        made.with_context(|| format!("the key file {} cannot be made", file.display()))?;
        Ok(Key { text: read_key(&file)?, made: true })
    }

    /// Writes a fresh key beside its place, makes it durable, and moves it there unless somebody was quicker.
    fn make_key(&self, file: &Path) -> anyhow::Result<()> {
        let (_, line) = KeyText::generate()?;
        let draft = self.path.join(format!(".{KEY}.{}", std::process::id()));
        let mut writer =
            OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
        writer.write_all(line.as_bytes())?;
        writer.write_all(b"\n")?;
        writer.sync_all()?;
        let linked = fs::hard_link(&draft, file);
        fs::remove_file(&draft)?;
        match linked {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error.into()),
            _ => {}
        }
        File::open(&self.path)?.sync_all()?;
        Ok(())
    }

    /// Where exports go.
    pub(crate) fn exports(&self) -> Exports {
        Exports { folder: self.path.join(EXPORTS) }
    }
}

/// The folder of exported files, made when the first is written.
pub(crate) struct Exports {
    folder: PathBuf,
}

impl Exports {
    /// Writes an export with mode 0600 under a name that is not taken; answers where it is.
    pub(crate) fn write(&self, name: &str, content: &str) -> io::Result<PathBuf> {
        DirBuilder::new().recursive(true).mode(0o700).create(&self.folder)?;
        let (stem, extension) = name.rsplit_once('.').unwrap_or((name, "txt"));
        for copy in 1.. {
            let name =
                if copy == 1 { name.to_owned() } else { format!("{stem}-{copy}.{extension}") };
            let path = self.folder.join(name);
            match OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path) {
                Ok(mut file) => {
                    file.write_all(content.as_bytes())?;
                    file.sync_all()?;
                    return Ok(path);
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
        Err(io::ErrorKind::AlreadyExists.into())
    }
}

fn default_folder() -> anyhow::Result<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    if let Some(state) = set("XDG_STATE_HOME") {
        return Ok(PathBuf::from(state).join("sessionsd"));
    }
    match set("HOME") {
        Some(home) => Ok(PathBuf::from(home).join(".local/state/sessionsd")),
        None => bail!("neither XDG_STATE_HOME nor HOME is set: say where with --data DIR"),
    }
}

fn read_key(file: &Path) -> anyhow::Result<KeyText> {
    let context = || format!("the key file {} cannot be used", file.display());
    let opened = File::open(file).with_context(context)?;
    let others = opened.metadata().with_context(context)?.permissions().mode() & 0o077;
    if others != 0 {
        bail!("the key file {} can be read by others: chmod 600 it first", file.display());
    }
    let mut text = Zeroizing::new(String::new());
    opened.take(KEY_BYTES).read_to_string(&mut text).with_context(context)?;
    KeyText::parse(&text).with_context(context)
}
